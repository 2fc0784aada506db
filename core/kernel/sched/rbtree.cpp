#include "core/kernel/sched/rbtree.h"

#include <fmt/format.h>
#include <utility>

#include "core/kernel/os.h"

namespace ringside {
namespace {
const RbNode& nodeOf(const Kernel& kernel, TaskId id) { return kernel.tasks.at(id).se.node; }
constexpr TaskId kNone{};
constexpr std::size_t kNever = ~std::size_t{0};
i32 pidOf(const Kernel& kernel, TaskId id) { return id == kNone ? 0 : kernel.tasks.at(id).pid(); }

// Every child knows its parent.
bool linksAgree(const Kernel& kernel, TaskId id, TaskId parent) {
    if (id == kNone) return true;
    const RbNode& n = nodeOf(kernel, id);
    return n.parent == parent && linksAgree(kernel, n.left, id) && linksAgree(kernel, n.right, id);
}

// Below a node, in key order.
void collect(const Kernel& kernel, TaskId id, std::vector<TreeNode>& nodes) {
    if (id == kNone) return;
    const RbNode& n = nodeOf(kernel, id);
    collect(kernel, n.left, nodes);
    nodes.push_back({pidOf(kernel, id), kernel.tasks.at(id).se.vruntime, pidOf(kernel, n.parent), pidOf(kernel, n.left),
                     pidOf(kernel, n.right), n.red});
    collect(kernel, n.right, nodes);
}
}  // namespace

void RbTree::begin() {
    if (!watched()) return;
    constexpr std::size_t kMost = 64;  // steps: the last operations are enough
    auto& trees = os->trace.trees;
    if (trees.size() > kMost) trees.erase(trees.begin(), trees.end() - kMost / 2);
    trees.push_back({.root = pidOf(kernel, queue.root),
                     .leftmost = pidOf(kernel, queue.leftmost),
                     .nodes = rbNodes(kernel, queue)});
    count = trees.back().nodes.size();
    open = false;
}

// In the middle of a removal or a rotation the links do not agree: what happens there is one step with what ends it.
void RbTree::step(TreeStep::What what, TaskId node, Side side) {
    if (!watched() || os->trace.trees.empty()) return;
    auto& trees = os->trace.trees;
    if (!open) trees.push_back({.what = what});
    TreeStep& last = trees.back();
    const i32 pid = pidOf(kernel, node);
    if (what == TreeStep::What::Recolour) {
        (isRed(node) ? last.reddened : last.blackened).push_back(pid);
    } else {
        last.what = what;
        if (what == TreeStep::What::Rotate)
            last.rotations.push_back({pid, side == Right});
        else
            last.pid = pid;
    }
    last.root = pidOf(kernel, queue.root);
    last.leftmost = pidOf(kernel, queue.leftmost);
    last.nodes = rbNodes(kernel, queue);
    open = last.nodes.size() != count || !linksAgree(kernel, queue.root, kNone);
}

TaskId RbTree::child(TaskId node, Side side) const {
    const RbNode& n = nodeOf(kernel, node);
    return side == Left ? n.left : n.right;
}

void RbTree::setChild(TaskId node, Side side, TaskId to) {
    RbNode& n = at(node);
    (side == Left ? n.left : n.right) = to;
}

void RbTree::setParentColour(TaskId node, TaskId parent, bool red) {
    RbNode& n = at(node);
    n.parent = parent;
    if (n.red == red) return;
    n.red = red;
    if (os && os->trace.calls)
        os->emit(EventKind::RbRecolour, {static_cast<u64>(kernel.tasks.at(node).pid()), red ? 1u : 0u});
    step(TreeStep::What::Recolour, node);
}

void RbTree::changeChild(TaskId from, TaskId to, TaskId parent) {
    if (parent == kNone)
        queue.root = to;
    else
        setChild(parent, child(parent, Left) == from ? Left : Right, to);
}

// __rb_rotate_set_parents: `fresh` takes the place and colour of `old`, which becomes its child.
void RbTree::rotateSetParents(TaskId old, TaskId fresh, bool red) {
    const TaskId parent = parentOf(old);
    setParentColour(fresh, parent, isRed(old));
    setParentColour(old, fresh, red);
    changeChild(old, fresh, parent);
}

// min_deadline_update: false: it was right already.
bool RbTree::updateMin(TaskId node) {
    const SchedEntity& se = kernel.tasks.at(node).se;
    u64 least = se.deadline;
    for (const TaskId below : {se.node.left, se.node.right}) {
        if (below == kNone) continue;
        const u64 other = kernel.tasks.at(below).se.minDeadline;
        if (static_cast<i64>(other - least) < 0) least = other;
    }
    if (least == se.minDeadline) return false;
    kernel.tasks.edit(node).se.minDeadline = least;
    return true;
}

// From `node` upwards, as far as it makes a difference.
void RbTree::propagate(TaskId node, TaskId stop) {
    if (!augmented()) return;
    for (; node != stop && updateMin(node); node = parentOf(node)) continue;
}

// `fresh` has taken the place of `old`, which is below it now.
void RbTree::rotated(TaskId node, TaskId fresh, Side side) {
    if (augmented()) {
        kernel.tasks.edit(fresh).se.minDeadline = kernel.tasks.at(node).se.minDeadline;
        updateMin(node);
    }
    if (os && os->trace.calls)
        os->emit(EventKind::RbRotate, {static_cast<u64>(kernel.tasks.at(node).pid()), side == Right ? 1u : 0u});
    step(TreeStep::What::Rotate, node, side);
}

void RbTree::insert(TaskId node) {
    begin();
    const u64 key = kernel.tasks.at(node).se.vruntime;
    TaskId parent, link = queue.root;
    Side side = Left;
    bool leftmost = true;
    while (link != kNone) {
        parent = link;
        if (static_cast<i64>(key - kernel.tasks.at(link).se.vruntime) < 0) {
            side = Left;
        } else {
            side = Right;
            leftmost = false;
        }
        link = child(link, side);
    }
    at(node) = RbNode{.parent = parent, .red = true};
    if (parent == kNone)
        queue.root = node;
    else
        setChild(parent, side, node);
    if (leftmost) queue.leftmost = node;
    if (augmented()) {
        SchedEntity& se = kernel.tasks.edit(node).se;
        se.minDeadline = se.deadline;
        propagate(parent, kNone);
    }
    if (os && os->trace.calls)
        os->emit(EventKind::RbInsert, {static_cast<u64>(kernel.tasks.at(node).pid()),
                                       parent == kNone ? 0 : static_cast<u64>(kernel.tasks.at(parent).pid()), key});
    ++count;
    step(TreeStep::What::Insert, node);
    fixInsert(node);
}

// __rb_insert
void RbTree::fixInsert(TaskId node) {
    TaskId parent = parentOf(node);
    while (true) {
        if (parent == kNone) {
            setParentColour(node, kNone, false);
            break;
        }
        if (!isRed(parent)) break;
        TaskId gparent = parentOf(parent);
        const Side near = child(gparent, Right) != parent ? Left : Right;  // the side of gparent that parent is on
        const Side far = near == Left ? Right : Left;
        TaskId tmp = child(gparent, far);
        if (tmp != kNone && isRed(tmp)) {  // case 1: colours flip, go on at the grandparent
            setParentColour(tmp, gparent, false);
            setParentColour(parent, gparent, false);
            node = gparent;
            parent = parentOf(node);
            setParentColour(node, parent, true);
            continue;
        }
        tmp = child(parent, far);
        if (node == tmp) {  // case 2: rotate at the parent
            tmp = child(node, near);
            setChild(parent, far, tmp);
            setChild(node, near, parent);
            if (tmp != kNone) setParentColour(tmp, parent, false);
            setParentColour(parent, node, true);
            rotated(parent, node, near);
            parent = node;
            tmp = child(node, far);
        }
        setChild(gparent, near, tmp);  // case 3: rotate at the grandparent
        setChild(parent, far, gparent);
        if (tmp != kNone) setParentColour(tmp, gparent, false);
        rotateSetParents(gparent, parent, true);
        rotated(gparent, parent, far);
        break;
    }
}

// rb_erase_cached: __rb_erase_augmented, then the colours.
void RbTree::erase(TaskId node) {
    begin();
    const std::size_t left = std::exchange(count, kNever) - 1;  // what is recoloured on the way is part of the removal
    if (os && os->trace.calls) os->emit(EventKind::RbErase, {static_cast<u64>(kernel.tasks.at(node).pid())});
    if (queue.leftmost == node) queue.leftmost = rbNext(kernel, node);
    TaskId right = child(node, Right), tmp = child(node, Left), rebalance;
    const TaskId oldParent = parentOf(node);
    TaskId changed = oldParent;  // below here the tree is another
    const bool oldRed = isRed(node);
    if (tmp == kNone) {
        changeChild(node, right, oldParent);
        if (right != kNone)
            setParentColour(right, oldParent, oldRed);
        else
            rebalance = oldRed ? kNone : oldParent;
    } else if (right == kNone) {
        setParentColour(tmp, oldParent, oldRed);
        changeChild(node, tmp, oldParent);
    } else {
        TaskId successor = right, parent, child2;
        tmp = child(right, Left);
        if (tmp == kNone) {
            parent = successor;
            child2 = child(successor, Right);
        } else {
            do {
                parent = successor;
                successor = tmp;
                tmp = child(tmp, Left);
            } while (tmp != kNone);
            child2 = child(successor, Right);
            setChild(parent, Left, child2);
            setChild(successor, Right, right);
            at(right).parent = successor;
        }
        tmp = child(node, Left);
        setChild(successor, Left, tmp);
        at(tmp).parent = successor;
        changeChild(node, successor, oldParent);
        if (child2 != kNone)
            setParentColour(child2, parent, false);
        else
            rebalance = isRed(successor) ? kNone : parent;
        setParentColour(successor, oldParent, oldRed);
        if (augmented()) {
            kernel.tasks.edit(successor).se.minDeadline = kernel.tasks.at(node).se.minDeadline;
            if (parent != successor) propagate(parent, successor);
        }
        changed = successor;
    }
    propagate(changed, kNone);
    at(node) = RbNode{};
    count = left;
    step(TreeStep::What::Erase, node);
    if (rebalance != kNone) fixErase(rebalance);
}

// ____rb_erase_color
void RbTree::fixErase(TaskId parent) {
    TaskId node;
    while (true) {
        const Side near = child(parent, Right) != node ? Left : Right;  // where the path lacks a black node
        const Side far = near == Left ? Right : Left;
        TaskId sibling = child(parent, far), tmp1, tmp2;
        if (isRed(sibling)) {  // case 1: rotate at the parent
            tmp1 = child(sibling, near);
            setChild(parent, far, tmp1);
            setChild(sibling, near, parent);
            setParentColour(tmp1, parent, false);
            rotateSetParents(parent, sibling, true);
            rotated(parent, sibling, near);
            sibling = tmp1;
        }
        tmp1 = child(sibling, far);
        if (tmp1 == kNone || !isRed(tmp1)) {
            tmp2 = child(sibling, near);
            if (tmp2 == kNone || !isRed(tmp2)) {  // case 2: the sibling becomes red
                setParentColour(sibling, parent, true);
                if (isRed(parent)) {
                    setParentColour(parent, parentOf(parent), false);
                } else {
                    node = parent;
                    parent = parentOf(node);
                    if (parent != kNone) continue;
                }
                break;
            }
            tmp1 = child(tmp2, far);  // case 3: rotate at the sibling
            setChild(sibling, near, tmp1);
            setChild(tmp2, far, sibling);
            setChild(parent, far, tmp2);
            if (tmp1 != kNone) setParentColour(tmp1, sibling, false);
            rotated(sibling, tmp2, far);
            tmp1 = sibling;
            sibling = tmp2;
        }
        tmp2 = child(sibling, near);  // case 4: rotate at the parent, colours flip
        setChild(parent, far, tmp2);
        setChild(sibling, near, parent);
        setParentColour(tmp1, sibling, false);
        if (tmp2 != kNone) at(tmp2).parent = parent;
        rotateSetParents(parent, sibling, false);
        rotated(parent, sibling, near);
        break;
    }
}

std::vector<TreeNode> rbNodes(const Kernel& kernel, const CfsQueue& queue) {
    std::vector<TreeNode> nodes;
    collect(kernel, queue.root, nodes);
    return nodes;
}

TaskId rbFirst(const CfsQueue& queue) { return queue.leftmost; }

TaskId rbNext(const Kernel& kernel, TaskId node) {
    TaskId at = nodeOf(kernel, node).right;
    if (at != kNone) {
        while (nodeOf(kernel, at).left != kNone) at = nodeOf(kernel, at).left;
        return at;
    }
    at = node;
    TaskId parent = nodeOf(kernel, at).parent;
    while (parent != kNone && nodeOf(kernel, parent).right == at) {
        at = parent;
        parent = nodeOf(kernel, at).parent;
    }
    return parent;
}

std::vector<TaskId> rbInOrder(const Kernel& kernel, const CfsQueue& queue) {
    std::vector<TaskId> order;
    for (TaskId at = queue.leftmost; at != kNone; at = rbNext(kernel, at)) order.push_back(at);
    return order;
}

namespace {
// Black height, or -1 with `why` set.
int check(const Kernel& kernel, TaskId id, TaskId parent, std::string& why) {
    if (id == kNone) return 0;
    const RbNode& n = nodeOf(kernel, id);
    const auto fail = [&](std::string_view rule) {
        if (why.empty()) why = fmt::format("run queue tree: task {} {}", id.value, rule);
        return -1;
    };
    if (n.parent != parent) return fail("does not link back to its parent");
    if (n.red && parent != kNone && nodeOf(kernel, parent).red) return fail("is red below a red node");
    const u64 key = kernel.tasks.at(id).se.vruntime;
    if (n.left != kNone && static_cast<i64>(key - kernel.tasks.at(n.left).se.vruntime) < 0)
        return fail("has a larger key on its left");
    if (n.right != kNone && static_cast<i64>(kernel.tasks.at(n.right).se.vruntime - key) < 0)
        return fail("has a smaller key on its right");
    const int left = check(kernel, n.left, id, why), right = check(kernel, n.right, id, why);
    if (left < 0 || right < 0) return -1;
    if (kernel.runQueue.kind == SchedKind::Eevdf) {
        const SchedEntity& se = kernel.tasks.at(id).se;
        u64 least = se.deadline;
        for (const TaskId below : {n.left, n.right})
            if (below != kNone && static_cast<i64>(kernel.tasks.at(below).se.minDeadline - least) < 0)
                least = kernel.tasks.at(below).se.minDeadline;
        if (least != se.minDeadline) return fail("does not know the earliest deadline below it");
    }
    if (left != right) return fail("has subtrees of different black height");
    return left + (n.red ? 0 : 1);
}
}  // namespace

std::string rbBroken(const Kernel& kernel, const CfsQueue& queue) {
    std::string why;
    if (queue.root == kNone) return queue.leftmost == kNone ? why : "run queue tree: empty, but has a leftmost node";
    if (nodeOf(kernel, queue.root).red) return "run queue tree: the root is red";
    check(kernel, queue.root, kNone, why);
    TaskId first = queue.root;
    while (nodeOf(kernel, first).left != kNone) first = nodeOf(kernel, first).left;
    if (why.empty() && first != queue.leftmost) why = "run queue tree: the cached leftmost node is not the leftmost";
    return why;
}

}  // namespace ringside
