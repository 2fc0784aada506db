// The kernel ELF embedded in this program (assembled from entry/entry.S): loading it into RAM, and its symbols.
#pragma once

#include <map>
#include <span>
#include <string>

#include "core/base/types.h"
#include "core/memory/ram.h"

namespace ringside {

inline constexpr u64 kKernelPhysical = 0x100000;

std::span<const u8> kernelElf();

struct KernelImage {
    u64 entry = 0;  // physical
    u64 end = 0;    // virtual, behind the last byte
    std::map<std::string, u64> symbols;
};
// What a boot loader does: copies the LOAD segments to their physical addresses.
KernelImage loadKernelImage(Ram& ram);

}  // namespace ringside
