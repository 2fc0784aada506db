#include "core/kernel/fs/files.h"
#include "core/kernel/proc/task_layout.h"
#include "core/kernel/proc/wait_queue.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/task/task.h"
#include "widgets/tasks/task_text.h"

namespace ringside {
namespace {

namespace at = layout::task_struct;

struct Collector {
    const Machine& machine;
    const Task& t;
    const Kernel& k = machine.kernel;
    std::vector<TaskField> out{};
    QString group{};

    void add(u64 offset, const char* name, const QString& value, const QString& what, Subject link = {}) {
        out.push_back({group, QString::fromLatin1(name), value, what, offset, false, {}, std::move(link)});
    }
    QString other(TaskId id) const {
        const Task* task = k.tasks.find(id);
        return task ? taskText(*task) : QStringLiteral("NULL");
    }
    Subject link(TaskId id) const { return subjectOf(k.tasks.find(id)); }
    QString yes(bool b) const { return b ? QStringLiteral("1") : QStringLiteral("0"); }

    void state() {
        group = Words::tr("state");
        add(at::State, "__state", hex(t.state) + QStringLiteral("  ") + stateText(t),
            Words::tr("what the scheduler may do with the task"));
        add(at::ExitState, "exit_state", hex(t.exitState),
            Words::tr("not zero once it has exited: 0x20 zombie, 0x10 dead"));
        add(at::Flags, "flags", flagsText(t.flags),
            Words::tr("PF_* bits: kernel thread, exiting, forked but did not exec"));
        add(at::Comm, "comm", qs(t.comm), Words::tr("the program's name, at most 15 characters"));
        if (!taskWaitText(t).isEmpty())
            add(0, "(wchan)", qs(waitChannel(t)) + QStringLiteral(": ") + taskWaitText(t),
                Words::tr("the kernel function in which it sleeps, and what will wake it"));
        add(at::ExitCode, "exit_code", hex(static_cast<u32>(t.exitCode)),
            Words::tr("what wait() will tell the parent"));
        add(at::ExitSignal, "exit_signal",
            t.exitSignal > 0 ? nameOfSignal(t.exitSignal) : QString::number(t.exitSignal),
            Words::tr("the signal that tells the parent of its end; -1 for a thread"));
    }

    void identity() {
        group = Words::tr("identity and family");
        add(at::PidNumber, "pid", QString::number(t.pid()), Words::tr("the number of this thread"));
        add(at::Tgid, "tgid", QString::number(t.tgid),
            Words::tr("the number of the thread group: what getpid() returns"));
        QStringList levels;
        for (const Upid& upid : t.pids) levels << QString::number(upid.nr);
        add(at::ThreadPid, "thread_pid", hex(t.pidAddress) + QStringLiteral("  ") + levels.join(QStringLiteral(" / ")),
            Words::tr("its struct pid, and the number it has at each level of PID namespaces"),
            Subject::address(t.pidAddress));
        add(at::GroupLeader, "group_leader", other(t.groupLeader), Words::tr("the first thread of the group"),
            link(t.groupLeader));
        add(at::RealParent, "real_parent", other(t.realParent), Words::tr("who created it"), link(t.realParent));
        add(at::Parent, "parent", other(t.parent), Words::tr("who is told when it exits"), link(t.parent));
        QStringList children;
        for (TaskId child : t.children) children << other(child);
        add(at::Children, "children", children.isEmpty() ? Words::tr("empty") : children.join(QStringLiteral(", ")),
            Words::tr("the processes it created, through their sibling links"));
        if (t.tasks.next != TaskId{}) {
            add(at::Tasks, "tasks.next", other(t.tasks.next), Words::tr("the next process in the list of all"),
                link(t.tasks.next));
            add(at::Tasks + 8, "tasks.prev", other(t.tasks.previous), Words::tr("the one before it in the list of all"),
                link(t.tasks.previous));
        }
        add(at::Creds, "cred",
            QStringLiteral("uid %1 gid %2 euid %3 egid %4")
                .arg(t.cred.uid)
                .arg(t.cred.gid)
                .arg(t.cred.euid)
                .arg(t.cred.egid),
            Words::tr("on whose behalf it acts"));
        if (const SignalStruct* signal = k.signals.find(t.signal)) {
            add(0, "signal->pgrp", QString::number(signal->pgrp), Words::tr("process group: who gets ^C together"));
            add(0, "signal->session", QString::number(signal->session),
                Words::tr("session: one login on one terminal"));
            add(0, "signal->nr_threads", QString::number(signal->threads.size()), Words::tr("threads in the group"));
        }
        const PidNamespace* ns = k.pidNamespaces.find(t.childPidNs);
        const UtsNamespace* uts = k.utsNamespaces.find(t.uts);
        add(at::Nsproxy, "nsproxy",
            Words::tr("pid #%1 level %2, uts #%3 %4")
                .arg(t.childPidNs.value)
                .arg(ns ? ns->level : 0)
                .arg(t.uts.value)
                .arg(uts ? qs(uts->nodename) : QString()),
            Words::tr("the namespaces its children will be in, and the name of the host it sees"));
    }

