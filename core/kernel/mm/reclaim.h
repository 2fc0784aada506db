// Getting memory back when it is short (Linux 6.1 mm/vmscan.c, mm/oom_kill.c): the two LRU lists, the second chance of
// what was accessed, kswapd, direct reclaim, and at last the OOM killer. One zone, one node, no memory cgroups;
// anonymous pages and pages of files share the lists.
#pragma once

#include "core/base/types.h"
#include "core/kernel/ids.h"
#include "core/kernel/proc/wait_queue.h"

namespace ringside {

struct Os;

void initWatermarks(Os& os);
// __alloc_pages: makes sure that one frame is free; false: it could not.
bool reserveFreeFrame(Os& os);
// balance_pgdat: what kswapd does when it is woken.
void balanceMemory(Os& os);
inline constexpr WaitQueueId kKswapdQueue = waitQueue(WaitKind::Kernel, 1);

// oom_kill.c. The victim's private memory comes back at once (oom_reaper). False: nobody may be killed.
bool outOfMemory(Os& os);

}  // namespace ringside
