// ELF: a file that a process has mapped, as the kernel and the dynamic linker read it: a map to scale, the header field
// by field with its bytes, every table, and the slots of the GOT as they are in RAM now. A file offset, its virtual
// address, its section, its segment and its page in RAM are linked.
//
// The file is the one that the selected address was mapped from, else the chosen one, else the program itself.
#pragma once

#include <vector>

#include "widgets/canvas/view.h"

namespace ringside {

enum class ElfTable : u8 { Header, Segments, Sections, Symbols, Dynamic, Relocations, Got, Versions, Notes, kCount };

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
    bool marked = false;   // the selection lies in it
    bool changed = false;  // the last step wrote it
    bool operator==(const ElfRow&) const = default;
};

struct ElfViewModel {
    bool loaded = false;
    QString path, problem;
    std::vector<QString> files;  // all ELF files that the process has mapped
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

QString nameOf(ElfTable table);
QString idOf(ElfTable table);  // for settings

ElfViewModel buildElfView(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const ElfViewModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const ElfViewModel& model);

}  // namespace ringside
