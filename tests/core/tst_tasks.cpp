// Tasks from fork to the grave, their numbers, signals and sleep, on a whole machine with programs made of bytes.
#include <QtTest>

#include "core/kernel/entry/border.h"
#include "core/kernel/entry/pt_regs.h"
#include "core/kernel/errno.h"
#include "core/kernel/mm/user_memory.h"
#include "core/kernel/proc/invariants.h"
#include "core/kernel/proc/pid.h"
#include "core/kernel/proc/process.h"
#include "core/kernel/proc/sigframe.h"
#include "core/kernel/proc/signal.h"
#include "tests/core/call_loop.h"

using namespace ringside;
using namespace ringside::test;

namespace {

// Runs until an event of this kind, of anybody or of this process, and gives it.
Event runTo(Machine& m, EventKind kind, i32 pid = 0) {
    m.trace.enabled = true;
    for (int i = 0; i < 100000; ++i) {
        m.trace.events.clear();
        const MachineStop stop = m.run({.tick = m.cpu.tick + 1'000'000, .events = RunUntil::bit(kind)});
        for (const Event& event : m.trace.events)
            if (event.kind == kind && (pid == 0 || event.pid == pid)) return event;
        if (stop != MachineStop::Event && stop != MachineStop::TickLimit) break;
    }
    return {EventKind::kCount};
}
i32 runToEnd(Machine& m) {
    while (true) {
        const MachineStop stop = m.run({.tick = m.cpu.tick + 1'000'000});
        if (stop != MachineStop::TickLimit) return m.kernel.exitStatus.value_or(-1);
    }
}
const Task& taskWithPid(const Machine& m, i32 pid) { return m.kernel.tasks.at(findGlobal(m.kernel, pid)); }

// Names of kernel functions as they are entered.
std::vector<std::string> calls(const Machine& m) {
    std::vector<std::string> names;
    for (const Event& event : m.trace.events)
        if (event.kind == EventKind::CallEnter) names.push_back(event.text);
    return names;
}
// Whether `wanted` occur in this order, others between them allowed; the first that does not.
std::string missing(const std::vector<std::string>& names, std::initializer_list<const char*> wanted) {
    auto at = names.begin();
    for (const char* name : wanted) {
        at = std::find(at, names.end(), name);
        if (at == names.end()) return name;
        ++at;
    }
    return "";
}

// A child that exits with `code`, and a parent that waits for it.
Program forkAndWait(u64 code) {
    Program p;
    p.call(kFork).bytes({0x85, 0xc0});  // TEST eax, eax
    const auto parent = p.jump({0x0f, 0x85});
    p.exit(code);
    p.land(parent);
    return p.call(kWait4, {~u64{0}, 0, 0, 0}).exit(0);
}

}  // namespace

class TestTasks : public QObject {
    Q_OBJECT
 private Q_SLOTS:
    void forkTakesLinuxsPath() {
        Machine m = machineWith(forkAndWait(3).file());
        m.trace.calls = true;
        const Event fork = runTo(m, EventKind::Fork);
        QCOMPARE(fork.args[0], u64{3});  // PID 1 and kthreadd came first
        QCOMPARE(QString::fromStdString(missing(
                     calls(m), {"do_syscall_64", "kernel_clone",      "copy_process",     "dup_task_struct",
                                "copy_creds",    "sched_fork",        "copy_files",       "copy_fs",
                                "copy_sighand",  "copy_signal",       "copy_mm",          "copy_namespaces",
                                "copy_io",       "copy_thread",       "alloc_pid",        "futex_init_task",
                                "sas_ss_reset",  "sched_cgroup_fork", "wake_up_new_task", "enqueue_task_fair"})),
                 QString());
        const Task &parent = taskWithPid(m, 1), &child = taskWithPid(m, 3);
        QCOMPARE(child.realParent, parent.id);
        QCOMPARE(parent.children, std::vector<TaskId>{child.id});
        QVERIFY(child.mm != parent.mm && child.files != parent.files && child.signal != parent.signal);
        QVERIFY(child.address != 0 && child.address != parent.address);
        Os os = osOf(m);
        QCOMPARE(readPtRegs(os, child.id).rax, u64{0});
        QCOMPARE(readPtRegs(os, child.id).rip, readPtRegs(os, parent.id).rip);
    }

