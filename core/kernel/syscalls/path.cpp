// System calls that name files: open, stat, directories, links, modes, owners, times (Linux 6.1 fs/open.c, stat.c,
// namei.c, readdir.c, utimes.c).
#include <algorithm>
#include <cstring>

#include "core/kernel/fs/file_ops.h"
#include "core/kernel/fs/pipe.h"
#include "core/kernel/fs/proc_fs.h"
#include "core/kernel/syscalls/fs_common.h"

namespace ringside {

std::expected<InodeId, i64> inodeAt(Os& os, i32 dirfd, u64 address, LastLink last, bool emptyPath) {
    const auto path = stringFromUser(os, address);
    if (!path) return std::unexpected(path.error());
    if (path->empty() && emptyPath) {
        if (dirfd == kAtFdCwd) return os.kernel.fs.at(os.kernel.currentTask().fs).cwd;
        const FileId file = fileOf(os, dirfd);
        if (file == FileId{}) return std::unexpected(-error::kBadf);
        return os.kernel.vfs.files.at(file).inode;
    }
    if (path->empty()) return std::unexpected(-error::kNoEnt);
    const auto base = baseOf(os, dirfd, *path);
    if (!base) return std::unexpected(base.error());
    const auto found = lookup(os, *base, *path, last);
    if (!found) return std::unexpected(found.error());
    if (found->inode == InodeId{}) return std::unexpected(-error::kNoEnt);
    return found->inode;
}

namespace {

std::expected<Found, i64> findAt(Os& os, i32 dirfd, u64 address, LastLink last) {
    const auto path = stringFromUser(os, address);
    if (!path) return std::unexpected(path.error());
    if (path->empty()) return std::unexpected(-error::kNoEnt);
    const auto base = baseOf(os, dirfd, *path);
    if (!base) return std::unexpected(base.error());
    return lookup(os, *base, *path, last);
}

// The path ends in ".", ".." or is "/": no name in a directory that could be made, removed or renamed.
bool isDot(const Found& found) { return found.directory == InodeId{}; }

// --- open, close ------------------------------------------------------------------------------------------------

// open() of a FIFO waits for the other end. The open file is made by the first run and kept in restartState.
i64 finishFifo(Os& os, FileId id, bool closeIt) {
    const File& file = os.kernel.vfs.files.at(id);
    const PipeId pipe = os.kernel.vfs.inodes.at(file.inode).pipe;
    Task& task = os.current();
    const Pipe& state = os.kernel.vfs.pipes.at(pipe);
    const bool reader = isReadable(file), both = reader && isWritable(file);
    if (task.restartState == 0) {
        const bool alone = reader ? state.writers == 0 : state.readers == 0;
        if (both || !alone) return allocFd(os, id, closeIt);
        if ((file.flags & open::NonBlock) != 0) {
            if (reader) return allocFd(os, id, closeIt);
            putFile(os, id);
            return -error::kNxio;
        }
        task.restartState = id.value;
        task.restartDeadline = reader ? state.writerOpens : state.readerOpens;
    } else if ((reader ? state.writerOpens : state.readerOpens) != task.restartDeadline) {
        return allocFd(os, id, closeIt);
    }
    const i64 slept = waitFor(os, waitQueue(reader ? WaitKind::PipeRead : WaitKind::PipeWrite, pipe.value));
    if (slept != kAgain) putFile(os, id);
    return slept;
}

i64 openAt(Os& os, i32 dirfd, u64 address, u32 flags, u32 fileMode) {
    KernelCall call(os, "do_sys_openat2");
    const bool closeIt = (flags & open::CloseOnExec) != 0;
    if (os.kernel.currentTask().restartState != 0)
        return finishFifo(os, FileId(static_cast<u32>(os.kernel.currentTask().restartState)), closeIt);
    const auto path = stringFromUser(os, address);
    if (!path) return path.error();
    if (path->empty()) return -error::kNoEnt;
    const auto base = baseOf(os, dirfd, *path);
    if (!base) return base.error();
    if ((flags & open::TmpFile) == open::TmpFile) {
        if ((flags & open::AccessMode) == open::ReadOnly) return -error::kInval;
        const auto found = lookup(os, *base, *path, LastLink::Follow);
        if (!found) return found.error();
        if (found->inode == InodeId{}) return -error::kNoEnt;
        if (!isDirectory(os.kernel.vfs.inodes.at(found->inode))) return -error::kNotDir;
        const u32 mask = os.kernel.fs.at(os.kernel.currentTask().fs).umask;
        const InodeId inode =
            newInode(os, mode::Regular | (fileMode & 07777 & ~mask), os.kernel.vfs.inodes.at(found->inode).mount);
        return allocFd(os,
                       newFile(os, inode, (flags & (open::AccessMode | open::Append)) | open::LargeFile,
                               found->path + "/#" + std::to_string(inode.value)),
                       closeIt);
    }
    const auto file = openFile(os, *base, *path, flags, fileMode);
    if (!file) return file.error();
    const Inode& inode = os.kernel.vfs.inodes.at(os.kernel.vfs.files.at(*file).inode);
    if ((inode.mode & mode::Type) == mode::Fifo && inode.special == Special::None && (flags & open::Path) == 0)
        return finishFifo(os, *file, closeIt);
    const i64 fd = allocFd(os, *file, closeIt);
    if (fd < 0) putFile(os, *file);
    return fd;
}

i64 sysOpen(Os& os, const SyscallArgs& args) {
    return openAt(os, kAtFdCwd, args.a[0], asUnsigned(args.a[1]), asUnsigned(args.a[2]));
}
i64 sysOpenat(Os& os, const SyscallArgs& args) {
    return openAt(os, asInt(args.a[0]), args.a[1], asUnsigned(args.a[2]), asUnsigned(args.a[3]));
}
i64 sysCreat(Os& os, const SyscallArgs& args) {
    return openAt(os, kAtFdCwd, args.a[0], open::Create | open::WriteOnly | open::Truncate, asUnsigned(args.a[1]));
}
i64 sysOpenat2(Os& os, const SyscallArgs& args) {
    struct How {
        u64 flags, mode, resolve;
    } how{};
    if (args.a[3] < sizeof how) return -error::kInval;
    if (!getUser(os, how, args.a[2])) return -error::kFault;
    // Confining lookups (RESOLVE_*) is not modelled: programs fall back to openat.
    if (how.resolve != 0) return -error::kNoSys;
    return openAt(os, asInt(args.a[0]), args.a[1], asUnsigned(how.flags), asUnsigned(how.mode));
}

// --- stat -------------------------------------------------------------------------------------------------------

u64 blocksOf(const Inode& inode) {
    if (isDirectory(inode)) return inode.mount == Mount::Root ? 8 : 0;
    if (!isRegular(inode) || inode.special != Special::None) return 0;
    const u64 whole = (inode.size + kPageSize - 1) / kPageSize;
    return (inode.backing || !inode.hostPath.empty() ? whole : std::min<u64>(whole, inode.pages.size())) * 8;
}

u64 sizeOf(const Inode& inode) {
    const u32 type = inode.mode & mode::Type;
    return type == mode::Char || type == mode::Block || type == mode::Fifo ? 0 : inode.size;
}

u64 rdevOf(const Inode& inode) {
    const u32 type = inode.mode & mode::Type;
    return type == mode::Char || type == mode::Block ? inode.rdev : 0;
}

i64 putStat(Os& os, u64 address, InodeId id) {
    struct Stat {
        u64 dev, ino, nlink;
        u32 mode, uid, gid, pad;
        u64 rdev;
        i64 size, blksize, blocks, atime, atimeNs, mtime, mtimeNs, ctime, ctimeNs, unused[3];
    };
    static_assert(sizeof(Stat) == 144);
    const Inode& inode = os.kernel.vfs.inodes.at(id);
    constexpr i64 kSecond = 1'000'000'000;
    const Stat s{.dev = deviceOf(inode),
                 .ino = id.value,
                 .nlink = inode.mount == Mount::Anonymous ? 1 : inode.links,
                 .mode = inode.mode,
                 .uid = inode.uid,
                 .gid = inode.gid,
                 .pad = 0,
                 .rdev = rdevOf(inode),
                 .size = static_cast<i64>(sizeOf(inode)),
                 .blksize = inode.mount == Mount::Proc ? 1024 : 4096,
                 .blocks = static_cast<i64>(blocksOf(inode)),
                 .atime = inode.atimeNs / kSecond,
                 .atimeNs = inode.atimeNs % kSecond,
                 .mtime = inode.mtimeNs / kSecond,
                 .mtimeNs = inode.mtimeNs % kSecond,
                 .ctime = inode.ctimeNs / kSecond,
                 .ctimeNs = inode.ctimeNs % kSecond,
                 .unused = {}};
    return putUser(os, address, s) ? 0 : -error::kFault;
}

i64 sysStat(Os& os, const SyscallArgs& args) {
    const auto inode = inodeAt(os, kAtFdCwd, args.a[0], LastLink::Follow, false);
    return inode ? putStat(os, args.a[1], *inode) : inode.error();
}
i64 sysLstat(Os& os, const SyscallArgs& args) {
    const auto inode = inodeAt(os, kAtFdCwd, args.a[0], LastLink::Keep, false);
    return inode ? putStat(os, args.a[1], *inode) : inode.error();
}
i64 sysFstat(Os& os, const SyscallArgs& args) {
    const FileId file = fileOf(os, asInt(args.a[0]));
    if (file == FileId{}) return -error::kBadf;
    return putStat(os, args.a[1], os.kernel.vfs.files.at(file).inode);
}
i64 sysNewfstatat(Os& os, const SyscallArgs& args) {
    const u64 flags = args.a[3];
    constexpr u32 kNoAutomount = 0x800;
    if ((flags & ~u64{kAtSymlinkNoFollow | kAtEmptyPath | kNoAutomount}) != 0) return -error::kInval;
    const auto inode =
        inodeAt(os, asInt(args.a[0]), args.a[1], (flags & kAtSymlinkNoFollow) != 0 ? LastLink::Keep : LastLink::Follow,
                (flags & kAtEmptyPath) != 0);
    return inode ? putStat(os, args.a[2], *inode) : inode.error();
}

i64 sysStatx(Os& os, const SyscallArgs& args) {
    struct Time {
        i64 seconds;
        u32 ns;
        i32 pad;
    };
    struct Statx {
        u32 mask, blksize;
        u64 attributes;
        u32 nlink, uid, gid;
        u16 mode, pad;
        u64 ino, size, blocks, attributesMask;
        Time atime, btime, ctime, mtime;
        u32 rdevMajor, rdevMinor, devMajor, devMinor;
        u64 mountId, alignment[13];
    };
    static_assert(sizeof(Statx) == 256);
    const u64 flags = args.a[2];
    if ((flags & ~u64{0x7900}) != 0 || (flags & 0x6000) == 0x6000) return -error::kInval;
    if ((args.a[3] & 0x80000000) != 0) return -error::kInval;
    const auto id =
        inodeAt(os, asInt(args.a[0]), args.a[1], (flags & kAtSymlinkNoFollow) != 0 ? LastLink::Keep : LastLink::Follow,
                (flags & kAtEmptyPath) != 0);
    if (!id) return id.error();
    const Inode& inode = os.kernel.vfs.inodes.at(*id);
    const auto time = [](i64 ns) { return Time{ns / 1'000'000'000, static_cast<u32>(ns % 1'000'000'000), 0}; };
    Statx s{};
    s.mask = 0x17ff;  // STATX_BASIC_STATS, STATX_MNT_ID
    s.blksize = inode.mount == Mount::Proc ? 1024 : 4096;
    s.nlink = inode.mount == Mount::Anonymous ? 1 : inode.links;
    s.uid = inode.uid;
    s.gid = inode.gid;
    s.mode = static_cast<u16>(inode.mode);
    s.ino = id->value;
    s.size = sizeOf(inode);
    s.blocks = blocksOf(inode);
    s.atime = time(inode.atimeNs);
    s.ctime = time(inode.ctimeNs);
    s.mtime = time(inode.mtimeNs);
    s.rdevMajor = static_cast<u32>(rdevOf(inode) >> 8);
    s.rdevMinor = static_cast<u32>(rdevOf(inode) & 0xff);
    s.devMajor = static_cast<u32>(deviceOf(inode) >> 8);
    s.devMinor = static_cast<u32>(deviceOf(inode) & 0xff);
    s.mountId = 21 + static_cast<u64>(inode.mount);
    return putUser(os, args.a[4], s) ? 0 : -error::kFault;
}

i64 accessAt(Os& os, i32 dirfd, u64 path, u32 want, u32 flags) {
    if (want > 7 || (flags & ~(kAtEaccess | kAtSymlinkNoFollow | kAtEmptyPath)) != 0) return -error::kInval;
    const Cred cred = os.kernel.currentTask().cred;
    if ((flags & kAtEaccess) == 0) {
        // The question is asked for the real user.
        Task& task = os.current();
        task.cred.fsuid = cred.uid;
        task.cred.fsgid = cred.gid;
    }
    const auto id = inodeAt(os, dirfd, path, (flags & kAtSymlinkNoFollow) != 0 ? LastLink::Keep : LastLink::Follow,
                            (flags & kAtEmptyPath) != 0);
    const i64 result = id ? permission(os, os.kernel.vfs.inodes.at(*id), want) : id.error();
    os.current().cred = cred;
    return result;
}
i64 sysAccess(Os& os, const SyscallArgs& args) { return accessAt(os, kAtFdCwd, args.a[0], asUnsigned(args.a[1]), 0); }
i64 sysFaccessat(Os& os, const SyscallArgs& args) {
    return accessAt(os, asInt(args.a[0]), args.a[1], asUnsigned(args.a[2]), 0);
}
i64 sysFaccessat2(Os& os, const SyscallArgs& args) {
    return accessAt(os, asInt(args.a[0]), args.a[1], asUnsigned(args.a[2]), asUnsigned(args.a[3]));
}

i64 statfsOf(Os& os, InodeId id, u64 address) {
    struct Statfs {
        i64 type, bsize;
        u64 blocks, bfree, bavail, files, ffree;
        i32 fsid[2];
        i64 namelen, frsize, flags, spare[4];
    };
    static_assert(sizeof(Statfs) == 120);
    Statfs s{};
    s.bsize = s.frsize = 4096;
    s.namelen = 255;
    s.flags = 0x20 | 0x1000;  // ST_VALID, ST_RELATIME
    const u64 frames = os.kernel.frames.pages.size();
    switch (os.kernel.vfs.inodes.at(id).mount) {
        case Mount::Root:
            s.type = 0xef53;
            s.blocks = 1 << 20;
            s.bfree = s.bavail = 1 << 19;
            s.files = 1 << 18;
            s.ffree = 1 << 17;
            break;
        case Mount::Proc:
            s.type = 0x9fa0;
            break;
        case Mount::Sys:
            s.type = 0x62656572;
            break;
        case Mount::Dev:
        case Mount::Tmp:
            s.type = 0x01021994;
            s.blocks = frames / 2;
            s.bfree = s.bavail = std::min<u64>(s.blocks, os.kernel.frames.free.count);
            s.files = s.ffree = 65536;
            break;
        case Mount::Anonymous:
            s.type = 0x50495045;
            break;
    }
    return putUser(os, address, s) ? 0 : -error::kFault;
}
i64 sysStatfs(Os& os, const SyscallArgs& args) {
    const auto id = inodeAt(os, kAtFdCwd, args.a[0], LastLink::Follow, false);
    return id ? statfsOf(os, *id, args.a[1]) : id.error();
}
i64 sysFstatfs(Os& os, const SyscallArgs& args) {
    const FileId file = fileOf(os, asInt(args.a[0]));
    if (file == FileId{}) return -error::kBadf;
    return statfsOf(os, os.kernel.vfs.files.at(file).inode, args.a[1]);
}

// --- links ------------------------------------------------------------------------------------------------------

i64 readlinkAt(Os& os, i32 dirfd, u64 path, u64 buffer, i32 size) {
    if (size <= 0) return -error::kInval;
    const auto id = inodeAt(os, dirfd, path, LastLink::Keep, true);
    if (!id) return id.error();
    const Inode& inode = os.kernel.vfs.inodes.at(*id);
    if (!isLink(inode)) return -error::kInval;
    const std::string text = inode.special == Special::ProcLink ? procLinkText(os, inode) : inode.target;
    if (text.empty()) return -error::kNoEnt;
    const u64 n = std::min<u64>(text.size(), static_cast<u64>(size));
    return copyToUser(os, buffer, {reinterpret_cast<const u8*>(text.data()), n}) ? static_cast<i64>(n) : -error::kFault;
}
i64 sysReadlink(Os& os, const SyscallArgs& args) {
    return readlinkAt(os, kAtFdCwd, args.a[0], args.a[1], asInt(args.a[2]));
}
i64 sysReadlinkat(Os& os, const SyscallArgs& args) {
    return readlinkAt(os, asInt(args.a[0]), args.a[1], args.a[2], asInt(args.a[3]));
}

i64 symlinkAt(Os& os, u64 targetAddress, i32 dirfd, u64 path) {
    const auto target = stringFromUser(os, targetAddress);
    if (!target) return target.error();
    if (target->empty()) return -error::kNoEnt;
    const auto found = findAt(os, dirfd, path, LastLink::Keep);
    if (!found) return found.error();
    if (found->inode != InodeId{} || isDot(*found)) return -error::kExist;
    if (found->mustBeDirectory) return -error::kNoEnt;
    const auto made = createAt(os, *found, mode::Link | 0777);
    if (!made) return made.error();
    Inode& inode = os.kernel.vfs.inodes.edit(*made);
    inode.target = *target;
    inode.size = target->size();
    return 0;
}
i64 sysSymlink(Os& os, const SyscallArgs& args) { return symlinkAt(os, args.a[0], kAtFdCwd, args.a[1]); }
i64 sysSymlinkat(Os& os, const SyscallArgs& args) { return symlinkAt(os, args.a[0], asInt(args.a[1]), args.a[2]); }

i64 linkAt(Os& os, i32 oldFd, u64 oldPath, i32 newFd, u64 newPath, u32 flags) {
    if ((flags & ~(kAtSymlinkFollow | kAtEmptyPath)) != 0) return -error::kInval;
    const auto source = inodeAt(os, oldFd, oldPath, (flags & kAtSymlinkFollow) != 0 ? LastLink::Follow : LastLink::Keep,
                                (flags & kAtEmptyPath) != 0);
    if (!source) return source.error();
    const auto found = findAt(os, newFd, newPath, LastLink::Keep);
    if (!found) return found.error();
    if (found->inode != InodeId{} || isDot(*found)) return -error::kExist;
    if (found->mustBeDirectory) return -error::kNoEnt;
    const Inode& inode = os.kernel.vfs.inodes.at(*source);
    const Inode& directory = os.kernel.vfs.inodes.at(found->directory);
    if (inode.mount != directory.mount) return -error::kXdev;
    if (const i64 denied = permission(os, directory, 3)) return denied;
    if (isDirectory(inode)) return -error::kPerm;
    addEntry(os, found->directory, found->name, *source);
    return 0;
}
i64 sysLink(Os& os, const SyscallArgs& args) { return linkAt(os, kAtFdCwd, args.a[0], kAtFdCwd, args.a[1], 0); }
i64 sysLinkat(Os& os, const SyscallArgs& args) {
    return linkAt(os, asInt(args.a[0]), args.a[1], asInt(args.a[2]), args.a[3], asUnsigned(args.a[4]));
}

// may_delete: the directory may be written, and in a sticky one the entry or it must be ours.
i64 mayDelete(Os& os, InodeId directory, const Inode& victim) {
    const Inode& dir = os.kernel.vfs.inodes.at(directory);
    if (dir.mount == Mount::Proc) return -error::kPerm;
    if (const i64 denied = permission(os, dir, 3)) return denied;
    const u32 uid = os.kernel.currentTask().cred.fsuid;
    if ((dir.mode & 01000) != 0 && uid != 0 && victim.uid != uid && dir.uid != uid) return -error::kPerm;
    return 0;
}

bool isEmptyDirectory(Os& os, InodeId id) { return listEntries(os, id).empty(); }

i64 unlinkAt(Os& os, i32 dirfd, u64 path) {
    const auto found = findAt(os, dirfd, path, LastLink::Keep);
    if (!found) return found.error();
    if (isDot(*found)) return -error::kIsDir;
    if (found->inode == InodeId{}) return -error::kNoEnt;
    const Inode& inode = os.kernel.vfs.inodes.at(found->inode);
    if (found->mustBeDirectory) return isDirectory(inode) ? -error::kIsDir : -error::kNotDir;
    if (const i64 denied = mayDelete(os, found->directory, inode)) return denied;
    if (isDirectory(inode)) return -error::kIsDir;
    removeEntry(os, found->directory, found->name);
    dropIfUnused(os, found->inode);
    return 0;
}

i64 rmdirAt(Os& os, i32 dirfd, u64 path) {
    const auto text = stringFromUser(os, path);
    if (!text) return text.error();
    const auto found = findAt(os, dirfd, path, LastLink::Keep);
    if (!found) return found.error();
    if (isDot(*found)) {
        std::string_view end = *text;
        while (end.size() > 1 && end.ends_with('/')) end.remove_suffix(1);
        if (end == "/") return -error::kBusy;
        return end.ends_with("..") ? -error::kNotEmpty : -error::kInval;
    }
    if (found->inode == InodeId{}) return -error::kNoEnt;
    const Inode& inode = os.kernel.vfs.inodes.at(found->inode);
    if (const i64 denied = mayDelete(os, found->directory, inode)) return denied;
    if (!isDirectory(inode)) return -error::kNotDir;
    const Mount outside = os.kernel.vfs.inodes.at(found->directory).mount;
    if (inode.mount != outside) return -error::kBusy;
    if (!isEmptyDirectory(os, found->inode)) return -error::kNotEmpty;
    removeEntry(os, found->directory, found->name);
    Inode& gone = os.kernel.vfs.inodes.edit(found->inode);
    gone.name.clear();
    gone.links = 0;
    dropIfUnused(os, found->inode);
    return 0;
}
i64 sysUnlink(Os& os, const SyscallArgs& args) { return unlinkAt(os, kAtFdCwd, args.a[0]); }
i64 sysRmdir(Os& os, const SyscallArgs& args) { return rmdirAt(os, kAtFdCwd, args.a[0]); }
i64 sysUnlinkat(Os& os, const SyscallArgs& args) {
    if ((args.a[2] & ~u64{kAtRemoveDir}) != 0) return -error::kInval;
    return args.a[2] != 0 ? rmdirAt(os, asInt(args.a[0]), args.a[1]) : unlinkAt(os, asInt(args.a[0]), args.a[1]);
}

bool isInside(const Os& os, InodeId inner, InodeId outer) {
    for (InodeId at = inner;;) {
        if (at == outer) return true;
        const InodeId up = os.kernel.vfs.inodes.at(at).parent;
        if (at == os.kernel.vfs.root || up == at || up == InodeId{}) return false;
        at = up;
    }
}

i64 renameAt(Os& os, i32 oldFd, u64 oldPath, i32 newFd, u64 newPath, u32 flags) {
    constexpr u32 kNoReplace = 1, kExchange = 2, kWhiteout = 4;
    if ((flags & ~(kNoReplace | kExchange | kWhiteout)) != 0) return -error::kInval;
    if ((flags & kExchange) != 0 && (flags & (kNoReplace | kWhiteout)) != 0) return -error::kInval;
    if ((flags & kWhiteout) != 0) return -error::kInval;
    const auto from = findAt(os, oldFd, oldPath, LastLink::Keep);
    if (!from) return from.error();
    const auto to = findAt(os, newFd, newPath, LastLink::Keep);
    if (!to) return to.error();
    if (isDot(*from) || isDot(*to)) return -error::kBusy;
    Vfs& vfs = os.kernel.vfs;
    if (vfs.inodes.at(from->directory).mount != vfs.inodes.at(to->directory).mount) return -error::kXdev;
    if (from->inode == InodeId{}) return -error::kNoEnt;
    if ((flags & kNoReplace) != 0 && to->inode != InodeId{}) return -error::kExist;
    if ((flags & kExchange) != 0 && to->inode == InodeId{}) return -error::kNoEnt;
    const Inode& source = vfs.inodes.at(from->inode);
    if (!isDirectory(source) && (from->mustBeDirectory || to->mustBeDirectory)) return -error::kNotDir;
    if (isDirectory(source) && isInside(os, to->directory, from->inode)) return -error::kInval;
    if (to->inode != InodeId{} && isDirectory(vfs.inodes.at(to->inode)) && isInside(os, from->directory, to->inode))
        return (flags & kExchange) != 0 ? -error::kInval : -error::kNotEmpty;
    if (from->inode == to->inode) return 0;
    if (const i64 denied = mayDelete(os, from->directory, source)) return denied;
    if (source.mount != vfs.inodes.at(from->directory).mount) return -error::kBusy;
    if (to->inode == InodeId{}) {
        if (const i64 denied = permission(os, vfs.inodes.at(to->directory), 3)) return denied;
    } else {
        const Inode& target = vfs.inodes.at(to->inode);
        if (const i64 denied = mayDelete(os, to->directory, target)) return denied;
        if ((flags & kExchange) == 0) {
            if (isDirectory(source) && !isDirectory(target)) return -error::kNotDir;
            if (!isDirectory(source) && isDirectory(target)) return -error::kIsDir;
            if (target.mount != vfs.inodes.at(to->directory).mount) return -error::kBusy;
            if (isDirectory(target) && !isEmptyDirectory(os, to->inode)) return -error::kNotEmpty;
        }
    }
    if (isDirectory(source)) (void)listEntries(os, from->inode);
    if ((flags & kExchange) != 0) {
        removeEntry(os, from->directory, from->name);
        removeEntry(os, to->directory, to->name);
        addEntry(os, from->directory, from->name, to->inode);
        addEntry(os, to->directory, to->name, from->inode);
        return 0;
    }
    if (to->inode != InodeId{}) {
        const bool wasDirectory = isDirectory(vfs.inodes.at(to->inode));
        removeEntry(os, to->directory, to->name);
        if (wasDirectory) {
            Inode& gone = vfs.inodes.edit(to->inode);
            gone.name.clear();
            gone.links = 0;
        }
        dropIfUnused(os, to->inode);
    }
    removeEntry(os, from->directory, from->name);
    addEntry(os, to->directory, to->name, from->inode);
    return 0;
}
i64 sysRename(Os& os, const SyscallArgs& args) { return renameAt(os, kAtFdCwd, args.a[0], kAtFdCwd, args.a[1], 0); }
i64 sysRenameat(Os& os, const SyscallArgs& args) {
    return renameAt(os, asInt(args.a[0]), args.a[1], asInt(args.a[2]), args.a[3], 0);
}
i64 sysRenameat2(Os& os, const SyscallArgs& args) {
    return renameAt(os, asInt(args.a[0]), args.a[1], asInt(args.a[2]), args.a[3], asUnsigned(args.a[4]));
}

// --- directories ------------------------------------------------------------------------------------------------

i64 mkdirAt(Os& os, i32 dirfd, u64 path, u32 fileMode) {
    const auto found = findAt(os, dirfd, path, LastLink::Keep);
    if (!found) return found.error();
    if (found->inode != InodeId{} || isDot(*found)) return -error::kExist;
    const u32 mask = os.kernel.fs.at(os.kernel.currentTask().fs).umask;
    const auto made = createAt(os, *found, mode::Directory | (fileMode & 01777 & ~mask));
    return made ? 0 : made.error();
}
i64 sysMkdir(Os& os, const SyscallArgs& args) { return mkdirAt(os, kAtFdCwd, args.a[0], asUnsigned(args.a[1])); }
i64 sysMkdirat(Os& os, const SyscallArgs& args) {
    return mkdirAt(os, asInt(args.a[0]), args.a[1], asUnsigned(args.a[2]));
}

i64 mknodAt(Os& os, i32 dirfd, u64 path, u32 fileMode) {
    const u32 type = fileMode & mode::Type;
    if (type == mode::Directory) return -error::kPerm;
    if (type != 0 && type != mode::Regular && type != mode::Fifo && type != mode::Socket && type != mode::Char &&
        type != mode::Block)
        return -error::kInval;
    if (type == mode::Char || type == mode::Block) return -error::kPerm;  // no devices but those of /dev
    const auto found = findAt(os, dirfd, path, LastLink::Keep);
    if (!found) return found.error();
    if (found->inode != InodeId{} || isDot(*found)) return -error::kExist;
    if (found->mustBeDirectory) return -error::kNoEnt;
    const u32 mask = os.kernel.fs.at(os.kernel.currentTask().fs).umask;
    const auto made = createAt(os, *found, (type == 0 ? mode::Regular : type) | (fileMode & 07777 & ~mask));
    return made ? 0 : made.error();
}
i64 sysMknod(Os& os, const SyscallArgs& args) { return mknodAt(os, kAtFdCwd, args.a[0], asUnsigned(args.a[1])); }
i64 sysMknodat(Os& os, const SyscallArgs& args) {
    return mknodAt(os, asInt(args.a[0]), args.a[1], asUnsigned(args.a[2]));
}

i64 enter(Os& os, InodeId id) {
    const Inode& inode = os.kernel.vfs.inodes.at(id);
    if (!isDirectory(inode)) return -error::kNotDir;
    if (const i64 denied = permission(os, inode, 1)) return denied;
    holdInode(os, id);
    FsStruct& fs = os.kernel.fs.edit(os.kernel.currentTask().fs);
    const InodeId old = std::exchange(fs.cwd, id);
    fs.cwdPath = pathOf(os, id);
    releaseInode(os, old);
    return 0;
}
i64 sysChdir(Os& os, const SyscallArgs& args) {
    const auto id = inodeAt(os, kAtFdCwd, args.a[0], LastLink::Follow, false);
    return id ? enter(os, *id) : id.error();
}
i64 sysFchdir(Os& os, const SyscallArgs& args) {
    const FileId file = fileOf(os, asInt(args.a[0]));
    if (file == FileId{}) return -error::kBadf;
    return enter(os, os.kernel.vfs.files.at(file).inode);
}

i64 sysChroot(Os& os, const SyscallArgs& args) {
    const auto id = inodeAt(os, kAtFdCwd, args.a[0], LastLink::Follow, false);
    if (!id) return id.error();
    if (!isDirectory(os.kernel.vfs.inodes.at(*id))) return -error::kNotDir;
    if (os.kernel.currentTask().cred.euid != 0) return -error::kPerm;
    holdInode(os, *id);
    const InodeId old = std::exchange(os.kernel.fs.edit(os.kernel.currentTask().fs).root, *id);
    releaseInode(os, old);
    return 0;
}

i64 sysGetcwd(Os& os, const SyscallArgs& args) {
    const FsStruct& fs = os.kernel.fs.at(os.kernel.currentTask().fs);
    const Inode& cwd = os.kernel.vfs.inodes.at(fs.cwd);
    if (fs.cwd != os.kernel.vfs.root && cwd.name.empty() && cwd.mount != Mount::Proc) return -error::kNoEnt;
    std::string path = pathOf(os, fs.cwd);
    if (fs.root != os.kernel.vfs.root) {
        const std::string root = pathOf(os, fs.root);
        if (path == root)
            path = "/";
        else if (path.starts_with(root + "/"))
            path = path.substr(root.size());
        else
            path = "(unreachable)" + path;
    }
    if (path.size() + 1 > args.a[1]) return -error::kRange;
    return copyToUser(os, args.a[0], {reinterpret_cast<const u8*>(path.c_str()), path.size() + 1})
               ? static_cast<i64>(path.size() + 1)
               : -error::kFault;
}

struct DirectoryEntry {
    u64 cookie;  // where the entry behind this one begins
    InodeId inode;
    std::string name;
};

// In order of creation: an entry keeps its place while others come and go, so nobody who removes what they list misses
// one.
std::vector<DirectoryEntry> entriesOf(Os& os, InodeId id) {
    const Inode& directory = os.kernel.vfs.inodes.at(id);
    const InodeId parent = directory.parent == InodeId{} ? id : directory.parent;
    const bool generated = directory.special == Special::ProcDirectory;
    std::vector<DirectoryEntry> entries{{1, id, "."}, {2, parent, ".."}};
    for (auto& [name, inode] : listEntries(os, id)) entries.push_back({u64{inode.value} + 2, inode, name});
    if (generated)
        for (u64 i = 2; i < entries.size(); ++i) entries[i].cookie = i + 1;
    else
        std::stable_sort(entries.begin() + 2, entries.end(),
                         [](const auto& a, const auto& b) { return a.cookie < b.cookie; });
    return entries;
}

i64 sysGetdents64(Os& os, const SyscallArgs& args) {
    const auto id = openFd(os, args.a[0]);
    if (!id) return id.error();
    const InodeId directory = os.kernel.vfs.files.at(*id).inode;
    if (!isDirectory(os.kernel.vfs.inodes.at(directory))) return -error::kNotDir;
    u64 position = os.kernel.vfs.files.at(*id).position;
    const u64 room = asUnsigned(args.a[2]);
    std::vector<u8> bytes;
    const auto entries = entriesOf(os, directory);
    bool full = false;
    for (std::size_t i = 0; i < entries.size() && !full;) {
        // Hard links in one directory share a cookie and go together.
        std::size_t next = i + 1;
        while (next < entries.size() && entries[next].cookie == entries[i].cookie) ++next;
        if (entries[i].cookie > position) {
            const std::size_t before = bytes.size();
            for (std::size_t k = i; k < next; ++k) {
                const DirectoryEntry& e = entries[k];
                const u64 length = (19 + e.name.size() + 1 + 7) & ~u64{7};
                if (bytes.size() + length > room) {
                    full = true;
                    bytes.resize(before);
                    break;
                }
                const std::size_t at = bytes.size();
                bytes.resize(at + length);
                const u64 ino = e.inode.value, off = e.cookie;
                const u16 reclen = static_cast<u16>(length);
                std::memcpy(&bytes[at], &ino, 8);
                std::memcpy(&bytes[at + 8], &off, 8);
                std::memcpy(&bytes[at + 16], &reclen, 2);
                bytes[at + 18] = static_cast<u8>(os.kernel.vfs.inodes.at(e.inode).mode >> 12);
                std::memcpy(&bytes[at + 19], e.name.data(), e.name.size());
            }
            if (!full) position = entries[i].cookie;
        }
        i = next;
    }
    if (full && bytes.empty()) return -error::kInval;
    if (!copyToUser(os, args.a[1], bytes)) return -error::kFault;
    os.kernel.vfs.files.edit(*id).position = position;
    return static_cast<i64>(bytes.size());
}

// --- attributes -------------------------------------------------------------------------------------------------

i64 changeMode(Os& os, InodeId id, u32 fileMode) {
    Inode& inode = os.kernel.vfs.inodes.edit(id);
    const Cred& cred = os.kernel.currentTask().cred;
    if (isLink(inode)) return -error::kOpNotSupp;
    if (inode.mount == Mount::Proc) return -error::kPerm;
    if (cred.fsuid != 0 && cred.fsuid != inode.uid) return -error::kPerm;
    inode.mode = (inode.mode & mode::Type) | (fileMode & 07777);
    inode.ctimeNs = realTimeNs(os);
    return 0;
}
i64 sysChmod(Os& os, const SyscallArgs& args) {
    const auto id = inodeAt(os, kAtFdCwd, args.a[0], LastLink::Follow, false);
    return id ? changeMode(os, *id, asUnsigned(args.a[1])) : id.error();
}
i64 sysFchmod(Os& os, const SyscallArgs& args) {
    const auto file = openFd(os, args.a[0]);
    return file ? changeMode(os, os.kernel.vfs.files.at(*file).inode, asUnsigned(args.a[1])) : file.error();
}
i64 sysFchmodat(Os& os, const SyscallArgs& args) {
    const auto id = inodeAt(os, asInt(args.a[0]), args.a[1], LastLink::Follow, false);
    return id ? changeMode(os, *id, asUnsigned(args.a[2])) : id.error();
}

i64 changeOwner(Os& os, InodeId id, u32 uid, u32 gid) {
    Inode& inode = os.kernel.vfs.inodes.edit(id);
    const Cred& cred = os.kernel.currentTask().cred;
    if (inode.mount == Mount::Proc) return -error::kPerm;
    if (cred.fsuid != 0) {
        const bool ownGroup =
            gid == ~u32{0} || gid == cred.fsgid || std::ranges::find(cred.groups, gid) != cred.groups.end();
        if (inode.uid != cred.fsuid || (uid != ~u32{0} && uid != inode.uid) || !ownGroup) return -error::kPerm;
    }
    if (uid != ~u32{0}) inode.uid = uid;
    if (gid != ~u32{0}) inode.gid = gid;
    if (isRegular(inode)) inode.mode &= ~((inode.mode & 010) != 0 ? 06000u : 04000u);
    inode.ctimeNs = realTimeNs(os);
    return 0;
}
i64 chownPath(Os& os, const SyscallArgs& args, LastLink last) {
    const auto id = inodeAt(os, kAtFdCwd, args.a[0], last, false);
    return id ? changeOwner(os, *id, asUnsigned(args.a[1]), asUnsigned(args.a[2])) : id.error();
}
i64 sysChown(Os& os, const SyscallArgs& args) { return chownPath(os, args, LastLink::Follow); }
i64 sysLchown(Os& os, const SyscallArgs& args) { return chownPath(os, args, LastLink::Keep); }
i64 sysFchown(Os& os, const SyscallArgs& args) {
    const auto file = openFd(os, args.a[0]);
    if (!file) return file.error();
    return changeOwner(os, os.kernel.vfs.files.at(*file).inode, asUnsigned(args.a[1]), asUnsigned(args.a[2]));
}
i64 sysFchownat(Os& os, const SyscallArgs& args) {
    const u32 flags = asUnsigned(args.a[4]);
    if ((flags & ~(kAtSymlinkNoFollow | kAtEmptyPath)) != 0) return -error::kInval;
    const auto id =
        inodeAt(os, asInt(args.a[0]), args.a[1], (flags & kAtSymlinkNoFollow) != 0 ? LastLink::Keep : LastLink::Follow,
                (flags & kAtEmptyPath) != 0);
    return id ? changeOwner(os, *id, asUnsigned(args.a[2]), asUnsigned(args.a[3])) : id.error();
}

struct TimeSpec {
    i64 seconds, ns;
};

i64 changeTimes(Os& os, InodeId id, const TimeSpec* times) {
    constexpr i64 kNow = 0x3fffffff, kOmit = 0x3ffffffe;
    if (times)
        for (int i = 0; i < 2; ++i)
            if (times[i].ns != kNow && times[i].ns != kOmit && (times[i].ns < 0 || times[i].ns > 999'999'999))
                return -error::kInval;
    Inode& inode = os.kernel.vfs.inodes.edit(id);
    const Cred& cred = os.kernel.currentTask().cred;
    if (cred.fsuid != 0 && cred.fsuid != inode.uid) {
        const bool now = !times || (times[0].ns == kNow && times[1].ns == kNow);
        if (!now) return -error::kPerm;
        if (const i64 denied = permission(os, inode, 2)) return denied;
    }
    const i64 now = realTimeNs(os);
    const auto set = [&](i64& to, int i) {
        if (!times || times[i].ns == kNow)
            to = now;
        else if (times[i].ns != kOmit)
            to = static_cast<i64>(static_cast<u64>(times[i].seconds) * 1'000'000'000u + static_cast<u64>(times[i].ns));
    };
    set(inode.atimeNs, 0);
    set(inode.mtimeNs, 1);
    inode.ctimeNs = now;
    return 0;
}

i64 sysUtimensat(Os& os, const SyscallArgs& args) {
    TimeSpec times[2]{};
    if (args.a[2] != 0) {
        if (!copyFromUser(os, {reinterpret_cast<u8*>(times), sizeof times}, args.a[2])) return -error::kFault;
        constexpr i64 kOmit = 0x3ffffffe;
        if (times[0].ns == kOmit && times[1].ns == kOmit) return 0;
    }
    const TimeSpec* given = args.a[2] != 0 ? times : nullptr;
    const u32 flags = asUnsigned(args.a[3]);
    if (args.a[1] == 0) {
        if (flags != 0) return -error::kInval;
        const auto file = openFd(os, args.a[0]);
        return file ? changeTimes(os, os.kernel.vfs.files.at(*file).inode, given) : file.error();
    }
    if ((flags & ~(kAtSymlinkNoFollow | kAtEmptyPath)) != 0) return -error::kInval;
    const auto id =
        inodeAt(os, asInt(args.a[0]), args.a[1], (flags & kAtSymlinkNoFollow) != 0 ? LastLink::Keep : LastLink::Follow,
                (flags & kAtEmptyPath) != 0);
    return id ? changeTimes(os, *id, given) : id.error();
}

i64 microTimes(Os& os, i32 dirfd, u64 path, u64 address, u64 scale) {
    TimeSpec times[2]{};
    if (address != 0) {
        if (scale == 0) {  // utime: whole seconds
            i64 both[2];
            if (!copyFromUser(os, {reinterpret_cast<u8*>(both), sizeof both}, address)) return -error::kFault;
            times[0] = {both[0], 0};
            times[1] = {both[1], 0};
        } else {
            if (!copyFromUser(os, {reinterpret_cast<u8*>(times), sizeof times}, address)) return -error::kFault;
            for (TimeSpec& t : times) {
                if (t.ns < 0 || t.ns > 999'999) return -error::kInval;
                t.ns *= static_cast<i64>(scale);
            }
        }
    }
    const auto id = inodeAt(os, dirfd, path, LastLink::Follow, false);
    return id ? changeTimes(os, *id, address != 0 ? times : nullptr) : id.error();
}
i64 sysUtime(Os& os, const SyscallArgs& args) { return microTimes(os, kAtFdCwd, args.a[0], args.a[1], 0); }
i64 sysUtimes(Os& os, const SyscallArgs& args) { return microTimes(os, kAtFdCwd, args.a[0], args.a[1], 1000); }
i64 sysFutimesat(Os& os, const SyscallArgs& args) {
    return microTimes(os, asInt(args.a[0]), args.a[1], args.a[2], 1000);
}

i64 sysUmask(Os& os, const SyscallArgs& args) {
    FsStruct& fs = os.kernel.fs.edit(os.kernel.currentTask().fs);
    return std::exchange(fs.umask, asUnsigned(args.a[0]) & 0777);
}

// Extended attributes: no file has any.
i64 sysGetxattr(Os& os, const SyscallArgs& args) {
    const auto id = inodeAt(os, kAtFdCwd, args.a[0], LastLink::Follow, false);
    return id ? -error::kNoData : id.error();
}
i64 sysLgetxattr(Os& os, const SyscallArgs& args) {
    const auto id = inodeAt(os, kAtFdCwd, args.a[0], LastLink::Keep, false);
    return id ? -error::kNoData : id.error();
}
i64 sysFgetxattr(Os& os, const SyscallArgs& args) {
    const auto file = openFd(os, args.a[0]);
    return file ? -error::kNoData : file.error();
}
i64 sysListxattr(Os& os, const SyscallArgs& args) {
    const auto id = inodeAt(os, kAtFdCwd, args.a[0], LastLink::Follow, false);
    return id ? 0 : id.error();
}
i64 sysLlistxattr(Os& os, const SyscallArgs& args) {
    const auto id = inodeAt(os, kAtFdCwd, args.a[0], LastLink::Keep, false);
    return id ? 0 : id.error();
}
i64 sysFlistxattr(Os& os, const SyscallArgs& args) {
    const auto file = openFd(os, args.a[0]);
    return file ? 0 : file.error();
}
i64 sysSetxattr(Os&, const SyscallArgs&) { return -error::kOpNotSupp; }
i64 sysNotPermitted(Os&, const SyscallArgs&) { return -error::kPerm; }

using enum Arg;
constexpr SyscallRow kRows[] = {
    {2, "open", sysOpen, {Path, OpenFlags, Mode}, Fd},
    {4, "stat", sysStat, {Path, Address}, Int},
    {5, "fstat", sysFstat, {Fd, Address}, Int},
    {6, "lstat", sysLstat, {Path, Address}, Int},
    {21, "access", sysAccess, {Path, Mode}, Int},
    {79, "getcwd", sysGetcwd, {Address, Size}, Int},
    {80, "chdir", sysChdir, {Path}, Int},
    {81, "fchdir", sysFchdir, {Fd}, Int},
    {82, "rename", sysRename, {Path, Path}, Int},
    {83, "mkdir", sysMkdir, {Path, Mode}, Int},
    {84, "rmdir", sysRmdir, {Path}, Int},
    {85, "creat", sysCreat, {Path, Mode}, Fd},
    {86, "link", sysLink, {Path, Path}, Int},
    {87, "unlink", sysUnlink, {Path}, Int},
    {88, "symlink", sysSymlink, {Path, Path}, Int},
    {89, "readlink", sysReadlink, {Path, Buffer, Size}, Size},
    {90, "chmod", sysChmod, {Path, Mode}, Int},
    {91, "fchmod", sysFchmod, {Fd, Mode}, Int},
    {92, "chown", sysChown, {Path, Int, Int}, Int},
    {93, "fchown", sysFchown, {Fd, Int, Int}, Int},
    {94, "lchown", sysLchown, {Path, Int, Int}, Int},
    {95, "umask", sysUmask, {Mode}, Mode},
    {132, "utime", sysUtime, {Path, Address}, Int},
    {133, "mknod", sysMknod, {Path, Mode, Hex}, Int},
    {137, "statfs", sysStatfs, {Path, Address}, Int},
    {138, "fstatfs", sysFstatfs, {Fd, Address}, Int},
    {155, "pivot_root", sysNotPermitted, {Path, Path}, Int},
    {161, "chroot", sysChroot, {Path}, Int},
    {165, "mount", sysNotPermitted, {Path, Path, Path, Flags, Address}, Int},
    {166, "umount2", sysNotPermitted, {Path, Flags}, Int},
    {167, "swapon", sysNotPermitted, {Path, Flags}, Int},
    {168, "swapoff", sysNotPermitted, {Path}, Int},
    {188, "setxattr", sysSetxattr, {Path, Path, Address, Size, Flags}, Int},
    {189, "lsetxattr", sysSetxattr, {Path, Path, Address, Size, Flags}, Int},
    {190, "fsetxattr", sysSetxattr, {Fd, Path, Address, Size, Flags}, Int},
    {191, "getxattr", sysGetxattr, {Path, Path, Address, Size}, Int},
    {192, "lgetxattr", sysLgetxattr, {Path, Path, Address, Size}, Int},
    {193, "fgetxattr", sysFgetxattr, {Fd, Path, Address, Size}, Int},
    {194, "listxattr", sysListxattr, {Path, Address, Size}, Int},
    {195, "llistxattr", sysLlistxattr, {Path, Address, Size}, Int},
    {196, "flistxattr", sysFlistxattr, {Fd, Address, Size}, Int},
    {217, "getdents64", sysGetdents64, {Fd, Address, Size}, Size},
    {235, "utimes", sysUtimes, {Path, Address}, Int},
    {257, "openat", sysOpenat, {Fd, Path, OpenFlags, Mode}, Fd},
    {258, "mkdirat", sysMkdirat, {Fd, Path, Mode}, Int},
    {259, "mknodat", sysMknodat, {Fd, Path, Mode, Hex}, Int},
    {260, "fchownat", sysFchownat, {Fd, Path, Int, Int, Flags}, Int},
    {261, "futimesat", sysFutimesat, {Fd, Path, Address}, Int},
    {262, "newfstatat", sysNewfstatat, {Fd, Path, Address, Flags}, Int},
    {263, "unlinkat", sysUnlinkat, {Fd, Path, Flags}, Int},
    {264, "renameat", sysRenameat, {Fd, Path, Fd, Path}, Int},
    {265, "linkat", sysLinkat, {Fd, Path, Fd, Path, Flags}, Int},
    {266, "symlinkat", sysSymlinkat, {Path, Fd, Path}, Int},
    {267, "readlinkat", sysReadlinkat, {Fd, Path, Buffer, Size}, Size},
    {268, "fchmodat", sysFchmodat, {Fd, Path, Mode}, Int},
    {269, "faccessat", sysFaccessat, {Fd, Path, Mode}, Int},
    {280, "utimensat", sysUtimensat, {Fd, Path, Address, Flags}, Int},
    {316, "renameat2", sysRenameat2, {Fd, Path, Fd, Path, Flags}, Int},
    {332, "statx", sysStatx, {Fd, Path, Flags, Hex, Address}, Int},
    {437, "openat2", sysOpenat2, {Fd, Path, Address, Size}, Fd},
    {439, "faccessat2", sysFaccessat2, {Fd, Path, Mode, Flags}, Int},
};

}  // namespace

std::span<const SyscallRow> pathCalls() { return kRows; }

}  // namespace ringside
