#include "tests/differential/tracee.h"

#include <array>
#include <fcntl.h>
#include <signal.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ringside::sandbox {

Expected<Tracee> Tracee::start(const std::string& program) {
    const pid_t pid = fork();
    if (pid < 0) return fail("The host does not let this process fork.");
    if (pid == 0) {
        personality(ADDR_NO_RANDOMIZE);
        if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(126);
        char* const arguments[] = {const_cast<char*>(program.c_str()), nullptr};
        char* const environment[] = {nullptr};
        execve(program.c_str(), arguments, environment);
        _exit(127);
    }
    Tracee tracee(pid);
    int status = 0;
    if (waitpid(pid, &status, 0) < 0) return fail("The traced process was lost.");
    if (WIFEXITED(status)) {
        tracee.m_pid = -1;
        return WEXITSTATUS(status) == 126 ? fail("The host does not allow ptrace.")
                                          : fail("The host does not start " + program + ".");
    }
    if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGTRAP)
        return fail("The traced process did not stop at its start.");
    tracee.m_memory = open(("/proc/" + std::to_string(pid) + "/mem").c_str(), O_RDWR | O_CLOEXEC);
    if (tracee.m_memory < 0) return fail("The host does not show the memory of a traced process.");
    return tracee;
}

Tracee::~Tracee() {
    if (m_memory >= 0) close(m_memory);
    if (m_pid <= 0) return;
    kill(m_pid, SIGKILL);
    waitpid(m_pid, nullptr, 0);
}

user_regs_struct Tracee::registers() const {
    user_regs_struct regs{};
    ptrace(PTRACE_GETREGS, m_pid, nullptr, &regs);
    return regs;
}
void Tracee::setRegisters(const user_regs_struct& regs) {
    user_regs_struct copy = regs;
    copy.orig_rax = ~0ull;  // no system call to restart
    ptrace(PTRACE_SETREGS, m_pid, nullptr, &copy);
}
user_fpregs_struct Tracee::floating() const {
    user_fpregs_struct fp{};
    ptrace(PTRACE_GETFPREGS, m_pid, nullptr, &fp);
    return fp;
}
void Tracee::setFloating(const user_fpregs_struct& fp) {
    user_fpregs_struct copy = fp;
    ptrace(PTRACE_SETFPREGS, m_pid, nullptr, &copy);
}

int Tracee::step() {
    int status = 0;
    if (ptrace(PTRACE_SINGLESTEP, m_pid, nullptr, nullptr) != 0) return -1;
    if (waitpid(m_pid, &status, 0) < 0) return -1;
    if (!WIFSTOPPED(status)) {
        m_pid = -1;
        return WIFSIGNALED(status) ? WTERMSIG(status) : -1;
    }
    return WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
}

u64 Tracee::call(u64 number, std::span<const u64> arguments) {
    const user_regs_struct saved = registers();
    user_regs_struct regs = saved;
    std::array<u8, 2> code{};
    read(saved.rip, code);
    write(saved.rip, std::array<u8, 2>{0x0f, 0x05});
    regs.rax = number;
    unsigned long long* const places[] = {&regs.rdi, &regs.rsi, &regs.rdx, &regs.r10, &regs.r8, &regs.r9};
    for (std::size_t i = 0; i < arguments.size(); ++i) *places[i] = arguments[i];
    setRegisters(regs);
    step();
    const u64 result = registers().rax;
    write(saved.rip, code);
    setRegisters(saved);
    return result;
}

bool Tracee::read(u64 address, std::span<u8> out) const {
    return pread(m_memory, out.data(), out.size(), static_cast<off_t>(address)) == static_cast<ssize_t>(out.size());
}
bool Tracee::write(u64 address, std::span<const u8> in) {
    return pwrite(m_memory, in.data(), in.size(), static_cast<off_t>(address)) == static_cast<ssize_t>(in.size());
}

}  // namespace ringside::sandbox
