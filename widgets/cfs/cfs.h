// The scheduler's queue: the red-black tree of CFS by vruntime with the leftmost and the running task marked, the
// numbers of the selected task in the formula, and why the last pick was made, in the scheduler's own words
// (RunQueue::decision). Real-time lists and the queues of the other policies stand beside it.
#pragma once

#include <vector>

#include "widgets/canvas/view.h"

namespace ringside {

struct CfsNode {
    TaskId id;
    i32 pid = 0;
    QString name;
    u64 vruntime = 0, weight = 0, sumRuntime = 0;
    int nice = 0;
    bool red = false, leftmost = false, selected = false, moved = false;
    int left = -1, right = -1, parent = -1;  // indexes into nodes
    int depth = 0;
    double order = 0;  // position in key order
    bool operator==(const CfsNode&) const = default;
};

struct CfsModel {
    bool loaded = false;
    QString policy;
    std::vector<CfsNode> nodes;  // in key order
    int root = -1;
    bool hasCurrent = false;
    CfsNode current;  // runs now: not in the tree
    u64 minVruntime = 0, totalWeight = 0;
    u32 running = 0;
    std::vector<QString> realTime;  // "prio 50: a 3, b 4"
    std::vector<QString> fifo;      // the queues of coop, rr and rr-latency
    QString formula, decision;
    std::vector<QString> treeSteps;  // insertions, rotations, recolourings of the last step
    bool operator==(const CfsModel&) const = default;
};

CfsModel buildCfs(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const CfsModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const CfsModel& model);

}  // namespace ringside
