// MMX: the mantissas of the x87 registers as eight 64-bit registers. Every one of these instructions makes register 0
// the top and marks all x87 registers as full (EMMS: as empty); one that is written gets an exponent of all ones.
#include "core/cpu/insn/families.h"
#include "core/cpu/insn/sse_rows.h"
#include "core/cpu/insn/x87_rows.h"

namespace ringside {
namespace mmx {

using sse::V;

// (opcode after 0F, name, bytes of memory)
// clang-format off
#define RINGSIDE_MMX(X)                                                                                       \
    X(0x60, punpcklbw, u32) X(0x61, punpcklwd, u32) X(0x62, punpckldq, u32) X(0x63, packsswb, u64)            \
    X(0x64, pcmpgtb, u64) X(0x65, pcmpgtw, u64) X(0x66, pcmpgtd, u64) X(0x67, packuswb, u64)                  \
    X(0x68, punpckhbw, u64) X(0x69, punpckhwd, u64) X(0x6a, punpckhdq, u64) X(0x6b, packssdw, u64)            \
    X(0x74, pcmpeqb, u64) X(0x75, pcmpeqw, u64) X(0x76, pcmpeqd, u64) X(0xd1, psrlw, u64) X(0xd2, psrld, u64) \
    X(0xd3, psrlq, u64) X(0xd4, paddq, u64) X(0xd5, pmullw, u64) X(0xd8, psubusb, u64) X(0xd9, psubusw, u64)  \
    X(0xda, pminub, u64) X(0xdb, pand, u64) X(0xdc, paddusb, u64) X(0xdd, paddusw, u64) X(0xde, pmaxub, u64)  \
    X(0xdf, pandn, u64) X(0xe0, pavgb, u64) X(0xe1, psraw, u64) X(0xe2, psrad, u64) X(0xe3, pavgw, u64)       \
    X(0xe4, pmulhuw, u64) X(0xe5, pmulhw, u64) X(0xe8, psubsb, u64) X(0xe9, psubsw, u64) X(0xea, pminsw, u64) \
    X(0xeb, por, u64) X(0xec, paddsb, u64) X(0xed, paddsw, u64) X(0xee, pmaxsw, u64) X(0xef, pxor, u64)       \
    X(0xf1, psllw, u64) X(0xf2, pslld, u64) X(0xf3, psllq, u64) X(0xf4, pmuludq, u64) X(0xf5, pmaddwd, u64)   \
    X(0xf6, psadbw, u64) X(0xf8, psubb, u64) X(0xf9, psubw, u64) X(0xfa, psubd, u64) X(0xfb, psubq, u64)      \
    X(0xfc, paddb, u64) X(0xfd, paddw, u64) X(0xfe, paddd, u64)
// clang-format on
// The same after 0F 38
// clang-format off
#define RINGSIDE_MMX38(X)                                                                                        \
    X(0x00, pshufb, u64) X(0x01, phaddw, u64) X(0x02, phaddd, u64) X(0x03, phaddsw, u64) X(0x04, pmaddubsw, u64) \
    X(0x05, phsubw, u64) X(0x06, phsubd, u64) X(0x07, phsubsw, u64) X(0x08, psignb, u64) X(0x09, psignw, u64)    \
    X(0x0a, psignd, u64) X(0x0b, pmulhrsw, u64) X(0x1c, pabsb, u64) X(0x1d, pabsw, u64) X(0x1e, pabsd, u64)
// clang-format on

namespace {

namespace op {
// On the host's MMX unit, which is left as the ABI wants it.
#define RINGSIDE_MMX_OP(opcode, name, memory)                                                               \
    u64 name(u64 a, u64 b) {                                                                                \
        asm volatile("movq %0, %%mm0\n\tmovq %1, %%mm1\n\t" #name " %%mm1, %%mm0\n\tmovq %%mm0, %0\n\temms" \
                     : "+r"(a)                                                                              \
                     : "r"(b)                                                                               \
                     : "mm0", "mm1");                                                                       \
        return a;                                                                                           \
    }
RINGSIDE_MMX(RINGSIDE_MMX_OP)
RINGSIDE_MMX38(RINGSIDE_MMX_OP)

#define RINGSIDE_FROM_MMX(name)                                                                   \
    V name(V a, u64 b) {                                                                          \
        asm volatile("movq %1, %%mm0\n\t" #name " %%mm0, %0\n\temms" : "+x"(a) : "r"(b) : "mm0"); \
        return a;                                                                                 \
    }
RINGSIDE_FROM_MMX(cvtpi2ps)
RINGSIDE_FROM_MMX(cvtpi2pd)

#define RINGSIDE_TO_MMX(name)                                                                       \
    u64 name(V a) {                                                                                 \
        u64 result;                                                                                 \
        asm volatile(#name " %1, %%mm0\n\tmovq %%mm0, %0\n\temms" : "=r"(result) : "x"(a) : "mm0"); \
        return result;                                                                              \
    }
RINGSIDE_TO_MMX(cvtps2pi)
RINGSIDE_TO_MMX(cvttps2pi)
RINGSIDE_TO_MMX(cvtpd2pi)
RINGSIDE_TO_MMX(cvttpd2pi)
}  // namespace op

u64 get(const Exec& x, unsigned n) { return x.regs.x87.st[n & 7].mantissa; }

// What every MMX instruction does to the x87 unit, to be done when nothing can fail any more.
void enter(Exec& x) {
    X87& s = x.regs.x87;
    s.status &= static_cast<u16>(~(7 << 11));
    s.tags = x87::tagsFor(s.st, 0xff);
}
void set(Exec& x, unsigned n, u64 value) {
    x.regs.x87.st[n & 7] = {.mantissa = value, .signExponent = 0xffff};
    enter(x);
}

template <class T, bool kMem>
u64 source(Exec& x, const Insn& i) {
    if constexpr (kMem) return x.load<T>(x.effectiveAddress(i));
    return get(x, i.rm);
}

template <u64 (*kOp)(u64, u64), class T, bool kMem>
void binary(Exec& x, const Insn& i) {
    x87::requireNonePending(x);
    const u64 b = source<T, kMem>(x, i);
    set(x, i.reg, kOp(get(x, i.reg), b));
}
template <u64 (*kOp)(u64, u64), class T>
constexpr Handlers binaries() {
    return regOrMem(&binary<kOp, T, false>, &binary<kOp, T, true>);
}
template <u64 (*kOp)(u64, u64)>
void shiftImmediate(Exec& x, const Insn& i) {
    x87::requireNonePending(x);
    set(x, i.rm, kOp(get(x, i.rm), static_cast<u8>(i.imm)));
}

template <bool kMem>
void pshufw(Exec& x, const Insn& i) {
    x87::requireNonePending(x);
    const u64 b = source<u64, kMem>(x, i);
    u64 result = 0;
    for (unsigned n = 0; n < 4; ++n) result |= ((b >> (16 * (i.imm >> (2 * n) & 3))) & 0xffff) << (16 * n);
    set(x, i.reg, result);
}
template <bool kMem>
void palignr(Exec& x, const Insn& i) {
    x87::requireNonePending(x);
    const u64 b = source<u64, kMem>(x, i);
    const unsigned count = static_cast<u8>(i.imm);
    set(x, i.reg, count > 15 ? 0 : static_cast<u64>((u128{get(x, i.reg)} << 64 | b) >> (8 * count)));
}
template <bool kMem>
void pinsrw(Exec& x, const Insn& i) {
    x87::requireNonePending(x);
    u16 value;
    if constexpr (kMem)
        value = x.load<u16>(x.effectiveAddress(i));
    else
        value = static_cast<u16>(x.r[i.rm]);
    const unsigned at = 16 * (i.imm & 3);
    set(x, i.reg, (get(x, i.reg) & ~(u64{0xffff} << at)) | u64{value} << at);
}
void pextrw(Exec& x, const Insn& i) {
    x87::requireNonePending(x);
    x.r[i.reg] = (get(x, i.rm) >> (16 * (i.imm & 3))) & 0xffff;
    enter(x);
}
void pmovmskb(Exec& x, const Insn& i) {
    x87::requireNonePending(x);
    x.r[i.reg] = static_cast<u64>(_mm_movemask_epi8(_mm_cvtsi64_si128(static_cast<i64>(get(x, i.rm)))));
    enter(x);
}
void maskmovq(Exec& x, const Insn& i) {
    x87::requireNonePending(x);
    u64 base = x.r[RDI];
    if (i.has(Insn::kAddress32)) base = static_cast<u32>(base);
    base += x.r[i.segment];
    const u64 mask = get(x, i.rm), value = get(x, i.reg);
    x.probe(base, 8, AccessKind::Write);
    for (unsigned n = 0; n < 8; ++n)
        if ((mask >> (8 * n + 7)) & 1) x.store<u8>(base + n, static_cast<u8>(value >> (8 * n)));
    enter(x);
}

// MOVD and MOVQ with general registers, memory and each other
template <class T, bool kMem>
void fromGeneral(Exec& x, const Insn& i) {
    x87::requireNonePending(x);
    u64 value;
    if constexpr (kMem)
        value = x.load<T>(x.effectiveAddress(i));
    else
        value = x.get<T>(i.rm);
    set(x, i.reg, value);
}
template <class T, bool kMem>
void toGeneral(Exec& x, const Insn& i) {
    x87::requireNonePending(x);
    const T value = static_cast<T>(get(x, i.reg));
    if constexpr (kMem)
        x.store<T>(x.effectiveAddress(i), value);
    else
        x.set<T>(i.rm, value);
    enter(x);
}
void movq(Exec& x, const Insn& i) {
    x87::requireNonePending(x);
    set(x, i.reg, get(x, i.rm));
}
void movqBack(Exec& x, const Insn& i) {
    x87::requireNonePending(x);
    set(x, i.rm, get(x, i.reg));
}
void movq2dq(Exec& x, const Insn& i) {
    x87::requireNonePending(x);
    x.regs.xmm[i.reg].q = {get(x, i.rm), 0};
    enter(x);
}
void movdq2q(Exec& x, const Insn& i) {
    x87::requireNonePending(x);
    set(x, i.reg, x.regs.xmm[i.rm].q[0]);
}

// From memory these leave the x87 unit alone.
template <V (*kOp)(V, u64), bool kMem>
void convertFrom(Exec& x, const Insn& i) {
    if constexpr (!kMem) x87::requireNonePending(x);
    const u64 b = source<u64, kMem>(x, i);
    V result = sse::load(x.regs.xmm[i.reg]);
    sse::floating(x, [&] { result = kOp(result, b); });
    sse::store(x.regs.xmm[i.reg], result);
    if constexpr (!kMem) enter(x);
}
template <u64 (*kOp)(V), sse::Width kWidth, bool kMem>
void convertTo(Exec& x, const Insn& i) {
    x87::requireNonePending(x);
    const V b = sse::source<kWidth, kMem>(x, i);
    u64 result = 0;
    sse::floating(x, [&] { result = kOp(b); });
    set(x, i.reg, result);
}
template <u64 (*kOp)(V), sse::Width kWidth>
constexpr Handlers convertsTo() {
    return regOrMem(&convertTo<kOp, kWidth, false>, &convertTo<kOp, kWidth, true>);
}

void emms(Exec& x, const Insn&) {
    x87::requireNonePending(x);
    enter(x);
    x.regs.x87.tags = 0xffff;
}

using sse::bySize, sse::withDigit, sse::withMod;

constexpr Mandatory kNp = Mandatory::None, k66 = Mandatory::P66, kF3 = Mandatory::PF3, kF2 = Mandatory::PF2;
constexpr std::array<Form, 4> kPQ{Form::P, Form::Q}, kQP{Form::Q, Form::P};

constexpr Row of(u8 opcode, std::string_view name, std::array<Form, 4> operands, Handlers handlers,
                 Mandatory prefix = kNp, u16 attributes = kMmx, Timing timing = Timing::Vector) {
    return sse::row(Map::Of, opcode, prefix, name, operands, handlers, timing, attributes);
}
constexpr Row shift(u8 opcode, i8 digit, std::string_view name, Handler handler) {
    return withDigit(digit, of(opcode, name, {Form::N, Form::Ib}, registerOnly(handler)));
}
constexpr Row convert(u8 opcode, std::string_view name, std::array<Form, 4> operands, Handlers handlers,
                      Mandatory prefix) {
    return of(opcode, name, operands, handlers, prefix, kMmx | kSse, Timing::Float);
}

#define RINGSIDE_MMX_ROW(opcode, name, memory) of(opcode, #name, kPQ, binaries<op::name, memory>()),
#define RINGSIDE_MMX38_ROW(opcode, name, memory) \
    sse::row(Map::Of38, opcode, kNp, #name, kPQ, binaries<op::name, memory>(), Timing::Vector, kMmx),

// clang-format off
constexpr Row kRows[] = {
    RINGSIDE_MMX(RINGSIDE_MMX_ROW) RINGSIDE_MMX38(RINGSIDE_MMX38_ROW)
    of(0x6e, "movd", {Form::P, Form::Ey},
       bySize(&fromGeneral<u32, false>, &fromGeneral<u32, true>, &fromGeneral<u64, false>, &fromGeneral<u64, true>)),
    of(0x7e, "movd", {Form::Ey, Form::P},
       bySize(&toGeneral<u32, false>, &toGeneral<u32, true>, &toGeneral<u64, false>, &toGeneral<u64, true>)),
    of(0x6f, "movq", kPQ, regOrMem(&movq, &fromGeneral<u64, true>)),
    of(0x7f, "movq", kQP, regOrMem(&movqBack, &toGeneral<u64, true>)),
    withMod(Mod::Memory, of(0xe7, "movntq", kQP, memoryOnly(&toGeneral<u64, true>))),
    of(0x70, "pshufw", {Form::P, Form::Q, Form::Ib}, regOrMem(&pshufw<false>, &pshufw<true>)),
    shift(0x71, 2, "psrlw", &shiftImmediate<op::psrlw>),
    shift(0x71, 4, "psraw", &shiftImmediate<op::psraw>),
    shift(0x71, 6, "psllw", &shiftImmediate<op::psllw>),
    shift(0x72, 2, "psrld", &shiftImmediate<op::psrld>),
    shift(0x72, 4, "psrad", &shiftImmediate<op::psrad>),
    shift(0x72, 6, "pslld", &shiftImmediate<op::pslld>),
    shift(0x73, 2, "psrlq", &shiftImmediate<op::psrlq>),
    shift(0x73, 6, "psllq", &shiftImmediate<op::psllq>),
    of(0x77, "emms", {}, registerOnly(&emms)),
    of(0xc4, "pinsrw", {Form::P, Form::Ed, Form::Ib}, regOrMem(&pinsrw<false>, &pinsrw<true>)),
    of(0xc5, "pextrw", {Form::Gd, Form::N, Form::Ib}, registerOnly(&pextrw)),
    of(0xd7, "pmovmskb", {Form::Gd, Form::N}, registerOnly(&pmovmskb)),
    of(0xf7, "maskmovq", {Form::P, Form::N}, registerOnly(&maskmovq), kNp, kMmx | kEndsBlock),
    sse::row(Map::Of3a, 0x0f, kNp, "palignr", {Form::P, Form::Q, Form::Ib}, regOrMem(&palignr<false>, &palignr<true>),
             Timing::Vector, kMmx),
    of(0xd6, "movq2dq", {Form::V, Form::N}, registerOnly(&movq2dq), kF3, kMmx | kSse),
    of(0xd6, "movdq2q", {Form::P, Form::U}, registerOnly(&movdq2q), kF2, kMmx | kSse),
    convert(0x2a, "cvtpi2ps", {Form::V, Form::Q},
            regOrMem(&convertFrom<op::cvtpi2ps, false>, &convertFrom<op::cvtpi2ps, true>), kNp),
    convert(0x2a, "cvtpi2pd", {Form::V, Form::Q},
            regOrMem(&convertFrom<op::cvtpi2pd, false>, &convertFrom<op::cvtpi2pd, true>), k66),
    convert(0x2c, "cvttps2pi", {Form::P, Form::W}, convertsTo<op::cvttps2pi, sse::Width::Eight>(), kNp),
    convert(0x2c, "cvttpd2pi", {Form::P, Form::W}, convertsTo<op::cvttpd2pi, sse::Width::Full>(), k66),
    convert(0x2d, "cvtps2pi", {Form::P, Form::W}, convertsTo<op::cvtps2pi, sse::Width::Eight>(), kNp),
    convert(0x2d, "cvtpd2pi", {Form::P, Form::W}, convertsTo<op::cvtpd2pi, sse::Width::Full>(), k66),
};
// clang-format on

}  // namespace
}  // namespace mmx

std::span<const Row> rowsOfMmx() { return mmx::kRows; }

}  // namespace ringside
