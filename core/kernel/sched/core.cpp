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
constexpr u32 kKernelThread = 0x200000;  // PF_KTHREAD
// Charged in cycles; what the nested calls cost is in these.
constexpr Cycles kScheduleCost = 60, kSwitchCost = 90, kWakeCost = 50, kTickCost = 40;

const Rules& rulesFor(const Kernel& kernel, const Task& task) { return rulesOf(kernel, classOf(task)); }

// signal_pending_state
bool signalWakes(const Task& task) {
    if (!task.signalPending) return false;
    if (task.state & state::Interruptible) return true;
    return (task.state & state::Wakekill) && (task.pending.set & sigBit(kSigKill));
}

void sampleSwitch(Os& os, const Task& previous, const Task& chosen, bool sleeps, bool yielded) {
    if (!os.trace.sched) return;
    const i32 from = previous.pid(), to = chosen.pid();
    if (previous.state == state::Dead)
        sample(os, previous, SampleKind::Exit, TaskPhase::Zombie, to);
    else if (previous.state & (state::Stopped | state::Traced))
        sample(os, previous, SampleKind::Stop, TaskPhase::Stopped, to);
    else if (sleeps && previous.state != state::Running)
        sample(os, previous, SampleKind::Sleep, TaskPhase::Asleep, to);
    else
        sample(os, previous, yielded ? SampleKind::Yield : SampleKind::Preempt, TaskPhase::Waiting, to);
    sample(os, chosen, SampleKind::Run, TaskPhase::Running, from);
}

}  // namespace

