// From address to name and back, over the symbols of one file, and C++ names made readable.
//
// Addresses are the file's own: for a position-independent program subtract where it was loaded.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/elf/elf_file.h"

namespace ringside::elf {

struct SymbolPlace {
    std::string name;  // demangled
    u64 offset = 0;    // bytes from its beginning
    u64 value = 0;     // its own address
    u64 size = 0;      // zero: unknown
    bool operator==(const SymbolPlace&) const = default;
};

class SymbolTable {
 public:
    SymbolTable() = default;
    explicit SymbolTable(const ElfFile& file);

    // The function or object that holds this address. A symbol of unknown size (assembly) reaches to the next one or to
    // the end of its section.
    std::optional<SymbolPlace> at(u64 address) const;

    // By its name in the file or its readable name; functions come before objects, global ones before local ones.
    std::optional<u64> addressOf(std::string_view name) const;

    std::size_t size() const { return m_entries.size(); }

 private:
    struct Entry {
        u64 value, size, end;  // end: how far it reaches, known size or not
        u64 reach;             // the farthest end of all entries up to this one
        u32 rank;              // the lower the better a name for the same place
        std::string name;
    };
    std::vector<Entry> m_entries;  // by value, better names last
    std::unordered_map<std::string, u64> m_byName;
};

// "_ZN3foo3barEi" → "foo::bar(int)"; anything else comes back as it is, and so does what would take too long to print.
std::string demangle(const std::string& name);

// "main+0x12", or "main" at its beginning.
std::string toText(const SymbolPlace& place);

}  // namespace ringside::elf
