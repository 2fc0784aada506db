#include "widgets/states/states.h"

#include <algorithm>
#include <cmath>

#include "core/kernel/proc/wait_queue.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/tasks/task_text.h"

namespace ringside {
namespace {

constexpr std::size_t kPlaces = static_cast<std::size_t>(TaskPlace::kCount);

struct PlaceText {
    char letter;
    const char* name;
    const char* linux;
    const char* what;
};
// In the order of TaskPlace.
const std::array<PlaceText, kPlaces> kText{{
    {'N', QT_TRANSLATE_NOOP("ringside::Words", "New"), "TASK_NEW",
     QT_TRANSLATE_NOOP("ringside::Words", "Being copied by fork: nobody may run it yet.")},
    {'R', QT_TRANSLATE_NOOP("ringside::Words", "Runnable"), "TASK_RUNNING",
     QT_TRANSLATE_NOOP("ringside::Words", "It could run and waits for the CPU on the run queue.")},
    {'R', QT_TRANSLATE_NOOP("ringside::Words", "On the CPU"), "TASK_RUNNING",
     QT_TRANSLATE_NOOP("ringside::Words", "It runs. There is one CPU, so there is one such task.")},
    {'S', QT_TRANSLATE_NOOP("ringside::Words", "Asleep"), "TASK_INTERRUPTIBLE",
     QT_TRANSLATE_NOOP("ringside::Words", "It waits for something on a wait queue; a signal wakes it too.")},
    {'D', QT_TRANSLATE_NOOP("ringside::Words", "Deep asleep"), "TASK_UNINTERRUPTIBLE",
     QT_TRANSLATE_NOOP("ringside::Words", "It waits for something that is sure to come; signals have to wait.")},
    {'I', QT_TRANSLATE_NOOP("ringside::Words", "Idle"), "TASK_IDLE",
     QT_TRANSLATE_NOOP("ringside::Words", "A kernel thread without work.")},
    {'T', QT_TRANSLATE_NOOP("ringside::Words", "Stopped"), "TASK_STOPPED",
     QT_TRANSLATE_NOOP("ringside::Words", "A signal stopped it (^Z); SIGCONT lets it go on.")},
    {'Z', QT_TRANSLATE_NOOP("ringside::Words", "Zombie"), "EXIT_ZOMBIE",
     QT_TRANSLATE_NOOP(
         "ringside::Words",
         "It has exited. Only its task_struct with the exit code is left, until its parent waits for it.")},
    {'X', QT_TRANSLATE_NOOP("ringside::Words", "Dead"), "EXIT_DEAD",
     QT_TRANSLATE_NOOP("ringside::Words", "Reaped: its task_struct goes as soon as nobody runs on its stack.")},
}};
const PlaceText& textOf(TaskPlace place) { return kText[static_cast<std::size_t>(place)]; }

struct Way {
    TaskPlace from, to;
    const char* cause;  // Linux's function
};
constexpr Way kWays[] = {
    {TaskPlace::New, TaskPlace::Runnable, "wake_up_new_task"},
    {TaskPlace::Runnable, TaskPlace::Running, "schedule"},
    {TaskPlace::Running, TaskPlace::Runnable, "put_prev_task"},
    {TaskPlace::Running, TaskPlace::Sleeping, "prepare_to_wait"},
    {TaskPlace::Sleeping, TaskPlace::Runnable, "try_to_wake_up"},
    {TaskPlace::Running, TaskPlace::Uninterruptible, "prepare_to_wait"},
    {TaskPlace::Uninterruptible, TaskPlace::Runnable, "try_to_wake_up"},
    {TaskPlace::Running, TaskPlace::Stopped, "do_signal_stop"},
    {TaskPlace::Stopped, TaskPlace::Runnable, "SIGCONT"},
    {TaskPlace::Running, TaskPlace::Zombie, "do_exit"},
    {TaskPlace::Zombie, TaskPlace::Dead, "release_task"},
};

}  // namespace

TaskPlace placeOf(const Machine& machine, const Task& task) {
    if (machine.kernel.current == task.id && task.exitState == 0) return TaskPlace::Running;
    switch (stateLetter(task)) {
        case 'Z':
            return TaskPlace::Zombie;
        case 'X':
            return TaskPlace::Dead;
        case 'T':
        case 't':
            return TaskPlace::Stopped;
        case 'I':
            return TaskPlace::Idle;
        case 'D':
            return TaskPlace::Uninterruptible;
        case 'S':
            return TaskPlace::Sleeping;
        case 'N':
            return TaskPlace::New;
        default:
            return task.state & state::Dead ? TaskPlace::Dead : TaskPlace::Runnable;
    }
}

std::size_t StatesModel::count(TaskPlace place) const {
    return static_cast<std::size_t>(
        std::count_if(tasks.begin(), tasks.end(), [&](const PlacedTask& t) { return t.place == place; }));
}

StatesModel buildStates(const Snapshot& snapshot, const ViewOptions& options) {
    StatesModel m;
    if (!snapshot.now) return m;
    const Machine& machine = *snapshot.now;
    m.loaded = true;
    QStringList said;
    const auto move = [&](const QString& name, TaskPlace from, TaskPlace to) {
        if (std::find(m.moves.begin(), m.moves.end(), StateMove{from, to}) == m.moves.end())
            m.moves.push_back({from, to});
        if (said.size() < 3)
            said << Words::tr("%1 went from “%2” to “%3”")
                        .arg(name, Words::tr(textOf(from).name), Words::tr(textOf(to).name));
    };
    for (auto [id, task] : machine.kernel.tasks) {
        PlacedTask t{task.pid(), taskText(task), {}, placeOf(machine, task), false};
        t.what = stateText(task);
        if (const QString wait = taskWaitText(task); !wait.isEmpty())
            t.what += Words::tr(", in %1, waits for %2").arg(qs(waitChannel(task)), wait);
        if (snapshot.before) {
            const Task* old = snapshot.before->kernel.tasks.find(id);
            const TaskPlace was = old ? placeOf(*snapshot.before, *old) : TaskPlace::New;
            t.moved = was != t.place;
            if (t.moved) move(t.name, was, t.place);
        }
        m.tasks.push_back(std::move(t));
    }
    if (snapshot.before)
        for (auto [id, old] : snapshot.before->kernel.tasks)
            if (!machine.kernel.tasks.contains(id)) said << Words::tr("%1 is gone").arg(taskText(old));
    std::stable_sort(m.tasks.begin(), m.tasks.end(),
                     [](const PlacedTask& a, const PlacedTask& b) { return a.pid < b.pid; });
    if (!said.isEmpty()) m.caption = Words::tr("Last step: %1.").arg(said.mid(0, 3).join(QStringLiteral("; ")));
    if (const Task* selected = taskOf(machine, options.selection)) m.selected = selected->pid();
    return m;
}

TextTwin twin(const StatesModel& m) {
    TextTwin root(Words::tr("Task states"), m.caption);
    if (!m.loaded) return root;
    for (std::size_t i = 0; i < kPlaces; ++i) {
        const TaskPlace place = static_cast<TaskPlace>(i);
        TextTwin& box = root.add(QStringLiteral("%1 %2 %3")
                                     .arg(QLatin1Char(kText[i].letter))
                                     .arg(Words::tr(kText[i].name), QLatin1String(kText[i].linux)),
                                 Words::tr("%n task(s)", nullptr, static_cast<int>(m.count(place))));
        for (const PlacedTask& t : m.tasks)
            if (t.place == place) box.add(t.name, t.what, t.moved, Subject::task(t.pid));
    }
    return root;
}

namespace {

struct Painter {
    const StatesModel& m;
    Scene& s;
    const Style& style = s.style();
    const Theme& theme = s.theme();
    double g = style.grid, row = style.row();
    std::array<QRectF, kPlaces> boxes{};

