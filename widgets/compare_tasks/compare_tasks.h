// Two tasks side by side: what clone let them share, what it copied, and with which flags. A thread and a forked child
// differ in nothing but these.
#pragma once

#include <vector>

#include "widgets/canvas/view.h"
#include "widgets/task/task.h"

namespace ringside {

enum class Sharing : u8 {
    Same,     // one object, both use it
    Own,      // each has its own
    Neither,  // none of them has one
};

struct ShareRow {
    QString part, flag, what;  // mm, CLONE_VM, what it means
    QString left, right;       // the objects
    Sharing sharing = Sharing::Own;
    bool asked = false;  // the flag was given when the right one was created
    bool operator==(const ShareRow&) const = default;
};

struct CompareTasksModel {
    bool loaded = false;
    i32 left = 0, right = 0;
    QString leftName, rightName, relation, flags;  // how the right one came to be; the clone flags
    std::vector<ShareRow> shares;
    std::vector<TaskField> leftFields, rightFields;  // those that differ, in pairs
    std::size_t equalFields = 0;
    std::vector<std::pair<i32, QString>> others;  // whom else to compare with
    bool operator==(const CompareTasksModel&) const = default;
};

CompareTasksModel buildCompareTasks(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const CompareTasksModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const CompareTasksModel& model);

}  // namespace ringside
