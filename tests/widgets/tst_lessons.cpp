// Every lesson, played to its end in a real window: its moments come, in the order of its steps' numbers where they say
// so, its views are there, and its words are said.
#include <QApplication>
#include <QDir>
#include <QSettings>
#include <QStatusBar>
#include <QTemporaryDir>
#include <QTest>

#include "tests/widgets/own_settings.h"
#include "widgets/canvas/subject_text.h"
#include "widgets/window/lesson_bar.h"
#include "widgets/window/main_window.h"
#include "widgets/window/samples.h"
#include "widgets/window/welcome_page.h"

using namespace ringside;

class TstLessons : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;

 private Q_SLOTS:
    void initTestCase() { useOwnSettings(m_dir); }
    void init() { QSettings().clear(); }

    void theFormatSaysWhatIsWrong() {
        auto lesson =
            parseLesson("x", "title: A\nabout: B\nsample: hello\n\ngo: start\nview: elf\n\nOne,\ntwo.\n\nThree.\n");
        QVERIFY(lesson);
        QCOMPARE(lesson->steps.size(), std::size_t{1});
        QCOMPARE(lesson->steps[0].text, QString("One, two. Three."));
        QVERIFY(!parseLesson("x", "title: A\n\ngo: start\n\nText"));
        QVERIFY(!parseLesson("x", "title: A\nsample: hello\n\nview: elf\n\nText"));
        QVERIFY(!parseLesson("x", "title: A\nsample: hello\n\ngo: start\ncolour: red\n\nText"));
        QVERIFY(!parseLesson("x", "title: A\nsample: hello\n\ngo: start\n\n"));
        QVERIFY(!wayTo("function:nowhere", RINGSIDE_BINARY_DIR "/samples/hello"));
        QVERIFY(!wayTo("syscal:write", RINGSIDE_BINARY_DIR "/samples/hello"));
    }
    // Each row of the welcome page starts, with the machine that it needs, and shows what it is about.
    void everySampleStarts() {
        QSet<QString> files;
        for (const SampleRow& row : sampleRows()) {
            QVERIFY2(isThere(row), row.file);
            MainWindow w;
            QVERIFY2(w.load(requestFor(row)), row.file);
            w.settle();
            QVERIFY2(w.controller().snapshot()->message.empty(), row.file);
            QVERIFY2(w.controller().snapshot()->now->cpu.counters.instructions > 0, row.file);
            files << QFileInfo(row.file).completeBaseName().remove("-asm");
        }
        for (const QFileInfo& source : QDir(sampleDirectory()).entryInfoList({"*.c", "*.S", "*.sh"}))
            QVERIFY2(files.contains(source.completeBaseName()), qPrintable(source.fileName()));
    }
    void samplesGetTheirMachine() {
        auto endOf = [](const char* title) {
            const auto row =
                std::ranges::find_if(sampleRows(), [&](const SampleRow& r) { return !strcmp(r.title, title); });
            MainWindow w;
            if (!w.load(requestFor(*row))) return -1;
            w.settle();
            w.controller().session()->run();
            w.settle();
            return w.controller().snapshot()->now->kernel.exitStatus.value_or(-1);
        };
        QCOMPARE(endOf("Swap"), 0);
        QCOMPARE(endOf("Out of memory"), 9);
        QCOMPARE(endOf("A huge page"), 0);
    }
    void everyFileIsALesson() {
        QCOMPARE(static_cast<qsizetype>(lessons().size()), QDir(":/lessons").entryList({"*.txt"}).size());
        QVERIFY(lessons().size() >= 6);
    }
    void everyLessonPlaysToItsEnd_data() {
        QTest::addColumn<QString>("id");
        for (const Lesson& lesson : lessons()) QTest::newRow(qPrintable(lesson.id)) << lesson.id;
    }
    void everyLessonPlaysToItsEnd() {
        QFETCH(QString, id);
        MainWindow w;
        w.resize(1024, 768);
        w.show();
        QVERIFY2(w.startLesson(id), qPrintable(w.statusBar()->currentMessage()));
        const Lesson& lesson = *findLesson(id);
        QString perspective;
        for (std::size_t i = 0; i < lesson.steps.size(); ++i) {
            const LessonStep& step = lesson.steps[i];
            const QByteArray where = QString("%1, step %2: ").arg(id).arg(i + 1).toUtf8();
            w.settle();
            QCoreApplication::processEvents();
            auto moment = w.controller().snapshot();
            QVERIFY2(moment->message.empty(), (where + moment->message.c_str()).constData());
            // The step's own moment: at a function, RIP is at its first instruction; at an event, the event is there.
            auto way = wayTo(step.go, w.controller().request().program);
            QVERIFY2(way, where.constData());
            QVERIFY2(!way->moments.empty(), where.constData());
            const MomentWanted& last = way->moments.back();
            if (way->more == 0 && last.address) QCOMPARE(moment->now->cpu.regs.rip, *last.address);
            if (way->more == 0 && last.events) {
                bool there = false;
                for (std::size_t e = moment->events.firstAfter(moment->now->cpu.tick); e-- > 0;) {
                    if (moment->events[e].tick + 1 < moment->now->cpu.tick) break;
                    there |= (last.events >> static_cast<unsigned>(moment->events[e].kind) & 1) != 0;
                }
                QVERIFY2(there, where.constData());
            }
            if (!step.perspective.isEmpty()) perspective = step.perspective;
            QCOMPARE(w.perspective(), perspective);
            if (!step.view.isEmpty())
                QVERIFY2(w.panel(step.view) && w.panel(step.view)->isVisible(), where.constData());
            if (!step.select.isEmpty()) QVERIFY2(subjectFromText(step.select), where.constData());
            QCOMPARE(w.micro(), step.micro);
            QCOMPARE(w.lesson()->text(), step.text);
            QVERIFY2(w.lesson()->isVisible(), where.constData());
            QVERIFY2(w.height() <= 768 && w.width() <= 1024, where.constData());
            w.lessonStep(1);
        }
        QVERIFY(!w.lesson()->lesson());
        QVERIFY(!w.lesson()->isVisible());
        QVERIFY(w.controller().loaded());
    }
    void goingBackShowsTheSameAgain() {
        MainWindow w;
        w.show();
        QVERIFY(w.startLesson(lessons().front().id));
        w.settle();
        const Tick first = w.controller().snapshot()->now->cpu.tick;
        w.action("lesson.next")->trigger();
        w.action("lesson.next")->trigger();
        w.action("lesson.next")->trigger();
        w.settle();
        QVERIFY(w.controller().snapshot()->now->cpu.tick != first);
        for (int i = 0; i < 5; ++i) w.action("lesson.back")->trigger();
        w.settle();
        QCOMPARE(w.controller().snapshot()->now->cpu.tick, first);
        QCOMPARE(w.lesson()->step(), 0);
        // Another program ends the lesson.
        QVERIFY(w.open(RINGSIDE_BINARY_DIR "/samples/hello"));
        QVERIFY(!w.lesson()->lesson());
    }
};

QTEST_MAIN(TstLessons)
#include "tst_lessons.moc"
