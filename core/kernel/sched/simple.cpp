// The policies before fairness, for comparison: cooperative (a task runs until it sleeps or yields), round robin with a
// fixed time slice, and round robin whose slice is a target latency divided by the number of tasks, with a minimum. One
// list in order of arrival; no weights, no preemption by wake-ups.
#include <algorithm>

#include "core/kernel/sched/class.h"

namespace ringside::sched {
namespace {

// Round robin: two ticks. With latency: six ticks shared by all, one at least.
constexpr u32 kSliceTicks = 2, kLatencyTicks = 6, kMinimumTicks = 1;

u32 sliceOf(const Kernel& kernel) {
    switch (kernel.runQueue.kind) {
        case SchedKind::Rr:
            return kSliceTicks;
        case SchedKind::RrLatency:
            return std::max(kMinimumTicks, kLatencyTicks / std::max<u32>(1, kernel.runQueue.cfs.running));
        default:
            return 0;
    }
}

void updateCurrent(Os& os) {
    CfsQueue& cfs = os.kernel.runQueue.cfs;
    if (cfs.current == TaskId{}) return;
    Task& current = os.kernel.tasks.edit(cfs.current);
    const u64 now = os.kernel.runQueue.clockNs;
    if (static_cast<i64>(now - current.se.execStart) <= 0) return;
    current.se.sumExecRuntime += now - current.se.execStart;
    current.se.execStart = now;
}

void enqueue(Os& os, Task& task, unsigned) {
    RunQueue& rq = os.kernel.runQueue;
    if (rq.cfs.current != task.id) rq.fifo.push_back(task.id);
    ++rq.cfs.running;
    rq.cfs.loadWeight += task.se.load.weight;
    task.se.onRq = true;
    addRunning(os, task);
}

void dequeue(Os& os, Task& task, unsigned) {
    RunQueue& rq = os.kernel.runQueue;
    updateCurrent(os);
    if (rq.cfs.current != task.id) takeOff(rq.fifo, task.id);
    --rq.cfs.running;
    rq.cfs.loadWeight -= task.se.load.weight;
    task.se.onRq = false;
    subRunning(os, task);
}

void setNext(Os& os, Task& task) {
    RunQueue& rq = os.kernel.runQueue;
    takeOff(rq.fifo, task.id);
    task.se.execStart = rq.clockNs;
    task.se.prevSumExecRuntime = task.se.sumExecRuntime;
    task.rt.timeSlice = sliceOf(os.kernel);
    rq.cfs.current = task.id;
}

void putPrevious(Os& os, Task& task) {
    RunQueue& rq = os.kernel.runQueue;
    updateCurrent(os);
    rq.cfs.current = TaskId{};
    if (task.se.onRq) rq.fifo.push_back(task.id);
}

TaskId pickNext(Os& os, Task& previous, PickReason& why) {
    RunQueue& rq = os.kernel.runQueue;
    if (rq.cfs.running == 0) return {};
    const bool mayStay = rq.cfs.current == previous.id && previous.se.onRq;
    const bool mustLeave = rq.yielding || (rq.kind != SchedKind::Coop && previous.rt.timeSlice == 0);
    if (mayStay && (rq.fifo.empty() || !mustLeave)) {
        if (previous.rt.timeSlice == 0) previous.rt.timeSlice = sliceOf(os.kernel);
        why.why = rq.fifo.empty() ? PickReason::Why::OnlyOne : PickReason::Why::TurnNotOver;
        why.task = previous.id;
        return previous.id;
    }
    const TaskId next = rq.fifo.front();
    Task& task = os.kernel.tasks.edit(next);
    rulesOf(os.kernel, classOf(previous)).putPrevious(os, previous);
    setNext(os, task);
    why.why = PickReason::Why::WaitedLongest;
    why.task = next;
    return next;
}

void tick(Os& os, Task& current) {
    updateCurrent(os);
    if (os.kernel.runQueue.kind == SchedKind::Coop) return;
    if (current.rt.timeSlice > 0) --current.rt.timeSlice;
    if (current.rt.timeSlice > 0) return;
    if (os.kernel.runQueue.fifo.empty())
        current.rt.timeSlice = sliceOf(os.kernel);
    else
        reschedCurr(os);
}

void checkPreempt(Os&, Task&, unsigned) {}
void yield(Os&, Task&) {}
void fork(Os&, Task&) {}

// The idle class: one task, never queued.
void idleEnqueue(Os&, Task&, unsigned) {}
TaskId idlePick(Os& os, Task& previous, PickReason& why) {
    why.why = PickReason::Why::Idle;
    const TaskId idle{1};
    if (previous.id != idle) rulesOf(os.kernel, classOf(previous)).putPrevious(os, previous);
    return idle;
}
void idleTask(Os&, Task&) {}
void idlePreempt(Os& os, Task&, unsigned) { reschedCurr(os); }
void idleUpdate(Os&) {}

}  // namespace

const Rules kCoopRules{enqueue, dequeue,      pickNext, putPrevious, setNext,
                       tick,    checkPreempt, yield,    fork,        updateCurrent};
const Rules kRrRules = kCoopRules;
const Rules kRrLatencyRules = kCoopRules;
const Rules kIdleRules{idleEnqueue, idleEnqueue, idlePick, idleTask, idleTask,
                       idleTask,    idlePreempt, idleTask, idleTask, idleUpdate};

}  // namespace ringside::sched
