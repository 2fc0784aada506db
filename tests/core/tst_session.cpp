// The session's questions about the past lead to the moment that is the answer; breakpoints, the watchpoint, bookmarks
// and futures do what the user set.
#include <QtTest>

#include "core/machine/edits.h"
#include "core/session/session.h"
#include "tests/core/guest_program.h"

using namespace ringside;
using test::Program;
using Direction = Session::Direction;

namespace {

Machine bootSample(const char* name) {
    MachineOptions options = classroomProfile();
    options.kernel.program = std::string("/samples/") + name;
    auto machine = Machine::boot(options);
    if (!machine) qFatal("%s", machine.error().sentence.c_str());
    return std::move(*machine);
}

// Ten rounds: RBX counts up, a byte takes its value; then waits for input.
struct Loop {
    Program program;
    u64 byte = 0, round = 0, store = 0;
    Loop() {
        byte = program.text(".");
        program.move(RBX, 0).move(R12, byte);
        round = program.here();
        program.bytes({0xff, 0xc3});  // inc ebx
        store = program.here();
        program.bytes({0x41, 0x88, 0x1c, 0x24});                                       // mov [r12], bl
        program.bytes({0x83, 0xfb, 10});                                               // cmp ebx, 10
        program.bytes({0x75, static_cast<int>(round - (program.here() + 2)) & 0xff});  // jne round
        program.call(0, {0, byte, 1});                                                 // read
        program.exit(0);
    }
};

}  // namespace

class SessionTest : public QObject {
    Q_OBJECT

    static std::shared_ptr<const Moment> after(Session& session) { return session.wait(); }

 private Q_SLOTS:
    void conditionsAreRead() {
        for (const char* good : {"rax == 5", "rdi<0x10 && zf == 1", "RSP >= rbp", " r8 != 18446744073709551615 ", ""})
            QVERIFY2(Condition::parse(good), good);
        for (const char* bad :
             {"rax", "rax == ", "eax == 1", "== 5", "rax == 5 &&", "rax = 5", "rax == 0x", "rax == 5x"})
            QVERIFY2(!Condition::parse(bad), bad);
        Machine machine = test::machineWith(Loop().program.file());
        machine.cpu.regs.gpr[RAX] = 5;
        machine.cpu.regs.gpr[RBX] = 7;
        const auto holds = [&](const char* text) { return Condition::parse(text)->holds(machine); };
        QVERIFY(holds("rax == 5 && rbx == 0x7"));
        QVERIFY(!holds("rax == 5 && rbx == 8"));
        QVERIFY(holds("rax < rbx"));
        QVERIFY(holds("rax <= 5") && holds("rax >= 5") && !holds("rax > 5") && holds("rax != 6"));
        QVERIFY(holds(""));
    }

    void breakpointsWithConditions() {
        const Loop loop;
        Session session(test::machineWith(loop.program.file()));
        session.setBreakpoint(loop.store, true);
        session.setCondition(loop.store, "rbx == 4");
        session.run();
        auto m = after(session);
        QVERIFY(m->stop == MachineStop::Breakpoint);
        QCOMPARE(m->now->cpu.regs.gpr[RBX], u64{4});
        QCOMPARE(m->breakpointList.at(0).hits, u64{1});
        const Tick four = m->now->cpu.tick;
        session.run();
        QVERIFY(after(session)->stop == MachineStop::NeedsInput);
        session.run(Direction::Back);
        QCOMPARE(after(session)->now->cpu.tick, four);
        session.run(Direction::Back);
        QCOMPARE(after(session)->now->cpu.tick, Tick{0});
        session.setCondition(loop.store, "nonsense");
        m = after(session);
        QVERIFY(!m->message.empty());
        QCOMPARE(QString::fromStdString(m->breakpointList.at(0).condition.text()), QString("rbx == 4"));
        session.enableBreakpoint(loop.store, false);
        session.run();
        m = after(session);
        QVERIFY(m->stop == MachineStop::NeedsInput);
        QVERIFY(m->breakpoints.empty());
        QCOMPARE(m->breakpointList.size(), std::size_t{1});
        session.setBreakpoint(loop.store, false);
        QVERIFY(after(session)->breakpointList.empty());
    }