    void exitTakesLinuxsPathAndLeavesAZombie() {
        Machine m = machineWith(forkAndWait(3).file());
        runTo(m, EventKind::Fork);
        m.trace.calls = true;
        const Event exit = runTo(m, EventKind::Exit);
        QCOMPARE(exit.pid, 3);
        QCOMPARE(exit.args[0], u64{3 << 8});
        QCOMPARE(QString::fromStdString(
                     missing(calls(m), {"do_group_exit", "do_exit", "exit_signals", "exit_itimers", "exit_mm",
                                        "exit_mm_release", "exit_mmap", "exit_files", "exit_fs", "exit_task_namespaces",
                                        "exit_notify", "do_notify_parent", "do_task_dead"})),
                 QString());
        const Task& zombie = taskWithPid(m, 3);
        QCOMPARE(zombie.exitState, state::ExitZombie);
        QVERIFY(zombie.mm == MmId{} && zombie.files == FilesId{});
        const Event reap = runTo(m, EventKind::Reap);
        QCOMPARE(reap.args[0], u64{3});
        QCOMPARE(findGlobal(m.kernel, 3), TaskId{});
        QCOMPARE(runToEnd(m), 0);
    }

    void cloneSharesWhatTheFlagsSay_data() {
        QTest::addColumn<quint64>("flags");
        QTest::newRow("nothing") << quint64{0};
        QTest::newRow("vm") << quint64{clone::Vm};
        QTest::newRow("fs") << quint64{clone::Fs};
        QTest::newRow("files") << quint64{clone::Files};
        QTest::newRow("sighand") << quint64{clone::Vm | clone::Sighand};
        QTest::newRow("thread") << quint64{clone::Vm | clone::Sighand | clone::Thread};
        QTest::newRow("parent") << quint64{clone::Parent};
        QTest::newRow("uts") << quint64{clone::NewUts};
        QTest::newRow("pid") << quint64{clone::NewPid};
    }
    void cloneSharesWhatTheFlagsSay() {
        QFETCH(quint64, flags);
        Program p;
        // PARENT is for a child of PID 1, which has a parent that can wait for it.
        if (flags & clone::Parent) {
            p.call(kFork).bytes({0x85, 0xc0});
            const auto parent = p.jump({0x0f, 0x84});
            p.call(kPause);
            p.land(parent);
        }
        p.call(kClone, {flags | (flags & clone::Thread ? 0 : kSigChld), 0}).call(kPause).exit(0);
        Machine m = machineWith(p.file());
        Event fork = runTo(m, EventKind::Fork);
        if (flags & clone::Parent) fork = runTo(m, EventKind::Fork);
        const Task& child = taskWithPid(m, static_cast<i32>(fork.args[0]));
        const Task& caller = taskWithPid(m, fork.pid);
        QCOMPARE(child.mm == caller.mm, (flags & clone::Vm) != 0);
        QCOMPARE(child.fs == caller.fs, (flags & clone::Fs) != 0);
        QCOMPARE(child.files == caller.files, (flags & clone::Files) != 0);
        QCOMPARE(child.sighand == caller.sighand, (flags & clone::Sighand) != 0);
        QCOMPARE(child.signal == caller.signal, (flags & clone::Thread) != 0);
        QCOMPARE(child.tgid == caller.tgid, (flags & clone::Thread) != 0);
        QCOMPARE(child.uts == caller.uts, (flags & clone::NewUts) == 0);
        QCOMPARE(child.realParent == caller.realParent, (flags & (clone::Parent | clone::Thread)) != 0);
        QCOMPARE(child.pids.size(), flags & clone::NewPid ? std::size_t{2} : std::size_t{1});
        if (flags & clone::NewPid) QCOMPARE(child.pids.back().nr, 1);
        QCOMPARE(brokenTaskInvariants(m.kernel), std::vector<std::string>());
    }

    void badFlagsAreTurnedAway() {
        // exit(-result)
        const auto resultOf = [](u64 flags) {
            Program p;
            p.call(kClone, {flags, 0}).bytes({0xf7, 0xd8, 0x89, 0xc7}).move(RAX, kExitGroup).syscall();
            Machine m = machineWith(p.file());
            return runToEnd(m) >> 8;
        };
        QCOMPARE(resultOf(clone::Thread | clone::Vm), i32{error::kInval});
        QCOMPARE(resultOf(clone::Sighand), i32{error::kInval});
        QCOMPARE(resultOf(clone::NewNs | clone::Fs), i32{error::kInval});
        QCOMPARE(resultOf(clone::Vm | clone::Sighand | clone::Thread | clone::NewPid), i32{error::kInval});
    }

