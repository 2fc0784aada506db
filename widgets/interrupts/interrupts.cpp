#include "widgets/interrupts/interrupts.h"

#include <algorithm>
#include <map>

#include "core/kernel/boot/kernel_image.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"

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

// Kernel memory as the current page tables show it; nothing when it is not mapped.
std::optional<u64> peek(const Machine& machine, u64 address) {
    const Walk w = walk(machine.ram, machine.cpu.pagingMode(), VirtAddr(address));
    if (w.end != WalkEnd::Mapped || pageOffset(address) > kPageSize - 8 || !machine.ram.contains(w.phys, 8))
        return std::nullopt;
    return machine.ram.load<u64>(w.phys);
}

}  // namespace

InterruptsModel buildInterrupts(const Snapshot& snapshot, const ViewOptions& options) {
    InterruptsModel m;
    if (!snapshot.now) return m;
    const Machine& machine = *snapshot.now;
    const Registers& r = machine.cpu.regs;
    m.loaded = true;
    m.idtBase = r.idtr.base;
    m.gdtBase = r.gdtr.base;
    m.tssBase = r.tr.base;
    m.idtEntries = (r.idtr.limit + 1) / 16;
    m.cpl = r.cpl();
    m.interruptsOn = r.rflags & flag::IF;
    m.timerOn = machine.devices.timer.deadline != Timer::kOff;
    if (m.timerOn)
        m.timerCycles = machine.devices.timer.deadline - std::min(machine.devices.timer.deadline, machine.cpu.cycles);
    if (const auto rsp0 = peek(machine, m.tssBase + 4)) m.rsp0 = *rsp0;

    std::map<u64, std::string> nameAt;
    for (const auto& [name, address] : kernelSymbols()) nameAt[address] = name;
    auto handlerName = [&](u64 offset) {
        auto it = nameAt.upper_bound(offset);
        if (it == nameAt.begin()) return hex(offset);
        --it;
        return offset == it->first ? qs(it->second)
                                   : QStringLiteral("%1+%2").arg(qs(it->second), hex(offset - it->first));
    };
    std::map<int, u64> taken;
    int lastVector = -1;
    for (std::size_t i = 0; i < snapshot.events.firstAfter(machine.cpu.tick); ++i) {
        const Event& e = snapshot.events[i];
        int vector = -1;
        if (e.kind == EventKind::PageFault) vector = 14;
        if (e.kind == EventKind::Trap || e.kind == EventKind::Irq) vector = static_cast<int>(e.args[0]);
        if (vector < 0) continue;
        ++taken[vector];
        lastVector = vector;
    }
    for (int v = 0; v < std::min(m.idtEntries, 256); ++v) {
        const auto low = peek(machine, m.idtBase + static_cast<u64>(v) * 16),
                   high = peek(machine, m.idtBase + static_cast<u64>(v) * 16 + 8);
        if (!low || !high || !(*low >> 47 & 1)) continue;
        const bool known = v < 32 || v == 0x80 || v == Timer::kVector || v == Console::kVector || taken.contains(v);
        if (!known || v == 9 || v == 15 || (v > 19 && v < 32)) continue;
        Gate gate;
        gate.vector = v;
        gate.name = vectorName(v);
        gate.offset = (*low & 0xffff) | (*low >> 48 << 16) | (*high << 32);
        gate.handler = handlerName(gate.offset);
        gate.dpl = static_cast<int>(*low >> 45 & 3);
        gate.ist = static_cast<int>(*low >> 32 & 7);
        gate.trapGate = (*low >> 40 & 15) == 15;
        gate.taken = taken[v];
        gate.last = v == lastVector;
        m.gates.push_back(gate);
    }
    // The top of the kernel stack holds what was pushed on the last way in: SS, RSP, RFLAGS, CS, RIP, and the error
    // code or number of the call below.
    if (const Task* task = taskOf(machine, options.selection); task && task->stackBase != 0) {
        m.frameTask = taskText(*task);
        static constexpr const char* kNames[] = {"SS", "RSP", "RFLAGS", "CS", "RIP", "orig_rax"};
        const u64 top = task->stackBase + 16384;
        for (std::size_t i = 0; i < std::size(kNames); ++i)
            if (const auto value = peek(machine, top - 8 * (i + 1)))
                m.frame.emplace_back(QLatin1String(kNames[i]), hex(*value));
    }
    m.caption =
        lastVector < 0
            ? Words::tr("No gate has been taken yet.")
            : Words::tr(
                  "Last taken: vector %1, %2. The CPU looked it up at IDT + 16 × %1, took RSP from TSS.RSP0 when it "
                  "came from ring 3, pushed SS, RSP, RFLAGS, CS and RIP there, and went to the handler in ring 0.")
                  .arg(lastVector)
                  .arg(vectorName(lastVector));
    return m;
}

