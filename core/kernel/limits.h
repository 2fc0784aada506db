// What a guest can make us keep outside of its RAM has an end, however hostile it is. Where Linux has a limit that is
// lower for everyday use, that one is told first; these are for who lifts it.
#pragma once

#include "core/base/types.h"

namespace ringside::limit {

inline constexpr std::size_t Files = 65536;                 // ENFILE
inline constexpr std::size_t Inodes = 65536;                // made by the guest: ENOSPC
inline constexpr std::size_t HardLinks = 65536;             // ENOSPC
inline constexpr std::size_t Pipes = 2048;                  // 64 KiB each: ENFILE
inline constexpr std::size_t LargePipes = 64;               // with more than these, none may grow: EPERM
inline constexpr std::size_t AreasOfOne = 65530;            // sysctl_max_map_count: ENOMEM
inline constexpr std::size_t Descriptors = 4 << 20;         // slots of all tables: EMFILE, ENOMEM
inline constexpr std::size_t Areas = 1 << 19;               // of all address spaces: ENOMEM
inline constexpr std::size_t Signals = 65536;               // queued to one process: EAGAIN
inline constexpr std::size_t Timers = 8192;                 // of one process: EAGAIN
inline constexpr std::size_t Epolls = 256, Watches = 4096;  // ENFILE; of one: ENOSPC
inline constexpr std::size_t Formats = 256;                 // binfmt_misc: ENOSPC
inline constexpr std::size_t Groups = 1024;                 // of one task: EINVAL
inline constexpr std::size_t Strings = 64 << 10;            // of argv and envp that a task keeps for the views
inline constexpr std::size_t Snapshots = 32 << 20;          // text of /proc files that are open
inline constexpr u32 DiskBlocks = 65536;                    // of 4 KiB that were written back: no more is
inline constexpr u64 HostFile = u64{1} << 30;               // one file under --root: EACCES
inline constexpr u64 HostFiles = u64{2} << 30;              // all that were read: EACCES
inline constexpr u64 HostNames = u64{64} << 20;             // of names whose answer is remembered (HostMemory)
inline constexpr u64 Console = u64{64} << 20;               // what was written to it: the oldest is forgotten
inline constexpr std::size_t Namespaces = 4096;             // ENOSPC

}  // namespace ringside::limit
