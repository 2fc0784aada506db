// Transparent huge pages (Linux 6.1 mm/huge_memory.c): 2 MiB of private memory by one entry of the page directory, when
// the first access is a write and 512 frames in a row are free. Left out: khugepaged, the huge zero page, and reclaim
// of pages that were not split.
#pragma once

#include <optional>

#include "core/kernel/mm/address_space.h"

namespace ringside {

// Handles the fault with or in a 2 MiB page; nothing: go on with 4 KiB pages.
std::optional<FaultResult> tryHugeFault(Os& os, MmId mm, const Vma& area, u64 address, bool write);
// __split_huge_pmd: the same memory by 512 entries of a page table. False: no memory for the table.
bool splitHugePage(Os& os, MmId mm, u64 address);
// Splits the 2 MiB pages that [start, end) cuts.
bool splitHugeAtEdges(Os& os, MmId mm, u64 start, u64 end);

// Splits all of them in [start, end).
bool splitHugeWithin(Os& os, MmId mm, u64 start, u64 end);
void freeHuge(Os& os, FrameNo head);

}  // namespace ringside
