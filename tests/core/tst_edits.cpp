// What a person changes in a machine does what the same change would do to a real process, and says why when it can
// not.
#include <QtTest>

#include "core/kernel/proc/pid.h"
#include "core/machine/edits.h"
#include "tests/core/guest_program.h"

using namespace ringside;
using test::Program;

namespace {

Machine bootProgram(const Program& program) {
    Machine machine = test::machineWith(program.file());
    machine.trace.enabled = false;
    return machine;
}

void runToUser(Machine& machine, u64 rip) {
    const u64 breakpoints[] = {rip};
    QCOMPARE(machine.run({.breakpoints = breakpoints}), MachineStop::Breakpoint);
}

void perform(Machine& machine, const Expected<Edit>& edit) {
    QVERIFY2(edit.has_value(), edit ? "" : edit.error().sentence.c_str());
    edit->apply(machine);
}

}  // namespace

class EditsTest : public QObject {
    Q_OBJECT

 private Q_SLOTS:
    void formatsOfBinfmtMisc() {
        Program program;
        program.exit(3);
        Machine machine = bootProgram(program);
        runToUser(machine, Program::kBase + Program::kHeaders);
        const auto& formats = machine.kernel.vfs.miscFormats;
        perform(machine, registerFormat(machine, ":text:E::txt::/bin/cat:"));
        perform(machine, registerFormat(machine, ":zip:M:0:PK\\x03\\x04::/bin/unzip:F"));
        QCOMPARE(formats.size(), std::size_t{2});
        QCOMPARE(formats[0].magic, std::string("PK\x03\x04"));
        perform(machine, controlFormat(machine, "text", "0"));
        QVERIFY(!formats[1].enabled);
        perform(machine, controlFormat(machine, "zip", "-1"));
        QCOMPARE(formats.size(), std::size_t{1});
        QVERIFY(registerFormat(machine, ":text:E::doc::/bin/cat:").error().sentence.contains("already"));
        QVERIFY(registerFormat(machine, "nonsense").error().sentence.contains(":name:E:"));
        QVERIFY(!controlFormat(machine, "zip", "1"));
    }
    void registersAndFlags() {
        Program program;
        program.exit(3);
        Machine machine = bootProgram(program);
        runToUser(machine, Program::kBase + Program::kHeaders);
        for (std::string_view name : changeableRegisters()) {
            Machine changed = machine;
            const u64 value = name.size() == 2 && name != "r8" && name != "r9" ? 1 : 0x1234;
            perform(changed, changeRegister(changed, name, value));
            QCOMPARE(*registerValue(changed, name), name == "rflags" ? value | flag::kAlwaysOne : value);
        }
        QVERIFY(!changeRegister(machine, "cf", 2));
        QVERIFY(!changeRegister(machine, "eip", 2));
        // Past the first MOV: the status is what we say.
        runToUser(machine, Program::kBase + Program::kHeaders + 10);
        perform(machine, changeRegister(machine, "rdi", 9));
        QCOMPARE(machine.run({}), MachineStop::Finished);
        QCOMPARE(*machine.kernel.exitStatus, 9 << 8);
        QVERIFY(!changeRegister(machine, "rax", 1));
    }

    void memoryIsWrittenAsTheProcessWould() {
        Program program;
        const u64 data = program.text("A");
        program.load(data)
            .bytes({0x0f, 0xb6, 0xf8})
            .bytes({0xb8, 231, 0, 0, 0})
            .syscall();  // movzx edi, al; exit_group
        Machine machine = bootProgram(program);
        runToUser(machine, Program::kBase + Program::kHeaders);
        const Machine before = machine;
        const u8 bytes[] = {'B'};
        perform(machine, changeMemory(machine, 0, VirtAddr(data), bytes));
        QVERIFY(machine.brokenInvariants().empty());
        QCOMPARE(machine.run({}), MachineStop::Finished);
        QCOMPARE(*machine.kernel.exitStatus, 'B' << 8);
        Machine other = before;  // its page is its own
        other.run({});
        QCOMPARE(*other.kernel.exitStatus, 'A' << 8);
        QVERIFY(!changeMemory(before, 0, VirtAddr(0x10), bytes));
        QVERIFY(!changeMemory(before, 0, VirtAddr(0xffffffff81000000), bytes));
        QVERIFY(!changeMemory(before, 77, VirtAddr(data), bytes));
    }

