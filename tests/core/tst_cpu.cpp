// The CPU as a whole: privilege, faults, stops, and that no cache can be noticed.
#include <QtTest>

#include "tests/core/cpu_box.h"

using namespace ringside;
using namespace ringside::test;

asm(R"(
.pushsection .rodata
.intel_syntax noprefix
ringside_cpu_user:
  mov ebx, 3
.Louter:
  mov ecx, 50
  xor eax, eax
.Linner:
  add rax, rcx
  imul rdx, rax, 17
  mov [rsp-64], rdx
  xor rdx, [rsp-64]
  adc rsi, rax
  lea rdi, [rax+rcx*4+5]
  push rdi
  call .Lleaf
  pop rdi
  test cl, 1
  je .Leven
  ror r8, 3
  xor r8, rdi
.Leven:
  sub ecx, 1
  jne .Linner
  mov edi, 0x20ff0            # strings over page borders
  mov ecx, 600
  mov al, 0x5a
  rep stosb
  mov esi, 0x20ff0
  mov edi, 0x22ff8
  mov ecx, 70
  rep movsq
  mov edi, 0x22ff8
  mov ecx, 1000
  mov al, 0
  repne scasb
  mov r9, rcx
  mov rax, 0x1122334455667788 # one access in two pages
  mov [0x20ffd], rax
  lock add qword ptr [0x20ffd], 1
  mov r10, [0x20ffb]
  mov rax, r10
  xor edx, edx
  mov r11d, 1001
  div r11
  mov [0x21100], rdx
  lock cmpxchg [0x21100], rbx
  bts qword ptr [0x21100], 77
  rdtsc
  mov r12, rax
  lea r13, .Lpatch[rip]       # changes an instruction right behind
  mov byte ptr [r13+1], bl
.Lpatch:
  mov al, 99
  movzx r14d, al
  int 0x80
  syscall
  pushfq
  pop r15
  sub ebx, 1
  jne .Louter
  hlt                         # #GP
.Lleaf:
  inc r8
  shl r8, 1
  rcl r9, 1
  bswap rdi
  ret
ringside_cpu_user_end:

ringside_cpu_kernel:
  push rax                    # INT 80h
  inc qword ptr [0x95000]
  pop rax
  iretq
.org ringside_cpu_kernel + 64
  swapgs                      # SYSCALL
  inc qword ptr [0x95008]
  swapgs
  sysretq
.org ringside_cpu_kernel + 128
  vmcall                      # exceptions with an error code
  add rsp, 8
  iretq
.org ringside_cpu_kernel + 192
  inc qword ptr [0x95010]     # those without, and interrupts
  iretq
.org ringside_cpu_kernel + 256
  vmcall                      # double fault
  hlt
.org ringside_cpu_kernel + 320
  sti
  hlt
  jmp ringside_cpu_kernel + 320
ringside_cpu_kernel_end:
.att_syntax prefix
.popsection
)");
extern "C" const u8 ringside_cpu_user[], ringside_cpu_user_end[], ringside_cpu_kernel[], ringside_cpu_kernel_end[];

namespace {

Box program() {
    Box box;
    box.put(kUserCode, {ringside_cpu_user, ringside_cpu_user_end});
    box.put(kKernelCode, {ringside_cpu_kernel, ringside_cpu_kernel_end});
    return box;
}
Box program(std::initializer_list<u8> code) {
    Box box = program();
    box.put(kUserCode, code);
    return box;
}

// The program at full speed, to the #GP of its HLT.
Box finished() {
    Box box = program();
    if (box.run() != CpuStop::Vmcall) qFatal("the program did not reach its end");
    return box;
}

}  // namespace

class TestCpu : public QObject {
    Q_OBJECT