    QRectF& box(TaskPlace place) { return boxes[static_cast<std::size_t>(place)]; }

    // Above: where tasks come from and wait, the CPU, where they end. Below: those who do not want the CPU.
    void place(QRectF area) {
        const double gapX = std::max(g * 3, area.width() * 0.09), gapY = g * 8;
        const double w = (area.width() - 2 * gapX) / 3, h = area.height() - gapY;
        const double top = h * 0.6, small = std::max(row * 2.2, top * 0.25), gap = g * 4, below = area.y() + top + gapY;
        const auto column = [&](int i) { return area.x() + i * (w + gapX); };
        box(TaskPlace::New) = QRectF(column(0), area.y(), w, small);
        box(TaskPlace::Runnable) = QRectF(column(0), area.y() + small + gap, w, top - small - gap);
        box(TaskPlace::Running) = QRectF(column(1), area.y() + small + gap, w, top - small - gap);
        box(TaskPlace::Zombie) = QRectF(column(2), area.y() + small + gap, w, top - small - gap);
        box(TaskPlace::Dead) = QRectF(column(2), area.y(), w, small);
        const double quarter = (area.width() - 4.5 * g) / 5;
        double x = area.x();
        for (const auto& [which, share] :
             {std::pair(TaskPlace::Sleeping, 2.0), std::pair(TaskPlace::Uninterruptible, 1.0),
              std::pair(TaskPlace::Stopped, 1.0), std::pair(TaskPlace::Idle, 1.0)}) {
            box(which) = QRectF(x, below, quarter * share, h - top);
            x += quarter * share + 1.5 * g;
        }
    }

