#include <algorithm>

#include "core/kernel/proc/task_layout.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/pids/pids.h"
#include "widgets/tasks/task_text.h"

namespace ringside {
namespace {

struct Painter {
    const PidsModel& m;
    Scene& s;
    const Style& style = s.style();
    const Theme& theme = s.theme();
    double g = style.grid, row = style.row();

    // The number in groups of six bits, each the slot at one level.
    double number(double x, double y, double width) {
        if (m.nodes.empty() || m.number == 0) return y;
        s.text(QRectF(x, y, width, row), Words::tr("Looking up number %1 (%2)").arg(m.number).arg(m.name),
               Font::Strong);
        y += row;
        double at = x;
        const u32 top = m.nodes.front().shift;
        for (u32 shift = top;; shift -= 6) {
            const u32 slot = static_cast<u32>(m.number) >> shift & 63;
            const QString bits = QStringLiteral("%1").arg(slot, 6, 2, QLatin1Char('0'));
            const QString text = QStringLiteral("%1 = %2").arg(bits).arg(slot);
            const double w = style.width(Font::Mono, text) + 2 * g;
            if (at + w > x + width) break;
            const QRectF box(at, y, w, row * 1.1);
            s.box(box, theme.fill(Role::PageTable), theme.color(Role::PageTable));
            s.text(box, text, Font::Mono, theme.inkOn(theme.fill(Role::PageTable)), Qt::AlignCenter);
            s.spot(box, QStringLiteral("bits.%1").arg(shift), text,
                   Words::tr("Bits %1 to %2 of %3 are %4: slot %5 of the node with shift %6.")
                       .arg(shift)
                       .arg(shift + 5)
                       .arg(m.number)
                       .arg(bits)
                       .arg(slot)
                       .arg(shift));
            at += w + g;
            if (shift == 0) break;
        }
        return y + row * 1.1 + g;
    }

    // One node: a line with what it is, and its 64 slots as cells.
    double node(double x, double y, double width, std::size_t index) {
        const RadixNode& n = m.nodes[index];
        const double wanted = style.em * 30;
        const bool beside = width - wanted > 64 * style.pen * 4;
        const double labelW = beside ? wanted : width;
        const double cellsX = beside ? x + labelW : x, cellsW = beside ? width - labelW : width;
        const double cellsY = beside ? y : y + row, cell = cellsW / 64, h = row * 0.9;
        const QRectF line(x, y, width, beside ? row : row * 2);
        if (n.changed) s.changed(QRectF(x, y, labelW - g, row));
        const QString what = n.shift == 0 ? QStringLiteral("%1…%2").arg(n.first).arg(n.first + 63)
                                          : QStringLiteral("shift %1").arg(n.shift);
        s.text(QRectF(x + g * 0.5, y, labelW - g, row),
               QStringLiteral("…%1  %2  count %3")
                   .arg(n.address & 0xffffffff, 8, 16, QLatin1Char('0'))
                   .arg(what)
                   .arg(n.count),
               Font::MonoSmall, theme.color(n.taken >= 0 || n.changed ? Role::Ink : Role::Muted));
        // Neighbouring cells of one kind are one box: a full node costs no more than an empty one.
        s.box(QRectF(cellsX, cellsY + (row - h) / 2, cellsW, h), theme.color(Role::Field), theme.color(Role::Line),
              style.pen * 0.7, 0);
        for (std::size_t i = 0; i < 64; ++i) {
            if (n.slots[i] == 0) continue;
            const QColor fill = n.shift > 0      ? theme.fill(Role::PageTable)
                                : n.slots[i] > 0 ? theme.task(n.slots[i])
                                                 : theme.color(Role::Muted);
            s.box(QRectF(cellsX + cell * static_cast<double>(i), cellsY + (row - h) / 2, cell, h), fill,
                  theme.color(Role::Paper), std::min(style.pen * 0.5, cell * 0.2), 0);
        }
        if (n.taken >= 0)
            s.box(QRectF(cellsX + cell * n.taken, cellsY + (row - h) / 2, cell, h), {}, theme.color(Role::Selected),
                  style.pen * 2, 0);
        Spot& spot = s.spot(
            line, QStringLiteral("node.%1").arg(index), QStringLiteral("xa_node %1").arg(hex(n.address)),
            (n.shift == 0 ? Words::tr("A leaf at %1: numbers %2 to %3, %4 of 64 slots in use.")
                                .arg(hex(n.address))
                                .arg(n.first)
                                .arg(n.first + 63)
                                .arg(n.count)
                          : Words::tr("An inner node at %1: each slot leads to a node for %2 numbers, %3 of 64 in use.")
                                .arg(hex(n.address))
                                .arg(1u << n.shift)
                                .arg(n.count)) +
                Words::tr(" shift %1, offset %2 in its parent, slots from +%3 on.")
                    .arg(n.shift)
                    .arg(n.offset)
                    .arg(hex(layout::xa_node::Slots)),
            Subject::address(n.address));
        spot.changed = n.changed;
        const auto slots = n.slots;
        const u32 first = n.first, shift = n.shift;
        const QRectF cells(cellsX, cellsY, cellsW, row);
        spot.resolve = [slots, first, shift, cells, cell, index, base = spot](QPointF p) {
            Spot one = base;
            one.resolve = nullptr;
            if (!cells.contains(p)) return one;
            const std::size_t i = std::min<std::size_t>(63, static_cast<std::size_t>((p.x() - cells.x()) / cell));
            one.rect = QRectF(cells.x() + cell * static_cast<double>(i), cells.y(), cell, cells.height());
            one.key = QStringLiteral("slot.%1.%2").arg(index).arg(i);
            one.label = Words::tr("slot %1").arg(i);
            one.subject = {};
            if (slots[i] == 0)
                one.what = shift == 0 ? Words::tr("Number %1 is free.").arg(first + i)
                                      : Words::tr("No number from %1 to %2 is in use.")
                                            .arg(first + (i << shift))
                                            .arg(first + ((i + 1) << shift) - 1);
            else if (shift == 0)
                one.what = Words::tr("Number %1 is the task with the global PID %2.").arg(first + i).arg(slots[i]),
                one.subject = Subject::task(slots[i]);
            else
                one.what = Words::tr("Slot %1 leads to the node for the numbers %2 to %3.")
                               .arg(i)
                               .arg(first + (i << shift))
                               .arg(first + ((i + 1) << shift) - 1);
            return one;
        };
        return y + line.height() + g * 0.3;
    }