    void memory() {
        group = Words::tr("memory");
        const Mm* mm = k.mms.find(t.mm);
        add(at::Mm, "mm",
            mm ? QStringLiteral("mm #%1, mm_users %2").arg(t.mm.value).arg(mm->users) : QStringLiteral("NULL"),
            mm ? Words::tr("the address space; threads share it")
               : Words::tr("a kernel thread has no address space of its own"));
        add(at::ActiveMm, "active_mm",
            t.activeMm.value ? QStringLiteral("mm #%1").arg(t.activeMm.value) : QStringLiteral("NULL"),
            Words::tr("the address space in CR3 while it runs; kernel threads borrow one"));
        if (!mm) return;
        add(0, "mm->pgd", hex(mm->cr3), Words::tr("physical address of its top page table: CR3 while it runs"),
            Subject::frame(mm->cr3 >> kPageShift));
        add(0, "mm->brk", hex(mm->brk), Words::tr("where the heap ends"), Subject::address(mm->brk, t.pid()));
        add(0, "mm->rss", Words::tr("%1 of %2").arg(sizeText(mm->rss() * kPageSize), sizeText(mm->totalVm * kPageSize)),
            Words::tr("what of its areas lies in RAM"));
        add(at::MinFlt, "min_flt", QString::number(t.minorFaults), Words::tr("page faults that needed no disk"));
        add(at::MajFlt, "maj_flt", QString::number(t.majorFaults), Words::tr("page faults that had to read"));
    }

    void files() {
        group = Words::tr("files");
        if (const FilesStruct* table = k.files.find(t.files)) {
            int open = 0;
            for (const auto& slot : table->slots) open += slot.file.value != 0;
            add(at::Files, "files",
                Words::tr("files_struct #%1: %2 open, %3 users").arg(t.files.value).arg(open).arg(table->users),
                Words::tr("the table of file descriptors; threads share it"));
        }
        if (const FsStruct* fs = k.fs.find(t.fs))
            add(at::Fs, "fs",
                QStringLiteral("fs_struct #%1: pwd %2, umask %3")
                    .arg(t.fs.value)
                    .arg(qs(fs->cwdPath))
                    .arg(fs->umask, 3, 8, QLatin1Char('0')),
                Words::tr("the working directory and what new files may not allow"));
    }

