#include "widgets/tasks/futex_lock.h"

#include <algorithm>

#include "core/kernel/entry/kernel_stack.h"
#include "core/kernel/entry/pt_regs.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/symbols.h"

namespace ringside {
namespace {

constexpr u64 kFutexCall = 202;
// What a glibc mutex looks like in memory: the lock word, then at +8 the TID of its owner (nptl/bits/struct_mutex.h).
constexpr u64 kOwnerOffset = 8;
constexpr u32 kLockedWithWaiters = 2;

// A register of the system call that the task sleeps in, from its pt_regs on the kernel stack.
u64 argumentOf(const Machine& machine, const Task& task, std::size_t offset) {
    if (task.stackBase == 0) return 0;
    const u64 regs = task.stackBase + kKernelStackSize - sizeof(PtRegs);
    const auto number = peekAs<u64>(machine, regs + offsetof(PtRegs, origRax), {});
    return number == kFutexCall ? peekAs<u64>(machine, regs + offset, {}).value_or(0) : 0;
}

bool isPi(u32 operation) {
    const u32 command = operation & 127;
    return command == 6 || command == 13;  // FUTEX_LOCK_PI, FUTEX_LOCK_PI2
}

}  // namespace

std::optional<FutexLock> futexLockOf(const Machine& machine, const Task& task) {
    if (!task.futex.queued) return {};
    FutexLock lock;
    // Private keys are the address itself, others name the page: then it is the call's first argument.
    const bool isPrivate = task.futex.space >> 56 <= 2;
    lock.address = isPrivate ? task.futex.address : argumentOf(machine, task, offsetof(PtRegs, rdi));
    lock.pi = isPi(static_cast<u32>(argumentOf(machine, task, offsetof(PtRegs, rsi))));
    lock.value = peekAs<u32>(machine, lock.address, task.mm);
    if (!lock.value) return lock;
    if (lock.pi) {
        lock.holder = taskByPid(machine, static_cast<i32>(*lock.value & kFutexTidMask));
    } else if (*lock.value == kLockedWithWaiters) {
        const u32 tid = peekAs<u32>(machine, lock.address + kOwnerOffset, task.mm).value_or(0);
        const Task* owner = tid ? taskByPid(machine, static_cast<i32>(tid)) : nullptr;
        if (owner && owner->mm == task.mm) lock.holder = owner;
    }
    return lock;
}

std::vector<i32> circleOf(const std::map<i32, i32>& waitsFor) {
    for (const auto& [start, first] : waitsFor) {
        std::vector<i32> path{start};
        i32 at = first;
        while (std::find(path.begin(), path.end(), at) == path.end()) {
            path.push_back(at);
            const auto next = waitsFor.find(at);
            if (next == waitsFor.end()) break;
            at = next->second;
        }
        if (at == start && path.size() > 1) return path;
    }
    return {};
}

}  // namespace ringside
