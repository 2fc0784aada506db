// Exec: what execve gathered (struct linux_binprm), which binary format took the file and what the others said, how
// argv was rewritten by a #! line, and the stack the new program began with, annotated down to its last string.
#pragma once

#include <vector>

#include "widgets/canvas/view.h"
#include "widgets/exec/formats.h"

namespace ringside {

struct ExecStackRow {
    u64 address = 0;
    QString value, what, group;
    Subject link;
    bool operator==(const ExecStackRow&) const = default;
};

// One file that execve looked at: what buf held, the arguments as they were, what each format said.
struct ExecRound {
    QString file, buffer;
    QString line;      // the #! line, as far as buf holds it
    bool cut = false;  // it does not end within buf
    std::vector<QString> argv;
    std::vector<std::array<QString, 3>> formats;  // name, verdict, reason
    int taken = -1;                               // index of the format that took it
    bool operator==(const ExecRound&) const = default;
};

// A part of task_struct before and after.
struct ExecPart {
    QString name, before, after;
    bool kept = false;
    QString what;
    bool operator==(const ExecPart&) const = default;
};

struct ExecModel {
    bool loaded = false;
    i32 pid = 0;
    QString task, filename, interp, elfInterpreter;
    std::size_t envc = 0;
    std::vector<ExecRound> rounds;  // the last is the file that runs
    u64 entry = 0, loadBias = 0, interpreterBase = 0;
    std::vector<ExecStackRow> stack;
    std::vector<ExecPart> parts;
    std::vector<MiscRow> misc;
    bool operator==(const ExecModel&) const = default;
};

ExecModel buildExec(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const ExecModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const ExecModel& model);

}  // namespace ringside