    // ---- numbers ----
    static TaskId newTask(Machine& m) {
        Task task;
        task.id = TaskId(m.kernel.nextId++);
        const TaskId id = task.id;
        m.kernel.tasks.insert(id, std::move(task));
        return id;
    }
    void numbersWrapAndRunOut() {
        Machine m = machineWith(Program().exit(0).file());
        runTo(m, EventKind::Exec);
        Os os = osOf(m);
        const PidNsId root = activePidNamespace(m.kernel.currentTask());
        PidNamespace& ns = m.kernel.pidNamespaces.edit(root);
        ns.pidMax = 304;
        ns.lastPid = 300;
        const TaskId someone = newTask(m);
        std::vector<i32> given;
        for (int i = 0; i < 5; ++i) {
            const auto pids = allocPid(os, root, someone);
            given.push_back(pids ? pids->back().nr : static_cast<i32>(pids.error()));
        }
        // Up to pid_max - 1, then again from RESERVED_PIDS, then none is left.
        QCOMPARE(given, (std::vector<i32>{301, 302, 303, 300, -error::kAgainNow}));
        Task gone;
        gone.pids = {{root, 302}};
        freePid(os, gone);
        QCOMPARE(allocPid(os, root, someone)->back().nr, 302);
    }
    void nestedNamespacesGiveOneNumberEach() {
        Machine m = machineWith(Program().exit(0).file());
        runTo(m, EventKind::Exec);
        Os os = osOf(m);
        const PidNsId root = activePidNamespace(m.kernel.currentTask());
        const PidNsId inner = newPidNamespace(os, root, {}), innermost = newPidNamespace(os, inner, {});
        const TaskId last = newTask(m);
        const auto first = allocPid(os, inner, newTask(m));
        QCOMPARE(first->back().nr, 1);
        const auto second = allocPid(os, innermost, last);
        QCOMPARE(second->size(), std::size_t{3});
        QCOMPARE((*second)[2].nr, 1);
        QCOMPARE((*second)[1].nr, 2);
        QCOMPARE((*second)[0].nr, (*first)[0].nr + 1);
        QCOMPARE(findTask(m.kernel, innermost, 1), last);
        QCOMPARE(findTask(m.kernel, innermost, 2), TaskId{});
    }
    // The init of a namespace lives on in its thread, and takes orphans, when its first thread has ended.
    void orphansGoToTheLastThreadOfInit() {
        constexpr u64 kNewPid = 0x20000011, kThread = 0x10f00;
        CallLoop guest;
        const auto turnOf = [&](i32 pid) {
            for (int i = 0; i < 1000 && guest.pid() != pid; ++i) {
                guest.set(kSchedYield);
                if (!guest.runOn()) return false;
            }
            return guest.pid() == pid;
        };
        const auto newest = [&] {
            i32 pid = 0;
            for (const auto& [id, task] : guest.machine.kernel.tasks) pid = std::max(pid, task.pid());
            return pid;
        };
        const i32 parent = guest.pid();
        QVERIFY(guest.call(kClone, {kNewPid, 0, 0, 0, 0}) > 0);
        const i32 leader = newest();
        QVERIFY(turnOf(leader));
        QCOMPARE(guest.call(kClone, {kThread, 0, 0, 0, 0}), i64{2});
        const i32 thread = newest();
        QVERIFY(turnOf(thread));
        QCOMPARE(guest.call(kFork), i64{3});
        const i32 middle = newest();
        QVERIFY(turnOf(middle));
        QCOMPARE(guest.call(kFork), i64{4});
        const i32 orphan = newest();
        QVERIFY(turnOf(leader));
        guest.set(kExit, {0});
        QVERIFY(guest.runOn());
        QVERIFY(turnOf(middle));
        guest.set(kExit, {0});
        QVERIFY(guest.runOn());
        const Kernel& kernel = guest.machine.kernel;
        QCOMPARE(kernel.tasks.at(kernel.tasks.at(findGlobal(kernel, orphan)).realParent).pid(), thread);
        QCOMPARE(guest.machine.brokenInvariants(), std::vector<std::string>());
        // With its last thread all go.
        QVERIFY(turnOf(parent));
        QCOMPARE(guest.call(kKill, {static_cast<u64>(leader), 9}), i64{0});
        for (int i = 0; i < 20; ++i) QCOMPARE(guest.call(kSchedYield), i64{0});
        QCOMPARE(guest.machine.brokenInvariants(), std::vector<std::string>());
        QCOMPARE(findGlobal(kernel, orphan), TaskId{});
    }
    void orphansGoToInit() {
        Program p;  // PID 1 → 3 → 4; 3 ends, 4 sleeps
        p.call(kFork).bytes({0x85, 0xc0});
        const auto waits = p.jump({0x0f, 0x85});
        p.call(kFork).bytes({0x85, 0xc0});
        const auto ends = p.jump({0x0f, 0x85});
        p.call(kPause);
        p.land(ends);
        p.exit(0);
        p.land(waits);
        p.call(kPause);
        Machine m = machineWith(p.file());
        const Event reparent = runTo(m, EventKind::Reparent);
        QCOMPARE(reparent.args[0], u64{4});
        QCOMPARE(reparent.args[1], u64{1});
        QCOMPARE(taskWithPid(m, 4).realParent, taskWithPid(m, 1).id);
    }
    void killingInitPanics() {
        MachineOptions options = classroomProfile();
        options.kernel.init = "/program";
        Machine m = machineWith(Program().exit(2).file(), options);
        QCOMPARE(m.run({.tick = 50'000'000}), MachineStop::Panicked);
        QCOMPARE(m.kernel.panic, std::string("Attempted to kill init! exitcode=0x00000200"));
    }

