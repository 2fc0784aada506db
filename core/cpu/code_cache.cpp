#include "core/cpu/code_cache.h"

#include "core/cpu/exec.h"

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

u8 baseCycles(const Insn& i) {
    const Timing timing = i.has(Insn::kLock) ? Timing::Atomic : allRows()[i.row].timing;
    return kBaseCycles[static_cast<unsigned>(timing)];
}

}  // namespace

Insn* CodeFrame::room() {
    if (m_used + kBlockInstructions > kArena) {
        m_arenas.push_back(std::make_unique<Insn[]>(kArena));
        m_used = 0;
    }
    return m_arenas.back().get() + m_used;
}

Block* CodeFrame::add(u16 offset, Insn* insns, unsigned count) {
    m_used += count;
    auto block = std::make_unique<Block>();
    block->begin = insns;
    block->end = insns + count;
    block->endOffset = insns[count - 1].next;
    m_blocks.push_back(std::move(block));
    m_at[offset] = static_cast<u16>(m_blocks.size());
    return m_blocks.back().get();
}

Block* CodeFrame::build(const u8* bytes, u16 offset, const CodeMode& mode) {
    Insn* insns = room();
    unsigned count = 0;
    Cycles cost = 0;
    u16 at = offset;
    while (count < kBlockInstructions && at < kPageSize) {
        const std::size_t left = kPageSize - at;
        const Decoded d = decode({bytes + at, std::min<std::size_t>(left, 15)});
        if (d.status != DecodeStatus::Ok) break;
        Insn i = toInsn(d, at);
        i.handler = allowed(i, mode);
        if (count > 0 && cost + baseCycles(i) + 4 * (count + 1) > kBlockCycles) break;
        cost += baseCycles(i);
        i.costAfter = static_cast<u16>(cost);
        i.number = static_cast<u8>(count + 1);
        insns[count++] = i;
        at = i.next;
        if (d.row->attributes & kEndsBlock) break;
    }
    return count == 0 ? nullptr : add(offset, insns, count);
}

Block* CodeFrame::buildCrossing(const Decoded& d, u16 offset, std::span<const u8> tail, const CodeMode& mode) {
    Insn insn = toInsn(d, offset);
    insn.handler = allowed(insn, mode);
    insn.costAfter = baseCycles(insn);
    insn.number = 1;
    Block* block = find(offset);
    if (!block) {
        Insn* place = room();
        *place = insn;
        block = add(offset, place, 1);
    } else {
        // The second page has changed, or is another one. Nothing runs this block now.
        *const_cast<Insn*>(block->begin) = insn;
        block->endOffset = insn.next;
    }
    block->tailLength = static_cast<u8>(tail.size());
    std::copy(tail.begin(), tail.end(), block->tail.begin());
    return block;
}

}  // namespace ringside
