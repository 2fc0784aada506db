// Lanes: who did what when, over virtual time. One lane for the CPU, coloured by the task that had it, and one for each
// task: running (its kernel part hatched), waiting for the CPU, asleep, stopped, zombie; system calls, faults, signals,
// interrupts, forks, execs and exits are marks, wake-ups arrows from who woke to who was woken. A click goes there in
// time; two markers measure. Beside or under the lanes: what happened around now, and each task's times.
//
// Phases come from the scheduler's samples (SchedLog), marks from the events. Settings: "window" and "span"
// (time_axis.h), "hide" (LaneFilter names, with commas), "a" and "b" (markers, ns).
#pragma once

#include <optional>
#include <vector>

#include "core/timeline/policy_run.h"
#include "widgets/canvas/time_axis.h"
#include "widgets/lanes/spans.h"

namespace ringside {

enum class LaneFilter : u8 { Syscalls, Faults, Signals, Irqs, Processes, Wakeups, KernelThreads, kCount };
QString laneFilterName(LaneFilter filter);  // for a person
QString laneFilterId(LaneFilter filter);    // for the setting

struct LaneMark {
    u64 ns = 0;
    Tick tick = 0;
    EventKind kind = EventKind::Boot;
    u32 count = 1;  // marks too close to be told apart
    QString text;   // of the first
    bool operator==(const LaneMark&) const = default;
};

struct Lane {
    i32 pid = 0;
    QString name;
    bool selected = false;
    std::vector<PhaseSpan> spans;
    std::vector<LaneMark> marks;
    std::vector<std::pair<u64, u64>> kernel;  // ns: inside system calls, where that can be seen
    TaskTimes times;
    double ranShown = 0;  // ns of the part shown
    bool operator==(const Lane&) const = default;
};

struct WakeArrow {
    i32 from = 0, to = 0;  // PIDs
    u64 ns = 0;
    Tick tick = 0;
    bool operator==(const WakeArrow&) const = default;
};

struct LaneEvent {  // of the list
    u64 ns = 0;
    Tick tick = 0;
    u64 index = 0;  // of those at its tick
    i32 pid = 0;
    QString text;
    EventKind kind = EventKind::Boot;
    bool past = false;
    bool operator==(const LaneEvent&) const = default;
};

struct LanesModel {
    bool loaded = false;
    TimeAxis axis;
    std::vector<CpuSpan> cpu;
    std::vector<Lane> lanes;  // those shown, by PID
    std::size_t first = 0, total = 0;
    std::vector<WakeArrow> wakes;
    std::vector<LaneEvent> list;
    std::optional<u64> a, b;
    u32 hidden = 0;  // bit i = LaneFilter i
    double ranBetween = 0;
    u64 dropped = 0, thinned = 0;
    u64 marksFrom = 0;  // with `dropped`: when the first event happened that is still there
    bool operator==(const LanesModel&) const = default;
    bool hides(LaneFilter f) const { return hidden >> static_cast<unsigned>(f) & 1; }
};

QString droppedText(const LanesModel& model);
LanesModel buildLanes(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const LanesModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const LanesModel& model);

}  // namespace ringside
