#include "core/timeline/footprints.h"

#include <algorithm>

namespace ringside {
namespace {

using Stretch = Footprints::Stretch;

// Both lists are sorted by `key`; the marks of equal keys are united.
template <class T, class Key>
std::vector<T> united(const std::vector<T>& a, const std::vector<T>& b, Key key) {
    std::vector<T> all;
    all.reserve(a.size() + b.size());
    auto x = a.begin(), y = b.begin();
    while (x != a.end() || y != b.end()) {
        if (y == b.end() || (x != a.end() && key(*x) < key(*y))) {
            all.push_back(*x++);
        } else if (x == a.end() || key(*y) < key(*x)) {
            all.push_back(*y++);
        } else {
            all.push_back(*x++);
            all.back().marks |= (y++)->marks;
        }
    }
    return all;
}

u32 frameKey(const Ram::Written& w) { return w.frame.value; }
u64 pageKey(const CodeNote& n) { return n.page; }

std::shared_ptr<const Stretch> joined(const Stretch& a, const Stretch& b) {
    return std::make_shared<const Stretch>(
        Stretch{a.begin, b.end, united(a.written, b.written, frameKey), united(a.executed, b.executed, pageKey)});
}

bool wrote(const Stretch& s, PhysAddr begin, u64 length) {
    const u64 end = begin.value + length;
    auto at = std::lower_bound(s.written.begin(), s.written.end(), frameOf(begin),
                               [](const Ram::Written& w, FrameNo frame) { return w.frame < frame; });
    for (; at != s.written.end() && addressOf(at->frame).value < end; ++at) {
        const u64 base = addressOf(at->frame).value, from = std::max(begin.value, base);
        if (at->marks.any(from - base, end - from)) return true;
    }
    return false;
}

bool executed(const Stretch& s, u64 address) {
    const u64 page = pageDown(address);
    auto at = std::lower_bound(s.executed.begin(), s.executed.end(), page,
                               [](const CodeNote& n, u64 p) { return n.page < p; });
    return at != s.executed.end() && at->page == page && at->marks.any(pageOffset(address), 1);
}

}  // namespace

void Footprints::append(Stretch stretch) {
    if (stretch.begin >= stretch.end) return;
    if (!m_stretches.empty()) {
        const Stretch& last = *m_stretches.back();
        CHECK(last.end <= stretch.begin);
        if (last.end == stretch.begin && stretch.end - last.begin <= m_length) {
            m_stretches.back() = joined(last, stretch);
            return;
        }
    }
    m_stretches.push_back(std::make_shared<const Stretch>(std::move(stretch)));
    if (m_stretches.size() <= kMost) return;
    m_length *= 2;
    std::vector<std::shared_ptr<const Stretch>> fewer;
    for (auto& s : m_stretches) {
        if (!fewer.empty() && fewer.back()->end == s->begin && s->end - fewer.back()->begin <= m_length)
            fewer.back() = joined(*fewer.back(), *s);
        else
            fewer.push_back(std::move(s));
    }
    m_stretches = std::move(fewer);
}

void Footprints::truncateAfter(Tick tick) {
    while (!m_stretches.empty() && m_stretches.back()->begin >= tick) m_stretches.pop_back();
    if (m_stretches.empty() || m_stretches.back()->end <= tick) return;
    // What the rest of it did is too much, never too little.
    Stretch shorter = *m_stretches.back();
    shorter.end = tick;
    m_stretches.back() = std::make_shared<const Stretch>(std::move(shorter));
}

// What happens in tick t is seen at t+1; a breakpoint at t itself. So a stretch answers for begin … end, both included.
template <class May>
std::optional<Footprints::Range> Footprints::last(Tick end, May may) const {
    const auto from = [](Tick begin) { return begin == 0 ? 0 : begin - 1; };
    Tick covered = ~Tick{0};  // from here on the stretches looked at know everything
    for (std::size_t i = m_stretches.size(); i-- > 0;) {
        const Stretch& s = *m_stretches[i];
        if (s.begin > end) {
            covered = s.begin;
            continue;
        }
        if (s.end < std::min(end, covered)) return Range{from(s.end), std::min(end, covered)};  // a gap
        if (may(s)) return Range{from(s.begin), std::min(end, s.end)};
        covered = s.begin;
        end = std::min(end, s.begin);
    }
    if (m_stretches.empty() ? end > 0 : m_stretches.front()->begin > 0 && end > 0)
        return Range{0, std::min(end, covered)};
    return std::nullopt;
}

std::optional<Footprints::Range> Footprints::lastWrite(Tick end, PhysAddr begin, u64 length) const {
    return last(end, [&](const Stretch& s) { return wrote(s, begin, length); });
}

std::optional<Footprints::Range> Footprints::lastExecution(Tick end, std::span<const u64> addresses) const {
    return last(end, [&](const Stretch& s) {
        return std::any_of(addresses.begin(), addresses.end(), [&](u64 a) { return executed(s, a); });
    });
}

u64 Footprints::bytes() const {
    u64 sum = 0;
    for (const auto& s : m_stretches)
        sum += sizeof(Stretch) + s->written.size() * sizeof(Ram::Written) + s->executed.size() * sizeof(CodeNote);
    return sum;
}

}  // namespace ringside
