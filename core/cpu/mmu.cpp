// The engine's way to memory when the host pages do not know it: TLB, walk, faults, watchpoints, notes for the
// recorder.
#include <algorithm>

#include "core/cpu/engine.h"

namespace ringside {

void raise(u8 vector, u32 error) { throw Fault{vector, error, 0}; }

void Exec::loadBytesSlow(u64 va, void* out, unsigned size, bool stack) {
    Engine& engine = Engine::of(*this);
    engine.checkAlignment(va, size, AccessKind::Read, stack);
    engine.transfer(va, static_cast<u8*>(out), size, AccessKind::Read, true, stack);
}

void Exec::loadBytesForWriteSlow(u64 va, void* out, unsigned size) {
    Engine& engine = Engine::of(*this);
    engine.checkAlignment(va, size, AccessKind::Write, false);
    engine.transfer(va, nullptr, size, AccessKind::Write, false, current && current->has(Insn::kStackSegment));
    engine.transfer(va, static_cast<u8*>(out), size, AccessKind::Read, true, false);
}

void Exec::storeBytesSlow(u64 va, const void* in, unsigned size, bool stack) {
    std::array<u8, 16> bytes;
    std::memcpy(bytes.data(), in, size);
    Engine& engine = Engine::of(*this);
    engine.checkAlignment(va, size, AccessKind::Write, stack);
    engine.transfer(va, bytes.data(), size, AccessKind::Write, true, stack);
}

u64 Exec::loadWordSlow(u64 va, unsigned size, bool stack) {
    u64 value = 0;
    loadBytesSlow(va, &value, size, stack);
    return value;
}
u64 Exec::loadWordForWriteSlow(u64 va, unsigned size) {
    u64 value = 0;
    loadBytesForWriteSlow(va, &value, size);
    return value;
}
void Exec::storeWordSlow(u64 va, u64 value, unsigned size, bool stack) { storeBytesSlow(va, &value, size, stack); }

void Exec::probe(u64 va, u64 length, AccessKind kind, bool stack) {
    if (length != 0) Engine::of(*this).requireCanonicalOperand(va + length - 1, kind, stack);
    for (u64 done = 0; done < length;) {
        const u64 piece = std::min({length - done, kPageSize - pageOffset(va + done), u64{16}});
        Engine& engine = Engine::of(*this);
        ++engine.m_fetches;
        engine.transfer(va + done, nullptr, static_cast<unsigned>(piece), kind, false, stack);
        done += piece;
    }
}

void Exec::loadBytes(u64 va, std::span<u8> out, unsigned alignment) {
    Engine& engine = Engine::of(*this);
    engine.checkAlignment(va, alignment, AccessKind::Read, false);
    probe(va, out.size(), AccessKind::Read);
    for (std::size_t done = 0; done < out.size(); done += 8) {
        const unsigned piece = static_cast<unsigned>(std::min<std::size_t>(8, out.size() - done));
        ++accesses;
        engine.transfer(va + done, out.data() + done, piece, AccessKind::Read, true, false);
    }
}

void Exec::storeBytes(u64 va, std::span<const u8> in, unsigned alignment) {
    Engine& engine = Engine::of(*this);
    engine.checkAlignment(va, alignment, AccessKind::Write, false);
    probe(va, in.size(), AccessKind::Write);
    for (std::size_t done = 0; done < in.size(); done += 8) {
        const unsigned piece = static_cast<unsigned>(std::min<std::size_t>(8, in.size() - done));
        std::array<u8, 8> bytes;
        std::copy_n(in.begin() + static_cast<std::ptrdiff_t>(done), piece, bytes.begin());
        ++accesses;
        engine.transfer(va + done, bytes.data(), piece, AccessKind::Write, true, false);
    }
}

void Exec::requireCanonicalSlow(u64 address) const {
    if (!isCanonical(address, regs.cr4 >> 12 & 1)) raise(vector::GP);
}

Cycles Exec::cyclesNow() const {
    const Engine& engine = static_cast<const Engine&>(*this);
    return cpu.cycles + accesses * kMemoryAccessCycles + (current ? current->costAfter - engine.m_spanCost : 0);
}

void Engine::setPrivilege(bool user) {
    m_user = user;
    const bool everyAccess = m_recorder || m_debugData || (user && m_alignment);
    data = everyAccess ? m_noPages.data() : m_pages[user].data();
}

// Measured on hardware: #AC comes before the tables are looked at, but behind #GP for an address in the hole. The ten
// bytes of x87 are aligned like eight.
void Engine::checkAlignment(u64 va, unsigned size, AccessKind kind, bool stack) {
    if (!m_user || !m_alignment || !(va & (std::bit_floor(size) - 1))) return;
    requireCanonicalOperand(va, kind, stack);
    raise(vector::AC);
}

u64 Engine::debugHits(u64 va, u64 length, AccessKind kind) const {
    u64 hits = 0;
    for (unsigned n = 0; n < 4; ++n) {
        if (!(regs.dr[7] >> (2 * n) & 3)) continue;
        const u64 control = regs.dr[7] >> (16 + 4 * n) & 15;
        const bool meant = kind == AccessKind::Fetch   ? control == 0
                           : kind == AccessKind::Write ? (control & 3) == 1 || (control & 3) == 3
                                                       : (control & 3) == 3;
        constexpr std::array<u64, 4> kLengths = {1, 2, 8, 4};
        const u64 watched = kLengths[control >> 2], begin = regs.dr[n] & ~(watched - 1);
        if (meant && va < begin + watched && begin < va + length) hits |= u64{1} << n;
    }
    return hits;
}

void Engine::requireCanonicalOperand(u64 va, AccessKind kind, bool stack) const {
    if (!m_mode.enabled || isCanonical(va, m_mode.fiveLevel)) return;
    const bool ss = stack || (current && kind != AccessKind::Fetch && current->has(Insn::kStackSegment));
    raise(ss ? vector::SS : vector::GP);
}

Engine::Translation Engine::translate(u64 va, AccessKind kind, bool stack) {
    requireCanonicalOperand(va, kind, stack);
    const TlbEntry* e = cpu.tlb.find(VirtAddr(pageDown(va)));
    if (e) {
        const bool readOnly = !e->writable && (m_user || m_mode.writeProtect);
        const bool allowed = !(m_user && !e->user) && !(kind == AccessKind::Write && (readOnly || !e->dirty)) &&
                             !(kind == AccessKind::Fetch && m_mode.noExecute && !e->executable);
        if (allowed) return {e->frame, true};
    }
    return translateMiss(va, kind);
}

Engine::Translation Engine::translateMiss(u64 va, AccessKind kind) {
    ++m_misses;
    const VirtAddr page(pageDown(va));
    const Walk w = walk(*ram, m_mode, VirtAddr(va));
    cpu.cycles += w.count * kWalkReadCycles;
    if (const auto error = deniedBy(w, m_mode, kind, m_user ? 3 : 0)) {
        cpu.tlb.invalidate(page);
        dropTranslation(page);
        throw Fault{vector::PF, *error, va};
    }
    const bool write = kind == AccessKind::Write;
    for (unsigned n = 0; n < w.count; ++n) {
        const WalkStep& step = w.steps[n];
        const bool leaf = n + 1u == w.count;
        const u64 entry = step.entry | pte::A | (leaf && write ? pte::D : 0);
        if (entry != step.entry) {
            u8* table = writable(frameOf(step.entryAddress));
            std::memcpy(table + pageOffset(step.entryAddress.value), &entry, 8);
            Ram::noteStore(table, step.entryAddress.value, 8);
            if (m_limits->watch) noteWatch(step.entryAddress, 8, true);
        }
    }
    TlbEntry entry;
    entry.valid = true;
    entry.writable = w.writable;
    entry.user = w.user;
    entry.executable = w.executable;
    entry.dirty = !m_mode.enabled || write || (w.last().entry & pte::D);
    entry.global = m_mode.enabled && (w.last().entry & pte::G) && (regs.cr4 >> 7 & 1);
    for (u64 size = w.pageSize; size > kPageSize; size >>= 1) ++entry.pageShift;
    entry.page = page;
    entry.frame = frameOf(w.phys);
    dropTranslation(page);
    if (const auto gone = cpu.tlb.insert(entry)) dropTranslation(gone->page);
    // The walk was not foreseen in what a block may cost: near the limit, end the block here.
    if (kind != AccessKind::Fetch && current && end && cyclesNow() + kBlockCycles >= m_limits->cycles) {
        end = current + 1;
        nextRip = nextRipOf(*current);
        attention = true;
    }
    return {entry.frame, false};
}

void Engine::fill(u64 va, FrameNo frame, bool forWriting) {
    if (m_recorder) return;
    if (m_limits->watch) {
        const u64 begin = m_limits->watch->begin.value, at = addressOf(frame).value;
        if (at < begin + m_limits->watch->length && begin < at + kPageSize) return;
    }
    HostPage& page = m_pages[m_user][va >> kPageShift & (kHostPages - 1)];
    page.readTag = pageDown(va);
    if (forWriting && !m_codeFrames.contains(frame.value)) {
        page.bytes = writable(frame);
        page.readTag = page.writeTag = pageDown(va);
    } else {
        page.bytes = const_cast<u8*>(ram->frame(frame));
        page.writeTag = 1;
    }
}

// One access of at most 16 bytes, checked as a whole before any byte is moved. `bytes` null: check only.
void Engine::transfer(u64 va, u8* bytes, unsigned size, AccessKind kind, bool commit, bool stack) {
    const u64 room = kPageSize - pageOffset(va);
    const unsigned first = static_cast<unsigned>(std::min<u64>(size, room));
    const bool write = kind == AccessKind::Write;
    std::array<Translation, 2> where;
    // Both ends are looked at before any table is: an access across the hole is no page fault.
    if (first < size) requireCanonicalOperand(va + first, kind, stack);
    where[0] = translate(va, kind, stack);
    if (first < size) {
        ++accesses;
        where[1] = translate(va + first, kind, stack);
    }
    if (!commit) return;
    if (m_debugData) m_debugTouched |= debugHits(va, size, kind);
    for (unsigned part = 0; part < (first < size ? 2u : 1u); ++part) {
        const unsigned begin = part ? first : 0, length = part ? size - first : first;
        const PhysAddr phys = addressOf(where[part].frame) + pageOffset(va + begin);
        if (write) {
            u8* frame = writable(where[part].frame);
            std::memcpy(frame + pageOffset(phys.value), bytes + begin, length);
            Ram::noteStores(frame, phys.value, length);
        } else {
            std::memcpy(bytes + begin, ram->frame(where[part].frame) + pageOffset(phys.value), length);
        }
        if (m_record) {
            MemoryAccess access{kind, VirtAddr(va + begin), phys, static_cast<u8>(length), where[part].tlbHit, 0};
            std::memcpy(&access.value, bytes + begin, std::min(length, 8u));
            m_record->accesses.push_back(access);
        }
        if (m_limits->watch) noteWatch(phys, length, write);
        fill(va + begin, where[part].frame, write);
    }
}

void Engine::noteWatch(PhysAddr begin, u64 length, bool write) {
    const Watch& watch = *m_limits->watch;
    if (!write && !watch.reads) return;
    if (begin.value >= watch.begin.value + watch.length || watch.begin.value >= begin.value + length) return;
    m_stop = CpuStop::Watchpoint;
    attention = true;
    if (current && end) {
        end = current + 1;
        nextRip = nextRipOf(*current);
    }
}

void Engine::dropTranslation(VirtAddr address) {
    const u64 page = pageDown(address.value);
    const unsigned slot = page >> kPageShift & (kHostPages - 1);
    for (unsigned user = 0; user < 2; ++user) {
        if (m_pages[user][slot].readTag == page) m_pages[user][slot] = {};
        if (m_hostCode[user][slot].tag == page) m_hostCode[user][slot] = {};
    }
}

void Engine::dropHostPages() {
    for (auto& pages : m_pages) pages.fill({});
}

void Engine::dropTranslations() {
    dropHostPages();
    for (auto& pages : m_hostCode) pages.fill({});
}

// The bytes of a frame, to be written. The first write to a frame moves it: its aliases must not point at the old
// bytes.
u8* Engine::writable(FrameNo frame) {
    const u8* before = ram->frame(frame);
    u8* bytes = ram->writableFrame(frame, 0, 0);
    if (bytes != before) {
        for (auto& pages : m_pages)
            for (HostPage& page : pages)
                if (page.bytes == before) page = {};
        m_ramMoves = ram->moves();
    }
    forgetTouchedCode();
    return bytes;
}

// After others may have written to RAM.
void Engine::syncRam() {
    if (ram->moves() != m_ramMoves) {
        m_ramMoves = ram->moves();
        dropHostPages();
    }
    forgetTouchedCode();
}

void Engine::forgetTouchedCode() {
    if (!ram->touched().empty()) [[unlikely]] {
        for (FrameNo frame : ram->touched()) codeChanged(frame);
        ram->forgetTouched();
    }
}

void Engine::codeChanged(FrameNo frame) {
    const auto found = m_codeFrames.find(frame.value);
    if (found == m_codeFrames.end()) return;
    CodeFrame* code = found->second.get();
    for (auto& pages : m_hostCode)
        for (HostCode& entry : pages)
            if (entry.code == code) entry = {};
    if (m_code == code) {
        m_code = nullptr;
        if (current && end) {
            end = current + 1;
            nextRip = nextRipOf(*current);
        }
    }
    nextBlock = nullptr;
    attention = true;
    m_dropped.push_back(std::move(found->second));
    m_codeFrames.erase(found);
}

void Engine::dropCode() {
    attention = true;
    nextBlock = nullptr;
    m_code = nullptr;
    for (auto& pages : m_hostCode) pages.fill({});
    for (auto& [frame, code] : m_codeFrames) m_dropped.push_back(std::move(code));
    m_codeFrames.clear();
}

CodeFrame* Engine::codeOf(FrameNo frame) {
    auto& code = m_codeFrames[frame.value];
    if (!code) {
        constexpr std::size_t kMost = 3072;  // about 300 MiB of host memory
        if (m_codeFrames.size() > kMost) {
            dropCode();
            return codeOf(frame);
        }
        code = std::make_unique<CodeFrame>(frame);
        ram->watch(frame);
        const u8* bytes = ram->frame(frame);
        for (auto& pages : m_pages)
            for (HostPage& page : pages)
                if (page.bytes == bytes) page.writeTag = 1;
    }
    return code.get();
}

}  // namespace ringside
