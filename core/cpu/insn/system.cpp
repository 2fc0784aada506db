// SYSCALL, SYSRET, INT, IRET, HLT, VMCALL, CLI, STI, control and debug registers, descriptor tables, I/O ports.
#include <vector>

#include "core/cpu/engine.h"
#include "core/cpu/insn/families.h"
#include "core/cpu/insn/operands.h"

namespace ringside {
namespace {

u64 allFlags(const Exec& x) { return (x.regs.rflags & ~flag::kStatus) | x.flags.get() | flag::kAlwaysOne; }
void setAllFlags(Exec& x, u64 value) {
    x.regs.rflags = value | flag::kAlwaysOne;
    x.flags.set(value);
}

void goTo(Exec& x, const Insn& i, u64 rip) {
    x.jump(i, rip);
    x.attention = true;
}

void syscall(Exec& x, const Insn& i) {
    Registers& g = x.regs;
    if (!(g.efer & 1)) raise(vector::UD);
    x.r[RCX] = x.nextRipOf(i);
    x.r[R11] = allFlags(x) & ~flag::RF;
    setAllFlags(x, x.r[R11] & ~g.fmask);
    const u16 cs = static_cast<u16>(g.star >> 32 & 0xfffc);
    Engine::of(x).setFlatSegments(cs, static_cast<u16>(cs + 8));
    goTo(x, i, g.lstar);
}

void sysret(Exec& x, const Insn& i) {
    Registers& g = x.regs;
    if (!(g.efer & 1)) raise(vector::UD);
    x.requireRing0();
    if (i.size != 8) raise(vector::GP);  // to 32-bit code, which is not modelled
    x.requireCanonical(x.r[RCX]);
    setAllFlags(x, x.r[R11] & 0x3c7fd7);
    const u16 base = static_cast<u16>(g.star >> 48);
    Engine::of(x).setFlatSegments(static_cast<u16>((base + 16) | 3), static_cast<u16>((base + 8) | 3));
    goTo(x, i, x.r[RCX]);
}

template <class T>
void iret(Exec& x, const Insn& i) {
    Registers& g = x.regs;
    if (g.rflags & flag::NT) raise(vector::GP);
    const unsigned cpl = g.cpl(), iopl = g.rflags >> 12 & 3;
    std::array<u64, 5> frame;
    for (unsigned n = 0; n < 5; ++n) frame[n] = x.loadStack<T>(x.r[RSP] + n * sizeof(T));
    Engine::of(x).farReturn(i, frame[0], static_cast<u16>(frame[1]), frame[3], static_cast<u16>(frame[4]));
    u64 mask = flag::kStatus | flag::TF | flag::DF | flag::NT;
    if (sizeof(T) > 2) mask |= flag::AC | flag::ID | flag::RF;
    if (cpl <= iopl) mask |= flag::IF;
    if (cpl == 0) mask |= flag::IOPL | (sizeof(T) > 2 ? flag::VIF | flag::VIP : 0);
    setAllFlags(x, (allFlags(x) & ~mask) | (frame[2] & mask));
    Engine::of(x).modeChanged();
}

void interrupt(Exec& x, const Insn& i, u8 number, bool software) {
    Engine::of(x).softwareInterrupt(number, x.nextRipOf(i), software);
    x.end = &i + 1;
    x.attention = true;
}
void int3(Exec& x, const Insn& i) { interrupt(x, i, vector::BP, true); }
void intN(Exec& x, const Insn& i) { interrupt(x, i, static_cast<u8>(i.imm), true); }
void int1(Exec& x, const Insn& i) { interrupt(x, i, vector::DB, false); }

void hlt(Exec& x, const Insn& i) {
    x.requireRing0();
    x.cpu.pipeline.halted = true;
    x.stopAfter(i);
}

void vmcall(Exec& x, const Insn& i) {
    if (x.regs.cpl() != 0) raise(vector::UD);
    Engine::of(x).stop(i, CpuStop::Vmcall);
}

void requireIopl(const Exec& x) {
    if (x.regs.cpl() > (x.regs.rflags >> 12 & 3)) raise(vector::GP);
}
void cli(Exec& x, const Insn& i) {
    requireIopl(x);
    x.regs.rflags &= ~flag::IF;
    x.stopAfter(i);
}
void sti(Exec& x, const Insn& i) {
    requireIopl(x);
    if (!(x.regs.rflags & flag::IF)) x.cpu.pipeline.interruptShadow = true;
    x.regs.rflags |= flag::IF;
    x.stopAfter(i);
}

// No device answers: reads give ones, writes go nowhere. From ring 3 the I/O bitmap (which we do not have) denies.
void in(Exec& x, const Insn& i) {
    requireIopl(x);
    if (i.size == 1)
        x.set<u8>(RAX, 0xff);
    else if (i.size == 2)
        x.set<u16>(RAX, 0xffff);
    else
        x.set<u32>(RAX, 0xffffffff);
}
void out(Exec& x, const Insn&) { requireIopl(x); }

// ---- descriptor tables
// -----------------------------------------------------------------------------------------------

void requireNoUmip(const Exec& x) {
    if ((x.regs.cr4 >> 11 & 1) && x.regs.cpl() != 0) raise(vector::GP);
}

template <DescriptorTable Registers::*kTable>
void storeTable(Exec& x, const Insn& i) {
    requireNoUmip(x);
    const DescriptorTable& table = x.regs.*kTable;
    std::array<u8, 10> bytes;
    std::memcpy(bytes.data(), &table.limit, 2);
    std::memcpy(bytes.data() + 2, &table.base, 8);
    x.storeBytes(x.effectiveAddress(i), bytes);
}
template <DescriptorTable Registers::*kTable>
void loadTable(Exec& x, const Insn& i) {
    x.requireRing0();
    const u64 va = x.effectiveAddress(i);
    const u16 limit = x.load<u16>(va);
    const u64 base = x.load<u64>(va + 2);
    x.requireCanonical(base);
    x.regs.*kTable = {base, limit};
}

template <class T, bool kMem>
void storeSelector(Exec& x, const Insn& i, u16 selector) {
    if constexpr (kMem)
        x.store<u16>(x.effectiveAddress(i), selector);
    else
        x.set<T>(i.rm, selector);
}
struct Sldt {
    template <class T, bool kMem>
    static void run(Exec& x, const Insn& i) {
        requireNoUmip(x);
        storeSelector<T, kMem>(x, i, x.regs.ldtr.selector);
    }
};
struct Str {
    template <class T, bool kMem>
    static void run(Exec& x, const Insn& i) {
        requireNoUmip(x);
        storeSelector<T, kMem>(x, i, x.regs.tr.selector);
    }
};
struct Smsw {
    template <class T, bool kMem>
    static void run(Exec& x, const Insn& i) {
        requireNoUmip(x);
        if constexpr (kMem)
            x.store<u16>(x.effectiveAddress(i), static_cast<u16>(x.regs.cr0));
        else
            x.set<T>(i.rm, static_cast<T>(x.regs.cr0));
    }
};

template <bool kMem>
void lmsw(Exec& x, const Insn& i) {
    x.requireRing0();
    const u16 value = readRm<u16, kMem>(x, i);
    x.regs.cr0 = (x.regs.cr0 & ~u64{14}) | (value & 15);  // PE can be set, not cleared
    Engine::of(x).modeChanged();
    x.stopAfter(i);
}

template <bool kMem>
void lldt(Exec& x, const Insn& i) {
    x.requireRing0();
    const u16 selector = readRm<u16, kMem>(x, i);
    Segment loaded;
    loaded.selector = selector;
    if (selector & ~3) {
        const u32 error = selector & ~3u;
        if (selector & 4) raise(vector::GP, error);
        const Engine::Descriptor d = Engine::of(x).descriptorOf(selector, true);
        if (!d.isSystem() || d.type() != 2) raise(vector::GP, error);
        if (!d.present()) raise(vector::NP, error);
        loaded = {selector, d.access(), d.limit(), d.base()};
    }
    x.regs.ldtr = loaded;
}

template <bool kMem>
void ltr(Exec& x, const Insn& i) {
    x.requireRing0();
    const u16 selector = readRm<u16, kMem>(x, i);
    const u32 error = selector & ~3u;
    if (error == 0 || (selector & 4)) raise(vector::GP, error);
    Engine::Descriptor d = Engine::of(x).descriptorOf(selector, true);
    if (!d.isSystem() || d.type() != 9) raise(vector::GP, error);
    if (!d.present()) raise(vector::NP, error);
    d.low |= u64{2} << 40;  // busy
    Engine::of(x).storeSupervisor<u64>(d.address, d.low);
    x.regs.tr = {selector, d.access(), d.limit(), d.base()};
}

// LAR, LSL, VERR, VERW: may the present code use that selector?
bool visible(Exec& x, u16 selector, Engine::Descriptor& d, bool systemToo) {
    if ((selector & ~3) == 0) return false;
    try {
        d = Engine::of(x).descriptorOf(selector);
    } catch (const Fault& fault) {
        if (fault.vector != vector::GP) throw;
        return false;
    }
    if (d.isSystem()) {
        const u8 t = d.type();
        return systemToo && (t == 2 || t == 9 || t == 11) && d.dpl() >= x.regs.cpl() && d.dpl() >= (selector & 3);
    }
    const bool conforming = (d.type() & 12) == 12;
    return conforming || (d.dpl() >= x.regs.cpl() && d.dpl() >= (selector & 3));
}
void setZf(Exec& x, bool zf) { x.flags.set((x.flags.get() & ~flag::ZF) | (zf ? flag::ZF : 0)); }

template <bool kLimit>
struct LoadAccess {
    template <class T, bool kMem>
    static void run(Exec& x, const Insn& i) {
        const u16 selector = readRm<u16, kMem>(x, i);
        Engine::Descriptor d;
        const bool ok = visible(x, selector, d, true);
        if (ok) x.set<T>(i.reg, static_cast<T>(kLimit ? d.limit() : d.low >> 32 & 0xf0ff00));
        setZf(x, ok);
    }
};
template <bool kWrite, bool kMem>
void verify(Exec& x, const Insn& i) {
    const u16 selector = readRm<u16, kMem>(x, i);
    Engine::Descriptor d;
    bool ok = visible(x, selector, d, false);
    if (ok) {
        const bool code = d.type() & 8, second = d.type() & 2;
        ok = kWrite ? !code && second : !code || second;
    }
    setZf(x, ok);
}

// ---- segment registers
// -----------------------------------------------------------------------------------------------

struct MovFromSegment {
    template <class T, bool kMem>
    static void run(Exec& x, const Insn& i) {
        if ((i.reg & 7) > GS) raise(vector::UD);
        storeSelector<T, kMem>(x, i, x.regs.segment[i.reg & 7].selector);
    }
};
template <bool kMem>
void movToSegment(Exec& x, const Insn& i) {
    const unsigned name = i.reg & 7;
    if (name > GS || name == CS) raise(vector::UD);
    Engine::of(x).loadSegment(static_cast<SegmentName>(name), readRm<u16, kMem>(x, i));
    if (name == SS) {
        x.cpu.pipeline.interruptShadow = true;
        x.stopAfter(i);
    }
}
template <class T, SegmentName kName>
void pushSegment(Exec& x, const Insn&) {
    x.storeStack<T>(x.r[RSP] - sizeof(T), x.regs.segment[kName].selector);
    x.r[RSP] -= sizeof(T);
}
template <class T, SegmentName kName>
void popSegment(Exec& x, const Insn&) {
    const u16 selector = static_cast<u16>(x.loadStack<T>(x.r[RSP]));
    Engine::of(x).loadSegment(kName, selector);
    x.r[RSP] += sizeof(T);
}
template <SegmentName kName>
struct LoadFar {
    template <class T, bool>
    static void run(Exec& x, const Insn& i) {
        const u64 va = x.effectiveAddress(i);
        const T offset = x.load<T>(va);
        const u16 selector = x.load<u16>(va + sizeof(T));
        Engine::of(x).loadSegment(kName, selector);
        x.set<T>(i.reg, offset);
    }
};

// ---- control and debug registers
// -------------------------------------------------------------------------------------

constexpr u64 kCr0Bits = 0xe005003f;
constexpr u64 kCr4Bits = 0x10fff;  // up to UMIP, and FSGSBASE; no LA57, VMX, PCID, OSXSAVE, SMEP, SMAP

// There is no CR1, CR5 …: #UD before the privilege is looked at.
void requireControl(Exec& x, const Insn& i) {
    if (i.reg != 0 && (i.reg < 2 || i.reg > 4) && i.reg != 8) raise(vector::UD);
    x.requireRing0();
}
void movFromControl(Exec& x, const Insn& i) {
    requireControl(x, i);
    switch (i.reg) {
        case 0:
            x.r[i.rm] = x.regs.cr0;
            return;
        case 2:
            x.r[i.rm] = x.regs.cr2;
            return;
        case 3:
            x.r[i.rm] = x.regs.cr3;
            return;
        case 4:
            x.r[i.rm] = x.regs.cr4;
            return;
        case 8:
            x.r[i.rm] = x.regs.cr8;
            return;
        default:
            raise(vector::UD);
    }
}

void flushAll(Exec& x) {
    x.cpu.tlb.flush(true);
    x.cpu.flushTlb();
}

void movToControl(Exec& x, const Insn& i) {
    requireControl(x, i);
    const u64 value = x.r[i.rm];
    Registers& g = x.regs;
    switch (i.reg) {
        case 0:
            if (value >> 32 || !(value & 1) || !(value >> 31) || ((value >> 29 & 1) && !(value >> 30 & 1)))
                raise(vector::GP);
            g.cr0 = (value & kCr0Bits) | 0x10;
            flushAll(x);
            break;
        case 2:
            g.cr2 = value;
            break;
        case 3:
            if (value >> 52) raise(vector::GP);
            x.cpu.loadCr3(value);
            break;
        case 4:
            if ((value & ~kCr4Bits) || !(value & 0x20)) raise(vector::GP);
            g.cr4 = value;
            flushAll(x);
            break;
        case 8:
            if (value >> 4) raise(vector::GP);
            g.cr8 = value;
            break;
        default:
            raise(vector::UD);
    }
    Engine::of(x).modeChanged();
    x.stopAfter(i);
}

u8 debugNumber(Exec& x, const Insn& i) {
    const bool alias = i.reg == 4 || i.reg == 5;
    if (i.reg > 7 || (alias && (x.regs.cr4 & 8))) raise(vector::UD);  // CR4.DE
    x.requireRing0();
    if (x.regs.dr[7] & dr7::GD) {
        x.regs.dr[6] |= dr6::BD;
        x.regs.dr[7] &= ~dr7::GD;
        raise(vector::DB);
    }
    return alias ? i.reg + 2 : i.reg;
}
void movFromDebug(Exec& x, const Insn& i) { x.r[i.rm] = x.regs.dr[debugNumber(x, i)]; }
void movToDebug(Exec& x, const Insn& i) {
    const u8 n = debugNumber(x, i);
    const u64 value = x.r[i.rm];
    if (n >= 6 && value >> 32) raise(vector::GP);
    x.regs.dr[n] = n == 6 ? (value & 0xe00f) | 0xffff0ff0 : n == 7 ? (value & 0xffff2fff) | 0x400 : value;
    Engine::of(x).modeChanged();
    x.stopAfter(i);
}

void clts(Exec& x, const Insn& i) {
    x.requireRing0();
    x.regs.cr0 &= ~u64{8};
    Engine::of(x).modeChanged();
    x.stopAfter(i);
}

void invlpg(Exec& x, const Insn& i) {
    x.requireRing0();
    x.cpu.invalidatePage(VirtAddr(x.effectiveAddress(i)));
    x.stopAfter(i);
}

void swapgs(Exec& x, const Insn& i) {
    x.requireRing0();
    std::swap(x.regs.segment[GS].base, x.regs.kernelGsBase);
    Engine::of(x).modeChanged();
    x.stopAfter(i);
}

void ring0Nop(Exec& x, const Insn&) { x.requireRing0(); }

template <SegmentName kName, bool kWrite>
void segmentBase(Exec& x, const Insn& i) {
    if (!(x.regs.cr4 >> 16 & 1)) raise(vector::UD);
    u64& base = x.regs.segment[kName].base;
    if (!kWrite) {
        if (i.size == 8)
            x.r[i.rm] = base;
        else
            x.set<u32>(i.rm, static_cast<u32>(base));
        return;
    }
    const u64 value = i.size == 8 ? x.r[i.rm] : static_cast<u32>(x.r[i.rm]);
    x.requireCanonical(value);
    base = value;
    Engine::of(x).modeChanged();
}

std::vector<Row> makeRows() {
    using enum Form;
    std::vector<Row> rows;
    constexpr Timing kSystem = Timing::System, kRing = Timing::Ring;
    const auto one = [&](u8 opcode, std::string_view name, std::array<Form, 4> forms, Handlers h, u16 attributes = 0,
                         Timing timing = Timing::System, i8 digit = -1) {
        rows.push_back({.opcode = opcode,
                        .digit = digit,
                        .mnemonic = name,
                        .operands = forms,
                        .handlers = h,
                        .timing = timing,
                        .attributes = attributes});
    };
    const auto of = [&](u8 opcode, std::string_view name, std::array<Form, 4> forms, Handlers h, u16 attributes = 0,
                        Timing timing = Timing::System, i8 digit = -1, i8 rm = -1) {
        rows.push_back({.map = Map::Of,
                        .opcode = opcode,
                        .digit = digit,
                        .mnemonic = name,
                        .operands = forms,
                        .handlers = h,
                        .timing = timing,
                        .attributes = attributes,
                        .mod = rm >= 0         ? Mod::Register
                               : forms[0] == M ? Mod::Memory
                                               : Mod::Any,
                        .rm = rm});
    };
    of(0x05, "syscall", {}, always(syscall), kEndsBlock, kRing);
    of(0x07, "sysret", {}, always(sysret), kEndsBlock, kRing);
    one(0xcf, "iret", {}, {{nullptr, iret<u16>, iret<u32>, iret<u64>}, {}}, kEndsBlock, kRing);
    one(0xcc, "int3", {}, always(int3), kEndsBlock, kRing);
    one(0xcd, "int", {Ib}, always(intN), kEndsBlock, kRing);
    one(0xf1, "int1", {}, always(int1), kEndsBlock, kRing);
    one(0xf4, "hlt", {}, always(hlt), kEndsBlock);
    one(0xfa, "cli", {}, always(cli), kEndsBlock, Timing::Fence);
    one(0xfb, "sti", {}, always(sti), kEndsBlock, Timing::Fence);
    of(0x01, "vmcall", {}, registerOnly(vmcall), kEndsBlock, kSystem, 0, 1);
    of(0x01, "swapgs", {}, registerOnly(swapgs), kEndsBlock, kSystem, 7, 0);

    of(0x01, "sgdt", {M}, memoryOnly(storeTable<&Registers::gdtr>), kForce64, kSystem, 0);
    of(0x01, "sidt", {M}, memoryOnly(storeTable<&Registers::idtr>), kForce64, kSystem, 1);
    of(0x01, "lgdt", {M}, memoryOnly(loadTable<&Registers::gdtr>), kForce64, kSystem, 2);
    of(0x01, "lidt", {M}, memoryOnly(loadTable<&Registers::idtr>), kForce64, kSystem, 3);
    of(0x01, "smsw", {Ev}, wordHandlers<Smsw>(), 0, kSystem, 4);
    of(0x01, "lmsw", {Ew}, regOrMem(lmsw<false>, lmsw<true>), kEndsBlock, kSystem, 6);
    of(0x01, "invlpg", {M}, memoryOnly(invlpg), kEndsBlock, kSystem, 7);
    of(0x00, "sldt", {Ev}, wordHandlers<Sldt>(), 0, kSystem, 0);
    of(0x00, "str", {Ev}, wordHandlers<Str>(), 0, kSystem, 1);
    of(0x00, "lldt", {Ew}, regOrMem(lldt<false>, lldt<true>), kEndsBlock, kSystem, 2);
    of(0x00, "ltr", {Ew}, regOrMem(ltr<false>, ltr<true>), kEndsBlock, kSystem, 3);
    of(0x00, "verr", {Ew}, regOrMem(verify<false, false>, verify<false, true>), 0, kSystem, 4);
    of(0x00, "verw", {Ew}, regOrMem(verify<true, false>, verify<true, true>), 0, kSystem, 5);
    of(0x02, "lar", {Gv, Ew}, wordHandlers<LoadAccess<false>>());
    of(0x03, "lsl", {Gv, Ew}, wordHandlers<LoadAccess<true>>());
    of(0x06, "clts", {}, always(clts), kEndsBlock);
    of(0x08, "invd", {}, always(ring0Nop));
    of(0x09, "wbinvd", {}, always(ring0Nop));
    of(0x20, "mov", {Rv, Cd}, registerOnly(movFromControl), kForce64);
    of(0x22, "mov", {Cd, Rv}, registerOnly(movToControl), kForce64 | kEndsBlock);
    of(0x21, "mov", {Rv, Dd}, registerOnly(movFromDebug), kForce64);
    of(0x23, "mov", {Dd, Rv}, registerOnly(movToDebug), kForce64 | kEndsBlock);

    one(0x8c, "mov", {Ev, Sw}, wordHandlers<MovFromSegment>(), 0, Timing::Simple);
    one(0x8e, "mov", {Sw, Ew}, regOrMem(movToSegment<false>, movToSegment<true>), kEndsBlock);
    of(0xa0, "push", {}, {{nullptr, pushSegment<u16, FS>, nullptr, pushSegment<u64, FS>}, {}}, kDefault64);
    of(0xa8, "push", {}, {{nullptr, pushSegment<u16, GS>, nullptr, pushSegment<u64, GS>}, {}}, kDefault64);
    of(0xa1, "pop", {}, {{nullptr, popSegment<u16, FS>, nullptr, popSegment<u64, FS>}, {}}, kDefault64 | kEndsBlock);
    of(0xa9, "pop", {}, {{nullptr, popSegment<u16, GS>, nullptr, popSegment<u64, GS>}, {}}, kDefault64 | kEndsBlock);
    of(0xb2, "lss", {Gv, M}, wordMemory<LoadFar<SS>>(), kEndsBlock);
    of(0xb4, "lfs", {Gv, M}, wordMemory<LoadFar<FS>>(), kEndsBlock);
    of(0xb5, "lgs", {Gv, M}, wordMemory<LoadFar<GS>>(), kEndsBlock);

    one(0xe4, "in", {Al, Ib}, always(in), kByte);
    one(0xe5, "in", {Ax, Ib}, always(in));
    one(0xe6, "out", {Ib, Al}, always(out), kByte);
    one(0xe7, "out", {Ib, Ax}, always(out));
    one(0xec, "in", {Al, Dx}, always(in), kByte);
    one(0xed, "in", {Ax, Dx}, always(in));
    one(0xee, "out", {Dx, Al}, always(out), kByte);
    one(0xef, "out", {Dx, Ax}, always(out));

    const auto base = [&](i8 digit, std::string_view name, Handler h) {
        rows.push_back({.map = Map::Of,
                        .opcode = 0xae,
                        .prefix = Mandatory::PF3,
                        .digit = digit,
                        .mnemonic = name,
                        .operands = {Rv},
                        .handlers = registerOnly(h),
                        .mod = Mod::Register});
    };
    base(0, "rdfsbase", segmentBase<FS, false>);
    base(1, "rdgsbase", segmentBase<GS, false>);
    base(2, "wrfsbase", segmentBase<FS, true>);
    base(3, "wrgsbase", segmentBase<GS, true>);
    return rows;
}

}  // namespace

std::span<const Row> rowsOfSystem() {
    static const std::vector<Row> rows = makeRows();
    return rows;
}

}  // namespace ringside
