#include <algorithm>
#include <map>

#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/context_switch/context_switch.h"

namespace ringside {
namespace {

struct Painter {
    const ContextSwitchModel& m;
    Scene& s;
    const Style& style = s.style();
    const Theme& theme = s.theme();
    double g = style.grid, row = style.row(), margin = g * 1.5;
    // Where the values lie: to draw their ways.
    std::map<QString, QRectF> fromCells, toCells;
    QRectF fromSp, toSp, fromCr3, toCr3;

    // Narrow: the value stands below its name.
    bool stacked = false;
    double tall = row * 1.1, pitch = row * 1.15;  // of a cell, and from one to the next

    QRectF cell(QRectF box, const QString& name, const QString& value, Role role, const QString& key,
                const QString& what, bool pale) {
        const QColor fill = pale ? theme.color(Role::Paper) : theme.fill(role);
        s.box(box, fill, theme.color(role));
        const QColor ink = pale ? theme.color(Role::Muted) : theme.inkOn(fill);
        if (stacked) {
            s.text(QRectF(box.x() + g, box.y(), box.width() - 2 * g, row), name, Font::Mono, ink);
            s.text(QRectF(box.x() + g, box.y() + row * 0.9, box.width() - 2 * g, row), value, Font::MonoStrong, ink,
                   Qt::AlignRight | Qt::AlignVCenter);
        } else {
            const double nameW = style.width(Font::Mono, name) + 2 * g;
            s.text(box.adjusted(g, 0, -g, 0), name, Font::Mono, ink);
            s.text(box.adjusted(nameW, 0, -g, 0), value, Font::MonoStrong, ink, Qt::AlignRight | Qt::AlignVCenter);
        }
        s.spot(box, key, name, what);
        return box;
    }

    // One task: its task_struct above, its kernel stack below, high addresses on top as stacks are drawn.
    double side(const SwitchSide& x, double left, double top, double width, bool old) {
        double y = top;
        const QString key = old ? QStringLiteral("from") : QStringLiteral("to");
        const QRectF head(left, y, width, row * 1.5);
        s.box(head, theme.taskFill(x.pid), theme.task(x.pid), style.pen * (x.running ? 2 : 1));
        s.mark({left + g * 1.5, head.center().y()}, Theme::taskMark(x.pid), theme.task(x.pid));
        s.text(head.adjusted(g * 3, 0, -g, 0),
               QStringLiteral("%1  %2").arg(x.name, old ? Words::tr("(old)") : Words::tr("(new)")), Font::Strong,
               theme.inkOn(theme.taskFill(x.pid)));
        s.spot(head, key + QStringLiteral(".head"), x.name,
               x.running ? Words::tr("%1 has the CPU now.").arg(x.name)
                         : Words::tr("%1 is switched away; its registers wait on its kernel stack at %2.")
                               .arg(x.name, hex(x.sp)),
               Subject::task(x.pid));
        y = head.bottom() + g;
        s.text(QRectF(left, y, width, row), QStringLiteral("task_struct, mm_struct"), Font::Small,
               theme.color(Role::Muted));
        y += row;
        const QRectF line(left, y, width, tall);
        const QRectF sp = cell(
            line, QStringLiteral("thread.sp"), hex(x.sp), Role::Kernel, key + QStringLiteral(".sp"),
            Words::tr("The kernel stack pointer, kept in the task_struct while the task is switched away."), false);
        const QRectF cr3 =
            cell(line.translated(0, pitch), QStringLiteral("mm.pgd → CR3"), hex(x.cr3), Role::PageTable,
                 key + QStringLiteral(".cr3"), Words::tr("The top page table of its address space."), false);
        cell(line.translated(0, 2 * pitch), QStringLiteral("FS base"), hex(x.fsBase), Role::Data,
             key + QStringLiteral(".fs"),
             Words::tr("Thread-local storage; saved and loaded before the stacks are exchanged, as are the "
                       "floating-point registers."),
             false);
        (old ? fromSp : toSp) = sp;
        (old ? fromCr3 : toCr3) = cr3;
        y += 3 * pitch + g;
        s.text(QRectF(left, y, width, row), Words::tr("kernel stack, grows down"), Font::Small,
               theme.color(Role::Muted));
        y += row;
        for (auto it = x.saved.rbegin(); it != x.saved.rend(); ++it) {
            const bool reached = !m.seen || arrived(it->name, old);
            const QString value = it->name == QLatin1String("RIP") && !x.returnsTo.isEmpty() && width > style.em * 34
                                      ? QStringLiteral("%1 %2").arg(hex(it->value), x.returnsTo)
                                      : hex(it->value);
            const QRectF box =
                cell(QRectF(left, y, width, tall), it->name, value, Role::Stack, key + QLatin1Char('.') + it->name,
                     Words::tr("%1 of %2 at %3 of its kernel stack: %4%5.")
                         .arg(it->name, x.name, hex(it->address), hex(it->value),
                              it->name == QLatin1String("RIP") && !x.returnsTo.isEmpty()
                                  ? Words::tr(", inside %1").arg(x.returnsTo)
                                  : QString()),
                     !reached);
            (old ? fromCells : toCells)[it->name] = box;
            y += pitch;
        }
        if (x.saved.empty()) {
            s.text(QRectF(left, y, width, row), Words::tr("Its registers are in the CPU."), Font::Words,
                   theme.color(Role::Muted));
            y += row;
        }
        return y;
    }

