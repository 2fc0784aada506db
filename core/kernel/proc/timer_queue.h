// The kernel's timers in order of expiry (Linux 6.1 kernel/time/hrtimer.c: a timerqueue). Times are nanoseconds since
// power-on.
#pragma once

#include <compare>

#include "core/base/types.h"

namespace ringside {

struct Os;

enum class TimerKind : u8 {
    Sleep,              // id: task; wakes it
    RealTimer,          // id: signal_struct; ITIMER_REAL sends SIGALRM
    PosixTimer,         // id: signal_struct, sub: timer
    RtPeriod,           // real-time throttling
    DeadlineReplenish,  // id: task; SCHED_DEADLINE
};

struct KernelTimer {
    u64 expiresNs = 0;
    TimerKind kind = TimerKind::Sleep;
    u32 id = 0, sub = 0;
    friend auto operator<=>(const KernelTimer&, const KernelTimer&) = default;
};

void addTimer(Os& os, KernelTimer timer);     // and programs the hardware when it is the first
void removeTimer(Os& os, KernelTimer timer);  // nothing happens when it is not there

}  // namespace ringside
