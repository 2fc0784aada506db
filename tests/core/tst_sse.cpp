// SSE and MMX: the same instructions on the host's CPU and on ours, and the exceptions.
#include <QtTest>

#include "tests/support/native.h"

using namespace ringside;
using namespace ringside::test;

RINGSIDE_ASSEMBLED(ringside_sse_cases, R"(
I movups 3(%rdi), %xmm0
I movups %xmm9, 5(%rdi)
I movupd %xmm3, %xmm12
I movss (%rdi), %xmm1
I movss %xmm1, %xmm2
I movss %xmm8, 4(%rdi)
I movsd 8(%rdi), %xmm1
I movsd %xmm3, %xmm2
I movsd %xmm11, 4(%rdi)
I movlps 8(%rdi), %xmm4
I movhlps %xmm5, %xmm4
I movhps 8(%rdi), %xmm4
I movlhps %xmm5, %xmm4
I movlpd %xmm4, 16(%rdi)
I movhpd %xmm4, 16(%rdi)
I movsldup %xmm1, %xmm2
I movshdup 16(%rdi), %xmm2
I movddup 9(%rdi), %xmm2
I unpcklps %xmm1, %xmm2
I unpckhps %xmm1, %xmm2
I unpcklpd %xmm1, %xmm2
I unpckhpd 32(%rdi), %xmm2
I movaps 16(%rdi), %xmm0
I movapd %xmm15, 32(%rdi)
I movntps %xmm1, 32(%rdi)
I movntdq %xmm1, 32(%rdi)
I movnti %rax, 3(%rdi)
I movnti %ecx, 3(%rdi)
I movdqa 16(%rdi), %xmm0
I movdqa %xmm0, 48(%rdi)
I movdqu 1(%rdi), %xmm0
I movdqu %xmm0, 7(%rdi)
I lddqu 1(%rdi), %xmm7
I movntdqa 16(%rdi), %xmm7
I movd %eax, %xmm1
I movq %rax, %xmm1
I movd 3(%rdi), %xmm1
I movd %xmm1, %r9d
I movq %xmm1, %r9
I movd %xmm1, 3(%rdi)
I .byte 0x66, 0x48, 0x0f, 0x7e, 0x47, 0x11
I movq %xmm1, %xmm8
I movq 5(%rdi), %xmm8
I .byte 0x66, 0x0f, 0xd6, 0xc1
I movq %xmm8, 5(%rdi)
I movmskps %xmm3, %eax
I movmskpd %xmm3, %r8d
I pmovmskb %xmm3, %eax
I andps %xmm1, %xmm2
I andnpd 16(%rdi), %xmm2
I orps %xmm1, %xmm2
I xorpd %xmm1, %xmm2
I pshufd $0x1b, %xmm1, %xmm2
I pshufd $0xe4, 16(%rdi), %xmm2
I pshufhw $0x93, %xmm1, %xmm2
I pshuflw $0x6c, %xmm1, %xmm2
I shufps $0x4e, %xmm1, %xmm2
I shufpd $2, %xmm1, %xmm2
I pblendvb %xmm0, %xmm1, %xmm2
I blendvps %xmm0, %xmm1, %xmm2
I blendvpd %xmm0, 16(%rdi), %xmm2
I blendps $5, %xmm1, %xmm2
I blendpd $1, %xmm1, %xmm2
I pblendw $0xa5, %xmm1, %xmm2
I insertps $0x9d, %xmm1, %xmm2
I insertps $0xd8, 3(%rdi), %xmm2
I extractps $2, %xmm1, %eax
I extractps $3, %xmm1, 1(%rdi)
I pinsrb $11, %eax, %xmm1
I pinsrb $3, 1(%rdi), %xmm1
I pinsrw $5, %ecx, %xmm1
I pinsrw $13, 1(%rdi), %xmm1
I pinsrd $2, %eax, %xmm1
I pinsrq $1, %rax, %xmm1
I pinsrq $0, 1(%rdi), %xmm1
I pextrb $9, %xmm1, %eax
I pextrb $9, %xmm1, 1(%rdi)
I pextrw $7, %xmm1, %eax
I .byte 0x66, 0x0f, 0x3a, 0x15, 0x47, 0x05, 0x02
I pextrd $3, %xmm1, %eax
I pextrq $1, %xmm1, %rax
I pextrq $1, %xmm1, 3(%rdi)
I punpcklbw %xmm1, %xmm2
I punpckhwd 16(%rdi), %xmm2
I packsswb %xmm1, %xmm2
I packuswb %xmm1, %xmm2
I packssdw %xmm1, %xmm2
I packusdw %xmm1, %xmm2
I pcmpgtb %xmm1, %xmm2
I pcmpeqb 16(%rdi), %xmm2
I pcmpeqw %xmm1, %xmm2
I pcmpgtq %xmm1, %xmm2
I psrlw %xmm1, %xmm2
I psraw $3, %xmm9
I psrad $40, %xmm9
I psllq $63, %xmm9
I psllw $16, %xmm9
I pslldq $5, %xmm9
I psrldq $15, %xmm9
I psrldq $16, %xmm9
I paddusb %xmm1, %xmm2
I psubsw %xmm1, %xmm2
I pmulhuw %xmm1, %xmm2
I pmaddwd %xmm1, %xmm2
I psadbw %xmm1, %xmm2
I pavgb %xmm1, %xmm2
I pmuludq %xmm1, %xmm2
I pmuldq %xmm1, %xmm2
I pmulld %xmm1, %xmm2
I pshufb %xmm1, %xmm2
I phaddsw %xmm1, %xmm2
I pmaddubsw %xmm1, %xmm2
I psignb %xmm1, %xmm2
I pmulhrsw %xmm1, %xmm2
I pabsw %xmm1, %xmm2
I pminsb %xmm1, %xmm2
I pmaxud %xmm1, %xmm2
I phminposuw %xmm1, %xmm2
I mpsadbw $5, %xmm1, %xmm2
I palignr $7, %xmm1, %xmm2
I palignr $21, 16(%rdi), %xmm2
I pmovsxbw 3(%rdi), %xmm2
I pmovsxbd %xmm1, %xmm2
I pmovzxbq 3(%rdi), %xmm2
I pmovzxwq 3(%rdi), %xmm2
I pmovsxdq %xmm1, %xmm2
I ptest %xmm1, %xmm2
I ptest %xmm2, %xmm2
I maskmovdqu %xmm1, %xmm2
I pcmpistri $0x1a, %xmm1, %xmm2
I pcmpistri $0x0c, 3(%rdi), %xmm2
I pcmpistri $0x44, %xmm1, %xmm2
I pcmpistrm $0x40, %xmm1, %xmm2
I pcmpistrm $0x28, %xmm1, %xmm2
I pcmpestri $0x08, %xmm1, %xmm2
I pcmpestri $0x71, %xmm1, %xmm2
I pcmpestrm $0x4c, %xmm1, %xmm2
I .byte 0x66, 0x48, 0x0f, 0x3a, 0x61, 0xd1, 0x0a
I addps %xmm1, %xmm2
I addpd 16(%rdi), %xmm2
I addss 3(%rdi), %xmm2
I addsd %xmm1, %xmm2
I subps %xmm1, %xmm2
I subsd 3(%rdi), %xmm2
I mulps %xmm1, %xmm2
I mulpd %xmm1, %xmm2
I mulss %xmm1, %xmm2
I divps %xmm1, %xmm2
I divsd %xmm1, %xmm2
I minps %xmm1, %xmm2
I maxsd %xmm1, %xmm2
I sqrtps %xmm1, %xmm2
I sqrtsd 3(%rdi), %xmm2
I rsqrtps %xmm1, %xmm2
I rcpss %xmm1, %xmm2
I haddps %xmm1, %xmm2
I hsubpd %xmm1, %xmm2
I addsubps %xmm1, %xmm2
I cmpeqps %xmm1, %xmm2
I cmpltpd %xmm1, %xmm2
I cmpless 3(%rdi), %xmm2
I cmpunordsd %xmm1, %xmm2
I cmpneqsd %xmm1, %xmm2
I cmpnltps %xmm1, %xmm2
I cmpnlepd %xmm1, %xmm2
I cmpordss %xmm1, %xmm2
I comiss %xmm1, %xmm2
I comisd 3(%rdi), %xmm2
I ucomiss %xmm1, %xmm2
I ucomisd %xmm1, %xmm2
I roundps $0, %xmm1, %xmm2
I roundpd $9, %xmm1, %xmm2
I roundss $2, %xmm1, %xmm2
I roundsd $4, 3(%rdi), %xmm2
I dpps $0x7b, %xmm1, %xmm2
I dppd $0x31, %xmm1, %xmm2
I cvtsi2ss %eax, %xmm2
I cvtsi2ss %rax, %xmm2
I cvtsi2sd %ecx, %xmm2
I cvtsi2sdq 3(%rdi), %xmm2
I cvtss2si %xmm1, %eax
I cvtss2si %xmm1, %rax
I cvttss2si %xmm1, %rax
I cvtsd2si %xmm1, %eax
I cvttsd2si %xmm1, %rax
I cvttsd2si 3(%rdi), %ecx
I cvtps2pd %xmm1, %xmm2
I cvtpd2ps %xmm1, %xmm2
I cvtss2sd %xmm1, %xmm2
I cvtsd2ss 3(%rdi), %xmm2
I cvtdq2ps %xmm1, %xmm2
I cvtps2dq %xmm1, %xmm2
I cvttps2dq %xmm1, %xmm2
I cvtdq2pd %xmm1, %xmm2
I cvtpd2dq %xmm1, %xmm2
I cvttpd2dq 16(%rdi), %xmm2
I stmxcsr 2(%rdi)
)");

