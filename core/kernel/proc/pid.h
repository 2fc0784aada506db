// Process numbers (Linux 6.1 kernel/pid.c): allocated cyclically from the idr of a namespace and of each of its
// parents, so a task has one number at each level.
#pragma once

#include <expected>
#include <vector>

#include "core/kernel/os.h"

namespace ringside {

inline constexpr i32 kReservedPids = 300;  // after a wrap, numbers below are not given again

// alloc_pid; also gives the task's struct pid its place in memory. -EAGAIN: every number is in use; -ENOMEM: the
// namespace's init is gone.
std::expected<std::vector<Upid>, i64> allocPid(Os& os, PidNsId ns, TaskId task);
void freePid(Os& os, Task& task);  // its numbers can be given again; the task still knows them

PidNsId newPidNamespace(Os& os, PidNsId parent, NamespaceId owner);
void putPidNamespace(Os& os, PidNsId ns);
void putUtsNamespace(Os& os, UtsNsId ns);
inline PidNsId activePidNamespace(const Task& task) { return task.pids.empty() ? PidNsId{} : task.pids.back().ns; }

TaskId findTask(const Kernel& kernel, PidNsId ns, i32 number);  // id 0: none
TaskId findTask(const Os& os, i32 number);                      // as the current task sees it
TaskId findGlobal(const Kernel& kernel, i32 number);
i32 numberIn(const Task& task, PidNsId ns);                        // 0: can not be seen from there
i32 visiblePid(const Os& os, const Task& task);                    // task_pid_vnr
i32 visibleTgid(const Os& os, const Task& task);                   // task_tgid_vnr
i32 visibleNumber(const Os& os, i32 global);                       // of a process group or session
i32 globalNumber(const Os& os, i32 visible);                       // the other way; 0: there is none
std::vector<TaskId> groupMembers(const Kernel& kernel, i32 pgrp);  // leaders of the processes in it, oldest first
std::vector<TaskId> sessionMembers(const Kernel& kernel, i32 session);

}  // namespace ringside
