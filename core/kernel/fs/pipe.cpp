#include "core/kernel/fs/pipe.h"

#include "core/kernel/errno.h"
#include "core/kernel/fs/raise.h"
#include "core/kernel/fs/wait.h"

namespace ringside {

PipeId newPipe(Os& os, InodeId inode) {
    const PipeId id(os.kernel.nextId++);
    os.kernel.vfs.pipes.insert(id, {}).inode = inode;
    return id;
}

namespace {
// pipe_read: buffers are given up from the tail as they become empty.
void takeOut(Pipe& pipe, u32 n) {
    pipe.data.erase(0, n);
    while (n > 0) {
        PipeBuffer& buffer = pipe.buffers.front();
        const u32 part = std::min(n, buffer.length);
        buffer.offset += part, buffer.length -= part, n -= part;
        if (buffer.length > 0) break;
        pipe.buffers.erase(pipe.buffers.begin());
        ++pipe.tail;
    }
}

// pipe_write: how many bytes at the beginning of a write of `total` go into the last buffer. What does not fill a page
// is added as a whole or not at all: so writes of up to PIPE_BUF bytes are never mixed with others.
u32 mergeable(const Pipe& pipe, u64 total) {
    const u32 rest = static_cast<u32>(total % kPageSize);
    if (rest == 0 || pipe.buffers.empty()) return 0;
    const PipeBuffer& last = pipe.buffers.back();
    return last.offset + last.length + rest <= kPageSize ? rest : 0;
}
}  // namespace

i64 readPipe(Os& os, PipeId id, std::span<u8> out, bool nonBlocking) {
    if (out.empty()) return 0;
    const Pipe& now = os.kernel.vfs.pipes.at(id);
    if (now.data.empty()) {
        if (now.writers == 0) return 0;
        if (nonBlocking) return -error::kAgainNow;
        return waitFor(os, waitQueue(WaitKind::PipeRead, id.value));
    }
    Pipe& pipe = os.kernel.vfs.pipes.edit(id);
    const u64 n = std::min<u64>(out.size(), pipe.data.size());
    std::copy_n(pipe.data.begin(), n, out.begin());
    takeOut(pipe, static_cast<u32>(n));
    wakeWaiters(os, waitQueue(WaitKind::PipeWrite, id.value));
    return static_cast<i64>(n);
}

i64 writePipe(Os& os, PipeId id, std::span<const u8> in, bool nonBlocking, u64& progress) {
    if (in.empty()) return 0;
    for (;;) {
        const Pipe* now = os.kernel.vfs.pipes.find(id);
        if (!now || now->readers == 0) {
            raiseForCurrent(os, kSigPipe);
            return progress != 0 ? static_cast<i64>(progress) : -error::kPipe;
        }
        const u32 merged = progress == 0 ? mergeable(*now, in.size()) : 0;
        const bool fits = merged > 0 || !now->full();
        if (fits) {
            Pipe& pipe = os.kernel.vfs.pipes.edit(id);
            if (merged > 0)
                pipe.buffers.back().length += merged;
            else
                pipe.buffers.push_back({0, static_cast<u32>(std::min<u64>(in.size() - progress, kPageSize))});
            const u64 n = merged > 0 ? merged : pipe.buffers.back().length;
            pipe.data.append(reinterpret_cast<const char*>(in.data() + progress), n);
            progress += n;
            wakeWaiters(os, waitQueue(WaitKind::PipeRead, id.value));
            if (progress == in.size()) return static_cast<i64>(progress);
        }
        if (fits) continue;
        if (nonBlocking) return progress != 0 ? static_cast<i64>(progress) : -error::kAgainNow;
        const i64 slept = waitFor(os, waitQueue(WaitKind::PipeWrite, id.value));
        return slept == kERestartSys && progress != 0 ? static_cast<i64>(progress) : slept;
    }
}

u32 pollPipeReader(const Os& os, PipeId id) {
    const Pipe* pipe = os.kernel.vfs.pipes.find(id);
    if (!pipe) return pollbit::Hup;
    u32 events = pipe->data.empty() ? 0 : pollbit::In | pollbit::RdNorm;
    if (pipe->writers == 0 && pipe->writerOpens != 0) events |= pollbit::Hup;
    return events;
}

u32 pollPipeWriter(const Os& os, PipeId id) {
    const Pipe* pipe = os.kernel.vfs.pipes.find(id);
    if (!pipe) return pollbit::Err;
    u32 events = !pipe->full() ? pollbit::Out | pollbit::WrNorm : 0;
    if (pipe->readers == 0) events |= pollbit::Err;
    return events;
}

void attachPipe(Os& os, PipeId id, bool reader, bool writer) {
    Pipe& pipe = os.kernel.vfs.pipes.edit(id);
    if (reader) ++pipe.readers, ++pipe.readerOpens;
    if (writer) ++pipe.writers, ++pipe.writerOpens;
    if (reader) wakeWaiters(os, waitQueue(WaitKind::PipeWrite, id.value));
    if (writer) wakeWaiters(os, waitQueue(WaitKind::PipeRead, id.value));
}

void detachPipe(Os& os, PipeId id, bool reader, bool writer) {
    if (!os.kernel.vfs.pipes.contains(id)) return;
    Pipe& pipe = os.kernel.vfs.pipes.edit(id);
    if (reader) --pipe.readers;
    if (writer) --pipe.writers;
    // The end of one side is news for the other: EOF or EPIPE.
    if (reader && pipe.readers == 0) wakeWaiters(os, waitQueue(WaitKind::PipeWrite, id.value));
    if (writer && pipe.writers == 0) wakeWaiters(os, waitQueue(WaitKind::PipeRead, id.value));
}

}  // namespace ringside
