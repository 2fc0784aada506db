#include "core/kernel/mm/slab.h"

#include "core/base/check.h"
#include "core/kernel/mm/frames.h"
#include "core/kernel/os.h"

namespace ringside {
namespace {
u64 allPlaces(u32 size) {
    const u64 count = kPageSize / size;
    return count >= 64 ? ~u64{0} : (u64{1} << count) - 1;
}
}  // namespace

u64 slabAlloc(Os& os, u32 size) {
    CHECK(size >= 64 && size <= kPageSize);
    const u64 full = allPlaces(size);
    const auto take = [&](u32 frame, u64& taken) {
        const u64 place = static_cast<u64>(__builtin_ctzll(~taken));
        taken |= u64{1} << place;
        return directAddress(PhysAddr(u64{frame} << kPageShift)) + place * size;
    };
    for (auto& [frame, taken] : os.kernel.slabs[size].frames)
        if (taken != full) return take(frame, taken);
    const auto frame = allocFrame(os, PageUse::Slab, 0, 0);
    if (!frame) return 0;
    const u32 number = static_cast<u32>(frame->value);
    return take(number, os.kernel.slabs[size].frames[number]);
}

void slabFree(Os& os, u32 size, u64 address) {
    const u64 offset = address - kDirectMap;
    auto& frames = os.kernel.slabs.at(size).frames;
    const auto it = frames.find(static_cast<u32>(offset >> kPageShift));
    CHECK(it != frames.end());
    const u64 bit = u64{1} << (offset % kPageSize / size);
    CHECK(it->second & bit);
    it->second &= ~bit;
    if (it->second != 0) return;
    const FrameNo frame = frameOf(PhysAddr(offset));
    frames.erase(it);
    putFrame(os, frame);
}

}  // namespace ringside
