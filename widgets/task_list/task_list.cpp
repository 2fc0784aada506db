#include "widgets/task_list/task_list.h"

#include <algorithm>
#include <cmath>

#include "core/kernel/proc/task_layout.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/tasks/task_text.h"

namespace ringside {
namespace {
constexpr TaskId kInitTask{1};
constexpr u64 kTasks = layout::task_struct::Tasks;
}  // namespace

TaskListModel buildTaskList(const Snapshot& snapshot, const ViewOptions& options) {
    TaskListModel m;
    if (!snapshot.now) return m;
    const Kernel& kernel = snapshot.now->kernel;
    m.loaded = true;
    m.offset = kTasks;
    const Task* wanted = taskOf(*snapshot.now, options.selection);
    const auto headOf = [&](TaskId id) {
        const Task* t = kernel.tasks.find(id);
        return t ? t->address + kTasks : 0;
    };
    QStringList said;
    for (TaskId at = kInitTask; m.entries.size() <= kernel.tasks.size();) {
        const Task* t = kernel.tasks.find(at);
        if (!t || t->tasks.next == TaskId{}) break;  // not made yet
        ListEntry e{t->pid(),
                    nameInBrackets(*t),
                    t->address,
                    t->address + kTasks,
                    headOf(t->tasks.next),
                    headOf(t->tasks.previous)};
        if (snapshot.before) {
            const Task* old = snapshot.before->kernel.tasks.find(at);
            e.changed = !old || !(old->tasks == t->tasks);
            if (!old) said << Words::tr("list_add_tail put %1 at the end").arg(taskText(*t));
        }
        if (wanted && wanted->groupLeader == at) m.selected = m.entries.size();
        m.entries.push_back(std::move(e));
        at = t->tasks.next;
        if (at == kInitTask) break;
    }
    if (snapshot.before)
        for (auto [id, old] : snapshot.before->kernel.tasks)
            if (old.tasks.next != TaskId{})
                if (const Task* t = kernel.tasks.find(id); !t || t->tasks.next == TaskId{})
                    said << Words::tr("list_del took %1 out").arg(taskText(old));
    if (!said.isEmpty()) m.caption = Words::tr("Last step: %1.").arg(said.join(QStringLiteral("; ")));
    return m;
}

TextTwin twin(const TaskListModel& m) {
    TextTwin root(Words::tr("List of processes"), m.caption.isEmpty()
                                                      ? Words::tr("%n task_structs, linked through their member tasks",
                                                                  nullptr, static_cast<int>(m.entries.size()))
                                                      : m.caption);
    for (const ListEntry& e : m.entries)
        root.add(QStringLiteral("%1 %2").arg(e.name).arg(e.pid),
                 QStringLiteral("task_struct %1, tasks at %2: next %3 prev %4")
                     .arg(hex(e.task), hex(e.head), hex(e.next), hex(e.previous)),
                 e.changed, Subject::task(e.pid));
    if (m.selected < m.entries.size()) {
        const ListEntry& e = m.entries[m.selected];
        root.add(QStringLiteral("container_of"),
                 QStringLiteral("%1 - %2 = %3").arg(hex(e.head), hex(m.offset), hex(e.task)), false,
                 Subject::address(e.task));
    }
    return root;
}

namespace {

struct Painter {
    const TaskListModel& m;
    Scene& s;
    const Style& style = s.style();
    const Theme& theme = s.theme();
    double g = style.grid, row = style.row();

