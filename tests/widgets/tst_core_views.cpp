// What the views of the CPU and its memory say about a program of which every byte is known.
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <bit>

#include "core/elf/disassembler.h"
#include "widgets/canvas/symbols.h"
#include "widgets/console/console.h"
#include "widgets/console/keys.h"
#include "widgets/console/screen.h"
#include "widgets/disassembly/disassembly.h"
#include "widgets/disassembly/typed_code.h"
#include "widgets/events/events.h"
#include "widgets/fetch_execute/values.h"
#include "widgets/memory/memory.h"
#include "widgets/registers/registers.h"
#include "widgets/source/source.h"
#include "widgets/stack/stack.h"
#include "widgets/timeline/timeline_view.h"
#include "widgets/window/session_controller.h"

using namespace ringside;

namespace {

// 401078 mov eax, 5
// 40107d push rax
// 40107e pop rbx
// 40107f dec eax
// 401081 jnz 40107d
// 401083 mov [rsp-16], rbx
// 401088 mov eax, 1; mov edi, 1; lea rsi, [rip+…]; mov edx, 3; syscall       write(1, "ok\n", 3)
//        mov eax, 60; xor edi, edi; syscall
constexpr const char* kCode =
    "b805000000"
    "50"
    "5b"
    "ffc8"
    "75fa"
    "48895c24f0"
    "b801000000"
    "bf01000000"
    "488d3517000000"
    "ba03000000"
    "0f05"
    "b83c000000"
    "31ff"
    "0f05"
    "90909090909090"
    "6f6b0a00";

QByteArray program() {
    QByteArray code = QByteArray::fromHex(kCode);
    QByteArray elf(0x78, '\0');
    auto put = [&](int at, quint64 value, int size) {
        for (int i = 0; i < size; ++i) elf[at + i] = static_cast<char>(value >> (8 * i));
    };
    auto total = static_cast<quint64>(0x78 + code.size());
    elf.replace(0, 16, QByteArray::fromHex("7f454c46020101000000000000000000"));
    put(16, 2, 2), put(18, 62, 2), put(20, 1, 4), put(24, 0x401078, 8), put(32, 64, 8), put(52, 64, 2), put(54, 56, 2);
    put(56, 1, 2), put(58, 64, 2);
    put(64, 1, 4), put(68, 5, 4), put(80, 0x401000, 8), put(88, 0x401000, 8), put(96, total, 8), put(104, total, 8);
    put(112, 4096, 8);
    return elf + code;
}

}  // namespace

