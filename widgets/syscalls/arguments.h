// The arguments of system calls by name, as their man pages call them, and what the pointers among them point at.
#pragma once

#include <QString>
#include <vector>

#include "core/machine/machine.h"
#include "widgets/canvas/subject.h"

namespace ringside {

struct PointedField {
    u64 address = 0;
    QString name, value;  // "tv_sec", "1"
    bool operator==(const PointedField&) const = default;
};

struct SyscallArgument {
    QString name, reg, value;  // "buf", "RSI", "0x402010"
    QString type;              // of what it points at: "char[26]", "struct timespec"; empty: a number
    std::vector<PointedField> pointed;
    QString text;  // a string it points at
    Subject link;
    bool operator==(const SyscallArgument&) const = default;
};

// What the pointers point at is read from the task's memory as it is now.
std::vector<SyscallArgument> syscallArguments(const Machine& machine, const Task& task, u64 number,
                                              const std::array<u64, 6>& values, bool ia32);

}  // namespace ringside
