// Frames: all of RAM as a map of cells, coloured by what each frame is used for or by who owns it, with the page cache
// by file, the swap disk, and how much is left.
#pragma once

#include <vector>

#include "widgets/canvas/view.h"

namespace ringside {

struct FrameCell {
    u8 use = 0;      // PageUse
    u8 mappers = 0;  // mapcount, at most 255
    i32 pid = 0;     // of the owner, when it is a process
    bool changed = false;
    bool operator==(const FrameCell&) const = default;
};

struct FramesModel {
    bool loaded = false;
    bool byOwner = false;
    std::vector<FrameCell> cells;
    std::vector<std::pair<QString, u64>> uses;         // name and count, by PageUse
    std::vector<std::pair<QString, u64>> cachedFiles;  // page cache: path and pages, largest first
    u64 active = 0, inactive = 0, swapUsed = 0, swapSlots = 0, freeFrames = 0;
    u64 selected = ~u64{0};
    QString selectedText;  // who maps the selected frame
    QString caption;
    bool operator==(const FramesModel&) const = default;
};

FramesModel buildFrames(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const FramesModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const FramesModel& model);

}  // namespace ringside
