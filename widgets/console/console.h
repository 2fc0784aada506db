// The terminal: what the guest wrote, as a screen shows it, and what its line discipline holds.
#pragma once

#include <QStringList>
#include <optional>

#include "widgets/canvas/view.h"

namespace ringside {

// Linux's n_tty, between the keyboard and read(2).
struct Discipline {
    bool canonical = true, echo = true, signalKeys = true;
    QString line;       // being edited
    u64 ready = 0;      // bytes that a read would get
    QStringList front;  // the foreground process group
    bool operator==(const Discipline&) const = default;
};

struct ConsoleModel {
    bool loaded = false;
    std::vector<QString> lines;
    int freshLines = 0;  // how many at the end hold something written since "before"
    u64 bytes = 0;
    bool waiting = false;                  // the program waits for input
    int row = 0, column = 0;               // of the cursor
    std::optional<Discipline> discipline;  // none: no terminal but pipes
    i64 scroll = 0;
    bool operator==(const ConsoleModel&) const = default;
};

ConsoleModel buildConsole(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const ConsoleModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const ConsoleModel& model);

}  // namespace ringside