    void whoWroteThis() {
        const Loop loop;
        Session session(test::machineWith(loop.program.file()));
        session.run();
        auto m = after(session);
        QVERIFY(m->stop == MachineStop::NeedsInput);
        const PhysAddr phys = [&] {
            const Walk w = walk(m->now->ram, m->now->cpu.pagingMode(), VirtAddr(loop.byte));
            return w.phys;
        }();
        // The idle task has the CPU, and the upper half of every table is the same: look from the program's own moment.
        session.setBreakpoint(loop.store, true);
        session.run(Direction::Back);
        m = after(session);
        QCOMPARE(m->now->cpu.regs.gpr[RBX], u64{10});
        const Walk w = walk(m->now->ram, m->now->cpu.pagingMode(), VirtAddr(loop.byte));
        QVERIFY(w.end == WalkEnd::Mapped);
        Q_UNUSED(phys);
        for (u64 value : {9, 8, 7}) {
            session.backToWrite(w.phys, 1);
            m = after(session);
            QVERIFY(m->last && m->last->before.rip == loop.store);
            QCOMPARE(u64{*(m->now->ram.frame(frameOf(w.phys)) + pageOffset(w.phys.value))}, value);
        }
        // What the kernel writes for a system call counts as well.
        session.setBreakpoint(loop.store, false);
        session.seek(m->frontier);
        session.type("x\n");
        session.run();
        m = after(session);
        QVERIFY(m->stop == MachineStop::Finished);
        session.backToWrite(w.phys, 1);
        m = after(session);
        QCOMPARE(m->now->ram.frame(frameOf(w.phys))[pageOffset(w.phys.value)], u8{0});  // its page was given back
        session.backToWrite(w.phys, 1);
        m = after(session);
        QCOMPARE(m->now->ram.frame(frameOf(w.phys))[pageOffset(w.phys.value)], u8{'x'});
        QCOMPARE(m->now->cpu.regs.cpl(), 0u);
        // The register: each change of RBX by the program, and nothing else.
        session.backToRegister("rbx");
        m = after(session);
        QVERIFY2(m->message.empty() || m->now->cpu.regs.cpl() == 0, m->message.c_str());
        session.backToWrite(PhysAddr(0x3ff000), 8);
        m = after(session);
        session.backToWrite(PhysAddr(0x3ff000), 8);
        QVERIFY(!after(session)->message.empty());
    }

    void whoChangedThisRegister() {
        const Loop loop;
        Session session(test::machineWith(loop.program.file()));
        session.setBreakpoint(loop.store, true);
        session.setCondition(loop.store, "rbx == 6");
        session.run();
        QCOMPARE(after(session)->now->cpu.regs.gpr[RBX], u64{6});
        session.step();
        for (u64 value : {6, 5, 4}) {
            session.backToRegister("rbx");
            const auto m = after(session);
            QCOMPARE(m->now->cpu.regs.gpr[RBX], value);
            QVERIFY(m->last);
            QCOMPARE(m->last->before.gpr[RBX], value - 1);
        }
        session.backToRegister("r15");
        QVERIFY(!after(session)->message.empty());
        session.backToRegister("nothing");
        QVERIFY(!after(session)->message.empty());
    }

    void watchpointBothWays() {
        const Loop loop;
        Session session(test::machineWith(loop.program.file()));
        session.setBreakpoint(loop.store, true);
        session.setCondition(loop.store, "rbx == 3");  // the first store has made the page its own
        session.run();
        auto m = after(session);
        const Walk w = walk(m->now->ram, m->now->cpu.pagingMode(), VirtAddr(loop.byte));
        session.setBreakpoint(loop.store, false);
        session.setWatch(Watchpoint{.begin = w.phys, .length = 1, .address = loop.byte});
        std::vector<Tick> forwards;
        for (int i = 0; i < 5; ++i) {
            session.run();
            m = after(session);
            QVERIFY(m->stop == MachineStop::Watchpoint);
            forwards.push_back(m->now->cpu.tick);
        }
        QCOMPARE(m->watch->hits, u64{5});
        for (int i = 4; i-- > 0;) {
            session.run(Direction::Back);
            QCOMPARE(after(session)->now->cpu.tick, forwards[static_cast<std::size_t>(i)]);
        }
        session.setWatch({});
        session.run();
        m = after(session);
        QVERIFY(m->stop == MachineStop::NeedsInput && !m->watch);
    }

