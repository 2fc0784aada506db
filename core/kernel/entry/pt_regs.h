// struct pt_regs (Linux 6.1 arch/x86/include/asm/ptrace.h): what the entry code pushed at the top of the task's kernel
// stack. It lies in simulated RAM; these read and write it there.
#pragma once

#include "core/base/types.h"
#include "core/kernel/ids.h"

namespace ringside {

struct Os;

struct PtRegs {
    u64 r15 = 0, r14 = 0, r13 = 0, r12 = 0, rbp = 0, rbx = 0;
    u64 r11 = 0, r10 = 0, r9 = 0, r8 = 0, rax = 0, rcx = 0, rdx = 0, rsi = 0, rdi = 0;
    u64 origRax = 0;  // system call number; ~0 for interrupts; the error code for exceptions
    u64 rip = 0, cs = 0, eflags = 0, rsp = 0, ss = 0;
    bool operator==(const PtRegs&) const = default;
};
static_assert(sizeof(PtRegs) == 168);

inline constexpr u16 kKernelCs = 0x10, kKernelDs = 0x18, kUserCs32 = 0x23, kUserDs = 0x2b, kUserCs = 0x33;

// task_pt_regs(): the registers with which `task` will go back to user mode.
PtRegs readPtRegs(const Os& os, TaskId task);
void writePtRegs(Os& os, TaskId task, const PtRegs& regs);

}  // namespace ringside
