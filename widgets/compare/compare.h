// The same program under several scheduling policies, each really run on a machine of its own: who had the CPU when,
// one over the other on the same axis, and what the policy meant for waiting, response and turnaround times, fairness
// and the number of switches.
#pragma once

#include <array>
#include <vector>

#include "widgets/canvas/time_axis.h"
#include "widgets/lanes/spans.h"

namespace ringside {

inline constexpr std::array kPolicies{SchedKind::Coop, SchedKind::Rr, SchedKind::RrLatency, SchedKind::Cfs,
                                      SchedKind::Eevdf};
QString policyTitle(SchedKind kind);     // "round robin"
QString policySentence(SchedKind kind);  // what it does

struct CompareLane {
    i32 pid = 0;
    QString name;
    std::vector<PhaseSpan> spans;
    TaskTimes times;
    bool selected = false;
    bool operator==(const CompareLane&) const = default;
};

struct CompareRun {
    SchedKind kind = SchedKind::Cfs;
    bool done = false;
    QString ended;  // how, when it is done
    u64 ns = 0;
    Tick ticks = 0;
    PolicyTimes times;
    std::vector<CompareLane> lanes;
    std::size_t others = 0;  // lanes that are not drawn
    bool operator==(const CompareRun&) const = default;
};

struct CompareModel {
    bool loaded = false;
    SchedKind current = SchedKind::Cfs;  // of the machine on the screen
    TimeAxis axis;
    std::vector<CompareRun> runs;
    bool operator==(const CompareModel&) const = default;
};

CompareModel buildCompare(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const CompareModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const CompareModel& model);

}  // namespace ringside
