// Clocks, sleeping, interval timers, process times.
#include "core/kernel/errno.h"
#include "core/kernel/limits.h"
#include "core/kernel/proc/pid.h"
#include "core/kernel/proc/signal.h"
#include "core/kernel/proc/timers.h"
#include "core/kernel/proc/wait_queue.h"
#include "core/kernel/syscalls/table.h"
#include "core/kernel/syscalls/time_types.h"
#include "core/kernel/time/timekeeping.h"

namespace ringside {

u64 threadTimeNs(const Os&, const Task& task) { return task.utime + task.stime; }
u64 processTimeNs(const Os& os, const Task& task) {
    const SignalStruct& signal = os.kernel.signals.at(task.signal);
    u64 sum = signal.utime + signal.stime;
    for (TaskId id : signal.threads) sum += threadTimeNs(os, os.kernel.tasks.at(id));
    return sum;
}

UserRusage rusageOf(const Os& os, const Task& task, i32 who) {
    const SignalStruct& signal = os.kernel.signals.at(task.signal);
    u64 utime = 0, stime = 0;
    UserRusage r;
    const auto addThread = [&](const Task& t) {
        utime += t.utime;
        stime += t.stime;
        r.minorFaults += static_cast<i64>(t.minorFaults);
        r.majorFaults += static_cast<i64>(t.majorFaults);
        r.voluntary += static_cast<i64>(t.voluntarySwitches);
        r.involuntary += static_cast<i64>(t.involuntarySwitches);
    };
    if (who == kRusageThread) {
        addThread(task);
    } else if (who != kRusageChildren) {
        for (TaskId id : signal.threads) addThread(os.kernel.tasks.at(id));
        utime += signal.utime;
        stime += signal.stime;
        r.minorFaults += static_cast<i64>(signal.minorFaults);
        r.majorFaults += static_cast<i64>(signal.majorFaults);
        r.voluntary += static_cast<i64>(signal.voluntarySwitches);
        r.involuntary += static_cast<i64>(signal.involuntarySwitches);
    }
    if (who == kRusageChildren || who == kRusageBoth) {
        utime += signal.childUtime;
        stime += signal.childStime;
        r.minorFaults += static_cast<i64>(signal.childMinorFaults);
        r.majorFaults += static_cast<i64>(signal.childMajorFaults);
    }
    r.utime = toTimeval(utime);
    r.stime = toTimeval(stime);
    if (const Mm* mm = os.kernel.mms.find(task.mm); mm && who != kRusageChildren)
        r.maxRss = static_cast<i64>(std::max(mm->hiwaterRss, mm->rss()) * (kPageSize / 1024));
    return r;
}

namespace {

enum Clock : i32 {
    kRealtime = 0,
    kMonotonic = 1,
    kProcessCpu = 2,
    kThreadCpu = 3,
    kMonotonicRaw = 4,
    kRealtimeCoarse = 5,
    kMonotonicCoarse = 6,
    kBoottime = 7,
    kRealtimeAlarm = 8,
    kBoottimeAlarm = 9,
    kTai = 11
};
constexpr u64 kAbsolute = 1;  // TIMER_ABSTIME

bool isRealtime(i32 clock) { return clock == kRealtime || clock == kRealtimeAlarm || clock == kTai; }
bool isMonotonic(i32 clock) {
    return clock == kMonotonic || clock == kMonotonicRaw || clock == kBoottime || clock == kBoottimeAlarm;
}

std::optional<u64> readClock(const Os& os, i32 clock) {
    const Task& task = os.kernel.currentTask();
    const u64 running = os.nowNs() - task.lastRanNs;
    switch (clock) {
        case kRealtime:
        case kRealtimeAlarm:
        case kTai:
            return realtimeNs(os);
        case kMonotonic:
        case kMonotonicRaw:
        case kBoottime:
        case kBoottimeAlarm:
            return os.nowNs();
        case kRealtimeCoarse:
            return os.kernel.bootEpochSeconds * kNsPerSecond + coarseNs(os);
        case kMonotonicCoarse:
            return coarseNs(os);
        case kProcessCpu:
            return processTimeNs(os, task) + running;
        case kThreadCpu:
            return threadTimeNs(os, task) + running;
        default:
            break;
    }
    if (clock >= 0 || (clock & 3) == 3) return {};
    // Clocks of other processes: ~pid << 3 | kind, clock_getcpuclockid(3)
    const i32 pid = ~(clock >> 3);
    const bool perThread = clock & 4;
    const TaskId id = pid == 0 ? task.id : findTask(os, pid);
    if (id == TaskId{}) return {};
    const Task& other = os.kernel.tasks.at(id);
    return perThread ? threadTimeNs(os, other) : processTimeNs(os, other);
}

i64 sysClockGettime(Os& os, const SyscallArgs& args) {
    const auto ns = readClock(os, static_cast<i32>(args.a[0]));
    if (!ns) return -error::kInval;
    return putUser(os, args.a[1], toTimespec(*ns)) ? 0 : -error::kFault;
}
i64 sysClockGetres(Os& os, const SyscallArgs& args) {
    const i32 clock = static_cast<i32>(args.a[0]);
    if (!readClock(os, clock)) return -error::kInval;
    const bool coarse = clock == kRealtimeCoarse || clock == kMonotonicCoarse;
    const UserTimespec resolution{0, coarse ? static_cast<i64>(kNsPerSecond / os.kernel.options.hz) : 1};
    if (args.a[1] == 0) return 0;
    return putUser(os, args.a[1], resolution) ? 0 : -error::kFault;
}
i64 sysClockSettime(Os& os, const SyscallArgs& args) {
    UserTimespec time;
    if (static_cast<i32>(args.a[0]) != kRealtime) return -error::kInval;
    if (!getUser(os, time, args.a[1])) return -error::kFault;
    if (!isValid(time)) return -error::kInval;
    if (os.kernel.currentTask().cred.euid != 0) return -error::kPerm;
    const u64 upSeconds = os.nowNs() / kNsPerSecond;
    if (static_cast<u64>(time.seconds) < upSeconds) return -error::kInval;
    os.kernel.bootEpochSeconds = static_cast<u64>(time.seconds) - upSeconds;
    updateVsyscall(os);
    return 0;
}
i64 sysGettimeofday(Os& os, const SyscallArgs& args) {
    struct {
        i32 minutesWest = 0, dst = 0;
    } zone;
    if (args.a[0] && !putUser(os, args.a[0], toTimeval(realtimeNs(os)))) return -error::kFault;
    if (args.a[1] && !putUser(os, args.a[1], zone)) return -error::kFault;
    return 0;
}
i64 sysTime(Os& os, const SyscallArgs& args) {
    // ktime_get_real_seconds: as of the last tick
    const i64 seconds = static_cast<i64>(os.kernel.bootEpochSeconds + coarseNs(os) / kNsPerSecond);
    if (args.a[0] && !putUser(os, args.a[0], seconds)) return -error::kFault;
    return seconds;
}

// hrtimer_nanosleep: sleeps until restartDeadline; `remaining` (0: nowhere) gets what a signal left over.
i64 sleepUntilDeadline(Os& os, bool absolute, u64 remaining) {
    KernelCall call{os, "do_nanosleep"};
    Task& task = os.current();
    const u64 now = os.nowNs();
    if (now >= task.restartDeadline) return 0;
    if (signalPending(os)) {
        if (absolute) return kERestartNoHand;
        if (remaining && !putUser(os, remaining, toTimespec(task.restartDeadline - now))) return -error::kFault;
        return kERestartBlock;
    }
    sleepUntil(os, state::Interruptible, task.restartDeadline);
    return kAgain;
}

i64 sysNanosleep(Os& os, const SyscallArgs& args) {
    Task& task = os.current();
    if (task.restartState == 0) {
        UserTimespec time;
        if (!getUser(os, time, args.a[0])) return -error::kFault;
        if (!isValid(time)) return -error::kInval;
        task.restartState = 1;
        task.restartDeadline = os.nowNs() + toNs(time);
    }
    return sleepUntilDeadline(os, false, args.a[1]);
}

i64 sysClockNanosleep(Os& os, const SyscallArgs& args) {
    Task& task = os.current();
    const i32 clock = static_cast<i32>(args.a[0]);
    const bool absolute = args.a[1] & kAbsolute;
    if (task.restartState == 0) {
        if (clock == kThreadCpu || !(isRealtime(clock) || isMonotonic(clock))) return -error::kInval;
        UserTimespec time;
        if (!getUser(os, time, args.a[2])) return -error::kFault;
        if (!isValid(time)) return -error::kInval;
        const u64 base = os.kernel.bootEpochSeconds * kNsPerSecond;
        const u64 ns = toNs(time);
        task.restartState = 1;
        if (!absolute)
            task.restartDeadline = os.nowNs() + ns;
        else
            task.restartDeadline = isRealtime(clock) ? ns - std::min(ns, base) : ns;
    }
    return sleepUntilDeadline(os, absolute, absolute ? 0 : args.a[3]);
}

// ---- setitimer ----

struct UserItimerval {
    UserTimeval interval, value;
};
u64 toNs(const UserTimeval& t) {
    return static_cast<u64>(t.seconds) * kNsPerSecond + static_cast<u64>(t.microseconds) * 1000;
}
bool isValid(const UserTimeval& t) { return t.seconds >= 0 && t.microseconds >= 0 && t.microseconds < 1'000'000; }

UserItimerval itimerOf(const Os& os, const SignalStruct& signal, u64 which) {
    if (which == 0) {
        const u64 now = os.nowNs();
        u64 left = signal.realTimerExpiresNs > now ? signal.realTimerExpiresNs - now : 0;
        if (signal.realTimerExpiresNs && left == 0) left = 1000;
        return {toTimeval(signal.realTimerIntervalNs), toTimeval(left)};
    }
    const auto& timer = signal.cpuTimers[which - 1];
    return {toTimeval(timer[1]), toTimeval(timer[0])};
}

void setRealTimer(Os& os, SignalStruct& signal, u64 value, u64 interval) {
    if (signal.realTimerExpiresNs) removeTimer(os, {signal.realTimerExpiresNs, TimerKind::RealTimer, signal.id.value});
    signal.realTimerExpiresNs = value ? os.nowNs() + value : 0;
    signal.realTimerIntervalNs = value ? interval : 0;
    if (value) addTimer(os, {signal.realTimerExpiresNs, TimerKind::RealTimer, signal.id.value});
}

i64 sysGetitimer(Os& os, const SyscallArgs& args) {
    if (args.a[0] > 2) return -error::kInval;
    const SignalStruct& signal = os.kernel.signals.at(os.kernel.currentTask().signal);
    return putUser(os, args.a[1], itimerOf(os, signal, args.a[0])) ? 0 : -error::kFault;
}
i64 sysSetitimer(Os& os, const SyscallArgs& args) {
    if (args.a[0] > 2) return -error::kInval;
    UserItimerval value;
    if (args.a[1] && !getUser(os, value, args.a[1])) return -error::kFault;
    if (!isValid(value.value) || !isValid(value.interval)) return -error::kInval;
    SignalStruct& signal = os.kernel.signals.edit(os.kernel.currentTask().signal);
    const UserItimerval old = itimerOf(os, signal, args.a[0]);
    if (args.a[0] == 0)
        setRealTimer(os, signal, toNs(value.value), toNs(value.interval));
    else
        signal.cpuTimers[args.a[0] - 1] = {toNs(value.value), toNs(value.interval)};
    if (args.a[2] && !putUser(os, args.a[2], old)) return -error::kFault;
    return 0;
}
i64 sysAlarm(Os& os, const SyscallArgs& args) {
    SignalStruct& signal = os.kernel.signals.edit(os.kernel.currentTask().signal);
    const UserTimeval old = itimerOf(os, signal, 0).value;
    setRealTimer(os, signal, (args.a[0] & 0xffffffff) * kNsPerSecond, 0);
    // Rounded to the nearest second, but never to none.
    return old.seconds + ((old.seconds == 0 && old.microseconds) || old.microseconds >= 500000 ? 1 : 0);
}

// ---- timer_create ----

struct UserSigevent {
    u64 value = 0;
    i32 signal = 0, notify = 0, threadId = 0;
    std::array<i32, 11> pad{};
};
static_assert(sizeof(UserSigevent) == 64);
struct UserItimerspec {
    UserTimespec interval, value;
};

SignalStruct& currentSignal(Os& os) { return os.kernel.signals.edit(os.kernel.currentTask().signal); }
PosixTimer* timerOf(Os& os, u64 id) {
    auto& timers = currentSignal(os).timers;
    const auto it = timers.find(static_cast<i32>(id));
    return it == timers.end() ? nullptr : &it->second;
}

i64 sysTimerCreate(Os& os, const SyscallArgs& args) {
    const i32 clock = static_cast<i32>(args.a[0]);
    if (!isRealtime(clock) && !isMonotonic(clock))
        return clock == kProcessCpu || clock == kThreadCpu ? -error::kOpNotSupp : -error::kInval;
    SignalStruct& signal = currentSignal(os);
    PosixTimer timer{.clock = clock, .signal = kSigAlrm};
    timer.value = static_cast<u64>(signal.nextTimer);
    if (args.a[1]) {
        UserSigevent event;
        if (!getUser(os, event, args.a[1])) return -error::kFault;
        constexpr i32 kSignal = 0, kNone = 1, kThreadId = 4;
        if (event.notify != kSignal && event.notify != kNone && event.notify != kThreadId) return -error::kInval;
        if (event.notify != kNone && (event.signal <= 0 || event.signal > kLastSignal)) return -error::kInval;
        if (event.notify == kThreadId) {
            const TaskId thread = findTask(os, event.threadId);
            if (thread == TaskId{} || os.kernel.tasks.at(thread).signal != signal.id) return -error::kInval;
            timer.threadId = os.kernel.tasks.at(thread).pid();
        }
        timer.signal = event.signal;
        timer.notify = event.notify;
        timer.value = event.value;
    }
    constexpr std::size_t kRlimitSigpending = 11;
    if (signal.timers.size() >= std::min<u64>(signal.rlimits[kRlimitSigpending][0], limit::Timers))
        return -error::kAgainNow;
    const i32 id = signal.nextTimer++;
    signal.timers[id] = timer;
    return putUser(os, args.a[2], id) ? 0 : -error::kFault;
}

UserItimerspec timerState(const Os& os, const PosixTimer& timer) {
    const u64 now = os.nowNs();
    u64 left = timer.expiresNs > now ? timer.expiresNs - now : 0;
    if (timer.expiresNs && left == 0) left = 1;
    return {toTimespec(timer.intervalNs), toTimespec(left)};
}

i64 sysTimerSettime(Os& os, const SyscallArgs& args) {
    PosixTimer* timer = timerOf(os, args.a[0]);
    UserItimerspec value;
    if (args.a[2] == 0) return -error::kInval;
    if (!getUser(os, value, args.a[2])) return -error::kFault;
    if (!isValid(value.value) || !isValid(value.interval)) return -error::kInval;
    if (!timer) return -error::kInval;
    const UserItimerspec old = timerState(os, *timer);
    const SignalStruct& signal = currentSignal(os);
    const auto key = [&] {
        return KernelTimer{timer->expiresNs, TimerKind::PosixTimer, signal.id.value, static_cast<u32>(args.a[0])};
    };
    if (timer->expiresNs) removeTimer(os, key());
    timer->expiresNs = timer->intervalNs = 0;
    timer->overrun = 0;
    if (const u64 ns = toNs(value.value); ns) {
        const u64 base = os.kernel.bootEpochSeconds * kNsPerSecond;
        if (!(args.a[1] & kAbsolute))
            timer->expiresNs = os.nowNs() + ns;
        else
            timer->expiresNs = std::max<u64>(1, isRealtime(timer->clock) ? ns - std::min(ns, base) : ns);
        timer->intervalNs = toNs(value.interval);
        addTimer(os, key());
    }
    if (args.a[3] && !putUser(os, args.a[3], old)) return -error::kFault;
    return 0;
}
i64 sysTimerGettime(Os& os, const SyscallArgs& args) {
    const PosixTimer* timer = timerOf(os, args.a[0]);
    if (!timer) return -error::kInval;
    return putUser(os, args.a[1], timerState(os, *timer)) ? 0 : -error::kFault;
}
i64 sysTimerGetoverrun(Os& os, const SyscallArgs& args) {
    const PosixTimer* timer = timerOf(os, args.a[0]);
    return timer ? i64{timer->overrun} : -error::kInval;
}
i64 sysTimerDelete(Os& os, const SyscallArgs& args) {
    const PosixTimer* timer = timerOf(os, args.a[0]);
    if (!timer) return -error::kInval;
    SignalStruct& signal = currentSignal(os);
    if (timer->expiresNs)
        removeTimer(os, {timer->expiresNs, TimerKind::PosixTimer, signal.id.value, static_cast<u32>(args.a[0])});
    signal.timers.erase(static_cast<i32>(args.a[0]));
    return 0;
}

// ---- how much time was used ----

i64 sysTimes(Os& os, const SyscallArgs& args) {
    constexpr u64 kTickNs = 10'000'000;  // USER_HZ 100
    const Task& task = os.kernel.currentTask();
    const SignalStruct& signal = os.kernel.signals.at(task.signal);
    u64 utime = signal.utime, stime = signal.stime;
    for (TaskId id : signal.threads) {
        utime += os.kernel.tasks.at(id).utime;
        stime += os.kernel.tasks.at(id).stime;
    }
    const std::array<u64, 4> times{utime / kTickNs, stime / kTickNs, signal.childUtime / kTickNs,
                                   signal.childStime / kTickNs};
    if (args.a[0] && !putUser(os, args.a[0], times)) return -error::kFault;
    return static_cast<i64>(os.nowNs() / kTickNs);
}
i64 sysGetrusage(Os& os, const SyscallArgs& args) {
    const i32 who = static_cast<i32>(args.a[0]);
    if (who != kRusageSelf && who != kRusageChildren && who != kRusageThread) return -error::kInval;
    return putUser(os, args.a[1], rusageOf(os, os.kernel.currentTask(), who)) ? 0 : -error::kFault;
}
i64 sysAdjtimex(Os& os, const SyscallArgs&) {
    return os.kernel.currentTask().cred.euid == 0 ? -error::kOpNotSupp : -error::kPerm;
}

constexpr SyscallRow kRows[] = {
    {35, "nanosleep", sysNanosleep, {Arg::Address, Arg::Address}, Arg::Int},
    {36, "getitimer", sysGetitimer, {Arg::Int, Arg::Address}, Arg::Int},
    {37, "alarm", sysAlarm, {Arg::Unsigned}, Arg::Unsigned},
    {38, "setitimer", sysSetitimer, {Arg::Int, Arg::Address, Arg::Address}, Arg::Int},
    {96, "gettimeofday", sysGettimeofday, {Arg::Address, Arg::Address}, Arg::Int},
    {98, "getrusage", sysGetrusage, {Arg::Int, Arg::Address}, Arg::Int},
    {100, "times", sysTimes, {Arg::Address}, Arg::Int},
    {159, "adjtimex", sysAdjtimex, {Arg::Address}, Arg::Int},
    {201, "time", sysTime, {Arg::Address}, Arg::Int},
    {222, "timer_create", sysTimerCreate, {Arg::Int, Arg::Address, Arg::Address}, Arg::Int},
    {223, "timer_settime", sysTimerSettime, {Arg::Int, Arg::Flags, Arg::Address, Arg::Address}, Arg::Int},
    {224, "timer_gettime", sysTimerGettime, {Arg::Int, Arg::Address}, Arg::Int},
    {225, "timer_getoverrun", sysTimerGetoverrun, {Arg::Int}, Arg::Int},
    {226, "timer_delete", sysTimerDelete, {Arg::Int}, Arg::Int},
    {227, "clock_settime", sysClockSettime, {Arg::Int, Arg::Address}, Arg::Int},
    {228, "clock_gettime", sysClockGettime, {Arg::Int, Arg::Address}, Arg::Int},
    {229, "clock_getres", sysClockGetres, {Arg::Int, Arg::Address}, Arg::Int},
    {230, "clock_nanosleep", sysClockNanosleep, {Arg::Int, Arg::Flags, Arg::Address, Arg::Address}, Arg::Int},
};

}  // namespace

std::span<const SyscallRow> timeCalls() { return kRows; }

}  // namespace ringside