TextTwin twin(const InterruptsModel& m) {
    TextTwin root(Words::tr("Interrupts"), m.caption);
    root.add(QStringLiteral("IDTR"), hex(m.idtBase), false, Subject::address(m.idtBase));
    root.add(QStringLiteral("GDTR"), hex(m.gdtBase), false, Subject::address(m.gdtBase));
    root.add(QStringLiteral("TSS.RSP0"), hex(m.rsp0), false, Subject::address(m.rsp0));
    root.add(Words::tr("timer"),
             m.timerOn ? Words::tr("in %1 cycles").arg(countText(m.timerCycles)) : Words::tr("off"));
    root.add(Words::tr("ring"), QStringLiteral("%1, IF %2").arg(m.cpl).arg(m.interruptsOn));
    TextTwin& gates = root.add(Words::tr("Gates"));
    for (const Gate& g : m.gates)
        gates.add(QStringLiteral("%1 %2").arg(g.vector).arg(g.name),
                  Words::tr("%1 at %2, DPL %3, taken %4 times").arg(g.handler, hex(g.offset)).arg(g.dpl).arg(g.taken),
                  g.last, Subject::instruction(g.offset));
    TextTwin& frame = root.add(Words::tr("Frame on the kernel stack of %1").arg(m.frameTask));
    for (const auto& [name, value] : m.frame) frame.add(name, value);
    return root;
}

