#include "core/kernel/fs/file_ops.h"

#include <algorithm>

#include "core/kernel/errno.h"
#include "core/kernel/fs/files.h"
#include "core/kernel/fs/inode.h"
#include "core/kernel/fs/pipe.h"
#include "core/kernel/fs/poll_files.h"
#include "core/kernel/fs/proc_fs.h"
#include "core/kernel/fs/raise.h"
#include "core/kernel/fs/tty.h"
#include "core/kernel/fs/wait.h"
#include "core/kernel/limits.h"
#include "core/kernel/mm/user_memory.h"
#include "core/kernel/random.h"

namespace ringside {
namespace {

constexpr WaitQueueId kConsole = waitQueue(WaitKind::Console, 0);

bool isHostPipe(const Inode& inode) {
    return inode.special == Special::Console && (inode.mode & mode::Type) == mode::Fifo;
}

i64 readHostPipe(Os& os, std::span<u8> out, bool nonBlocking) {
    auto& console = os.devices.console;
    if (out.empty()) return 0;
    if (console.input.empty()) {
        if (console.inputClosed) return 0;
        if (nonBlocking) return -error::kAgainNow;
        return waitFor(os, kConsole);
    }
    const u64 n = std::min<u64>(out.size(), console.input.size());
    std::copy_n(console.input.begin(), n, out.begin());
    console.input.erase(0, n);
    return static_cast<i64>(n);
}

// The others' texts are made anew when they are read on.
void forgetSnapshots(Vfs& vfs, FileId but) {
    std::vector<FileId> taken;
    for (const auto& [id, file] : vfs.files)
        if (id != but && !file.snapshot.empty()) taken.push_back(id);
    for (const FileId id : taken) {
        File& file = vfs.files.edit(id);
        vfs.snapshotBytes -= file.snapshot.size();
        file.snapshot = {};
        file.snapshotTaken = false;
    }
}

i64 readProc(Os& os, FileId id, const Inode& inode, std::span<u8> out, u64 position) {
    if (procIsRandomAccess(inode)) return procReadAt(os, inode, position, out);
    File& file = os.kernel.vfs.files.edit(id);
    if (position == 0 || !file.snapshotTaken) {
        Vfs& vfs = os.kernel.vfs;
        vfs.snapshotBytes -= file.snapshot.size();
        file.snapshot = procText(os, inode);
        file.snapshotTaken = true;
        vfs.snapshotBytes += file.snapshot.size();
        if (vfs.snapshotBytes > limit::Snapshots) forgetSnapshots(vfs, id);
    }
    if (position >= file.snapshot.size()) return 0;
    const u64 n = std::min<u64>(out.size(), file.snapshot.size() - position);
    std::copy_n(file.snapshot.begin() + static_cast<std::ptrdiff_t>(position), n, out.begin());
    return static_cast<i64>(n);
}

bool nonBlocking(const File& file) { return (file.flags & open::NonBlock) != 0; }

}  // namespace

void fillRandom(Os& os, std::span<u8> out) {
    for (std::size_t i = 0; i < out.size(); i += 8) {
        const u64 word = nextRandom(os.kernel);
        std::memcpy(out.data() + i, &word, std::min<std::size_t>(8, out.size() - i));
    }
}

i64 readOpenFile(Os& os, FileId id, std::span<u8> out, std::optional<u64> at) {
    const Vfs& vfs = os.kernel.vfs;
    const File& file = vfs.files.at(id);
    const Inode& inode = vfs.inodes.at(file.inode);
    const u64 position = at ? *at : file.position;
    const auto moved = [&](i64 n) {
        if (n > 0 && !at) os.kernel.vfs.files.edit(id).position += static_cast<u64>(n);
        return n;
    };
    switch (inode.special) {
        case Special::None:
            if (isDirectory(inode)) return -error::kIsDir;
            if ((inode.mode & mode::Type) == mode::Fifo) return readPipe(os, inode.pipe, out, nonBlocking(file));
            return moved(readInode(os, file.inode, position, out));
        case Special::Null:
            return 0;
        case Special::Zero:
        case Special::Full:
            std::ranges::fill(out, u8{0});
            return static_cast<i64>(out.size());
        case Special::Random:
        case Special::Urandom:
            fillRandom(os, out);
            return static_cast<i64>(out.size());
        case Special::Tty:
        case Special::Console:
            return isHostPipe(inode) || !hasTerminal(os) ? readHostPipe(os, out, nonBlocking(file))
                                                         : readTty(os, out, nonBlocking(file));
        case Special::ProcFile:
            return moved(readProc(os, id, inode, out, position));
        case Special::ProcDirectory:
            return -error::kIsDir;
        case Special::Pipe:
        case Special::Socket:
            return readPipe(os, inode.pipe, out, nonBlocking(file));
        case Special::EventFd: {
            if (out.size() < 8) return -error::kInval;
            if (file.data == 0) {
                if (nonBlocking(file)) return -error::kAgainNow;
                return waitFor(os, waitQueue(WaitKind::File, id.value));
            }
            File& counter = os.kernel.vfs.files.edit(id);
            const u64 value = inode.rdev != 0 ? 1 : counter.data;  // EFD_SEMAPHORE
            counter.data -= value;
            std::memcpy(out.data(), &value, 8);
            wakeWaiters(os, waitQueue(WaitKind::File, id.value));
            return 8;
        }
        case Special::TimerFd:
            return readTimer(os, id, out, nonBlocking(file));
        case Special::SignalFd:
            return readSignals(os, id, out, nonBlocking(file));
        case Special::ProcLink:
        case Special::Foreign:
        case Special::Epoll:
        case Special::Namespace:
            return -error::kInval;
    }
    return -error::kInval;
}

i64 writeOpenFile(Os& os, FileId id, std::span<const u8> in, u64& progress, std::optional<u64> at) {
    const Vfs& vfs = os.kernel.vfs;
    const File& file = vfs.files.at(id);
    const Inode& inode = vfs.inodes.at(file.inode);
    switch (inode.special) {
        case Special::None: {
            if ((inode.mode & mode::Type) == mode::Fifo)
                return writePipe(os, inode.pipe, in, nonBlocking(file), progress);
            if ((inode.seals & 8) != 0) return -error::kPerm;  // F_SEAL_WRITE
            const u64 position = (file.flags & open::Append) != 0 ? inode.size : at ? *at : file.position;
            if ((inode.seals & 4) != 0 && position + in.size() > inode.size) return -error::kPerm;  // F_SEAL_GROW
            const i64 n = writeInode(os, file.inode, position, in);
            if (n > 0 && !at) os.kernel.vfs.files.edit(id).position = position + static_cast<u64>(n);
            return n;
        }
        case Special::Null:
        case Special::Zero:
        case Special::Random:
        case Special::Urandom:
            return static_cast<i64>(in.size());
        case Special::Full:
            return -error::kNoSpc;
        case Special::Tty:
        case Special::Console:
            if (isHostPipe(inode) || !hasTerminal(os)) {
                writeConsole(os, in, inode.rdev == 2);
                return static_cast<i64>(in.size());
            }
            return writeTty(os, in);
        case Special::ProcFile: {
            const std::string text(reinterpret_cast<const char*>(in.data()), in.size());
            const i64 n = procWrite(os, inode, text);
            if (n > 0 && !at) os.kernel.vfs.files.edit(id).position += static_cast<u64>(n);
            return n;
        }
        case Special::Pipe:
            return writePipe(os, inode.pipe, in, nonBlocking(file), progress);
        case Special::Socket:
            if (file.out == PipeId{}) return -107;  // ENOTCONN
            if (file.data != 0) {                   // shut down for writing
                raiseForCurrent(os, kSigPipe);
                return -error::kPipe;
            }
            return writePipe(os, file.out, in, nonBlocking(file), progress);
        case Special::EventFd: {
            if (in.size() < 8) return -error::kInval;
            u64 value = 0;
            std::memcpy(&value, in.data(), 8);
            if (value == ~u64{0}) return -error::kInval;
            if (file.data > ~u64{0} - 1 - value) {
                if (nonBlocking(file)) return -error::kAgainNow;
                return waitFor(os, waitQueue(WaitKind::File, id.value));
            }
            os.kernel.vfs.files.edit(id).data += value;
            wakeWaiters(os, waitQueue(WaitKind::File, id.value));
            return 8;
        }
        default:
            return -error::kInval;
    }
}

bool canSeek(const Os& os, const File& file) {
    const Inode& inode = os.kernel.vfs.inodes.at(file.inode);
    switch (inode.special) {
        case Special::None:
            return (inode.mode & mode::Type) != mode::Fifo;
        case Special::Null:
        case Special::Zero:
        case Special::Full:
        case Special::Random:
        case Special::Urandom:
        case Special::ProcFile:
        case Special::ProcDirectory:
            return true;
        default:
            return false;
    }
}

u32 pollOpenFile(Os& os, FileId id) {
    const Vfs& vfs = os.kernel.vfs;
    const File& file = vfs.files.at(id);
    const Inode& inode = vfs.inodes.at(file.inode);
    constexpr u32 kBoth = pollbit::In | pollbit::RdNorm | pollbit::Out | pollbit::WrNorm;
    switch (inode.special) {
        case Special::None:
            if ((inode.mode & mode::Type) != mode::Fifo) return kBoth;
            [[fallthrough]];
        case Special::Pipe: {
            u32 events = 0;
            if (isReadable(file)) events |= pollPipeReader(os, inode.pipe);
            if (isWritable(file)) events |= pollPipeWriter(os, inode.pipe);
            return events;
        }
        case Special::Socket: {
            u32 events = pollPipeReader(os, inode.pipe);
            // The peer's end of stream reads as 0 and is RDHUP; it is HUP once both directions are shut.
            if ((events & pollbit::Hup) != 0) events |= pollbit::In | pollbit::RdNorm | pollbit::RdHup;
            const u32 out = file.out == PipeId{} ? 0 : pollPipeWriter(os, file.out);
            if ((out & pollbit::Err) == 0) events = (events & ~pollbit::Hup) | out;
            return events;
        }
        case Special::Tty:
        case Special::Console:
            if (isHostPipe(inode) || !hasTerminal(os)) {
                const auto& console = os.devices.console;
                if (inode.rdev != 0) return pollbit::Out | pollbit::WrNorm;
                u32 events = console.input.empty() ? 0 : pollbit::In | pollbit::RdNorm;
                if (console.inputClosed) events |= pollbit::Hup;
                return events;
            }
            return pollTty(os);
        case Special::EventFd:
            return (file.data != 0 ? pollbit::In | pollbit::RdNorm : 0) |
                   (file.data < ~u64{0} - 1 ? pollbit::Out | pollbit::WrNorm : 0);
        case Special::TimerFd:
            return timerExpirations(os, file) != 0 ? pollbit::In | pollbit::RdNorm : 0;
        case Special::SignalFd:
            return signalsReady(os, file) ? pollbit::In | pollbit::RdNorm : 0;
        case Special::Epoll:
            return epollReady(os, file.inode) ? pollbit::In | pollbit::RdNorm : 0;
        default:
            return kBoth;
    }
}

i64 ioctlOpenFile(Os& os, FileId id, u64 request, u64 argument) {
    const Vfs& vfs = os.kernel.vfs;
    const File& file = vfs.files.at(id);
    const Inode& inode = vfs.inodes.at(file.inode);
    if (request == 0x5421) {  // FIONBIO
        i32 on = 0;
        if (!getUser(os, on, argument)) return -error::kFault;
        File& changed = os.kernel.vfs.files.edit(id);
        changed.flags = on != 0 ? changed.flags | open::NonBlock : changed.flags & ~open::NonBlock;
        return 0;
    }
    if ((inode.special == Special::Tty || inode.special == Special::Console) && !isHostPipe(inode) && hasTerminal(os))
        return ioctlTty(os, request, argument);
    if (request == 0x541b) {  // FIONREAD
        u64 n = 0;
        if (isHostPipe(inode))
            n = os.devices.console.input.size();
        else if (inode.pipe != PipeId{})
            n = vfs.pipes.at(inode.pipe).data.size();
        else if (isRegular(inode) && inode.special == Special::None)
            n = inode.size > file.position ? inode.size - file.position : 0;
        else
            return -error::kNotTty;
        return putUser(os, argument, static_cast<i32>(n)) ? 0 : -error::kFault;
    }
    return -error::kNotTty;
}

}  // namespace ringside
