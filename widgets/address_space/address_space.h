// Address space: the user half of one or two processes from 0 up to the stack, the hole that no address can lie in, and
// the kernel half, each area as a block whose height grows with the logarithm of its size. Under each area lies a strip
// with the state of its pages, read from the page tables in RAM.
#pragma once

#include <vector>

#include "widgets/canvas/view.h"

namespace ringside {

enum class PageState : u8 { Untouched, FileNotLoaded, Zero, Resident, Shared, CopyOnWrite, Swapped, Dirty, kCount };

struct SpaceArea {
    u64 start = 0, end = 0;
    QString name, rights, role;  // role: text, data, bss, heap, stack, mapped file …
    Role color = Role::Data;
    bool kernel = false, hole = false;
    QString sentence;
    std::vector<std::pair<PageState, u64>> pages;  // runs of pages in the same state, in address order
    std::vector<std::pair<bool, u64>> accessed;    // runs of pages with and without the A bit
    u64 count[static_cast<std::size_t>(PageState::kCount)] = {};
    bool changed = false;
    bool operator==(const SpaceArea&) const = default;
};

struct SpaceMark {
    u64 address = 0;
    QString name;  // RSP, RIP, brk, mmap base
    bool operator==(const SpaceMark&) const = default;
};

struct Space {
    i32 pid = 0;
    QString task;
    std::vector<SpaceArea> areas;  // from high to low
    std::vector<SpaceMark> marks;
    u64 virtualBytes = 0, residentPages = 0;
    bool operator==(const Space&) const = default;
};

struct AddressSpaceModel {
    std::vector<Space> spaces;  // one, or two side by side
    u64 selected = 0;
    QString caption;
    bool ended = false;  // the program has ended
    bool operator==(const AddressSpaceModel&) const = default;
};

QString stateName(PageState state);

AddressSpaceModel buildAddressSpace(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const AddressSpaceModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const AddressSpaceModel& model);

}  // namespace ringside
