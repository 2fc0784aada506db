// What the SSE families share: operands, the shapes of handlers, and short ways to write a row.
#pragma once

#include "core/cpu/exec.h"
#include "core/cpu/insn/insn.h"
#include "core/cpu/insn/operands.h"
#include "core/cpu/insn/sse_host.h"
#include "core/cpu/insn/sse_unmasked.h"

namespace ringside::sse {

// How much of the r/m operand is memory when it is memory; Full must be aligned, Unaligned need not be.
enum class Width { Full, Unaligned, Eight, Four, Two };

template <Width kWidth, bool kMem>
inline V source(Exec& x, const Insn& i) {
    if constexpr (!kMem) {
        return load(x.regs.xmm[i.rm]);
    } else {
        const u64 va = x.effectiveAddress(i);
        if constexpr (kWidth == Width::Full) x.requireAligned(va, 16);
        if constexpr (kWidth == Width::Full || kWidth == Width::Unaligned) return x.load<V>(va);
        if constexpr (kWidth == Width::Eight) return _mm_cvtsi64_si128(static_cast<i64>(x.load<u64>(va)));
        if constexpr (kWidth == Width::Four) return _mm_cvtsi32_si128(static_cast<i32>(x.load<u32>(va)));
        if constexpr (kWidth == Width::Two) return _mm_cvtsi32_si128(x.load<u16>(va));
    }
}

[[noreturn]] inline void raiseFloating(const Exec& x) {
    constexpr u64 kOsXmmExcpt = 1 << 10;
    raise(x.regs.cr4 & kOsXmmExcpt ? vector::XM : vector::UD);
}

// Computes under the guest's MXCSR; an unmasked exception is raised before the result is committed. With the default
// controls, which is nearly always, the host's MXCSR stays the guest's until somebody wants to know.
template <class F>
inline void floating(Exec& x, F&& compute) {
    if (x.mxcsrLive) [[likely]] {
        compute();
        return;
    }
    if ((x.regs.mxcsr & ~kMxcsrFlags) == kMxcsrMasks) {
        setHostMxcsr(x.regs.mxcsr);
        x.mxcsrLive = true;
        compute();
        return;
    }
    if (underMxcsr(x.regs.mxcsr, compute)) [[unlikely]]
        raiseFloating(x);
}

// reg = op(reg, r/m)
template <V (*kOp)(V, V), Width kWidth, bool kMem>
void integerBinary(Exec& x, const Insn& i) {
    const V b = source<kWidth, kMem>(x, i);
    store(x.regs.xmm[i.reg], kOp(load(x.regs.xmm[i.reg]), b));
}
template <V (*kOp)(V, V), Width kWidth, bool kMem>
void floatBinary(Exec& x, const Insn& i) {
    const V b = source<kWidth, kMem>(x, i);
    V result = load(x.regs.xmm[i.reg]);
    floating(x, [&] { result = kOp(result, b); });
    store(x.regs.xmm[i.reg], result);
}
// The same for what may overflow or underflow.
template <V (*kOp)(V, V), Plan kPlan, Width kWidth, bool kMem>
void floatArithmetic(Exec& x, const Insn& i) {
    const V b = source<kWidth, kMem>(x, i);
    V result = load(x.regs.xmm[i.reg]);
    if (!x.mxcsrLive && needsPlan(x.regs.mxcsr)) [[unlikely]] {
        if (arithmeticUnmasked(x.regs.mxcsr, kOp, kPlan, result, b)) raiseFloating(x);
    } else {
        floating(x, [&] { result = kOp(result, b); });
    }
    store(x.regs.xmm[i.reg], result);
}
// reg = op(reg, r/m, imm8)
template <V (*kOp)(V, V, u8), Width kWidth, bool kMem>
void integerImmediate(Exec& x, const Insn& i) {
    const V b = source<kWidth, kMem>(x, i);
    store(x.regs.xmm[i.reg], kOp(load(x.regs.xmm[i.reg]), b, static_cast<u8>(i.imm)));
}
template <V (*kOp)(V, V, u8), Width kWidth, bool kMem>
void floatImmediate(Exec& x, const Insn& i) {
    const V b = source<kWidth, kMem>(x, i);
    V result = load(x.regs.xmm[i.reg]);
    floating(x, [&] { result = kOp(result, b, static_cast<u8>(i.imm)); });
    store(x.regs.xmm[i.reg], result);
}

template <V (*kOp)(V, V), Width kWidth = Width::Full>
constexpr Handlers integer() {
    return regOrMem(chained<&integerBinary<kOp, kWidth, false>>, chained<&integerBinary<kOp, kWidth, true>>);
}
template <V (*kOp)(V, V), Width kWidth = Width::Full>
constexpr Handlers fp() {
    return regOrMem(chained<&floatBinary<kOp, kWidth, false>>, chained<&floatBinary<kOp, kWidth, true>>);
}
template <V (*kOp)(V, V), Plan kPlan, Width kWidth = Width::Full>
constexpr Handlers arithmetic() {
    return regOrMem(chained<&floatArithmetic<kOp, kPlan, kWidth, false>>,
                    chained<&floatArithmetic<kOp, kPlan, kWidth, true>>);
}
template <V (*kOp)(V, V, u8), Width kWidth = Width::Full>
constexpr Handlers integerImm() {
    return regOrMem(chained<&integerImmediate<kOp, kWidth, false>>, chained<&integerImmediate<kOp, kWidth, true>>);
}
template <V (*kOp)(V, V, u8), Width kWidth = Width::Full>
constexpr Handlers fpImm() {
    return regOrMem(chained<&floatImmediate<kOp, kWidth, false>>, chained<&floatImmediate<kOp, kWidth, true>>);
}

// Handlers whose other operand is a 32- or 64-bit general register or memory, by operand size.
constexpr Handlers bySize(Handler reg32, Handler mem32, Handler reg64, Handler mem64) {
    return {{reg32, reg32, reg32, reg64}, {mem32, mem32, mem32, mem64}};
}

constexpr Row row(Map map, u8 opcode, Mandatory prefix, std::string_view mnemonic, std::array<Form, 4> operands,
                  Handlers handlers, Timing timing = Timing::Vector, u16 attributes = kSse) {
    Row r;
    r.map = map;
    r.opcode = opcode;
    r.prefix = prefix;
    r.mnemonic = mnemonic;
    r.operands = operands;
    r.handlers = handlers;
    r.timing = timing;
    r.attributes = attributes;
    return r;
}
constexpr Row withMod(Mod mod, Row r) {
    r.mod = mod;
    return r;
}
constexpr Row withDigit(i8 digit, Row r) {
    r.digit = digit;
    return r;
}
constexpr Row withFlags(u16 defined, Row r) {
    r.defined = defined;
    return r;
}

inline constexpr std::array<Form, 4> kVW{Form::V, Form::W}, kWV{Form::W, Form::V}, kVWIb{Form::V, Form::W, Form::Ib};

}  // namespace ringside::sse
