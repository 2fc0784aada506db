// Sending signals and what becomes of them (Linux 6.1 kernel/signal.c). Delivery to the program, the frame on its
// stack, is in deliver.cpp; doSignal and forceSignal are declared in entry/border.h.
#pragma once

#include <optional>
#include <string_view>

#include "core/kernel/names.h"
#include "core/kernel/os.h"

namespace ringside {

namespace si {  // si_code
inline constexpr i32 User = 0, Kernel = 0x80, Queue = -1, Timer = -2, TKill = -6, CldExited = 1, CldKilled = 2,
                     CldDumped = 3, CldTrapped = 4, CldStopped = 5, CldContinued = 6;
}
namespace sa {  // sa_flags
inline constexpr u64 NoCldStop = 1, NoCldWait = 2, SigInfo = 4, ExposeTagBits = 0x800, Restorer = 0x04000000,
                     OnStack = 0x08000000, Restart = 0x10000000, NoDefer = 0x40000000, ResetHand = 0x80000000;
}
inline constexpr u64 kSigDfl = 0, kSigIgn = 1;
inline constexpr i32 kLastSignal = 64;
inline constexpr SigSet kUnblockable = sigBit(kSigKill) | sigBit(kSigStop);
inline constexpr SigSet kStopSignals = sigBit(kSigStop) | sigBit(kSigTstp) | sigBit(kSigTtin) | sigBit(kSigTtou);

bool defaultIgnores(i32 signal);
bool defaultDumpsCore(i32 signal);

SigInfo userInfo(const Os& os, i32 signal, i32 code = si::User);  // from the current task
SigInfo kernelInfo(i32 signal);

// __send_signal: to one thread, or to its whole group. 0 or -EAGAIN.
i64 sendSignal(Os& os, TaskId target, const SigInfo& info, bool group);
// check_kill_permission, then sendSignal; info.signal 0 only checks.
i64 sendSignalChecked(Os& os, TaskId target, const SigInfo& info, bool group);
i64 killProcessGroup(Os& os, i32 pgrp, const SigInfo& info);  // global number; 0, -ESRCH or -EPERM

void recalcSigpending(Os& os, Task& task);
void signalWakeUp(Os& os, Task& task, bool fatal);
bool fatalSignalPending(const Task& task);
bool signalIgnored(const Os& os, const Task& task, i32 signal);
void setBlocked(Os& os, SigSet blocked);  // of the current task; never SIGKILL and SIGSTOP
// dequeue_signal: the next one that `mask` does not block, of the current task. A synchronous one first.
std::optional<SigInfo> dequeueSignal(Os& os, SigSet mask);
void flushSignals(SigPending& pending, SigSet mask);

// For the terminal and job control.
bool isOrphanedGroup(const Os& os, i32 pgrp, TaskId ignored = {});

}  // namespace ringside
