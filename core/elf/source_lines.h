// Which line of which source file an instruction comes from, and the other way: the line tables of DWARF 2 to 5
// (.debug_line), by our own bounded reader. The file's own addresses, as in symbols.h.
//
// Left out: compressed debug sections (said in `problem`), inlined calls and variables, which are in .debug_info.
//
// Source: DWARF 5, section 6.2; DWARF 4, section 6.2.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/elf/elf_file.h"

namespace ringside::elf {

struct SourcePlace {
    std::string file;  // as the compiler wrote it, with its directory
    u32 line = 0;
    u32 column = 0;  // zero: unknown
    bool operator==(const SourcePlace&) const = default;
};

class SourceLines {
 public:
    SourceLines() = default;
    SourceLines(Bytes file, const ElfFile& elf);

    bool empty() const { return m_rows.empty(); }
    const std::string& problem() const { return m_problem; }  // why there are none, or not all; empty: all is well

    std::optional<SourcePlace> at(u64 address) const;

    // Where the code of this line begins: every place at which the compiler recommends to stop (is_stmt), in order of
    // address. `file` is a whole path or its end after a slash ("hello.c").
    std::vector<u64> addressesOf(std::string_view file, u32 line) const;

    // All source files that code comes from, in alphabetical order.
    std::vector<std::string> files() const;

    struct Row {
        u64 address;
        u32 file;  // index into the table of names; kEnd: nothing begins here
        u32 line;
        u32 column;
        bool isStatement;
    };
    static constexpr u32 kEnd = ~u32{0};

 private:
    std::vector<Row> m_rows;  // by address; one for each place where file, line or column change
    std::vector<std::string> m_files;
    std::string m_problem;
};

}  // namespace ringside::elf