RINGSIDE_ASSEMBLED(ringside_mmx_cases, R"(
I paddb %mm1, %mm2
I paddq 3(%rdi), %mm2
I punpcklbw %mm1, %mm2
I punpcklwd 3(%rdi), %mm2
I punpckhdq %mm1, %mm2
I packsswb %mm1, %mm2
I packuswb %mm1, %mm2
I pcmpgtd %mm1, %mm2
I pmulhuw %mm1, %mm2
I pmaddwd %mm1, %mm2
I psadbw %mm1, %mm2
I pmuludq %mm1, %mm2
I pshufb %mm1, %mm2
I phaddw %mm1, %mm2
I phsubd %mm1, %mm2
I psignw %mm1, %mm2
I pabsb 3(%rdi), %mm2
I pmulhrsw %mm1, %mm2
I psraw $3, %mm7
I psllq $8, %mm7
I psrld $33, %mm7
I psrlq %mm1, %mm7
I pshufw $0x1b, %mm1, %mm2
I palignr $3, %mm1, %mm2
I palignr $11, 3(%rdi), %mm2
I pinsrw $2, %eax, %mm2
I pinsrw $1, 3(%rdi), %mm2
I pextrw $3, %mm2, %eax
I pmovmskb %mm3, %eax
I maskmovq %mm1, %mm2
I movd %eax, %mm2
I movq %rax, %mm2
I movd 3(%rdi), %mm2
I movd %mm2, %eax
I movq %mm2, %rax
I movq %mm2, 3(%rdi)
I movq 3(%rdi), %mm2
I movq %mm3, %mm2
I .byte 0x0f, 0x7f, 0xd3
I movntq %mm2, 8(%rdi)
I movq2dq %mm1, %xmm2
I movdq2q %xmm1, %mm2
I cvtpi2ps %mm1, %xmm2
I cvtpi2ps 3(%rdi), %xmm2
I cvtpi2pd %mm1, %xmm2
I cvtpi2pd 3(%rdi), %xmm2
I cvtps2pi %xmm1, %mm2
I cvttps2pi 3(%rdi), %mm2
I cvtpd2pi %xmm1, %mm2
I cvttpd2pi 16(%rdi), %mm2
I emms
)");