    // Of the old side: already pushed. Of the new side: still there, not yet popped.
    bool arrived(const QString& name, bool old) const {
        for (const SwitchStep& step : m.steps) {
            const bool mine = old ? step.kind == SwitchStep::Kind::Push : step.kind == SwitchStep::Kind::Pop;
            if (mine && step.text.section(' ', 1).toUpper() == name) return old ? step.done : !step.done;
            if (name == QLatin1String("RIP") && step.text.startsWith(QLatin1String("call")) && old) return step.done;
        }
        return true;
    }

    double code(double left, double top, double width) {
        double y = top;
        const QString title = QStringLiteral("context_switch");
        const QRectF head(left, y, width, row * 1.5);
        s.hatched(head, theme.fill(Role::Kernel), theme.color(Role::Kernel), Hatch::Diagonal, theme.color(Role::Line));
        s.box(head.adjusted(g * 0.5, g * 0.3, -g * 0.5, -g * 0.3), theme.fill(Role::Kernel));
        s.text(head,
               m.seen ? Words::tr("%1: %2 cycles").arg(title, countText(m.cycles)) : QStringLiteral("__switch_to_asm"),
               Font::MonoStrong, theme.inkOn(theme.fill(Role::Kernel)), Qt::AlignCenter);
        s.spot(head, QStringLiteral("code"), title,
               Words::tr("Real code in ring 0. Step through it and watch the values move."));
        y = head.bottom() + g;
        std::size_t index = 0;
        for (const SwitchStep& step : m.steps) {
            const QRectF box(left, y, width, row);
            if (step.next) s.box(box, theme.color(Role::Note), theme.color(Role::Accent));
            const QColor ink = step.done || !m.seen ? theme.color(Role::Ink) : theme.color(Role::Muted);
            const bool key = step.kind == SwitchStep::Kind::LoadSp || step.kind == SwitchStep::Kind::SaveSp ||
                             step.kind == SwitchStep::Kind::LoadCr3;
            s.text(box.adjusted(g * 1.6, 0, -style.em * 5, 0), step.text, key ? Font::MonoStrong : Font::Mono, ink);
            if (step.next) s.mark({left + g * 0.7, box.center().y()}, Mark::Triangle, theme.color(Role::Accent));
            if (step.cycles)
                s.text(box.adjusted(0, 0, -g * 0.5, 0), QString::number(*step.cycles), Font::MonoSmall,
                       theme.color(Role::Muted), Qt::AlignRight | Qt::AlignVCenter);
            Spot& spot = s.spot(box, QStringLiteral("step.%1").arg(index++), step.text, step.what,
                                Subject::instruction(step.address));
            if (m.seen) spot.click = {Command::Kind::Seek, step.tick, {}};
            spot.changed = step.next;
            way(step, box);
            y += row;
        }
        if (m.seen) {
            s.text(QRectF(left, y, width, row), Words::tr("cycles"), Font::Small, theme.color(Role::Muted),
                   Qt::AlignRight | Qt::AlignVCenter);
            return y + row;
        }
        const QString offer = Words::tr("Go to this switch");
        const QRectF button(left, y + g, std::min(width, style.width(Font::Small, offer) + 3 * g), row * 1.2);
        s.box(button, theme.color(Role::Field), theme.color(Role::Line));
        s.text(button, offer, Font::Small, {}, Qt::AlignCenter);
        s.spot(button, QStringLiteral("go"), offer,
               Words::tr("Goes to tick %1, where each instruction has its cycles and values.").arg(countText(m.tick)))
            .click = {Command::Kind::Seek, m.tick, {}};
        return button.bottom() + g;
    }

