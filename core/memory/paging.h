// Page tables in the hardware's format (SDM vol. 3A 4.5) and the walk through them. This is the only place that knows
// how an address becomes a frame; the MMU, the kernel model, the views and the tests all ask here.
#pragma once

#include <array>
#include <optional>

#include "core/base/types.h"
#include "core/memory/ram.h"

namespace ringside {

namespace pte {
inline constexpr u64 P = 1 << 0, RW = 1 << 1, US = 1 << 2, PWT = 1 << 3, PCD = 1 << 4, A = 1 << 5, D = 1 << 6,
                     PS = 1 << 7, G = 1 << 8, NX = u64{1} << 63;
inline constexpr u64 kFrameMask = 0x000ffffffffff000;
}  // namespace pte

// #PF error code, SDM vol. 3A figure 4-12
namespace pf {
inline constexpr u32 P = 1, W = 2, U = 4, RSVD = 8, I = 16;
}

enum class AccessKind : u8 { Read, Write, Fetch };

// What of the control registers the walk depends on.
struct PagingMode {
    u64 cr3 = 0;
    bool enabled = true;       // CR0.PG; off: virtual = physical
    bool writeProtect = true;  // CR0.WP
    bool noExecute = true;     // EFER.NXE
    bool fiveLevel = false;    // CR4.LA57
    bool operator==(const PagingMode&) const = default;
};

bool isCanonical(u64 address, bool fiveLevel);

struct WalkStep {
    u8 level = 0;           // 5 PML5, 4 PML4, 3 PDPT, 2 PD, 1 PT
    u16 index = 0;          // the nine address bits that chose the entry
    PhysAddr entryAddress;  // where the entry lies
    u64 entry = 0;          // its eight bytes
};

enum class WalkEnd : u8 { Mapped, NotPresent, Reserved, NonCanonical, OutsideRam };

struct Walk {
    std::array<WalkStep, 5> steps{};
    u8 count = 0;
    WalkEnd end = WalkEnd::NotPresent;
    PhysAddr phys;            // when Mapped: of the address itself
    u64 pageSize = 0;         // 4 KiB, 2 MiB or 1 GiB
    bool writable = false;    // the AND over all levels
    bool user = false;        // the AND over all levels
    bool executable = false;  // the AND over all levels
    const WalkStep& last() const { return steps[count - 1]; }
};

// Looks without a trace: sets no accessed bit, fills no TLB.
Walk walk(const Ram& ram, const PagingMode& mode, VirtAddr address);

// The #PF error code of this access, or nothing when the walk allows it. `cpl` 3 is user, everything else supervisor.
std::optional<u32> deniedBy(const Walk& walk, const PagingMode& mode, AccessKind kind, unsigned cpl);

}  // namespace ringside
