// What debuggers use: the trap flag's relatives. Debug registers, alignment checks, and breakpoints of the machine on
// instructions that take more than one tick.
#include <QtTest>

#include "tests/core/cpu_box.h"

using namespace ringside;
using namespace ringside::test;

namespace {

// INT 80h handler, SYSCALL entry, then: exceptions with an error code stop, those without count themselves.
constexpr std::initializer_list<u8> kStop = {0x0f, 0x01, 0xc1, 0x48, 0x83, 0xc4, 0x08, 0x48, 0xcf};
constexpr std::initializer_list<u8> kStopPlain = {0x0f, 0x01, 0xc1, 0x48, 0xcf};

Box program(std::initializer_list<u8> code) {
    Box box;
    box.put(kKernelCode + kStopWithError, kStop);
    box.put(kKernelCode + kCountTrap, kStopPlain);  // VMCALL; IRETQ
    box.put(kUserCode, code);
    return box;
}

constexpr u64 control(unsigned n, unsigned kind, unsigned length) {
    return u64{1} << (2 * n) | u64{kind} << (16 + 4 * n) | u64{length == 8 ? 2u : length - 1} << (18 + 4 * n);
}

// The next stop, which is the same with a recorder and with caches that were just dropped.
CpuStop next(Box& box, std::span<const u64> breakpoints = {}) {
    Box recorded = box, stepped = box;
    RunLimits limits;
    limits.breakpoints = breakpoints;
    limits.tick = box.cpu.tick + 100'000;
    const CpuStop stop = box.cpu.run(box.ram, limits);
    Recorder recorder;
    if (recorded.cpu.run(recorded.ram, limits, &recorder) != stop || !(recorded == box))
        qFatal("the recorded run differs");
    for (CpuStop s = CpuStop::TickLimit; s == CpuStop::TickLimit && stepped.cpu.tick < box.cpu.tick;) {
        stepped.cpu.dropCaches();
        s = stepped.run(1);
    }
    if (!(stepped == box)) qFatal("stepping differs");
    return stop;
}

constexpr u8 kNop = 0x90, kHlt = 0xf4;

}  // namespace

class TestDebug : public QObject {
    Q_OBJECT

 private Q_SLOTS:
    void executeBreakpointsComeBefore() {
        Box box = program({kNop, kNop, kNop, kHlt});
        box.cpu.regs.dr[2] = kUserCode + 1;
        box.cpu.regs.dr[7] |= control(2, 0, 1);
        QCOMPARE(next(box), CpuStop::Vmcall);
        QCOMPARE(box.frame(0), kUserCode + 1);
        QCOMPARE(box.cpu.regs.dr[6] & 0xf, u64{4});
        QVERIFY(!(box.frame(2) & flag::RF));  // the handler must set it to get on
        box.ram.store<u64>(PhysAddr(box.cpu.regs.gpr[RSP] + 16), box.frame(2) | flag::RF);
        QCOMPARE(next(box), CpuStop::Vmcall);
        QCOMPARE(box.frame(1), kUserCode + 3);  // #GP of HLT
    }

    void dataBreakpointsComeAfter_data() {
        QTest::addColumn<unsigned>("kind");
        QTest::addColumn<unsigned>("length");
        QTest::addColumn<u64>("at");
        QTest::addColumn<u64>("rip");
        // mov [0x20004], eax (7 bytes); mov eax, [0x20004] (7 bytes); hlt
        const u64 stored = kUserCode + 7, none = 0;
        QTest::newRow("write") << 1u << 4u << u64{0x20004} << stored;
        QTest::newRow("last byte") << 1u << 1u << u64{0x20007} << stored;
        QTest::newRow("behind") << 1u << 1u << u64{0x20008} << none;
        QTest::newRow("before") << 1u << 4u << u64{0x20000} << none;
        QTest::newRow("eight bytes") << 1u << 8u << u64{0x20000} << stored;
        QTest::newRow("lengths align the address") << 1u << 8u << u64{0x20002} << stored;
        QTest::newRow("access") << 3u << 2u << u64{0x20006} << stored;
        QTest::newRow("I/O is no memory") << 2u << 4u << u64{0x20004} << none;
    }
    void dataBreakpointsComeAfter() {
        QFETCH(unsigned, kind);
        QFETCH(unsigned, length);
        QFETCH(u64, at);
        QFETCH(u64, rip);
        Box box = program({0x89, 0x04, 0x25, 4, 0, 2, 0, 0x8b, 0x04, 0x25, 4, 0, 2, 0, kHlt});
        box.cpu.regs.dr[1] = at;
        box.cpu.regs.dr[7] |= control(1, kind, length);
        box.cpu.regs.gpr[RAX] = 77;
        QCOMPARE(next(box), CpuStop::Vmcall);
        QCOMPARE(box.ram.load<u32>(PhysAddr(0x20004)), 77u);
        if (rip == 0) {
            QCOMPARE(box.frame(1), kUserCode + 14);  // #GP of HLT
            return;
        }
        QCOMPARE(box.frame(0), rip);
        QCOMPARE(box.cpu.regs.dr[6] & 0xf, u64{2});
        QCOMPARE(next(box), CpuStop::Vmcall);
        QCOMPARE(box.frame(kind == 3 ? 0 : 1), kUserCode + 14);  // of the read, or of HLT
    }

