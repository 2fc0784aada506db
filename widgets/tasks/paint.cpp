#include <algorithm>

#include "widgets/canvas/inspect.h"
#include "widgets/canvas/table.h"
#include "widgets/canvas/words.h"
#include "widgets/tasks/task_text.h"
#include "widgets/tasks/tasks.h"

namespace ringside {
namespace {

// Up to here the whole table is drawn and has a scroll bar; beyond, only what can be seen, with a strip to go by.
constexpr std::size_t kWhole = 150;

struct Painter {
    const TasksModel& m;
    Scene& s;
    const Style& style = s.style();
    const Theme& theme = s.theme();
    double g = style.grid, row = style.row(), margin = g * 1.5;

    Column column(const char* sort, const QString& title, double ems, Font font, bool right, int rank, double stretch,
                  const QString& what) const {
        const QString id = QLatin1String(sort);
        return {title,
                ems,
                font,
                right,
                rank,
                stretch,
                what + QLatin1Char(' ') + Words::tr("Click to sort by it."),
                {Command::Kind::Setting, 0, QStringLiteral("sort=") + id},
                m.sort == id};
    }

    // How many sit in which state.
    double counts(double y, double width) {
        double x = margin;
        for (const auto& [letter, count] : m.states) {
            const QString text = QStringLiteral("%1 %2").arg(QLatin1Char(letter)).arg(count);
            const double w = style.width(Font::MonoStrong, text) + 2 * g;
            if (x + w > margin + width) break;
            const QRectF box(x, y, w, row);
            s.box(box, theme.color(Role::Field), stateColor(theme, letter), style.pen * 1.5);
            s.text(box, text, Font::MonoStrong, {}, Qt::AlignCenter);
            s.spot(box, QStringLiteral("state.%1").arg(QLatin1Char(letter)), text,
                   Words::tr("%n tasks are in state %1.", nullptr, count).arg(QLatin1Char(letter)))
                .click = {Command::Kind::Setting, 0, QStringLiteral("sort=state")};
            x += w + g * 0.5;
        }
        return row + g * 0.5;
    }

    void line(Table& table, const TaskRow& r, double y) {
        const QRectF box = table.row(y);
        if (r.current) s.box(box, theme.taskFill(r.pid), theme.task(r.pid));
        if (r.changed) s.changed(box);
        if (r.pid == m.selected) s.selected(box);
        const QColor ink = r.current && !r.changed ? theme.inkOn(theme.taskFill(r.pid)) : theme.color(Role::Ink);
        const double indent = m.sort == QLatin1String("tree") ? g * 1.2 * r.depth : 0;
        table.cell(0, y, QString::number(r.pid), ink);
        const QRectF name = table.rect(1, y);
        s.mark({name.x() + std::min(indent, name.width() * 0.6) + g, y + row / 2}, Theme::taskMark(r.pid),
               theme.task(r.pid), g * 1.1);
        table.cell(1, y,
                   (r.kernelThread ? QStringLiteral("[%1]").arg(r.name) : r.name) +
                       (r.tgid != r.pid ? Words::tr(" thread of %1").arg(r.tgid) : QString()),
                   ink, std::min(indent, name.width() * 0.6) + g * 1.5);
        if (table.shows(2))
            s.box(QRectF(table.rect(2, y).x(), y + row * 0.2, g * 0.5, row * 0.6), stateColor(theme, r.letter));
        table.cell(2, y, r.current ? Words::tr("R on the CPU") : r.state, ink, g * 0.5);
        table.cell(3, y, QStringLiteral("%1.%2").arg(r.cpuPermille / 10).arg(r.cpuPermille % 10), ink);
        table.cell(4, y, QString::number(static_cast<double>(r.utimeNs + r.stimeNs) / 1e6, 'f', 2), ink);
        table.cell(5, y, r.residentPages ? sizeText(r.residentPages * kPageSize) : QStringLiteral("–"), ink);
        table.cell(6, y, r.virtualPages ? sizeText(r.virtualPages * kPageSize) : QStringLiteral("–"), ink);
        table.cell(7, y, QString::number(r.nice), ink);
        table.cell(8, y, r.channel, ink);
        table.cell(9, y, QString::number(r.parent), ink);
        table.cell(10, y, QString::number(r.tgid), ink);
        table.cell(11, y, QString::number(r.uid), ink);
        s.spot(box, QStringLiteral("task.%1").arg(r.pid), QStringLiteral("%1 %2").arg(r.name).arg(r.pid),
               Words::tr("%1, PID %2, child of %3: %4%5. It ran %6 in user mode and %7 in the kernel.")
                   .arg(r.name)
                   .arg(r.pid)
                   .arg(r.parent)
                   .arg(r.state, r.waiting.isEmpty() ? QString() : Words::tr(", waiting for %1").arg(r.waiting),
                        msText(r.utimeNs), msText(r.stimeNs)),
               Subject::task(r.pid))
            .changed = r.changed;
    }

