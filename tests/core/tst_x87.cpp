// x87: the same instructions on the host's CPU and on ours, pending exceptions, and the layouts of saved state.
#include <QtTest>

#include "tests/support/native.h"

using namespace ringside;
using namespace ringside::test;

RINGSIDE_ASSEMBLED(ringside_x87_cases, R"(
I fadds 3(%rdi)
I fmull 3(%rdi)
I fcoms 3(%rdi)
I fcompl 3(%rdi)
I fsubs 3(%rdi)
I fsubrl 3(%rdi)
I fdivs 3(%rdi)
I fdivrl 3(%rdi)
I fadd %st(3), %st
I fmul %st(7), %st
I fcom %st(1)
I fcomp %st(2)
I fsub %st(1), %st
I fsubr %st(1), %st
I fdiv %st(1), %st
I fdivr %st(1), %st
I .byte 0xdc, 0xc2
I .byte 0xdc, 0xd2
I .byte 0xdc, 0xda
I .byte 0xdc, 0xe2
I .byte 0xdc, 0xea
I .byte 0xdc, 0xf2
I .byte 0xdc, 0xfa
I .byte 0xde, 0xc1
I .byte 0xde, 0xc9
I .byte 0xde, 0xd1
I .byte 0xde, 0xe1
I .byte 0xde, 0xe9
I .byte 0xde, 0xf1
I .byte 0xde, 0xf9
I fcompp
I fucompp
I fucom %st(4)
I fucomp %st(5)
I flds 3(%rdi)
I fldl 3(%rdi)
I fldt 3(%rdi)
I fsts 3(%rdi)
I fstps 3(%rdi)
I fstl 3(%rdi)
I fstpl 3(%rdi)
I fstpt 3(%rdi)
I fld %st(0)
I fld %st(7)
I fxch %st(1)
I .byte 0xdd, 0xcb
I .byte 0xdf, 0xcb
I fst %st(3)
I fstp %st(0)
I fstp %st(5)
I .byte 0xd9, 0xdb
I .byte 0xdf, 0xd3
I .byte 0xdf, 0xdb
I fnop
I fchs
I fabs
I ftst
I fxam
I fld1
I fldl2t
I fldl2e
I fldpi
I fldlg2
I fldln2
I fldz
I f2xm1
I fyl2x
I fptan
I fpatan
I fxtract
I fprem1
I fdecstp
I fincstp
I fprem
I fyl2xp1
I fsqrt
I fsincos
I frndint
I fscale
I fsin
I fcos
I fiaddl 3(%rdi)
I fimuls 3(%rdi)
I ficoml 3(%rdi)
I ficomps 3(%rdi)
I fisubl 3(%rdi)
I fisubrs 3(%rdi)
I fidivl 3(%rdi)
I fidivrs 3(%rdi)
I fcmovb %st(1), %st
I fcmove %st(2), %st
I fcmovbe %st(3), %st
I fcmovu %st(4), %st
I fcmovnb %st(5), %st
I fcmovne %st(6), %st
I fcmovnbe %st(7), %st
I fcmovnu %st(1), %st
I fcomi %st(1), %st
I fucomi %st(2), %st
I fcomip %st(3), %st
I fucomip %st(4), %st
I filds 3(%rdi)
I fildl 3(%rdi)
I fildq 3(%rdi)
I fists 3(%rdi)
I fistl 3(%rdi)
I fistps 3(%rdi)
I fistpl 3(%rdi)
I fistpq 3(%rdi)
I fisttps 3(%rdi)
I fisttpl 3(%rdi)
I fisttpq 3(%rdi)
I fbld 3(%rdi)
I fbstp 3(%rdi)
I ffree %st(3)
I .byte 0xdf, 0xc3
I fldcw 3(%rdi)
I fnstcw 3(%rdi)
I fnstsw 3(%rdi)
I fnstsw %ax
I fnclex
I fninit
I .byte 0xdb, 0xe0
I .byte 0xdb, 0xe1
I .byte 0xdb, 0xe4
I fwait
I fldenv (%rdi)
I data16 fldenv (%rdi)
I frstor (%rdi)
I data16 frstor (%rdi)
I fnstenv (%rdi)
I data16 fnstenv (%rdi)
I fnsave (%rdi)
I data16 fnsave (%rdi)
I fxsave (%rdi)
I fxsave64 (%rdi)
I fxrstor (%rdi)
I fxrstor64 (%rdi)
)");

