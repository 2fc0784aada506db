// The kernel model's own access to page tables in RAM: find, make and free entries. What an entry means to the hardware
// is core/memory/paging.h; what it means to Linux while the P bit is clear is here (arch/x86/include/asm/pgtable.h).
#pragma once

#include <cstring>
#include <optional>

#include "core/kernel/kernel.h"
#include "core/memory/paging.h"
#include "core/memory/ram.h"

namespace ringside {

struct Os;

// P clear and this set: the page is there, but PROT_NONE (_PAGE_PROTNONE). P clear, this clear, not zero: a swap entry.
inline constexpr u64 kProtNone = pte::G;
inline constexpr bool ptePresent(u64 entry) { return (entry & (pte::P | kProtNone)) != 0; }
inline constexpr bool pteSwapped(u64 entry) { return entry != 0 && !ptePresent(entry); }
inline constexpr FrameNo pteFrame(u64 entry) { return FrameNo(static_cast<u32>((entry & pte::kFrameMask) >> 12)); }
inline constexpr u64 swapEntry(u32 slot) { return u64{slot + 1} << 12; }
inline constexpr u32 swapSlot(u64 entry) { return static_cast<u32>(entry >> 12) - 1; }

// Where the entry for `address` lies: in the page table, or in the page directory when a 2 MiB page is there. Nothing:
// a table is missing.
struct PteAt {
    PhysAddr at;
    u64 entry = 0;
    bool huge = false;
};
std::optional<PteAt> findPte(const Ram& ram, u64 cr3, bool fiveLevel, u64 address);
// The same in `mm`, making missing tables. Nothing: no memory.
std::optional<PteAt> makePte(Os& os, MmId mm, u64 address);
// Where the page directory entry lies, making tables above it.
std::optional<PhysAddr> makePmd(Os& os, MmId mm, u64 address);

// Writes an entry and drops the CPU's translation of `address` when `mm` is loaded.
void setPte(Os& os, const Mm& mm, u64 address, PhysAddr at, u64 entry);
// For a fresh entry where none was: the CPU can not know a translation.
void setNewPte(Os& os, PhysAddr at, u64 entry);
bool isLoaded(const Os& os, const Mm& mm);

// free_pgtables: frees the tables under [start, end) that hold no entry any more.
void freeEmptyTables(Os& os, MmId mm, u64 start, u64 end);

// The kernel half (upper 256 entries of the top level; with five levels the last entry) of init_mm.
void copyKernelHalf(Os& os, PhysAddr top);
// Maps a 4 KiB page in the kernel half. False: no memory.
bool mapKernelPage(Os& os, u64 address, FrameNo frame, u64 bits);
void unmapKernelPage(Os& os, u64 address);

// Calls f(address, at, entry, huge) for each entry that is not zero in [start, end).
template <class F>
void forEachPte(const Ram& ram, u64 cr3, bool fiveLevel, u64 start, u64 end, F f) {
    struct Walker {
        const Ram& ram;
        u64 start, end;
        F& f;
        void table(u64 phys, unsigned level, u64 base) {
            const unsigned shift = 12 + 9 * (level - 1);
            const u64 span = u64{1} << shift;
            const u64 first = start > base ? (start - base) >> shift : 0;
            // f may write, and then the table may lie elsewhere.
            u64 moves = ram.moves();
            const u8* entries = ram.frame(frameOf(PhysAddr(phys)));
            for (u64 i = first; i < 512; ++i) {
                const u64 address = base + i * span;
                if (address >= end) break;
                const PhysAddr at(phys + 8 * i);
                if (moves != ram.moves()) {
                    moves = ram.moves();
                    entries = ram.frame(frameOf(PhysAddr(phys)));
                }
                u64 entry;
                std::memcpy(&entry, entries + 8 * i, sizeof entry);
                if (entry == 0) continue;
                if (level == 1)
                    f(address, at, entry, false);
                else if (level == 2 && (entry & pte::PS))
                    f(address, at, entry, true);
                else
                    table(entry & pte::kFrameMask, level - 1, address);
            }
        }
    };
    Walker walker{ram, start, end, f};
    walker.table(cr3 & pte::kFrameMask, fiveLevel ? 5 : 4, 0);
}

}  // namespace ringside
