#include "core/kernel/fs/raise.h"

#include "core/kernel/proc/signal.h"

namespace ringside {

void raiseForCurrent(Os& os, i32 signal) { sendSignal(os, os.kernel.current, kernelInfo(signal), false); }
void raiseForGroup(Os& os, i32 pgrp, i32 signal) { killProcessGroup(os, pgrp, kernelInfo(signal)); }

}  // namespace ringside
