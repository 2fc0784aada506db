// Futexes as the rest of proc/ needs them (Linux 6.1 kernel/futex). The system call is in syscalls/futex.cpp.
#pragma once

#include "core/kernel/os.h"

namespace ringside {

// FUTEX_WAKE on a word of the current task's memory; `shared`: the key is the page behind it, not the address space.
i64 futexWake(Os& os, u64 address, int count, bool shared, u32 bits = ~0u);
// Gives away the locks that a task still holds, or marks them as owned by a dead one. Its memory is the current task's.
void futexCleanup(Os& os, Task& task);

}  // namespace ringside
