// The same jobs under every policy: waiting, response and turnaround times against the closed form where there is one,
// and the log of samples from which the views draw.
#include <QtTest>
#include <numeric>
#include <random>

#include "core/session/session.h"
#include "tests/core/sched_box.h"

using namespace ringside;
using namespace ringside::test;

namespace {

constexpr u64 kMs = 1'000'000;

// All arrive at time 0 in this order and compute for so many milliseconds each, then exit. Ticks come every 4 ms.
std::vector<TaskTimes> timesOf(SchedKind kind, const std::vector<u64>& work, SchedLog* keep = nullptr,
                               const std::vector<int>& nices = {}) {
    SchedBox box(kind);
    box.trace.sched = true;
    std::vector<u64> left = work;
    std::vector<TaskId> ids;
    for (std::size_t i = 0; i < work.size(); ++i) {
        const TaskId id = box.add(std::string(1, static_cast<char>('A' + i)), i < nices.size() ? nices[i] : 0);
        box.edit(id).pids = {{PidNsId{}, static_cast<i32>(i) + 1}};
        wakeNew(box.os, id);
        ids.push_back(id);
    }
    box.os.current().needResched = true;
    u64 now = 0;
    while (std::accumulate(left.begin(), left.end(), u64{0}) > 0) {
        box.settle();
        const auto job = static_cast<std::size_t>(box.kernel.current.value - ids[0].value);
        box.advance(kMs);
        if (++now % 4 == 0) scheduleTick(box.os);
        if (--left[job] > 0) continue;
        box.os.current().state = state::Dead;
        schedule(box.os, false);
    }
    SchedLog log;
    log.append(box.trace.samples);
    if (keep) *keep = log;
    return taskTimes(log);
}

// The scheduler's own work costs cycles, too: a few hundred ns for each switch.
bool near(u64 a, u64 b) { return a < b + kMs / 5 && b < a + kMs / 5; }
u64 ms(u64 ns) { return (ns + kMs / 2) / kMs; }

struct Row {
    u64 response, waited, turnaround;  // ms
    bool operator==(const Row&) const = default;
};
std::vector<Row> rowsOf(const std::vector<TaskTimes>& times) {
    std::vector<Row> rows;
    for (const TaskTimes& t : times) rows.push_back({ms(t.response()), ms(t.waited), ms(t.turnaround())});
    return rows;
}
using Rows = std::vector<Row>;

// First come, first served.
Rows fifoRows(const std::vector<u64>& work) {
    Rows rows;
    u64 start = 0;
    for (u64 w : work) {
        rows.push_back({start, start, start + w});
        start += w;
    }
    return rows;
}

// Turns of `quantum` for each that is left, in a circle.
Rows roundRobinRows(const std::vector<u64>& work, u64 quantum) {
    Rows rows(work.size());
    std::vector<u64> left = work;
    std::vector<bool> ran(work.size());
    u64 now = 0;
    for (bool any = true; any;) {
        any = false;
        for (std::size_t i = 0; i < work.size(); ++i) {
            if (left[i] == 0) continue;
            any = true;
            if (!ran[i]) rows[i].response = now, ran[i] = true;
            const u64 turn = std::min(quantum, left[i]);
            now += turn;
            left[i] -= turn;
            if (left[i] == 0) rows[i].turnaround = now, rows[i].waited = now - work[i];
        }
    }
    return rows;
}

}  // namespace

class PoliciesTest : public QObject {
    Q_OBJECT

 private Q_SLOTS:
    void cooperativeIsFirstComeFirstServed() {
        for (const std::vector<u64>& work : {std::vector<u64>{24, 3, 3}, {3, 3, 24}, {10, 7, 1, 40, 2}})
            QCOMPARE(rowsOf(timesOf(SchedKind::Coop, work)), fifoRows(work));
        // The convoy: short jobs behind a long one wait 17 ms on average, before it 3.
        QCOMPARE(fifoRows({24, 3, 3})[2].waited, u64{27});
    }

    void roundRobinTakesTurns() {
        // The quantum is two ticks. Jobs of whole quanta end where their turn does.
        for (const std::vector<u64>& work : {std::vector<u64>{16, 16, 16}, {32, 8, 24}, {8, 8, 8, 8, 40}})
            QCOMPARE(rowsOf(timesOf(SchedKind::Rr, work)), roundRobinRows(work, 8));
        // n equal jobs of k quanta: the i-th first runs after i quanta and ends after n(k-1)+i+1 of them.
        const std::vector<TaskTimes> equal = timesOf(SchedKind::Rr, std::vector<u64>(5, 24));
        for (u64 i = 0; i < 5; ++i) {
            QCOMPARE(ms(equal[i].response()), i * 8);
            QCOMPARE(ms(equal[i].turnaround()), (5 * 2 + i + 1) * 8);
        }
    }

