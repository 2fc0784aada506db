#include "core/kernel/mm/reclaim.h"

#include "core/kernel/os.h"

namespace ringside {

bool reserveFreeFrame(Os& os) { return os.kernel.frames.free.count > 0; }

}  // namespace ringside
