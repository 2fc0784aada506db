// Getting memory back when it is short (Linux 6.1 mm/vmscan.c, mm/swapfile.c, mm/oom_kill.c).
#pragma once

#include "core/base/types.h"

namespace ringside {

struct Os;

// Makes sure that one frame is free; false: it could not.
bool reserveFreeFrame(Os& os);

}  // namespace ringside
