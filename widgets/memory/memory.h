// Bytes of an address space, or of RAM itself: in memory order, as characters, and the selected one as a value, so that
// little-endian is seen. What changed since "before" is marked. Follows the selected address; without one, the stack
// pointer.
#pragma once

#include "widgets/canvas/view.h"

namespace ringside {

struct MemoryModel {
    struct Byte {
        u8 now = 0, before = 0;
        bool present = false, changed = false;
        bool operator==(const Byte&) const = default;
    };
    bool loaded = false;
    bool physical = false;                    // addresses are those of RAM itself
    u64 start = 0;                            // of `bytes`, a multiple of `perRow`
    u64 centre = 0;                           // what shall be in sight
    i64 scroll = 0;                           // rows
    std::vector<std::pair<u64, u64>> frames;  // page and where it lies in RAM, for the pages shown
    int perRow = 16;
    std::vector<Byte> bytes;
    u64 selected = ~u64{0};
    u64 selectedLength = 1;
    u64 rip = 0, ripLength = 0, rsp = 0;
    QString area;    // what lies here: "[stack] rw-p"
    QString symbol;  // of the selected address
    i32 pid = 0;
    bool operator==(const MemoryModel&) const = default;
};

MemoryModel buildMemory(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const MemoryModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const MemoryModel& model);

}  // namespace ringside