SchedClass classOf(const Task& task) {
    if (isIdleTask(task)) return SchedClass::Idle;
    if (task.policy == SchedPolicy::Deadline) return SchedClass::Deadline;
    return task.prio < kMaxRtPrio ? SchedClass::Rt : SchedClass::Fair;  // an inherited priority counts
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

std::optional<SchedKind> schedKindOf(std::string_view name) {
    for (SchedKind kind : {SchedKind::Coop, SchedKind::Rr, SchedKind::RrLatency, SchedKind::Cfs, SchedKind::Eevdf})
        if (nameOf(kind) == name) return kind;
    return std::nullopt;
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
void checkPreemptCurr(Os& os, Task& woken, unsigned flags) {
    KernelCall call{os, "check_preempt_curr"};
    const SchedClass current = classOf(os.current()), fresh = classOf(woken);
    if (current == fresh)
        rulesOf(os.kernel, fresh).checkPreempt(os, woken, flags);
    else if (fresh < current)
        reschedCurr(os);
}

void addRunning(Os& os, Task&) { ++os.kernel.runQueue.running; }
void subRunning(Os& os, Task&) { --os.kernel.runQueue.running; }

void takeOff(std::vector<TaskId>& list, TaskId task) {
    const auto found = std::find(list.begin(), list.end(), task);
    if (found != list.end()) list.erase(found);
}

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

void sample(Os& os, const Task& task, SampleKind kind, TaskPhase phase, i32 other) {
    if (!os.trace.sched) return;
    SchedSample s{.tick = os.cpu.tick,
                  .ns = kind == SampleKind::Reap ? os.nowNs() : os.kernel.runQueue.clockNs,  // as vruntime was counted
                  .vruntime = task.se.vruntime,
                  .minVruntime = os.kernel.runQueue.cfs.minVruntime,
                  .ran = task.se.sumExecRuntime,
                  .kernel = task.stime,
                  .waited = task.waitNs,
                  .pid = task.pid(),
                  .other = other,
                  .weight = static_cast<u32>(task.se.load.weight >> 10),
                  .kind = kind,
                  .phase = phase,
                  .kthread = (task.flags & kKernelThread) != 0,
                  .wait = task.waiting ? static_cast<u8>(kindOf(*task.waiting)) : u8{0}};
    if (kind == SampleKind::Exit && os.kernel.current == task.id && task.se.onRq) {
        // The machine ends with this task, before it is switched away and charged.
        const u64 delta = os.nowNs() - task.se.execStart;
        s.ns = os.nowNs();
        s.ran += delta;
        s.vruntime += calcDeltaFair(delta, task.se.load);
    }
    task.comm.copy(s.comm.data(), s.comm.size() - 1);
    os.trace.samples.push_back(s);
}

namespace {
// Calls `take` for all that can run, the running one first, until it says false.
template <class Take>
void forRunnable(const Kernel& kernel, Take take) {
    const RunQueue& rq = kernel.runQueue;
    const Task* current = kernel.tasks.find(kernel.current);
    if (current && onRunQueue(*current) && !take(current->id)) return;
    const auto offer = [&](TaskId id) { return (current && id == current->id) || take(id); };
    for (TaskId id : rq.deadline)
        if (!offer(id)) return;
    if (rq.rt.running > 0)
        for (const auto& list : rq.rt.lists)
            for (TaskId id : list)
                if (!offer(id)) return;
    for (TaskId id = rq.cfs.leftmost; id != TaskId{}; id = rbNext(kernel, id))
        if (!offer(id)) return;
    for (TaskId id : rq.fifo)
        if (!offer(id)) return;
}
}  // namespace

std::vector<TaskId> runnableTasks(const Kernel& kernel, std::size_t most) {
    std::vector<TaskId> tasks;
    if (most == 0) return tasks;
    forRunnable(kernel, [&](TaskId id) {
        tasks.push_back(id);
        return tasks.size() < most;
    });
    return tasks;
}

std::string reasonText(const Kernel& kernel, const PickReason& r) {
    using Why = PickReason::Why;
    const auto name = [&](TaskId id) {
        const Task* task = kernel.tasks.find(id);
        return task ? sched::nameOf(*task) : std::string("a task that is gone");
    };
    std::string text;
    if (r.throttled) text = "real-time tasks are throttled: 950 ms of this second are used up; ";
    switch (r.why) {
        case Why::None:
            return text;
        case Why::Idle:
            return text + "nobody else can run";
        case Why::EarliestDeadline:
            return text + fmt::format("{} has the earliest deadline, {} ns", name(r.task), r.value);
        case Why::RealTime:
            return text + fmt::format("{} is first in the highest real-time list, priority {}", name(r.task), r.value);
        case Why::Leftmost:
            return text + fmt::format("{} is leftmost in the tree: vruntime {} is the smallest", name(r.task), r.value);
        case Why::StaysLeftmost:
            return text + fmt::format("{} keeps the CPU: its vruntime {} is still the smallest", name(r.task), r.value);
        case Why::Skips:
            return text + fmt::format("{} yielded, so {} goes first", name(r.other), name(r.task));
        case Why::NextBuddy:
            return text + fmt::format(
                              "{} is the next buddy: just woken, and within the wakeup granularity of the "
                              "leftmost",
                              name(r.task));
        case Why::LastBuddy:
            return text +
                   fmt::format("{} is the last buddy: preempted by a wakeup, its cache is still hot", name(r.task));
        case Why::RunToParity:
            return text + fmt::format("{} is eligible and its slice is not used up (RUN_TO_PARITY)", name(r.task));
        case Why::VirtualDeadline:
            return text +
                   fmt::format("{} has the earliest virtual deadline of the eligible, {}", name(r.task), r.value);
        case Why::OnlyOne:
            return text + fmt::format("{} is the only one that can run", name(r.task));
        case Why::TurnNotOver:
            return text + fmt::format("{} has not used up its turn", name(r.task));
        case Why::WaitedLongest:
            return text + fmt::format("{} waited longest in the list", name(r.task));
    }
    return text;
}

void scheduleTick(Os& os) {
    KernelCall call{os, "scheduler_tick", kTickCost};
    updateRqClock(os);
    Task& current = os.current();
    rulesFor(os.kernel, current).tick(os, current);
    sample(os, current, SampleKind::Timer, TaskPhase::Running);
    if (current.needResched && os.trace.enabled)
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
            if (previous.state != state::Dead && os.trace.enabled)
                os.emit(EventKind::Sleep, {previous.state}, describeWait(previous));
            previous.sleepSinceNs = rq.clockNs;
            deactivate(os, previous.id);
        }
        voluntary = true;
    }

    Decision decision{.tick = os.cpu.tick, .previous = previous.id, .runnable = rq.running};
    forRunnable(kernel, [&, n = std::size_t{0}](TaskId id) mutable {
        decision.candidates[n++] = id;
        return n < Decision::kListed;
    });
    TaskId next;
    {
        KernelCall pick{os, "pick_next_task"};
        for (SchedClass c : {SchedClass::Deadline, SchedClass::Rt, SchedClass::Fair, SchedClass::Idle}) {
            next = rulesOf(kernel, c).pickNext(os, previous, decision.reason);
            if (next != TaskId{}) break;
        }
    }
    previous.needResched = false;
    const bool yielded = std::exchange(rq.yielding, false);
    decision.chosen = next;
    decision.preempted = preempted && !yielded;
    rq.decision = decision;
    if (next == previous.id) return;

    ++rq.switches;
    ++kernel.counters.switches;
    ++(voluntary ? previous.voluntarySwitches : previous.involuntarySwitches);
    Task& chosen = kernel.tasks.edit(next);
    if (previous.state == state::Running && !isIdleTask(previous)) previous.waitingSinceNs = rq.clockNs;
    if (!isIdleTask(chosen)) chosen.waitNs += rq.clockNs - chosen.waitingSinceNs;
    if (os.trace.enabled)
        os.emit(EventKind::Switch,
                {static_cast<u64>(previous.pid()), static_cast<u64>(chosen.pid()), decision.preempted ? 1u : 0u},
                reasonText(kernel, decision.reason));
    sampleSwitch(os, previous, chosen, voluntary, yielded);
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
    sample(os, task, SampleKind::Fork, TaskPhase::Waiting, os.current().pid());
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
    sample(os, task, SampleKind::Wake, TaskPhase::Waiting, os.current().pid());
    os.emit(EventKind::Wakeup, {static_cast<u64>(task.pid())});
    if (os.current().needResched && os.trace.enabled)
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
    child.piWaiters.clear();
    setPriority(os.kernel, child);  // an inherited priority is not passed on
    child.se.load = loadWeightOf(child.policy, child.nice);
    child.rt.timeSlice = rrTimesliceTicks(os.kernel);
    child.utime = child.stime = 0;
    child.waitNs = child.sleepNs = 0;
    child.voluntarySwitches = child.involuntarySwitches = 0;
    child.needResched = false;
}

void schedCgroupFork(Os& os, Task& child) {
    KernelCall call{os, "sched_cgroup_fork"};
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

}  // namespace ringside
