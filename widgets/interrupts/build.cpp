#include <algorithm>
#include <cstring>
#include <map>

#include "core/kernel/boot/kernel_image.h"
#include "core/kernel/entry/kernel_stack.h"
#include "core/kernel/entry/pt_regs.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/symbols.h"
#include "widgets/canvas/words.h"
#include "widgets/interrupts/interrupts.h"
#include "widgets/tasks/task_text.h"

namespace ringside {
namespace {

QString vectorName(int vector) {
    static const std::map<int, const char*> kNames{
        {0, QT_TRANSLATE_NOOP("ringside::Words", "#DE divide error")},
        {1, QT_TRANSLATE_NOOP("ringside::Words", "#DB debug")},
        {2, QT_TRANSLATE_NOOP("ringside::Words", "NMI")},
        {3, QT_TRANSLATE_NOOP("ringside::Words", "#BP breakpoint")},
        {4, QT_TRANSLATE_NOOP("ringside::Words", "#OF overflow")},
        {5, QT_TRANSLATE_NOOP("ringside::Words", "#BR bound range")},
        {6, QT_TRANSLATE_NOOP("ringside::Words", "#UD invalid opcode")},
        {7, QT_TRANSLATE_NOOP("ringside::Words", "#NM no FPU")},
        {8, QT_TRANSLATE_NOOP("ringside::Words", "#DF double fault")},
        {10, QT_TRANSLATE_NOOP("ringside::Words", "#TS invalid TSS")},
        {11, QT_TRANSLATE_NOOP("ringside::Words", "#NP segment not present")},
        {12, QT_TRANSLATE_NOOP("ringside::Words", "#SS stack")},
        {13, QT_TRANSLATE_NOOP("ringside::Words", "#GP general protection")},
        {14, QT_TRANSLATE_NOOP("ringside::Words", "#PF page fault")},
        {16, QT_TRANSLATE_NOOP("ringside::Words", "#MF x87 error")},
        {17, QT_TRANSLATE_NOOP("ringside::Words", "#AC alignment")},
        {18, QT_TRANSLATE_NOOP("ringside::Words", "#MC machine check")},
        {19, QT_TRANSLATE_NOOP("ringside::Words", "#XM SIMD error")},
        {0x80, QT_TRANSLATE_NOOP("ringside::Words", "int 0x80, the old system call")},
        {Timer::kVector, QT_TRANSLATE_NOOP("ringside::Words", "timer interrupt")},
        {Console::kVector, QT_TRANSLATE_NOOP("ringside::Words", "console interrupt")}};
    auto it = kNames.find(vector);
    return it == kNames.end() ? Words::tr("interrupt %1").arg(vector) : Words::tr(it->second);
}

GateKind vectorKind(int vector) {
    if (vector == 0x80) return GateKind::Software;
    if (vector >= 32 || vector == 2) return GateKind::Interrupt;
    if (vector == 8 || vector == 18) return GateKind::Abort;
    return vector == 1 || vector == 3 || vector == 4 ? GateKind::Trap : GateKind::Fault;
}
bool pushesError(int vector) { return vector == 8 || (vector >= 10 && vector <= 14) || vector == 17; }

u64 load(const Machine& machine, u64 address) {
    const std::vector<u8> raw = peek(machine, address, 8);
    u64 value = 0;
    if (raw.size() == 8) std::memcpy(&value, raw.data(), 8);
    return value;
}

QString handlerName(const std::map<u64, std::string>& names, u64 offset) {
    auto it = names.upper_bound(offset);
    if (it == names.begin()) return hex(offset);
    --it;
    return offset == it->first ? qs(it->second) : QStringLiteral("%1+%2").arg(qs(it->second), hex(offset - it->first));
}

QString selectorText(u64 selector) {
    return Words::tr("index %1, %2, RPL %3")
        .arg((selector & 0xffff) >> 3)
        .arg(selector & 4 ? QStringLiteral("LDT") : QStringLiteral("GDT"))
        .arg(selector & 3);
}

QString eflagsText(u64 flags) {
    static constexpr std::pair<u64, const char*> kFlags[] = {
        {flag::CF, "CF"}, {flag::PF, "PF"}, {flag::AF, "AF"}, {flag::ZF, "ZF"}, {flag::SF, "SF"},
        {flag::TF, "TF"}, {flag::IF, "IF"}, {flag::DF, "DF"}, {flag::OF, "OF"}, {flag::NT, "NT"},
        {flag::RF, "RF"}, {flag::AC, "AC"}, {flag::ID, "ID"}};
    QStringList names;
    for (const auto& [bit, name] : kFlags)
        if (flags & bit) names << QLatin1String(name);
    return names.join(QLatin1Char(' '));
}

void readSegments(InterruptsModel& m, const Machine& machine) {
    const Registers& r = machine.cpu.regs;
    const int entries = (r.gdtr.limit + 1) / 8;
    for (int i = 0; i < std::min(entries, 32); ++i) {
        SegmentRow s;
        s.selector = i * 8;
        s.address = m.gdtBase + static_cast<u64>(i) * 8;
        s.raw = load(machine, s.address);
        if (s.raw == 0) {
            if (i == 0)
                s.name = Words::tr("null"), s.what = Words::tr("selector 0 must not be used"), m.segments.push_back(s);
            continue;
        }
        const int dpl = static_cast<int>(s.raw >> 45 & 3), type = static_cast<int>(s.raw >> 40 & 15);
        s.base = (s.raw >> 16 & 0xffffff) | (s.raw >> 56 << 24);
        if (!(s.raw >> 44 & 1)) {
            s.base |= load(machine, s.address + 8) << 32;
            s.name = QStringLiteral("TSS");
            s.what = Words::tr("base %1, %2")
                         .arg(hex(s.base), type == 11 ? Words::tr("busy: TR holds it") : Words::tr("available"));
            ++i;
        } else if (type & 8) {
            s.name = dpl == 3 ? Words::tr("user code") : Words::tr("kernel code");
            s.what = Words::tr("DPL %1, %2")
                         .arg(dpl)
                         .arg(s.raw >> 53 & 1 ? Words::tr("64-bit (L)") : Words::tr("32-bit (D)"));
        } else if (!(type & 2)) {
            s.name = Words::tr("CPU number");
            s.what = Words::tr("DPL %1, limit %2: getcpu reads it with LSL, without a system call")
                         .arg(dpl)
                         .arg(s.raw & 0xffff);
        } else {
            s.name = dpl == 3 ? Words::tr("user data") : Words::tr("kernel data");
            s.what = Words::tr("DPL %1, writable").arg(dpl);
        }
        const u64 selector = static_cast<u64>(s.selector);
        s.used = (r.segment[CS].selector & ~3u) == selector || (r.segment[SS].selector & ~3u) == selector ||
                 (r.tr.selector & ~3u) == selector;
        if (s.used && selector == 0) s.used = false;
        m.segments.push_back(s);
    }
}

void readTss(InterruptsModel& m, const Machine& machine) {
    static constexpr std::pair<u64, const char*> kFields[] = {{4, "RSP0"},  {12, "RSP1"}, {20, "RSP2"},
                                                              {36, "IST1"}, {44, "IST2"}, {52, "IST3"}};
    for (const auto& [offset, name] : kFields) {
        TssField f{QLatin1String(name), Words::tr("not used"), m.tssBase + offset, load(machine, m.tssBase + offset)};
        if (offset == 4)
            f.what = Words::tr(
                "the stack that the CPU takes when it comes from ring 3: the top of the current task's kernel stack");
        if (offset >= 36 && f.value)
            f.what = Words::tr("a stack of its own for gates that name it, such as the double fault's");
        if (offset == 4 || f.value) m.tss.push_back(f);
    }
}

void readFrame(InterruptsModel& m, const Machine& machine, const Task& task, int vector, u64 pushedError) {
    m.frameTask = taskText(task);
    const u64 top = task.stackBase + kKernelStackSize;
    const auto add = [&](const char* name, u64 offset, const QString& what) -> PushedWord& {
        const u64 address = top - sizeof(PtRegs) + offset;
        m.frame.push_back({QLatin1String(name), {}, what, address, load(machine, address)});
        return m.frame.back();
    };
    PushedWord& ss = add("SS", offsetof(PtRegs, ss), Words::tr("the stack segment to go back to"));
    ss.bits = selectorText(ss.value);
    add("RSP", offsetof(PtRegs, rsp), Words::tr("the stack to go back to"));
    PushedWord& flags = add("RFLAGS", offsetof(PtRegs, eflags),
                            Words::tr("the flags; IF among them, so that going back turns interrupts on again"));
    flags.bits = eflagsText(flags.value);
    PushedWord& cs = add("CS", offsetof(PtRegs, cs), Words::tr("the code segment; its RPL is the ring it came from"));
    cs.bits = selectorText(cs.value);
    const bool user = (cs.value & 3) == 3;
    PushedWord& rip = add("RIP", offsetof(PtRegs, rip), Words::tr("where to go on"));
    if (vector >= 0) {
        const GateKind kind = vectorKind(vector);
        rip.bits = kind == GateKind::Fault       ? Words::tr("the instruction that failed: it runs again")
                   : kind == GateKind::Interrupt ? Words::tr("the next instruction: it had not begun")
                                                 : Words::tr("behind the instruction that asked");
    }
    PushedWord& error = add("orig_ax", offsetof(PtRegs, origRax), Words::tr("pushed by the hardware: the error code"));
    if (vector >= 0 && pushesError(vector))
        error.name = Words::tr("error"),
        error.bits = QStringLiteral("%1: %2").arg(hex(pushedError), errorCodeText(vector, pushedError)),
        error.what = error.value == pushedError
                         ? Words::tr("the error code, pushed by the hardware")
                         : Words::tr(
                               "the hardware pushed the error code %1 here; the stub has put -1 in its place, so "
                               "that it is not taken for the number of a system call")
                               .arg(hex(pushedError));
    else
        error.what = Words::tr("pushed by the stub, not by the hardware: -1, or the number of a system call");
    m.frameNote = user ? Words::tr("It came from ring 3: the CPU took this stack from TSS.RSP0.")
                       : Words::tr("It came from ring 0: the CPU stayed on the stack it had.");
}

}  // namespace

QString gateKindText(GateKind kind) {
    switch (kind) {
        case GateKind::Fault:
            return Words::tr("fault");
        case GateKind::Trap:
            return Words::tr("trap");
        case GateKind::Abort:
            return Words::tr("abort");
        case GateKind::Interrupt:
            return Words::tr("interrupt");
        case GateKind::Software:
            return Words::tr("software");
    }
    return {};
}

QString errorCodeText(int vector, u64 error) {
    if (vector == 14) {
        QStringList parts{error & 1 ? Words::tr("P=1 against the rights") : Words::tr("P=0 not present"),
                          error & 2 ? Words::tr("W=1 write") : Words::tr("W=0 read"),
                          error & 4 ? Words::tr("U=1 from ring 3") : Words::tr("U=0 from ring 0")};
        if (error & 8) parts << Words::tr("RSVD=1 reserved bit set");
        if (error & 16) parts << Words::tr("I=1 instruction fetch");
        return parts.join(QStringLiteral(", "));
    }
    if (error == 0) return Words::tr("0: no segment was the reason");
    return QStringLiteral("%1, %2%3")
        .arg(selectorText(error & ~u64{7}),
             error & 2   ? QStringLiteral("IDT")
             : error & 4 ? QStringLiteral("LDT")
                         : QStringLiteral("GDT"),
             error & 1 ? Words::tr(", from outside") : QString());
}

InterruptsModel buildInterrupts(const Snapshot& snapshot, const ViewOptions& options) {
    InterruptsModel m;
    if (!snapshot.now) return m;
    const Machine& machine = *snapshot.now;
    const Registers& r = machine.cpu.regs;
    m.loaded = true;
    m.idtBase = r.idtr.base, m.gdtBase = r.gdtr.base, m.tssBase = r.tr.base;
    m.idtEntries = (r.idtr.limit + 1) / 16;
    m.cpl = r.cpl();
    m.interruptsOn = r.rflags & flag::IF;
    m.timerOn = machine.devices.timer.deadline != Timer::kOff;
    m.timerPeriod = machine.clockHz / std::max<u32>(1, machine.kernel.options.hz);
    if (m.timerOn)
        m.timerCycles = machine.devices.timer.deadline - std::min(machine.devices.timer.deadline, machine.cpu.cycles);

    std::map<u64, std::string> names;
    for (const auto& [name, address] : kernelSymbols()) names[address] = name;
    const Task* task = taskOf(machine, options.selection);
    int ofTask = -1;
    u64 error = 0;
    const EventLog& events = snapshot.events;
    const std::size_t end = events.firstAfter(machine.cpu.tick);
    std::map<u8, u64> taken = events.vectorsBefore(end);
    const u64 gates = RunUntil::bit(EventKind::Trap) | RunUntil::bit(EventKind::Irq);
    if (const std::size_t i = events.lastBefore(end, gates); i < events.size())
        m.lastVector = static_cast<int>(events[i].args[0]);
    // How the task came into the kernel the last time: through a gate, or by SYSCALL.
    if (const std::size_t i =
            task ? events.lastBefore(end, gates | RunUntil::bit(EventKind::SyscallEnter), task->pid()) : events.size();
        i < events.size() && events[i].kind != EventKind::SyscallEnter) {
        ofTask = static_cast<int>(events[i].args[0]);
        error = events[i].kind == EventKind::Irq ? 0 : events[i].args[1];
    }
    for (int v = 0; v < std::min(m.idtEntries, 256); ++v) {
        const u64 address = m.idtBase + static_cast<u64>(v) * 16, low = load(machine, address),
                  high = load(machine, address + 8);
        if (!(low >> 47 & 1)) continue;
        const bool known =
            v < 20 || v == 0x80 || v == Timer::kVector || v == Console::kVector || taken.contains(static_cast<u8>(v));
        if (!known || v == 9 || v == 15) continue;
        Gate gate;
        gate.vector = v, gate.name = vectorName(v), gate.address = address;
        gate.offset = (low & 0xffff) | (low >> 48 << 16) | (high << 32);
        gate.handler = handlerName(names, gate.offset);
        gate.dpl = static_cast<int>(low >> 45 & 3), gate.ist = static_cast<int>(low >> 32 & 7);
        gate.trapGate = (low >> 40 & 15) == 15;
        gate.kind = vectorKind(v), gate.taken = taken[static_cast<u8>(v)], gate.last = v == m.lastVector;
        m.gates.push_back(std::move(gate));
    }
    if (m.gdtBase) readSegments(m, machine);
    if (m.tssBase) readTss(m, machine);
    if (task && task->stackBase != 0) readFrame(m, machine, *task, ofTask, error);
    m.caption = m.lastVector < 0 ? Words::tr("No gate has been taken yet.")
                                 : Words::tr(
                                       "Last taken: vector %1, %2 (%3). The CPU looked it up at IDT + 16 × %1 = %4 "
                                       "and went to the handler in ring 0.")
                                       .arg(m.lastVector)
                                       .arg(vectorName(m.lastVector), gateKindText(vectorKind(m.lastVector)),
                                            hex(m.idtBase + 16 * static_cast<u64>(m.lastVector)));
    return m;
}

TextTwin twin(const InterruptsModel& m) {
    TextTwin root(Words::tr("Interrupts"), m.caption);
    if (!m.loaded) return root;
    root.add(QStringLiteral("IDTR"), hex(m.idtBase), false, Subject::address(m.idtBase));
    root.add(Words::tr("timer"),
             m.timerOn ? Words::tr("in %1 cycles").arg(countText(m.timerCycles)) : Words::tr("off"));
    root.add(Words::tr("ring"), QStringLiteral("%1, IF %2").arg(m.cpl).arg(m.interruptsOn));
    TextTwin& gates = root.add(Words::tr("Interrupt descriptor table"),
                               Words::tr("at %1, %2 gates of 16 bytes").arg(hex(m.idtBase)).arg(m.idtEntries));
    for (const Gate& g : m.gates)
        gates.add(QStringLiteral("%1 %2").arg(g.vector).arg(g.name),
                  Words::tr("%1, %2 at %3, DPL %4, IST %5, taken %6 times")
                      .arg(gateKindText(g.kind), g.handler, hex(g.offset))
                      .arg(g.dpl)
                      .arg(g.ist)
                      .arg(g.taken),
                  g.last, Subject::instruction(g.offset));
    TextTwin& frame =
        root.add(Words::tr("Pushed on the kernel stack"), QStringLiteral("%1: %2").arg(m.frameTask, m.frameNote));
    for (const PushedWord& w : m.frame)
        frame.add(w.name, hex(w.value) + (w.bits.isEmpty() ? QString() : QStringLiteral(" (%1)").arg(w.bits)), false,
                  Subject::address(w.address));
    TextTwin& gdt = root.add(QStringLiteral("GDT"), Words::tr("at %1: the segments").arg(hex(m.gdtBase)), false,
                             Subject::address(m.gdtBase));
    for (const SegmentRow& s : m.segments)
        gdt.add(QStringLiteral("%1 %2").arg(hex(static_cast<u64>(s.selector)), s.name),
                QStringLiteral("%1 %2").arg(hexDigits(s.raw, 16), s.what), s.used, Subject::address(s.address));
    TextTwin& tss = root.add(QStringLiteral("TSS"), Words::tr("at %1: stacks for ring 0").arg(hex(m.tssBase)), false,
                             Subject::address(m.tssBase));
    for (const TssField& f : m.tss) tss.add(f.name, hex(f.value), false, Subject::address(f.value));
    return root;
}

}  // namespace ringside
