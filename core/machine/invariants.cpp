// What must always hold between page tables, struct pages, free list, TLB and page cache. Slow: walks everything.
#include "core/kernel/proc/invariants.h"

#include <fmt/format.h>
#include <map>
#include <set>

#include "core/kernel/entry/kernel_stack.h"
#include "core/kernel/fs/inode.h"
#include "core/kernel/mm/address_space.h"
#include "core/kernel/mm/frames.h"
#include "core/kernel/mm/page_tables.h"
#include "core/machine/machine.h"

namespace ringside {
namespace {

using Complaints = std::vector<std::string>;

struct Counted {
    u32 mapped = 0;  // page table entries
    u32 cached = 0;  // pages of the page cache
};

void countMappings(const Machine& m, std::vector<Counted>& counted, Complaints& broken) {
    const Kernel& kernel = m.kernel;
    std::vector<u32> slots(kernel.frames.swapUsers.size());
    for (auto [id, mm] : kernel.mms) {
        u64 anonymous = 0, file = 0, shmem = 0, swapped = 0;
        const u32 number = id.value;
        const Mm& owner = mm;
        forEachPte(m.ram, mm.cr3, kernel.options.fiveLevel, 0, kTaskSize, [&](u64 a, PhysAddr, u64 entry, bool huge) {
            const Vma* area = owner.find(a);
            if (!area) broken.push_back(fmt::format("mm {}: {:#x} has an entry but no area", number, a));
            if (!ptePresent(entry)) {
                ++swapped;
                if (swapSlot(entry) < slots.size())
                    ++slots[swapSlot(entry)];
                else
                    broken.push_back(fmt::format("mm {}: {:#x} is in a swap slot that the disk has not", number, a));
                return;
            }
            const u32 frame = pteFrame(entry).value;
            if (!kernel.frames.isNormal(frame)) {
                if (entry & pte::RW)
                    broken.push_back(fmt::format("mm {}: the zero page or vvar is writable at {:#x}", number, a));
                return;
            }
            if (frame >= counted.size()) {
                broken.push_back(fmt::format("mm {}: {:#x} maps frame {} outside RAM", number, a, frame));
                return;
            }
            ++counted[frame].mapped;
            const Page& page = kernel.frames.pages[frame];
            const bool ofKernel = area && area->special == SpecialMapping::Vdso && page.use == PageUse::Reserved;
            if (page.use != PageUse::Anonymous && page.use != PageUse::PageCache && !ofKernel)
                broken.push_back(
                    fmt::format("mm {}: {:#x} maps frame {} of use {}", number, a, frame, static_cast<int>(page.use)));
            if ((entry & pte::RW) && page.use == PageUse::Anonymous && page.mapcount > 1)
                broken.push_back(
                    fmt::format("mm {}: {:#x} may write frame {}, which {} map", number, a, frame, page.mapcount));
            if (area && (entry & pte::RW) && !(area->flags & vm::Write))
                broken.push_back(fmt::format("mm {}: {:#x} is writable, its area is not", number, a));
            (page.use == PageUse::Anonymous ? anonymous : page.swapBacked ? shmem : file) += huge ? 512 : 1;
        });
        if (anonymous != mm.rssAnon || file != mm.rssFile || shmem != mm.rssShmem || swapped != mm.swapEntries)
            broken.push_back(fmt::format("mm {}: resident {}+{}+{}, swapped {}, but counted {}+{}+{}, {}", number,
                                         anonymous, file, shmem, swapped, mm.rssAnon, mm.rssFile, mm.rssShmem,
                                         mm.swapEntries));
        u64 total = 0, full = 0;
        for (const auto& [start, area] : mm.vmas) {
            total += (area.end - area.start) >> kPageShift;
            if (area.end <= mm.fullAbove || start >= mm.mmapBase) continue;
            const u64 from = area.flags & vm::GrowsDown ? start - std::min(start, kStackGuardGap) : start;
            full += std::min(area.end, mm.mmapBase) - std::max(from, mm.fullAbove);
        }
        if (total != mm.totalVm)
            broken.push_back(fmt::format("mm {}: {} pages of areas, but counted {}", number, total, mm.totalVm));
        if (mm.fullAbove < mm.mmapBase && full < mm.mmapBase - mm.fullAbove)
            broken.push_back(fmt::format("mm {}: there is a gap above {:#x}", number, mm.fullAbove));
        u64 ceiling = mm.mmapBase;
        for (auto it = std::make_reverse_iterator(mm.vmas.lower_bound(ceiling));
             it != mm.vmas.rend() && ceiling > mm.searchedTo; ++it) {
            const Vma& area = it->second;
            if (area.end < ceiling && ceiling - area.end > mm.largestHole)
                broken.push_back(fmt::format("mm {}: the hole at {:#x} was overlooked", number, area.end));
            const u64 guard = area.flags & vm::GrowsDown ? std::min(area.start, kStackGuardGap) : 0;
            ceiling = std::min(ceiling, area.start - guard);
        }
    }
    u32 stored = 0;
    for (auto [id, inode] : kernel.vfs.inodes)
        for (const auto& [index, place] : inode.stored) {
            if (!isShmem(inode))
                ++stored;
            else if (place < slots.size() && !inode.pages.contains(index))
                ++slots[place];
            else
                broken.push_back(fmt::format("inode {}: page {} is in memory and in swap", id.value, index));
        }
    const FileDisk& disk = kernel.vfs.disk;
    if (stored + disk.freeBlocks.size() != disk.blocks)
        broken.push_back(fmt::format("the file disk has {} blocks, {} are used and {} free", disk.blocks, stored,
                                     disk.freeBlocks.size()));
    for (std::size_t i = 0; i < slots.size(); ++i)
        if (slots[i] != kernel.frames.swapUsers[i])
            broken.push_back(fmt::format("swap slot {}: {} users, but {} entries refer to it", i,
                                         kernel.frames.swapUsers[i], slots[i]));
    for (auto [id, inode] : kernel.vfs.inodes)
        for (const auto& [index, frame] : inode.pages) {
            if (frame >= counted.size() || kernel.frames.pages[frame].use != PageUse::PageCache ||
                kernel.frames.pages[frame].owner != id.value || kernel.frames.pages[frame].index != index)
                broken.push_back(fmt::format("inode {}: page {} is not in frame {}", id.value, index, frame));
            else
                ++counted[frame].cached;
        }
}

void checkLru(const PageTableOfFrames& frames, const PageList& list, bool active, Complaints& broken) {
    u32 count = 0;
    for (u32 f = list.first; f != 0 && count <= frames.pages.size(); f = frames.pages[f].next, ++count) {
        const Page& page = frames.pages[f];
        if (!page.onLru || page.active != active || page.refcount == 0)
            broken.push_back(fmt::format("frame {} is on the wrong LRU list", f));
    }
    if (count != list.count) broken.push_back(fmt::format("an LRU list has {} frames, not {}", count, list.count));
}

void checkFrames(const Machine& m, const std::vector<Counted>& counted, Complaints& broken) {
    const PageTableOfFrames& frames = m.kernel.frames;
    for (u32 f = 0; f < counted.size(); ++f) {
        const Page& page = frames.pages[f];
        const Counted& c = counted[f];
        if (page.mapcount != c.mapped)
            broken.push_back(fmt::format("frame {}: mapcount {}, but {} entries map it", f, page.mapcount, c.mapped));
        if (page.use == PageUse::Free && page.refcount != 0)
            broken.push_back(fmt::format("frame {} is free and has {} references", f, page.refcount));
        if (page.use == PageUse::Free && !m.ram.isUntouched(FrameNo(f)))
            broken.push_back(fmt::format("frame {} is free and not zero", f));
        if ((page.use == PageUse::Anonymous || page.use == PageUse::PageCache) && page.order == 0 &&
            page.refcount != c.mapped + c.cached)
            broken.push_back(fmt::format("frame {}: {} references, but {} mappings and {} in the page cache", f,
                                         page.refcount, c.mapped, c.cached));
    }
    checkLru(frames, frames.active, true, broken);
    checkLru(frames, frames.inactive, false, broken);
    u32 count = 0, previous = 0;
    for (u32 f = frames.free.first; f != 0 && count <= counted.size(); f = frames.pages[f].next, ++count) {
        if (frames.pages[f].use != PageUse::Free || frames.pages[f].previous != previous)
            broken.push_back(fmt::format("frame {} is on the free list by mistake", f));
        previous = f;
    }
    if (count != frames.free.count)
        broken.push_back(fmt::format("the free list has {} frames, not {}", count, frames.free.count));
}

// Tables that hang in no tree and stacks, slabs or cached pages of nobody would be lost for ever.
void checkOwners(const Machine& m, const std::vector<Counted>& counted, Complaints& broken) {
    const Kernel& kernel = m.kernel;
    std::set<u32> slabs;
    for (const auto& [size, cache] : kernel.slabs)
        for (const auto& [frame, taken] : cache.frames) slabs.insert(frame);
    std::map<u32, u64> tables;  // by mm
    for (u32 f = 0; f < counted.size(); ++f) {
        const Page& page = kernel.frames.pages[f];
        bool owned = true;
        switch (page.use) {
            case PageUse::PageTable:
                ++tables[page.owner];
                owned = page.owner == 0 || kernel.mms.contains(MmId(page.owner));
                break;
            case PageUse::KernelStack: {
                const Task* task = kernel.tasks.find(TaskId(page.owner));
                const u64 address = page.index << kPageShift;
                owned = task && address - task->stackBase < kKernelStackSize;
                break;
            }
            case PageUse::Slab: {
                const Task* task = kernel.tasks.find(TaskId(page.owner));
                owned = slabs.contains(f) || (task && task->address == directAddress(addressOf(FrameNo(f))));
                break;
            }
            case PageUse::Anonymous:
                owned = page.order == kTailOrder || page.mapcount != 0;
                break;
            case PageUse::PageCache:
                owned = counted[f].cached != 0;
                break;
            default:
                break;
        }
        if (!owned) broken.push_back(fmt::format("frame {} of use {} is nobody's", f, static_cast<int>(page.use)));
    }
    for (const auto& [id, mm] : kernel.mms)
        if (mm.pageTables != tables[id.value])
            broken.push_back(
                fmt::format("mm {} counts {} page tables, it has {}", id.value, mm.pageTables, tables[id.value]));
}

void checkTlb(const Machine& m, Complaints& broken) {
    const PagingMode mode = m.cpu.pagingMode();
    for (unsigned set = 0; set < Tlb::kSets; ++set)
        for (const TlbEntry& e : m.cpu.tlb.set(set)) {
            if (!e.valid) continue;
            const Walk found = walk(m.ram, mode, e.page);
            if (found.end != WalkEnd::Mapped || frameOf(found.phys) != e.frame || (e.writable && !found.writable) ||
                (e.user && !found.user) || (e.executable && !found.executable))
                broken.push_back(fmt::format("the TLB knows {:#x} as frame {}, the page tables do not", e.page.value,
                                             e.frame.value));
        }
}

}  // namespace

std::vector<std::string> Machine::brokenInvariants() const {
    Complaints broken;
    if (kernel.kernelCr3 == 0) return broken;  // not booted yet
    std::vector<Counted> counted(ram.frameCount());
    countMappings(*this, counted, broken);
    checkFrames(*this, counted, broken);
    checkOwners(*this, counted, broken);
    checkTlb(*this, broken);
    for (std::string& sentence : brokenTaskInvariants(kernel)) broken.push_back(std::move(sentence));
    return broken;
}

}  // namespace ringside
