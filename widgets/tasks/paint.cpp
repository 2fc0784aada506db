#include <algorithm>

#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/tasks/tasks.h"

namespace ringside {
namespace {

struct Painter {
    const TasksModel& m;
    Scene& s;
    const Style& style = s.style();
    const Theme& theme = s.theme();
    double g = style.grid, row = style.row();

    QColor stateColor(char letter) const {
        switch (letter) {
            case 'R':
                return theme.color(Role::Data);
            case 'S':
                return theme.color(Role::User);
            case 'D':
                return theme.color(Role::PageTable);
            case 'T':
            case 't':
                return theme.color(Role::Stack);
            case 'Z':
            case 'X':
                return theme.color(Role::Kernel);
            default:
                return theme.color(Role::Muted);
        }
    }

    double table(QRectF area) {
        double y = area.y();
        y += s.heading(area.topLeft(), area.width(), Words::tr("Tasks"),
                       Words::tr("%n in all", nullptr, static_cast<int>(m.rows.size())));
        // How many sit in which state.
        double x = area.x();
        for (const auto& [letter, count] : m.states) {
            const QString text = QStringLiteral("%1 %2").arg(QLatin1Char(letter)).arg(count);
            const double w = style.width(Font::MonoStrong, text) + 2 * g;
            const QRectF box(x, y, w, row);
            s.box(box, theme.color(Role::Field), stateColor(letter), style.pen * 1.5);
            s.text(box, text, Font::MonoStrong, {}, Qt::AlignCenter);
            s.spot(box, QStringLiteral("state.%1").arg(QLatin1Char(letter)), text,
                   Words::tr("%1 tasks are in state %2.").arg(count).arg(QLatin1Char(letter)));
            x += w + g * 0.5;
        }
        y += row + g;
        struct Column {
            QString title;
            double width;
            Font font;
            bool right;
        };
        const double em = style.em;
        std::vector<Column> columns{
            {Words::tr("PID"), em * 7, Font::Mono, true},         {Words::tr("name"), em * 20, Font::Words, false},
            {Words::tr("state"), em * 13, Font::Words, false},    {Words::tr("nice"), em * 6, Font::Mono, true},
            {Words::tr("CPU ms"), em * 10, Font::Mono, true},     {Words::tr("RSS"), em * 10, Font::Mono, true},
            {Words::tr("waits for"), em * 20, Font::Words, false}};
        double total = 0;
        std::size_t shown = 0;
        while (shown < columns.size() && total + columns[shown].width <= area.width()) total += columns[shown++].width;
        shown = std::max<std::size_t>(shown, 2);
        columns[1].width += std::max(0.0, area.width() - total) * 0.7;
        auto cell = [&](std::size_t c, double top, const QString& text, QColor color, double indent = 0) {
            if (c >= shown) return;
            double left = area.x();
            for (std::size_t i = 0; i < c; ++i) left += columns[i].width;
            s.text(QRectF(left + indent + g * 0.5, top, columns[c].width - indent - g, row), text, columns[c].font,
                   color, columns[c].right ? Qt::AlignRight | Qt::AlignVCenter : Qt::AlignLeft | Qt::AlignVCenter);
        };
        for (std::size_t c = 0; c < shown; ++c) cell(c, y, columns[c].title, theme.color(Role::Muted));
        y += row;
        s.line({QPointF(area.x(), y), QPointF(area.right(), y)}, theme.color(Role::Line));
        for (const TaskRow& r : m.rows) {
            const QRectF line(area.x(), y, area.width(), row);
            if (r.current) s.box(line, theme.taskFill(r.pid), theme.task(r.pid));
            if (r.changed) s.changed(line);
            if (r.pid == m.selected) s.selected(line);
            const QColor ink = r.current ? theme.inkOn(theme.taskFill(r.pid)) : theme.color(Role::Ink);
            const double indent = g * 1.5 * r.depth + g * 1.5;
            cell(0, y, QString::number(r.pid), ink);
            s.mark({area.x() + columns[0].width + indent - g * 0.3, y + row / 2}, Theme::taskMark(r.pid),
                   theme.task(r.pid), g * 1.1);
            cell(1, y,
                 (r.kernelThread ? QStringLiteral("[%1]").arg(r.name) : r.name) +
                     (r.tgid != r.pid ? Words::tr(" thread of %1").arg(r.tgid) : QString()),
                 ink, indent + g * 0.3);
            if (shown > 2)
                s.box(QRectF(area.x() + columns[0].width + columns[1].width, y + row * 0.2, g * 0.5, row * 0.6),
                      stateColor(r.letter));
            cell(2, y, r.current ? Words::tr("R on the CPU") : r.state, ink, g * 0.5);
            cell(3, y, QString::number(r.nice), ink);
            cell(4, y, QString::number(static_cast<double>(r.utimeNs + r.stimeNs) / 1e6, 'f', 2), ink);
            cell(5, y, r.residentPages ? sizeText(r.residentPages * kPageSize) : QStringLiteral("–"), ink);
            cell(6, y, r.waiting, ink);
            s.spot(line, QStringLiteral("task.%1").arg(r.pid), QStringLiteral("%1 %2").arg(r.name).arg(r.pid),
                   Words::tr("%1, PID %2, child of %3: %4%5. It ran %6 ms in user mode and %7 ms in the kernel.")
                       .arg(r.name)
                       .arg(r.pid)
                       .arg(r.parent)
                       .arg(r.state, r.waiting.isEmpty() ? QString() : Words::tr(", waiting for %1").arg(r.waiting))
                       .arg(static_cast<double>(r.utimeNs) / 1e6, 0, 'f', 3)
                       .arg(static_cast<double>(r.stimeNs) / 1e6, 0, 'f', 3),
                   Subject::task(r.pid))
                .changed = r.changed;
            y += row;
        }
        return y;
    }

