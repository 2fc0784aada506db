// The events of a run, in order, in shared chunks: a copy for the screen costs one pointer for every thousand events.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/trace/event.h"

namespace ringside {

class EventLog {
 public:
    // At most this many are kept; beyond it the oldest go, a chunk at a time, and only how many there were of which
    // group stays.
    static constexpr std::size_t kLimit = 1'000'000;
    static constexpr std::size_t kMostSummaries = 4096;
    struct Summary {
        Tick from = 0, to = 0;  // of its first and last event
        std::array<u32, kEventGroups> counts{};
    };

    std::size_t size() const { return m_size; }
    bool empty() const { return m_size == 0; }
    u64 dropped() const { return m_dropped; }  // how many old ones were given up
    std::span<const Summary> old() const {
        return m_old ? std::span<const Summary>(*m_old) : std::span<const Summary>{};
    }
    const Event& operator[](std::size_t i) const { return m_chunks[i / kChunk]->events[i % kChunk]; }

    void append(std::vector<Event> events);
    // Forgets everything after tick `tick`.
    void truncateAfter(Tick tick);

    // Index of the first event later than `tick`; size() when there is none.
    std::size_t firstAfter(Tick tick) const;
    // Tick of the nearest event of one of the kinds in `mask` (bit i = EventKind i) after / before `tick`.
    std::optional<Tick> next(Tick tick, u64 mask) const;
    std::optional<Tick> previous(Tick tick, u64 mask) const;
    // Index of the first event of one of the kinds in `mask` from `begin` on, or of the last before `end`; size() when
    // there is none. With a PID: of those that it did.
    std::size_t firstFrom(std::size_t begin, u64 mask, std::optional<i32> pid = {}) const;
    std::size_t lastBefore(std::size_t end, u64 mask, std::optional<i32> pid = {}) const;
    // How often each vector of the IDT was taken by the events before `end`.
    std::map<u8, u64> vectorsBefore(std::size_t end) const;

 private:
    static constexpr std::size_t kChunk = 1024;
    // With what lets a search pass over all of it: which kinds there are, and which PIDs modulo 64.
    struct Chunk {
        std::vector<Event> events;
        u64 kinds = 0, pids = 0;
        std::map<u8, u32> vectors;
        void add(Event event);
        bool mayHave(u64 mask, std::optional<i32> pid) const;
    };
    std::vector<std::shared_ptr<const Chunk>> m_chunks;  // all full but the last
    void dropOldest();
    std::size_t m_size = 0;
    u64 m_dropped = 0;
    std::shared_ptr<const std::vector<Summary>> m_old;  // of what was dropped, in order
};

}  // namespace ringside
