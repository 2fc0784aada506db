// What the timeline, the breakpoints and the futures show, and what can be asked about things that are pointed at.
#include <QStatusBar>
#include <QtTest>
#include <fmt/format.h>

#include "core/machine/edits.h"
#include "tests/widgets/own_settings.h"
#include "widgets/breakpoints/breakpoints.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/futures/futures.h"
#include "widgets/timeline/timeline_view.h"
#include "widgets/window/main_window.h"
#include "widgets/window/questions.h"

using namespace ringside;

namespace {

Machine bootSample(const char* name) {
    MachineOptions options = classroomProfile();
    options.kernel.program = fmt::format("/samples/{}", name);
    auto machine = Machine::boot(options);
    if (!machine) qFatal("%s", machine.error().sentence.c_str());
    return std::move(*machine);
}

// Every text of a twin, in one string.
QString allOf(const TextTwin& twin) { return toText(twin); }

}  // namespace

class TravelTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;

    void paintsEverywhere(const char* view, const Snapshot& moment) {
        const ViewRow* row = findView(view);
        QVERIFY(row);
        const auto model = row->build(moment, ViewOptions{});
        for (ThemeKind theme : kThemeKinds)
            for (const QSizeF size : {QSizeF(420, 300), QSizeF(1024, 768), QSizeF(3840, 2160)}) {
                const Scene scene = model->paintScene(makeStyle(theme, 1, 1), size);
                for (const Spot& spot : scene.spots()) {
                    QVERIFY2(!spot.what.isEmpty(), qPrintable(spot.key));
                    QVERIFY2(spot.rect.left() >= -1 && spot.rect.right() <= scene.size().width() + 1,
                             qPrintable(spot.key));
                }
            }
    }

 private Q_SLOTS:
    void initTestCase() {
        useOwnSettings(m_dir);
        loadResources();
    }
    void init() { QSettings().clear(); }

    void tenMillionEventsAreBounded() {
        Moment moment;
        moment.now = std::make_shared<const Machine>(bootSample("countdown"));
        constexpr std::size_t kAll = 10'000'000, kAtOnce = 100'000;
        const EventKind kinds[] = {EventKind::SyscallEnter, EventKind::PageFault, EventKind::Switch, EventKind::Fork,
                                   EventKind::Irq};
        for (std::size_t i = 0; i < kAll; i += kAtOnce) {
            std::vector<Event> events(kAtOnce);
            for (std::size_t k = 0; k < kAtOnce; ++k) {
                events[k].kind = kinds[(i + k) % 5];
                events[k].tick = (i + k) * 100;
            }
            moment.events.append(std::move(events));
        }
        moment.frontier = kAll * 100;
        QVERIFY(moment.events.size() <= EventLog::kLimit);
        QCOMPARE(moment.events.size() + moment.events.dropped(), kAll);
        QVERIFY(moment.events.old().size() <= EventLog::kMostSummaries);
        u64 old = 0;
        for (const auto& s : moment.events.old())
            for (u32 n : s.counts) old += n;
        QCOMPARE(old, moment.events.dropped());
        constexpr int kColumns = 1280;
        const StylePtr style = makeStyle(ThemeKind::Light, 1, 1);
        qint64 worst = 0;
        for (const auto& [from, to] :
             {std::pair<Tick, Tick>{0, kAll * 100}, {0, 1000}, {kAll * 50, kAll * 50 + 64}, {kAll * 95, kAll * 100}}) {
            QElapsedTimer timer;
            timer.start();
            const TimelineModel model = buildTimeline(moment, from, to, kColumns);
            const Scene scene = paint(model, style, QSizeF(1920, 60));
            worst = std::max(worst, timer.nsecsElapsed());
            QVERIFY(model.marks.size() <= std::size_t{kColumns + 1} * kTimelineLanes);
            QVERIFY(model.marks.size() > 0 || from == kAll * 50);
        }
        qInfo("built and painted in at most %.1f ms", static_cast<double>(worst) / 1e6);
        // The whole run has marks from its beginning to its end, and each says how many it stands for.
        const TimelineModel whole = buildTimeline(moment, 0, kAll * 100, kColumns);
        u64 counted = 0;
        for (const auto& m : whole.marks)
            if (m.text.isEmpty()) counted += m.count;
        QCOMPARE(counted, moment.events.dropped());
        QVERIFY(whole.marks.front().tick < kAll);
    }

    void breakpointsAndBookmarksAreListed() {
        Session session(bootSample("countdown"));
        session.toEvent(RunUntil::bit(EventKind::Exec));
        auto m = session.wait();
        const u64 rip = m->now->cpu.regs.rip;
        QVERIFY(allOf(twin(buildBreakpoints(*m, {}))).contains("F9"));
        paintsEverywhere("breakpoints", *m);
        session.setBreakpoint(rip, true);
        session.setCondition(rip, "rax == 1");
        session.setBreakpoint(rip + 4, true);
        session.enableBreakpoint(rip + 4, false);
        session.setWatch(Watchpoint{.begin = PhysAddr(0x1000), .length = 8, .address = 0x401000, .reads = true});
        session.addBookmark("where it begins");
        m = session.wait();
        const BreakpointsModel model = buildBreakpoints(*m, {});
        QCOMPARE(model.breakpoints.size(), std::size_t{2});
        QVERIFY(model.breakpoints[0].enabled && !model.breakpoints[1].enabled);
        QCOMPARE(model.watchpoints.size(), std::size_t{1});
        QCOMPARE(model.bookmarks.size(), std::size_t{1});
        QVERIFY(model.bookmarks[0].here);
        const QString text = allOf(twin(model));
        for (const QString& part : {hex(rip), QString("rax == 1"), QString("0x401000"), QString("where it begins")})
            QVERIFY2(text.contains(part), qPrintable(part));
        paintsEverywhere("breakpoints", *m);
        const TimelineModel timeline = buildTimeline(*m, 0, m->frontier, 400);
        QCOMPARE(timeline.flags.size(), std::size_t{1});
    }

    void futuresAreATreeAndCompared() {
        Session session(bootSample("countdown"));
        session.run();
        auto m = session.wait();
        paintsEverywhere("futures", *m);
        const Tick end = m->frontier;
        session.seek(end / 2);
        m = session.wait();
        session.change(*raiseSignal(*m->now, 0, 9));
        session.run();
        session.wait();  // a question would end the run where it is
        session.compareFutures(1, 2);
        m = session.wait();
        const FuturesModel model = buildFutures(*m, {});
        QCOMPARE(model.rows.size(), std::size_t{2});
        QCOMPARE(model.rows[1].depth, 1);
        QCOMPARE(model.rows[1].parted, end / 2);
        QVERIFY(model.rows[1].current && !model.rows[0].current);
        QVERIFY(model.rows[1].fate.contains("SIGKILL"));
        QVERIFY(model.rows[1].change.contains("SIGKILL"));
        QVERIFY(!model.verdict.isEmpty() && !model.lines.empty());
        QVERIFY(allOf(twin(model)).contains(model.verdict));
        paintsEverywhere("futures", *m);
    }

    void everythingCanBeAsked() {
        Session session(bootSample("countdown"));
        session.toEvent(RunUntil::bit(EventKind::Exec));
        const auto m = session.wait();
        for (const Subject& subject : {Subject::address(0x401000, 0, 4), Subject::instruction(0x401000),
                                       Subject::vma(0x401000, 1), Subject::frame(7), Subject::pte(0x2000, 0x401000),
                                       Subject::task(1), Subject::reg("RAX"), Subject::reg("cf")}) {
            const auto offers = questionsAbout(subject, *m);
            QVERIFY2(!offers.empty(), qPrintable(describe(subject)));
            for (const Offer& o : offers) {
                QVERIFY(o.command.kind == Command::Kind::Ask);
                QVERIFY(!o.text.isEmpty());
            }
        }
        QVERIFY(questionsAbout(Subject::reg("cr9"), *m).empty());
        QVERIFY(questionsAbout({}, *m).empty());
        QVERIFY(questionsAbout(Subject::task(1), Snapshot{}).empty());
    }

    void theWindowAnswers() {
        MainWindow w;
        w.resize(1024, 768);
        w.show();
        LoadRequest request;
        request.fromHost = false;
        request.options.kernel.program = "/samples/countdown";
        request.program = "/samples/countdown";
        QVERIFY(w.load(request));
        w.settle();
        w.go([](Session& s) { s.run(); });
        w.settle();
        const Tick end = w.controller().snapshot()->frontier;
        w.go([&](Session& s) { s.seek(end / 2); });
        w.settle();
        const u64 rsp = w.controller().snapshot()->now->cpu.regs.gpr[RSP];
        w.ask({Command::Kind::Ask, rsp, "wrote 8 0"});
        w.settle();
        const auto m = w.controller().snapshot();
        QVERIFY(m->now->cpu.tick <= end / 2);
        QVERIFY2(m->message.empty() ? m->now->cpu.tick < end / 2 : true, m->message.c_str());
        w.ask({Command::Kind::Ask, 0x10, "wrote 8 0"});
        QVERIFY(w.statusBar()->currentMessage().contains("0x10"));
        w.whatIf(changeRegister(*w.controller().snapshot()->now, "rbx", 1));
        w.settle();
        QCOMPARE(w.controller().snapshot()->futures.size(), std::size_t{2});
        w.ask({Command::Kind::Ask, 1, "future"});
        w.settle();
        QCOMPARE(w.controller().snapshot()->frontier, end);
        // Marks come back with the program.
        w.go([](Session& s) {
            s.addBookmark("kept", 77);
            s.setBreakpoint(0x401234, true);
            s.setCondition(0x401234, "rax == 2");
        });
        w.settle();
        QVERIFY(w.load(request));
        w.settle();
        const auto again = w.controller().snapshot();
        QCOMPARE(again->bookmarks.size(), std::size_t{1});
        QVERIFY(again->bookmarks[0].first == 77 && again->bookmarks[0].second == "kept");
        QCOMPARE(again->breakpointList.size(), std::size_t{1});
        QCOMPARE(QString::fromStdString(again->breakpointList[0].condition.text()), QString("rax == 2"));
    }
};

QTEST_MAIN(TravelTest)
#include "tst_travel.moc"
