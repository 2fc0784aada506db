// What futex.cpp and futex_pi.cpp share.
#pragma once

#include <expected>
#include <vector>

#include "core/kernel/syscalls/table.h"

namespace ringside::futex {

inline constexpr u32 kWaiters = 0x80000000, kOwnerDied = 0x40000000, kTidMask = 0x3fffffff;  // bits of the word
inline constexpr u32 kMatchAny = ~u32{0};

// union futex_key: the space is the address space, or the file or frame behind a shared word.
struct Key {
    u64 space = 0, address = 0;
    friend bool operator==(const Key&, const Key&) = default;
};

struct Operation {
    u32 command = 0;
    bool shared = true, realtime = false;
};

std::expected<Key, i64> keyOf(Os& os, u64 address, bool shared);  // get_futex_key
// The waiters of a key in the order they are woken: real-time ones by priority, then the others by arrival.
std::vector<TaskId> waitersOf(const Os& os, const Key& key);
void moveWaiter(Os& os, Task& task, const Key& to);  // requeue_futex
void enqueueWaiter(Os& os, const Key& key, u32 bits, u64 deadline);
// The time limit, read once: restartDeadline 0 means none.
i64 readTimeout(Os& os, const SyscallArgs& args, const Operation& op, bool absolute);

i64 lockPi(Os& os, const SyscallArgs& args, const Operation& op, bool tryOnly);
i64 unlockPi(Os& os, const SyscallArgs& args, const Operation& op);
i64 waitRequeuePi(Os& os, const SyscallArgs& args, const Operation& op);
i64 requeuePi(Os& os, const SyscallArgs& args, const Operation& op);
void exitPiState(Os& os, Task& task);  // exit_pi_state_list: gives away the locks of a task that ends

}  // namespace ringside::futex