 private Q_SLOTS:
    void runsTheProgram() {
        const Box box = finished();
        QCOMPARE(box.cpu.regs.cpl(), 0u);
        QCOMPARE(box.frame(0), u64{0});                      // error code of the privileged instruction
        QCOMPARE(box.word(box.frame(1)) & 0xff, u64{0xf4});  // the pushed RIP is HLT's own
        QCOMPARE(box.frame(2), u64{kUserCs});
        QCOMPARE(box.frame(4), kUserStack);
        QCOMPARE(box.frame(5), u64{kUserSs});
        QCOMPARE(box.word(kCounters), u64{3});      // INT 80h
        QCOMPARE(box.word(kCounters + 8), u64{3});  // SYSCALL
        QCOMPARE(box.cpu.regs.gpr[R14], u64{1});    // the patched MOV of the last round
        QCOMPARE(box.cpu.regs.gpr[RBX], u64{0});
        QCOMPARE(box.word(0x20ffd), u64{0x1122334455667789});
        QVERIFY(box.cpu.counters.tlbMisses > 8);
        QVERIFY(box.cpu.counters.tlbHits > 1000);
        QCOMPARE(box.cpu.counters.traps, u64{4});
    }

    // However a run is cut into pieces, and whatever is dropped in between, it is the same run.
    void piecesMakeTheSameRun_data() {
        QTest::addColumn<int>("piece");
        QTest::addColumn<bool>("drop");
        for (int piece : {1, 2, 7, 31, 33, 100, 1000})
            for (bool drop : {false, true}) QTest::addRow("%d%s", piece, drop ? " dropped" : "") << piece << drop;
    }
    void piecesMakeTheSameRun() {
        QFETCH(int, piece);
        QFETCH(bool, drop);
        const Box whole = finished();
        Box box = program();
        for (;;) {
            const Tick before = box.cpu.tick;
            const CpuStop stop = box.run(static_cast<Tick>(piece));
            if (stop == CpuStop::Vmcall) break;
            QCOMPARE(stop, CpuStop::TickLimit);
            QCOMPARE(box.cpu.tick, before + static_cast<Tick>(piece));
            if (drop) box.cpu.dropCaches();
        }
        QVERIFY(box == whole);
    }

    void recordingChangesNothing() {
        const Box whole = finished();
        Box box = program();
        Recorder recorder;
        QCOMPARE(box.run(1'000'000, &recorder), CpuStop::Vmcall);
        QVERIFY(box == whole);
        QCOMPARE(static_cast<u64>(recorder.retired.size()), box.cpu.tick);
        u64 accesses = 0;
        for (std::size_t n = 0; n < recorder.retired.size(); ++n) {
            const Retired& step = recorder.retired[n];
            QCOMPARE(step.tick, static_cast<Tick>(n));
            if (n > 0) {
                QVERIFY(step.before == recorder.retired[n - 1].after);
                QCOMPARE(step.cyclesBefore, recorder.retired[n - 1].cyclesAfter);
            }
            QVERIFY(step.length > 0);
            QVERIFY(step.accesses[0].kind == AccessKind::Fetch);
            QCOMPARE(static_cast<u8>(step.accesses[0].value), step.bytes[0]);
            accesses += step.accesses.size();
        }
        QVERIFY(accesses > box.cpu.tick);
        QVERIFY(recorder.retired.back().after == box.cpu.regs);
        // mov [rsp-64], rdx
        const Retired& store = recorder.retired[5];
        QCOMPARE(store.accesses.size(), std::size_t{2});
        QVERIFY(store.accesses[1].kind == AccessKind::Write);
        QCOMPARE(store.accesses[1].address.value, kUserStack - 64);
        QCOMPARE(store.accesses[1].phys.value, kUserStack - 64);
        QCOMPARE(store.accesses[1].value, store.before.gpr[RDX]);
        QCOMPARE(store.accesses[1].tlbHit, false);
        QCOMPARE(recorder.retired[6].accesses[1].tlbHit, true);
    }

    void cycleLimitIsExact() {
        const Box whole = finished();
        Box steps = program();
        std::vector<Cycles> after;
        while (steps.run(1) == CpuStop::TickLimit) after.push_back(steps.cpu.cycles);
        for (Cycles limit : {u64{1}, u64{40}, u64{313}, u64{1000}, u64{2500}, u64{3777}, whole.cpu.cycles - 100}) {
            Box box = program();
            RunLimits limits;
            limits.cycles = limit;
            QCOMPARE(box.cpu.run(box.ram, limits), CpuStop::CycleLimit);
            const auto first = std::ranges::lower_bound(after, limit);
            QCOMPARE(box.cpu.tick, static_cast<Tick>(first - after.begin()) + 1);
            QCOMPARE(box.cpu.cycles, *first);
        }
    }

