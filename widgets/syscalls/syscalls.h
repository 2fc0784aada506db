// System calls: the journey of one call (user registers, SYSCALL, LSTAR, the stub, pt_regs on the kernel stack, the row
// of the table, the result, SYSRET) and the list of all calls of the run in strace's words.
#pragma once

#include <vector>

#include "widgets/canvas/view.h"

namespace ringside {

struct SyscallLine {
    Tick tick = 0;
    i32 pid = 0;
    QString text, result;
    bool failed = false, open = false;
    bool operator==(const SyscallLine&) const = default;
};

struct SyscallsModel {
    bool loaded = false;
    std::vector<SyscallLine> lines;  // the last ones up to the frontier
    std::size_t earlier = 0;         // left out before them
    std::size_t nowLine = 0;         // first line later than now
    // The journey of the call at hand
    bool hasCall = false;
    u64 number = 0;
    QString name;
    std::vector<std::pair<QString, QString>> registers;  // RDI = …, in argument order
    QString lstar, stub, result;
    i32 pid = 0;
    bool inKernel = false;
    bool operator==(const SyscallsModel&) const = default;
};

SyscallsModel buildSyscalls(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const SyscallsModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const SyscallsModel& model);

}  // namespace ringside
