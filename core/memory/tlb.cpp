#include "core/memory/tlb.h"

namespace ringside {

std::optional<TlbEntry> Tlb::insert(const TlbEntry& entry) {
    const unsigned set = setOf(entry.page);
    auto& ways = m_entries[set];
    for (TlbEntry& e : ways)
        if (e.valid && e.page == entry.page) {
            e = entry;
            return std::nullopt;
        }
    for (TlbEntry& e : ways)
        if (!e.valid) {
            e = entry;
            return std::nullopt;
        }
    TlbEntry& victim = ways[m_next[set]];
    m_next[set] = static_cast<u8>((m_next[set] + 1) % kWays);
    const TlbEntry gone = victim;
    victim = entry;
    return gone;
}

void Tlb::invalidate(VirtAddr page) {
    for (TlbEntry& e : m_entries[setOf(page)])
        if (e.valid && e.page.value == pageDown(page.value)) e = {};
}

void Tlb::flush(bool globalsToo) {
    for (auto& ways : m_entries)
        for (TlbEntry& e : ways)
            if (e.valid && (globalsToo || !e.global)) e = {};
}

}  // namespace ringside