    void copyGoesItsOwnWay() {
        const Box whole = finished();
        Box box = program();
        for (int n = 0; n < 6; ++n) {
            QCOMPARE(box.run(200), CpuStop::TickLimit);
            Box copy = box;
            QVERIFY(copy == box);
            copy.run(150);
            QVERIFY(!(copy == box));
            Box third = box;
            third.cpu.regs.gpr[RAX] ^= 1;
            third.run();
        }
        QCOMPARE(box.run(), CpuStop::Vmcall);
        QVERIFY(box == whole);
    }

    void copiesDoNotShareWrites() {
        // L: inc dword [0x20000]; jmp L
        Box box = program({0xff, 0x04, 0x25, 0x00, 0x00, 0x02, 0x00, 0xeb, 0xf7});
        box.run(20);
        QCOMPARE(box.word(kUserData), u64{10});
        const Box copy = box;
        box.run(20);
        QCOMPARE(box.word(kUserData), u64{20});
        QCOMPARE(copy.word(kUserData), u64{10});
    }

    void restartsAfterPageFault() {
        // mov eax, 7; mov [0x30010], eax; mov ebx, [0x30010]; hlt
        Box box = program({0xb8, 7,    0,    0,    0,    0x89, 0x04, 0x25, 0x10, 0x00,
                           0x03, 0x00, 0x8b, 0x1c, 0x25, 0x10, 0x00, 0x03, 0x00, 0xf4});
        box.map(0x30000, 0, 0);
        QCOMPARE(box.run(), CpuStop::Vmcall);
        QCOMPARE(box.cpu.regs.cr2, u64{0x30010});
        QCOMPARE(box.frame(0), u64{pf::W | pf::U});
        QCOMPARE(box.frame(1), kUserCode + 5);
        QCOMPARE(box.cpu.tick, Tick{3});  // MOV, the fault, VMCALL
        box.map(0x30000, 0x31000, 7);
        box.cpu.invalidatePage(VirtAddr(0x30000));
        QCOMPARE(box.run(), CpuStop::Vmcall);  // the HLT
        QCOMPARE(box.cpu.regs.gpr[RBX], u64{7});
        QCOMPARE(box.word(0x31010), u64{7});
        QCOMPARE(box.entryOf(0x30000), u64{0x31000 | 7 | pte::A | pte::D});
    }

    void writeToReadOnlyPage() {
        Box box = program({0x8b, 0x04, 0x25, 0, 0, 2, 0, 0x89, 0x04, 0x25, 0, 0, 2, 0});  // load, then store
        box.map(kUserData, kUserData, 5);
        QCOMPARE(box.run(), CpuStop::Vmcall);
        QCOMPARE(box.frame(0), u64{pf::P | pf::W | pf::U});
        QCOMPARE(box.entryOf(kUserData), kUserData | 5 | pte::A);
    }

    void userMayNotTouchKernelPages() {
        Box box = program({0x8b, 0x04, 0x25, 0, 0, 8, 0});  // mov eax, [0x80000]
        QCOMPARE(box.run(), CpuStop::Vmcall);
        QCOMPARE(box.frame(0), u64{pf::P | pf::U});
        Box jump = program({0xe9, 0xfb, 0x3f, 0x07, 0x00});  // jmp 0x84000
        QCOMPARE(jump.run(), CpuStop::Vmcall);
        QCOMPARE(jump.frame(0), u64{pf::P | pf::U | pf::I});
        QCOMPARE(jump.frame(1), kKernelCode);
    }

    void noExecute() {
        Box box = program({0xe9, 0xfb, 0xff, 0x00, 0x00});  // jmp 0x20000
        box.map(kUserData, kUserData, 7 | pte::NX);
        QCOMPARE(box.run(), CpuStop::Vmcall);
        QCOMPARE(box.cpu.regs.cr2, kUserData);
        QCOMPARE(box.frame(0), u64{pf::P | pf::U | pf::I});
    }

