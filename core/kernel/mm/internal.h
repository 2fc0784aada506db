// What the files of mm/ share with each other and nobody else needs.
#pragma once

#include "core/kernel/mm/address_space.h"
#include "core/kernel/mm/page_tables.h"
#include "core/kernel/os.h"

namespace ringside {

// The entry bits an area gives a page: U, NX, and RW when `writable`.
u64 protectionBits(const Vma& area, bool writable);
inline bool isAnonymous(const Vma& area) { return area.file.value == 0 && area.special == SpecialMapping::None; }
// is_cow_mapping: private, and could be written.
inline bool isCow(const Vma& area) { return (area.flags & (vm::Shared | vm::MayWrite)) == vm::MayWrite; }
inline u64 filePage(const Vma& area, u64 address) { return area.pageOffset + ((address - area.start) >> kPageShift); }
inline bool isZeroPage(const Os& os, FrameNo frame) { return frame.value == os.kernel.frames.zeroPage; }
inline bool isNormalPage(const Os& os, FrameNo frame) { return os.kernel.frames.isNormal(frame.value); }

// One more or one less page table entry that maps the frame (page_add_*_rmap/page_remove_rmap with its reference).
void addRmap(Os& os, FrameNo frame);
// zap one entry's page or swap slot: reference, counters.
void zapEntry(Os& os, Mm& mm, u64 entry, bool huge);
void zapRange(Os& os, MmId mm, u64 start, u64 end);
// Counts the frame in or out of the mm's resident set.
void countRss(const Os& os, Mm& mm, FrameNo frame, i64 pages);

FaultResult handleMmFault(Os& os, MmId mm, u64 address, bool write);
FaultResult expandStack(Os& os, MmId mm, u64 address);
// vdso_fault, vvar_fault: the frame of the kernel image behind an address of a special mapping.
FaultResult specialFrame(Os& os, const Vma& area, u64 address, FrameNo& frame);

// get_unmapped_area: where `length` bytes are free, `hint` if it can be; 0: nowhere.
u64 unmappedArea(Mm& mm, u64 hint, u64 length, u32 flags);

// rmap_walk: everyone who maps the frame, where its struct page says that it is mapped; all tables only when that does
// not account for its mapcount.
std::vector<Mapper> rmapWalk(const Kernel& kernel, const Ram& ram, FrameNo frame);

// special_mapping_split: such an area can not be cut in two there.
bool maySplit(const Mm& mm, u64 address);
void splitVma(Os& os, Mm& mm, u64 address);
void mergeAround(Os& os, Mm& mm, u64 start, u64 end);

}  // namespace ringside
