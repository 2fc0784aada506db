// The simulated TLB: set-associative, round-robin replacement, so that a hit changes no state (SDM vol. 3A 4.10).
#pragma once

#include <array>
#include <optional>

#include "core/base/types.h"

namespace ringside {

struct TlbEntry {
    bool valid = false;
    bool global = false;
    bool writable = false, user = false, executable = false;
    bool dirty = false;  // the D bit is known to be set: a write needs no walk
    u8 pageShift = 12;
    VirtAddr page;  // virtual address of the 4 KiB page (large pages are entered in 4 KiB pieces)
    FrameNo frame;  // the 4 KiB frame
    bool operator==(const TlbEntry&) const = default;
};

class Tlb {
 public:
    static constexpr unsigned kSets = 64, kWays = 4;

    static unsigned setOf(VirtAddr page) { return (page.value >> kPageShift) % kSets; }
    const TlbEntry* find(VirtAddr page) const {
        for (const TlbEntry& e : m_entries[setOf(page)])
            if (e.valid && e.page == page) return &e;
        return nullptr;
    }
    // Enters `e`, replacing an entry of the same page or the next victim of its set; returns what had to go.
    std::optional<TlbEntry> insert(const TlbEntry& e);
    void invalidate(VirtAddr page);
    void flush(bool globalsToo);
    const std::array<TlbEntry, kWays>& set(unsigned i) const { return m_entries[i]; }

    bool operator==(const Tlb&) const = default;

 private:
    std::array<std::array<TlbEntry, kWays>, kSets> m_entries{};
    std::array<u8, kSets> m_next{};
};

}  // namespace ringside