namespace {

// Where the pointers to the last instruction lie in what these write: the host may hold other ones.
struct Blind {
    const char* text;
    unsigned begin, end;
};
constexpr Blind kBlind[] = {
    {"fnstenv (%rdi)", 12, 28},
    {"data16 fnstenv (%rdi)", 6, 14},
    {"fnsave (%rdi)", 12, 28},
    {"data16 fnsave (%rdi)", 6, 14},
    {"fxsave (%rdi)", 6, 24},
    {"fxsave64 (%rdi)", 6, 24},
    // MXCSR_MASK: what the CPU knows
    {"fxsave (%rdi)", 28, 32},
    {"fxsave64 (%rdi)", 28, 32},
};

Float80 number(double value) {
    const long double wide = value;
    Float80 f;
    std::memcpy(&f.mantissa, &wide, 8);
    std::memcpy(&f.signExponent, reinterpret_cast<const char*>(&wide) + 8, 2);
    return f;
}

// A state with these values on the stack, the last one at the top.
State withStack(std::initializer_list<double> values, u16 control) {
    State s;
    s.setFx<u16>(0, control);
    s.setFx<u16>(2, static_cast<u16>(((8 - values.size()) & 7) << 11));
    s.setFx<u32>(kMxcsrAt, 0x1f80);
    unsigned at = static_cast<unsigned>(values.size());
    for (double value : values) {
        const Float80 f = number(value);
        --at;
        s.setFx(kStAt + 16 * at, f.mantissa);
        s.setFx(kStAt + 16 * at + 8, f.signExponent);
    }
    const unsigned top = (8 - values.size()) & 7;
    u8 full = 0;
    for (unsigned i = 0; i < values.size(); ++i) full = static_cast<u8>(full | 1 << ((top + i) & 7));
    s.setFx<u8>(4, full);
    return s;
}

}  // namespace

class TestX87 : public QObject {
    Q_OBJECT

    int run(State& s, const Code& code) {
        const auto fault = m_guest.run(s, code);
        return fault ? int{*fault} : -1;
    }

    Native m_native;
    Guest m_guest;

    static constexpr u16 kIe = 1, kZe = 4, kOe = 8, kPe = 32, kSf = 64, kEs = 128, kC1 = 1 << 9, kBusy = 1 << 15,
                         kFlagsOnly = 0x47ff;

 private Q_SLOTS:
    void initTestCase() { QVERIFY(m_native.usable()); }

    void sameAsHost_data() {
        QTest::addColumn<QByteArray>("code");
        for (const Assembled& one : assembledBetween(ringside_x87_cases, ringside_x87_cases_end))
            QTest::newRow(one.text.c_str())
                << QByteArray(reinterpret_cast<const char*>(one.code.data()), static_cast<int>(one.code.size()));
    }
    void sameAsHost() {
        QFETCH(QByteArray, code);
        const Code bytes(code.begin(), code.end());
        const std::string text = QTest::currentDataTag();
        u64 seed = 0;
        for (u8 byte : bytes) seed = seed * 31 + byte;
        Values values(seed);
        for (int n = 0; n < 200; ++n) {
            State before = values.state();
            if (text.starts_with("fxrstor")) before.memory[26] = before.memory[27] = 0;  // reserved bits of MXCSR
            State host = before, ours = before;
            m_native.run(host, bytes);
            const auto fault = m_guest.run(ours, bytes);
            QVERIFY2(!fault, qPrintable(QString("exception %1").arg(fault.value_or(0))));
            for (const Blind& blind : kBlind)
                if (text == blind.text)
                    for (unsigned i = blind.begin; i < blind.end; ++i) host.memory[i] = ours.memory[i] = 0;
            QCOMPARE(QString::fromStdString(difference(host, ours, flag::kStatus)), QString());
        }
    }

