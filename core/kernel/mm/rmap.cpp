// Reverse mapping (Linux 6.1 mm/rmap.c), without its trees: an anonymous page is looked for at the address it was first
// mapped at, a page of a file in the areas of that file. Where that does not find all, every table is searched.
#include "core/kernel/mm/internal.h"

namespace ringside {
namespace {

void lookAt(const Kernel& kernel, const Ram& ram, const Mm& mm, u64 address, FrameNo frame,
            std::vector<Mapper>& mappers) {
    const auto slot = findPte(ram, mm.cr3, kernel.options.fiveLevel, address);
    if (!slot || !ptePresent(slot->entry)) return;
    const u32 first = pteFrame(slot->entry).value;
    const u32 within = slot->huge ? static_cast<u32>(address >> kPageShift & 511) : 0;
    if (first + within == frame.value) mappers.push_back({mm.id, pageDown(address), slot->entry});
}

std::vector<Mapper> searchAll(const Kernel& kernel, const Ram& ram, FrameNo frame) {
    std::vector<Mapper> mappers;
    for (auto [id, mm] : kernel.mms) {
        const MmId owner = id;
        forEachPte(ram, mm.cr3, kernel.options.fiveLevel, 0, kTaskSize,
                   [&](u64 address, PhysAddr, u64 entry, bool huge) {
                       if (!ptePresent(entry)) return;
                       const u32 first = pteFrame(entry).value;
                       if (frame.value < first || frame.value >= first + (huge ? 512 : 1)) return;
                       mappers.push_back({owner, address + (u64{frame.value - first} << kPageShift), entry});
                   });
    }
    return mappers;
}

}  // namespace

std::vector<Mapper> rmapWalk(const Kernel& kernel, const Ram& ram, FrameNo frame) {
    const Page& page = kernel.frames.pages[frame.value];
    std::vector<Mapper> mappers;
    if (page.mapcount == 0) return mappers;
    for (auto [id, mm] : kernel.mms) {
        if (page.use == PageUse::Anonymous) {
            lookAt(kernel, ram, mm, page.index << kPageShift, frame, mappers);
            continue;
        }
        for (const auto& [start, area] : mm.vmas) {
            if (area.file.value != page.owner || page.index < area.pageOffset) continue;
            const u64 address = start + ((page.index - area.pageOffset) << kPageShift);
            if (address < area.end) lookAt(kernel, ram, mm, address, frame, mappers);
        }
    }
    return mappers.size() == page.mapcount ? mappers : searchAll(kernel, ram, frame);
}

std::vector<Mapper> mappersOf(const Kernel& kernel, const Ram& ram, FrameNo frame) {
    const Page& page = kernel.frames.pages[frame.value];
    // Mappings of the zero page and of [vvar] are not counted, those of a 2 MiB page at its head.
    const bool counted = kernel.frames.isNormal(frame.value) && page.order != kTailOrder;
    return counted ? rmapWalk(kernel, ram, frame) : searchAll(kernel, ram, frame);
}

}  // namespace ringside