    double inspector(QRectF area) {
        double y = area.y();
        y += s.heading(area.topLeft(), area.width(), QStringLiteral("task_struct"), m.selectedName);
        QString group;
        const double nameW = std::min(style.em * 22, area.width() * 0.42);
        for (const TaskField& f : m.fields) {
            if (f.group != group) {
                group = f.group;
                y += g * 0.5;
                s.text(QRectF(area.x(), y, area.width(), row), group, Font::Strong, theme.color(Role::Muted));
                y += row;
            }
            const QRectF line(area.x(), y, area.width(), row);
            if (f.changed) s.changed(line);
            s.text(QRectF(area.x() + g * 0.5, y, nameW - g, row), f.name, Font::Mono, theme.color(Role::Muted));
            s.text(QRectF(area.x() + nameW, y, area.width() - nameW - g * 1.5, row), f.value, Font::Mono,
                   f.link ? theme.color(Role::User) : theme.color(Role::Ink));
            s.spot(line, QStringLiteral("field.%1").arg(f.name), f.name,
                   QStringLiteral("%1 = %2: %3").arg(f.name.trimmed(), f.value, f.what), f.link)
                .changed = f.changed;
            y += row;
        }
        return y;
    }

    void paintAll() {
        const double margin = g * 1.5, width = s.size().width() - 2 * margin;
        const bool beside = width > style.em * 95;
        const double inspectorW = beside ? std::min(width * 0.42, style.em * 60) : width;
        double bottom =
            table(QRectF(margin, margin, beside ? width - inspectorW - 3 * g : width, s.size().height() - 2 * margin));
        if (beside)
            bottom = std::max(bottom, inspector(QRectF(margin + width - inspectorW, margin, inspectorW,
                                                       s.size().height() - 2 * margin)));
        else
            bottom = inspector(QRectF(margin, bottom + 2 * g, width, s.size().height()));
        s.growTo(s.size().width(), bottom + margin);
    }
};

}  // namespace

Scene paint(const TasksModel& model, const StylePtr& style, QSizeF size) {
    Scene scene(style, size);
    if (!model.loaded) {
        scene.empty(Words::tr("No machine is running, so there are no tasks. Open a program."));
        return scene;
    }
    Painter{model, scene}.paintAll();
    return scene;
}

}  // namespace ringside
