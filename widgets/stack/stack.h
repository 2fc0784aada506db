// The stack from RSP upwards, one eight-byte slot a row: saved frame pointers, return addresses with their symbols,
// frames told apart. Low addresses at the bottom, so that it grows down.
#pragma once

#include "widgets/canvas/view.h"

namespace ringside {

struct StackModel {
    struct Slot {
        u64 address = 0, value = 0, before = 0;
        bool changed = false, fresh = false;  // fresh: was not part of the stack before
        bool returnAddress = false, savedFrame = false, rsp = false, saved = false /* by the kernel */, rbp = false,
             selected = false;
        int frame = 0;  // 0 is the innermost
        QString note;   // a symbol, an area, a number
        bool operator==(const Slot&) const = default;
    };
    bool loaded = false;
    QString problem;
    std::vector<Slot> slots;      // lowest address first
    std::vector<QString> frames;  // their functions, innermost first
    unsigned cpl = 0;
    i64 scroll = 0;
    i64 moved = 0;  // RSP now minus before, in bytes, when it is the same stack
    bool operator==(const StackModel&) const = default;
};

StackModel buildStack(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const StackModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const StackModel& model);

}  // namespace ringside
