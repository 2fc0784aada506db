#include "core/kernel/mm/page_cache.h"

#include <cstring>

#include "core/kernel/errno.h"
#include "core/kernel/fs/inode.h"
#include "core/kernel/limits.h"
#include "core/kernel/mm/frames.h"
#include "core/kernel/mm/internal.h"
#include "core/kernel/mm/page_lists.h"
#include "core/kernel/mm/swap.h"

namespace ringside {

std::optional<FrameNo> findCachedFrame(const Os& os, InodeId id, u64 page) {
    const Inode* inode = os.kernel.vfs.inodes.find(id);
    if (!inode) return std::nullopt;
    const auto it = inode->pages.find(page);
    if (it == inode->pages.end()) return std::nullopt;
    return FrameNo(it->second);
}

namespace {

// The page is wanted back from where reclaim put it.
void readStored(Os& os, InodeId id, u64 page, FrameNo frame) {
    Inode& inode = os.kernel.vfs.inodes.edit(id);
    const u32 place = inode.stored.at(page);
    if (isShmem(inode)) {
        KernelCall call(os, "shmem_swapin_folio");
        readFromSwap(os, place, frame);
        freeSwapSlot(os, place);
        inode.stored.erase(page);
        os.kernel.frames.pages.edit(frame.value).dirty = true;
        ++os.kernel.counters.swapIns;
    } else {
        KernelCall call(os, "filemap_read_folio", diskCycles(os));
        os.kernel.vfs.disk.bytes.read(u64{place} << kPageShift, {kernelWritable(os, frame), kPageSize});
    }
}

void forgetStored(Os& os, InodeId id, u64 firstPage) {
    Inode& inode = os.kernel.vfs.inodes.edit(id);
    const bool shmem = isShmem(inode);
    for (auto it = inode.stored.lower_bound(firstPage); it != inode.stored.end(); it = inode.stored.erase(it)) {
        if (shmem)
            freeSwapSlot(os, it->second);
        else
            os.kernel.vfs.disk.freeBlocks.push_back(it->second);
    }
}

// A block of the file disk. Nothing: it is full.
std::optional<u32> allocBlock(FileDisk& disk) {
    if (disk.freeBlocks.empty()) return disk.blocks < limit::DiskBlocks ? std::optional(disk.blocks++) : std::nullopt;
    const u32 block = disk.freeBlocks.back();
    disk.freeBlocks.pop_back();
    return block;
}

}  // namespace

bool writePage(Os& os, InodeId id, u64 page, FrameNo frame) {
    KernelCall call(os, "pageout");
    Inode& inode = os.kernel.vfs.inodes.edit(id);
    if (isShmem(inode)) {
        KernelCall write(os, "shmem_writepage");
        const auto slot = writeToSwap(os, frame, 1);
        if (!slot) return false;
        inode.stored[page] = *slot;
        ++os.kernel.counters.swapOuts;
        os.emit(EventKind::SwapOut, {frame.value, *slot, 0}, "page " + std::to_string(page) + " of shared memory");
        return true;
    }
    KernelCall write(os, "ext4_writepage", diskCycles(os));
    auto stored = inode.stored.find(page);
    if (stored == inode.stored.end()) {
        const auto block = allocBlock(os.kernel.vfs.disk);
        if (!block) return false;
        stored = inode.stored.emplace(page, *block).first;
    }
    os.kernel.vfs.disk.bytes.write(u64{stored->second} << kPageShift, {os.ram.frame(frame), kPageSize});
    os.kernel.frames.pages.edit(frame.value).dirty = false;
    os.emit(EventKind::Writeback, {frame.value, id.value, page, stored->second});
    return true;
}

std::optional<FrameNo> pageCacheFrame(Os& os, InodeId id, u64 page) {
    if (auto found = findCachedFrame(os, id, page)) return found;
    KernelCall call(os, "filemap_add_folio");
    const auto frame = allocFrame(os, PageUse::PageCache, id.value, page);
    if (!frame) return std::nullopt;
    os.kernel.frames.pages.edit(frame->value).swapBacked = isShmem(os.kernel.vfs.inodes.at(id));
    if (os.kernel.vfs.inodes.at(id).stored.contains(page)) {
        readStored(os, id, page, *frame);
        os.kernel.vfs.inodes.edit(id).pages[page] = frame->value;
        lruAdd(os, *frame);
        return frame;
    }
    std::array<u8, kPageSize> bytes;
    if (!readBacking(os, os.kernel.vfs.inodes.edit(id), page, bytes)) {
        putFrame(os, *frame);
        return std::nullopt;
    }
    static constexpr std::array<u8, kPageSize> kZero{};
    if (bytes != kZero) std::memcpy(kernelWritable(os, *frame), bytes.data(), kPageSize);
    os.kernel.vfs.inodes.edit(id).pages[page] = frame->value;
    lruAdd(os, *frame);
    return frame;
}

i64 readFilePages(Os& os, InodeId id, u64 offset, std::span<u8> out) {
    const u64 size = os.kernel.vfs.inodes.at(id).size;
    if (offset >= size) return 0;
    const u64 n = std::min<u64>(out.size(), size - offset);
    for (u64 done = 0; done < n;) {
        const u64 at = offset + done, k = std::min(n - done, kPageSize - pageOffset(at));
        const auto frame = pageCacheFrame(os, id, at >> kPageShift);
        if (!frame) return done ? static_cast<i64>(done) : -error::kIo;
        std::memcpy(out.data() + done, os.ram.frame(*frame) + pageOffset(at), k);
        done += k;
    }
    return static_cast<i64>(n);
}

i64 writeFilePages(Os& os, InodeId id, u64 offset, std::span<const u8> in) {
    for (u64 done = 0; done < in.size();) {
        const u64 at = offset + done, k = std::min(in.size() - done, kPageSize - pageOffset(at));
        const auto frame = pageCacheFrame(os, id, at >> kPageShift);
        if (!frame) return done ? static_cast<i64>(done) : -error::kNoSpc;
        std::memcpy(kernelWritable(os, *frame, pageOffset(at), k), in.data() + done, k);
        os.kernel.frames.pages.edit(frame->value).dirty = true;
        done += k;
        Inode& inode = os.kernel.vfs.inodes.edit(id);
        inode.size = std::max(inode.size, at + k);
    }
    return static_cast<i64>(in.size());
}

namespace {

// unmap_mapping_range: takes a cached page out of all page tables that map it from this file.
void unmapEverywhere(Os& os, InodeId id, FrameNo frame) {
    if (os.kernel.frames.pages[frame.value].mapcount == 0) return;
    for (const Mapper& mapper : rmapWalk(os.kernel, os.ram, frame)) {
        Mm& mm = os.kernel.mms.edit(mapper.mm);
        const Vma* area = mm.find(mapper.address);
        if (!area || area->file != id) continue;
        const auto slot = findPte(os.ram, mm.cr3, os.kernel.options.fiveLevel, mapper.address);
        setPte(os, mm, mapper.address, slot->at, 0);
        zapEntry(os, mm, slot->entry, false);
    }
}

void dropPage(Os& os, InodeId id, u64 page, u32 frame) {
    unmapEverywhere(os, id, FrameNo(frame));
    os.kernel.vfs.inodes.edit(id).pages.erase(page);
    lruRemove(os, FrameNo(frame));
    putFrame(os, FrameNo(frame));
}

}  // namespace

void truncateFilePages(Os& os, InodeId id, u64 size) {
    os.kernel.vfs.inodes.edit(id).size = size;
    const u64 firstGone = (size + kPageSize - 1) >> kPageShift;
    const std::map<u64, u32> pages = os.kernel.vfs.inodes.at(id).pages;
    for (auto it = pages.lower_bound(firstGone); it != pages.end(); ++it) dropPage(os, id, it->first, it->second);
    forgetStored(os, id, firstGone);
    if (pageOffset(size) == 0) return;
    // What lay behind the new end must read as zero when the file grows again.
    if (const auto frame = pageCacheFrame(os, id, size >> kPageShift)) {
        const u64 room = kPageSize - pageOffset(size);
        std::memset(kernelWritable(os, *frame, pageOffset(size), room), 0, room);
        os.kernel.frames.pages.edit(frame->value).dirty = true;
    }
}

void dropFilePages(Os& os, InodeId id) {
    const std::map<u64, u32> pages = os.kernel.vfs.inodes.at(id).pages;
    for (const auto& [page, frame] : pages) dropPage(os, id, page, frame);
    forgetStored(os, id, 0);
}

}  // namespace ringside
