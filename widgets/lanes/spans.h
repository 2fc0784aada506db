// What a task did in a part of the run, as pieces that can be drawn: a piece is one phase, or, where phases are too
// short to be seen, a summary with the share of each.
#pragma once

#include <vector>

#include "core/timeline/sched_log.h"

namespace ringside {

struct PhaseSpan {
    u64 from = 0, to = 0;  // ns
    Tick tick = 0;         // at its beginning
    TaskPhase phase = TaskPhase::Gone;
    SampleKind kind = SampleKind::Run;         // how it began
    i32 other = 0;                             // SchedSample::other
    u8 wait = 0;                               // Asleep: the WaitKind
    bool summary = false;                      // several phases in one
    double user = 0, kernel = 0, waiting = 0;  // shares of its length
    bool operator==(const PhaseSpan&) const = default;
};

// Of [from, to], in order; none shorter than 1/`columns` of it but at the edges. `end`: where the run ends.
std::vector<PhaseSpan> phaseSpans(const SchedLog::Series& series, u64 from, u64 to, u64 end, int columns);

// Who had the CPU: pieces of one task, or what most of a piece belonged to.
struct CpuSpan {
    u64 from = 0, to = 0;
    Tick tick = 0;
    i32 pid = 0;
    u32 switches = 0;  // inside, when it is a summary
    bool operator==(const CpuSpan&) const = default;
};
std::vector<CpuSpan> cpuSpans(const SchedLog::Series& cpu, u64 from, u64 to, u64 end, int columns);

}  // namespace ringside
