#include "core/kernel/fs/poll_files.h"

#include <cstring>

#include "core/kernel/errno.h"
#include "core/kernel/fs/file_ops.h"
#include "core/kernel/fs/files.h"
#include "core/kernel/fs/inode.h"
#include "core/kernel/fs/wait.h"
#include "core/kernel/proc/signal.h"

namespace ringside {

FileId anonymousFile(Os& os, Special kind, u32 flags, std::string name) {
    const u32 type = kind == Special::Socket ? mode::Socket | 0777 : kind == Special::Pipe ? mode::Fifo | 0600 : 0600;
    const InodeId inode = newInode(os, type, Mount::Anonymous);
    os.kernel.vfs.inodes.edit(inode).special = kind;
    return newFile(os, inode, flags, std::move(name));
}

u64 timerExpirations(const Os& os, const File& file) {
    const auto it = os.kernel.vfs.timers.find(file.inode);
    if (it == os.kernel.vfs.timers.end() || it->second.expiresNs == 0) return 0;
    const TimerFd& timer = it->second;
    const u64 now = os.nowNs();
    if (now < timer.expiresNs) return 0;
    return timer.intervalNs == 0 ? 1 : 1 + (now - timer.expiresNs) / timer.intervalNs;
}

u64 nextExpiry(const Os& os, const File& file) {
    const auto it = os.kernel.vfs.timers.find(file.inode);
    return it == os.kernel.vfs.timers.end() ? 0 : it->second.expiresNs;
}

i64 readTimer(Os& os, FileId id, std::span<u8> out, bool nonBlocking) {
    if (out.size() < 8) return -error::kInval;
    const File& file = os.kernel.vfs.files.at(id);
    const u64 expirations = timerExpirations(os, file);
    if (expirations == 0) {
        if (nonBlocking) return -error::kAgainNow;
        return waitFor(os, waitQueue(WaitKind::File, id.value), nextExpiry(os, file));
    }
    TimerFd& timer = os.kernel.vfs.timers[file.inode];
    timer.expiresNs = timer.intervalNs == 0 ? 0 : timer.expiresNs + expirations * timer.intervalNs;
    std::memcpy(out.data(), &expirations, 8);
    return 8;
}

bool signalsReady(const Os& os, const File& file) {
    const Task& task = os.kernel.currentTask();
    const SignalStruct* group = os.kernel.signals.find(task.signal);
    return ((task.pending.set | (group ? group->shared.set : 0)) & file.data) != 0;
}

i64 readSignals(Os& os, FileId id, std::span<u8> out, bool nonBlocking) {
    // struct signalfd_siginfo
    struct Record {
        u32 signo;
        i32 error, code;
        u32 pid, uid;
        i32 fd;
        u32 tid, band, overrun, trapno;
        i32 status, integer;
        u64 pointer, utime, stime, address;
        u16 addressLsb, pad2;
        i32 syscall;
        u64 callAddress;
        u32 arch;
        u8 pad[28];
    };
    static_assert(sizeof(Record) == 128);
    if (out.size() < sizeof(Record)) return -error::kInval;
    const u64 mask = os.kernel.vfs.files.at(id).data;
    u64 done = 0;
    while (done + sizeof(Record) <= out.size()) {
        const auto info = dequeueSignal(os, ~mask);
        if (!info) break;
        Record record{};
        record.signo = static_cast<u32>(info->signal);
        record.error = info->error;
        record.code = info->code;
        record.pid = static_cast<u32>(info->pid);
        record.uid = static_cast<u32>(info->uid);
        record.status = info->status;
        record.integer = static_cast<i32>(info->value);
        record.pointer = info->value;
        std::memcpy(out.data() + done, &record, sizeof record);
        done += sizeof record;
    }
    if (done != 0) return static_cast<i64>(done);
    if (nonBlocking) return -error::kAgainNow;
    return waitFor(os, waitQueue(WaitKind::Signal, os.kernel.currentTask().signal.value));
}

bool epollReady(Os& os, InodeId epoll) {
    const auto it = os.kernel.vfs.epolls.find(epoll);
    if (it == os.kernel.vfs.epolls.end()) return false;
    for (const auto& [key, item] : it->second.items) {
        if (item.disabled || !os.kernel.vfs.files.contains(item.file)) continue;
        if (os.kernel.vfs.files.at(item.file).inode == epoll) continue;
        if ((pollOpenFile(os, item.file) & (item.events | pollbit::Err | pollbit::Hup)) != 0) return true;
    }
    return false;
}

void forgetFile(Os& os, FileId file) {
    for (auto& [inode, epoll] : os.kernel.vfs.epolls)
        std::erase_if(epoll.items, [&](const auto& item) { return item.second.file == file; });
}

}  // namespace ringside
