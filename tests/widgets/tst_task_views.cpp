// The views of tasks, signals, pipes, system calls and interrupts, each against a reading of its own: the texts that
// the guest finds in /proc, the C library's structs laid over raw bytes of RAM, plain maps and sums.
#include <QtTest>
#include <map>
#include <set>
#include <signal.h>
#include <sys/user.h>
#include <ucontext.h>

#include "core/kernel/fs/proc_text.h"
#include "core/kernel/proc/process.h"
#include "core/kernel/proc/wait_queue.h"
#include "core/session/session.h"
#include "tests/core/guest_program.h"
#include "widgets/canvas/inspect.h"
#include "widgets/compare_tasks/compare_tasks.h"
#include "widgets/futexes/futexes.h"
#include "widgets/interrupts/interrupts.h"
#include "widgets/pids/pids.h"
#include "widgets/pipes/pipes.h"
#include "widgets/process_tree/process_tree.h"
#include "widgets/signals/signals.h"
#include "widgets/states/states.h"
#include "widgets/strace/strace.h"
#include "widgets/syscalls/syscalls.h"
#include "widgets/task/task.h"
#include "widgets/task_list/task_list.h"
#include "widgets/tasks/tasks.h"
#include "widgets/waits/waits.h"

using namespace ringside;
using ringside::test::bit;

namespace {

std::shared_ptr<const Moment> momentOf(const char* sample, u64 mask, int nth) {
    MachineOptions options;
    options.ramBytes = u64{32} << 20;
    options.kernel.program = std::string("/samples/") + sample;
    auto machine = Machine::boot(options);
    if (!machine) qFatal("%s", machine.error().sentence.c_str());
    machine->closeInput();
    Session session(std::move(*machine));
    for (int i = 0; i < nth; ++i) session.toEvent(mask);
    // The last step once more by itself, as one that steps sees it: with the kernel functions that it ran through.
    const Tick tick = session.wait()->now->cpu.tick;
    session.seek(tick - 1);
    session.wait();
    session.step();
    return session.wait();
}

// The lines "Name:\tvalue" that the guest reads in /proc/PID/status.
std::map<QString, QString> statusOf(const Machine& machine, const Task& task) {
    Machine copy = machine;
    const Os os{copy.kernel, copy.cpu, copy.ram, copy.devices, copy.trace, copy.clockHz};
    std::map<QString, QString> lines;
    for (const QString& line : QString::fromStdString(proctext::status(os, task)).split('\n'))
        lines[line.section(':', 0, 0)] = line.section(':', 1).trimmed();
    return lines;
}

// Guest memory by a walk written down from the manual once more.
std::vector<u8> rawBytes(const Machine& machine, u64 cr3, u64 address, std::size_t length) {
    std::vector<u8> out;
    for (u64 a = address; a < address + length; ++a) {
        u64 table = cr3 & 0x000ffffffffff000;
        for (int shift = 39; shift >= 12; shift -= 9) {
            const u64 entry = machine.ram.load<u64>(PhysAddr(table + (a >> shift & 511) * 8));
            if (!(entry & 1)) return out;
            table = entry & 0x000ffffffffff000;
            if (shift == 21 && entry & 0x80) {
                table += a & 0x1ff000;
                break;
            }
        }
        out.push_back(machine.ram.load<u8>(PhysAddr(table + (a & 0xfff))));
    }
    return out;
}

const Task& taskNamed(const Machine& machine, const char* name) {
    for (auto [id, task] : machine.kernel.tasks)
        if (task.comm == name && task.exitState == 0) return machine.kernel.tasks.at(id);
    qFatal("no task %s", name);
}

u64 setOf(const std::vector<SignalRow>& rows, bool SignalRow::*member) {
    u64 set = 0;
    for (const SignalRow& r : rows) set |= u64{r.*member} << (r.number - 1);
    return set;
}

ViewOptions about(const Task& task) {
    ViewOptions options;
    options.selection = Subject::task(task.pid());
    return options;
}

}  // namespace

class TaskViewsTest : public QObject {
    Q_OBJECT

    std::map<QByteArray, std::shared_ptr<const Moment>> m_moments;

