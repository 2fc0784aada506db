// struct rq and its class queues (Linux 6.1 kernel/sched/sched.h), for one CPU, as plain values.
#pragma once

#include <array>
#include <vector>

#include "core/base/types.h"
#include "core/kernel/ids.h"

namespace ringside {

enum class SchedKind : u8 { Coop, Rr, RrLatency, Cfs, Eevdf };  // --sched

struct CfsQueue {
    TaskId root, leftmost;  // red-black tree by vruntime, linked through Task::se.node
    u64 minVruntime = 0;
    u64 loadWeight = 0;   // of all entities on the queue, the running one included
    u32 running = 0;      // cfs_rq->nr_running
    u32 idleRunning = 0;  // of those, SCHED_IDLE
    // EEVDF, of what is in the tree: the sum of (vruntime - minVruntime) * weight, and of the weights.
    i128 avgVruntime = 0;
    i64 avgLoad = 0;
    TaskId current, next, last, skip;  // buddies
    bool operator==(const CfsQueue&) const = default;
};

struct RtQueue {
    std::array<std::vector<TaskId>, 100> lists{};
    u32 running = 0;
    u64 timeNs = 0, periodStartNs = 0;  // throttling: 950 ms in each second
    bool throttled = false;
    bool periodActive = false;  // the period timer is armed
    bool operator==(const RtQueue&) const = default;
};

// Why a pick was made, as numbers: schedule() allocates nothing. reasonText (sched.h) says it in words.
struct PickReason {
    enum class Why : u8 {
        None,
        Idle,              // nobody else can run
        EarliestDeadline,  // SCHED_DEADLINE; value: the deadline, ns
        RealTime,          // value: the priority
        Leftmost,          // value: vruntime
        StaysLeftmost,     // the running one is further left still; value: vruntime
        Skips,             // `other` yielded
        NextBuddy,
        LastBuddy,
        RunToParity,      // EEVDF: its slice is not used up
        VirtualDeadline,  // EEVDF; value: the deadline
        OnlyOne,
        TurnNotOver,
        WaitedLongest,
    };
    Why why = Why::None;
    TaskId task, other;
    u64 value = 0;
    bool throttled = false;  // real-time tasks would have come first
    bool operator==(const PickReason&) const = default;
};

// The last pick: what the views show.
struct Decision {
    static constexpr std::size_t kListed = 16;
    u64 tick = 0;
    TaskId previous, chosen;
    bool preempted = false;
    u32 runnable = 0;                          // how many could run at that moment
    std::array<TaskId, kListed> candidates{};  // the first of them; 0: no more
    PickReason reason;
    bool operator==(const Decision&) const = default;
};

struct RunQueue {
    SchedKind kind = SchedKind::Cfs;
    u32 running = 0;  // rq->nr_running
    u64 clockNs = 0;  // rq_clock_task
    CfsQueue cfs;
    RtQueue rt;
    std::vector<TaskId> deadline;  // by absolute deadline
    std::vector<TaskId> fifo;      // coop, rr and rr-latency: waiting, in order; the running one is not on it
    bool yielding = false;         // the next schedule() was asked for by sched_yield
    u64 switches = 0;
    Decision decision;
    bool operator==(const RunQueue&) const = default;
};

struct Os;
// The border of the scheduler: everyone else calls only these (sched/core.cpp).
void scheduleTick(Os& os);              // from the timer interrupt
void schedule(Os& os, bool preempted);  // picks the next task; the switch itself is made by the entry code
void activate(Os& os, TaskId task,
              bool wakeup);          // puts it on the queue and preempts the current one when the rule says so
void wakeNew(Os& os, TaskId child);  // wake_up_new_task
void deactivate(Os& os, TaskId task);
void schedYield(Os& os);
void setNice(Os& os, TaskId task, int nice);

}  // namespace ringside
