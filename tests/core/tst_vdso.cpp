// The vDSO: which symbols it has, that it tells the same time as the system calls whatever the clock, that it enters no
// kernel, and that what it reads belongs to the machine that one travels through.
#include <QtTest>

#include "core/elf/elf_file.h"
#include "core/elf/symbols.h"
#include "core/kernel/mm/page_tables.h"
#include "core/kernel/mm/special_mapping.h"
#include "core/timeline/timeline.h"
#include "tests/core/guest_program.h"

using namespace ringside;
using test::Program;

namespace {

// Of a program without a dynamic loader: right below the top of the area of mmap.
constexpr u64 kVdso = 0x7ffff7ffd000, kResults = 0x500000;
constexpr i32 kClocks[] = {0, 1, 2, 3, 4, 5, 6, 7, 11};
constexpr int kRounds = 12;
struct Time {
    i64 seconds, nanoseconds;
    i64 total() const { return seconds * 1'000'000'000 + nanoseconds; }
};

const elf::SymbolTable& symbols() {
    static const elf::SymbolTable table(*elf::readElf(*vdsoImage()));
    return table;
}

Program& callVdso(Program& program, const char* name, std::initializer_list<u64> args) {
    constexpr Gpr kOrder[] = {RDI, RSI, RDX};
    std::size_t i = 0;
    for (u64 a : args) program.move(kOrder[i++], a);
    return program.move(RAX, kVdso + *symbols().addressOf(name)).bytes({0xff, 0xd0});  // call rax
}

Program& spin(Program& program, u64 rounds) {
    return program.move(RCX, rounds).bytes({0x48, 0xff, 0xc9, 0x75, 0xfb});  // dec rcx; jnz
}

// Every clock by system call, by the vDSO, and by system call again; with time between the rounds.
std::string sandwich(u64 cyclesPerTick) {
    Program program;
    u64 at = kResults;
    for (int round = 0; round < kRounds; ++round) {
        for (i32 clock : kClocks) {
            program.call(228, {static_cast<u64>(clock), at});
            callVdso(program, "__vdso_clock_gettime", {static_cast<u64>(clock), at + 16});
            program.call(228, {static_cast<u64>(clock), at + 32});
            at += 48;
        }
        spin(program, cyclesPerTick / 7);
    }
    program.call(1, {1, kResults, at - kResults}).exit(0);
    return program.file(kResults + (at - kResults) - Program::kBase);
}

}  // namespace

class VdsoTest : public QObject {
    Q_OBJECT

 private Q_SLOTS:
    // The names by which libc looks for it (vdso(7)), the weak ones beside the others.
    void symbolsAreThere() {
        for (const char* name : {"clock_gettime", "gettimeofday", "time", "clock_getres", "getcpu"}) {
            const auto strong = symbols().addressOf(std::string("__vdso_") + name), weak = symbols().addressOf(name);
            QVERIFY2(strong && weak, name);
            QCOMPARE(*weak, *strong);
        }
    }