    // An unmasked exception is raised by the next waiting instruction, not by the one that caused it.
    void pending() {
        State s = withStack({1.0, 0.0}, 0x37b);  // ZM is clear
        QCOMPARE(run(s, {0xd8, 0xf9}), -1);      // fdivr %st(1), %st: 1 / 0
        QCOMPARE(s.fxAt<u16>(2) & kFlagsOnly, kZe | kEs);
        QVERIFY(s.fxAt<u16>(2) & kBusy);
        QCOMPARE(s.fxAt<u64>(kStAt), u64{0});  // no result was delivered
        State t = s;
        QCOMPARE(run(t, {0xd8, 0xc1}), 16);  // fadd
        QCOMPARE(difference(s, t, 0).c_str(), "");
        QCOMPARE(run(t, {0x9b}), 16);              // fwait
        QCOMPARE(run(t, {0xd9, 0x2f}), 16);        // fldcw
        QCOMPARE(run(t, {0x0f, 0xfc, 0xc1}), 16);  // paddb %mm1, %mm0
        QCOMPARE(run(t, {0x0f, 0x58, 0xc1}), -1);  // addps
        QCOMPARE(run(t, {0xdf, 0xe0}), -1);        // fnstsw %ax
        QCOMPARE(t.gpr[RAX] & kFlagsOnly, u64{kZe | kEs});
        QCOMPARE(run(t, {0xd9, 0x3f}), -1);  // fnstcw
        QCOMPARE(run(t, {0xdb, 0xe2}), -1);  // fnclex
        QCOMPARE(t.fxAt<u16>(2) & kFlagsOnly, 0);
        QCOMPARE(run(t, {0xd8, 0xc1}), -1);  // fadd
    }

    // Unmasking makes an old flag pending, masking takes it back.
    void unmaskingLater() {
        State s = withStack({1.0, 3.0}, 0x37f);
        QCOMPARE(run(s, {0xd8, 0xf1}), -1);  // 3 / 1 is exact
        QCOMPARE(run(s, {0xd8, 0xf9}), -1);  // 1 / 3 is not
        QCOMPARE(s.fxAt<u16>(2) & kFlagsOnly & ~kC1, int{kPe});
        s.memory[0] = 0x5f;
        s.memory[1] = 0x03;
        QCOMPARE(run(s, {0xd9, 0x2f}), -1);  // fldcw: PM is clear
        QCOMPARE(s.fxAt<u16>(2) & kFlagsOnly & ~kC1, kPe | kEs);
        QCOMPARE(run(s, {0x9b}), 16);
        QCOMPARE(run(s, {0xd9, 0x77, 0x20}), -1);  // fnstenv 32(%rdi) masks
        QCOMPARE(run(s, {0x9b}), -1);
    }

    void noResultIsStored() {
        State s = withStack({1e300}, 0x37f & ~kOe);
        s.memory.fill(0xaa);
        QCOMPARE(run(s, {0xd9, 0x1f}), -1);  // fstps (%rdi): overflows
        QCOMPARE(s.fxAt<u16>(2) & kFlagsOnly, kOe | kEs);
        QCOMPARE(s.memory[0], u8{0xaa});
        QCOMPARE(s.fxAt<u8>(4), u8{0x80});  // not popped
        // Inexact alone does store.
        State t = withStack({1.0 / 3}, 0x37f & ~kPe);
        t.memory.fill(0xaa);
        QCOMPARE(run(t, {0xd9, 0x1f}), -1);
        QCOMPARE(t.fxAt<u16>(2) & kFlagsOnly & ~kC1, kPe | kEs);
        QVERIFY(t.memory[3] == 0x3e);
        QCOMPARE(t.fxAt<u8>(4), u8{0});
    }

