// Interval timers (Linux 6.1 kernel/time/itimer.c, posix-timers.c) as the rest of proc/ needs them.
#pragma once

#include "core/kernel/os.h"

namespace ringside {

void exitItimers(Os& os, SignalStruct& signal);  // at the end of a process
void execItimers(Os& os, SignalStruct& signal);  // execve: timer_create's go, setitimer's stay

}  // namespace ringside
