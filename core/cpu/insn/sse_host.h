// SSE arithmetic on the host's own unit. Every operation is the one host instruction of the same name, wrapped by a
// macro: integer ones as plain inline assembly, floating-point ones as volatile assembly, because the compiler does not
// know that they read and write MXCSR and would move intrinsics across its loads and stores.
//
// Instructions with an immediate operand lie as code in a table, one entry for each value (HostTable).
#pragma once

#include <emmintrin.h>

#include "core/cpu/registers.h"

namespace ringside::sse {

using V = __m128i;

inline V load(const Xmm& x) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(&x)); }
inline void store(Xmm& x, V v) { _mm_storeu_si128(reinterpret_cast<__m128i*>(&x), v); }

#define RINGSIDE_INT_OP(name)                    \
    inline V name(V a, V b) {                    \
        asm(#name " %1, %0" : "+x"(a) : "x"(b)); \
        return a;                                \
    }
#define RINGSIDE_FP_OP(name)                              \
    inline V name(V a, V b) {                             \
        asm volatile(#name " %1, %0" : "+x"(a) : "x"(b)); \
        return a;                                         \
    }

// MXCSR
inline constexpr u32 kMxcsrFlags = 0x3f, kMxcsrMasks = 0x1f80, kMxcsrBits = 0xffff;
inline u32 hostMxcsr() {
    u32 value;
    asm volatile("stmxcsr %0" : "=m"(value));
    return value;
}
inline void setHostMxcsr(u32 value) { asm volatile("ldmxcsr %0" : : "m"(value)); }

// Leaves the exceptions in `guest` and says which of them are unmasked. `compute` is run with the guest's rounding,
// DAZ and FTZ and with every exception masked.
template <class F>
inline u32 underMxcsr(u32& guest, F&& compute) {
    setHostMxcsr((guest & kMxcsrBits & ~kMxcsrFlags) | kMxcsrMasks);
    compute();
    u32 raised = hostMxcsr() & kMxcsrFlags;
    setHostMxcsr(kMxcsrMasks);
    // An unmasked invalid operand, denormal or division by zero is found before anything is computed, SDM vol.
    // 1 11.5.3.
    const u32 masks = (guest >> 7) & kMxcsrFlags;
    if (raised & ~masks & 7) raised &= 7;
    guest |= raised;
    return raised & ~masks;
}

// One piece of host code for each value of an immediate, `V(V, V)` in the C calling convention.
using TableEntry = V (*)(V, V);
struct HostTable {
    const u8* code;
    TableEntry operator[](unsigned immediate) const {
        return reinterpret_cast<TableEntry>(reinterpret_cast<std::uintptr_t>(code + 8 * immediate));
    }
};

// PCMPxSTRx: ECX in bits 32..63, RFLAGS in the low half; the mask that would be XMM0.
enum class StringCompare { EstrM, EstrI, IstrM, IstrI };
u64 compareStrings(StringCompare kind, u8 immediate, V a, V b, u32 lengthA, u32 lengthB, V& mask);

// Tables with all 256 immediates; of ROUNDxx and MPSADBW and CMPxx the low bits that count.
namespace table {
// clang-format off
#define RINGSIDE_SSE_TABLES(X)                                                                              \
    X(pshufd, 256) X(pshufhw, 256) X(pshuflw, 256) X(shufps, 256) X(shufpd, 4) X(blendps, 16) X(blendpd, 4) \
    X(pblendw, 256) X(palignr, 256) X(insertps, 256) X(dpps, 256) X(dppd, 256) X(mpsadbw, 8) X(roundps, 16) \
    X(roundpd, 16) X(roundss, 16) X(roundsd, 16) X(cmpps, 8) X(cmppd, 8) X(cmpss, 8) X(cmpsd, 8)
// clang-format on
#define RINGSIDE_DECLARE(name, count)              \
    extern "C" const u8 ringside_sse_##name[];     \
    inline constexpr unsigned name##Count = count; \
    inline V name(V a, V b, u8 i) { return HostTable{ringside_sse_##name}[i % count](a, b); }
RINGSIDE_SSE_TABLES(RINGSIDE_DECLARE)
#undef RINGSIDE_DECLARE
}  // namespace table

}  // namespace ringside::sse
