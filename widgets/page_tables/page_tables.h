// Page tables: the walk of one address through the tables that lie in RAM, level by level, as the MMU does it. Each
// table shows the entry that was read among its present neighbours, bit by bit; the last column is the frame it leads
// to and everybody who maps that frame. The walk is core/memory's own.
//
// The same tables can also be seen as one tree, in which each table is opened and closed by hand; those on the walk are
// open until somebody closes them.
//
// The address is the selected one, else the one that just faulted or was accessed, else RIP. Beside each entry stands
// what another task has in its own tree at the same place, when one is compared with.
#pragma once

#include <vector>

#include "core/kernel/mm/address_space.h"
#include "widgets/canvas/view.h"

namespace ringside {

enum class Difference : u8 { None, Same, Bits, Frame, OnlyHere, OnlyThere };

struct PageTableRow {
    u16 index = 0;
    u64 entry = 0;
    u64 firstAddress = 0;  // the lowest virtual address this entry serves
    bool lit = false;      // the walk read it
    bool changed = false;
    int gapBefore = 0;  // not-present entries left out above it
    Difference difference = Difference::None;
    u64 other = 0;  // the entry of the task that is compared with
    bool operator==(const PageTableRow&) const = default;
};

struct PageTableLevel {
    u8 level = 0;   // 5 … 1
    u64 table = 0;  // physical address
    int present = 0;
    std::vector<PageTableRow> rows;
    int gapAfter = 0;
    u16 index = 0;
    u64 entryAddress = 0;
    bool operator==(const PageTableLevel&) const = default;
};

// One entry of the tree, present ones only.
struct PageTableNode {
    u8 level = 0;  // of the table it lies in
    u16 index = 0;
    u64 where = 0;  // physical address of the entry
    u64 entry = 0;
    u64 firstAddress = 0;
    bool table = false, open = false;  // leads to a table, whose entries follow
    int present = 0;                   // of that table's entries
    bool lit = false, changed = false;
    Difference difference = Difference::None;
    u64 other = 0;
    QString note;  // what lies there
    bool operator==(const PageTableNode&) const = default;
};

struct PageTableMapper {
    i32 pid = 0;
    QString name;
    u64 address = 0;
    bool writable = false;
    bool operator==(const PageTableMapper&) const = default;
};

struct PageTablesModel {
    bool loaded = false;
    u64 address = 0;
    QString why;  // why this address
    i32 pid = 0;
    QString task;
    i32 otherPid = 0;  // that could be compared with; 0: nobody
    QString other;     // its name
    bool compared = false;
    bool fiveLevel = false;
    std::vector<PageTableLevel> levels;
    WalkEnd end = WalkEnd::NotPresent;
    u64 phys = 0, pageSize = 0;
    bool writable = false, user = false, executable = false;
    QString area;  // the VMA
    QString use;   // of the frame
    u32 refcount = 0, mapcount = 0;
    std::vector<u8> bytes;  // of the frame around the address
    std::vector<PageTableMapper> mappers;
    QString caption;
    bool tree = false;
    QString opened;                    // the setting that says what is open
    std::vector<PageTableNode> nodes;  // in the order of the addresses
    u64 leftOut = 0;                   // of very many
    bool operator==(const PageTablesModel&) const = default;
};

QString textOf(Difference difference);
// The setting after the table behind this entry was opened or closed.
QString turned(const PageTablesModel& model, const PageTableNode& node);
// tree.cpp; `difference` compares two entries.
void readTree(PageTablesModel& model, const Snapshot& snapshot, const PagingMode& mode, const PagingMode* other,
              const Mm* mm, Difference (*difference)(u64 here, u64 there));
void paintTree(const PageTablesModel& model, Scene& scene, double y);
void twinTree(const PageTablesModel& model, TextTwin& root);

PageTablesModel buildPageTables(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const PageTablesModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const PageTablesModel& model);

}  // namespace ringside
