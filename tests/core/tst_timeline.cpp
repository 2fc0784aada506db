// Time travel: any moment reached by seeking, stepping back or running back equals the same moment reached by running
// straight to it, bit for bit.
#include <QtTest>
#include <random>

#include "core/timeline/timeline.h"

using namespace ringside;

namespace {

Machine bootSample(const char* name) {
    MachineOptions options;
    options.ramBytes = u64{64} << 20;
    options.kernel.program = std::string("/samples/") + name;
    auto machine = Machine::boot(options);
    if (!machine) qFatal("%s", machine.error().sentence.c_str());
    return std::move(*machine);
}

Tick endOf(const Machine& start) {
    Machine machine = start;
    machine.trace.enabled = false;
    machine.run({});
    return machine.cpu.tick;
}

}  // namespace

class TimelineTest : public QObject {
    Q_OBJECT

 private Q_SLOTS:
    void seekEqualsRunning_data() {
        QTest::addColumn<QByteArray>("sample");
        QTest::newRow("countdown") << QByteArray("countdown");
        QTest::newRow("hello") << QByteArray("hello");
        QTest::newRow("fork_cow") << QByteArray("fork_cow");
    }
    void seekEqualsRunning() {
        QFETCH(QByteArray, sample);
        const Machine start = bootSample(sample.constData());
        const Tick end = endOf(start);
        QVERIFY(end > 1000);
        Timeline timeline(start);
        timeline.run({});
        QCOMPARE(timeline.tick(), end);
        std::mt19937_64 random(7);
        std::vector<Tick> ticks;
        for (int i = 0; i < 100; ++i) ticks.push_back(random() % end);
        std::sort(ticks.begin(), ticks.end());
        // A machine that runs straight on meets the timeline at each of these.
        std::vector<Machine> straight;
        Machine machine = start;
        machine.trace.enabled = false;
        for (Tick t : ticks) {
            machine.run({.tick = t});
            QCOMPARE(machine.cpu.tick, t);
            straight.push_back(machine);
        }
        std::vector<std::size_t> order(ticks.size());
        for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
        std::shuffle(order.begin(), order.end(), random);
        for (std::size_t i : order) {
            timeline.seek(ticks[i]);
            QCOMPARE(timeline.tick(), ticks[i]);
            QVERIFY2(timeline.now() == straight[i], qPrintable(QString("tick %1").arg(ticks[i])));
        }
    }

    void stepAndStepBackIsNoStep() {
        Timeline timeline(bootSample("countdown"));
        timeline.run({});
        const Tick end = timeline.tick();
        std::mt19937_64 random(11);
        for (int i = 0; i < 200; ++i) {
            const Tick t = random() % (end - 1);
            timeline.seek(t);
            const Machine before = timeline.now();
            timeline.run({.tick = t + 1});
            QVERIFY(!(timeline.now() == before));
            timeline.seek(t);
            QVERIFY2(timeline.now() == before, qPrintable(QString("tick %1").arg(t)));
        }
    }

    void sameProgramSameCycles() {
        Machine one = bootSample("countdown"), two = bootSample("countdown");
        one.run({});
        two.run({});
        QCOMPARE(one.cpu.cycles, two.cpu.cycles);
        QVERIFY(one == two);
    }

    void runsBackToABreakpoint() {
        Timeline timeline(bootSample("countdown"));
        timeline.run({.events = RunUntil::bit(EventKind::Exec)});
        const u64 entry = timeline.now().cpu.regs.rip;
        timeline.run({});
        // The address of an instruction that ran several times: taken from a step in the middle of user code.
        const Tick end = timeline.tick();
        u64 address = 0;
        for (Tick t = end / 2; t < end && address == 0; t += 97) {
            timeline.seek(t);
            if (timeline.now().cpu.regs.cpl() == 3) address = timeline.now().cpu.regs.rip;
        }
        QVERIFY(address != 0);
        QVERIFY(address != entry);
        const u64 breakpoints[] = {address};
        std::vector<Tick> forwards;
        timeline.seek(0);
        while (timeline.run({.breakpoints = breakpoints}) == MachineStop::Breakpoint)
            forwards.push_back(timeline.tick());
        QVERIFY(!forwards.empty());
        std::vector<Tick> back;
        while (timeline.runBack({.breakpoints = breakpoints})) back.push_back(timeline.tick());
        std::reverse(back.begin(), back.end());
        QCOMPARE(back, forwards);
    }

    void findsWhoWroteAByte() {
        Timeline timeline(bootSample("countdown"));
        timeline.run({});
        const Tick end = timeline.tick();
        Recorder recorder;
        // Some store of the program, seen while it happened.
        for (Tick t = end / 2; t < end; ++t) {
            timeline.seek(t);
            recorder.retired.clear();
            timeline.run({.tick = t + 1}, &recorder);
            if (recorder.retired.empty()) continue;
            const Retired& r = recorder.retired.back();
            for (const MemoryAccess& access : r.accesses)
                if (access.kind == AccessKind::Write && r.before.cpl() == 3) {
                    const auto found = timeline.lastStop(t + 2, {.watch = Watch{access.phys, 1, false}});
                    QVERIFY(found.has_value());
                    QCOMPARE(*found, t + 1);
                    return;
                }
        }
        QFAIL("no store found");
    }

    void inputInThePastBeginsANewFuture() {
        Timeline timeline(bootSample("countdown"));
        timeline.run({});
        const Tick end = timeline.tick();
        timeline.seek(end / 2);
        const std::size_t events = timeline.events().size();
        timeline.input("RBX", [](Machine& m) { m.cpu.regs.gpr[RBX] ^= 1; });
        QCOMPARE(timeline.frontier(), end / 2);
        QVERIFY(timeline.events().size() < events);
        const Machine changed = timeline.now();
        timeline.run({.tick = end / 2 + 100});
        const Machine later = timeline.now();
        timeline.seek(end / 4);
        timeline.seek(end / 2 + 100);
        QVERIFY(timeline.now() == later);
        QCOMPARE(timeline.inputs().size(), std::size_t{1});
        Q_UNUSED(changed);
    }

    void eventsComeOnceAndInOrder() {
        Timeline timeline(bootSample("fork_cow"));
        timeline.run({});
        const std::size_t size = timeline.events().size();
        for (std::size_t i = 1; i < size; ++i) QVERIFY(timeline.events()[i - 1].tick <= timeline.events()[i].tick);
        timeline.seek(timeline.tick() / 3);
        timeline.run({});
        QCOMPARE(timeline.events().size(), size);
        const u64 mask = RunUntil::bit(EventKind::Fork);
        const auto fork = timeline.events().previous(timeline.tick(), mask);
        QVERIFY(fork.has_value());
        QVERIFY(timeline.runBack({.events = mask}));
        QCOMPARE(timeline.tick(), *fork);
    }

    void thinningKeepsTheBudget() {
        Timeline timeline(bootSample("countdown"), u64{1} << 20);
        timeline.run({});
        QVERIFY(timeline.checkpointBytes() <= u64{4} << 20);
    }
};

QTEST_APPLESS_MAIN(TimelineTest)
#include "tst_timeline.moc"
