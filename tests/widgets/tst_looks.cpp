// Every view of the registry, looked at by machine: at telling moments of real programs, in the sizes its dock has on a
// small and on a large screen, with normal and double text, in plain English and in a language that needs more room, in
// every theme, nothing is cut, overlapping, unreadable, unexplained, untranslated or out of the keyboard's reach.
#include <QtTest>

#include "core/kernel/sched/sched.h"
#include "core/kernel/syscalls/table.h"
#include "tests/widgets/moments.h"
#include "tests/widgets/scene_audit.h"
#include "widgets/canvas/canvas.h"
#include "widgets/canvas/export.h"
#include "widgets/canvas/symbols.h"
#include "widgets/canvas/view.h"
#include "widgets/canvas/words.h"
#include "widgets/window/pseudo_translator.h"

using namespace ringside;

namespace {

// Remembers the words that went through it: those are ours.
class Listener : public PseudoTranslator {
 public:
    using PseudoTranslator::PseudoTranslator;
    QString translate(const char* context, const char* text, const char* note, int n) const override {
        static const QRegularExpression kWord("[A-Za-z][a-z]{3,}");
        for (auto it = kWord.globalMatch(QString::fromUtf8(text)); it.hasNext();)
            if (const QString word = it.next().captured().toLower(); !machine.contains(word)) words.insert(word);
        return PseudoTranslator::translate(context, text, note, n);
    }
    mutable QSet<QString> words;
    // Its own, untranslated: words of instructions, of C and of Linux.
    QSet<QString> machine{"push", "call", "test", "loop", "byte", "word", "argc", "argv", "vruntime"};
};

// The docks of a window of 1024×768 and of 1920×1080.
QSizeF dock(Area area, bool large) {
    switch (area) {
        case Area::Centre:
            return large ? QSizeF(1180, 680) : QSizeF(560, 400);
        case Area::Left:
        case Area::Right:
            return large ? QSizeF(620, 420) : QSizeF(350, 220);
        case Area::Bottom:
            return large ? QSizeF(1900, 260) : QSizeF(1000, 150);
    }
    return {};
}
constexpr QSizeF kWholeScreen(3840, 2160);

}  // namespace

class LooksTest : public QObject {
    Q_OBJECT

    Moments m_moments;
    QMap<QByteArray, QStringList> m_sentences;  // of the trace, long ones first
    Listener m_pseudo;
    std::shared_ptr<Symbols> m_symbols = std::make_shared<Symbols>();

    std::unique_ptr<ViewModel> build(const ViewRow& row, const Moment& moment) const {
        ViewOptions options;
        options.symbols = m_symbols;
        if (&moment == m_moments.at("countdown.call").get()) options.micro = 4;
        return row.build(moment, options);
    }
    void eachView() const {
        QTest::addColumn<QByteArray>("view");
        for (const ViewRow& row : viewRows()) QTest::newRow(row.id) << QByteArray(row.id);
    }
    static void report(const QMap<QString, QString>& found) {
        int shown = 0;
        for (auto it = found.begin(); it != found.end() && shown < 60; ++it, ++shown)
            qWarning().noquote() << it.key() << " [" + it.value() + ']';
        QVERIFY2(found.isEmpty(), qPrintable(QString("%1 findings").arg(found.size())));
    }

