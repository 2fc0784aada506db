// One task whole: every group of its task_struct with addresses, its table of file descriptors down to the inodes, and
// what the last step changed in it. Signals have a view of their own.
#pragma once

#include <vector>

#include "widgets/canvas/view.h"

namespace ringside {

struct TaskField {
    QString group, name, value, what;
    u64 offset = 0;  // in struct task_struct; 0: not a member of it
    bool changed = false;
    QString was;
    Subject link;
    bool operator==(const TaskField&) const = default;
};

struct DescriptorRow {
    int fd = 0;
    bool closeOnExec = false, changed = false;
    u32 file = 0, inode = 0, users = 0;  // ids of the struct file and inode, and who refers to the file
    QString path, kind, flags, sharers;  // sharers: the other descriptors of the same struct file, "hello 3 fd 1"
    u64 position = 0;
    bool operator==(const DescriptorRow&) const = default;
};

struct TaskModel {
    bool loaded = false;
    i32 pid = 0;
    QString name;
    u64 address = 0;
    std::vector<TaskField> fields;
    std::vector<DescriptorRow> descriptors;
    QString table;    // the files_struct: "#12, shared by 3 tasks"
    QString changes;  // what the last step changed, in a sentence
    bool operator==(const TaskModel&) const = default;
};

TaskModel buildTask(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const TaskModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const TaskModel& model);

// The fields alone, for views that lay two tasks side by side.
std::vector<TaskField> taskFields(const Machine& machine, const Task& task);
std::vector<DescriptorRow> descriptorRows(const Machine& machine, const Task& task);

}  // namespace ringside
