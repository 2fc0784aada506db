// What `--stats` and `--dump-registers` print: one JSON object each.
#pragma once

#include <optional>
#include <string>

#include "core/machine/machine.h"

namespace ringside {

std::string statsJson(const Machine& machine, double wallSeconds, u64 checkpoints);

// The registers of a task as its program sees them: of the running one from the CPU, of one inside the kernel from its
// pt_regs and what was saved when it was switched away.
struct UserRegisters {
    i32 pid = 0;
    std::string comm;
    Registers regs;  // gpr, rip, rflags, FS and GS bases, x87, xmm, mxcsr are the program's
};
std::optional<UserRegisters> userRegisters(const Machine& machine, TaskId task);

std::string registersJson(const UserRegisters& registers, const std::string& endedBy);

}  // namespace ringside
