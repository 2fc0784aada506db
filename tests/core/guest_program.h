// Programs for tests, made of bytes: one segment at 0x400000 that may be read, written and executed.
#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/types.h"
#include "core/cpu/registers.h"
#include "core/kernel/fs/path.h"
#include "core/machine/machine.h"

namespace ringside::test {

constexpr u64 bit(EventKind kind) { return RunUntil::bit(kind); }  // RunUntil::events

class Program {
 public:
    static constexpr u64 kBase = 0x400000, kHeaders = 64 + 56;
    static constexpr u64 kData = kBase + 0x5000;  // behind the code of all of them: zeroes

    Program& bytes(std::initializer_list<int> list) {
        for (int b : list) m_code += static_cast<char>(b);
        return *this;
    }
    Program& move(Gpr reg, u64 value) {  // MOV r64, imm64
        bytes({reg >= 8 ? 0x49 : 0x48, 0xb8 | (reg & 7)});
        for (int i = 0; i < 8; ++i) m_code += static_cast<char>(value >> (8 * i));
        return *this;
    }
    Program& syscall() { return bytes({0x0f, 0x05}); }
    Program& call(u64 number, std::initializer_list<u64> args = {}) {
        constexpr Gpr kOrder[] = {RDI, RSI, RDX, R10, R8, R9};
        std::size_t i = 0;
        for (u64 a : args) move(kOrder[i++], a);
        return move(RAX, number).syscall();
    }
    Program& store(u64 address, u8 value) {  // MOV byte [rbx], imm8
        return move(RBX, address).bytes({0xc6, 0x03, value});
    }
    Program& load(u64 address) { return move(RBX, address).bytes({0x8a, 0x03}); }  // MOV al, [rbx]
    Program& exit(u64 status) { return call(231, {status}); }
    u64 here() const { return kBase + kHeaders + m_code.size(); }
    // A conditional or unconditional jump whose target is known later: returns where its displacement lies.
    std::size_t jump(std::initializer_list<int> opcode) {
        bytes(opcode).bytes({0, 0, 0, 0});
        return m_code.size() - 4;
    }
    void land(std::size_t at) {
        const i32 distance = static_cast<i32>(m_code.size() - at - 4);
        std::memcpy(m_code.data() + at, &distance, 4);
    }
    u64 text(std::string_view s) {  // data between the code: jumped over
        const auto over = jump({0xe9});
        const u64 address = here();
        m_code += s;
        land(over);
        return address;
    }

    // With `zeroes` bytes of memory behind the file's.
    std::string file(u64 zeroes = 0) const {
        std::string f(kHeaders, '\0');
        const auto put = [&](std::size_t at, u64 value, unsigned size) { std::memcpy(f.data() + at, &value, size); };
        std::memcpy(f.data(), "\177ELF\2\1\1", 7);
        put(16, 2, 2);
        put(18, 62, 2);
        put(20, 1, 4);
        put(24, kBase + kHeaders, 8);
        put(32, 64, 8);
        put(52, 64, 2);
        put(54, 56, 2);
        put(56, 1, 2);
        put(64, 1, 4);
        put(68, 7, 4);
        put(80, kBase, 8);
        put(96, kHeaders + m_code.size(), 8);
        put(104, kHeaders + m_code.size() + zeroes, 8);
        put(112, 4096, 8);
        return f + m_code;
    }

 private:
    std::string m_code;
};

inline Os osOf(Machine& m) { return {m.kernel, m.cpu, m.ram, m.devices, m.trace, m.clockHz}; }

inline void install(Machine& m, const std::string& path, const std::string& bytes, u32 mode = 0755) {
    Os os = osOf(m);
    installFile(os, path, bytes, mode);
}

// A booted machine with `file` as its first program.
inline Machine machineWith(const std::string& file, MachineOptions options = classroomProfile()) {
    options.kernel.program = "/program";
    Machine m = *Machine::boot(options);
    install(m, "/program", file);
    return m;
}

}  // namespace ringside::test
