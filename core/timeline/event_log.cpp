#include "core/timeline/event_log.h"

namespace ringside {
namespace {
bool isIn(const Event& event, u64 mask) { return mask >> static_cast<unsigned>(event.kind) & 1; }
}  // namespace

void EventLog::append(std::vector<Event> events) {
    auto from = events.begin();
    while (from != events.end()) {
        if (m_size % kChunk == 0) m_chunks.push_back(std::make_shared<Chunk>());
        // The last chunk may be on the screen: it is replaced, never changed.
        auto last = std::make_shared<Chunk>(*m_chunks.back());
        const auto room = static_cast<std::ptrdiff_t>(kChunk - last->size());
        const auto to = events.end() - from > room ? from + room : events.end();
        last->insert(last->end(), std::make_move_iterator(from), std::make_move_iterator(to));
        m_size += static_cast<std::size_t>(to - from);
        m_chunks.back() = std::move(last);
        from = to;
    }
    while (m_size > kLimit) dropOldest();
}

void EventLog::dropOldest() {
    const Chunk& oldest = *m_chunks.front();
    Summary summary{oldest.front().tick, oldest.back().tick, {}};
    for (const Event& e : oldest) ++summary.counts[static_cast<std::size_t>(rowOf(e.kind).group)];
    auto old = std::make_shared<std::vector<Summary>>();
    if (m_old) *old = *m_old;
    old->push_back(summary);
    if (old->size() > kMostSummaries) {
        for (std::size_t i = 0; i + 1 < old->size(); i += 2) {
            Summary both = (*old)[i];
            both.to = (*old)[i + 1].to;
            for (std::size_t g = 0; g < kEventGroups; ++g) both.counts[g] += (*old)[i + 1].counts[g];
            (*old)[i / 2] = both;
        }
        if (old->size() % 2) (*old)[old->size() / 2] = old->back();
        old->resize((old->size() + 1) / 2);
    }
    m_old = std::move(old);
    m_chunks.erase(m_chunks.begin());
    m_size -= kChunk;
    m_dropped += kChunk;
}

void EventLog::truncateAfter(Tick tick) {
    const std::size_t size = firstAfter(tick);
    m_chunks.resize((size + kChunk - 1) / kChunk);
    if (size % kChunk != 0)
        m_chunks.back() = std::make_shared<Chunk>(
            m_chunks.back()->begin(), m_chunks.back()->begin() + static_cast<std::ptrdiff_t>(size % kChunk));
    m_size = size;
}

std::size_t EventLog::firstAfter(Tick tick) const {
    std::size_t low = 0, high = m_size;
    while (low < high) {
        const std::size_t middle = (low + high) / 2;
        if ((*this)[middle].tick <= tick)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

std::optional<Tick> EventLog::next(Tick tick, u64 mask) const {
    for (std::size_t i = firstAfter(tick); i < m_size; ++i)
        if (isIn((*this)[i], mask)) return (*this)[i].tick;
    return std::nullopt;
}

std::optional<Tick> EventLog::previous(Tick tick, u64 mask) const {
    if (tick == 0) return std::nullopt;
    for (std::size_t i = firstAfter(tick - 1); i-- > 0;)
        if (isIn((*this)[i], mask)) return (*this)[i].tick;
    return std::nullopt;
}

}  // namespace ringside
