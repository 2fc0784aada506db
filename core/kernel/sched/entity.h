// sched_entity and the scheduler's per-task fields (Linux 6.1 include/linux/sched.h), and the numbers behind them.
#pragma once

#include "core/base/types.h"
#include "core/kernel/ids.h"

namespace ringside {

enum class SchedPolicy : u8 { Normal = 0, Fifo = 1, Rr = 2, Batch = 3, Idle = 5, Deadline = 6 };

inline constexpr int kMaxRtPrio = 100;  // task_struct::prio below it: real time

struct LoadWeight {
    u64 weight = 1024 << 10;  // scaled by 2^10 as on 64-bit Linux
    u32 invWeight = 4194304;
    bool operator==(const LoadWeight&) const = default;
};

// A node of the red-black tree inside the machine: ids, not pointers.
struct RbNode {
    TaskId parent, left, right;
    bool red = false;
    bool operator==(const RbNode&) const = default;
};

struct SchedEntity {
    LoadWeight load;
    RbNode node;
    bool onRq = false;
    u64 execStart = 0, sumExecRuntime = 0, prevSumExecRuntime = 0;  // ns
    u64 vruntime = 0;                                               // ns, weighted
    i64 vlag = 0;                                                   // EEVDF
    u64 deadline = 0, slice = 0;                                    // EEVDF
    u64 minDeadline = 0;  // EEVDF: the earliest deadline in the subtree below this node, its own included
    bool operator==(const SchedEntity&) const = default;
};

struct RtEntity {
    u32 timeSlice = 0;  // ticks left (SCHED_RR, and the round-robin policies)
    TaskId next;        // in its list
    bool onRq = false;
    bool operator==(const RtEntity&) const = default;
};

struct DeadlineEntity {
    u64 runtime = 0, deadline = 0, period = 0;  // ns, as set
    i64 leftRuntime = 0;                        // ns; the bandwidth server throttles at 0
    u64 absoluteDeadline = 0;
    bool onRq = false;
    bool throttled = false;  // budget used up: waits for its replenishment
    bool yielded = false;
    bool operator==(const DeadlineEntity&) const = default;
};

}  // namespace ringside