    // Straight between neighbours. To and from the boxes below along two lines, one down from the CPU and one up to the
    // run queue, so that no way runs across a box.
    QPolygonF wayBetween(TaskPlace from, TaskPlace to) {
        const QRectF a = box(from), b = box(to);
        const double gap = g * 0.4, shift = from < to ? -g * 1.1 : g * 1.1;
        if (std::abs(a.y() - b.y()) < 1) {
            const double y = a.center().y() + (from == TaskPlace::Running && to == TaskPlace::Zombie ? 0 : shift);
            const bool rightwards = a.right() < b.left();
            return {QPointF(rightwards ? a.right() + gap : a.left() - gap, y),
                    QPointF(rightwards ? b.left() - gap : b.right() + gap, y)};
        }
        if (std::abs(a.x() - b.x()) < 1 && from != TaskPlace::Sleeping) {
            const bool down = a.bottom() < b.top();
            return {QPointF(a.center().x(), down ? a.bottom() + gap : a.top() - gap),
                    QPointF(b.center().x(), down ? b.top() - gap : b.bottom() + gap)};
        }
        if (from == TaskPlace::Running) {
            const double level = b.top() - g * 2.6, x = b.x() + g * 2;
            return {QPointF(a.center().x(), a.bottom() + gap), QPointF(a.center().x(), level), QPointF(x, level),
                    QPointF(x, b.top() - gap)};
        }
        const double level = a.top() - g * 5.2, x = leavesAt(a);
        return {QPointF(x, a.top() - gap), QPointF(x, level), QPointF(b.center().x(), level),
                QPointF(b.center().x(), b.bottom() + gap)};
    }
    // Where the way up from a box below begins: right of the word at the way in.
    double leavesAt(QRectF b) const {
        return std::min(b.x() + g * 5 + style.width(Font::Small, QStringLiteral("prepare_to_wait")), b.right() - g * 2);
    }

    // The word beside the last stretch of a way that is its own.
    void word(const QPolygonF& line, const QString& text, const QColor& ink, double room) {
        const double w = style.width(Font::Small, text) + g;
        const bool level = line.size() == 2 && std::abs(line[0].y() - line[1].y()) < 1;
        if (level) {
            // One that does not fit over its arrow is told when hovering.
            if (w > std::abs(line[0].x() - line[1].x()) + g * 2) return;
            const QPointF middle = (line[0] + line[1]) / 2;
            const bool above = line[0].x() < line[1].x();
            s.text(QRectF(middle.x() - w / 2, middle.y() - (above ? row * 1.05 : -row * 0.05), w, row), text,
                   Font::Small, ink, Qt::AlignCenter);
            return;
        }
        const bool up = line.back().y() < line.front().y();
        const QPointF end =
            line.size() == 2 ? (line[0] + line[1]) / 2 : (up ? line.front() : line.back()) - QPointF(0, g * 1.3);
        if (line.size() > 2 && room < w) return;
        // Left of the way where there is no room right of it.
        if (end.x() + g * 0.5 + w > s.size().width() - g)
            s.text(QRectF(end.x() - g * 0.5 - w, end.y() - row / 2, w, row), text, Font::Small, ink,
                   Qt::AlignRight | Qt::AlignVCenter);
        else
            s.text(QRectF(end.x() + g * 0.5, end.y() - row / 2, w, row), text, Font::Small, ink);
    }