    void repeatedStringsStopAtTheIteration() {
        // mov edi, 0x20000; mov ecx, 64; rep stosb; hlt
        Box box = program({0xbf, 0, 0, 2, 0, 0xb9, 64, 0, 0, 0, 0xf3, 0xaa, kHlt});
        box.cpu.regs.dr[0] = 0x20010;
        box.cpu.regs.dr[7] |= control(0, 1, 1);
        QCOMPARE(next(box), CpuStop::Vmcall);
        QCOMPARE(box.frame(0), kUserCode + 10);
        QCOMPARE(box.cpu.regs.gpr[RCX], u64{64 - 17});
        QCOMPARE(box.cpu.regs.gpr[RDI], u64{0x20011});
        QCOMPARE(next(box), CpuStop::Vmcall);
        QCOMPARE(box.cpu.regs.gpr[RCX], u64{0});
    }

    void debugRegistersCanBeGuarded() {
        Box box = program({});
        box.put(kKernelCode + kIdle, {0x0f, 0x21, 0xd0, kHlt});  // mov rax, dr2
        box.toKernel(kKernelCode + kIdle);
        box.cpu.regs.dr[7] |= u64{1} << 13;
        QCOMPARE(next(box), CpuStop::Vmcall);
        QCOMPARE(box.frame(0), kKernelCode + kIdle);
        QVERIFY(box.cpu.regs.dr[6] & u64{1} << 13);
        QVERIFY(!(box.cpu.regs.dr[7] & u64{1} << 13));
        QCOMPARE(next(box), CpuStop::Halt);
    }

    void writingDr7ArmsAtOnce() {
        Box box = program({});
        // mov dr0, rbx; mov dr7, rax; mov [rbx], al; hlt
        box.put(kKernelCode + kIdle, {0x0f, 0x23, 0xc3, 0x0f, 0x23, 0xf8, 0x88, 0x03, kHlt});
        box.toKernel(kKernelCode + kIdle);
        box.cpu.regs.gpr[RBX] = kUserData;
        box.cpu.regs.gpr[RAX] = control(0, 1, 1);
        QCOMPARE(next(box), CpuStop::Vmcall);
        QCOMPARE(box.frame(0), kKernelCode + kIdle + 8);
    }

    void alignmentIsChecked_data() {
        QTest::addColumn<QByteArray>("code");
        QTest::addColumn<u64>("rbx");
        QTest::addColumn<int>("exception");  // −1: none
        const auto row = [](const char* name, const char* code, u64 rbx, int exception) {
            QTest::newRow(name) << QByteArray::fromHex(code) << rbx << exception;
        };
        // What a host CPU answered to each, with CR0.AM and EFLAGS.AC set.
        const u64 at = kUserData;
        row("mov al", "8a03", at + 1, -1);
        row("mov ax", "668b03", at + 1, 17);
        row("mov eax", "8b03", at + 2, 17);
        row("mov eax, aligned", "8b03", at + 4, -1);
        row("mov rax", "488b03", at + 4, 17);
        row("mov rax, aligned", "488b03", at + 8, -1);
        row("unmapped too", "8b03", 0x3ff001, 17);
        row("crossing into unmapped", "8b03", 0x1ffffe, 17);
        row("not canonical", "8b03", 0x8000000000000001, 13);
        row("lock add", "f0830301", at + 2, 17);
        row("movups", "0f1003", at + 8, 17);
        row("movaps", "0f2803", at + 8, 13);
        row("movss", "f30f1003", at + 2, 17);
        row("cmpxchg8b", "0fc70b", at + 4, 17);
        row("fld m80", "db2b", at + 4, 17);
        row("fld m80, aligned by eight", "db2b", at + 8, -1);
        row("fnstenv", "d933", at + 2, 17);
        row("fnstenv, aligned by four", "d933", at + 4, -1);
        row("fnsave", "dd33", at + 4, -1);
        row("push", "4889dc50", at + 0x101, 17);
        row("rep stosq", "4889dfb903000000f348ab", at + 1, 17);
        row("rep stosb", "4889dfb903000000f3aa", at + 1, -1);
    }
    void alignmentIsChecked() {
        QFETCH(QByteArray, code);
        QFETCH(u64, rbx);
        QFETCH(int, exception);
        Box box = program({});
        for (u8 n = 0; n < 32; ++n)  // each exception its own entry: VMCALL
            if (n != 8) {
                box.gate(n, 0x400 + 16u * n);
                box.put(kKernelCode + 0x400 + 16u * n, {0x0f, 0x01, 0xc1});
            }
        code += static_cast<char>(0xcc);
        box.put(kUserCode,
                std::span(reinterpret_cast<const u8*>(code.constData()), static_cast<std::size_t>(code.size())));
        box.gate(3, 0x400 + 16u * 3, 0, 3);
        box.cpu.regs.gpr[RBX] = rbx;
        box.cpu.regs.rflags |= flag::AC;
        Box unchecked = box;
        QCOMPARE(next(box), CpuStop::Vmcall);
        const int taken = static_cast<int>(box.cpu.regs.rip - kKernelCode - 0x400) / 16;
        QCOMPARE(taken, exception < 0 ? 3 : exception);
        if (exception == 17) {
            QCOMPARE(box.frame(0), u64{0});
            QVERIFY(box.frame(1) >= kUserCode && box.frame(1) < kUserCode + static_cast<u64>(code.size()) - 1);
            unchecked.cpu.regs.cr0 &= ~(u64{1} << 18);
            QCOMPARE(next(unchecked), CpuStop::Vmcall);
            QVERIFY(unchecked.cpu.regs.rip != box.cpu.regs.rip);
        }
    }

