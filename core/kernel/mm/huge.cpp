#include "core/kernel/mm/huge.h"

#include "core/kernel/os.h"

namespace ringside {

std::optional<FaultResult> tryHugeFault(Os&, MmId, const Vma&, u64, bool) { return std::nullopt; }
bool splitHugePage(Os&, MmId, u64) { return true; }
bool splitHugeAtEdges(Os&, MmId, u64, u64) { return true; }

}  // namespace ringside
