// What the views of memory, exec and boot say where something out of the ordinary happens: swapping, 2 MiB pages, five
// levels, a flushed TLB, a #! line that is too long. As recorded in golden/.
#include <QtTest>

#include "tests/core/guest_program.h"
#include "tests/widgets/golden.h"
#include "tests/widgets/made_moments.h"
#include "widgets/canvas/view.h"

using namespace ringside;
using ringside::test::install;
using ringside::test::machineWith;
using ringside::test::Program;

namespace {

constexpr u64 kData = Program::kBase + 0x5000;
constexpr u64 kPages = 300;  // that the greedy program writes to, more than there are frames

MachineOptions small() {
    MachineOptions options;
    options.ramBytes = u64{32} << 20;
    return options;
}

// Two pages exist, then fork; the child writes to the first of them.
Machine forking() {
    Program p;
    p.store(kData, 'a').store(kData + 0x1000, 'a').call(57);
    const auto parent = p.jump({0x48, 0x85, 0xc0, 0x0f, 0x85});  // TEST rax, rax; JNZ
    p.store(kData, 'b').exit(0);
    p.land(parent);
    p.call(61, {~u64{0}, 0, 0, 0}).exit(0);
    return machineWith(p.file(0x10000), small());
}

// 256 frames for programs; more pages than that are written to, and the first is read again.
Machine greedy() {
    Program p;
    p.move(RBX, kData).move(RCX, kPages);
    p.bytes({0xc6, 0x03, 0x01, 0x48, 0x81, 0xc3, 0, 0x10, 0, 0});  // MOV byte [rbx], 1; ADD rbx, 4096
    p.bytes({0x48, 0xff, 0xc9, 0x75, 0xf1});                       // DEC rcx; JNZ to the MOV
    p.load(kData).exit(0);
    MachineOptions options;
    options.ramBytes = u64{1} << 20;
    options.swapBytes = u64{4} << 20;
    return machineWith(p.file((kPages + 16) * kPageSize), options);
}

// Anonymous memory that is large and aligned: the first store into it gets 2 MiB.
Machine generous() {
    Program p;
    p.call(9, {0x40000000, u64{4} << 20, 3, 0x32, ~u64{0}, 0});  // mmap, private, anonymous and fixed
    p.store(0x40200123, 1).exit(0);
    MachineOptions options = small();
    options.kernel.hugePages = true;
    return machineWith(p.file(), options);
}

Machine fiveLevels() {
    Program p;
    p.store(kData, 1).exit(0);
    MachineOptions options = small();
    options.kernel.fiveLevel = true;
    return machineWith(p.file(0x10000), options);
}

// A program that becomes another one.
Machine executing() {
    Program p;
    const u64 path = p.text(std::string_view("/tool", 6));
    Machine machine = machineWith(p.store(kData, 1).call(59, {path, 0, 0}).file(0x10000), small());
    install(machine, "/tool", Program().exit(0).file());
    return machine;
}

// A script whose first line does not end within the 256 bytes that the kernel looks at.
Machine cutShort() {
    Machine machine = machineWith("#!/tool " + std::string(300, 'x') + "\n", small());
    install(machine, "/tool", Program().exit(0).file());
    return machine;
}

// Beyond normalised(): how much the kernel needs for itself, how many instructions it runs through and where its parts
// lie is not this test's business.
QString withoutKernel(QString text) {
    static const std::pair<QRegularExpression, QString> kRules[] = {
        {QRegularExpression("^.* 0xffff[0-9a-f]{12} → .*\\n", QRegularExpression::MultilineOption), ""},  // TLB
        {QRegularExpression("(?<=→ )\\d+(?= [UK])"), "F"},
        {QRegularExpression("\\bOf [\\d,]+ translations.*"), "Of N translations"},
        {QRegularExpression("(?<=physical )( *)0x[0-9a-f]+([0-9a-f]{3})\\b"), "\\1P\\2"},
        {QRegularExpression("(?<=address  )( *)0x[0-9a-f]+([0-9a-f]{3})\\b"), "\\1P\\2"},
        {QRegularExpression("(?<=loaded with )0x[0-9a-f]+"), "P"},
        {QRegularExpression("(?<=flushed: )\\d+"), "N"},
        {QRegularExpression("(?<=from=)\\d+(?= to=)|(?<= to=)\\d+"), "F"},
        {QRegularExpression("^  (free|reserved[a-z ]*|page table|kernel stack|kernel objects \\(slab\\))( +)[\\d,]+$",
                            QRegularExpression::MultilineOption),
         "  \\1\\2N"},
        {QRegularExpression("[\\d,]+ are free \\([^)]*\\)"), "N are free"},
        {QRegularExpression("below \\d+ free frames and sleeps above \\d+; below \\d+"),
         "below N free frames and sleeps above N; below N"},
        {QRegularExpression("^  \\d+ (?=[a-z])", QRegularExpression::MultilineOption), "  T "},  // boot
        {QRegularExpression("^(  T [a-z_0-9 ]*[a-z0-9]) {2,}", QRegularExpression::MultilineOption), "\\1  "},
        {QRegularExpression("\\bFrame \\d+"), "Frame F"},
        {QRegularExpression("“[^”]*”"), "“…”"},
    };
    for (const auto& [pattern, with] : kRules) text.replace(pattern, with);
    return text;
}

}  // namespace

