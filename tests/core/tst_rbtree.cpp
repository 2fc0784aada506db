// The run queue's red-black tree against an independent writing of Linux's algorithm with pointers: after every one of
// 100,000 random insertions and removals both trees must have the same shape and colours.
#include <QtTest>
#include <random>

#include "core/kernel/sched/rbtree.h"

using namespace ringside;

namespace {

// Linux lib/rbtree.c as a person would write it down from the book: pointers, both mirror cases spelled out.
struct Node {
    Node *parent = nullptr, *left = nullptr, *right = nullptr;
    bool red = false;
    u64 key = 0;
    u32 id = 0;
};

struct Tree {
    Node* root = nullptr;

    void replace(Node* from, Node* to, Node* parent) {
        if (!parent)
            root = to;
        else if (parent->left == from)
            parent->left = to;
        else
            parent->right = to;
    }
    void rotateLeft(Node* x) {
        Node* y = x->right;
        x->right = y->left;
        if (y->left) y->left->parent = x;
        y->parent = x->parent;
        replace(x, y, x->parent);
        y->left = x;
        x->parent = y;
    }
    void rotateRight(Node* x) {
        Node* y = x->left;
        x->left = y->right;
        if (y->right) y->right->parent = x;
        y->parent = x->parent;
        replace(x, y, x->parent);
        y->right = x;
        x->parent = y;
    }

    void insert(Node* node) {
        Node *parent = nullptr, **link = &root;
        while (*link) {
            parent = *link;
            link = node->key < parent->key ? &parent->left : &parent->right;
        }
        node->parent = parent;
        node->left = node->right = nullptr;
        node->red = true;
        *link = node;
        while (node->parent && node->parent->red) {
            parent = node->parent;
            Node* grandparent = parent->parent;
            if (parent == grandparent->left) {
                if (Node* uncle = grandparent->right; uncle && uncle->red) {
                    uncle->red = parent->red = false;
                    grandparent->red = true;
                    node = grandparent;
                    continue;
                }
                if (node == parent->right) {
                    rotateLeft(parent);
                    parent = node;
                }
                parent->red = false;
                grandparent->red = true;
                rotateRight(grandparent);
            } else {
                if (Node* uncle = grandparent->left; uncle && uncle->red) {
                    uncle->red = parent->red = false;
                    grandparent->red = true;
                    node = grandparent;
                    continue;
                }
                if (node == parent->left) {
                    rotateRight(parent);
                    parent = node;
                }
                parent->red = false;
                grandparent->red = true;
                rotateLeft(grandparent);
            }
            break;
        }
        root->red = false;
    }

    static bool isRed(const Node* n) { return n && n->red; }

    void erase(Node* node) {
        Node *child, *parent;
        bool removedRed;
        if (node->left && node->right) {
            Node* successor = node->right;
            while (successor->left) successor = successor->left;
            child = successor->right;
            parent = successor->parent;
            removedRed = successor->red;
            if (parent == node) {
                parent = successor;
            } else {
                parent->left = child;
                if (child) child->parent = parent;
                successor->right = node->right;
                node->right->parent = successor;
            }
            successor->left = node->left;
            node->left->parent = successor;
            successor->red = node->red;
            successor->parent = node->parent;
            replace(node, successor, node->parent);
        } else {
            child = node->left ? node->left : node->right;
            parent = node->parent;
            removedRed = node->red;
            if (child) child->parent = parent;
            replace(node, child, parent);
        }
        if (!removedRed) repair(child, parent);
    }

