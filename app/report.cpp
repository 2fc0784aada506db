#include "app/report.h"

#include <fmt/format.h>

#include "core/base/json.h"
#include "core/kernel/entry/fpu_state.h"
#include "core/kernel/entry/pt_regs.h"
#include "core/kernel/os.h"

namespace ringside {

namespace {

u64 framesUsed(const Machine& machine) {
    u64 used = 0;
    const auto& pages = machine.kernel.frames.pages;
    for (std::size_t i = 0; i < pages.size(); ++i) used += pages[i].use != PageUse::Free;
    return used;
}

}  // namespace

TaskStats taskStats(const Task& task) {
    return {.comm = task.comm,
            .nice = task.nice,
            .utime = task.utime,
            .stime = task.stime,
            .waited = task.waitNs,
            .slept = task.sleepNs,
            .vruntime = task.se.vruntime,
            .voluntary = task.voluntarySwitches,
            .involuntary = task.involuntarySwitches};
}

std::string statsJson(const Machine& machine, double wallSeconds, u64 checkpoints, TaskStatsByPid tasks) {
    const KernelCounters& k = machine.kernel.counters;
    JsonWriter w;
    w.beginObject().field("instructions", machine.cpu.counters.instructions).field("ticks", machine.cpu.tick);
    w.field("cycles", machine.cpu.cycles)
        .field("nanoseconds", machine.nanoseconds())
        .field("wall_seconds", wallSeconds);
    w.key("faults").beginObject();
    w.field("zero", k.faultsZero).field("file", k.faultsFile).field("zero_page", k.faultsZeroPage);
    w.field("cow_copy", k.cowCopies).field("cow_reuse", k.cowReuses).field("swap_in", k.swapIns);
    w.field("segfault", k.segfaults).endObject();
    w.field("cow_copies", k.cowCopies).field("swap_outs", k.swapOuts).field("switches", k.switches);
    w.field("syscalls", k.syscalls).field("forks", k.forks).field("execs", k.execs).field("signals", k.signals);
    w.field("irqs", k.irqs).field("traps", machine.cpu.counters.traps);
    w.field("tlb_hits", machine.cpu.counters.tlbHits).field("tlb_misses", machine.cpu.counters.tlbMisses);
    w.field("frames_used", framesUsed(machine)).field("frames", machine.ram.frameCount());
    w.field("checkpoints", checkpoints);
    for (const auto& [id, task] : machine.kernel.tasks)
        if (task.pid() != 0) tasks.try_emplace(task.pid(), taskStats(task));  // not the idle task
    w.key("tasks").beginArray();
    for (const auto& [pid, t] : tasks) {
        w.beginObject().field("pid", pid).field("comm", t.comm).field("nice", t.nice).field("ended", t.ended);
        w.field("user_ns", t.utime).field("system_ns", t.stime).field("wait_ns", t.waited).field("sleep_ns", t.slept);
        w.field("voluntary_switches", t.voluntary).field("involuntary_switches", t.involuntary);
        w.field("vruntime_ns", t.vruntime).endObject();
    }
    w.endArray().endObject();
    return w.text();
}

std::optional<UserRegisters> userRegisters(const Machine& machine, TaskId id) {
    const Task* task = machine.kernel.tasks.find(id);
    constexpr u32 kKernelThread = 0x200000;  // PF_KTHREAD
    if (!task || task->flags & kKernelThread || task->stackBase == 0) return std::nullopt;
    UserRegisters user{task->pid(), task->comm, machine.cpu.regs};
    Registers& r = user.regs;
    const bool running = machine.kernel.current == id;
    if (running && machine.cpu.regs.cpl() == 3) return user;

    // Inside the kernel: what the entry code pushed. Reading goes through a copy, since the kernel's functions may
    // write.
    Machine copy = machine;
    const Os os{copy.kernel, copy.cpu, copy.ram, copy.devices, copy.trace, copy.clockHz};
    const PtRegs p = readPtRegs(os, id);
    r.gpr = {p.rax, p.rcx, p.rdx, p.rbx, p.rsp, p.rbp, p.rsi, p.rdi,
             p.r8,  p.r9,  p.r10, p.r11, p.r12, p.r13, p.r14, p.r15};
    // SYSCALL leaves the way back in RCX and R11; RAX is then still the number of the call that does not return.
    if (p.rcx == p.rip && p.r11 == p.eflags) r.gpr[RAX] = p.origRax;
    r.rip = p.rip;
    r.rflags = p.eflags;
    if (running) {
        r.segment[GS].base = machine.cpu.regs.kernelGsBase;  // SWAPGS has put the program's own aside
    } else {
        fxrstor(r, task->fpu);
        r.segment[FS].base = task->fsBase;
        r.segment[GS].base = task->gsBase;
    }
    return user;
}

std::string registersJson(const UserRegisters& user, const std::string& endedBy) {
    static constexpr const char* kNames[] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                             "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};
    const Registers& r = user.regs;
    JsonWriter w;
    w.beginObject().field("pid", user.pid).field("comm", user.comm);
    for (std::size_t i = 0; i < 16; ++i) w.hexField(kNames[i], r.gpr[i]);
    w.hexField("rip", r.rip).hexField("rflags", r.rflags);
    w.hexField("fs_base", r.segment[FS].base).hexField("gs_base", r.segment[GS].base);
    for (std::size_t i = 0; i < 16; ++i)
        w.field(fmt::format("xmm{}", i), fmt::format("0x{:016x}{:016x}", r.xmm[i].q[1], r.xmm[i].q[0]));
    for (unsigned i = 0; i < 8; ++i) {
        const Float80& f = r.x87.st[((r.x87.status >> 11) + i) & 7];
        w.field(fmt::format("st{}", i), fmt::format("0x{:04x}{:016x}", f.signExponent, f.mantissa));
    }
    w.hexField("mxcsr", r.mxcsr).field("ended_by", endedBy).endObject();
    return w.text();
}

}  // namespace ringside
