// Page tables: the walk of one address through the tables that lie in RAM, level by level, as the MMU does it. Each
// table shows the entry that was read among its present neighbours, bit by bit; the last column is the frame it leads
// to and everybody who maps that frame. The walk is core/memory's own.
//
// The address is the selected one, else the memory access of the last instruction, else RIP.
#pragma once

#include <vector>

#include "core/kernel/mm/address_space.h"
#include "widgets/canvas/view.h"

namespace ringside {

struct PageTableRow {
    u16 index = 0;
    u64 entry = 0;
    u64 firstAddress = 0;  // the lowest virtual address this entry serves
    bool lit = false;      // the walk read it
    bool changed = false;
    int gapBefore = 0;  // not-present entries left out above it
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
    bool operator==(const PageTablesModel&) const = default;
};

PageTablesModel buildPageTables(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const PageTablesModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const PageTablesModel& model);

}  // namespace ringside
