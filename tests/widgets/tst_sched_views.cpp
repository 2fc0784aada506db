// The scheduler's views against the machine: the tree at every step of its animation, the lanes and plots against the
// tasks' own counters, the comparison of policies, and what the buttons ask for.
#include <QtTest>
#include <algorithm>

#include "core/kernel/proc/pid.h"
#include "core/kernel/sched/rbtree.h"
#include "core/kernel/sched/sched.h"
#include "core/session/session.h"
#include "widgets/canvas/canvas.h"
#include "widgets/cfs/cfs.h"
#include "widgets/compare/compare.h"
#include "widgets/context_switch/context_switch.h"
#include "widgets/lanes/lanes.h"
#include "widgets/vruntime/vruntime.h"
#include "widgets/waits/waits.h"

using namespace ringside;

namespace {

MachineOptions optionsFor(const char* sample, std::vector<std::string> arguments = {}) {
    MachineOptions options = classroomProfile();
    options.kernel.program = std::string("/samples/") + sample;
    options.kernel.arguments = std::move(arguments);
    return options;
}

std::unique_ptr<Session> sessionOf(const char* sample, std::vector<std::string> arguments = {}) {
    auto machine = Machine::boot(optionsFor(sample, std::move(arguments)));
    if (!machine) qFatal("%s", machine.error().sentence.c_str());
    machine->closeInput();
    return std::make_unique<Session>(std::move(*machine));
}

// What the picture of the tree says, as the machine says it.
std::vector<TreeNode> shown(const CfsModel& m) {
    std::vector<TreeNode> nodes;
    const auto pid = [&](int i) { return i < 0 ? 0 : m.nodes[static_cast<std::size_t>(i)].pid; };
    for (const CfsNode& n : m.nodes)
        nodes.push_back({n.pid, n.vruntime, pid(n.parent), pid(n.left), pid(n.right), n.red});
    return nodes;
}

}  // namespace

class SchedViewsTest : public QObject {
    Q_OBJECT

 private Q_SLOTS:
    void initTestCase() { loadResources(); }

    void treeEqualsTheMachineAtEveryStep() {
        auto session = sessionOf("hogs", {"0", "0", "5", "-5", "10", "1", "2", "3", "4"});
        std::size_t steps = 0;
        for (int i = 0; i < 60; ++i) {
            session->toEvent(RunUntil::bit(EventKind::Switch));
            const auto moment = session->wait();
            const CfsModel own = buildCfs(*moment, {});
            QVERIFY(shown(own) == rbNodes(moment->now->kernel, moment->now->kernel.runQueue.cfs));
            QCOMPARE(own.steps.size(), moment->trees.size());
            if (moment->trees.empty()) continue;
            QVERIFY(moment->trees.front().nodes ==
                    rbNodes(moment->before->kernel, moment->before->kernel.runQueue.cfs));
            QVERIFY(moment->trees.back().nodes == shown(own));
            for (std::size_t k = 0; k < moment->trees.size(); ++k) {
                ViewOptions options;
                options.settings["step"] = QString("%1:%2").arg(moment->now->cpu.tick).arg(k);
                const CfsModel model = buildCfs(*moment, options);
                QCOMPARE(model.step, static_cast<int>(k));
                QVERIFY2(shown(model) == moment->trees[k].nodes, qPrintable(model.steps[k]));
                const Scene scene = paint(model, makeStyle(ThemeKind::Light, 1, 1), QSizeF(1200, 800));
                QVERIFY(scene.series);
                for (const TreeNode& n : moment->trees[k].nodes)
                    QVERIFY(scene.spotByKey(QString("node.%1").arg(n.pid)) != nullptr);
                ++steps;
            }
            // A step of another moment is none of this one.
            ViewOptions stale;
            stale.settings["step"] = QString("%1:0").arg(moment->now->cpu.tick + 1);
            QCOMPARE(buildCfs(*moment, stale).step, -1);
        }
        QVERIFY(steps > 100);
    }

    void playingGoesOnByItself() {
        auto session = sessionOf("hogs", {"0", "0", "0"});
        std::shared_ptr<const Moment> moment;
        do {
            session->toEvent(RunUntil::bit(EventKind::Switch));
            moment = session->wait();
        } while (moment->trees.size() < 3);
        ViewOptions options;
        options.settings["step"] = QString("%1:0:play").arg(moment->now->cpu.tick);
        int count = 0;
        for (;; ++count) {
            const Scene scene = paint(buildCfs(*moment, options), makeStyle(ThemeKind::Light, 1, 1), QSizeF(1200, 800));
            if (scene.next.isEmpty()) break;
            options.settings["step"] = scene.spotByKey(scene.next)->click.text.section('=', 1);
        }
        QCOMPARE(count, static_cast<int>(moment->trees.size()) - 1);
    }

