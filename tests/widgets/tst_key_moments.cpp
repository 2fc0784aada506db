// What the views of tasks, scheduling, system calls and signals say at the key moments of a program made of bytes, as
// recorded in golden/: the wording, the order, what is marked as changed. That the numbers are right is held by
// tst_task_views and tst_sched_views; here those that depend on the kernel's size and cost are left out.
#include <QtTest>
#include <map>

#include "core/session/session.h"
#include "tests/core/guest_program.h"
#include "tests/widgets/golden.h"
#include "widgets/canvas/symbols.h"
#include "widgets/canvas/view.h"

using namespace ringside;
using ringside::test::bit;
using ringside::test::machineWith;
using ringside::test::Program;

namespace {

constexpr u64 kData = Program::kData;

// A handler for SIGUSR1, a pipe, a child that sleeps on it until the parent writes; the parent naps, signals itself,
// writes and waits.
Program keyProgram() {
    Program p;
    const auto over = p.jump({0xe9});
    const u64 handler = p.here();
    p.bytes({0xc3});
    const u64 restorer = p.here();
    p.call(15);
    p.land(over);
    const u64 action[] = {handler, 0x04000000, restorer, 0};  // SA_RESTORER
    const u64 act = p.text(std::string_view(reinterpret_cast<const char*>(action), sizeof action));
    const u64 words = p.text("hello");
    const u64 nap[] = {0, 50'000'000};
    const u64 pause = p.text(std::string_view(reinterpret_cast<const char*>(nap), sizeof nap));
    p.call(13, {10, act, 0, 8}).call(22, {kData}).call(57);
    const auto parent = p.jump({0x48, 0x85, 0xc0, 0x0f, 0x85});  // TEST rax, rax; JNZ
    p.call(0, {3, kData + 16, 5}).exit(7);
    p.land(parent);
    return p.call(35, {pause, 0}).call(62, {1, 10}).call(1, {4, words, 5}).call(61, {~u64{0}, 0, 0, 0}).exit(0);
}

// Addresses in the kernel, ids, ticks, cycles and times follow the size and the cost of the kernel's code: they are
// named in order of appearance, or left out.
QString normalised(const QString& text) {
    static const QRegularExpression kVolatile(
        QStringLiteral(
            "\\b0x[0-9a-f]{5,}|(?<=…)[0-9a-f]{8}|(?<=#)\\d+|(?<=pipe )\\d+|(?<=vruntime )\\d{5,}"
            "|\\d[\\d,]*(?:\\.\\d+)? (?:ms|µs|s|cycles|ticks)\\b|\\d[\\d.]* %|\\d[\\d.]* ns(?! #)"
            "|^ +[\\d,]+(?= \\[)|(?<=tick )\\d[\\d,]*|\\b\\d{1,3}(?:,\\d{3})+\\b|\\d+\\.\\d{3} − \\d+\\.\\d{3}"),
        QRegularExpression::MultilineOption);
    std::map<QString, QString> names;
    QString out;
    qsizetype from = 0;
    for (auto it = kVolatile.globalMatch(text); it.hasNext();) {
        const auto match = it.next();
        const QString found = match.captured();
        QString name = QStringLiteral("~");
        if (found.startsWith("0x") || (match.capturedStart() > 0 && (text[match.capturedStart() - 1] == '#' ||
                                                                     text[match.capturedStart() - 1] == QChar(0x2026))))
            name = names.try_emplace(found, QStringLiteral("N%1").arg(names.size() + 1)).first->second;
        out += text.mid(from, match.capturedStart() - from) + name;
        from = match.capturedEnd();
    }
    out += text.mid(from);
    static const QRegularExpression kPadding(QStringLiteral("(~|\\bN\\d+) +"));  // as wide as what was there
    return out.replace(kPadding, QStringLiteral("\\1 "));
}

}  // namespace

class KeyMomentsTest : public QObject {
    Q_OBJECT

    Machine m_start = machineWith(keyProgram().file(0x10000));

 private Q_SLOTS:
    void initTestCase() { loadResources(); }

    void golden_data() {
        QTest::addColumn<QByteArray>("view");
        QTest::addColumn<int>("kind");
        QTest::addColumn<int>("nth");
        const auto row = [](const char* name, const char* view, EventKind kind, int nth) {
            QTest::newRow(name) << QByteArray(view) << static_cast<int>(kind) << nth;
        };
        row("fork-process-tree", "process-tree", EventKind::Fork, 1);
        row("fork-task-list", "task-list", EventKind::Fork, 1);
        row("fork-pids", "pids", EventKind::Fork, 1);
        row("fork-compare-tasks", "compare-tasks", EventKind::Fork, 1);
        row("sleep-states", "states", EventKind::Sleep, 3);
        row("sleep-pipes", "pipes", EventKind::Sleep, 3);
        row("sleep-waits", "waits", EventKind::Sleep, 3);
        row("switch-context-switch", "context-switch", EventKind::Switch, 3);
        row("switch-runqueue", "runqueue", EventKind::Switch, 3);
        row("deliver-signals", "signals", EventKind::SignalDeliver, 1);
        row("exit-tasks", "tasks", EventKind::Exit, 1);
        row("call-syscalls", "syscalls", EventKind::SyscallEnter, 3);
        row("call-strace", "strace", EventKind::SyscallEnter, 3);
        row("irq-interrupts", "interrupts", EventKind::Irq, 1);
    }
    void golden() {
        QFETCH(QByteArray, view);
        QFETCH(int, kind);
        QFETCH(int, nth);
        Machine machine = m_start;
        machine.closeInput();
        Session session(std::move(machine));
        for (int i = 0; i < nth; ++i) session.toEvent(bit(static_cast<EventKind>(kind)));
        ViewOptions options;
        options.symbols = std::make_shared<Symbols>();
        const auto model = findView(QString::fromLatin1(view))->build(*session.wait(), options);
        const QString wrong = differsFromGolden(normalised(toText(model->textTwin())),
                                                QString::fromLatin1(QTest::currentDataTag()) + ".txt");
        QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
    }
};

QTEST_MAIN(KeyMomentsTest)
#include "tst_key_moments.moc"