 private Q_SLOTS:
    void initTestCase() {
        loadResources();
        for (u64 number = 0; number < 512; ++number) m_pseudo.machine << qs(syscallName(number));
        m_moments["empty"] = std::make_shared<Moment>();
        m_moments["hello.exec"] = momentOf("hello", bit(EventKind::Exec), 1);
        m_moments["countdown.syscall"] = momentOf("countdown", bit(EventKind::SyscallEnter), 3);
        m_moments["countdown.user"] = momentIn("countdown", "sumOfSquares", 4);
        m_moments["countdown.call"] = momentIn("countdown", "square", 3);
        m_moments["crash.end"] = momentOf("crash", 0, 0);
        m_moments["segments.end"] = momentOf("segments", 0, 0);
        m_moments["fork_cow.fault"] = momentOf("fork_cow", bit(EventKind::PageFault), 20);
        m_moments["fork_cow.copy"] = momentOf("fork_cow", bit(EventKind::CowCopy), 2);
        m_moments["threads.switch"] = momentOf("threads", bit(EventKind::Switch), 5);
        m_moments["deadlock.end"] = momentOf("deadlock", 0, 0);
        m_moments["hogs.switch"] = momentOf("hogs", bit(EventKind::Switch), 12);
        m_moments["signals.handler"] = momentOf("signals", bit(EventKind::SignalDeliver), 1);
        m_moments["pipeline.switch"] = momentOf("pipeline", bit(EventKind::Switch), 5);
        m_moments["pid_namespace.fork"] = momentOf("pid_namespace", bit(EventKind::Fork), 1);
        m_moments["int80.syscall"] = momentOf("int80", bit(EventKind::SyscallEnter), 2);
        auto running = std::make_shared<Moment>(*m_moments["threads.switch"]);
        running->running = true;
        running->before.reset(), running->last.reset(), running->upcoming.reset();
        m_moments["threads.running"] = running;
        for (const auto& [name, moment] : m_moments) {
            QSet<QString> sentences;
            if (moment->now) {
                const Kernel& kernel = moment->now->kernel;
                for (auto [id, task] : kernel.tasks) sentences << qs(task.comm);
                sentences << qs(reasonText(kernel, kernel.runQueue.decision.reason));
            }
            for (std::size_t i = 0; i < moment->events.size(); ++i)
                if (const QString text = qs(moment->events[i].text); text.size() > 2) sentences << text;
            QStringList& list = m_sentences[name] = sentences.values();
            std::ranges::sort(list, [](auto& a, auto& b) { return a.size() > b.size(); });
        }
        QCoreApplication::installTranslator(&m_pseudo);
        for (const ViewRow& row : viewRows())
            for (const auto& [name, moment] : m_moments)
                build(row, *moment)->paintScene(makeStyle(ThemeKind::Light, 1, 1), dock(row.area, true));
        QCoreApplication::removeTranslator(&m_pseudo);
    }

    void nothingIsCutOrOverlaps_data() { eachView(); }
    void nothingIsCutOrOverlaps() {
        QFETCH(QByteArray, view);
        const ViewRow* row = findView(QString::fromLatin1(view));
        struct Case {
            const char* name;
            QSizeF size;
            double text;
            bool pseudo;
        };
        const Case cases[] = {{"small", dock(row->area, false), 1, false},
                              {"small, double text, pseudo", dock(row->area, false), 2, true},
                              {"large", dock(row->area, true), 1, false},
                              {"large, pseudo", dock(row->area, true), 1, true},
                              {"4K, double text", kWholeScreen, 2, false},
                              {"4K, pseudo", kWholeScreen, 1, true}};
        QMap<QString, QString> found;
        for (const Case& c : cases) {
            if (c.pseudo) QCoreApplication::installTranslator(&m_pseudo);
            for (const auto& [name, moment] : m_moments) {
                const auto model = build(*row, *moment);
                const Scene scene = model->paintScene(makeStyle(ThemeKind::Light, c.text, 96.0 / 72), c.size);
                SceneAudit audit(scene, model->textTwin());
                audit.layout();
                if (c.pseudo) audit.translated(m_pseudo.words, m_sentences[name]);
                if (&c == &cases[0]) audit.explained();
                if (&c == &cases[2]) audit.wordsAreWhole();
                for (const QString& finding : std::move(audit).findings())
                    found.insert(finding, QString("%1, %2").arg(name, c.name));
            }
            if (c.pseudo) QCoreApplication::removeTranslator(&m_pseudo);
        }
        report(found);
    }

    void textIsReadable_data() { eachView(); }
    void textIsReadable() {
        QFETCH(QByteArray, view);
        const ViewRow* row = findView(QString::fromLatin1(view));
        QMap<QString, QString> found;
        for (const auto& [name, moment] : m_moments) {
            const auto model = build(*row, *moment);
            for (ThemeKind theme : kThemeKinds) {
                const Scene scene = model->paintScene(makeStyle(theme, 1, 96.0 / 72), dock(row->area, true));
                SceneAudit audit(scene, model->textTwin());
                audit.contrasts();
                for (const QString& finding : std::move(audit).findings())
                    found.insert(finding, QString("%1, %2").arg(name, idOf(theme)));
            }
        }
        report(found);
    }

