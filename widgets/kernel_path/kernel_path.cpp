#include "widgets/kernel_path/kernel_path.h"

#include <algorithm>

#include "core/kernel/syscalls/table.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"

namespace ringside {
namespace {

Role roleOf(EventGroup group) {
    switch (group) {
        case EventGroup::Fault:
            return Role::Fault;
        case EventGroup::Irq:
            return Role::Fault;
        case EventGroup::Syscall:
            return Role::User;
        case EventGroup::Memory:
            return Role::Data;
        default:
            return Role::PageTable;
    }
}

}  // namespace

KernelPathModel buildKernelPath(const Snapshot& snapshot, const ViewOptions& options) {
    KernelPathModel m;
    if (!snapshot.now) return m;
    m.loaded = true;
    std::vector<std::size_t> open;
    constexpr std::size_t kMost = 2000;
    const Tick asked = options.selection.kind == SubjectKind::Event ? options.selection.value : 0;
    const bool here = asked != 0 && std::any_of(snapshot.recent.begin(), snapshot.recent.end(),
                                                [&](const Event& e) { return e.tick == asked; });
    if (asked != 0 && !here) m.elsewhere = asked;
    for (const Event& event : snapshot.recent) {
        if (m.rows.size() >= kMost) break;
        if (here && event.tick != asked) continue;
        if (event.kind == EventKind::CallEnter) {
            open.push_back(m.rows.size());
            const QString name = qs(event.text);
            m.rows.push_back({static_cast<int>(event.depth), name, kernelFunctionSentence(name), false, Role::Kernel, 0,
                              event.tick});
        } else if (event.kind == EventKind::CallExit) {
            if (open.empty()) continue;
            m.rows[open.back()].cycles = event.args[0];
            if (m.rows[open.back()].depth == 0) m.cycles += event.args[0];
            open.pop_back();
        } else {
            const EventRow& row = rowOf(event.kind);
            if (row.group == EventGroup::Tree) continue;
            QString what = qs(toText(event)).section(QLatin1Char(' '), 1);
            if (event.kind == EventKind::SyscallEnter) what = systemCallName(event.args[0]);
            if (m.title.isEmpty())
                m.title = labelOf(event.kind) +
                          (event.kind == EventKind::SyscallEnter ? QStringLiteral(": ") + what : QString());
            m.rows.push_back(
                {static_cast<int>(event.depth), labelOf(event.kind), what, true, roleOf(row.group), 0, event.tick});
        }
    }
    return m;
}

TextTwin twin(const KernelPathModel& m) {
    TextTwin root(Words::tr("Kernel path"), m.title);
    for (const KernelPathRow& row : m.rows)
        root.add(
            QString(row.depth * 2, QLatin1Char(' ')) + row.name,
            row.event || row.cycles == 0 ? row.what : Words::tr("%1 cycles. %2").arg(countText(row.cycles), row.what),
            row.event, Subject::event(row.tick, 0));
    return root;
}

Scene paint(const KernelPathModel& m, const StylePtr& style, QSizeF size) {
    Scene s(style, size);
    if (!m.loaded || m.rows.empty()) {
        if (m.elsewhere != 0)
            s.empty(Words::tr("The kernel's functions are shown where they ran."),
                    Words::tr("Go to the selected event"), {Command::Kind::Seek, m.elsewhere, {}});
        else
            s.empty(m.loaded
                        ? Words::tr("The last step did not enter the kernel. Go to the next system call or fault to "
                                    "see the functions it runs through.")
                        : Words::tr("No program is loaded. Open one and go to its first system call."));
        return s;
    }
    const Theme& theme = s.theme();
    const double g = style->grid, row = style->row(), margin = g * 1.5;
    const double width = std::max(size.width() - 2 * margin, style->em * 48);
    double y = margin;
    y += s.heading({margin, y}, width, m.title.isEmpty() ? Words::tr("Kernel path") : m.title,
                   Words::tr("%1 cycles in the kernel's functions").arg(countText(m.cycles)));
    if (m.elsewhere != 0) {
        const QString text = Words::tr("Go to the selected event to see its functions");
        const QRectF button(margin, y, std::min(width, style->width(Font::Words, text) + 2 * g), row * 1.2);
        s.box(button, theme.color(Role::Field), theme.color(Role::Accent));
        s.text(button, text, Font::Words, {}, Qt::AlignCenter);
        s.spot(button, QStringLiteral("elsewhere"), text, Words::tr("Goes to tick %1.").arg(countText(m.elsewhere)))
            .click = {Command::Kind::Seek, m.elsewhere, {}};
        y = button.bottom() + g;
    }
    u64 most = 1;
    int deepest = 1;
    for (const KernelPathRow& r : m.rows) most = std::max(most, r.cycles), deepest = std::max(deepest, r.depth);
    // What each cost on the left, where the eye finds it however long the sentences are.
    const double cyclesW = style->width(Font::Mono, countText(most)) + g, treeX = margin + cyclesW + g;
    // However deep calls are nested, there is room for what they do.
    const double step = std::min(g * 2, (margin + width - treeX) * 0.3 / deepest);
    std::size_t i = 0;
    for (const KernelPathRow& r : m.rows) {
        const double x = treeX + r.depth * step;
        QRectF line(margin, y, width, row);
        // What does not fit beside the name goes below.
        const auto below = [&](const QString& text, double left, QColor ink) {
            const double w = line.right() - left;
            const QRectF place(left, line.bottom(), w, s.wrappedHeight(text, Font::Small, w));
            s.paragraph(place, text, Font::Small, ink);
            line.setBottom(place.bottom() + g * 0.5);
        };
        if (r.event) {
            s.box(QRectF(x, y + row * 0.2, g * 0.8, row * 0.6), theme.color(r.role));
            const QString text = QStringLiteral("%1  %2").arg(r.name, r.what);
            const double room = line.right() - x - g * 1.4;
            const bool fits = style->width(Font::Small, text) <= room;
            s.text(QRectF(x + g * 1.4, y, room, row), fits ? text : r.name, Font::Small);
            if (!fits) below(r.what, x + g * 1.4, theme.color(Role::Ink));
        } else {
            const double nameX = x + g * 1.2, nameW = style->width(Font::MonoStrong, r.name) + g * 2;
            const double room = line.right() - nameX;
            s.line({QPointF(x + g * 0.4, y + g * 0.3), QPointF(x + g * 0.4, y + row - g * 0.3)},
                   theme.color(Role::Kernel), Arrow::None, Bend::Straight, style->pen * 2);
            s.text(QRectF(nameX, y, std::min(nameW, room), row), r.name, Font::MonoStrong);
            // The table of costs has one entry for a whole job: what most functions inside it take is in that.
            if (r.cycles > 0)
                s.text(QRectF(margin, y, cyclesW - g * 0.5, row), countText(r.cycles), Font::Mono, {},
                       Qt::AlignRight | Qt::AlignVCenter);
            const double bar = cyclesW * static_cast<double>(r.cycles) / static_cast<double>(most);
            s.box(QRectF(margin + cyclesW - bar, y + row * 0.88, bar, row * 0.08), theme.color(Role::Kernel));
            if (nameW + style->width(Font::Small, r.what) <= room)
                s.text(QRectF(nameX + nameW, y, room - nameW, row), r.what, Font::Small, theme.color(Role::Muted));
            else if (!r.what.isEmpty())
                below(r.what, nameX, theme.color(Role::Muted));
        }
        s.spot(line, QStringLiteral("row.%1").arg(i), r.name,
               r.event ? QStringLiteral("%1: %2").arg(r.name, r.what)
                       : QStringLiteral("%1 %2. %3")
                             .arg(r.name, r.what.isEmpty() ? Words::tr("is a function of the kernel") : r.what,
                                  r.cycles ? Words::tr("With what it calls it cost %1 cycles.").arg(countText(r.cycles))
                                           : Words::tr("What it costs is counted with its caller.")),
               r.event ? Subject::event(r.tick, 0) : Subject{SubjectKind::Function, 0, 0, 0, r.name});
        y = line.bottom();
        ++i;
    }
    s.growTo(width + 2 * margin, y + margin);
    s.grows = true;
    return s;
}

}  // namespace ringside