    void signals() {
        group = Words::tr("signals");
        add(at::Blocked, "blocked", signalSetText(t.blocked), Words::tr("signals that must wait"));
        add(at::Pending + 16, "pending.signal", signalSetText(t.pending.set),
            Words::tr("signals for this thread that have not been delivered"));
        if (const SignalStruct* signal = k.signals.find(t.signal))
            add(at::Signal, "signal->shared_pending", signalSetText(signal->shared.set),
                Words::tr("signals for the whole group"));
        if (const Sighand* hand = k.sighands.find(t.sighand)) {
            SigSet caught = 0, ignored = 0;
            for (int i = 1; i <= 64; ++i) {
                const u64 handler = hand->action[static_cast<std::size_t>(i)].handler;
                if (handler > 1) caught |= sigBit(i);
                if (handler == 1) ignored |= sigBit(i);
            }
            add(at::Sighand, "sighand",
                Words::tr("sighand_struct #%1, %2 users; caught: %3; ignored: %4")
                    .arg(t.sighand.value)
                    .arg(hand->users)
                    .arg(signalSetText(caught), signalSetText(ignored)),
                Words::tr("what the program does on each signal; the view Signals has them one by one"));
        }
        if (t.altStack.size)
            add(at::SasSsSp, "sas_ss_sp", QStringLiteral("%1 + %2").arg(hex(t.altStack.sp), sizeText(t.altStack.size)),
                Words::tr("the other stack that handlers with SA_ONSTACK run on"),
                Subject::address(t.altStack.sp, t.pid()));
    }

    void scheduling() {
        group = Words::tr("scheduling");
        add(at::Policy, "policy", policyText(t), Words::tr("which scheduling class decides"));
        add(at::Prio, "prio", QString::number(t.prio),
            t.prio == t.normalPrio
                ? Words::tr("100 to 139 for normal tasks, 120 + nice; below 100 real time")
                : Words::tr("inherited from a task that waits for a lock which this one holds; without it %1")
                      .arg(t.normalPrio));
        add(at::StaticPrio, "static_prio", QStringLiteral("%1 (nice %2)").arg(t.staticPrio).arg(t.nice),
            Words::tr("what nice says"));
        add(at::NormalPrio, "normal_prio", QString::number(t.normalPrio),
            Words::tr("what the policy makes of it, without inheritance"));
        add(at::Se, "se.load.weight", QString::number(t.se.load.weight >> 10),
            Words::tr("1024 at nice 0; each nice level is about a quarter more or less"));
        add(at::Se + 80, "se.vruntime", msText(t.se.vruntime),
            Words::tr("time it ran, divided by its weight: CFS runs who has least"));
        add(at::Se + 72, "se.sum_exec_runtime", msText(t.se.sumExecRuntime), Words::tr("time it ran"));
        add(at::OnRq, "on_rq", yes(t.se.onRq || t.rt.onRq), Words::tr("whether it is on the run queue"));
        add(0, "TIF_NEED_RESCHED", yes(t.needResched),
            Words::tr("the scheduler shall be asked before it returns to user mode"));
        add(at::Utime, "utime", msText(t.utime), Words::tr("time in user mode"));
        add(at::Stime, "stime", msText(t.stime), Words::tr("time in the kernel"));
        add(at::Nvcsw, "nvcsw", QString::number(t.voluntarySwitches), Words::tr("times it gave up the CPU itself"));
        add(at::Nivcsw, "nivcsw", QString::number(t.involuntarySwitches), Words::tr("times it was preempted"));
        add(at::StartTime, "start_time", msText(t.startTimeNs), Words::tr("when it was created, since power-on"));
    }

