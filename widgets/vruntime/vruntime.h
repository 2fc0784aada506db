// vruntime over time: one line for each task, thick while it runs, flat while it waits, dashed while it sleeps; the
// heavier the task, the flatter its line. min_vruntime is the line from which sleepers and new tasks start. Beside it,
// what each task got of the CPU and what its weight entitles it to.
//
// Drawn from the scheduler's samples (SchedLog), which the run itself made.
#pragma once

#include <vector>

#include "widgets/canvas/time_axis.h"

namespace ringside {

enum class VruntimeValue : u8 { Vruntime, Lead, CpuTime };  // Lead: how far ahead of min_vruntime

struct VruntimePoint {
    u64 ns = 0;
    double value = 0;  // ns
    SampleKind kind = SampleKind::Run;
    TaskPhase phase = TaskPhase::Waiting;  // from here to the next point
    bool mark = false;                     // a sleep, wake-up or change of weight that can be told from its neighbours
    bool operator==(const VruntimePoint&) const = default;
};

struct VruntimeLine {
    i32 pid = 0;
    QString name;
    std::vector<VruntimePoint> points;
    u32 weight = 0;
    double ran = 0;                     // ns in the part shown
    double share = 0, owed = 0;         // of the CPU in the part shown; as its weight entitles it to
    double value = 0;                   // now
    TaskPhase phase = TaskPhase::Gone;  // now
    bool selected = false;
    bool operator==(const VruntimeLine&) const = default;
};

struct VruntimeModel {
    bool loaded = false;
    VruntimeValue shows = VruntimeValue::Vruntime;
    QString policy;
    TimeAxis axis;
    double low = 0, high = 1;            // of the values shown
    std::vector<VruntimeLine> lines;     // who ran most first
    std::vector<VruntimePoint> minimum;  // min_vruntime
    std::size_t others = 0;              // tasks that are not drawn
    u64 thinned = 0;
    bool operator==(const VruntimeModel&) const = default;
};

VruntimeModel buildVruntime(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const VruntimeModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const VruntimeModel& model);

QString kindText(SampleKind kind);   // "woke up"
QString phaseText(TaskPhase phase);  // "waiting for the CPU"

}  // namespace ringside