    void theNiceSliderIsDragged() {
        auto session = sessionOf("hogs");
        session->toEvent(RunUntil::bit(EventKind::Preempt));
        const auto moment = session->wait();
        const CfsModel model = buildCfs(*moment, {});
        QVERIFY(model.canRenice);
        Canvas canvas;
        canvas.resize(1200, 800);
        canvas.setScene(paint(model, makeStyle(ThemeKind::Light, 1, 1), QSizeF(1190, 790)));
        canvas.show();
        std::vector<QString> asked;
        connect(&canvas, &Canvas::commanded, this, [&](const Command& c) { asked.push_back(c.text); });
        const Spot* slider = canvas.scene().spotByKey("nice");
        QVERIFY(slider && slider->slides);
        const auto at = [&](double nice) {
            return QPointF(slider->rect.x() + slider->rect.width() * (nice + 20.5) / 40, slider->rect.center().y())
                .toPoint();
        };
        const auto drag = [&](QPoint from, QPoint to) {
            QTest::mousePress(canvas.viewport(), Qt::LeftButton, {}, from);
            for (int i = 1; i <= 10; ++i) QTest::mouseMove(canvas.viewport(), from + (to - from) * i / 10);
            QVERIFY2(asked.empty(), "nothing is changed before it is let go");
            QTest::mouseRelease(canvas.viewport(), Qt::LeftButton, {}, to);
        };
        drag(at(model.chosen.nice), at(7));
        QCOMPARE(asked, std::vector{QString("nice.%1=7").arg(model.chosen.pid)});
        asked.clear();
        drag(at(0), at(0) + QPoint(4000, 60));  // far beyond its end, and beside it
        QCOMPARE(asked, std::vector{QString("nice.%1=19").arg(model.chosen.pid)});
    }

    // There were more events than are kept; the lanes still show the run from its beginning to its end.
    void aLongRunKeepsItsLanes() {
        auto session = sessionOf("threads");
        session->run();
        Moment moment = *session->wait();
        const u64 end = moment.now->nanoseconds();
        constexpr u64 kAll = 2'000'000, kAtOnce = 100'000, kTurns = 50'000;
        moment.events = {};
        for (u64 i = 0; i < kAll; i += kAtOnce) {
            std::vector<Event> events(kAtOnce);
            for (u64 k = 0; k < kAtOnce; ++k) {
                events[k] = {EventKind::SyscallEnter,
                             0,
                             1,
                             moment.frontier * (i + k) / kAll,
                             moment.now->cpu.cycles * (i + k) / kAll,
                             {},
                             {}};
            }
            moment.events.append(std::move(events));
        }
        // A task that has the CPU every other turn, for a third of the time.
        moment.schedLog = SchedLog(2000);
        for (u64 i = 0; i < kTurns; ++i) {
            const auto at = [&](u64 thirds) { return (3 * i + thirds) * (end / (3 * kTurns)); };
            SchedSample run{.tick = moment.frontier * i / kTurns,
                            .ns = at(0),
                            .ran = i * (end / (3 * kTurns)),
                            .pid = 1,
                            .kind = SampleKind::Run,
                            .phase = TaskPhase::Running};
            SchedSample wait = run;
            wait.ns = at(1), wait.ran += end / (3 * kTurns), wait.kind = SampleKind::Preempt;
            wait.phase = TaskPhase::Waiting;
            moment.schedLog.append({run, wait});
        }
        QVERIFY(moment.schedLog.size() <= 2002 && moment.schedLog.thinned() > 0);
        const LanesModel m = buildLanes(moment, {});
        QCOMPARE(m.lanes.size(), std::size_t{1});
        double ran = 0;
        u64 covered = m.axis.from;
        for (const PhaseSpan& span : m.lanes[0].spans) {
            QVERIFY2(span.from <= covered + end / 100, "there is a gap");
            covered = span.to;
            ran += static_cast<double>(span.to - span.from) *
                   (span.summary ? span.user + span.kernel : span.phase == TaskPhase::Running);
        }
        QVERIFY(covered > end - end / 100);
        QVERIFY2(std::abs(ran / static_cast<double>(end) - 1.0 / 3) < 0.02, qPrintable(QString::number(ran)));
        // Where the marks begin is said, and drawn.
        QCOMPARE(m.dropped + moment.events.size(), kAll);
        QVERIFY(m.marksFrom > end / 3 && m.marksFrom < end);
        for (const LaneMark& mark : m.lanes[0].marks) QVERIFY(mark.ns >= m.marksFrom);
        const Scene scene = paint(m, makeStyle(ThemeKind::Light, 1, 1), QSizeF(1000, 700));
        QVERIFY(scene.spotByKey("marks.begin"));
        QVERIFY(toText(twin(m)).contains("older events were given up"));
    }

