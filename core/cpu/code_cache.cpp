#include "core/cpu/code_cache.h"

#include <memory>
#include <new>

#include "core/cpu/exec.h"
#include "core/cpu/insn/families.h"

namespace ringside {
namespace {

void deviceNotAvailable(Exec&, const Insn&) { raise(vector::NM); }
void unitDisabled(Exec&, const Insn&) { raise(vector::UD); }

// The handler under the present CR0 and CR4: what the units of floating point and vectors demand of them.
Handler allowed(const Insn& i, const CodeMode& mode) {
    const u16 attributes = allRows()[i.row].attributes;
    if ((attributes & (kMmx | kSse)) && mode.em) return unitDisabled;
    if ((attributes & kSse) && !(attributes & kNoFxsr) && !mode.fxsr) return unitDisabled;
    if ((attributes & kX87) && (mode.em || mode.ts)) return deviceNotAvailable;
    if ((attributes & (kMmx | kSse)) && mode.ts) return deviceNotAvailable;
    if ((attributes & kFwait) && mode.mp && mode.ts) return deviceNotAvailable;
    return i.handler;
}

// Comparisons do the jump behind them.
void fuse(std::span<Insn> insns) {
    for (std::size_t n = 1; n < insns.size(); ++n) {
        const Insn& jump = insns[n];
        const bool conditional = jump.has(Insn::kDirectJump) && (jump.opcode >> 4 == 7 || jump.opcode >> 4 == 8);
        if (!conditional) continue;
        if (const Handler both = fusedWithJump(insns[n - 1].handler, jump.opcode & 15)) insns[n - 1].handler = both;
    }
}

u8 baseCycles(const Insn& i) {
    const Timing timing = i.has(Insn::kLock) ? Timing::Atomic : allRows()[i.row].timing;
    return kBaseCycles[static_cast<unsigned>(timing)];
}

}  // namespace

Block* CodeFrame::add(u16 offset, std::span<const Insn> insns) {
    const std::size_t bytes = sizeof(Block) + insns.size_bytes();
    if (m_used + bytes > kArena) {
        m_arenas.push_back(std::make_unique_for_overwrite<std::byte[]>(kArena));
        m_used = 0;
    }
    std::byte* place = m_arenas.back().get() + m_used;
    m_used += bytes;
    Block* block = new (place) Block;
    Insn* first = reinterpret_cast<Insn*>(place + sizeof(Block));
    std::uninitialized_copy(insns.begin(), insns.end(), first);
    block->end = first + insns.size();
    block->endOffset = insns.back().next;
    m_at[offset] = block;
    m_blocks.push_back(block);
    m_number[offset] = static_cast<u16>(m_blocks.size());
    return block;
}

void CodeFrame::park() {
    for (const u16 offset : m_entered) m_at[offset] = nullptr;
    for (Block* block : m_crossing) block->noted = false;
    for (const Insn* jump : m_linked)
        if (jump->has(Insn::kDirectJump)) jump->link = nullptr;  // one in two pages may have become something else
    m_entered.clear();
    m_linked.clear();
}

Block* CodeFrame::build(const u8* bytes, u16 offset, const CodeMode& mode) {
    if (const u16 number = m_number[offset]) {
        m_entered.push_back(offset);
        return m_at[offset] = m_blocks[number - 1];
    }
    std::array<Insn, kBlockInstructions> insns;
    unsigned count = 0;
    Cycles cost = 0;
    u16 at = offset;
    while (count < kBlockInstructions && at < kPageSize) {
        const std::size_t left = kPageSize - at;
        const Decoded d = decode({bytes + at, std::min<std::size_t>(left, 15)});
        if (d.status != DecodeStatus::Ok) break;
        Insn i = toInsn(d, at);
        i.handler = allowed(i, mode);
        if (count > 0 && cost + baseCycles(i) + kBlockAccesses * kMemoryAccessCycles * (count + 1) > kBlockCycles)
            break;
        cost += baseCycles(i);
        i.costAfter = static_cast<u16>(cost);
        i.number = static_cast<u8>(count + 1);
        insns[count++] = i;
        at = i.next;
        // Saving state is far more than six accesses.
        if ((d.row->attributes & kEndsBlock) || d.row->timing == Timing::StateSave) break;
    }
    fuse({insns.data(), count});
    if (count == 0) return nullptr;
    m_entered.push_back(offset);
    return add(offset, {insns.data(), count});
}

Block* CodeFrame::buildCrossing(const Decoded& d, u16 offset, std::span<const u8> tail, const CodeMode& mode) {
    Insn insn = toInsn(d, offset);
    insn.handler = allowed(insn, mode);
    insn.costAfter = baseCycles(insn);
    insn.number = 1;
    Block* block = find(offset);
    if (!block) {
        block = add(offset, {&insn, 1});
        m_crossing.push_back(block);
    } else {
        // The second page has changed, or is another one. Nothing runs this block now.
        *const_cast<Insn*>(block->begin()) = insn;
        block->endOffset = insn.next;
    }
    block->tailLength = static_cast<u8>(tail.size());
    std::copy(tail.begin(), tail.end(), block->tail.begin());
    return block;
}

}  // namespace ringside
