// Delivery of signals on the way to user mode (Linux 6.1 kernel/signal.c: get_signal; arch/x86/kernel/signal.c):
// default actions, restart of interrupted calls, the frame on the user's stack, and the way back. The frame is the one
// of a CPU without XSAVE: 512 bytes of FXSAVE state.
#include <algorithm>
#include <cstring>
#include <fmt/format.h>

#include "core/kernel/entry/border.h"
#include "core/kernel/entry/fpu_state.h"
#include "core/kernel/entry/pt_regs.h"
#include "core/kernel/errno.h"
#include "core/kernel/mm/user_memory.h"
#include "core/kernel/proc/process.h"
#include "core/kernel/proc/rseq.h"
#include "core/kernel/proc/sigframe.h"
#include "core/kernel/proc/signal.h"
#include "core/kernel/sched/sched.h"
#include "core/kernel/syscalls/table.h"

namespace ringside {
namespace {

constexpr Cycles kFrameCost = 120;
constexpr u64 kRestartSyscall = 219, kSyscallLength = 2;
constexpr u32 kOnStack = 1, kDisable = 2, kAutoDisarm = 0x80000000;
constexpr u64 kRedZone = 128, kFpuAlignment = 64, kFrameAlignment = 16;
// UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS
constexpr u64 kContextFlags = 6;
// What sigreturn may set: FIX_EFLAGS
constexpr u64 kFixEflags =
    flag::AC | flag::OF | flag::DF | flag::TF | flag::SF | flag::ZF | flag::AF | flag::PF | flag::CF | flag::RF;

bool onStack(const AltStack& alt, u64 sp) {
    if (alt.flags & kAutoDisarm) return false;
    return sp > alt.sp && sp - alt.sp <= alt.size;
}

struct Delivered {
    SigInfo info;
    SigAction action;
};

// do_signal_stop: this thread takes part in a group stop. False: there is nothing to stop for.
bool signalStop(Os& os, i32 number) {
    KernelCall call{os, "do_signal_stop"};
    Task& task = os.current();
    SignalStruct& signal = os.kernel.signals.edit(task.signal);
    if (!task.stopPending) {
        if (signal.groupExit) return false;
        if (!signal.stopped) signal.stopCode = number;
        signal.stopCount = 0;
        for (TaskId id : signal.threads) {
            Task& thread = os.kernel.tasks.edit(id);
            if (thread.exitState || (thread.flags & pf::Exiting) || thread.state == state::Stopped) continue;
            thread.stopPending = true;
            ++signal.stopCount;
            if (id != task.id) signalWakeUp(os, thread, false);
        }
    }
    task.stopPending = false;
    task.state = state::Stopped;
    task.signalPending = true;  // so that doSignal goes on here once continued
    if (signal.stopCount > 0 && --signal.stopCount == 0) {
        signal.stopped = true;
        signal.continued = false;
        notifyParentStopped(os, task, si::CldStopped);
    }
    return true;
}

enum class Outcome : u8 { Nothing, Handler, Stopped, Dead };

Outcome getSignal(Os& os, Delivered& delivered) {
    KernelCall call{os, "get_signal"};
    Task& task = os.current();
    if (os.kernel.signals.at(task.signal).tellParent)
        notifyParentStopped(os, task, std::exchange(os.kernel.signals.edit(task.signal).tellParent, 0));
    while (true) {
        const SignalStruct& signal = os.kernel.signals.at(task.signal);
        i32 number = kSigKill;
        if (signal.groupExit || (signal.execTask != TaskId{} && signal.execTask != task.id)) {
            task.pending.set &= ~sigBit(kSigKill);
            recalcSigpending(os, task);
        } else {
            if (task.stopPending && signalStop(os, 0)) return Outcome::Stopped;
            const auto info = dequeueSignal(os, task.blocked);
            if (!info) return Outcome::Nothing;
            number = info->signal;
            SigAction& action = os.kernel.sighands.edit(task.sighand).action[static_cast<std::size_t>(number)];
            if (action.handler == kSigIgn) continue;
            if (action.handler != kSigDfl) {
                delivered = {*info, action};
                if (action.flags & sa::ResetHand) action.handler = kSigDfl;
                return Outcome::Handler;
            }
            if (defaultIgnores(number)) continue;
            if (signal.unkillable && !(sigBit(number) & kUnblockable)) continue;
            if (sigBit(number) & kStopSignals) {
                if (number != kSigStop && isOrphanedGroup(os, signal.pgrp)) continue;
                if (signalStop(os, number)) return Outcome::Stopped;
                continue;
            }
        }
        const i32 cause = signal.groupExit ? signal.groupExitCode & 0x7f : number;
        if (cause != 0)  // else a thread follows exit_group
            os.emit(EventKind::SignalDeliver, {static_cast<u64>(cause), kSigDfl, 0},
                    fmt::format("{} ends the process", signalName(cause)));
        doGroupExit(os, number);
        return Outcome::Dead;
    }
}

// get_sigframe and __setup_rt_frame. False: the stack can not be written.
bool setupFrame(Os& os, const Delivered& delivered, PtRegs& regs) {
    KernelCall call{os, "setup_rt_frame", kFrameCost};
    Task& task = os.current();
    const SigAction& action = delivered.action;
    u64 sp = regs.rsp - kRedZone;
    const bool nested = onStack(task.altStack, regs.rsp);
    if ((action.flags & sa::OnStack) && task.altStack.size != 0 && !nested) sp = task.altStack.sp + task.altStack.size;
    sp = (sp - kFxsaveSize) & ~(kFpuAlignment - 1);
    const u64 fpuAddress = sp;
    sp = ((sp - sizeof(SigFrame)) & ~(kFrameAlignment - 1)) - 8;
    if (nested && !onStack(task.altStack, sp)) return false;
    if (!(action.flags & sa::Restorer)) return false;

    SigFrame frame{};
    frame.returnAddress = action.restorer;
    frame.flags = kContextFlags;
    frame.stackSp = task.altStack.sp;
    frame.stackFlags =
        task.altStack.size == 0 ? kDisable : (nested ? kOnStack : 0) | (task.altStack.flags & kAutoDisarm);
    frame.stackSize = task.altStack.size;
    frame.context = {regs.r8,  regs.r9,  regs.r10, regs.r11, regs.r12, regs.r13, regs.r14, regs.r15, regs.rdi,
                     regs.rsi, regs.rbp, regs.rbx, regs.rdx, regs.rax, regs.rcx, regs.rsp, regs.rip, regs.eflags};
    frame.cs = static_cast<u16>(regs.cs);
    frame.ss = static_cast<u16>(regs.ss);
    frame.error = task.errorCode;
    frame.trapNumber = task.trapNumber;
    frame.cr2 = task.cr2;
    frame.oldMask = frame.signalMask = task.restoreMask ? task.savedMask : task.blocked;
    frame.fpuAddress = fpuAddress;
    if (action.flags & sa::SigInfo) frame.info = encodeSigInfo(delivered.info);
    const std::string fpu = fxsave(os.cpu.regs);
    if (!copyToUser(os, fpuAddress, {reinterpret_cast<const u8*>(fpu.data()), kFxsaveSize})) return false;
    if (!putUser(os, sp, frame)) return false;

    const u64 number = static_cast<u64>(delivered.info.signal);
    regs.rdi = number;
    regs.rax = 0;
    regs.rsi = sp + offsetof(SigFrame, info);
    regs.rdx = sp + offsetof(SigFrame, flags);
    regs.rip = action.handler;
    regs.rsp = sp;
    regs.cs = kUserCs;
    regs.ss = kUserDs;
    os.emit(EventKind::SignalDeliver, {number, action.handler, sp}, signalName(delivered.info.signal));
    return true;
}

// force_sig_info_to_task: a signal that can be neither blocked nor ignored.
void forceInfo(Os& os, const SigInfo& info) {
    KernelCall call{os, "force_sig_info_to_task"};
    Task& task = os.current();
    SigAction& action = os.kernel.sighands.edit(task.sighand).action[static_cast<std::size_t>(info.signal)];
    const bool blocked = task.blocked & sigBit(info.signal);
    if (blocked || action.handler == kSigIgn) {
        action.handler = kSigDfl;
        task.blocked &= ~sigBit(info.signal);
    }
    // Not even an init survives its own exception.
    if (action.handler == kSigDfl) os.kernel.signals.edit(task.signal).unkillable = false;
    sendSignal(os, task.id, info, false);
    recalcSigpending(os, task);
}
void forceSegv(Os& os) { forceInfo(os, kernelInfo(kSigSegv)); }

void handleSignal(Os& os, const Delivered& delivered) {
    KernelCall call{os, "handle_signal"};
    Task& task = os.current();
    PtRegs regs = readPtRegs(os, task.id);
    switch (std::exchange(task.restartCode, 0)) {
        case kERestartBlock:
        case kERestartNoHand:
            regs.rax = static_cast<u64>(-i64{error::kIntr});
            break;
        case kERestartSys:
            if (!(delivered.action.flags & sa::Restart)) {
                regs.rax = static_cast<u64>(-i64{error::kIntr});
                break;
            }
            [[fallthrough]];
        case kERestartNoIntr:
            regs.rax = regs.origRax;
            regs.rip -= kSyscallLength;
            break;
        default:
            break;
    }
    const i32 number = delivered.info.signal;
    if (task.rseq.address) {
        writePtRegs(os, task.id, regs);
        rseqResume(os);
        regs = readPtRegs(os, task.id);
    }
    if (!setupFrame(os, delivered, regs)) {
        // force_sigsegv: a SIGSEGV that can not be delivered kills.
        writePtRegs(os, task.id, regs);
        if (number == kSigSegv) os.kernel.sighands.edit(task.sighand).action[kSigSegv] = {};
        forceSegv(os);
        return;
    }
    regs.eflags &= ~(flag::DF | flag::RF | flag::TF);
    writePtRegs(os, task.id, regs);
    fxrstor(os.cpu.regs, {});
    task.restoreMask = false;
    if (task.altStack.flags & kAutoDisarm) task.altStack = {};
    SigSet blocked = task.blocked | delivered.action.mask;
    if (!(delivered.action.flags & sa::NoDefer)) blocked |= sigBit(number);
    setBlocked(os, blocked);
}

u64 trapNumberOf(i32 signal, i32 code) {
    switch (signal) {
        case kSigFpe:
            return code == 1 ? 0 : 16;
        case kSigIll:
            return 6;
        case kSigTrap:
            return code == si::Kernel ? 3 : 1;
        case kSigBus:
            return code == si::Kernel ? 12 : 14;
        default:
            return code == 1 || code == 2 ? 14 : 13;
    }
}

}  // namespace

void doSignal(Os& os) {
    KernelCall call{os, "arch_do_signal_or_restart"};
    Delivered delivered;
    switch (getSignal(os, delivered)) {
        case Outcome::Handler:
            return handleSignal(os, delivered);
        case Outcome::Stopped:
        case Outcome::Dead:
            return;
        case Outcome::Nothing:
            break;
    }
    Task& task = os.current();
    recalcSigpending(os, task);
    if (const i64 code = std::exchange(task.restartCode, 0); code != 0) {
        PtRegs regs = readPtRegs(os, task.id);
        regs.rax = code == kERestartBlock ? kRestartSyscall : regs.origRax;
        regs.rip -= kSyscallLength;
        writePtRegs(os, task.id, regs);
    }
    if (task.restoreMask) {
        task.restoreMask = false;
        setBlocked(os, task.savedMask);
    }
}

void forceSignal(Os& os, i32 number, i32 code, u64 address) {
    Task& task = os.current();
    task.trapNumber = trapNumberOf(number, code);
    const bool pushesError = (task.trapNumber >= 10 && task.trapNumber <= 14) || task.trapNumber == 17;
    task.errorCode = pushesError ? readPtRegs(os, task.id).origRax : 0;
    if (task.trapNumber == 14) task.cr2 = address;
    forceInfo(os, {.signal = number, .code = code, .value = address});
}

i64 signalReturn(Os& os) {
    KernelCall call{os, "rt_sigreturn", kFrameCost};
    Task& task = os.current();
    PtRegs regs = readPtRegs(os, task.id);
    SigFrame frame;
    const u64 address = regs.rsp - sizeof frame.returnAddress;  // the handler's RET took it off
    std::string fpu(kFxsaveSize, '\0');
    const auto bad = [&] {
        forceSegv(os);
        return i64{0};
    };
    if (!getUser(os, frame, address)) return bad();
    setBlocked(os, frame.signalMask);
    const auto& c = frame.context;
    PtRegs fresh = regs;
    fresh.r8 = c[0], fresh.r9 = c[1], fresh.r10 = c[2], fresh.r11 = c[3], fresh.r12 = c[4], fresh.r13 = c[5];
    fresh.r14 = c[6], fresh.r15 = c[7], fresh.rdi = c[8], fresh.rsi = c[9], fresh.rbp = c[10], fresh.rbx = c[11];
    fresh.rdx = c[12], fresh.rax = c[13], fresh.rcx = c[14], fresh.rsp = c[15], fresh.rip = c[16];
    fresh.eflags = (regs.eflags & ~kFixEflags) | (c[17] & kFixEflags);
    fresh.cs = frame.cs | 3;
    fresh.ss = frame.ss | 3;
    fresh.origRax = ~u64{0};
    if (frame.fpuAddress) {
        if (!copyFromUser(os, {reinterpret_cast<u8*>(fpu.data()), fpu.size()}, frame.fpuAddress)) return bad();
        fxrstor(os.cpu.regs, fpu);
    } else {
        fxrstor(os.cpu.regs, {});
    }
    writePtRegs(os, task.id, fresh);
    // restore_altstack: what is wrong with it is not told
    if (!onStack(task.altStack, fresh.rsp)) {
        if (frame.stackFlags & kDisable)
            task.altStack = {};
        else if (frame.stackSize >= 2048)
            task.altStack = {frame.stackSp, frame.stackSize, frame.stackFlags & kAutoDisarm};
    }
    os.emit(EventKind::SignalReturn, {fresh.rip});
    return static_cast<i64>(fresh.rax);
}

}  // namespace ringside
