#include "core/timeline/event_log.h"

#include <algorithm>

namespace ringside {
namespace {
bool isIn(const Event& event, u64 mask) { return mask >> static_cast<unsigned>(event.kind) & 1; }
bool isAsked(const Event& event, u64 mask, std::optional<i32> pid) {
    return isIn(event, mask) && (!pid || event.pid == *pid);
}
// Page faults come as a Trap, too; a PageFault alone is an access of the kernel's, handled without a gate.
bool takesGate(const Event& event) { return event.kind == EventKind::Trap || event.kind == EventKind::Irq; }
u64 bitOf(i32 pid) { return u64{1} << (static_cast<u32>(pid) % 64); }
}  // namespace

void EventLog::Chunk::add(Event event) {
    kinds |= u64{1} << static_cast<unsigned>(event.kind);
    pids |= bitOf(event.pid);
    if (takesGate(event)) ++vectors[static_cast<u8>(event.args[0])];
    events.push_back(std::move(event));
}

bool EventLog::Chunk::mayHave(u64 mask, std::optional<i32> pid) const {
    return (kinds & mask) != 0 && (!pid || (pids & bitOf(*pid)) != 0);
}

void EventLog::append(std::vector<Event> events) {
    auto from = events.begin();
    while (from != events.end()) {
        if (m_size % kChunk == 0) m_chunks.push_back(std::make_shared<Chunk>());
        // The last chunk may be on the screen: it is replaced, never changed.
        auto last = std::make_shared<Chunk>(*m_chunks.back());
        for (; from != events.end() && last->events.size() < kChunk; ++from, ++m_size) last->add(std::move(*from));
        m_chunks.back() = std::move(last);
    }
    while (m_size > kLimit) dropOldest();
}

void EventLog::dropOldest() {
    const std::vector<Event>& oldest = m_chunks.front()->events;
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
    if (size % kChunk != 0) {
        auto last = std::make_shared<Chunk>();
        for (std::size_t i = 0; i < size % kChunk; ++i) last->add(m_chunks.back()->events[i]);
        m_chunks.back() = std::move(last);
    }
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
    const std::size_t i = firstFrom(firstAfter(tick), mask);
    return i < m_size ? std::optional((*this)[i].tick) : std::nullopt;
}

std::optional<Tick> EventLog::previous(Tick tick, u64 mask) const {
    if (tick == 0) return std::nullopt;
    const std::size_t i = lastBefore(firstAfter(tick - 1), mask);
    return i < m_size ? std::optional((*this)[i].tick) : std::nullopt;
}

std::size_t EventLog::firstFrom(std::size_t begin, u64 mask, std::optional<i32> pid) const {
    for (std::size_t i = begin; i < m_size;) {
        const Chunk& chunk = *m_chunks[i / kChunk];
        const std::size_t first = i / kChunk * kChunk, end = first + chunk.events.size();
        if (chunk.mayHave(mask, pid))
            for (; i < end; ++i)
                if (isAsked(chunk.events[i - first], mask, pid)) return i;
        i = end;
    }
    return m_size;
}

std::size_t EventLog::lastBefore(std::size_t end, u64 mask, std::optional<i32> pid) const {
    for (std::size_t i = std::min(end, m_size); i > 0;) {
        const std::size_t first = (i - 1) / kChunk * kChunk;
        const Chunk& chunk = *m_chunks[first / kChunk];
        if (chunk.mayHave(mask, pid))
            while (i-- > first)
                if (isAsked(chunk.events[i - first], mask, pid)) return i;
        i = first;
    }
    return m_size;
}

std::map<u8, u64> EventLog::vectorsBefore(std::size_t end) const {
    std::map<u8, u64> vectors;
    for (std::size_t first = 0; first < end; first += kChunk) {
        const Chunk& chunk = *m_chunks[first / kChunk];
        if (first + kChunk <= end) {
            for (const auto& [vector, count] : chunk.vectors) vectors[vector] += count;
        } else {
            for (std::size_t i = first; i < end; ++i)
                if (takesGate(chunk.events[i - first])) ++vectors[static_cast<u8>(chunk.events[i - first].args[0])];
        }
    }
    return vectors;
}

}  // namespace ringside
