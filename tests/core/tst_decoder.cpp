// The decoder: lengths, fields, operands, refusals; and that the rows are a table without contradictions.
#include <QtTest>

#include "core/cpu/exec.h"
#include "core/cpu/insn/decode.h"

using namespace ringside;

namespace {

Decoded decodeHex(const char* hex) {
    const QByteArray bytes = QByteArray::fromHex(hex);
    return decode({reinterpret_cast<const u8*>(bytes.constData()), static_cast<std::size_t>(bytes.size())});
}

QString text(Field f) { return f.length ? QString("%1+%2").arg(f.begin).arg(f.length) : QString("-"); }

}  // namespace

class TestDecoder : public QObject {
    Q_OBJECT

 private Q_SLOTS:
    void fields_data() {
        QTest::addColumn<QByteArray>("hex");
        QTest::addColumn<QString>("mnemonic");
        QTest::addColumn<int>("size");
        QTest::addColumn<QString>("expected");  // prefixes rex opcode modrm sib disp imm imm2
        const auto row = [](const char* hex, const char* mnemonic, int size, const char* expected) {
            QTest::newRow(hex) << QByteArray(hex) << QString(mnemonic) << size << QString(expected);
        };
        row("90", "xchg", 4, "- - 0+1 - - - - -");
        row("f390", "pause", 4, "0+1 - 1+1 - - - - -");
        row("f30f1efa", "endbr64", 4, "0+1 - 1+2 3+1 - - - -");
        row("4889e5", "mov", 8, "- 0+1 1+1 2+1 - - - -");
        row("488b45f8", "mov", 8, "- 0+1 1+1 2+1 - 3+1 - -");
        row("64488b042528000000", "mov", 8, "0+1 1+1 2+1 3+1 4+1 5+4 - -");
        row("48c7c03c000000", "mov", 8, "- 0+1 1+1 2+1 - - 3+4 -");
        row("48b88877665544332211", "mov", 8, "- 0+1 1+1 - - - 2+8 -");
        row("66b83412", "mov", 2, "0+1 - 1+1 - - - 2+2 -");
        row("a18877665544332211", "mov", 4, "- - 0+1 - - 1+8 - -");
        row("67a188776655", "mov", 4, "0+1 - 1+1 - - 2+4 - -");
        row("c8100002", "enter", 8, "- - 0+1 - - - 1+2 3+1");
        row("f04883042501000000ff", "add", 8, "0+1 1+1 2+1 3+1 4+1 5+4 9+1 -");
        row("660f1f840000020000", "nop", 2, "0+1 - 1+2 3+1 4+1 5+4 - -");
        row("f20f38f0c1", "crc32", 4, "0+1 - 1+3 4+1 - - - -");
        row("e8fbffffff", "call", 8, "- - 0+1 - - - 1+4 -");
        row("66e8fbffffff", "call", 8, "0+1 - 1+1 - - - 2+4 -");
        row("6650", "push", 2, "0+1 - 1+1 - - - - -");
        row("4850", "push", 8, "- 0+1 1+1 - - - - -");
        row("f3a4", "movs", 1, "0+1 - 1+1 - - - - -");
        row("0f01c1", "vmcall", 4, "- - 0+2 2+1 - - - -");
        row("4801c0", "add", 8, "- 0+1 1+1 2+1 - - - -");
        row("486601c0", "add", 2, "0+2 - 2+1 3+1 - - - -");  // a prefix behind REX takes its effect
    }
    void fields() {
        QFETCH(QByteArray, hex);
        QFETCH(QString, mnemonic);
        QFETCH(int, size);
        QFETCH(QString, expected);
        const Decoded d = decodeHex(hex);
        QVERIFY(d.status == DecodeStatus::Ok);
        QCOMPARE(static_cast<int>(d.length), static_cast<int>(hex.size() / 2));
        QCOMPARE(QString::fromUtf8(d.row->mnemonic.data(), static_cast<int>(d.row->mnemonic.size())), mnemonic);
        QCOMPARE(static_cast<int>(d.operandSize), size);
        const QStringList got{text(d.prefixes), text(d.rex),          text(d.opcode),    text(d.modrm),
                              text(d.sib),      text(d.displacement), text(d.immediate), text(d.immediate2)};
        QCOMPARE(got.join(' '), expected);
    }

    void addresses() {
        Decoded d = decodeHex("4f8b4c9d10");  // mov r9, [r13+r11*4+0x10]
        QCOMPARE(d.reg, u8{R9});
        QCOMPARE(d.base, u8{R13});
        QCOMPARE(d.index, u8{R11});
        QCOMPARE(d.scale, u8{2});
        QCOMPARE(d.disp, i64{16});
        d = decodeHex("488b0424");  // mov rax, [rsp]: index 4 is none
        QCOMPARE(d.base, u8{RSP});
        QCOMPARE(d.index, kZeroRegister);
        d = decodeHex("4a8b0424");  // mov rax, [rsp+r12]: but 12 is r12
        QCOMPARE(d.index, u8{R12});
        d = decodeHex("8b042500000080");
        QCOMPARE(d.base, kZeroRegister);
        QCOMPARE(d.disp, i64{-0x80000000LL});
        d = decodeHex("8b05fcffffff");
        QVERIFY(d.ripRelative);
        const Insn i = toInsn(d, 0xff8);
        QCOMPARE(i.disp, i64{0xffe - 4});
        QCOMPARE(i.next, u16{0xffe});
        d = decodeHex("418b0500000000");  // REX.B does not make RIP-relative something else
        QVERIFY(d.ripRelative);
        d = decodeHex("418b4500");
        QCOMPARE(d.base, u8{R13});
    }

