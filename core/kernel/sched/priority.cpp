// How a task's priority changes: nice, policies, and the inheritance by which who holds a lock gets the priority of who
// waits for it (Linux 6.1 kernel/sched/core.c, kernel/locking/rtmutex.c). A waiter of the deadline class counts as the
// highest real-time priority: its bandwidth is not lent.
#include <algorithm>
#include <fmt/format.h>

#include "core/kernel/sched/class.h"
#include "core/kernel/sched/weights.h"

namespace ringside {

using namespace sched;

namespace {

const Rules& rulesFor(const Kernel& kernel, const Task& task) { return rulesOf(kernel, classOf(task)); }

void sampleWeight(Os& os, const Task& task) {
    sample(os, task, SampleKind::Weight,
           os.kernel.current == task.id ? TaskPhase::Running
           : onRunQueue(task)           ? TaskPhase::Waiting
                                        : TaskPhase::Asleep);
}

// task_top_pi_waiter: of those that wait for a lock of this task the one that comes first; 0: nobody.
TaskId topWaiter(const Kernel& kernel, const Task& task) {
    const Task* top = nullptr;
    for (const TaskId id : task.piWaiters) {
        const Task* waiter = kernel.tasks.find(id);
        if (waiter && (!top || waiter->prio < top->prio)) top = waiter;
    }
    return top ? top->id : TaskId{};
}

// rt_effective_prio
int effectivePrio(const Kernel& kernel, const Task& task) {
    const TaskId top = topWaiter(kernel, task);
    return top == TaskId{} ? task.normalPrio : std::min(task.normalPrio, std::max(0, kernel.tasks.at(top).prio));
}

// What dequeue, change, enqueue does around a change of a task's scheduling fields; and what follows from it.
template <class Change>
void changeQueued(Os& os, Task& task, Change change) {
    updateRqClock(os);
    const bool queued = onRunQueue(task), running = os.kernel.current == task.id;
    const int before = task.prio;
    const SchedClass classBefore = classOf(task);
    if (queued) rulesFor(os.kernel, task).dequeue(os, task, kSave);
    if (running) rulesFor(os.kernel, task).putPrevious(os, task);
    change();
    const SchedClass classAfter = classOf(task);
    // detach_task_cfs_rq, attach_task_cfs_rq of a sleeper: what is not in the fair class has no place in virtual time.
    if (!queued && !running && classBefore != classAfter && task.se.sumExecRuntime != 0) {
        if (classBefore == SchedClass::Fair) task.se.vruntime -= os.kernel.runQueue.cfs.minVruntime;
        if (classAfter == SchedClass::Fair) task.se.vruntime += os.kernel.runQueue.cfs.minVruntime;
    }
    // Who loses priority goes to the head of its new list.
    if (queued) rulesFor(os.kernel, task).enqueue(os, task, kRestore | (task.prio > before ? kHead : 0));
    if (running) rulesFor(os.kernel, task).setNext(os, task);
    sampleWeight(os, task);
    // check_class_changed
    if (!queued) return;
    if (running) {
        if (classAfter > classBefore || task.prio > before) reschedCurr(os);
    } else {
        checkPreemptCurr(os, task, 0);
    }
}

// rt_mutex_adjust_pi: who waits for a lock itself passes its new priority on.
void passOn(Os& os, const Task& task) {
    if (task.futex.queued && task.futex.owner != TaskId{}) adjustPriorities(os, task.futex.owner);
}

}  // namespace

namespace sched {

// normal_prio and rt_effective_prio: prio as the kernel counts it, -1…139.
void setPriority(const Kernel& kernel, Task& task) {
    task.staticPrio = 120 + task.nice;
    switch (task.policy) {
        case SchedPolicy::Deadline:
            task.normalPrio = -1;
            break;
        case SchedPolicy::Fifo:
        case SchedPolicy::Rr:
            task.normalPrio = 99 - task.rtPriority;
            break;
        default:
            task.normalPrio = task.staticPrio;
    }
    task.prio = effectivePrio(kernel, task);
}

}  // namespace sched

std::string priorityText(int prio) {
    if (prio < 0) return "the deadline class";
    return prio < kMaxRtPrio ? fmt::format("real-time priority {}", 99 - prio) : fmt::format("nice {}", prio - 120);
}

void adjustPriorities(Os& os, TaskId id) {
    KernelCall call{os, "rt_mutex_adjust_prio_chain"};
    constexpr int kMaxLockDepth = 1024;
    for (int depth = 0; id != TaskId{} && depth < kMaxLockDepth; ++depth) {
        if (!os.kernel.tasks.find(id)) return;
        Task& task = os.kernel.tasks.edit(id);
        const int before = task.prio, after = effectivePrio(os.kernel, task);
        if (before == after) return;
        KernelCall set{os, "rt_mutex_setprio"};
        if (os.trace.enabled) {
            const bool inherits = after != task.normalPrio;
            const Task* top = inherits ? &os.kernel.tasks.at(topWaiter(os.kernel, task)) : nullptr;
            os.emitFor(task, EventKind::Boost,
                       {static_cast<u64>(task.pid()), static_cast<u64>(before), static_cast<u64>(after),
                        top ? static_cast<u64>(top->pid()) : 0},
                       top ? fmt::format("{} inherits {} from {}, which waits for its lock", sched::nameOf(task),
                                         priorityText(after), sched::nameOf(*top))
                           : fmt::format("{} has its own {} again", sched::nameOf(task), priorityText(after)));
        }
        changeQueued(os, task, [&] { task.prio = after; });
        id = task.futex.queued ? task.futex.owner : TaskId{};
    }
}

void setNice(Os& os, TaskId id, int nice) {
    KernelCall call{os, "set_user_nice"};
    Task& task = os.kernel.tasks.edit(id);
    nice = std::clamp(nice, -20, 19);
    if (task.nice == nice) return;
    if (task.normalPrio < kMaxRtPrio) {  // is kept for when the task is no longer a real-time one
        task.nice = nice;
        task.staticPrio = 120 + nice;
        sampleWeight(os, task);
        return;
    }
    changeQueued(os, task, [&] {
        task.nice = nice;
        setPriority(os.kernel, task);
        task.se.load = loadWeightOf(task.policy, task.nice);
    });
    passOn(os, task);
}

i64 setSchedAttr(Os& os, TaskId id, const SchedAttr& attr) {
    KernelCall call{os, "__sched_setscheduler"};
    Task& task = os.kernel.tasks.edit(id);
    changeQueued(os, task, [&] {
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
        setPriority(os.kernel, task);
        task.se.load = loadWeightOf(task.policy, task.nice);
    });
    passOn(os, task);
    return 0;
}

}  // namespace ringside
