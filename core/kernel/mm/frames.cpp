#include "core/kernel/mm/frames.h"

#include "core/kernel/mm/huge.h"
#include "core/kernel/mm/page_lists.h"
#include "core/kernel/mm/reclaim.h"
#include "core/kernel/os.h"

namespace ringside {

void pushFront(PageTableOfFrames& frames, PageList& list, u32 frame) {
    Page& page = frames.pages.edit(frame);
    page.next = list.first;
    page.previous = 0;
    if (list.first)
        frames.pages.edit(list.first).previous = frame;
    else
        list.last = frame;
    list.first = frame;
    ++list.count;
}

void unlinkFrom(PageTableOfFrames& frames, PageList& list, u32 frame) {
    const Page page = frames.pages[frame];
    if (page.previous)
        frames.pages.edit(page.previous).next = page.next;
    else
        list.first = page.next;
    if (page.next)
        frames.pages.edit(page.next).previous = page.previous;
    else
        list.last = page.previous;
    Page& edited = frames.pages.edit(frame);
    edited.next = edited.previous = 0;
    CHECK(list.count > 0);
    --list.count;
}

void lruAdd(Os& os, FrameNo frame) {
    PageTableOfFrames& frames = os.kernel.frames;
    if (frames.pages[frame.value].onLru) return;
    Page& page = frames.pages.edit(frame.value);
    page.onLru = true;
    page.active = false;
    pushFront(frames, frames.inactive, frame.value);
}

void lruRemove(Os& os, FrameNo frame) {
    PageTableOfFrames& frames = os.kernel.frames;
    const Page& page = frames.pages[frame.value];
    if (!page.onLru) return;
    unlinkFrom(frames, page.active ? frames.active : frames.inactive, frame.value);
    Page& edited = frames.pages.edit(frame.value);
    edited.onLru = edited.active = false;
}

std::optional<FrameNo> allocFrame(Os& os, PageUse use, u32 owner, u64 index) {
    PageTableOfFrames& frames = os.kernel.frames;
    if (!reserveFreeFrame(os)) return std::nullopt;
    const u32 frame = frames.free.first;
    unlinkFrom(frames, frames.free, frame);
    Page& page = frames.pages.edit(frame);
    page = Page{};
    page.use = use;
    page.refcount = 1;
    page.owner = owner;
    page.index = index;
    return FrameNo(frame);
}

void getFrame(Os& os, FrameNo frame) {
    Page& page = os.kernel.frames.pages.edit(frame.value);
    CHECK(page.refcount > 0);
    ++page.refcount;
}

void putFrame(Os& os, FrameNo frame) {
    PageTableOfFrames& frames = os.kernel.frames;
    Page& page = frames.pages.edit(frame.value);
    CHECK(page.refcount > 0);
    if (--page.refcount > 0) return;
    CHECK(page.mapcount == 0);
    if (page.order == kHugeOrder) return freeHuge(os, frame);
    lruRemove(os, frame);
    frames.pages.edit(frame.value) = Page{};
    os.ram.clearFrame(frame);
    os.cpu.codeChanged(frame);
    pushFront(frames, frames.free, frame.value);
}

u8* kernelWritable(Os& os, FrameNo frame, u64 offset, u64 length) {
    os.cpu.codeChanged(frame);
    return os.ram.writableFrame(frame, offset, length) + offset;
}

}  // namespace ringside
