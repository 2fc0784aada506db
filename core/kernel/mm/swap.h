// Swap slots (Linux 6.1 mm/swapfile.c): how many page table entries refer to each slot of the swap disk. An
// entry of shmem's page cache refers to one as well. Left out: the swap cache; a page that several processes share is
// read back once for each.
#pragma once

#include <optional>

#include "core/kernel/mm/address_space.h"

namespace ringside {

void initSwap(Os& os);
bool hasFreeSwap(const Os& os);
// get_swap_page + swap_writepage: the frame's bytes go to a free slot, which `users` entries will refer to.
Cycles diskCycles(const Os& os);  // what moving one page costs
std::optional<u32> writeToSwap(Os& os, FrameNo frame, u32 users);
void readFromSwap(Os& os, u32 slot, FrameNo frame);  // swap_readpage
void dupSwapSlot(Os& os, u32 slot);                  // swap_duplicate
void freeSwapSlot(Os& os, u32 slot);                 // swap_free
FaultResult doSwapPage(Os& os, MmId mm, const Vma& area, u64 address, PhysAddr at, u64 entry, bool write);

}  // namespace ringside
