// The numbers of the completely fair scheduler that views and tests ask for (Linux 6.1 kernel/sched/fair.c).
#pragma once

#include "core/kernel/os.h"

namespace ringside::sched {

u64 schedSlice(const Kernel& kernel, const Task& task);   // sched_slice: ns of real time
u64 schedVslice(const Kernel& kernel, const Task& task);  // sched_vslice: the same in virtual time
void updateMinVruntime(Kernel& kernel);
void updateCurrFair(Os& os);  // update_curr

// EEVDF (Linux 6.6): the average vruntime V of all that can run, and whether a task has not had more than its share.
u64 averageVruntime(const Kernel& kernel);
bool isEligible(const Kernel& kernel, const Task& task);

}  // namespace ringside::sched
