// The file system as state: inodes, open files, pipes (Linux 6.1 include/linux/fs.h, pipe_fs_i.h). Owned by fs/.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/cow.h"
#include "core/base/cow_bytes.h"
#include "core/base/types.h"
#include "core/kernel/ids.h"

namespace ringside {

// S_IFMT values, Linux include/uapi/linux/stat.h
namespace mode {
inline constexpr u32 Fifo = 0010000, Char = 0020000, Directory = 0040000, Block = 0060000, Regular = 0100000,
                     Link = 0120000, Socket = 0140000, Type = 0170000;
}

// What /proc and /dev nodes do instead of holding bytes.
enum class Special : u8 {
    None,
    Null,
    Zero,
    Full,
    Random,
    Urandom,
    Tty,
    Console,
    ProcFile,
    ProcDirectory,
    Pipe,
    EventFd,
    TimerFd,
    Epoll,
    Socket,
    SignalFd
};

struct Inode {
    InodeId id;
    u32 mode = 0, uid = 0, gid = 0, links = 1;
    u64 rdev = 0, size = 0;
    i64 atimeNs = 0, mtimeNs = 0, ctimeNs = 0;
    Special special = Special::None;
    u32 procEntry = 0;  // which generator (fs/proc)
    i32 procPid = 0;
    std::map<std::string, InodeId> entries;  // directories
    InodeId parent;                          // directories: ".."
    std::string target;                      // symbolic links
    // Regular files: what page-cache pages are filled from. Bytes for built-in and written files; a host file is read
    // into them when the guest first looks.
    std::shared_ptr<const std::vector<u8>> backing;
    std::string hostPath;      // not yet read from here
    bool hostListed = true;    // directories under --root: entries have been read
    std::map<u64, u32> pages;  // page cache: page of the file → frame number
    u32 openCount = 0;         // open files and mappings keep an unlinked inode alive
    PipeId pipe;
    bool operator==(const Inode& other) const;
};

struct Pipe {
    std::string data;  // at most `capacity`
    u32 capacity = 65536;
    u32 readers = 0, writers = 0;
    InodeId inode;
    bool operator==(const Pipe&) const = default;
};

struct File {  // an open file description
    FileId id;
    InodeId inode;
    u32 flags = 0;  // O_*
    u64 position = 0;
    u32 users = 1;         // descriptors that refer to it
    std::string path;      // as /proc/PID/fd shows it
    std::string snapshot;  // /proc files: their text since it was generated
    u64 data = 0;          // eventfd counter, …
    bool operator==(const File&) const = default;
};

struct Vfs {
    CowTable<InodeId, Inode> inodes;
    CowTable<FileId, File> files;
    CowTable<PipeId, Pipe> pipes;
    InodeId root;
    std::string hostRoot;
    bool operator==(const Vfs&) const = default;
};

}  // namespace ringside
