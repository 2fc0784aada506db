// All system calls of the run as strace(1) prints them, with filters: by family, failures only, the selected task only.
#pragma once

#include <vector>

#include "widgets/canvas/view.h"

namespace ringside {

struct CallLine {
    Tick tick = 0;
    i32 pid = 0;
    QString text, result;
    u64 cycles = 0;
    bool failed = false, open = false;
    bool operator==(const CallLine&) const = default;
};

struct StraceModel {
    bool loaded = false;
    QString family, who;  // filters
    bool failedOnly = false;
    QString selectedName;         // whom "who" would show alone
    std::vector<CallLine> lines;  // around now; those that lie ahead (after going back) too
    std::size_t nowLine = 0;      // first line later than now
    i64 scroll = 0;
    bool operator==(const StraceModel&) const = default;
};

StraceModel buildStrace(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const StraceModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const StraceModel& model);

}  // namespace ringside