class TestSse : public QObject {
    Q_OBJECT

    static void rows(const u8* begin, const u8* end) {
        QTest::addColumn<QByteArray>("code");
        for (const Assembled& one : assembledBetween(begin, end))
            QTest::newRow(one.text.c_str())
                << QByteArray(reinterpret_cast<const char*>(one.code.data()), static_cast<int>(one.code.size()));
    }
    void compare() {
        QFETCH(QByteArray, code);
        const Code bytes(code.begin(), code.end());
        u64 seed = 0;
        for (u8 byte : bytes) seed = seed * 31 + byte;
        Values values(seed);
        for (int n = 0; n < 100; ++n) {
            const State before = values.state();
            State host = before, ours = before;
            m_native.run(host, bytes);
            const auto fault = m_guest.run(ours, bytes);
            QVERIFY2(!fault, qPrintable(QString("exception %1").arg(fault.value_or(0))));
            QCOMPARE(QString::fromStdString(difference(host, ours, flag::kStatus)), QString());
        }
    }
    // The exception that `code` raises in this state; nothing but flags in MXCSR may have changed.
    int exceptionOf(const State& before, const Code& code) {
        State after = before;
        const auto fault = m_guest.run(after, code);
        State expected = before;
        expected.setFx(kMxcsrAt, after.fxAt<u32>(kMxcsrAt));
        const std::string text = fault ? difference(expected, after, 0) : "";
        if (!text.empty()) return -2;
        return fault ? int{*fault} : -1;
    }

    Native m_native;
    Guest m_guest;

 private Q_SLOTS:
    void initTestCase() { QVERIFY(m_native.usable()); }

    void sse_data() { rows(ringside_sse_cases, ringside_sse_cases_end); }
    void sse() { compare(); }
    void mmx_data() { rows(ringside_mmx_cases, ringside_mmx_cases_end); }
    void mmx() { compare(); }

