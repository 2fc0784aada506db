// The story of a page fault, told in stations: the access, the walk and where it stopped, the error code bit by bit,
// the area found or not, what the kernel did, the entry it wrote, the retry. The fault is the selected event's, else
// the last one at or before now.
//
// The story plays: station by station, each selecting what it speaks of, so that all other views follow.
#pragma once

#include <vector>

#include "core/trace/event.h"
#include "widgets/canvas/view.h"

namespace ringside {

// A kernel function that was called, or a table that was read.
struct FaultLine {
    int depth = 0;
    QString name, what;
    u64 cycles = 0;
    bool operator==(const FaultLine&) const = default;
};

struct FaultStation {
    QString title, text;
    std::vector<std::pair<QString, bool>> bits;  // of the error code
    Role role = Role::User;
    Subject link;
    std::vector<FaultLine> lines;
    bool operator==(const FaultStation&) const = default;
};

struct FaultStoryModel {
    bool loaded = false, found = false;
    QString title, outcome;
    EventKind kind = EventKind::PageFault;  // how it ended; PageFault: not yet
    Tick tick = 0, now = 0;
    int at = 0;            // the station being told, from 1; 0: all are
    bool playing = false;  // goes on by itself
    std::vector<FaultStation> stations;
    bool operator==(const FaultStoryModel&) const = default;
};

// "station=FAULT.NOW.K" or, playing, "station=FAULT.NOW.Kp": good for this fault at this moment only.
QString stationSetting(const FaultStoryModel& model, int at, bool playing);

FaultStoryModel buildFaultStory(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const FaultStoryModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const FaultStoryModel& model);

}  // namespace ringside
