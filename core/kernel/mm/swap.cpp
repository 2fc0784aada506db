#include "core/kernel/mm/swap.h"

#include "core/kernel/os.h"

namespace ringside {

FaultResult doSwapPage(Os&, MmId, const Vma&, u64, PhysAddr, u64, bool) { return FaultResult::BusAdrErr; }
void dupSwapSlot(Os&, u32) {}
void freeSwapSlot(Os&, u32) {}

}  // namespace ringside
