#include "core/memory/paging.h"

namespace ringside {
namespace {

constexpr unsigned shiftOf(u8 level) { return static_cast<unsigned>(kPageShift) + 9 * (level - 1u); }

// Bits that must be zero in a present entry (SDM vol. 3A tables 4-15 to 4-20).
u64 reservedBits(u8 level, u64 entry, const PagingMode& mode) {
    u64 reserved = mode.noExecute ? 0 : pte::NX;
    const bool large = entry & pte::PS;
    if (level >= 4) reserved |= pte::PS;
    if (level == 3 && large) reserved |= 0x3fffe000;
    if (level == 2 && large) reserved |= 0x1fe000;
    return reserved;
}

}  // namespace

bool isCanonical(u64 address, bool fiveLevel) {
    const unsigned unused = fiveLevel ? 64 - 57 : 64 - 48;
    return static_cast<u64>(static_cast<i64>(address << unused) >> unused) == address;
}

Walk walk(const Ram& ram, const PagingMode& mode, VirtAddr address) {
    Walk w;
    const u64 va = address.value;
    if (!mode.enabled) {
        w.phys = PhysAddr(va);
        w.pageSize = kPageSize;
        w.writable = w.user = w.executable = true;
        w.end = ram.contains(w.phys, 1) ? WalkEnd::Mapped : WalkEnd::OutsideRam;
        return w;
    }
    if (!isCanonical(va, mode.fiveLevel)) {
        w.end = WalkEnd::NonCanonical;
        return w;
    }
    w.writable = w.user = w.executable = true;
    u64 table = mode.cr3 & pte::kFrameMask;
    for (u8 level = mode.fiveLevel ? 5 : 4; level >= 1; --level) {
        WalkStep& step = w.steps[w.count];
        step.level = level;
        step.index = static_cast<u16>(va >> shiftOf(level) & 511);
        step.entryAddress = PhysAddr(table + step.index * 8u);
        if (!ram.contains(step.entryAddress, 8)) {
            w.end = WalkEnd::OutsideRam;
            return w;
        }
        ++w.count;
        const u64 entry = step.entry = ram.load<u64>(step.entryAddress);
        if (!(entry & pte::P)) {
            w.end = WalkEnd::NotPresent;
            return w;
        }
        if (entry & reservedBits(level, entry, mode)) {
            w.end = WalkEnd::Reserved;
            return w;
        }
        w.writable = w.writable && (entry & pte::RW);
        w.user = w.user && (entry & pte::US);
        w.executable = w.executable && !(entry & pte::NX);
        if (level == 1 || (level <= 3 && (entry & pte::PS))) {
            w.pageSize = u64{1} << shiftOf(level);
            w.phys = PhysAddr((entry & pte::kFrameMask & ~(w.pageSize - 1)) | (va & (w.pageSize - 1)));
            w.end = ram.contains(w.phys, 1) ? WalkEnd::Mapped : WalkEnd::OutsideRam;
            return w;
        }
        table = entry & pte::kFrameMask;
    }
    return w;
}

std::optional<u32> deniedBy(const Walk& w, const PagingMode& mode, AccessKind kind, unsigned cpl) {
    const bool userMode = cpl == 3;
    u32 error = 0;
    if (kind == AccessKind::Write) error |= pf::W;
    if (userMode) error |= pf::U;
    if (kind == AccessKind::Fetch && mode.noExecute) error |= pf::I;
    switch (w.end) {
        case WalkEnd::NotPresent:
        case WalkEnd::NonCanonical:
            return error;
        case WalkEnd::Reserved:
        case WalkEnd::OutsideRam:
            return error | pf::P | pf::RSVD;
        case WalkEnd::Mapped:
            break;
    }
    if (!mode.enabled) return std::nullopt;
    const bool readOnly = !w.writable && (userMode || mode.writeProtect);
    const bool denied = (userMode && !w.user) || (kind == AccessKind::Write && readOnly) ||
                        (kind == AccessKind::Fetch && mode.noExecute && !w.executable);
    return denied ? std::optional<u32>(error | pf::P) : std::nullopt;
}

}  // namespace ringside