class TstCoreViews : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;
    SessionController m_session;
    ViewOptions m_options;

    const Snapshot& now() {
        m_session.settle();
        return *m_session.snapshot();
    }
    void to(u64 address) {
        m_session.session()->toAddress({address});
        QCOMPARE(now().now->cpu.regs.rip, address);
    }
    void step() { m_session.session()->step(); }
    const RegistersModel::Row& row(const RegistersModel& m, const QString& name) {
        for (const auto& g : m.groups)
            for (const auto& r : g.rows)
                if (r.name == name) return r;
        static const RegistersModel::Row kNone;
        return kNone;
    }

 private Q_SLOTS:
    void initTestCase() {
        QString path = m_dir.filePath("known");
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(program());
        file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
        file.close();
        auto loaded = m_session.load({.program = path});
        QVERIFY2(loaded, loaded ? "" : loaded.error().sentence.c_str());
        m_options.symbols = std::make_shared<Symbols>();
    }
    void init() {
        m_session.session()->seek(0);
        to(0x40107d);
    }

    void registersMarkWhatChanged() {
        to(0x40107f);
        step();
        RegistersModel m = buildRegisters(now(), m_options);
        QCOMPARE(row(m, "rax").value, QString("0000000000000004"));
        QCOMPARE(row(m, "rax").old, QString("0000000000000005"));
        QVERIFY(row(m, "rbx").old.isEmpty());
        QVERIFY(row(m, "rip").old.endsWith("40107f"));
        m_options.settings["radix.rax"] = "binary";
        QVERIFY(row(buildRegisters(now(), m_options), "rax").value.endsWith("00000100"));
        m_options.settings.clear();
    }
    void radixes() {
        QCOMPARE(inRadix(0xff, 1, Radix::Signed), QString("-1"));
        QCOMPARE(inRadix(0xff, 1, Radix::Unsigned), QString("255"));
        QCOMPARE(inRadix(0x41, 1, Radix::Char), QString("'A'"));
        QCOMPARE(inRadix(5, 1, Radix::Binary), QString("00000101"));
        QCOMPARE(inRadix(0x3ff0000000000000, 8, Radix::Float), QString("1"));
    }
    void codeTellsAboutToRunFromJustRan() {
        step();
        DisassemblyModel m = buildDisassembly(now(), m_options);
        int about = 0, just = 0;
        for (const auto& r : m.rows) {
            if (r.aboutToRun) {
                ++about;
                QCOMPARE(r.address, u64{0x40107e});
                QCOMPARE(r.mnemonic, QString("pop"));
            }
            if (r.justRan) {
                ++just;
                QCOMPARE(r.address, u64{0x40107d});
            }
        }
        QCOMPARE(about, 1);
        QCOMPARE(just, 1);
        auto jump = std::find_if(m.rows.begin(), m.rows.end(), [](auto& r) { return r.address == 0x401081; });
        QVERIFY(jump != m.rows.end() && jump->jump);
        QCOMPARE(*jump->target, u64{0x40107d});
    }
    void pushShowsOnTheStack() {
        StackModel before = buildStack(now(), m_options);
        step();
        StackModel after = buildStack(now(), m_options);
        QCOMPARE(after.moved, i64{-8});
        QCOMPARE(after.slots.front().value, u64{5});
        QVERIFY(after.slots.front().fresh);
        QCOMPARE(after.slots[1].address, before.slots[0].address);
    }
    void memoryShowsTheSelectedBytes() {
        m_options.selection = Subject::address(0x401078);
        MemoryModel m = buildMemory(now(), m_options);
        std::size_t at = 0x401078 - m.start;
        QVERIFY(at + 5 < m.bytes.size());
        QCOMPARE(m.bytes[at].now, u8{0xb8});
        QCOMPARE(m.bytes[at + 1].now, u8{5});
        QVERIFY(m.bytes[at].present);
        m_options.selection = Subject::address(0x10);
        QVERIFY(!buildMemory(now(), m_options).bytes[0x10].present);
        m_options.selection = {};
    }
    void aStoreMarksItsBytes() {
        to(0x401083);
        step();
        u64 rsp = now().now->cpu.regs.gpr[RSP];
        m_options.selection = Subject::address(rsp - 16);
        MemoryModel m = buildMemory(now(), m_options);
        QCOMPARE(m.bytes[rsp - 16 - m.start].now, u8{1});
        m_options.selection = {};
    }
    void anInstructionIsTakenApart() {
        to(0x401083);
        m_options.micro = 1;  // the one about to run, not the one that led here
        FetchExecuteModel m = buildFetchExecute(now(), m_options);
        m_options.micro = 0;
        QVERIFY(!m.finished);
        QCOMPARE(m.fields.size(), std::size_t{5});  // REX, opcode, ModRM, SIB, disp8
        QCOMPARE(m.fields[4].name, QString("disp8 f0"));
        QCOMPARE(m.fields[4].meaning, QString("= -0x10"));
        QCOMPARE(m.addressFormula, QString("rsp - 0x10"));
        int count = microStepCount(now());
        QCOMPARE(count, static_cast<int>(m.steps.size()));
        using Stage = FetchExecuteModel::Stage;
        std::vector<Stage> stages;
        for (const auto& s : m.steps) stages.push_back(s.stage);
        QCOMPARE(stages, (std::vector<Stage>{Stage::Fetch, Stage::Decode, Stage::Operands, Stage::Address,
                                             Stage::Execute, Stage::Store, Stage::Next}));
        step();
        m = buildFetchExecute(now(), m_options);
        QVERIFY(m.finished);
        QCOMPARE(m.accesses.size(), std::size_t{1});
        QCOMPARE(m.accesses[0].value, u64{1});
        QCOMPARE(m.accesses[0].size, 8);
    }
    void flagsAndJumpsAreTold() {
        to(0x40107f);
        step();
        FetchExecuteModel m = buildFetchExecute(now(), m_options);
        QCOMPARE(m.text, QString("dec eax"));
        QCOMPARE(m.inputs.size(), std::size_t{1});
        QCOMPARE(m.inputs[0].second, QString("0x5"));
        const auto said = [](const FetchExecuteModel& model, FetchExecuteModel::Stage stage) {
            for (const auto& s : model.steps)
                if (s.stage == stage) return s.caption;
            return QString();
        };
        QVERIFY(said(m, FetchExecuteModel::Stage::Execute).contains("eax becomes 0x4."));
        step();
        m = buildFetchExecute(now(), m_options);
        QVERIFY(m.jumped);
        QVERIFY(said(m, FetchExecuteModel::Stage::Execute).contains("ZF = 0: yes."));
        QCOMPARE(m.nextRip, u64{0x40107d});
    }
    void operandsAreReadAsWhatTheyAre() {
        Registers r;
        r.gpr[RBX] = 0x1122334455667788;
        r.xmm[3].q = {std::bit_cast<u64>(0.25), 0};
        QCOMPARE(operandValue(r, "rbx", "add"), QString("0x1122334455667788"));
        QCOMPARE(operandValue(r, "ebx", "add"), QString("0x55667788"));
        QCOMPARE(operandValue(r, "bx", "add"), QString("0x7788"));
        QCOMPARE(operandValue(r, "bh", "add"), QString("0x77"));
        QCOMPARE(operandValue(r, "xmm3", "addsd"), QString("0.25"));
        QCOMPARE(operandValue(r, "xmm3", "movq"), QString("0x3fd0000000000000"));
        QVERIFY(operandValue(r, "5", "add").isEmpty());
        QCOMPARE(signOf("mulsd"), QString::fromUtf8("×"));
    }
    void memoryHasTwoKindsOfAddresses() {
        m_options.selection = Subject::address(0x401078);
        const Walk found = walk(now().now->ram, now().now->cpu.pagingMode(), VirtAddr(0x401078));
        m_options.settings["space"] = "physical";
        const MemoryModel m = buildMemory(now(), m_options);
        QVERIFY(m.physical);
        QCOMPARE(m.centre, found.phys.value);
        QCOMPARE(m.bytes[m.centre - m.start].now, u8{0xb8});
        m_options.settings.clear();
        m_options.selection = {};
    }
    // However small the panel, what is looked at is in it, and a step of the stack does not turn the page.
    void memoryKeepsTheCentreInSight() {
        m_options.selection = Subject::address(0x401080);
        const MemoryModel m = buildMemory(now(), m_options);
        const StylePtr style = makeStyle(ThemeKind::Light, 1, 1);
        for (const QSizeF size : {QSizeF(350, 220), QSizeF(1000, 150), QSizeF(3840, 2160)})
            QVERIFY(paint(m, style, size).spotByKey("byte:401080"));
        m_options.selection = {};
    }
    void bytesAndAssemblyAreTheSame() {
        QCOMPARE(bytesFromText("b8 05 00 00 00").value(), (std::vector<u8>{0xb8, 5, 0, 0, 0}));
        QCOMPARE(bytesFromText("90c3").value(), (std::vector<u8>{0x90, 0xc3}));
        QCOMPARE(bytesFromText("\"ok\"").value(), (std::vector<u8>{'o', 'k'}));
        for (const char* text : {"", "fadd", "dec eax", "b8 5", "xyz"}) QVERIFY(!bytesFromText(text));
        QVERIFY(!codeFromText(".incbin \"/etc/hostname\"", 0));
        if (QStandardPaths::findExecutable("as").isEmpty() || QStandardPaths::findExecutable("ld").isEmpty())
            QSKIP("there is no assembler here");
        QCOMPARE(codeFromText("mov eax, 5; dec eax", 0x401078).value(),
                 (std::vector<u8>{0xb8, 5, 0, 0, 0, 0xff, 0xc8}));
        const auto call = codeFromText("call 0x401078", 0x402000);
        QVERIFY(call);
        QCOMPARE(elf::Disassembler().one(0x402000, *call).operands, std::string("0x401078"));
        const auto wrong = codeFromText("xyz 3", 0);
        QVERIFY(!wrong);
        QVERIFY(wrong.error().sentence.find("xyz") != std::string::npos);
        m_options.settings["typed"] = "b8 05 00 00 00";
        QVERIFY(buildDisassembly(now(), m_options).typed.contains("mov eax, 5"));
        m_options.settings.clear();
    }
    void consoleShowsWhatWasWritten() {
        QCOMPARE(buildConsole(now(), m_options).bytes, u64{0});
        m_session.session()->run();
        ConsoleModel m = buildConsole(now(), m_options);
        QCOMPARE(m.lines.front(), QString("ok"));
    }
    // What busybox's and bash's line editors write for backspace, arrows, insertion and the line before.
    void consoleIsAScreen() {
        const auto last = [](const char* written) {
            const Screen screen = screenOf(QString::fromUtf8(written), 25, 80);
            return QStringLiteral("%1|%2").arg(screen.lines.back()).arg(screen.column);
        };
        QCOMPARE(last("% ls -l\b\033[J\b\033[J\b\033[J"), QString("% ls|4"));
        QCOMPARE(last("% eho one\b\b\b\b\b\bcho one\033[6D"), QString("% echo one|4"));
        QCOMPARE(last("% eho one\b\b\b\b\b\b\033[1@c"), QString("% echo one|4"));
        QCOMPARE(last("% a long line\r% echo\033[J"), QString("% echo|6"));
        QCOMPARE(last("% echo two\033[8D\033[Jecho three"), QString("% echo three|12"));
        QCOMPARE(last("\033[?2004h% \033[1;31mred\033[m\033]0;title\007"), QString("% red|5"));
        QCOMPARE(last("a\tb"), QString("a       b|9"));
        Screen screen = screenOf("one\r\ntwo\033[H\033[Jx", 25, 80);
        QCOMPARE(screen.lines, std::vector<QString>{"x"});
        // Behind the last column; then on the next line.
        screen = screenOf(QString(80, 'a'), 25, 80);
        QCOMPARE(screen.lines.size(), std::size_t{1});
        screen = screenOf(QString(80, 'a') + "b\b\bcd", 25, 80);
        QCOMPARE(screen.lines, (std::vector<QString>{QString(80, 'a'), "cd"}));
        // Whatever comes, it ends.
        for (const char* odd : {"\033", "\033[", "\033[99999999999A", "\033]", "\033[;;;@", "\033[-1K", "\033[5P"})
            QVERIFY(screenOf(QString::fromUtf8(odd), 25, 80).row == 0);
        QCOMPARE(screenOf("\033[99999B", 25, 80).lines.size(), std::size_t{25});
    }
    void consoleKeysAreATerminals() {
        const auto sent = [](int key, Qt::KeyboardModifiers with = Qt::NoModifier, const QString& text = {}) {
            return keyBytes(QKeyEvent(QEvent::KeyPress, key, with, text));
        };
        QCOMPARE(sent(Qt::Key_C, Qt::ControlModifier), QByteArray("\x03"));
        QCOMPARE(sent(Qt::Key_Z, Qt::ControlModifier), QByteArray("\x1a"));
        QCOMPARE(sent(Qt::Key_Backslash, Qt::ControlModifier), QByteArray("\x1c"));
        QCOMPARE(sent(Qt::Key_Return, Qt::NoModifier, "\r"), QByteArray("\r"));
        QCOMPARE(sent(Qt::Key_Backspace, Qt::NoModifier, "\b"), QByteArray("\x7f"));
        QCOMPARE(sent(Qt::Key_Left), QByteArray("\033[D"));
        QCOMPARE(sent(Qt::Key_A, Qt::ShiftModifier, "A"), QByteArray("A"));
        QCOMPARE(sent(Qt::Key_Adiaeresis, Qt::NoModifier, "ä"), QByteArray("ä"));
        for (int key : {Qt::Key_F10, Qt::Key_Shift, Qt::Key_Control}) QVERIFY(sent(key).isEmpty());
        QVERIFY(sent(Qt::Key_F, Qt::AltModifier, "f").isEmpty());
        QVERIFY(sent(Qt::Key_P, Qt::ControlModifier | Qt::ShiftModifier).isEmpty());
    }
    void eventsAreListedUpToNow() {
        m_session.session()->run();
        EventsModel all = buildEvents(now(), m_options);
        auto write = std::find_if(all.rows.begin(), all.rows.end(), [](auto& r) { return r.detail.contains("write"); });
        QVERIFY(write != all.rows.end());
        m_session.session()->seek(write->tick - 1);
        for (const auto& r : buildEvents(now(), m_options).rows) QVERIFY(r.tick < write->tick);
        m_options.settings["hidden"] = QString::number(~0u);
        QVERIFY(buildEvents(now(), m_options).rows.empty());
        m_options.settings.clear();
    }
    void timelineKnowsEveryPlace() {
        m_session.session()->run();
        TimelineModel m = buildTimelineView(now(), m_options);
        QVERIFY(!m.marks.empty());
        StylePtr style = makeStyle(ThemeKind::Light, 1, 96.0 / 72);
        for (Tick t : {m.from, m.now, (m.from + m.to) / 2, m.to}) {
            Tick back = timelineTick(m, *style, 1000, timelineX(m, *style, 1000, t));
            QVERIFY(back >= t - std::min(t, m.to / 900) && back <= t + m.to / 900);
        }
    }
    void sourceSaysWhyThereIsNone() {
        SourceModel m = buildSource(now(), m_options);
        QVERIFY(m.rows.empty());
        QVERIFY(m.problem.contains("-g"));
    }
};

QTEST_MAIN(TstCoreViews)
#include "tst_core_views.moc"