    void popfSwitchesTheCheckOn() {
        // pushf; or dword [rsp], 0x40000; popf; mov eax, [0x20001]
        Box box = program({0x9c, 0x81, 0x0c, 0x24, 0, 0, 4, 0, 0x9d, 0x8b, 0x04, 0x25, 1, 0, 2, 0, kHlt});
        QCOMPARE(next(box), CpuStop::Vmcall);
        QCOMPARE(box.frame(0), u64{0});
        QCOMPARE(box.frame(1), kUserCode + 9);
        // In ring 0 nothing is checked, though the flag is still there.
        QVERIFY(box.cpu.regs.rflags & flag::AC);
        box.put(kKernelCode + kIdle, {0x8b, 0x04, 0x25, 1, 0, 2, 0, kHlt});
        box.cpu.regs.rip = kKernelCode + kIdle;
        QCOMPARE(next(box), CpuStop::Halt);
    }

    // 20,000 iterations are five ticks; a timer interrupt comes in between.
    void aBreakpointOnALongRepeatFiresOnce() {
        // nop; mov edi, 0x20000; mov ecx, 20000; rep stosb; hlt
        Box box = program({kNop, 0xbf, 0, 0, 2, 0, 0xb9, 0x20, 0x4e, 0, 0, 0xf3, 0xaa, kHlt});
        const std::array<u64, 1> here = {kUserCode + 11};
        QCOMPARE(next(box, here), CpuStop::Breakpoint);
        QCOMPARE(box.cpu.regs.gpr[RCX], u64{20000});
        Box interrupted = box;

        QCOMPARE(next(box, here), CpuStop::Vmcall);
        QCOMPARE(box.frame(1), kUserCode + 13);
        QCOMPARE(box.cpu.regs.gpr[RDI], u64{0x20000 + 20000});

        RunLimits one;
        one.breakpoints = here;
        one.tick = interrupted.cpu.tick + 2;
        QCOMPARE(interrupted.cpu.run(interrupted.ram, one), CpuStop::TickLimit);
        QCOMPARE(interrupted.cpu.regs.rip, here[0]);
        QCOMPARE(interrupted.cpu.regs.gpr[RCX], u64{20000 - 2 * 4096});
        QCOMPARE(interrupted.cpu.regs.gpr[RDI], u64{0x20000 + 2 * 4096});
        interrupted.cpu.interruptRequest = 0x20;
        QCOMPARE(next(interrupted, here), CpuStop::Vmcall);
        QCOMPARE(interrupted.frame(0), here[0]);   // the interrupt's frame points at the instruction
        QVERIFY(interrupted.frame(2) & flag::RF);  // and says that it goes on
        QCOMPARE(next(interrupted, here), CpuStop::Vmcall);
        QCOMPARE(interrupted.frame(1), kUserCode + 13);
        QVERIFY(interrupted.ram.load<u64>(PhysAddr(kUserData)) == box.ram.load<u64>(PhysAddr(kUserData)));
        QCOMPARE(interrupted.cpu.regs.gpr[RCX], u64{0});
    }

    // A page fault returns to the instruction; its breakpoint has fired already.
    void aBreakpointOnAFaultingInstructionFiresOnce() {
        Box box = program({kNop, 0x8b, 0x04, 0x25, 0, 0, 3, 0, kHlt});  // mov eax, [0x30000]
        box.map(0x30000, 0, 0);
        const std::array<u64, 1> here = {kUserCode + 1};
        QCOMPARE(next(box, here), CpuStop::Breakpoint);
        QCOMPARE(next(box, here), CpuStop::Vmcall);  // #PF
        QCOMPARE(box.cpu.regs.cr2, u64{0x30000});
        box.map(0x30000, 0x30000, 7);
        QCOMPARE(next(box, here), CpuStop::Vmcall);  // #GP of HLT
        QCOMPARE(box.frame(1), kUserCode + 8);
    }
};

QTEST_APPLESS_MAIN(TestDebug)
#include "tst_debug.moc"
