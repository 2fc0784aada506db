// SSE arithmetic whose result may overflow or underflow, for programs that unmask one of these exceptions (nearly none:
// feenableexcept). The host computes with all exceptions masked, and the flags that it leaves are then not those of the
// unmasked case: a tiny exact result is an underflow, and an overflow or underflow is inexact only when the result with
// an unbounded exponent is (SDM vol. 1 11.5.3.2). So every lane is done once more on the x87 unit, which rounds to the
// same precision in a wider range of exponents.
#pragma once

#include "core/cpu/insn/sse_host.h"

namespace ringside::sse {

enum class Arithmetic : u8 { Add, Sub, Mul, Div, Narrow, AddSub };  // AddSub: even lanes subtract, odd ones add

// Which numbers an instruction computes with.
struct Plan {
    Arithmetic kind = Arithmetic::Add;
    bool isDouble = false;
    u8 lanes = 1;
    bool horizontal = false;  // neighbours of one operand instead of the same lane of both
};

inline constexpr u32 kOverflowUnderflowMasks = 0xc00;
inline bool needsPlan(u32 mxcsr) { return (mxcsr & kOverflowUnderflowMasks) != kOverflowUnderflowMasks; }

// a = op(a, b); returns the unmasked exceptions and leaves all of them in `mxcsr`.
u32 arithmeticUnmasked(u32& mxcsr, V (*op)(V, V), const Plan& plan, V& a, V b);
// DPPS and DPPD: each multiplication and addition may raise.
u32 dotProductUnmasked(u32& mxcsr, bool isDouble, V& a, V b, u8 immediate);

}  // namespace ringside::sse
