// x87 arithmetic on the host's own unit. The guest's whole x87 state (registers, tags, control and status word) is
// loaded into the host, the one instruction is executed there, and the state is taken back: results, C0-C3, stack
// faults, sticky flags, rounding and the behaviour of unmasked exceptions are the hardware's by construction.
//
// Left to the caller: memory operands (handed in as a buffer), pending exceptions, and the last instruction and data
// pointers, which the host would fill with its own.
#pragma once

#include "core/cpu/registers.h"

namespace ringside {

namespace x87 {

// Status word
inline constexpr u16 kInvalid = 1, kDenormal = 2, kZeroDivide = 4, kOverflow = 8, kUnderflow = 16, kPrecision = 32,
                     kStackFault = 64, kErrorSummary = 128, kC0 = 1 << 8, kC1 = 1 << 9, kC2 = 1 << 10, kC3 = 1 << 14,
                     kBusy = 1 << 15, kExceptions = 63;

inline unsigned top(const X87& s) { return (s.status >> 11) & 7; }
// Exceptions that are flagged and not masked: the next waiting instruction raises #MF.
inline u16 unmasked(const X87& s) { return s.status & ~s.control & kExceptions; }
// ES and B follow from flags and masks.
void updateSummary(X87& s);
// The two tag bits that a non-empty register of this content has.
u16 tagOf(const Float80& value);
// `tags` of an image says what is empty; the rest follows from the contents.
u16 tagsFor(const std::array<Float80, 8>& st, u8 notEmpty);
u8 notEmptyMask(u16 tags);
void setControl(X87& s, u16 control);
void init(X87& s);

}  // namespace x87

// Executes escape opcode 0xd8 + `escape` with a register form `modrm` (0xc0..0xff). `rflags` gives and takes the status
// flags. No exception may be pending and the instruction must not be a control instruction.
void x87Register(X87& state, unsigned escape, u8 modrm, u64& rflags);
// The same for a memory form; `reg` is the middle field of ModRM and `operand` the up to ten bytes read or written.
void x87Memory(X87& state, unsigned escape, unsigned reg, void* operand);

}  // namespace ringside