    void ways() {
        const auto isTaken = [&](const Way& way) {
            return std::find(m.moves.begin(), m.moves.end(), StateMove{way.from, way.to}) != m.moves.end();
        };
        // What was taken lies on top.
        for (const bool lit : {false, true})
            for (const Way& way : kWays) {
                const bool taken = isTaken(way);
                if (taken != lit) continue;
                const QPolygonF line = wayBetween(way.from, way.to);
                s.line(line, theme.color(taken ? Role::Accent : Role::Muted), Arrow::End, Bend::Straight,
                       style.pen * (taken ? 2.5 : 1));
                const QString text = QLatin1String(way.cause);
                const QRectF below = box(way.from == TaskPlace::Running ? way.to : way.from);
                const double room = way.from == TaskPlace::Running ? leavesAt(below) - below.x() - g * 2.5
                                                                   : below.right() - leavesAt(below) + g;
                word(line, text, theme.color(taken ? Role::Ink : Role::Muted), room);
                const QPointF end = line.size() == 2                     ? line[0]
                                    : line.back().y() < line.front().y() ? line[0]
                                                                         : line[line.size() - 2];
                const QPointF other = line.size() == 2                     ? line[1]
                                      : line.back().y() < line.front().y() ? line[1]
                                                                           : line.back();
                s.spot(QRectF(end, other).normalized().adjusted(-g, -g, g, g),
                       QStringLiteral("way.%1.%2").arg(static_cast<int>(way.from)).arg(static_cast<int>(way.to)), text,
                       Words::tr("%1: from “%2” to “%3”%4")
                           .arg(text, Words::tr(textOf(way.from).name), Words::tr(textOf(way.to).name),
                                taken ? Words::tr(", taken in the last step.") : QStringLiteral(".")))
                    .changed = taken;
            }
    }

    // Chips while they fit, then marks only, then a count.
    void fill(TaskPlace where) {
        const QRectF area = box(where);
        const PlaceText& text = textOf(where);
        std::vector<const PlacedTask*> inside;
        for (const PlacedTask& t : m.tasks)
            if (t.place == where) inside.push_back(&t);
        const bool cpu = where == TaskPlace::Running;
        s.box(area, cpu ? theme.fill(Role::User) : theme.color(Role::Field), stateColor(theme, text.letter),
              style.pen * (cpu ? 2 : 1.3), g * 0.6);
        const QColor ink = cpu ? theme.inkOn(theme.fill(Role::User)) : theme.color(Role::Ink);
        const QString title = QStringLiteral("%1  %2").arg(QLatin1Char(text.letter)).arg(Words::tr(text.name));
        const QString count = QString::number(inside.size());
        const double countW = style.width(Font::Mono, count) + g;
        s.text(QRectF(area.x() + g, area.y() + g * 0.3, area.width() - countW - 2 * g, row), title, Font::Strong, ink);
        s.text(QRectF(area.right() - countW - g * 0.5, area.y() + g * 0.3, countW, row), count, Font::Mono, ink,
               Qt::AlignRight | Qt::AlignVCenter);
        s.spot(area, QStringLiteral("place.%1").arg(static_cast<int>(where)), title,
               QStringLiteral("%1 (%2): %3 %4")
                   .arg(Words::tr(text.name), QLatin1String(text.linux), Words::tr(text.what),
                        Words::tr("%n task(s) are in it.", nullptr, static_cast<int>(inside.size()))));
        const QRectF room(area.x() + g, area.y() + row + g * 0.5, area.width() - 2 * g, area.height() - row - g);
        if (inside.empty() || room.width() < g * 2 || room.height() < g) return;
        chips(room, inside);
    }

    bool fits(QRectF room, const std::vector<const PlacedTask*>& inside) const {
        const double h = chipHeight(style) + g * 0.4;
        double x = 0, y = h;
        for (const PlacedTask* t : inside) {
            const double w = std::min(chipWidth(style, t->name), room.width());
            if (x > 0 && x + w > room.width()) x = 0, y += h;
            x += w + g * 0.5;
            if (y > room.height()) return false;
        }
        return true;
    }

