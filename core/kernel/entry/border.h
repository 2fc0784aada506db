// What the entry code asks of the rest of the kernel model, and the order in which it does. One line each for who
// provides it.
//
// Events of a call: SyscallEnter carries describeCall() as its text, SyscallExit describeFilled()
// (syscalls/describe.h), each emitted once for a call, however often its handler runs again after a sleep.
//
// System call: the SYSCALL service reads pt_regs and calls dispatchSyscall (syscalls/table.h). kAgain: the task is
// asleep; schedule() is called, the stub switches, and when the task runs again the same call runs again. Any other
// value goes to pt_regs.rax, even the restart codes -512…-516: doSignal rewrites them. On the way to user mode, again
// and again until nothing is left: needResched → schedule(os, true); signalPending → doSignal(os). A task whose state
// became Dead, or that left Running inside doSignal (stopped), is switched away from. schedule() sets kernel.current to
// the chosen task (perhaps the same), clears needResched of the previous one, emits Switch and counts; the entry code
// then saves and loads FPU, FS/GS bases, TSS.RSP0 and CR3 and switches the stacks.
#pragma once

#include <optional>
#include <string_view>

#include "core/base/types.h"
#include "core/kernel/ids.h"

namespace ringside {

struct Os;

// arch/x86/include/asm/irq_vectors.h: another CPU changed something that this one should look at.
inline constexpr u8 kRescheduleVector = 0xfd;

// proc/signals: arch_do_signal_or_restart. May rewrite pt_regs (handler frame, restart of the call), stop or end the
// current task.
void doSignal(Os& os);
// proc/signals: force_sig_fault for the current task, from an exception; `address` is si_addr.
void forceSignal(Os& os, i32 signal, i32 code, u64 address);
// proc/time: wakes everyone whose wakeAtNs has come, and fires interval timers. Called on each timer interrupt, before
// scheduleTick.
void runTimers(Os& os);
// proc/time: when the next sleeper or interval timer is due; nothing: never.
std::optional<u64> nextTimerNs(const Os& os);
// proc/time: update_process_times' accounting: one tick's time to the current task (user or system).
void accountTick(Os& os, bool userMode);
// fs (tty): takes Devices::console.input into the line discipline, raises SIGINT …, wakes readers.
void consoleInterrupt(Os& os);
// proc: makes idle (PID 0, TaskId 1, already current), PID 1 and kthreadd (PID 2); kernel stacks by
// entry/kernel_stack.h. Called by start_kernel/rest_init. PID 1's stack begins at "kernel_init".
void makeInitTasks(Os& os);

// proc: a dead task was switched away from and its stack is freed: erases it when nobody waits for it
// (exitState ExitDead); a zombie stays. Such a task must stay in the table until then.
void finishDeadTask(Os& os, TaskId task);

// entry: the kernel can not go on. Emits Panic; the machine stops as Panicked.
void panic(Os& os, std::string_view why);
// entry: program the timer for the nearer of the next tick and the next sleeper.
void armTimer(Os& os);

}  // namespace ringside