    // All rows as a thin strip: where one is, who is in which state; a click goes there.
    void strip(QRectF area, std::size_t first, std::size_t shown) {
        const double each = area.height() / static_cast<double>(m.rows.size());
        s.box(area, theme.color(Role::Field), theme.color(Role::Line), style.pen * 0.7, 0);
        char letter = 0;
        std::size_t from = 0;
        const auto flush = [&](std::size_t to) {
            if (letter && letter != 'S')
                s.box(QRectF(area.x(), area.y() + each * static_cast<double>(from), area.width(),
                             std::max(1.0, each * static_cast<double>(to - from))),
                      stateColor(theme, letter), {}, 0, 0);
        };
        for (std::size_t i = 0; i < m.rows.size(); ++i)
            if (m.rows[i].letter != letter) {
                flush(i);
                letter = m.rows[i].letter, from = i;
            }
        flush(m.rows.size());
        s.box(QRectF(area.x() - g * 0.2, area.y() + each * static_cast<double>(first), area.width() + g * 0.4,
                     std::max(g * 0.5, each * static_cast<double>(shown))),
              {}, theme.color(Role::Selected), style.pen * 1.5, 0);
        const int parts = 24;
        for (int i = 0; i < parts; ++i) {
            const std::size_t at = m.rows.size() * static_cast<std::size_t>(i) / parts;
            s.spot(QRectF(area.x(), area.y() + area.height() * i / parts, area.width(), area.height() / parts),
                   QStringLiteral("strip.%1").arg(i), Words::tr("row %1").arg(at + 1),
                   Words::tr("Rows from %1 of %2 on. A click selects %3.")
                       .arg(at + 1)
                       .arg(m.rows.size())
                       .arg(m.rows[at].name),
                   Subject::task(m.rows[at].pid));
        }
    }

    void paintAll() {
        double width = s.size().width() - 2 * margin, y = margin;
        y += s.heading({margin, y}, width, Words::tr("Tasks"), summaryOf(m));
        y += counts(y, width);
        const bool whole = m.rows.size() <= kWhole;
        const double stripW = whole ? 0 : g * 1.5;
        Table table(
            s, margin, width - (whole ? 0 : stripW + g),
            {column("pid", QStringLiteral("PID"), 6, Font::Mono, true, 0, 0,
                    Words::tr("The number of the thread, LWP in ps: unique in the machine.")),
             column(
                 "tree", Words::tr("name"), 18, Font::Words, false, 0, 3,
                 Words::tr("comm, at most 15 characters; kernel threads in brackets. In tree order children are under "
                           "their parents, threads under the first of their group.")),
             column(
                 "state", Words::tr("state"), 12, Font::Words, false, 1, 1.5,
                 Words::tr("What the scheduler may do with it: R runs or could, S and D sleep, T is stopped, Z waits "
                           "to be reaped.")),
             column("cpu", QStringLiteral("%CPU"), 6, Font::Mono, true, 2, 0,
                    Words::tr("Its time on the CPU in percent of the time since it began.")),
             column("time", Words::tr("CPU ms"), 9, Font::Mono, true, 3, 0,
                    Words::tr("Its time on the CPU, user and kernel, in milliseconds.")),
             column("rss", QStringLiteral("RSS"), 9, Font::Mono, true, 4, 0,
                    Words::tr("What of its memory lies in RAM. Threads share one memory.")),
             column("virt", QStringLiteral("VIRT"), 9, Font::Mono, true, 8, 0,
                    Words::tr("What its areas span, touched or not.")),
             column("nice", QStringLiteral("NI"), 4, Font::Mono, true, 5, 0,
                    Words::tr("nice: 19 yields most, -20 least.")),
             column("channel", QStringLiteral("WCHAN"), 18, Font::Mono, false, 6, 1,
                    Words::tr("The kernel function in which it sleeps.")),
             {QStringLiteral("PPID"), 6, Font::Mono, true, 7, 0, Words::tr("The PID of its parent.")},
             {QStringLiteral("TGID"), 6, Font::Mono, true, 9, 0,
              Words::tr("The number of its thread group: what getpid() returns.")},
             {QStringLiteral("UID"), 5, Font::Mono, true, 10, 0, Words::tr("On whose behalf it runs.")}});
        y += table.header(y);
        if (whole) {
            for (const TaskRow& r : m.rows) {
                line(table, r, y);
                y += row;
            }
            s.growTo(s.size().width(), y + margin);
            return;
        }
        s.endless = true;
        const std::size_t fit = static_cast<std::size_t>(std::max(1.0, (s.size().height() - y - margin) / row));
        // The selected task is in sight until one scrolls away from it.
        std::size_t home = 0;
        for (std::size_t i = 0; i < m.rows.size(); ++i)
            if (m.rows[i].pid == m.selected) home = i;
        const i64 last = static_cast<i64>(m.rows.size() - std::min(m.rows.size(), fit));
        const i64 base = std::clamp<i64>(static_cast<i64>(home) - static_cast<i64>(fit / 2), 0, last);
        const i64 first = std::clamp<i64>(base + m.scroll, 0, last);
        s.scrolled = first - base;
        for (std::size_t i = 0; i < std::min(fit, m.rows.size()); ++i) {
            line(table, m.rows[static_cast<std::size_t>(first) + i], y + static_cast<double>(i) * row);
        }
        strip(QRectF(margin + width - stripW, y, stripW, static_cast<double>(fit) * row),
              static_cast<std::size_t>(first), fit);
    }
};

}  // namespace

Scene paint(const TasksModel& model, const StylePtr& style, QSizeF size) {
    Scene scene(style, size);
    scene.grows = true;
    if (!model.loaded) {
        scene.empty(Words::tr("No machine is running, so there are no tasks. Open a program."));
        return scene;
    }
    Painter{model, scene}.paintAll();
    return scene;
}

}  // namespace ringside
