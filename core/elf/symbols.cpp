#include "core/elf/symbols.h"

#include <algorithm>
#include <cstdlib>
#include <cxxabi.h>
#include <fmt/format.h>
#include <memory>

namespace ringside::elf {

namespace {

bool isPlace(const Symbol& s) {
    const bool kind = s.type == kNoType || s.type == kObject || s.type == kFunction || s.type == kIndirectFunction;
    return kind && s.section != 0 && s.section < 0xff00 && !s.name.empty();
}

u32 rankOf(const Symbol& s) {
    const u32 kind = s.type == kFunction || s.type == kIndirectFunction ? 0 : s.type == kObject ? 1 : 2;
    const u32 binding = s.binding == 1 ? 0 : s.binding == 2 ? 1 : 2;  // global, weak, local
    return (s.size == 0 ? 16 : 0) + kind * 4 + binding;
}

// A mangled name may refer back to its own parts, each time printing them again: a few hundred characters can stand for
// gigabytes. With at most this many references the text stays within a few megabytes.
bool isModest(const std::string& name) {
    if (name.size() > 1024) return false;
    int references = 0, packs = 0;
    for (std::size_t i = 0; i + 1 < name.size(); ++i) {
        const char next = name[i + 1];
        const bool sequence = next == '_' || (next >= '0' && next <= '9') || (next >= 'A' && next <= 'Z');
        references += (name[i] == 'S' || name[i] == 'T') && sequence;
        packs += name[i] == 'D' && next == 'p';
    }
    return references <= 24 && packs <= 2;
}

}  // namespace

std::string demangle(const std::string& name) {
    if (!name.starts_with("_Z") || !isModest(name)) return name;
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> text(abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status),
                                                           std::free);
    return status == 0 && text ? std::string(text.get()) : name;
}

SymbolTable::SymbolTable(const ElfFile& file) {
    std::vector<std::pair<u32, const Symbol*>> named;
    for (const Symbol& s : file.symbols) {
        if (!isPlace(s)) continue;
        // Thread-local symbols are offsets, and in object files every section begins at zero.
        if (file.header.type == kTypeRelocatable) continue;
        const u64 end = s.size ? s.value + std::min(s.size, ~u64{0} - s.value) : 0;
        m_entries.push_back({s.value, s.size, end, 0, rankOf(s), s.name});
        named.emplace_back(rankOf(s), &s);
    }
    std::ranges::sort(m_entries, [](const Entry& a, const Entry& b) {
        if (a.value != b.value) return a.value < b.value;
        if (a.rank != b.rank) return a.rank > b.rank;
        return a.name < b.name;
    });
    u64 next = ~u64{0};
    for (std::size_t i = m_entries.size(); i-- > 0;) {
        Entry& e = m_entries[i];
        if (i + 1 < m_entries.size() && m_entries[i + 1].value != e.value) next = m_entries[i + 1].value;
        if (e.size != 0) continue;
        const Section* section = file.sectionAt(e.value);
        e.end =
            section ? std::min(next, section->addr + std::min(section->size, ~u64{0} - section->addr)) : e.value + 1;
    }
    u64 reach = 0;
    for (Entry& e : m_entries) e.reach = reach = std::max(reach, e.end);

    std::ranges::stable_sort(named, {}, &std::pair<u32, const Symbol*>::first);
    for (const auto& [rank, symbol] : named) {
        m_byName.try_emplace(symbol->name, symbol->value);
        std::string readable = demangle(symbol->name);
        if (readable != symbol->name) m_byName.try_emplace(std::move(readable), symbol->value);
    }
}

std::optional<SymbolPlace> SymbolTable::at(u64 address) const {
    auto it = std::ranges::upper_bound(m_entries, address, {}, &Entry::value);
    // The innermost one: the last that begins at or before the address and reaches over it.
    while (it != m_entries.begin()) {
        --it;
        if (it->reach <= address) return std::nullopt;
        if (address < it->end) return SymbolPlace{demangle(it->name), address - it->value, it->value, it->size};
    }
    return std::nullopt;
}

std::optional<u64> SymbolTable::addressOf(std::string_view name) const {
    const auto it = m_byName.find(std::string(name));
    if (it == m_byName.end()) return std::nullopt;
    return it->second;
}

std::string toText(const SymbolPlace& place) {
    return place.offset ? fmt::format("{}+{:#x}", place.name, place.offset) : place.name;
}

}  // namespace ringside::elf