    void latencyIsDivided() {
        // Six ticks for three are two each, for six and more one each.
        QCOMPARE(rowsOf(timesOf(SchedKind::RrLatency, {16, 16, 16})), roundRobinRows({16, 16, 16}, 8));
        QCOMPARE(rowsOf(timesOf(SchedKind::RrLatency, std::vector<u64>(8, 4))),
                 roundRobinRows(std::vector<u64>(8, 4), 4));
    }

    void fairToEqualJobs() {
        // Turns of one tick: an ideal of 1.5 or 0.75 ms is over at the first.
        QCOMPARE(rowsOf(timesOf(SchedKind::Cfs, {8, 8, 8, 8})), roundRobinRows({8, 8, 8, 8}, 4));
        // EEVDF takes them in another order, but never lets one lag by more than a turn of each.
        constexpr u64 kJobs = 4, kWork = 40;
        for (const TaskTimes& t : timesOf(SchedKind::Eevdf, std::vector<u64>(kJobs, kWork))) {
            QVERIFY(t.response() <= kJobs * 4 * kMs);
            QVERIFY(t.turnaround() + kJobs * 4 * kMs >= kJobs * kWork * kMs);
        }
    }

    void everyPolicyDoesTheSameWork_data() {
        QTest::addColumn<int>("kind");
        for (SchedKind kind : {SchedKind::Coop, SchedKind::Rr, SchedKind::RrLatency, SchedKind::Cfs, SchedKind::Eevdf})
            QTest::newRow(nameOf(kind).data()) << static_cast<int>(kind);
    }
    // What holds whatever the policy: nobody idles while there is work, so the last one ends when all work is done;
    // turnaround is running plus waiting; and the index of fairness is between 1/n and 1.
    void everyPolicyDoesTheSameWork() {
        QFETCH(int, kind);
        std::mt19937 random(11);
        for (int round = 0; round < 20; ++round) {
            std::vector<u64> work(2 + random() % 9);
            for (u64& w : work) w = 1 + random() % 60;
            SchedLog log;
            const std::vector<TaskTimes> times = timesOf(static_cast<SchedKind>(kind), work, &log);
            u64 last = 0;
            for (std::size_t i = 0; i < work.size(); ++i) {
                QVERIFY(near(times[i].ran, work[i] * kMs));
                QVERIFY(near(times[i].turnaround(), times[i].ran + times[i].waited));
                QVERIFY(near(times[i].slept, 0));
                last = std::max(last, times[i].ended);
            }
            QVERIFY(near(last, std::accumulate(work.begin(), work.end(), u64{0}) * kMs));
            const double index = policyTimes(log).fairness;
            QVERIFY(index <= 1 + 1e-9 && index >= 1.0 / static_cast<double>(work.size()) - 1e-9);
        }
    }

    void fairnessTellsThemApart() {
        QCOMPARE(jainIndex({1, 1, 1, 1}), 1.0);
        QCOMPARE(jainIndex({1, 0, 0, 0}), 0.25);
        SchedLog fifo, fair;
        timesOf(SchedKind::Coop, std::vector<u64>(4, 80), &fifo);
        timesOf(SchedKind::Cfs, std::vector<u64>(4, 80), &fair);
        // First come, first served: each ran 80 ms. The first was due a quarter of its 80 ms; the second that and a
        // third of the next 80, and so on.
        const double first = 80.0 / 4, second = first + 80.0 / 3, third = second + 80.0 / 2, fourth = third + 80;
        QVERIFY(std::abs(policyTimes(fifo).fairness - jainIndex({80 / first, 80 / second, 80 / third, 80 / fourth})) <
                1e-4);
        QVERIFY(policyTimes(fair).fairness > 0.995);
    }

    // ---- the log ----
    void logFollowsVruntime() {
        SchedLog log;
        timesOf(SchedKind::Cfs, {200, 200}, &log, {0, 5});
        for (const auto& [pid, series] : log.tasks()) {
            for (std::size_t i = 1; i < series.size(); ++i) {
                const SchedSample &a = series[i - 1], &b = series[i];
                QVERIFY(a.ns <= b.ns);
                QCOMPARE(b.ran - a.ran, a.phase == TaskPhase::Running ? b.ns - a.ns : u64{0});
                if (b.kind != SampleKind::Exit)
                    QCOMPARE(b.vruntime - a.vruntime,
                             calcDeltaFair(b.ran - a.ran, loadWeightOf(SchedPolicy::Normal, pid == 1 ? 0 : 5)));
                QVERIFY(a.minVruntime <= b.minVruntime);
            }
            // In the middle of a piece the counters are in the middle.
            const SchedSample& run = series[1];
            QVERIFY(run.phase == TaskPhase::Running);
            const SchedCounters half = countersAt(series, (run.ns + series[2].ns) / 2);
            QVERIFY(std::abs(half.ran - static_cast<double>(run.ran + series[2].ran) / 2) <= 1);
        }
    }