    void instructionInTwoPages() {
        Box box = program();
        // mov eax, 0x11223344 with its last two bytes in the next page, which is missing at first
        box.put(0x10ffd, {0xb8, 0x44, 0x33, 0x22, 0x11, 0xf4});
        box.toUser(0x10ffd);
        box.map(0x11000, 0, 0);
        QCOMPARE(box.run(), CpuStop::Vmcall);
        QCOMPARE(box.cpu.regs.cr2, u64{0x11000});
        QCOMPARE(box.frame(0), u64{pf::U | pf::I});
        QCOMPARE(box.frame(1), u64{0x10ffd});
        box.map(0x11000, 0x11000, 7);
        Recorder recorder;
        QCOMPARE(box.run(100, &recorder), CpuStop::Vmcall);
        QCOMPARE(box.cpu.regs.gpr[RAX], u64{0x11223344});
        const Retired& mov = recorder.retired[2];
        QCOMPARE(mov.length, u8{5});
        QCOMPARE(mov.bytes[4], u8{0x11});
        QCOMPARE(mov.accesses.size(), std::size_t{2});
        QCOMPARE(mov.accesses[1].address.value, u64{0x11000});
        // The tail changes: what was decoded must not be used again.
        box.put(0x11000, {0x99});
        box.toUser(0x10ffd);
        QCOMPARE(box.run(), CpuStop::Vmcall);
        QCOMPARE(box.cpu.regs.gpr[RAX], u64{0x11993344});
    }

    void seesCodeWrittenByOthers() {
        Box box = program({0xb8, 1, 0, 0, 0, 0xeb, 0xf9});  // L: mov eax, 1; jmp L
        box.run(10);
        QCOMPARE(box.cpu.regs.gpr[RAX], u64{1});
        box.put(kUserCode + 1, {2});
        box.run(10);
        QCOMPARE(box.cpu.regs.gpr[RAX], u64{2});
        const Box copy = box;  // the frame is shared now; writing clones it
        box.put(kUserCode + 1, {3});
        box.run(10);
        QCOMPARE(box.cpu.regs.gpr[RAX], u64{3});
        box.ram = copy.ram;
        box.run(10);
        QCOMPARE(box.cpu.regs.gpr[RAX], u64{2});
    }

    void seesDataWrittenByOthers() {
        Box box = program({0x8b, 0x04, 0x25, 0, 0, 2, 0, 0xeb, 0xf7});  // L: mov eax, [0x20000]; jmp L
        box.run(10);
        QCOMPARE(box.cpu.regs.gpr[RAX], u64{0});  // read from a frame that does not exist yet
        box.ram.store<u32>(PhysAddr(kUserData), 5);
        box.run(10);
        QCOMPARE(box.cpu.regs.gpr[RAX], u64{5});
        const Box copy = box;
        box.ram.store<u32>(PhysAddr(kUserData), 6);
        box.run(10);
        QCOMPARE(box.cpu.regs.gpr[RAX], u64{6});
        box.ram.clearFrame(frameOf(PhysAddr(kUserData)));
        box.run(10);
        QCOMPARE(box.cpu.regs.gpr[RAX], u64{0});
    }

    void breakpoints() {
        Box box = program();
        const u64 address = kUserCode + 0x1f;  // adc rsi, rax
        RunLimits limits;
        limits.tick = 1'000'000;
        limits.breakpoints = {&address, 1};
        QCOMPARE(int(ringside_cpu_user[0x1d]), 0x48);
        const u64 real = kUserCode + 0x1d;
        limits.breakpoints = {&real, 1};
        for (unsigned n = 0; n < 150; ++n) {
            QCOMPARE(box.cpu.run(box.ram, limits), CpuStop::Breakpoint);
            QCOMPARE(box.cpu.regs.rip, real);
            QCOMPARE(box.cpu.regs.gpr[RCX], u64{50 - n % 50});
        }
        QCOMPARE(box.cpu.run(box.ram, limits), CpuStop::Vmcall);
        QVERIFY(box == finished());
    }

