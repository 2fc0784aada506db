#include <QtTest>
#include <map>
#include <random>

#include "core/kernel/mm/address_space.h"
#include "core/machine/machine.h"
#include "tests/core/guest_program.h"

using namespace ringside;
using namespace ringside::test;

namespace {

constexpr Tick kLimit = 2'000'000;

Program hello() {
    Program p;
    const u64 text = p.text("Hello\n");
    p.call(1, {1, text, 6}).exit(42);
    return p;
}

// The parent writes its page, forks; both write it again; the child exits with what it read, the parent with the sum.
Program forking() {
    Program p;
    const u64 data = Program::kBase + 0x5000;
    p.store(data, 7).call(57);
    const auto parent = p.jump({0x48, 0x85, 0xc0, 0x0f, 0x85});  // TEST rax, rax; JNZ
    p.store(data, 9).load(data).bytes({0x0f, 0xb6, 0xf8});       // MOVZX edi, al
    p.move(RAX, 231).syscall();
    p.land(parent);
    p.call(61, {~u64{0}, data + 0x1000, 0, 0});
    p.store(data + 1, 1).load(data).bytes({0x0f, 0xb6, 0xf8});
    p.move(RBX, data + 0x1001).bytes({0x02, 0x03, 0x0f, 0xb6, 0xf8});  // ADD al, [rbx]; MOVZX edi, al
    p.move(RAX, 231).syscall();
    return p;
}

Task firstProcess(const Machine& m) {
    for (auto [id, task] : m.kernel.tasks)
        if (task.pid() == 1) return task;
    return {};
}

QString joined(const std::vector<std::string>& lines) {
    QString all;
    for (const auto& line : lines) all += QString::fromStdString(line) + "\n";
    return all;
}

}  // namespace

class TestMachine : public QObject {
    Q_OBJECT

    void finishes(Machine& m, i32 status) {
        const MachineStop stop = m.run({.tick = kLimit});
        QCOMPARE(joined(m.brokenInvariants()), QString());
        QCOMPARE(QString::fromStdString(m.kernel.panic), QString());
        QCOMPARE(stop, MachineStop::Finished);
        QCOMPARE(m.kernel.exitStatus.value(), status);
    }

 private Q_SLOTS:
    void saysHello() {
        Machine m = machineWith(hello().file());
        finishes(m, 42 << 8);
        QCOMPARE(m.devices.console.output.text(), std::string("Hello\n"));
        QCOMPARE(m.kernel.counters.syscalls, u64{2});
    }

    void bootsInOrder() {
        Machine m = machineWith(hello().file());
        m.run({.tick = kLimit});
        std::string stages;
        for (const Event& e : m.trace.events)
            if (e.kind == EventKind::Boot) stages += e.text.substr(0, e.text.find(':')) + "|";
        QCOMPARE(stages, std::string("firmware|boot loader|startup_64|trap_init|mm_init|sched_init|vfs_caches_init|"
                                     "time_init|rest_init|console_on_rootfs|run_init_process|kernel_init|"));
    }

    void copiesRunAlike() {
        Machine m = machineWith(forking().file(0x10000));
        m.run({.tick = 150});
        Machine copy = m;
        QVERIFY(copy == m);
        m.run({.tick = kLimit});
        QVERIFY(!(copy == m));
        copy.run({.tick = kLimit});
        QVERIFY(copy == m);
    }

    void stepsAreTheRun() {
        Machine fast = machineWith(forking().file(0x10000));
        Machine slow = fast;
        fast.run({.tick = kLimit});
        while (slow.step() == MachineStop::TickLimit) slow.cpu.dropCaches();
        QVERIFY(slow == fast);
        QCOMPARE(slow.cpu.tick, fast.cpu.tick);
    }

    void invariantsHoldAtEveryStep() {
        Machine m = machineWith(forking().file(0x10000));
        for (MachineStop stop = MachineStop::TickLimit; stop == MachineStop::TickLimit;) {
            stop = m.run({.tick = m.cpu.tick + 7});
            QCOMPARE(joined(m.brokenInvariants()), QString());
        }
    }

