// Tasks as `ps -eLf` and `top` list them: one row a thread, sorted by any column or as the tree of parents and
// children.
#pragma once

#include <vector>

#include "widgets/canvas/view.h"

namespace ringside {

struct TaskRow {
    i32 pid = 0, tgid = 0, parent = 0;
    QString name, state, policy, waiting, channel;  // channel: the kernel function it sleeps in
    u32 uid = 0, threads = 1;
    int nice = 0, prio = 0, depth = 0;
    char letter = 'R';
    bool kernelThread = false, current = false, changed = false;
    u64 utimeNs = 0, stimeNs = 0, vruntimeNs = 0, residentPages = 0, virtualPages = 0, faults = 0;
    u32 cpuPermille = 0;  // of the time since it began
    bool operator==(const TaskRow&) const = default;
};

struct TasksModel {
    bool loaded = false;
    std::vector<TaskRow> rows;
    QString sort = QStringLiteral("tree");
    i64 scroll = 0;
    i32 selected = 0;
    std::vector<std::pair<char, int>> states;  // how many in each
    std::size_t processes = 0, kernelThreads = 0;
    bool operator==(const TasksModel&) const = default;
};

QString summaryOf(const TasksModel& model);  // "8 in 8 processes, 2 of them kernel threads"
TasksModel buildTasks(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const TasksModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const TasksModel& model);

}  // namespace ringside
