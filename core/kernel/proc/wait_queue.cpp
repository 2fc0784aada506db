#include "core/kernel/proc/wait_queue.h"

#include <algorithm>

#include "core/kernel/os.h"
#include "core/kernel/sched/sched.h"

namespace ringside {

void sleepOn(Os& os, WaitQueueId queue, u32 taskState, u64 wakeAtNs) {
    KernelCall call{os, "prepare_to_wait"};
    Task& task = os.current();
    finishWait(os, task);
    os.kernel.waitQueues[queue].push_back(task.id);
    task.waiting = queue;
    sleepUntil(os, taskState, wakeAtNs);
}

void sleepUntil(Os& os, u32 taskState, u64 wakeAtNs) {
    Task& task = os.current();
    task.state = taskState;
    task.timedOut = false;
    if (wakeAtNs == 0) return;
    task.wakeAtNs = wakeAtNs;
    addTimer(os, {wakeAtNs, TimerKind::Sleep, task.id.value});
}

void finishWait(Os& os, Task& task) {
    if (task.waiting) {
        auto it = os.kernel.waitQueues.find(*task.waiting);
        if (it != os.kernel.waitQueues.end()) {
            std::erase(it->second, task.id);
            if (it->second.empty()) os.kernel.waitQueues.erase(it);
        }
        task.waiting.reset();
    }
    if (task.wakeAtNs) {
        removeTimer(os, {*task.wakeAtNs, TimerKind::Sleep, task.id.value});
        task.wakeAtNs.reset();
    }
}

int wakeUp(Os& os, WaitQueueId queue, int count) {
    const auto it = os.kernel.waitQueues.find(queue);
    if (it == os.kernel.waitQueues.end()) return 0;
    KernelCall call{os, "__wake_up"};
    const std::vector<TaskId> waiting = it->second;  // waking takes them off
    int woken = 0;
    for (TaskId id : waiting) {
        if (woken == count) break;
        if (tryToWakeUp(os, id, state::Interruptible | state::Uninterruptible)) ++woken;
    }
    return woken;
}

bool signalPending(const Os& os) { return os.kernel.currentTask().signalPending; }

// Where Linux 6.1 calls schedule() for each kind of wait.
std::string_view waitChannel(const Task& task) {
    if (task.state == state::Running || task.exitState != 0) return "0";
    if (task.state == state::Stopped) return "do_signal_stop";
    if (!task.waiting) return task.wakeAtNs ? "hrtimer_nanosleep" : "schedule";
    switch (kindOf(*task.waiting)) {
        case WaitKind::Child:
            return "do_wait";
        case WaitKind::PipeRead:
            return "pipe_read";
        case WaitKind::PipeWrite:
            return "pipe_write";
        case WaitKind::Futex:
            return "futex_wait_queue";
        case WaitKind::Console:
            return "wait_woken";
        case WaitKind::Timer:
            return "hrtimer_nanosleep";
        case WaitKind::Signal:
            return "sigsuspend";
        case WaitKind::Vfork:
            return "kernel_clone";
        case WaitKind::Poll:
            return "do_sys_poll";
        case WaitKind::Stop:
            return "do_signal_stop";
        case WaitKind::Kernel:
            return "kthreadd";
        default:
            return "schedule";
    }
}

std::string describeWait(const Task& task) {
    if (!task.waiting) return task.wakeAtNs ? "sleeps for a time" : "sleeps";
    switch (kindOf(*task.waiting)) {
        case WaitKind::Child:
            return "waits for a child";
        case WaitKind::PipeRead:
            return "waits for data in a pipe";
        case WaitKind::PipeWrite:
            return "waits for room in a pipe";
        case WaitKind::Futex:
            return "waits on a futex";
        case WaitKind::Console:
            return "waits for the terminal";
        case WaitKind::Timer:
            return "waits for a timer";
        case WaitKind::Signal:
            return "waits for a signal";
        case WaitKind::Vfork:
            return "waits for its vfork child";
        case WaitKind::Poll:
            return "waits for one of several files";
        case WaitKind::Stop:
            return "is stopped";
        case WaitKind::File:
            return "waits for a file";
        case WaitKind::Kernel:
            return "waits for work";
        case WaitKind::Semaphore:
            return "waits for a semaphore";
        case WaitKind::Message:
            return "waits for a message";
    }
    return "sleeps";
}

}  // namespace ringside