    void invariantsCanBreak() {
        Machine m = machineWith(hello().file());
        m.run({.tick = 200});
        m.kernel.frames.pages.edit(m.kernel.frames.free.first).refcount = 1;
        QVERIFY(!m.brokenInvariants().empty());
    }

    void forkCopiesOnWrite() {
        Machine m = machineWith(forking().file(0x10000));
        finishes(m, (7 + 9) << 8);
        QCOMPARE(m.kernel.counters.forks, u64{1});
        QVERIFY(m.kernel.counters.cowCopies >= 1);
        QVERIFY(m.kernel.counters.cowReuses >= 1);
        bool copied = false, reused = false;
        for (const Event& e : m.trace.events) {
            if (e.kind == EventKind::CowCopy && e.args[0] == Program::kBase + 0x5000) copied = true;
            if (e.kind == EventKind::CowReuse && e.args[0] == Program::kBase + 0x5000) reused = copied;
        }
        QVERIFY(copied);
        QVERIFY(reused);  // the last owner does not copy
    }

    void zeroPageAndZeroFill() {
        Program p;
        const u64 data = Program::kBase + 0x5000;
        p.load(data).load(data + 0x1000).store(data, 1).store(data + 0x2000, 2).exit(0);
        Machine m = machineWith(p.file(0x10000));
        finishes(m, 0);
        QCOMPARE(m.kernel.counters.faultsZeroPage, u64{2});
        QVERIFY(m.kernel.counters.faultsZero >= 2);
    }

    void allMemoryComesBack() {
        Machine m = machineWith(forking().file(0x10000));
        m.run({.events = RunUntil::bit(EventKind::Exec)});
        QCOMPARE(joined(m.brokenInvariants()), QString());
        m.run({.tick = kLimit});
        u64 anonymous = 0;
        for (u32 f = 0; f < m.ram.frameCount(); ++f) anonymous += m.kernel.frames.pages[f].use == PageUse::Anonymous;
        QCOMPARE(anonymous, u64{0});
    }

    void segmentationFaultKills() {
        Program p;
        p.store(0x10, 1).exit(0);
        Machine m = machineWith(p.file());
        finishes(m, kSigSegv);
        QCOMPARE(m.kernel.counters.segfaults, u64{1});
    }

    void writingTextIsForbidden() {
        Program p;
        p.call(10, {Program::kBase, 4096, 5}).store(Program::kBase, 1).exit(0);  // mprotect to R+X
        Machine m = machineWith(p.file());
        finishes(m, kSigSegv);
    }

    void kernelMemoryIsForbidden() {
        Program p;
        p.load(0xffffffff81000000).exit(0);
        Machine m = machineWith(p.file());
        finishes(m, kSigSegv);
    }

    void divisionByZeroKills() {
        Program p;
        p.bytes({0x31, 0xc9, 0x31, 0xd2, 0xf7, 0xf1}).exit(0);  // XOR ecx, ecx; XOR edx, edx; DIV ecx
        Machine m = machineWith(p.file());
        finishes(m, kSigFpe);
    }

    void privilegedInstructionKills() {
        Program p;
        p.bytes({0xf4}).exit(0);  // HLT
        Machine m = machineWith(p.file());
        finishes(m, kSigSegv);
    }

    void unknownInstructionKillsAndSaysSo() {
        Program p;
        p.bytes({0x0f, 0x0b}).exit(0);
        Machine m = machineWith(p.file());
        finishes(m, kSigIll);
    }

    void missingInstructionIsNamed() {
        Program p;
        const u64 at = p.here();
        p.bytes({0xc5, 0xfc, 0x58, 0xc1}).exit(0);  // VADDPS ymm0, ymm0, ymm1
        Machine m = machineWith(p.file());
        finishes(m, kSigIll);
        const auto event = std::find_if(m.trace.events.begin(), m.trace.events.end(),
                                        [](const Event& e) { return e.kind == EventKind::Undefined; });
        QVERIFY(event != m.trace.events.end());
        QCOMPARE(event->args[0], at);
        QCOMPARE(event->text, std::string("c5 fc 58 c1 (vaddps): not an instruction this CPU has"));
    }

