#include "core/kernel/mm/swap.h"

#include "core/kernel/costs.h"
#include "core/kernel/mm/frames.h"
#include "core/kernel/mm/internal.h"
#include "core/kernel/mm/page_lists.h"

namespace ringside {

Cycles diskCycles(const Os& os) { return os.clockHz / cost::kDiskPerSecond; }

void initSwap(Os& os) { os.kernel.frames.swapUsers = CowArray<u16>(os.devices.swap.slots); }

bool hasFreeSwap(const Os& os) { return os.kernel.frames.swapUsed < os.devices.swap.slots; }

std::optional<u32> writeToSwap(Os& os, FrameNo frame, u32 users) {
    if (!hasFreeSwap(os) || users == 0 || users > 0xffff) return std::nullopt;
    PageTableOfFrames& frames = os.kernel.frames;
    const u32 slots = os.devices.swap.slots;
    u32 slot = frames.swapNext;
    while (frames.swapUsers[slot] != 0) slot = (slot + 1) % slots;
    frames.swapNext = (slot + 1) % slots;
    frames.swapUsers.edit(slot) = static_cast<u16>(users);
    ++frames.swapUsed;
    KernelCall call(os, "swap_writepage", diskCycles(os));
    os.devices.swap.bytes.write(u64{slot} << kPageShift, {os.ram.frame(frame), kPageSize});
    return slot;
}

void readFromSwap(Os& os, u32 slot, FrameNo frame) {
    KernelCall read(os, "swap_readpage", diskCycles(os));
    os.devices.swap.bytes.read(u64{slot} << kPageShift, {kernelWritable(os, frame), kPageSize});
}

void dupSwapSlot(Os& os, u32 slot) {
    u16& users = os.kernel.frames.swapUsers.edit(slot);
    CHECK(users > 0 && users < 0xffff);
    ++users;
}

void freeSwapSlot(Os& os, u32 slot) {
    u16& users = os.kernel.frames.swapUsers.edit(slot);
    CHECK(users > 0);
    if (--users == 0) --os.kernel.frames.swapUsed;
}

FaultResult doSwapPage(Os& os, MmId id, const Vma& area, u64 address, PhysAddr at, u64 entry, bool write) {
    KernelCall call(os, "do_swap_page");
    const u32 slot = swapSlot(entry);
    const auto frame = allocFrame(os, PageUse::Anonymous, id.value, address >> kPageShift);
    if (!frame) return FaultResult::OutOfMemory;
    readFromSwap(os, slot, *frame);
    freeSwapSlot(os, slot);
    Mm& mm = os.kernel.mms.edit(id);
    CHECK(mm.swapEntries > 0);
    --mm.swapEntries;
    addRmap(os, *frame);
    lruAdd(os, *frame);
    countRss(os, mm, *frame, 1);
    const bool writable = write && (area.flags & vm::Write);
    os.ram.store(at, addressOf(*frame).value | protectionBits(area, writable) | pte::A | pte::D);
    ++os.kernel.counters.swapIns;
    os.emit(EventKind::SwapIn, {address, frame->value, slot});
    ++mm.majorFaults;
    ++os.current().majorFaults;
    return FaultResult::Handled;
}

}  // namespace ringside
