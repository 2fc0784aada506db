// A real process under ptrace, whose registers and memory can be read and set between single steps.
#pragma once

#include <span>
#include <string>
#include <sys/types.h>
#include <sys/user.h>
#include <vector>

#include "core/base/error.h"
#include "core/base/types.h"

namespace ringside::sandbox {

class Tracee {
 public:
    // Starts the program, without address randomisation; it waits in front of its first instruction.
    static Expected<Tracee> start(const std::string& program);
    Tracee(Tracee&& other) noexcept : m_pid(other.m_pid), m_memory(other.m_memory) {
        other.m_pid = other.m_memory = -1;
    }
    Tracee& operator=(Tracee&&) = delete;
    ~Tracee();

    user_regs_struct registers() const;
    void setRegisters(const user_regs_struct& regs);
    user_fpregs_struct floating() const;
    void setFloating(const user_fpregs_struct& fp);
    // One instruction. 0, or the signal that came instead.
    int step();
    // A system call in the process, at its present RIP, leaving no other trace.
    u64 call(u64 number, std::span<const u64> arguments);
    bool read(u64 address, std::span<u8> out) const;  // false: not mapped
    bool write(u64 address, std::span<const u8> in);

 private:
    explicit Tracee(pid_t pid) : m_pid(pid) {}
    pid_t m_pid;
    int m_memory = -1;
};

}  // namespace ringside::sandbox
