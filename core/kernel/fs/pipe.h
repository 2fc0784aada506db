// Pipes and FIFOs (Linux 6.1 fs/pipe.c): a bounded queue of bytes with counted ends.
#pragma once

#include <expected>
#include <span>
#include <utility>

#include "core/kernel/os.h"

namespace ringside {

inline constexpr u64 kPipeBuf = 4096;  // PIPE_BUF: writes up to this size are not mixed with others

PipeId newPipe(Os& os, InodeId inode);

// Takes at most out.size() bytes; 0: no writer is left; kAgain: asleep; -EAGAIN with O_NONBLOCK.
i64 readPipe(Os& os, PipeId pipe, std::span<u8> out, bool nonBlocking);
// `progress` counts the bytes already written by earlier runs of the same system call.
i64 writePipe(Os& os, PipeId pipe, std::span<const u8> in, bool nonBlocking, u64& progress);
u32 pollPipeReader(const Os& os, PipeId pipe);
u32 pollPipeWriter(const Os& os, PipeId pipe);

// One reader or writer more or less.
void attachPipe(Os& os, PipeId pipe, bool reader, bool writer);
void detachPipe(Os& os, PipeId pipe, bool reader, bool writer);

}  // namespace ringside