    void stackFaults() {
        State s = withStack({}, 0x37f);
        QCOMPARE(run(s, {0xd8, 0xc1}), -1);  // fadd of nothing: underflow
        QCOMPARE(s.fxAt<u16>(2) & kFlagsOnly, kIe | kSf);
        State t = withStack({1, 2, 3, 4, 5, 6, 7, 8}, 0x37f);
        QCOMPARE(run(t, {0xd9, 0xe8}), -1);  // fld1: overflow
        QCOMPARE(t.fxAt<u16>(2) & kFlagsOnly, kIe | kSf | kC1);
        QCOMPARE(t.fxAt<u16>(kStAt + 8), u16{0xffff});  // the indefinite
        // Unmasked, the stack stays as it is.
        State u = withStack({1, 2, 3, 4, 5, 6, 7, 8}, 0x37e);
        QCOMPARE(run(u, {0xd9, 0xe8}), -1);
        QCOMPARE(u.fxAt<u16>(2) & kFlagsOnly, kIe | kSf | kC1 | kEs);
        QCOMPARE(u.fxAt<u16>(2) >> 11 & 7, 0);
    }

    void unavailable() {
        State s = withStack({1.0}, 0x37f);
        const u64 cr0 = m_guest.cpu.regs.cr0;
        m_guest.cpu.regs.cr0 = cr0 | 8;  // TS
        for (const Code& code : {Code{0xd9, 0xe8}, Code{0x9b}, Code{0xd9, 0x3f}, Code{0xdb, 0xe3},
                                 Code{0x0f, 0xae, 0x07}, Code{0x0f, 0xae, 0x0f}})
            QCOMPARE(run(s, code), 7);
        m_guest.cpu.regs.cr0 = (cr0 | 8) & ~u64{2};  // TS without MP: FWAIT does not care
        QCOMPARE(run(s, {0x9b}), -1);
        m_guest.cpu.regs.cr0 = cr0 | 4;  // EM
        QCOMPARE(run(s, {0xd9, 0xe8}), 7);
        QCOMPARE(run(s, {0x0f, 0xae, 0x07}), 7);
        m_guest.cpu.regs.cr0 = cr0;
        for (const Code& code :
             {Code{0xd9, 0xd1}, Code{0xd9, 0xe2}, Code{0xd9, 0xef}, Code{0xda, 0xe8}, Code{0xdb, 0xe5},
              Code{0xdd, 0xf0}, Code{0xde, 0xd8}, Code{0xdf, 0xe1}, Code{0xd9, 0x0f}})
            QCOMPARE(run(s, code), 6);
    }

    // The last instruction, its operand, and with an unmasked exception its opcode.
    void pointers() {
        State s = withStack({}, 0x37f);
        QCOMPARE(run(s, {0xdd, 0x47, 0x08}), -1);  // fldl 8(%rdi)
        const X87& x87 = m_guest.cpu.regs.x87;
        QCOMPARE(x87.lastIp, u64{Guest::kCode});
        QCOMPARE(x87.lastDp, u64{Guest::kData} + 8);
        QCOMPARE(x87.opcode, u16{0});
        State t = withStack({1.0, 0.0}, 0x37b);
        QCOMPARE(run(t, {0xdc, 0x7f, 0x10}), -1);  // fdivrl 16(%rdi): 0 / 0
        QCOMPARE(x87.opcode, u16{0});
        t = withStack({1.0, 0.0}, 0x37a);
        QCOMPARE(run(t, {0xdc, 0x7f, 0x10}), -1);
        QCOMPARE(x87.opcode, u16{0x47f});
        QCOMPARE(run(t, {0x48, 0x0f, 0xae, 0x07}), -1);  // fxsave64 (%rdi)
    }
};

QTEST_APPLESS_MAIN(TestX87)
#include "tst_x87.moc"
