// What the x87 and MMX families share.
#pragma once

#include "core/cpu/exec.h"
#include "core/cpu/insn/insn.h"
#include "core/cpu/insn/x87_host.h"

namespace ringside::x87 {

// Every waiting instruction begins with this: an unmasked exception of an earlier one is reported now. (CR0.NE = 0,
// which would raise an interrupt by way of the FERR# pin instead, is not modelled.)
inline void requireNonePending(const Exec& x) {
    if (unmasked(x.regs.x87)) [[unlikely]]
        raise(vector::MF);
}

constexpr Row row(u8 opcode, i8 digit, Mod mod, std::string_view name, std::array<Form, 4> operands, Handlers handlers,
                  Timing timing = Timing::Float) {
    Row r;
    r.opcode = opcode;
    r.digit = digit;
    r.mod = mod;
    r.mnemonic = name;
    r.operands = operands;
    r.handlers = handlers;
    r.timing = timing;
    r.attributes = kX87;
    return r;
}
constexpr Row withRm(i8 rm, Row r) {
    r.rm = rm;
    return r;
}

}  // namespace ringside::x87
