// Every instruction that programs of Debian execute or contain is one that this CPU has, or one it does not claim to
// have, which ends in #UD and is told apart.
#include <QtTest>

#include "core/cpu/insn/decode.h"
#include "core/elf/disassembler.h"
#include "tests/core/cpu_box.h"
#include "tests/core/real_instructions.h"

using namespace ringside;
using namespace ringside::test;

namespace {

std::vector<u8> bytesOf(const char* hex) {
    const QByteArray bytes = QByteArray::fromHex(hex);
    return {bytes.begin(), bytes.end()};
}

// Ring 3, with registers that point at memory, one tick.
Box executed(const std::vector<u8>& code) {
    Box box;
    for (u64& g : box.cpu.regs.gpr) g = kUserData + 0x100;
    box.cpu.regs.gpr[RSP] = box.cpu.regs.gpr[RBP] = kUserStack;
    box.cpu.regs.gpr[RCX] = 1;
    box.ram.store<u16>(PhysAddr(kUserData + 0x100), 0x37f);  // a control word to load
    box.gate(6, kStopDouble);                                // #UD
    box.put(kUserCode, code);
    box.run(1);
    return box;
}
bool endedInUd(const Box& box) { return box.cpu.regs.rip == kKernelCode + kStopDouble; }

}  // namespace

class TestRealInstructions : public QObject {
    Q_OBJECT

 private Q_SLOTS:
    void are_data() {
        QTest::addColumn<int>("n");
        for (int n = 0; n < static_cast<int>(std::size(kRealInstructions)); ++n)
            QTest::newRow(kRealInstructions[n].name) << n;
    }
    void are() {
        QFETCH(int, n);
        const RealInstruction& real = kRealInstructions[n];
        const std::vector<u8> code = bytesOf(real.bytes);
        QVERIFY(!code.empty());
        const Box box = executed(code);
        if (!real.missing) {
            QVERIFY2(!endedInUd(box) || code == bytesOf("0f 0b"), "ended in #UD");  // UD2 is meant to
            QVERIFY(!box.cpu.undefined);
            return;
        }
        QVERIFY(endedInUd(box));
        QVERIFY(box.cpu.undefined.has_value());
        QCOMPARE(box.cpu.undefined->rip, kUserCode);
        QVERIFY(std::equal(code.begin(), code.end(), box.cpu.undefined->bytes.begin()));
    }

    // The bytes are what their name says: Capstone reads the same instruction of the same length, except for the few
    // that it calls something else or does not know.
    void bytesAreWhatTheyAreCalled() {
        int others = 0;
        for (const RealInstruction& real : kRealInstructions) {
            const std::vector<u8> code = bytesOf(real.bytes);
            const elf::Line line = elf::Disassembler().one(0, {code.data(), code.size()});
            const std::string name = std::string(real.name).substr(std::string(real.name).rfind(' ') + 1);
            if (line.length != code.size() || line.mnemonic.find(name) == std::string::npos) {
                ++others;
                qInfo("%s: %s", real.name, line.mnemonic.c_str());
            }
        }
        QVERIFY(others < 30);
    }
};

QTEST_APPLESS_MAIN(TestRealInstructions)
#include "tst_real_instructions.moc"
