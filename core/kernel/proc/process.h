// Life and death of tasks (Linux 6.1 kernel/fork.c, kernel/exit.c).
#pragma once

#include "core/kernel/os.h"

namespace ringside {

namespace clone {  // CLONE_*, Linux include/uapi/linux/sched.h
inline constexpr u64 Signal = 0xff, Vm = 0x100, Fs = 0x200, Files = 0x400, Sighand = 0x800, PidFd = 0x1000,
                     Ptrace = 0x2000, Vfork = 0x4000, Parent = 0x8000, Thread = 0x10000, NewNs = 0x20000,
                     SysvSem = 0x40000, SetTls = 0x80000, ParentSetTid = 0x100000, ChildClearTid = 0x200000,
                     Detached = 0x400000, Untraced = 0x800000, ChildSetTid = 0x1000000, NewCgroup = 0x2000000,
                     NewUts = 0x4000000, NewIpc = 0x8000000, NewUser = 0x10000000, NewPid = 0x20000000,
                     NewNet = 0x40000000, Io = 0x80000000, ClearSighand = 0x100000000, IntoCgroup = 0x200000000,
                     NewTime = 0x80;
}
namespace pf {  // task_struct::flags
inline constexpr u32 Idle = 2, Exiting = 4, ForkNoExec = 0x40, KThread = 0x200000;
}

struct CloneArgs {
    u64 flags = 0;
    i32 exitSignal = 0;
    u64 stack = 0, stackSize = 0, tls = 0;
    u64 parentTid = 0, childTid = 0;
};
// kernel_clone: the child's number as the caller sees it, kAgain while a vfork waits, or -errno.
i64 kernelClone(Os& os, const CloneArgs& args);
// A kernel thread that begins at `symbol` of the kernel ELF. Id 0: no memory.
TaskId kernelThread(Os& os, std::string comm, std::string_view symbol);
// schedule_tail for a new task, when it first runs: writes CLONE_CHILD_SETTID's word.
void scheduleTail(Os& os);
void completeVfork(Os& os, Task& task);

// Ends the current task: afterwards its state is Dead and it must be switched away from. `code` is a wait status.
void doExit(Os& os, i32 code);
// What doExit does, for any thread that is not on the run queue.
void endTask(Os& os, Task& task, i32 code);
void doGroupExit(Os& os, i32 code);  // the whole process; ends the current task, and the others on their way
// Reaps a zombie; the current task stays in the table until it has been switched away from (finishDeadTask).
void releaseTask(Os& os, TaskId task);
bool notifyParent(Os& os, Task& task, i32 signal);  // do_notify_parent; true: nobody will wait, reap it at once
void notifyParentStopped(Os& os, Task& task, i32 why);
bool threadGroupEmpty(const Os& os, const Task& task);
void zapOtherThreads(Os& os, Task& task);

// The circular list task_struct::tasks (list_add_tail, list_del, list_replace).
void linkProcess(Os& os, TaskId task);
void unlinkProcess(Os& os, TaskId task);
void replaceProcess(Os& os, TaskId old, TaskId by);

i64 doUnshare(Os& os, u64 flags);

}  // namespace ringside
