// Getting memory back when it is short (Linux 6.1 mm/vmscan.c, mm/oom_kill.c): the two LRU lists, the second chance of
// what was accessed, kswapd, direct reclaim, and at last the OOM killer. One zone, one node, no memory cgroups;
// anonymous pages and pages of files share the lists.
#pragma once

#include <optional>

#include "core/base/types.h"
#include "core/kernel/ids.h"
#include "core/kernel/proc/wait_queue.h"

namespace ringside {

struct Os;
struct Kernel;
struct Task;

void initWatermarks(Os& os);
// __alloc_pages: makes sure that one frame is free; false: it could not.
bool reserveFreeFrame(Os& os);
// balance_pgdat: what kswapd does when it is woken.
void balanceMemory(Os& os);
inline constexpr WaitQueueId kKswapdQueue = waitQueue(WaitKind::Kernel, 1);

// oom_kill.c. A process's points: pages in RAM and in swap and of its page tables, moved by oom_score_adj thousandths
// of all memory. Nothing: it may not be killed. /proc/PID/oom_score tells them as 0 … 2000.
std::optional<i64> oomBadness(const Kernel& kernel, const Task& process);
u64 oomScore(const Kernel& kernel, const Task& process);
inline constexpr i32 kOomScoreAdjMin = -1000, kOomScoreAdjMax = 1000;

// The process with the most points is killed. The victim's private memory comes back at once (oom_reaper). False:
// nobody may be killed.
bool outOfMemory(Os& os);

}  // namespace ringside
