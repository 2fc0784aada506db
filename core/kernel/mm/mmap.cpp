// Areas: do_mmap, do_munmap, mprotect, brk (Linux 6.1 mm/mmap.c, mm/mprotect.c).
#include "core/kernel/errno.h"
#include "core/kernel/fs/inode.h"
#include "core/kernel/limits.h"
#include "core/kernel/mm/huge.h"
#include "core/kernel/mm/internal.h"

namespace ringside {
namespace {

constexpr u64 kMmapMinAddress = 65536;

u64 guardedStart(const Vma& area) {
    if (!(area.flags & vm::GrowsDown)) return area.start;
    return area.start > kStackGuardGap ? area.start - kStackGuardGap : 0;
}

bool isFree(const Mm& mm, u64 start, u64 end) {
    auto it = mm.vmas.lower_bound(start);
    if (it != mm.vmas.end() && guardedStart(it->second) < end) return false;
    return it == mm.vmas.begin() || std::prev(it)->second.end <= start;
}

// vm_unmapped_area, top-down and then bottom-up. Linux finds the gap in its tree; here the search leaves out what it
// once found to be full, or to have no hole that is large enough (until 3.6 Linux did so too: free_area_cache and
// cached_hole_size).
u64 findGap(Mm& mm, u64 length, u64 low) {
    mm.fullAbove = std::min(mm.mmapBase, mm.fullAbove);
    if (mm.fullAbove <= mm.searchedTo) {
        mm.searchedTo = mm.fullAbove;
        mm.largestHole = 0;
    }
    const bool resumes = length > mm.largestHole;
    u64 ceiling = resumes ? mm.searchedTo : mm.fullAbove;
    bool full = ceiling == mm.fullAbove;
    for (auto it = std::make_reverse_iterator(mm.vmas.lower_bound(ceiling)); it != mm.vmas.rend(); ++it) {
        const Vma& area = it->second;
        if (area.end <= low) break;
        const u64 hole = ceiling - std::min(ceiling, area.end);
        if (hole >= length) return ceiling - length;
        ceiling = std::min(ceiling, guardedStart(area));
        full &= hole == 0;
        if (full) mm.fullAbove = ceiling;
        if (resumes) {
            mm.searchedTo = ceiling;
            mm.largestHole = std::max(mm.largestHole, hole);
        }
        if (ceiling < low + length) return 0;
    }
    return ceiling >= low + length ? ceiling - length : 0;
}

// After an unmap: the hole around `address` may be larger than all that were seen.
void noteHole(Mm& mm, u64 address) {
    const auto above = mm.vmas.upper_bound(address);
    const u64 end = std::min(mm.mmapBase, above == mm.vmas.end() ? mm.mmapBase : guardedStart(above->second));
    const u64 start = above == mm.vmas.begin() ? 0 : std::prev(above)->second.end;
    if (end > mm.searchedTo && end > start) mm.largestHole = std::max(mm.largestHole, end - start);
}

u64 findGapUpwards(const Mm& mm, u64 length, u64 low, u64 high) {
    u64 floor = low;
    for (const auto& [start, area] : mm.vmas) {
        if (area.end <= floor) continue;
        if (guardedStart(area) >= floor && guardedStart(area) - floor >= length) break;
        floor = area.end;
    }
    return floor + length <= high ? floor : 0;
}

u32 areaFlags(u32 protection) {
    u32 flags = 0;
    if (protection & prot::Read) flags |= vm::Read;
    if (protection & prot::Write) flags |= vm::Write;
    if (protection & prot::Exec) flags |= vm::Exec;
    return flags;
}

u64 limitOf(const Os& os, unsigned resource) {
    const SignalStruct* signal = os.kernel.signals.find(os.kernel.currentTask().signal);
    return signal && signal->rlimits[resource][0] ? signal->rlimits[resource][0] : ~u64{0};
}

bool mayExpand(const Os& os, const Mm& mm, u64 length) {
    const u64 limit = limitOf(os, 9);  // RLIMIT_AS
    return limit == ~u64{0} || (mm.totalVm << kPageShift) + length <= limit;
}

bool canMerge(const Vma& a, const Vma& b) {
    if (a.end != b.start || a.flags != b.flags || a.file != b.file || a.name != b.name) return false;
    if (a.flags & vm::GrowsDown || a.special != SpecialMapping::None || b.special != SpecialMapping::None) return false;
    return isAnonymous(a) || a.pageOffset + ((a.end - a.start) >> kPageShift) == b.pageOffset;
}

}  // namespace

u64 unmappedArea(Mm& mm, u64 hint, u64 length, u32 flags) {
    if (length > kTaskSize) return 0;
    if (hint) {
        hint = pageUp(hint);
        if (hint >= kMmapMinAddress && hint <= kTaskSize - length && isFree(mm, hint, hint + length)) return hint;
    }
    if (flags & map::Bit32) return findGapUpwards(mm, length, 0x40000000, 0x80000000);
    if (const u64 found = findGap(mm, length, kMmapMinAddress)) return found;
    return findGapUpwards(mm, length, pageDown(kTaskSize / 3), kTaskSize);
}

bool maySplit(const Mm& mm, u64 address) {
    const Vma* area = mm.find(address);
    return !area || area->special == SpecialMapping::None || area->start == address;
}

void splitVma(Os& os, Mm& mm, u64 address) {
    auto it = mm.vmas.upper_bound(address);
    if (it == mm.vmas.begin()) return;
    Vma& low = std::prev(it)->second;
    if (low.start >= address || low.end <= address) return;
    Vma high = low;
    high.start = address;
    if (!isAnonymous(high)) {
        high.pageOffset += (address - low.start) >> kPageShift;
        holdInode(os, high.file);
    }
    low.end = address;
    mm.vmas.emplace(address, high);
}

void mergeAround(Os& os, Mm& mm, u64 start, u64 end) {
    auto it = mm.vmas.lower_bound(start);
    if (it != mm.vmas.begin()) --it;
    while (it != mm.vmas.end() && it->first <= end) {
        auto next = std::next(it);
        if (next == mm.vmas.end()) break;
        if (!canMerge(it->second, next->second)) {
            it = next;
            continue;
        }
        it->second.end = next->second.end;
        it->second.anonVma |= next->second.anonVma;
        if (!isAnonymous(it->second)) releaseInode(os, it->second.file);
        mm.vmas.erase(next);
    }
}

i64 mapArea(Os& os, MmId id, const MapRequest& request) {
    KernelCall call(os, "do_mmap");
    if (request.length == 0) return -error::kInval;
    const u64 length = pageUp(request.length);
    if (length == 0 || length > kTaskSize) return -error::kNoMem;
    const u32 type = request.flags & map::Type;
    const bool shared = type == map::Shared || type == map::SharedValidate;
    if (!shared && type != map::Private) return -error::kInval;
    if (request.pageOffset + (length >> kPageShift) < request.pageOffset) return -error::kOverflow;
    Mm& before = os.kernel.mms.edit(id);
    if (before.vmas.size() > limit::AreasOfOne) return -error::kNoMem;
    u64 address = request.address;
    if (request.flags & (map::Fixed | map::FixedNoReplace)) {
        if (pageOffset(address)) return -error::kInval;
        if (address > kTaskSize - length) return -error::kNoMem;
        if (address < kMmapMinAddress) return -error::kPerm;
        if ((request.flags & map::FixedNoReplace) && !isFree(before, address, address + length)) return -error::kExist;
    } else {
        KernelCall find(os, "get_unmapped_area");
        address = unmappedArea(before, address, length, request.flags);
        if (address == 0) return -error::kNoMem;
    }
    u32 flags = areaFlags(request.prot) | vm::MayRead | vm::MayWrite | vm::MayExec;
    if (request.flags & map::GrowsDown) flags |= vm::GrowsDown;
    if (request.flags & map::NoReserve) flags |= vm::NoReserve;
    if (shared) flags |= vm::Shared;
    if (request.file.value) {
        const u32 access = request.openFlags & 3;
        if (access == 1) return -error::kAcces;
        if (shared && access == 0) {
            if (flags & vm::Write) return -error::kAcces;
            flags &= ~vm::MayWrite;
        }
    }
    KernelCall region(os, "mmap_region");
    if (!mayExpand(os, before, length)) return -error::kNoMem;
    if (!isFree(before, address, address + length))
        if (i64 r = unmapArea(os, id, address, length); r < 0) return r;
    InodeId file = request.file;
    std::string name = request.name;
    if (shared && file.value == 0) {  // shmem_zero_setup: a file without a name behind it
        KernelCall shmem(os, "shmem_zero_setup");
        file = InodeId(os.kernel.nextId++);
        Inode inode;
        inode.id = file;
        inode.mode = mode::Regular | 0777;
        inode.mount = Mount::Anonymous;
        inode.links = 0;
        inode.size = length;
        os.kernel.vfs.inodes.insert(file, inode);
        name = "/dev/zero (deleted)";
    }
    if (file.value) holdInode(os, file);
    Mm& mm = os.kernel.mms.edit(id);
    Vma area;
    area.start = address;
    area.end = address + length;
    area.flags = flags;
    area.file = file;
    area.pageOffset = file.value ? (request.file.value ? request.pageOffset : 0) : address >> kPageShift;
    area.name = name;
    mm.vmas.emplace(address, area);
    mm.countPages(static_cast<i64>(length >> kPageShift));
    mergeAround(os, mm, address, address + length);
    os.emit(EventKind::Mmap, {address, address + length, flags}, name);
    if ((request.flags & (map::Populate | map::Locked)) && !(request.flags & map::NonBlock))
        populateArea(os, id, address, address + length);
    return static_cast<i64>(address);
}

i64 unmapArea(Os& os, MmId id, u64 address, u64 length) {
    KernelCall call(os, "do_munmap");
    if (pageOffset(address) || address > kTaskSize || length > kTaskSize - address) return -error::kInval;
    length = pageUp(length);
    if (length == 0) return -error::kInval;
    const u64 end = address + length;
    if (!splitHugeAtEdges(os, id, address, end)) return -error::kNoMem;
    Mm& mm = os.kernel.mms.edit(id);
    if (!maySplit(mm, address) || !maySplit(mm, end)) return -error::kInval;
    splitVma(os, mm, address);
    splitVma(os, mm, end);
    bool any = false;
    for (auto it = mm.vmas.lower_bound(address); it != mm.vmas.end() && it->first < end;) {
        const Vma area = it->second;
        any = true;
        zapRange(os, id, area.start, area.end);
        it = mm.vmas.erase(it);
        mm.countPages(-static_cast<i64>((area.end - area.start) >> kPageShift));
        mm.fullAbove = std::max(mm.fullAbove, area.end);
        os.emit(EventKind::Munmap, {area.start, area.end}, area.name);
        if (area.file.value) releaseInode(os, area.file);
    }
    if (any) {
        freeEmptyTables(os, id, address, end);
        noteHole(mm, address);
    }
    return 0;
}

i64 protectArea(Os& os, MmId id, u64 address, u64 length, u32 protection) {
    KernelCall call(os, "do_mprotect_pkey");
    const bool growsDown = protection & prot::GrowsDown, growsUp = protection & prot::GrowsUp;
    if (growsDown && growsUp) return -error::kInval;
    protection &= ~(prot::GrowsDown | prot::GrowsUp);
    if (pageOffset(address) || (protection & ~7u)) return -error::kInval;
    if (length == 0) return 0;
    const u64 end = address + pageUp(length);
    if (end <= address) return -error::kNoMem;
    {
        const Mm& mm = os.kernel.mms.at(id);
        const Vma* first = mm.find(address);
        if (!first) return -error::kNoMem;
        if (growsDown) {
            if (!(first->flags & vm::GrowsDown)) return -error::kInval;
            address = first->start;
        }
    }
    if (!splitHugeAtEdges(os, id, address, end)) return -error::kNoMem;
    // An entry without P can not tell a 2 MiB page from a table.
    if (protection == 0 && !splitHugeWithin(os, id, address, end)) return -error::kNoMem;
    Mm& mm = os.kernel.mms.edit(id);
    // As Linux does, areas before the first hole or forbidden one are changed all the same.
    i64 result = 0;
    u64 next = address;
    while (next < end) {
        const Vma* area = mm.find(next);
        if (!area) {
            result = -error::kNoMem;
            break;
        }
        const u32 wanted = areaFlags(protection);
        if (wanted & ~(area->flags >> 4)) {
            result = -error::kAcces;
            break;
        }
        KernelCall fixup(os, "mprotect_fixup");
        const u64 to = std::min(end, area->end), from = std::max(next, area->start);
        if (!maySplit(mm, from) || !maySplit(mm, to)) {
            result = -error::kInval;
            break;
        }
        splitVma(os, mm, from);
        splitVma(os, mm, to);
        Vma& part = mm.vmas.at(from);
        part.flags = (part.flags & ~(vm::Read | vm::Write | vm::Exec)) | wanted;
        const Vma copy = part;
        KernelCall change(os, "change_protection");
        forEachPte(os.ram, mm.cr3, os.kernel.options.fiveLevel, from, to,
                   [&](u64 a, PhysAddr at, u64 entry, bool huge) {
                       if (!ptePresent(entry)) return;
                       const FrameNo frame = pteFrame(entry);
                       const Page& page = os.kernel.frames.pages[frame.value];
                       const bool keeps = entry & pte::RW;
                       // can_change_pte_writable: nobody else has the page.
                       const bool own = !isZeroPage(os, frame) && page.use == PageUse::Anonymous &&
                                        page.refcount == 1 && !(copy.flags & vm::Shared);
                       const bool writable = (copy.flags & vm::Write) && (keeps || own);
                       u64 changed = (entry & (pte::kFrameMask | pte::A | pte::D)) | protectionBits(copy, writable);
                       if (huge) changed |= pte::PS;
                       if (changed == entry) return;
                       setPte(os, mm, a, at, changed);
                       if (huge && isLoaded(os, mm)) os.cpu.flushTlb();
                   });
        next = to;
    }
    mergeAround(os, mm, address, end);
    return result;
}

i64 setBrk(Os& os, MmId id, u64 brk) {
    Mm& mm = os.kernel.mms.edit(id);
    const u64 old = mm.brk;
    if (brk < mm.startBrk) return static_cast<i64>(old);
    const u64 dataLimit = limitOf(os, 2);  // RLIMIT_DATA
    if (dataLimit != ~u64{0} && brk - mm.startBrk + (mm.endData - mm.startData) > dataLimit)
        return static_cast<i64>(old);
    if (brk > kTaskSize) return static_cast<i64>(old);
    const u64 newEnd = pageUp(brk), oldEnd = pageUp(old);
    if (newEnd < oldEnd) {
        if (unmapArea(os, id, newEnd, oldEnd - newEnd) < 0) return static_cast<i64>(old);
    } else if (newEnd > oldEnd) {
        KernelCall call(os, "do_brk_flags");
        if (!isFree(mm, oldEnd, newEnd + kPageSize) || !mayExpand(os, mm, newEnd - oldEnd))
            return static_cast<i64>(old);
        Vma area;
        area.start = oldEnd;
        area.end = newEnd;
        area.flags = vm::Read | vm::Write | vm::MayRead | vm::MayWrite | vm::MayExec;
        area.pageOffset = oldEnd >> kPageShift;
        area.name = "[heap]";
        mm.vmas.emplace(oldEnd, area);
        mm.countPages(static_cast<i64>((newEnd - oldEnd) >> kPageShift));
        mergeAround(os, mm, oldEnd, newEnd);
    }
    os.kernel.mms.edit(id).brk = brk;
    if (brk != old) os.emit(EventKind::Brk, {old, brk});
    return static_cast<i64>(brk);
}

}  // namespace ringside
