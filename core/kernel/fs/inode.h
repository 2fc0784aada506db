// Inodes and what they hold. File data of regular files lives in page-cache frames in simulated RAM, so read(), write()
// and mmap() see the same bytes; `backing` is the disk that pages are filled from.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/kernel/os.h"

namespace ringside {

inline bool isDirectory(const Inode& inode) { return (inode.mode & mode::Type) == mode::Directory; }
inline bool isRegular(const Inode& inode) { return (inode.mode & mode::Type) == mode::Regular; }
inline bool isLink(const Inode& inode) { return (inode.mode & mode::Type) == mode::Link; }

// Files of tmpfs, memfd and shared anonymous memory: they have no disk, their pages go to swap.
inline bool isShmem(const Inode& inode) {
    return isRegular(inode) && inode.special == Special::None &&
           (inode.mount == Mount::Tmp || inode.mount == Mount::Anonymous);
}

i64 realTimeNs(const Os& os);  // CLOCK_REALTIME

// A new inode without a name, owned by uid 0. Times are now.
InodeId newInode(Os& os, u32 mode, Mount mount = Mount::Root);
// Makes `inode` the entry `name` of `directory`. The name must be free.
void addEntry(Os& os, InodeId directory, const std::string& name, InodeId inode);
void removeEntry(Os& os, InodeId directory, const std::string& name);
// The entry of a directory, read from the host directory below it when need be; 0: there is none.
InodeId findEntry(Os& os, InodeId directory, const std::string& name);
// All names of a directory, now read from the host as well.
std::vector<std::pair<std::string, InodeId>> listEntries(Os& os, InodeId directory);
std::string pathOf(const Os& os, InodeId directory);  // absolute

// The disk's bytes of a regular file, read from the host on first use; null when there are none (all holes, or the file
// was only written by the guest). A host file that can not be read any more is empty. mm/ gets them page by page, with
// readBacking (mm/page_cache.h).
std::shared_ptr<const std::vector<u8>> backingOf(Vfs& vfs, Inode& inode);

// False when it is a file of the host that can not be read, or is too large.
bool canReadHost(Vfs& vfs, Inode& inode);

// An inode lives while it has a name or `openCount` is not 0: open files, mappings (mm/), executables and working
// directories hold it.
void holdInode(Os& os, InodeId inode);
void releaseInode(Os& os, InodeId inode);
void dropIfUnused(Os& os, InodeId inode);  // after its last name was removed

// Bytes of a regular file through the page cache: how many were read (0 at the end), or -errno.
i64 readInode(Os& os, InodeId inode, u64 position, std::span<u8> out);
i64 writeInode(Os& os, InodeId inode, u64 position, std::span<const u8> in);
i64 truncateInode(Os& os, InodeId inode, u64 size);
// The whole file, for execve's look at the first bytes, or a script.
std::vector<u8> readWhole(Os& os, InodeId inode, u64 limit = ~u64{0});

// access(2)'s question for the current task's fsuid: `want` is 4 read, 2 write, 1 execute. 0 or -EACCES.
i64 permission(const Os& os, const Inode& inode, u32 want);

i64 permissionAs(const Inode& inode, u32 want, u32 uid, u32 gid, std::span<const u32> groups);

u64 deviceOf(const Inode& inode);  // st_dev
}  // namespace ringside
