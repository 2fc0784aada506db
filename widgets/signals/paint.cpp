#include <algorithm>

#include "widgets/canvas/inspect.h"
#include "widgets/canvas/table.h"
#include "widgets/canvas/words.h"
#include "widgets/signals/signals.h"

namespace ringside {
namespace {

struct Painter {
    const SignalsModel& m;
    Scene& s;
    const Style& style = s.style();
    const Theme& theme = s.theme();
    double g = style.grid, row = style.row();

    // A set as a column of cells: filled where the signal is in it.
    void member(QRectF cell, bool in, Role role) {
        const double side = std::min(cell.width(), cell.height()) * 0.5;
        const QRectF box(cell.center().x() - side / 2, cell.center().y() - side / 2, side, side);
        if (in)
            s.box(box, theme.color(role));
        else
            s.box(QRectF(cell.center().x() - style.pen, cell.center().y() - style.pen, style.pen * 2, style.pen * 2),
                  theme.color(Role::Line), {}, 0, 0);
    }

    double table(double x, double y, double width) {
        y += s.heading({x, y}, width, Words::tr("Signals of %1").arg(m.name), m.group);
        Table t(s, x, width,
                {{QString(), 3, Font::Mono, true},
                 {Words::tr("signal"), 11, Font::MonoStrong},
                 {Words::tr("blocked"), 7, Font::Small, false, 0, 0,
                  Words::tr("The mask of this thread: what is in it has to wait.")},
                 {Words::tr("pending"), 7, Font::Small, false, 0, 0,
                  Words::tr("Sent to this thread and not delivered yet.")},
                 {Words::tr("for all"), 7, Font::Small, false, 1, 0,
                  Words::tr("Sent to the process and not delivered yet: shared_pending. Any thread that does not block "
                            "it may take it.")},
                 {Words::tr("what happens"), 20, Font::Words, false, 0, 3,
                  Words::tr("The action: a handler of the program, ignored, or the default.")}});
        y += t.header(y);
        for (const SignalRow& r : m.rows) {
            const QRectF line = t.row(y);
            if (r.changed) s.changed(line);
            const QColor ink = theme.color(r.quiet() && !r.changed ? Role::Muted : Role::Ink);
            t.cell(0, y, QString::number(r.number), ink);
            t.cell(1, y, r.name, ink);
            member(t.rect(2, y), r.blocked, Role::Kernel);
            member(t.rect(3, y), r.pending, Role::Data);
            if (t.shows(4)) member(t.rect(4, y), r.sharedPending, Role::Shared);
            if (r.handler) {
                const QRectF cell = t.rect(5, y).adjusted(g * 0.5, 0, -g * 0.5, 0);
                const double nameW = std::min(cell.width(), style.width(Font::Mono, r.handlerName) + g);
                s.text(QRectF(cell.x(), y, nameW, row), r.handlerName, Font::Mono,
                       r.changed ? ink : theme.color(Role::User));
                if (cell.width() - nameW > style.em * 6)
                    s.text(QRectF(cell.x() + nameW, y, cell.width() - nameW, row), r.flags, Font::MonoSmall, ink);
            } else {
                t.cell(5, y, r.ignored ? Words::tr("ignored") : Words::tr("default: %1").arg(r.standard), ink);
            }
            QString what = QStringLiteral("%1 (%2): %3").arg(r.name).arg(r.number).arg(actionSentence(r));
            if (r.handler) what += Words::tr("; meanwhile blocked: %1").arg(r.mask);
            if (r.blocked) what += Words::tr(". It is blocked now");
            if (r.pending) what += Words::tr(". One is pending for this thread");
            if (r.sharedPending) what += Words::tr(". One is pending for the process");
            s.spot(line, QStringLiteral("signal.%1").arg(r.number), r.name, what + QLatin1Char('.'),
                   r.handler ? Subject::instruction(r.handler, m.pid) : Subject{})
                .changed = r.changed;
            y += row;
        }
        y += g;
        if (m.queued.empty()) return y;
        y += s.heading({x, y}, width, Words::tr("Queued"), Words::tr("in order of arrival"));
        for (std::size_t i = 0; i < m.queued.size(); ++i) {
            const QueuedSignal& q = m.queued[i];
            const QString text =
                QStringLiteral("%1  %2, %3")
                    .arg(q.name, q.text, q.shared ? Words::tr("for the process") : Words::tr("for this thread"));
            s.box(QRectF(x, y + row * 0.25, g * 0.6, row * 0.5), theme.color(q.shared ? Role::Shared : Role::Data));
            s.text(QRectF(x + g * 1.4, y, width - g * 1.4, row), text, Font::Mono);
            s.spot(QRectF(x, y, width, row), QStringLiteral("queued.%1").arg(i), q.name, text);
            y += row;
        }
        return y + g;
    }