    void logIsBoundedAndKeepsTheCounters() {
        SchedLog small(2000), all;
        SchedBox box;
        box.trace.sched = true;
        for (int i = 0; i < 3; ++i) {
            const TaskId id = box.add("job", 0);
            box.edit(id).pids = {{PidNsId{}, i + 1}};
            wakeNew(box.os, id);
        }
        box.os.current().needResched = true;
        for (int i = 0; i < 20000; ++i) {
            box.tick();
            small.append(box.trace.samples);
            all.append(std::exchange(box.trace.samples, {}));
            QVERIFY(small.size() <= 2000);
        }
        QVERIFY(small.thinned() > 0);
        QVERIFY(all.thinned() == 0);
        for (const auto& [pid, series] : small.tasks()) {
            const auto& full = all.tasks().at(pid);
            SchedSample first = series[0];
            first.thinned = false;
            QCOMPARE(first, full[0]);
            QCOMPARE(series.back(), full.back());
            // Every one that is left was there, and their times grow.
            for (std::size_t i = 1; i < series.size(); ++i) {
                QVERIFY(series[i - 1].ns <= series[i].ns);
                SchedSample kept = series[i];
                kept.thinned = false;
                bool found = false;
                for (std::size_t j = full.at(kept.ns); !found && j < full.size() && full[j].ns == kept.ns; --j) {
                    found = full[j] == kept;
                    if (j == 0) break;
                }
                QVERIFY(found);
            }
        }
    }

    void logForgetsAFutureThatIsNoMore() {
        MachineOptions options;
        options.ramBytes = u64{64} << 20;
        options.kernel.program = "/samples/yielders";
        Timeline timeline(*Machine::boot(options));
        timeline.run({});
        const std::size_t whole = timeline.schedLog().size();
        QVERIFY(whole > 30);
        timeline.seek(timeline.tick() / 2);
        const Tick here = timeline.tick();
        const SchedLog kept = timeline.schedLog();
        QCOMPARE(kept.size(), whole);  // going back forgets nothing
        timeline.input("nothing", [](Machine&) {});
        for (const auto& [pid, series] : timeline.schedLog().tasks()) QVERIFY(series.back().tick <= here);
        timeline.run({});
        // The same future again, and a copy made before is as it was.
        QCOMPARE(timeline.schedLog().size(), whole);
        for (const auto& [pid, series] : kept.tasks())
            QVERIFY(series.back() == timeline.schedLog().tasks().at(pid).back());
    }

    // ---- on real machines ----
    void comparesOnAWorker() {
        MachineOptions options = classroomProfile();
        options.kernel.program = "/samples/yielders";
        options.kernel.sched = SchedKind::Rr;
        Session session(*Machine::boot(options));
        session.compare({SchedKind::Cfs, SchedKind::Coop, SchedKind::Rr});
        const auto moment = session.wait();
        QCOMPARE(moment->policies.size(), std::size_t{3});
        for (const auto& run : moment->policies) {
            QVERIFY(run->done && run->stop == MachineStop::Finished);
            QVERIFY(run->times.tasks.size() >= 3);
            for (const TaskTimes& t : run->times.tasks) QVERIFY(t.everRan);
        }
        QCOMPARE(moment->policies[0]->kind, SchedKind::Cfs);
        // What ran beside is what the machine itself does under that policy.
        session.run();
        const auto end = session.wait();
        QCOMPARE(end->policies[2]->ticks, end->now->cpu.tick);
        QCOMPARE(end->policies[2]->times.switches, end->now->kernel.counters.switches);
        QCOMPARE(end->policies[2]->log.size(), end->schedLog.size());
        // The tasks' own counters agree with the samples.
        for (const TaskTimes& t : taskTimes(end->schedLog))
            for (const auto& [id, task] : end->now->kernel.tasks)
                if (task.pid() == t.pid && task.exitState == 0) QCOMPARE(t.waited, task.waitNs);
    }
};

QTEST_APPLESS_MAIN(PoliciesTest)
#include "tst_policies.moc"