    // ---- signals ----
    void defaultActionKills() {
        Machine m = machineWith(Program().call(kKill, {1, kSigTerm}).exit(0).file());
        QCOMPARE(runToEnd(m), i32{kSigTerm});
    }
    void handlerGetsTheFrameOfTheAbi() {
        Program p;
        const u64 action = p.text(std::string(32, '\0'));
        const auto over = p.jump({0xe9});
        const u64 handler = p.here();
        p.bytes({0xc3});  // RET, to the restorer
        const u64 restorer = p.here();
        p.move(RAX, 15).syscall();
        p.land(over);
        const auto put = [&](u64 at, u64 value) {
            p.move(RBX, at).move(RAX, value).bytes({0x48, 0x89, 0x03});  // MOV [rbx], rax
        };
        put(action, handler);
        put(action + 8, sa::Restorer | sa::SigInfo);
        put(action + 16, restorer);
        p.call(kSigaction, {kSigUsr1, action, 0, 8});
        p.move(R12, 0x1234)
            .call(kKill, {1, kSigUsr1})
            .call(kGetpid)
            .bytes({0x89, 0xc7})
            .move(RAX, kExitGroup)
            .syscall();
        Machine m = machineWith(p.file());
        const Event deliver = runTo(m, EventKind::SignalDeliver);
        QCOMPARE(deliver.args[0], u64{kSigUsr1});
        QCOMPARE(deliver.args[1], handler);
        Os os = osOf(m);
        const PtRegs regs = readPtRegs(os, m.kernel.current);
        QCOMPARE(regs.rip, handler);
        QCOMPARE(regs.rsp % 16, u64{8});
        QCOMPARE(regs.rdi, u64{kSigUsr1});
        QCOMPARE(regs.rsi, regs.rsp + 312);
        QCOMPARE(regs.rdx, regs.rsp + 8);
        SigFrame frame{};
        QVERIFY(getUser(os, frame, regs.rsp));
        QCOMPARE(frame.returnAddress, restorer);
        QCOMPARE(frame.flags, u64{6});
        QCOMPARE(frame.context[4], u64{0x1234});  // r12
        QCOMPARE(frame.context[13], u64{0});      // rax: what kill returned
        QCOMPARE(frame.cs, kUserCs);
        QCOMPARE(frame.fpuAddress % 64, u64{0});
        QVERIFY(frame.context[15] - frame.fpuAddress >= 512 + 128);  // the red zone stays
        QCOMPARE(decodeSigInfo(frame.info).pid, 1);
        QCOMPARE(m.kernel.currentTask().blocked, sigBit(kSigUsr1));
        const Event back = runTo(m, EventKind::SignalReturn);
        QCOMPARE(back.args[0], frame.context[16]);
        QCOMPARE(m.kernel.currentTask().blocked, SigSet{0});
        QCOMPARE(runToEnd(m), 1 << 8);
    }
    void oneStandardSignalIsEnoughButRealTimeQueues() {
        Machine m = machineWith(Program().call(kPause).exit(0).file());
        runTo(m, EventKind::Sleep, 1);
        const TaskId init = findGlobal(m.kernel, 1);
        m.kernel.tasks.edit(init).blocked = ~kUnblockable;
        Os os = osOf(m);
        for (int i = 0; i < 3; ++i) {
            QCOMPARE(sendSignal(os, init, kernelInfo(kSigUsr1), true), i64{0});
            QCOMPARE(sendSignal(os, init, {.signal = 34, .code = si::Queue, .value = static_cast<u64>(i)}, true),
                     i64{0});
        }
        const SigPending& pending = m.kernel.signals.at(m.kernel.tasks.at(init).signal).shared;
        QCOMPARE(pending.set, sigBit(kSigUsr1) | sigBit(34));
        QCOMPARE(pending.queue.size(), std::size_t{4});
        QVERIFY(m.kernel.tasks.at(init).waiting.has_value());  // blocked signals wake nobody
    }
    void stopAndContinue() {
        Machine m = machineWith(Program().call(kKill, {1, kSigStop}).exit(7).file());
        runTo(m, EventKind::Exec);
        while (taskWithPid(m, 1).state != state::Stopped) m.run({.tick = m.cpu.tick + 100});
        const SignalId signal = taskWithPid(m, 1).signal;
        QVERIFY(m.kernel.signals.at(signal).stopped);
        Os os = osOf(m);
        sendSignal(os, taskWithPid(m, 1).id, kernelInfo(kSigCont), true);
        QVERIFY(!m.kernel.signals.at(signal).stopped);
        QCOMPARE(runToEnd(m), 7 << 8);
    }

