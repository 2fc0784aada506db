// The page cache (Linux 6.1 mm/filemap.c): pages of files in frames. Everything that reads or writes a regular file, be
// it read(2), write(2), mmap or execve, goes through the same frames, so they always agree.
#pragma once

#include <optional>
#include <span>

#include "core/base/types.h"
#include "core/kernel/ids.h"

namespace ringside {

struct Os;
struct Inode;

// Provided by fs/: the bytes of one page of the file as its backing has them (zeroes behind the end). False: an I/O
// error.
bool readBacking(Os& os, Inode& inode, u64 page, std::span<u8, 4096> out);

// filemap_fault/filemap_get_pages: the frame that caches this page of the file, filling it when it is not there.
// Nothing: no memory or I/O error. The page cache holds one reference; take another (getFrame) to keep it.
std::optional<FrameNo> pageCacheFrame(Os& os, InodeId inode, u64 page);
// The same without filling: nothing when the page is not cached.
std::optional<FrameNo> findCachedFrame(const Os& os, InodeId inode, u64 page);

// pageout: writes a page that has changed, or that is shmem's, to where it can be read from again. False: no room
// there.
bool writePage(Os& os, InodeId inode, u64 page, FrameNo frame);

// Bytes through the page cache; stop at i_size (read) or grow it (write). Return bytes done or -errno.
i64 readFilePages(Os& os, InodeId inode, u64 offset, std::span<u8> out);
i64 writeFilePages(Os& os, InodeId inode, u64 offset, std::span<const u8> in);
// truncate_pagecache: drops whole pages behind the new end, zeroes the tail of the last one, sets i_size, and takes the
// pages out of all page tables.
void truncateFilePages(Os& os, InodeId inode, u64 size);
// Frees the frames of an inode that goes away (no links, no users).
void dropFilePages(Os& os, InodeId inode);

}  // namespace ringside
