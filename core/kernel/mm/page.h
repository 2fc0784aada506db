// struct page: what the kernel knows about each frame of RAM (Linux 6.1 include/linux/mm_types.h), and the allocator.
#pragma once

#include "core/base/cow.h"
#include "core/base/types.h"
#include "core/kernel/ids.h"

namespace ringside {

enum class PageUse : u8 {
    Free,
    Reserved,     // firmware, kernel image
    PageTable,    // owner: mm
    KernelStack,  // owner: task
    Slab,         // kernel objects
    Anonymous,    // private memory of processes
    PageCache,    // owner: inode, index: page of the file
    ZeroPage,
};

inline constexpr u8 kHugeOrder = 9, kTailOrder = 0xff;

struct Page {
    PageUse use = PageUse::Free;
    u8 order = 0;         // kHugeOrder: head of a 2 MiB page; kTailOrder: one of the 511 others
    bool dirty = false;   // page cache: differs from its backing
    bool active = false;  // on the active LRU list
    bool onLru = false;
    bool swapBacked = false;     // PG_swapbacked: page cache of shmem
    bool referenced = false;     // PG_referenced: was found accessed the last time reclaim looked
    u32 refcount = 0;            // users: mappings + the page cache itself + the kernel
    u32 mapcount = 0;            // page table entries that map it
    u32 owner = 0;               // id of the mm, task or inode, by use; for Anonymous the mm that allocated it
    u64 index = 0;               // page of the file, or the virtual page number it was first mapped at
    u32 next = 0, previous = 0;  // free list, or LRU list; frame numbers, 0 ends
    bool operator==(const Page&) const = default;
};

// Head of a doubly linked list threaded through Page::next/previous.
struct PageList {
    u32 first = 0, last = 0, count = 0;
    bool operator==(const PageList&) const = default;
};

struct PageTableOfFrames {
    CowArray<Page> pages;  // by frame number
    PageList free, active, inactive;
    u32 zeroPage = 0;  // the frame all untouched anonymous reads share
    u32 vvarPage = 0;  // the frame of the kernel image that [vvar] shows
    u32 watermarkMin = 0, watermarkLow = 0,
        watermarkHigh = 0;    // free frames: reclaim at once, wake kswapd, let it sleep
    CowArray<u16> swapUsers;  // swap_map: page table entries that refer to each slot of the swap disk
    u32 swapUsed = 0, swapNext = 0;

    // vm_normal_page: the two that everybody maps are not counted, neither in struct page nor as resident.
    bool isNormal(u32 frame) const { return frame != zeroPage && frame != vvarPage; }
    bool operator==(const PageTableOfFrames&) const = default;
};

}  // namespace ringside