    void misaligned() {
        const State s = Values(1).state();
        QCOMPARE(exceptionOf(s, {0x0f, 0x28, 0x47, 0x08}), 13);        // movaps 8(%rdi), %xmm0
        QCOMPARE(exceptionOf(s, {0x66, 0x0f, 0x7f, 0x47, 0x08}), 13);  // movdqa %xmm0, 8(%rdi)
        QCOMPARE(exceptionOf(s, {0x0f, 0x58, 0x47, 0x04}), 13);        // addps 4(%rdi), %xmm0
        QCOMPARE(exceptionOf(s, {0x0f, 0x2b, 0x47, 0x04}), 13);        // movntps %xmm0, 4(%rdi)
        QCOMPARE(exceptionOf(s, {0x0f, 0xae, 0x47, 0x08}), 13);        // fxsave 8(%rdi)
        QCOMPARE(exceptionOf(s, {0x0f, 0x10, 0x47, 0x08}), -1);        // movups 8(%rdi), %xmm0
    }

    void reservedMxcsr() {
        State s = Values(2).state();
        s.memory[2] = 1;
        QCOMPARE(exceptionOf(s, {0x0f, 0xae, 0x17}), 13);        // ldmxcsr (%rdi)
        QCOMPARE(exceptionOf(s, {0x0f, 0xae, 0x57, 0x08}), 13);  // ldmxcsr 8(%rdi), random
    }

    void unavailable() {
        const State s = Values(3).state();
        const Code addps{0x0f, 0x58, 0xc1}, paddb{0x0f, 0xfc, 0xc1}, movnti{0x0f, 0xc3, 0x07};
        const u64 cr0 = m_guest.cpu.regs.cr0, cr4 = m_guest.cpu.regs.cr4;
        m_guest.cpu.regs.cr0 = cr0 | 8;  // TS
        QCOMPARE(exceptionOf(s, addps), 7);
        QCOMPARE(exceptionOf(s, paddb), 7);
        QCOMPARE(exceptionOf(s, movnti), -1);
        m_guest.cpu.regs.cr0 = cr0 | 4;  // EM
        QCOMPARE(exceptionOf(s, addps), 6);
        QCOMPARE(exceptionOf(s, paddb), 6);
        m_guest.cpu.regs.cr0 = cr0;
        m_guest.cpu.regs.cr4 = cr4 & ~u64{1 << 9};  // OSFXSR
        QCOMPARE(exceptionOf(s, addps), 6);
        m_guest.cpu.regs.cr4 = cr4;
        QCOMPARE(exceptionOf(s, addps), -1);
        // Not in this CPU: AESENC
        QCOMPARE(exceptionOf(s, {0x66, 0x0f, 0x38, 0xdc, 0xc1}), 6);
    }

