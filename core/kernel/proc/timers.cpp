#include "core/kernel/proc/timers.h"

#include <algorithm>

#include "core/kernel/entry/border.h"
#include "core/kernel/proc/pid.h"
#include "core/kernel/proc/signal.h"
#include "core/kernel/sched/class.h"

namespace ringside {
namespace {

// hrtimer_forward: the next expiry after now, and how many were missed.
u64 forward(u64 expires, u64 interval, u64 now, u32& missed) {
    const u64 periods = (now - expires) / interval;
    missed += static_cast<u32>(periods);
    return expires + (periods + 1) * interval;
}

void fireRealTimer(Os& os, SignalId id) {
    if (!os.kernel.signals.contains(id)) return;
    KernelCall call{os, "it_real_fn"};
    SignalStruct& signal = os.kernel.signals.edit(id);
    const u64 expired = std::exchange(signal.realTimerExpiresNs, 0);
    if (signal.realTimerIntervalNs) {
        u32 missed = 0;
        signal.realTimerExpiresNs = forward(expired, signal.realTimerIntervalNs, os.nowNs(), missed);
        addTimer(os, {signal.realTimerExpiresNs, TimerKind::RealTimer, id.value});
    }
    if (!signal.threads.empty()) sendSignal(os, signal.threads.front(), kernelInfo(kSigAlrm), true);
}

void firePosixTimer(Os& os, SignalId id, i32 number) {
    if (!os.kernel.signals.contains(id)) return;
    SignalStruct& signal = os.kernel.signals.edit(id);
    const auto it = signal.timers.find(number);
    if (it == signal.timers.end() || it->second.expiresNs == 0) return;
    KernelCall call{os, "posix_timer_fn"};
    PosixTimer& timer = it->second;
    const u64 expired = std::exchange(timer.expiresNs, 0);
    u32 missed = 0;
    if (timer.intervalNs) {
        timer.expiresNs = forward(expired, timer.intervalNs, os.nowNs(), missed);
        addTimer(os, {timer.expiresNs, TimerKind::PosixTimer, id.value, static_cast<u32>(number)});
    }
    constexpr i32 kNotifyNone = 1, kNotifyThread = 4;
    if (timer.notify == kNotifyNone || signal.threads.empty()) return;
    const bool toThread = timer.notify & kNotifyThread;
    TaskId target = signal.threads.front();
    if (toThread)
        for (TaskId thread : signal.threads)
            if (os.kernel.tasks.at(thread).pid() == timer.threadId) target = thread;
    SigPending& pending = toThread ? os.kernel.tasks.edit(target).pending : signal.shared;
    for (SigInfo& waiting : pending.queue)
        if (waiting.code == si::Timer && waiting.pid == number) {
            waiting.uid += static_cast<i32>(1 + missed);  // si_overrun
            timer.overrun += 1 + missed;
            return;
        }
    timer.overrun = missed;
    sendSignal(os, target,
               {.signal = timer.signal,
                .code = si::Timer,
                .pid = number,
                .uid = static_cast<i32>(missed),
                .value = timer.value},
               !toThread);
}

// run_posix_cpu_timers, as far as setitimer and RLIMIT_CPU use them.
void runCpuTimers(Os& os, SignalStruct& signal, bool userMode, u64 tickNs) {
    constexpr i32 kSignals[] = {kSigVtalrm, kSigProf};
    for (std::size_t which = 0; which < signal.cpuTimers.size(); ++which) {
        auto& [left, interval] = signal.cpuTimers[which];
        if (left == 0 || (which == 0 && !userMode)) continue;
        left -= std::min(left, tickNs);
        if (left > 0) continue;
        left = interval;
        sendSignal(os, os.kernel.current, kernelInfo(kSignals[which]), true);
    }
    constexpr u64 kInfinity = ~u64{0}, kSecond = 1'000'000'000;
    const auto [soft, hard] = signal.rlimits[0];
    if (soft == kInfinity && hard == kInfinity) return;
    u64 used = signal.utime + signal.stime;
    for (TaskId id : signal.threads) {
        const Task& thread = os.kernel.tasks.at(id);
        used += thread.utime + thread.stime;
    }
    if (hard != kInfinity && used >= hard * kSecond) {
        sendSignal(os, os.kernel.current, kernelInfo(kSigKill), true);
    } else if (soft != kInfinity && used >= soft * kSecond) {
        sendSignal(os, os.kernel.current, kernelInfo(kSigXcpu), true);
        signal.rlimits[0][0] = soft + 1;
    }
}

}  // namespace

void addTimer(Os& os, KernelTimer timer) {
    const auto [it, isNew] = os.kernel.timers.insert(timer);
    if (isNew && it == os.kernel.timers.begin()) armTimer(os);
}

void removeTimer(Os& os, KernelTimer timer) { os.kernel.timers.erase(timer); }

void runTimers(Os& os) {
    KernelCall call{os, "__hrtimer_run_queues"};
    const u64 now = os.nowNs();
    auto& timers = os.kernel.timers;
    while (!timers.empty() && timers.begin()->expiresNs <= now) {
        const KernelTimer timer = *timers.begin();
        timers.erase(timers.begin());
        switch (timer.kind) {
            case TimerKind::Sleep: {
                const TaskId id{timer.id};
                if (!os.kernel.tasks.contains(id)) break;
                KernelCall wake{os, "hrtimer_wakeup"};
                Task& task = os.kernel.tasks.edit(id);
                task.timedOut = true;
                tryToWakeUp(os, id, state::Interruptible | state::Uninterruptible);
                break;
            }
            case TimerKind::RealTimer:
                fireRealTimer(os, SignalId{timer.id});
                break;
            case TimerKind::PosixTimer:
                firePosixTimer(os, SignalId{timer.id}, static_cast<i32>(timer.sub));
                break;
            case TimerKind::RtPeriod:
                sched::rtPeriod(os);
                break;
            case TimerKind::DeadlineReplenish:
                sched::deadlineReplenish(os, TaskId{timer.id});
                break;
        }
    }
}

std::optional<u64> nextTimerNs(const Os& os) {
    if (os.kernel.timers.empty()) return {};
    return os.kernel.timers.begin()->expiresNs;
}

void accountTick(Os& os, bool userMode) {
    KernelCall call{os, "account_process_tick"};
    Task& task = os.current();
    accountCpu(os, task, userMode);
    if (isIdleTask(task) || task.mm == MmId{}) return;
    runCpuTimers(os, os.kernel.signals.edit(task.signal), userMode, 1'000'000'000 / os.kernel.options.hz);
}

void exitItimers(Os& os, SignalStruct& signal) {
    KernelCall call{os, "exit_itimers"};
    if (signal.realTimerExpiresNs) removeTimer(os, {signal.realTimerExpiresNs, TimerKind::RealTimer, signal.id.value});
    signal.realTimerExpiresNs = signal.realTimerIntervalNs = 0;
    signal.cpuTimers = {};
    execItimers(os, signal);
}

void execItimers(Os& os, SignalStruct& signal) {
    for (const auto& [number, timer] : signal.timers)
        if (timer.expiresNs)
            removeTimer(os, {timer.expiresNs, TimerKind::PosixTimer, signal.id.value, static_cast<u32>(number)});
    signal.timers.clear();
}

}  // namespace ringside
