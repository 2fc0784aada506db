// The source file that RIP (or the selected instruction) comes from, with the line about to run, the lines that have
// code, and breakpoints.
#pragma once

#include "widgets/canvas/view.h"

namespace ringside {

struct SourceModel {
    struct Row {
        QString text;
        u64 address = 0;  // of its first instruction; 0: no code comes from it
        bool breakpoint = false;
        bool operator==(const Row&) const = default;
    };
    bool loaded = false;
    QString file, problem;
    u32 line = 0;     // about to run
    u32 justRan = 0;  // the line of the instruction that just ran
    u32 selected = 0;
    std::vector<Row> rows;
    i64 scroll = 0;
    unsigned cpl = 3;
    bool operator==(const SourceModel&) const = default;
};

SourceModel buildSource(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const SourceModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const SourceModel& model);

}  // namespace ringside