    void context() {
        group = Words::tr("saved context");
        add(at::Stack, "stack", hex(t.stackBase), Words::tr("its kernel stack, 16 KiB"), Subject::address(t.stackBase));
        add(at::Thread + 24, "thread.sp", hex(t.sp), Words::tr("the kernel stack pointer while it is switched away"),
            Subject::address(t.sp));
        add(at::Thread + 40, "thread.fsbase", hex(t.fsBase), Words::tr("where FS points: the thread's own variables"),
            Subject::address(t.fsBase, t.pid()));
        add(at::Thread + 104, "thread.cr2", hex(t.cr2),
            Words::tr("the address of its last fault that became a signal"));
        add(at::Thread + 112, "thread.trap_nr", QString::number(t.trapNumber),
            Words::tr("the exception that became a signal"));
        add(at::ClearChildTid, "clear_child_tid", hex(t.clearChildTid),
            Words::tr("a word that becomes 0 when it exits, and whose sleepers are woken: pthread_join"),
            Subject::address(t.clearChildTid, t.pid()));
        add(at::RobustList, "robust_list", hex(t.robustList.head), Words::tr("the locks that it holds, should it die"),
            Subject::address(t.robustList.head, t.pid()));
    }
};

QString kindText(const Inode& inode) {
    if (inode.special == Special::Pipe) return Words::tr("pipe");
    if (inode.special == Special::Socket) return Words::tr("socket");
    switch (inode.mode & mode::Type) {
        case mode::Directory:
            return Words::tr("directory");
        case mode::Char:
            return Words::tr("device");
        case mode::Fifo:
            return Words::tr("FIFO");
        case mode::Regular:
            return Words::tr("file");
        default:
            return Words::tr("special");
    }
}

QString openFlags(u32 flags) {
    static constexpr const char* kAccess[] = {"O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"};
    QStringList names{QLatin1String(kAccess[flags & open::AccessMode])};
    if (flags & open::Append) names << QStringLiteral("O_APPEND");
    if (flags & open::NonBlock) names << QStringLiteral("O_NONBLOCK");
    if (flags & open::Directory) names << QStringLiteral("O_DIRECTORY");
    return names.join(QLatin1Char('|'));
}

}  // namespace

std::vector<TaskField> taskFields(const Machine& machine, const Task& task) {
    Collector c{machine, task};
    c.state();
    c.identity();
    c.memory();
    c.files();
    c.signals();
    c.scheduling();
    c.context();
    return std::move(c.out);
}

std::vector<DescriptorRow> descriptorRows(const Machine& machine, const Task& task) {
    std::vector<DescriptorRow> rows;
    const Kernel& k = machine.kernel;
    const FilesStruct* table = k.files.find(task.files);
    if (!table) return rows;
    // Every other descriptor that refers to the same open file: by dup, by fork.
    constexpr std::size_t kNamed = 6;  // the others are counted
    std::map<FileId, std::vector<std::pair<const Task*, std::size_t>>> users;
    std::map<FilesId, const Task*> owners;
    for (auto [id, other] : k.tasks)
        if (other.groupLeader == id) owners.emplace(other.files, &other);
    for (const auto& [id, owner] : owners)
        if (const FilesStruct* files = k.files.find(id))
            for (std::size_t fd = 0; fd < files->slots.size(); ++fd)
                if (files->slots[fd].file != FileId{}) users[files->slots[fd].file].emplace_back(owner, fd);
    const Task* leader = k.tasks.find(task.groupLeader);
    if (!leader) leader = &task;
    for (std::size_t fd = 0; fd < table->slots.size(); ++fd) {
        const FilesStruct::Slot& slot = table->slots[fd];
        const File* file = k.vfs.files.find(slot.file);
        if (!file) continue;
        DescriptorRow row;
        row.fd = static_cast<int>(fd);
        row.closeOnExec = slot.closeOnExec;
        row.file = slot.file.value, row.inode = file->inode.value, row.users = file->users;
        row.path = qs(file->path), row.flags = openFlags(file->flags), row.position = file->position;
        if (const Inode* inode = k.vfs.inodes.find(file->inode)) row.kind = kindText(*inode);
        auto others = users[slot.file];
        std::erase(others, std::pair(leader, fd));
        QStringList names;
        for (std::size_t i = 0; i < std::min(kNamed, others.size()); ++i)
            names << QStringLiteral("%1 fd %2").arg(taskText(*others[i].first)).arg(others[i].second);
        if (others.size() > kNamed) names << Words::tr("%n more", nullptr, static_cast<int>(others.size() - kNamed));
        row.sharers = names.join(QStringLiteral(", "));
        rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace ringside