    double tree(double x, double y, double width) {
        y += s.heading({x, y}, width, Words::tr("Radix tree of PID namespace #%1").arg(m.ns),
                       Words::tr("%n node(s) of 64 slots", nullptr, static_cast<int>(m.nodes.size() + m.leftOut)));
        y = number(x, y + g * 0.5, width);
        for (std::size_t i = 0; i < m.nodes.size(); ++i) {
            int depth = 0;
            for (int at = m.nodes[i].parent; at >= 0; at = m.nodes[static_cast<std::size_t>(at)].parent) ++depth;
            const double indent = depth * g * 1.5;
            if (depth > 0)
                s.line({QPointF(x + indent - g, y - g * 0.2), QPointF(x + indent - g, y + row / 2),
                        QPointF(x + indent, y + row / 2)},
                       theme.color(Role::Muted));
            y = node(x + indent, y, width - indent, i);
        }
        if (m.leftOut > 0) {
            s.text(QRectF(x + g * 2, y, width - g * 2, row),
                   Words::tr("and %n more leaves", nullptr, static_cast<int>(m.leftOut)), Font::Small,
                   theme.color(Role::Muted));
            y += row;
        }
        return y + g;
    }

    double structPid(double x, double y, double width) {
        if (!m.pidAddress) return y;
        y += s.heading({x, y}, width, Words::tr("The struct pid of %1").arg(m.name),
                       Words::tr("at %1: a number for each namespace that sees it").arg(hex(m.pidAddress))) +
             g * 0.3;
        for (std::size_t i = 0; i < m.levels.size(); ++i) {
            const PidLevel& l = m.levels[i];
            const QRectF box(x, y, std::min(width, style.em * 64), row * 1.15);
            const bool here = l.ns == m.ns;
            s.box(box, here ? theme.fill(Role::PageTable) : theme.color(Role::Field),
                  theme.color(here ? Role::PageTable : Role::Line));
            const QColor ink = here ? theme.inkOn(theme.fill(Role::PageTable)) : theme.color(Role::Ink);
            s.text(box.adjusted(g, 0, -g, 0),
                   QStringLiteral("numbers[%1]   nr = %2   ns = #%3, level %4").arg(i).arg(l.nr).arg(l.ns).arg(l.level),
                   Font::Mono, ink);
            s.spot(box, QStringLiteral("level.%1").arg(i), QStringLiteral("numbers[%1]").arg(i),
                   Words::tr(
                       "struct upid at %1: at level %2 the task is number %3. Click to see the tree of that namespace.")
                       .arg(hex(l.address))
                       .arg(l.level)
                       .arg(l.nr))
                .click = {Command::Kind::Setting, 0, QStringLiteral("namespace=%1").arg(l.ns)};
            y += row * 1.15 + g * 0.3;
        }
        return y + g;
    }

