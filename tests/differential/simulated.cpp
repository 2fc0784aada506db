#include "tests/differential/simulated.h"

#include <algorithm>

#include "core/base/check.h"

namespace ringside::sandbox {

namespace {

// Physical frames, by number.
constexpr u32 kPml4 = 1, kLowPdpt = 2, kLowPd = 3, kLowPt = 4, kHighPdpt = 5, kHighPd = 6, kHighPt = 7;
constexpr u32 kDescriptors = 8, kIdt = 9, kTss = 10, kStubs = 11, kStack = 12;
constexpr u32 kCodeFrame = 16, kDataFrame = 18, kReadOnlyFrame = 20;
constexpr u64 kRamBytes = 2 * 1024 * 1024;

constexpr u64 kKernel = 0xffff800000000000;  // the frames from kDescriptors on
constexpr u64 kGdtAt = kKernel, kIdtAt = kKernel + 0x1000, kTssAt = kKernel + 0x2000, kStubsAt = kKernel + 0x3000,
              kStackTop = kKernel + 0x5000;
constexpr unsigned kStubSize = 4;

constexpr u16 kKernelCs = 0x10, kKernelSs = 0x18, kUserSs = 0x2b, kUserCs = 0x33, kTaskSelector = 0x40;

u64 entryOf(u32 frame, u64 bits) { return addressOf(FrameNo(frame)).value | bits; }

bool pushesErrorCode(unsigned vector) {
    return vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21;
}

u8 fullTag(const Float80& value) {
    const unsigned exponent = value.signExponent & 0x7fff;
    if (exponent == 0) return value.mantissa == 0 ? 1 : 2;
    if (exponent == 0x7fff) return 2;
    return (value.mantissa >> 63) != 0 ? 0 : 2;
}

}  // namespace

void putFx(Registers& regs, const State& state) {
    X87& x87 = regs.x87;
    x87.control = state.get<u16>(fx::kControl);
    x87.status = state.get<u16>(fx::kStatus);
    x87.opcode = state.get<u16>(fx::kOpcode);
    x87.lastIp = state.get<u64>(fx::kIp);
    x87.lastDp = state.get<u64>(fx::kDp);
    const u8 valid = state.get<u8>(fx::kTags);
    const unsigned top = (x87.status >> 11) & 7;
    for (unsigned i = 0; i < 8; ++i)
        x87.st[(top + i) & 7] = {state.get<u64>(fx::kSt + 16 * i), state.get<u16>(fx::kSt + 16 * i + 8)};
    x87.tags = 0;
    for (unsigned r = 0; r < 8; ++r) {
        const unsigned tag = ((valid >> r) & 1) != 0 ? fullTag(x87.st[r]) : 3;
        x87.tags = static_cast<u16>(x87.tags | (tag << (2 * r)));
    }
    regs.mxcsr = state.get<u32>(fx::kMxcsr);
    for (unsigned i = 0; i < 16; ++i)
        regs.xmm[i].q = {state.get<u64>(fx::kXmm + 16 * i), state.get<u64>(fx::kXmm + 16 * i + 8)};
}

void takeFx(State& state, const Registers& regs) {
    const X87& x87 = regs.x87;
    state.set(fx::kControl, x87.control);
    state.set(fx::kStatus, x87.status);
    u8 valid = 0;
    for (unsigned r = 0; r < 8; ++r)
        if (((x87.tags >> (2 * r)) & 3) != 3) valid = static_cast<u8>(valid | (1u << r));
    state.set(fx::kTags, valid);
    state.set(fx::kOpcode, x87.opcode);
    state.set(fx::kIp, x87.lastIp);
    state.set(fx::kDp, x87.lastDp);
    const unsigned top = (x87.status >> 11) & 7;
    for (unsigned i = 0; i < 8; ++i) {
        const Float80& value = x87.st[(top + i) & 7];
        state.set(fx::kSt + 16 * i, value.mantissa);
        state.set<u64>(fx::kSt + 16 * i + 8, value.signExponent);
    }
    state.set(fx::kMxcsr, regs.mxcsr);
    for (unsigned i = 0; i < 16; ++i) {
        state.set(fx::kXmm + 16 * i, regs.xmm[i].q[0]);
        state.set(fx::kXmm + 16 * i + 8, regs.xmm[i].q[1]);
    }
}

Simulated::Simulated() : ram(kRamBytes) {
    const auto set = [&](u32 table, u64 index, u64 value) { ram.store(addressOf(FrameNo(table)) + index * 8, value); };
    const auto index = [](u64 address, unsigned level) { return (address >> (12 + 9 * (level - 1))) & 511; };
    const u64 through = pte::P | pte::RW | pte::US | pte::A;
    set(kPml4, index(kCode, 4), entryOf(kLowPdpt, through));
    set(kLowPdpt, index(kCode, 3), entryOf(kLowPd, through));
    set(kLowPd, index(kCode, 2), entryOf(kLowPt, through));
    const u64 user = pte::P | pte::US | pte::A;
    for (u32 i = 0; i < 2; ++i) {
        set(kLowPt, index(kCode, 1) + i, entryOf(kCodeFrame + i, user));
        set(kLowPt, index(kData, 1) + i, entryOf(kDataFrame + i, user | pte::RW | pte::D | pte::NX));
    }
    set(kLowPt, index(kReadOnly, 1), entryOf(kReadOnlyFrame, user | pte::NX));
    const u64 supervisor = pte::P | pte::RW | pte::A;
    set(kPml4, index(kKernel, 4), entryOf(kHighPdpt, supervisor));
    set(kHighPdpt, index(kKernel, 3), entryOf(kHighPd, supervisor));
    set(kHighPd, index(kKernel, 2), entryOf(kHighPt, supervisor));
    for (u32 i = 0; i < 5; ++i) set(kHighPt, i, entryOf(kDescriptors + i, supervisor | pte::D));

    // The GDT as Linux 6.1 has it (arch/x86/kernel/cpu/common.c: gdt_page), so that selectors mean the same.
    const auto descriptor = [&](u16 selector, u64 value) { set(kDescriptors, selector / 8, value); };
    descriptor(0x08, 0x00cf9b000000ffff);
    descriptor(kKernelCs, 0x00af9b000000ffff);
    descriptor(kKernelSs, 0x00cf93000000ffff);
    descriptor(0x20, 0x00cffb000000ffff);
    descriptor(kUserSs, 0x00cff3000000ffff);
    descriptor(kUserCs, 0x00affb000000ffff);
    const u64 base = kTssAt;
    descriptor(kTaskSelector, 0x67 | (base & 0xffffff) << 16 | u64{0x8b} << 40 | (base >> 24 & 0xff) << 56);
    descriptor(kTaskSelector + 8, base >> 32);
    ram.store(addressOf(FrameNo(kTss)) + 4, kStackTop);
    ram.store(addressOf(FrameNo(kTss)) + 0x66, u16{0x68});  // no I/O permission bitmap

    std::array<u8, kPageSize> stubs{};
    for (unsigned vector = 0; vector < 256; ++vector) {
        const u64 target = kStubsAt + vector * kStubSize;
        // 64-bit interrupt gate; only INT3 and INTO may be raised by software from ring 3
        const u64 dpl = vector == 3 || vector == 4 ? 3 : 0;
        set(kIdt, vector * 2,
            (target & 0xffff) | u64{kKernelCs} << 16 | (u64{0x8e} | dpl << 5) << 40 | (target >> 16 & 0xffff) << 48);
        set(kIdt, vector * 2 + 1, target >> 32);
        stubs[vector * kStubSize] = 0x0f;
        stubs[vector * kStubSize + 1] = 0x01;
        stubs[vector * kStubSize + 2] = 0xc1;
        stubs[vector * kStubSize + 3] = 0xf4;
    }
    ram.write(addressOf(FrameNo(kStubs)), stubs);
    std::array<u8, kPageSize> page{};
    page.fill(0xcc);
    ram.write(addressOf(FrameNo(kCodeFrame)), page);
    ram.write(addressOf(FrameNo(kCodeFrame + 1)), page);
    fillReadOnly(page);
    ram.write(addressOf(FrameNo(kReadOnlyFrame)), page);

    Registers& r = m_initial;
    r.cr0 = 0x80050033;  // PG, AM, WP, NE, ET, MP, PE as Linux sets them
    r.cr3 = addressOf(FrameNo(kPml4)).value;
    r.cr4 = 0x6a0;   // PAE, PGE, OSFXSR, OSXMMEXCPT
    r.efer = 0xd01;  // NXE, LMA, LME, SCE
    r.gdtr = {kGdtAt, 0x4f};
    r.idtr = {kIdtAt, 0xfff};
    r.tr = {kTaskSelector, 0x008b, 0x67, kTssAt};
    r.segment[CS] = {kUserCs, 0xa0fb, 0xffffffff, 0};
    r.segment[SS] = {kUserSs, 0xc0f3, 0xffffffff, 0};
    r.segment[FS].base = kFsBase;
    r.segment[GS].base = kGsBase;
    cpu.regs = m_initial;
    cpu.loadCr3(r.cr3);
}

void Simulated::load(const Case& c) {
    const u64 at = addressOf(FrameNo(kCodeFrame)).value + (c.in.rip - kCode);
    ram.write(PhysAddr(at), std::span(c.code).first(c.codeLength));
    cpu.codeChanged(frameOf(PhysAddr(at)));
    if (frameOf(PhysAddr(at)) != frameOf(PhysAddr(at + c.codeLength))) cpu.codeChanged(frameOf(PhysAddr(at)) + 1u);
    static const std::vector<u8> pristine = [] {
        std::vector<u8> bytes(kDataSize);
        fillData(bytes);
        return bytes;
    }();
    ram.write(addressOf(FrameNo(kDataFrame)), pristine);
    for (const Patch& p : c.patches)
        if (p.length != 0) ram.write(addressOf(FrameNo(kDataFrame)) + p.offset, std::span(p.bytes).first(p.length));
    cpu.regs = m_initial;
    cpu.regs.gpr = c.in.gpr;
    cpu.regs.rip = c.in.rip;
    cpu.regs.rflags = c.in.rflags | flag::IF;
    putFx(cpu.regs, c.in);
    cpu.undefined.reset();
    cpu.pipeline = {};
}

void Simulated::makeDataExecutable() {
    for (u32 i = 0; i < 2; ++i)
        ram.store(addressOf(FrameNo(kLowPt)) + (((kData >> kPageShift) & 511) + i) * 8,
                  entryOf(kDataFrame + i, pte::P | pte::US | pte::A | pte::RW | pte::D));
    cpu.flushTlb();
}

void Simulated::clear(const Case& c) {
    const u64 at = addressOf(FrameNo(kCodeFrame)).value + (c.in.rip - kCode);
    decltype(c.code) traps;
    traps.fill(0xcc);
    ram.write(PhysAddr(at), std::span(traps).first(c.codeLength));
    cpu.codeChanged(frameOf(PhysAddr(at)));
    if (frameOf(PhysAddr(at)) != frameOf(PhysAddr(at + c.codeLength))) cpu.codeChanged(frameOf(PhysAddr(at)) + 1u);
}

State Simulated::state() const {
    State s;
    s.gpr = cpu.regs.gpr;
    s.rip = cpu.regs.rip;
    s.rflags = cpu.regs.rflags;
    takeFx(s, cpu.regs);
    return s;
}

Result Simulated::run(const Case& c) {
    load(c);
    Result result;
    result.status = 1;
    RunLimits limits;
    CpuStop stop = CpuStop::TickLimit;
    if (c.mode == Mode::Step) {
        // A REP string instruction may take a tick a round.
        for (u64 i = 0; i < loops; ++i) {
            const u64 counter = cpu.regs.gpr[RCX];
            limits.tick = cpu.tick + 1;
            stop = cpu.run(ram, limits);
            if (stop != CpuStop::TickLimit || cpu.regs.rip != c.in.rip || cpu.regs.gpr[RCX] == counter ||
                !isRepeating(c))
                break;
        }
        // The tick that delivered an exception ends in front of the stub.
        if (stop == CpuStop::TickLimit && cpu.regs.cpl() == 0) {
            limits.tick = cpu.tick + 1;
            stop = cpu.run(ram, limits);
        }
    } else {
        limits.tick = cpu.tick + loops;
        stop = cpu.run(ram, limits);
    }
    result.out = state();
    if (stop == CpuStop::Vmcall && cpu.regs.cpl() == 0) {
        result.vector = static_cast<u32>((cpu.regs.rip - kStubsAt) / kStubSize);
        PhysAddr frame = addressOf(FrameNo(kStack)) + (cpu.regs.gpr[RSP] - (kStackTop - kPageSize));
        if (pushesErrorCode(result.vector)) {
            result.error = ram.load<u64>(frame);
            frame += 8;
        }
        result.out.rip = ram.load<u64>(frame);
        result.out.rflags = ram.load<u64>(frame + 16);
        result.out.gpr[RSP] = ram.load<u64>(frame + 24);
        result.address = cpu.regs.cr2;
    } else if (c.mode == Mode::Step && stop == CpuStop::TickLimit) {
        result.vector = 1;
    } else {
        result.status = 3;
    }
    std::vector<u8> bytes = data();
    makeBlind(c, bytes.data());
    result.memory = hashOf(bytes.data());
    clear(c);
    return result;
}

std::vector<u8> Simulated::data() const {
    std::vector<u8> bytes(kDataSize);
    ram.read(addressOf(FrameNo(kDataFrame)), bytes);
    return bytes;
}

}  // namespace ringside::sandbox
