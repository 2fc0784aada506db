// Samples with the invariants checked whenever the kernel goes back to user mode or another task: after each system
// call, page fault, signal, switch and end of a task. And that nothing is left when all is over.
#include <QtTest>
#include <filesystem>

#include "core/machine/machine.h"

using namespace ringside;

class TestExits : public QObject {
    Q_OBJECT
 private Q_SLOTS:
    void invariantsHoldAtEveryKernelExit_data() {
        QTest::addColumn<QStringList>("command");
        QTest::addColumn<int>("frames");
        const auto row = [](const char* name, const QStringList& command, int frames = 0) {
            QTest::newRow(name) << command << frames;
        };
        for (const char* name :
             {"fork_cow", "fork_tree",   "fork_exec",    "vfork",           "pipeline", "zombie",     "orphan",
              "demand",   "mmap_shared", "mmap_private", "stack_growth",    "malloc",   "exec_keeps", "pid_namespace",
              "threads",  "condvar",     "signals",      "sigsegv_handler", "crash",    "timer"})
            row(name, {QString("/samples/") + name});
        row("swap", {"/samples/swap", "2"}, 300);
        row("hugepage", {"/samples/hugepage"});
        row("init", {"/sbin/init", "/samples/orphan"});
    }
    void invariantsHoldAtEveryKernelExit() {
        QFETCH(QStringList, command);
        QFETCH(int, frames);
        MachineOptions options = classroomProfile();
        options.kernel.program = command.takeFirst().toStdString();
        for (const QString& argument : command) options.kernel.arguments.push_back(argument.toStdString());
        if (frames) options.ramBytes = u64(frames) * kPageSize, options.swapBytes = u64{8} << 20;
        options.kernel.hugePages = options.kernel.program.ends_with("hugepage");
        auto booted = Machine::bootProgram(options);
        QVERIFY2(booted, booted ? "" : booted.error().sentence.c_str());
        Machine machine = std::move(*booted);
        machine.trace.enabled = true;
        using enum EventKind;
        u64 wanted = 0;
        for (const EventKind kind : {SyscallExit, ZeroFill, FileFill, ZeroPage, CowCopy, CowReuse, SwapIn, SwapOut,
                                     Exit, Reap, Exec, SignalDeliver, Switch})
            wanted |= RunUntil::bit(kind);
#ifdef __SANITIZE_ADDRESS__
        constexpr u64 kMostStops = 100;
#else
        constexpr u64 kMostStops = 600;  // then every hundredth
#endif
        for (u64 stops = 0;; ++stops) {
            const MachineStop stop = machine.run({.tick = machine.cpu.tick + 50'000'000, .events = wanted});
            machine.trace.events.clear();
            if (stops < kMostStops || stops % 100 == 0 || stop != MachineStop::Event) {
                const auto broken = machine.brokenInvariants();
                if (!broken.empty())
                    QFAIL(qPrintable(QString("tick %1: %2").arg(machine.cpu.tick).arg(broken.front().c_str())));
            }
            if (stop == MachineStop::Event) continue;
            QVERIFY(stop == MachineStop::Finished);
            QVERIFY(stops > 50);
            break;
        }
    }
};

QTEST_APPLESS_MAIN(TestExits)
#include "tst_exits.moc"