class MemoryMomentsTest : public QObject {
    Q_OBJECT

 private Q_SLOTS:
    void initTestCase() { loadResources(); }

    void golden_data() {
        QTest::addColumn<QByteArray>("view");
        QTest::addColumn<int>("machine");
        QTest::addColumn<int>("kind");
        QTest::addColumn<int>("nth");
        QTest::addColumn<quint64>("address");  // that is selected, unless 0
        const auto row = [](const char* name, const char* view, Machine (*machine)(), EventKind kind, int nth = 1,
                            u64 address = 0) {
            const auto index = std::ranges::find(kMachines, machine) - std::begin(kMachines);
            QTest::newRow(name) << QByteArray(view) << static_cast<int>(index) << static_cast<int>(kind) << nth
                                << quint64{address};
        };
        row("frames-shared", "frames", forking, EventKind::Fork);
        row("frames-swap-out", "frames", greedy, EventKind::SwapOut);
        row("frames-swap-in", "frames", greedy, EventKind::SwapIn);
        row("tlb-invalidate", "tlb", forking, EventKind::Fork);
        row("tlb-flush", "tlb", executing, EventKind::Exec, 2);
        row("page-tables-huge", "page-tables", generous, EventKind::ZeroFill, 2, 0x40200123);
        row("page-tables-five", "page-tables", fiveLevels, EventKind::ZeroFill, 2, kData);
        row("page-tables-swapped", "page-tables", greedy, EventKind::SwapIn, 1, kData + 0x1000);
        row("exec-cut", "exec", cutShort, EventKind::Exec);
        row("boot", "boot", forking, EventKind::Exec);
        row("kernel-path-copy", "kernel-path", forking, EventKind::CowCopy);
    }
    void golden() {
        QFETCH(QByteArray, view);
        QFETCH(int, machine);
        QFETCH(int, kind);
        QFETCH(int, nth);
        QFETCH(quint64, address);
        const auto moment = at(kMachines[machine](), static_cast<EventKind>(kind), nth);
        QVERIFY(!moment->now->kernel.exitStatus);
        ViewOptions options;
        if (address) options.selection = Subject::address(address, 1);
        const auto model = findView(QString::fromLatin1(view))->build(*moment, options);
        const QString said = withoutKernel(normalised(toText(model->textTwin())));
        const QString wrong = differsFromGolden(said, QString::fromLatin1(QTest::currentDataTag()) + ".txt");
        QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
    }

 private:
    static constexpr Machine (*kMachines[])() = {forking, greedy, generous, fiveLevels, executing, cutShort};
};

QTEST_MAIN(MemoryMomentsTest)
#include "tst_memory_moments.moc"