    // One task_struct with the list_head in it.
    void entry(QRectF box, std::size_t i) {
        const ListEntry& e = m.entries[i];
        const double line = row * 0.95;
        s.box(box, theme.taskFill(e.pid), theme.task(e.pid), -1, g * 0.5);
        const QColor ink = theme.inkOn(theme.taskFill(e.pid));
        const QString key = QStringLiteral("chip.%1.").arg(e.pid);
        s.mark({box.x() + g * 1.2, box.y() + line * 0.6}, Theme::taskMark(e.pid), theme.task(e.pid), g * 1.2).key =
            key + QLatin1Char('m');
        s.text(QRectF(box.x() + g * 2.2, box.y() + g * 0.1, box.width() - g * 3, line),
               QStringLiteral("%1 %2").arg(e.name).arg(e.pid), Font::Strong, ink);
        s.text(QRectF(box.x() + g, box.y() + line, box.width() - 1.5 * g, line), hex(e.task), Font::MonoSmall, ink);
        const QRectF head(box.x() + g, box.y() + 2 * line + g * 0.2, box.width() - 2 * g, 3 * line + g * 0.4);
        s.box(head, theme.color(Role::Paper), e.changed ? theme.color(Role::Accent) : theme.color(Role::Line),
              style.pen * (e.changed ? 2 : 1));
        s.text(head.adjusted(g * 0.6, g * 0.2, -g * 0.4, -2 * line), QStringLiteral("tasks +%1").arg(hex(m.offset)),
               Font::MonoSmall, theme.color(Role::Muted));
        s.text(QRectF(head.x() + g * 0.6, head.y() + line, head.width() - g, line),
               QStringLiteral("next …%1").arg(e.next & 0xffffffff, 8, 16, QLatin1Char('0')), Font::MonoSmall);
        s.text(QRectF(head.x() + g * 0.6, head.y() + 2 * line, head.width() - g, line),
               QStringLiteral("prev …%1").arg(e.previous & 0xffffffff, 8, 16, QLatin1Char('0')), Font::MonoSmall);
        if (i == m.selected) s.selected(box);
        s.spot(box, QStringLiteral("entry.%1").arg(e.pid), QStringLiteral("%1 %2").arg(e.name).arg(e.pid),
               Words::tr("The task_struct of %1 lies at %2. Its member tasks, a list_head at %3, points at the "
                         "list_heads of its neighbours, not at their task_structs: next %4, prev %5.")
                   .arg(e.name, hex(e.task), hex(e.head), hex(e.next), hex(e.previous)),
               Subject::task(e.pid))
            .changed = e.changed;
    }