    void lanesAgreeWithTheTasks() {
        auto session = sessionOf("threads");
        session->run();
        auto moment = session->wait();
        const LanesModel m = buildLanes(*moment, {});
        QVERIFY(m.lanes.size() >= 2);
        for (const Lane& lane : m.lanes) {
            for (const auto& [from, to] : lane.kernel)
                QVERIFY(std::ranges::any_of(lane.spans, [&](const PhaseSpan& s) {
                    return s.phase == TaskPhase::Running && s.from <= from && to <= s.to;
                }));
            u64 running = 0, waiting = 0, at = 0;
            for (const PhaseSpan& span : lane.spans) {
                QVERIFY(span.from >= at && span.to >= span.from);
                at = span.to;
                const double length = static_cast<double>(span.to - span.from);
                if (span.summary) {
                    running += static_cast<u64>(length * (span.user + span.kernel));
                    waiting += static_cast<u64>(length * span.waiting);
                } else if (span.phase == TaskPhase::Running) {
                    running += span.to - span.from;
                } else if (span.phase == TaskPhase::Waiting) {
                    waiting += span.to - span.from;
                }
            }
            const double slack = static_cast<double>(m.axis.shown()) * 0.01;
            QVERIFY(std::abs(static_cast<double>(running) - static_cast<double>(lane.times.ran)) < slack);
            QVERIFY(std::abs(static_cast<double>(waiting) - static_cast<double>(lane.times.waited)) < slack);
        }
        // Zoomed in, the same pieces with more of them.
        ViewOptions close;
        const u64 middle = (m.axis.from + m.axis.to) / 2;
        close.settings["window"] = QString("%1:%2").arg(middle).arg(middle + 1000);
        const LanesModel near = buildLanes(*moment, close);
        QCOMPARE(near.axis.shown(), u64{1000});
    }

    void clickingATimeGoesThere() {
        auto session = sessionOf("hogs", {"0", "5"});
        for (int i = 0; i < 40; ++i) session->toEvent(RunUntil::bit(EventKind::Switch));
        const auto moment = session->wait();
        // Every sample's time stands for its tick, to within a timer period.
        for (const auto& [pid, series] : moment->schedLog.tasks())
            for (std::size_t i = 0; i < series.size(); ++i) {
                const Tick tick = tickAt(moment->schedLog, series[i].ns);
                const Tick exact = series[i].tick;
                QVERIFY2(tick <= exact + 3000 && exact <= tick + 3000,
                         qPrintable(QString("%1 %2").arg(tick).arg(exact)));
            }
        const Scene scene = paint(buildVruntime(*moment, {}), makeStyle(ThemeKind::Light, 1, 1), QSizeF(1200, 800));
        const Spot* time = scene.spotByKey("time");
        QVERIFY(time && time->resolve);
        const Spot left = time->resolve(time->rect.topLeft()), right = time->resolve(time->rect.topRight());
        QCOMPARE(left.click.kind, Command::Kind::Seek);
        QVERIFY(left.click.value < right.click.value);
        QVERIFY(right.click.value <= moment->frontier);
    }

    void theWheelZoomsTime() {
        auto session = sessionOf("hogs", {"0", "5"});
        for (int i = 0; i < 30; ++i) session->toEvent(RunUntil::bit(EventKind::Switch));
        const auto moment = session->wait();
        Canvas canvas;
        canvas.resize(1000, 700);
        canvas.setScene(paint(buildLanes(*moment, {}), makeStyle(ThemeKind::Light, 1, 1), QSizeF(980, 680)));
        const Scene::Axis axis = canvas.scene().axis;
        QVERIFY(axis.to > axis.from);
        QSignalSpy spy(&canvas, &Canvas::commanded);
        const QPointF at = axis.rect.center() * canvas.zoom();
        const auto turn = [&](int by, Qt::KeyboardModifiers keys) {
            QWheelEvent event(at, canvas.viewport()->mapToGlobal(at), {}, {0, by}, Qt::NoButton, keys,
                              Qt::NoScrollPhase, false);
            QApplication::sendEvent(canvas.viewport(), &event);
        };
        turn(120, Qt::ControlModifier);
        QCOMPARE(spy.size(), 1);
        const Command zoomed = spy.last().first().value<Command>();
        QCOMPARE(zoomed.kind, Command::Kind::Setting);
        QVERIFY(zoomed.text.startsWith("window="));
        ViewOptions options;
        options.settings["window"] = zoomed.text.mid(7);
        const LanesModel near = buildLanes(*moment, options);
        // Two thirds of it, about the same middle.
        QVERIFY(std::abs(static_cast<double>(near.axis.shown()) * 1.5 / (axis.to - axis.from) - 1) < 0.01);
        const double middle = static_cast<double>(near.axis.from) + static_cast<double>(near.axis.shown()) / 2;
        QVERIFY(std::abs(middle - (axis.from + axis.to) / 2) < (axis.to - axis.from) * 0.02);
        turn(-1200, Qt::ControlModifier);  // farther away than all
        QCOMPARE(spy.last().first().value<Command>().text, QString("window="));
        turn(120, Qt::NoModifier);  // scrolls as ever
        QCOMPARE(spy.size(), 2);
    }

