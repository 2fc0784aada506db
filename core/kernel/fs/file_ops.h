// struct file_operations: what read, write, seek, poll and ioctl do for each kind of open file. All may return kAgain
// (asleep; the system call runs again) or a restart code when a signal is pending.
#pragma once

#include <optional>
#include <span>

#include "core/kernel/os.h"

namespace ringside {

// Into a kernel buffer; the file's own position is used and moved when none is given.
i64 readOpenFile(Os& os, FileId file, std::span<u8> out, std::optional<u64> position = {});
// `progress`: bytes this system call has already written before it slept.
i64 writeOpenFile(Os& os, FileId file, std::span<const u8> in, u64& progress, std::optional<u64> position = {});

bool canSeek(const Os& os, const File& file);
u32 pollOpenFile(Os& os, FileId file);
// When an open timerfd expires next; 0: it is not one, or is off.
u64 nextExpiry(const Os& os, const File& file);
i64 ioctlOpenFile(Os& os, FileId file, u64 request, u64 argument);

// The machine's seeded generator, as getrandom() and /dev/urandom give it out.
void fillRandom(Os& os, std::span<u8> out);

}  // namespace ringside
