// How file operations sleep and wake. Whoever polls waits on one queue for all files; it looks again at each change.
#pragma once

#include "core/kernel/os.h"
#include "core/kernel/proc/wait_queue.h"
#include "core/kernel/syscalls/table.h"

namespace ringside {

inline constexpr WaitQueueId kPollQueue = waitQueue(WaitKind::Poll, 0);

// kAgain once asleep, or -ERESTARTSYS when a signal is pending.
inline i64 waitFor(Os& os, WaitQueueId queue, u64 wakeAtNs = 0) {
    if (signalPending(os)) return kERestartSys;
    sleepOn(os, queue, state::Interruptible, wakeAtNs);
    return kAgain;
}
inline void wakeWaiters(Os& os, WaitQueueId queue) {
    ++os.kernel.vfs.activity;
    wakeUp(os, queue);
    wakeUp(os, kPollQueue);
}

// poll(2)'s events, Linux include/uapi/asm-generic/poll.h
namespace pollbit {
inline constexpr u32 In = 1, Pri = 2, Out = 4, Err = 8, Hup = 0x10, Nval = 0x20, RdNorm = 0x40, RdBand = 0x80,
                     WrNorm = 0x100, WrBand = 0x200, RdHup = 0x2000;
}

}  // namespace ringside
