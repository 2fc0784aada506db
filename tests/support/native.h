// Runs one instruction twice: on the host's CPU, in this process, and on the simulated one. What can raise a signal on
// the host (unmasked exceptions, faults) is not for this; tests/differential does that in a child process.
#pragma once

#include <array>
#include <cstring>
#include <span>
#include <string>
#include <sys/mman.h>
#include <vector>

#include "core/cpu/cpu.h"
#include "core/memory/ram.h"

namespace ringside::test {

// Everything the instructions under test can change.
struct State {
    alignas(16) std::array<u8, 512> fx{};  // as FXSAVE64
    std::array<u64, 16> gpr{};             // RSP, R14 and R15 are not used
    u64 rflags = 2;
    std::array<u8, 512> memory{};  // what RDI points to

    template <class T>
    T fxAt(unsigned offset) const {
        T value;
        std::memcpy(&value, fx.data() + offset, sizeof value);
        return value;
    }
    template <class T>
    void setFx(unsigned offset, T value) {
        std::memcpy(fx.data() + offset, &value, sizeof value);
    }
};

inline constexpr unsigned kMxcsrAt = 24, kStAt = 32, kXmmAt = 160;

using Code = std::vector<u8>;

extern "C" void ringside_test_native(State* state, const void* code);

// RDI is made to point to `memory`, which is 16-byte aligned.
class Native {
 public:
    Native() {
        m_code = static_cast<u8*>(
            mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    }
    Native(const Native&) = delete;
    Native& operator=(const Native&) = delete;
    ~Native() { munmap(m_code, 4096); }
    bool usable() const { return m_code != MAP_FAILED; }
    void run(State& s, const Code& code) {
        std::memcpy(m_code, code.data(), code.size());
        m_code[code.size()] = 0xc3;
        alignas(64) State copy = s;
        const u64 rdi = copy.gpr[RDI];
        copy.gpr[RDI] = reinterpret_cast<u64>(copy.memory.data());
        ringside_test_native(&copy, m_code);
        copy.gpr[RDI] = rdi;
        s = copy;
    }

 private:
    u8* m_code;
};

// A machine of 2 MiB in 64-bit mode at CPL 0 with identity mapping and an IDT whose handlers are HLT.
class Guest {
 public:
    static constexpr u64 kCode = 0x10000, kData = 0x20000, kHandlers = 0x8000;

    Guest();
    // Loads `s`, executes `code` (one instruction), stores what became of it. Returns the vector of the exception.
    std::optional<u8> run(State& s, const Code& code);
    Ram ram{2 << 20};
    Cpu cpu;
};

std::string hex(std::span<const u8> bytes);
// A sentence about the first difference, or nothing. FXSAVE's pointers to the last x87 instruction are left out: AMD
// stores them only when an exception is pending.
std::string difference(const State& native, const State& guest, u64 flagsMask);

}  // namespace ringside::test
