// Signals that files raise: SIGPIPE for a writer without readers, the terminal's SIGINT, SIGQUIT, SIGTSTP, SIGTTIN,
// SIGHUP and SIGWINCH for a process group.
#pragma once

#include "core/kernel/os.h"

namespace ringside {

void raiseForCurrent(Os& os, i32 signal);
void raiseForGroup(Os& os, i32 pgrp, i32 signal);

}  // namespace ringside
