#include <algorithm>
#include <functional>
#include <map>

#include "core/kernel/proc/pid.h"
#include "core/kernel/sched/fair.h"
#include "core/kernel/sched/rbtree.h"
#include "core/kernel/sched/sched.h"
#include "core/kernel/sched/weights.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/time_axis.h"
#include "widgets/canvas/words.h"
#include "widgets/cfs/cfs.h"
#include "widgets/compare/compare.h"

namespace ringside {
namespace {

QString milliseconds(u64 ns) { return QString::number(static_cast<double>(ns) / 1e6, 'f', 3); }

// `average`: of EEVDF. Whoever is not beyond it has not had more than its share (sched::isEligible says the same).
CfsNode nodeOf(const Task& task, std::optional<u64> average, const Subject& selection) {
    CfsNode n;
    n.pid = task.pid();
    n.name = qs(task.comm);
    n.vruntime = task.se.vruntime;
    n.weight = task.se.load.weight >> 10;
    n.sumRuntime = task.se.sumExecRuntime;
    n.nice = task.nice;
    n.selected = selection.kind == SubjectKind::Task && selection.pid == n.pid;
    if (average && task.se.onRq) {
        n.lag = static_cast<i64>(*average - task.se.vruntime);
        n.deadline = task.se.deadline;
        n.eligible = n.lag >= 0;
    }
    return n;
}

const Task* find(const Machine& machine, i32 pid) { return machine.kernel.tasks.find(findGlobal(machine.kernel, pid)); }

QString nameOf(const Machine& machine, i32 pid) {
    const Task* task = find(machine, pid);
    return task ? taskText(*task) : QString::number(pid);
}

QString stepText(const Machine& machine, const TreeStep& step) {
    QStringList parts;
    const auto names = [&](const std::vector<i32>& pids) {
        QStringList all;
        for (i32 pid : pids) all << nameOf(machine, pid);
        return all.join(QStringLiteral(", "));
    };
    switch (step.what) {
        case TreeStep::What::Whole:
            return Words::tr("The tree before.");
        case TreeStep::What::Insert:
            parts << Words::tr("%1 becomes a red leaf where its vruntime belongs").arg(nameOf(machine, step.pid));
            break;
        case TreeStep::What::Erase:
            parts << Words::tr("%1 leaves the tree; its place goes to the next in order, if it had two children")
                         .arg(nameOf(machine, step.pid));
            break;
        case TreeStep::What::Recolour:
        case TreeStep::What::Rotate:
            break;
    }
    for (const TreeStep::Rotation& r : step.rotations)
        parts
            << (r.right ? Words::tr("rotate right at %1") : Words::tr("rotate left at %1")).arg(nameOf(machine, r.pid));
    if (!step.reddened.empty()) parts << Words::tr("red now: %1").arg(names(step.reddened));
    if (!step.blackened.empty()) parts << Words::tr("black now: %1").arg(names(step.blackened));
    return parts.join(QStringLiteral("; ")) + QLatin1Char('.');
}

// The nodes of a tree, linked by index, with their depths.
void setTree(CfsModel& m, const Snapshot& snapshot, const std::vector<TreeNode>& tree, i32 root, i32 leftmost,
             const Subject& selection) {
    std::map<i32, int> at;
    for (const TreeNode& t : tree) at[t.pid] = static_cast<int>(at.size());
    const auto index = [&](i32 pid) { return at.contains(pid) ? at[pid] : -1; };
    for (const TreeNode& t : tree) {
        CfsNode n;
        if (const Task* task = find(*snapshot.now, t.pid)) n = nodeOf(*task, m.averageVruntime, selection);
        n.pid = t.pid;
        n.vruntime = t.vruntime;
        n.red = t.red;
        n.left = index(t.left), n.right = index(t.right), n.parent = index(t.parent);
        n.leftmost = t.pid == leftmost;
        m.nodes.push_back(std::move(n));
    }
    m.root = index(root);
    std::function<void(int, int)> deepen = [&](int i, int depth) {
        if (i < 0 || depth > 64) return;
        CfsNode& n = m.nodes[static_cast<std::size_t>(i)];
        n.depth = depth;
        deepen(n.left, depth + 1);
        deepen(n.right, depth + 1);
    };
    deepen(m.root, 0);
}

void setSteps(CfsModel& m, const Snapshot& snapshot, const ViewOptions& options) {
    const Machine& machine = *snapshot.now;
    m.tick = machine.cpu.tick;
    for (const TreeStep& step : snapshot.trees) m.steps.push_back(stepText(machine, step));
    const QStringList wanted = options.setting(QStringLiteral("step")).split(QLatin1Char(':'));
    const int index = wanted.size() >= 2 ? wanted[1].toInt() : -1;
    const bool valid = wanted.size() >= 2 && wanted[0].toULongLong() == m.tick && index >= 0 &&
                       index < static_cast<int>(m.steps.size());
    if (valid) {
        m.step = index;
        m.playing = wanted.size() >= 3 && index + 1 < static_cast<int>(m.steps.size());
        const TreeStep& step = snapshot.trees[static_cast<std::size_t>(index)];
        setTree(m, snapshot, step.nodes, step.root, step.leftmost, options.selection);
        for (CfsNode& n : m.nodes) {
            const auto in = [&](const std::vector<i32>& pids) {
                return std::find(pids.begin(), pids.end(), n.pid) != pids.end();
            };
            n.moved = step.what != TreeStep::What::Whole &&
                      (n.pid == step.pid || in(step.reddened) || in(step.blackened) ||
                       std::any_of(step.rotations.begin(), step.rotations.end(),
                                   [&](const TreeStep::Rotation& r) { return r.pid == n.pid; }));
        }
        return;
    }
    const RunQueue& rq = machine.kernel.runQueue;
    const auto pidOf = [&](TaskId id) {
        const Task* task = machine.kernel.tasks.find(id);
        return task ? task->pid() : 0;
    };
    setTree(m, snapshot, rbNodes(machine.kernel, rq.cfs), pidOf(rq.cfs.root), pidOf(rq.cfs.leftmost),
            options.selection);
    if (!snapshot.before) return;
    for (CfsNode& n : m.nodes) {
        const Task *task = find(machine, n.pid), *old = find(*snapshot.before, n.pid);
        n.moved = !old || !task || !old->se.onRq || !(old->se.node == task->se.node);
    }
}

// Symbols on the left, the same with numbers on the right.
void setFormula(CfsModel& m, const Machine& machine, const Task& task) {
    const CfsNode& n = m.chosen;
    const auto add = [&](const QString& symbols, const QString& numbers) { m.formula.emplace_back(symbols, numbers); };
    if (classOf(task) != SchedClass::Fair) return;
    add(QStringLiteral("weight(nice)"), QStringLiteral("nice %1 → %2").arg(n.nice).arg(n.weight));
    if (m.kind != SchedKind::Cfs && m.kind != SchedKind::Eevdf) return;
    const u64 delta = 1'000'000;
    add(QStringLiteral("vruntime += Δ × 1024 / weight"),
        QStringLiteral("1 ms × 1024 / %1 = %2 ms").arg(n.weight).arg(milliseconds(calcDeltaFair(delta, task.se.load))));
    if (!task.se.onRq || m.totalWeight == 0) return;
    add(Words::tr("share = weight / Σ weights"),
        QStringLiteral("%1 / %2 = %3 %")
            .arg(n.weight)
            .arg(m.totalWeight)
            .arg(100.0 * static_cast<double>(n.weight) / static_cast<double>(m.totalWeight), 0, 'f', 1));
    if (m.kind == SchedKind::Cfs) {
        const u32 running = machine.kernel.runQueue.cfs.running;
        const u64 period = running > kSchedNrLatency ? running * kMinGranularityNs : kSchedLatencyNs;
        const u64 slice = sched::schedSlice(machine.kernel, task);
        add(Words::tr("slice = period × share"),
            QStringLiteral("%1 × %2 / %3 = %4 ms%5")
                .arg(durationText(static_cast<double>(period)))
                .arg(n.weight)
                .arg(m.totalWeight)
                .arg(milliseconds(slice))
                .arg(slice == kMinGranularityNs ? Words::tr(" (at least)") : QString()));
        add(Words::tr("ahead of min_vruntime"),
            QStringLiteral("%1 − %2 = %3 ms")
                .arg(milliseconds(n.vruntime), milliseconds(m.minVruntime))
                .arg(static_cast<double>(static_cast<i64>(n.vruntime - m.minVruntime)) / 1e6, 0, 'f', 3));
    } else {
        add(Words::tr("lag = V − vruntime"),
            QStringLiteral("%1 − %2 = %3 ms → %4")
                .arg(milliseconds(m.averageVruntime.value_or(0)), milliseconds(n.vruntime))
                .arg(static_cast<double>(n.lag) / 1e6, 0, 'f', 3)
                .arg(n.eligible ? Words::tr("eligible") : Words::tr("not eligible")));
        add(Words::tr("virtual deadline"), QStringLiteral("%1 ms").arg(milliseconds(n.deadline)));
    }
}

void setOthers(CfsModel& m, const Kernel& kernel) {
    const RunQueue& rq = kernel.runQueue;
    const auto queued = [&](TaskId id, const QString& detail = {}) {
        const Task* task = kernel.tasks.find(id);
        return task ? QueuedTask{task->pid(), qs(task->comm), detail} : QueuedTask{};
    };
    for (std::size_t prio = 0; prio < rq.rt.lists.size(); ++prio) {
        if (rq.rt.lists[prio].empty()) continue;
        RealTimeList list{99 - static_cast<int>(prio), {}};
        for (TaskId id : rq.rt.lists[prio]) {
            const Task* task = kernel.tasks.find(id);
            const bool rr = task && task->policy == SchedPolicy::Rr;
            list.tasks.push_back(
                queued(id, rr ? Words::tr("RR, %n tick(s) left", nullptr, static_cast<int>(task->rt.timeSlice))
                              : Words::tr("FIFO")));
        }
        m.realTime.push_back(std::move(list));
    }
    if (rq.rt.throttled)
        m.realTimeNote = Words::tr("Throttled: real-time tasks used up their 950 ms of this second.");
    else if (rq.rt.periodActive)
        m.realTimeNote = Words::tr("Real-time tasks used %1 of 950 ms of this second.").arg(milliseconds(rq.rt.timeNs));
    for (TaskId id : rq.deadline) {
        const Task* task = kernel.tasks.find(id);
        if (!task) continue;
        m.deadlines.push_back(queued(id, Words::tr("until %1 ms, %2 of %3 ms left")
                                             .arg(milliseconds(task->dl.absoluteDeadline))
                                             .arg(static_cast<double>(task->dl.leftRuntime) / 1e6, 0, 'f', 3)
                                             .arg(milliseconds(task->dl.runtime))));
    }
    for (TaskId id : rq.fifo) m.fifo.push_back(queued(id));
    m.decision = qs(reasonText(kernel, rq.decision.reason));
    for (TaskId id : rq.decision.candidates)
        if (kernel.tasks.contains(id)) m.candidates.push_back(queued(id));
    m.runnableThen = rq.decision.runnable;
    if (const Task* task = kernel.tasks.find(rq.decision.chosen)) m.decided = task->pid();
}

}  // namespace

CfsModel buildCfs(const Snapshot& snapshot, const ViewOptions& options) {
    CfsModel m;
    if (!snapshot.now) return m;
    const Machine& machine = *snapshot.now;
    const RunQueue& rq = machine.kernel.runQueue;
    m.loaded = true;
    m.kind = rq.kind;
    m.minVruntime = rq.cfs.minVruntime;
    m.totalWeight = rq.cfs.loadWeight >> 10;
    m.running = rq.running;
    if (m.kind == SchedKind::Eevdf) m.averageVruntime = sched::averageVruntime(machine.kernel);
    setSteps(m, snapshot, options);
    const Task* chosen = nullptr;
    if (const Task* current = machine.kernel.tasks.find(machine.kernel.current)) {
        m.hasCurrent = true;
        m.current = nodeOf(*current, m.averageVruntime, options.selection);
        chosen = current;
    }
    if (options.selection.kind == SubjectKind::Task)
        if (const Task* task = taskByPid(machine, options.selection.pid)) chosen = task;
    if (chosen) {
        m.hasChosen = true;
        m.chosen = nodeOf(*chosen, m.averageVruntime, options.selection);
        m.canRenice = !isIdleTask(*chosen) && !snapshot.running;
        setFormula(m, machine, *chosen);
    }
    setOthers(m, machine.kernel);
    return m;
}

TextTwin twin(const CfsModel& m) {
    TextTwin root(Words::tr("Run queue"), m.loaded ? policyTitle(m.kind) : QString());
    if (!m.loaded) return root;
    root.add(Words::tr("runnable"), QString::number(m.running));
    root.add(Words::tr("min_vruntime"), Words::tr("%1 ms").arg(milliseconds(m.minVruntime)));
    const auto numbers = [&](const CfsNode& n) {
        QString text =
            Words::tr("vruntime %1 ms, weight %2, nice %3").arg(milliseconds(n.vruntime)).arg(n.weight).arg(n.nice);
        if (m.kind == SchedKind::Eevdf)
            text += Words::tr(", lag %1 ms, %2, deadline %3 ms")
                        .arg(static_cast<double>(n.lag) / 1e6, 0, 'f', 3)
                        .arg(n.eligible ? Words::tr("eligible") : Words::tr("not eligible"), milliseconds(n.deadline));
        return text;
    };
    if (m.hasCurrent)
        root.add(Words::tr("running: %1 PID %2").arg(m.current.name).arg(m.current.pid), numbers(m.current), false,
                 Subject::task(m.current.pid));
    std::function<void(TextTwin&, int, const QString&)> add = [&](TextTwin& parent, int i, const QString& side) {
        if (i < 0) return;
        const CfsNode& n = m.nodes[static_cast<std::size_t>(i)];
        TextTwin& node = parent.add(QStringLiteral("%1%2 %3 PID %4%5")
                                        .arg(side, n.red ? QStringLiteral("R") : QStringLiteral("B"), n.name)
                                        .arg(n.pid)
                                        .arg(n.leftmost ? Words::tr(" (leftmost)") : QString()),
                                    numbers(n), n.moved, Subject::task(n.pid));
        add(node, n.left, Words::tr("left: "));
        add(node, n.right, Words::tr("right: "));
    };
    TextTwin& tree = root.add(Words::tr("Tree"), Words::tr("%n waiting", nullptr, static_cast<int>(m.nodes.size())));
    add(tree, m.root, {});
    for (const RealTimeList& list : m.realTime) {
        TextTwin& node = root.add(Words::tr("Real time, priority %1").arg(list.priority));
        for (const QueuedTask& t : list.tasks)
            node.add(QStringLiteral("%1 PID %2").arg(t.name).arg(t.pid), t.detail, false, Subject::task(t.pid));
    }
    if (!m.realTimeNote.isEmpty()) root.add(Words::tr("Real time"), m.realTimeNote);
    const auto queue = [&](const QString& title, const std::vector<QueuedTask>& tasks) {
        if (tasks.empty()) return;
        TextTwin& node = root.add(title);
        for (const QueuedTask& t : tasks)
            node.add(QStringLiteral("%1 PID %2").arg(t.name).arg(t.pid), t.detail, false, Subject::task(t.pid));
    };
    queue(Words::tr("Deadlines"), m.deadlines);
    queue(Words::tr("Queue"), m.fifo);
    for (std::size_t i = 0; i < m.steps.size(); ++i)
        root.add(Words::tr("Step %1").arg(i), m.steps[i], static_cast<int>(i) == m.step);
    for (const auto& [symbols, values] : m.formula) root.add(symbols, values);
    if (!m.decision.isEmpty()) root.add(Words::tr("Decision"), m.decision);
    queue(Words::tr("Could run"), m.candidates);
    return root;
}

}  // namespace ringside