    // The way of the value that an instruction moves.
    void way(const SwitchStep& step, const QRectF& box) {
        using Kind = SwitchStep::Kind;
        const QString reg = step.text.section(' ', 1).toUpper();
        const bool strong = step.next;
        const auto draw = [&](QPointF from, QPointF to, Role role) {
            s.line({from, to}, strong ? theme.color(Role::Accent) : theme.color(role), Arrow::End, Bend::Curve,
                   style.pen * (strong ? 1.6 : 0.7));
        };
        const QPointF left(box.left() - g * 0.2, box.center().y()), right(box.right() + g * 0.2, box.center().y());
        const auto leftOf = [](const QRectF& r) { return QPointF(r.left(), r.center().y()); };
        const auto rightOf = [](const QRectF& r) { return QPointF(r.right(), r.center().y()); };
        if (step.kind == Kind::Push && fromCells.contains(reg)) draw(left, rightOf(fromCells[reg]), Role::Stack);
        if (step.kind == Kind::Pop && toCells.contains(reg)) draw(leftOf(toCells[reg]), right, Role::Stack);
        if (step.kind == Kind::Return && toCells.contains(QStringLiteral("RIP"))) {
            draw(leftOf(toCells[QStringLiteral("RIP")]), right, Role::Stack);
            toCells.erase(QStringLiteral("RIP"));  // the second one returns from context_switch
        }
        if (step.kind == Kind::SaveSp) draw(left, rightOf(fromSp), Role::Kernel);
        if (step.kind == Kind::LoadSp) draw(leftOf(toSp), right, Role::Kernel);
        if (step.kind == Kind::LoadCr3) draw(leftOf(toCr3), right, Role::PageTable);
    }

    void paintAll() {
        const double width = s.size().width() - 2 * margin;
        double y = margin;
        y += s.heading({margin, y}, width, Words::tr("Context switch"),
                       Words::tr("the last of %1, at tick %2").arg(countText(m.switches), countText(m.tick))) +
             g * 0.5;
        const double gap = std::clamp(width * 0.05, 3 * g, 9 * g);
        const double codeW = std::clamp(width * 0.34, style.em * 32, style.em * 36);
        const double sideW = std::min((width - codeW - 2 * gap) / 2, style.em * 48);
        stacked = sideW < style.em * 36;
        if (stacked) tall = row * 1.95, pitch = row * 2.05;
        const double left = margin + std::max(0.0, (width - 2 * sideW - 2 * gap - codeW) / 2);
        const double top = y;
        double end = side(m.from, left, top, sideW, true);
        end = std::max(end, side(m.to, left + sideW + 2 * gap + codeW, top, sideW, false));
        end = std::max(end, code(left + sideW + gap, top, codeW));
        y = end + g;
        y += s.caption({margin, y}, width, m.caption) + g * 0.5;
        if (!m.reason.isEmpty())
            y += s.caption({margin, y}, width, Words::tr("Why: %1").arg(m.reason), QStringLiteral("why"));
        s.growTo(s.size().width(), y + margin);
    }
};

}  // namespace

Scene paint(const ContextSwitchModel& m, const StylePtr& style, QSizeF size) {
    Scene s(style, {std::max(size.width(), style->em * 88), size.height()});
    s.grows = true;
    if (!m.found) {
        s.empty(m.loaded ? Words::tr("The CPU has not been given to another task yet. Go to the next context switch.")
                         : Words::tr("No machine is running. Open a program."));
        return s;
    }
    Painter{m, s}.paintAll();
    return s;
}

}  // namespace ringside
