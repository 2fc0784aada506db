// The page frame allocator and reference counts (Linux 6.1 mm/page_alloc.c, swap.c). Free frames are all zero, so every
// allocated frame begins as zeroes. Modelled as one list, not as buddies; 2 MiB pages are taken from a run of 512 free
// frames.
#pragma once

#include <optional>

#include "core/base/types.h"
#include "core/kernel/mm/page.h"

namespace ringside {

struct Os;

// A zeroed frame with reference count 1. Reclaims (kswapd, direct reclaim, OOM killer) when none is left; nothing: it
// could not.
std::optional<FrameNo> allocFrame(Os& os, PageUse use, u32 owner, u64 index);
void getFrame(Os& os, FrameNo frame);
void putFrame(Os& os, FrameNo frame);  // frees it with the last reference

// Host-side view of simulated physical memory through the direct map.
inline constexpr u64 kDirectMap = 0xffff888000000000;
inline constexpr u64 kKernelText = 0xffffffff81000000;
inline constexpr u64 kVmallocStart = 0xffffc90000000000;
inline constexpr u64 directAddress(PhysAddr a) { return kDirectMap + a.value; }

}  // namespace ringside
