// Swap slots (Linux 6.1 mm/swapfile.c): how many page table entries refer to each slot of the swap disk.
#pragma once

#include "core/kernel/mm/address_space.h"

namespace ringside {

FaultResult doSwapPage(Os& os, MmId mm, const Vma& area, u64 address, PhysAddr at, u64 entry, bool write);
void dupSwapSlot(Os& os, u32 slot);   // swap_duplicate
void freeSwapSlot(Os& os, u32 slot);  // swap_free

}  // namespace ringside