 private Q_SLOTS:
    void initTestCase() {
        m_moments["fork"] = momentOf("fork_tree", bit(EventKind::Fork), 5);
        m_moments["threads"] = momentOf("threads", bit(EventKind::Switch), 5);
        m_moments["namespace"] = momentOf("pid_namespace", bit(EventKind::Fork), 2);
        m_moments["handler"] = momentOf("signals", bit(EventKind::SignalDeliver), 1);
        m_moments["sent"] = momentOf("signals", bit(EventKind::Signal), 2);
        m_moments["fault"] = momentOf("sigsegv_handler", bit(EventKind::SignalDeliver), 1);
        m_moments["pipeline"] = momentOf("pipeline", bit(EventKind::Sleep), 3);
        m_moments["int80"] = momentOf("int80", bit(EventKind::SyscallEnter), 1);
        m_moments["syscall"] = momentOf("hello", bit(EventKind::SyscallEnter), 2);
        m_moments["deadlock"] = momentOf("deadlock", bit(EventKind::Sleep), 4);
    }

    void signalsAgreeWithProc() {
        for (const char* name : {"handler", "sent", "fault", "threads", "pipeline"}) {
            const Machine& machine = *m_moments[name]->now;
            for (auto [id, task] : machine.kernel.tasks) {
                if (task.pids.empty()) continue;
                const auto status = statusOf(machine, task);
                const auto rows = signalRows(machine, task, nullptr, nullptr);
                const auto hexOf = [&](const char* key) { return status.at(key).toULongLong(nullptr, 16); };
                QCOMPARE(setOf(rows, &SignalRow::blocked), hexOf("SigBlk"));
                QCOMPARE(setOf(rows, &SignalRow::pending), hexOf("SigPnd"));
                QCOMPARE(setOf(rows, &SignalRow::sharedPending), hexOf("ShdPnd"));
                QCOMPARE(setOf(rows, &SignalRow::ignored), hexOf("SigIgn"));
                u64 caught = 0;
                for (const SignalRow& r : rows) caught |= u64{r.handler != 0} << (r.number - 1);
                QCOMPARE(caught, hexOf("SigCgt"));
            }
        }
        // The second signal of the sample is blocked and stays pending, and the view says by which rule.
        const Moment& sent = *m_moments["sent"];
        const Task& task = taskNamed(*sent.now, "signals");
        const SignalsModel model = buildSignals(sent, about(task));
        QCOMPARE(setOf(model.rows, &SignalRow::blocked), u64{1} << (SIGUSR2 - 1));
        QCOMPARE(setOf(model.rows, &SignalRow::pending), u64{1} << (SIGUSR2 - 1));
        QVERIFY2(model.sent.contains("SIGUSR2") && model.rule.contains("pending"), qPrintable(model.sent + model.rule));
    }

    // The frame on the stack as the C library's own structs see the bytes.
    void signalFrameAgreesWithUcontext() {
        for (const char* name : {"handler", "fault"}) {
            const Moment& moment = *m_moments[name];
            const Machine& machine = *moment.now;
            const Task& task = machine.kernel.tasks.at(machine.kernel.current);
            const SignalsModel model = buildSignals(moment, about(task));
            QVERIFY(model.inHandler);
            const std::vector<u8> raw = rawBytes(machine, machine.kernel.mms.at(task.mm).cr3, model.frame, 440);
            QCOMPARE(raw.size(), std::size_t{440});
            ucontext_t context{};
            std::memcpy(&context, raw.data() + 8, 304);
            siginfo_t info{};
            std::memcpy(&info, raw.data() + 312, sizeof info);
            std::map<QString, u64> shown;
            for (const FrameField& f : model.fields) {
                QCOMPARE(f.address, model.frame + f.offset);
                shown[f.name] = f.value.section(' ', 0, 0).toULongLong(nullptr, 0);
            }
            const auto& g = context.uc_mcontext.gregs;
            const std::map<QString, greg_t> registers{
                {"r8", g[REG_R8]},           {"r9", g[REG_R9]},     {"r10", g[REG_R10]}, {"r11", g[REG_R11]},
                {"r12", g[REG_R12]},         {"r13", g[REG_R13]},   {"r14", g[REG_R14]}, {"r15", g[REG_R15]},
                {"di", g[REG_RDI]},          {"si", g[REG_RSI]},    {"bp", g[REG_RBP]},  {"bx", g[REG_RBX]},
                {"dx", g[REG_RDX]},          {"ax", g[REG_RAX]},    {"cx", g[REG_RCX]},  {"sp", g[REG_RSP]},
                {"ip", g[REG_RIP]},          {"flags", g[REG_EFL]}, {"err", g[REG_ERR]}, {"trapno", g[REG_TRAPNO]},
                {"oldmask", g[REG_OLDMASK]}, {"cr2", g[REG_CR2]}};
            for (const auto& [field, value] : registers) QCOMPARE(shown.at(field), static_cast<u64>(value));
            QCOMPARE(shown.at("fpstate"), reinterpret_cast<u64>(context.uc_mcontext.fpregs));
            // Only a handler with SA_SIGINFO gets the information.
            QCOMPARE(info.si_signo, name == QByteArray("fault") ? SIGSEGV : 0);
            QCOMPARE(shown.at("si_signo"), static_cast<u64>(info.si_signo));
            QCOMPARE(model.signal, name == QByteArray("fault") ? SIGSEGV : SIGUSR1);
            if (name == QByteArray("fault")) {
                QCOMPARE(shown.at("si_addr"), reinterpret_cast<u64>(info.si_addr));
                QCOMPARE(shown.at("cr2"), shown.at("si_addr"));
            }
            // What will be put back is where the task was before.
            QVERIFY(shown.at("sp") > model.frame);
        }
    }