    // ---- sleeping ----
    void sleeperSleepsAsLongAsItAsked() {
        Program p;
        const u64 time = p.text(std::string("\0\0\0\0\0\0\0\0\0\x2d\x31\x01\0\0\0\0", 16));  // 20 ms
        p.call(kNanosleep, {time, 0}).exit(0);
        Machine m = machineWith(p.file());
        runTo(m, EventKind::Sleep, 1);
        const TaskId init = findGlobal(m.kernel, 1);
        const u64 due = *m.kernel.tasks.at(init).wakeAtNs;
        const Event wake = runTo(m, EventKind::Wakeup);
        QCOMPARE(wake.args[0], u64{1});
        const u64 now = osOf(m).nowNs();
        QVERIFY2(now >= due && now < due + 1'000'000, qPrintable(QString("%1 %2").arg(now).arg(due)));
    }

    // ---- the invariants themselves ----
    void invariantsNoticeEveryBrokenLink() {
        Machine m = machineWith(forkAndWait(0).file());
        runTo(m, EventKind::Fork);
        QCOMPARE(brokenTaskInvariants(m.kernel), std::vector<std::string>());
        const TaskId init = findGlobal(m.kernel, 1), child = findGlobal(m.kernel, 3);
        const auto breaks = [&](auto change) {
            Kernel copy = m.kernel;
            change(copy);
            return !brokenTaskInvariants(copy).empty();
        };
        QVERIFY(breaks([&](Kernel& k) { k.tasks.edit(init).children.clear(); }));
        QVERIFY(breaks([&](Kernel& k) { k.tasks.edit(child).realParent = child; }));
        QVERIFY(breaks([&](Kernel& k) { k.signals.edit(k.tasks.at(child).signal).threads.clear(); }));
        QVERIFY(breaks([&](Kernel& k) { ++k.sighands.edit(k.tasks.at(child).sighand).users; }));
        QVERIFY(breaks([&](Kernel& k) { ++k.mms.edit(k.tasks.at(child).mm).users; }));
        QVERIFY(breaks([&](Kernel& k) { k.tasks.edit(child).pids.front().nr = 99; }));
        QVERIFY(breaks([&](Kernel& k) { k.tasks.edit(child).waiting = WaitQueueId(5); }));
        QVERIFY(breaks([&](Kernel& k) { k.tasks.edit(child).wakeAtNs = 5; }));
        QVERIFY(breaks([&](Kernel& k) { k.timers.insert({5, TimerKind::Sleep, init.value}); }));
        QVERIFY(breaks([&](Kernel& k) { k.waitQueues[WaitQueueId(5)] = {init}; }));
        QVERIFY(breaks([&](Kernel& k) { ++k.runQueue.running; }));
        QVERIFY(breaks([&](Kernel& k) { k.tasks.edit(child).se.onRq = false; }));
        QVERIFY(breaks([&](Kernel& k) { ++k.runQueue.cfs.loadWeight; }));
    }
};

QTEST_APPLESS_MAIN(TestTasks)
#include "tst_tasks.moc"
