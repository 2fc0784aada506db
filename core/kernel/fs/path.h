// Path lookup: components, symbolic links, "..", permissions (Linux 6.1 fs/namei.c: path_lookupat).
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "core/kernel/os.h"

namespace ringside {

inline constexpr i32 kAtFdCwd = -100;
inline constexpr u32 kAtSymlinkNoFollow = 0x100, kAtEaccess = 0x200, kAtRemoveDir = 0x200, kAtSymlinkFollow = 0x400,
                     kAtEmptyPath = 0x1000;

enum class LastLink : u8 { Follow, Keep };

struct Found {
    InodeId inode;                 // 0: the last component does not exist, but its directory does
    InodeId directory;             // that holds the last component; 0 when the path ends in "/", "." or ".."
    std::string name;              // of the last component in it
    std::string path;              // absolute, links resolved
    bool mustBeDirectory = false;  // a trailing slash
};

// Looks `path` up from directory `base` (for relative paths). The last component may be missing (then inode is 0); any
// other may not. Errors: -ENOENT -ENOTDIR -EACCES -ELOOP -ENAMETOOLONG.
std::expected<Found, i64> lookup(Os& os, InodeId base, std::string_view path, LastLink last);

// What the *at calls begin with: AT_FDCWD, or a descriptor that must be a directory (-EBADF, -ENOTDIR).
std::expected<InodeId, i64> baseOf(Os& os, i32 dirfd, std::string_view path);

// From the current task's working directory, to an inode that exists. What execve and the views use.
std::expected<Found, i64> findPath(Os& os, std::string_view path, LastLink last = LastLink::Follow);

// The file's own name, links resolved: what /proc/PID/exe and maps show. `path` itself when there is no such file.
std::string canonicalPath(Os& os, const std::string& path);

// A missing last component is made (mode includes its type); -EEXIST when it is there.
std::expected<InodeId, i64> createAt(Os& os, const Found& where, u32 mode);

// For building trees: makes missing directories, replaces nothing.
InodeId makeDirectories(Os& os, std::string_view path);
InodeId installFile(Os& os, std::string_view path, std::string_view bytes, u32 permissions);

}  // namespace ringside