    // pt_regs as struct user_regs_struct of <sys/user.h> sees the bytes.
    void savedRegistersAgreeWithUserRegs() {
        for (const char* name : {"syscall", "int80"}) {
            const Moment& moment = *m_moments[name];
            const Machine& machine = *moment.now;
            const SyscallsModel model = buildSyscalls(moment, {});
            QVERIFY(model.hasCall);
            QCOMPARE(model.ia32, name == QByteArray("int80"));
            QCOMPARE(model.saved.size(), std::size_t{21});
            const Task& task = machine.kernel.tasks.at(machine.kernel.current);
            const u64 base = task.stackBase + 16384 - 168;
            const std::vector<u8> raw = rawBytes(machine, machine.kernel.mms.at(task.mm).cr3, base, 168);
            QCOMPARE(raw.size(), std::size_t{168});
            user_regs_struct regs{};
            std::memcpy(&regs, raw.data(), 168);
            std::map<QString, u64> shown;
            for (const SavedRegister& r : model.saved) {
                QCOMPARE(r.address, base + r.offset);
                shown[r.name] = r.value;
            }
            QCOMPARE(shown.at("orig_ax"), u64{regs.orig_rax});
            QCOMPARE(shown.at("di"), u64{regs.rdi});
            QCOMPARE(shown.at("si"), u64{regs.rsi});
            QCOMPARE(shown.at("bx"), u64{regs.rbx});
            QCOMPARE(shown.at("ip"), u64{regs.rip});
            QCOMPARE(shown.at("cs"), u64{regs.cs});
            QCOMPARE(shown.at("flags"), u64{regs.eflags});
            QCOMPARE(shown.at("sp"), u64{regs.rsp});
            QCOMPARE(shown.at("ss"), u64{regs.ss});
            QCOMPARE(shown.at("cs") & 3, u64{3});
        }
        const SyscallsModel old = buildSyscalls(*m_moments["int80"], {});
        QCOMPARE(old.askedNumber, u64{4});
        QCOMPARE(old.name, QString("write"));
        QCOMPARE(old.instruction, QString("cd 80"));
        QCOMPARE(old.arguments.size(), std::size_t{3});
        QCOMPARE(old.arguments[1].text, QString("\"through the interrupt gate\\n\""));
        QVERIFY(old.entryName.contains("INT80"));
        const SyscallsModel fresh = buildSyscalls(*m_moments["syscall"], {});
        QCOMPARE(fresh.instruction, QString("0f 05"));
        QCOMPARE(fresh.entryName, QString("entry_SYSCALL_64"));
        QVERIFY(!fresh.path.empty());
    }

