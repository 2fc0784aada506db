#include <algorithm>
#include <functional>

#include "core/kernel/proc/wait_queue.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/tasks/tasks.h"

namespace ringside {
namespace {

QString policyText(const Task& task) {
    switch (task.policy) {
        case SchedPolicy::Normal:
            return Words::tr("normal");
        case SchedPolicy::Fifo:
            return QStringLiteral("FIFO %1").arg(task.rtPriority);
        case SchedPolicy::Rr:
            return QStringLiteral("RR %1").arg(task.rtPriority);
        case SchedPolicy::Batch:
            return Words::tr("batch");
        case SchedPolicy::Idle:
            return Words::tr("idle");
        case SchedPolicy::Deadline:
            return Words::tr("deadline");
    }
    return {};
}

QString waitText(const Task& task) {
    if (task.waiting) return waitText(kindOf(*task.waiting));
    return task.wakeAtNs ? Words::tr("a moment in time") : QString();
}

QString signalSet(SigSet set) {
    QStringList names;
    for (int i = 1; i <= 64; ++i)
        if (set >> (i - 1) & 1) names << nameOfSignal(i);
    return names.isEmpty()     ? Words::tr("none")
           : names.size() > 12 ? Words::tr("%1 signals").arg(names.size())
                               : names.join(QLatin1Char(' '));
}

QString ms(u64 ns) { return QStringLiteral("%1 ms").arg(static_cast<double>(ns) / 1e6, 0, 'f', 3); }

// The fields of task_struct in Linux's order, by group. Called for the task now and before, so that changes show.
std::vector<TaskField> fieldsOf(const Machine& machine, const Task& t) {
    const Kernel& k = machine.kernel;
    std::vector<TaskField> out;
    QString group;
    auto add = [&](const char* name, const QString& value, const QString& what, Subject link = {}) {
        out.push_back({group, QString::fromLatin1(name), value, what, false, std::move(link)});
    };
    auto other = [&](TaskId id) {
        const Task* task = k.tasks.find(id);
        return task ? taskText(*task) : Words::tr("none");
    };
    auto link = [&](TaskId id) {
        const Task* task = k.tasks.find(id);
        return task ? Subject::task(task->pid()) : Subject{};
    };
    group = Words::tr("state");
    add("task_struct *", hex(t.address), Words::tr("where the task_struct lies in the direct map"),
        Subject::address(t.address));
    add("__state", stateText(t), Words::tr("what the scheduler may do with the task"));
    add("exit_state", hex(t.exitState), Words::tr("not zero once it has exited"));
    add("flags", hex(t.flags), Words::tr("PF_* bits: kernel thread, exiting, forked but did not exec"));
    add("comm", qs(t.comm), Words::tr("the program's name, at most 15 characters"));
    group = Words::tr("identity");
    add("pid", QString::number(t.pid()), Words::tr("the number of this thread"));
    add("tgid", QString::number(t.tgid), Words::tr("the number of the thread group: what getpid() returns"));
    if (t.pids.size() > 1) {
        QStringList levels;
        for (const Upid& upid : t.pids) levels << QString::number(upid.nr);
        add("thread_pid->numbers", levels.join(QStringLiteral(" / ")),
            Words::tr("its PID at each level of nested PID namespaces"));
    }
    add("group_leader", other(t.groupLeader), Words::tr("the first thread of the group"), link(t.groupLeader));
    add("real_parent", other(t.realParent), Words::tr("who created it"), link(t.realParent));
    add("parent", other(t.parent), Words::tr("who is told when it exits"), link(t.parent));
    QStringList children;
    for (TaskId child : t.children) children << other(child);
    add("children", children.isEmpty() ? Words::tr("none") : children.join(QStringLiteral(", ")),
        Words::tr("the tasks it created"));
    add("cred", QStringLiteral("uid %1 gid %2 euid %3").arg(t.cred.uid).arg(t.cred.gid).arg(t.cred.euid),
        Words::tr("on whose behalf it acts"));
    if (const SignalStruct* signal = k.signals.find(t.signal)) {
        add("pgrp", QString::number(signal->pgrp), Words::tr("process group: who gets ^C together"));
        add("session", QString::number(signal->session), Words::tr("session: one login on one terminal"));
    }
    group = Words::tr("memory and files");
    if (const Mm* mm = k.mms.find(t.mm)) {
        add("mm", QStringLiteral("#%1, %2 users").arg(t.mm.value).arg(mm->users),
            Words::tr("the address space; threads share it"));
        add("mm->pgd", hex(mm->cr3), Words::tr("physical address of its top page table: CR3 while it runs"),
            Subject::frame(mm->cr3 >> kPageShift));
        add("mm->brk", hex(mm->brk), Words::tr("where the heap ends"), Subject::address(mm->brk, t.pid()));
        add("mm->rss", sizeText((mm->rssAnon + mm->rssFile) * kPageSize), Words::tr("what of it lies in RAM"));
    } else {
        add("mm", Words::tr("NULL"), Words::tr("a kernel thread has no address space of its own"));
    }
    if (const FilesStruct* files = k.files.find(t.files)) {
        int n = 0;
        for (const auto& slot : files->slots) n += slot.file.value != 0;
        add("files", Words::tr("%1 open, %2 users").arg(n).arg(files->users),
            Words::tr("the table of file descriptors"));
        for (std::size_t fd = 0; fd < files->slots.size() && fd < 16; ++fd)
            if (const File* file = k.vfs.files.find(files->slots[fd].file))
                out.push_back(
                    {group,
                     QStringLiteral("  fd %1").arg(fd),
                     qs(file->path) + (files->slots[fd].closeOnExec ? Words::tr(" (close on exec)") : QString()),
                     Words::tr("position %1, %2 references").arg(file->position).arg(file->users),
                     false,
                     {}});
    }
    if (const FsStruct* fs = k.fs.find(t.fs)) add("fs->pwd", qs(fs->cwdPath), Words::tr("the working directory"));
    group = Words::tr("signals");
    add("blocked", signalSet(t.blocked), Words::tr("signals that must wait"));
    add("pending", signalSet(t.pending.set), Words::tr("signals for this thread that have not been delivered"));
    if (const SignalStruct* signal = k.signals.find(t.signal))
        add("signal->shared_pending", signalSet(signal->shared.set), Words::tr("signals for the whole group"));
    if (const Sighand* hand = k.sighands.find(t.sighand)) {
        QStringList caught;
        for (int i = 1; i <= 64; ++i)
            if (hand->action[static_cast<std::size_t>(i)].handler > 1)
                caught << QStringLiteral("%1 → %2").arg(nameOfSignal(i),
                                                        hex(hand->action[static_cast<std::size_t>(i)].handler));
        add("sighand", caught.isEmpty() ? Words::tr("no handlers") : caught.join(QStringLiteral(", ")),
            Words::tr("functions of the program that are called on signals"));
    }
    group = Words::tr("scheduling");
    add("policy", policyText(t), Words::tr("which scheduling class decides"));
    add("prio", QStringLiteral("%1 (nice %2)").arg(t.prio).arg(t.nice),
        Words::tr("100 to 139 for normal tasks: 120 + nice"));
    add("se.load.weight", QString::number(t.se.load.weight >> 10),
        Words::tr("1024 at nice 0; each nice level is about a quarter more or less"));
    add("se.vruntime", ms(t.se.vruntime), Words::tr("time it ran, divided by its weight: CFS runs who has least"));
    add("se.sum_exec_runtime", ms(t.se.sumExecRuntime), Words::tr("time it ran"));
    add("on_rq", t.se.onRq ? Words::tr("yes") : Words::tr("no"), Words::tr("whether it is runnable"));
    add("need_resched", t.needResched ? Words::tr("yes") : Words::tr("no"),
        Words::tr("the scheduler shall be asked before it returns to user mode"));
    add("utime", ms(t.utime), Words::tr("time in user mode"));
    add("stime", ms(t.stime), Words::tr("time in the kernel"));
    add("nvcsw", QString::number(t.voluntarySwitches), Words::tr("times it gave up the CPU itself"));
    add("nivcsw", QString::number(t.involuntarySwitches), Words::tr("times it was preempted"));
    group = Words::tr("saved context");
    add("stack", hex(t.stackBase), Words::tr("its kernel stack, 16 KiB"), Subject::address(t.stackBase));
    add("thread.sp", hex(t.sp), Words::tr("the kernel stack pointer while it is switched away"),
        Subject::address(t.sp));
    add("thread.fsbase", hex(t.fsBase), Words::tr("where FS points: the thread's own variables"));
    if (!waitText(t).isEmpty()) add("waits for", waitText(t), Words::tr("who or what will wake it"));
    if (t.exitState) add("exit_code", hex(static_cast<u32>(t.exitCode)), Words::tr("what wait() will tell the parent"));
    return out;
}

}  // namespace

TasksModel buildTasks(const Snapshot& snapshot, const ViewOptions& options) {
    TasksModel m;
    if (!snapshot.now) return m;
    const Machine& machine = *snapshot.now;
    const Kernel& kernel = machine.kernel;
    m.loaded = true;
    std::map<char, int> states;
    std::function<void(TaskId, int)> visit = [&](TaskId id, int depth) {
        const Task* t = kernel.tasks.find(id);
        if (!t || depth > 40) return;
        TaskRow row;
        row.pid = t->pid(), row.tgid = t->tgid, row.name = qs(t->comm), row.depth = depth, row.nice = t->nice;
        const Task* parent = kernel.tasks.find(t->realParent);
        row.parent = parent ? parent->pid() : 0;
        row.state = stateText(*t), row.letter = stateLetter(*t), row.policy = policyText(*t),
        row.waiting = waitText(*t);
        row.kernelThread = t->mm.value == 0 && t->exitState == 0;
        row.current = kernel.current == id;
        row.utimeNs = t->utime, row.stimeNs = t->stime, row.vruntimeNs = t->se.vruntime;
        if (const Mm* mm = kernel.mms.find(t->mm)) row.residentPages = mm->rssAnon + mm->rssFile;
        if (snapshot.before) {
            const Task* old = snapshot.before->kernel.tasks.find(id);
            row.changed = !old || stateLetter(*old) != row.letter || old->comm != t->comm ||
                          (snapshot.before->kernel.current == id) != row.current || old->realParent != t->realParent;
        }
        ++states[row.letter];
        m.rows.push_back(row);
        // Threads of a group stand under its leader, children under their parent.
        if (t->groupLeader == id)
            if (const SignalStruct* signal = kernel.signals.find(t->signal))
                for (TaskId thread : signal->threads)
                    if (thread != id) visit(thread, depth + 1);
        for (TaskId child : t->children) visit(child, depth + 1);
    };
    for (auto [id, task] : kernel.tasks)
        if (!kernel.tasks.contains(task.realParent) || task.realParent == id) visit(id, 0);
    // Whoever the links did not reach still exists.
    if (m.rows.size() < kernel.tasks.size())
        for (auto [id, task] : kernel.tasks) {
            const i32 pid = task.pid();
            if (std::none_of(m.rows.begin(), m.rows.end(), [&](const TaskRow& r) { return r.pid == pid; }))
                visit(id, 0);
        }
    m.states.assign(states.begin(), states.end());

    const Task* selected = taskOf(machine, options.selection);
    if (!selected) selected = kernel.tasks.find(kernel.current);
    if (selected) {
        m.selected = selected->pid();
        m.selectedName = taskText(*selected);
        m.fields = fieldsOf(machine, *selected);
        if (snapshot.before)
            if (const Task* old = snapshot.before->kernel.tasks.find(selected->id)) {
                const auto was = fieldsOf(*snapshot.before, *old);
                for (TaskField& field : m.fields) {
                    auto same =
                        std::find_if(was.begin(), was.end(), [&](const TaskField& f) { return f.name == field.name; });
                    field.changed = same == was.end() || same->value != field.value;
                    if (field.changed && same != was.end()) field.what += Words::tr(" (was %1)").arg(same->value);
                }
            }
    }
    return m;
}

TextTwin twin(const TasksModel& m) {
    TextTwin root(Words::tr("Tasks"), Words::tr("%n tasks", nullptr, static_cast<int>(m.rows.size())));
    if (!m.loaded) return root;
    TextTwin& list = root.add(Words::tr("Processes and threads"));
    for (const TaskRow& r : m.rows)
        list.add(QStringLiteral("%1%2 PID %3")
                     .arg(QString(r.depth * 2, QLatin1Char(' ')),
                          r.kernelThread ? QStringLiteral("[%1]").arg(r.name) : r.name)
                     .arg(r.pid),
                 Words::tr("tgid %1, parent %2, %3%4, %5, nice %6")
                         .arg(r.tgid)
                         .arg(r.parent)
                         .arg(r.state, r.current ? Words::tr(", on the CPU") : QString(), r.policy)
                         .arg(r.nice) +
                     (r.waiting.isEmpty() ? QString() : Words::tr(", waits for %1").arg(r.waiting)),
                 r.changed, Subject::task(r.pid));
    TextTwin& fields = root.add(Words::tr("task_struct of %1").arg(m.selectedName));
    for (const TaskField& f : m.fields) fields.add(f.name, f.value, f.changed, f.link);
    return root;
}

}  // namespace ringside
