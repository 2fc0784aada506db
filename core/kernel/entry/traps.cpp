// Exceptions and interrupts, behind their stubs (Linux 6.1 arch/x86/kernel/traps.c, mm/fault.c, apic/apic.c).
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <span>

#include "core/elf/disassembler.h"
#include "core/kernel/costs.h"
#include "core/kernel/entry/border.h"
#include "core/kernel/entry/kernel_memory.h"
#include "core/kernel/entry/kernel_stack.h"
#include "core/kernel/entry/pt_regs.h"
#include "core/kernel/entry/services.h"
#include "core/kernel/mm/address_space.h"
#include "core/kernel/proc/signal.h"
#include "core/kernel/time/timekeeping.h"

namespace ringside {
namespace {

// si_code values, Linux include/uapi/asm-generic/siginfo.h
constexpr i32 kSegvMapErr = 1, kSegvAccErr = 2, kBusAdrErr = 2, kIllOpn = 2, kFpeIntDiv = 1, kTrapBrkpt = 1,
              kTrapTrace = 2, kSiKernel = 0x80, kFpeFltDiv = 3, kFpeFltOvf = 4, kFpeFltUnd = 5, kFpeFltRes = 6,
              kFpeFltInv = 7, kBusAdrAln = 1;

struct TrapName {
    u8 vector;
    const char* name;
    const char* function;
};
constexpr TrapName kTraps[] = {
    {0, "divide error", "exc_divide_error"},
    {1, "debug", "exc_debug"},
    {2, "nmi", "exc_nmi"},
    {3, "int3", "exc_int3"},
    {4, "overflow", "exc_overflow"},
    {5, "bounds", "exc_bounds"},
    {6, "invalid opcode", "exc_invalid_op"},
    {7, "device not available", "exc_device_not_available"},
    {8, "double fault", "exc_double_fault"},
    {9, "coprocessor segment overrun", "exc_coproc_segment_overrun"},
    {10, "invalid TSS", "exc_invalid_tss"},
    {11, "segment not present", "exc_segment_not_present"},
    {12, "stack segment", "exc_stack_segment"},
    {13, "general protection fault", "exc_general_protection"},
    {14, "page fault", "exc_page_fault"},
    {15, "spurious interrupt", "spurious_interrupt_bug"},
    {16, "coprocessor error", "exc_coprocessor_error"},
    {17, "alignment check", "exc_alignment_check"},
    {18, "machine check", "exc_machine_check"},
    {19, "SIMD coprocessor error", "exc_simd_coprocessor_error"},
};

// fpu__exception_code, Linux 6.1 arch/x86/kernel/fpu/core.c
i32 floatCode(u32 error) {
    if (error & 1) return kFpeFltInv;
    if (error & 4) return kFpeFltDiv;
    if (error & 8) return kFpeFltOvf;
    if (error & (2 | 16)) return kFpeFltUnd;
    if (error & 32) return kFpeFltRes;
    return 0;
}

void segfault(Os& os, i32 signal, i32 code, u64 address) {
    ++os.kernel.counters.segfaults;
    const bool known = address < kTaskSize && os.kernel.currentTask().mm.value;
    const Vma* area = known ? os.kernel.mms.at(os.kernel.currentTask().mm).find(address) : nullptr;
    std::string why;
    if (signal == kSigBus)
        why = fmt::format("{:#x} lies behind the end of the file", address);
    else if (code == kSegvMapErr)
        why = fmt::format("no area of memory contains {:#x}", address);
    else
        why = fmt::format("the area{} does not allow this access to {:#x}",
                          area && !area->name.empty() ? " " + area->name : std::string(), address);
    os.emit(EventKind::SegFault, {address, static_cast<u64>(code)}, why);
    forceSignal(os, signal, code, address);
}

bool anybodyDies(const Os& os) {
    for (auto [id, task] : os.kernel.tasks)
        if (task.mm.value && fatalSignalPending(task)) return true;
    return false;
}

void pageFault(Os& os, const PtRegs& regs) {
    const u64 address = os.cpu.regs.cr2;
    const u32 error = static_cast<u32>(regs.origRax);
    switch (handleFault(os, address, error)) {
        case FaultResult::Handled:
            break;
        case FaultResult::SegvMapErr:
            segfault(os, kSigSegv, kSegvMapErr, address);
            break;
        case FaultResult::SegvAccErr:
            segfault(os, kSigSegv, kSegvAccErr, address);
            break;
        case FaultResult::BusAdrErr:
            segfault(os, kSigBus, kBusAdrErr, address);
            break;
        case FaultResult::OutOfMemory:
            // pagefault_out_of_memory: somebody is dying; the access runs again. When it is nobody, it is us.
            if (!anybodyDies(os)) forceSignal(os, kSigKill, kSiKernel, 0);
            break;
    }
}

// IRETQ to user mode failed: Linux's fixup_bad_iret makes it look as if the user's registers had faulted.
void fixupBadIret(Os& os, const PtRegs& regs, u8 vector) {
    const TaskId task = os.kernel.current;
    PtRegs user = regs;
    user.rip = loadKernel<u64>(os, regs.rsp);
    user.cs = loadKernel<u64>(os, regs.rsp + 8);
    user.eflags = loadKernel<u64>(os, regs.rsp + 16);
    user.rsp = loadKernel<u64>(os, regs.rsp + 24);
    user.ss = loadKernel<u64>(os, regs.rsp + 32);
    user.origRax = ~u64{0};
    writePtRegs(os, task, user);
    // The stub left user GS loaded before IRETQ; error_entry saw kernel CS and did not swap.
    std::swap(os.cpu.regs.segment[GS].base, os.cpu.regs.kernelGsBase);
    os.cpu.regs.gpr[RSP] = os.kernel.currentTask().stackBase + kKernelStackSize - sizeof(PtRegs);
    forceSignal(os, vector == 11 || vector == 12 ? kSigBus : kSigSegv, kSiKernel, 0);
}

}  // namespace

namespace {

void raiseFor(Os& os, u8 vector, const PtRegs& regs);

// "c5 f8 58 c1 (vaddps): not an instruction this CPU has"
std::string undefinedText(const Undefined& undefined) {
    const elf::Line line = elf::Disassembler().one(undefined.rip, {undefined.bytes.data(), undefined.length});
    const auto bytes = std::span(undefined.bytes).first(line.length);
    return fmt::format("{:02x} ({}): not an instruction this CPU has", fmt::join(bytes, " "), line.mnemonic);
}

}  // namespace

void trap(Os& os, u8 vector) {
    const TrapName& row = kTraps[std::min<std::size_t>(vector, std::size(kTraps) - 1)];
    KernelCall call(os, row.function, vector == 14 ? cost::kPageFault : cost::kException);
    const u64 rsp = os.cpu.regs.gpr[RSP];
    const PtRegs regs = loadKernel<PtRegs>(os, rsp);
    os.emit(EventKind::Trap, {vector, regs.origRax, regs.rip}, row.name);
    if ((regs.cs & 3) == 0) {
        if (regs.rip == kernelSymbol(os, "native_iret")) return fixupBadIret(os, regs, vector);
        return panic(os, fmt::format("{} in the kernel at {:#x}", row.name, regs.rip));
    }
    if (os.cpu.undefined) {
        os.emit(EventKind::Undefined, {os.cpu.undefined->rip}, undefinedText(*os.cpu.undefined));
        os.cpu.undefined.reset();
    }
    raiseFor(os, vector, regs);
    // No system call: nothing to restart (the stub of Linux does this when it has read the error code).
    constexpr u64 kOrigRax = 120;
    storeKernel(os, rsp + kOrigRax, ~u64{0});
}

namespace {

void raiseFor(Os& os, u8 vector, const PtRegs& regs) {
    switch (vector) {
        case 0:
            return forceSignal(os, kSigFpe, kFpeIntDiv, regs.rip);
        case 1: {
            const bool step = os.cpu.regs.dr[6] & (1 << 14);
            return forceSignal(os, kSigTrap, step ? kTrapTrace : kTrapBrkpt, regs.rip);
        }
        case 3:
            return forceSignal(os, kSigTrap, kSiKernel, 0);
        case 4:
        case 5:
            return forceSignal(os, kSigSegv, kSiKernel, 0);
        case 6:
            return forceSignal(os, kSigIll, kIllOpn, regs.rip);
        case 10:
        case 13:
            return forceSignal(os, kSigSegv, kSiKernel, 0);
        case 11:
        case 12:
            return forceSignal(os, kSigBus, kSiKernel, 0);
        case 14:
            return pageFault(os, regs);
        case 16: {
            const u32 status = os.cpu.regs.x87.status;
            return forceSignal(os, kSigFpe, floatCode(status & ~u32{os.cpu.regs.x87.control}), regs.rip);
        }
        case 17:
            return forceSignal(os, kSigBus, kBusAdrAln, 0);
        case 19:
            return forceSignal(os, kSigFpe, floatCode(os.cpu.regs.mxcsr & ~(os.cpu.regs.mxcsr >> 7)), regs.rip);
        default:
            return forceSignal(os, kSigSegv, kSiKernel, 0);
    }
}

}  // namespace

void interrupt(Os& os, u8 vector) {
    ++os.kernel.counters.irqs;
    const PtRegs regs = loadKernel<PtRegs>(os, os.cpu.regs.gpr[RSP]);
    if (vector == Timer::kVector) {
        KernelCall call(os, "sysvec_apic_timer_interrupt", cost::kInterrupt);
        os.emit(EventKind::Irq, {vector}, "timer");
        KernelCall hrtimer(os, "hrtimer_interrupt");
        runTimers(os);
        if (tickIsDue(os)) {
            KernelCall tick(os, "tick_sched_timer");
            updateWallTime(os);
            KernelCall update(os, "update_process_times");
            accountTick(os, regs.cs & 3);
            scheduleTick(os);
        }
        armTimer(os);
    } else if (vector == Console::kVector) {
        KernelCall call(os, "serial8250_interrupt", cost::kInterrupt);
        os.emit(EventKind::Irq, {vector}, "console");
        consoleInterrupt(os);
    } else if (vector == kRescheduleVector) {
        KernelCall call(os, "sysvec_reschedule_ipi", cost::kInterrupt);
        os.emit(EventKind::Irq, {vector}, "reschedule");
    } else {
        os.emit(EventKind::Irq, {vector}, "nobody's");
    }
}

// The tick runs while somebody runs; the idle task sleeps to the next timer (NO_HZ_IDLE).
void armTimer(Os& os) {
    const u64 perTick = os.clockHz / os.kernel.options.hz;
    const bool idle = os.kernel.current == TaskId(1) && !os.kernel.currentTask().needResched;
    Cycles deadline = idle ? Timer::kOff : (os.kernel.jiffies + 1) * perTick;
    if (const auto next = nextTimerNs(os)) {
        deadline = std::min(deadline, os.kernel.clock.reaches(*next));
    }
    os.devices.timer.deadline = deadline;
}

}  // namespace ringside