    void watchpoints() {
        Box box = program();
        RunLimits limits;
        limits.tick = 1'000'000;
        limits.watch = Watch{PhysAddr(0x21104), 1, false};
        QCOMPARE(box.cpu.run(box.ram, limits), CpuStop::Watchpoint);  // rep stosb
        QCOMPARE(box.cpu.regs.rip, kUserCode + 0x4b);
        QCOMPARE(box.cpu.run(box.ram, limits), CpuStop::Watchpoint);  // mov [0x21100], rdx
        QCOMPARE(box.cpu.regs.rip, kUserCode + 0xa8);
        QCOMPARE(box.cpu.run(box.ram, limits), CpuStop::Watchpoint);  // lock cmpxchg
        limits.watch->reads = true;
        limits.watch->begin = PhysAddr(0x22ff8);
        QCOMPARE(box.cpu.run(box.ram, limits), CpuStop::Watchpoint);
        while (box.cpu.run(box.ram, limits) == CpuStop::Watchpoint) {
        }
        QVERIFY(box == finished());
    }

    void privilegedInstructionsFault_data() {
        QTest::addColumn<QByteArray>("code");
        QTest::newRow("hlt") << QByteArray("\xf4");
        QTest::newRow("cli") << QByteArray("\xfa");
        QTest::newRow("mov cr3") << QByteArray("\x0f\x22\xd8");
        QTest::newRow("wrmsr") << QByteArray("\x0f\x30");
        QTest::newRow("lgdt") << QByteArray("\x0f\x01\x14\x25\x00\x00\x02\x00", 8);
        QTest::newRow("invlpg") << QByteArray("\x0f\x01\x3c\x25\x00\x00\x02\x00", 8);
        QTest::newRow("swapgs") << QByteArray("\x0f\x01\xf8");
        QTest::newRow("sysret") << QByteArray("\x48\x0f\x07");
        QTest::newRow("in al, dx") << QByteArray("\xec");
        QTest::newRow("rep outsb") << QByteArray("\xf3\x6e");
        QTest::newRow("rdpmc") << QByteArray("\x0f\x33");
        QTest::newRow("non-canonical") << QByteArray("\x48\xb8\0\0\0\0\0\0\0\x80\x8b\x00", 12);
        QTest::newRow("sgdt with UMIP") << QByteArray("\x0f\x01\x04\x25\x00\x00\x02\x00", 8);
        QTest::newRow("16 bytes") << QByteArray("\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x90");
    }
    void privilegedInstructionsFault() {
        QFETCH(QByteArray, code);
        Box box = program();
        box.cpu.regs.cr4 |= 0x800;
        box.put(kUserCode, {reinterpret_cast<const u8*>(code.constData()), static_cast<std::size_t>(code.size())});
        QCOMPARE(box.run(), CpuStop::Vmcall);
        QCOMPARE(box.cpu.regs.rip, kKernelCode + kStopWithError + 3);
        QCOMPARE(box.frame(0), u64{0});
        QVERIFY(!box.cpu.undefined);
    }

    void invalidOpcodes_data() {
        QTest::addColumn<QByteArray>("code");
        QTest::addColumn<bool>("reported");
        QTest::newRow("ud2") << QByteArray("\x0f\x0b") << false;
        QTest::newRow("vmcall in ring 3") << QByteArray("\x0f\x01\xc1") << false;
        QTest::newRow("lock on a register") << QByteArray("\xf0\x01\xc0") << false;
        QTest::newRow("lock mov") << QByteArray("\xf0\x89\x00") << false;
        QTest::newRow("lea of a register") << QByteArray("\x8d\xc0") << false;
        QTest::newRow("push es") << QByteArray("\x06") << false;
        QTest::newRow("vex") << QByteArray("\xc5\xf8\x58\xc1") << true;
        QTest::newRow("evex") << QByteArray("\x62\xf1\x7c\x48\x58\xc1") << true;
        QTest::newRow("rdrand") << QByteArray("\x0f\xc7\xf0") << true;
    }
    void invalidOpcodes() {
        QFETCH(QByteArray, code);
        QFETCH(bool, reported);
        Box box = program();
        box.gate(6, kStopDouble);
        box.put(kUserCode, {reinterpret_cast<const u8*>(code.constData()), static_cast<std::size_t>(code.size())});
        QCOMPARE(box.run(), CpuStop::Vmcall);
        QCOMPARE(box.frame(0), kUserCode);
        QCOMPARE(box.cpu.undefined.has_value(), reported);
        if (reported) QCOMPARE(box.cpu.undefined->bytes[0], static_cast<u8>(code[0]));
    }

