// Futexes with priority inheritance (Linux 6.1 kernel/futex/pi.c, kernel/locking/rtmutex.c): the word holds the thread
// id of the owner; who waits for it lends its priority to the owner, who hands the lock over to the first waiter. A
// rt_mutex is no object of its own here: its waiters are those of the futex, and each of them knows the owner.
#include <algorithm>

#include "core/kernel/errno.h"
#include "core/kernel/mm/user_memory.h"
#include "core/kernel/proc/pid.h"
#include "core/kernel/proc/wait_queue.h"
#include "core/kernel/sched/sched.h"
#include "core/kernel/syscalls/futex_common.h"

namespace ringside::futex {
namespace {

// The task no longer waits for its lock: what it lent goes back.
void stopWaiting(Os& os, Task& task) {
    const TaskId owner = std::exchange(task.futex, {}).owner;
    if (!os.kernel.tasks.find(owner)) return;
    std::erase(os.kernel.tasks.edit(owner).piWaiters, task.id);
    adjustPriorities(os, owner);
}

// wake_futex_pi, mark_wakeup_next_waiter: the first of `waiters` owns the lock, the others wait for it now.
void handOver(Os& os, Task& from, const std::vector<TaskId>& waiters, bool ownerDied) {
    KernelCall call{os, "mark_wakeup_next_waiter"};
    Task& next = os.kernel.tasks.edit(waiters.front());
    for (const TaskId id : waiters) {
        std::erase(from.piWaiters, id);
        FutexWait& wait = os.kernel.tasks.edit(id).futex;
        wait.owner = id == next.id ? TaskId{} : next.id;
        if (id != next.id) next.piWaiters.push_back(id);
    }
    next.futex.queued = false;
    next.futex.ownerDied = ownerDied;
    adjustPriorities(os, next.id);
    adjustPriorities(os, from.id);
    wakeUpProcess(os, next.id);
}

// Who waits for a lock that `owner` holds, the first that gets it first; also one that a signal has just woken.
std::vector<TaskId> waitersFor(const Os& os, const Task& owner, const Key& key) {
    std::vector<TaskId> waiters = owner.piWaiters;
    std::erase_if(waiters, [&](TaskId id) {
        const Task* task = os.kernel.tasks.find(id);
        return !task || !(Key{task->futex.space, task->futex.address} == key);
    });
    std::stable_sort(waiters.begin(), waiters.end(), [&](TaskId a, TaskId b) {
        return std::min(os.kernel.tasks.at(a).prio, kMaxRtPrio) < std::min(os.kernel.tasks.at(b).prio, kMaxRtPrio);
    });
    return waiters;
}

// The lock was handed over to the task while it slept; unlock has written its number into the word.
i64 takeOver(Os& os, Task& task, u64 address) {
    const bool ownerDied = std::exchange(task.futex, {}).ownerDied;
    if (!ownerDied) return 0;
    const u32 word = static_cast<u32>(visiblePid(os, task)) | kWaiters | kOwnerDied;
    return putUser(os, address, word) ? 0 : -error::kFault;  // fixup_pi_state_owner
}

// Whom the kernel knows as the owner, from those who wait.
TaskId knownOwner(const Os& os, const Key& key) {
    for (const TaskId id : waitersOf(os, key))
        if (const TaskId owner = os.kernel.tasks.at(id).futex.owner; owner != TaskId{}) return owner;
    return {};
}

// The chain of owners comes back to `task`: nobody would ever run again.
bool isCircle(const Os& os, TaskId owner, TaskId task) {
    while (owner != TaskId{} && owner != task) {
        const Task* at = os.kernel.tasks.find(owner);
        owner = at && at->futex.queued ? at->futex.owner : TaskId{};
    }
    return owner == task;
}

}  // namespace

i64 lockPi(Os& os, const SyscallArgs& args, const Operation& op, bool tryOnly) {
    KernelCall call{os, "futex_lock_pi"};
    Task& task = os.current();
    const u32 me = static_cast<u32>(visiblePid(os, task));
    if (task.restartState != 0 && task.futex.space != 0) {
        if (!task.futex.queued) return takeOver(os, task, args.a[0]);
        stopWaiting(os, task);
        if (task.timedOut) return -error::kTimedOut;
        if (signalPending(os)) return kERestartNoIntr;
    }
    if (const i64 wrong = readTimeout(os, args, {op.command, op.shared, true}, true); wrong < 0) return wrong;
    const auto key = keyOf(os, args.a[0], op.shared);
    if (!key) return key.error();
    u32 word = 0;
    if (!getUser(os, word, args.a[0])) return -error::kFault;
    if ((word & kTidMask) == me) return -error::kDeadlk;
    const TaskId known = knownOwner(os, *key);
    if ((word & kTidMask) == 0) {
        if (known != TaskId{}) return -error::kInval;
        word = me | (word & kOwnerDied);
        return putUser(os, args.a[0], word) ? 0 : -error::kFault;
    }
    const TaskId owner = findTask(os, static_cast<i32>(word & kTidMask));
    if (known != TaskId{} && known != owner) return -error::kInval;
    if (!putUser(os, args.a[0], word | kWaiters)) return -error::kFault;
    if (owner == TaskId{}) return -error::kSrch;
    if (tryOnly) return -error::kAgainNow;
    if (isCircle(os, owner, task.id)) return -error::kDeadlk;
    enqueueWaiter(os, *key, kMatchAny, task.restartDeadline);
    task.futex.owner = owner;
    os.kernel.tasks.edit(owner).piWaiters.push_back(task.id);
    KernelCall block{os, "task_blocks_on_rt_mutex"};
    adjustPriorities(os, owner);
    return kAgain;
}

i64 waitRequeuePi(Os& os, const SyscallArgs& args, const Operation& op) {
    KernelCall call{os, "futex_wait_requeue_pi"};
    Task& task = os.current();
    if (args.a[0] == args.a[4]) return -error::kInval;
    if (task.restartState != 0 && task.futex.space != 0) {
        const FutexWait wait = task.futex;
        if (!wait.queued) return takeOver(os, task, args.a[4]);
        const bool late = task.timedOut;
        if (wait.isMoved())
            stopWaiting(os, task);
        else
            task.futex = {};
        if (late) return -error::kTimedOut;
        // Once moved it can not start over: the word has changed since.
        return signalPending(os) && !wait.isMoved() ? kERestartNoIntr : -error::kAgainNow;
    }
    if (const i64 wrong = readTimeout(os, args, op, true); wrong < 0) return wrong;
    const auto target = keyOf(os, args.a[4], op.shared), key = keyOf(os, args.a[0], op.shared);
    if (!target) return target.error();
    if (!key) return key.error();
    u32 word = 0;
    if (!getUser(os, word, args.a[0])) return -error::kFault;
    if (word != static_cast<u32>(args.a[2])) return -error::kAgainNow;
    if (*key == *target) return -error::kInval;
    if (task.restartDeadline && os.nowNs() >= task.restartDeadline) return -error::kTimedOut;
    if (signalPending(os)) return kERestartNoIntr;
    enqueueWaiter(os, *key, kMatchAny, task.restartDeadline);
    task.futex.targetSpace = target->space;
    task.futex.targetAddress = target->address;
    return kAgain;
}

i64 requeuePi(Os& os, const SyscallArgs& args, const Operation& op) {
    KernelCall call{os, "futex_requeue"};
    const int wakes = static_cast<int>(args.a[2]), moves = static_cast<int>(args.a[3]);
    if (wakes < 0 || moves < 0 || args.a[0] == args.a[4] || wakes != 1) return -error::kInval;
    const auto from = keyOf(os, args.a[0], op.shared), to = keyOf(os, args.a[4], op.shared);
    if (!from) return from.error();
    if (!to) return to.error();
    if (*from == *to) return -error::kInval;
    u32 word = 0;
    if (!getUser(os, word, args.a[0])) return -error::kFault;
    if (word != static_cast<u32>(args.a[5])) return -error::kAgainNow;
    const std::vector<TaskId> waiters = waitersOf(os, *from);
    const auto fits = [&](TaskId id) {
        const FutexWait& wait = os.kernel.tasks.at(id).futex;
        return wait.targetSpace != 0 && Key{wait.targetSpace, wait.targetAddress} == *to;
    };
    if (waiters.empty()) return 0;
    // futex_proxy_trylock_atomic: the first waiter gets the lock if nobody has it, else the owner must be known.
    if (!getUser(os, word, args.a[4])) return -error::kFault;
    if (!fits(waiters.front())) return -error::kInval;
    TaskId owner = knownOwner(os, *to);
    std::size_t done = 0;
    const u32 first = static_cast<u32>(visiblePid(os, os.kernel.tasks.at(waiters.front())));
    if ((word & kTidMask) == first) return -error::kDeadlk;
    if ((word & kTidMask) == 0) {
        if (owner != TaskId{}) return -error::kInval;
        word = first | (word & kOwnerDied) | (moves > 0 ? kWaiters : 0);
        if (!putUser(os, args.a[4], word)) return -error::kFault;
        owner = waiters.front();
        Task& task = os.kernel.tasks.edit(owner);
        task.futex.queued = false;
        wakeUpProcess(os, owner);
        ++done;
    } else {
        const TaskId named = findTask(os, static_cast<i32>(word & kTidMask));
        if (owner != TaskId{} && owner != named) return -error::kInval;
        if (!putUser(os, args.a[4], word | kWaiters)) return -error::kFault;
        if (named == TaskId{}) return -error::kSrch;
        owner = named;
    }
    for (; done < waiters.size() && static_cast<i64>(done) < i64{wakes} + moves; ++done) {
        Task& task = os.kernel.tasks.edit(waiters[done]);
        if (!fits(task.id)) return -error::kInval;
        if (isCircle(os, owner, task.id)) return -error::kDeadlk;
        moveWaiter(os, task, *to);
        task.futex.owner = owner;
        os.kernel.tasks.edit(owner).piWaiters.push_back(task.id);
        KernelCall block{os, "task_blocks_on_rt_mutex"};
        adjustPriorities(os, owner);
    }
    return static_cast<i64>(done);
}

i64 unlockPi(Os& os, const SyscallArgs& args, const Operation& op) {
    KernelCall call{os, "futex_unlock_pi"};
    const auto key = keyOf(os, args.a[0], op.shared);
    if (!key) return key.error();
    u32 word = 0;
    if (!getUser(os, word, args.a[0])) return -error::kFault;
    Task& task = os.current();
    if ((word & kTidMask) != static_cast<u32>(visiblePid(os, task))) return -error::kPerm;
    const std::vector<TaskId> waiters = waitersFor(os, task, *key);
    if (waiters.empty()) {
        if (knownOwner(os, *key) != TaskId{}) return -error::kInval;
        return putUser(os, args.a[0], u32{0}) ? 0 : -error::kFault;
    }
    word = static_cast<u32>(visiblePid(os, os.kernel.tasks.at(waiters.front()))) | kWaiters;
    if (!putUser(os, args.a[0], word)) return -error::kFault;
    handOver(os, task, waiters, false);
    return 0;
}

void exitPiState(Os& os, Task& task) {
    std::erase_if(task.piWaiters, [&](TaskId id) { return !os.kernel.tasks.find(id); });
    while (!task.piWaiters.empty()) {
        const FutexWait& wait = os.kernel.tasks.at(task.piWaiters.front()).futex;
        handOver(os, task, waitersFor(os, task, {wait.space, wait.address}), true);
    }
}

}  // namespace ringside::futex