    void chips(QRectF room, const std::vector<const PlacedTask*>& inside) {
        const double h = chipHeight(style) + g * 0.4;
        if (fits(room, inside)) {
            double x = 0, y = 0;
            for (const PlacedTask* t : inside) {
                const double w = std::min(chipWidth(style, t->name), room.width());
                if (x > 0 && x + w > room.width()) x = 0, y += h;
                paintChip(s, room.topLeft() + QPointF(x, y), w, t->pid, t->name, t->pid == m.selected, t->moved);
                spotFor(QRectF(room.topLeft() + QPointF(x, y), QSizeF(w, chipHeight(style))), *t);
                x += w + g * 0.5;
            }
            return;
        }
        // One small mark a task, as large as the room allows; who moved is marked.
        const double each =
            std::clamp(std::sqrt(room.width() * room.height() / static_cast<double>(inside.size())), g * 0.5, g * 1.6);
        const std::size_t columns = std::max<std::size_t>(1, static_cast<std::size_t>(room.width() / each)),
                          lines = std::max<std::size_t>(1, static_cast<std::size_t>(room.height() / each));
        const std::size_t shown = std::min(inside.size(), columns * lines);
        std::vector<PlacedTask> copy;
        for (std::size_t i = 0; i < shown; ++i) {
            const PlacedTask& t = *inside[i];
            const QPointF at =
                room.topLeft() +
                QPointF(static_cast<double>(i % columns) + 0.5, static_cast<double>(i / columns) + 0.5) * each;
            const bool lit = t.moved || t.pid == m.selected;
            s.box(QRectF(at.x() - each * 0.35, at.y() - each * 0.35, each * 0.7, each * 0.7), theme.task(t.pid),
                  lit ? theme.color(t.moved ? Role::Accent : Role::Selected) : QColor(), lit ? style.pen * 2 : 0,
                  each * 0.1)
                .key = lit ? QStringLiteral("chip.%1.b").arg(t.pid) : QString();
            copy.push_back(t);
        }
        Spot& spot = s.spot(QRectF(room.topLeft(), QSizeF(static_cast<double>(columns) * each,
                                                          static_cast<double>((shown + columns - 1) / columns) * each)),
                            QStringLiteral("many.%1").arg(static_cast<int>(inside.front()->place)),
                            Words::tr("%n task(s)", nullptr, static_cast<int>(inside.size())),
                            Words::tr("%n tasks, one square each.", nullptr, static_cast<int>(inside.size())));
        const QPointF origin = room.topLeft();
        spot.resolve = [copy = std::move(copy), origin, each, columns](QPointF p) {
            Spot one;
            const auto column = static_cast<std::size_t>(std::max(0.0, (p.x() - origin.x()) / each));
            const auto line = static_cast<std::size_t>(std::max(0.0, (p.y() - origin.y()) / each));
            const std::size_t i = line * columns + std::min(column, columns - 1);
            if (i >= copy.size()) return one;
            one.rect =
                QRectF(origin + QPointF(static_cast<double>(i % columns), static_cast<double>(i / columns)) * each,
                       QSizeF(each, each));
            one.key = QStringLiteral("task.%1").arg(copy[i].pid);
            one.label = copy[i].name;
            one.what = QStringLiteral("%1: %2.").arg(copy[i].name, copy[i].what);
            one.subject = Subject::task(copy[i].pid);
            return one;
        };
    }

    void spotFor(QRectF rect, const PlacedTask& t) {
        s.spot(rect, QStringLiteral("task.%1").arg(t.pid), t.name, QStringLiteral("%1: %2.").arg(t.name, t.what),
               Subject::task(t.pid))
            .changed = t.moved;
    }
};

}  // namespace

Scene paint(const StatesModel& m, const StylePtr& style, QSizeF size) {
    Scene s(style, size);
    s.grows = true;
    if (!m.loaded) {
        s.empty(Words::tr("No machine is running, so there are no tasks. Open a program."));
        return s;
    }
    Painter p{m, s};
    const double margin = p.g * 1.5, width = size.width() - 2 * margin;
    double y = margin;
    y += s.heading({margin, y}, width, Words::tr("Task states")) + p.g * 0.5;
    const QString caption =
        m.caption.isEmpty() ? Words::tr("Step on to see tasks move: a system call that waits, a timer tick, an exit.")
                            : m.caption;
    const double captionH = style->lineHeight(Font::Words) * (width < style->em * 80 ? 2 : 1) + 3 * p.g;
    const double height = std::max(size.height() - y - margin - captionH, p.row * 20);
    p.place(QRectF(margin, y, width, height));
    p.ways();
    for (std::size_t i = 0; i < kPlaces; ++i) p.fill(static_cast<TaskPlace>(i));
    y += height + p.g;
    y += s.caption({margin, y}, width, caption);
    s.growTo(size.width(), y + margin * 0.5);
    return s;
}

}  // namespace ringside
