// The red-black tree of runnable tasks (Linux 6.1 lib/rbtree.c with rb_root_cached), on ids inside the machine instead
// of pointers. The same steps in the same order as Linux, so what the view animates is what a kernel does. The key is
// vruntime; equal keys go to the right.
#pragma once

#include "core/kernel/os.h"

namespace ringside {

// What the functions need. Without `os` no events are made.
struct RbTree {
    Kernel& kernel;
    CfsQueue& queue;
    Os* os = nullptr;

    std::size_t count = 0;  // while an operation is watched: nodes that the finished tree will have
    bool open = false;      // and its last step is not finished

    void insert(TaskId node);
    void erase(TaskId node);

 private:
    enum Side : u8 { Left, Right };
    RbNode& at(TaskId node) const { return kernel.tasks.edit(node).se.node; }
    TaskId child(TaskId node, Side side) const;
    void setChild(TaskId node, Side side, TaskId to);
    bool isRed(TaskId node) const { return kernel.tasks.at(node).se.node.red; }
    TaskId parentOf(TaskId node) const { return kernel.tasks.at(node).se.node.parent; }
    void setParentColour(TaskId node, TaskId parent, bool red);
    void changeChild(TaskId from, TaskId to, TaskId parent);
    void rotateSetParents(TaskId old, TaskId fresh, bool red);
    void rotated(TaskId node, TaskId fresh, Side side);
    // EEVDF: each node knows the earliest deadline of its subtree (rb_augment_callbacks).
    bool augmented() const { return kernel.runQueue.kind == SchedKind::Eevdf; }
    bool updateMin(TaskId node);
    void propagate(TaskId node, TaskId stop);
    bool watched() const { return os && os->trace.enabled && os->trace.calls; }
    void begin();
    void step(TreeStep::What what, TaskId node, Side side = Left);
    void fixInsert(TaskId node);
    void fixErase(TaskId parent);
};

TaskId rbFirst(const CfsQueue& queue);             // cached
TaskId rbNext(const Kernel& kernel, TaskId node);  // in key order; 0: none
std::vector<TaskId> rbInOrder(const Kernel& kernel, const CfsQueue& queue);
// The tree as views and tests see it, in key order.
std::vector<TreeNode> rbNodes(const Kernel& kernel, const CfsQueue& queue);
// Empty when the tree obeys the rules (root black, no red child of red, equal black heights, keys in order, links
// agree); else what is wrong.
std::string rbBroken(const Kernel& kernel, const CfsQueue& queue);

}  // namespace ringside