    void repair(Node* node, Node* parent) {
        while (!isRed(node) && node != root) {
            if (parent->left == node) {
                Node* sibling = parent->right;
                if (sibling->red) {
                    sibling->red = false;
                    parent->red = true;
                    rotateLeft(parent);
                    sibling = parent->right;
                }
                if (!isRed(sibling->left) && !isRed(sibling->right)) {
                    sibling->red = true;
                    node = parent;
                    parent = node->parent;
                    continue;
                }
                if (!isRed(sibling->right)) {
                    sibling->left->red = false;
                    sibling->red = true;
                    rotateRight(sibling);
                    sibling = parent->right;
                }
                sibling->red = parent->red;
                parent->red = false;
                sibling->right->red = false;
                rotateLeft(parent);
            } else {
                Node* sibling = parent->left;
                if (sibling->red) {
                    sibling->red = false;
                    parent->red = true;
                    rotateRight(parent);
                    sibling = parent->left;
                }
                if (!isRed(sibling->left) && !isRed(sibling->right)) {
                    sibling->red = true;
                    node = parent;
                    parent = node->parent;
                    continue;
                }
                if (!isRed(sibling->left)) {
                    sibling->right->red = false;
                    sibling->red = true;
                    rotateLeft(sibling);
                    sibling = parent->left;
                }
                sibling->red = parent->red;
                parent->red = false;
                sibling->left->red = false;
                rotateRight(parent);
            }
            node = root;
            break;
        }
        if (node) node->red = false;
    }
};

bool same(const Kernel& kernel, TaskId ours, const Node* theirs) {
    if (!theirs) return ours == TaskId{};
    if (ours.value != theirs->id) return false;
    const RbNode& n = kernel.tasks.at(ours).se.node;
    return n.red == theirs->red && same(kernel, n.left, theirs->left) && same(kernel, n.right, theirs->right);
}

}  // namespace

class TestRbTree : public QObject {
    Q_OBJECT
 private Q_SLOTS:
    void agreesWithLinux() {
        constexpr u32 kNodes = 40;
        constexpr int kSteps = 100'000;
        Kernel kernel;
        std::vector<Node> nodes(kNodes + 1);
        for (u32 i = 1; i <= kNodes; ++i) {
            nodes[i].id = i;
            Task task;
            task.id = TaskId(i);
            kernel.tasks.insert(TaskId(i), std::move(task));
        }
        Tree reference;
        RbTree tree{kernel, kernel.runQueue.cfs};
        std::vector<bool> queued(kNodes + 1);
        std::mt19937_64 random(42);
        for (int step = 0; step < kSteps; ++step) {
            const u32 i = 1 + static_cast<u32>(random() % kNodes);
            if (queued[i]) {
                tree.erase(TaskId(i));
                reference.erase(&nodes[i]);
            } else {
                const u64 key = random() % 32;  // many equal keys
                kernel.tasks.edit(TaskId(i)).se.vruntime = nodes[i].key = key;
                tree.insert(TaskId(i));
                reference.insert(&nodes[i]);
            }
            queued[i] = !queued[i];
            QVERIFY2(same(kernel, kernel.runQueue.cfs.root, reference.root), qPrintable(QString::number(step)));
            if (step % 16 == 0) QCOMPARE(rbBroken(kernel, kernel.runQueue.cfs), std::string());
        }
    }

    void keepsTheLeftmost() {
        Kernel kernel;
        RbTree tree{kernel, kernel.runQueue.cfs};
        const u64 keys[] = {50, 10, 30, ~u64{0} - 5, 10};  // the fourth lies before all others: keys wrap around
        for (u32 i = 1; i <= std::size(keys); ++i) {
            Task task;
            task.id = TaskId(i);
            task.se.vruntime = keys[i - 1];
            kernel.tasks.insert(TaskId(i), std::move(task));
            tree.insert(TaskId(i));
        }
        const std::vector<TaskId> expected{TaskId(4), TaskId(2), TaskId(5), TaskId(3), TaskId(1)};
        QCOMPARE(rbInOrder(kernel, kernel.runQueue.cfs), expected);
        tree.erase(TaskId(4));
        QCOMPARE(rbFirst(kernel.runQueue.cfs), TaskId(2));
    }

    void noticesBrokenRules() {
        Kernel kernel;
        RbTree tree{kernel, kernel.runQueue.cfs};
        for (u32 i = 1; i <= 7; ++i) {
            Task task;
            task.id = TaskId(i);
            task.se.vruntime = i;
            kernel.tasks.insert(TaskId(i), std::move(task));
            tree.insert(TaskId(i));
        }
        QCOMPARE(rbBroken(kernel, kernel.runQueue.cfs), std::string());
        const TaskId root = kernel.runQueue.cfs.root;
        kernel.tasks.edit(root).se.node.red = true;
        QVERIFY(!rbBroken(kernel, kernel.runQueue.cfs).empty());
        kernel.tasks.edit(root).se.node.red = false;
        kernel.tasks.edit(TaskId(1)).se.vruntime = 100;
        QVERIFY(!rbBroken(kernel, kernel.runQueue.cfs).empty());
    }
};

QTEST_APPLESS_MAIN(TestRbTree)
#include "tst_rbtree.moc"
