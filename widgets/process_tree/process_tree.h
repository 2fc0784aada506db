// The tree of processes: children under their parent and to its right, a process one box that holds its threads, beside
// it what it does. Many childless children of one name stand together in one box, as pstree prints them. What is too
// tall for the window goes on in a column beside it.
#pragma once

#include <vector>

#include "widgets/canvas/view.h"

namespace ringside {

struct TreeThread {
    i32 pid = 0;
    QString name;
    char letter = 'R';
    bool current = false, changed = false;
    QString doing = {};  // "runs", "sleeps: waits for a child"
    bool operator==(const TreeThread&) const = default;
};

struct TreeProcess {
    std::vector<TreeThread> threads;  // the first is the leader
    QString memory;                   // "1.2 MiB in RAM"; empty: kernel thread
    bool kernelThread = false;
    std::vector<i32> alike;     // further processes that this box stands for
    std::vector<int> children;  // indexes into TreeModel::processes
    i32 pid() const { return threads.front().pid; }
    bool operator==(const TreeProcess&) const = default;
};

struct TreeModel {
    bool loaded = false;
    std::vector<TreeProcess> processes;
    std::vector<int> roots;
    i32 selected = 0;
    std::size_t total = 0;
    i64 scroll = 0;   // in processes, where there are too many to draw them all
    QString caption;  // births and deaths of the last step
    bool operator==(const TreeModel&) const = default;
};

TreeModel buildProcessTree(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const TreeModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const TreeModel& model);

}  // namespace ringside