    double space(double x, double y, double width, const NamespaceBox& box) {
        const double top = y;
        const double inner = width - 2 * g;
        y += g * 0.5;
        const QString title = Words::tr("PID namespace #%1, level %2").arg(box.id).arg(box.level);
        const QRectF head(x + g, y, inner, row);
        s.text(QRectF(head.x(), y, head.width(), row),
               title + Words::tr(" · %n task(s)", nullptr, static_cast<int>(box.all)), Font::Strong);
        s.spot(head, QStringLiteral("ns.%1").arg(box.id), title,
               Words::tr("It sees %n task(s), those of the namespaces inside it too. The last number it gave was %1. "
                         "Click to see its tree.",
                         nullptr, static_cast<int>(box.all))
                   .arg(box.lastPid))
            .click = {Command::Kind::Setting, 0, QStringLiteral("namespace=%1").arg(box.id)};
        y += row + g * 0.3;
        double cx = x + g;
        const double h = chipHeight(style) + g * 0.4;
        constexpr std::size_t kShown = 120;
        for (std::size_t i = 0; i < std::min(box.members.size(), kShown); ++i) {
            const NamespaceMember& member = box.members[i];
            const QString name = member.nr == member.pid
                                     ? QStringLiteral("%1 %2").arg(member.name).arg(member.nr)
                                     : QStringLiteral("%1 %2 ⟵ %3").arg(member.name).arg(member.nr).arg(member.pid);
            const double w = std::min(chipWidth(style, name), inner);
            if (cx > x + g && cx + w > x + g + inner) cx = x + g, y += h;
            paintChip(s, {cx, y}, w, member.pid, name, member.pid == m.pid, member.changed);
            s.spot(QRectF(cx, y, w, chipHeight(style)), QStringLiteral("member.%1").arg(member.pid), name,
                   member.nr == member.pid ? Words::tr("%1 is number %2.").arg(member.name).arg(member.nr)
                                           : Words::tr("%1 is number %2 in here, and number %3 outside.")
                                                 .arg(member.name)
                                                 .arg(member.nr)
                                                 .arg(member.pid),
                   Subject::task(member.pid))
                .changed = member.changed;
            cx += w + g * 0.5;
        }
        if (!box.members.empty()) y += h;
        if (box.members.size() > kShown) {
            s.text(QRectF(x + g, y, inner, row),
                   Words::tr("and %n more", nullptr, static_cast<int>(box.members.size() - kShown)), Font::Small,
                   theme.color(Role::Muted));
            y += row;
        }
        for (const NamespaceBox& in : box.inside) y = space(x + g, y + g * 0.3, inner, in) + g * 0.3;
        y += g * 0.5;
        s.box(QRectF(x, top, width, y - top), {}, theme.color(box.id == m.ns ? Role::PageTable : Role::Line),
              style.pen * (box.id == m.ns ? 2 : 1), g * 0.6);
        return y;
    }
};

}  // namespace

Scene paint(const PidsModel& m, const StylePtr& style, QSizeF size) {
    Scene s(style, {std::max(size.width(), style->em * 46), size.height()});
    s.grows = true;
    if (!m.loaded || m.namespaces.empty()) {
        s.empty(m.loaded ? Words::tr("The kernel has not made its first task yet. Run on until it has booted.")
                         : Words::tr("No machine is running, so no number is given. Open a program."));
        return s;
    }
    Painter p{m, s};
    const double margin = p.g * 1.5, width = s.size().width() - 2 * margin;
    const bool beside = width > style->em * 130;
    const double leftW = beside ? width * 0.6 : width;
    double y = p.tree(margin, margin, leftW);
    y = p.structPid(margin, y, leftW);
    const double x = beside ? margin + leftW + 3 * p.g : margin, w = beside ? width - leftW - 3 * p.g : width;
    double top = beside ? margin : y;
    top += s.heading({x, top}, w, Words::tr("Namespaces"));
    for (const NamespaceBox& box : m.namespaces) top = p.space(x, top, w, box) + p.g;
    s.growTo(0, std::max(y, top) + margin);
    return s;
}

}  // namespace ringside