    void byteRegisters() {
        const auto rmOf = [](const char* hex) { return int{toInsn(decodeHex(hex), 0).rm}; };
        QCOMPARE(rmOf("88c0"), 0);     // al
        QCOMPARE(rmOf("88c4"), 1);     // ah
        QCOMPARE(rmOf("88c7"), 25);    // bh
        QCOMPARE(rmOf("4088c4"), 32);  // spl
        QCOMPARE(rmOf("4188c4"), 96);  // r12b
        QCOMPARE(rmOf("b401"), 1);     // mov ah, 1
        QCOMPARE(rmOf("0fb6c4"), 1);   // movzx eax, ah
        QCOMPARE(rmOf("89c4"), 4);     // mov esp, eax
    }

    void refusals_data() {
        QTest::addColumn<QByteArray>("hex");
        QTest::addColumn<int>("status");
        const auto row = [](const char* hex, DecodeStatus s) {
            QTest::newRow(hex) << QByteArray(hex) << static_cast<int>(s);
        };
        row("", DecodeStatus::Short);
        row("66", DecodeStatus::Short);
        row("48", DecodeStatus::Short);
        row("0f", DecodeStatus::Short);
        row("e8000000", DecodeStatus::Short);
        row("488b04", DecodeStatus::Short);
        row("6666666666666666666666666666666690", DecodeStatus::TooLong);
        row("66666666666666666666666666666690", DecodeStatus::TooLong);
        row("666666666666666666666666666690", DecodeStatus::Ok);
        row("f001c0", DecodeStatus::Invalid);
        row("f08900", DecodeStatus::Invalid);
        row("f03900", DecodeStatus::Invalid);  // LOCK CMP
        row("f00100", DecodeStatus::Ok);
        row("f08700", DecodeStatus::Ok);
        row("8dc0", DecodeStatus::Invalid);
        row("c5f877", DecodeStatus::Unimplemented);
        row("c4e27d18c0", DecodeStatus::Unimplemented);
        row("62f17c4858c1", DecodeStatus::Unimplemented);
        row("0fc7f0", DecodeStatus::Unimplemented);  // RDRAND
        row("0f04", DecodeStatus::Unimplemented);
    }
    void refusals() {
        QFETCH(QByteArray, hex);
        QFETCH(int, status);
        QCOMPARE(static_cast<int>(decodeHex(hex).status), status);
    }

    // Every proper beginning of an instruction is Short, and bytes behind it change nothing.
    void everyPrefixIsShort() {
        for (const char* hex : {"64488b042528000000", "48b88877665544332211", "f04883042501000000ff", "c8100002",
                                "660f3a0fc108", "f20f38f14510", "698412341200007856341200"}) {
            QByteArray bytes = QByteArray::fromHex(hex);
            const auto at = [&](int n) {
                return decode({reinterpret_cast<const u8*>(bytes.constData()), static_cast<std::size_t>(n)});
            };
            const Decoded whole = at(static_cast<int>(bytes.size()));
            QVERIFY(whole.status == DecodeStatus::Ok);
            for (int n = 0; n < whole.length; ++n) QVERIFY(at(n).status == DecodeStatus::Short);
            bytes.append(QByteArray(10, '\xff'));
            QCOMPARE(at(static_cast<int>(std::min<qsizetype>(15, bytes.size()))).length, whole.length);
        }
    }

    // Two rows must never fit the same bytes equally well.
    void rowsDoNotOverlap() {
        const auto rows = allRows();
        const auto opcodes = [](const Row& r) {
            for (Form f : r.operands)
                if (f == Form::Zb || f == Form::Zv) return 8;
            return 1;
        };
        for (std::size_t a = 0; a < rows.size(); ++a)
            for (std::size_t b = a + 1; b < rows.size(); ++b) {
                const Row &x = rows[a], &y = rows[b];
                if (x.map != y.map || x.prefix != y.prefix || (x.rm >= 0) != (y.rm >= 0)) continue;
                if (x.opcode + opcodes(x) <= y.opcode || y.opcode + opcodes(y) <= x.opcode) continue;
                const bool apart = (x.digit >= 0 && y.digit >= 0 && x.digit != y.digit) ||
                                   (x.mod != Mod::Any && y.mod != Mod::Any && x.mod != y.mod) ||
                                   (x.rm >= 0 && y.rm >= 0 && x.rm != y.rm);
                if (!apart)
                    QFAIL(qPrintable(QString("%1 and %2 at opcode %3")
                                         .arg(std::string(x.mnemonic).c_str(), std::string(y.mnemonic).c_str())
                                         .arg(x.opcode, 0, 16)));
            }
        QVERIFY(rows.size() > 600);
    }

    void flagsOfRowsAreStatusFlags() {
        for (const Row& row : allRows()) {
            QCOMPARE((row.defined | row.undefined) & ~flag::kStatus, u64{0});
            QCOMPARE(row.defined & row.undefined, 0);
        }
    }

    void lazyFlagsKeepEveryCombination() {
        for (u64 n = 0; n < 64; ++n) {
            const u64 all = (n & 1 ? flag::CF : 0) | (n & 2 ? flag::PF : 0) | (n & 4 ? flag::AF : 0) |
                            (n & 8 ? flag::ZF : 0) | (n & 16 ? flag::SF : 0) | (n & 32 ? flag::OF : 0);
            LazyFlags f;
            f.set(all);
            QCOMPARE(f.get(), all);
            f.setCf(true);
            QCOMPARE(f.get(), all | flag::CF);
        }
    }
};

QTEST_APPLESS_MAIN(TestDecoder)
#include "tst_decoder.moc"
