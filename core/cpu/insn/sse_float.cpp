// Floating point in XMM registers: arithmetic, comparison, rounding, conversion.
#include "core/cpu/insn/families.h"
#include "core/cpu/insn/sse_rows.h"

namespace ringside {
namespace sse {

// (opcode after 0F, name, timing): NP ps, 66 pd, F3 ss, F2 sd
// clang-format off
#define RINGSIDE_ARITHMETIC(X) \
    X(0x58, add, Add, Float) X(0x59, mul, Mul, Float) X(0x5c, sub, Sub, Float) X(0x5e, div, Div, FloatDivide)
#define RINGSIDE_FOUR(X) X(0x51, sqrt, _, FloatDivide) X(0x5d, min, _, Float) X(0x5f, max, _, Float)
// (opcode after 0F, prefix, name, memory width)
#define RINGSIDE_SINGLE(X)                                                                                         \
    X(0x52, None, rsqrtps, Full) X(0x52, PF3, rsqrtss, Four) X(0x53, None, rcpps, Full) X(0x53, PF3, rcpss, Four)  \
    X(0x5a, None, cvtps2pd, Eight) X(0x5a, PF3, cvtss2sd, Four) X(0x5b, None, cvtdq2ps, Full)                      \
    X(0x5b, P66, cvtps2dq, Full) X(0x5b, PF3, cvttps2dq, Full) X(0xe6, P66, cvttpd2dq, Full)                       \
    X(0xe6, PF3, cvtdq2pd, Eight) X(0xe6, PF2, cvtpd2dq, Full)
// (opcode after 0F, prefix, name, memory width, kind, double, lanes, horizontal)
#define RINGSIDE_PLANNED(X)                                                                                        \
    X(0x7c, P66, haddpd, Full, Add, true, 2, true) X(0x7c, PF2, haddps, Full, Add, false, 4, true)                 \
    X(0x7d, P66, hsubpd, Full, Sub, true, 2, true) X(0x7d, PF2, hsubps, Full, Sub, false, 4, true)                 \
    X(0xd0, P66, addsubpd, Full, AddSub, true, 2, false) X(0xd0, PF2, addsubps, Full, AddSub, false, 4, false)     \
    X(0x5a, P66, cvtpd2ps, Full, Narrow, true, 2, false) X(0x5a, PF2, cvtsd2ss, Eight, Narrow, true, 1, false)
// (map, opcode, prefix, name, memory width), with an immediate
#define RINGSIDE_IMMEDIATE(X)                                                                                      \
    X(Of, 0xc2, None, cmpps, Full) X(Of, 0xc2, P66, cmppd, Full) X(Of, 0xc2, PF3, cmpss, Four)                     \
    X(Of, 0xc2, PF2, cmpsd, Eight) X(Of3a, 0x08, P66, roundps, Full) X(Of3a, 0x09, P66, roundpd, Full)             \
    X(Of3a, 0x0a, P66, roundss, Four) X(Of3a, 0x0b, P66, roundsd, Eight)
// clang-format on

namespace {

namespace op {
#define RINGSIDE_FOUR_OPS(opcode, name, kind, timing) \
    RINGSIDE_FP_OP(name##ps) RINGSIDE_FP_OP(name##pd) RINGSIDE_FP_OP(name##ss) RINGSIDE_FP_OP(name##sd)
#define RINGSIDE_SINGLE_OP(opcode, prefix, name, width) RINGSIDE_FP_OP(name)
#define RINGSIDE_PLANNED_OP(opcode, prefix, name, width, kind, isDouble, lanes, horizontal) RINGSIDE_FP_OP(name)
RINGSIDE_ARITHMETIC(RINGSIDE_FOUR_OPS)
RINGSIDE_PLANNED(RINGSIDE_PLANNED_OP)
RINGSIDE_FOUR(RINGSIDE_FOUR_OPS)
RINGSIDE_SINGLE(RINGSIDE_SINGLE_OP)

#define RINGSIDE_COMPARE(name)                                                                           \
    inline u64 name(V a, V b) {                                                                          \
        bool zero, parity, carry;                                                                        \
        asm volatile(#name " %4, %3" : "=@ccz"(zero), "=@ccp"(parity), "=@ccc"(carry) : "x"(a), "x"(b)); \
        return (zero ? flag::ZF : 0) | (parity ? flag::PF : 0) | (carry ? flag::CF : 0);                 \
    }
RINGSIDE_COMPARE(ucomiss)
RINGSIDE_COMPARE(ucomisd)
RINGSIDE_COMPARE(comiss)
RINGSIDE_COMPARE(comisd)

#define RINGSIDE_FROM_GENERAL(name)                       \
    template <class T>                                    \
    V name(V a, T b) {                                    \
        asm volatile(#name " %1, %0" : "+x"(a) : "r"(b)); \
        return a;                                         \
    }
RINGSIDE_FROM_GENERAL(cvtsi2ss)
RINGSIDE_FROM_GENERAL(cvtsi2sd)

#define RINGSIDE_TO_GENERAL(name)                              \
    template <class T>                                         \
    T name(V a) {                                              \
        T result;                                              \
        asm volatile(#name " %1, %0" : "=r"(result) : "x"(a)); \
        return result;                                         \
    }
RINGSIDE_TO_GENERAL(cvtss2si)
RINGSIDE_TO_GENERAL(cvtsd2si)
RINGSIDE_TO_GENERAL(cvttss2si)
RINGSIDE_TO_GENERAL(cvttsd2si)
}  // namespace op

template <u64 (*kOp)(V, V), Width kWidth, bool kMem>
void compare(Exec& x, const Insn& i) {
    const V b = source<kWidth, kMem>(x, i);
    u64 result = 0;
    floating(x, [&] { result = kOp(load(x.regs.xmm[i.reg]), b); });
    x.flags.set(result);
}
template <u64 (*kOp)(V, V), Width kWidth>
constexpr Handlers compares() {
    return regOrMem(chained<&compare<kOp, kWidth, false>>, chained<&compare<kOp, kWidth, true>>);
}

template <class T, V (*kOp)(V, T), bool kMem>
void fromGeneral(Exec& x, const Insn& i) {
    const T b = readRm<T, kMem>(x, i);
    V result = load(x.regs.xmm[i.reg]);
    floating(x, [&] { result = kOp(result, b); });
    store(x.regs.xmm[i.reg], result);
}
template <V (*kOp32)(V, u32), V (*kOp64)(V, u64)>
constexpr Handlers fromGenerals() {
    return bySize(chained<&fromGeneral<u32, kOp32, false>>, chained<&fromGeneral<u32, kOp32, true>>,
                  chained<&fromGeneral<u64, kOp64, false>>, chained<&fromGeneral<u64, kOp64, true>>);
}

template <class T, T (*kOp)(V), Width kWidth, bool kMem>
void toGeneral(Exec& x, const Insn& i) {
    const V b = source<kWidth, kMem>(x, i);
    T result = 0;
    floating(x, [&] { result = kOp(b); });
    x.set<T>(i.reg, result);
}
template <u32 (*kOp32)(V), u64 (*kOp64)(V), Width kWidth>
constexpr Handlers toGenerals() {
    return bySize(chained<&toGeneral<u32, kOp32, kWidth, false>>, chained<&toGeneral<u32, kOp32, kWidth, true>>,
                  chained<&toGeneral<u64, kOp64, kWidth, false>>, chained<&toGeneral<u64, kOp64, kWidth, true>>);
}

// With an exception unmasked, every step is looked at.
template <V (*kOp)(V, V, u8), bool kDouble, bool kMem>
void dotProduct(Exec& x, const Insn& i) {
    const V b = source<Width::Full, kMem>(x, i);
    const u8 immediate = static_cast<u8>(i.imm);
    V result = load(x.regs.xmm[i.reg]);
    if (!x.mxcsrLive && (x.regs.mxcsr & kMxcsrMasks) != kMxcsrMasks) [[unlikely]] {
        if (dotProductUnmasked(x.regs.mxcsr, kDouble, result, b, immediate)) raiseFloating(x);
    } else {
        floating(x, [&] { result = kOp(result, b, immediate); });
    }
    store(x.regs.xmm[i.reg], result);
}
template <V (*kOp)(V, V, u8), bool kDouble>
constexpr Handlers dotProducts() {
    return regOrMem(&dotProduct<kOp, kDouble, false>, &dotProduct<kOp, kDouble, true>);
}

constexpr Mandatory kNp = Mandatory::None, k66 = Mandatory::P66, kF3 = Mandatory::PF3, kF2 = Mandatory::PF2;

constexpr Row of(u8 opcode, Mandatory prefix, std::string_view name, std::array<Form, 4> operands, Handlers h,
                 Timing timing = Timing::Float) {
    return row(Map::Of, opcode, prefix, name, operands, h, timing);
}

#define RINGSIDE_FOUR_ROWS(opcode, name, kind, timing)                                     \
    of(opcode, kNp, #name "ps", kVW, fp<op::name##ps>(), Timing::timing),                  \
        of(opcode, k66, #name "pd", kVW, fp<op::name##pd>(), Timing::timing),              \
        of(opcode, kF3, #name "ss", kVW, fp<op::name##ss, Width::Four>(), Timing::timing), \
        of(opcode, kF2, #name "sd", kVW, fp<op::name##sd, Width::Eight>(), Timing::timing),
#define RINGSIDE_ARITHMETIC_ROW(opcode, prefix, name, width, kind, isDouble, lanes, horizontal, timing) \
    of(opcode, Mandatory::prefix, #name, kVW,                                                           \
       arithmetic<op::name, Plan{Arithmetic::kind, isDouble, lanes, horizontal}, Width::width>(), Timing::timing),
#define RINGSIDE_PLANNED_ROW(opcode, prefix, name, width, kind, isDouble, lanes, horizontal) \
    RINGSIDE_ARITHMETIC_ROW(opcode, prefix, name, width, kind, isDouble, lanes, horizontal, Float)
#define RINGSIDE_ARITHMETIC_ROWS(opcode, name, kind, timing)                             \
    RINGSIDE_ARITHMETIC_ROW(opcode, None, name##ps, Full, kind, false, 4, false, timing) \
    RINGSIDE_ARITHMETIC_ROW(opcode, P66, name##pd, Full, kind, true, 2, false, timing)   \
    RINGSIDE_ARITHMETIC_ROW(opcode, PF3, name##ss, Four, kind, false, 1, false, timing)  \
    RINGSIDE_ARITHMETIC_ROW(opcode, PF2, name##sd, Eight, kind, true, 1, false, timing)
#define RINGSIDE_SINGLE_ROW(opcode, prefix, name, width) \
    of(opcode, Mandatory::prefix, #name, kVW, fp<op::name, Width::width>()),
#define RINGSIDE_IMMEDIATE_ROW(map, opcode, prefix, name, width) \
    row(Map::map, opcode, Mandatory::prefix, #name, kVWIb, fpImm<table::name, Width::width>(), Timing::Float),

// clang-format off
constexpr Row kRows[] = {
    RINGSIDE_ARITHMETIC(RINGSIDE_ARITHMETIC_ROWS) RINGSIDE_PLANNED(RINGSIDE_PLANNED_ROW)
    RINGSIDE_FOUR(RINGSIDE_FOUR_ROWS) RINGSIDE_SINGLE(RINGSIDE_SINGLE_ROW) RINGSIDE_IMMEDIATE(RINGSIDE_IMMEDIATE_ROW)
    row(Map::Of3a, 0x40, k66, "dpps", kVWIb, dotProducts<table::dpps, false>(), Timing::Float),
    row(Map::Of3a, 0x41, k66, "dppd", kVWIb, dotProducts<table::dppd, true>(), Timing::Float),
    withFlags(flag::kStatus, of(0x2e, kNp, "ucomiss", kVW, compares<op::ucomiss, Width::Four>())),
    withFlags(flag::kStatus, of(0x2e, k66, "ucomisd", kVW, compares<op::ucomisd, Width::Eight>())),
    withFlags(flag::kStatus, of(0x2f, kNp, "comiss", kVW, compares<op::comiss, Width::Four>())),
    withFlags(flag::kStatus, of(0x2f, k66, "comisd", kVW, compares<op::comisd, Width::Eight>())),
    of(0x2a, kF3, "cvtsi2ss", {Form::V, Form::Ey}, fromGenerals<op::cvtsi2ss<u32>, op::cvtsi2ss<u64>>()),
    of(0x2a, kF2, "cvtsi2sd", {Form::V, Form::Ey}, fromGenerals<op::cvtsi2sd<u32>, op::cvtsi2sd<u64>>()),
    of(0x2c, kF3, "cvttss2si", {Form::Gy, Form::W},
       toGenerals<op::cvttss2si<u32>, op::cvttss2si<u64>, Width::Four>()),
    of(0x2c, kF2, "cvttsd2si", {Form::Gy, Form::W},
       toGenerals<op::cvttsd2si<u32>, op::cvttsd2si<u64>, Width::Eight>()),
    of(0x2d, kF3, "cvtss2si", {Form::Gy, Form::W}, toGenerals<op::cvtss2si<u32>, op::cvtss2si<u64>, Width::Four>()),
    of(0x2d, kF2, "cvtsd2si", {Form::Gy, Form::W}, toGenerals<op::cvtsd2si<u32>, op::cvtsd2si<u64>, Width::Eight>()),
};
// clang-format on

}  // namespace
}  // namespace sse

std::span<const Row> rowsOfSseFloat() { return sse::kRows; }

}  // namespace ringside
