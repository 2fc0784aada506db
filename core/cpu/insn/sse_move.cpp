// Moves between XMM registers, memory and general registers, shuffles, blends.
#include "core/cpu/insn/families.h"
#include "core/cpu/insn/sse_rows.h"

namespace ringside {
namespace sse {
namespace {

// reg = r/m, all sixteen bytes
template <Width kWidth, bool kMem>
void loadFull(Exec& x, const Insn& i) {
    store(x.regs.xmm[i.reg], source<kWidth, kMem>(x, i));
}
// r/m = reg
template <Width kWidth, bool kMem>
void storeFull(Exec& x, const Insn& i) {
    if constexpr (kMem) {
        const u64 va = x.effectiveAddress(i);
        if constexpr (kWidth == Width::Full) x.requireAligned(va, 16);
        x.store<Xmm>(va, x.regs.xmm[i.reg]);
    } else {
        x.regs.xmm[i.rm] = x.regs.xmm[i.reg];
    }
}
template <Width kWidth>
constexpr Handlers loads() {
    return regOrMem(chained<&loadFull<kWidth, false>>, chained<&loadFull<kWidth, true>>);
}
template <Width kWidth>
constexpr Handlers stores() {
    return regOrMem(chained<&storeFull<kWidth, false>>, chained<&storeFull<kWidth, true>>);
}

void setLow4(Xmm& target, u64 value) { target.q[0] = (target.q[0] & ~u64{0xffffffff}) | (value & 0xffffffff); }

// MOVSS, MOVSD: from memory the rest is cleared, from a register it stays.
void loadLow4(Exec& x, const Insn& i) { x.regs.xmm[i.reg].q = {x.load<u32>(x.effectiveAddress(i)), 0}; }
void loadLow8(Exec& x, const Insn& i) { x.regs.xmm[i.reg].q = {x.load<u64>(x.effectiveAddress(i)), 0}; }
void storeLow4(Exec& x, const Insn& i) {
    x.store<u32>(x.effectiveAddress(i), static_cast<u32>(x.regs.xmm[i.reg].q[0]));
}
void storeLow8(Exec& x, const Insn& i) { x.store<u64>(x.effectiveAddress(i), x.regs.xmm[i.reg].q[0]); }
void storeHigh8(Exec& x, const Insn& i) { x.store<u64>(x.effectiveAddress(i), x.regs.xmm[i.reg].q[1]); }
void mergeLow4(Exec& x, const Insn& i) { setLow4(x.regs.xmm[i.reg], x.regs.xmm[i.rm].q[0]); }
void mergeLow4Back(Exec& x, const Insn& i) { setLow4(x.regs.xmm[i.rm], x.regs.xmm[i.reg].q[0]); }
void mergeLow8(Exec& x, const Insn& i) { x.regs.xmm[i.reg].q[0] = x.regs.xmm[i.rm].q[0]; }
void mergeLow8Back(Exec& x, const Insn& i) { x.regs.xmm[i.rm].q[0] = x.regs.xmm[i.reg].q[0]; }
void mergeLow8Memory(Exec& x, const Insn& i) { x.regs.xmm[i.reg].q[0] = x.load<u64>(x.effectiveAddress(i)); }
void mergeHigh8Memory(Exec& x, const Insn& i) { x.regs.xmm[i.reg].q[1] = x.load<u64>(x.effectiveAddress(i)); }
void movhlps(Exec& x, const Insn& i) { x.regs.xmm[i.reg].q[0] = x.regs.xmm[i.rm].q[1]; }
void movlhps(Exec& x, const Insn& i) { x.regs.xmm[i.reg].q[1] = x.regs.xmm[i.rm].q[0]; }

// MOVQ clears the upper half in both directions.
void movq(Exec& x, const Insn& i) { x.regs.xmm[i.reg].q = {x.regs.xmm[i.rm].q[0], 0}; }
void movqBack(Exec& x, const Insn& i) { x.regs.xmm[i.rm].q = {x.regs.xmm[i.reg].q[0], 0}; }

// MOVD, MOVQ with general registers and memory
template <class T, bool kMem>
void fromGeneral(Exec& x, const Insn& i) {
    x.regs.xmm[i.reg].q = {readRm<T, kMem>(x, i), 0};
}
template <class T, bool kMem>
void toGeneral(Exec& x, const Insn& i) {
    writeRm<T, kMem>(x, i, static_cast<T>(x.regs.xmm[i.reg].q[0]));
}
void movmskps(Exec& x, const Insn& i) {
    x.set<u32>(i.reg, static_cast<u32>(_mm_movemask_ps(_mm_castsi128_ps(load(x.regs.xmm[i.rm])))));
}
void movmskpd(Exec& x, const Insn& i) {
    x.set<u32>(i.reg, static_cast<u32>(_mm_movemask_pd(_mm_castsi128_pd(load(x.regs.xmm[i.rm])))));
}

namespace op {
RINGSIDE_INT_OP(unpcklps)
RINGSIDE_INT_OP(unpckhps)
RINGSIDE_INT_OP(unpcklpd)
RINGSIDE_INT_OP(unpckhpd)
RINGSIDE_INT_OP(movsldup)
RINGSIDE_INT_OP(movshdup)
RINGSIDE_INT_OP(movddup)
RINGSIDE_INT_OP(andps)
RINGSIDE_INT_OP(andnps)
RINGSIDE_INT_OP(orps)
RINGSIDE_INT_OP(xorps)
}  // namespace op

// The mask is XMM0.
#define RINGSIDE_BLENDV(name)                                                       \
    template <bool kMem>                                                            \
    void name(Exec& x, const Insn& i) {                                             \
        const V b = source<Width::Full, kMem>(x, i);                                \
        V a = load(x.regs.xmm[i.reg]);                                              \
        asm(#name " %%xmm0, %1, %0" : "+x"(a) : "x"(b), "Yz"(load(x.regs.xmm[0]))); \
        store(x.regs.xmm[i.reg], a);                                                \
    }
RINGSIDE_BLENDV(pblendvb)
RINGSIDE_BLENDV(blendvps)
RINGSIDE_BLENDV(blendvpd)

// From memory there is one value, so the field that selects the source counts as zero.
void insertpsMemory(Exec& x, const Insn& i) {
    const V b = source<Width::Four, true>(x, i);
    store(x.regs.xmm[i.reg], table::insertps(load(x.regs.xmm[i.reg]), b, i.imm & 0x3f));
}

constexpr Mandatory kNp = Mandatory::None, k66 = Mandatory::P66, kF3 = Mandatory::PF3, kF2 = Mandatory::PF2;

constexpr Row of(u8 opcode, Mandatory prefix, std::string_view name, std::array<Form, 4> operands, Handlers h) {
    return row(Map::Of, opcode, prefix, name, operands, h);
}
constexpr Row ofMemory(u8 opcode, Mandatory prefix, std::string_view name, std::array<Form, 4> operands, Handler h) {
    return withMod(Mod::Memory, row(Map::Of, opcode, prefix, name, operands, memoryOnly(h)));
}
constexpr Row ofRegister(u8 opcode, Mandatory prefix, std::string_view name, std::array<Form, 4> operands, Handler h) {
    return withMod(Mod::Register, row(Map::Of, opcode, prefix, name, operands, registerOnly(h)));
}

// clang-format off
constexpr Row kRows[] = {
    of(0x10, kNp, "movups", kVW, loads<Width::Unaligned>()),
    of(0x10, k66, "movupd", kVW, loads<Width::Unaligned>()),
    of(0x10, kF3, "movss", kVW, regOrMem(chained<&mergeLow4>, chained<&loadLow4>)),
    of(0x10, kF2, "movsd", kVW, regOrMem(chained<&mergeLow8>, chained<&loadLow8>)),
    of(0x11, kNp, "movups", kWV, stores<Width::Unaligned>()),
    of(0x11, k66, "movupd", kWV, stores<Width::Unaligned>()),
    of(0x11, kF3, "movss", kWV, regOrMem(chained<&mergeLow4Back>, chained<&storeLow4>)),
    of(0x11, kF2, "movsd", kWV, regOrMem(chained<&mergeLow8Back>, chained<&storeLow8>)),
    ofMemory(0x12, kNp, "movlps", kVW, chained<&mergeLow8Memory>),
    ofRegister(0x12, kNp, "movhlps", kVW, chained<&movhlps>),
    ofMemory(0x12, k66, "movlpd", kVW, chained<&mergeLow8Memory>),
    of(0x12, kF3, "movsldup", kVW, integer<op::movsldup>()),
    of(0x12, kF2, "movddup", kVW, integer<op::movddup, Width::Eight>()),
    ofMemory(0x13, kNp, "movlps", kWV, chained<&storeLow8>),
    ofMemory(0x13, k66, "movlpd", kWV, chained<&storeLow8>),
    of(0x14, kNp, "unpcklps", kVW, integer<op::unpcklps>()),
    of(0x14, k66, "unpcklpd", kVW, integer<op::unpcklpd>()),
    of(0x15, kNp, "unpckhps", kVW, integer<op::unpckhps>()),
    of(0x15, k66, "unpckhpd", kVW, integer<op::unpckhpd>()),
    ofMemory(0x16, kNp, "movhps", kVW, chained<&mergeHigh8Memory>),
    ofRegister(0x16, kNp, "movlhps", kVW, chained<&movlhps>),
    ofMemory(0x16, k66, "movhpd", kVW, chained<&mergeHigh8Memory>),
    of(0x16, kF3, "movshdup", kVW, integer<op::movshdup>()),
    ofMemory(0x17, kNp, "movhps", kWV, chained<&storeHigh8>),
    ofMemory(0x17, k66, "movhpd", kWV, chained<&storeHigh8>),
    of(0x28, kNp, "movaps", kVW, loads<Width::Full>()),
    of(0x28, k66, "movapd", kVW, loads<Width::Full>()),
    of(0x29, kNp, "movaps", kWV, stores<Width::Full>()),
    of(0x29, k66, "movapd", kWV, stores<Width::Full>()),
    ofMemory(0x2b, kNp, "movntps", kWV, &storeFull<Width::Full, true>),
    ofMemory(0x2b, k66, "movntpd", kWV, &storeFull<Width::Full, true>),
    ofMemory(0xe7, k66, "movntdq", kWV, &storeFull<Width::Full, true>),
    of(0x6f, k66, "movdqa", kVW, loads<Width::Full>()),
    of(0x6f, kF3, "movdqu", kVW, loads<Width::Unaligned>()),
    of(0x7f, k66, "movdqa", kWV, stores<Width::Full>()),
    of(0x7f, kF3, "movdqu", kWV, stores<Width::Unaligned>()),
    ofMemory(0xf0, kF2, "lddqu", kVW, &loadFull<Width::Unaligned, true>),
    of(0x6e, k66, "movd", {Form::V, Form::Ey},
       bySize(chained<&fromGeneral<u32, false>>, chained<&fromGeneral<u32, true>>, chained<&fromGeneral<u64, false>>, chained<&fromGeneral<u64, true>>)),
    of(0x7e, k66, "movd", {Form::Ey, Form::V},
       bySize(chained<&toGeneral<u32, false>>, chained<&toGeneral<u32, true>>, chained<&toGeneral<u64, false>>, chained<&toGeneral<u64, true>>)),
    of(0x7e, kF3, "movq", kVW, regOrMem(chained<&movq>, chained<&loadLow8>)),
    of(0xd6, k66, "movq", kWV, regOrMem(chained<&movqBack>, chained<&storeLow8>)),
    of(0x50, kNp, "movmskps", {Form::Gd, Form::U}, registerOnly(&movmskps)),
    of(0x50, k66, "movmskpd", {Form::Gd, Form::U}, registerOnly(&movmskpd)),
    of(0x54, kNp, "andps", kVW, integer<op::andps>()),
    of(0x54, k66, "andpd", kVW, integer<op::andps>()),
    of(0x55, kNp, "andnps", kVW, integer<op::andnps>()),
    of(0x55, k66, "andnpd", kVW, integer<op::andnps>()),
    of(0x56, kNp, "orps", kVW, integer<op::orps>()),
    of(0x56, k66, "orpd", kVW, integer<op::orps>()),
    of(0x57, kNp, "xorps", kVW, integer<op::xorps>()),
    of(0x57, k66, "xorpd", kVW, integer<op::xorps>()),
    of(0x70, k66, "pshufd", kVWIb, integerImm<table::pshufd>()),
    of(0x70, kF3, "pshufhw", kVWIb, integerImm<table::pshufhw>()),
    of(0x70, kF2, "pshuflw", kVWIb, integerImm<table::pshuflw>()),
    of(0xc6, kNp, "shufps", kVWIb, integerImm<table::shufps>()),
    of(0xc6, k66, "shufpd", kVWIb, integerImm<table::shufpd>()),
    withMod(Mod::Memory, row(Map::Of38, 0x2a, k66, "movntdqa", kVW, memoryOnly(&loadFull<Width::Full, true>))),
    row(Map::Of38, 0x10, k66, "pblendvb", kVW, regOrMem(&pblendvb<false>, &pblendvb<true>)),
    row(Map::Of38, 0x14, k66, "blendvps", kVW, regOrMem(&blendvps<false>, &blendvps<true>)),
    row(Map::Of38, 0x15, k66, "blendvpd", kVW, regOrMem(&blendvpd<false>, &blendvpd<true>)),
    row(Map::Of3a, 0x0c, k66, "blendps", kVWIb, integerImm<table::blendps>()),
    row(Map::Of3a, 0x0d, k66, "blendpd", kVWIb, integerImm<table::blendpd>()),
    row(Map::Of3a, 0x21, k66, "insertps", kVWIb,
        regOrMem(&integerImmediate<table::insertps, Width::Full, false>, &insertpsMemory)),
};
// clang-format on

}  // namespace
}  // namespace sse

std::span<const Row> rowsOfSseMove() { return sse::kRows; }

}  // namespace ringside