    void descriptorsAgreeWithTheTables() {
        const Machine& machine = *m_moments["pipeline"]->now;
        for (auto [id, task] : machine.kernel.tasks) {
            if (!machine.kernel.files.contains(task.files)) continue;
            const auto rows = descriptorRows(machine, task);
            const auto status = statusOf(machine, task);
            std::map<int, u32> open;
            const auto& slots_ = machine.kernel.files.at(task.files).slots;
            for (std::size_t fd = 0; fd < slots_.size(); ++fd)
                if (slots_[fd].file.value) open[static_cast<int>(fd)] = slots_[fd].file.value;
            QCOMPARE(rows.size(), open.size());
            for (const DescriptorRow& r : rows) {
                QCOMPARE(r.file, open.at(r.fd));
                // As many other names as there are users besides this one.
                const int others = r.sharers.isEmpty() ? 0 : static_cast<int>(r.sharers.split(", ").size());
                QCOMPARE(others + 1, static_cast<int>(r.users));
            }
        }
    }

    void numbersAgreeWithProc() {
        const Moment& moment = *m_moments["namespace"];
        const Machine& machine = *moment.now;
        bool nested = false;
        for (auto [id, task] : machine.kernel.tasks) {
            if (task.pids.empty()) continue;
            const PidsModel model = buildPids(moment, about(task));
            QStringList numbers;
            for (const PidLevel& l : model.levels) numbers << QString::number(l.nr);
            QCOMPARE(numbers.join('\t'), statusOf(machine, task).at("NSpid"));
            nested = nested || numbers.size() > 1;
            // The way through the tree leads to the task.
            int at = 0;
            for (const RadixNode* node = &model.nodes.at(0);; node = &model.nodes.at(static_cast<std::size_t>(at))) {
                const i32 slot = node->slots.at(static_cast<std::size_t>(model.number >> node->shift & 63));
                QVERIFY(slot > 0);
                if (node->shift == 0) {
                    QCOMPARE(slot, task.pid());
                    break;
                }
                at = slot - 1;
            }
            // And the leaves hold every number once.
            std::map<u32, i32> found;
            for (const RadixNode& node : model.nodes)
                if (node.shift == 0)
                    for (u32 slot = 0; slot < 64; ++slot)
                        if (node.slots[slot]) found[node.first + slot] = node.slots[slot];
            std::map<u32, i32> expected;
            for (auto [otherId, other] : machine.kernel.tasks)
                for (const Upid& upid : other.pids)
                    if (upid.ns.value == model.ns) expected[static_cast<u32>(upid.nr)] = other.pid();
            QCOMPARE(found, expected);
        }
        QVERIFY(nested);
    }

    void theListIsACircleOfAllProcesses() {
        for (const auto& [name, moment] : m_moments) {
            const TaskListModel model = buildTaskList(*moment, {});
            std::set<i32> listed, leaders;
            for (std::size_t i = 0; i < model.entries.size(); ++i) {
                const ListEntry &e = model.entries[i], &next = model.entries[(i + 1) % model.entries.size()];
                QCOMPARE(e.next, next.head);
                QCOMPARE(next.previous, e.head);
                QCOMPARE(e.head - model.offset, e.task);
                listed.insert(e.pid);
            }
            for (auto [id, task] : moment->now->kernel.tasks)
                if (task.groupLeader == id && task.sighand.value) leaders.insert(task.pid());
            QCOMPARE(listed, leaders);
        }
    }

    void everyTaskHasItsPlace() {
        for (const auto& [name, moment] : m_moments) {
            const Machine& machine = *moment->now;
            const StatesModel states = buildStates(*moment, {});
            QCOMPARE(states.tasks.size(), machine.kernel.tasks.size());
            // Who exits keeps the CPU for a moment, but is a zombie already.
            const bool exits = machine.kernel.currentTask().exitState != 0;
            QCOMPARE(states.count(TaskPlace::Running), std::size_t{exits ? 0u : 1u});
            for (auto [id, task] : machine.kernel.tasks) {
                if (task.pids.empty()) continue;
                const QString state = statusOf(machine, task).at("State").left(1);
                const TasksModel table = buildTasks(*moment, {});
                for (const TaskRow& r : table.rows)
                    if (r.pid == task.pid()) QCOMPARE(QString(QChar(r.letter)), state);
            }
            // The tree draws every thread once, unless a box says that it stands for others too.
            const TreeModel tree = buildProcessTree(*moment, {});
            std::multiset<i32> drawn;
            for (const TreeProcess& p : tree.processes) {
                for (const TreeThread& t : p.threads) drawn.insert(t.pid);
                drawn.insert(p.alike.begin(), p.alike.end());
            }
            std::size_t alive = 0;  // a thread that is gone belongs to nobody
            for (auto [id, task] : machine.kernel.tasks) alive += task.sighand.value != 0;
            QCOMPARE(drawn.size(), alive);
            QCOMPARE(std::set<i32>(drawn.begin(), drawn.end()).size(), drawn.size());
        }
    }

