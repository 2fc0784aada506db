// wait4 and waitid (Linux 6.1 kernel/exit.c: do_wait).
#pragma once

#include "core/kernel/os.h"

namespace ringside {

namespace wait {
inline constexpr u32 NoHang = 1, Stopped = 2, Exited = 4, Continued = 8, NoWait = 0x01000000, NoThread = 0x20000000,
                     All = 0x40000000, Clone = 0x80000000;
}

struct WaitRequest {
    enum class Which : u8 { Any, Pid, Group } which = Which::Any;
    i32 number = 0;  // Pid, Group: as the caller sees it
    u32 options = 0;
    bool wantsInfo = false;  // waitid
    u64 statusAddress = 0, infoAddress = 0, rusageAddress = 0;
};
// The child's number, 0 (WNOHANG and nobody yet), kAgain or -errno.
i64 doWait(Os& os, const WaitRequest& request);

}  // namespace ringside