    void stackFaultsForNonCanonicalStack() {
        Box box = program({0x48, 0xbc, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x50});  // mov rsp, 1 << 63; push rax
        box.gate(12, kStopDouble);
        QCOMPARE(box.run(), CpuStop::Vmcall);
        QCOMPARE(box.cpu.regs.rip, kKernelCode + kStopDouble + 3);
        QCOMPARE(box.frame(0), u64{0});
        QCOMPARE(box.frame(1), kUserCode + 10);
    }

    void doubleFaultThenShutdown() {
        Box box = program({0x0f, 0x0b});
        box.gate(6, kCountTrap);
        box.map(kKernelStack - 0x1000, 0, 0);  // no stack to push the frame on
        QCOMPARE(box.run(), CpuStop::Vmcall);
        QCOMPARE(box.cpu.regs.rip, kKernelCode + kStopDouble + 3);
        QCOMPARE(box.frame(0), u64{0});
        QVERIFY(box.cpu.regs.gpr[RSP] < kIst1 && box.cpu.regs.gpr[RSP] > kIst1 - 0x100);

        Box worse = program({0x0f, 0x0b});
        worse.map(kKernelStack - 0x1000, 0, 0);
        worse.map(kIst1 - 0x1000, 0, 0);
        QCOMPARE(worse.run(), CpuStop::Shutdown);
        QCOMPARE(worse.run(), CpuStop::Shutdown);
    }

    void interruptsWakeTheIdleLoop() {
        Box box = program();
        box.toKernel(kKernelCode + kIdle);
        QCOMPARE(box.run(), CpuStop::Halt);
        QCOMPARE(box.cpu.tick, Tick{2});
        QCOMPARE(box.run(), CpuStop::Halt);  // still nothing to do
        QCOMPARE(box.cpu.tick, Tick{2});
        box.cpu.interruptRequest = 0x20;
        QCOMPARE(box.run(), CpuStop::Halt);
        QVERIFY(!box.cpu.interruptRequest);
        QCOMPARE(box.word(kCounters + 16), u64{1});
        QCOMPARE(box.cpu.tick, Tick{2 + 1 + 2 + 3});  // delivery; INC, IRETQ; JMP, STI, HLT
    }

    void stiHoldsInterruptsOffForOneInstruction() {
        Box box = program();
        box.put(0x85000, {0xfb, 0x90, 0x90, 0xf4});  // sti; nop; nop; hlt
        box.toKernel(0x85000);
        box.cpu.interruptRequest = 0x20;
        Recorder recorder;
        box.run(3, &recorder);
        QCOMPARE(recorder.retired.size(), std::size_t{3});
        QCOMPARE(recorder.retired[1].bytes[0], u8{0x90});
        QCOMPARE(recorder.retired[2].length, u8{0});
        QCOMPARE(recorder.retired[2].trap.value_or(0), u8{0x20});
        QCOMPARE(box.frame(0), u64{0x85002});
    }

    void interruptsMaskedUntilSti() {
        Box box = program({0x90, 0x90, 0x90, 0xeb, 0xfb});
        box.cpu.regs.rflags &= ~flag::IF;
        box.cpu.interruptRequest = 0x20;
        box.run(50);
        QVERIFY(box.cpu.interruptRequest.has_value());
        box.cpu.regs.rflags |= flag::IF;
        box.run(1);
        QVERIFY(!box.cpu.interruptRequest);
        QCOMPARE(box.cpu.regs.cpl(), 0u);
    }

    void singleStepTraps() {
        Box box = program({0x90, 0xb8, 1, 0, 0, 0, 0x90, 0x0f, 0x05, 0x90, 0x90, 0xf4});
        box.cpu.regs.rflags |= flag::TF;
        box.run(1);
        QCOMPARE(box.cpu.regs.rip, kUserCode + 1);
        box.run(1);  // the trap itself is one tick
        QCOMPARE(box.cpu.regs.rip, kKernelCode + kCountTrap);
        QCOMPARE(box.frame(0), kUserCode + 1);
        QVERIFY(box.frame(2) & flag::TF);
        QVERIFY(!(box.cpu.regs.rflags & flag::TF));
        QCOMPARE(box.run(), CpuStop::Vmcall);
        // NOP, MOV, NOP, then after SYSRET each of the two NOPs; the SYSCALL's trap is not taken in the kernel.
        QCOMPARE(box.word(kCounters + 16), u64{5});
    }

