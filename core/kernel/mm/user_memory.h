// copy_from_user and friends (Linux 6.1 lib/usercopy.c): the kernel's access to the current task's memory, through its
// page tables, faulting pages in as the CPU's own access would.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <vector>

#include "core/base/types.h"
#include "core/kernel/ids.h"

namespace ringside {

struct Os;

// False: -EFAULT.
bool copyFromUser(Os& os, std::span<u8> out, u64 address);
bool copyToUser(Os& os, u64 address, std::span<const u8> in);
// access_remote_vm with FOLL_FORCE, as a debugger writes a breakpoint: a private page that the process may only read or
// execute is copied for it and keeps its rights.
bool copyToProcess(Os& os, MmId mm, u64 address, std::span<const u8> in);
template <class T>
bool getUser(Os& os, T& value, u64 address) {
    return copyFromUser(os, {reinterpret_cast<u8*>(&value), sizeof value}, address);
}
template <class T>
bool putUser(Os& os, u64 address, const T& value) {
    return copyToUser(os, address, {reinterpret_cast<const u8*>(&value), sizeof value});
}
// A zero-terminated string of at most `limit` bytes; -EFAULT or -ENAMETOOLONG.
std::expected<std::string, i64> stringFromUser(Os& os, u64 address, u64 limit = 4096);

}  // namespace ringside
