// System calls on the descriptor table: close, dup, fcntl, flock (Linux 6.1 fs/file.c, fcntl.c, locks.c).
#include <algorithm>

#include "core/kernel/fs/file_ops.h"
#include "core/kernel/limits.h"
#include "core/kernel/syscalls/fs_common.h"

namespace ringside {
namespace {

FilesStruct& table(Os& os) { return os.kernel.files.edit(os.kernel.currentTask().files); }

u64 limitOf(const Os& os) {
    const SignalStruct* signal = os.kernel.signals.find(os.kernel.currentTask().signal);
    const u64 soft = signal ? signal->rlimits[7][0] : 0;
    return soft == 0 ? 1024 : soft;
}

i64 sysClose(Os& os, const SyscallArgs& args) { return closeFd(os, asInt(args.a[0])); }

i64 sysCloseRange(Os& os, const SyscallArgs& args) {
    const u32 first = asUnsigned(args.a[0]), last = asUnsigned(args.a[1]), flags = asUnsigned(args.a[2]);
    constexpr u32 kUnshare = 2, kCloexec = 4;
    if ((flags & ~(kUnshare | kCloexec)) != 0 || first > last) return -error::kInval;
    if ((flags & kUnshare) != 0) os.current().files = unshareFiles(os, os.kernel.currentTask().files);
    const std::size_t count = table(os).slots.size();
    for (std::size_t fd = first; fd < count && fd <= last; ++fd) {
        if (table(os).slots[fd].file == FileId{}) continue;
        if ((flags & kCloexec) != 0)
            table(os).slots[fd].closeOnExec = true;
        else
            closeFd(os, static_cast<i32>(fd));
    }
    return 0;
}

i64 duplicate(Os& os, FileId file, i32 lowest, bool closeIt) {
    const i32 fd = allocFd(os, file, closeIt, lowest);
    if (fd >= 0) getFile(os, file);
    return fd;
}

i64 sysDup(Os& os, const SyscallArgs& args) {
    const FileId file = fileOf(os, asInt(args.a[0]));
    return file == FileId{} ? -error::kBadf : duplicate(os, file, 0, false);
}

i64 dupTo(Os& os, i32 from, i32 to, bool closeIt) {
    if (to < 0 || static_cast<u64>(to) >= limitOf(os)) return -error::kBadf;
    const FileId file = fileOf(os, from);
    if (file == FileId{}) return -error::kBadf;
    FilesStruct& files = table(os);
    const auto needed = static_cast<std::size_t>(to) + 1;
    if (files.slots.size() < needed) {
        if (!roomForDescriptors(os, needed - files.slots.size())) return -error::kMfile;
        files.slots.resize(needed);
    }
    getFile(os, file);
    const FileId old = files.slots[static_cast<std::size_t>(to)].file;
    files.slots[static_cast<std::size_t>(to)] = {.file = file, .closeOnExec = closeIt};
    if (old != FileId{}) putFile(os, old);
    return to;
}
i64 sysDup2(Os& os, const SyscallArgs& args) {
    const i32 from = asInt(args.a[0]), to = asInt(args.a[1]);
    if (from == to) return fileOf(os, from) == FileId{} ? -error::kBadf : to;
    return dupTo(os, from, to, false);
}
i64 sysDup3(Os& os, const SyscallArgs& args) {
    const u32 flags = asUnsigned(args.a[2]);
    if ((flags & ~open::CloseOnExec) != 0 || asInt(args.a[0]) == asInt(args.a[1])) return -error::kInval;
    return dupTo(os, asInt(args.a[0]), asInt(args.a[1]), (flags & open::CloseOnExec) != 0);
}

// Record locks are granted: no two processes of the guest are kept apart by them.
i64 recordLock(Os& os, const File& file, u32 command, u64 address) {
    struct Flock {
        i16 type, whence;
        i32 pad;
        i64 start, length;
        i32 pid, pad2;
    };
    static_assert(sizeof(Flock) == 32);
    Flock lock;
    if (!getUser(os, lock, address)) return -error::kFault;
    if (lock.type < 0 || lock.type > 2 || lock.whence < 0 || lock.whence > 2) return -error::kInval;
    constexpr u32 kGetLock = 5, kOfdGetLock = 36;
    if (command == kGetLock || command == kOfdGetLock) {
        if (lock.type == 2) return -error::kInval;
        lock.type = 2;  // F_UNLCK: nobody is in the way
        return putUser(os, address, lock) ? 0 : -error::kFault;
    }
    if (lock.type == 0 && !isReadable(file)) return -error::kBadf;
    if (lock.type == 1 && !isWritable(file)) return -error::kBadf;
    return 0;
}

i64 sysFcntl(Os& os, const SyscallArgs& args) {
    const i32 fd = asInt(args.a[0]);
    const u32 command = asUnsigned(args.a[1]);
    const FileId id = fileOf(os, fd);
    if (id == FileId{}) return -error::kBadf;
    const File& file = os.kernel.vfs.files.at(id);
    auto& slot = table(os).slots[static_cast<std::size_t>(fd)];
    // An O_PATH descriptor can be copied and asked for its flags, no more.
    if ((file.flags & open::Path) != 0 && command != 0 && command != 1 && command != 2 && command != 3 &&
        command != 1030)
        return -error::kBadf;
    const Inode& inode = os.kernel.vfs.inodes.at(file.inode);
    switch (command) {
        case 0:     // F_DUPFD
        case 1030:  // F_DUPFD_CLOEXEC
            if (args.a[2] >= limitOf(os)) return -error::kInval;
            return duplicate(os, id, asInt(args.a[2]), command == 1030);
        case 1:
            return slot.closeOnExec ? 1 : 0;
        case 2:
            slot.closeOnExec = (args.a[2] & 1) != 0;
            return 0;
        case 3:
            return file.flags;
        case 4: {
            constexpr u32 kChangeable = open::Append | open::NonBlock | open::Direct | open::NoAtime | 020000;
            File& changed = os.kernel.vfs.files.edit(id);
            changed.flags = (changed.flags & ~kChangeable) | (asUnsigned(args.a[2]) & kChangeable);
            return 0;
        }
        case 5:
        case 6:
        case 7:
        case 36:
        case 37:
        case 38:
            return recordLock(os, file, command, args.a[2]);
        case 8:     // F_SETOWN
        case 10:    // F_SETSIG
        case 15:    // F_SETOWN_EX
        case 1026:  // F_NOTIFY
            return 0;
        case 9:   // F_GETOWN
        case 11:  // F_GETSIG
            return 0;
        case 1024:  // F_SETLEASE
        case 1025:  // F_GETLEASE
            return command == 1024 ? -error::kAgainNow : 2;
        case 1031: {  // F_SETPIPE_SZ
            if (inode.pipe == PipeId{}) return -error::kBadf;
            // pipe-user-pages-soft: who has many pipes does not get large ones.
            if (args.a[2] > (os.kernel.vfs.pipes.size() > limit::LargePipes ? 65536u : 1048576u)) return -error::kPerm;
            u64 size = kPageSize;
            while (size < args.a[2]) size *= 2;
            Pipe& pipe = os.kernel.vfs.pipes.edit(inode.pipe);
            if (pipe.buffers.size() > size >> kPageShift) return -error::kBusy;
            pipe.capacity = static_cast<u32>(size);
            pipe.tail = 0;
            wakeWaiters(os, waitQueue(WaitKind::PipeWrite, inode.pipe.value));
            return static_cast<i64>(size);
        }
        case 1032:
            return inode.pipe == PipeId{} ? -error::kBadf : i64{os.kernel.vfs.pipes.at(inode.pipe).capacity};
        case 1033: {  // F_ADD_SEALS
            if (inode.mount != Mount::Anonymous || !isRegular(inode)) return -error::kInval;
            if ((inode.seals & 1) != 0) return -error::kPerm;
            os.kernel.vfs.inodes.edit(file.inode).seals |= asUnsigned(args.a[2]) & 0x1f;
            return 0;
        }
        case 1034:
            return inode.mount == Mount::Anonymous && isRegular(inode) ? i64{inode.seals} : -error::kInval;
        default:
            return -error::kInval;
    }
}

i64 sysFlock(Os& os, const SyscallArgs& args) {
    const auto id = openFd(os, args.a[0]);
    if (!id) return id.error();
    constexpr u32 kShared = 1, kExclusive = 2, kNonBlock = 4, kUnlock = 8;
    const u32 operation = asUnsigned(args.a[1]) & ~kNonBlock;
    if (operation != kShared && operation != kExclusive && operation != kUnlock) return -error::kInval;
    File& file = os.kernel.vfs.files.edit(*id);
    Inode& inode = os.kernel.vfs.inodes.edit(file.inode);
    const WaitQueueId queue = waitQueue(WaitKind::File, u64{file.inode.value} | u64{1} << 40);
    const auto release = [&] {
        if (file.lock == 1) --inode.lockShared;
        if (file.lock == 2) inode.lockExclusive = FileId{};
        if (file.lock != 0) wakeUp(os, queue);
        file.lock = 0;
    };
    if (operation == kUnlock) {
        release();
        return 0;
    }
    const u8 wanted = operation == kShared ? 1 : 2;
    if (file.lock == wanted) return 0;
    release();  // a change of mode is not atomic
    const bool free = inode.lockExclusive == FileId{} && (wanted == 1 || inode.lockShared == 0);
    if (!free) return (args.a[1] & kNonBlock) != 0 ? -error::kAgainNow : waitFor(os, queue);
    file.lock = wanted;
    if (wanted == 1)
        ++inode.lockShared;
    else
        inode.lockExclusive = *id;
    return 0;
}

using enum Arg;
constexpr SyscallRow kRows[] = {
    {3, "close", sysClose, {Fd}, Int},
    {32, "dup", sysDup, {Fd}, Fd},
    {33, "dup2", sysDup2, {Fd, Fd}, Fd},
    {72, "fcntl", sysFcntl, {Fd, Int, Hex}, Int},
    {73, "flock", sysFlock, {Fd, Flags}, Int},
    {292, "dup3", sysDup3, {Fd, Fd, OpenFlags}, Fd},
    {436, "close_range", sysCloseRange, {Unsigned, Unsigned, Flags}, Int},
};

}  // namespace

std::span<const SyscallRow> descriptorCalls() { return kRows; }

}  // namespace ringside
