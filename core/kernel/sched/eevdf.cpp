// Earliest eligible virtual deadline first (Linux 6.6 kernel/sched/fair.c), for one CPU without groups. As in 6.6 the
// tree is keyed by vruntime, and each node knows the earliest deadline below it. Times are nanoseconds.
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

i64 weightOf(const Task& task) { return static_cast<i64>(scaleLoadDown(task.se.load.weight)); }
i128 keyOf(const CfsQueue& cfs, const Task& task) { return static_cast<i64>(task.se.vruntime - cfs.minVruntime); }

// avg_vruntime_add, avg_vruntime_sub
void averageAdd(CfsQueue& cfs, const Task& task, int sign) {
    cfs.avgVruntime += sign * keyOf(cfs, task) * weightOf(task);
    cfs.avgLoad += sign * weightOf(task);
}

// __enqueue_entity, __dequeue_entity
void insertEntity(Os& os, Task& task) {
    averageAdd(queueOf(os), task, 1);
    treeOf(os).insert(task.id);
}
void eraseEntity(Os& os, Task& task) {
    treeOf(os).erase(task.id);
    averageAdd(queueOf(os), task, -1);
}

// Of all that can run, the running one included.
struct Sum {
    i128 keys = 0;  // of (vruntime - min_vruntime) * weight
    i64 load = 0;
};
Sum sumOf(const Kernel& kernel) {
    const CfsQueue& cfs = kernel.runQueue.cfs;
    Sum sum{cfs.avgVruntime, cfs.avgLoad};
    if (cfs.current == kNone) return sum;
    const Task& current = kernel.tasks.at(cfs.current);
    if (!current.se.onRq) return sum;
    sum.keys += keyOf(cfs, current) * weightOf(current);
    sum.load += weightOf(current);
    return sum;
}

bool eligible(const CfsQueue& cfs, const Sum& sum, const Task& task) { return sum.keys >= keyOf(cfs, task) * sum.load; }

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
    if (!isCurrent) insertEntity(os, task);
    task.se.onRq = true;
    addRunning(os, task);
}

void dequeue(Os& os, Task& task, unsigned) {
    KernelCall call{os, "dequeue_task_fair"};
    KernelCall entity{os, "dequeue_entity"};
    CfsQueue& cfs = queueOf(os);
    updateCurrent(os);
    updateEntityLag(os, task);
    if (cfs.current != task.id) eraseEntity(os, task);
    task.se.onRq = false;
    cfs.loadWeight -= task.se.load.weight;
    --cfs.running;
    if (task.policy == SchedPolicy::Idle) --cfs.idleRunning;
    updateMinVruntime(os.kernel);
    subRunning(os, task);
}

// __pick_eevdf: the earliest deadline of those that are eligible, which are all to the left of a node that is.
TaskId pickEevdf(const Kernel& kernel, PickReason& why) {
    const CfsQueue& cfs = kernel.runQueue.cfs;
    const Sum sum = sumOf(kernel);
    const auto at = [&](TaskId id) -> const Task& { return kernel.tasks.at(id); };
    const auto later = [](u64 a, u64 b) { return static_cast<i64>(a - b) > 0; };
    const Task* best = nullptr;
    if (cfs.current != kNone && at(cfs.current).se.onRq && eligible(cfs, sum, at(cfs.current))) best = &at(cfs.current);
    // RUN_TO_PARITY: set_next_entity left the deadline in vlag; while they agree the slice is not used up.
    if (best && best->se.vlag == static_cast<i64>(best->se.deadline)) {
        why.why = PickReason::Why::RunToParity;
        return best->id;
    }
    why.why = PickReason::Why::VirtualDeadline;
    const Task* bestLeft = nullptr;  // all below it are eligible, and none to the left of another such has less
    for (TaskId node = cfs.root; node != kNone;) {
        const Task& task = at(node);
        const SchedEntity& se = task.se;
        if (!eligible(cfs, sum, task)) {
            node = se.node.left;
            continue;
        }
        if (!best || later(best->se.deadline, se.deadline)) best = &task;
        if (se.node.left != kNone) {
            const Task& left = at(se.node.left);
            if (!bestLeft || later(bestLeft->se.minDeadline, left.se.minDeadline)) bestLeft = &left;
            if (left.se.minDeadline == se.minDeadline) break;
        }
        if (se.deadline == se.minDeadline) break;
        node = se.node.right;
    }
    if (!bestLeft || later(bestLeft->se.minDeadline, best->se.deadline)) return best ? best->id : kNone;
    for (TaskId node = bestLeft->id;;) {
        const SchedEntity& se = at(node).se;
        if (se.deadline == se.minDeadline) return node;
        const TaskId left = se.node.left;
        node = left != kNone && at(left).se.minDeadline == se.minDeadline ? left : se.node.right;
    }
}

TaskId pick(const Kernel& kernel, PickReason& why) {
    TaskId chosen = pickEevdf(kernel, why);
    if (chosen == kNone) chosen = kernel.runQueue.cfs.leftmost;
    if (chosen == kNone) return kNone;
    why.task = chosen;
    why.value = kernel.tasks.at(chosen).se.deadline;
    return chosen;
}

void setNext(Os& os, Task& task) {
    CfsQueue& cfs = queueOf(os);
    if (task.se.onRq) {
        eraseEntity(os, task);
        task.se.vlag = static_cast<i64>(task.se.deadline);
    }
    task.se.execStart = os.kernel.runQueue.clockNs;
    cfs.current = task.id;
    task.se.prevSumExecRuntime = task.se.sumExecRuntime;
}

void putPrevious(Os& os, Task& task) {
    if (task.se.onRq) {
        updateCurrent(os);
        insertEntity(os, task);
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

bool isEligible(const Kernel& kernel, const Task& task) { return eligible(kernel.runQueue.cfs, sumOf(kernel), task); }

const Rules kEevdfRules{enqueue, dequeue,      pickNext, putPrevious, setNext,
                        tick,    checkPreempt, yield,    fork,        updateCurrent};

}  // namespace ringside::sched
