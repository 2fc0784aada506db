// SCHED_FIFO and SCHED_RR (Linux 6.1 kernel/sched/rt.c): 100 lists, the first task of the first list that has one runs.
// Throttled to 950 ms in each second.
#include <algorithm>

#include "core/kernel/proc/timer_queue.h"
#include "core/kernel/sched/class.h"

namespace ringside::sched {
namespace {

RtQueue& queueOf(Os& os) { return os.kernel.runQueue.rt; }
std::vector<TaskId>& listOf(Os& os, const Task& task) { return queueOf(os).lists[static_cast<std::size_t>(task.prio)]; }

void updateCurrentRt(Os& os) {
    Task& current = os.current();
    if (classOf(current) != SchedClass::Rt) return;
    RtQueue& rt = queueOf(os);
    const u64 now = os.kernel.runQueue.clockNs, delta = now - current.se.execStart;
    if (static_cast<i64>(delta) <= 0) return;
    current.se.execStart = now;
    current.se.sumExecRuntime += delta;
    rt.timeNs += delta;
    if (!rt.throttled && rt.timeNs > kRtRuntimeNs) {
        rt.throttled = true;
        reschedCurr(os);
    }
}

void enqueueRt(Os& os, Task& task, unsigned flags) {
    KernelCall call{os, "enqueue_task_rt"};
    RtQueue& rt = queueOf(os);
    auto& list = listOf(os, task);
    list.insert(flags & kHead ? list.begin() : list.end(), task.id);
    task.rt.onRq = true;
    ++rt.running;
    addRunning(os, task);
    if (rt.periodActive) return;
    rt.periodActive = true;
    rt.periodStartNs = os.kernel.runQueue.clockNs;
    addTimer(os, {rt.periodStartNs + kRtPeriodNs, TimerKind::RtPeriod});
}

void dequeueRt(Os& os, Task& task, unsigned) {
    KernelCall call{os, "dequeue_task_rt"};
    updateCurrentRt(os);
    takeOff(listOf(os, task), task.id);
    task.rt.onRq = false;
    --queueOf(os).running;
    subRunning(os, task);
}

void setNextRt(Os& os, Task& task) { task.se.execStart = os.kernel.runQueue.clockNs; }
void putPreviousRt(Os& os, Task&) { updateCurrentRt(os); }

TaskId pickNextRt(Os& os, Task& previous, PickReason& why) {
    RtQueue& rt = queueOf(os);
    if (rt.running == 0) return {};
    if (rt.throttled) {
        why.throttled = true;
        return {};
    }
    for (std::size_t prio = 0; prio < rt.lists.size(); ++prio) {
        if (rt.lists[prio].empty()) continue;
        Task& next = os.kernel.tasks.edit(rt.lists[prio].front());
        why = {.why = PickReason::Why::RealTime, .task = next.id, .value = 99 - prio};
        if (next.id != previous.id) {
            rulesOf(os.kernel, classOf(previous)).putPrevious(os, previous);
            setNextRt(os, next);
        }
        return next.id;
    }
    return {};
}

void requeue(Os& os, Task& task) {
    auto& list = listOf(os, task);
    takeOff(list, task.id);
    list.push_back(task.id);
}

void tickRt(Os& os, Task& current) {
    KernelCall call{os, "task_tick_rt"};
    updateCurrentRt(os);
    if (current.policy != SchedPolicy::Rr) return;
    if (current.rt.timeSlice > 0 && --current.rt.timeSlice > 0) return;
    current.rt.timeSlice = rrTimesliceTicks(os.kernel);
    if (listOf(os, current).size() < 2) return;
    requeue(os, current);
    reschedCurr(os);
}

void checkPreemptRt(Os& os, Task& woken, unsigned) {
    if (woken.prio < os.current().prio) reschedCurr(os);
}
void yieldRt(Os& os, Task& current) {
    if (current.rt.onRq) requeue(os, current);
}
void forkRt(Os&, Task&) {}

}  // namespace

u32 rrTimesliceTicks(const Kernel& kernel) { return std::max<u32>(1, 100 * kernel.options.hz / 1000); }

void rtPeriod(Os& os) {
    RtQueue& rt = queueOf(os);
    updateRqClock(os);
    updateCurrentRt(os);
    rt.timeNs -= std::min(rt.timeNs, kRtRuntimeNs);
    if (rt.throttled && rt.timeNs < kRtRuntimeNs) {
        rt.throttled = false;
        if (rt.running > 0 && classOf(os.current()) > SchedClass::Rt) reschedCurr(os);
    }
    rt.periodActive = rt.running > 0 || rt.timeNs > 0;
    if (!rt.periodActive) return;
    rt.periodStartNs += kRtPeriodNs;
    addTimer(os, {rt.periodStartNs + kRtPeriodNs, TimerKind::RtPeriod});
}

const Rules kRtRules{enqueueRt, dequeueRt,      pickNextRt, putPreviousRt, setNextRt,
                     tickRt,    checkPreemptRt, yieldRt,    forkRt,        updateCurrentRt};

}  // namespace ringside::sched
