#include "core/kernel/entry/context_switch.h"

#include <algorithm>

#include "core/kernel/costs.h"
#include "core/kernel/entry/border.h"
#include "core/kernel/entry/fpu_state.h"
#include "core/kernel/entry/kernel_memory.h"
#include "core/kernel/entry/kernel_stack.h"
#include "core/kernel/mm/page_tables.h"
#include "core/kernel/time/timekeeping.h"

namespace ringside {
namespace {

constexpr u64 kTssRsp0 = 4, kTopOfStack = 0;

}  // namespace

void loadStackTop(Os& os, const Task& task) {
    const u64 top = task.stackBase + kKernelStackSize;
    storeKernel(os, kernelSymbol(os, "cpu_tss") + kTssRsp0, top);
    storeKernel(os, kernelSymbol(os, "cpu_area") + kTopOfStack, top);
}

Answer reschedule(Os& os, bool preempted) {
    const TaskId from = os.kernel.current;
    schedule(os, preempted);
    const TaskId to = os.kernel.current;
    if (from == to) return Answer::Go;
    KernelCall call(os, "context_switch", cost::kSwitch);
    Registers& regs = os.cpu.regs;
    if (os.kernel.tasks.at(from).mm.value) {
        Task& previous = os.kernel.tasks.edit(from);
        previous.fpu = fxsave(regs);
        previous.fsBase = regs.segment[FS].base;
        previous.gsBase = regs.kernelGsBase;  // we are in the kernel: the user's base waits there for SWAPGS
    }
    const Task& next = os.kernel.tasks.at(to);
    if (next.mm.value) {
        fxrstor(regs, next.fpu);
        regs.segment[FS].base = next.fsBase;
        regs.kernelGsBase = next.gsBase;
    }
    loadStackTop(os, next);
    u64 cr3 = 0;  // kernel threads borrow the tables that are loaded (lazy TLB)
    if (next.mm.value) {
        cr3 = os.kernel.mms.at(next.mm).cr3;
        if (cr3 == (regs.cr3 & pte::kFrameMask)) cr3 = 0;
    }
    regs.gpr[RDI] = stackPointerSlot(os.kernel.tasks.at(from));
    regs.gpr[RSI] = stackPointerSlot(next);
    regs.gpr[RDX] = cr3;
    regs.gpr[RCX] = from.value;
    return Answer::Switch;
}

void finishSwitch(Os& os, TaskId id) {
    KernelCall call(os, "finish_task_switch");
    if (id == TaskId(1)) {  // tick_nohz_idle_exit: the tick runs again
        updateWallTime(os);
        armTimer(os);
    }
    if (!os.kernel.tasks.contains(id)) return;
    Task& previous = os.kernel.tasks.edit(id);
    previous.sp = loadKernel<u64>(os, stackPointerSlot(previous));
    if (previous.state != state::Dead) return;
    freeKernelStack(os, id);
    finishDeadTask(os, id);
}

}  // namespace ringside
