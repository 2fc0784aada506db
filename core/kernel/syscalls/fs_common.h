// What the families file, path, descriptor, pipe, poll and ioctl share.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "core/kernel/errno.h"
#include "core/kernel/fs/files.h"
#include "core/kernel/fs/inode.h"
#include "core/kernel/fs/path.h"
#include "core/kernel/fs/wait.h"
#include "core/kernel/mm/address_space.h"
#include "core/kernel/mm/user_memory.h"
#include "core/kernel/syscalls/table.h"

namespace ringside {

inline i32 asInt(u64 value) { return static_cast<i32>(value); }
inline u32 asUnsigned(u64 value) { return static_cast<u32>(value); }

// access_ok(): the range lies below the end of user space.
inline bool userRange(u64 address, u64 length) { return address <= kTaskSize && length <= kTaskSize - address; }

struct IoVector {
    u64 address = 0, length = 0;
};
// import_iovec: -EINVAL for too many or a negative length, -EFAULT.
std::expected<std::vector<IoVector>, i64> vectorsFromUser(Os& os, u64 address, u64 count);

// vfs_read and vfs_write on an open file, to and from user memory. The file must be open for it (checked by the
// caller).
i64 readToUser(Os& os, FileId file, const std::vector<IoVector>& to, std::optional<u64> position = {});
i64 writeFromUser(Os& os, FileId file, const std::vector<IoVector>& from, std::optional<u64> position = {});

// An open file that is not O_PATH; -EBADF.
std::expected<FileId, i64> openFd(const Os& os, u64 fd);

// The inode a path leads to, with AT_EMPTY_PATH meaning the descriptor itself.
std::expected<InodeId, i64> inodeAt(Os& os, i32 dirfd, u64 path, LastLink last, bool emptyPath);

inline constexpr u64 kRestartedOnce = u64{1} << 62;  // in Task::restartState, where a family needs a flag

}  // namespace ringside