    void softwareInterruptsCheckTheGate() {
        Box box = program({0xcd, 0x20});  // int 20h: DPL 0
        QCOMPARE(box.run(), CpuStop::Vmcall);
        QCOMPARE(box.frame(0), u64{0x20 * 8 + 2});
        Box allowed = program({0xcc, 0xf4});
        QCOMPARE(allowed.run(), CpuStop::Vmcall);
        QCOMPARE(allowed.word(kCounters + 16), u64{1});
    }

    void repStopsAtTheFaultAndGoesOn() {
        // mov edi, 0x20f00; mov ecx, 0x200; mov al, 1; rep stosb; hlt
        Box box = program({0xbf, 0, 0x0f, 2, 0, 0xb9, 0, 2, 0, 0, 0xb0, 1, 0xf3, 0xaa, 0xf4});
        box.map(0x21000, 0, 0);
        QCOMPARE(box.run(), CpuStop::Vmcall);
        QCOMPARE(box.cpu.regs.cr2, u64{0x21000});
        QCOMPARE(box.cpu.regs.gpr[RCX], u64{0x100});
        QCOMPARE(box.cpu.regs.gpr[RDI], u64{0x21000});
        QCOMPARE(box.frame(1), kUserCode + 12);
        box.map(0x21000, 0x21000, 7);
        QCOMPARE(box.run(), CpuStop::Vmcall);
        QCOMPARE(box.cpu.regs.gpr[RCX], u64{0});
        QCOMPARE(box.word(0x210f8), u64{0x0101010101010101});
    }

    void accessInTwoPagesIsAllOrNothing() {
        Box box = program({0x48, 0x89, 0x04, 0x25, 0xfc, 0x0f, 0x02, 0x00});  // mov [0x20ffc], rax
        box.cpu.regs.gpr[RAX] = ~u64{0};
        box.map(0x21000, 0, 0);
        QCOMPARE(box.run(), CpuStop::Vmcall);
        QCOMPARE(box.cpu.regs.cr2, u64{0x21000});
        QCOMPARE(box.ram.load<u32>(PhysAddr(0x20ffc)), 0u);
    }

    void aliasesSeeEachOther() {
        // mov byte [0x30000], 7; mov al, [0x20000]; hlt, with both pages in one frame
        Box box = program(
            {0x8a, 0x04, 0x25, 0, 0, 2, 0, 0xc6, 0x04, 0x25, 0, 0, 3, 0, 7, 0x8a, 0x04, 0x25, 0, 0, 2, 0, 0xf4});
        box.map(0x30000, kUserData, 7);
        QCOMPARE(box.run(), CpuStop::Vmcall);
        QCOMPARE(box.cpu.regs.gpr[RAX], u64{7});
    }

    // Code that a store through another address of the same frame changes.
    void changesCodeThroughAnAlias() {
        // L: mov byte [0x30008], 9; mov al, 1 <- patched; hlt
        Box box = program({0xc6, 0x04, 0x25, 0x09, 0, 3, 0, 9, 0xb0, 1, 0xf4});
        box.map(0x30000, kUserCode, 7);
        QCOMPARE(box.run(), CpuStop::Vmcall);
        QCOMPARE(box.cpu.regs.gpr[RAX], u64{9});
    }

