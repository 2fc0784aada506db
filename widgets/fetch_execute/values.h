// What the operands of an instruction hold, as text: each in its own width, and as the kind of number that the
// instruction takes it for. And the sentence that says what executing it did, with these values.
#pragma once

#include "widgets/fetch_execute/fetch_execute.h"

namespace ringside {

// "ebx" → "0x5", "xmm0" of addsd → "0.25", "st(1)" → "3"; empty when `name` is no register that holds a value.
QString operandValue(const Registers& registers, const QString& name, const QString& mnemonic);

// The number of the general register that `name` is a part of; -1: none.
int generalRegister(const QString& name);

// "+" for add, "×" for mulsd, …
QString signOf(const QString& mnemonic);

// "0x5 − 0x1 = 0x4.", "ZF = 0: it jumps."; empty when the mnemonic's own sentence has to do.
QString outcome(const FetchExecuteModel& model, const Registers& before, const Registers& after);

}  // namespace ringside
