// context_switch and finish_task_switch (Linux 6.1 kernel/sched/core.c, arch/x86/kernel/process_64.c: __switch_to):
// what of a switch is not the stack.
#pragma once

#include "core/kernel/os.h"

namespace ringside {

// What a service tells the stub in RAX.
enum class Answer : u64 { Go = 0, Switch = 1, Again = 2 };

// Where the task's kernel stack pointer is kept while it is switched away (thread.sp): beside the magic number at the
// end of its stack.
inline u64 stackPointerSlot(const Task& task) { return task.stackBase + 8; }

// schedule(), and when it chose another task: hands over the CPU's state and tells the stub what to switch. Go: the
// same task goes on.
Answer reschedule(Os& os, bool preempted);
// Loads what the CPU needs to know of the task it runs: TSS.RSP0, the per-CPU top of stack.
void loadStackTop(Os& os, const Task& task);
void finishSwitch(Os& os, TaskId previous);

}  // namespace ringside