    void agreesWithSystemCalls_data() {
        QTest::addColumn<quint64>("clockHz");
        for (u64 hz : {1'000'000ul, 333'000ul, 1'234'567ul, 97'000'000ul, 1'000'000'000ul, 2'500'000'001ul})
            QTest::newRow(std::to_string(hz).c_str()) << quint64{hz};
    }
    void agreesWithSystemCalls() {
        QFETCH(quint64, clockHz);
        MachineOptions options = classroomProfile();
        options.clockHz = clockHz;
        options.kernel.terminal = false;
        Machine m = test::machineWith(sandwich(clockHz / options.kernel.hz), options);
        m.devices.console.terminal = false;
        QCOMPARE(m.run({}), MachineStop::Finished);
        QCOMPARE(m.brokenInvariants(), std::vector<std::string>());
        const std::string output = m.devices.console.output.text();
        constexpr std::size_t kCount = kRounds * std::size(kClocks);
        QCOMPARE(output.size(), kCount * 3 * sizeof(Time));
        std::vector<Time> times(kCount * 3);
        std::memcpy(times.data(), output.data(), output.size());
        i64 first[12] = {}, last[12] = {};
        for (std::size_t i = 0; i < kCount; ++i) {
            const Time *t = &times[3 * i], clock = times[3 * i + 1];
            const i32 which = kClocks[i % std::size(kClocks)];
            QVERIFY2(clock.nanoseconds >= 0 && clock.nanoseconds < 1'000'000'000, std::to_string(which).c_str());
            QVERIFY2(t[0].total() <= clock.total() && clock.total() <= t[2].total(), std::to_string(which).c_str());
            if (i < std::size(kClocks)) first[which] = clock.total();
            last[which] = clock.total();
        }
        for (i32 clock : kClocks) QVERIFY2(last[clock] > first[clock], std::to_string(clock).c_str());
    }

    void entersNoKernel() {
        Program program;
        for (int i = 0; i < 100; ++i) {
            callVdso(program, "clock_gettime", {1, kResults});
            callVdso(program, "gettimeofday", {kResults, kResults + 16});
            callVdso(program, "time", {0});
            callVdso(program, "clock_getres", {1, kResults});
            callVdso(program, "getcpu", {kResults, kResults, 0});
        }
        program.exit(0);
        Machine m = test::machineWith(program.file(kResults + 64 - Program::kBase));
        QCOMPARE(m.run({}), MachineStop::Finished);
        QCOMPARE(m.kernel.counters.syscalls, u64{1});
        QCOMPARE(*m.kernel.exitStatus, 0);
    }

    void getcpuAnswers() {
        Program program;
        program.store(kResults, 9).store(kResults + 4, 9);
        callVdso(program, "getcpu", {kResults, kResults + 4, 0});
        // exit(the sum of both and of what was returned)
        program.bytes({0x89, 0xc7}).move(RBX, kResults).bytes({0x03, 0x3b, 0x03, 0x7b, 0x04});
        program.move(RAX, 231).syscall();
        Machine m = test::machineWith(program.file(kResults + 64 - Program::kBase));
        QCOMPARE(m.run({}), MachineStop::Finished);
        QCOMPARE(*m.kernel.exitStatus, 0);
    }

    // clock_settime is seen at once, not at the next tick.
    void setClockIsSeen() {
        constexpr u64 kWhen = 2'000'000'000;
        Program program;
        program.move(RBX, kResults).move(RAX, kWhen).bytes({0x48, 0x89, 0x03});  // mov [rbx], rax
        program.call(227, {0, kResults});
        callVdso(program, "clock_gettime", {0, kResults});
        program.bytes({0x48, 0x8b, 0x03}).move(RDI, kWhen).bytes({0x48, 0x29, 0xc7}).move(RAX, 231).syscall();
        Machine m = test::machineWith(program.file(kResults + 64 - Program::kBase));
        QCOMPARE(m.run({}), MachineStop::Finished);
        QCOMPARE(*m.kernel.exitStatus, 0);
    }

    // Whatever moment one comes back to, [vvar] has what it had.
    void travelsInTime() {
        Machine start = test::machineWith(sandwich(4000));
        Machine straight = start;
        QCOMPARE(straight.run({}), MachineStop::Finished);
        Timeline timeline(start);
        timeline.run({});
        QCOMPARE(timeline.now(), straight);
        for (const Tick part : {3u, 2u, 4u}) {
            const Tick tick = straight.cpu.tick - straight.cpu.tick / part;
            timeline.seek(tick);
            Machine direct = start;
            direct.run({.tick = tick});
            QCOMPARE(timeline.now(), direct);
            const PhysAddr page = addressOf(FrameNo(direct.kernel.frames.vvarPage));
            QVERIFY(direct.ram.load<u64>(PhysAddr(page.value + 128 + 8)) > 0);  // cycle_last
            QVERIFY(timeline.now().ram.load<u64>(PhysAddr(page.value + 128 + 8)) <= direct.cpu.cycles);
        }
    }
};

QTEST_APPLESS_MAIN(VdsoTest)
#include "tst_vdso.moc"
