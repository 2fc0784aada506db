// The timeline: the whole run as lanes of marks (calls, faults, switches, processes, signals and interrupts), where the
// machine is now, what the user did and the bookmarks. From the whole run down to single ticks; what is too dense to
// tell apart becomes one mark that says how many.
#pragma once

#include "widgets/canvas/view.h"

namespace ringside {

struct TimelineModel {
    struct Mark {
        Tick tick = 0;  // of the first event it stands for
        u8 lane = 0;
        u32 count = 1;
        QString text;  // of the first event; empty: only the number is still known
        bool operator==(const Mark&) const = default;
    };
    struct Flag {
        Tick tick = 0;
        QString name;
        bool input = false;  // what the user did; else a bookmark
        bool operator==(const Flag&) const = default;
    };
    Tick from = 0, to = 0;  // what is shown
    Tick now = 0, frontier = 0;
    u64 eventCount = 0, dropped = 0;
    QString history;  // how much memory the past takes
    std::vector<Mark> marks;
    std::vector<Flag> flags;
    bool operator==(const TimelineModel&) const = default;
};

inline constexpr int kTimelineLanes = 5;
QString timelineLaneName(int lane);
int timelineLaneOf(EventGroup group);  // -1: not shown

// `columns`: how many marks beside each other can be told apart.
TimelineModel buildTimeline(const Snapshot& snapshot, Tick from, Tick to, int columns);
// As a view (`ringside show timeline`): the whole run, or settings "from" and "to".
TimelineModel buildTimelineView(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const TimelineModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const TimelineModel& model);

// Tick ↔ x of the painted picture.
double timelineX(const TimelineModel& model, const Style& style, double width, Tick tick);
Tick timelineTick(const TimelineModel& model, const Style& style, double width, double x);

}  // namespace ringside