    void sharingIsWhatTheFlagsSay() {
        const Moment& threads = *m_moments["threads"];
        bool compared = false;
        for (auto [id, task] : threads.now->kernel.tasks) {
            if (task.groupLeader == id || task.exitState != 0 || !task.mm.value) continue;
            const CompareTasksModel model = buildCompareTasks(threads, about(task));
            QVERIFY2(model.flags.contains("CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD"),
                     qPrintable(model.flags));
            for (const ShareRow& r : model.shares) QVERIFY2(r.sharing == Sharing::Same, qPrintable(r.part));
            compared = true;
        }
        QVERIFY(compared);
        const Moment& fork = *m_moments["fork"];
        const i32 child = [&] {
            i32 pid = 0;
            for (std::size_t i = 0; i < fork.events.size(); ++i)
                if (fork.events[i].kind == EventKind::Fork) pid = static_cast<i32>(fork.events[i].args[0]);
            return pid;
        }();
        ViewOptions options;
        options.selection = Subject::task(child);
        for (const ShareRow& r : buildCompareTasks(fork, options).shares) {
            const bool own =
                r.part == "mm" || r.part == "files" || r.part == "fs" || r.part == "sighand" || r.part == "signal";
            QVERIFY2((r.sharing == Sharing::Own) == own, qPrintable(r.part));
            QVERIFY(!r.asked);
        }
    }

    void ringsHoldWhatIsInThePipe() {
        const Moment& moment = *m_moments["pipeline"];
        const PipesModel model = buildPipes(moment, {});
        QVERIFY(!model.pipes.empty());
        for (const PipeRing& ring : model.pipes) {
            u64 sum = 0;
            std::size_t used = 0;
            for (const RingSlot& slot : ring.slots) {
                QVERIFY(slot.offset + slot.length <= 4096);
                sum += slot.length;
                used += slot.length > 0;
            }
            QCOMPARE(sum, u64{ring.bytes});
            QCOMPARE(used, std::size_t{ring.head - ring.tail});
            QCOMPARE(ring.slots.size(), std::size_t{16});
        }
    }

    void interruptsAgreeWithRam() {
        const Moment& moment = *m_moments["fault"];
        const Machine& machine = *moment.now;
        const InterruptsModel model = buildInterrupts(moment, {});
        QVERIFY(model.gates.size() >= 20);
        const u64 cr3 = machine.cpu.regs.cr3;
        for (const Gate& gate : model.gates) {
            const std::vector<u8> raw =
                rawBytes(machine, cr3, machine.cpu.regs.idtr.base + 16 * static_cast<u64>(gate.vector), 16);
            QCOMPARE(raw.size(), std::size_t{16});
            u64 offset = raw[0] | raw[1] << 8;
            for (std::size_t i = 6; i < 12; ++i) offset |= u64{raw[i]} << (8 * (i - 4));
            QCOMPARE(gate.offset, offset);
            QCOMPARE(gate.dpl, raw[5] >> 5 & 3);
            QCOMPARE(gate.dpl == 3, gate.vector == 3 || gate.vector == 4 || gate.vector == 0x80);
        }
        QCOMPARE(errorCodeText(14, 6), QString("P=0 not present, W=1 write, U=1 from ring 3"));
        QVERIFY(std::any_of(model.segments.begin(), model.segments.end(),
                            [](const SegmentRow& s) { return s.selector == 0x30 && s.name == "user code"; }));
    }

