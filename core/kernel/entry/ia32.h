// int $0x80 from 64-bit code: the numbers of 32-bit Linux (arch/x86/entry/syscalls/syscall_32.tbl) for the calls whose
// arguments mean the same when they are small. Everything else is ENOSYS.
#pragma once

#include "core/base/types.h"

namespace ringside {

u64 ia32Syscall(u64 number);  // the 64-bit number; one that nobody has when there is none

}  // namespace ringside
