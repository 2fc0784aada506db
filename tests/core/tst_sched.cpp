// The scheduling classes against numbers computed from Linux 6.1's formulas for one CPU at HZ 250.
#include <QtTest>
#include <cstdlib>
#include <new>
#include <random>
#include <set>

#include "core/kernel/proc/timer_queue.h"
#include "core/kernel/sched/class.h"
#include "core/kernel/sched/fair.h"
#include "core/kernel/sched/rbtree.h"
#include "tests/core/sched_box.h"

using namespace ringside;
using namespace ringside::test;
using namespace ringside::sched;

// Every allocation of this program, counted.
static std::size_t allocations = 0;
void* operator new(std::size_t size) {
    ++allocations;
    if (void* memory = std::malloc(size ? size : 1)) return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {
constexpr u64 kMs = 1'000'000;

std::vector<u64> slicesOf(const std::vector<int>& nices) {
    SchedBox box;
    std::vector<TaskId> ids;
    for (int nice : nices) ids.push_back(box.addRunnable(nice));
    std::vector<u64> slices;
    for (TaskId id : ids) slices.push_back(sched::schedSlice(box.kernel, box.task(id)));
    return slices;
}
std::vector<u64> totalsOf(const std::vector<int>& nices, u64 ms) {
    SchedBox box;
    for (int nice : nices) box.addRunnable(nice);
    return box.totals(ms);
}
std::vector<Slice> scheduleOf(const std::vector<int>& nices, u64 ms) {
    SchedBox box;
    for (int nice : nices) box.addRunnable(nice);
    return box.slices(ms);
}
using Slices = std::vector<Slice>;
using Numbers = std::vector<u64>;
}  // namespace

class TestSched : public QObject {
    Q_OBJECT
 private Q_SLOTS:
    // ---- formulas ----
    void calcDeltaFairOfOneTick() {
        const std::pair<int, u64> expected[] = {{-20, 46146},  {-10, 428990},  {-5, 1312399},
                                                {-1, 3207517}, {0, 4000000},   {1, 4995121},
                                                {5, 12226865}, {10, 37236363}, {19, 273066666}};
        for (const auto& [nice, virtualNs] : expected)
            QCOMPARE(calcDeltaFair(4 * kMs, loadWeightOf(SchedPolicy::Normal, nice)), virtualNs);
        QCOMPARE(calcDeltaFair(3, loadWeightOf(SchedPolicy::Idle, 0)), u64{1023});
    }
    void calcDeltaKeepsLongTimes() {
        // A product that needs both reductions of the factor.
        QCOMPARE(calcDelta(u64{1} << 40, u64{88761} << 10, loadWeightOf(SchedPolicy::Normal, 19)),
                 u64{6506250103685120});
    }
    void slicesAddUpToThePeriod() {
        QCOMPARE(slicesOf({0, 0}), (Numbers{2999998, 2999998}));
        QCOMPARE(slicesOf({0, 5}), (Numbers{4520971, 1479028}));
        QCOMPARE(slicesOf({0, -5}), (Numbers{1482267, 4517730}));
        QCOMPARE(slicesOf({0, 0, 0}), (Numbers{1999999, 1999999, 1999999}));
        QCOMPARE(slicesOf({0, 19}), (Numbers{5913378, 750000}));
        QCOMPARE(slicesOf({-20, 0, 19}), (Numbers{5930561, 750000, 750000}));
    }

    // ---- CFS ----
    void equalTasksTakeTurns() {
        QCOMPARE(scheduleOf({0, 0}, 16), (Slices{{'A', 0, 4}, {'B', 4, 8}, {'A', 8, 12}, {'B', 12, 16}}));
    }
    void niceFive() {
        QCOMPARE(scheduleOf({0, 5}, 72), (Slices{{'A', 0, 8},
                                                 {'B', 8, 12},
                                                 {'A', 12, 20},
                                                 {'B', 20, 24},
                                                 {'A', 24, 36},
                                                 {'B', 36, 40},
                                                 {'A', 40, 52},
                                                 {'B', 52, 56},
                                                 {'A', 56, 68},
                                                 {'B', 68, 72}}));
        QCOMPARE(totalsOf({0, 5}, 10000), (Numbers{7532, 2468}));
    }
    void niceMinusFive() {
        QCOMPARE(scheduleOf({0, -5}, 52),
                 (Slices{{'A', 0, 4}, {'B', 4, 20}, {'A', 20, 24}, {'B', 24, 36}, {'A', 36, 40}, {'B', 40, 52}}));
        QCOMPARE(totalsOf({0, -5}, 10000), (Numbers{2472, 7528}));
    }
    void niceNineteen() {
        QCOMPARE(scheduleOf({0, 19}, 556),
                 (Slices{{'A', 0, 8}, {'B', 8, 12}, {'A', 12, 280}, {'B', 280, 284}, {'A', 284, 556}}));
        QCOMPARE(totalsOf({0, 19}, 10000), (Numbers{9852, 148}));
        QCOMPARE(totalsOf({-20, 0, 19}, 10000), (Numbers{9880, 116, 4}));
    }
    void minVruntimeNeverFalls() {
        SchedBox box;
        for (int nice : {0, 3, -7}) box.addRunnable(nice);
        u64 before = 0;
        for (int i = 0; i < 500; ++i) {
            box.tick();
            QVERIFY(box.kernel.runQueue.cfs.minVruntime >= before);
            before = box.kernel.runQueue.cfs.minVruntime;
            QCOMPARE(rbBroken(box.kernel, box.kernel.runQueue.cfs), std::string());
        }
        QVERIFY(before > 0);
    }
    void forkedChildWaitsItsTurn() {
        SchedBox box;
        const TaskId parent = box.addRunnable(0);
        box.tick();
        QCOMPARE(box.kernel.current, parent);
        const TaskId child = box.add("B", 0);
        schedFork(box.os, box.edit(child));
        schedCgroupFork(box.os, box.edit(child));
        wakeNew(box.os, child);
        const u64 min = box.kernel.runQueue.cfs.minVruntime;
        // One slice of a period shared by two behind min_vruntime.
        QCOMPARE(box.task(child).se.vruntime, min + 2999998);
        box.settle();
        QCOMPARE(box.kernel.current, parent);
    }
    void sleeperGetsHalfALatencyOfCredit() {
        SchedBox box;
        const TaskId sleeper = box.addRunnable(0);
        const TaskId hog = box.addRunnable(0);
        box.settle();
        QCOMPARE(box.kernel.current, sleeper);
        box.sleepCurrent();
        QCOMPARE(box.kernel.current, hog);
        for (int i = 0; i < 10; ++i) box.tick();
        QVERIFY(wakeUpProcess(box.os, sleeper));
        const u64 min = box.kernel.runQueue.cfs.minVruntime;
        QCOMPARE(box.task(sleeper).se.vruntime, min - 3 * kMs);
        QVERIFY(box.os.current().needResched);
        box.settle();
        QCOMPARE(box.kernel.current, sleeper);
        QVERIFY(box.task(hog).involuntarySwitches == 1 && box.task(sleeper).voluntarySwitches == 1);
        QCOMPARE(box.task(sleeper).sleepNs / kMs, u64{40});
    }
    void shortSleeperDoesNotPreempt() {
        SchedBox box;
        const TaskId sleeper = box.addRunnable(0);
        const TaskId hog = box.addRunnable(0);
        box.settle();
        box.advance(kMs);
        box.sleepCurrent();
        QCOMPARE(box.kernel.current, hog);
        box.advance(kMs / 2);  // the hog leads by less than the wakeup granularity
        QVERIFY(wakeUpProcess(box.os, sleeper));
        QVERIFY(!box.os.current().needResched);
    }
    void batchDoesNotPreemptAndIdleIsPreempted() {
        SchedBox box;
        const TaskId batch = box.addRunnable(0, SchedPolicy::Batch);
        const TaskId idle = box.addRunnable(0, SchedPolicy::Idle);
        box.settle();
        QCOMPARE(box.kernel.current, batch);
        box.sleepCurrent();
        QCOMPARE(box.kernel.current, idle);
        box.tick();
        wakeUpProcess(box.os, batch);  // beats SCHED_IDLE whatever its vruntime
        QVERIFY(box.os.current().needResched);
        box.settle();
        QCOMPARE(box.kernel.current, batch);
        const TaskId normal = box.addRunnable(0);
        box.edit(batch).needResched = false;
        wakeUpProcess(box.os, normal);
        QVERIFY(!box.os.current().needResched);
    }
    void yieldSkipsOnce() {
        SchedBox box;
        const TaskId a = box.addRunnable(0), b = box.addRunnable(0);
        box.settle();
        QCOMPARE(box.kernel.current, a);
        box.advance(100);
        schedYield(box.os);
        box.settle();
        QCOMPARE(box.kernel.current, b);
        QVERIFY(!box.kernel.runQueue.decision.preempted);
        QCOMPARE(reasonText(box.kernel, box.kernel.runQueue.decision.reason),
                 std::string("B (0) is leftmost in the tree: vruntime 0 is the smallest"));
        QCOMPARE(box.kernel.runQueue.decision.runnable, 2u);
        QCOMPARE(box.kernel.runQueue.decision.candidates[0], a);
        QCOMPARE(box.kernel.runQueue.decision.candidates[1], b);
        QCOMPARE(box.kernel.runQueue.decision.candidates[2], TaskId{});
    }
    void niceMovesTheWeight() {
        SchedBox box;
        const TaskId a = box.addRunnable(0), b = box.addRunnable(0);
        box.tick();
        setNice(box.os, a, 5);
        setNice(box.os, b, -3);
        QCOMPARE(box.kernel.runQueue.cfs.loadWeight, u64{335 + 1991} << 10);
        QCOMPARE(rbBroken(box.kernel, box.kernel.runQueue.cfs), std::string());
        QCOMPARE(box.task(a).prio, 125);
    }

    void scheduleAllocatesNothing_data() {
        QTest::addColumn<int>("kind");
        for (SchedKind kind : {SchedKind::Coop, SchedKind::Rr, SchedKind::RrLatency, SchedKind::Cfs, SchedKind::Eevdf})
            QTest::newRow(nameOf(kind).data()) << static_cast<int>(kind);
    }
    void scheduleAllocatesNothing() {
        QFETCH(int, kind);
        SchedBox box(static_cast<SchedKind>(kind));
        for (int i = 0; i < 50; ++i) box.addRunnable(i % 20);
        box.addRunnable(0, SchedPolicy::Rr, 10);
        box.addRunnable(0, SchedPolicy::Rr, 10);
        box.trace.enabled = false;
        const SchedAttr soon{
            .policy = SchedPolicy::Deadline, .runtime = 8 * kMs, .deadline = 20 * kMs, .period = 20 * kMs};
        QCOMPARE(setSchedAttr(box.os, box.addRunnable(0), soon), i64{0});
        std::set<SchedClass> picked;
        const auto counted = [&](bool preempted) {
            const std::size_t before = allocations;
            schedule(box.os, preempted);
            QCOMPARE(allocations - before, std::size_t{0});
            picked.insert(classOf(box.kernel.currentTask()));
        };
        const auto round = [&] {
            for (int i = 0; i < 40; ++i) {
                box.advance(SchedBox::kTickNs);
                scheduleTick(box.os);
                if (i % 3 == 0) schedYield(box.os);
                counted(i % 3 != 0);
            }
        };
        // Class by class: those above are put to sleep and out of the way, with a pick after each.
        const auto sleep = [&] {
            sleepOn(box.os, waitQueue(WaitKind::Kernel, box.kernel.current.value), state::Interruptible);
            counted(false);
        };
        counted(true);
        while (classOf(box.kernel.currentTask()) != SchedClass::Fair) {
            if (classOf(box.kernel.currentTask()) == SchedClass::Rt) round();
            sleep();
        }
        round();
        while (!isIdleTask(box.kernel.currentTask())) sleep();
        QCOMPARE(picked.size(), std::size_t{4});
        QVERIFY(allocations > 0);  // the counter counts
    }

    // ---- real time ----
    void roundRobinTakesHundredMilliseconds() {
        SchedBox box;
        box.addRunnable(0, SchedPolicy::Rr, 10);
        box.addRunnable(0, SchedPolicy::Rr, 10);
        QCOMPARE(box.slices(300), (Slices{{'A', 0, 100}, {'B', 100, 200}, {'A', 200, 300}}));
    }
    void fifoRunsUntilItSleeps() {
        SchedBox box;
        const TaskId a = box.addRunnable(0, SchedPolicy::Fifo, 10);
        const TaskId b = box.addRunnable(0, SchedPolicy::Fifo, 10);
        const TaskId c = box.addRunnable(0);
        for (int i = 0; i < 50; ++i) box.tick();
        QCOMPARE(box.kernel.current, a);
        schedYield(box.os);
        box.settle();
        QCOMPARE(box.kernel.current, b);
        box.sleepCurrent();
        QCOMPARE(box.kernel.current, a);
        box.sleepCurrent();
        QCOMPARE(box.kernel.current, c);
        wakeUpProcess(box.os, b);
        box.settle();
        QCOMPARE(box.kernel.current, b);
    }
    void higherPriorityFirst() {
        SchedBox box;
        box.addRunnable(0, SchedPolicy::Fifo, 10);
        const TaskId high = box.addRunnable(0, SchedPolicy::Fifo, 20);
        box.settle();
        QCOMPARE(box.kernel.current, high);
    }
    void realTimeLeavesFivePercent() {
        SchedBox box;
        const TaskId hog = box.addRunnable(0, SchedPolicy::Fifo, 50);
        const TaskId normal = box.addRunnable(0);
        u64 hogMs = 0, normalMs = 0;
        for (u64 ms = 0; ms < 10000; ms += 4) {
            box.settle();
            (box.kernel.current == hog ? hogMs : normalMs) += 4;
            QVERIFY(box.kernel.current == hog || box.kernel.current == normal);
            box.advance(SchedBox::kTickNs);
            while (!box.kernel.timers.empty() && box.kernel.timers.begin()->expiresNs <= box.os.nowNs()) {
                QCOMPARE(box.kernel.timers.begin()->kind, TimerKind::RtPeriod);
                box.kernel.timers.erase(box.kernel.timers.begin());
                sched::rtPeriod(box.os);
            }
            scheduleTick(box.os);
        }
        QVERIFY2(hogMs >= 9480 && hogMs <= 9560, qPrintable(QString::number(hogMs)));
    }
    void deadlineEarliestFirstWithinBudget() {
        SchedBox box;
        const TaskId a = box.addRunnable(0), b = box.addRunnable(0), normal = box.addRunnable(0);
        box.settle();
        SchedAttr attr{.policy = SchedPolicy::Deadline, .runtime = 8 * kMs, .deadline = 40 * kMs, .period = 40 * kMs};
        QCOMPARE(setSchedAttr(box.os, a, attr), i64{0});
        attr.deadline = attr.period = 20 * kMs;
        QCOMPARE(setSchedAttr(box.os, b, attr), i64{0});
        box.settle();
        std::string order;
        for (int i = 0; i < 10; ++i) {
            box.settle();
            order += box.kernel.currentTask().comm;
            box.advance(SchedBox::kTickNs);
            while (!box.kernel.timers.empty() && box.kernel.timers.begin()->expiresNs <= box.os.nowNs()) {
                const KernelTimer timer = *box.kernel.timers.begin();
                box.kernel.timers.erase(timer);
                sched::deadlineReplenish(box.os, TaskId(timer.id));
            }
            scheduleTick(box.os);
        }
        // B has 8 of each 20 ms and the nearer deadline, A 8 of each 40; the rest is for everyone else.
        QCOMPARE(order, std::string("BBAACBBCCC"));
        QCOMPARE(box.task(normal).policy, SchedPolicy::Normal);
    }

    // ---- the other fair kinds ----
    void cooperativeNeverPreempts() {
        SchedBox box(SchedKind::Coop);
        const TaskId a = box.addRunnable(0), b = box.addRunnable(0);
        for (int i = 0; i < 100; ++i) box.tick();
        QCOMPARE(box.kernel.current, a);
        schedYield(box.os);
        box.settle();
        QCOMPARE(box.kernel.current, b);
    }
    void roundRobinIgnoresNice() {
        SchedBox box(SchedKind::Rr);
        for (int nice : {0, 19, -20}) box.addRunnable(nice);
        QCOMPARE(box.slices(48),
                 (Slices{{'A', 0, 8}, {'B', 8, 16}, {'C', 16, 24}, {'A', 24, 32}, {'B', 32, 40}, {'C', 40, 48}}));
    }
    void latencyIsSharedByAll() {
        SchedBox box(SchedKind::RrLatency);
        box.addRunnable(0);
        box.addRunnable(0);
        QCOMPARE(box.slices(36), (Slices{{'A', 0, 12}, {'B', 12, 24}, {'A', 24, 36}}));
        SchedBox many(SchedKind::RrLatency);
        for (int i = 0; i < 10; ++i) many.addRunnable(0);
        QCOMPARE(many.slices(8), (Slices{{'A', 0, 4}, {'B', 4, 8}}));
    }
    void eevdfSharesByWeight() {
        SchedBox box(SchedKind::Eevdf);
        box.addRunnable(0);
        box.addRunnable(5);
        const auto sum = box.totals(10000);
        // 1024 : 335, to within a few ticks
        QVERIFY2(sum[0] >= 7500 && sum[0] <= 7580, qPrintable(QString::number(sum[0])));
        QCOMPARE(sum[0] + sum[1], u64{10000});
    }
    void eevdfLagIsBounded() {
        SchedBox box(SchedKind::Eevdf);
        for (int nice : {0, 0, 3, -4}) box.addRunnable(nice);
        for (int i = 0; i < 300; ++i) {
            box.tick();
            i64 sum = 0;
            const u64 average = sched::averageVruntime(box.kernel);
            for (TaskId id : runnableTasks(box.kernel)) {
                const Task& task = box.task(id);
                const i64 lag = static_cast<i64>(average - task.se.vruntime);
                sum += lag * static_cast<i64>(task.se.load.weight >> 10);
                QVERIFY(std::abs(lag) <= static_cast<i64>(calcDeltaFair(3 * SchedBox::kTickNs, task.se.load)));
            }
            QVERIFY(std::abs(sum) < 20000);  // lags cancel out, but for rounding
            QVERIFY(sched::isEligible(box.kernel, box.kernel.currentTask()) || box.os.current().se.onRq);
        }
    }
    void switchingTheRuleKeepsEveryoneRunnable() {
        SchedBox box;
        for (int nice : {0, 0, 5}) box.addRunnable(nice);
        const SchedKind kinds[] = {SchedKind::Rr, SchedKind::Eevdf, SchedKind::Coop, SchedKind::RrLatency,
                                   SchedKind::Cfs};
        for (SchedKind kind : kinds) {
            for (int i = 0; i < 7; ++i) box.tick();
            setScheduler(box.os, kind);
            QCOMPARE(box.kernel.runQueue.kind, kind);
            QCOMPARE(runnableTasks(box.kernel).size(), std::size_t{3});
            QCOMPARE(box.kernel.runQueue.running, u32{3});
            QCOMPARE(box.kernel.runQueue.cfs.running, u32{3});
            QCOMPARE(rbBroken(box.kernel, box.kernel.runQueue.cfs), std::string());
        }
        for (int i = 0; i < 7; ++i) box.tick();
        QVERIFY(box.kernel.current != TaskId(1));
    }
    // ---- EEVDF against a look at everybody ----
    void eevdfPicksTheEarliestEligibleDeadline() {
        SchedBox box(SchedKind::Eevdf);
        std::mt19937 random(6);
        std::vector<TaskId> asleep;
        for (int i = 0; i < 200; ++i) box.addRunnable(static_cast<int>(random() % 40) - 20);
        box.settle();
        int searched = 0;
        for (int i = 0; i < 4'000; ++i) {
            box.advance(random() % 900'000);
            updateRqClock(box.os);
            if (!asleep.empty() && random() % 3 == 0) {
                wakeUpProcess(box.os, asleep.back());
                asleep.pop_back();
            } else if (random() % 4 == 0 && box.kernel.runQueue.running > 2) {
                asleep.push_back(box.kernel.current);
                box.sleepCurrent();
            }
            // What schedule() had before it, at its time.
            Kernel kernel = box.kernel;
            Os os{kernel, box.cpu, box.ram, box.devices, box.trace, 1'000'000'000};
            schedule(box.os, true);
            kernel.runQueue.clockNs = box.kernel.runQueue.clockNs;
            kEevdfRules.updateCurrent(os);
            std::optional<u64> earliest;
            for (const TaskId id : runnableTasks(kernel)) {
                const Task& task = kernel.tasks.at(id);
                if (!isEligible(kernel, task)) continue;
                if (!earliest || static_cast<i64>(task.se.deadline - *earliest) < 0) earliest = task.se.deadline;
            }
            QCOMPARE(rbBroken(box.kernel, box.kernel.runQueue.cfs), std::string());
            const PickReason& reason = box.kernel.runQueue.decision.reason;
            if (reason.why == PickReason::Why::RunToParity) continue;
            QVERIFY(reason.why == PickReason::Why::VirtualDeadline);
            QVERIFY(earliest.has_value());
            QCOMPARE(reason.value, *earliest);
            ++searched;
        }
        QVERIFY(searched > 1000);
    }
    // The two sums that are kept are those of the tasks that are there.
    void eevdfKeepsItsSums() {
        SchedBox box(SchedKind::Eevdf);
        for (int nice : {0, 5, -5, 19, -20, 0}) box.addRunnable(nice);
        for (int i = 0; i < 2000; ++i) {
            box.tick();
            if (i % 7 == 0) setNice(box.os, TaskId(2 + static_cast<u32>(i) % 6), i % 40 - 20);
            const CfsQueue& cfs = box.kernel.runQueue.cfs;
            i64 load = 0, keys = 0;
            for (const TaskId id : rbInOrder(box.kernel, cfs)) {
                const i64 weight = static_cast<i64>(scaleLoadDown(box.task(id).se.load.weight));
                load += weight;
                keys += static_cast<i64>(box.task(id).se.vruntime - cfs.minVruntime) * weight;
            }
            QCOMPARE(cfs.avgLoad, load);
            QVERIFY(cfs.avgVruntime == keys);
        }
    }

    // ---- priority inheritance ----
    static void waitsFor(SchedBox& box, TaskId waiter, TaskId owner) {
        box.edit(waiter).futex = {.space = 1, .address = owner.value, .queued = true, .owner = owner};
        box.edit(owner).piWaiters.push_back(waiter);
        adjustPriorities(box.os, owner);
    }
    static void stopsWaiting(SchedBox& box, TaskId waiter) {
        const TaskId owner = std::exchange(box.edit(waiter).futex, {}).owner;
        std::erase(box.edit(owner).piWaiters, waiter);
        adjustPriorities(box.os, owner);
    }
    // high waits for middle, who waits for low: both run at high's priority, and lose it link by link.
    void aChainOfOwnersInherits() {
        SchedBox box;
        const TaskId low = box.addRunnable(0), middle = box.addRunnable(5),
                     hog = box.addRunnable(0, SchedPolicy::Fifo, 20), high = box.addRunnable(0, SchedPolicy::Fifo, 50);
        box.settle();
        QCOMPARE(box.kernel.current, high);
        waitsFor(box, middle, low);
        QCOMPARE(box.task(low).prio, 120);
        box.sleepCurrent();
        box.tick();
        QCOMPARE(box.kernel.current, hog);
        waitsFor(box, high, middle);
        for (const TaskId id : {low, middle}) {
            QCOMPARE(box.task(id).prio, 99 - 50);
            QCOMPARE(classOf(box.task(id)), SchedClass::Rt);
            QVERIFY(box.task(id).rt.onRq && !box.task(id).se.onRq);
        }
        QCOMPARE(box.kernel.runQueue.rt.running, 3u);
        box.settle();
        QVERIFY(box.kernel.current != hog);
        // A change of the waiter's priority goes all the way.
        QCOMPARE(setSchedAttr(box.os, high, {.policy = SchedPolicy::Fifo, .rtPriority = 60}), i64{0});
        QCOMPARE(box.task(low).prio, 99 - 60);
        // A child does not inherit what is inherited.
        Task child = box.task(low);
        schedFork(box.os, child);
        QCOMPARE(child.prio, 120);
        stopsWaiting(box, high);
        QCOMPARE(box.task(middle).prio, 125);
        QCOMPARE(box.task(low).prio, 120);
        QCOMPARE(classOf(box.task(low)), SchedClass::Fair);
        QCOMPARE(box.kernel.runQueue.rt.running, 1u);
        QCOMPARE(rbBroken(box.kernel, box.kernel.runQueue.cfs), std::string());
        box.settle();
        QCOMPARE(box.kernel.current, hog);
    }
    void whoLosesPriorityGoesToTheHead() {
        SchedBox box;
        const TaskId a = box.addRunnable(0, SchedPolicy::Fifo, 10), b = box.addRunnable(0, SchedPolicy::Fifo, 30);
        box.settle();
        const TaskId c = box.addRunnable(0, SchedPolicy::Fifo, 10);
        QCOMPARE(setSchedAttr(box.os, b, {.policy = SchedPolicy::Fifo, .rtPriority = 10}), i64{0});
        QCOMPARE(box.kernel.runQueue.rt.lists[89], (std::vector<TaskId>{b, a, c}));
    }

    void idleWhenAllSleep() {
        SchedBox box;
        box.addRunnable(0);
        box.settle();
        box.sleepCurrent();
        QCOMPARE(box.kernel.current, TaskId(1));
        QCOMPARE(box.kernel.runQueue.running, u32{0});
        box.tick();
        QCOMPARE(box.kernel.current, TaskId(1));
    }
};

QTEST_APPLESS_MAIN(TestSched)
#include "tst_sched.moc"