    // As often as one who steps sees the CPU at the handler's first instruction.
    void gatesAreTakenAsOftenAsTheirHandlersBegin() {
        MachineOptions options;
        options.ramBytes = u64{32} << 20;
        options.kernel.program = "/samples/hello-asm";
        auto machine = Machine::boot(options);
        QVERIFY(machine.has_value());
        machine->closeInput();
        Session session(*machine);
        session.run();
        const InterruptsModel model = buildInterrupts(*session.wait(), {});
        std::map<u64, u64> reached;
        while (machine->run({.tick = machine->cpu.tick + 1}) == MachineStop::TickLimit)
            ++reached[machine->cpu.regs.rip];
        u64 all = 0;
        for (const Gate& gate : model.gates) {
            QCOMPARE(gate.taken, reached[gate.offset]);
            all += gate.taken;
        }
        QVERIFY(all > 0);
    }

    void callsCanBeFiltered() {
        const Moment& moment = *m_moments["pipeline"];
        std::size_t expected = 0, files = 0;
        for (std::size_t i = 0; i < moment.events.size(); ++i)
            expected += moment.events[i].kind == EventKind::SyscallEnter;
        QCOMPARE(buildStrace(moment, {}).lines.size(), expected);
        ViewOptions options;
        options.settings["family"] = "files";
        for (const CallLine& line : buildStrace(moment, options).lines) {
            QVERIFY2(!line.text.startsWith("mmap") && !line.text.startsWith("clone") && !line.text.startsWith("brk"),
                     qPrintable(line.text));
            ++files;
        }
        QVERIFY(files > 0 && files < expected);
        options.settings = {{"failed", "1"}};
        for (const CallLine& line : buildStrace(moment, options).lines)
            QVERIFY2(line.result.startsWith("-1 E") || line.result.startsWith("?"), qPrintable(line.result));
    }

    void aDeadlockIsNamed() {
        auto machine = [] {
            MachineOptions options;
            options.ramBytes = u64{32} << 20;
            options.kernel.program = "/samples/deadlock";
            return Machine::boot(options);
        }();
        QVERIFY(machine.has_value());
        machine->closeInput();
        Session session(std::move(*machine));
        session.run();
        const auto moment = session.wait();
        const FutexesModel model = buildFutexes(*moment, {});
        QVERIFY(model.words.size() >= 2);
        // Each holds the lock that the one before it sleeps on.
        QCOMPARE(model.circle.size(), std::size_t{2});
        for (std::size_t i = 0; i < model.circle.size(); ++i) {
            const FutexWord& word = model.words.at(model.circle[i].word);
            QCOMPARE(word.owner, model.circle[(i + 1) % model.circle.size()].who);
            QVERIFY(std::find(word.waiters.begin(), word.waiters.end(), model.circle[i].who) != word.waiters.end());
        }
        for (const FutexWord& w : model.words) {
            if (w.owner.pid == 0) continue;
            if (w.value != 2) {  // the thread that pthread_join waits for
                QCOMPARE(static_cast<i32>(w.value), w.owner.pid);
                continue;
            }
            const Task* waiter = nullptr;
            for (auto [id, task] : moment->now->kernel.tasks)
                if (task.pid() == w.waiters.front().pid) waiter = moment->now->kernel.tasks.find(id);
            const std::vector<u8> raw =
                rawBytes(*moment->now, moment->now->kernel.mms.at(waiter->mm).cr3, w.address, 12);
            QCOMPARE(raw.size(), std::size_t{12});
            i32 owner;
            std::memcpy(&owner, raw.data() + 8, 4);  // glibc: __owner
            QCOMPARE(w.owner.pid, owner);
            QCOMPARE(w.value, u32{raw[0]});
        }
    }

    void whoLendsPriorityIsShown() {
        auto machine = [] {
            MachineOptions options;
            options.ramBytes = u64{32} << 20;
            options.kernel.program = "/samples/inversion";
            options.kernel.arguments = {"inherit"};
            return Machine::boot(options);
        }();
        QVERIFY(machine.has_value());
        Session session(std::move(*machine));
        session.toEvent(bit(EventKind::Boost));
        const auto moment = session.wait();
        const FutexesModel model = buildFutexes(*moment, {});
        const auto lock = std::find_if(model.words.begin(), model.words.end(), [](const auto& w) { return w.pi; });
        QVERIFY(lock != model.words.end());
        const Task *owner = taskByPid(*moment->now, lock->owner.pid),
                   *lender = taskByPid(*moment->now, lock->lender.pid);
        QVERIFY(owner && lender);
        QCOMPARE(owner->prio, lender->normalPrio);
        QCOMPARE(lock->lent, QString("real-time priority %1").arg(99 - lender->normalPrio));
        QCOMPARE(lock->own, QString("real-time priority %1").arg(99 - owner->normalPrio));
    }

