// Exec: what execve gathered (struct linux_binprm), which binary format took the file and what the others said, how
// argv was rewritten by a #! line, and the stack the new program began with, annotated down to its last string.
#pragma once

#include <vector>

#include "widgets/canvas/view.h"

namespace ringside {

struct ExecStackRow {
    u64 address = 0;
    QString value, what, group;
    Subject link;
    bool operator==(const ExecStackRow&) const = default;
};

struct ExecModel {
    bool loaded = false;
    i32 pid = 0;
    QString task, filename, interp, elfInterpreter, buffer;
    std::vector<QString> argv, envp;
    std::vector<std::array<QString, 3>> formats;  // name, verdict, reason
    bool taken = false;
    u64 entry = 0, loadBias = 0, interpreterBase = 0;
    std::vector<ExecStackRow> stack;
    std::vector<std::array<QString, 3>> kept;  // what exec keeps or replaces: name, value, kept / replaced
    bool operator==(const ExecModel&) const = default;
};

ExecModel buildExec(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const ExecModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const ExecModel& model);

}  // namespace ringside
