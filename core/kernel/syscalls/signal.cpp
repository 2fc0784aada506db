// Handlers, masks, sending and waiting for signals.
#include "core/kernel/proc/signal.h"

#include "core/kernel/entry/pt_regs.h"
#include "core/kernel/errno.h"
#include "core/kernel/mm/user_memory.h"
#include "core/kernel/proc/pid.h"
#include "core/kernel/proc/process.h"
#include "core/kernel/proc/sigframe.h"
#include "core/kernel/proc/wait_queue.h"
#include "core/kernel/syscalls/table.h"
#include "core/kernel/syscalls/time_types.h"

namespace ringside {
namespace {

constexpr u64 kSigsetSize = 8;

bool isSignal(i64 number) { return number >= 1 && number <= kLastSignal; }

struct UserSigaction {
    u64 handler = 0, flags = 0, restorer = 0, mask = 0;
};

i64 sysRtSigaction(Os& os, const SyscallArgs& args) {
    const i32 number = static_cast<i32>(args.a[0]);
    if (args.a[3] != kSigsetSize) return -error::kInval;
    UserSigaction fresh;
    if (args.a[1] && !getUser(os, fresh, args.a[1])) return -error::kFault;
    if (!isSignal(number) || (args.a[1] && (sigBit(number) & kUnblockable))) return -error::kInval;
    Task& task = os.current();
    SigAction& action = os.kernel.sighands.edit(task.sighand).action[static_cast<std::size_t>(number)];
    const UserSigaction old{action.handler, action.flags, action.restorer, action.mask};
    if (args.a[1]) {
        constexpr u64 kKnown = sa::NoCldStop | sa::NoCldWait | sa::SigInfo | sa::ExposeTagBits | sa::Restorer |
                               sa::OnStack | sa::Restart | sa::NoDefer | sa::ResetHand;
        action = {fresh.handler, fresh.flags & kKnown, fresh.restorer, fresh.mask & ~kUnblockable};
        // What is now ignored is no longer pending.
        if (signalIgnored(os, task, number)) {
            SignalStruct& signal = os.kernel.signals.edit(task.signal);
            flushSignals(signal.shared, sigBit(number));
            for (TaskId id : signal.threads) {
                Task& thread = os.kernel.tasks.edit(id);
                flushSignals(thread.pending, sigBit(number));
                recalcSigpending(os, thread);
            }
        }
    }
    if (args.a[2] && !putUser(os, args.a[2], old)) return -error::kFault;
    return 0;
}

i64 sysRtSigprocmask(Os& os, const SyscallArgs& args) {
    constexpr u64 kBlock = 0, kUnblock = 1, kSetMask = 2;
    if (args.a[3] != kSigsetSize) return -error::kInval;
    const SigSet old = os.current().blocked;
    if (args.a[1]) {
        SigSet set = 0;
        if (!getUser(os, set, args.a[1])) return -error::kFault;
        switch (args.a[0]) {
            case kBlock:
                set = old | set;
                break;
            case kUnblock:
                set = old & ~set;
                break;
            case kSetMask:
                break;
            default:
                return -error::kInval;
        }
        setBlocked(os, set);
    }
    if (args.a[2] && !putUser(os, args.a[2], old)) return -error::kFault;
    return 0;
}

i64 sysRtSigpending(Os& os, const SyscallArgs& args) {
    if (args.a[1] > kSigsetSize) return -error::kInval;
    const Task& task = os.current();
    const SigSet set = (task.pending.set | os.kernel.signals.at(task.signal).shared.set) & task.blocked;
    return copyToUser(os, args.a[0], {reinterpret_cast<const u8*>(&set), args.a[1]}) ? 0 : -error::kFault;
}

i64 sysRtSigsuspend(Os& os, const SyscallArgs& args) {
    if (args.a[1] != kSigsetSize) return -error::kInval;
    Task& task = os.current();
    if (task.restartState == 0) {
        SigSet set = 0;
        if (!getUser(os, set, args.a[0])) return -error::kFault;
        task.savedMask = task.blocked;
        task.restartState = 1;
        setBlocked(os, set);
    }
    if (signalPending(os)) {
        task.restoreMask = true;
        return kERestartNoHand;
    }
    sleepOn(os, waitQueue(WaitKind::Signal, task.id.value), state::Interruptible);
    return kAgain;
}

i64 sysPause(Os& os, const SyscallArgs&) {
    if (signalPending(os)) return kERestartNoHand;
    sleepOn(os, waitQueue(WaitKind::Signal, os.current().id.value), state::Interruptible);
    return kAgain;
}

i64 sysRtSigtimedwait(Os& os, const SyscallArgs& args) {
    Task& task = os.current();
    if (args.a[3] != kSigsetSize) return -error::kInval;
    SigSet set = 0;
    if (!getUser(os, set, args.a[0])) return -error::kFault;
    set &= ~kUnblockable;
    if (task.restartState == 0) {
        task.restartDeadline = 0;
        if (args.a[2]) {
            UserTimespec time;
            if (!getUser(os, time, args.a[2])) return -error::kFault;
            if (!isValid(time)) return -error::kInval;
            task.restartDeadline = os.nowNs() + toNs(time);
        }
    } else {
        task.blocked = std::exchange(task.realBlocked, 0);
        recalcSigpending(os, task);
    }
    if (const auto info = dequeueSignal(os, ~set)) {
        if (args.a[1] && !putUser(os, args.a[1], encodeSigInfo(*info))) return -error::kFault;
        return info->signal;
    }
    if (args.a[2] && os.nowNs() >= task.restartDeadline) return -error::kAgainNow;
    if (signalPending(os)) return -error::kIntr;
    // While it sleeps what it waits for is not blocked, so that the signal wakes it.
    task.realBlocked = task.blocked;
    task.restartState = 1;
    task.blocked &= ~set;
    recalcSigpending(os, task);
    sleepOn(os, waitQueue(WaitKind::Signal, task.id.value), state::Interruptible, task.restartDeadline);
    return kAgain;
}

i64 sysRtSigreturn(Os& os, const SyscallArgs&) { return signalReturn(os); }

i64 sysSigaltstack(Os& os, const SyscallArgs& args) {
    constexpr u32 kOnStack = 1, kDisable = 2, kAutoDisarm = 0x80000000;
    constexpr u64 kMinimum = 2048;
    struct UserStack {
        u64 sp = 0;
        u32 flags = 0, pad = 0;
        u64 size = 0;
    };
    Task& task = os.current();
    const u64 sp = readPtRegs(os, task.id).rsp;
    const bool on = task.altStack.size && !(task.altStack.flags & kAutoDisarm) && sp > task.altStack.sp &&
                    sp - task.altStack.sp <= task.altStack.size;
    UserStack fresh;
    if (args.a[0] && !getUser(os, fresh, args.a[0])) return -error::kFault;
    const UserStack old{task.altStack.sp,
                        task.altStack.size == 0 ? kDisable : (on ? kOnStack : 0) | (task.altStack.flags & kAutoDisarm),
                        0, task.altStack.size};
    if (args.a[0]) {
        if (on) return -error::kPerm;
        const u32 mode = fresh.flags & ~kAutoDisarm;
        if (mode != 0 && mode != kOnStack && mode != kDisable) return -error::kInval;
        if (mode == kDisable) {
            task.altStack = {};
        } else {
            if (fresh.size < kMinimum) return -error::kNoMem;
            task.altStack = {fresh.sp, fresh.size, fresh.flags & kAutoDisarm};
        }
    }
    if (args.a[1] && !putUser(os, args.a[1], old)) return -error::kFault;
    return 0;
}

i64 sysKill(Os& os, const SyscallArgs& args) {
    const i32 pid = static_cast<i32>(args.a[0]), number = static_cast<i32>(args.a[1]);
    const SigInfo info = userInfo(os, number);
    if (number < 0 || number > kLastSignal) return -error::kInval;
    if (pid > 0) return sendSignalChecked(os, findTask(os, pid), info, true);
    if (pid == INT32_MIN) return -error::kSrch;
    if (pid != -1) {
        const i32 pgrp = pid == 0 ? os.kernel.signals.at(os.current().signal).pgrp : globalNumber(os, -pid);
        return pgrp == 0 ? -error::kSrch : killProcessGroup(os, pgrp, info);
    }
    // Everyone that can be seen but the init and oneself.
    i64 result = -error::kSrch;
    bool anyone = false;
    std::vector<TaskId> targets;
    for (const auto& [id, task] : os.kernel.tasks)
        if (task.groupLeader == id && task.sighand != SighandId{} && visiblePid(os, task) > 1 &&
            task.tgid != os.kernel.currentTask().tgid)
            targets.push_back(id);
    for (TaskId id : targets) {
        const i64 sent = sendSignalChecked(os, id, info, true);
        anyone = true;
        if (sent != -error::kPerm) result = sent;
    }
    return anyone ? (result == -error::kSrch ? -error::kPerm : result) : -error::kSrch;
}

i64 sendToThread(Os& os, i32 tgid, i32 tid, const SigInfo& info) {
    const TaskId id = findTask(os, tid);
    if (id == TaskId{} || (tgid > 0 && visibleTgid(os, os.kernel.tasks.at(id)) != tgid)) return -error::kSrch;
    return sendSignalChecked(os, id, info, false);
}
i64 sysTkill(Os& os, const SyscallArgs& args) {
    if (static_cast<i32>(args.a[0]) <= 0) return -error::kInval;
    return sendToThread(os, 0, static_cast<i32>(args.a[0]), userInfo(os, static_cast<i32>(args.a[1]), si::TKill));
}
i64 sysTgkill(Os& os, const SyscallArgs& args) {
    const i32 tgid = static_cast<i32>(args.a[0]), tid = static_cast<i32>(args.a[1]);
    if (tgid <= 0 || tid <= 0) return -error::kInval;
    return sendToThread(os, tgid, tid, userInfo(os, static_cast<i32>(args.a[2]), si::TKill));
}

i64 queueInfo(Os& os, i32 tgid, i32 target, i32 number, u64 address, bool toThread) {
    std::array<u8, kSigInfoSize> bytes;
    if (!copyFromUser(os, bytes, address)) return -error::kFault;
    SigInfo info = decodeSigInfo(bytes);
    info.signal = number;
    // Not even root can impersonate the kernel towards others.
    if ((info.code >= 0 || info.code == si::TKill) && visibleTgid(os, os.kernel.currentTask()) != target)
        return -error::kPerm;
    if (toThread) return tgid <= 0 || target <= 0 ? -error::kInval : sendToThread(os, tgid, target, info);
    const TaskId id = findTask(os, target);
    return id == TaskId{} ? -error::kSrch : sendSignalChecked(os, id, info, true);
}
i64 sysRtSigqueueinfo(Os& os, const SyscallArgs& args) {
    return queueInfo(os, 0, static_cast<i32>(args.a[0]), static_cast<i32>(args.a[1]), args.a[2], false);
}
i64 sysRtTgsigqueueinfo(Os& os, const SyscallArgs& args) {
    return queueInfo(os, static_cast<i32>(args.a[0]), static_cast<i32>(args.a[1]), static_cast<i32>(args.a[2]),
                     args.a[3], true);
}

// restart_syscall: goes on with the call that a stop interrupted, with the time it has left.
i64 sysRestartSyscall(Os& os, const SyscallArgs&) {
    Task& task = os.current();
    if (!task.restartBlock.valid) return -error::kIntr;
    const RestartBlock block = task.restartBlock;
    if (task.restartState == 0) {
        task.restartState = block.state;
        task.restartDeadline = block.deadline;
    }
    const SyscallRow* row = findSyscall(block.number);
    CHECK(row != nullptr);
    return row->handler(os, {block.number, block.args});
}

constexpr SyscallRow kRows[] = {
    {13, "rt_sigaction", sysRtSigaction, {Arg::Signal, Arg::Address, Arg::Address, Arg::Size}, Arg::Int},
    {14, "rt_sigprocmask", sysRtSigprocmask, {Arg::Int, Arg::Address, Arg::Address, Arg::Size}, Arg::Int},
    {15, "rt_sigreturn", sysRtSigreturn, {}, Arg::Hex},
    {34, "pause", sysPause, {}, Arg::Int},
    {62, "kill", sysKill, {Arg::Pid, Arg::Signal}, Arg::Int},
    {127, "rt_sigpending", sysRtSigpending, {Arg::Address, Arg::Size}, Arg::Int},
    {128, "rt_sigtimedwait", sysRtSigtimedwait, {Arg::Address, Arg::Address, Arg::Address, Arg::Size}, Arg::Signal},
    {129, "rt_sigqueueinfo", sysRtSigqueueinfo, {Arg::Pid, Arg::Signal, Arg::Address}, Arg::Int},
    {130, "rt_sigsuspend", sysRtSigsuspend, {Arg::Address, Arg::Size}, Arg::Int},
    {131, "sigaltstack", sysSigaltstack, {Arg::Address, Arg::Address}, Arg::Int},
    {200, "tkill", sysTkill, {Arg::Pid, Arg::Signal}, Arg::Int},
    {219, "restart_syscall", sysRestartSyscall, {}, Arg::Int},
    {234, "tgkill", sysTgkill, {Arg::Pid, Arg::Pid, Arg::Signal}, Arg::Int},
    {297, "rt_tgsigqueueinfo", sysRtTgsigqueueinfo, {Arg::Pid, Arg::Pid, Arg::Signal, Arg::Address}, Arg::Int},
};

}  // namespace

std::span<const SyscallRow> signalCalls() { return kRows; }

}  // namespace ringside
