// mremap, madvise and looking at what is resident (Linux 6.1 mm/mremap.c, mm/madvise.c, mm/mincore.c).
#include <algorithm>

#include "core/kernel/errno.h"
#include "core/kernel/fs/inode.h"
#include "core/kernel/mm/huge.h"
#include "core/kernel/mm/internal.h"

namespace ringside {
namespace {

constexpr u32 kMayMove = 1, kFixed = 2, kDontUnmap = 4;

enum Advice : u32 {
    kNormal = 0,
    kRandom,
    kSequential,
    kWillNeed,
    kDontNeed,
    kFree = 8,
    kRemove,
    kDontFork,
    kDoFork,
    kMergeable = 12,
    kUnmergeable,
    kHugePage,
    kNoHugePage,
    kDontDump,
    kDoDump,
    kWipeOnFork,
    kKeepOnFork,
    kCold,
    kPageOut,
    kPopulateRead,
    kPopulateWrite
};

// What there is no struct page for, none of this can be done with.
bool touchesPages(u32 advice) { return advice == kDontNeed || advice == kFree || advice == kDoFork || advice >= kCold; }

// move_page_tables: the entries move, the pages stay where they are.
bool moveEntries(Os& os, MmId id, u64 from, u64 to, u64 length) {
    KernelCall call(os, "move_page_tables");
    struct Moved {
        u64 address;
        PhysAddr at;
        u64 entry;
    };
    std::vector<Moved> entries;
    const bool five = os.kernel.options.fiveLevel;
    forEachPte(os.ram, os.kernel.mms.at(id).cr3, five, from, from + length, [&](u64 a, PhysAddr at, u64 entry, bool) {
        entries.push_back({a, at, entry});
    });
    // Tables first, so that a lack of memory leaves everything where it was.
    for (const Moved& m : entries)
        if (!makePte(os, id, to + (m.address - from))) return false;
    const Mm& mm = os.kernel.mms.at(id);
    for (const Moved& m : entries) {
        const u64 entry = os.ram.load<u64>(m.at);
        setPte(os, mm, m.address, m.at, 0);
        const auto target = findPte(os.ram, mm.cr3, five, to + (m.address - from));
        setNewPte(os, target->at, entry);
    }
    return true;
}

}  // namespace

i64 remapArea(Os& os, MmId id, u64 address, u64 oldLength, u64 newLength, u32 flags, u64 newAddress) {
    KernelCall call(os, "mremap");
    if (flags & ~(kMayMove | kFixed | kDontUnmap)) return -error::kInval;
    if ((flags & (kFixed | kDontUnmap)) && !(flags & kMayMove)) return -error::kInval;
    if ((flags & kDontUnmap) && oldLength != newLength) return -error::kInval;
    if (pageOffset(address)) return -error::kInval;
    oldLength = pageUp(oldLength);
    newLength = pageUp(newLength);
    if (newLength == 0 || newLength > kTaskSize) return -error::kInval;
    const Vma* found = os.kernel.mms.at(id).find(address);
    if (!found) return -error::kFault;
    if (flags & kFixed) {
        if (pageOffset(newAddress) || newAddress > kTaskSize - newLength) return -error::kInval;
        if (newAddress < address + oldLength && address < newAddress + newLength) return -error::kInval;
    } else if (newLength <= oldLength && !(flags & kDontUnmap)) {
        if (newLength < oldLength)
            if (i64 r = unmapArea(os, id, address + newLength, oldLength - newLength); r < 0) return r;
        return static_cast<i64>(address);
    }
    const bool keepsSize = found->flags & (vm::DontExpand | vm::PfnMap);
    if (oldLength == 0 && !(found->flags & vm::Shared)) return -error::kInval;
    if ((flags & kDontUnmap) && keepsSize) return -error::kInval;
    if (oldLength > found->end - address || (newLength > oldLength && keepsSize)) return -error::kFault;
    const Vma area = *found;
    Mm& mm = os.kernel.mms.edit(id);
    if (!(flags & (kFixed | kDontUnmap)) && address + oldLength == area.end) {
        const auto next = mm.vmas.upper_bound(address);
        const u64 limit = next == mm.vmas.end() ? kTaskSize : next->second.start;
        if (newLength <= limit - address) {
            mm.vmas.at(area.start).end = address + newLength;
            mm.countPages(static_cast<i64>((newLength - oldLength) >> kPageShift));
            mergeAround(os, mm, area.start, address + newLength);
            os.emit(EventKind::Mmap, {address + oldLength, address + newLength, area.flags}, area.name);
            return static_cast<i64>(address);
        }
    }
    if (!(flags & kMayMove)) return -error::kNoMem;
    if (!maySplit(mm, address) || !maySplit(mm, address + oldLength)) return -error::kInval;
    if (!splitHugeAtEdges(os, id, address, address + oldLength)) return -error::kNoMem;
    if (!splitHugeWithin(os, id, address, address + oldLength)) return -error::kNoMem;
    MapRequest request{.address = flags & kFixed ? newAddress : 0,
                       .length = newLength,
                       .prot = area.flags & 7,
                       .flags = map::Private | map::Anonymous | (flags & kFixed ? map::Fixed : 0)};
    const i64 target = mapArea(os, id, request);
    if (target < 0) return target;
    // The new area is what the old one was; it must not have been merged with a neighbour for that.
    const u64 to = static_cast<u64>(target);
    splitVma(os, mm, to);
    splitVma(os, mm, to + newLength);
    Vma& moved = mm.vmas.at(to);
    moved.flags = area.flags;
    moved.file = area.file;
    moved.name = area.name;
    moved.anonVma = area.anonVma;
    moved.special = area.special;
    if (!isAnonymous(area)) moved.pageOffset = area.pageOffset + ((address - area.start) >> kPageShift);
    if (area.file.value) holdInode(os, area.file);
    if (!moveEntries(os, id, address, to, std::min(oldLength, newLength))) {
        unmapArea(os, id, to, newLength);
        return -error::kNoMem;
    }
    if (!(flags & kDontUnmap) && oldLength) unmapArea(os, id, address, oldLength);
    mergeAround(os, os.kernel.mms.edit(id), to, to + newLength);
    return target;
}

i64 adviseArea(Os& os, MmId id, u64 address, u64 length, u32 advice) {
    KernelCall call(os, "do_madvise");
    if (advice > kPopulateWrite || (advice > kDontNeed && advice < kFree) || advice == kRemove) return -error::kInval;
    if (pageOffset(address)) return -error::kInval;
    const u64 end = address + pageUp(length);
    if (end < address) return -error::kInval;
    if (end == address) return 0;
    if (!splitHugeAtEdges(os, id, address, end)) return -error::kNoMem;
    i64 result = 0;
    for (u64 next = address; next < end;) {
        Mm& mm = os.kernel.mms.edit(id);
        const auto above = mm.vmas.upper_bound(next);
        const Vma* area = mm.find(next);
        if (!area) {
            result = -error::kNoMem;
            if (above == mm.vmas.end() || above->first >= end) break;
            next = above->first;
            continue;
        }
        const u64 from = next, to = std::min(end, area->end);
        next = to;
        if (area->special != SpecialMapping::None) {
            if ((area->flags & vm::PfnMap) && touchesPages(advice)) return -error::kInval;
            if (!maySplit(mm, from) || !maySplit(mm, to)) return -error::kInval;
            if (advice == kHugePage || advice == kNoHugePage) return -error::kInval;
        }
        const auto change = [&](u32 set, u32 clear) {
            splitVma(os, mm, from);
            splitVma(os, mm, to);
            Vma& part = mm.vmas.at(from);
            part.flags = (part.flags | set) & ~clear;
        };
        switch (advice) {
            case kDontNeed:
                zapRange(os, id, from, to);
                break;
            case kFree:
                // Linux frees lazily, when memory runs short; here at once, which a program may not tell from it.
                if (!isAnonymous(*area)) return -error::kInval;
                zapRange(os, id, from, to);
                break;
            case kDontFork:
                change(vm::DontCopy, 0);
                break;
            case kDoFork:
                change(0, vm::DontCopy);
                break;
            case kWipeOnFork:
                if (!isAnonymous(*area) || (area->flags & vm::Shared)) return -error::kInval;
                change(vm::WipeOnFork, 0);
                break;
            case kKeepOnFork:
                change(0, vm::WipeOnFork);
                break;
            case kHugePage:
                change(vm::HugePage, vm::NoHugePage);
                break;
            case kNoHugePage:
                change(vm::NoHugePage, vm::HugePage);
                break;
            case kPopulateRead:
            case kPopulateWrite:
                populateArea(os, id, from, to);
                break;
            default:
                break;
        }
    }
    mergeAround(os, os.kernel.mms.edit(id), address, end);
    return result;
}

void populateArea(Os& os, MmId id, u64 start, u64 end) {
    KernelCall call(os, "populate_vma_page_range");
    for (u64 a = start; a < end; a += kPageSize) {
        const Vma* area = os.kernel.mms.at(id).find(a);
        if (!area || !(area->flags & (vm::Read | vm::Write | vm::Exec))) return;
        if (isResident(os, id, a)) continue;
        const bool write = (area->flags & (vm::Write | vm::Shared)) == vm::Write;
        if (handleMmFault(os, id, a, write) != FaultResult::Handled) return;
    }
}

bool isResident(const Os& os, MmId id, u64 address) {
    const Mm& mm = os.kernel.mms.at(id);
    const auto slot = findPte(os.ram, mm.cr3, os.kernel.options.fiveLevel, address);
    if (slot && ptePresent(slot->entry)) return true;
    const Vma* area = mm.find(address);
    if (!area || isAnonymous(*area)) return false;
    const Inode* inode = os.kernel.vfs.inodes.find(area->file);
    return inode && inode->pages.contains(filePage(*area, address));
}

}  // namespace ringside