    void pagesAndTasks() {
        Session session(bootSample("fork_cow"));
        session.run();
        auto m = after(session);
        QVERIFY(m->stop == MachineStop::Finished);
        // The last copy of a page, from the event itself.
        const EventLog& log = m->events;
        std::size_t copy = log.size();
        while (copy-- > 0)
            if (log[copy].kind == EventKind::CowCopy) break;
        const Event event = log[copy];
        session.seek(event.tick + 1);
        session.backToPage(Session::PageFate::Copied, event.pid, event.args[0] + 8);
        QCOMPARE(after(session)->now->cpu.tick, event.tick);
        session.seek(event.tick + 1);
        session.backToFrame(Session::PageFate::Mapped, FrameNo(static_cast<u32>(event.args[2])));
        QCOMPARE(after(session)->now->cpu.tick, event.tick);
        session.seek(event.tick + 1);
        session.backToPage(Session::PageFate::Copied, event.pid, 0x10000);
        m = after(session);
        QVERIFY(!m->message.empty());
        QCOMPARE(m->now->cpu.tick, event.tick + 1);
        // The last turn of a task ends where it was switched away from.
        const auto away = m->events.previous(event.tick, RunUntil::bit(EventKind::Switch));
        QVERIFY(away.has_value());
        session.seek(*away);
        m = after(session);
        std::size_t at = m->events.firstAfter(*away - 1);
        while (m->events[at].kind != EventKind::Switch) ++at;
        const Event leaving = m->events[at];
        session.seek(*away + 5);
        session.backToTask(static_cast<i32>(leaving.args[0]));
        QVERIFY(after(session)->now->cpu.tick < *away + 5);
        session.backToTask(4711);
        QVERIFY(!after(session)->message.empty());
    }

    void bookmarks() {
        Session session(bootSample("countdown"));
        session.seek(5000);
        session.addBookmark("here");
        session.addBookmark("later", 9000);
        session.addBookmark("before", 100);
        auto m = after(session);
        QCOMPARE(m->bookmarks.size(), std::size_t{3});
        QCOMPARE(m->bookmarks[1].first, Tick{5000});
        QVERIFY(m->bookmarks[0].second == "before");
        session.addBookmark("again", 5000);
        session.renameBookmark(100, "start");
        session.removeBookmark(9000);
        m = after(session);
        QCOMPARE(m->bookmarks.size(), std::size_t{2});
        QVERIFY(m->bookmarks[0].second == "start" && m->bookmarks[1].second == "again");
    }

    void whatIf() {
        Session session(bootSample("countdown"));
        session.run();
        auto m = after(session);
        const Tick end = m->frontier;
        session.seek(end / 2);
        m = after(session);
        const auto edit = raiseSignal(*m->now, 0, 9);
        QVERIFY(edit.has_value());
        session.change(*edit);
        session.run();
        m = after(session);
        QVERIFY(m->stop == MachineStop::Finished);
        QCOMPARE(m->futures.size(), std::size_t{2});
        QVERIFY(m->futures[1].current);
        session.compareFutures(1, 2);
        m = after(session);
        QVERIFY(m->comparison && m->comparison->firstStatus == 0 && m->comparison->secondStatus == 9);
        session.switchFuture(1);
        m = after(session);
        QCOMPARE(m->frontier, end);
        session.removeFuture(2);
        m = after(session);
        QCOMPARE(m->futures.size(), std::size_t{1});
        QVERIFY(!m->comparison);
    }

    void atAHaltedMachine() {
        const Loop loop;
        Session session(test::machineWith(loop.program.file()));
        session.run();
        auto m = after(session);
        const Tick end = m->now->cpu.tick;
        for (int i = 0; i < 3; ++i) {
            session.step();
            m = after(session);
            QCOMPARE(m->now->cpu.tick, end);
            QVERIFY(m->stop == MachineStop::NeedsInput);
        }
        session.step(Direction::Back);
        QCOMPARE(after(session)->now->cpu.tick, end - 1);
        session.step();
        QCOMPARE(after(session)->now->cpu.tick, end);
        session.stepOver();
        QCOMPARE(after(session)->now->cpu.tick, end);
        session.seek(0);
        session.step(Direction::Back);
        session.stepOver(Direction::Back);
        session.run(Direction::Back);
        QCOMPARE(after(session)->now->cpu.tick, Tick{0});
        session.seek(end + 12345);
        QCOMPARE(after(session)->now->cpu.tick, end);
        // Typed in the past of the wait: it reads at once.
        session.seek(end / 2);
        session.type("y\n");
        session.run();
        m = after(session);
        QVERIFY(m->stop == MachineStop::Finished);
        QCOMPARE(m->futures.size(), std::size_t{2});
    }
};

QTEST_APPLESS_MAIN(SessionTest)
#include "tst_session.moc"
