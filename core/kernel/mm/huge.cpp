#include "core/kernel/mm/huge.h"

#include "core/kernel/mm/frames.h"
#include "core/kernel/mm/internal.h"
#include "core/kernel/mm/page_lists.h"

namespace ringside {
namespace {

constexpr u64 kHugeSize = u64{2} << 20;
constexpr u32 kFrames = 512;

u64 hugeDown(u64 address) { return address & ~(kHugeSize - 1); }

bool mayBeHuge(const Os& os, const Vma& area, u64 address) {
    if (!os.kernel.options.hugePages || !isAnonymous(area)) return false;
    if (area.flags & (vm::Shared | vm::NoHugePage | vm::GrowsDown)) return false;
    const u64 start = hugeDown(address);
    return start >= area.start && start + kHugeSize <= area.end;
}

// 512 free frames in a row, aligned.
std::optional<FrameNo> allocHuge(Os& os, MmId owner, u64 index) {
    KernelCall call(os, "vma_alloc_folio");
    PageTableOfFrames& frames = os.kernel.frames;
    if (frames.free.count < kFrames + frames.watermarkLow) return std::nullopt;
    for (u32 first = 0; first + kFrames <= os.ram.frameCount(); first += kFrames) {
        u32 n = 0;
        while (n < kFrames && frames.pages[first + n].use == PageUse::Free) ++n;
        if (n < kFrames) continue;
        for (u32 i = 0; i < kFrames; ++i) {
            unlinkFrom(frames, frames.free, first + i);
            Page& page = frames.pages.edit(first + i);
            page = Page{};
            page.use = PageUse::Anonymous;
            page.owner = owner.value;
            page.index = index + i;
            page.order = i == 0 ? kHugeOrder : kTailOrder;
            page.refcount = i == 0 ? 1 : 0;
        }
        return FrameNo(first);
    }
    return std::nullopt;
}

void countMinor(Os& os, Mm& mm) {
    ++mm.minorFaults;
    ++os.current().minorFaults;
}

void dropTranslations(Os& os, const Mm& mm) {
    if (isLoaded(os, mm)) os.cpu.flushTlb();
}

std::optional<FaultResult> newHugePage(Os& os, MmId id, const Vma& area, u64 address) {
    KernelCall call(os, "do_huge_pmd_anonymous_page");
    const u64 start = hugeDown(address);
    const auto at = makePmd(os, id, start);
    if (!at) return FaultResult::OutOfMemory;
    if (os.ram.load<u64>(*at) != 0) return std::nullopt;  // a page table is there already
    const auto head = allocHuge(os, id, start >> kPageShift);
    if (!head) return std::nullopt;
    Mm& mm = os.kernel.mms.edit(id);
    addRmap(os, *head);
    countRss(os, mm, *head, kFrames);
    os.ram.store(*at, addressOf(*head).value | protectionBits(area, true) | pte::A | pte::D | pte::PS);
    mm.vmas.at(area.start).anonVma = true;
    ++os.kernel.counters.faultsZero;
    os.emit(EventKind::ZeroFill, {start, head->value}, "2 MiB page");
    countMinor(os, mm);
    return FaultResult::Handled;
}

}  // namespace

std::optional<FaultResult> tryHugeFault(Os& os, MmId id, const Vma& area, u64 address, bool write) {
    const auto slot = findPte(os.ram, os.kernel.mms.at(id).cr3, os.kernel.options.fiveLevel, address);
    if (!slot || !slot->huge) {
        if (slot || !write || !mayBeHuge(os, area, address)) return std::nullopt;
        return newHugePage(os, id, area, address);
    }
    Mm& mm = os.kernel.mms.edit(id);
    if (!write || (slot->entry & pte::RW)) {
        os.ram.store(slot->at, slot->entry | pte::A | (write ? pte::D : 0));
        dropTranslations(os, mm);
        countMinor(os, mm);
        return FaultResult::Handled;
    }
    KernelCall call(os, "do_huge_pmd_wp_page");
    const FrameNo head = pteFrame(slot->entry);
    if (os.kernel.frames.pages[head.value].refcount == 1) {
        os.ram.store(slot->at, slot->entry | pte::RW | pte::A | pte::D);
        dropTranslations(os, mm);
        ++os.kernel.counters.cowReuses;
        os.emit(EventKind::CowReuse, {hugeDown(address), head.value}, "2 MiB page");
        countMinor(os, mm);
        return FaultResult::Handled;
    }
    // Shared: from here on page by page.
    if (!splitHugePage(os, id, address)) return FaultResult::OutOfMemory;
    return std::nullopt;
}

bool splitHugePage(Os& os, MmId id, u64 address) {
    const bool five = os.kernel.options.fiveLevel;
    const auto slot = findPte(os.ram, os.kernel.mms.at(id).cr3, five, address);
    if (!slot || !slot->huge) return true;
    KernelCall call(os, "__split_huge_pmd");
    const FrameNo head = pteFrame(slot->entry);
    // Everyone who maps it: our pages have no parts that are counted apart.
    const std::vector<Mapper> mappers = rmapWalk(os.kernel, os.ram, head);
    std::vector<FrameNo> tables;
    for (const Mapper& m : mappers) {
        const auto table = allocFrame(os, PageUse::PageTable, m.mm.value, m.address >> kPageShift);
        if (!table) {
            for (FrameNo t : tables) putFrame(os, t);
            return false;
        }
        tables.push_back(*table);
    }
    for (std::size_t i = 0; i < mappers.size(); ++i) {
        Mm& mm = os.kernel.mms.edit(mappers[i].mm);
        const auto pmd = findPte(os.ram, mm.cr3, five, mappers[i].address);
        CHECK(pmd && pmd->huge);
        const u64 bits = pmd->entry & ~(pte::kFrameMask | pte::PS);
        for (u32 k = 0; k < kFrames; ++k)
            os.ram.store(PhysAddr(addressOf(tables[i]).value + 8 * k), addressOf(head + k).value | bits);
        os.ram.store(pmd->at, addressOf(tables[i]).value | pte::P | pte::RW | pte::US | pte::A);
        ++mm.pageTables;
        dropTranslations(os, mm);
    }
    const Page whole = os.kernel.frames.pages[head.value];
    for (u32 k = 0; k < kFrames; ++k) {
        Page& page = os.kernel.frames.pages.edit(head.value + k);
        page.order = 0;
        page.refcount = page.mapcount = whole.mapcount;
        lruAdd(os, head + k);
    }
    return true;
}

bool splitHugeAtEdges(Os& os, MmId id, u64 start, u64 end) {
    for (const u64 edge : {start, end})
        if (edge != hugeDown(edge) && edge < kTaskSize && !splitHugePage(os, id, edge)) return false;
    return true;
}

bool splitHugeWithin(Os& os, MmId id, u64 start, u64 end) {
    if (!os.kernel.options.hugePages) return true;
    for (u64 a = hugeDown(start); a < end; a += kHugeSize)
        if (!splitHugePage(os, id, std::max(a, start))) return false;
    return true;
}

void freeHuge(Os& os, FrameNo head) {
    PageTableOfFrames& frames = os.kernel.frames;
    for (u32 k = kFrames; k-- > 0;) {
        frames.pages.edit(head.value + k) = Page{};
        os.ram.clearFrame(head + k);
        os.cpu.codeChanged(head + k);
        pushFront(frames, frames.free, head.value + k);
    }
}

}  // namespace ringside
