// The futures of this run as a small tree: where they parted, what was changed there and how each ended; and how two of
// them differ.
#pragma once

#include <vector>

#include "widgets/canvas/view.h"

namespace ringside {

struct FuturesModel {
    struct Row {
        u32 id = 0, parent = 0;
        int depth = 0;
        Tick parted = 0, end = 0;
        QString change, fate, memory;
        bool current = false;
        bool compared = false;
        bool removable = false;
        bool operator==(const Row&) const = default;
    };
    struct Line {
        QString what, first, second;
        Tick tick = 0;  // of the event; 0: nowhere to go
        bool operator==(const Line&) const = default;
    };
    bool loaded = false;
    Tick now = 0, latest = 0;
    std::vector<Row> rows;  // each below the one it parted from
    u32 current = 0;
    u32 first = 0, second = 0;  // compared; 0: none
    QString verdict;            // one sentence
    std::vector<Line> lines;
    QString history;  // memory, its limit, and what was given up
    bool operator==(const FuturesModel&) const = default;
};

FuturesModel buildFutures(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const FuturesModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const FuturesModel& model);

// "36 MiB", and what that means, with a word when some of it had to be given up.
QString historyText(const Snapshot& snapshot);
QString historySentence(const Snapshot& snapshot);

}  // namespace ringside
