// System calls in the words of strace(1): `openat(AT_FDCWD, "/etc/passwd", O_RDONLY)` and `-1 ENOENT (No such file or
// directory)`, from the argument kinds in the call's row. Reads the caller's memory without a trace: what is not mapped
// in yet shows as an address.
#pragma once

#include <string>

#include "core/kernel/syscalls/table.h"

namespace ringside {

// The call as it is entered: buffers that the kernel will fill show as addresses.
std::string describeCall(const Os& os, const SyscallArgs& args);

// The call as it returns, when that says more: a filled buffer. Empty for calls that fill none, or that failed.
std::string describeFilled(const Os& os, const SyscallArgs& args, i64 result);

// "CLONE_VM|CLONE_FS|SIGCHLD": the flags of clone(2), with the signal in their low byte.
std::string describeCloneFlags(u64 flags);

// "3", "0x7f0000000000", "-1 ENOENT (No such file or directory)".
std::string describeResult(u64 number, i64 result);

}  // namespace ringside
