// ELF: the file of a process as the kernel read it: a map to scale, the header field by field with its bytes, and every
// table. A file offset, its virtual address, its section, its segment and its page in RAM are linked.
#pragma once

#include <vector>

#include "widgets/canvas/view.h"

namespace ringside {

enum class ElfTable : u8 { Header, Segments, Sections, Symbols, Dynamic, Relocations, Notes, kCount };

struct ElfRange {
    u64 offset = 0, size = 0;
    QString name, sentence;
    Role role = Role::ReadOnly;
    bool operator==(const ElfRange&) const = default;
};

struct ElfRow {
    std::vector<QString> cells;
    QString sentence;
    Subject subject;
    bool marked = false;  // the selection lies in it
    bool operator==(const ElfRow&) const = default;
};

struct ElfViewModel {
    bool loaded = false;
    QString path, problem;
    u64 size = 0;
    std::vector<ElfRange> segments, sections;  // by offset
    ElfTable table = ElfTable::Header;
    std::array<std::size_t, static_cast<std::size_t>(ElfTable::kCount)> counts{};
    std::vector<QString> heads;
    std::vector<ElfRow> rows;
    std::size_t first = 0, total = 0;  // rows are a window into the table
    QString caption;
    u64 marked = ~u64{0};  // file offset of the selection
    i32 pid = 0;
    bool operator==(const ElfViewModel&) const = default;
};

ElfViewModel buildElfView(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const ElfViewModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const ElfViewModel& model);

}  // namespace ringside