    void unmasked_data() {
        QTest::addColumn<quint64>("a");
        QTest::addColumn<quint64>("b");
        QTest::addColumn<quint8>("opcode");
        QTest::addColumn<uint>("mxcsr");
        QTest::addColumn<int>("exception");
        QTest::addColumn<uint>("after");
        const quint64 one = 0x3ff0000000000000, three = 0x4008000000000000, third = 0x3fd5555555555555,
                      half = 0x3fe0000000000000, tiny = 0x0010000000000000, denormal = 1, huge = 0x7fefffffffffffff,
                      snan = 0x7ff0000000000001, qnan = 0x7ff8000000000000;
        const quint8 add = 0x58, mul = 0x59, div = 0x5e, ucomi = 0x2e;
        QTest::newRow("1/0, masked") << one << quint64{0} << div << 0x1f80u << -1 << 0x1f84u;
        QTest::newRow("1/0") << one << quint64{0} << div << 0x1d80u << 19 << 0x1d84u;
        QTest::newRow("0/0") << quint64{0} << quint64{0} << div << 0x1f00u << 19 << 0x1f01u;
        QTest::newRow("1/3") << one << three << div << 0x0f80u << 19 << 0x0fa0u;
        QTest::newRow("1/3, only overflow unmasked") << one << three << div << 0x1b80u << -1 << 0x1ba0u;
        QTest::newRow("overflow") << huge << huge << add << 0x1b80u << 19 << 0x1b88u;
        QTest::newRow("underflow") << tiny << tiny << mul << 0x1780u << 19 << 0x1790u;
        QTest::newRow("underflow, inexact") << (tiny | 1) << third << mul << 0x1780u << 19 << 0x17b0u;
        QTest::newRow("a denormal, exact") << tiny << half << mul << 0x1780u << 19 << 0x1790u;
        QTest::newRow("a denormal, exact, masked") << tiny << half << mul << 0x1b80u << -1 << 0x1b80u;
        QTest::newRow("denormal") << denormal << one << add << 0x1e80u << 19 << 0x1e82u;
        QTest::newRow("signalling") << snan << one << add << 0x1f00u << 19 << 0x1f01u;
        QTest::newRow("quiet") << qnan << one << add << 0x1f00u << -1 << 0x1f00u;
        QTest::newRow("unordered, quiet") << qnan << one << ucomi << 0x1f00u << -1 << 0x1f00u;
        QTest::newRow("unordered, signalling") << snan << one << ucomi << 0x1f00u << 19 << 0x1f01u;
        QTest::newRow("an old flag raises nothing") << one << one << add << 0x1d84u << -1 << 0x1d84u;
    }
    void unmasked() {
        QFETCH(quint64, a);
        QFETCH(quint64, b);
        QFETCH(quint8, opcode);
        QFETCH(uint, mxcsr);
        QFETCH(int, exception);
        QFETCH(uint, after);
        State s;
        s.setFx<u64>(kXmmAt, a);
        s.setFx<u64>(kXmmAt + 16, b);
        s.setFx<u32>(kMxcsrAt, mxcsr);
        s.setFx<u16>(0, 0x37f);
        const State before = s;
        const u8 prefix = opcode == 0x2e ? 0x66 : 0xf2;
        const auto fault = m_guest.run(s, {prefix, 0x0f, opcode, 0xc1});
        QCOMPARE(fault ? int{*fault} : -1, exception);
        QCOMPARE(s.fxAt<u32>(kMxcsrAt), after);
        if (fault) QCOMPARE(s.fxAt<u64>(kXmmAt), before.fxAt<u64>(kXmmAt));
    }

    // The flags are there when somebody looks, whoever looked before, and a run of many instructions ends with them.
    void flagsOverManyInstructions() {
        Guest guest;
        Registers& r = guest.cpu.regs;
        const Code code{0xf2, 0x0f, 0x5e, 0xc1,  // divsd %xmm1, %xmm0: 1 / 3
                        0x0f, 0xae, 0x1f,        // stmxcsr (%rdi)
                        0x0f, 0xae, 0x57, 0x08,  // ldmxcsr 8(%rdi): no flags
                        0xf2, 0x0f, 0x58, 0xd2,  // addsd %xmm2, %xmm2: exact
                        0x0f, 0xae, 0x5f, 0x10,  // stmxcsr 16(%rdi)
                        0xf2, 0x0f, 0x5e, 0xd3,  // divsd %xmm3, %xmm2: 2 / 0
                        0x0f, 0xae, 0x47, 0x20,  // fxsave 32(%rdi)
                        0xf2, 0x0f, 0x5c, 0xd2,  // subsd %xmm2, %xmm2: infinity - infinity
                        0xf4};                   // hlt
        guest.ram.write(PhysAddr(Guest::kCode), code);
        guest.ram.store<u32>(PhysAddr(Guest::kData) + 8, 0x1f80);
        r.rip = Guest::kCode;
        r.gpr[RDI] = Guest::kData;
        const u64 one = 0x3ff0000000000000;
        r.xmm[0].q[0] = r.xmm[2].q[0] = one;
        r.xmm[1].q[0] = 0x4008000000000000;
        QCOMPARE(guest.cpu.run(guest.ram, {}), CpuStop::Halt);
        const auto stored = [&](u64 at) { return guest.ram.load<u32>(PhysAddr(Guest::kData) + at); };
        QCOMPARE(stored(0), 0x1fa0u);
        QCOMPARE(stored(16), 0x1f80u);
        QCOMPARE(stored(32 + kMxcsrAt), 0x1f84u);
        QCOMPARE(r.mxcsr, 0x1f85u);
    }

    // Without OSXMMEXCPT the exception is #UD.
    void unmaskedWithoutOs() {
        State s;
        s.setFx<u32>(kMxcsrAt, 0x1f00);
        s.setFx<u16>(0, 0x37f);
        const u64 cr4 = m_guest.cpu.regs.cr4;
        m_guest.cpu.regs.cr4 = cr4 & ~u64{1 << 10};
        QCOMPARE(int{m_guest.run(s, {0xf2, 0x0f, 0x5e, 0xc1}).value_or(255)}, 6);  // divsd, 0/0
        m_guest.cpu.regs.cr4 = cr4;
    }
};

QTEST_APPLESS_MAIN(TestSse)
#include "tst_sse.moc"
