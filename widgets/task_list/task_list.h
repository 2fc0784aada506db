// The list of all processes as the kernel walks it: a circle of list_heads inside the task_structs, and container_of(),
// which gets from a list_head to the struct around it, with the real addresses.
#pragma once

#include <vector>

#include "widgets/canvas/view.h"

namespace ringside {

struct ListEntry {
    i32 pid = 0;
    QString name;
    u64 task = 0, head = 0, next = 0,
        previous = 0;  // addresses: of the task_struct, its list_head, and what that holds
    bool changed = false;
    bool operator==(const ListEntry&) const = default;
};

struct TaskListModel {
    bool loaded = false;
    std::vector<ListEntry> entries;  // in the order of the list, from init_task on
    std::size_t selected = 0;        // which of them
    u64 offset = 0;                  // offsetof(struct task_struct, tasks)
    QString caption;
    bool operator==(const TaskListModel&) const = default;
};

TaskListModel buildTaskList(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const TaskListModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const TaskListModel& model);

}  // namespace ringside
