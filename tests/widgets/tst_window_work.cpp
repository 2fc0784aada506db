// Working in the window with a real program: source lines, breakpoints, perspectives, files that come and go.
#include <QApplication>
#include <QDockWidget>
#include <QDropEvent>
#include <QMimeData>
#include <QSettings>
#include <QStatusBar>
#include <QTemporaryDir>
#include <QTest>

#include "tests/widgets/own_settings.h"
#include "widgets/canvas/export.h"
#include "widgets/window/dock_title.h"
#include "widgets/window/main_window.h"
#include "widgets/window/status_line.h"
#include "widgets/window/system_theme.h"
#include "widgets/window/welcome_page.h"

using namespace ringside;

namespace {
const QString kSamples = QStringLiteral(RINGSIDE_BINARY_DIR "/samples/");
}

class TstWindowWork : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;

    void open(MainWindow& w, const QString& sample) {
        w.resize(1280, 800);
        w.show();
        QVERIFY2(w.open(kSamples + sample), qPrintable(w.statusBar()->currentMessage()));
        w.settle();
        QCoreApplication::processEvents();
    }
    const Machine& now(MainWindow& w) {
        w.settle();
        return *w.controller().snapshot()->now;
    }
    void trigger(MainWindow& w, const char* action) {
        w.action(action)->trigger();
        w.settle();
    }
    u32 line(MainWindow& w) {
        Symbols symbols;
        auto place = symbols.line(now(w), now(w).cpu.regs.rip);
        return place ? place->line : 0;
    }
    QStringList shown(MainWindow& w) {
        QStringList ids;
        for (auto* dock : w.findChildren<QDockWidget*>())
            if (!dock->isHidden()) ids << dock->objectName();
        ids.sort();
        return ids;
    }
    // Two layouts that are the same: the same docks, at the same places but for a pixel or two.
    QString differs(MainWindow& a, MainWindow& b) {
        if (shown(a) != shown(b)) return shown(a).join(' ') + " / " + shown(b).join(' ');
        for (const QString& id : shown(a)) {
            const QRect x = a.findChild<QDockWidget*>(id)->geometry(), y = b.findChild<QDockWidget*>(id)->geometry();
            if (x.right() < 0 && y.right() < 0) continue;  // behind another tab, where Qt puts it anywhere
            if ((x.topLeft() - y.topLeft()).manhattanLength() > 4 || std::abs(x.width() - y.width()) > 4 ||
                std::abs(x.height() - y.height()) > 4)
                return QString("%1: %2x%3+%4+%5, %6x%7+%8+%9")
                    .arg(id)
                    .arg(x.width())
                    .arg(x.height())
                    .arg(x.x())
                    .arg(x.y())
                    .arg(y.width())
                    .arg(y.height())
                    .arg(y.x())
                    .arg(y.y());
        }
        return {};
    }
    void drop(MainWindow& w, const QString& path) {
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(path)});
        QDragEnterEvent enter({50, 50}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&w, &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent event({50, 50}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&w, &event);
    }
    void write(const QString& path, const QByteArray& bytes) {
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        QCOMPARE(file.write(bytes), bytes.size());
        file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    }

 private Q_SLOTS:
    void initTestCase() { useOwnSettings(m_dir); }
    void init() { QSettings().clear(); }

    void aSourceLineAndBack() {
        MainWindow w;
        open(w, "countdown");
        std::vector<std::pair<Tick, u32>> way;
        for (int i = 0; i < 12; ++i) {
            way.emplace_back(now(w).cpu.tick, line(w));
            trigger(w, "step.line");
            QVERIFY(now(w).cpu.tick > way.back().first);
            QVERIFY(line(w) != way.back().second);
        }
        for (auto i = way.rbegin(); i != way.rend(); ++i) {
            trigger(w, "step.line-back");
            QCOMPARE(now(w).cpu.tick, i->first);
            QCOMPARE(line(w), i->second);
        }
    }
    void aBreakpointForwardsAndBackwards() {
        MainWindow w;
        open(w, "countdown");
        Symbols symbols;
        const u64 square = *symbols.addressOf(now(w), "square");
        w.selection().select(Subject::instruction(square));
        trigger(w, "run.breakpoint");
        std::vector<Tick> hits;
        for (int i = 0; i < 4; ++i) {
            trigger(w, "run.toggle");
            QCOMPARE(*w.controller().snapshot()->stop, MachineStop::Breakpoint);
            QCOMPARE(now(w).cpu.regs.rip, square);
            hits.push_back(now(w).cpu.tick);
            if (i > 0) QVERIFY(hits[hits.size() - 1] > hits[hits.size() - 2]);
        }
        for (int i = 2; i >= 0; --i) {
            trigger(w, "run.back");
            QCOMPARE(now(w).cpu.tick, hits[static_cast<std::size_t>(i)]);
        }
        // What just ran is known after a run, too: the call.
        QVERIFY(w.controller().snapshot()->last);
        QCOMPARE(w.controller().snapshot()->last->after.rip, square);
    }
    void changesSinceTheStepTheEventOrAMark() {
        MainWindow w;
        open(w, "countdown");
        auto before = [&] { return w.controller().snapshot()->before->cpu.tick; };
        const Tick start = now(w).cpu.tick;
        trigger(w, "step.instruction");
        QCOMPARE(before(), start);
        // After a jump: the instruction before, not where one was.
        w.go([&](Session& s) { s.seek(start + 500); });
        QCOMPARE(now(w).cpu.tick, start + 500);
        QCOMPARE(before(), start + 499);
        w.go([&](Session& s) { s.seek(start + 100); });
        QCOMPARE(now(w).cpu.tick, start + 100);
        QCOMPARE(before(), start + 99);
        trigger(w, "view.since-mark");
        for (int i = 0; i < 3; ++i) trigger(w, "step.instruction");
        QCOMPARE(before(), start + 100);
        trigger(w, "view.since-event");
        auto event = w.controller().snapshot()->events.previous(now(w).cpu.tick, MainWindow::anyEvent());
        QVERIFY(event);
        QCOMPARE(before(), *event);
        trigger(w, "view.since-step");
        trigger(w, "step.instruction-back");
        QCOMPARE(before(), now(w).cpu.tick - 1);
    }
    void aPerspectiveChosenWhileLoading() {
        MainWindow plain;
        open(plain, "countdown");
        plain.setPerspective("memory");
        QTest::qWait(50);
        plain.close();
        QSettings().clear();

        MainWindow w;
        w.resize(1280, 800);
        w.show();
        QVERIFY(w.open(kSamples + "countdown"));
        for (const char* id : {"scheduler", "everything", "memory"}) w.setPerspective(id);
        w.settle();
        QTest::qWait(50);
        QVERIFY2(differs(w, plain).isEmpty(), qPrintable(differs(w, plain)));
        // What was passed through on the way is not remembered half laid out.
        MainWindow fresh;
        open(fresh, "countdown");
        fresh.setPerspective("scheduler");
        QTest::qWait(50);
        w.setPerspective("scheduler");
        QTest::qWait(50);
        QVERIFY2(differs(w, fresh).isEmpty(), qPrintable(differs(w, fresh)));
    }
    void theWindowComesBackAsItWasLeft() {
        QStringList left;
        {
            MainWindow w;
            open(w, "countdown");
            w.setPerspective("memory");
            QTest::qWait(50);
            w.findChild<QDockWidget*>("tlb")->hide();
            w.showView("console");
            QTest::qWait(50);
            left = shown(w);
            w.close();
        }
        MainWindow w;
        w.show();
        QVERIFY(w.open(kSamples + "hello"));
        w.settle();
        QTest::qWait(50);
        QCOMPARE(w.perspective(), QString("memory"));
        QCOMPARE(shown(w), left);
    }
    void aViewThatThePerspectiveHasNotComesAsATab() {
        MainWindow w;
        open(w, "countdown");
        w.setPerspective("syscalls");
        QTest::qWait(50);
        auto* dock = w.findChild<QDockWidget*>("fork-cow");
        QVERIFY(dock->isHidden());
        w.showView("fork-cow");
        QTest::qWait(50);
        QVERIFY(!dock->isHidden());
        QVERIFY(w.dockWidgetArea(dock) != Qt::NoDockWidgetArea);
        // It covers nothing but the tabs of its own group.
        const QList<QDockWidget*> group = w.tabifiedDockWidgets(dock);
        QVERIFY(!group.isEmpty());
        for (auto* other : w.findChildren<QDockWidget*>())
            if (other != dock && other->isVisible() && !group.contains(other))
                QVERIFY2(!other->geometry().intersects(dock->geometry()), qPrintable(other->objectName()));
    }
    void tabsSayTheTitleOnce() {
        MainWindow w;
        open(w, "countdown");
        w.setPerspective("fetch-execute");
        QTest::qWait(50);
        auto title = [&](const char* id) { return w.findChild<QDockWidget*>(id)->titleBarWidget()->height(); };
        QVERIFY(title("fetch-execute") > 8);
        QCOMPARE(title("disassembly"), 0);
        w.findChild<QDockWidget*>("source")->hide();
        QTest::qWait(50);
        QVERIFY(title("disassembly") > 8);
    }
    // A step stops as at a breakpoint, at an address that nobody has marked: that is nothing to be told.
    void aSourceStepIsNoBreakpoint() {
        MainWindow w;
        open(w, "countdown");
        const u32 here = line(w);
        trigger(w, "step.line");
        QVERIFY(line(w) != here);
        QVERIFY(w.controller().snapshot()->stop == MachineStop::Breakpoint);
        QCOMPARE(stopSentence(*w.controller().snapshot()), QString());
        // With a breakpoint at the place where it stops, it is one.
        const u64 rip = now(w).cpu.regs.rip;
        trigger(w, "step.line-back");
        w.controller().session()->setBreakpoint(rip, true);
        trigger(w, "step.line");
        QCOMPARE(now(w).cpu.regs.rip, rip);
        QCOMPARE(stopSentence(*w.controller().snapshot()), QString("Stopped at a breakpoint."));
    }

    void droppedFilesAreOpenedOrExplained() {
        MainWindow w;
        w.show();
        auto* page = w.findChild<WelcomePage*>();
        write(m_dir.filePath("noise"), QByteArray(300, 'x'));
        drop(w, m_dir.filePath("noise"));
        QVERIFY2(page->message().contains("noise"), qPrintable(page->message()));
        QVERIFY(!w.controller().loaded());
        drop(w, m_dir.path());
        QVERIFY2(page->message().contains(m_dir.path()), qPrintable(page->message()));
        drop(w, kSamples + "hello");
        w.settle();
        QVERIFY(w.controller().loaded());
        QVERIFY(page->message().isEmpty());
        // What runs stays when the next file is none.
        const Tick at = now(w).cpu.tick;
        drop(w, m_dir.filePath("noise"));
        QVERIFY(w.statusBar()->currentMessage().contains("noise"));
        QCOMPARE(now(w).cpu.tick, at);
    }
    void reloadTakesTheFileAsItIsNow() {
        const QString path = m_dir.filePath("program");
        QVERIFY(QFile::copy(kSamples + "hello-asm", path));
        MainWindow w;
        w.show();
        QVERIFY(w.open(path));
        w.settle();
        trigger(w, "run.toggle");
        const auto first = now(w).devices.console.output;
        QVERIFY(QFile::remove(path));
        QVERIFY(QFile::copy(kSamples + "hello", path));
        trigger(w, "file.reload");
        trigger(w, "run.toggle");
        QVERIFY(!(now(w).devices.console.output == first));
    }
    void theThemeFollowsTheSystem() {
        SystemTheme theme;
        int changes = 0;
        connect(&theme, &SystemTheme::changed, this, [&] { ++changes; });
        theme.take("color-scheme", 2);
        const int before = changes;
        QCOMPARE(theme.kind(), ThemeKind::Light);
        theme.take("color-scheme", 1);
        QCOMPARE(theme.kind(), ThemeKind::Dark);
        theme.take("contrast", 1);
        QCOMPARE(theme.kind(), ThemeKind::HighContrast);
        theme.take("contrast", 1);
        QCOMPARE(changes, before + 2);
    }
    void viewsAreSavedAsPdf() {
        MainWindow w;
        open(w, "countdown");
        ViewPanel* panel = w.panel("registers");
        const QString path = m_dir.filePath("registers.pdf");
        QVERIFY(saveView(path, panel->sceneOn(makeStyle(ThemeKind::Print, 1, 1), {600, 400}), panel->textTwin()));
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QVERIFY(file.readAll().startsWith("%PDF-"));
    }
};

QTEST_MAIN(TstWindowWork)
#include "tst_window_work.moc"
