#include <algorithm>
#include <cmath>

#include "widgets/canvas/inspect.h"
#include "widgets/canvas/table.h"
#include "widgets/canvas/words.h"
#include "widgets/futexes/futexes.h"
#include "widgets/tasks/task_text.h"

namespace ringside {
namespace {

// Where the way from the middle of a box to a point leaves it.
QPointF edgeOf(const QRectF& box, QPointF to) {
    const QPointF d = to - box.center();
    const double x = d.x() == 0 ? 1e9 : box.width() / 2 / std::abs(d.x()),
                 y = d.y() == 0 ? 1e9 : box.height() / 2 / std::abs(d.y());
    return box.center() + d * std::min({x, y, 1.0});
}

// The deadlock as the circle it is: each waits for a word, which is held by the next. Returns its height.
double paintCircle(Scene& s, const FutexesModel& m, QPointF topLeft, double width) {
    const Style& style = s.style();
    const Theme& theme = s.theme();
    const double g = style.grid, row = style.row(), h = chipHeight(style);
    const auto n = static_cast<double>(m.circle.size());
    const double w = std::min(width, style.em * 100), ry = row * (1.5 + n), rx = w / 2 - style.em * 12;
    const QPointF centre(topLeft.x() + w / 2, topLeft.y() + ry + row * 1.2);
    std::vector<QRectF> boxes;
    for (std::size_t i = 0; i < 2 * m.circle.size(); ++i) {
        const FutexStep& step = m.circle[i / 2];
        const double turn = M_PI + M_PI * static_cast<double>(i) / n,
                     boxW = i % 2 ? style.width(Font::MonoStrong, hex(m.words[step.word].address)) + 2 * g
                                  : chipWidth(style, step.who.name);
        boxes.emplace_back(centre.x() + rx * std::cos(turn) - boxW / 2, centre.y() + ry * std::sin(turn) - h / 2, boxW,
                           h);
    }
    for (std::size_t i = 0; i < boxes.size(); ++i) {
        const QRectF &from = boxes[i], &to = boxes[(i + 1) % boxes.size()];
        const QPointF begin = edgeOf(from, to.center()), end = edgeOf(to, from.center()), way = end - begin;
        s.line({begin + way * 0.03, end - way * 0.03}, theme.color(Role::Ink), Arrow::End);
        const QString text = i % 2 ? Words::tr("held by") : Words::tr("waits for");
        const double tw = style.width(Font::Small, text) + g;
        const QRectF label(begin + way / 2 - QPointF(tw / 2, row / 2), QSizeF(tw, row));
        s.box(label, theme.color(Role::Paper), {}, 0, 0);
        s.text(label, text, Font::Small, theme.color(Role::Muted), Qt::AlignCenter);
    }
    for (std::size_t i = 0; i < boxes.size(); ++i) {
        const FutexStep& step = m.circle[i / 2];
        const FutexWord& word = m.words[step.word];
        if (i % 2 == 0) {
            paintChip(s, boxes[i].topLeft(), boxes[i].width(), step.who.pid, step.who.name);
            s.spot(boxes[i], QStringLiteral("circle.%1").arg(step.who.pid), step.who.name,
                   Words::tr("%1 sleeps until the lock at %2 is given back, which %3 holds.")
                       .arg(step.who.name, hex(word.address), word.owner.name),
                   Subject::task(step.who.pid));
            continue;
        }
        s.box(boxes[i], theme.fill(Role::Shared), theme.color(Role::Shared));
        s.text(boxes[i], hex(word.address), Font::MonoStrong, theme.inkOn(theme.fill(Role::Shared)), Qt::AlignCenter);
        s.spot(
            boxes[i], QStringLiteral("circle.word.%1").arg(step.word), hex(word.address),
            Words::tr("The lock at %1: %2 has it, %3 wants it.").arg(hex(word.address), word.owner.name, step.who.name),
            Subject::address(word.address, step.who.pid));
    }
    return 2 * ry + row * 2.4;
}

// Under a lock's line, from the waiter back to the owner: the priority that goes the other way. Returns its height.
double paintLending(Scene& s, const FutexWord& w, std::size_t index, QRectF area) {
    const Style& style = s.style();
    const Theme& theme = s.theme();
    const double g = style.grid, row = style.row(), above = area.y() - g * 0.3;
    const double middle = area.y() + row * 0.6;
    const QString text =
        Words::tr("%1 lends %2 to %3, whose own is %4").arg(w.lender.name, w.lent, w.owner.name, w.own);
    s.line({QPointF(area.right(), above - g), QPointF(area.right(), middle), QPointF(area.x(), middle),
            QPointF(area.x(), above - g * 0.8)},
           theme.color(Role::Accent), Arrow::End, Bend::Rounded, style.pen * 1.5);
    const double tw = std::min(style.width(Font::Strong, text) + 2 * g, area.width() - 4 * g);
    const QRectF label(area.center().x() - tw / 2, middle - row / 2, tw, row);
    s.box(label, theme.color(Role::Paper), {}, 0, 0);
    s.text(label, text, Font::Strong, {}, Qt::AlignCenter);
    s.spot(
        label, QStringLiteral("lends.%1").arg(index), text,
        Words::tr("%1 sleeps on the lock that %2 holds. So that nobody between the two keeps it waiting, %2 runs at %3 "
                  "until it gives the lock back (rt_mutex_adjust_prio_chain).")
            .arg(w.lender.name, w.owner.name, w.lent),
        Subject::task(w.owner.pid));
    return row * 1.2 + g;
}

}  // namespace

Scene paint(const FutexesModel& m, const StylePtr& style, QSizeF size) {
    Scene s(style, {std::max(size.width(), style->em * 52), size.height()});
    s.grows = true;
    if (!m.loaded || (m.words.empty() && m.robust.empty())) {
        s.empty(m.loaded
                    ? Words::tr("Nobody waits on a futex, and no thread has a robust list. The samples deadlock, "
                                "condvar and threads fill this view.")
                    : Words::tr("No machine is running. Open a program with threads, such as the sample deadlock."));
        return s;
    }
    const Theme& theme = s.theme();
    const double g = style->grid, row = style->row(), margin = g * 1.5, width = s.size().width() - 2 * margin;
    double y = margin;
    if (!m.circle.empty())
        y += s.caption({margin, y}, width, circleText(m) + Words::tr(". None of them can go on until another does.")) +
             g;
    if (!m.circle.empty()) y += paintCircle(s, m, {margin, y}, width) + g;
    y += s.heading({margin, y}, width, Words::tr("Words with waiters"),
                   Words::tr("owner ← word ← waiters, the first is woken first"));
    if (m.words.empty()) {
        s.text(QRectF(margin, y, width, row), Words::tr("nobody waits now"), Font::Words, theme.color(Role::Muted));
        y += row;
    }
    const QString nobody = Words::tr("owner not known");
    const double h = chipHeight(*style),
                 ownerW = std::max(std::min(width * 0.24, style->em * 26), style->width(Font::Small, nobody) + 4 * g),
                 wordW = std::min(width * 0.4, style->em * 44);
    const auto chip = [&](double x, double top, double most, const FutexUser& u, const QString& key,
                          const QString& more = {}) {
        const double w = std::min(chipWidth(*style, u.name), most);
        paintChip(s, {x, top}, w, u.pid, u.name);
        s.spot(QRectF(x, top, w, h), key, u.name, more.isEmpty() ? u.name : QStringLiteral("%1: %2").arg(u.name, more),
               Subject::task(u.pid));
        return w;
    };
    for (std::size_t i = 0; i < std::min(kFutexWords, m.words.size()); ++i) {
        const FutexWord& w = m.words[i];
        const double lineH = std::max(h + g, row * 2 + g * 0.6);
        const double middle = y + lineH / 2;
        if (w.owner.pid) {
            const double cw = chip(margin, middle - h / 2, ownerW - 3 * g, w.owner, QStringLiteral("owner.%1").arg(i));
            s.line({QPointF(margin + ownerW - g * 0.3, middle), QPointF(margin + cw + g * 0.4, middle)},
                   theme.color(Role::Ink), Arrow::End);
        } else {
            s.text(QRectF(margin, middle - row / 2, ownerW - 3 * g, row), nobody, Font::Small,
                   theme.color(Role::Muted));
        }
        const QRectF box(margin + ownerW, y + g * 0.2, wordW, lineH - g * 0.4);
        s.box(box, theme.fill(Role::Shared), w.changed ? theme.color(Role::Accent) : theme.color(Role::Shared),
              style->pen * (w.changed ? 2 : 1));
        const QColor ink = theme.inkOn(theme.fill(Role::Shared));
        s.text(QRectF(box.x() + g, box.y() + g * 0.1, box.width() - 2 * g, row),
               QStringLiteral("%1 = %2").arg(
                   hex(w.address), w.readable ? w.pi ? hex(w.value) : QString::number(w.value) : QStringLiteral("?")),
               Font::MonoStrong, ink);
        s.text(QRectF(box.x() + g, box.y() + row, box.width() - 2 * g, row), w.meaning.isEmpty() ? w.key : w.meaning,
               Font::Small, ink);
        s.spot(box, QStringLiteral("word.%1").arg(i), hex(w.address),
               Words::tr("The word at %1 (%2) holds %3%4. %n task(s) sleep on it.", nullptr,
                         static_cast<int>(w.waiters.size()))
                   .arg(hex(w.address), w.key, w.readable ? hex(w.value) : QStringLiteral("?"),
                        w.meaning.isEmpty() ? QString() : QStringLiteral(": ") + w.meaning),
               Subject::address(w.address, w.waiters.front().pid))
            .changed = w.changed;
        double x = box.right() + 3 * g;
        s.line({QPointF(x - g * 0.4, middle), QPointF(box.right() + g * 0.3, middle)}, theme.color(Role::Ink),
               Arrow::End);
        for (std::size_t k = 0; k < w.waiters.size(); ++k) {
            const double room = margin + width - x, wanted = chipWidth(*style, w.waiters[k].name);
            if (k > 0 && wanted > room - style->em * 6) {
                s.text(QRectF(x, middle - row / 2, room, row),
                       Words::tr("and %n more", nullptr, static_cast<int>(w.waiters.size() - k)), Font::Small,
                       theme.color(Role::Muted));
                break;
            }
            x += chip(x, middle - h / 2, std::max(room, g * 4), w.waiters[k],
                      QStringLiteral("waiter.%1.%2").arg(i).arg(w.waiters[k].pid)) +
                 g * 0.5;
        }
        y += lineH + g * 0.3;
        if (w.lender.pid)
            y += paintLending(s, w, i, QRectF(margin + style->em * 4, y, x - margin - style->em * 10, row));
    }
    if (m.words.size() > kFutexWords) {
        s.text(QRectF(margin, y, width, row),
               Words::tr("and %n more words; those of the selected task stand on top", nullptr,
                         static_cast<int>(m.words.size() - kFutexWords)),
               Font::Small, theme.color(Role::Muted));
        y += row;
    }
    y += g;
    if (!m.robust.empty()) {
        y += s.heading({margin, y}, width, Words::tr("Robust lists"),
                       Words::tr("what the kernel marks FUTEX_OWNER_DIED when the thread dies"));
        Table table(s, margin, width,
                    {{Words::tr("task"), 16, Font::Words},
                     {Words::tr("head"), 14, Font::Mono, false, 1},
                     {Words::tr("locks it holds"), 24, Font::Mono, false, 0, 1}});
        y += table.header(y);
        for (const RobustRow& r : m.robust) {
            QStringList locks;
            for (const RobustLock& l : r.locks)
                locks << QStringLiteral("%1 = %2%3")
                             .arg(hex(l.word), hex(l.value), l.pending ? Words::tr(" (pending)") : QString());
            table.cell(0, y, r.task.name);
            table.cell(1, y, hex(r.head), theme.color(Role::Muted));
            table.cell(2, y,
                       !r.readable       ? Words::tr("not in RAM")
                       : locks.isEmpty() ? Words::tr("none")
                                         : locks.join(QStringLiteral("  →  ")),
                       theme.color(locks.isEmpty() ? Role::Muted : Role::Ink));
            s.spot(
                table.row(y), QStringLiteral("robust.%1").arg(r.task.pid), r.task.name,
                Words::tr(
                    "%1 told the kernel with set_robust_list that its list begins at %2. Robust mutexes it holds: %3.")
                    .arg(r.task.name, hex(r.head),
                         locks.isEmpty() ? Words::tr("none") : locks.join(QStringLiteral(", "))),
                Subject::address(r.head, r.task.pid));
            y += row;
        }
        if (m.idleLists) {
            s.text(QRectF(margin, y, width, row), robustRestText(m), Font::Small, theme.color(Role::Muted));
            y += row;
        }
    }
    s.growTo(0, y + margin);
    return s;
}

}  // namespace ringside
