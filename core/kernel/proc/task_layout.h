// Where the members of kernel structs lie, in bytes from their beginning: those of Debian 12's kernel (6.1.192-2,
// amd64), read from its BTF. The objects are C++ values; these give their members addresses, as in container_of().
#pragma once

#include "core/base/types.h"

namespace ringside::layout {

namespace task_struct {  // include/linux/sched.h, 9792 bytes; the model gives it one frame
inline constexpr u64 State = 0x18, Stack = 0x20, Flags = 0x2c, OnRq = 0x68, Prio = 0x6c, StaticPrio = 0x70,
                     NormalPrio = 0x74, RtPriority = 0x78, Se = 0x80, Rt = 0x180, Dl = 0x1b0, Policy = 0x3cc,
                     Tasks = 0x890, Mm = 0x8e0, ActiveMm = 0x8e8, ExitState = 0x904, ExitCode = 0x908,
                     ExitSignal = 0x90c, RestartBlock = 0x938, PidNumber = 0x970, Tgid = 0x974, RealParent = 0x980,
                     Parent = 0x988, Children = 0x990, Sibling = 0x9a0, GroupLeader = 0x9b0, ThreadPid = 0x9d8,
                     PidLinks = 0x9e0, ThreadNode = 0xa30, SetChildTid = 0xa48, ClearChildTid = 0xa50, Utime = 0xa60,
                     Stime = 0xa68, Nvcsw = 0xac8, Nivcsw = 0xad0, StartTime = 0xad8, MinFlt = 0xae8, MajFlt = 0xaf0,
                     Creds = 0xb90, Comm = 0xba0, Fs = 0xbe0, Files = 0xbe8, Nsproxy = 0xbf8, Signal = 0xc00,
                     Sighand = 0xc08, Blocked = 0xc10, SavedSigmask = 0xc20, Pending = 0xc28, SasSsSp = 0xc40,
                     RobustList = 0xe30, Thread = 0x1500;
}
namespace pid {  // include/linux/pid.h
inline constexpr u64 Level = 4, Tasks = 0x10, Numbers = 0x60, UpidSize = 16;
}
namespace xa_node {  // include/linux/xarray.h
inline constexpr u64 Shift = 0, Offset = 1, Count = 2, Parent = 8, Slots = 0x28, Marks = 0x228;
}

}  // namespace ringside::layout
