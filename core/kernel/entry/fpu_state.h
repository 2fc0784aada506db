// The FXSAVE image (SDM vol. 1 10.5.1): 512 bytes of x87 and SSE state, as kept in Task::fpu and in signal frames. The
// CPU's registers are those of the current task; Task::fpu counts only while a task is switched away.
#pragma once

#include <string>

#include "core/cpu/registers.h"

namespace ringside {

inline constexpr u64 kFxsaveSize = 512;

std::string fxsave(const Registers& regs);
// Takes at least 512 bytes; an empty image resets to the initial state (fpu__clear). Reserved MXCSR bits are dropped.
void fxrstor(Registers& regs, const std::string& image);

}  // namespace ringside
