#include "core/cpu/engine.h"

#include <algorithm>

namespace ringside {
namespace {

bool samePage(u64 a, u64 b) { return ((a ^ b) & ~(kPageSize - 1)) == 0; }

}  // namespace

void Engine::enter(Ram& memory, const RunLimits& limits, Recorder* recorder) {
    ram = &memory;
    m_limits = &limits;
    m_recorder = recorder;
    m_record.reset();
    m_stop.reset();
    current = end = nullptr;
    nextBlock = nullptr;
    attention = false;

    std::copy(regs.gpr.begin(), regs.gpr.end(), r.begin());
    r[kZeroRegister] = 0;
    flags.set(regs.rflags);
    nextRip = regs.rip;
    accesses = m_misses = m_fetches = 0;
    m_nearTick = limits.tick - std::min<Tick>(limits.tick, kBlockInstructions - 1);
    m_nearCycles = limits.cycles - std::min(limits.cycles, kBlockCycles - 1);
    m_begin = cpu.tick;
    m_trapTicks = 0;

    if (memory.identity() != m_ramIdentity) {
        m_ramIdentity = memory.identity();
        m_ramMoves = memory.moves();
        memory.forgetTouched();
        dropHostPages();
        dropCode();
    }
    if (memory.epoch() != m_ramEpoch) {
        m_ramEpoch = memory.epoch();
        for (auto& pages : m_pages)
            for (HostPage& page : pages) page.writeTag = 1;
    }
    syncRam();
    if (limits.watch) dropHostPages();
    modeChanged();
}

void Engine::leave() {
    settleMxcsr();
    current = end = nullptr;
    synchronise();
    cpu.counters.instructions += cpu.tick - m_begin - m_trapTicks;
    reclaim();
    std::copy_n(r.begin(), 16, regs.gpr.begin());
    regs.rflags = (regs.rflags & ~flag::kStatus) | flags.get() | flag::kAlwaysOne;
    regs.rip = nextRip;
    if (m_limits->watch) dropHostPages();
    m_recorder = nullptr;
    m_limits = nullptr;
}

// Adds to the counters what has come together.
void Engine::synchronise() {
    cpu.cycles += accesses * kMemoryAccessCycles;
    cpu.counters.tlbHits += accesses + m_fetches - m_misses;
    cpu.counters.tlbMisses += m_misses;
    accesses = m_misses = m_fetches = 0;
}

void Engine::reclaim() { m_dropped.clear(); }

void Engine::modeChanged() {
    const CodeMode code{(regs.cr0 & 4) != 0, (regs.cr0 & 8) != 0, (regs.cr0 & 2) != 0, (regs.cr4 & 0x200) != 0};
    if (!(code == m_codeMode)) {
        m_codeMode = code;
        dropCode();
    }
    const PagingMode mode = cpu.pagingMode();
    if (!(mode == m_mode)) {
        m_mode = mode;
        dropTranslations();
    }
    r[kFsRegister] = regs.segment[FS].base;
    r[kGsRegister] = regs.segment[GS].base;
    m_alignment = (regs.cr0 >> 18 & 1) && (regs.rflags & flag::AC);
    m_debug = regs.dr[7] & dr7::kEnables;
    m_debugData = m_debug && (regs.dr[7] & 0x11110000);
    setPrivilege(regs.cpl() == 3);
}

void Engine::stop(const Insn& i, CpuStop why) {
    stopAfter(i);
    m_stop = why;
}

bool Engine::isBreakpoint(u64 rip) const { return std::ranges::binary_search(m_limits->breakpoints, rip); }

// The instructions since the span began have been executed, `last` being the last of them.
inline void Engine::account(const Insn& last) {
    cpu.tick += static_cast<Tick>(last.number - m_spanNumber);
    cpu.cycles += static_cast<Cycles>(last.costAfter - m_spanCost);
}

CpuStop Engine::run(Ram& memory, const RunLimits& limits, Recorder* recorder) {
    struct Leave {
        Engine& engine;
        ~Leave() { engine.leave(); }
    };
    enter(memory, limits, recorder);
    const Leave guard{*this};
    bool first = true;
    for (;;) {
        attention = false;
        current = end = nullptr;
        if (m_stop) return *m_stop;
        if (cpu.pipeline.shutdown) return CpuStop::Shutdown;
        reclaim();
        const bool atBreakpoint = !first && !(regs.rflags & flag::RF) && isBreakpoint(nextRip);
        // Whoever runs slice by slice must not miss the breakpoint between two, for the next run may pass its first.
        if (cpu.tick >= limits.tick)
            return atBreakpoint && !eventWaits() && cyclesNow() < limits.cycles ? CpuStop::Breakpoint
                                                                                : CpuStop::TickLimit;
        if (cyclesNow() >= limits.cycles) return CpuStop::CycleLimit;
        if (takeEvent()) {
            first = false;
            continue;
        }
        if (cpu.pipeline.halted) return CpuStop::Halt;
        if (atBreakpoint) return CpuStop::Breakpoint;
        if (recorder) beginRecord();
        try {
            Block* block = fetchBlock();
            if (mustBeCareful(*block))
                runCarefully(block);
            else
                runFast(block);
        } catch (const Fault& fault) {
            settleMxcsr();
            takeFault(fault);
        }
        settleMxcsr();
        first = false;
    }
}

bool Engine::mustBeCareful(const Block& block) const {
    if (m_stop || m_recorder || m_debug || cpu.pipeline.interruptShadow || (regs.rflags & (flag::TF | flag::RF)))
        return true;
    if (cpu.tick >= m_nearTick) return true;
    if (cyclesNow() >= m_nearCycles) return true;  // a fetch may have passed the limit
    if (!m_limits->breakpoints.empty()) {
        const u64 begin = r[kPageRegister] + block.begin()->offset;
        const u64 stop = r[kPageRegister] + block.endOffset;
        const auto it = std::ranges::lower_bound(m_limits->breakpoints, begin);
        return it != m_limits->breakpoints.end() && *it < stop;
    }
    return false;
}

// Whole blocks, one after the other, for as long as nothing asks for attention and the limits are far.
void Engine::runFast(Block* block) {
    const bool breakpoints = !m_limits->breakpoints.empty();
    Tick tick = cpu.tick;  // no handler changes it
    m_spanCost = 0;
    m_spanNumber = 0;
    for (;;) {
        const Insn* i = block->begin();
        end = block->end;
        nextRip = r[kPageRegister] + block->endOffset;
        nextBlock = nullptr;
        // Most handlers call what follows themselves; `current` is the last that ran.
        do {
            current = i;
            i->handler(*this, *i);
            i = current + 1;
        } while (i != end);
        const Insn* last = current;
        tick += last->number;
        cpu.tick = tick;
        current = nullptr;
        const Cycles spent = cpu.cycles + last->costAfter;
        cpu.cycles = spent;
        if (attention | breakpoints) return;
        if (tick >= m_nearTick) return;
        if (spent + accesses * kMemoryAccessCycles >= m_nearCycles) return;

        if (nextBlock) {
            block = nextBlock;
            continue;
        }
        if (samePage(nextRip, r[kPageRegister])) {
            block = m_code->find(pageOffset(nextRip));
            if (!block || block->tailLength) return;
            // Only the target may be linked: a conditional jump that was not taken has arrived behind itself.
            if (last->has(Insn::kDirectJump) && nextRip == r[kPageRegister] + last->imm) m_code->link(*last, block);
            continue;
        }
        const u64 page = pageDown(nextRip);
        const HostCode& entry = m_hostCode[m_user][page >> kPageShift & (kHostPages - 1)];
        if (entry.tag != page) return;
        block = entry.code->find(pageOffset(nextRip));
        if (!block || block->tailLength) return;
        ++m_fetches;
        m_code = entry.code;
        r[kPageRegister] = page;
        cpu.pipeline.fetchPage = page;
        cpu.pipeline.fetchFrame = m_code->frame;
    }
}

// The instructions of one block, with everything looked at between two of them.
void Engine::runCarefully(Block* block) {
    nextBlock = nullptr;
    for (const Insn* i = block->begin(); i != block->end; ++i) {
        if (i != block->begin()) {
            if (cpu.tick >= m_limits->tick || cyclesNow() >= m_limits->cycles) return;
            if (isBreakpoint(nextRip)) return;
            m_fetchHit = m_tailHit = true;
            if (m_recorder) beginRecord();
        }
        if (m_record) noteFetch(*i);
        const bool traced = regs.rflags & flag::TF, shadowed = cpu.pipeline.interruptShadow;
        const unsigned cpl = regs.cpl();
        if (m_debug && !(regs.rflags & flag::RF))
            if (const u64 hits = debugHits(nextRip, 1, AccessKind::Fetch)) {
                regs.dr[6] = (regs.dr[6] & ~dr6::kHits) | hits;
                raise(vector::DB);
            }
        regs.rflags &= ~flag::RF;
        m_debugTouched = 0;
        cpu.pipeline.interruptShadow = false;
        current = i;
        m_spanCost = i == block->begin() ? u16{0} : i[-1].costAfter;
        m_spanNumber = static_cast<u8>(i->number - 1);
        end = i + 1;
        nextRip = nextRipOf(*i);
        const u64 sequential = nextRip;
        i->handler(*this, *i);
        settleMxcsr();
        account(*i);
        current = nullptr;
        if (m_record) endRecord();
        const bool stepped = traced && regs.cpl() >= cpl;  // gates and SYSCALL clear TF before the trap is due
        if (stepped || m_debugTouched) {
            if (stepped) regs.dr[6] |= dr6::BS;
            if (m_debugTouched) regs.dr[6] = (regs.dr[6] & ~dr6::kHits) | m_debugTouched;
            cpu.pipeline.debugTrap = true;
            return;
        }
        if (attention || shadowed || nextRip != sequential) return;
    }
}

// ---- fetching
// --------------------------------------------------------------------------------------------------------

Block* Engine::fetchBlock() {
    const u64 page = pageDown(nextRip);
    Pipeline& p = cpu.pipeline;
    m_fetchHit = m_tailHit = true;
    if (!p.fetchValid || p.fetchPage != page || p.fetchUser != m_user) {
        ++m_fetches;
        p.fetchValid = false;
        const Translation t = translate(nextRip, AccessKind::Fetch, false);
        m_fetchHit = t.tlbHit;
        p.fetchPage = page;
        p.fetchFrame = t.frame;
        p.fetchUser = m_user;
        p.fetchValid = true;
        m_code = codeOf(t.frame);
        m_hostCode[m_user][page >> kPageShift & (kHostPages - 1)] = {page, m_code};
        if (m_notes) m_notes->pages.insert({page, t.frame.value});
    } else if (!m_code || m_code->frame != p.fetchFrame) {
        m_code = codeOf(p.fetchFrame);
        if (m_notes) m_notes->pages.insert({page, p.fetchFrame.value});
    }
    r[kPageRegister] = page;
    const u16 offset = static_cast<u16>(pageOffset(nextRip));
    Block* known = m_code->find(offset);
    if (known && !known->tailLength) return known;
    if (known) {
        if (m_notes && !std::exchange(known->noted, true)) m_notes->marks[m_code->frame.value].setRange(offset, 1);
        return fetchCrossing(offset);
    }
    if (m_notes) m_notes->marks[m_code->frame.value].setRange(offset, 1);
    if (Block* built = m_code->build(ram->frame(m_code->frame), offset, m_codeMode)) {
        if (m_notes) m_notes->marks[m_code->frame.value].setRange(offset, built->endOffset - offset);
        return built;
    }
    return fetchCrossing(offset);
}

// The instruction goes on in the next page, or is none.
Block* Engine::fetchCrossing(u16 offset) {
    std::array<u8, 15> bytes{};
    const std::size_t head = std::min<std::size_t>(15, kPageSize - offset);
    if (!m_code->find(offset)) {
        std::memcpy(bytes.data(), ram->frame(m_code->frame) + offset, head);
        const Decoded d = decode({bytes.data(), head});
        if (d.status != DecodeStatus::Short) refuse(d, {bytes.data(), head});
    }
    ++m_fetches;
    const Translation t = translate(r[kPageRegister] + kPageSize, AccessKind::Fetch, false);
    m_tailHit = t.tlbHit;
    m_tailFrame = t.frame;
    const u8* second = ram->frame(t.frame);
    if (!m_code) m_code = codeOf(cpu.pipeline.fetchFrame);  // the walk may have dropped it
    if (Block* known = m_code->find(offset); known && std::memcmp(known->tail.data(), second, known->tailLength) == 0)
        return known;
    std::memcpy(bytes.data(), ram->frame(m_code->frame) + offset, head);
    std::memcpy(bytes.data() + head, second, 15 - head);
    const Decoded d = decode(bytes);
    if (d.status != DecodeStatus::Ok) refuse(d, bytes);
    return m_code->buildCrossing(d, offset, {second, d.length - head}, m_codeMode);
}

void Engine::refuse(const Decoded& d, std::span<const u8> bytes) {
    if (d.status == DecodeStatus::TooLong) raise(vector::GP);
    if (d.status == DecodeStatus::Unimplemented) {
        Undefined u;
        u.rip = nextRip;
        u.length = static_cast<u8>(bytes.size());
        std::copy(bytes.begin(), bytes.end(), u.bytes.begin());
        cpu.undefined = u;
    }
    raise(vector::UD);
}

// ---- what was executed
// ------------------------------------------------------------------------------------------------

// No decoded code is known as entered: so every page that is comes by fetchBlock(), and so does every block.
void Engine::beginNotes() {
    m_notes.emplace();
    m_code = nullptr;
    for (auto& pages : m_hostCode) pages.fill({});
    for (const auto& [frame, code] : m_codeFrames) code->park();
}

std::vector<CodeNote> Engine::takeNotes() {
    std::map<u64, PageMarks> marks;
    if (m_notes) {
        marks = std::move(m_notes->interrupted);
        for (const auto& [page, frame] : m_notes->pages) marks[page] |= m_notes->marks[frame];
    }
    m_notes.reset();
    std::vector<CodeNote> notes;
    for (const auto& [page, m] : marks) notes.push_back({page, m});
    return notes;
}

// ---- the record
// ------------------------------------------------------------------------------------------------------

Registers Engine::snapshot() const {
    Registers copy = regs;
    std::copy_n(r.begin(), 16, copy.gpr.begin());
    copy.rflags = (copy.rflags & ~flag::kStatus) | flags.get() | flag::kAlwaysOne;
    copy.rip = nextRip;
    return copy;
}

void Engine::beginRecord() {
    m_record.emplace();
    m_record->tick = cpu.tick;
    m_record->before = snapshot();
    m_record->cyclesBefore = cyclesNow();
}

void Engine::noteFetch(const Insn& i) {
    Retired& record = *m_record;
    record.length = i.length;
    const unsigned head = static_cast<unsigned>(std::min<u64>(i.length, kPageSize - i.offset));
    std::memcpy(record.bytes.data(), ram->frame(m_code->frame) + i.offset, head);
    if (head < i.length) std::memcpy(record.bytes.data() + head, ram->frame(m_tailFrame), i.length - head);
    const auto note = [&](u64 va, FrameNo frame, unsigned begin, unsigned length, bool hit) {
        MemoryAccess access{AccessKind::Fetch,       VirtAddr(va), addressOf(frame) + pageOffset(va),
                            static_cast<u8>(length), hit,          0};
        std::memcpy(&access.value, record.bytes.data() + begin, std::min(length, 8u));
        record.accesses.push_back(access);
    };
    note(ripOf(i), m_code->frame, 0, head, m_fetchHit);
    if (head < i.length) note(ripOf(i) + head, m_tailFrame, head, i.length - head, m_tailHit);
}

void Engine::endRecord() {
    m_record->after = snapshot();
    m_record->cyclesAfter = cyclesNow();
    m_recorder->retired.push_back(std::move(*m_record));
    m_record.reset();
}

}  // namespace ringside
