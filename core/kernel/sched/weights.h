// The numbers behind fair scheduling: weights of nice values, their inverses, and the fixed-point arithmetic that turns
// run time into virtual run time, bit by bit as Linux 6.1 does it (kernel/sched/core.c: sched_prio_to_weight,
// sched_prio_to_wmult; kernel/sched/fair.c: __calc_delta). Times are nanoseconds.
#pragma once

#include <array>

#include "core/base/types.h"
#include "core/kernel/sched/entity.h"

namespace ringside {

inline constexpr std::array<u32, 40> kPrioToWeight{88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916,
                                                   9548,  7620,  6100,  4904,  3906,  3121,  2501,  1991,  1586,  1277,
                                                   1024,  820,   655,   526,   423,   335,   272,   215,   172,   137,
                                                   110,   87,    70,    56,    45,    36,    29,    23,    18,    15};
inline constexpr std::array<u32, 40> kPrioToWmult{
    48388,    59856,    76040,    92818,    118348,   147320,    184698,    229616,    287308,    360437,
    449829,   563644,   704093,   875809,   1099582,  1376151,   1717300,   2157191,   2708050,   3363326,
    4194304,  5237765,  6557202,  8165337,  10153587, 12820798,  15790321,  19976592,  24970740,  31350126,
    39045157, 49367440, 61356676, 76695844, 95443717, 119304647, 148102320, 186737708, 238609294, 286331153};
inline constexpr u32 kWeightIdle = 3, kWmultIdle = 1431655765;
inline constexpr u64 kNice0Load = 1024 << 10;

// For one CPU: get_update_sysctl_factor() is 1.
inline constexpr u64 kSchedLatencyNs = 6'000'000, kMinGranularityNs = 750'000, kWakeupGranularityNs = 1'000'000,
                     kIdleMinGranularityNs = 750'000, kBaseSliceNs = 750'000;  // kBaseSliceNs: EEVDF
inline constexpr u32 kSchedNrLatency = 8;

constexpr u64 scaleLoadDown(u64 weight) {
    if (weight == 0) return 0;
    return weight >> 10 > 2 ? weight >> 10 : 2;
}

// The entry of the tables for a task; nice is -20…19.
LoadWeight loadWeightOf(SchedPolicy policy, int nice);
// A sum of weights: its inverse is computed, not looked up.
LoadWeight loadWeightOfSum(u64 weight);

// delta * weight / load.weight
u64 calcDelta(u64 delta, u64 weight, const LoadWeight& load);
// delta in the virtual time of an entity with this weight
u64 calcDeltaFair(u64 delta, const LoadWeight& load);

}  // namespace ringside