    // The frame as it lies on the stack: high addresses above, RSP of the handler at the bottom.
    double frame(double x, double y, double width) {
        y += s.heading(
            {x, y}, width, Words::tr("Signal frame"),
            m.inHandler ? Words::tr("%1 → “%2”, tick %3")
                              .arg(m.signal ? nameOfSignal(m.signal) : QString(), m.handler, countText(m.deliveredTick))
                        : QString());
        if (m.fields.empty()) {
            const QString text = m.inHandler ? Words::tr("The frame at %1 is not in RAM.").arg(hex(m.frame))
                                             : Words::tr(
                                                   "No handler of %1 runs. Go to the next delivery of a signal (sample "
                                                   "signals) to see what the kernel lays on its stack.")
                                                   .arg(m.name);
            return y + s.caption({x, y}, width, text, QStringLiteral("noframe")) + g;
        }
        const double addressW = width > style.em * 60 ? style.em * 14 : 0, nameW = style.em * 20,
                     groupW = style.em * 1.5;
        QString group;
        for (auto it = m.fields.rbegin(); it != m.fields.rend(); ++it) {
            const FrameField& f = *it;
            if (f.group != group) {
                group = f.group;
                s.text(QRectF(x, y, width, row), group, Font::Small, theme.color(Role::Muted));
                y += row * 0.9;
            }
            const Role role = group == QLatin1String("siginfo")      ? Role::Fault
                              : group == QLatin1String("fpstate")    ? Role::ReadOnly
                              : group == QLatin1String("sigcontext") ? Role::User
                                                                     : Role::Stack;
            const QRectF line(x, y, width, row);
            s.box(QRectF(x, y, groupW, row), theme.fill(role), theme.color(role), style.pen * 0.7, 0);
            if (addressW > 0)
                s.text(QRectF(x + groupW + g, y, addressW - g, row), hex(f.address), Font::MonoSmall,
                       theme.color(Role::Muted));
            s.text(QRectF(x + groupW + g + addressW, y, nameW - g, row), f.name, Font::Mono, theme.color(Role::Muted));
            s.text(QRectF(x + groupW + g + addressW + nameW, y, width - groupW - g - addressW - nameW, row), f.value,
                   Font::Mono);
            s.spot(line, QStringLiteral("frame.%1.%2").arg(f.offset).arg(f.name), f.name,
                   Words::tr("%1.%2 = %3, %4 bytes at %5: %6.")
                       .arg(f.group, f.name, f.value)
                       .arg(f.size)
                       .arg(hex(f.address), f.what),
                   f.link);
            y += row;
        }
        const QString text = Words::tr("RSP when the handler begins: %1").arg(hex(m.frame));
        s.line(
            {QPointF(x + g * 3, y + row * 0.6), QPointF(x + g * 0.5, y + row * 0.6), QPointF(x + g * 0.5, y + g * 0.2)},
            theme.color(Role::Ink), Arrow::End);
        s.text(QRectF(x + g * 3.6, y + row * 0.1, width - g * 4, row), text, Font::Small);
        return y + row * 1.3;
    }
};

}  // namespace

Scene paint(const SignalsModel& m, const StylePtr& style, QSizeF size) {
    Scene s(style, {std::max(size.width(), style->em * 60), size.height()});
    s.grows = true;
    if (!m.loaded || m.rows.empty()) {
        s.empty(m.loaded
                    ? Words::tr("No process is left that could get a signal. Restart the program or open another.")
                    : Words::tr(
                          "No machine is running. Open a program; the sample signals shows every part of this view."));
        return s;
    }
    Painter p{m, s};
    const double margin = p.g * 1.5, width = s.size().width() - 2 * margin;
    double y = margin;
    if (!m.sent.isEmpty()) y += s.caption({margin, y}, width, m.sent + QLatin1Char(' ') + m.rule) + p.g;
    const bool beside = width > style->em * 105;
    const double leftW = beside ? width * 0.48 : width;
    // Narrow and in a handler: the frame is what one came for.
    if (!beside && m.inHandler) {
        y = p.frame(margin, y, width);
        y = p.table(margin, y, width);
    } else {
        const double left = p.table(margin, y, leftW);
        y = beside ? std::max(left, p.frame(margin + leftW + 3 * p.g, y, width - leftW - 3 * p.g))
                   : p.frame(margin, left, width);
    }
    s.growTo(0, y + margin);
    return s;
}

}  // namespace ringside