Scene paint(const InterruptsModel& m, const StylePtr& style, QSizeF size) {
    Scene s(style, size);
    if (!m.loaded) {
        s.empty(Words::tr("No machine is running, so there is no IDT. Open a program."));
        return s;
    }
    const Theme& theme = s.theme();
    const double g = style->grid, row = style->row(), margin = g * 1.5, width = size.width() - 2 * margin;
    double y = margin;
    y += s.heading({margin, y}, width, Words::tr("Interrupt descriptor table"),
                   Words::tr("at %1, %2 gates of 16 bytes").arg(hex(m.idtBase)).arg(m.idtEntries));
    const double sideW = std::min(width * 0.36, style->em * 42), tableW = width - sideW - 3 * g, top = y;
    const double vectorW = style->width(Font::Mono, QStringLiteral("000 ")) + g,
                 takenW = style->width(Font::Mono, QStringLiteral("0,000,000")) + g;
    const double nameW = std::min(style->em * 24, (tableW - vectorW - takenW) * 0.5);
    s.text(QRectF(margin + tableW - takenW, y, takenW, row), Words::tr("taken"), Font::Small, theme.color(Role::Muted),
           Qt::AlignRight | Qt::AlignVCenter);
    s.text(QRectF(margin + vectorW, y, nameW, row), Words::tr("vector"), Font::Small, theme.color(Role::Muted));
    s.text(QRectF(margin + vectorW + nameW, y, tableW - nameW - vectorW - takenW, row), Words::tr("handler"),
           Font::Small, theme.color(Role::Muted));
    y += row;
    for (const Gate& gate : m.gates) {
        const QRectF line(margin, y, tableW, row);
        if (gate.last) s.box(line, theme.fill(Role::Fault), theme.color(Role::Fault));
        const QColor ink =
            gate.last ? theme.inkOn(theme.fill(Role::Fault)) : theme.color(gate.taken ? Role::Ink : Role::Muted);
        s.text(QRectF(margin, y, vectorW - g, row), QString::number(gate.vector), Font::Mono, ink,
               Qt::AlignRight | Qt::AlignVCenter);
        s.text(QRectF(margin + vectorW, y, nameW - g, row), gate.name, Font::Words, ink);
        s.text(QRectF(margin + vectorW + nameW, y, tableW - vectorW - nameW - takenW - g, row),
               gate.handler + (gate.dpl == 3 ? QStringLiteral("  DPL 3") : QString()), Font::Mono, ink);
        s.text(QRectF(margin + tableW - takenW, y, takenW - g * 0.5, row),
               gate.taken ? countText(gate.taken) : QStringLiteral("–"), Font::Mono, ink,
               Qt::AlignRight | Qt::AlignVCenter);
        s.spot(line, QStringLiteral("gate.%1").arg(gate.vector), gate.name,
               Words::tr("Gate %1 (%2): %3 gate to %4, %5. DPL %6: %7. IST %8.")
                   .arg(gate.vector)
                   .arg(gate.name, gate.trapGate ? Words::tr("trap") : Words::tr("interrupt"), gate.handler,
                        hex(gate.offset))
                   .arg(gate.dpl)
                   .arg(gate.dpl == 3 ? Words::tr("a program may use it with INT")
                                      : Words::tr("INT from ring 3 is refused with #GP"))
                   .arg(gate.ist),
               Subject::instruction(gate.offset));
        y += row;
    }
    double sy = top;
    const double sx = margin + tableW + 3 * g;
    auto fact = [&](const QString& name, const QString& value, const QString& what) {
        s.text(QRectF(sx, sy, sideW * 0.42, row), name, Font::Words, theme.color(Role::Muted));
        s.text(QRectF(sx + sideW * 0.42, sy, sideW * 0.58, row), value, Font::Mono);
        s.spot(QRectF(sx, sy, sideW, row), QStringLiteral("fact.") + name, name, what);
        sy += row;
    };
    fact(Words::tr("ring"), m.cpl == 3 ? Words::tr("3, user") : Words::tr("0, kernel"),
         Words::tr("The low two bits of CS: the privilege level of the running code."));
    fact(QStringLiteral("RFLAGS.IF"), m.interruptsOn ? Words::tr("1, interrupts on") : Words::tr("0, interrupts off"),
         Words::tr("Whether external interrupts are accepted. Exceptions always are."));
    fact(Words::tr("timer"), m.timerOn ? Words::tr("in %1 cycles").arg(countText(m.timerCycles)) : Words::tr("off"),
         Words::tr("The kernel programs the timer; when it runs out it asserts vector %1.").arg(Timer::kVector));
    fact(QStringLiteral("GDT"), hex(m.gdtBase), Words::tr("The segments: kernel and user code and data, and the TSS."));
    fact(QStringLiteral("TSS"), hex(m.tssBase),
         Words::tr("The task state segment: in 64-bit mode it only holds stack pointers."));
    fact(QStringLiteral("TSS.RSP0"), hex(m.rsp0),
         Words::tr("The stack that the CPU switches to when it comes from ring 3: the top of the current task's kernel "
                   "stack."));
    sy += g;
    s.text(QRectF(sx, sy, sideW, row), Words::tr("Pushed on the kernel stack"), Font::Strong);
    sy += row;
    s.text(QRectF(sx, sy, sideW, row), m.frameTask, Font::Small, theme.color(Role::Muted));
    sy += row;
    for (const auto& [name, value] : m.frame) {
        const QRectF box(sx, sy, sideW, row * 1.15);
        s.box(box, theme.fill(Role::Stack), theme.color(Role::Stack));
        s.text(QRectF(sx + g, sy, sideW * 0.35, row * 1.15), name, Font::Mono, theme.inkOn(theme.fill(Role::Stack)));
        s.text(QRectF(sx + sideW * 0.35, sy, sideW * 0.65 - g, row * 1.15), value, Font::MonoStrong,
               theme.inkOn(theme.fill(Role::Stack)));
        s.spot(box, QStringLiteral("frame.") + name, name,
               Words::tr("%1 = %2, saved when the task last entered the kernel.").arg(name, value));
        sy += row * 1.15;
    }
    y = std::max(y, sy) + g;
    y += s.caption({margin, y}, width, m.caption);
    s.growTo(size.width(), y + margin);
    return s;
}

}  // namespace ringside
