// The file system as state: inodes, open files, pipes, the terminal (Linux 6.1 include/linux/fs.h, pipe_fs_i.h,
// tty.h). Plain values; what acts on them is in the headers beside this one: path.h (lookup), inode.h (contents),
// files.h (open files and descriptors), pipe.h, tty.h, rootfs.h.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/cow.h"
#include "core/base/cow_bytes.h"
#include "core/base/types.h"
#include "core/kernel/fs/host_directory.h"
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
    Console,  // the terminal, or the host's pipes (rdev then says which: 0 stdin, 1 stdout, 2 stderr)
    ProcFile,
    ProcDirectory,
    ProcLink,
    Pipe,
    EventFd,
    TimerFd,
    Epoll,
    Socket,
    SignalFd,
    Namespace,  // /proc/PID/ns: procEntry is the kind, rdev the id
    Foreign     // a device, socket or FIFO of the host under --root: is seen, can not be opened
};

// The file system an inode belongs to: what st_dev, statfs and EXDEV go by.
enum class Mount : u8 { Root, Proc, Dev, Tmp, Sys, Anonymous };

struct Inode {
    InodeId id;
    u32 mode = 0, uid = 0, gid = 0, links = 1;
    u64 rdev = 0, size = 0;
    i64 atimeNs = 0, mtimeNs = 0, ctimeNs = 0;  // since 1970
    Special special = Special::None;
    Mount mount = Mount::Root;
    u32 procEntry = 0;  // which generator (fs/proc)
    i32 procPid = 0;
    std::map<std::string, InodeId> entries;  // directories; id 0: deleted, though the host directory below has it
    InodeId parent;                          // directories: ".."
    std::string name;                        // directories: in their parent; "" once deleted
    std::string target;                      // symbolic links
    // Regular files: what page-cache pages are filled from. Bytes for built-in and written files; a host file is read
    // into them when the guest first looks.
    std::shared_ptr<const std::vector<u8>> backing;
    std::string hostPath;      // not yet read from here
    bool hostListed = true;    // directories under --root: entries have been read
    std::map<u64, u32> pages;  // page cache: page of the file → frame number
    std::map<u64, u32>
        stored;  // what reclaim took: page of the file → block of the file disk, or slot of the swap disk (shmem)
    u32 openCount = 0;  // open files, mappings and working directories keep an unlinked inode alive
    u32 writers = 0;    // open for writing: execve says ETXTBSY
    PipeId pipe;
    u32 seals = 0;         // memfd: F_SEAL_*
    u32 lockShared = 0;    // flock: open files that hold it shared
    FileId lockExclusive;  // flock: the open file that holds it
    bool operator==(const Inode& other) const;
};

// A page of a pipe with bytes in it. Small writes are added to the last one as long as they fit; what was read from the
// front is not used again until the buffer is empty.
struct PipeBuffer {
    u32 offset = 0, length = 0;
    bool operator==(const PipeBuffer&) const = default;
};

struct Pipe {
    std::string data;                 // the bytes of all buffers, oldest first
    std::vector<PipeBuffer> buffers;  // tail … head-1, of ringSize() slots
    u32 tail = 0;                     // counts up; its slot is tail % ringSize()
    u32 capacity = 65536;
    u32 ringSize() const { return capacity / 4096; }
    bool full() const { return buffers.size() >= ringSize(); }
    u32 readers = 0, writers = 0;
    u32 readerOpens = 0, writerOpens = 0;  // ever: what open() of a FIFO waits for
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
    bool snapshotTaken = false;
    u64 data = 0;  // eventfd counter, signalfd mask, …
    PipeId out;    // socket pairs: `out` is written; the inode's own pipe is read
    u8 lock = 0;   // flock: 1 shared, 2 exclusive
    bool operator==(const File&) const = default;
};

struct EpollItem {
    FileId file;
    u32 events = 0;
    u64 data = 0;
    u64 seen = 0;           // Vfs::activity when it was last reported, for EPOLLET
    u32 last = 0;           // readiness last reported, for EPOLLET
    bool disabled = false;  // EPOLLONESHOT has fired
    bool operator==(const EpollItem&) const = default;
};
struct Epoll {
    std::map<std::pair<i32, u32>, EpollItem> items;  // by descriptor and open file
    bool operator==(const Epoll&) const = default;
};

struct TimerFd {
    u32 clock = 1;
    u64 expiresNs = 0, intervalNs = 0;  // on the machine's clock; 0: off
    bool operator==(const TimerFd&) const = default;
};

// The console terminal and its line discipline (Linux 6.1 drivers/tty/n_tty.c).
struct Tty {
    u32 iflag = 0x500;   // ICRNL | IXON
    u32 oflag = 0x5;     // OPOST | ONLCR
    u32 cflag = 0xbf;    // B38400 | CS8 | CREAD
    u32 lflag = 0x8a3b;  // ISIG ICANON ECHO ECHOE ECHOK ECHOCTL ECHOKE IEXTEN
    std::array<u8, 19> cc{3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22, 0, 0, 0};
    std::string line;      // canonical mode: being typed, not yet readable
    std::string cooked;    // readable
    std::deque<u64> ends;  // canonical mode: where lines end in `cooked`; each counts the bytes of one line
    i32 pgrp = 0, session = 0;
    u16 rows = 25, columns = 80;
    bool eof = false;  // the far end hung up and all is read
    bool operator==(const Tty&) const = default;
};

// A format registered with binfmt_misc (Linux 6.1 fs/binfmt_misc.c): by magic bytes, or by extension.
struct MiscFormat {
    std::string name, interpreter, flags;
    bool byMagic = true, enabled = true;
    u32 offset = 0;
    std::string magic, mask;  // mask may be empty; for an extension, `magic` is it
    bool operator==(const MiscFormat&) const = default;
};

// Where changed pages of files are written back to when memory is short. (What files hold from the start needs no place
// here: it comes from their `backing` again.)
struct FileDisk {
    CowBytes bytes;
    std::vector<u32> freeBlocks;
    u32 blocks = 0;  // in use or free
    bool operator==(const FileDisk&) const = default;
};

struct Vfs {
    CowTable<InodeId, Inode> inodes;
    CowTable<FileId, File> files;
    CowTable<PipeId, Pipe> pipes;
    std::map<InodeId, Epoll> epolls;
    std::map<InodeId, TimerFd> timers;
    std::map<std::pair<u32, i32>, InodeId> procInodes;  // (generator, pid) → inode, made on first look
    Tty tty;
    FileDisk disk;
    std::vector<MiscFormat> miscFormats;  // newest first, as they are tried
    InodeId root;
    std::array<InodeId, 3> stdio;  // stdin, stdout, stderr when they are pipes of the host
    u64 activity = 0;              // wake-ups of files so far
    std::string hostRoot;
    HostMemory hostMemory;
    u64 hostBytes = 0;      // of host files that were read
    u32 hostInodes = 0;     // found under --root
    u32 hardLinks = 0;      // second and further names
    u64 snapshotBytes = 0;  // File::snapshot, together
    bool operator==(const Vfs&) const = default;
};

}  // namespace ringside
