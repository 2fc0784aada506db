// Kernel stacks (16 KiB, mapped in the vmalloc area above a guard gap, as CONFIG_VMAP_STACK does) and the first frame
// on them: copy_thread, Linux 6.1 arch/x86/kernel/process.c.
#pragma once

#include <string_view>

#include "core/base/types.h"
#include "core/kernel/entry/pt_regs.h"
#include "core/kernel/ids.h"

namespace ringside {

struct Os;

inline constexpr u64 kKernelStackSize = 16384;

// Gives `child` a stack (Task::stackBase, Task::sp) such that the first switch to it lands in ret_from_fork and goes to
// user mode with `regs`. False: no memory.
bool makeKernelStack(Os& os, TaskId child, const PtRegs& regs);
// The same for a kernel thread: the first switch to it lands at `symbol` of the kernel ELF ("kthread" loops asleep;
// "kernel_init" starts the first program; "cpu_startup_entry" is the idle loop).
bool makeKernelThreadStack(Os& os, TaskId child, std::string_view symbol);
// May be called for the current task's own stack no earlier than after the switch away from it (finishSwitch does it
// for a dead task that was not waited for).
void freeKernelStack(Os& os, TaskId task);

}  // namespace ringside
