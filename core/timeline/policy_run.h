// The same program under another scheduling policy: a machine of its own, run from the start, and what the run says
// about each task, so that policies can be held against each other.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/machine/machine.h"
#include "core/timeline/sched_log.h"

namespace ringside {

// Times of one task, in ns of virtual time.
struct TaskTimes {
    i32 pid = 0;
    std::string name;
    u32 weight = 0;
    u64 born = 0, firstRan = 0, ended = 0;  // moments
    bool everRan = false, hasEnded = false;
    u64 ran = 0, waited = 0, slept = 0;
    u64 response() const { return firstRan - born; }
    u64 turnaround() const { return ended - born; }
    bool operator==(const TaskTimes&) const = default;
};

TaskTimes timesOfTask(i32 pid, const SchedLog::Series& series, u64 end);  // `end`: of the run
// Of the tasks of user mode (kernel threads are left out), by PID.
std::vector<TaskTimes> taskTimes(const SchedLog& log);

// What each task was due of the CPU in [from, to], in ns: at any moment the CPU is divided among all that want it (run
// or wait for it) by their weights. Kernel threads count, too.
std::map<i32, double> entitled(const SchedLog& log, u64 from, u64 to);

struct PolicyTimes {
    std::vector<TaskTimes> tasks;
    double waiting = 0, response = 0, turnaround = 0;  // means, ns, over the tasks that they are known of
    // Jain's index of what each task got over what it was due, over the tasks that want the CPU most of the time: 1
    // when each got its due, 1/n when one got all.
    double fairness = 1;
    u64 switches = 0;
    bool operator==(const PolicyTimes&) const = default;
};
PolicyTimes policyTimes(const SchedLog& log);
double jainIndex(const std::vector<double>& shares);

struct PolicyRun {
    SchedKind kind = SchedKind::Cfs;
    SchedLog log;
    PolicyTimes times;
    u64 ns = 0;  // virtual time reached
    Tick ticks = 0;
    bool done = false;
    MachineStop stop = MachineStop::TickLimit;  // TickLimit: it was given up
};

// Runs `start` under `kind` until it ends, sleeps for ever or has made `limit` ticks. `inputs` are given one by one
// when everybody waits for input. Now and then `progress` sees what there is; when it says false, the run ends.
PolicyRun runUnder(Machine start, SchedKind kind, Tick limit, std::vector<std::function<void(Machine&)>> inputs,
                   const std::function<bool(const PolicyRun&)>& progress);

}  // namespace ringside
