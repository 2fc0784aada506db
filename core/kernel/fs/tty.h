// The console terminal's line discipline (Linux 6.1 drivers/tty/n_tty.c): canonical editing, echo, the signal keys,
// output processing; and its ioctls. Modelled: what shells and curses programs use; not modelled: flow control, parity,
// tab expansion, packet mode.
#pragma once

#include <span>

#include "core/kernel/os.h"

namespace ringside {

i64 readTty(Os& os, std::span<u8> out, bool nonBlocking);
i64 writeTty(Os& os, std::span<const u8> in);
u32 pollTty(const Os& os);
i64 ioctlTty(Os& os, u64 request, u64 argument);

// True when the console is a terminal and not the host's pipes.
inline bool hasTerminal(const Os& os) { return os.devices.console.terminal; }

// Bytes for the host's screen, or one of its pipes.
void writeConsole(Os& os, std::span<const u8> in, bool errorStream);

// The session that has the terminal has lost its leader: disassociate_ctty (called by exit).
void leaveTty(Os& os, i32 session);

}  // namespace ringside
