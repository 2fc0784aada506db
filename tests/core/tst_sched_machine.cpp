// Scheduling as programs on the whole machine see it: shares of the CPU by nice value, sleepers and hogs, real-time
// starvation and throttling, priority inversion, the timer's frequency, the idle machine without ticks.
#include <QtTest>

#include "core/kernel/sched/sched.h"
#include "core/session/session.h"
#include "core/timeline/policy_run.h"
#include "tests/core/guest_program.h"

using namespace ringside;

namespace {

MachineOptions optionsFor(const char* sample, std::vector<std::string> arguments = {}) {
    MachineOptions options = classroomProfile();
    options.kernel.program = std::string("/samples/") + sample;
    options.kernel.arguments = std::move(arguments);
    return options;
}

Machine boot(const MachineOptions& options) {
    auto machine = Machine::boot(options);
    if (!machine) qFatal("%s", machine.error().sentence.c_str());
    machine->closeInput();
    machine->trace = {.enabled = false, .sched = true};
    return std::move(*machine);
}

// Runs until this much virtual time has passed (or the machine stops); the samples go to `log`.
MachineStop runFor(Machine& machine, u64 ns, SchedLog& log) {
    const u64 end = machine.nanoseconds() + ns;
    MachineStop stop = MachineStop::TickLimit;
    while (stop == MachineStop::TickLimit && machine.nanoseconds() < end) {
        const u64 left = end - machine.nanoseconds();
        // An instruction takes a cycle at least.
        const Tick most = std::max<u64>(1, left / (1'000'000'000 / machine.clockHz) / 4);
        stop = machine.run({.tick = machine.cpu.tick + most});
        log.append(std::exchange(machine.trace.samples, {}));
    }
    return stop;
}

std::vector<TaskTimes> called(const SchedLog& log, const std::string& name) {
    std::vector<TaskTimes> found;
    for (TaskTimes& t : taskTimes(log))
        if (t.name == name) found.push_back(std::move(t));
    return found;
}

std::string console(const Machine& machine) {
    const auto& bytes = machine.devices.console.output;
    std::vector<u8> raw(bytes.size());
    bytes.read(0, raw);
    return {raw.begin(), raw.end()};
}

constexpr u64 kSecond = 1'000'000'000;

}  // namespace

class SchedMachineTest : public QObject {
    Q_OBJECT

 private Q_SLOTS:
    // nice 0 and 5 weigh 1024 and 335: 75.35 % and 24.65 % of the CPU.
    void hogsShareByWeight() {
        Machine machine = boot(optionsFor("hogs", {"0", "5"}));
        SchedLog log;
        runFor(machine, kSecond, log);  // both are there and have their nice values
        const std::vector<TaskTimes> before = called(log, "hogs");
        QCOMPARE(before.size(), std::size_t{3});  // the parent waits
        runFor(machine, 10 * kSecond, log);
        const std::vector<TaskTimes> after = called(log, "hogs");
        const double first = static_cast<double>(after[1].ran - before[1].ran),
                     second = static_cast<double>(after[2].ran - before[2].ran);
        QCOMPARE(after[1].weight, 1024u);
        QCOMPARE(after[2].weight, 335u);
        QVERIFY(first + second > 9e9);
        const double share = 100 * first / (first + second);
        qInfo("nice 0 got %.2f %%, nice 5 %.2f %%", share, 100 - share);
        QVERIFY2(std::abs(share - 75.35) < 0.5, qPrintable(QString::number(share)));
    }

    void sleeperGetsTheCpuAtOnce() {
        Machine machine = boot(optionsFor("interactive"));
        SchedLog log;
        QCOMPARE(runFor(machine, 60 * kSecond, log), MachineStop::Finished);
        // The parent sleeps five times 10 ms beside a hog. Each time it wakes, it is far behind in vruntime: it
        // preempts.
        const std::vector<TaskTimes> tasks = called(log, "interactive");
        QCOMPARE(tasks.size(), std::size_t{2});
        const SchedLog::Series& sleeper = log.tasks().at(tasks[0].pid);
        int wakes = 0;
        for (std::size_t i = 0; i + 1 < sleeper.size(); ++i) {
            if (sleeper[i].kind != SampleKind::Wake || sleeper[i].ns < tasks[1].born) continue;
            ++wakes;
            QCOMPARE(sleeper[i + 1].kind, SampleKind::Run);
            QVERIFY(sleeper[i + 1].ns - sleeper[i].ns < kSecond / 1000);
        }
        QVERIFY(wakes >= 5);
    }

    void fifoStarvesUntilThrottled() {
        Machine machine = boot(optionsFor("rt_starve"));
        SchedLog log;
        runFor(machine, 6 * kSecond, log);
        const std::vector<TaskTimes> tasks = called(log, "rt_starve");
        QCOMPARE(tasks.size(), std::size_t{3});
        // Whole seconds of the hog's life: 950 ms for it, what is left for the other.
        const SchedLog::Series &normal = log.tasks().at(tasks[1].pid), &hog = log.tasks().at(tasks[2].pid);
        const u64 from = hog[1].ns + kSecond, to = from + 4 * kSecond;
        const double ran = countersAt(hog, to).ran - countersAt(hog, from).ran,
                     left = countersAt(normal, to).ran - countersAt(normal, from).ran;
        qInfo("real-time hog %.1f %%, normal hog %.1f %%", ran / 4e7, left / 4e7);
        QVERIFY(std::abs(ran / 4e9 - 0.95) < 0.01);
        QVERIFY(std::abs(left / 4e9 - 0.05) < 0.01);
    }

    void inversionIsShown() {
        // Its sleeps are meant for a machine that is not slow.
        MachineOptions options = optionsFor("inversion");
        options.clockHz = 1'000'000'000;
        Machine machine = boot(options);
        SchedLog log;
        QCOMPARE(runFor(machine, 60 * kSecond, log), MachineStop::Finished);
        QVERIFY2(console(machine).find("high had to wait for middle") != std::string::npos, console(machine).c_str());
    }

    // With inheritance low runs at high's priority for as long as high waits for it, and middle in between does not.
    void inheritanceCuresTheInversion() {
        MachineOptions options = optionsFor("inversion", {"inherit"});
        options.clockHz = 1'000'000'000;
        Machine machine = boot(options);
        machine.trace.enabled = true;
        SchedLog log;
        QCOMPARE(runFor(machine, 60 * kSecond, log), MachineStop::Finished);
        QVERIFY2(console(machine).find("high has it before middle is done") != std::string::npos,
                 console(machine).c_str());
        std::vector<Event> boosts;
        for (const Event& event : machine.trace.events)
            if (event.kind == EventKind::Boost) boosts.push_back(event);
        QCOMPARE(boosts.size(), std::size_t{2});
        QCOMPARE(boosts[0].args[1], u64{99 - 10});
        QCOMPARE(boosts[0].args[2], u64{99 - 30});
        QCOMPARE(boosts[1].args[0], boosts[0].args[0]);
        QCOMPARE(boosts[1].args[1], u64{99 - 30});
        QCOMPARE(boosts[1].args[2], u64{99 - 10});
        QVERIFY(boosts[0].text.ends_with("which waits for its lock"));
    }

    void timerFrequency_data() {
        QTest::addColumn<int>("hz");
        for (int hz : {100, 250, 1000}) QTest::newRow(qPrintable(QString::number(hz))) << hz;
    }
    void timerFrequency() {
        QFETCH(int, hz);
        MachineOptions options = optionsFor("hogs", {"0", "0"});
        options.kernel.hz = static_cast<u32>(hz);
        Machine machine = boot(options);
        SchedLog log;
        runFor(machine, kSecond, log);
        const u64 jiffies = machine.kernel.jiffies, irqs = machine.kernel.counters.irqs, start = machine.nanoseconds();
        runFor(machine, 2 * kSecond, log);
        const u64 wanted = (machine.nanoseconds() - start) * static_cast<u64>(hz) / kSecond;
        QVERIFY(machine.kernel.jiffies - jiffies + 1 >= wanted && machine.kernel.jiffies - jiffies <= wanted + 1);
        QVERIFY(machine.kernel.counters.irqs - irqs + 2 >= wanted && machine.kernel.counters.irqs - irqs <= wanted + 4);
    }

    // A machine that sleeps has no ticks: only the timers that somebody set.
    void idleHasNoTicks() {
        test::Program program;
        const u64 twoSeconds = program.text({"\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16});
        program.call(35, {twoSeconds, 0}).exit(0);  // nanosleep
        MachineOptions options = classroomProfile();
        options.kernel.hz = 1000;
        Machine machine = test::machineWith(program.file(), options);
        machine.trace = {.enabled = false, .sched = true};
        SchedLog log;
        QCOMPARE(runFor(machine, 60 * kSecond, log), MachineStop::Finished);
        const SchedLog::Series& cpu = log.cpu();
        u64 idle = 0;
        for (std::size_t i = 0; i + 1 < cpu.size(); ++i)
            if (cpu[i].pid == 0) idle += cpu[i + 1].ns - cpu[i].ns;
        qInfo("%llu interrupts in %.0f ms, %.0f ms of them idle",
              static_cast<unsigned long long>(machine.kernel.counters.irqs),
              static_cast<double>(machine.nanoseconds()) / 1e6, static_cast<double>(idle) / 1e6);
        QVERIFY(idle > 2 * kSecond * 99 / 100);
        const u64 busyMs = (machine.nanoseconds() - idle) * 1000 / kSecond;
        QVERIFY(machine.kernel.counters.irqs <= busyMs + 10);
        // Jiffies went on all the same.
        const u64 all = machine.nanoseconds() * 1000 / kSecond;
        QVERIFY(machine.kernel.jiffies + 5 >= all && machine.kernel.jiffies <= all + 1);
    }

    void policySwitchedWhileRunning() {
        MachineOptions options = optionsFor("hogs", {"0", "10"});
        Session session(boot(options));
        session.seek(4'000'000);
        auto moment = session.wait();
        for (SchedKind kind :
             {SchedKind::Rr, SchedKind::Eevdf, SchedKind::Coop, SchedKind::RrLatency, SchedKind::Cfs}) {
            session.change("policy", [kind](Machine& m) {
                Os os{m.kernel, m.cpu, m.ram, m.devices, m.trace, m.clockHz};
                setScheduler(os, kind);
            });
            session.seek(session.wait()->now->cpu.tick + 300'000);
            moment = session.wait();
            QCOMPARE(moment->now->kernel.runQueue.kind, kind);
            QVERIFY2(moment->message.empty(), moment->message.c_str());
            const auto broken = moment->now->brokenInvariants();
            QVERIFY2(broken.empty(), broken.empty() ? "" : broken.front().c_str());
        }
        // A weight in the plot is one in the machine.
        session.change("nice", [](Machine& m) {
            Os os{m.kernel, m.cpu, m.ram, m.devices, m.trace, m.clockHz};
            TaskId light;
            for (const auto& [id, task] : m.kernel.tasks)
                if (task.comm == "hogs" && task.nice == 10) light = id;
            setNice(os, light, -3);
        });
        moment = session.wait();
        bool seen = false;
        for (const auto& [pid, series] : moment->schedLog.tasks())
            seen |= series.back().kind == SampleKind::Weight && series.back().weight == 1991;
        QVERIFY(seen);
    }
};

QTEST_APPLESS_MAIN(SchedMachineTest)
#include "tst_sched_machine.moc"
