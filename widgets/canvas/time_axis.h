// Virtual time along the bottom of a picture: which part of the run is shown, what tick a place stands for, round
// numbers under it, and the buttons that zoom. Views of the scheduler share it, so that they zoom and link alike.
//
// Settings: "window=FROM:TO" (nanoseconds) fixes the part; "span=N" keeps N nanoseconds around now; neither: all.
#pragma once

#include <vector>

#include "widgets/canvas/scene.h"
#include "widgets/canvas/view.h"

namespace ringside {

QString durationText(double ns);               // "4 ms", "1.25 s", "120 ns"
QString timeText(double ns, double smallest);  // with as many digits as steps of `smallest` need

// ns of virtual time and the tick reached then; exact at the scheduler's samples, evenly between them.
Tick tickAt(const SchedLog& log, u64 ns);

struct TimeAxis {
    u64 from = 0, to = 1, now = 0, begin = 0, end = 1;  // ns; begin and end: of the whole run
    std::vector<std::pair<u64, Tick>> clock;            // for places in the picture
    Tick nowTick = 0;
    bool operator==(const TimeAxis&) const = default;

    u64 shown() const { return to - from; }
    Tick tick(u64 ns) const;
};
TimeAxis timeAxis(const Snapshot& snapshot, const ViewOptions& options);
// Sets from and to as the settings say, within begin and end.
void chooseWindow(TimeAxis& axis, const ViewOptions& options);

struct TimeScale {
    const TimeAxis& axis;
    double left = 0, right = 1;
    double x(double ns) const {
        return left + (right - left) * (ns - static_cast<double>(axis.from)) / static_cast<double>(axis.shown());
    }
    u64 ns(double x) const;
};

// The buttons (whole run, around now, more, less); returns the height used.
double paintTimeButtons(Scene& scene, QPointF topLeft, double width, const TimeAxis& axis);
// Numbers and grid lines below [top, bottom]; returns the height used under `bottom`.
double paintTimeNumbers(Scene& scene, const TimeScale& scale, double top, double bottom);
// The line of the current moment, and the area that goes there in time when clicked.
void paintNow(Scene& scene, const TimeScale& scale, double top, double bottom);
void paintSeekArea(Scene& scene, const TimeScale& scale, const QRectF& area);

}  // namespace ringside
