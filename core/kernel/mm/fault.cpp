// Page faults, in the order of Linux 6.1 mm/memory.c and arch/x86/mm/fault.c.
#include <cstring>

#include "core/kernel/entry/pt_regs.h"
#include "core/kernel/mm/frames.h"
#include "core/kernel/mm/huge.h"
#include "core/kernel/mm/internal.h"
#include "core/kernel/mm/page_cache.h"
#include "core/kernel/mm/page_lists.h"
#include "core/kernel/mm/swap.h"

namespace ringside {

u64 protectionBits(const Vma& area, bool writable) {
    const u64 noExecute = area.flags & vm::Exec ? 0 : pte::NX;
    if (!(area.flags & (vm::Read | vm::Write | vm::Exec))) return kProtNone | pte::US | pte::NX;
    return pte::P | pte::US | noExecute | (writable ? pte::RW : 0);
}

void addRmap(Os& os, FrameNo frame) {
    if (!isNormalPage(os, frame)) return;
    ++os.kernel.frames.pages.edit(frame.value).mapcount;
}

void countRss(const Os& os, Mm& mm, FrameNo frame, i64 pages) {
    if (!isNormalPage(os, frame)) return;
    const Page& page = os.kernel.frames.pages[frame.value];
    u64& counter = page.use == PageUse::Anonymous ? mm.rssAnon : page.swapBacked ? mm.rssShmem : mm.rssFile;
    counter += static_cast<u64>(pages);
    mm.hiwaterRss = std::max(mm.hiwaterRss, mm.rss());
}

namespace {

void countMinor(Os& os, Mm& mm) {
    ++mm.minorFaults;
    ++os.current().minorFaults;
}

// A fresh page of the process's own goes into its table.
void installAnonymous(Os& os, Mm& mm, const Vma& area, u64 address, PhysAddr at, FrameNo frame) {
    addRmap(os, frame);
    lruAdd(os, frame);
    countRss(os, mm, frame, 1);
    const bool writable = area.flags & vm::Write;
    const u64 entry = addressOf(frame).value | protectionBits(area, writable) | pte::A | (writable ? pte::D : 0);
    setPte(os, mm, address, at, entry);
    mm.vmas.at(area.start).anonVma = true;
}

FaultResult doAnonymousPage(Os& os, MmId id, const Vma& area, u64 address, PhysAddr at, bool write) {
    KernelCall call(os, "do_anonymous_page");
    if (!write) {
        const FrameNo zero(os.kernel.frames.zeroPage);
        setNewPte(os, at, addressOf(zero).value | protectionBits(area, false) | pte::A);
        ++os.kernel.counters.faultsZeroPage;
        os.emit(EventKind::ZeroPage, {address, zero.value});
        countMinor(os, os.kernel.mms.edit(id));
        return FaultResult::Handled;
    }
    std::optional<FrameNo> frame;
    {
        KernelCall alloc(os, "alloc_zeroed_user_highpage_movable");
        frame = allocFrame(os, PageUse::Anonymous, id.value, address >> kPageShift);
    }
    if (!frame) return FaultResult::OutOfMemory;
    Mm& mm = os.kernel.mms.edit(id);
    installAnonymous(os, mm, area, address, at, *frame);
    ++os.kernel.counters.faultsZero;
    os.emit(EventKind::ZeroFill, {address, frame->value});
    countMinor(os, mm);
    return FaultResult::Handled;
}

// __do_fault: the page of the file. Behind the end of the file there is none (SIGBUS).
FaultResult fileFrame(Os& os, const Vma& area, u64 address, FrameNo& frame, bool& major) {
    KernelCall call(os, "__do_fault");
    if (area.special != SpecialMapping::None) return specialFrame(os, area, address, frame);
    const Inode* inode = os.kernel.vfs.inodes.find(area.file);
    const u64 page = filePage(area, address);
    if (!inode || page >= (inode->size + kPageSize - 1) >> kPageShift) return FaultResult::BusAdrErr;
    KernelCall map(os, "filemap_fault");
    major = !inode->pages.contains(page);
    const auto found = pageCacheFrame(os, area.file, page);
    if (!found) return FaultResult::OutOfMemory;
    frame = *found;
    return FaultResult::Handled;
}

void countFile(Os& os, Mm& mm, bool major) {
    if (!major) return countMinor(os, mm);
    ++mm.majorFaults;
    ++os.current().majorFaults;
}

// do_fault_around: the neighbours that are in the page cache already, within the aligned 64 KiB, the area and the
// table.
void mapAround(Os& os, Mm& mm, const Vma& area, u64 address) {
    KernelCall call(os, "do_fault_around");
    const Inode& inode = os.kernel.vfs.inodes.at(area.file);
    const u64 from = std::max(address & ~u64{0xffff}, area.start);
    const u64 to = std::min((address & ~u64{0xffff}) + 0x10000, area.end);
    for (u64 a = from; a < to; a += kPageSize) {
        if (a == pageDown(address)) continue;
        const u64 page = filePage(area, a);
        if (page >= (inode.size + kPageSize - 1) >> kPageShift) break;
        const auto cached = inode.pages.find(page);
        if (cached == inode.pages.end()) continue;
        const auto slot = findPte(os.ram, mm.cr3, os.kernel.options.fiveLevel, a);
        if (!slot || slot->huge || slot->entry != 0) continue;
        const FrameNo frame(cached->second);
        getFrame(os, frame);
        addRmap(os, frame);
        countRss(os, mm, frame, 1);
        setNewPte(os, slot->at, addressOf(frame).value | protectionBits(area, false));
    }
}

FaultResult doReadFault(Os& os, MmId id, const Vma& area, u64 address, PhysAddr at) {
    KernelCall call(os, "do_read_fault");
    FrameNo frame;
    bool major = false;
    if (auto r = fileFrame(os, area, address, frame, major); r != FaultResult::Handled) return r;
    Mm& mm = os.kernel.mms.edit(id);
    if (!major && area.file.value) mapAround(os, mm, area, address);
    KernelCall finish(os, "finish_fault");
    if (isNormalPage(os, frame)) getFrame(os, frame);
    addRmap(os, frame);
    countRss(os, mm, frame, 1);
    setNewPte(os, at, addressOf(frame).value | protectionBits(area, false) | pte::A);
    ++os.kernel.counters.faultsFile;
    os.emit(EventKind::FileFill, {address, frame.value, area.file.value, filePage(area, address) << kPageShift},
            area.name);
    countFile(os, mm, major);
    return FaultResult::Handled;
}

FaultResult doCowFault(Os& os, MmId id, const Vma& area, u64 address, PhysAddr at) {
    KernelCall call(os, "do_cow_fault");
    const auto frame = allocFrame(os, PageUse::Anonymous, id.value, address >> kPageShift);
    if (!frame) return FaultResult::OutOfMemory;
    FrameNo source;
    bool major = false;
    if (auto r = fileFrame(os, area, address, source, major); r != FaultResult::Handled) {
        putFrame(os, *frame);
        return r;
    }
    {
        KernelCall copy(os, "copy_user_highpage");
        std::memcpy(kernelWritable(os, *frame), os.ram.frame(source), kPageSize);
    }
    KernelCall finish(os, "finish_fault");
    Mm& mm = os.kernel.mms.edit(id);
    installAnonymous(os, mm, area, address, at, *frame);
    ++os.kernel.counters.faultsFile;
    os.emit(EventKind::FileFill, {address, frame->value, area.file.value, filePage(area, address) << kPageShift},
            area.name + " (private copy)");
    countFile(os, mm, major);
    return FaultResult::Handled;
}

FaultResult doSharedFault(Os& os, MmId id, const Vma& area, u64 address, PhysAddr at) {
    KernelCall call(os, "do_shared_fault");
    FrameNo frame;
    bool major = false;
    if (auto r = fileFrame(os, area, address, frame, major); r != FaultResult::Handled) return r;
    Mm& mm = os.kernel.mms.edit(id);
    getFrame(os, frame);
    addRmap(os, frame);
    countRss(os, mm, frame, 1);
    os.kernel.frames.pages.edit(frame.value).dirty = true;
    setNewPte(os, at, addressOf(frame).value | protectionBits(area, true) | pte::A | pte::D);
    ++os.kernel.counters.faultsFile;
    os.emit(EventKind::FileFill, {address, frame.value, area.file.value, filePage(area, address) << kPageShift},
            area.name + " (shared)");
    countFile(os, mm, major);
    return FaultResult::Handled;
}

FaultResult doFault(Os& os, MmId id, const Vma& area, u64 address, PhysAddr at, bool write) {
    KernelCall call(os, "do_fault");
    if (!write) return doReadFault(os, id, area, address, at);
    if (!(area.flags & vm::Shared)) return doCowFault(os, id, area, address, at);
    return doSharedFault(os, id, area, address, at);
}

FaultResult wpPageCopy(Os& os, MmId id, const Vma& area, u64 address, const PteAt& slot) {
    KernelCall call(os, "wp_page_copy");
    const FrameNo old = pteFrame(slot.entry);
    const bool zero = isZeroPage(os, old);
    const u32 sharers = zero ? 0 : os.kernel.frames.pages[old.value].mapcount;
    const bool cached = !zero && os.kernel.frames.pages[old.value].use == PageUse::PageCache;
    // The old page must survive reclaim while we allocate.
    if (!zero) getFrame(os, old);
    const auto frame = allocFrame(os, PageUse::Anonymous, id.value, address >> kPageShift);
    if (!frame) {
        if (!zero) putFrame(os, old);
        return FaultResult::OutOfMemory;
    }
    Mm& mm = os.kernel.mms.edit(id);
    if (!zero) {
        KernelCall copy(os, "__wp_page_copy_user");
        std::memcpy(kernelWritable(os, *frame), os.ram.frame(old), kPageSize);
        countRss(os, mm, old, -1);
        CHECK(os.kernel.frames.pages[old.value].mapcount > 0);
        --os.kernel.frames.pages.edit(old.value).mapcount;
        putFrame(os, old);
    }
    installAnonymous(os, mm, area, address, slot.at, *frame);
    if (!zero) putFrame(os, old);
    if (zero) {
        ++os.kernel.counters.faultsZero;
        os.emit(EventKind::ZeroFill, {address, frame->value});
    } else {
        ++os.kernel.counters.cowCopies;
        if (cached) ++os.kernel.counters.cowFromCache;
        os.emit(EventKind::CowCopy, {address, old.value, frame->value, sharers},
                cached ? "a private copy of a page of " + area.name : std::string());
    }
    countMinor(os, mm);
    return FaultResult::Handled;
}

FaultResult wpPageReuse(Os& os, MmId id, u64 address, const PteAt& slot) {
    KernelCall call(os, "wp_page_reuse");
    Mm& mm = os.kernel.mms.edit(id);
    setPte(os, mm, address, slot.at, slot.entry | pte::RW | pte::A | pte::D);
    ++os.kernel.counters.cowReuses;
    os.emit(EventKind::CowReuse, {address, pteFrame(slot.entry).value});
    countMinor(os, mm);
    return FaultResult::Handled;
}

FaultResult doWpPage(Os& os, MmId id, const Vma& area, u64 address, const PteAt& slot) {
    KernelCall call(os, "do_wp_page");
    const FrameNo frame = pteFrame(slot.entry);
    if (area.flags & vm::Shared) {
        KernelCall shared(os, "wp_page_shared");
        os.kernel.frames.pages.edit(frame.value).dirty = true;
        Mm& mm = os.kernel.mms.edit(id);
        setPte(os, mm, address, slot.at, slot.entry | pte::RW | pte::A | pte::D);
        countMinor(os, mm);
        return FaultResult::Handled;
    }
    const Page& page = os.kernel.frames.pages[frame.value];
    if (!isZeroPage(os, frame) && page.use == PageUse::Anonymous && page.refcount == 1)
        return wpPageReuse(os, id, address, slot);
    return wpPageCopy(os, id, area, address, slot);
}

bool accessError(const Vma& area, u32 errorCode) {
    if (errorCode & pf::W) return !(area.flags & vm::Write);
    if (errorCode & pf::P) return true;
    return !(area.flags & (vm::Read | vm::Write | vm::Exec));
}

}  // namespace

FaultResult handleMmFault(Os& os, MmId id, u64 address, bool write) {
    KernelCall call(os, "handle_mm_fault");
    KernelCall inner(os, "__handle_mm_fault");
    address = pageDown(address);
    const Vma* found = os.kernel.mms.at(id).find(address);
    if (!found) return FaultResult::SegvMapErr;
    const Vma area = *found;
    if (auto huge = tryHugeFault(os, id, area, address, write)) return *huge;
    const auto slot = makePte(os, id, address);
    if (!slot) return FaultResult::OutOfMemory;
    KernelCall leaf(os, "handle_pte_fault");
    if (slot->entry == 0)
        return isAnonymous(area) ? doAnonymousPage(os, id, area, address, slot->at, write)
                                 : doFault(os, id, area, address, slot->at, write);
    if (pteSwapped(slot->entry)) return doSwapPage(os, id, area, address, slot->at, slot->entry, write);
    if (write && !(slot->entry & pte::RW)) return doWpPage(os, id, area, address, *slot);
    Mm& mm = os.kernel.mms.edit(id);
    setPte(os, mm, address, slot->at, slot->entry | pte::A | (write ? pte::D : 0));
    countMinor(os, mm);
    return FaultResult::Handled;
}

FaultResult expandStack(Os& os, MmId id, u64 address) {
    KernelCall call(os, "expand_stack");
    Mm& mm = os.kernel.mms.edit(id);
    address = pageDown(address);
    auto above = mm.vmas.upper_bound(address);
    if (above == mm.vmas.end() || !(above->second.flags & vm::GrowsDown)) return FaultResult::SegvMapErr;
    if (address < 65536) return FaultResult::SegvMapErr;  // mmap_min_addr
    const SignalStruct* signal = os.kernel.signals.find(os.kernel.currentTask().signal);
    const u64 limit = signal && signal->rlimits[3][0] ? signal->rlimits[3][0] : u64{8} << 20;
    if (above->second.end - address > limit) return FaultResult::SegvMapErr;
    if (above != mm.vmas.begin()) {
        const Vma& below = std::prev(above)->second;
        const bool accessible = below.flags & (vm::Read | vm::Write | vm::Exec);
        if (!(below.flags & vm::GrowsDown) && accessible && address - below.end < kStackGuardGap)
            return FaultResult::SegvMapErr;
    }
    Vma grown = above->second;
    const u64 pages = (grown.start - address) >> kPageShift;
    if (!isAnonymous(grown) && grown.pageOffset < pages) return FaultResult::SegvMapErr;
    if (!isAnonymous(grown)) grown.pageOffset -= pages;
    mm.vmas.erase(above);
    grown.start = address;
    mm.vmas.emplace(address, grown);
    mm.countPages(static_cast<i64>(pages));
    return FaultResult::Handled;
}

FaultResult handleFault(Os& os, u64 address, u32 errorCode) {
    KernelCall call(os, "do_user_addr_fault");
    const Task& task = os.kernel.currentTask();
    const u64 rip = errorCode & pf::U ? readPtRegs(os, task.id).rip : 0;
    os.emit(EventKind::PageFault, {address, errorCode, rip});
    const MmId id = task.mm;
    if (id.value == 0 || address >= kTaskSize) return FaultResult::SegvMapErr;
    const Vma* area = nullptr;
    {
        KernelCall find(os, "find_vma");
        area = os.kernel.mms.at(id).find(address);
    }
    if (!area) {
        if (auto r = expandStack(os, id, address); r != FaultResult::Handled) return r;
        area = os.kernel.mms.at(id).find(address);
        CHECK(area != nullptr);
    }
    if (accessError(*area, errorCode)) return FaultResult::SegvAccErr;
    return handleMmFault(os, id, address, errorCode & pf::W);
}

}  // namespace ringside
