// The window without and with a machine: actions, perspectives, selection, every view of the registry.
#include <QApplication>
#include <QMenuBar>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>

#include "tests/widgets/own_settings.h"
#include "widgets/canvas/words.h"
#include "widgets/window/command_palette.h"
#include "widgets/window/main_window.h"
#include "widgets/window/pseudo_translator.h"
#include "widgets/window/shortcut_editor.h"
#include "widgets/window/status_line.h"
#include "widgets/window/welcome_page.h"

using namespace ringside;

namespace {

// A whole program: mov eax, 5; push rax; pop rbx; dec eax; jnz −4; mov eax, 60; xor edi, edi; syscall.
QByteArray tinyElf() {
    QByteArray code = QByteArray::fromHex("b805000000505bffc875fab83c00000031ff0f05");
    QByteArray elf(0x78, '\0');
    auto put = [&](int at, quint64 value, int size) {
        for (int i = 0; i < size; ++i) elf[at + i] = static_cast<char>(value >> (8 * i));
    };
    elf.replace(0, 16, QByteArray::fromHex("7f454c46020101000000000000000000"));
    put(16, 2, 2), put(18, 62, 2), put(20, 1, 4), put(24, 0x401078, 8), put(32, 64, 8), put(52, 64, 2), put(54, 56, 2),
        put(56, 1, 2);
    put(58, 64, 2);
    put(64, 1, 4), put(68, 5, 4), put(72, 0, 8), put(80, 0x401000, 8), put(88, 0x401000, 8);
    put(96, static_cast<quint64>(0x78 + code.size()), 8), put(104, static_cast<quint64>(0x78 + code.size()), 8),
        put(112, 4096, 8);
    return elf + code;
}

}  // namespace

