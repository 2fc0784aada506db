// The terminal's screen: what the guest wrote. A plain typewriter: line ends, carriage returns, backspaces and tabs
// move as they should; escape sequences are left out, but told.
#pragma once

#include "widgets/canvas/view.h"

namespace ringside {

struct ConsoleModel {
    bool loaded = false;
    std::vector<QString> lines;
    int freshLines = 0;  // how many at the end hold something written since "before"
    u64 bytes = 0;
    bool waiting = false;  // the program waits for input
    QString pendingInput;  // typed, not yet read
    i64 scroll = 0;
    bool operator==(const ConsoleModel&) const = default;
};

ConsoleModel buildConsole(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const ConsoleModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const ConsoleModel& model);

}  // namespace ringside
