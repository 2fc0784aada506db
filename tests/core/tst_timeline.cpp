// Time travel: any moment reached by seeking, stepping back or running back equals the same moment reached by running
// straight to it, bit for bit.
#include <QtTest>
#include <cstdlib>
#include <random>

#include "core/machine/edits.h"
#include "core/timeline/timeline.h"
#include "tests/core/guest_program.h"

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

// How many moments are visited; the long form is what `scripts/test --long` runs.
int moments() { return std::getenv("RINGSIDE_LONG") ? 10'000 : 200; }

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
        for (int i = 0; i < moments(); ++i) ticks.push_back(random() % end);
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

    void stepAndStepBackIsNoStep_data() { seekEqualsRunning_data(); }
    void stepAndStepBackIsNoStep() {
        QFETCH(QByteArray, sample);
        Timeline timeline(bootSample(sample.constData()));
        timeline.run({});
        const Tick end = timeline.tick();
        std::mt19937_64 random(11);
        for (int i = 0; i < moments(); ++i) {
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

    // However a run is cut into slices, it stops as often at a breakpoint: also where one slice ends at it.
    void slicesMissNoBreakpoint() {
        Machine start = bootSample("fork_cow");
        start.trace.enabled = false;
        std::vector<u64> seen;
        Machine scout = start;
        const Tick end = endOf(start);
        for (const Tick part : {2, 3, 4}) {
            scout.run({.tick = end * part / 5});
            seen.push_back(scout.cpu.regs.rip);
        }
        std::ranges::sort(seen);
        std::vector<Tick> whole;
        Machine straight = start;
        while (straight.run({.breakpoints = seen}) == MachineStop::Breakpoint) whole.push_back(straight.cpu.tick);
        QVERIFY(whole.size() >= 3);
        const Tick last = whole[std::min<std::size_t>(whole.size(), 300) - 1];
        for (const Tick slice : {1, 2, 7}) {
            // From a little before each stop, so that slices end at it and around it.
            for (std::size_t i = 0; whole[i] < last; i += 1 + whole.size() / 60) {
                Machine machine = start;
                machine.run({.tick = whole[i] - 20});
                std::vector<Tick> stops;
                while (machine.cpu.tick <= whole[i])
                    if (machine.run({.tick = machine.cpu.tick + slice, .breakpoints = seen}) == MachineStop::Breakpoint)
                        stops.push_back(machine.cpu.tick);
                QVERIFY2(std::ranges::count(stops, whole[i]) == 1, qPrintable(QString::number(whole[i])));
            }
        }
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
        QVERIFY(timeline.historyBytes() <= u64{4} << 20);
    }

    // Looking up what the stretches wrote and executed finds what running everything again with a watch finds.
    void footprintsMissNothing_data() {
        QTest::addColumn<QByteArray>("sample");
        QTest::newRow("countdown") << QByteArray("countdown");
        QTest::newRow("fork_cow") << QByteArray("fork_cow");
        QTest::newRow("signals") << QByteArray("signals");
    }
    void footprintsMissNothing() {
        QFETCH(QByteArray, sample);
        const Machine start = bootSample(sample.constData());
        Timeline timeline(start);
        // Many stretches, of different lengths, some ended by going away.
        std::mt19937_64 random(3);
        while (timeline.run({.tick = timeline.tick() + 1 + random() % 20'000}) == MachineStop::TickLimit) {
            const Tick here = timeline.tick();
            if (random() % 3 == 0) {
                timeline.seek(here - here / 3);
                timeline.seek(here);
            }
        }
        const Tick end = timeline.tick();
        const auto all = [&](const RunUntil& what) {
            std::vector<Tick> hits;
            Machine machine = start;
            machine.trace.enabled = false;
            RunUntil until = what;
            until.tick = end;
            for (;;) {
                const MachineStop stop = machine.run(until);
                if (stop != MachineStop::Watchpoint && stop != MachineStop::Breakpoint) return hits;
                if (hits.empty() || hits.back() != machine.cpu.tick) hits.push_back(machine.cpu.tick);
            }
        };
        const auto check = [&](const RunUntil& what, const char* name) {
            const std::vector<Tick> hits = all(what);
            for (int i = 0; i < 5; ++i) {
                const Tick before = 2 + random() % (end - 2);
                const auto expected = std::lower_bound(hits.begin(), hits.end(), before);
                const auto found = timeline.lastStop(before, what);
                if (expected == hits.begin())
                    QVERIFY2(!found, name);
                else
                    QVERIFY2(found == *std::prev(expected), name);
            }
        };
        for (int i = 0; i < 8; ++i) {
            const Tick tick = random() % (end - 1);
            Machine there = timeline.machineAt(tick);
            const u64 addresses[] = {there.cpu.regs.rip};
            check({.breakpoints = addresses}, "breakpoint");
            Recorder recorder;
            there.step(&recorder);
            if (recorder.retired.empty()) continue;
            for (const MemoryAccess& access : recorder.retired.back().accesses)
                check({.watch = Watch{access.phys, 1, false}}, "watch");
        }
        // What only the kernel writes: a byte of output's page, a page table entry, a page that was cleared.
        for (int i = 0; i < 8; ++i) check({.watch = Watch{PhysAddr(random() % (u64{8} << 20)), 8, false}}, "any byte");
    }

    // What runs on in code that is known already, and jumps that are linked already, is found in later stretches too;
    // also an instruction that lies in two pages.
    void footprintsOfCodeThatRunsOn() {
        // Many jumps in a row: where a run begins and ends, instructions are fetched one by one.
        constexpr u64 kRounds = 4'000'000, kJumps = 1000;
        test::Program program;
        program.move(RCX, 3 * kRounds / kJumps);
        const u64 linked = program.here();
        for (u64 i = 0; i < kJumps; ++i) program.bytes({0xeb, 0});  // jmp to what follows
        const i32 back = -2 * static_cast<i32>(kJumps) - 9;
        program.bytes({0x48, 0xff, 0xc9, 0x0f, 0x85, back & 255, back >> 8 & 255, 255, 255});  // dec rcx; jnz
        while (program.here() % kPageSize != kPageSize - 15) program.bytes({0x90});
        program.move(RCX, kRounds);
        const u64 crossing = program.here();
        program.move(RAX, 1).bytes({0x48, 0xff, 0xc9, 0x75, 0xf1});  // dec rcx; jnz to the mov
        const u64 after = program.here();
        program.exit(0);
        const Machine start = test::machineWith(program.file(), desktopProfile());
        Timeline timeline(start);
        timeline.run({});
        QVERIFY(timeline.tick() > 5 * Footprints::kLength);
        const auto firstAt = [&](u64 address) {
            Machine machine = start;
            machine.run({.breakpoints = std::span(&address, 1)});
            return machine.cpu.tick;
        };
        const auto lastBefore = [&](Tick tick, u64 address) {
            Machine machine = timeline.machineAt(tick - 5000);
            Tick last = 0;
            while (machine.run({.tick = tick, .breakpoints = std::span(&address, 1)}) == MachineStop::Breakpoint)
                last = machine.cpu.tick;
            return last;
        };
        const Tick middle = firstAt(crossing), end = firstAt(after);
        std::vector<std::pair<Tick, u64>> asked = {{end, crossing}};
        for (u64 i = 1; i < kJumps; i += 200) asked.emplace_back(middle, linked + 2 * i);
        for (const auto& [tick, address] : asked)
            for (const Tick before : {tick - 2 * Footprints::kLength, tick}) {
                const auto found = timeline.lastStop(before, {.breakpoints = std::span(&address, 1)});
                QCOMPARE(found.value_or(0), lastBefore(before, address));
            }
    }

    void futuresAreKeptAndCompared() {
        Timeline timeline(bootSample("countdown"));
        timeline.run({});
        const Tick end = timeline.tick(), middle = end / 2;
        const Machine atEnd = timeline.now();
        timeline.seek(middle);
        const Machine atMiddle = timeline.now();
        QCOMPARE(timeline.futures().size(), std::size_t{1});
        // Nothing changed: the same future twice.
        timeline.input("nothing", [](Machine&) {});
        timeline.run({});
        QCOMPARE(timeline.futures().size(), std::size_t{2});
        QVERIFY(timeline.now() == atEnd);
        auto same = timeline.compare(1, 2, end);
        QVERIFY(same.has_value());
        QCOMPARE(same->parted, middle);
        QVERIFY(!same->firstEvent && !same->secondEvent);
        QVERIFY(same->registers.empty() && same->frames == 0);
        QVERIFY(same->firstOutput.empty() && same->secondOutput.empty());
        // A third, parting from the second, in which the process is killed.
        timeline.seek(middle + 10);
        const auto kill = raiseSignal(timeline.now(), 0, 9);
        QVERIFY(kill.has_value());
        timeline.input(kill->what, kill->apply);
        timeline.run({});
        const auto futures = timeline.futures();
        QCOMPARE(futures.size(), std::size_t{3});
        QCOMPARE(futures[2].parent, 2u);
        QCOMPARE(futures[2].parted, middle + 10);
        QVERIFY(futures[2].current);
        QVERIFY(futures[2].stop == MachineStop::Finished);
        QCOMPARE(futures[2].exitStatus, 9);
        QVERIFY(futures[2].end < end);
        const auto other = timeline.compare(1, 3);
        QVERIFY(other.has_value());
        QCOMPARE(other->parted, middle);
        QVERIFY(other->secondEvent.has_value());
        QVERIFY(other->secondEvent->kind == EventKind::Irq || other->secondEvent->kind == EventKind::Signal);
        QVERIFY(!other->firstOutput.empty());
        QCOMPARE(*other->secondStatus, 9);
        QVERIFY(!other->registers.empty());
        // Back to the first, which is as it was.
        QVERIFY(!timeline.removeFuture(3));
        QVERIFY(timeline.switchTo(1));
        QCOMPARE(timeline.frontier(), end);
        timeline.seek(end);
        QVERIFY(timeline.now() == atEnd);
        timeline.seek(middle);
        QVERIFY(timeline.now() == atMiddle);
        QVERIFY(!timeline.removeFuture(2));
        QVERIFY(timeline.removeFuture(3));
        QVERIFY(timeline.removeFuture(2));
        QVERIFY(!timeline.switchTo(3));
    }

    // A REP that takes many ticks: every one of them can be visited, and each byte has its own writer.
    void inTheMiddleOfALongRep() {
        constexpr u64 kBytes = 100'000;
        test::Program program;
        const u64 begin = pageUp(test::Program::kBase + 4096);
        program.move(RDI, begin).move(RCX, kBytes).move(RAX, 7);
        const u64 rep = program.here();
        program.bytes({0xf3, 0xaa}).exit(0);  // rep stosb
        const Machine start = test::machineWith(program.file(2 * kBytes));
        Timeline timeline(start);
        timeline.run({});
        const Tick end = timeline.tick();
        std::vector<Tick> inside;
        for (Tick t = 0; t < end; ++t) {
            timeline.seek(t);
            if (timeline.now().cpu.regs.rip == rep) inside.push_back(t);
        }
        QVERIFY(inside.size() > kBytes / 4096);
        for (Tick t : inside) {
            Machine straight = start;
            straight.trace.enabled = false;
            straight.run({.tick = t});
            timeline.seek(t);
            QVERIFY(timeline.now() == straight);
        }
        // From the last moment in it, back to who wrote a byte in the middle: the count then is what is left there.
        timeline.seek(inside.back());
        const Registers last = timeline.now().cpu.regs;
        const u64 offset = kBytes / 2;
        const Walk w = walk(timeline.now().ram, timeline.now().cpu.pagingMode(), VirtAddr(begin + offset));
        QVERIFY(w.end == WalkEnd::Mapped);
        const auto found = timeline.lastStop(timeline.tick() + 1, {.watch = Watch{w.phys, 1, false}});
        QVERIFY(found.has_value());
        timeline.seek(*found);
        const u64 after = timeline.now().cpu.regs.gpr[RCX];
        timeline.seek(*found - 1);
        const u64 before = timeline.now().cpu.regs.gpr[RCX];
        QVERIFY(kBytes - before <= offset && offset < kBytes - after);
        QVERIFY(last.gpr[RCX] < after);
    }

    void atTheEnds() {
        // Halted and waiting for input, at power-on, at the end: seeking, stepping and going back are all defined.
        Timeline timeline(bootSample("hello"));
        timeline.seek(0);
        QCOMPARE(timeline.tick(), Tick{0});
        QVERIFY(!timeline.runBack({.events = RunUntil::bit(EventKind::Exec)}));
        timeline.run({});
        const Tick end = timeline.tick();
        timeline.seek(end + 1000);
        QCOMPARE(timeline.tick(), end);
        QCOMPARE(timeline.run({.tick = end + 1}), MachineStop::Finished);
        timeline.seek(end - 1);
        QCOMPARE(timeline.tick(), end - 1);
        timeline.seek(end);
        QCOMPARE(timeline.frontier(), end);
    }
};

QTEST_APPLESS_MAIN(TimelineTest)
#include "tst_timeline.moc"
