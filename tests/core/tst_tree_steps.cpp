// The steps of an insertion or removal as they are played: each is the tree before it with the named rotations and
// colours applied, by rotations written down here once more; the first is the tree before, the last the machine's own.
#include <QtTest>
#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "core/kernel/sched/class.h"
#include "core/kernel/sched/rbtree.h"
#include "tests/core/sched_box.h"

using namespace ringside;
using namespace ringside::test;

namespace {

struct Tree {
    std::map<i32, TreeNode> nodes;
    i32 root = 0;

    explicit Tree(const TreeStep& step) : root(step.root) {
        for (const TreeNode& n : step.nodes) nodes[n.pid] = n;
    }
    void replace(i32 from, i32 to, i32 parent) {
        if (parent == 0)
            root = to;
        else if (nodes[parent].left == from)
            nodes[parent].left = to;
        else
            nodes[parent].right = to;
        if (to) nodes[to].parent = parent;
    }
    void rotate(i32 x, bool right) {
        const i32 y = right ? nodes[x].left : nodes[x].right;
        const i32 middle = right ? nodes[y].right : nodes[y].left;
        (right ? nodes[x].left : nodes[x].right) = middle;
        if (middle) nodes[middle].parent = x;
        replace(x, y, nodes[x].parent);
        (right ? nodes[y].right : nodes[y].left) = x;
        nodes[x].parent = y;
    }
    bool operator==(const Tree&) const = default;
};

std::vector<i32> order(const TreeStep& step) {
    std::vector<i32> pids;
    for (const TreeNode& n : step.nodes) pids.push_back(n.pid);
    return pids;
}

}  // namespace

class TreeStepsTest : public QObject {
    Q_OBJECT

 private Q_SLOTS:
    void eachStepFollowsFromTheOneBefore_data() {
        QTest::addColumn<int>("tasks");
        for (int tasks : {1, 2, 3, 7, 20, 100}) QTest::newRow(qPrintable(QString::number(tasks))) << tasks;
    }
    void eachStepFollowsFromTheOneBefore() {
        QFETCH(int, tasks);
        SchedBox box;
        std::mt19937 random(3);
        for (int i = 0; i < tasks; ++i) {
            const TaskId id = box.add("task", static_cast<int>(random() % 20) - 10);
            box.edit(id).pids = {{PidNsId{}, i + 1}};
            wakeNew(box.os, id);
        }
        box.os.current().needResched = true;
        box.settle();
        box.trace.calls = true;
        int inserted = 0, erased = 0, rotated = 0, recoloured = 0;
        for (int round = 0; round < 600; ++round) {
            const std::vector<TreeNode> before = rbNodes(box.kernel, box.kernel.runQueue.cfs);
            box.trace.trees.clear();
            box.trace.events.clear();
            box.advance(1'000'000 + random() % 8'000'000);
            if (tasks > 1 && random() % 3 == 0) {
                const TaskId sleeper = box.kernel.current;
                box.sleepCurrent();
                wakeUpProcess(box.os, sleeper);
            } else {
                scheduleTick(box.os);
                box.os.current().needResched = true;
            }
            box.settle();
            const std::vector<TreeStep>& steps = box.trace.trees;
            if (steps.empty()) continue;
            QCOMPARE(steps.front().what, TreeStep::What::Whole);
            QVERIFY(steps.front().nodes == before);
            QVERIFY(steps.back().nodes == rbNodes(box.kernel, box.kernel.runQueue.cfs));
            QCOMPARE(rbBroken(box.kernel, box.kernel.runQueue.cfs), std::string());
            for (std::size_t i = 1; i < steps.size(); ++i) {
                const TreeStep &a = steps[i - 1], &b = steps[i];
                switch (b.what) {
                    case TreeStep::What::Whole:
                        QVERIFY(a.nodes == b.nodes);
                        break;
                    case TreeStep::What::Insert: {
                        ++inserted;
                        // A red leaf, everything else as it was.
                        Tree was(a), is(b);
                        const TreeNode leaf = is.nodes[b.pid];
                        QVERIFY(leaf.red && leaf.left == 0 && leaf.right == 0);
                        is.replace(leaf.pid, 0, leaf.parent);
                        is.nodes.erase(leaf.pid);
                        QVERIFY(is == was);
                        break;
                    }
                    case TreeStep::What::Erase: {
                        ++erased;
                        std::vector<i32> left = order(a);
                        std::erase(left, b.pid);
                        QCOMPARE(order(b), left);
                        break;
                    }
                    case TreeStep::What::Recolour:
                    case TreeStep::What::Rotate: {
                        Tree tree(a);
                        for (const TreeStep::Rotation& r : b.rotations) tree.rotate(r.pid, r.right), ++rotated;
                        for (i32 pid : b.reddened) tree.nodes[pid].red = true, ++recoloured;
                        for (i32 pid : b.blackened) tree.nodes[pid].red = false, ++recoloured;
                        // Some are red and black again within one step: what counts is the end.
                        for (i32 pid : b.reddened)
                            if (std::count(b.blackened.begin(), b.blackened.end(), pid))
                                tree.nodes[pid].red = Tree(b).nodes[pid].red;
                        QVERIFY(tree == Tree(b));
                        break;
                    }
                }
                // Always in order, each task once.
                QVERIFY(std::is_sorted(b.nodes.begin(), b.nodes.end(), [](const TreeNode& x, const TreeNode& y) {
                    return static_cast<i64>(x.vruntime - y.vruntime) < 0;
                }));
                QCOMPARE(std::set<i32>([&] {
                             const auto o = order(b);
                             return std::set<i32>(o.begin(), o.end());
                         }())
                             .size(),
                         b.nodes.size());
            }
        }
        QCOMPARE(inserted > 0 && erased > 0, tasks > 1);  // one alone is never put back
        if (tasks >= 20) QVERIFY(rotated > 50 && recoloured > 100);
    }

    void nobodyListens() {
        SchedBox box;
        for (int i = 0; i < 5; ++i) box.addRunnable(0);
        for (int i = 0; i < 20; ++i) box.tick();
        QVERIFY(box.trace.trees.empty());
    }
};

QTEST_APPLESS_MAIN(TreeStepsTest)
#include "tst_tree_steps.moc"
