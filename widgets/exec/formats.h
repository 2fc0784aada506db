// The formats that binfmt_misc knows: what it looks for, whom it starts, and whether it is asked at all.
#pragma once

#include <vector>

#include "widgets/canvas/view.h"

namespace ringside {

struct MiscRow {
    QString name, looksFor, interpreter, flags;
    bool enabled = true;
    bool operator==(const MiscRow&) const = default;
};

std::vector<MiscRow> miscRows(const Machine& machine);
double paintMiscRows(Scene& scene, const std::vector<MiscRow>& rows, QPointF at, double width);  // its height
void twinOfMiscRows(const std::vector<MiscRow>& rows, TextTwin& parent);

}  // namespace ringside
