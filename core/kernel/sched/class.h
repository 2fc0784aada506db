// What a scheduling class provides (Linux 6.1 kernel/sched/sched.h: struct sched_class). Only core.cpp calls these.
#pragma once

#include <string>
#include <vector>

#include "core/kernel/os.h"
#include "core/kernel/sched/sched.h"

namespace ringside::sched {

// ENQUEUE_*, DEQUEUE_*, WF_*
inline constexpr unsigned kWakeup = 1, kSleep = 1, kRestore = 2, kSave = 2, kHead = 0x10, kInitial = 0x80,
                          kWakeFork = 0x04;

struct Rules {
    void (*enqueue)(Os& os, Task& task, unsigned flags);
    void (*dequeue)(Os& os, Task& task, unsigned flags);
    // The class's choice, with `previous` still being its current task or not of this class; puts the previous one back
    // and takes the next one off. Nothing to run: id 0. `why` is filled in.
    TaskId (*pickNext)(Os& os, Task& previous, PickReason& why);
    void (*putPrevious)(Os& os, Task& task);
    void (*setNext)(Os& os, Task& task);
    void (*tick)(Os& os, Task& current);
    void (*checkPreempt)(Os& os, Task& woken, unsigned flags);
    void (*yield)(Os& os, Task& current);
    void (*fork)(Os& os, Task& child);  // task_fork: the parent is the current task
    void (*updateCurrent)(Os& os);
};

const Rules& rulesOf(const Kernel& kernel, SchedClass schedClass);
extern const Rules kDeadlineRules, kRtRules, kCfsRules, kEevdfRules, kCoopRules, kRrRules, kRrLatencyRules, kIdleRules;

void checkPreemptCurr(Os& os, Task& woken, unsigned flags);
// Sets prio and normalPrio from what the task asked for and what it inherits.
void setPriority(const Kernel& kernel, Task& task);

// Shared by the fair kinds.
void addRunning(Os& os, Task& task);
void subRunning(Os& os, Task& task);
std::string nameOf(const Task& task);                  // "sh (12)"
void takeOff(std::vector<TaskId>& list, TaskId task);  // list_del: almost always its first

// Timers of the classes.
void deadlineReplenish(Os& os, TaskId task);  // dl_task_timer
void rtPeriod(Os& os);                        // sched_rt_period_timer
inline constexpr u64 kRtPeriodNs = 1'000'000'000, kRtRuntimeNs = 950'000'000;
u32 rrTimesliceTicks(const Kernel& kernel);  // 100 ms

}  // namespace ringside::sched
