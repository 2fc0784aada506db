#include "core/kernel/boot/kernel_image.h"

#include "core/base/check.h"
#include "core/elf/elf_header.h"

extern "C" const unsigned char ringside_kernel_elf[];
extern "C" const unsigned char ringside_kernel_elf_end[];

namespace ringside {
namespace {

constexpr u32 kSymbolTable = 2;
constexpr u64 kSymbolSize = 24;

}  // namespace

std::span<const u8> kernelElf() { return {ringside_kernel_elf, ringside_kernel_elf_end}; }

const std::map<std::string, u64, std::less<>>& kernelSymbols() {
    static const auto made = [] {
        const auto file = kernelElf();
        const auto header = elf::readHeader(file);
        CHECK(header.has_value());
        std::map<std::string, u64, std::less<>> symbols;
        for (u64 i = 0; i < header->shnum; ++i) {
            const u64 section = header->shoff + i * elf::kSectionHeaderSize;
            if (elf::readNumber(file, section + 4, 4) != kSymbolTable) continue;
            const u64 offset = elf::readNumber(file, section + 24, 8), size = elf::readNumber(file, section + 32, 8);
            const u64 link = elf::readNumber(file, section + 40, 4);
            const u64 strings = elf::readNumber(file, header->shoff + link * elf::kSectionHeaderSize + 24, 8);
            for (u64 at = offset; at < offset + size; at += kSymbolSize) {
                const char* name = reinterpret_cast<const char*>(file.data() + strings + elf::readNumber(file, at, 4));
                if (*name) symbols[name] = elf::readNumber(file, at + 8, 8);
            }
        }
        return symbols;
    }();
    return made;
}

KernelImage loadKernelImage(Ram& ram) {
    const auto file = kernelElf();
    const auto header = elf::readHeader(file);
    CHECK(header.has_value());
    const auto segments = elf::readProgramHeaders(file, *header);
    CHECK(segments.has_value());
    KernelImage image;
    image.entry = header->entry;
    for (const elf::ProgramHeader& segment : *segments) {
        if (segment.type != elf::kLoad) continue;
        ram.write(PhysAddr(segment.paddr), file.subspan(segment.offset, segment.filesz));
        image.end = std::max(image.end, segment.vaddr + segment.memsz);
    }
    return image;
}

}  // namespace ringside
