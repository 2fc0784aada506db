#include "widgets/context_switch/context_switch.h"

#include <algorithm>

#include "core/kernel/boot/kernel_image.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"

namespace ringside {
namespace {

// What __switch_to_asm pops, lowest address first (kernel/entry/entry.S).
constexpr const char* kSaved[] = {"R15", "R14", "R13", "R12", "RBX", "RBP", "RIP"};

SwitchSide sideOf(const Machine& machine, i32 pid) {
    SwitchSide side;
    side.pid = pid;
    side.name = pid == 0 ? Words::tr("idle") : QStringLiteral("PID %1").arg(pid);
    const Task* task = taskByPid(machine, pid);
    if (!task) return side;
    side.name = taskText(*task);
    side.sp = task->sp;
    side.fsBase = task->fsBase;
    side.running = machine.kernel.current == task->id;
    if (const Mm* mm = machine.kernel.mms.find(task->activeMm.value ? task->activeMm : task->mm)) side.cr3 = mm->cr3;
    if (side.running) return side;
    for (std::size_t i = 0; i < std::size(kSaved); ++i) {
        const Walk w = walk(machine.ram, machine.cpu.pagingMode(), VirtAddr(task->sp + 8 * i));
        if (w.end != WalkEnd::Mapped) break;
        side.saved.emplace_back(QLatin1String(kSaved[i]), machine.ram.load<u64>(w.phys));
    }
    if (side.saved.size() == std::size(kSaved)) {
        const u64 rip = side.saved.back().second;
        u64 best = 0;
        for (const auto& [name, address] : kernelSymbols())
            if (address <= rip && address > best) best = address, side.returnsTo = qs(name);
    }
    return side;
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
    m.reason = qs(event->text.empty() ? snapshot.now->kernel.runQueue.decision.reason : event->text);
    m.caption = Words::tr(
                    "At tick %1 the CPU went from %2 to %3: %4. It pushed six registers on %2's kernel stack, took RSP "
                    "from %3%5, and popped what %3 had pushed when it was switched away.")
                    .arg(countText(m.tick), m.from.name, m.to.name,
                         m.preempted ? Words::tr("a preemption") : Words::tr("the old task gave up the CPU"),
                         m.sameSpace ? Words::tr(" (CR3 stays: same address space, or a kernel thread that borrows it)")
                                     : Words::tr(" and CR3 from its mm, which empties the TLB"));
    return m;
}

TextTwin twin(const ContextSwitchModel& m) {
    TextTwin root(Words::tr("Context switch"), m.found ? m.caption : Words::tr("none yet"));
    if (!m.found) return root;
    for (const SwitchSide* side : {&m.from, &m.to}) {
        TextTwin& s =
            root.add(side->name, side->running ? Words::tr("on the CPU") : Words::tr("saved at %1").arg(hex(side->sp)),
                     false, Subject::task(side->pid));
        s.add(QStringLiteral("CR3"), hex(side->cr3));
        s.add(QStringLiteral("FS base"), hex(side->fsBase));
        for (const auto& [name, value] : side->saved) s.add(name, hex(value));
    }
    if (!m.reason.isEmpty()) root.add(Words::tr("Why"), m.reason);
    return root;
}

Scene paint(const ContextSwitchModel& m, const StylePtr& style, QSizeF size) {
    Scene s(style, size);
    if (!m.found) {
        s.empty(m.loaded ? Words::tr("The CPU has not been given to another task yet. Go to the next context switch.")
                         : Words::tr("No machine is running. Open a program."));
        return s;
    }
    const Theme& theme = s.theme();
    const double g = style->grid, row = style->row(), margin = g * 1.5, width = size.width() - 2 * margin;
    double y = margin;
    y += s.heading({margin, y}, width, Words::tr("Context switch"),
                   Words::tr("the last of %1, at tick %2").arg(countText(m.switches), countText(m.tick))) +
         g * 0.5;
    const double sideW =
                     std::min(width * 0.36,
                              (width - style->width(Font::MonoStrong, QStringLiteral("__switch_to_asm")) - 8 * g) / 2),
                 middleW = width - 2 * sideW - 6 * g, top = y;
    auto side = [&](const SwitchSide& x, double left, bool old) {
        double sy = top;
        const double headH = row * 1.6;
        const QRectF head(left, sy, sideW, headH);
        s.box(head, theme.taskFill(x.pid), theme.task(x.pid), style->pen * (x.running ? 2 : 1));
        s.mark({left + g * 1.5, sy + headH / 2}, Theme::taskMark(x.pid), theme.task(x.pid));
        s.text(head.adjusted(g * 3, 0, -g, 0),
               QStringLiteral("%1  %2").arg(x.name, old ? Words::tr("(old)") : Words::tr("(new)")), Font::Strong,
               theme.inkOn(theme.taskFill(x.pid)));
        s.spot(head, QStringLiteral("side.%1").arg(x.pid), x.name,
               x.running ? Words::tr("%1 has the CPU now.").arg(x.name)
                         : Words::tr("%1 is switched away; its registers wait on its kernel stack at %2.")
                               .arg(x.name, hex(x.sp)),
               Subject::task(x.pid));
        sy += headH + g;
        auto line = [&](const QString& name, const QString& value, Role role, const QString& what) {
            const QRectF box(left, sy, sideW, row * 1.15);
            s.box(box, theme.fill(role), theme.color(role));
            s.text(box.adjusted(g, 0, -g, 0), name, Font::Mono, theme.inkOn(theme.fill(role)));
            s.text(box.adjusted(std::max(sideW * 0.3, style->width(Font::Mono, name) + 2 * g), 0, -g, 0), value,
                   Font::MonoStrong, theme.inkOn(theme.fill(role)), Qt::AlignRight | Qt::AlignVCenter);
            s.spot(box, QStringLiteral("%1.%2").arg(x.pid).arg(name), name, what);
            sy += row * 1.2;
        };
        line(QStringLiteral("thread.sp"), hex(x.sp), Role::Kernel,
             Words::tr("The kernel stack pointer, kept in the task_struct while the task is switched away."));
        line(QStringLiteral("CR3"), hex(x.cr3), Role::PageTable, Words::tr("The top page table of its address space."));
        line(QStringLiteral("FS base"), hex(x.fsBase), Role::Data, Words::tr("Thread-local storage."));
        sy += g * 0.5;
        s.text(QRectF(left, sy, sideW, row),
               x.running ? Words::tr("Its registers are in the CPU.") : Words::tr("On its kernel stack, as popped"),
               Font::Small, theme.color(Role::Muted));
        sy += row;
        for (const auto& [name, value] : x.saved)
            line(name,
                 name == QLatin1String("RIP") && !x.returnsTo.isEmpty()
                     ? QStringLiteral("%1 %2").arg(hex(value), x.returnsTo)
                     : hex(value),
                 Role::Stack, Words::tr("%1 of %2, pushed by __switch_to_asm.").arg(name, x.name));
        return sy;
    };
    const double leftBottom = side(m.from, margin, true), rightX = margin + sideW + middleW + 6 * g,
                 rightBottom = side(m.to, rightX, false);
    const QRectF cpu(margin + sideW + 3 * g, top + row * 2.5, middleW, row * 5);
    s.hatched(cpu, theme.fill(Role::Kernel), theme.color(Role::Kernel), Hatch::Diagonal, theme.color(Role::Line));
    const QColor ink = theme.inkOn(theme.fill(Role::Kernel));
    s.text(QRectF(cpu.x(), cpu.y() + g * 0.5, cpu.width(), row), QStringLiteral("__switch_to_asm"), Font::MonoStrong,
           ink, Qt::AlignCenter);
    s.text(QRectF(cpu.x(), cpu.y() + row * 1.4, cpu.width(), row), Words::tr("push ×6, swap RSP"), Font::MonoSmall, ink,
           Qt::AlignCenter);
    s.text(QRectF(cpu.x(), cpu.y() + row * 2.3, cpu.width(), row),
           m.sameSpace ? Words::tr("CR3 stays") : Words::tr("load CR3"), Font::MonoSmall, ink, Qt::AlignCenter);
    s.text(QRectF(cpu.x(), cpu.y() + row * 3.2, cpu.width(), row), Words::tr("pop ×6, ret"), Font::MonoSmall, ink,
           Qt::AlignCenter);
    s.spot(cpu, QStringLiteral("switch"), QStringLiteral("__switch_to_asm"),
           Words::tr("Real code in ring 0: step through it with the disassembly to see the stack change under it."));
    s.line({QPointF(cpu.left() - g * 0.3, cpu.center().y()), QPointF(margin + sideW + g * 0.3, cpu.center().y())},
           theme.task(m.from.pid), Arrow::End);
    s.line({QPointF(rightX - g * 0.3, cpu.center().y()), QPointF(cpu.right() + g * 0.3, cpu.center().y())},
           theme.task(m.to.pid), Arrow::End);
    y = std::max({leftBottom, rightBottom, cpu.bottom()}) + g;
    y += s.caption({margin, y}, width, m.caption) + g * 0.5;
    if (!m.reason.isEmpty())
        y += s.caption({margin, y}, width, Words::tr("Why: %1").arg(m.reason), QStringLiteral("why"));
    s.growTo(size.width(), y + margin);
    return s;
}

}  // namespace ringside
