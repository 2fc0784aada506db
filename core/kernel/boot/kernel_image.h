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

// Its entry points and labels by name. Every machine boots this kernel, so they are no state of one.
const std::map<std::string, u64, std::less<>>& kernelSymbols();

struct KernelImage {
    u64 entry = 0;  // physical
    u64 end = 0;    // virtual, behind the last byte
};
// What a boot loader does: copies the LOAD segments to their physical addresses.
KernelImage loadKernelImage(Ram& ram);

}  // namespace ringside
