#include "core/cpu/insn/sse_unmasked.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>

namespace ringside::sse {
namespace {

constexpr u32 kBeforeComputing = 7;  // IE, DE, ZE
constexpr u32 kOverflow = 8, kUnderflow = 16, kPrecision = 32;
constexpr u32 kDenormalsAreZero = 1 << 6, kFlushToZero = 1 << 15;

struct Format {
    int precision, minExponent, maxExponent;
};
constexpr Format kSingle{24, -126, 127}, kDouble{53, -1022, 1023};

struct Rounded {
    long double value;
    bool inexact;
};

// With the precision of the format and the exponents of the x87 unit.
Rounded computeWide(Arithmetic kind, const Format& format, u32 mxcsr, long double a, long double b) {
    const u16 usual = 0x37f;
    const u16 control = static_cast<u16>(0x7f | (format.precision == 53 ? 0x200 : 0) | (mxcsr >> 13 & 3) << 10);
    u16 status = 0;
#define RINGSIDE_WIDE(instruction)                                                                        \
    asm volatile("fnclex\n\tfldcw %2\n\t" instruction " %%st(1), %%st\n\tfnstsw %1\n\tfnclex\n\tfldcw %3" \
                 : "+t"(a), "=a"(status)                                                                  \
                 : "m"(control), "m"(usual), "u"(b))
    switch (kind) {
        case Arithmetic::Add:
            RINGSIDE_WIDE("fadd");
            break;
        case Arithmetic::Sub:
            RINGSIDE_WIDE("fsub");
            break;
        case Arithmetic::Div:
            RINGSIDE_WIDE("fdiv");
            break;
        default:
            RINGSIDE_WIDE("fmul");
            break;
    }
#undef RINGSIDE_WIDE
    return {a, (status & kPrecision) != 0};
}

// O, U and P of one lane, given that nothing was found before computing that is not masked.
u32 flagsOf(Arithmetic kind, const Format& format, u32 mxcsr, double a, double b) {
    if (!std::isfinite(a) || !std::isfinite(b) || (kind == Arithmetic::Div && b == 0)) return 0;
    const Rounded r = computeWide(kind, format, mxcsr, a, b);
    if (r.value == 0) return 0;
    const u32 precision = r.inexact ? kPrecision : 0;
    u64 mantissa;
    u16 signExponent;
    std::memcpy(&mantissa, &r.value, 8);
    std::memcpy(&signExponent, reinterpret_cast<const char*>(&r.value) + 8, 2);
    const int exponent = (signExponent & 0x7fff) - 16383;
    const u32 masks = mxcsr >> 7;
    if (exponent > format.maxExponent) return kOverflow | (masks & kOverflow ? kPrecision : precision);
    if (exponent >= format.minExponent) return precision;
    if (!(masks & kUnderflow)) return kUnderflow | precision;
    // The masked response: a denormal, or zero.
    const int digits = format.precision - (format.minExponent - exponent);
    const bool fits = digits > 0 && (mantissa << digits) == 0 && !r.inexact;
    return fits && !(mxcsr & kFlushToZero) ? 0 : kUnderflow | kPrecision;
}

template <class T>
using Lanes = std::array<T, 16 / sizeof(T)>;

template <class T>
double operandOf(u32 mxcsr, T value) {
    if ((mxcsr & kDenormalsAreZero) && std::fpclassify(value) == FP_SUBNORMAL) return std::copysign(0.0, value);
    return value;
}

template <class T>
u32 flagsOfLanes(const Plan& plan, u32 mxcsr, V va, V vb) {
    const auto a = std::bit_cast<Lanes<T>>(va), b = std::bit_cast<Lanes<T>>(vb);
    const Format& format = sizeof(T) == 4 || plan.kind == Arithmetic::Narrow ? kSingle : kDouble;
    u32 flags = 0;
    for (unsigned n = 0; n < plan.lanes; ++n) {
        T left = a[n], right = b[n];
        if (plan.horizontal) {
            const unsigned half = plan.lanes / 2;
            left = n < half ? a[2 * n] : b[2 * (n - half)];
            right = n < half ? a[2 * n + 1] : b[2 * (n - half) + 1];
        }
        Arithmetic kind = plan.kind;
        if (kind == Arithmetic::AddSub) kind = n % 2 == 0 ? Arithmetic::Sub : Arithmetic::Add;
        if (kind == Arithmetic::Narrow) {  // times one
            left = right;
            right = 1;
        }
        flags |= flagsOf(kind, format, mxcsr, operandOf(mxcsr, left), operandOf(mxcsr, right));
    }
    return flags;
}

RINGSIDE_FP_OP(mulps)
RINGSIDE_FP_OP(mulpd)
RINGSIDE_FP_OP(addps)
RINGSIDE_FP_OP(addpd)

// The lanes that the bits of `select` choose, the rest zero.
template <class T>
V selected(V v, unsigned select) {
    auto lanes = std::bit_cast<Lanes<T>>(v);
    for (unsigned n = 0; n < lanes.size(); ++n)
        if (!((select >> n) & 1)) lanes[n] = 0;
    return std::bit_cast<V>(lanes);
}

template <class T>
u32 dotProduct(u32& mxcsr, V& a, V b, u8 immediate) {
    constexpr bool kIsDouble = sizeof(T) == 8;
    constexpr u8 kLanes = 16 / sizeof(T);
    V product = selected<T>(a, immediate >> 4);
    const auto times = kIsDouble ? &mulpd : &mulps, plus = kIsDouble ? &addpd : &addps;
    if (u32 e = arithmeticUnmasked(mxcsr, times, {Arithmetic::Mul, kIsDouble, kLanes}, product,
                                   selected<T>(b, immediate >> 4)))
        return e;
    // Neighbours are added until one is left.
    for (unsigned count = kLanes; count > 1; count /= 2) {
        const auto terms = std::bit_cast<Lanes<T>>(product);
        Lanes<T> left{}, right{};
        for (unsigned n = 0; n < count / 2; ++n) {
            left[n] = terms[2 * n];
            right[n] = terms[2 * n + 1];
        }
        product = std::bit_cast<V>(left);
        if (u32 e =
                arithmeticUnmasked(mxcsr, plus, {Arithmetic::Add, kIsDouble, kLanes}, product, std::bit_cast<V>(right)))
            return e;
    }
    Lanes<T> result;
    result.fill(std::bit_cast<Lanes<T>>(product)[0]);
    a = selected<T>(std::bit_cast<V>(result), immediate);
    return 0;
}

}  // namespace

u32 arithmeticUnmasked(u32& mxcsr, V (*op)(V, V), const Plan& plan, V& a, V b) {
    setHostMxcsr((mxcsr & kMxcsrBits & ~kMxcsrFlags) | kMxcsrMasks);
    const V result = op(a, b);
    u32 raised = hostMxcsr() & kBeforeComputing;
    setHostMxcsr(kMxcsrMasks);
    const u32 masks = mxcsr >> 7 & kMxcsrFlags;
    if (!(raised & ~masks))
        raised |= plan.isDouble || plan.kind == Arithmetic::Narrow ? flagsOfLanes<double>(plan, mxcsr, a, b)
                                                                   : flagsOfLanes<float>(plan, mxcsr, a, b);
    mxcsr |= raised;
    a = result;
    return raised & ~masks;
}

u32 dotProductUnmasked(u32& mxcsr, bool isDouble, V& a, V b, u8 immediate) {
    return isDouble ? dotProduct<double>(mxcsr, a, b, immediate) : dotProduct<float>(mxcsr, a, b, immediate);
}

}  // namespace ringside::sse
