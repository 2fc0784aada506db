#include "core/kernel/fs/files.h"

#include "core/kernel/errno.h"
#include "core/kernel/exec/exec.h"
#include "core/kernel/fs/inode.h"
#include "core/kernel/fs/path.h"
#include "core/kernel/fs/pipe.h"
#include "core/kernel/fs/poll_files.h"
#include "core/kernel/fs/tty.h"
#include "core/kernel/fs/wait.h"
#include "core/kernel/limits.h"

namespace ringside {
namespace {

u64 descriptorLimit(const Os& os) {
    const SignalStruct* signal = os.kernel.signals.find(os.kernel.currentTask().signal);
    constexpr std::size_t kRlimitNofile = 7;
    const u64 limit = signal ? signal->rlimits[kRlimitNofile][0] : 0;
    return limit == 0 ? 1024 : std::min<u64>(limit, 1048576);
}

bool hasPipe(const Inode& inode) { return inode.pipe != PipeId{} && inode.special != Special::Socket; }

void unlock(Os& os, File& file) {
    if (file.lock == 0) return;
    Inode& inode = os.kernel.vfs.inodes.edit(file.inode);
    if (file.lock == 1)
        --inode.lockShared;
    else
        inode.lockExclusive = FileId{};
    file.lock = 0;
    wakeUp(os, waitQueue(WaitKind::File, u64{file.inode.value} | u64{1} << 40));
}

}  // namespace

FilesId newFiles(Os& os) {
    const FilesId id(os.kernel.nextId++);
    os.kernel.files.insert(id, {});
    return id;
}

FilesId dupFiles(Os& os, FilesId from) {
    FilesStruct copy = os.kernel.files.at(from);
    copy.users = 1;
    for (const auto& slot : copy.slots)
        if (slot.file != FileId{}) getFile(os, slot.file);
    const FilesId id(os.kernel.nextId++);
    os.kernel.files.insert(id, std::move(copy));
    return id;
}

void getFiles(Os& os, FilesId files) { ++os.kernel.files.edit(files).users; }

void putFiles(Os& os, FilesId id) {
    FilesStruct& files = os.kernel.files.edit(id);
    if (--files.users != 0) return;
    const auto slots = std::move(files.slots);
    os.kernel.files.erase(id);
    for (const auto& slot : slots)
        if (slot.file != FileId{}) putFile(os, slot.file);
}

FilesId unshareFiles(Os& os, FilesId id) {
    if (os.kernel.files.at(id).users == 1) return id;
    const FilesId own = dupFiles(os, id);
    putFiles(os, id);
    return own;
}

void closeOnExec(Os& os) {
    os.current().files = unshareFiles(os, os.kernel.currentTask().files);
    FilesStruct& files = os.kernel.files.edit(os.kernel.currentTask().files);
    for (std::size_t fd = 0; fd < files.slots.size(); ++fd)
        if (files.slots[fd].file != FileId{} && files.slots[fd].closeOnExec) putFile(os, files.take(fd).file);
}

FsId newFs(Os& os, InodeId root, InodeId cwd) {
    const FsId id(os.kernel.nextId++);
    FsStruct& fs = os.kernel.fs.insert(id, {});
    fs.root = root;
    fs.cwd = cwd;
    fs.cwdPath = pathOf(os, cwd);
    holdInode(os, root);
    holdInode(os, cwd);
    return id;
}

FsId dupFs(Os& os, FsId from) {
    FsStruct copy = os.kernel.fs.at(from);
    copy.users = 1;
    holdInode(os, copy.root);
    holdInode(os, copy.cwd);
    const FsId id(os.kernel.nextId++);
    os.kernel.fs.insert(id, std::move(copy));
    return id;
}

void getFs(Os& os, FsId fs) { ++os.kernel.fs.edit(fs).users; }

void putFs(Os& os, FsId id) {
    FsStruct& fs = os.kernel.fs.edit(id);
    if (--fs.users != 0) return;
    const InodeId root = fs.root, cwd = fs.cwd;
    os.kernel.fs.erase(id);
    releaseInode(os, root);
    releaseInode(os, cwd);
}

FileId newFile(Os& os, InodeId inode, u32 flags, std::string path) {
    const FileId id(os.kernel.nextId++);
    File& file = os.kernel.vfs.files.insert(id, {});
    file.id = id;
    file.inode = inode;
    file.flags = flags;
    file.path = std::move(path);
    holdInode(os, inode);
    if ((flags & open::Path) != 0) return id;
    Inode& node = os.kernel.vfs.inodes.edit(inode);
    if (isWritable(file) && isRegular(node)) ++node.writers;
    if (hasPipe(node)) attachPipe(os, node.pipe, isReadable(file), isWritable(file));
    return id;
}

void getFile(Os& os, FileId file) { ++os.kernel.vfs.files.edit(file).users; }

void putFile(Os& os, FileId id) {
    File& file = os.kernel.vfs.files.edit(id);
    CHECK(file.users > 0);
    if (--file.users != 0) return;
    forgetFile(os, id);
    unlock(os, file);
    os.kernel.vfs.snapshotBytes -= file.snapshot.size();
    const InodeId inode = file.inode;
    if ((file.flags & open::Path) == 0) {
        Inode& node = os.kernel.vfs.inodes.edit(inode);
        if (isWritable(file) && isRegular(node)) --node.writers;
        if (node.special == Special::Socket) {
            detachPipe(os, node.pipe, true, false);
            // Shut down for writing: that end is gone already.
            if (file.out != PipeId{} && file.data == 0) detachPipe(os, file.out, false, true);
        } else if (hasPipe(node)) {
            detachPipe(os, node.pipe, isReadable(file), isWritable(file));
        }
    }
    os.kernel.vfs.files.erase(id);
    releaseInode(os, inode);
}

FileId fileOf(const Os& os, i32 fd) {
    const FilesStruct* files = os.kernel.files.find(os.kernel.currentTask().files);
    if (!files || fd < 0 || static_cast<std::size_t>(fd) >= files->slots.size()) return FileId{};
    return files->slots[static_cast<std::size_t>(fd)].file;
}

bool roomForDescriptors(const Os& os, std::size_t slots) {
    constexpr std::size_t kEveryday = 4096;
    if (slots <= kEveryday) return true;
    for (const auto& [id, files] : os.kernel.files) slots += files.slots.size();
    return slots <= limit::Descriptors;
}

i32 allocFd(Os& os, FileId file, bool closeIt, i32 lowest) {
    if (os.kernel.vfs.files.size() > limit::Files) return -error::kNfile;
    FilesStruct& files = os.kernel.files.edit(os.kernel.currentTask().files);
    auto fd = std::max<std::size_t>(static_cast<std::size_t>(lowest), files.nextFd);
    while (fd < files.slots.size() && files.slots[fd].file != FileId{}) ++fd;
    if (fd >= descriptorLimit(os)) return -error::kMfile;
    if (fd >= files.slots.size()) {
        if (!roomForDescriptors(os, fd + 1 - files.slots.size())) return -error::kMfile;
        files.slots.resize(fd + 1);
    }
    if (static_cast<u32>(lowest) <= files.nextFd) files.nextFd = static_cast<u32>(fd) + 1;
    files.slots[fd] = {.file = file, .closeOnExec = closeIt};
    return static_cast<i32>(fd);
}

i64 closeFd(Os& os, i32 fd) {
    const FileId file = fileOf(os, fd);
    if (file == FileId{}) return -error::kBadf;
    os.kernel.files.edit(os.kernel.currentTask().files).take(static_cast<std::size_t>(fd));
    putFile(os, file);
    return 0;
}

namespace {

// open() of a device: -errno, or 0 and perhaps another inode in its place.
i64 openDevice(Os& os, Inode& inode, u32 flags) {
    switch (inode.special) {
        case Special::Foreign:
            return -error::kNxio;
        case Special::Tty: {
            const SignalStruct* mine = os.kernel.signals.find(os.kernel.currentTask().signal);
            const Tty& tty = os.kernel.vfs.tty;
            return hasTerminal(os) && mine && tty.session != 0 && mine->session == tty.session ? 0 : -error::kNxio;
        }
        case Special::Console: {
            // A session leader without a terminal gets this one.
            const Task& task = os.kernel.currentTask();
            const SignalStruct* mine = os.kernel.signals.find(task.signal);
            Tty& tty = os.kernel.vfs.tty;
            if (hasTerminal(os) && (flags & open::NoCtty) == 0 && mine && mine->leader && !mine->hasTty &&
                tty.session == 0) {
                tty.session = mine->session;
                tty.pgrp = mine->pgrp;
                os.kernel.signals.edit(task.signal).hasTty = true;
            }
            return 0;
        }
        case Special::Pipe:
        case Special::Socket:
            // /proc/PID/fd/N of a pipe opens the same pipe once more; a socket can not be opened.
            return inode.special == Special::Socket ? -error::kNxio : 0;
        case Special::EventFd:
        case Special::TimerFd:
        case Special::SignalFd:
        case Special::Epoll:
            return -error::kNxio;
        default:
            return 0;
    }
}

}  // namespace

std::expected<FileId, i64> openFile(Os& os, InodeId base, std::string_view path, u32 flags, u32 fileMode) {
    const bool create = (flags & open::Create) != 0 && (flags & open::Path) == 0;
    const bool exclusive = create && (flags & open::Exclusive) != 0;
    const LastLink last = (flags & open::NoFollow) != 0 || exclusive ? LastLink::Keep : LastLink::Follow;
    auto found = lookup(os, base, path, last);
    if (!found) return std::unexpected(found.error());
    bool created = false;
    if (found->inode == InodeId{}) {
        if (!create) return std::unexpected(-error::kNoEnt);
        if (found->mustBeDirectory) return std::unexpected(-error::kIsDir);
        const u32 mask = os.kernel.fs.at(os.kernel.currentTask().fs).umask;
        const auto made = createAt(os, *found, mode::Regular | (fileMode & 07777 & ~mask));
        if (!made) return std::unexpected(made.error());
        found->inode = *made;
        created = true;
    } else if (exclusive) {
        return std::unexpected(-error::kExist);
    }
    Inode& inode = os.kernel.vfs.inodes.edit(found->inode);
    if (create && !created && isDirectory(inode)) return std::unexpected(-error::kIsDir);
    if ((flags & open::Path) == 0) {
        if (isLink(inode)) return std::unexpected((flags & open::Directory) != 0 ? -error::kNotDir : -error::kLoop);
        if ((flags & open::Directory) != 0 && !isDirectory(inode)) return std::unexpected(-error::kNotDir);
        const u32 access = flags & open::AccessMode;
        const bool writes = access != open::ReadOnly || (flags & open::Truncate) != 0;
        if (isDirectory(inode) && writes) return std::unexpected(-error::kIsDir);
        if (!created) {
            const u32 want = (access != open::WriteOnly ? 4u : 0u) | (writes ? 2u : 0u);
            if (const i64 denied = permission(os, inode, want)) return std::unexpected(denied);
        }
        if (!inode.hostPath.empty() && isRegular(inode) && !canReadHost(os.kernel.vfs, inode))
            return std::unexpected(-error::kAcces);
        if (const i64 refused = openDevice(os, inode, flags)) return std::unexpected(refused);
        if ((flags & open::Truncate) != 0 && isRegular(inode) && inode.special == Special::None && !created)
            if (const i64 failed = truncateInode(os, found->inode, 0)) return std::unexpected(failed);
        if ((inode.mode & mode::Type) == mode::Fifo && inode.special == Special::None && inode.pipe == PipeId{}) {
            const PipeId pipe = newPipe(os, found->inode);
            os.kernel.vfs.inodes.edit(found->inode).pipe = pipe;
        }
    } else if ((flags & open::Directory) != 0 && !isDirectory(inode)) {
        return std::unexpected(-error::kNotDir);
    }
    const u32 kept =
        (flags & open::Path) != 0
            ? flags & (open::Path | open::Directory | open::NoFollow)
            : (flags & ~(open::Create | open::Exclusive | open::NoCtty | open::Truncate | open::CloseOnExec)) |
                  open::LargeFile;
    return newFile(os, found->inode, kept, found->path);
}

void installStdio(Os& os, FilesId id) {
    std::vector<FileId> opened;
    if (hasTerminal(os)) {
        const auto found = lookup(os, os.kernel.vfs.root, "/dev/console", LastLink::Follow);
        CHECK(found && found->inode != InodeId{});
        const FileId file = newFile(os, found->inode, open::ReadWrite | open::LargeFile, "/dev/console");
        getFile(os, file);
        getFile(os, file);
        opened = {file, file, file};
    } else {
        for (u32 n = 0; n < 3; ++n) {
            const InodeId inode = newInode(os, mode::Fifo | 0600, Mount::Anonymous);
            Inode& node = os.kernel.vfs.inodes.edit(inode);
            node.special = Special::Console;
            node.rdev = n;
            node.links = 1;
            os.kernel.vfs.stdio[n] = inode;
            opened.push_back(newFile(os, inode, n == 0 ? open::ReadOnly : open::WriteOnly,
                                     "pipe:[" + std::to_string(inode.value) + "]"));
        }
    }
    FilesStruct& files = os.kernel.files.edit(id);
    files.slots.clear();
    files.nextFd = static_cast<u32>(opened.size());
    for (const FileId file : opened) files.slots.push_back({.file = file, .closeOnExec = false});
}

}  // namespace ringside
