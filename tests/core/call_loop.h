// A guest that makes the system calls a test tells it to: all its processes stand in a loop of one SYSCALL instruction.
#pragma once

#include <functional>
#include <optional>

#include "core/kernel/mm/user_memory.h"
#include "tests/core/guest_program.h"

namespace ringside::test {

// System calls by number (arch/x86/entry/syscalls/syscall_64.tbl).
enum Call : u64 {
    kRead = 0,
    kWrite = 1,
    kOpen = 2,
    kClose = 3,
    kMmap = 9,
    kMunmap = 11,
    kSigaction = 13,
    kSigprocmask = 14,
    kPread = 17,
    kPwrite = 18,
    kSchedYield = 24,
    kDup2 = 33,
    kPause = 34,
    kNanosleep = 35,
    kGetpid = 39,
    kSocketpair = 53,
    kClone = 56,
    kFork = 57,
    kExit = 60,
    kWait4 = 61,
    kKill = 62,
    kTruncate = 76,
    kFtruncate = 77,
    kChdir = 80,
    kRename = 82,
    kMkdir = 83,
    kLink = 86,
    kUnlink = 87,
    kSymlink = 88,
    kChmod = 90,
    kSetresuid = 117,
    kSigqueue = 129,
    kSetrlimit = 160,
    kChroot = 161,
    kTimerCreate = 222,
    kExitGroup = 231,
    kEpollCtl = 233,
    kOpenat = 257,
    kUnshare = 272,
    kEpollCreate = 291,
    kPipe2 = 293
};

class CallLoop {
 public:
    static constexpr u64 kScratchSize = 0x8000;

    explicit CallLoop(MachineOptions options = classroomProfile()) : machine(make(options)) { runOn(); }

    // False: it is over (finished, panicked, or nobody makes a call within `ticks`). Else somebody stands at the call.
    bool runOn(Tick ticks = 20'000'000) {
        const u64 stops[] = {m_loop};
        return machine.run({.tick = machine.cpu.tick + ticks, .breakpoints = stops}) == MachineStop::Breakpoint;
    }
    i32 pid() const { return machine.kernel.currentTask().pid(); }

    // The registers of whoever stands at the call.
    void set(u64 number, std::initializer_list<u64> args = {}) {
        constexpr Gpr kOrder[] = {RDI, RSI, RDX, R10, R8, R9};
        auto& gpr = machine.cpu.regs.gpr;
        gpr[RAX] = number;
        std::size_t i = 0;
        for (u64 a : args) gpr[kOrder[i++]] = a;
    }
    // Its result; meanwhile the others yield. Nothing: it does not come back.
    std::optional<i64> tryCall(u64 number, std::initializer_list<u64> args = {}) {
        constexpr u64 kNotYet = 0x5ca11;  // SYSCALL puts the return address there; an interrupt may come before it
        const i32 mine = pid();
        set(number, args);
        machine.cpu.regs.gpr[RCX] = kNotYet;
        while (runOn()) {
            if (pid() == mine && machine.cpu.regs.gpr[RCX] == kNotYet) continue;
            if (pid() == mine) return static_cast<i64>(machine.cpu.regs.gpr[RAX]);
            set(kSchedYield);
        }
        return std::nullopt;
    }
    i64 call(u64 number, std::initializer_list<u64> args = {}) { return tryCall(number, args).value_or(-4000); }

    // Bytes in its memory.
    u64 put(std::string_view bytes, u64 offset = 0) {
        Os os = osOf(machine);
        copyToUser(os, scratch() + offset, {reinterpret_cast<const u8*>(bytes.data()), bytes.size()});
        return scratch() + offset;
    }
    u64 path(const std::string& text, u64 offset = 0) { return put({text.c_str(), text.size() + 1}, offset); }
    std::string get(u64 offset, u64 size) {
        Os os = osOf(machine);
        std::string bytes(size, '\0');
        copyFromUser(os, {reinterpret_cast<u8*>(bytes.data()), size}, scratch() + offset);
        return bytes;
    }
    u64 scratch() const { return m_scratch; }

    u64 m_loop = 0, m_scratch = 0;  // filled by make(), so before the machine
    Machine machine;

 private:
    Machine make(const MachineOptions& options) {
        Program p;
        m_loop = p.here();
        p.syscall().bytes({0xeb, 0xfc});  // JMP loop
        m_scratch = (p.here() + 0xfff) & ~u64{0xfff};
        return machineWith(p.file(m_scratch + kScratchSize - p.here()), options);
    }
};

}  // namespace ringside::test
