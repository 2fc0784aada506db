// Earliest eligible virtual deadline first (Linux 6.6 kernel/sched/fair.c), for one CPU without groups. The tree is
// keyed by vruntime, as in 6.6; the earliest deadline is found by walking it, where Linux keeps the minimum of each
// subtree. Times are nanoseconds.
#include <algorithm>

#include "core/kernel/sched/class.h"
#include "core/kernel/sched/fair.h"
#include "core/kernel/sched/rbtree.h"
#include "core/kernel/sched/weights.h"

namespace ringside::sched {
namespace {

constexpr TaskId kNone{};

CfsQueue& queueOf(Os& os) { return os.kernel.runQueue.cfs; }
RbTree treeOf(Os& os) { return {os.kernel, queueOf(os), &os}; }

struct Sum {
    i128 keys = 0;  // of (vruntime - min_vruntime) * weight
    i64 load = 0;
};
Sum sumOf(const Kernel& kernel) {
    const CfsQueue& cfs = kernel.runQueue.cfs;
    Sum sum;
    const auto add = [&](const Task& task) {
        const i64 weight = static_cast<i64>(scaleLoadDown(task.se.load.weight));
        sum.keys += static_cast<i128>(static_cast<i64>(task.se.vruntime - cfs.minVruntime)) * weight;
        sum.load += weight;
    };
    for (TaskId id = cfs.leftmost; id != kNone; id = rbNext(kernel, id)) add(kernel.tasks.at(id));
    if (cfs.current != kNone && kernel.tasks.at(cfs.current).se.onRq) add(kernel.tasks.at(cfs.current));
    return sum;
}

void updateEntityLag(Os& os, Task& task) {
    const i64 lag = static_cast<i64>(averageVruntime(os.kernel) - task.se.vruntime);
    const u64 tick = 1'000'000'000 / os.kernel.options.hz;
    const i64 limit = static_cast<i64>(calcDeltaFair(std::max(2 * task.se.slice, tick), task.se.load));
    task.se.vlag = std::clamp(lag, -limit, limit);
}

void placeEntity(Os& os, Task& task, unsigned flags) {
    const CfsQueue& cfs = queueOf(os);
    const u64 average = averageVruntime(os.kernel);
    task.se.slice = kBaseSliceNs;
    u64 vslice = calcDeltaFair(task.se.slice, task.se.load);
    i64 lag = 0;
    if (cfs.running > 0) {
        const i64 load = sumOf(os.kernel).load;
        lag = task.se.vlag * (load + static_cast<i64>(scaleLoadDown(task.se.load.weight))) / std::max<i64>(load, 1);
    }
    task.se.vruntime = average - static_cast<u64>(lag);
    if (flags & kInitial) vslice /= 2;
    task.se.deadline = task.se.vruntime + vslice;
}

void updateDeadline(Os& os, Task& task) {
    if (static_cast<i64>(task.se.vruntime - task.se.deadline) < 0) return;
    task.se.slice = kBaseSliceNs;
    task.se.deadline = task.se.vruntime + calcDeltaFair(task.se.slice, task.se.load);
    if (queueOf(os).running > 1) reschedCurr(os);
}

void updateCurrent(Os& os) {
    const CfsQueue& cfs = queueOf(os);
    if (cfs.current == kNone) return;
    Task& current = os.kernel.tasks.edit(cfs.current);
    const u64 now = os.kernel.runQueue.clockNs;
    const u64 delta = now - current.se.execStart;
    if (static_cast<i64>(delta) <= 0) return;
    current.se.execStart = now;
    current.se.sumExecRuntime += delta;
    current.se.vruntime += calcDeltaFair(delta, current.se.load);
    updateDeadline(os, current);
    updateMinVruntime(os.kernel);
}

void enqueue(Os& os, Task& task, unsigned flags) {
    KernelCall call{os, "enqueue_task_fair"};
    KernelCall entity{os, "enqueue_entity"};
    CfsQueue& cfs = queueOf(os);
    const bool isCurrent = cfs.current == task.id;
    if (isCurrent) placeEntity(os, task, flags);
    updateCurrent(os);
    if (!isCurrent) placeEntity(os, task, flags);
    cfs.loadWeight += task.se.load.weight;
    ++cfs.running;
    if (task.policy == SchedPolicy::Idle) ++cfs.idleRunning;
    if (!isCurrent) treeOf(os).insert(task.id);
    task.se.onRq = true;
    addRunning(os, task);
}

void dequeue(Os& os, Task& task, unsigned) {
    KernelCall call{os, "dequeue_task_fair"};
    KernelCall entity{os, "dequeue_entity"};
    CfsQueue& cfs = queueOf(os);
    updateCurrent(os);
    updateEntityLag(os, task);
    if (cfs.current != task.id) treeOf(os).erase(task.id);
    task.se.onRq = false;
    cfs.loadWeight -= task.se.load.weight;
    --cfs.running;
    if (task.policy == SchedPolicy::Idle) --cfs.idleRunning;
    updateMinVruntime(os.kernel);
    subRunning(os, task);
}

// pick_eevdf
TaskId pick(const Kernel& kernel, PickReason& why) {
    const CfsQueue& cfs = kernel.runQueue.cfs;
    const u64 average = averageVruntime(kernel);
    // isEligible of each, with the sum made once: keys are whole numbers, so comparing with the rounded V is exact.
    const auto eligibleAt = [average](const Task& task) { return static_cast<i64>(average - task.se.vruntime) >= 0; };
    const Task* current = cfs.current != kNone ? &kernel.tasks.at(cfs.current) : nullptr;
    if (current && (!current->se.onRq || !eligibleAt(*current))) current = nullptr;
    // RUN_TO_PARITY: set_next_entity left the deadline in vlag; while they agree the slice is not used up.
    if (current && current->se.vlag == static_cast<i64>(current->se.deadline)) {
        why.why = PickReason::Why::RunToParity;
        why.task = current->id;
        return current->id;
    }
    const Task* best = nullptr;
    u32 eligible = current ? 1 : 0;
    for (TaskId id = cfs.leftmost; id != kNone; id = rbNext(kernel, id)) {
        const Task& task = kernel.tasks.at(id);
        if (!eligibleAt(task)) break;  // nor is anyone further right
        ++eligible;
        if (!best || static_cast<i64>(task.se.deadline - best->se.deadline) < 0) best = &task;
    }
    if (!best || (current && static_cast<i64>(best->se.deadline - current->se.deadline) > 0)) best = current;
    if (!best) {
        if (cfs.leftmost == kNone) return kNone;
        best = &kernel.tasks.at(cfs.leftmost);
    }
    why.why = PickReason::Why::VirtualDeadline;
    why.task = best->id;
    why.value = best->se.deadline;
    why.of = eligible;
    return best->id;
}

void setNext(Os& os, Task& task) {
    CfsQueue& cfs = queueOf(os);
    if (task.se.onRq) {
        treeOf(os).erase(task.id);
        task.se.vlag = static_cast<i64>(task.se.deadline);
    }
    task.se.execStart = os.kernel.runQueue.clockNs;
    cfs.current = task.id;
    task.se.prevSumExecRuntime = task.se.sumExecRuntime;
}

void putPrevious(Os& os, Task& task) {
    if (task.se.onRq) {
        updateCurrent(os);
        treeOf(os).insert(task.id);
    }
    queueOf(os).current = kNone;
}

TaskId pickNext(Os& os, Task& previous, PickReason& why) {
    KernelCall call{os, "pick_next_task_fair"};
    if (queueOf(os).running == 0) return kNone;
    updateCurrent(os);
    const TaskId next = pick(os.kernel, why);
    if (next != previous.id) {
        rulesOf(os.kernel, classOf(previous)).putPrevious(os, previous);
        setNext(os, os.kernel.tasks.edit(next));
    }
    return next;
}

void tick(Os& os, Task&) {
    KernelCall call{os, "task_tick_fair"};
    updateCurrent(os);
}

void checkPreempt(Os& os, Task& woken, unsigned) {
    KernelCall call{os, "check_preempt_wakeup"};
    Task& current = os.current();
    if (current.id == woken.id || current.needResched) return;
    const bool currentIdle = current.policy == SchedPolicy::Idle, wokenIdle = woken.policy == SchedPolicy::Idle;
    if (currentIdle && !wokenIdle) return reschedCurr(os);
    if (woken.policy != SchedPolicy::Normal || currentIdle != wokenIdle) return;
    updateCurrent(os);
    PickReason why;
    if (pick(os.kernel, why) == woken.id) reschedCurr(os);
}

// yield_task_fair of 6.6: gives up the rest of the slice by moving its deadline.
void yield(Os& os, Task& current) {
    if (os.kernel.runQueue.running == 1) return;
    updateCurrent(os);
    current.se.deadline += calcDeltaFair(current.se.slice, current.se.load);
}

void fork(Os& os, Task& child) {
    KernelCall call{os, "task_fork_fair"};
    updateCurrent(os);
    child.se.vlag = 0;
    placeEntity(os, child, kInitial);
}

}  // namespace

u64 averageVruntime(const Kernel& kernel) {
    Sum sum = sumOf(kernel);
    if (sum.load == 0) return kernel.runQueue.cfs.minVruntime;
    if (sum.keys < 0) sum.keys -= sum.load - 1;  // round towards minus infinity
    return kernel.runQueue.cfs.minVruntime + static_cast<u64>(static_cast<i64>(sum.keys / sum.load));
}

bool isEligible(const Kernel& kernel, const Task& task) {
    const Sum sum = sumOf(kernel);
    return sum.keys >=
           static_cast<i128>(static_cast<i64>(task.se.vruntime - kernel.runQueue.cfs.minVruntime)) * sum.load;
}

const Rules kEevdfRules{enqueue, dequeue,      pickNext, putPrevious, setNext,
                        tick,    checkPreempt, yield,    fork,        updateCurrent};

}  // namespace ringside::sched
