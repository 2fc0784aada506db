// Address spaces from birth to death: kernel/fork.c (mm_init, dup_mmap), mm/memory.c (copy_page_range, zap_pte_range),
// mm/mmap.c (exit_mmap) of Linux 6.1.
#include "core/kernel/mm/address_space.h"

#include "core/kernel/fs/inode.h"
#include "core/kernel/limits.h"
#include "core/kernel/mm/frames.h"
#include "core/kernel/mm/huge.h"
#include "core/kernel/mm/internal.h"
#include "core/kernel/mm/page_cache.h"
#include "core/kernel/mm/page_lists.h"
#include "core/kernel/mm/swap.h"

namespace ringside {

MmId newMm(Os& os) {
    KernelCall call(os, "mm_init");
    const MmId id(os.kernel.nextId++);
    const auto top = allocFrame(os, PageUse::PageTable, id.value, 0);
    if (!top) return MmId(0);
    copyKernelHalf(os, addressOf(*top));
    Mm mm;
    mm.id = id;
    mm.cr3 = addressOf(*top).value;
    mm.pageTables = 1;
    mm.mmapBase = kTaskSize - (u64{128} << 20);
    os.kernel.mms.insert(id, mm);
    return id;
}

void getMm(Os& os, MmId id) { ++os.kernel.mms.edit(id).users; }

void zapEntry(Os& os, Mm& mm, u64 entry, bool huge) {
    if (pteSwapped(entry)) {
        freeSwapSlot(os, swapSlot(entry));
        --mm.swapEntries;
        return;
    }
    const FrameNo frame = pteFrame(entry);
    if (!isNormalPage(os, frame)) return;
    Page& page = os.kernel.frames.pages.edit(frame.value);
    CHECK(page.mapcount > 0);
    --page.mapcount;
    if (page.use == PageUse::PageCache && (entry & pte::D)) page.dirty = true;
    countRss(os, mm, frame, huge ? -512 : -1);
    putFrame(os, frame);
}

void zapRange(Os& os, MmId id, u64 start, u64 end) {
    KernelCall call(os, "unmap_page_range");
    CHECK(splitHugeAtEdges(os, id, start, end));
    Mm& mm = os.kernel.mms.edit(id);
    const bool loaded = isLoaded(os, mm);
    forEachPte(os.ram, mm.cr3, os.kernel.options.fiveLevel, start, end,
               [&](u64 address, PhysAddr at, u64 entry, bool huge) {
                   os.ram.store(at, u64{0});
                   if (loaded && huge)
                       os.cpu.flushTlb();
                   else if (loaded && ptePresent(entry))
                       os.cpu.invalidatePage(VirtAddr(address));
                   zapEntry(os, mm, entry, huge);
               });
}

namespace {

// copy_page_range for one area: the child's entries become those of the parent, both without the write permission where
// the memory is private.
bool copyPageRange(Os& os, MmId fromId, MmId toId, const Vma& area) {
    KernelCall call(os, "copy_page_range");
    const Ram& ram = os.ram;
    const u64 cr3 = os.kernel.mms.at(fromId).cr3;
    const bool five = os.kernel.options.fiveLevel;
    struct Found {
        u64 address;
        PhysAddr at;
        u64 entry;
        bool huge;
    };
    std::vector<Found> present;
    KernelCall tables(os, "copy_pte_range");
    forEachPte(ram, cr3, five, area.start, area.end, [&](u64 address, PhysAddr at, u64 entry, bool huge) {
        present.push_back({address, at, entry, huge});
    });
    for (const Found& p : present) {
        PhysAddr at;
        if (p.huge) {
            const auto pmd = makePmd(os, toId, p.address);
            if (!pmd) return false;
            at = *pmd;
        } else {
            const auto slot = makePte(os, toId, p.address);
            if (!slot) return false;
            at = slot->at;
        }
        // Making the table may have reclaimed the page.
        u64 entry = ram.load<u64>(p.at);
        if (entry == 0) continue;
        Mm& to = os.kernel.mms.edit(toId);
        if (pteSwapped(entry)) {
            dupSwapSlot(os, swapSlot(entry));
            ++to.swapEntries;
            os.ram.store(at, entry);
            continue;
        }
        if (isCow(area) && (entry & pte::RW)) {
            entry &= ~pte::RW;
            os.ram.store(p.at, entry);
        }
        const FrameNo frame = pteFrame(entry);
        if (isNormalPage(os, frame)) {
            getFrame(os, frame);
            addRmap(os, frame);
            countRss(os, to, frame, p.huge ? 512 : 1);
        }
        u64 child = entry & ~pte::A;
        if (area.flags & vm::Shared) child &= ~pte::D;
        os.ram.store(at, child);
    }
    return true;
}

}  // namespace

MmId dupMm(Os& os, MmId fromId) {
    KernelCall call(os, "dup_mm");
    u64 areas = os.kernel.mms.at(fromId).vmas.size();
    for (const auto& [id, mm] : os.kernel.mms) areas += mm.vmas.size();
    if (areas > limit::Areas) return MmId(0);
    const MmId toId = newMm(os);
    if (toId.value == 0) return toId;
    KernelCall map(os, "dup_mmap");
    {
        const Mm from = os.kernel.mms.at(fromId);
        Mm& to = os.kernel.mms.edit(toId);
        const u64 cr3 = to.cr3, tables = to.pageTables;
        to = from;
        to.id = toId;
        to.users = 1;
        to.cr3 = cr3;
        to.pageTables = tables;
        to.rssAnon = to.rssFile = to.rssShmem = to.swapEntries = to.hiwaterRss = to.hiwaterVm = to.totalVm = 0;
        to.minorFaults = to.majorFaults = 0;
        to.vmas.clear();
        to.fullAbove = to.searchedTo = ~u64{0};
        to.largestHole = 0;
    }
    if (os.kernel.mms.at(toId).exe.value) holdInode(os, os.kernel.mms.at(toId).exe);
    const std::map<u64, Vma> originals = os.kernel.mms.at(fromId).vmas;
    bool ok = true;
    for (const auto& [start, area] : originals) {
        if (area.flags & vm::DontCopy) continue;
        Vma copy = area;
        if (area.flags & vm::WipeOnFork) copy.anonVma = false;
        Mm& to = os.kernel.mms.edit(toId);
        to.vmas.emplace(start, copy);
        to.countPages(static_cast<i64>((area.end - start) >> kPageShift));
        if (area.file.value) holdInode(os, area.file);
        // vma_needs_copy: what can not be found again, or has no struct page to be found by.
        if (!(area.anonVma || area.flags & vm::PfnMap) || (area.flags & vm::WipeOnFork)) continue;
        if (!(ok = copyPageRange(os, fromId, toId, area))) break;
    }
    if (isLoaded(os, os.kernel.mms.at(fromId))) os.cpu.flushTlb();
    if (!ok) {
        putMm(os, toId);
        return MmId(0);
    }
    return toId;
}

void putMm(Os& os, MmId id) {
    Mm& mm = os.kernel.mms.edit(id);
    CHECK(mm.users > 0);
    if (--mm.users > 0) return;
    if (isLoaded(os, mm)) os.cpu.loadCr3(os.kernel.kernelCr3);
    KernelCall call(os, "__mmput");
    KernelCall exit(os, "exit_mmap");
    {
        KernelCall unmap(os, "unmap_vmas");
        for (const auto& [start, area] : std::map<u64, Vma>(os.kernel.mms.at(id).vmas))
            zapRange(os, id, start, area.end);
    }
    {
        KernelCall tables(os, "free_pgtables");
        freeEmptyTables(os, id, 0, u64{1} << 47);
        const u64 cr3 = os.kernel.mms.at(id).cr3;
        if (os.kernel.options.fiveLevel) {
            // The upper tables are shared by entry 511; everything of our own is gone by now.
            CHECK(os.ram.load<u64>(PhysAddr(cr3)) == 0);
        }
        putFrame(os, frameOf(PhysAddr(cr3)));
    }
    for (const auto& [start, area] : std::map<u64, Vma>(os.kernel.mms.at(id).vmas))
        if (area.file.value) releaseInode(os, area.file);
    if (os.kernel.mms.at(id).exe.value) releaseInode(os, os.kernel.mms.at(id).exe);
    os.kernel.mms.erase(id);
}

}  // namespace ringside
