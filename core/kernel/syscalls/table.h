// The system call table: one row and one function for each call, in the file of its family. The kinds in the row print
// the trace.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "core/kernel/os.h"

namespace ringside {

// The handler put the task to sleep (sleepOn) and must run again once it is woken.
inline constexpr i64 kAgain = -4095;
// Restart codes, Linux include/linux/errno.h
inline constexpr i64 kERestartSys = -512, kERestartNoIntr = -513, kERestartNoHand = -514, kERestartBlock = -516;

struct SyscallArgs {
    u64 number = 0;
    std::array<u64, 6> a{};
};

// How an argument or result is printed.
enum class Arg : u8 {
    None,
    Int,
    Unsigned,
    Hex,
    Fd,
    Path,
    Buffer,
    Address,
    Size,
    Flags,
    Mode,
    Pid,
    Signal,
    Status,
    Argv,
    OpenFlags,
    MmapProt,
    MmapFlags,
    CloneFlags,
    SeekWhence,
    Whatever
};

using SyscallHandler = i64 (*)(Os& os, const SyscallArgs& args);

struct SyscallRow {
    u32 number = 0;
    std::string_view name;
    SyscallHandler handler = nullptr;
    std::array<Arg, 6> args{};
    Arg result = Arg::Int;
};

const SyscallRow* findSyscall(u64 number);  // nullptr: ENOSYS
std::string_view syscallName(u64 number);   // known names even when not implemented; else ""
i64 dispatchSyscall(Os& os, const SyscallArgs& args, std::string_view entry = "do_syscall_64");

// One for each family file; table.cpp lists them.
std::span<const SyscallRow> memoryCalls();
std::span<const SyscallRow> processCalls();
std::span<const SyscallRow> signalCalls();
std::span<const SyscallRow> timeCalls();
std::span<const SyscallRow> schedCalls();
std::span<const SyscallRow> futexCalls();
std::span<const SyscallRow> identityCalls();
std::span<const SyscallRow> systemCalls();
std::span<const SyscallRow> fileCalls();
std::span<const SyscallRow> pathCalls();
std::span<const SyscallRow> attributeCalls();
std::span<const SyscallRow> descriptorCalls();
std::span<const SyscallRow> pipeCalls();
std::span<const SyscallRow> pollCalls();
std::span<const SyscallRow> ioctlCalls();
std::span<const SyscallRow> shmCalls();
std::span<const SyscallRow> semCalls();
std::span<const SyscallRow> msgCalls();

}  // namespace ringside
