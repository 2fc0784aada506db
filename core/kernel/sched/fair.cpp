// The completely fair scheduler (Linux 6.1 kernel/sched/fair.c), for one CPU without groups. Function names and order
// are Linux's; times are nanoseconds.
#include "core/kernel/sched/fair.h"

#include "core/kernel/sched/class.h"
#include "core/kernel/sched/rbtree.h"
#include "core/kernel/sched/weights.h"

namespace ringside::sched {
namespace {

constexpr TaskId kNone{};

bool isIdlePolicy(const Task& task) { return task.policy == SchedPolicy::Idle; }
CfsQueue& queueOf(Os& os) { return os.kernel.runQueue.cfs; }
RbTree treeOf(Os& os) { return {os.kernel, queueOf(os), &os}; }

bool entityBefore(const Task& a, const Task& b) { return static_cast<i64>(a.se.vruntime - b.se.vruntime) < 0; }
u64 maxVruntime(u64 a, u64 b) { return static_cast<i64>(b - a) > 0 ? b : a; }
u64 minVruntime(u64 a, u64 b) { return static_cast<i64>(b - a) < 0 ? b : a; }

void clearBuddies(CfsQueue& cfs, TaskId task) {
    if (cfs.last == task) cfs.last = kNone;
    if (cfs.next == task) cfs.next = kNone;
    if (cfs.skip == task) cfs.skip = kNone;
}

// wakeup_preempt_entity: 1 when `task` should run instead of `current`.
int wakeupPreemptEntity(const Task& current, const Task& task) {
    const i64 difference = static_cast<i64>(current.se.vruntime - task.se.vruntime);
    if (difference <= 0) return -1;
    return difference > static_cast<i64>(calcDeltaFair(kWakeupGranularityNs, task.se.load)) ? 1 : 0;
}

void placeEntity(Os& os, Task& task, bool initial) {
    const CfsQueue& cfs = queueOf(os);
    u64 vruntime = cfs.minVruntime;
    if (initial)
        vruntime += schedVslice(os.kernel, task);
    else
        vruntime -= (isIdlePolicy(task) ? kMinGranularityNs : kSchedLatencyNs) >> 1;
    // entity_is_long_sleeper: longer than vruntime can be compared over
    const u64 slept = os.kernel.runQueue.clockNs - task.se.execStart;
    if (task.se.execStart != 0 && static_cast<i64>(slept) > 0 && slept > (u64{1} << 63) / scaleLoadDown(kNice0Load))
        task.se.vruntime = vruntime;
    else
        task.se.vruntime = maxVruntime(task.se.vruntime, vruntime);
}

void enqueueFair(Os& os, Task& task, unsigned flags) {
    KernelCall call{os, "enqueue_task_fair"};
    KernelCall entity{os, "enqueue_entity"};
    CfsQueue& cfs = queueOf(os);
    const bool renormalise = !(flags & kWakeup), isCurrent = cfs.current == task.id;
    if (renormalise && isCurrent) task.se.vruntime += cfs.minVruntime;
    updateCurrFair(os);
    if (renormalise && !isCurrent) task.se.vruntime += cfs.minVruntime;
    cfs.loadWeight += task.se.load.weight;
    ++cfs.running;
    if (isIdlePolicy(task)) ++cfs.idleRunning;
    if (flags & kWakeup) placeEntity(os, task, false);
    if (!isCurrent) treeOf(os).insert(task.id);
    task.se.onRq = true;
    addRunning(os, task);
}

void dequeueFair(Os& os, Task& task, unsigned flags) {
    KernelCall call{os, "dequeue_task_fair"};
    KernelCall entity{os, "dequeue_entity"};
    CfsQueue& cfs = queueOf(os);
    updateCurrFair(os);
    clearBuddies(cfs, task.id);
    if (cfs.current != task.id) treeOf(os).erase(task.id);
    task.se.onRq = false;
    cfs.loadWeight -= task.se.load.weight;
    --cfs.running;
    if (isIdlePolicy(task)) --cfs.idleRunning;
    if (!(flags & kSleep)) task.se.vruntime -= cfs.minVruntime;
    updateMinVruntime(os.kernel);
    subRunning(os, task);
}

// __pick_eevdf's predecessor: leftmost, unless a buddy is nearly as deserving.
TaskId pickNextEntity(Os& os, TaskId current, PickReason& why) {
    const CfsQueue& cfs = queueOf(os);
    const auto task = [&](TaskId id) -> const Task& { return os.kernel.tasks.at(id); };
    TaskId left = rbFirst(cfs);
    if (left == kNone || (current != kNone && entityBefore(task(current), task(left)))) left = current;
    TaskId chosen = left;
    if (left == kNone) return chosen;
    using Why = PickReason::Why;
    why.why = left == current ? Why::StaysLeftmost : Why::Leftmost;
    why.task = left;
    why.value = task(left).se.vruntime;
    if (cfs.skip != kNone && cfs.skip == chosen) {
        TaskId second;
        if (chosen == current) {
            second = rbFirst(cfs);
        } else {
            second = rbNext(os.kernel, chosen);
            if (second == kNone || (current != kNone && entityBefore(task(current), task(second)))) second = current;
        }
        if (second != kNone && wakeupPreemptEntity(task(second), task(left)) < 1) {
            chosen = second;
            why.why = Why::Skips;
            why.task = second;
            why.other = left;
        }
    }
    if (cfs.next != kNone && wakeupPreemptEntity(task(cfs.next), task(left)) < 1) {
        if (chosen != cfs.next) why.why = Why::NextBuddy, why.task = cfs.next;
        chosen = cfs.next;
    } else if (cfs.last != kNone && wakeupPreemptEntity(task(cfs.last), task(left)) < 1) {
        if (chosen != cfs.last) why.why = Why::LastBuddy, why.task = cfs.last;
        chosen = cfs.last;
    }
    return chosen;
}

void setNextFair(Os& os, Task& task) {
    CfsQueue& cfs = queueOf(os);
    clearBuddies(cfs, task.id);
    if (task.se.onRq) treeOf(os).erase(task.id);
    task.se.execStart = os.kernel.runQueue.clockNs;
    cfs.current = task.id;
    task.se.prevSumExecRuntime = task.se.sumExecRuntime;
}

void putPreviousFair(Os& os, Task& task) {
    CfsQueue& cfs = queueOf(os);
    if (task.se.onRq) {
        updateCurrFair(os);
        treeOf(os).insert(task.id);
    }
    cfs.current = kNone;
}

TaskId pickNextFair(Os& os, Task& previous, PickReason& why) {
    KernelCall call{os, "pick_next_task_fair"};
    CfsQueue& cfs = queueOf(os);
    if (cfs.running == 0) return kNone;
    TaskId current = cfs.current;
    if (current != kNone) {
        if (os.kernel.tasks.at(current).se.onRq)
            updateCurrFair(os);
        else
            current = kNone;
    }
    const TaskId next = pickNextEntity(os, current, why);
    if (next != previous.id) {
        rulesOf(os.kernel, classOf(previous)).putPrevious(os, previous);
        setNextFair(os, os.kernel.tasks.edit(next));
    }
    return next;
}

void checkPreemptTick(Os& os, Task& current) {
    CfsQueue& cfs = queueOf(os);
    const u64 ideal = schedSlice(os.kernel, current);
    const u64 ran = current.se.sumExecRuntime - current.se.prevSumExecRuntime;
    if (ran > ideal) {
        reschedCurr(os);
        clearBuddies(cfs, current.id);
        return;
    }
    if (ran < kMinGranularityNs) return;
    const TaskId left = rbFirst(cfs);
    if (left == kNone) return;
    const i64 lead = static_cast<i64>(current.se.vruntime - os.kernel.tasks.at(left).se.vruntime);
    if (lead > 0 && lead > static_cast<i64>(ideal)) reschedCurr(os);
}

void tickFair(Os& os, Task& current) {
    KernelCall call{os, "task_tick_fair"};
    KernelCall entity{os, "entity_tick"};
    updateCurrFair(os);
    if (queueOf(os).running > 1) checkPreemptTick(os, current);
}

void checkPreemptWakeup(Os& os, Task& woken, unsigned) {
    KernelCall call{os, "check_preempt_wakeup"};
    CfsQueue& cfs = queueOf(os);
    Task& current = os.current();
    if (current.id == woken.id || current.needResched) return;
    const bool currentIdle = isIdlePolicy(current), wokenIdle = isIdlePolicy(woken);
    if (!(currentIdle && !wokenIdle)) {
        if (woken.policy != SchedPolicy::Normal || currentIdle != wokenIdle) return;
        updateCurrFair(os);
        if (wakeupPreemptEntity(current, woken) != 1) return;
        if (woken.se.onRq && !wokenIdle) cfs.next = woken.id;
    }
    reschedCurr(os);
    if (!current.se.onRq) return;
    if (cfs.running >= kSchedNrLatency && !currentIdle) cfs.last = current.id;
}

void yieldFair(Os& os, Task& current) {
    CfsQueue& cfs = queueOf(os);
    if (os.kernel.runQueue.running == 1) return;
    clearBuddies(cfs, current.id);
    if (current.policy != SchedPolicy::Batch) updateCurrFair(os);
    if (current.se.onRq) cfs.skip = current.id;
}

void forkFair(Os& os, Task& child) {
    KernelCall call{os, "task_fork_fair"};
    CfsQueue& cfs = queueOf(os);
    if (cfs.current != kNone) {
        updateCurrFair(os);
        child.se.vruntime = os.kernel.tasks.at(cfs.current).se.vruntime;
    }
    placeEntity(os, child, true);
    child.se.vruntime -= cfs.minVruntime;
}

}  // namespace

void updateMinVruntime(Kernel& kernel) {
    CfsQueue& cfs = kernel.runQueue.cfs;
    const Task* current = cfs.current != kNone ? &kernel.tasks.at(cfs.current) : nullptr;
    if (current && !current->se.onRq) current = nullptr;
    u64 vruntime = current ? current->se.vruntime : cfs.minVruntime;
    if (cfs.leftmost != kNone) {
        const u64 left = kernel.tasks.at(cfs.leftmost).se.vruntime;
        vruntime = current ? minVruntime(vruntime, left) : left;
    }
    vruntime = maxVruntime(cfs.minVruntime, vruntime);
    cfs.avgVruntime -= i128{cfs.avgLoad} * static_cast<i64>(vruntime - cfs.minVruntime);  // EEVDF: avg_vruntime_update
    cfs.minVruntime = vruntime;
}

void updateCurrFair(Os& os) {
    CfsQueue& cfs = queueOf(os);
    if (cfs.current == kNone) return;
    Task& current = os.kernel.tasks.edit(cfs.current);
    const u64 now = os.kernel.runQueue.clockNs;
    const u64 delta = now - current.se.execStart;
    if (static_cast<i64>(delta) <= 0) return;
    current.se.execStart = now;
    current.se.sumExecRuntime += delta;
    current.se.vruntime += calcDeltaFair(delta, current.se.load);
    updateMinVruntime(os.kernel);
}

u64 schedSlice(const Kernel& kernel, const Task& task) {
    const CfsQueue& cfs = kernel.runQueue.cfs;
    const u32 running = cfs.running + (task.se.onRq ? 0 : 1);
    u64 slice = running > kSchedNrLatency ? running * kMinGranularityNs : kSchedLatencyNs;
    const LoadWeight sum = loadWeightOfSum(cfs.loadWeight + (task.se.onRq ? 0 : task.se.load.weight));
    slice = calcDelta(slice, task.se.load.weight, sum);
    return std::max(slice, isIdlePolicy(task) && !(cfs.running && cfs.running == cfs.idleRunning)
                               ? kIdleMinGranularityNs
                               : kMinGranularityNs);
}

u64 schedVslice(const Kernel& kernel, const Task& task) {
    return calcDeltaFair(schedSlice(kernel, task), task.se.load);
}

const Rules kCfsRules{enqueueFair, dequeueFair,        pickNextFair, putPreviousFair, setNextFair,
                      tickFair,    checkPreemptWakeup, yieldFair,    forkFair,        updateCurrFair};

}  // namespace ringside::sched
