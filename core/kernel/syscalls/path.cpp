// System calls that name files: open, directories, links (Linux 6.1 fs/open.c, namei.c, readdir.c).
#include <algorithm>
#include <cstring>

#include "core/kernel/fs/file_ops.h"
#include "core/kernel/fs/pipe.h"
#include "core/kernel/fs/proc_fs.h"
#include "core/kernel/limits.h"
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
    if (os.kernel.vfs.hardLinks >= limit::HardLinks) return -error::kNoSpc;
    ++os.kernel.vfs.hardLinks;
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

i64 sysNotPermitted(Os&, const SyscallArgs&) { return -error::kPerm; }

using enum Arg;
constexpr SyscallRow kRows[] = {
    {2, "open", sysOpen, {Path, OpenFlags, Mode}, Fd},
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
    {133, "mknod", sysMknod, {Path, Mode, Hex}, Int},
    {155, "pivot_root", sysNotPermitted, {Path, Path}, Int},
    {161, "chroot", sysChroot, {Path}, Int},
    {165, "mount", sysNotPermitted, {Path, Path, Path, Flags, Address}, Int},
    {166, "umount2", sysNotPermitted, {Path, Flags}, Int},
    {167, "swapon", sysNotPermitted, {Path, Flags}, Int},
    {168, "swapoff", sysNotPermitted, {Path}, Int},
    {217, "getdents64", sysGetdents64, {Fd, Address, Size}, Size},
    {257, "openat", sysOpenat, {Fd, Path, OpenFlags, Mode}, Fd},
    {258, "mkdirat", sysMkdirat, {Fd, Path, Mode}, Int},
    {259, "mknodat", sysMknodat, {Fd, Path, Mode, Hex}, Int},
    {263, "unlinkat", sysUnlinkat, {Fd, Path, Flags}, Int},
    {264, "renameat", sysRenameat, {Fd, Path, Fd, Path}, Int},
    {265, "linkat", sysLinkat, {Fd, Path, Fd, Path, Flags}, Int},
    {266, "symlinkat", sysSymlinkat, {Path, Fd, Path}, Int},
    {267, "readlinkat", sysReadlinkat, {Fd, Path, Buffer, Size}, Size},
    {316, "renameat2", sysRenameat2, {Fd, Path, Fd, Path, Flags}, Int},
    {437, "openat2", sysOpenat2, {Fd, Path, Address, Size}, Fd},
};

}  // namespace

std::span<const SyscallRow> pathCalls() { return kRows; }

}  // namespace ringside
