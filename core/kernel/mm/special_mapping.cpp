#include "core/kernel/mm/special_mapping.h"

#include "core/elf/elf_header.h"
#include "core/kernel/boot/kernel_image.h"
#include "core/kernel/entry/kernel_memory.h"
#include "core/kernel/errno.h"
#include "core/kernel/mm/internal.h"
#include "core/kernel/time/timekeeping.h"

namespace ringside {
namespace {

// Linux has the data of the clock in the first; the others are for clocks of hypervisors and for time namespaces.
constexpr u64 kVvarPages = 4, kVdsoPages = 2;

FrameNo imageFrame(const Os& os, std::string_view symbol, u64 page) {
    return frameOf(kernelPhysical(os, kernelSymbol(os, symbol) + page * kPageSize));
}

// _install_special_mapping
void install(Os& os, MmId id, u64 address, u64 length, SpecialMapping special, u32 flags, const char* name) {
    Vma area;
    area.start = address;
    area.end = address + length;
    area.flags = flags | vm::DontExpand;
    area.special = special;
    area.name = name;
    Mm& mm = os.kernel.mms.edit(id);
    mm.vmas.emplace(address, area);
    mm.countPages(static_cast<i64>(length >> kPageShift));
    os.emit(EventKind::Mmap, {area.start, area.end, area.flags}, area.name);
}

}  // namespace

std::shared_ptr<const std::vector<u8>> vdsoImage() {
    static const auto image = [] {
        const auto file = kernelElf();
        const auto segments = elf::readProgramHeaders(file, *elf::readHeader(file));
        const u64 start = kernelSymbols().at("vdso_image_64"), end = kernelSymbols().at("vdso_image_64_end");
        std::vector<u8> bytes;
        for (const elf::ProgramHeader& s : *segments)
            if (start >= s.vaddr && end <= s.vaddr + s.filesz) {
                const auto found = file.subspan(s.offset + (start - s.vaddr), end - start);
                bytes.assign(found.begin(), found.end());
            }
        CHECK(!bytes.empty());
        return std::make_shared<const std::vector<u8>>(std::move(bytes));
    }();
    return image;
}

void initVdso(Os& os) {
    KernelCall call(os, "init_vdso_image");
    PageTableOfFrames& frames = os.kernel.frames;
    frames.vvarPage = imageFrame(os, "__vvar_page", 0).value;
    for (u64 page = 0; page < kVdsoPages; ++page)
        frames.pages.edit(imageFrame(os, "vdso_image_64", page).value).index = page;
    updateVsyscall(os);
}

i64 mapVdso(Os& os, MmId id) {
    KernelCall call(os, "map_vdso");
    const u64 vvar = kVvarPages << kPageShift, vdso = kVdsoPages << kPageShift;
    // vdso_addr: above the stack; without randomization there is no room, so it goes below what was mapped last.
    const u64 address = unmappedArea(os.kernel.mms.edit(id), kTaskSize, vvar + vdso, 0);
    if (address == 0) return -error::kNoMem;
    install(os, id, address + vvar, vdso, SpecialMapping::Vdso,
            vm::Read | vm::Exec | vm::MayRead | vm::MayWrite | vm::MayExec, "[vdso]");
    install(os, id, address, vvar, SpecialMapping::Vvar, vm::Read | vm::MayRead | vm::Io | vm::DontDump | vm::PfnMap,
            "[vvar]");
    return static_cast<i64>(address + vvar);
}

FaultResult specialFrame(Os& os, const Vma& area, u64 address, FrameNo& frame) {
    const u64 page = filePage(area, address);
    if (area.special == SpecialMapping::Vvar) {
        KernelCall call(os, "vvar_fault");
        if (page != 0) return FaultResult::BusAdrErr;
        frame = FrameNo(os.kernel.frames.vvarPage);
    } else {
        KernelCall call(os, "vdso_fault");
        if (page >= kVdsoPages) return FaultResult::BusAdrErr;
        frame = imageFrame(os, "vdso_image_64", page);
    }
    return FaultResult::Handled;
}

}  // namespace ringside
