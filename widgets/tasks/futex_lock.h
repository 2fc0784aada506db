// What a task that sleeps on a futex waits for, read from the machine: the word, what it holds and who has the lock.
// And whom that leads back to.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "core/machine/machine.h"

namespace ringside {

struct FutexLock {
    u64 address = 0;               // of the word, as the sleeper names it
    std::optional<u32> value;      // nothing: not in RAM
    bool pi = false;               // the kernel keeps its owner in the word
    const Task* holder = nullptr;  // of a lock with priority inheritance or a glibc mutex; null: not known
};
// Nothing: it does not sleep on a futex.
std::optional<FutexLock> futexLockOf(const Machine& machine, const Task& task);

// Tasks that wait for each other, each for the next one and the last for the first; empty: nobody does.
std::vector<i32> circleOf(const std::map<i32, i32>& waitsFor);

inline constexpr u32 kFutexWaiters = 0x80000000, kFutexOwnerDied = 0x40000000, kFutexTidMask = 0x3fffffff;

}  // namespace ringside
