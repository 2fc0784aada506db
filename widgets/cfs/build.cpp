#include <algorithm>
#include <functional>
#include <map>

#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/cfs/cfs.h"

namespace ringside {
namespace {

QString policyName(SchedKind kind) {
    switch (kind) {
        case SchedKind::Coop:
            return Words::tr("cooperative: nobody is ever preempted");
        case SchedKind::Rr:
            return Words::tr("round robin with a fixed quantum");
        case SchedKind::RrLatency:
            return Words::tr("round robin with a target latency");
        case SchedKind::Cfs:
            return Words::tr("CFS, the Completely Fair Scheduler");
        case SchedKind::Eevdf:
            return Words::tr("EEVDF, earliest eligible virtual deadline first");
    }
    return {};
}

CfsNode nodeOf(const Task& task) {
    CfsNode n;
    n.id = task.id;
    n.pid = task.pid();
    n.name = qs(task.comm);
    n.vruntime = task.se.vruntime;
    n.weight = task.se.load.weight >> 10;
    n.sumRuntime = task.se.sumExecRuntime;
    n.nice = task.nice;
    n.red = task.se.node.red;
    return n;
}

QString milliseconds(u64 ns) { return QString::number(static_cast<double>(ns) / 1e6, 'f', 3); }

QString formulaOf(const CfsModel& m, const CfsNode& n) {
    if (n.weight == 0 || m.totalWeight == 0) return {};
    return Words::tr(
               "%1 (nice %2) weighs %3 of %4 on the queue: it is owed %5 % of the CPU. 1 ms of running adds 1024 / %3 "
               "= %6 ms to its vruntime.")
        .arg(n.name)
        .arg(n.nice)
        .arg(n.weight)
        .arg(m.totalWeight)
        .arg(100.0 * static_cast<double>(n.weight) / static_cast<double>(m.totalWeight), 0, 'f', 1)
        .arg(1024.0 / static_cast<double>(n.weight), 0, 'f', 3);
}

}  // namespace

CfsModel buildCfs(const Snapshot& snapshot, const ViewOptions& options) {
    CfsModel m;
    if (!snapshot.now) return m;
    const Kernel& kernel = snapshot.now->kernel;
    const RunQueue& rq = kernel.runQueue;
    m.loaded = true;
    m.policy = policyName(rq.kind);
    m.minVruntime = rq.cfs.minVruntime;
    m.totalWeight = rq.cfs.loadWeight >> 10;
    m.running = rq.running;

    // The tree in key order, as it is linked in the machine.
    std::map<TaskId, int> index;
    std::function<int(TaskId, int, int)> visit = [&](TaskId id, int parent, int depth) -> int {
        const Task* task = kernel.tasks.find(id);
        if (!task || depth > 64) return -1;
        const TaskId leftId = task->se.node.left, rightId = task->se.node.right;
        // In-order: the left subtree takes its places first.
        const int left = leftId.value ? visit(leftId, -2, depth + 1) : -1;
        CfsNode n = nodeOf(*task);
        n.depth = depth;
        n.parent = parent;
        n.left = left;
        n.leftmost = rq.cfs.leftmost == id;
        n.order = static_cast<double>(m.nodes.size());
        n.selected = options.selection.kind == SubjectKind::Task && options.selection.pid == n.pid;
        if (snapshot.before) {
            const Task* old = snapshot.before->kernel.tasks.find(id);
            n.moved = !old || !old->se.onRq || !(old->se.node == task->se.node);
        }
        const int me = static_cast<int>(m.nodes.size());
        m.nodes.push_back(n);
        const int right = rightId.value ? visit(rightId, me, depth + 1) : -1;
        m.nodes[static_cast<std::size_t>(me)].right = right;
        if (left >= 0) m.nodes[static_cast<std::size_t>(left)].parent = me;
        return me;
    };
    if (rq.cfs.root.value) m.root = visit(rq.cfs.root, -1, 0);

    const Task* current = kernel.tasks.find(kernel.current);
    if (current) {
        m.hasCurrent = true;
        m.current = nodeOf(*current);
        m.current.selected = options.selection.kind == SubjectKind::Task && options.selection.pid == m.current.pid;
    }
    for (std::size_t prio = 0; prio < rq.rt.lists.size(); ++prio) {
        if (rq.rt.lists[prio].empty()) continue;
        QStringList names;
        for (TaskId id : rq.rt.lists[prio])
            if (const Task* task = kernel.tasks.find(id)) names << taskText(*task);
        m.realTime.push_back(Words::tr("priority %1: %2").arg(99 - prio).arg(names.join(QStringLiteral(", "))));
    }
    for (TaskId id : rq.fifo)
        if (const Task* task = kernel.tasks.find(id)) m.fifo.push_back(taskText(*task));

    const CfsNode* chosen = m.hasCurrent ? &m.current : nullptr;
    for (const CfsNode& n : m.nodes)
        if (n.selected) chosen = &n;
    if (chosen) m.formula = formulaOf(m, *chosen);
    m.decision = qs(rq.decision.reason);
    for (const Event& event : snapshot.recent) {
        if (rowOf(event.kind).group != EventGroup::Tree) continue;
        const Task* task = taskByPid(*snapshot.now, static_cast<i32>(event.args[0]));
        const QString name = task ? taskText(*task) : QString::number(event.args[0]);
        if (event.kind == EventKind::RbInsert)
            m.treeSteps.push_back(Words::tr("%1 is inserted as a red leaf").arg(name));
        if (event.kind == EventKind::RbErase) m.treeSteps.push_back(Words::tr("%1 leaves the tree").arg(name));
        if (event.kind == EventKind::RbRecolour)
            m.treeSteps.push_back(event.args[1] ? Words::tr("%1 becomes red").arg(name)
                                                : Words::tr("%1 becomes black").arg(name));
        if (event.kind == EventKind::RbRotate)
            m.treeSteps.push_back(event.args[1] ? Words::tr("rotate right at %1").arg(name)
                                                : Words::tr("rotate left at %1").arg(name));
    }
    return m;
}

TextTwin twin(const CfsModel& m) {
    TextTwin root(Words::tr("Run queue"), m.policy);
    if (!m.loaded) return root;
    root.add(Words::tr("runnable"), QString::number(m.running));
    root.add(Words::tr("min_vruntime"), Words::tr("%1 ms").arg(milliseconds(m.minVruntime)));
    if (m.hasCurrent)
        root.add(Words::tr("running: %1 PID %2").arg(m.current.name).arg(m.current.pid),
                 Words::tr("vruntime %1 ms, weight %2, nice %3")
                     .arg(milliseconds(m.current.vruntime))
                     .arg(m.current.weight)
                     .arg(m.current.nice),
                 false, Subject::task(m.current.pid));
    std::function<void(TextTwin&, int, const QString&)> add = [&](TextTwin& parent, int i, const QString& side) {
        if (i < 0) return;
        const CfsNode& n = m.nodes[static_cast<std::size_t>(i)];
        TextTwin& node = parent.add(
            QStringLiteral("%1%2 %3 PID %4%5")
                .arg(side, n.red ? QStringLiteral("R") : QStringLiteral("B"), n.name)
                .arg(n.pid)
                .arg(n.leftmost ? Words::tr(" (leftmost)") : QString()),
            Words::tr("vruntime %1 ms, weight %2, nice %3").arg(milliseconds(n.vruntime)).arg(n.weight).arg(n.nice),
            n.moved, Subject::task(n.pid));
        add(node, n.left, Words::tr("left: "));
        add(node, n.right, Words::tr("right: "));
    };
    TextTwin& tree = root.add(Words::tr("Tree"), Words::tr("%n waiting", nullptr, static_cast<int>(m.nodes.size())));
    add(tree, m.root, {});
    for (const QString& line : m.realTime) root.add(Words::tr("Real time"), line);
    for (const QString& line : m.fifo) root.add(Words::tr("Queue"), line);
    for (const QString& line : m.treeSteps) root.add(Words::tr("Step"), line, true);
    if (!m.formula.isEmpty()) root.add(Words::tr("Formula"), m.formula);
    if (!m.decision.isEmpty()) root.add(Words::tr("Decision"), m.decision);
    return root;
}

}  // namespace ringside
