// TLB: the translations the CPU remembers, by set and way, and what the last step did to them: what was found, entered,
// thrown out or flushed, and how often a translation is found at all.
#pragma once

#include <vector>

#include "widgets/canvas/view.h"

namespace ringside {

struct TlbCell {
    TlbEntry entry;
    bool changed = false, hit = false;
    bool operator==(const TlbCell&) const = default;
};

struct TlbHappening {
    enum class Kind : u8 { Hit, Miss, Enter, Evict, Flush } kind = Kind::Hit;
    QString text;
    Subject subject;
    bool operator==(const TlbHappening&) const = default;
};

struct TlbModel {
    bool loaded = false;
    std::vector<TlbHappening> happened;  // in the last step
    u64 newHits = 0, newMisses = 0;      // since the last stop
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