class TstWindow : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;
    QString m_program;

    void load(MainWindow& w) {
        QVERIFY2(w.open(m_program), qPrintable(w.statusBar()->currentMessage()));
        w.settle();
    }
    Tick tick(MainWindow& w) {
        w.controller().settle();
        return w.controller().snapshot()->now->cpu.tick;
    }

 private Q_SLOTS:
    void initTestCase() {
        useOwnSettings(m_dir);
        m_program = m_dir.filePath("tiny");
        QFile file(m_program);
        QVERIFY(file.open(QIODevice::WriteOnly));
        QVERIFY(file.write(tinyElf()) > 0);
        file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    }
    void init() { QSettings().clear(); }

    void noTwoActionsShareAShortcut() {
        MainWindow w;
        QHash<QString, QString> owner;
        for (QAction* action : w.findChildren<QAction*>())
            for (const QKeySequence& keys : action->shortcuts()) {
                QString text = keys.toString();
                if (text.isEmpty()) continue;
                QVERIFY2(!owner.contains(text) || owner[text] == action->text(),
                         qPrintable(text + ": " + owner[text] + " and " + action->text()));
                owner[text] = action->text();
            }
        QVERIFY(owner.size() > 40);
        for (const char* keys : {"F5",
                                 "Shift+F5",
                                 "Ctrl+Shift+F5",
                                 "F9",
                                 "F10",
                                 "F11",
                                 "Shift+F11",
                                 "Ctrl+F11",
                                 "Alt+Shift+F5",
                                 "Alt+Shift+F10",
                                 "Alt+Shift+F11",
                                 "Space",
                                 "Left",
                                 "Right",
                                 "Home",
                                 "End",
                                 "[",
                                 "]",
                                 "Ctrl+Shift+P",
                                 "F1",
                                 "Alt+Left",
                                 "Alt+Right",
                                 "Ctrl+O",
                                 "Ctrl+R"})
            QVERIFY2(owner.contains(keys), keys);
    }
    void everyActionIsComplete() {
        QSet<QString> names;
        for (const ActionRow& row : actionRows()) {
            QVERIFY2(!names.contains(row.name), row.name);
            names.insert(row.name);
            QVERIFY2(QString(row.tip).endsWith('.'), row.name);
            QVERIFY2(row.run, row.name);
            if (row.icon) QVERIFY2(QFile::exists(QString(":/icons/%1.svg").arg(row.icon)), row.icon);
        }
    }
    void paletteFindsByLetters() {
        QVERIFY(fuzzyScore("so", "Step over") > fuzzyScore("so", "Close program"));
        QCOMPARE(fuzzyScore("xyz", "Step over"), -1);
        MainWindow w;
        CommandPalette palette(&w);
        for (const ActionRow& row : actionRows()) palette.addCommand(w.action(row.name), {}, {});
        palette.popUp();
        QTest::keyClicks(reinterpret_cast<QWidget*>(palette.focusWidget()), "lecture");
        QCOMPARE(palette.shown().first(), Words::tr("Lecture mode"));
        QTest::keyClick(palette.focusWidget(), Qt::Key_Return);
        QVERIFY(w.lectureMode());
    }
    void shortcutsCanBeChangedButNotDoubled() {
        MainWindow w;
        QHash<QString, QAction*> actions;
        for (const ActionRow& row : actionRows()) actions[row.name] = w.action(row.name);
        ShortcutEditor editor(actions, &w);
        QVERIFY(editor.assign("file.open", QKeySequence("F5")).contains("F5"));
        QVERIFY(editor.assign("file.open", QKeySequence("Ctrl+Alt+Y")).isEmpty());
        MainWindow again;
        QCOMPARE(again.action("file.open")->shortcut(), QKeySequence("Ctrl+Alt+Y"));
        editor.resetAll();
        QCOMPARE(w.action("file.open")->shortcut(), QKeySequence("Ctrl+O"));
    }
    void selectionRemembersItsWay() {
        Selection s;
        QVERIFY(!s.canGoBack());
        s.select(Subject::address(1));
        s.select(Subject::frame(2));
        s.select(Subject::task(3));
        s.back();
        s.back();
        QCOMPARE(s.current(), Subject::address(1));
        s.forward();
        QCOMPARE(s.current(), Subject::frame(2));
        s.select(Subject::task(9));
        QVERIFY(!s.canGoForward());
    }
    void layoutsNameRealViewsOnly() {
        for (int i = 0; i < static_cast<int>(Perspective::kCount); ++i) {
            auto p = static_cast<Perspective>(i);
            std::vector<QString> views = layoutOf(p).views();
            QSet<QString> seen;
            for (const QString& v : views) {
                QVERIFY2(findView(v), qPrintable(v));
                QVERIFY2(!seen.contains(v), qPrintable(v));
                seen.insert(v);
            }
            for (const ViewRow& row : viewRows())
                if (row.perspectives & in(p)) QVERIFY2(seen.contains(row.id), row.id);
        }
        LayoutNode n = parseLayout("H(V(a*3 b)*2 T(c d))", {"a", "b", "d"});
        QCOMPARE(n.views().size(), std::size_t{3});
        auto places = placesOf(n, {0, 0, 300, 100});
        QCOMPARE(places[0].second, QRectF(0, 0, 200, 75));
        QCOMPARE(places[2].second, QRectF(200, 0, 100, 100));
    }
    void wrongFilesAreExplained() {
        MainWindow w;
        w.show();
        QVERIFY(!w.open(m_dir.filePath("nothing-here")));
        QVERIFY(!w.controller().loaded());
        auto* page = w.findChild<WelcomePage*>();
        QVERIFY(page && page->message().contains("nothing-here"));
    }
    void everyViewSaysSomethingWithoutAMachine() {
        StylePtr style = makeStyle(ThemeKind::Light, 1, 96.0 / 72);
        for (const ViewRow& row : viewRows()) {
            auto model = row.build(Snapshot{}, ViewOptions{});
            Scene scene = model->paintScene(style, {500, 400});
            if (QString(row.id) != "timeline") QVERIFY2(!scene.spots().empty(), row.id);
            QVERIFY2(!model->textTwin().label.isEmpty(), row.id);
            QVERIFY2(QString(row.help).size() > 10, row.id);
        }
    }
    void stepsGoForwardAndBack() {
        MainWindow w;
        w.resize(1024, 768);
        w.show();
        load(w);
        QCOMPARE(w.controller().snapshot()->now->cpu.regs.rip, u64{0x401078});
        // The first fetch is a page fault; then it runs.
        w.action("step.instruction")->trigger();
        w.controller().settle();
        QCOMPARE(w.controller().snapshot()->now->cpu.regs.cpl(), 0u);
        // The retry is the same instruction: RF keeps breakpoints there from being met again.
        while (w.controller().snapshot()->now->cpu.regs.cpl() == 0 && tick(w) < 10'000)
            w.action("step.instruction")->trigger();
        QCOMPARE(w.controller().snapshot()->now->cpu.regs.rip, u64{0x401078});
        Tick start = tick(w);
        w.action("step.instruction")->trigger();
        QCOMPARE(tick(w), start + 1);
        QCOMPARE(w.controller().snapshot()->now->cpu.regs.gpr[RAX], u64{5});
        w.action("step.instruction-back")->trigger();
        QCOMPARE(tick(w), start);
        w.action("run.toggle")->trigger();
        w.controller().settle();
        QCOMPARE(*w.controller().snapshot()->stop, MachineStop::Finished);
        w.action("time.start")->trigger();
        QCOMPARE(tick(w), Tick{0});
    }
    void microStepsEndInAStep() {
        MainWindow w;
        w.show();
        load(w);
        w.go([](Session& s) { s.toAddress({0x40107d}); });
        Tick start = tick(w);
        int steps = 0;
        while (tick(w) == start && steps < 20) {
            w.action("step.micro")->trigger();
            ++steps;
        }
        QCOMPARE(tick(w), start + 1);
        QVERIFY(steps > 4);
    }
    void breakpointsStopTheRun() {
        MainWindow w;
        w.show();
        load(w);
        w.selection().select(Subject::instruction(0x401083));  // mov eax, 60
        w.action("run.breakpoint")->trigger();
        w.controller().settle();
        w.action("run.toggle")->trigger();
        w.controller().settle();
        QCOMPARE(w.controller().snapshot()->now->cpu.regs.rip, u64{0x401083});
    }
    void everyPerspectiveOfALoadedMachineIsShown() {
        MainWindow w;
        w.resize(1024, 768);
        w.show();
        load(w);
        for (int i = 0; i < static_cast<int>(Perspective::kCount); ++i) {
            QString id = idOf(static_cast<Perspective>(i));
            w.setPerspective(id);
            QCoreApplication::processEvents();
            QCOMPARE(w.perspective(), id);
            int visible = 0;
            for (auto* dock : w.findChildren<QDockWidget*>()) visible += dock->isVisible();
            QVERIFY2(visible >= 1, qPrintable(id));
            QVERIFY2(w.width() <= 1024 && w.height() <= 768,
                     qPrintable(QString("%1 needs %2x%3").arg(id).arg(w.width()).arg(w.height())));
        }
    }
    void everyViewSpeaksInEveryMomentAndTheme() {
        MainWindow w;
        load(w);
        for (Tick back : {Tick{0}, Tick{1}, Tick{200}, Tick{20'000}}) {
            Tick now = tick(w);
            w.go([&](Session& s) { s.seek(now > back ? now - back : 0); });
            w.controller().settle();
            auto snapshot = w.controller().snapshot();
            ViewOptions options;
            options.symbols = std::make_shared<Symbols>();
            for (ThemeKind kind : {ThemeKind::Light, ThemeKind::HighContrast}) {
                StylePtr style = makeStyle(kind, 1, 96.0 / 72);
                for (const ViewRow& row : viewRows()) {
                    auto model = row.build(*snapshot, options);
                    for (QSizeF size : {QSizeF(900, 600), QSizeF(180, 120), QSizeF(10, 10)})
                        QVERIFY2(!model->paintScene(style, size).isNull(), row.id);
                    QVERIFY2(!toText(model->textTwin()).isEmpty(), row.id);
                    QVERIFY2(row.build(*snapshot, options)->equals(*model), row.id);
                }
            }
        }
    }
    void equalModelsAreNotPaintedAgain() {
        MainWindow w;
        w.show();
        load(w);
        w.setPerspective("fetch-execute");
        QCoreApplication::processEvents();
        ViewPanel* console = w.panel("console");
        std::size_t before = console->paintCount();
        w.action("step.instruction")->trigger();
        w.controller().settle();
        QCOMPARE(console->paintCount(), before);
    }
    void ownPerspectivesAreKept() {
        QString file = m_dir.filePath("p.json");
        {
            MainWindow w;
            w.show();
            load(w);
            w.setPerspective("memory");
            w.savePerspective("Mine");
            w.renamePerspective("Mine", "Ours");
            QVERIFY(w.exportPerspective(file));
            w.close();
        }
        MainWindow w;
        QCOMPARE(w.ownPerspectives(), QStringList{"Ours"});
        QCOMPARE(w.perspective(), QString("Ours"));
        w.removePerspective("Ours");
        QVERIFY(w.ownPerspectives().isEmpty());
        QVERIFY(w.importPerspective(file));
        QCOMPARE(w.ownPerspectives(), QStringList{"Ours"});
        QVERIFY(!w.importPerspective(m_program));
    }
    void everythingIsTranslated() {
        PseudoTranslator pseudo;
        QCoreApplication::installTranslator(&pseudo);
        {
            MainWindow w;
            for (QAction* top : w.menuBar()->actions()) {
                QVERIFY2(top->text().startsWith('['), qPrintable(top->text()));
                for (QAction* a : top->menu()->actions())
                    if (!a->isSeparator()) QVERIFY2(a->text().startsWith('['), qPrintable(a->text()));
            }
            StylePtr style = makeStyle(ThemeKind::Light, 1, 96.0 / 72);
            for (const ViewRow& row : viewRows())
                QVERIFY2(row.build(Snapshot{}, ViewOptions{})->textTwin().label.startsWith('['), row.id);
        }
        QCoreApplication::removeTranslator(&pseudo);
    }
    void textGrowsAndThemesChange() {
        MainWindow w;
        w.show();
        double em = w.style()->em;
        w.setTextScale(2);
        QVERIFY(w.style()->em > em * 1.8);
        w.setTheme("dark");
        QCOMPARE(w.theme(), ThemeKind::Dark);
        MainWindow again;
        QCOMPARE(again.theme(), ThemeKind::Dark);
        QCOMPARE(again.textScale(), 2.0);
    }
};

QTEST_MAIN(TstWindow)
#include "tst_window.moc"
