#include <algorithm>

#include "core/elf/disassembler.h"
#include "core/kernel/boot/kernel_image.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/symbols.h"
#include "widgets/canvas/words.h"
#include "widgets/context_switch/context_switch.h"

namespace ringside {
namespace {

// What __switch_to_asm pops, lowest address first (kernel/entry/entry.S).
constexpr const char* kSaved[] = {"R15", "R14", "R13", "R12", "RBX", "RBP", "RIP"};

u64 readKernel(const Machine& machine, u64 address) {
    const Walk w = walk(machine.ram, machine.cpu.pagingMode(), VirtAddr(address));
    return w.end == WalkEnd::Mapped ? machine.ram.load<u64>(w.phys) : 0;
}

SwitchSide sideOf(const Machine& machine, i32 pid) {
    SwitchSide side;
    side.pid = pid;
    side.name = pid == 0 ? Words::tr("idle") : QStringLiteral("PID %1").arg(pid);
    const Task* task = taskByPid(machine, pid);
    if (!task) return side;
    side.name = taskText(*task);
    side.sp = task->sp;
    side.stackBase = task->stackBase;
    side.fsBase = task->fsBase;
    side.running = machine.kernel.current == task->id;
    if (const Mm* mm = machine.kernel.mms.find(task->activeMm.value ? task->activeMm : task->mm)) side.cr3 = mm->cr3;
    return side;
}

// The seven words that lie at `sp`.
void setSaved(const Machine& machine, SwitchSide& side, u64 sp) {
    side.sp = sp;
    side.saved.clear();
    for (std::size_t i = 0; i < std::size(kSaved); ++i)
        side.saved.push_back({QLatin1String(kSaved[i]), sp + 8 * i, readKernel(machine, sp + 8 * i)});
    u64 best = 0;
    for (const auto& [name, address] : kernelSymbols())
        if (address <= side.saved.back().value && address > best) best = address, side.returnsTo = qs(name);
}

SwitchStep::Kind kindOf(const elf::Line& line) {
    using Kind = SwitchStep::Kind;
    if (line.mnemonic == "push") return Kind::Push;
    if (line.mnemonic == "pop") return Kind::Pop;
    if (line.mnemonic == "ret") return Kind::Return;
    if (line.mnemonic == "mov" && line.operands.starts_with("cr3")) return Kind::LoadCr3;
    if (line.mnemonic == "mov" && line.operands.ends_with(", rsp")) return Kind::SaveSp;
    if (line.mnemonic == "mov" && line.operands.starts_with("rsp")) return Kind::LoadSp;
    return Kind::Other;
}

QString sentence(SwitchStep::Kind kind, const elf::Line& line, const Retired& r, const ContextSwitchModel& m) {
    using Kind = SwitchStep::Kind;
    const QString operand = qs(line.operands).section(',', 0, 0).toUpper();
    const auto moved = [&] { return r.accesses.empty() ? u64{0} : r.accesses.back().value; };
    switch (kind) {
        case Kind::Push:
            return Words::tr("%1 of %2 (%3) goes to %4 on its kernel stack.")
                .arg(operand, m.from.name, hex(moved()), hex(r.after.gpr[RSP]));
        case Kind::Pop:
            return Words::tr("%1 of %2 (%3) comes back from %4 on its kernel stack.")
                .arg(operand, m.to.name, hex(moved()), hex(r.before.gpr[RSP]));
        case Kind::SaveSp:
            return Words::tr("RSP (%1) is kept in the task_struct of %2: thread.sp.")
                .arg(hex(r.before.gpr[RSP]), m.from.name);
        case Kind::LoadSp:
            return Words::tr("RSP becomes %1, the thread.sp of %2. From here on this is its kernel stack: the switch.")
                .arg(hex(r.after.gpr[RSP]), m.to.name);
        case Kind::LoadCr3:
            return Words::tr("CR3 becomes %1: the page tables of %2. The TLB forgets the old ones.")
                .arg(hex(r.after.cr3), m.to.name);
        case Kind::Return:
            return Words::tr("RIP becomes %1: %2 goes on where it once called.").arg(hex(r.after.rip), m.to.name);
        case Kind::Other:
            break;
    }
    return r.trap ? Words::tr("%1 %2").arg(qs(line.mnemonic), qs(line.operands))
                  : Words::tr("%1 %2: %3 cycles.")
                        .arg(qs(line.mnemonic), qs(line.operands))
                        .arg(r.cyclesAfter - r.cyclesBefore);
}

// As they ran, each with its cycles.
void setSeen(ContextSwitchModel& m, const Snapshot& snapshot) {
    const elf::Disassembler disassembler;
    const Tick now = snapshot.now->cpu.tick;
    for (const Retired& r : snapshot.switching) {
        if (r.length == 0) continue;
        const elf::Line line = disassembler.one(r.before.rip, elf::Bytes(r.bytes.data(), r.length));
        SwitchStep step{.kind = kindOf(line), .address = r.before.rip, .text = qs(line.mnemonic + " " + line.operands)};
        step.what = sentence(step.kind, line, r, m);
        step.tick = r.tick;
        step.cycles = r.cyclesAfter - r.cyclesBefore;
        step.done = now > r.tick;
        step.next = now == r.tick;
        m.cycles += *step.cycles;
        // What the values were does not depend on how far we are.
        if (step.kind == SwitchStep::Kind::SaveSp) setSaved(*snapshot.now, m.from, r.before.gpr[RSP]);
        if (step.kind == SwitchStep::Kind::LoadSp) setSaved(*snapshot.now, m.to, r.after.gpr[RSP]);
        m.steps.push_back(std::move(step));
    }
    // Of the old task the pushes say more than memory, which they have not reached yet.
    std::size_t slot = std::size(kSaved) - 1;
    for (const Retired& r : snapshot.switching) {
        const elf::Line line = disassembler.one(r.before.rip, elf::Bytes(r.bytes.data(), r.length));
        if (line.mnemonic == "call" && slot + 1 == std::size(kSaved) && slot < m.from.saved.size() &&
            !r.accesses.empty())
            m.from.saved[slot].value = r.accesses.back().value;
        if (kindOf(line) != SwitchStep::Kind::Push || slot == 0 || m.from.saved.empty() || r.accesses.empty()) continue;
        m.from.saved[--slot].value = r.accesses.back().value;
    }
    m.seen = !m.steps.empty();
}

// Long after it: the code as it lies in RAM, and what is on the stacks now.
void setCode(ContextSwitchModel& m, const Machine& machine) {
    for (SwitchSide* side : {&m.from, &m.to})
        if (!side->running && side->sp) setSaved(machine, *side, side->sp);
    const auto begin = kernelSymbols().find("__switch_to_asm");
    if (begin == kernelSymbols().end()) return;
    const elf::Disassembler disassembler;
    const std::vector<u8> bytes = peek(machine, begin->second, 64);
    for (const elf::Line& line : disassembler.lines(begin->second, elf::Bytes(bytes), 20)) {
        m.steps.push_back(
            {.kind = kindOf(line), .address = line.address, .text = qs(line.mnemonic + " " + line.operands)});
        m.steps.back().what = m.steps.back().text;
        if (line.mnemonic == "ret") break;
    }
}

}  // namespace

ContextSwitchModel buildContextSwitch(const Snapshot& snapshot, const ViewOptions&) {
    ContextSwitchModel m;
    if (!snapshot.now) return m;
    m.loaded = true;
    m.switches = snapshot.now->kernel.counters.switches;
    const auto event = lastEvent(snapshot, RunUntil::bit(EventKind::Switch));
    if (!event) return m;
    m.found = true;
    m.tick = event->tick;
    m.preempted = event->args[2] != 0;
    m.from = sideOf(*snapshot.now, static_cast<i32>(event->args[0]));
    m.to = sideOf(*snapshot.now, static_cast<i32>(event->args[1]));
    m.sameSpace = m.from.cr3 == m.to.cr3;
    m.reason = qs(event->text);
    setSeen(m, snapshot);
    if (!m.seen) setCode(m, *snapshot.now);
    m.caption = Words::tr(
                    "At tick %1 the CPU went from %2 to %3: %4. It pushed six registers on %2's kernel stack, took RSP "
                    "from %3%5, and popped what %3 had pushed when it was switched away.")
                    .arg(countText(m.tick), m.from.name, m.to.name,
                         m.preempted ? Words::tr("a preemption") : Words::tr("the old task gave up the CPU"),
                         m.sameSpace ? Words::tr(" (CR3 stays: same address space, or a kernel thread that borrows it)")
                                     : Words::tr(" and CR3 from its mm, which empties the TLB"));
    if (m.seen) m.caption += QLatin1Char(' ') + Words::tr("All of it took %1 cycles.").arg(countText(m.cycles));
    return m;
}

TextTwin twin(const ContextSwitchModel& m) {
    TextTwin root(Words::tr("Context switch"), m.found ? m.caption : Words::tr("none yet"));
    if (!m.found) return root;
    for (const SwitchSide* side : {&m.from, &m.to}) {
        TextTwin& s =
            root.add(QStringLiteral("%1 %2").arg(side->name, side == &m.from ? Words::tr("(old)") : Words::tr("(new)")),
                     side->running ? Words::tr("on the CPU") : Words::tr("saved at %1").arg(hex(side->sp)), false,
                     Subject::task(side->pid));
        s.add(QStringLiteral("thread.sp"), hex(side->sp));
        s.add(QStringLiteral("mm.pgd → CR3"), hex(side->cr3));
        s.add(QStringLiteral("FS base"), hex(side->fsBase));
        for (const SwitchSide::Saved& saved : side->saved) s.add(saved.name, hex(saved.value));
    }
    TextTwin& steps =
        root.add(QStringLiteral("__switch_to_asm"), m.seen ? Words::tr("%1 cycles").arg(m.cycles) : QString());
    for (const SwitchStep& step : m.steps)
        steps.add(step.text, step.cycles ? Words::tr("%1 cycles").arg(*step.cycles) : QString(), step.next);
    if (!m.reason.isEmpty()) root.add(Words::tr("Why"), m.reason);
    return root;
}

}  // namespace ringside
