// mm_struct and its areas as operations (Linux 6.1 kernel/fork.c, mm/mmap.c, mm/memory.c): create, copy, drop; map,
// unmap, protect; handle a page fault.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/types.h"
#include "core/kernel/ids.h"
#include "core/kernel/kernel.h"
#include "core/memory/ram.h"

namespace ringside {

struct Os;

// An empty address space: a top table with the kernel half, one user. 0: no memory.
MmId newMm(Os& os);
// dup_mm → dup_mmap → copy_page_range: for fork. Write-protects parent and child. 0: no memory.
MmId dupMm(Os& os, MmId from);
void getMm(Os& os, MmId mm);  // mmget: one more user (CLONE_VM)
void putMm(Os& os,
           MmId mm);  // mmput: exit_mmap and free with the last user; moves the CPU to the kernel's tables first

// PROT_* and MAP_*, Linux include/uapi/asm-generic/mman*.h
namespace prot {
inline constexpr u32 Read = 1, Write = 2, Exec = 4, GrowsDown = 0x01000000, GrowsUp = 0x02000000;
}
namespace map {
inline constexpr u32 Shared = 1, Private = 2, SharedValidate = 3, Type = 15, Fixed = 0x10, Anonymous = 0x20,
                     Bit32 = 0x40, GrowsDown = 0x100, DenyWrite = 0x800, Executable = 0x1000, Locked = 0x2000,
                     NoReserve = 0x4000, Populate = 0x8000, NonBlock = 0x10000, Stack = 0x20000, HugeTlb = 0x40000,
                     FixedNoReplace = 0x100000;
}

inline constexpr u64 kTaskSize = 0x7ffffffff000;  // first address user space can not have
inline constexpr u64 kStackGuardGap = 256 * kPageSize;

struct MapRequest {
    u64 address = 0, length = 0;
    u32 prot = 0, flags = 0;  // PROT_*, MAP_*
    InodeId file;             // 0: anonymous
    u64 pageOffset = 0;       // in pages
    u32 openFlags = 0;        // O_ACCMODE of the file: what mprotect may give later
    std::string name;
};
i64 mapArea(Os& os, MmId mm, const MapRequest& request);  // do_mmap: address or -errno
i64 unmapArea(Os& os, MmId mm, u64 address, u64 length);  // do_munmap: 0 or -errno
i64 protectArea(Os& os, MmId mm, u64 address, u64 length, u32 prot);
i64 setBrk(Os& os, MmId mm, u64 brk);  // the new (or unchanged) end of the heap

i64 remapArea(Os& os, MmId mm, u64 address, u64 oldLength, u64 newLength, u32 flags, u64 newAddress);  // mremap
i64 adviseArea(Os& os, MmId mm, u64 address, u64 length, u32 advice);                                  // madvise
void populateArea(Os& os, MmId mm, u64 start, u64 end);  // faults everything in, as far as it goes
bool isResident(const Os& os, MmId mm, u64 address);     // mincore

enum class FaultResult : u8 { Handled, SegvMapErr, SegvAccErr, BusAdrErr, OutOfMemory };
// do_user_addr_fault for the current task's mm; errorCode as the CPU pushes it (pf::*).
FaultResult handleFault(Os& os, u64 address, u32 errorCode);

// rmap: who maps a frame, found by walking the page tables of every mm.
struct Mapper {
    MmId mm;
    u64 address = 0;
    u64 entry = 0;  // the page table entry
    bool operator==(const Mapper&) const = default;
};
std::vector<Mapper> mappersOf(const Kernel& kernel, const Ram& ram, FrameNo frame);

}  // namespace ringside
