// Pipes as rings of buffers, each a page: what of each holds bytes, where head and tail are, who can write and read,
// and who of them sleeps.
#pragma once

#include <vector>

#include "widgets/canvas/view.h"

namespace ringside {

struct PipeUser {
    i32 pid = 0;
    QString name, descriptors;  // "fd 1"
    bool asleep = false;        // until there is room, or data
    bool operator==(const PipeUser&) const = default;
};

struct RingSlot {
    u32 offset = 0, length = 0;  // bytes in use of the page
    bool changed = false;
    bool operator==(const RingSlot&) const = default;
};

struct PipeRing {
    u32 id = 0, head = 0, tail = 0, bytes = 0, readerCount = 0, writerCount = 0;
    std::vector<RingSlot> slots;  // by slot number
    QString begin, beginHex;      // the oldest bytes
    std::vector<PipeUser> writers, readers;
    QString news;  // what the last step did
    bool changed = false;
    bool operator==(const PipeRing&) const = default;
};

struct PipesModel {
    bool loaded = false;
    std::vector<PipeRing> pipes;
    bool operator==(const PipesModel&) const = default;
};

PipesModel buildPipes(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const PipesModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const PipesModel& model);

}  // namespace ringside