    void aLargeTreeIsReachedByTheWheel() {
        TreeModel model;
        model.loaded = true;
        model.roots = {0};
        std::set<QString> wanted;
        for (int i = 0; i < 1000; ++i) {
            model.processes.push_back({.threads = {{i + 1, "task", 'S'}}});
            if (i > 0) model.processes[static_cast<std::size_t>(i - 1) / 3 * 2].children.push_back(i);
            wanted.insert(QString("task.%1").arg(i + 1));
        }
        model.total = model.processes.size();
        std::set<QString> seen;
        for (model.scroll = 0; model.scroll < 1000; model.scroll += 20) {
            const Scene scene = paint(model, makeStyle(ThemeKind::Light, 1, 1), QSizeF(900, 700));
            QVERIFY(scene.size().height() <= 700);
            QVERIFY(scene.spots().size() < 300);
            for (const Spot& spot : scene.spots()) {
                seen.insert(spot.key);
                QVERIFY2(QRectF(0, 0, 900, 700).contains(spot.rect), qPrintable(spot.key));
            }
        }
        for (const QString& key : wanted) QVERIFY2(seen.contains(key), qPrintable(key));
    }

    void aMiddlingTreeStandsInColumns() {
        TreeModel model;
        model.loaded = true;
        model.roots = {0};
        for (int i = 0; i < 60; ++i) {
            model.processes.push_back({.threads = {{i + 1, "task", 'S'}}});
            if (i > 0) model.processes[static_cast<std::size_t>(i - 1) / 4].children.push_back(i);
        }
        model.total = model.processes.size();
        const auto style = makeStyle(ThemeKind::Light, 1, 1);
        const Scene narrow = paint(model, style, QSizeF(300, 600)), wide = paint(model, style, QSizeF(1400, 600));
        QVERIFY(narrow.size().height() > 1000);
        QVERIFY2(wide.size().height() <= 600, "it has room enough beside itself");
        QCOMPARE(wide.spots().size(), narrow.spots().size());
        for (const Spot& a : wide.spots())
            for (const Spot& b : wide.spots())
                QVERIFY2(&a == &b || !a.rect.intersects(b.rect), qPrintable(a.key + ' ' + b.key));
    }

    void thoseThatWaitAlikeStandTogether() {
        Machine machine = *m_moments["fork"]->now;
        const std::size_t there = buildWaits(*m_moments["fork"], {}).rows.size();
        for (u32 i = 0; i < 50; ++i) {
            Task task;
            task.id = TaskId(1000 + i);
            task.waiting = waitQueue(WaitKind::Child, 1000 + i);
            machine.kernel.waitQueues[*task.waiting] = {task.id};
            machine.kernel.tasks.insert(task.id, task);
        }
        Moment moment;
        moment.now = std::make_shared<const Machine>(std::move(machine));
        const WaitsModel model = buildWaits(moment, {});
        QVERIFY2(model.rows.size() <= there + 9, qPrintable(QString::number(model.rows.size())));
        std::size_t waiters = 0;
        for (const WaitRow& row : model.rows) waiters += row.waiters.size();
        QVERIFY(waiters >= 50);
    }

    void sortingIsSorting() {
        ViewOptions options;
        options.settings["sort"] = "time";
        const auto rows = buildTasks(*m_moments["threads"], options).rows;
        for (std::size_t i = 1; i < rows.size(); ++i)
            QVERIFY(rows[i - 1].utimeNs + rows[i - 1].stimeNs >= rows[i].utimeNs + rows[i].stimeNs);
        options.settings["sort"] = "pid";
        const auto byPid = buildTasks(*m_moments["threads"], options).rows;
        for (std::size_t i = 1; i < byPid.size(); ++i) QVERIFY(byPid[i - 1].pid < byPid[i].pid);
    }
};

QTEST_MAIN(TaskViewsTest)
#include "tst_task_views.moc"
