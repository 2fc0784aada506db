// The lines of a trace, from events made by hand.
#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

#include "app/trace_printer.h"
#include "core/session/find_moment.h"

using namespace ringside;

class TestTracePrinter : public QObject {
    Q_OBJECT

 private:
    static Event event(EventKind kind, i32 pid, std::array<u64, 6> args, std::string text = {}) {
        Event e;
        e.kind = kind;
        e.pid = pid;
        e.args = args;
        e.text = std::move(text);
        return e;
    }
    static QStringList lines(const std::vector<Event>& events, TraceFormat format = TraceFormat::Text) {
        TracePrinter printer(~u64{0}, format);
        std::string text = printer.lines(events);
        text += printer.finish();
        return QString::fromStdString(text).split('\n', Qt::SkipEmptyParts);
    }
    static constexpr u64 minus(u64 error) { return ~error + 1; }

 private Q_SLOTS:
    void aCallIsOneLine() {
        QCOMPARE(lines({event(EventKind::SyscallEnter, 1, {1, 1, 0x1000, 3}, "write(1, \"hi\\n\", 3)"),
                        event(EventKind::SyscallExit, 1, {1, 3})}),
                 QStringList{"[pid   1] write(1, \"hi\\n\", 3) = 3"});
    }

    void aFilledBufferIsShown() {
        QCOMPARE(lines({event(EventKind::SyscallEnter, 1, {0}, "read(0, 0x1000, 10)"),
                        event(EventKind::SyscallExit, 1, {0, 2}, "read(0, \"ab\", 10)")}),
                 QStringList{"[pid   1] read(0, \"ab\", 10) = 2"});
    }

    void errorsAreNamed() {
        QCOMPARE(lines({event(EventKind::SyscallEnter, 1, {257}, "openat(AT_FDCWD, \"/x\", O_RDONLY)"),
                        event(EventKind::SyscallExit, 1, {257, minus(2)})}),
                 QStringList{"[pid   1] openat(AT_FDCWD, \"/x\", O_RDONLY) = -1 ENOENT (No such file or directory)"});
    }

    void whatWaitsIsUnfinishedAndResumed() {
        QCOMPARE(lines({event(EventKind::SyscallEnter, 1, {61}, "wait4(-1, 0x10, 0, NULL)"),
                        event(EventKind::SyscallEnter, 2, {39}, "getpid()"), event(EventKind::SyscallExit, 2, {39, 2}),
                        event(EventKind::SyscallExit, 1, {61, 2})}),
                 (QStringList{"[pid   1] wait4(-1, 0x10, 0, NULL) <unfinished ...>", "[pid   2] getpid() = 2",
                              "[pid   1] <... wait4 resumed> = 2"}));
    }

    void theLastCallHasNoResult() {
        QCOMPARE(lines({event(EventKind::SyscallEnter, 1, {231}, "exit_group(3)"), event(EventKind::Exit, 1, {0x300})}),
                 (QStringList{"[pid   1] exit_group(3) = ?", "[pid   1] +++ exited with 3 +++"}));
        QCOMPARE(lines({event(EventKind::SyscallEnter, 1, {34}, "pause()")}),
                 QStringList{"[pid   1] pause() <unfinished ...>"});
    }

    void signalsAreNamed() {
        QCOMPARE(lines({event(EventKind::SignalDeliver, 1, {11, 0x401000}), event(EventKind::Exit, 1, {11})}),
                 (QStringList{"[pid   1] --- SIGSEGV {handler=0x401000} ---",
                              "[pid   1] +++ killed by SIGSEGV (Segmentation fault) +++"}));
    }

    void otherKindsAreLeftOut() {
        TracePrinter printer(RunUntil::bit(EventKind::Fork), TraceFormat::Text);
        const std::string text =
            printer.lines({event(EventKind::PageFault, 1, {0x1000, 4, 0x401000}), event(EventKind::Fork, 1, {2, 17})});
        QCOMPARE(text, std::string("[pid   1] fork child=2 flags=0x11\n"));
    }

    void jsonHasTheRowsFields() {
        const QStringList all = lines(
            {event(EventKind::PageFault, 7, {0x1000, 4, 0x401000}), event(EventKind::SyscallExit, 7, {257, minus(2)})},
            TraceFormat::Json);
        QCOMPARE(all.size(), 2);
        const QJsonObject fault = QJsonDocument::fromJson(all[0].toUtf8()).object();
        QCOMPARE(fault["event"].toString(), QStringLiteral("page-fault"));
        QCOMPARE(fault["pid"].toInt(), 7);
        QCOMPARE(fault["address"].toString(), QStringLiteral("0x1000"));
        const QJsonObject call = QJsonDocument::fromJson(all[1].toUtf8()).object();
        QCOMPARE(call["name"].toString(), QStringLiteral("openat"));
        QVERIFY(call["returns"].toString().contains("ENOENT"));
    }

    void momentsAreUnderstood() {
        QCOMPARE(parseMoment("1234")->tick.value(), Tick{1234});
        QCOMPARE(parseMoment("start")->tick.value(), Tick{0});
        QCOMPARE(parseMoment("end")->tick.value(), ~Tick{0});
        QCOMPARE(parseMoment("")->tick.value(), ~Tick{0});
        const auto call = parseMoment("syscall:write:2");
        QVERIFY(call);
        QCOMPARE(call->syscall, std::string("write"));
        QCOMPARE(call->count, u64{2});
        QCOMPARE(call->events, RunUntil::bit(EventKind::SyscallEnter));
        QCOMPARE(parseMoment("fault:cow:1")->events, RunUntil::bit(EventKind::CowCopy));
        QCOMPARE(parseMoment("fork")->events, RunUntil::bit(EventKind::Fork));
        QCOMPARE(parseMoment("wakeup:3")->count, u64{3});
        QCOMPARE(parseMoment("address:0x401000")->address.value(), u64{0x401000});
        for (const char* wrong : {"nonsense", "syscall", "syscall:nonsense", "fault:", "fork:0", "fork:x", "fork:1:2",
                                  "syscall:write:0", "address:zero", "-1"})
            QVERIFY2(!parseMoment(wrong), wrong);
    }
};

QTEST_APPLESS_MAIN(TestTracePrinter)
#include "tst_trace_printer.moc"
