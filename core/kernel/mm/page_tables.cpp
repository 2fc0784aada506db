#include "core/kernel/mm/page_tables.h"

#include "core/kernel/mm/frames.h"
#include "core/kernel/os.h"

namespace ringside {
namespace {

constexpr u64 kTable = pte::P | pte::RW | pte::US | pte::A;

constexpr u64 indexOf(u64 address, unsigned level) { return address >> (12 + 9 * (level - 1)) & 511; }

// Walks down to the table of level `to`, making what is missing; the address of the entry there.
std::optional<PhysAddr> descend(Os& os, u64 cr3, u64 address, unsigned to, u32 owner, u64* made, u64 bits) {
    u64 table = cr3 & pte::kFrameMask;
    for (unsigned level = os.kernel.options.fiveLevel ? 5 : 4;; --level) {
        const PhysAddr at(table + 8 * indexOf(address, level));
        if (level == to) return at;
        u64 entry = os.ram.load<u64>(at);
        if (!(entry & pte::P)) {
            const auto frame = allocFrame(os, PageUse::PageTable, owner, address >> kPageShift);
            if (!frame) return std::nullopt;
            entry = addressOf(*frame).value | bits;
            os.ram.store(at, entry);
            if (made) ++*made;
        }
        CHECK(!(entry & pte::PS) || level > 2);
        table = entry & pte::kFrameMask;
    }
}

// True when the table is empty afterwards.
bool freeTable(Os& os, u64 table, unsigned level, u64 base, u64 start, u64 end, u64& freed) {
    const unsigned shift = 12 + 9 * (level - 1);
    bool empty = true;
    for (u64 i = 0; i < 512; ++i) {
        const PhysAddr at(table + 8 * i);
        const u64 entry = os.ram.load<u64>(at);
        if (entry == 0) continue;
        const u64 address = base + (i << shift);
        const bool outside = address >= end || address + (u64{1} << shift) <= start;
        if (level == 1 || outside || (level == 2 && (entry & pte::PS)) || !(entry & pte::P)) {
            empty = false;
            if (level == 1) return false;
            continue;
        }
        if (freeTable(os, entry & pte::kFrameMask, level - 1, address, start, end, freed)) {
            os.ram.store(at, u64{0});
            putFrame(os, pteFrame(entry));
            ++freed;
        } else {
            empty = false;
        }
    }
    return empty;
}

}  // namespace

std::optional<PteAt> findPte(const Ram& ram, u64 cr3, bool fiveLevel, u64 address) {
    u64 table = cr3 & pte::kFrameMask;
    for (unsigned level = fiveLevel ? 5 : 4;; --level) {
        const PhysAddr at(table + 8 * indexOf(address, level));
        const u64 entry = ram.load<u64>(at);
        if (level == 1) return PteAt{at, entry, false};
        if (!(entry & pte::P)) return std::nullopt;
        if (level == 2 && (entry & pte::PS)) return PteAt{at, entry, true};
        table = entry & pte::kFrameMask;
    }
}

std::optional<PhysAddr> makePmd(Os& os, MmId id, u64 address) {
    Mm& mm = os.kernel.mms.edit(id);
    u64 made = 0;
    const auto at = descend(os, mm.cr3, address, 2, id.value, &made, kTable);
    os.kernel.mms.edit(id).pageTables += made;
    return at;
}

std::optional<PteAt> makePte(Os& os, MmId id, u64 address) {
    const u64 cr3 = os.kernel.mms.at(id).cr3;
    if (auto found = findPte(os.ram, cr3, os.kernel.options.fiveLevel, address)) return found;
    u64 made = 0;
    const auto at = descend(os, cr3, address, 1, id.value, &made, kTable);
    os.kernel.mms.edit(id).pageTables += made;
    if (!at) return std::nullopt;
    return PteAt{*at, os.ram.load<u64>(*at), false};
}

bool isLoaded(const Os& os, const Mm& mm) { return (os.cpu.regs.cr3 & pte::kFrameMask) == mm.cr3; }

void setPte(Os& os, const Mm& mm, u64 address, PhysAddr at, u64 entry) {
    os.ram.store(at, entry);
    if (isLoaded(os, mm)) os.cpu.invalidatePage(VirtAddr(address));
}

void setNewPte(Os& os, PhysAddr at, u64 entry) { os.ram.store(at, entry); }

void freeEmptyTables(Os& os, MmId id, u64 start, u64 end) {
    u64 freed = 0;
    const u64 cr3 = os.kernel.mms.at(id).cr3;
    if (end > u64{1} << 47) end = u64{1} << 47;
    const bool five = os.kernel.options.fiveLevel;
    // Only the lower half: entry 511 of a five-level table and the upper 256 of a four-level one are the kernel's.
    freeTable(os, cr3, five ? 5 : 4, 0, start, end, freed);
    os.kernel.mms.edit(id).pageTables -= freed;
}

void copyKernelHalf(Os& os, PhysAddr top) {
    const u64 first = os.kernel.options.fiveLevel ? 511 : 256;
    for (u64 i = first; i < 512; ++i) {
        const u64 entry = os.ram.load<u64>(PhysAddr(os.kernel.kernelCr3 + 8 * i));
        if (entry) os.ram.store(PhysAddr(top.value + 8 * i), entry);
    }
}

bool mapKernelPage(Os& os, u64 address, FrameNo frame, u64 bits) {
    const auto at = descend(os, os.kernel.kernelCr3, address, 1, 0, nullptr, pte::P | pte::RW | pte::A);
    if (!at) return false;
    os.ram.store(*at, addressOf(frame).value | bits);
    return true;
}

void unmapKernelPage(Os& os, u64 address) {
    const auto found = findPte(os.ram, os.kernel.kernelCr3, os.kernel.options.fiveLevel, address);
    CHECK(found && !found->huge);
    os.ram.store(found->at, u64{0});
    os.cpu.invalidatePage(VirtAddr(address));
}

}  // namespace ringside
