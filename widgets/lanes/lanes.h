// Lanes: who did what when. One lane for the CPU, coloured by the task that had it, and one for each task: running,
// runnable and waiting, asleep, stopped, zombie; system calls, faults, signals, forks, execs and exits are marks. A
// click goes there in time. Under the lanes: waiting, response and turnaround time of each task.
//
// Read from the events of the run; the axis is the tick.
#pragma once

#include <vector>

#include "widgets/canvas/view.h"

namespace ringside {

enum class LaneState : u8 { None, Running, Runnable, Asleep, Stopped, Zombie };

struct LaneSpan {
    Tick from = 0, to = 0;
    LaneState state = LaneState::None;
    i32 pid = 0;  // of the running task, in the CPU lane
    bool operator==(const LaneSpan&) const = default;
};

struct LaneMark {
    Tick tick = 0;
    EventKind kind = EventKind::Boot;
    u32 count = 1;  // marks too close to be told apart
    bool operator==(const LaneMark&) const = default;
};

struct Lane {
    i32 pid = 0;
    QString name;
    std::vector<LaneSpan> spans;
    std::vector<LaneMark> marks;
    u64 ran = 0, waited = 0, slept = 0;  // ticks
    Tick born = 0, firstRan = 0, ended = 0;
    bool everRan = false;
    bool operator==(const Lane&) const = default;
};

struct LanesModel {
    bool loaded = false;
    Tick from = 0, to = 1, now = 0, frontier = 0;
    Lane cpu;
    std::vector<Lane> lanes;
    u64 dropped = 0;
    bool operator==(const LanesModel&) const = default;
};

LanesModel buildLanes(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const LanesModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const LanesModel& model);

}  // namespace ringside
