// Exceptions, interrupts and far transfers of 64-bit mode (SDM vol. 3A ch. 6): gates in the IDT, stacks from the TSS,
// frames on the stack, all of them bytes in RAM. Left out: 32-bit code segments, task gates, call gates.
#include <algorithm>

#include "core/cpu/engine.h"

namespace ringside {
namespace {

bool pushesError(u8 v) { return v == 8 || (v >= 10 && v <= 14) || v == 17; }

// Which pairs of exceptions make a double fault (SDM vol. 3A table 6-5).
bool contributory(u8 v) { return v == vector::DE || (v >= vector::TS && v <= vector::GP); }
bool makesDoubleFault(u8 first, u8 second) {
    if (first == vector::PF) return second == vector::PF || contributory(second);
    return contributory(first) && contributory(second);
}

// Bits 40..55 of a descriptor as Segment keeps them.
constexpr u16 kFlatCode = 0xa09b, kFlatData = 0xc093;

}  // namespace

bool Engine::eventWaits() const {
    const Pipeline& p = cpu.pipeline;
    return p.halted || p.debugTrap || (cpu.interruptRequest && (regs.rflags & flag::IF) && !p.interruptShadow);
}

// Before the next instruction: a debug trap, then an interrupt. True when one was delivered.
bool Engine::takeEvent() {
    Pipeline& p = cpu.pipeline;
    if (p.debugTrap) {
        if (m_recorder) beginRecord();
        p.debugTrap = false;
        deliver({vector::DB, 0, 0}, false);
    } else if (cpu.interruptRequest && (regs.rflags & flag::IF) && !p.interruptShadow) {
        if (m_recorder) beginRecord();
        const u8 number = *cpu.interruptRequest;
        cpu.interruptRequest.reset();
        p.halted = false;
        deliver({number, 0, 0}, true);
    } else {
        return false;
    }
    if (m_record) endRecord();
    return true;
}

// An instruction has thrown: what was done before it counts, it does not.
void Engine::takeFault(Fault fault) {
    if (current) {
        const unsigned executed = current->number - 1u - m_spanNumber;
        if (executed > 0) {
            cpu.tick += executed;
            cpu.cycles += static_cast<Cycles>(current[-1].costAfter - m_spanCost);
        }
        nextRip = ripOf(*current);
        current = end = nullptr;
    }
    cpu.pipeline.interruptShadow = false;
    deliver(fault, false);
    if (m_record) endRecord();
}

void Engine::deliver(Fault fault, bool external) {
    const u64 rip = nextRip;
    if (m_notes) m_notes->interrupted[pageDown(rip)].setRange(pageOffset(rip), 1);
    ++cpu.tick;
    ++m_trapTicks;
    ++cpu.counters.traps;
    cpu.cycles += kTrapCycles;
    if (m_record) {
        m_record->trap = fault.vector;
        m_record->errorCode = fault.error;
    }
    const u64 flagsBefore = regs.rflags;
    for (;;) {
        try {
            if (fault.vector == vector::PF) regs.cr2 = fault.address;
            const bool isFault = !external && fault.vector != vector::DB && fault.vector != vector::DF;
            if (isFault) regs.rflags |= flag::RF;
            std::optional<u32> error;
            if (!external && pushesError(fault.vector)) error = fault.error;
            enterGate(fault.vector, error, rip, false, external);
            return;
        } catch (const Fault& second) {
            regs.rflags = flagsBefore;
            nextRip = rip;
            if (fault.vector == vector::DF && !external) {
                cpu.pipeline.shutdown = true;
                return;
            }
            if (!external && makesDoubleFault(fault.vector, second.vector))
                fault = {vector::DF, 0, 0};
            else
                fault = second;
            external = false;
        }
    }
}

void Engine::softwareInterrupt(u8 number, u64 rip, bool checkPrivilege) {
    enterGate(number, std::nullopt, rip, checkPrivilege, false);
    ++cpu.counters.traps;
    cpu.cycles += kTrapCycles;
    if (m_record) m_record->trap = number;
}

void Engine::enterGate(u8 number, std::optional<u32> error, u64 rip, bool software, bool external) {
    const u32 gateError = number * 8u + 2 + (external ? 1 : 0);
    const unsigned cpl = regs.cpl();
    if (number * 16u + 15 > regs.idtr.limit) raise(vector::GP, gateError);
    const u64 low = loadSupervisor<u64>(regs.idtr.base + number * 16u);
    const u64 high = loadSupervisor<u64>(regs.idtr.base + number * 16u + 8);
    const u8 type = low >> 40 & 31;
    if (type != 14 && type != 15) raise(vector::GP, gateError);
    if (software && (low >> 45 & 3) < cpl) raise(vector::GP, gateError);
    if (!(low >> 47 & 1)) raise(vector::NP, gateError);

    const u16 selector = static_cast<u16>(low >> 16);
    const u64 target = (low & 0xffff) | (low >> 32 & 0xffff0000) | high << 32;
    if ((selector & ~3) == 0) raise(vector::GP, external ? 1 : 0);
    const Descriptor code = descriptorOf(selector);
    const u32 selectorError = (selector & ~3u) | (external ? 1 : 0);
    const bool conforming = code.type() & 4;
    if (code.isSystem() || !(code.type() & 8) || code.dpl() > cpl) raise(vector::GP, selectorError);
    if (!code.present()) raise(vector::NP, selectorError);
    if (!code.isLong()) raise(vector::GP, selectorError);
    const unsigned newCpl = conforming ? cpl : code.dpl();

    u64 rsp = r[RSP];
    const unsigned ist = low >> 32 & 7;
    if (ist != 0 || newCpl < cpl) {
        const u64 slot = ist ? 0x24 + 8 * (ist - 1) : 4 + 8 * newCpl;
        if (slot + 7 > regs.tr.limit) raise(vector::TS, regs.tr.selector & ~3u);
        rsp = loadSupervisor<u64>(regs.tr.base + slot);
        if (!isCanonical(rsp, m_mode.fiveLevel)) raise(vector::SS);
    }
    if (!isCanonical(target, m_mode.fiveLevel)) raise(vector::GP);
    rsp &= ~u64{15};
    std::array<u64, 6> frame{};
    unsigned words = 0;
    if (error) frame[words++] = *error;
    frame[words++] = rip;
    frame[words++] = regs.segment[CS].selector;
    frame[words++] = regs.rflags | flag::kAlwaysOne;
    frame[words - 1] = (frame[words - 1] & ~flag::kStatus) | flags.get();
    frame[words++] = r[RSP];
    frame[words++] = regs.segment[SS].selector;
    {
        SupervisorScope scope(*this);
        probe(rsp - 8 * words, 8 * words, AccessKind::Write, true);
        for (unsigned n = words; n-- > 0;) storeStack<u64>(rsp - 8 * (words - n), frame[n]);
    }

    r[RSP] = rsp - 8 * words;
    Segment& cs = regs.segment[CS];
    cs.selector = static_cast<u16>((selector & ~3u) | newCpl);
    cs.access = code.access();
    cs.base = 0;
    cs.limit = code.limit();
    if (newCpl != cpl) {
        regs.segment[SS] = {};
        regs.segment[SS].selector = static_cast<u16>(newCpl);
    }
    regs.rflags &= ~(flag::TF | flag::NT | flag::RF | flag::VM);
    if (type == 14) regs.rflags &= ~flag::IF;
    nextRip = target;
    modeChanged();
}

Engine::Descriptor Engine::descriptorOf(u16 selector, bool sixteenBytes) {
    const bool local = selector & 4;
    const u64 base = local ? regs.ldtr.base : regs.gdtr.base;
    const u64 limit = local ? ((regs.ldtr.selector & ~3) ? regs.ldtr.limit : 0) : regs.gdtr.limit;
    const u64 offset = selector & ~7u;
    const u32 error = selector & ~3u;
    if (offset + (sixteenBytes ? 15 : 7) > limit) raise(vector::GP, error);
    Descriptor d;
    d.address = base + offset;
    d.low = loadSupervisor<u64>(d.address);
    if (sixteenBytes) d.high = loadSupervisor<u64>(d.address + 8) & 0xffffffff;
    return d;
}

void Engine::loadSegment(SegmentName name, u16 selector) {
    const unsigned cpl = regs.cpl(), rpl = selector & 3;
    const u32 error = selector & ~3u;
    Segment loaded;
    loaded.selector = selector;
    if (error == 0) {
        if (name == SS && (cpl == 3 || rpl != cpl)) raise(vector::GP);
    } else {
        Descriptor d = descriptorOf(selector);
        const bool code = d.type() & 8, writable = !code && (d.type() & 2), readable = !code || (d.type() & 2);
        if (name == SS) {
            if (rpl != cpl || d.isSystem() || !writable || d.dpl() != cpl) raise(vector::GP, error);
            if (!d.present()) raise(vector::SS, error);
        } else {
            const bool conforming = code && (d.type() & 4);
            if (d.isSystem() || !readable) raise(vector::GP, error);
            if (!conforming && (rpl > d.dpl() || cpl > d.dpl())) raise(vector::GP, error);
            if (!d.present()) raise(vector::NP, error);
        }
        if (!(d.type() & 1)) {
            d.low |= u64{1} << 40;
            storeSupervisor<u64>(d.address, d.low);
        }
        loaded.access = d.access();
        loaded.base = d.base();
        loaded.limit = d.limit();
    }
    regs.segment[name] = loaded;
    r[kFsRegister] = regs.segment[FS].base;
    r[kGsRegister] = regs.segment[GS].base;
}

Segment Engine::codeSegment(u16 selector, unsigned newCpl) {
    const u32 error = selector & ~3u;
    if (error == 0) raise(vector::GP);
    const Descriptor d = descriptorOf(selector);
    const bool conforming = d.type() & 4;
    if (d.isSystem() || !(d.type() & 8)) raise(vector::GP, error);
    if (conforming ? d.dpl() > newCpl : d.dpl() != newCpl) raise(vector::GP, error);
    if (!d.present()) raise(vector::NP, error);
    if (!d.isLong()) raise(vector::GP, error);
    return {static_cast<u16>(error | newCpl), d.access(), d.limit(), 0};
}

void Engine::farReturn(const Insn& i, u64 rip, u16 cs, u64 rsp, u16 ss) {
    const unsigned cpl = regs.cpl(), newCpl = cs & 3;
    if (newCpl < cpl) raise(vector::GP, cs & ~3u);
    const Segment code = codeSegment(cs, newCpl);
    Segment stack;
    stack.selector = ss;
    if ((ss & ~3) == 0) {
        if (newCpl == 3 || (ss & 3) != newCpl) raise(vector::GP);
    } else {
        const u32 error = ss & ~3u;
        const Descriptor d = descriptorOf(ss);
        const bool writable = !(d.type() & 8) && (d.type() & 2);
        if ((ss & 3) != newCpl || d.isSystem() || !writable || d.dpl() != newCpl) raise(vector::GP, error);
        if (!d.present()) raise(vector::SS, error);
        stack.access = d.access();
        stack.base = d.base();
        stack.limit = d.limit();
    }
    requireCanonical(rip);
    regs.segment[CS] = code;
    regs.segment[SS] = stack;
    r[RSP] = rsp;
    if (newCpl > cpl)
        for (SegmentName name : {ES, DS, FS, GS}) {
            Segment& s = regs.segment[name];
            const bool conforming = (s.access & 0x0c) == 0x0c;
            const bool present = s.access & 0x80;
            if (present && !conforming && (s.access >> 5 & 3u) < newCpl) s = {};
        }
    jump(i, rip);
    attention = true;
    modeChanged();
}

void Engine::setFlatSegments(u16 cs, u16 ss) {
    const u16 dpl = static_cast<u16>((cs & 3) << 5);
    regs.segment[CS] = {cs, static_cast<u16>(kFlatCode | dpl), 0xffffffff, 0};
    regs.segment[SS] = {ss, static_cast<u16>(kFlatData | dpl), 0xffffffff, 0};
    modeChanged();
}

}  // namespace ringside