    // Somebody without a mouse comes in with Tab. With Shift the arrow keys go through all there is, in order, though
    // the view is built anew on the way (a selection does that): so each spot has a key of its own, by which the place
    // is found again, and a name to be told. Plain arrows go where they point, and reach everything, too.
    void keysReachEverything_data() { eachView(); }
    void keysReachEverything() {
        QFETCH(QByteArray, view);
        const ViewRow* row = findView(QString::fromLatin1(view));
        QMap<QString, QString> found;
        for (const auto& [name, moment] : m_moments) {
            Canvas canvas;
            canvas.resize(dock(row->area, false).toSize());
            const StylePtr style = makeStyle(ThemeKind::Light, 1, 1);
            const auto rebuild = [&] { canvas.setScene(build(*row, *moment)->paintScene(style, canvas.size())); };
            rebuild();
            const int count = static_cast<int>(canvas.scene().spots().size());
            if (count == 0) continue;
            const auto keyOf = [&](int i) { return canvas.scene().spots()[static_cast<std::size_t>(i)].key; };
            QFocusEvent tab(QEvent::FocusIn, Qt::TabFocusReason);
            QCoreApplication::sendEvent(&canvas, &tab);
            QCOMPARE(canvas.currentSpot(), 0);
            std::vector<bool> seen(static_cast<std::size_t>(count));
            for (int i = 0; i < count; ++i) {
                const int at = canvas.currentSpot();
                const Spot& spot = canvas.scene().spots()[static_cast<std::size_t>(at)];
                seen[static_cast<std::size_t>(at)] = true;
                if (spot.label.isEmpty()) found.insert("nothing to say at " + spot.key, name);
                if (i % 16 == 0) rebuild();
                QTest::keyClick(&canvas, Qt::Key_Right, Qt::ShiftModifier);
            }
            for (int i = 0; i < count; ++i)
                if (!seen[static_cast<std::size_t>(i)]) found.insert("out of reach: " + keyOf(i), name);
            QSet<QString> keys;
            for (int i = 0; i < count; ++i) {
                if (keys.contains(keyOf(i))) found.insert("two of the key " + keyOf(i), name);
                keys << keyOf(i);
            }
            // With plain arrows.
            std::vector<int> todo{0};
            std::fill(seen.begin(), seen.end(), false);
            seen[0] = true;
            while (!todo.empty()) {
                const int from = todo.back();
                todo.pop_back();
                for (Qt::Key key : {Qt::Key_Right, Qt::Key_Down, Qt::Key_Left, Qt::Key_Up}) {
                    canvas.setCurrentSpot(from);
                    QTest::keyClick(&canvas, key);
                    const int to = canvas.currentSpot();
                    if (seen[static_cast<std::size_t>(to)]) continue;
                    seen[static_cast<std::size_t>(to)] = true;
                    todo.push_back(to);
                }
            }
            for (int i = 0; i < count; ++i)
                if (!seen[static_cast<std::size_t>(i)]) found.insert("no arrow leads to " + keyOf(i), name);
        }
        report(found);
    }

    void exportsSaySomething_data() { eachView(); }
    void exportsSaySomething() {
        QFETCH(QByteArray, view);
        const ViewRow* row = findView(QString::fromLatin1(view));
        const auto model = build(*row, *m_moments["countdown.user"]);
        const Scene scene = model->paintScene(makeStyle(ThemeKind::Print, 1, 1), dock(row->area, false));
        const QImage image = toImage(scene);
        QSet<QRgb> colors;
        for (int y = 0; y < image.height(); ++y)
            for (int x = 0; x < image.width(); ++x) colors.insert(image.pixel(x, y));
        QVERIFY(colors.size() > 8);
        const QByteArray svg = toSvg(scene, "view");
        QVERIFY(svg.count("<text") > 0);
        QVERIFY(!toText(model->textTwin()).isEmpty());
        QVERIFY(toJson(model->textTwin()).contains("\"label\""));
    }

    // In a right-to-left window a picture of the machine keeps its direction, and its texts their places.
    void mirroredWindowsDrawTheSame_data() { eachView(); }
    void mirroredWindowsDrawTheSame() {
        QFETCH(QByteArray, view);
        const ViewRow* row = findView(QString::fromLatin1(view));
        const auto model = build(*row, *m_moments["fork_cow.copy"]);
        const auto picture = [&] {
            Canvas canvas;
            canvas.resize(dock(row->area, true).toSize());
            canvas.setScene(model->paintScene(makeStyle(ThemeKind::Light, 1, 1), canvas.size()));
            QImage image(canvas.viewport()->size(), QImage::Format_RGB32);
            image.fill(Qt::white);  // a scroll bar that comes may leave a strip without ink
            canvas.viewport()->render(&image);
            return image;
        };
        const QImage usual = picture();
        QGuiApplication::setLayoutDirection(Qt::RightToLeft);
        const QImage mirrored = picture();
        QGuiApplication::setLayoutDirection(Qt::LeftToRight);
        QCOMPARE(mirrored, usual);
    }
};

QTEST_MAIN(LooksTest)
#include "tst_looks.moc"
