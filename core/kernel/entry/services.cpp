#include "core/kernel/entry/services.h"

#include <fmt/format.h>

#include "core/kernel/entry/border.h"
#include "core/kernel/entry/context_switch.h"
#include "core/kernel/entry/ia32.h"
#include "core/kernel/entry/pt_regs.h"
#include "core/kernel/entry/service_numbers.h"
#include "core/kernel/errno.h"
#include "core/kernel/mm/reclaim.h"
#include "core/kernel/proc/process.h"
#include "core/kernel/proc/rseq.h"
#include "core/kernel/syscalls/table.h"

namespace ringside {
namespace {

// How often one service tries again before it lets the CPU execute an instruction: nothing may hang inside a tick.
constexpr int kRounds = 16;

Answer completeSyscall(Os& os, TaskId task, i64 result) {
    if (!os.kernel.tasks.contains(task)) return Answer::Go;
    if (result == kAgain) {
        const Answer answer = reschedule(os, false);
        return answer == Answer::Switch ? answer : Answer::Again;
    }
    if (os.kernel.tasks.at(task).state == state::Dead) return Answer::Go;  // the way out switches away
    PtRegs regs = readPtRegs(os, task);
    regs.rax = static_cast<u64>(result);
    writePtRegs(os, task, regs);
    return Answer::Go;
}

Answer systemCall(Os& os) {
    const TaskId task = os.kernel.current;
    const PtRegs regs = readPtRegs(os, task);
    SyscallArgs args;
    args.number = regs.origRax & 0xffffffff;
    args.a = {regs.rdi, regs.rsi, regs.rdx, regs.r10, regs.r8, regs.r9};
    return completeSyscall(os, task, dispatchSyscall(os, args));
}

Answer int80(Os& os) {
    const TaskId task = os.kernel.current;
    const PtRegs regs = readPtRegs(os, task);
    SyscallArgs args;
    const auto low = [](u64 value) { return value & 0xffffffff; };
    args.number = ia32Syscall(low(regs.origRax));
    args.a = {low(regs.rbx), low(regs.rcx), low(regs.rdx), low(regs.rsi), low(regs.rdi), low(regs.rbp)};
    return completeSyscall(os, task, dispatchSyscall(os, args, "do_int80_syscall_32"));
}

// exit_to_user_mode_loop
Answer exitToUser(Os& os) {
    KernelCall call(os, "exit_to_user_mode_prepare");
    for (int round = 0; round < kRounds; ++round) {
        const Task& task = os.kernel.currentTask();
        if (task.state != state::Running) {
            if (reschedule(os, false) == Answer::Switch) return Answer::Switch;
        } else if (task.needResched) {
            if (reschedule(os, true) == Answer::Switch) return Answer::Switch;
        } else if (task.signalPending) {
            doSignal(os);
        } else if (rseqWaits(task)) {
            rseqResume(os);
        } else {
            return Answer::Go;
        }
    }
    return Answer::Again;
}

Answer idle(Os& os) {
    if (!os.kernel.currentTask().needResched) {
        armTimer(os);
        return Answer::Go;
    }
    return reschedule(os, false);
}

Answer kernelThread(Os& os) {
    if (os.kernel.currentTask().comm == "kswapd0") {
        balanceMemory(os);
        sleepOn(os, kKswapdQueue, state::Interruptible);
    } else {
        os.current().state = state::Interruptible;
    }
    const Answer answer = reschedule(os, false);
    return answer == Answer::Switch ? answer : Answer::Again;
}

}  // namespace

void panic(Os& os, std::string_view why) {
    if (!os.kernel.panic.empty()) return;
    os.kernel.panic = why;
    os.emit(EventKind::Panic, {}, "Kernel panic - not syncing: " + std::string(why));
}

void serve(Os& os) {
    u64& rax = os.cpu.regs.gpr[RAX];
    const auto answer = [&](Answer a) { rax = static_cast<u64>(a); };
    switch (rax) {
        case SVC_STARTUP_64:
            rax = startup64(os);
            break;
        case SVC_TRAP_INIT:
            trapInit(os);
            break;
        case SVC_START_KERNEL:
            startKernel(os);
            break;
        case SVC_REST_INIT:
            restInit(os);
            break;
        case SVC_KERNEL_INIT:
            kernelInit(os);
            break;
        case SVC_SYSCALL:
            answer(systemCall(os));
            break;
        case SVC_INT80:
            answer(int80(os));
            break;
        case SVC_TRAP:
            trap(os, static_cast<u8>(os.cpu.regs.gpr[RDI]));
            break;
        case SVC_IRQ:
            interrupt(os, static_cast<u8>(os.cpu.regs.gpr[RDI]));
            break;
        case SVC_EXIT_TO_USER:
            answer(exitToUser(os));
            break;
        case SVC_FINISH_SWITCH:
            finishSwitch(os, TaskId(static_cast<u32>(os.cpu.regs.gpr[RCX])));
            break;
        case SVC_SCHEDULE_TAIL:
            finishSwitch(os, TaskId(static_cast<u32>(os.cpu.regs.gpr[RCX])));
            scheduleTail(os);
            break;
        case SVC_IDLE:
            answer(idle(os));
            break;
        case SVC_KTHREAD:
            answer(kernelThread(os));
            break;
        default:
            panic(os, fmt::format("VMCALL with the unknown service {}", rax));
    }
}

}  // namespace ringside
