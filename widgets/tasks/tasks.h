// Tasks: the same tasks drawn as `ps -eLf` lists them, as the tree of parents and children, and as task_struct fields
// of the selected one with what the last step changed.
#pragma once

#include <vector>

#include "widgets/canvas/view.h"

namespace ringside {

struct TaskRow {
    i32 pid = 0, tgid = 0, parent = 0;
    QString name, state, policy, waiting;
    int nice = 0, depth = 0;
    char letter = 'R';
    bool kernelThread = false, current = false, changed = false, lastChild = false;
    u64 utimeNs = 0, stimeNs = 0, vruntimeNs = 0, residentPages = 0;
    bool operator==(const TaskRow&) const = default;
};

struct TaskField {
    QString group, name, value, what;
    bool changed = false;
    Subject link;
    bool operator==(const TaskField&) const = default;
};

struct TasksModel {
    bool loaded = false;
    std::vector<TaskRow> rows;  // in tree order
    i32 selected = 0;
    QString selectedName;
    std::vector<TaskField> fields;
    std::vector<std::pair<char, int>> states;  // how many in each
    bool operator==(const TasksModel&) const = default;
};

TasksModel buildTasks(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const TasksModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const TasksModel& model);

}  // namespace ringside
