// TLB: the translations the CPU remembers, by set and way, and what the last instruction did to them.
#pragma once

#include <vector>

#include "widgets/canvas/view.h"

namespace ringside {

struct TlbCell {
    TlbEntry entry;
    bool changed = false, hit = false;
    bool operator==(const TlbCell&) const = default;
};

struct TlbModel {
    bool loaded = false;
    std::vector<std::vector<TlbCell>> sets;
    u64 hits = 0, misses = 0;
    std::size_t used = 0;
    QString caption;
    bool operator==(const TlbModel&) const = default;
};

TlbModel buildTlb(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const TlbModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const TlbModel& model);

}  // namespace ringside