    double circle(double x, double y, double width) {
        const double w = std::min(style.em * 22, width), h = row * 0.95 * 5 + g * 1.2, gapX = g * 4, gapY = g * 3;
        const std::size_t perLine = std::max<std::size_t>(1, static_cast<std::size_t>((width + gapX) / (w + gapX)));
        // All of them while they fit in a few lines; else the ends and the neighbourhood of the selected one.
        std::vector<std::size_t> shown;
        const std::size_t n = m.entries.size(), limit = std::max<std::size_t>(perLine * 4, 6);
        for (std::size_t i = 0; i < n; ++i) {
            const bool near = i + limit / 2 > m.selected && i < m.selected + limit / 2;
            if (n <= limit || i == 0 || i + 1 == n || near) shown.push_back(i);
        }
        QPointF previous;
        for (std::size_t k = 0; k < shown.size(); ++k) {
            const QRectF box(x + static_cast<double>(k % perLine) * (w + gapX),
                             y + static_cast<double>(k / perLine) * (h + gapY), w, h);
            const bool gap = k > 0 && shown[k] != shown[k - 1] + 1;
            const double level = box.y() + row * 0.95 * 3.7;
            if (k > 0) {
                const QPointF to(box.x() - g * 0.3, level);
                if (k % perLine != 0) {
                    s.line({previous, to}, theme.color(Role::Ink), Arrow::Both);
                } else {
                    const double middle = box.y() - gapY / 2;
                    s.line({previous, QPointF(previous.x() + g, previous.y()), QPointF(previous.x() + g, middle),
                            QPointF(x - g, middle), QPointF(x - g, level), to},
                           theme.color(Role::Ink), Arrow::Both);
                }
                if (gap) {
                    const QString text = Words::tr("%n more", nullptr, static_cast<int>(shown[k] - shown[k - 1] - 1));
                    const QRectF where(box.x() - gapX - style.width(Font::Small, text) / 2, box.bottom() + g * 0.1,
                                       style.width(Font::Small, text) + gapX, row * 0.9);
                    s.text(k % perLine != 0 ? where
                                            : QRectF(x, box.y() - gapY, style.width(Font::Small, text) + g, row * 0.9),
                           text, Font::Small, theme.color(Role::Muted));
                }
            }
            entry(box, shown[k]);
            previous = {box.right() + g * 0.3, level};
        }
        const double bottom = y + static_cast<double>((shown.size() - 1) / perLine) * (h + gapY) + h;
        // Back to the head: that makes it a circle.
        if (shown.size() > 1) {
            const double below = bottom + g * 1.5, first = x + g * 2;
            s.line({previous, QPointF(previous.x() + g, previous.y()), QPointF(previous.x() + g, below),
                    QPointF(first, below), QPointF(first, perLine >= shown.size() ? y + h + g * 0.3 : below)},
                   theme.color(Role::Ink), perLine >= shown.size() ? Arrow::End : Arrow::None);
            s.text(QRectF(first + g, below, width - 3 * g, row), Words::tr("and back to init_task: a circle"),
                   Font::Small, theme.color(Role::Muted));
        }
        return bottom + g * 1.5 + row;
    }
};

}  // namespace

Scene paint(const TaskListModel& m, const StylePtr& style, QSizeF size) {
    Scene s(style, size);
    s.grows = true;
    if (!m.loaded || m.entries.empty()) {
        s.empty(m.loaded ? Words::tr("The kernel has made no task yet. Run on until it has booted.")
                         : Words::tr("No machine is running, so there is no list of tasks. Open a program."));
        return s;
    }
    Painter p{m, s};
    const double g = p.g, row = p.row, margin = g * 2.5, width = size.width() - 2 * margin;
    double y = margin * 0.6;
    y += s.heading({margin, y}, width, Words::tr("List of all processes"),
                   Words::tr("%n task_structs, linked through their member tasks", nullptr,
                             static_cast<int>(m.entries.size()))) +
         g * 0.5;
    // From a list_head to its task_struct, with the numbers of the selected one.
    const ListEntry& e = m.entries[m.selected];
    const QString formula = QStringLiteral("container_of(%1, struct task_struct, tasks)").arg(hex(e.head)),
                  sum = QStringLiteral("= %1 − %2 = %3  (%4)").arg(hex(e.head), hex(m.offset), hex(e.task), e.name);
    const bool one = style->width(Font::Mono, formula + QLatin1Char(' ') + sum) < width - 2 * g;
    const QRectF note(margin, y, width, row * (one ? 1 : 2) + g);
    s.box(note, s.theme().color(Role::Note), s.theme().color(Role::Line));
    s.text(QRectF(note.x() + g, note.y() + g * 0.5, note.width() - 2 * g, row),
           one ? formula + QLatin1Char(' ') + sum : formula, Font::Mono);
    if (!one) s.text(QRectF(note.x() + g, note.y() + g * 0.5 + row, note.width() - 2 * g, row), sum, Font::Mono);
    s.spot(note, QStringLiteral("container"), formula,
           Words::tr("A list_head knows nothing of the struct it lies in. container_of subtracts the offset of the "
                     "member, %1, from its address: that is where the task_struct of %2 begins.")
               .arg(hex(m.offset), e.name),
           Subject::address(e.task));
    y += note.height() + g * 1.5;
    if (!m.caption.isEmpty()) y += s.caption({margin, y}, width, m.caption) + g * 1.5;
    y = p.circle(margin, y, width);
    s.growTo(size.width(), y + margin * 0.5);
    return s;
}

}  // namespace ringside
