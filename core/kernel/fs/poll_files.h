// Files that exist only as descriptors: timerfd, signalfd, epoll (Linux 6.1 fs/timerfd.c, signalfd.c, eventpoll.c).
#pragma once

#include <span>

#include "core/kernel/os.h"

namespace ringside {

// Expirations since the last read.
u64 timerExpirations(const Os& os, const File& file);
i64 readTimer(Os& os, FileId file, std::span<u8> out, bool nonBlocking);

bool signalsReady(const Os& os, const File& file);
i64 readSignals(Os& os, FileId file, std::span<u8> out, bool nonBlocking);

bool epollReady(Os& os, InodeId epoll);
// The last descriptor of a file was closed: no epoll set watches it any more.
void forgetFile(Os& os, FileId file);

// A new inode that has no name, and an open file on it.
FileId anonymousFile(Os& os, Special kind, u32 flags, std::string name);

}  // namespace ringside
