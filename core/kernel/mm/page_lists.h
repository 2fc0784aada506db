// Lists threaded through struct page, and the two LRU lists (Linux 6.1 mm/swap.c, include/linux/mm_inline.h).
#pragma once

#include "core/kernel/mm/page.h"

namespace ringside {

struct Os;

void pushFront(PageTableOfFrames& frames, PageList& list, u32 frame);
void unlinkFrom(PageTableOfFrames& frames, PageList& list, u32 frame);
void lruAdd(Os& os, FrameNo frame);  // to the front of the inactive list
void lruRemove(Os& os, FrameNo frame);

// The frame's bytes, to be written by the kernel model: what the CPU has decoded or remembered of it is dropped.
u8* kernelWritable(Os& os, FrameNo frame, u64 offset = 0, u64 length = kPageSize);

}  // namespace ringside