    void stackGrowsToItsLimit() {
        Program grows;
        grows.store(kTaskSize - (u64{7} << 20), 1).exit(3);
        Machine m = machineWith(grows.file());
        finishes(m, 3 << 8);
        Program tooFar;
        tooFar.store(kTaskSize - (u64{9} << 20), 1).exit(3);
        Machine n = machineWith(tooFar.file());
        finishes(n, kSigSegv);
    }

    void int80Writes() {
        Program p;
        const u64 text = p.text("32\n");
        p.move(RAX, 4).move(RBX, 1).move(RCX, text).move(RDX, 3).bytes({0xcd, 0x80});
        p.bytes({0x89, 0xc3}).move(RAX, 1).bytes({0xcd, 0x80});  // exit(result)
        Machine m = machineWith(p.file());
        m.trace = {.enabled = true, .calls = true};
        finishes(m, 3 << 8);
        QCOMPARE(m.devices.console.output.text(), std::string("32\n"));
        std::map<std::string, int> entered;
        for (const Event& event : m.trace.events)
            if (event.kind == EventKind::CallEnter) ++entered[event.text];
        QCOMPARE(entered["do_int80_syscall_32"], 2);
        QCOMPARE(entered["do_syscall_64"], 0);
    }

    void timerInterruptsALoop() {
        Program p;
        p.move(RCX, 50'000).bytes({0x48, 0xff, 0xc9, 0x75, 0xfb}).exit(0);  // DEC rcx; JNZ
        Machine m = machineWith(p.file());
        finishes(m, 0);
        QVERIFY(m.kernel.counters.irqs >= 20);
        QVERIFY(m.kernel.counters.irqs <= 60);
    }

    void sleepersLetTimePass() {
        Program p;
        const u64 spec = p.text(std::string("\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16));
        p.call(35, {spec, 0}).exit(0);  // nanosleep of 2 s
        Machine m = machineWith(p.file());
        finishes(m, 0);
        QVERIFY(m.nanoseconds() >= 2'000'000'000);
        QVERIFY(m.nanoseconds() < 2'100'000'000);
        QVERIFY(m.cpu.tick < 5000);
    }

    void waitsForInput() {
        Program p;
        const u64 buffer = Program::kBase + 0x5000;
        p.call(0, {0, buffer, 16}).bytes({0x89, 0xc7}).move(RAX, 231).syscall();
        Machine m = machineWith(p.file(0x10000));
        QCOMPARE(m.run({.tick = kLimit}), MachineStop::NeedsInput);
        QCOMPARE(m.run({.tick = kLimit}), MachineStop::NeedsInput);
        m.type("abc\n");
        finishes(m, 4 << 8);
    }

    void breakpointsAreNotMissed() {
        Program p;
        p.move(RCX, 20'000);
        const u64 loop = p.here();
        p.bytes({0x48, 0xff, 0xc9, 0x75, 0xfb}).exit(0);
        Machine m = machineWith(p.file());
        const std::vector<u64> points{loop};
        int hits = 0;
        while (m.run({.tick = kLimit, .breakpoints = points}) == MachineStop::Breakpoint) ++hits;
        // An interrupt between two hits may show the same visit twice, before and behind it; it may hide none.
        QVERIFY(hits >= 20'000);
        QVERIFY(hits <= 20'000 + static_cast<int>(m.kernel.counters.irqs));
    }

    void eventsStopTheRun() {
        Machine m = machineWith(hello().file());
        QCOMPARE(m.run({.events = RunUntil::bit(EventKind::SyscallExit)}), MachineStop::Event);
        QCOMPARE(m.trace.events.back().kind, EventKind::SyscallExit);
        QCOMPARE(m.trace.events.back().args[0], u64{1});
    }

    void scriptsRunTheirInterpreter() {
        MachineOptions options = classroomProfile();
        options.kernel.program = "/script";
        Machine m = *Machine::boot(options);
        install(m, "/program", hello().file());
        install(m, "/script", "#! /program  -x y \nrest");
        finishes(m, 42 << 8);
        const Bprm bprm = firstProcess(m).exec;
        QCOMPARE(bprm.argv, (std::vector<std::string>{"/program", "-x y", "/script"}));
        QCOMPARE(bprm.interp, std::string("/program"));
        QCOMPARE(bprm.formats[1].result, i64{0});
    }

    void aScriptMayNotNameItself() {
        MachineOptions options = classroomProfile();
        options.kernel.program = "/script";
        Machine m = *Machine::boot(options);
        install(m, "/script", "#!/script\n");
        QCOMPARE(m.run({.tick = kLimit}), MachineStop::Panicked);
        QVERIFY2(m.kernel.panic.find("ELOOP") != std::string::npos, m.kernel.panic.c_str());
    }

    void missingProgramPanics() {
        MachineOptions options = classroomProfile();
        options.kernel.program = "/nothing";
        Machine m = *Machine::boot(options);
        QCOMPARE(m.run({.tick = kLimit}), MachineStop::Panicked);
        QVERIFY2(m.kernel.panic.find("ENOENT") != std::string::npos, m.kernel.panic.c_str());
        QCOMPARE(joined(m.brokenInvariants()), QString());
    }

    void badOptionsAreTurnedAway() {
        MachineOptions options;
        options.kernel.program = "/x";
        options.ramBytes = 4096;  // one page
        QVERIFY(!Machine::boot(options).has_value());
        options = classroomProfile();
        options.kernel.hz = 0;
        QVERIFY(!Machine::boot(options).has_value());
    }

    // Writes each of `pages` pages twice, the second time only where the first is still there; exits with 0 if it is.
    static std::string touching(u32 pages) {
        Program p;
        const u64 data = Program::kBase + 0x10000;
        const auto loopOver = [&](std::initializer_list<int> body) {
            p.move(RBX, data).move(RCX, pages);
            const u64 top = p.here();
            p.bytes(body).bytes(
                {0x48, 0x81, 0xc3, 0x00, 0x10, 0x00, 0x00, 0x48, 0xff, 0xc9});  // ADD rbx, 4096; DEC rcx
            const i32 back = static_cast<i32>(top - (p.here() + 6));
            p.bytes({0x0f, 0x85, back & 255, back >> 8 & 255, back >> 16 & 255, back >> 24 & 255});  // JNZ
        };
        p.move(RDI, 0);
        loopOver({0x48, 0x89, 0x0b});  // MOV [rbx], rcx
        // MOV rax, rcx; XOR rax, [rbx]; OR rdi, rax; INC qword [rbx]
        loopOver({0x48, 0x89, 0xc8, 0x48, 0x33, 0x03, 0x48, 0x09, 0xc7, 0x48, 0xff, 0x03});
        p.bytes({0x48, 0x85, 0xff, 0x40, 0x0f, 0x95, 0xc7, 0x40, 0x0f, 0xb6, 0xff});  // TEST rdi, rdi; SETNE; MOVZX
        p.move(RAX, 231).syscall();
        return p.file(u64{0x10000} + u64{pages} * kPageSize);
    }

    void swapsWhatDoesNotFit() {
        MachineOptions options = classroomProfile();
        options.ramBytes = u64{1} << 20;  // 256 frames
        options.swapBytes = u64{8} << 20;
        Machine m = machineWith(touching(1024), options);
        QCOMPARE(m.run({.tick = 20'000'000}), MachineStop::Finished);
        QCOMPARE(joined(m.brokenInvariants()), QString());
        QCOMPARE(m.kernel.exitStatus.value(), 0);
        QVERIFY(m.kernel.counters.swapOuts >= 1024);
        QVERIFY(m.kernel.counters.swapIns >= 768);
        QCOMPARE(m.kernel.frames.swapUsed, 0u);
    }

    void killsWhenMemoryAndSwapAreFull() {
        MachineOptions options = classroomProfile();
        options.ramBytes = u64{1} << 20;
        options.swapBytes = u64{1} << 20;
        Machine m = machineWith(touching(1024), options);
        QCOMPARE(m.run({.tick = 20'000'000}), MachineStop::Finished);
        QCOMPARE(joined(m.brokenInvariants()), QString());
        QCOMPARE(m.kernel.exitStatus.value(), kSigKill);
        bool killed = false;
        for (const Event& e : m.trace.events) killed |= e.kind == EventKind::Oom;
        QVERIFY(killed);
    }

    void swappingIsDeterministic() {
        MachineOptions options = classroomProfile();
        options.ramBytes = u64{1} << 20;
        options.swapBytes = u64{8} << 20;
        Machine m = machineWith(touching(600), options);
        m.run({.tick = 20'000});
        Machine copy = m;
        for (int i = 0; i < 40; ++i) {
            m.run({.tick = m.cpu.tick + 997});
            QCOMPARE(joined(m.brokenInvariants()), QString());
        }
        copy.run({.tick = m.cpu.tick});
        QVERIFY(copy == m);
    }

    void hugePagesAreUsedSplitAndFreed() {
        MachineOptions options = desktopProfile();
        options.ramBytes = u64{32} << 20;
        options.kernel.hugePages = true;
        Program p;
        const u64 data = u64{6} << 20;
        p.store(data, 7).store(data + (u64{2} << 20), 8).store(data + 0x5000, 9);
        p.call(10, {data + 0x6000, 4096, 1});  // mprotect splits the first
        p.call(57);                            // fork shares the second, the child's write splits it
        p.store(data + (u64{2} << 20) + 5, 1);
        p.call(61, {~u64{0}, 0, 0, 0});
        p.load(data + 0x5000).bytes({0x0f, 0xb6, 0xf8}).move(RAX, 231).syscall();
        Machine m = machineWith(p.file(u64{8} << 20), options);
        m.run({.events = RunUntil::bit(EventKind::ZeroFill)});
        while (m.kernel.mms.empty() || m.run({.events = RunUntil::bit(EventKind::PageFault)}) == MachineStop::Event)
            QCOMPARE(joined(m.brokenInvariants()), QString());
        QCOMPARE(joined(m.brokenInvariants()), QString());
        QCOMPARE(m.kernel.exitStatus.value_or(-1), 9 << 8);
        int huge = 0;
        for (const Event& e : m.trace.events) huge += e.kind == EventKind::ZeroFill && e.text == "2 MiB page";
        QCOMPARE(huge, 2);
        for (u32 f = 0; f < m.ram.frameCount(); ++f) QVERIFY(m.kernel.frames.pages[f].order == 0);
    }

    void fiveLevelsWork() {
        MachineOptions options = classroomProfile();
        options.kernel.fiveLevel = true;
        Machine m = machineWith(forking().file(0x10000), options);
        finishes(m, (7 + 9) << 8);
        QVERIFY(m.cpu.regs.cr4 & 1 << 12);
    }

    void brokenFilesNeverCrash() {
        const std::string good = hello().file();
        std::mt19937 random(1);
        for (int i = 0; i < 300; ++i) {
            std::string bad = good;
            if (i % 3 == 0) bad.resize(random() % bad.size());
            for (int k = 0; k < 3 && !bad.empty(); ++k)
                bad[random() % std::min<std::size_t>(bad.size(), 120)] = static_cast<char>(random());
            Machine m = machineWith(bad);
            m.run({.tick = 20'000});
            QCOMPARE(joined(m.brokenInvariants()), QString());
        }
    }
};

QTEST_APPLESS_MAIN(TestMachine)
#include "tst_machine.moc"
