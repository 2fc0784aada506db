// Slab caches (Linux 6.1 mm/slub.c): small kernel objects of one size, side by side in frames. The objects themselves
// are C++ values; their place in memory is real, so that addresses can be shown and RAM shows what the kernel costs.
#pragma once

#include <map>

#include "core/base/types.h"

namespace ringside {

struct Os;

struct SlabCache {
    std::map<u32, u64> frames;  // frame number → which of its places are taken
    bool operator==(const SlabCache&) const = default;
};

// Places for objects of `size` bytes, 64 … 4096. The address lies in the direct map; 0: no memory.
u64 slabAlloc(Os& os, u32 size);
void slabFree(Os& os, u32 size, u64 address);

}  // namespace ringside