    // As a debugger puts a breakpoint into code: the page becomes the process's own and stays read-only.
    void codeIsChangedToo() {
        Program program;
        program.call(10, {Program::kBase, kPageSize, 5});  // mprotect: read and execute
        const u64 at = program.here();
        program.bytes({0xbf, 3, 0, 0, 0}).bytes({0xb8, 231, 0, 0, 0}).syscall();  // exit_group(3)
        Machine machine = bootProgram(program);
        runToUser(machine, Program::kBase + Program::kHeaders);
        const auto entryOf = [](const Machine& m, u64 address) {
            const Walk found = walk(m.ram, m.cpu.pagingMode(), VirtAddr(address));
            return std::pair(found.end == WalkEnd::Mapped ? found.phys : PhysAddr(0), found.writable);
        };
        runToUser(machine, at);
        QVERIFY(!entryOf(machine, at).second);
        const Machine before = machine;
        const u8 seven[] = {7};
        perform(machine, changeMemory(machine, 0, VirtAddr(at + 1), seven));
        QVERIFY(!entryOf(machine, at).second);
        QVERIFY(entryOf(machine, at).first != entryOf(before, at).first);
        QVERIFY(machine.brokenInvariants().empty());
        QCOMPARE(machine.run({}), MachineStop::Finished);
        QCOMPARE(*machine.kernel.exitStatus, 7 << 8);
        Machine other = before;
        other.run({});
        QCOMPARE(*other.kernel.exitStatus, 3 << 8);
    }

    void signalWakesASleeperOnAHaltedMachine() {
        Program program;
        program.call(34).exit(3);  // pause
        Machine machine = bootProgram(program);
        QCOMPARE(machine.run({}), MachineStop::Deadlocked);
        const Tick tick = machine.cpu.tick;
        QCOMPARE(machine.run({}), MachineStop::Deadlocked);
        QCOMPARE(machine.cpu.tick, tick);
        QVERIFY(!raiseSignal(machine, 1, 0));
        QVERIFY(!raiseSignal(machine, 4711, 15));
        i32 pid = 0;
        for (const auto& [id, task] : machine.kernel.tasks)
            if (task.mm != MmId{}) pid = std::max(pid, task.pid());
        perform(machine, raiseSignal(machine, pid, 15));
        QCOMPARE(machine.run({}), MachineStop::Finished);
        QCOMPARE(*machine.kernel.exitStatus, 15);
    }

    void signalReachesABusyLoopAtOnce() {
        Program program;
        program.bytes({0xeb, 0xfe});  // jmp $
        Machine machine = bootProgram(program);
        runToUser(machine, Program::kBase + Program::kHeaders);
        perform(machine, raiseSignal(machine, 0, 9));
        QCOMPARE(machine.run({.tick = machine.cpu.tick + 2000}), MachineStop::Finished);
        QCOMPARE(*machine.kernel.exitStatus, 9);
    }

    void niceMovesTheWeight() {
        Program program;
        program.bytes({0xeb, 0xfe});
        Machine machine = bootProgram(program);
        runToUser(machine, Program::kBase + Program::kHeaders);
        const TaskId task = machine.kernel.current;
        perform(machine, changeNice(machine, 0, 5));
        QCOMPARE(machine.kernel.tasks.at(task).nice, 5);
        QCOMPARE(machine.kernel.tasks.at(task).se.load.weight, u64{335} << 10);
        QVERIFY(!changeNice(machine, 0, 20));
        machine.run({.tick = machine.cpu.tick + 100'000});
        QVERIFY(machine.brokenInvariants().empty());
    }
};

QTEST_APPLESS_MAIN(EditsTest)
#include "tst_edits.moc"
