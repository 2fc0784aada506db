#include "core/kernel/mm/reclaim.h"

#include <algorithm>
#include <cmath>

#include "core/kernel/costs.h"
#include "core/kernel/mm/frames.h"
#include "core/kernel/mm/internal.h"
#include "core/kernel/mm/page_cache.h"
#include "core/kernel/mm/page_lists.h"
#include "core/kernel/mm/swap.h"

namespace ringside {
namespace {

constexpr u32 kClusterMax = 32;  // SWAP_CLUSTER_MAX

enum class References : u8 { Reclaim, Keep, Activate };

// folio_check_references: who accessed the page since reclaim last looked? Clears the accessed bits it finds.
References checkReferences(Os& os, FrameNo frame, const std::vector<Mapper>& mappers) {
    u32 accessed = 0;
    bool executable = false;
    for (const Mapper& m : mappers) {
        const Mm& mm = os.kernel.mms.at(m.mm);
        const Vma* area = mm.find(m.address);
        executable |= area && (area->flags & vm::Exec);
        if (!(m.entry & pte::A)) continue;
        ++accessed;
        const auto slot = findPte(os.ram, mm.cr3, os.kernel.options.fiveLevel, m.address);
        setPte(os, mm, m.address, slot->at, slot->entry & ~pte::A);
    }
    Page& page = os.kernel.frames.pages.edit(frame.value);
    if (accessed == 0) return References::Reclaim;
    const bool before = page.referenced;
    page.referenced = true;
    if (before || accessed > 1) return References::Activate;
    if (executable && page.use == PageUse::PageCache) return References::Activate;
    return References::Keep;
}

void moveToFront(Os& os, u32 frame, bool active) {
    PageTableOfFrames& frames = os.kernel.frames;
    unlinkFrom(frames, frames.pages[frame].active ? frames.active : frames.inactive, frame);
    frames.pages.edit(frame).active = active;
    pushFront(frames, active ? frames.active : frames.inactive, frame);
}

// try_to_unmap, then the page is nobody's.
bool reclaimAnonymous(Os& os, FrameNo frame, const std::vector<Mapper>& mappers) {
    const Page& page = os.kernel.frames.pages[frame.value];
    if (page.refcount != page.mapcount || mappers.size() != page.mapcount) return false;
    const auto slot = writeToSwap(os, frame, page.mapcount);
    if (!slot) return false;
    getFrame(os, frame);  // until we are done with it
    for (const Mapper& m : mappers) {
        KernelCall unmap(os, "try_to_unmap_one");
        Mm& mm = os.kernel.mms.edit(m.mm);
        const auto at = findPte(os.ram, mm.cr3, os.kernel.options.fiveLevel, m.address);
        setPte(os, mm, m.address, at->at, swapEntry(*slot));
        zapEntry(os, mm, at->entry, false);
        ++mm.swapEntries;
    }
    ++os.kernel.counters.swapOuts;
    os.emit(EventKind::SwapOut, {frame.value, *slot, mappers.front().address});
    putFrame(os, frame);
    return true;
}

bool reclaimFile(Os& os, FrameNo frame, const std::vector<Mapper>& mappers) {
    const Page page = os.kernel.frames.pages[frame.value];
    if (page.refcount != page.mapcount + 1 || mappers.size() != page.mapcount) return false;
    const InodeId inode(page.owner);
    // Linux leaves changed pages of files to the flusher threads and comes back later; here they are written at once.
    // Shared memory has nothing but swap behind it, so that even what was never written must go there.
    const bool written = std::any_of(mappers.begin(), mappers.end(), [](const Mapper& m) { return m.entry & pte::D; });
    if ((page.dirty || written || page.swapBacked) && !writePage(os, inode, page.index, frame)) return false;
    for (const Mapper& m : mappers) {
        KernelCall unmap(os, "try_to_unmap_one");
        Mm& mm = os.kernel.mms.edit(m.mm);
        const auto at = findPte(os.ram, mm.cr3, os.kernel.options.fiveLevel, m.address);
        setPte(os, mm, m.address, at->at, 0);
        zapEntry(os, mm, at->entry, false);
    }
    os.kernel.vfs.inodes.edit(inode).pages.erase(page.index);
    putFrame(os, frame);
    return true;
}

// shrink_active_list: from the cold end of the active list to the inactive one.
void shrinkActive(Os& os, u32 count) {
    KernelCall call(os, "shrink_active_list");
    PageTableOfFrames& frames = os.kernel.frames;
    for (u32 i = 0; i < count && frames.active.last; ++i) {
        const u32 frame = frames.active.last;
        os.cpu.cycles += cost::kPageScan;
        for (const Mapper& m : rmapWalk(os.kernel, os.ram, FrameNo(frame))) {
            if (!(m.entry & pte::A)) continue;
            const Mm& mm = os.kernel.mms.at(m.mm);
            const auto slot = findPte(os.ram, mm.cr3, os.kernel.options.fiveLevel, m.address);
            setPte(os, mm, m.address, slot->at, slot->entry & ~pte::A);
        }
        frames.pages.edit(frame).referenced = false;
        moveToFront(os, frame, false);
    }
}

// shrink_inactive_list: from its cold end; returns how many frames came free.
u32 shrinkInactive(Os& os, u32 scan) {
    KernelCall call(os, "shrink_inactive_list");
    PageTableOfFrames& frames = os.kernel.frames;
    u32 reclaimed = 0;
    for (u32 i = 0; i < scan && frames.inactive.last; ++i) {
        const FrameNo frame(frames.inactive.last);
        os.cpu.cycles += cost::kPageScan;
        const auto mappers = rmapWalk(os.kernel, os.ram, frame);
        const References references = checkReferences(os, frame, mappers);
        if (references != References::Reclaim) {
            moveToFront(os, frame.value, references == References::Activate);
            continue;
        }
        const auto fresh = rmapWalk(os.kernel, os.ram, frame);
        const bool anonymous = frames.pages[frame.value].use == PageUse::Anonymous;
        if (anonymous ? reclaimAnonymous(os, frame, fresh) : reclaimFile(os, frame, fresh))
            ++reclaimed;
        else
            moveToFront(os, frame.value, anonymous ? false : true);
    }
    return reclaimed;
}

// shrink_node, with rising priority: a larger part of the lists each time.
u32 shrinkLists(Os& os, u32 wanted) {
    KernelCall call(os, "shrink_node");
    PageTableOfFrames& frames = os.kernel.frames;
    u32 reclaimed = 0;
    for (int priority = 12; priority >= 0 && reclaimed < wanted; --priority) {
        const u32 share = std::max(kClusterMax, frames.inactive.count >> priority);
        // inactive_is_low
        if (frames.inactive.count <= frames.active.count)
            shrinkActive(os, std::max(kClusterMax, frames.active.count >> priority));
        reclaimed += shrinkInactive(os, std::min(share, frames.inactive.count));
    }
    return reclaimed;
}

}  // namespace

void initWatermarks(Os& os) {
    // init_per_zone_wmark_min: 4 * sqrt(KiB of memory) KiB
    PageTableOfFrames& frames = os.kernel.frames;
    const u64 kilobytes = u64{frames.free.count} * 4;
    u64 root = static_cast<u64>(std::sqrt(static_cast<double>(kilobytes * 16)));
    root = std::clamp<u64>(root, 64, 262144);
    frames.watermarkMin = static_cast<u32>(root / 4);
    frames.watermarkLow = frames.watermarkMin + frames.watermarkMin / 4;
    frames.watermarkHigh = frames.watermarkMin + frames.watermarkMin / 2;
}

bool reserveFreeFrame(Os& os) {
    PageTableOfFrames& frames = os.kernel.frames;
    if (frames.free.count > frames.watermarkLow) [[likely]]
        return true;
    if (os.kernel.waitQueues.contains(kKswapdQueue)) {
        KernelCall wake(os, "wakeup_kswapd");
        wakeUp(os, kKswapdQueue);
    }
    if (frames.free.count > frames.watermarkMin) return true;
    {
        KernelCall direct(os, "try_to_free_pages");
        if (shrinkLists(os, kClusterMax) > 0 && frames.free.count > 0) return true;
    }
    if (outOfMemory(os) && frames.free.count > frames.watermarkMin) return true;
    // The last frames are for those who are dying.
    const Task* task = os.kernel.tasks.find(os.kernel.current);
    const bool dying = !task || !task->mm.value || (task->pending.set & sigBit(kSigKill)) || (task->flags & 4);
    return dying && frames.free.count > 0;
}

void balanceMemory(Os& os) {
    KernelCall call(os, "balance_pgdat");
    PageTableOfFrames& frames = os.kernel.frames;
    while (frames.free.count < frames.watermarkHigh)
        if (shrinkLists(os, kClusterMax) == 0) break;
}

}  // namespace ringside
