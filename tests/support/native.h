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
    alignas(16) std::array<u8, 512> memory{};  // what RDI points to

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

// One line of assembly and its bytes; see RINGSIDE_ASSEMBLED.
struct Assembled {
    std::string text;
    Code code;
};
std::vector<Assembled> assembledBetween(const u8* begin, const u8* end);

// A list of instructions, one a line as `I addps %xmm1, %xmm0`, between the symbols NAME and NAME_end.
#define RINGSIDE_ASSEMBLED(name, lines)                                  \
    extern "C" const ringside::u8 name[], name##_end[];                  \
    asm(".pushsection .rodata\n"                                         \
        ".macro I text:vararg\n"                                         \
        ".byte 2f - 1f\n"                                                \
        "1: \\text\n"                                                    \
        "2: .asciz \"\\text\"\n"                                         \
        ".endm\n"                                                        \
        ".globl " #name ", " #name "_end\n" #name ":\n" lines "\n" #name \
        "_end:\n"                                                        \
        ".purgem I\n"                                                    \
        ".popsection\n")

// Random numbers that are the same everywhere (xorshift), with the values at which arithmetic goes wrong.
class Values {
 public:
    explicit Values(u64 seed) : m_state(seed * 0x9e3779b97f4a7c15 + 1) {}
    u64 bits();
    unsigned below(unsigned n) { return static_cast<unsigned>(bits() >> 32) % n; }
    u64 lane();                                       // two floats, a double or small integers
    void extended(u64& mantissa, u16& signExponent);  // of an x87 register
    // Everything random; exceptions are masked.
    State state();

 private:
    u64 m_state;
};

std::string hex(std::span<const u8> bytes);
// A sentence about the first difference, or nothing. FXSAVE's pointers to the last x87 instruction are left out: AMD
// stores them only when an exception is pending.
std::string difference(const State& native, const State& guest, u64 flagsMask);

}  // namespace ringside::test
