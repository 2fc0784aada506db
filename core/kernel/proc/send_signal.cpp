#include <algorithm>

#include "core/kernel/errno.h"
#include "core/kernel/limits.h"
#include "core/kernel/proc/nsproxy.h"
#include "core/kernel/proc/pid.h"
#include "core/kernel/proc/process.h"
#include "core/kernel/proc/signal.h"
#include "core/kernel/proc/wait_queue.h"
#include "core/kernel/sched/sched.h"

namespace ringside {
namespace {

constexpr SigSet kIgnoredByDefault = sigBit(kSigCont) | sigBit(kSigChld) | sigBit(kSigWinch) | sigBit(kSigUrg);
constexpr SigSet kCoreSignals = sigBit(kSigQuit) | sigBit(kSigIll) | sigBit(kSigTrap) | sigBit(kSigAbrt) |
                                sigBit(kSigFpe) | sigBit(kSigSegv) | sigBit(kSigBus) | sigBit(kSigSys) |
                                sigBit(kSigXcpu) | sigBit(kSigXfsz);
constexpr SigSet kSynchronous =
    sigBit(kSigSegv) | sigBit(kSigBus) | sigBit(kSigIll) | sigBit(kSigTrap) | sigBit(kSigFpe) | sigBit(kSigSys);
constexpr i32 kFirstRealTime = 32;

// SEND_SIG_FORCED and signals of an ancestor namespace may kill an init; those of its own children may not.
bool taskIgnores(const Os& os, const Task& task, i32 signal, bool force) {
    const SigAction& action = os.kernel.sighands.at(task.sighand).action[static_cast<std::size_t>(signal)];
    const bool unkillable = os.kernel.signals.at(task.signal).unkillable;
    const bool kernelOnly = sigBit(signal) & kUnblockable;
    if (unkillable && action.handler == kSigDfl && !(force && kernelOnly)) return true;
    if ((task.flags & pf::KThread) && action.handler == kSigDfl && !force) return true;
    return action.handler == kSigIgn || (action.handler == kSigDfl && defaultIgnores(signal));
}

// prepare_signal: stop signals take back a pending SIGCONT and the other way round, SIGCONT continues the group. False:
// nobody wants the signal.
bool prepareSignal(Os& os, Task& task, i32 number, bool force) {
    SignalStruct& signal = os.kernel.signals.edit(task.signal);
    if (signal.groupExit && signal.groupExitCode & 0x80 && number != kSigKill) return false;
    if (sigBit(number) & kStopSignals) {
        flushSignals(signal.shared, sigBit(kSigCont));
        for (TaskId id : signal.threads) flushSignals(os.kernel.tasks.edit(id).pending, sigBit(kSigCont));
    } else if (number == kSigCont) {
        flushSignals(signal.shared, kStopSignals);
        for (TaskId id : signal.threads) {
            Task& thread = os.kernel.tasks.edit(id);
            flushSignals(thread.pending, kStopSignals);
            thread.stopPending = false;
            tryToWakeUp(os, id, state::Stopped);
        }
        const bool wasStopped = signal.stopped, wasStopping = signal.stopCount > 0;
        signal.stopped = false;
        signal.stopCount = 0;
        if (wasStopped || wasStopping) {
            signal.continued = true;
            signal.stopCode = 0;
            signal.tellParent = wasStopped ? si::CldContinued : si::CldStopped;
        }
    }
    if ((task.blocked | task.realBlocked) & sigBit(number))
        return true;  // may be unblocked, and its handler set, later
    return !taskIgnores(os, task, number, force);
}

bool wantsSignal(const Task& task, i32 number, bool isCurrent) {
    if (task.blocked & sigBit(number)) return false;
    if (task.flags & pf::Exiting) return false;
    if (number == kSigKill) return true;
    if (task.state & (state::Stopped | state::Traced)) return false;
    return isCurrent || !task.signalPending;
}

// sig_fatal: its default action ends the process and it has no handler.
bool isFatal(const Os& os, const Task& task, i32 number) {
    if (sigBit(number) & (kIgnoredByDefault | kStopSignals)) return false;
    return os.kernel.sighands.at(task.sighand).action[static_cast<std::size_t>(number)].handler == kSigDfl;
}

// The thread that is to take a signal: the one it was sent to if that wants it, for a group else the first that does,
// from the one on that took the last such signal. None: it stays pending until somebody unblocks it.
TaskId chooseTaker(Os& os, const Task& target, i32 number, bool group) {
    if (wantsSignal(target, number, target.id == os.kernel.current)) return target.id;
    SignalStruct& signal = os.kernel.signals.edit(target.signal);
    if (!group || signal.threads.size() < 2) return {};
    const auto from = std::ranges::find(signal.threads, signal.currTarget);
    const auto begin = static_cast<std::size_t>(from == signal.threads.end() ? 0 : from - signal.threads.begin());
    for (std::size_t i = 0; i < signal.threads.size(); ++i) {
        const TaskId id = signal.threads[(begin + i) % signal.threads.size()];
        if (wantsSignal(os.kernel.tasks.at(id), number, id == os.kernel.current)) return signal.currTarget = id;
    }
    return {};
}

void completeSignal(Os& os, Task& target, i32 number, TaskId chosen) {
    KernelCall call{os, "complete_signal"};
    SignalStruct& signal = os.kernel.signals.edit(target.signal);
    if (chosen == TaskId{}) return;
    Task& task = os.kernel.tasks.edit(chosen);
    if (isFatal(os, target, number) && !signal.groupExit && !(task.realBlocked & sigBit(number)) &&
        !defaultDumpsCore(number) && !(signal.unkillable && number != kSigKill)) {
        // The whole group is going to die: tell every thread now.
        signal.groupExit = true;
        signal.groupExitCode = number;
        signal.stopCount = 0;
        for (TaskId id : signal.threads) {
            Task& thread = os.kernel.tasks.edit(id);
            thread.stopPending = false;
            thread.pending.set |= sigBit(kSigKill);
            signalWakeUp(os, thread, true);
        }
        return;
    }
    signalWakeUp(os, task, number == kSigKill);
}

}  // namespace

bool defaultIgnores(i32 signal) { return sigBit(signal) & kIgnoredByDefault; }
bool defaultDumpsCore(i32 signal) { return sigBit(signal) & kCoreSignals; }

SigInfo userInfo(const Os& os, i32 signal, i32 code) {
    const Task& current = os.kernel.currentTask();
    return {.signal = signal, .code = code, .pid = visibleTgid(os, current), .uid = static_cast<i32>(current.cred.uid)};
}
SigInfo kernelInfo(i32 signal) { return {.signal = signal, .code = si::Kernel}; }

i64 sendSignal(Os& os, TaskId id, const SigInfo& info, bool group) {
    const i32 number = info.signal;
    const Task* found = os.kernel.tasks.find(id);
    if (!found || found->sighand == SighandId{}) return -error::kSrch;
    if (number == 0) return 0;
    KernelCall call{os, "__send_signal_locked", 30};
    Task& task = os.kernel.tasks.edit(id);
    // From the kernel, or from outside the target's PID namespace.
    const Task& sender = os.kernel.currentTask();
    const bool force = info.code == si::Kernel || numberIn(sender, activePidNamespace(task)) == 0;
    if (!prepareSignal(os, task, number, force)) return 0;
    SignalStruct& signal = os.kernel.signals.edit(task.signal);
    SigPending& pending = group ? signal.shared : task.pending;
    if (number < kFirstRealTime && (pending.set & sigBit(number))) return 0;  // legacy_queue: one is enough
    constexpr std::size_t kRlimitSigpending = 11;
    if (pending.queue.size() >= std::min<u64>(signal.rlimits[kRlimitSigpending][0], limit::Signals)) {
        if (number >= kFirstRealTime && info.code != si::User) return -error::kAgainNow;
    } else if (number != kSigKill) {
        pending.queue.push_back(info);
    }
    pending.set |= sigBit(number);
    ++os.kernel.counters.signals;
    const TaskId taker = chooseTaker(os, task, number, group);
    os.emit(EventKind::Signal,
            {static_cast<u64>(number), static_cast<u64>(task.pid()), static_cast<u64>(static_cast<i64>(info.code)),
             group, taker == TaskId{} ? 0 : static_cast<u64>(os.kernel.tasks.at(taker).pid())},
            signalName(number));
    completeSignal(os, task, number, taker);
    return 0;
}

i64 sendSignalChecked(Os& os, TaskId id, const SigInfo& info, bool group) {
    const Task* target = os.kernel.tasks.find(id);
    if (!target || target->sighand == SighandId{}) return -error::kSrch;
    if (info.signal < 0 || info.signal > kLastSignal) return -error::kInval;
    const Task& current = os.kernel.currentTask();
    const Cred &mine = current.cred, &theirs = target->cred;
    const bool same =
        mine.euid == theirs.suid || mine.euid == theirs.uid || mine.uid == theirs.suid || mine.uid == theirs.uid;
    if (current.signal != target->signal && !same && !capable(os, theirs.userNs)) {
        const bool continues = info.signal == kSigCont && os.kernel.signals.at(current.signal).session ==
                                                              os.kernel.signals.at(target->signal).session;
        if (!continues) return -error::kPerm;
    }
    return sendSignal(os, id, info, group);
}

i64 killProcessGroup(Os& os, i32 pgrp, const SigInfo& info) {
    i64 result = -error::kSrch;
    bool success = false;
    for (TaskId id : groupMembers(os.kernel, pgrp)) {
        result = sendSignalChecked(os, id, info, true);
        success |= result == 0;
    }
    return success ? 0 : result;
}

void recalcSigpending(Os& os, Task& task) {
    const SignalStruct* signal = os.kernel.signals.find(task.signal);
    const SigSet waiting = task.pending.set | (signal ? signal->shared.set : 0);
    task.signalPending = (waiting & ~task.blocked) != 0 || task.stopPending;
}

void signalWakeUp(Os& os, Task& task, bool fatal) {
    KernelCall call{os, "signal_wake_up"};
    task.signalPending = true;
    u32 states = state::Interruptible;
    if (fatal) states |= state::Wakekill | state::Stopped | state::Traced;
    tryToWakeUp(os, task.id, states);
}

bool fatalSignalPending(const Task& task) { return task.signalPending && (task.pending.set & sigBit(kSigKill)); }

bool signalIgnored(const Os& os, const Task& task, i32 signal) {
    const u64 handler = os.kernel.sighands.at(task.sighand).action[static_cast<std::size_t>(signal)].handler;
    return handler == kSigIgn || (handler == kSigDfl && defaultIgnores(signal));
}

void setBlocked(Os& os, SigSet blocked) {
    Task& task = os.current();
    blocked &= ~kUnblockable;
    const SigSet fresh = blocked & ~task.blocked;
    task.blocked = blocked;
    // retarget_shared_pending: what this thread no longer takes, another may.
    SignalStruct& signal = os.kernel.signals.edit(task.signal);
    if (const SigSet wanted = signal.shared.set & fresh; wanted && signal.threads.size() > 1)
        for (TaskId id : signal.threads) {
            if (id == task.id) continue;
            Task& thread = os.kernel.tasks.edit(id);
            if ((thread.flags & pf::Exiting) || !(wanted & ~thread.blocked)) continue;
            signalWakeUp(os, thread, false);
            break;
        }
    recalcSigpending(os, task);
}

void flushSignals(SigPending& pending, SigSet mask) {
    if (!(pending.set & mask)) return;
    pending.set &= ~mask;
    std::erase_if(pending.queue, [&](const SigInfo& info) { return mask & sigBit(info.signal); });
}

namespace {
// collect_signal: the queued information of a pending signal, or a bare one.
SigInfo collect(SigPending& pending, i32 number) {
    const auto same = [&](const SigInfo& info) { return info.signal == number; };
    const auto it = std::find_if(pending.queue.begin(), pending.queue.end(), same);
    SigInfo info{.signal = number, .code = si::User};
    if (it != pending.queue.end()) {
        info = *it;
        pending.queue.erase(it);
    }
    if (std::find_if(pending.queue.begin(), pending.queue.end(), same) == pending.queue.end())
        pending.set &= ~sigBit(number);
    return info;
}

std::optional<SigInfo> take(SigPending& pending, SigSet mask) {
    SigSet wanted = pending.set & ~mask;
    if (!wanted) return {};
    if (wanted & kSynchronous) wanted &= kSynchronous;
    return collect(pending, __builtin_ctzll(wanted) + 1);
}
}  // namespace

std::optional<SigInfo> dequeueSignal(Os& os, SigSet mask) {
    Task& task = os.current();
    // dequeue_synchronous_signal: an exception of this very instruction comes before all others.
    for (const SigInfo& info : task.pending.queue)
        if ((sigBit(info.signal) & kSynchronous & ~mask) && info.code > 0) {
            const SigInfo found = collect(task.pending, info.signal);
            recalcSigpending(os, task);
            return found;
        }
    std::optional<SigInfo> info = take(task.pending, mask);
    if (!info && (os.kernel.signals.at(task.signal).shared.set & ~mask))
        info = take(os.kernel.signals.edit(task.signal).shared, mask);
    recalcSigpending(os, task);
    return info;
}

bool isOrphanedGroup(const Os& os, i32 pgrp, TaskId ignored) {
    for (TaskId id : groupMembers(os.kernel, pgrp)) {
        const Task& task = os.kernel.tasks.at(id);
        if (id == ignored || task.exitState != 0) continue;
        const Task& parent = os.kernel.tasks.at(task.realParent);
        if (parent.pid() <= 1 && os.kernel.signals.at(parent.signal).unkillable) continue;
        const SignalStruct& above = os.kernel.signals.at(parent.signal);
        if (above.pgrp != pgrp && above.session == os.kernel.signals.at(task.signal).session) return false;
    }
    return true;
}

}  // namespace ringside
