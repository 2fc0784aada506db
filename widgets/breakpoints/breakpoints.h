// Where a run stops and what has a name in it: breakpoints with their conditions and how often they stopped it, the
// watchpoint, bookmarks.
#pragma once

#include <vector>

#include "widgets/canvas/view.h"

namespace ringside {

struct BreakpointsModel {
    struct Row {
        QString key;
        QString name;    // symbol, or the bookmark's name
        QString where;   // address or tick
        QString detail;  // condition
        QString count;   // "stopped 3 times"
        bool enabled = true;
        bool here = false;  // the machine stands there now
        Subject subject;
        Command go;  // double click
        std::vector<std::pair<QString, Command>> offers;
        bool operator==(const Row&) const = default;
    };
    bool loaded = false;
    std::vector<Row> breakpoints, watchpoints, bookmarks;
    bool operator==(const BreakpointsModel&) const = default;
};

BreakpointsModel buildBreakpoints(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const BreakpointsModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const BreakpointsModel& model);

}  // namespace ringside
