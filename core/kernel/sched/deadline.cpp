// SCHED_DEADLINE (Linux 6.1 kernel/sched/deadline.c): earliest deadline first, each task held to its budget by a
// constant bandwidth server. Without priority inheritance and bandwidth reclaiming.
#include <algorithm>

#include "core/kernel/proc/timer_queue.h"
#include "core/kernel/sched/class.h"

namespace ringside::sched {
namespace {

u64 now(Os& os) { return os.kernel.runQueue.clockNs; }

void insertByDeadline(Os& os, Task& task) {
    auto& queue = os.kernel.runQueue.deadline;
    const auto later = [&](TaskId id) {
        return static_cast<i64>(os.kernel.tasks.at(id).dl.absoluteDeadline - task.dl.absoluteDeadline) > 0;
    };
    queue.insert(std::find_if(queue.begin(), queue.end(), later), task.id);
    task.dl.onRq = true;
    addRunning(os, task);
}

void remove(Os& os, Task& task) {
    if (!task.dl.onRq) return;
    takeOff(os.kernel.runQueue.deadline, task.id);
    task.dl.onRq = false;
    subRunning(os, task);
}

void newPeriod(Os& os, Task& task) {
    task.dl.absoluteDeadline = now(os) + task.dl.deadline;
    task.dl.leftRuntime = static_cast<i64>(task.dl.runtime);
}

// dl_entity_overflow: what is left would need more than the task's bandwidth until its deadline.
bool overflows(Os& os, const Task& task) {
    const u64 left = (task.dl.deadline >> 10) * (static_cast<u64>(task.dl.leftRuntime) >> 10);
    const u64 right = ((task.dl.absoluteDeadline - now(os)) >> 10) * (task.dl.runtime >> 10);
    return static_cast<i64>(right - left) < 0;
}

void replenish(Os& os, Task& task) {
    if (task.dl.yielded && task.dl.leftRuntime > 0) task.dl.leftRuntime = 0;
    while (task.dl.leftRuntime <= 0) {
        task.dl.absoluteDeadline += task.dl.period;
        task.dl.leftRuntime += static_cast<i64>(task.dl.runtime);
    }
    if (static_cast<i64>(task.dl.absoluteDeadline - now(os)) < 0) newPeriod(os, task);
    task.dl.yielded = false;
    task.dl.throttled = false;
}

void updateCurrentDl(Os& os) {
    Task& current = os.current();
    if (classOf(current) != SchedClass::Deadline || !current.dl.onRq) return;
    const u64 delta = now(os) - current.se.execStart;
    if (static_cast<i64>(delta) <= 0 && !current.dl.yielded) return;
    current.se.execStart = now(os);
    current.se.sumExecRuntime += delta;
    current.dl.leftRuntime -= static_cast<i64>(delta);
    if (current.dl.leftRuntime > 0 && !current.dl.yielded) return;
    remove(os, current);
    current.dl.throttled = true;
    const u64 next = current.dl.absoluteDeadline - current.dl.deadline + current.dl.period;
    if (static_cast<i64>(next - now(os)) <= 0) {
        replenish(os, current);
        insertByDeadline(os, current);
    } else {
        addTimer(os, {next, TimerKind::DeadlineReplenish, current.id.value});
    }
    const auto& queue = os.kernel.runQueue.deadline;
    if (queue.empty() || queue.front() != current.id) reschedCurr(os);
}

void enqueueDl(Os& os, Task& task, unsigned flags) {
    KernelCall call{os, "enqueue_task_dl"};
    if (task.dl.throttled) return;  // its timer will
    const bool fresh = task.dl.absoluteDeadline == 0 || static_cast<i64>(task.dl.absoluteDeadline - now(os)) < 0;
    if (fresh || ((flags & kWakeup) && overflows(os, task))) newPeriod(os, task);
    insertByDeadline(os, task);
}

void dequeueDl(Os& os, Task& task, unsigned) {
    KernelCall call{os, "dequeue_task_dl"};
    updateCurrentDl(os);
    remove(os, task);
}

void setNextDl(Os& os, Task& task) { task.se.execStart = now(os); }
void putPreviousDl(Os& os, Task&) { updateCurrentDl(os); }

TaskId pickNextDl(Os& os, Task& previous, PickReason& why) {
    auto& queue = os.kernel.runQueue.deadline;
    if (queue.empty()) return {};
    Task& next = os.kernel.tasks.edit(queue.front());
    why = {.why = PickReason::Why::EarliestDeadline, .task = next.id, .value = next.dl.absoluteDeadline};
    if (next.id != previous.id) {
        rulesOf(os.kernel, classOf(previous)).putPrevious(os, previous);
        setNextDl(os, next);
    }
    return next.id;
}

void tickDl(Os& os, Task&) {
    KernelCall call{os, "task_tick_dl"};
    updateCurrentDl(os);
}
void checkPreemptDl(Os& os, Task& woken, unsigned) {
    if (static_cast<i64>(woken.dl.absoluteDeadline - os.current().dl.absoluteDeadline) < 0) reschedCurr(os);
}
void yieldDl(Os& os, Task& current) {
    current.dl.yielded = true;
    updateCurrentDl(os);
}
void forkDl(Os&, Task&) {}

}  // namespace

void deadlineReplenish(Os& os, TaskId id) {
    if (!os.kernel.tasks.contains(id)) return;
    Task& task = os.kernel.tasks.edit(id);
    if (classOf(task) != SchedClass::Deadline || !task.dl.throttled) return;
    updateRqClock(os);
    replenish(os, task);
    if (task.state != state::Running || task.dl.onRq) return;
    insertByDeadline(os, task);
    Task& current = os.current();
    if (current.id == id) return;
    if (classOf(current) != SchedClass::Deadline)
        reschedCurr(os);
    else
        checkPreemptDl(os, task, 0);
}

const Rules kDeadlineRules{enqueueDl, dequeueDl,      pickNextDl, putPreviousDl, setNextDl,
                           tickDl,    checkPreemptDl, yieldDl,    forkDl,        updateCurrentDl};

}  // namespace ringside::sched
