// What `--stats` and `--dump-registers` print: one JSON object each.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "core/machine/machine.h"

namespace ringside {

// What a task cost. Those that ended are remembered from their exit, since nobody has their numbers later.
struct TaskStats {
    std::string comm;
    int nice = 0;
    u64 utime = 0, stime = 0, waited = 0, slept = 0, vruntime = 0;  // ns
    u64 voluntary = 0, involuntary = 0;                             // switches
    bool ended = false;
};
using TaskStatsByPid = std::map<i32, TaskStats>;
TaskStats taskStats(const Task& task);

// `ended`: of the tasks that are no more; those still there are added from the machine.
std::string statsJson(const Machine& machine, double wallSeconds, u64 checkpoints, TaskStatsByPid ended = {});

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
