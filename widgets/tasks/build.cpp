#include <algorithm>
#include <functional>
#include <set>

#include "core/kernel/proc/wait_queue.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/tasks/task_text.h"
#include "widgets/tasks/tasks.h"

namespace ringside {
namespace {

TaskRow rowOf(const Machine& machine, const Task& t, u64 nowNs) {
    const Kernel& kernel = machine.kernel;
    TaskRow row;
    row.pid = t.pid(), row.tgid = t.tgid, row.name = qs(t.comm), row.uid = t.cred.uid;
    row.nice = t.nice, row.prio = t.prio;
    const Task* parent = kernel.tasks.find(t.realParent);
    row.parent = parent ? parent->pid() : 0;
    row.state = stateText(t), row.letter = stateLetter(t), row.policy = policyText(t), row.waiting = taskWaitText(t);
    const std::string_view channel = waitChannel(t);
    if (channel != "0") row.channel = qs(channel);
    row.kernelThread = isKernelThread(t);
    row.current = kernel.current == t.id;
    row.utimeNs = t.utime, row.stimeNs = t.stime, row.vruntimeNs = t.se.vruntime;
    row.faults = t.minorFaults + t.majorFaults;
    const u64 lived = nowNs - std::min(nowNs, t.startTimeNs);
    if (lived > 0) row.cpuPermille = static_cast<u32>(std::min<u64>(1000, (t.utime + t.stime) * 1000 / lived));
    if (const SignalStruct* signal = kernel.signals.find(t.signal))
        row.threads = static_cast<u32>(signal->threads.size());
    if (const Mm* mm = kernel.mms.find(t.mm)) row.residentPages = mm->rss(), row.virtualPages = mm->totalVm;
    return row;
}

bool hasChanged(const Machine& now, const Machine& before, const Task& t) {
    const Task* old = before.kernel.tasks.find(t.id);
    return !old || stateLetter(*old) != stateLetter(t) || old->comm != t.comm || old->nice != t.nice ||
           (before.kernel.current == t.id) != (now.kernel.current == t.id) || old->realParent != t.realParent;
}

void sortRows(std::vector<TaskRow>& rows, const QString& sort) {
    const auto by = [&](auto key) {
        std::stable_sort(rows.begin(), rows.end(), [&](const TaskRow& a, const TaskRow& b) { return key(a) < key(b); });
    };
    // Numbers that show who is busy or big begin with the highest.
    if (sort == QLatin1String("pid")) by([](const TaskRow& r) { return r.pid; });
    if (sort == QLatin1String("name")) by([](const TaskRow& r) { return r.name; });
    if (sort == QLatin1String("state")) by([](const TaskRow& r) { return std::pair(!r.current, r.letter); });
    if (sort == QLatin1String("nice")) by([](const TaskRow& r) { return r.nice; });
    if (sort == QLatin1String("channel"))
        by([](const TaskRow& r) { return std::pair(r.channel.isEmpty(), r.channel); });
    if (sort == QLatin1String("cpu")) by([](const TaskRow& r) { return -static_cast<i64>(r.cpuPermille); });
    if (sort == QLatin1String("time")) by([](const TaskRow& r) { return -static_cast<i64>(r.utimeNs + r.stimeNs); });
    if (sort == QLatin1String("rss")) by([](const TaskRow& r) { return -static_cast<i64>(r.residentPages); });
    if (sort == QLatin1String("virt")) by([](const TaskRow& r) { return -static_cast<i64>(r.virtualPages); });
}

}  // namespace

TasksModel buildTasks(const Snapshot& snapshot, const ViewOptions& options) {
    TasksModel m;
    if (!snapshot.now) return m;
    const Machine& machine = *snapshot.now;
    const Kernel& kernel = machine.kernel;
    const u64 now = machine.nanoseconds();
    m.loaded = true;
    m.sort = options.setting(QStringLiteral("sort"), QStringLiteral("tree"));
    m.scroll = options.scroll;
    std::map<char, int> states;
    std::set<TaskId> seen;
    std::function<void(TaskId, int)> visit = [&](TaskId id, int depth) {
        const Task* t = kernel.tasks.find(id);
        if (!t || !seen.insert(id).second) return;
        TaskRow row = rowOf(machine, *t, now);
        row.depth = std::min(depth, 40);
        row.changed = snapshot.before && hasChanged(machine, *snapshot.before, *t);
        ++states[row.letter];
        if (t->groupLeader == id) ++m.processes;
        if (row.kernelThread) ++m.kernelThreads;
        m.rows.push_back(std::move(row));
        // Threads of a group stand under its leader, children under their parent.
        if (t->groupLeader == id)
            if (const SignalStruct* signal = kernel.signals.find(t->signal))
                for (TaskId thread : signal->threads) visit(thread, depth + 1);
        for (TaskId child : t->children) visit(child, depth + 1);
    };
    for (auto [id, task] : kernel.tasks)
        if (!kernel.tasks.contains(task.realParent) || task.realParent == id) visit(id, 0);
    // Whoever the links did not reach still exists.
    for (auto [id, task] : kernel.tasks) visit(id, 0);
    m.states.assign(states.begin(), states.end());
    sortRows(m.rows, m.sort);
    const Task* selected = taskOf(machine, options.selection);
    if (selected) m.selected = selected->pid();
    return m;
}

QString summaryOf(const TasksModel& m) {
    return Words::tr("%1 in %2 processes, %3 of them kernel threads")
        .arg(m.rows.size())
        .arg(m.processes)
        .arg(m.kernelThreads);
}

TextTwin twin(const TasksModel& m) {
    TextTwin root(Words::tr("Tasks"), m.loaded ? summaryOf(m) : QString());
    if (!m.loaded) return root;
    for (const TaskRow& r : m.rows) {
        QStringList parts{
            (r.tgid == r.pid ? Words::tr("tgid %1, parent %2, uid %3") : Words::tr("thread of %1, parent %2, uid %3"))
                .arg(r.tgid)
                .arg(r.parent)
                .arg(r.uid),
            r.state + (r.current ? Words::tr(", on the CPU") : QString()),
            QStringLiteral("%1, nice %2").arg(r.policy).arg(r.nice),
            Words::tr("%1.%2 % CPU, %3")
                .arg(r.cpuPermille / 10)
                .arg(r.cpuPermille % 10)
                .arg(msText(r.utimeNs + r.stimeNs))};
        if (r.virtualPages)
            parts << Words::tr("%1 of %2 in RAM")
                         .arg(sizeText(r.residentPages * kPageSize), sizeText(r.virtualPages * kPageSize));
        if (!r.channel.isEmpty())
            parts << Words::tr("in %1, waits for %2")
                         .arg(r.channel, r.waiting.isEmpty() ? Words::tr("nothing named") : r.waiting);
        root.add(QStringLiteral("%1%2 PID %3")
                     .arg(QString(m.sort == QLatin1String("tree") ? r.depth * 2 : 0, QLatin1Char(' ')),
                          r.kernelThread ? QStringLiteral("[%1]").arg(r.name) : r.name)
                     .arg(r.pid),
                 parts.join(QStringLiteral(", ")), r.changed, Subject::task(r.pid));
    }
    return root;
}

}  // namespace ringside
