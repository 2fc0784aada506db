// What the kernel's work costs, in cycles: the part of it that is modelled in C++ and not executed by the CPU. Orders
// of magnitude of a real machine, rounded; the instructions of the entry code and the traps themselves are charged by
// core/cpu/timing.h.
#pragma once

#include "core/base/types.h"

namespace ringside::cost {

inline constexpr Cycles kPageFault = 600;      // exc_page_fault, whatever it has to do
inline constexpr Cycles kException = 200;      // every other exception
inline constexpr Cycles kInterrupt = 300;      // timer and console
inline constexpr Cycles kSwitch = 400;         // context_switch: FPU, segment bases, cold caches
inline constexpr Cycles kExec = 20'000;        // execve
inline constexpr Cycles kPageScan = 40;        // reclaim looks at one page
inline constexpr u64 kDiskPerSecond = 10'000;  // pages that the swap disk moves: the machine waits for it

}  // namespace ringside::cost
