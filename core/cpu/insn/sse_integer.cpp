// Packed integers in XMM registers: arithmetic, comparison, logic, shifts, unpacking.
#include "core/cpu/insn/families.h"
#include "core/cpu/insn/sse_rows.h"

namespace ringside {
namespace sse {

// (opcode after 0F, name): 66 0F opcode /r, both operands full width
// clang-format off
#define RINGSIDE_PACKED(X)                                                                                       \
    X(0x60, punpcklbw) X(0x61, punpcklwd) X(0x62, punpckldq) X(0x63, packsswb) X(0x64, pcmpgtb) X(0x65, pcmpgtw) \
    X(0x66, pcmpgtd) X(0x67, packuswb) X(0x68, punpckhbw) X(0x69, punpckhwd) X(0x6a, punpckhdq)                  \
    X(0x6b, packssdw) X(0x6c, punpcklqdq) X(0x6d, punpckhqdq) X(0x74, pcmpeqb) X(0x75, pcmpeqw) X(0x76, pcmpeqd) \
    X(0xd1, psrlw) X(0xd2, psrld) X(0xd3, psrlq) X(0xd4, paddq) X(0xd5, pmullw) X(0xd8, psubusb)                 \
    X(0xd9, psubusw) X(0xda, pminub) X(0xdb, pand) X(0xdc, paddusb) X(0xdd, paddusw) X(0xde, pmaxub)             \
    X(0xdf, pandn) X(0xe0, pavgb) X(0xe1, psraw) X(0xe2, psrad) X(0xe3, pavgw) X(0xe4, pmulhuw) X(0xe5, pmulhw)  \
    X(0xe8, psubsb) X(0xe9, psubsw) X(0xea, pminsw) X(0xeb, por) X(0xec, paddsb) X(0xed, paddsw) X(0xee, pmaxsw) \
    X(0xef, pxor) X(0xf1, psllw) X(0xf2, pslld) X(0xf3, psllq) X(0xf4, pmuludq) X(0xf5, pmaddwd) X(0xf6, psadbw) \
    X(0xf8, psubb) X(0xf9, psubw) X(0xfa, psubd) X(0xfb, psubq) X(0xfc, paddb) X(0xfd, paddw) X(0xfe, paddd)
// clang-format on
// The same after 0F 38
// clang-format off
#define RINGSIDE_PACKED38(X)                                                                            \
    X(0x00, pshufb) X(0x01, phaddw) X(0x02, phaddd) X(0x03, phaddsw) X(0x04, pmaddubsw) X(0x05, phsubw) \
    X(0x06, phsubd) X(0x07, phsubsw) X(0x08, psignb) X(0x09, psignw) X(0x0a, psignd) X(0x0b, pmulhrsw)  \
    X(0x1c, pabsb) X(0x1d, pabsw) X(0x1e, pabsd) X(0x28, pmuldq) X(0x29, pcmpeqq) X(0x2b, packusdw)     \
    X(0x37, pcmpgtq) X(0x38, pminsb) X(0x39, pminsd) X(0x3a, pminuw) X(0x3b, pminud) X(0x3c, pmaxsb)    \
    X(0x3d, pmaxsd) X(0x3e, pmaxuw) X(0x3f, pmaxud) X(0x40, pmulld) X(0x41, phminposuw)
// clang-format on
// After 0F 38, widening: (opcode, name, bytes of memory)
// clang-format off
#define RINGSIDE_WIDEN(X)                                                                             \
    X(0x20, pmovsxbw, Eight) X(0x21, pmovsxbd, Four) X(0x22, pmovsxbq, Two) X(0x23, pmovsxwd, Eight)  \
    X(0x24, pmovsxwq, Four) X(0x25, pmovsxdq, Eight) X(0x30, pmovzxbw, Eight) X(0x31, pmovzxbd, Four) \
    X(0x32, pmovzxbq, Two) X(0x33, pmovzxwd, Eight) X(0x34, pmovzxwq, Four) X(0x35, pmovzxdq, Eight)
// clang-format on

namespace {

namespace op {
#define RINGSIDE_OP2(opcode, name) RINGSIDE_INT_OP(name)
#define RINGSIDE_OP3(opcode, name, width) RINGSIDE_INT_OP(name)
RINGSIDE_PACKED(RINGSIDE_OP2)
RINGSIDE_PACKED38(RINGSIDE_OP2)
RINGSIDE_WIDEN(RINGSIDE_OP3)
}  // namespace op

// Shifts by an immediate; the register is in r/m.
template <V (*kOp)(V, V)>
void shiftImmediate(Exec& x, const Insn& i) {
    Xmm& target = x.regs.xmm[i.rm];
    store(target, kOp(load(target), _mm_cvtsi32_si128(static_cast<u8>(i.imm))));
}

u128 wide(const Xmm& x) { return u128{x.q[1]} << 64 | x.q[0]; }
void setWide(Xmm& x, u128 v) { x.q = {static_cast<u64>(v), static_cast<u64>(v >> 64)}; }

// The product without carries of one half of each.
V pclmulqdq(V a, V b, u8 which) {
    const u64 left = std::bit_cast<Xmm>(a).q[which & 1], right = std::bit_cast<Xmm>(b).q[which >> 4 & 1];
    u128 product = 0;
    for (unsigned n = 0; n < 64; ++n)
        if (right >> n & 1) product ^= u128{left} << n;
    Xmm result;
    setWide(result, product);
    return load(result);
}

void pslldq(Exec& x, const Insn& i) {
    const unsigned count = static_cast<u8>(i.imm);
    Xmm& target = x.regs.xmm[i.rm];
    setWide(target, count > 15 ? 0 : wide(target) << (8 * count));
}
void psrldq(Exec& x, const Insn& i) {
    const unsigned count = static_cast<u8>(i.imm);
    Xmm& target = x.regs.xmm[i.rm];
    setWide(target, count > 15 ? 0 : wide(target) >> (8 * count));
}

void pmovmskb(Exec& x, const Insn& i) {
    x.set<u32>(i.reg, static_cast<u32>(_mm_movemask_epi8(load(x.regs.xmm[i.rm]))));
}

template <bool kMem>
void ptest(Exec& x, const Insn& i) {
    const V b = source<Width::Full, kMem>(x, i);
    const V a = load(x.regs.xmm[i.reg]);
    bool zero, carry;
    asm("ptest %3, %2" : "=@ccz"(zero), "=@ccc"(carry) : "x"(a), "x"(b));
    x.flags.set((zero ? flag::ZF : 0) | (carry ? flag::CF : 0));
}

// One byte after the other, only those that the mask selects; all of them must be writable.
void maskmovdqu(Exec& x, const Insn& i) {
    u64 base = x.r[RDI];
    if (i.has(Insn::kAddress32)) base = static_cast<u32>(base);
    base += x.r[i.segment];
    const unsigned mask = static_cast<unsigned>(_mm_movemask_epi8(load(x.regs.xmm[i.rm])));
    const auto bytes = std::bit_cast<std::array<u8, 16>>(x.regs.xmm[i.reg]);
    x.probe(base, 16, AccessKind::Write);
    for (unsigned n = 0; n < 16; ++n)
        if ((mask >> n) & 1) x.store<u8>(base + n, bytes[n]);
}

// PCMPxSTRx: the index goes to ECX or the mask to XMM0, and all status flags are set.
template <StringCompare kKind, bool kMem>
void pcmpstr(Exec& x, const Insn& i) {
    const V b = source<Width::Unaligned, kMem>(x, i);
    const auto length = [&](Gpr n) {  // what saturates at 16 may be cut to 32 bits
        if (i.size != 8) return static_cast<u32>(x.r[n]);
        const i64 value = static_cast<i64>(x.r[n]);
        return static_cast<u32>(value > 99 ? 99 : value < -99 ? -99 : value);
    };
    V mask;
    const u64 result =
        compareStrings(kKind, static_cast<u8>(i.imm), load(x.regs.xmm[i.reg]), b, length(RAX), length(RDX), mask);
    if constexpr (kKind == StringCompare::EstrI || kKind == StringCompare::IstrI)
        x.set<u32>(RCX, static_cast<u32>(result >> 32));
    else
        store(x.regs.xmm[0], mask);
    x.flags.set(result & flag::kStatus);
}
template <StringCompare kKind>
constexpr Handlers string() {
    return regOrMem(&pcmpstr<kKind, false>, &pcmpstr<kKind, true>);
}

// Lanes. T is the lane; memory holds just the lane.
template <class T>
using Lanes = std::array<T, 16 / sizeof(T)>;

template <class T, bool kMem>
void insertLane(Exec& x, const Insn& i) {
    T value;
    if constexpr (kMem)
        value = x.load<T>(x.effectiveAddress(i));
    else
        value = static_cast<T>(x.r[i.rm]);
    auto lanes = std::bit_cast<Lanes<T>>(x.regs.xmm[i.reg]);
    lanes[i.imm % lanes.size()] = value;
    x.regs.xmm[i.reg] = std::bit_cast<Xmm>(lanes);
}
template <class T, bool kMem>
void extractLane(Exec& x, const Insn& i) {
    const auto lanes = std::bit_cast<Lanes<T>>(x.regs.xmm[i.reg]);
    const T value = lanes[i.imm % lanes.size()];
    if constexpr (kMem)
        x.store<T>(x.effectiveAddress(i), value);
    else
        x.r[i.rm] = value;
}
// PEXTRW of SSE2: the general register is in reg.
void pextrw(Exec& x, const Insn& i) { x.r[i.reg] = std::bit_cast<Lanes<u16>>(x.regs.xmm[i.rm])[i.imm % 8]; }
template <class T>
constexpr Handlers insert() {
    return regOrMem(&insertLane<T, false>, &insertLane<T, true>);
}
template <class T>
constexpr Handlers extract() {
    return regOrMem(&extractLane<T, false>, &extractLane<T, true>);
}

constexpr Mandatory k66 = Mandatory::P66;

constexpr Row shift(u8 opcode, i8 digit, std::string_view name, Handler handler) {
    return withDigit(digit, row(Map::Of, opcode, k66, name, {Form::U, Form::Ib}, registerOnly(handler)));
}
constexpr Row row3a(u8 opcode, std::string_view name, std::array<Form, 4> operands, Handlers handlers) {
    return row(Map::Of3a, opcode, k66, name, operands, handlers);
}

#define RINGSIDE_ROW(opcode, name) row(Map::Of, opcode, k66, #name, kVW, integer<op::name>()),
#define RINGSIDE_ROW38(opcode, name) row(Map::Of38, opcode, k66, #name, kVW, integer<op::name>()),
#define RINGSIDE_WIDEN_ROW(opcode, name, width) \
    row(Map::Of38, opcode, k66, #name, kVW, integer<op::name, Width::width>()),

constexpr Row kRows[] = {
    RINGSIDE_PACKED(RINGSIDE_ROW) RINGSIDE_PACKED38(RINGSIDE_ROW38) RINGSIDE_WIDEN(RINGSIDE_WIDEN_ROW)
    // clang-format off
    shift(0x71, 2, "psrlw", &shiftImmediate<op::psrlw>),
    shift(0x71, 4, "psraw", &shiftImmediate<op::psraw>),
    shift(0x71, 6, "psllw", &shiftImmediate<op::psllw>),
    shift(0x72, 2, "psrld", &shiftImmediate<op::psrld>),
    shift(0x72, 4, "psrad", &shiftImmediate<op::psrad>),
    shift(0x72, 6, "pslld", &shiftImmediate<op::pslld>),
    shift(0x73, 2, "psrlq", &shiftImmediate<op::psrlq>),
    shift(0x73, 3, "psrldq", &psrldq),
    shift(0x73, 6, "psllq", &shiftImmediate<op::psllq>),
    shift(0x73, 7, "pslldq", &pslldq),
    row(Map::Of, 0xd7, k66, "pmovmskb", {Form::Gd, Form::U}, registerOnly(chained<&pmovmskb>)),
    row(Map::Of, 0xf7, k66, "maskmovdqu", {Form::V, Form::U}, registerOnly(&maskmovdqu), Timing::Vector,
        kSse | kEndsBlock),
    row(Map::Of, 0xc4, k66, "pinsrw", {Form::V, Form::Ed, Form::Ib}, insert<u16>()),
    row(Map::Of, 0xc5, k66, "pextrw", {Form::Gd, Form::U, Form::Ib}, registerOnly(&pextrw)),
    withFlags(flag::kStatus, row(Map::Of38, 0x17, k66, "ptest", kVW, regOrMem(&ptest<false>, &ptest<true>))),
    row3a(0x14, "pextrb", {Form::Ed, Form::V, Form::Ib}, extract<u8>()),
    row3a(0x15, "pextrw", {Form::Ed, Form::V, Form::Ib}, extract<u16>()),
    row3a(0x16, "pextrd", {Form::Ey, Form::V, Form::Ib},
          bySize(&extractLane<u32, false>, &extractLane<u32, true>, &extractLane<u64, false>, &extractLane<u64, true>)),
    row3a(0x17, "extractps", {Form::Ed, Form::V, Form::Ib}, extract<u32>()),
    row3a(0x20, "pinsrb", {Form::V, Form::Ed, Form::Ib}, insert<u8>()),
    row3a(0x22, "pinsrd", {Form::V, Form::Ey, Form::Ib},
          bySize(&insertLane<u32, false>, &insertLane<u32, true>, &insertLane<u64, false>, &insertLane<u64, true>)),
    row3a(0x0f, "palignr", kVWIb, integerImm<table::palignr>()),
    row3a(0x0e, "pblendw", kVWIb, integerImm<table::pblendw>()),
    row3a(0x42, "mpsadbw", kVWIb, integerImm<table::mpsadbw>()),
    row3a(0x44, "pclmulqdq", kVWIb, integerImm<pclmulqdq>()),
    withFlags(flag::kStatus, row3a(0x60, "pcmpestrm", kVWIb, string<StringCompare::EstrM>())),
    withFlags(flag::kStatus, row3a(0x61, "pcmpestri", kVWIb, string<StringCompare::EstrI>())),
    withFlags(flag::kStatus, row3a(0x62, "pcmpistrm", kVWIb, string<StringCompare::IstrM>())),
    withFlags(flag::kStatus, row3a(0x63, "pcmpistri", kVWIb, string<StringCompare::IstrI>())),
    // clang-format on
};

}  // namespace
}  // namespace sse

std::span<const Row> rowsOfSseInteger() { return sse::kRows; }

}  // namespace ringside
