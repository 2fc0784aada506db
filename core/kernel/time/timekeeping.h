// The clocks (Linux 6.1 kernel/time/timekeeping.c, vsyscall.c): what system calls answer, and what the kernel writes
// for the vDSO at every tick. Both are the same function of the time-stamp counter.
#pragma once

#include "core/kernel/os.h"

namespace ringside {

bool tickIsDue(const Os& os);
// tick_do_update_jiffies64: the ticks that have passed are counted, and the vDSO learns of it.
void updateWallTime(Os& os);
// timekeeping_update → update_vsyscall: writes struct vdso_data.
void updateVsyscall(Os& os);
// The nanoseconds since power-on at the last tick: what the coarse clocks show.
u64 coarseNs(const Os& os);

}  // namespace ringside