    void kernelReloadsPageTables() {
        Box box = program();
        // mov rax, cr3; mov cr3, rax; mov ebx, [0x20000]; vmcall
        box.put(0x85000, {0x0f, 0x20, 0xd8, 0x0f, 0x22, 0xd8, 0x8b, 0x1c, 0x25, 0, 0, 2, 0, 0x0f, 0x01, 0xc1});
        box.ram.store<u32>(PhysAddr(kUserData), 1);
        box.ram.store<u32>(PhysAddr(0x31000), 2);
        box.toKernel(0x85000);
        QCOMPARE(box.run(), CpuStop::Vmcall);
        QCOMPARE(box.cpu.regs.gpr[RBX], u64{1});
        box.map(kUserData, 0x31000, 7);
        box.toKernel(0x85006);
        QCOMPARE(box.run(), CpuStop::Vmcall);
        QCOMPARE(box.cpu.regs.gpr[RBX], u64{1});  // the TLB still says so
        box.toKernel(0x85000);
        QCOMPARE(box.run(), CpuStop::Vmcall);
        QCOMPARE(box.cpu.regs.gpr[RBX], u64{2});
    }

    // The fall-through of a conditional jump that ends a full block must not become its target.
    void fullBlocksEndInConditionalJumps() {
        Box box = program();
        std::vector<u8> code;
        const auto put = [&](std::initializer_list<u8> bytes) { code.insert(code.end(), bytes); };
        put({0xb9, 40, 0, 0, 0});  // mov ecx, 40
        const std::size_t top = code.size();
        for (int n = 0; n < 30; ++n) put({0xff, 0xc0});       // inc eax
        put({0xff, 0xc9});                                    // dec ecx
        put({0x83, 0xe9, 0});                                 // sub ecx, 0
        put({0x75, static_cast<u8>(top - code.size() - 2)});  // jne top
        put({0xff, 0xc3, 0xf4});                              // inc ebx; hlt
        for (std::size_t skip = 0; skip < 8; ++skip) {
            // Enter at each of the first instructions, so that the jump falls on each place of its block.
            Box other = box;
            other.put(kUserCode, code);
            other.toUser(kUserCode + top + skip * 2);
            other.cpu.regs.gpr[RCX] = 3;
            QCOMPARE(other.run(), CpuStop::Vmcall);
            QCOMPARE(other.cpu.regs.gpr[RAX], u64{90 - skip});
            QCOMPARE(other.cpu.regs.gpr[RBX], u64{1});
        }
        // Not taken first, then taken: L: cmp eax, 3; je L2 … with the jump as the last of a full block.
        code.clear();
        for (int n = 0; n < 29; ++n) put({0x90});
        put({0xff, 0xc0});                                                   // inc eax
        put({0x83, 0xf8, 3});                                                // cmp eax, 3
        put({0x74, 0x02});                                                   // je out
        put({0xeb, static_cast<u8>(0 - static_cast<u8>(code.size() + 2))});  // jmp start
        put({0xf4});                                                         // out: hlt
        Box last = program();
        last.put(kUserCode, code);
        QCOMPARE(last.run(), CpuStop::Vmcall);
        QCOMPARE(last.cpu.regs.gpr[RAX], u64{3});
    }

    void resumeFlagLastsOneInstruction() {
        Box box = program({0x8b, 0x04, 0x25, 0, 0, 3, 0, 0x9c, 0x58, 0xcd, 0x80, 0xf4});
        box.map(0x30000, 0, 0);
        QCOMPARE(box.run(), CpuStop::Vmcall);
        QVERIFY(box.frame(3) & flag::RF);  // of a fault
        box.map(0x30000, 0x31000, 7);
        Recorder recorder;
        QCOMPARE(box.run(100, &recorder), CpuStop::Vmcall);
        QVERIFY(recorder.retired[2].before.rflags & flag::RF);
        QVERIFY(!(recorder.retired[2].after.rflags & flag::RF));
    }

    void cpuidSaysWhatTheModelIs() {
        Box box = program({0x0f, 0xa2, 0xf4});
        box.cpu.regs.gpr[RAX] = 1;
        Box v2 = box;
        v2.cpu.model = CpuModel::V2;
        box.run();
        v2.run();
        QCOMPARE(box.cpu.regs.gpr[RCX], u64{0});
        QVERIFY(box.cpu.regs.gpr[RDX] & 1 << 26);
        QVERIFY(v2.cpu.regs.gpr[RCX] & 1 << 20);
        QVERIFY(!(v2.cpu.regs.gpr[RCX] & 1 << 27));  // no OSXSAVE
    }
};

QTEST_APPLESS_MAIN(TestCpu)
#include "tst_cpu.moc"
