// x87: everything that computes, loads, stores or compares; executed on the host (x87_host.h). The control instructions
// are in x87_control.cpp.
//
// As on Intel since the Pentium 4, the last instruction pointer is kept for every instruction here, the last data
// pointer for those with memory operands, and the last opcode only when the instruction raised an unmasked exception.
#include "core/cpu/insn/decode.h"
#include "core/cpu/insn/families.h"
#include "core/cpu/insn/x87_rows.h"

namespace ringside {
namespace x87 {
namespace {

u16 opcodeOf(Exec& x, const Insn& i) {
    std::array<u8, 15> bytes{};
    x.loadBytes(x.ripOf(i), std::span(bytes).first(i.length));
    return static_cast<u16>((i.opcode & 7) << 8 | decode(std::span(bytes).first(i.length)).modrmByte);
}

void noteInstruction(Exec& x, const Insn& i) {
    X87& s = x.regs.x87;
    s.lastIp = x.ripOf(i);
    if (unmasked(s)) [[unlikely]]
        s.opcode = opcodeOf(x, i);
}

u8 registerForm(const Insn& i) { return static_cast<u8>(0xc0 | (i.reg & 7) << 3 | (i.rm & 7)); }

void compute(Exec& x, const Insn& i) {
    requireNonePending(x);
    u64 flags = 0;
    x87Register(x.regs.x87, i.opcode & 7, registerForm(i), flags);
    noteInstruction(x, i);
}
// FCMOVcc reads the flags, FCOMI and the like set them.
void computeWithFlags(Exec& x, const Insn& i) {
    requireNonePending(x);
    u64 flags = x.flags.get();
    x87Register(x.regs.x87, i.opcode & 7, registerForm(i), flags);
    x.flags.set(flags);
    noteInstruction(x, i);
}

template <unsigned kBytes>
struct Operand {
    std::array<u8, kBytes> bytes{};
};

template <unsigned kBytes>
void loadOperand(Exec& x, const Insn& i) {
    requireNonePending(x);
    const u64 va = x.effectiveAddress(i);
    auto operand = x.load<Operand<kBytes>>(va);
    x87Memory(x.regs.x87, i.opcode & 7, i.reg & 7, &operand);
    x.regs.x87.lastDp = va - x.r[i.segment];
    noteInstruction(x, i);
}

// Nothing is stored when an unmasked exception says that there is no result, but the address is checked all the same. A
// store that faults changes nothing.
template <unsigned kBytes>
void storeOperand(Exec& x, const Insn& i) {
    requireNonePending(x);
    const u64 va = x.effectiveAddress(i);
    X87 after = x.regs.x87;
    Operand<kBytes> operand;
    x87Memory(after, i.opcode & 7, i.reg & 7, &operand);
    if (unmasked(after) & ~kPrecision)
        x.probe(va, kBytes, AccessKind::Write);
    else
        x.store(va, operand);
    x.regs.x87 = after;
    x.regs.x87.lastDp = va - x.r[i.segment];
    noteInstruction(x, i);
}

constexpr Row load(u8 opcode, i8 digit, std::string_view name, Handler handler, Timing timing = Timing::Float) {
    return row(opcode, digit, Mod::Memory, name, {Form::M}, memoryOnly(handler), timing);
}
constexpr Row store(u8 opcode, i8 digit, std::string_view name, Handler handler) {
    return row(opcode, digit, Mod::Memory, name, {Form::M}, memoryOnly(handler));
}
// D8 C0+i and the like
constexpr Row stack(u8 opcode, i8 digit, std::string_view name, Timing timing = Timing::Float) {
    return row(opcode, digit, Mod::Register, name, {Form::St, Form::Sti}, registerOnly(&compute), timing);
}
constexpr Row conditional(u8 opcode, i8 digit, std::string_view name) {
    return row(opcode, digit, Mod::Register, name, {Form::St, Form::Sti}, registerOnly(&computeWithFlags));
}
constexpr Row compareFlags(u8 opcode, i8 digit, std::string_view name) {
    Row r = conditional(opcode, digit, name);
    r.defined = flag::ZF | flag::PF | flag::CF;
    r.undefined = flag::OF | flag::SF | flag::AF;
    return r;
}
// Without operands: one ModRM each
constexpr Row fixed(u8 opcode, u8 modrm, std::string_view name, Timing timing = Timing::Float) {
    return withRm(static_cast<i8>(modrm & 7), row(opcode, static_cast<i8>(modrm >> 3 & 7), Mod::Register, name, {},
                                                  registerOnly(&compute), timing));
}

constexpr Timing kDivide = Timing::FloatDivide, kSlow = Timing::Transcendental;

// clang-format off
constexpr Row kRows[] = {
    load(0xd8, 0, "fadd", &loadOperand<4>), load(0xd8, 1, "fmul", &loadOperand<4>),
    load(0xd8, 2, "fcom", &loadOperand<4>), load(0xd8, 3, "fcomp", &loadOperand<4>),
    load(0xd8, 4, "fsub", &loadOperand<4>), load(0xd8, 5, "fsubr", &loadOperand<4>),
    load(0xd8, 6, "fdiv", &loadOperand<4>, kDivide), load(0xd8, 7, "fdivr", &loadOperand<4>, kDivide),
    stack(0xd8, 0, "fadd"), stack(0xd8, 1, "fmul"), stack(0xd8, 2, "fcom"), stack(0xd8, 3, "fcomp"),
    stack(0xd8, 4, "fsub"), stack(0xd8, 5, "fsubr"), stack(0xd8, 6, "fdiv", kDivide), stack(0xd8, 7, "fdivr", kDivide),

    load(0xd9, 0, "fld", &loadOperand<4>), store(0xd9, 2, "fst", &storeOperand<4>),
    store(0xd9, 3, "fstp", &storeOperand<4>),
    stack(0xd9, 0, "fld"), stack(0xd9, 1, "fxch"), fixed(0xd9, 0xd0, "fnop"), stack(0xd9, 3, "fstp"),
    fixed(0xd9, 0xe0, "fchs"), fixed(0xd9, 0xe1, "fabs"), fixed(0xd9, 0xe4, "ftst"), fixed(0xd9, 0xe5, "fxam"),
    fixed(0xd9, 0xe8, "fld1"), fixed(0xd9, 0xe9, "fldl2t"), fixed(0xd9, 0xea, "fldl2e"), fixed(0xd9, 0xeb, "fldpi"),
    fixed(0xd9, 0xec, "fldlg2"), fixed(0xd9, 0xed, "fldln2"), fixed(0xd9, 0xee, "fldz"),
    fixed(0xd9, 0xf0, "f2xm1", kSlow), fixed(0xd9, 0xf1, "fyl2x", kSlow), fixed(0xd9, 0xf2, "fptan", kSlow),
    fixed(0xd9, 0xf3, "fpatan", kSlow), fixed(0xd9, 0xf4, "fxtract"), fixed(0xd9, 0xf5, "fprem1", kDivide),
    fixed(0xd9, 0xf6, "fdecstp"), fixed(0xd9, 0xf7, "fincstp"), fixed(0xd9, 0xf8, "fprem", kDivide),
    fixed(0xd9, 0xf9, "fyl2xp1", kSlow), fixed(0xd9, 0xfa, "fsqrt", kDivide), fixed(0xd9, 0xfb, "fsincos", kSlow),
    fixed(0xd9, 0xfc, "frndint"), fixed(0xd9, 0xfd, "fscale"), fixed(0xd9, 0xfe, "fsin", kSlow),
    fixed(0xd9, 0xff, "fcos", kSlow),

    load(0xda, 0, "fiadd", &loadOperand<4>), load(0xda, 1, "fimul", &loadOperand<4>),
    load(0xda, 2, "ficom", &loadOperand<4>), load(0xda, 3, "ficomp", &loadOperand<4>),
    load(0xda, 4, "fisub", &loadOperand<4>), load(0xda, 5, "fisubr", &loadOperand<4>),
    load(0xda, 6, "fidiv", &loadOperand<4>, kDivide), load(0xda, 7, "fidivr", &loadOperand<4>, kDivide),
    conditional(0xda, 0, "fcmovb"), conditional(0xda, 1, "fcmove"), conditional(0xda, 2, "fcmovbe"),
    conditional(0xda, 3, "fcmovu"), fixed(0xda, 0xe9, "fucompp"),

    load(0xdb, 0, "fild", &loadOperand<4>), store(0xdb, 1, "fisttp", &storeOperand<4>),
    store(0xdb, 2, "fist", &storeOperand<4>), store(0xdb, 3, "fistp", &storeOperand<4>),
    load(0xdb, 5, "fld", &loadOperand<10>), store(0xdb, 7, "fstp", &storeOperand<10>),
    conditional(0xdb, 0, "fcmovnb"), conditional(0xdb, 1, "fcmovne"), conditional(0xdb, 2, "fcmovnbe"),
    conditional(0xdb, 3, "fcmovnu"), compareFlags(0xdb, 5, "fucomi"), compareFlags(0xdb, 6, "fcomi"),

    load(0xdc, 0, "fadd", &loadOperand<8>), load(0xdc, 1, "fmul", &loadOperand<8>),
    load(0xdc, 2, "fcom", &loadOperand<8>), load(0xdc, 3, "fcomp", &loadOperand<8>),
    load(0xdc, 4, "fsub", &loadOperand<8>), load(0xdc, 5, "fsubr", &loadOperand<8>),
    load(0xdc, 6, "fdiv", &loadOperand<8>, kDivide), load(0xdc, 7, "fdivr", &loadOperand<8>, kDivide),
    // The register forms subtract and divide the other way round than their digits in D8 say.
    stack(0xdc, 0, "fadd"), stack(0xdc, 1, "fmul"), stack(0xdc, 2, "fcom"), stack(0xdc, 3, "fcomp"),
    stack(0xdc, 4, "fsubr"), stack(0xdc, 5, "fsub"), stack(0xdc, 6, "fdivr", kDivide), stack(0xdc, 7, "fdiv", kDivide),

    load(0xdd, 0, "fld", &loadOperand<8>), store(0xdd, 1, "fisttp", &storeOperand<8>),
    store(0xdd, 2, "fst", &storeOperand<8>), store(0xdd, 3, "fstp", &storeOperand<8>),
    stack(0xdd, 0, "ffree"), stack(0xdd, 1, "fxch"), stack(0xdd, 2, "fst"), stack(0xdd, 3, "fstp"),
    stack(0xdd, 4, "fucom"), stack(0xdd, 5, "fucomp"),

    load(0xde, 0, "fiadd", &loadOperand<2>), load(0xde, 1, "fimul", &loadOperand<2>),
    load(0xde, 2, "ficom", &loadOperand<2>), load(0xde, 3, "ficomp", &loadOperand<2>),
    load(0xde, 4, "fisub", &loadOperand<2>), load(0xde, 5, "fisubr", &loadOperand<2>),
    load(0xde, 6, "fidiv", &loadOperand<2>, kDivide), load(0xde, 7, "fidivr", &loadOperand<2>, kDivide),
    stack(0xde, 0, "faddp"), stack(0xde, 1, "fmulp"), stack(0xde, 2, "fcomp"), fixed(0xde, 0xd9, "fcompp"),
    stack(0xde, 4, "fsubrp"), stack(0xde, 5, "fsubp"), stack(0xde, 6, "fdivrp", kDivide),
    stack(0xde, 7, "fdivp", kDivide),

    load(0xdf, 0, "fild", &loadOperand<2>), store(0xdf, 1, "fisttp", &storeOperand<2>),
    store(0xdf, 2, "fist", &storeOperand<2>), store(0xdf, 3, "fistp", &storeOperand<2>),
    load(0xdf, 4, "fbld", &loadOperand<10>), load(0xdf, 5, "fild", &loadOperand<8>),
    store(0xdf, 6, "fbstp", &storeOperand<10>), store(0xdf, 7, "fistp", &storeOperand<8>),
    stack(0xdf, 0, "ffreep"), stack(0xdf, 1, "fxch"), stack(0xdf, 2, "fstp"), stack(0xdf, 3, "fstp"),
    compareFlags(0xdf, 5, "fucomip"), compareFlags(0xdf, 6, "fcomip"),
};
// clang-format on

}  // namespace
}  // namespace x87

std::span<const Row> rowsOfX87() { return x87::kRows; }

}  // namespace ringside