    void vruntimeIsTheMachines() {
        auto session = sessionOf("hogs", {"0", "5", "10"});
        for (int i = 0; i < 60; ++i) session->toEvent(RunUntil::bit(EventKind::Switch));
        const auto moment = session->wait();
        const VruntimeModel m = buildVruntime(*moment, {});
        QVERIFY(m.lines.size() >= 3);
        double share = 0;
        for (const VruntimeLine& line : m.lines) {
            share += line.share;
            const Task* task = moment->now->kernel.tasks.find(findGlobal(moment->now->kernel, line.pid));
            if (!task || !task->se.onRq) continue;
            QCOMPARE(line.value, static_cast<double>(task->se.vruntime));
        }
        QVERIFY(share > 0.5 && share <= 1.0001);
    }

    void comparisonShowsEveryPolicy() {
        auto session = sessionOf("yielders");
        session->compare({SchedKind::Cfs, SchedKind::Coop, SchedKind::Rr, SchedKind::Eevdf});
        const auto moment = session->wait();
        const CompareModel m = buildCompare(*moment, {});
        QCOMPARE(m.runs.size(), std::size_t{4});
        for (const CompareRun& run : m.runs) QVERIFY(run.done && !run.lanes.empty());
        const Scene scene = paint(m, makeStyle(ThemeKind::Light, 1, 1), QSizeF(1200, 900));
        // A chosen policy is taken out by its button, another is added.
        QCOMPARE(scene.spotByKey("policy.rr")->click.text, QString("compare=coop,cfs,eevdf"));
        QCOMPARE(scene.spotByKey("policy.rr-latency")->click.text, QString("compare=coop,rr,rr-latency,cfs,eevdf"));
    }

    void deadlockIsTheCycleItIs() {
        auto session = sessionOf("deadlock");
        session->run();
        const auto moment = session->wait();
        QCOMPARE(moment->stop, std::optional(MachineStop::Deadlocked));
        const WaitsModel m = buildWaits(*moment, {});
        // Who waits for what whom holds.
        std::map<i32, i32> waitsFor;
        for (const WaitRow& row : m.rows)
            for (const Waiter& waiter : row.waiters)
                if (row.holder.pid) waitsFor[waiter.pid] = row.holder.pid;
        int inCircle = 0;
        for (const auto& [waiter, holder] : waitsFor)
            if (waitsFor.contains(holder) && waitsFor[holder] == waiter) {
                ++inCircle;
                QVERIFY(m.deadlock.contains(QString::number(waiter)));
            }
        QCOMPARE(inCircle, 2);
        auto fine = sessionOf("threads");
        fine->toEvent(RunUntil::bit(EventKind::Switch));
        QVERIFY(buildWaits(*fine->wait(), {}).deadlock.isEmpty());
    }

    void theSwitchIsToldWithItsValues() {
        auto session = sessionOf("yielders");
        ContextSwitchModel m;
        // One between two programs.
        for (int i = 0; i < 60 && !(m.from.pid > 2 && m.to.pid > 2); ++i) {
            session->toEvent(RunUntil::bit(EventKind::Switch));
            m = buildContextSwitch(*session->wait(), {});
        }
        QVERIFY(m.seen);
        // What was pushed is what the old task finds again, what is popped is what the new one had.
        session->step(Session::Direction::Forward, 30);
        const auto later = session->wait();
        const Machine& machine = *later->now;
        const auto word = [&](u64 address) {
            const Walk w = walk(machine.ram, machine.cpu.pagingMode(), VirtAddr(address));
            return machine.ram.load<u64>(w.phys);
        };
        QCOMPARE(m.from.saved.size(), std::size_t{7});
        for (const SwitchSide::Saved& saved : m.from.saved) QCOMPARE(saved.value, word(saved.address));
        const Task* old = machine.kernel.tasks.find(findGlobal(machine.kernel, m.from.pid));
        QVERIFY(old);
        QCOMPARE(m.from.sp, old->sp);
        u64 sum = 0;
        for (const SwitchStep& step : m.steps) {
            QVERIFY(step.cycles.has_value());
            sum += *step.cycles;
        }
        QCOMPARE(m.cycles, sum);
        QVERIFY(std::count_if(m.steps.begin(), m.steps.end(),
                              [](const SwitchStep& s) { return s.kind == SwitchStep::Kind::Push; }) == 6);
    }
};

QTEST_MAIN(SchedViewsTest)
#include "tst_sched_views.moc"
