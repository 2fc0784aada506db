// The scheduler's border and what all classes share (Linux 6.1 kernel/sched/core.c).
#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "core/kernel/proc/wait_queue.h"
#include "core/kernel/sched/class.h"
#include "core/kernel/sched/rbtree.h"
#include "core/kernel/sched/weights.h"

namespace ringside {

using namespace sched;

namespace {

constexpr TaskId kIdle{1};
// Charged in cycles; what the nested calls cost is in these.
constexpr Cycles kScheduleCost = 60, kSwitchCost = 90, kWakeCost = 50, kTickCost = 40;

const Rules& rulesFor(const Kernel& kernel, const Task& task) { return rulesOf(kernel, classOf(task)); }

// signal_pending_state
bool signalWakes(const Task& task) {
    if (!task.signalPending) return false;
    if (task.state & state::Interruptible) return true;
    return (task.state & state::Wakekill) && (task.pending.set & sigBit(kSigKill));
}

void checkPreemptCurr(Os& os, Task& woken, unsigned flags) {
    KernelCall call{os, "check_preempt_curr"};
    const SchedClass current = classOf(os.current()), fresh = classOf(woken);
    if (current == fresh)
        rulesOf(os.kernel, fresh).checkPreempt(os, woken, flags);
    else if (fresh < current)
        reschedCurr(os);
}

void setLoadWeight(Task& task) { task.se.load = loadWeightOf(task.policy, task.nice); }

// effective_prio and friends: prio as the kernel counts it, 0…139.
void setPriority(Task& task) {
    task.staticPrio = 120 + task.nice;
    switch (task.policy) {
        case SchedPolicy::Deadline:
            task.prio = -1;
            break;
        case SchedPolicy::Fifo:
        case SchedPolicy::Rr:
            task.prio = 99 - task.rtPriority;
            break;
        default:
            task.prio = task.staticPrio;
    }
    task.normalPrio = task.prio;
}

// What dequeue, change, enqueue does around a change of a task's scheduling fields.
template <class Change>
void changeQueued(Os& os, Task& task, Change change) {
    updateRqClock(os);
    const bool queued = onRunQueue(task), running = os.kernel.current == task.id;
    if (queued) rulesFor(os.kernel, task).dequeue(os, task, kSave);
    if (running) rulesFor(os.kernel, task).putPrevious(os, task);
    change();
    if (queued) rulesFor(os.kernel, task).enqueue(os, task, kRestore);
    if (running) rulesFor(os.kernel, task).setNext(os, task);
}

}  // namespace

SchedClass classOf(const Task& task) {
    if (isIdleTask(task)) return SchedClass::Idle;
    switch (task.policy) {
        case SchedPolicy::Deadline:
            return SchedClass::Deadline;
        case SchedPolicy::Fifo:
        case SchedPolicy::Rr:
            return SchedClass::Rt;
        default:
            return SchedClass::Fair;
    }
}

std::string_view nameOf(SchedKind kind) {
    switch (kind) {
        case SchedKind::Coop:
            return "coop";
        case SchedKind::Rr:
            return "rr";
        case SchedKind::RrLatency:
            return "rr-latency";
        case SchedKind::Cfs:
            return "cfs";
        case SchedKind::Eevdf:
            return "eevdf";
    }
    return "";
}

bool onRunQueue(const Task& task) { return task.se.onRq || task.rt.onRq || task.dl.onRq; }
bool isIdleTask(const Task& task) { return task.id == kIdle; }

namespace sched {

const Rules& rulesOf(const Kernel& kernel, SchedClass schedClass) {
    switch (schedClass) {
        case SchedClass::Deadline:
            return kDeadlineRules;
        case SchedClass::Rt:
            return kRtRules;
        case SchedClass::Idle:
            return kIdleRules;
        case SchedClass::Fair:
            break;
    }
    switch (kernel.runQueue.kind) {
        case SchedKind::Coop:
            return kCoopRules;
        case SchedKind::Rr:
            return kRrRules;
        case SchedKind::RrLatency:
            return kRrLatencyRules;
        case SchedKind::Eevdf:
            return kEevdfRules;
        case SchedKind::Cfs:
            break;
    }
    return kCfsRules;
}

std::string nameOf(const Task& task) {
    return fmt::format("{} ({})", task.comm.empty() ? "task" : task.comm, task.pid());
}
void addRunning(Os& os, Task&) { ++os.kernel.runQueue.running; }
void subRunning(Os& os, Task&) { --os.kernel.runQueue.running; }

}  // namespace sched

void updateRqClock(Os& os) { os.kernel.runQueue.clockNs = os.nowNs(); }

void reschedCurr(Os& os) {
    Task& current = os.current();
    if (current.needResched) return;
    current.needResched = true;
}

void accountCpu(Os& os, Task& task, bool userMode) {
    const u64 now = os.nowNs();
    (userMode ? task.utime : task.stime) += now - task.lastRanNs;
    task.lastRanNs = now;
}

std::vector<TaskId> runnableTasks(const Kernel& kernel) {
    const RunQueue& rq = kernel.runQueue;
    std::vector<TaskId> tasks;
    const auto add = [&](TaskId id) {
        if (std::find(tasks.begin(), tasks.end(), id) == tasks.end()) tasks.push_back(id);
    };
    if (const Task* current = kernel.tasks.find(kernel.current); current && onRunQueue(*current)) add(current->id);
    for (TaskId id : rq.deadline) add(id);
    if (rq.rt.running > 0)
        for (const auto& list : rq.rt.lists)
            for (TaskId id : list) add(id);
    for (TaskId id = rq.cfs.leftmost; id != TaskId{}; id = rbNext(kernel, id)) add(id);
    for (TaskId id : rq.fifo) add(id);
    return tasks;
}

void scheduleTick(Os& os) {
    KernelCall call{os, "scheduler_tick", kTickCost};
    updateRqClock(os);
    Task& current = os.current();
    rulesFor(os.kernel, current).tick(os, current);
    if (current.needResched)
        os.emit(EventKind::Preempt, {0}, fmt::format("{} has run long enough", sched::nameOf(current)));
}

void schedule(Os& os, bool preempted) {
    KernelCall call{os, "schedule"};
    KernelCall inner{os, "__schedule", kScheduleCost};
    Kernel& kernel = os.kernel;
    RunQueue& rq = kernel.runQueue;
    updateRqClock(os);
    Task& previous = os.current();
    accountCpu(os, previous, false);

    bool voluntary = false;
    if (!preempted && previous.state != state::Running) {
        if (signalWakes(previous)) {
            previous.state = state::Running;
            finishWait(os, previous);
        } else {
            if (previous.state != state::Dead) os.emit(EventKind::Sleep, {previous.state}, describeWait(previous));
            previous.sleepSinceNs = rq.clockNs;
            deactivate(os, previous.id);
        }
        voluntary = true;
    }

    std::vector<TaskId> candidates = runnableTasks(kernel);
    std::string reason;
    TaskId next;
    {
        KernelCall pick{os, "pick_next_task"};
        for (SchedClass c : {SchedClass::Deadline, SchedClass::Rt, SchedClass::Fair, SchedClass::Idle}) {
            std::string why;
            next = rulesOf(kernel, c).pickNext(os, previous, why);
            reason += why;
            if (next != TaskId{}) break;
        }
    }
    previous.needResched = false;
    const bool yielded = std::exchange(rq.yielding, false);
    rq.decision = {os.cpu.tick, previous.id, next, preempted && !yielded, std::move(candidates), std::move(reason)};
    if (next == previous.id) return;

    ++rq.switches;
    ++kernel.counters.switches;
    ++(voluntary ? previous.voluntarySwitches : previous.involuntarySwitches);
    Task& chosen = kernel.tasks.edit(next);
    if (previous.state == state::Running && !isIdleTask(previous)) previous.waitingSinceNs = rq.clockNs;
    if (!isIdleTask(chosen)) chosen.waitNs += rq.clockNs - chosen.waitingSinceNs;
    os.emit(EventKind::Switch,
            {static_cast<u64>(previous.pid()), static_cast<u64>(chosen.pid()), rq.decision.preempted ? 1u : 0u},
            rq.decision.reason);
    KernelCall context{os, "context_switch", kSwitchCost};
    chosen.lastRanNs = os.nowNs();
    kernel.current = next;
}

void activate(Os& os, TaskId id, bool wakeup) {
    KernelCall call{os, "activate_task"};
    Task& task = os.kernel.tasks.edit(id);
    task.waitingSinceNs = os.kernel.runQueue.clockNs;
    rulesFor(os.kernel, task).enqueue(os, task, wakeup ? kWakeup : 0);
    if (wakeup) checkPreemptCurr(os, task, 0);
}

void wakeNew(Os& os, TaskId child) {
    KernelCall call{os, "wake_up_new_task", kWakeCost};
    updateRqClock(os);
    Task& task = os.kernel.tasks.edit(child);
    task.state = state::Running;
    task.waitingSinceNs = os.kernel.runQueue.clockNs;
    rulesFor(os.kernel, task).enqueue(os, task, kInitial);
    checkPreemptCurr(os, task, kWakeFork);
}

void deactivate(Os& os, TaskId id) {
    KernelCall call{os, "deactivate_task"};
    Task& task = os.kernel.tasks.edit(id);
    if (onRunQueue(task)) rulesFor(os.kernel, task).dequeue(os, task, kSleep);
}

bool tryToWakeUp(Os& os, TaskId id, u32 states) {
    const Task* found = os.kernel.tasks.find(id);
    if (!found || !(found->state & states)) return false;
    KernelCall call{os, "try_to_wake_up", kWakeCost};
    Task& task = os.kernel.tasks.edit(id);
    finishWait(os, task);
    task.state = state::Running;
    if (onRunQueue(task) || os.kernel.current == id) return true;  // it had not been switched away yet
    updateRqClock(os);
    task.sleepNs += os.kernel.runQueue.clockNs - task.sleepSinceNs;
    {
        KernelCall queue{os, "ttwu_do_activate"};
        activate(os, id, true);
    }
    os.emit(EventKind::Wakeup, {static_cast<u64>(task.pid())});
    if (os.current().needResched)
        os.emit(EventKind::Preempt, {static_cast<u64>(task.pid())},
                fmt::format("{} wakes and should run instead of {}", sched::nameOf(task), sched::nameOf(os.current())));
    return true;
}

void schedYield(Os& os) {
    KernelCall call{os, "do_sched_yield"};
    updateRqClock(os);
    Task& current = os.current();
    rulesFor(os.kernel, current).yield(os, current);
    os.kernel.runQueue.yielding = true;
    reschedCurr(os);
}

void setNice(Os& os, TaskId id, int nice) {
    KernelCall call{os, "set_user_nice"};
    Task& task = os.kernel.tasks.edit(id);
    nice = std::clamp(nice, -20, 19);
    if (task.nice == nice) return;
    const int before = task.prio;
    changeQueued(os, task, [&] {
        task.nice = nice;
        setPriority(task);
        if (classOf(task) == SchedClass::Fair) setLoadWeight(task);
    });
    // prio_changed_fair
    if (classOf(task) != SchedClass::Fair || !onRunQueue(task)) return;
    if (os.kernel.current == id) {
        if (task.prio > before) reschedCurr(os);
    } else {
        checkPreemptCurr(os, task, 0);
    }
}

void schedFork(Os& os, Task& child) {
    KernelCall call{os, "sched_fork"};
    const u64 parentDeadline = child.dl.runtime;
    child.state = state::New;
    child.se = SchedEntity{.load = child.se.load};
    child.rt = RtEntity{};
    child.dl = DeadlineEntity{};
    if (child.resetOnFork) {
        if (classOf(child) != SchedClass::Fair || parentDeadline) {
            child.policy = SchedPolicy::Normal;
            child.rtPriority = 0;
        }
        child.nice = std::max(child.nice, 0);
        child.resetOnFork = false;
    }
    setPriority(child);
    setLoadWeight(child);
    child.rt.timeSlice = rrTimesliceTicks(os.kernel);
    child.utime = child.stime = 0;
    child.waitNs = child.sleepNs = 0;
    child.voluntarySwitches = child.involuntarySwitches = 0;
    child.needResched = false;
    updateRqClock(os);
    rulesFor(os.kernel, child).fork(os, child);
}

void setScheduler(Os& os, SchedKind kind) {
    Kernel& kernel = os.kernel;
    if (kernel.runQueue.kind == kind) return;
    updateRqClock(os);
    std::vector<TaskId> queued;
    for (TaskId id : runnableTasks(kernel))
        if (classOf(kernel.tasks.at(id)) == SchedClass::Fair) queued.push_back(id);
    Task* current = kernel.current != TaskId{} ? &os.current() : nullptr;
    const bool runs = current && classOf(*current) == SchedClass::Fair;
    for (TaskId id : queued) {
        Task& task = kernel.tasks.edit(id);
        rulesFor(kernel, task).dequeue(os, task, kSave);
    }
    if (runs) rulesFor(kernel, *current).putPrevious(os, *current);
    kernel.runQueue.cfs = CfsQueue{};
    kernel.runQueue.fifo.clear();
    kernel.runQueue.kind = kind;
    std::vector<TaskId> all;
    for (const auto& [id, task] : kernel.tasks) all.push_back(id);
    for (TaskId id : all) {  // everyone starts level under the new rule, sleepers too
        Task& task = kernel.tasks.edit(id);
        task.se.vruntime = 0;
        task.se.vlag = 0;
    }
    for (TaskId id : queued) {
        Task& task = kernel.tasks.edit(id);
        rulesFor(kernel, task).enqueue(os, task, kRestore);
    }
    if (runs) rulesFor(kernel, *current).setNext(os, *current);
    if (current) reschedCurr(os);
}

i64 setSchedAttr(Os& os, TaskId id, const SchedAttr& attr) {
    KernelCall call{os, "__sched_setscheduler"};
    Task& task = os.kernel.tasks.edit(id);
    const int before = task.prio;
    const SchedClass classBefore = classOf(task);
    changeQueued(os, task, [&] {
        if (classBefore == SchedClass::Fair && attr.policy != task.policy && !onRunQueue(task) &&
            os.kernel.current != id && task.se.sumExecRuntime != 0 &&
            (attr.policy == SchedPolicy::Fifo || attr.policy == SchedPolicy::Rr ||
             attr.policy == SchedPolicy::Deadline))
            task.se.vruntime -= os.kernel.runQueue.cfs.minVruntime;  // detach_task_cfs_rq of a sleeper
        task.policy = attr.policy;
        task.resetOnFork = attr.resetOnFork;
        if (attr.policy == SchedPolicy::Normal || attr.policy == SchedPolicy::Batch || attr.policy == SchedPolicy::Idle)
            task.nice = attr.nice;
        task.rtPriority = attr.rtPriority;
        if (attr.policy == SchedPolicy::Deadline)
            task.dl = DeadlineEntity{.runtime = attr.runtime, .deadline = attr.deadline, .period = attr.period};
        else
            task.dl = DeadlineEntity{};
        if (attr.policy == SchedPolicy::Rr) task.rt.timeSlice = rrTimesliceTicks(os.kernel);
        setPriority(task);
        setLoadWeight(task);
    });
    if (!onRunQueue(task)) return 0;
    if (os.kernel.current == id) {
        if (classOf(task) > classBefore || task.prio > before) reschedCurr(os);
    } else {
        checkPreemptCurr(os, task, 0);
    }
    return 0;
}

}  // namespace ringside
