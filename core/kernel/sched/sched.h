// The scheduler's functions for the other parts of proc/ and for the system calls, beside the border in run_queue.h
// (Linux 6.1 kernel/sched/core.c). One CPU; no groups (FAIR_GROUP_SCHED, autogroup), no load tracking (PELT), no
// migration.
#pragma once

#include <optional>
#include <string_view>

#include "core/kernel/os.h"

namespace ringside {

// From the highest to the lowest. The stop class is not modelled: nothing on one CPU needs it.
enum class SchedClass : u8 { Deadline, Rt, Fair, Idle };
SchedClass classOf(const Task& task);
std::string_view nameOf(SchedKind kind);
std::optional<SchedKind> schedKindOf(std::string_view name);
bool onRunQueue(const Task& task);
bool isIdleTask(const Task& task);

// try_to_wake_up: makes a task runnable that sleeps in one of `states`. False: it does not.
bool tryToWakeUp(Os& os, TaskId task, u32 states);
inline bool wakeUpProcess(Os& os, TaskId task) {
    return tryToWakeUp(os, task, state::Interruptible | state::Uninterruptible);
}
void reschedCurr(Os& os);
void updateRqClock(Os& os);

// sched_fork: the scheduler's fields of a new task, taken from the current one.
void schedFork(Os& os, Task& child);
// sched_cgroup_fork → task_fork: its place in virtual time. Then wakeNew() starts it.
void schedCgroupFork(Os& os, Task& child);

// Puts every runnable task under the rule of `kind`, while the machine runs.
void setScheduler(Os& os, SchedKind kind);

struct SchedAttr {
    SchedPolicy policy = SchedPolicy::Normal;
    int nice = 0;
    int rtPriority = 0;
    bool resetOnFork = false;
    u64 runtime = 0, deadline = 0, period = 0;  // ns, SCHED_DEADLINE
};
// __sched_setscheduler without the permission checks: 0 or -errno.
i64 setSchedAttr(Os& os, TaskId task, const SchedAttr& attr);

// rt_mutex_adjust_prio_chain: gives a task the priority of the first that waits for a lock it holds, if that is higher
// than its own; then the same for whom it waits for, and so on.
void adjustPriorities(Os& os, TaskId task);
std::string priorityText(int prio);  // "real-time priority 30", "nice 5"

// Charges the time since the last call to the task's utime or stime. Called where the CPU changes between user mode and
// the kernel, and before a switch.
void accountCpu(Os& os, Task& task, bool userMode);

// Notes what just happened to a task, for whoever listens (Trace::sched).
void sample(Os& os, const Task& task, SampleKind kind, TaskPhase phase, i32 other = 0);

// All that can run, the running one first if it can; at most so many.
std::vector<TaskId> runnableTasks(const Kernel& kernel, std::size_t most = ~std::size_t{0});

std::string reasonText(const Kernel& kernel, const PickReason& reason);

}  // namespace ringside
