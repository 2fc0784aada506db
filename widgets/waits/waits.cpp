#include "widgets/waits/waits.h"

#include <algorithm>
#include <map>

#include "core/kernel/proc/wait_queue.h"
#include "core/kernel/syscalls/table.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/tasks/futex_lock.h"
#include "widgets/tasks/task_text.h"

namespace ringside {
namespace {

constexpr std::size_t kAlike = 8;  // rows of one kind, each with its own queue; the others share one
constexpr std::size_t kRows = 30;  // that are drawn; the twin tells all

QString untilText(const Machine& machine, const Task& task) {
    const u64 left = *task.wakeAtNs - std::min(machine.nanoseconds(), *task.wakeAtNs);
    return Words::tr("at the latest in %1 ms").arg(static_cast<double>(left) / 1e6, 0, 'f', 2);
}

// The rows of a kind beyond the first few stand together.
void foldAlike(std::vector<WaitRow>& rows) {
    std::map<QString, std::vector<std::size_t>> alike;
    for (std::size_t i = 0; i < rows.size(); ++i)
        if (!rows[i].changed && rows[i].holder.pid == 0 && rows[i].waiters.size() == 1)
            alike[rows[i].what].push_back(i);
    for (const auto& [what, places] : alike) {
        if (places.size() <= kAlike + 1) continue;
        WaitRow& first = rows[places[kAlike]];
        first.detail.clear();
        first.subject = {};
        for (std::size_t k = kAlike + 1; k < places.size(); ++k) {
            first.waiters.push_back(rows[places[k]].waiters.front());
            rows[places[k]].waiters.clear();
        }
    }
    std::erase_if(rows, [](const WaitRow& r) { return r.waiters.empty(); });
}

}  // namespace

WaitsModel buildWaits(const Snapshot& snapshot, const ViewOptions& options) {
    WaitsModel m;
    if (!snapshot.now) return m;
    const Machine& machine = *snapshot.now;
    const Kernel& kernel = machine.kernel;
    m.loaded = true;
    auto waitersOf = [&](const std::vector<TaskId>& ids) {
        std::vector<Waiter> out;
        for (TaskId id : ids)
            if (const Task* task = kernel.tasks.find(id)) out.push_back({task->pid(), taskText(*task)});
        return out;
    };
    std::map<i32, i32> waitsFor;
    std::map<i32, QString> names;
    for (const auto& [queue, ids] : kernel.waitQueues) {
        if (ids.empty()) continue;
        WaitRow row;
        row.what = waitText(kindOf(queue));
        row.waiters = waitersOf(ids);
        if (snapshot.before) {
            auto old = snapshot.before->kernel.waitQueues.find(queue);
            row.changed = old == snapshot.before->kernel.waitQueues.end() || old->second != ids;
        }
        for (TaskId id : ids) {
            const Task* task = kernel.tasks.find(id);
            if (!task) continue;
            if (task->wakeAtNs && row.detail.isEmpty()) row.detail = untilText(machine, *task);
            const auto lock = futexLockOf(machine, *task);
            if (!lock) continue;
            row.role = Role::Shared;
            row.subject = Subject::address(lock->address, task->pid());
            row.detail =
                Words::tr("word at %1 = %2")
                    .arg(hex(lock->address), lock->value ? lock->pi ? hex(*lock->value) : QString::number(*lock->value)
                                                         : QStringLiteral("?"));
            if (!lock->holder) continue;
            row.holder = {lock->holder->pid(), taskText(*lock->holder)};
            waitsFor[task->pid()] = row.holder.pid;
            names[task->pid()] = taskText(*task);
        }
        m.rows.push_back(row);
    }
    // Who only waits for time to pass stands in no queue.
    for (auto [id, task] : kernel.tasks) {
        if (!task.wakeAtNs || task.waiting || task.exitState != 0) continue;
        WaitRow row;
        row.what = taskWaitText(task);
        row.waiters = waitersOf({id});
        row.detail = untilText(machine, task);
        const Task* old = snapshot.before ? snapshot.before->kernel.tasks.find(id) : nullptr;
        row.changed = snapshot.before && (!old || old->wakeAtNs != task.wakeAtNs);
        m.rows.push_back(row);
    }
    foldAlike(m.rows);
    // What is drawn in any case: what just changed, and whom one has selected.
    std::stable_partition(m.rows.begin(), m.rows.end(), [&](const WaitRow& r) {
        const auto isSelected = [&](const Waiter& w) {
            return options.selection.kind == SubjectKind::Task && w.pid == options.selection.pid;
        };
        return m.rows.size() > kRows && (r.changed || std::any_of(r.waiters.begin(), r.waiters.end(), isSelected));
    });
    if (const std::vector<i32> circle = circleOf(waitsFor); !circle.empty()) {
        QStringList parts;
        for (i32 pid : circle) parts << names[pid];
        parts << parts.front();
        m.deadlock = parts.join(Words::tr(" waits for "));
    }
    for (auto [id, pipe] : kernel.vfs.pipes) {
        PipeRow row;
        row.id = id.value;
        row.used = static_cast<u32>(pipe.data.size()), row.capacity = pipe.capacity, row.readers = pipe.readers,
        row.writers = pipe.writers;
        for (char c : pipe.data.substr(0, 60)) row.begin += c >= 32 && c < 127 ? QLatin1Char(c) : QChar(0xb7);
        auto reading = kernel.waitQueues.find(waitQueue(WaitKind::PipeRead, id.value)),
             writing = kernel.waitQueues.find(waitQueue(WaitKind::PipeWrite, id.value));
        if (reading != kernel.waitQueues.end()) row.readingWaiters = waitersOf(reading->second);
        if (writing != kernel.waitQueues.end()) row.writingWaiters = waitersOf(writing->second);
        if (snapshot.before) {
            const Pipe* old = snapshot.before->kernel.vfs.pipes.find(id);
            row.changed = !old || !(*old == pipe);
        }
        m.pipes.push_back(row);
    }
    return m;
}

static QString restText(const WaitsModel& m) {
    return Words::tr("and %n more; that of the selected task stands on top", nullptr,
                     static_cast<int>(m.rows.size() - kRows));
}

TextTwin twin(const WaitsModel& m) {
    TextTwin root(Words::tr("Who waits for what"),
                  m.deadlock.isEmpty() ? QString() : Words::tr("Deadlock: %1").arg(m.deadlock));
    auto list = [](const std::vector<Waiter>& waiters) {
        QStringList names;
        for (const Waiter& w : waiters) names << w.name;
        return names.join(QStringLiteral(", "));
    };
    for (const WaitRow& row : m.rows)
        root.add(list(row.waiters),
                 row.what + (row.detail.isEmpty() ? QString() : QStringLiteral(", ") + row.detail) +
                     (row.holder.pid ? Words::tr(", held by %1").arg(row.holder.name) : QString()),
                 row.changed,
                 row.subject ? row.subject : Subject::task(row.waiters.empty() ? 0 : row.waiters.front().pid));
    TextTwin& pipes = root.add(Words::tr("Pipes"));
    for (const PipeRow& p : m.pipes)
        pipes.add(Words::tr("pipe %1").arg(p.id),
                  Words::tr("%1 of %2 bytes, %3 readers, %4 writers, \"%5\"")
                      .arg(p.used)
                      .arg(p.capacity)
                      .arg(p.readers)
                      .arg(p.writers)
                      .arg(p.begin),
                  p.changed);
    return root;
}

Scene paint(const WaitsModel& m, const StylePtr& style, QSizeF size) {
    Scene s(style, {std::max(size.width(), style->em * 60), size.height()});
    s.grows = true;
    if (!m.loaded || (m.rows.empty() && m.pipes.empty())) {
        s.empty(
            m.loaded
                ? Words::tr(
                      "Nobody sleeps and there is no pipe. The samples pipeline, threads and deadlock fill this view.")
                : Words::tr("No machine is running. Open a program."));
        return s;
    }
    const Theme& theme = s.theme();
    const double g = style->grid, row = style->row(), margin = g * 1.5, width = s.size().width() - 2 * margin;
    double y = margin;
    if (!m.deadlock.isEmpty()) {
        const QString text = Words::tr("Deadlock: %1. None of them can go on until another does.").arg(m.deadlock);
        y += s.caption({margin, y}, width, text) + g;
    }
    y += s.heading({margin, y}, width, Words::tr("Asleep"), Words::tr("and what would wake them"));
    const double whoW = width * 0.34;
    std::size_t i = 0;
    auto chips = [&](double x, double top, double w, const std::vector<Waiter>& waiters) {
        const double end = x + w;
        for (auto waiter = waiters.begin(); waiter != waiters.end(); ++waiter) {
            const double cw = style->width(Font::Words, waiter->name) + 3 * g;
            const double more = waiters.end() - waiter > 1 ? style->em * 10 : 0;
            if (x + cw + more > end && waiter != waiters.begin()) {
                s.text(QRectF(x, top + row * 0.15, end - x, row),
                       Words::tr("and %n more", nullptr, static_cast<int>(waiters.end() - waiter)), Font::Small,
                       theme.color(Role::Muted));
                break;
            }
            const QRectF chip(x, top + row * 0.08, cw, row * 1.1);
            s.box(chip, theme.taskFill(waiter->pid), theme.task(waiter->pid));
            s.mark({chip.x() + g, chip.center().y()}, Theme::taskMark(waiter->pid), theme.task(waiter->pid), g);
            s.text(chip.adjusted(g * 2, 0, -g * 0.5, 0), waiter->name, Font::Words,
                   theme.inkOn(theme.taskFill(waiter->pid)));
            s.spot(chip, QStringLiteral("waiter.%1.%2").arg(i).arg(waiter->pid), waiter->name, waiter->name,
                   Subject::task(waiter->pid));
            x += cw + g * 0.5;
        }
    };
    if (m.rows.empty()) {
        s.text(QRectF(margin, y, width, row), Words::tr("nobody sleeps now"), Font::Words, theme.color(Role::Muted));
        y += row;
    }
    for (const WaitRow& r : m.rows) {
        if (i == kRows) {
            s.text(QRectF(margin, y, width, row), restText(m), Font::Small, theme.color(Role::Muted));
            y += row;
            break;
        }
        const QRectF line(margin, y, width, row * 1.4);
        if (r.changed) s.changed(line);
        const QString text = r.what + (r.detail.isEmpty() ? QString() : QStringLiteral(": ") + r.detail);
        s.spot(line, QStringLiteral("row.%1").arg(i), text, Words::tr("Asleep until: %1.").arg(text), r.subject)
            .changed = r.changed;
        chips(margin + g * 0.5, y + row * 0.05, whoW - g, r.waiters);
        s.line({QPointF(margin + whoW, line.center().y()), QPointF(margin + whoW + 3 * g, line.center().y())},
               theme.color(Role::Muted), Arrow::End);
        const double heldW = style->width(Font::Small, Words::tr("held by")) + g;
        const double textW = std::min(
            style->width(Font::Words, text) + g,
            width - whoW - 4 * g - (r.holder.pid ? heldW + style->width(Font::Words, r.holder.name) + 4 * g : 0));
        s.text(QRectF(margin + whoW + 4 * g, y, textW, line.height()), text, Font::Words);
        if (r.holder.pid) {
            const double hx = margin + whoW + 4 * g + textW;
            s.text(QRectF(hx, y, heldW, line.height()), Words::tr("held by"), Font::Small, theme.color(Role::Muted));
            chips(hx + heldW, y + row * 0.05, style->em * 22, {r.holder});
        }
        y += line.height() + g * 0.25;
        ++i;
    }
    if (!m.pipes.empty()) {
        y += g;
        y += s.heading({margin, y}, width, Words::tr("Pipes"), Words::tr("64 KiB in the kernel each"));
        for (const PipeRow& p : m.pipes) {
            const QRectF box(margin + width * 0.22, y + g * 0.5, width * 0.56, row * 1.3);
            s.box(box, theme.color(Role::Field), theme.color(Role::Line));
            s.box(QRectF(box.x(), box.y(), box.width() * p.used / std::max(1u, p.capacity), box.height()),
                  theme.fill(Role::Data), theme.color(Role::Data));
            if (p.changed) s.changed(box);
            s.text(box.adjusted(g, 0, -g, 0),
                   p.used ? Words::tr("%1 bytes: %2").arg(p.used).arg(p.begin) : Words::tr("empty"), Font::Mono);
            const QColor none = theme.readable(theme.color(Role::Kernel), theme.color(Role::Paper));
            s.text(QRectF(margin, box.y(), box.x() - margin - 2.2 * g, row * 1.3),
                   Words::tr("%n writer(s)", nullptr, static_cast<int>(p.writers)), Font::Words,
                   p.writers ? theme.color(Role::Ink) : none, Qt::AlignRight | Qt::AlignVCenter);
            s.text(QRectF(box.right() + g * 2, box.y(), width * 0.2, row * 1.3),
                   Words::tr("%n reader(s)", nullptr, static_cast<int>(p.readers)), Font::Words,
                   p.readers ? theme.color(Role::Ink) : none);
            s.line({QPointF(box.x() - g * 1.7, box.center().y()), QPointF(box.x() - g * 0.2, box.center().y())},
                   theme.color(Role::Ink), Arrow::End);
            s.line({QPointF(box.right() + g * 0.2, box.center().y()), QPointF(box.right() + g * 1.7, box.center().y())},
                   theme.color(Role::Ink), Arrow::End);
            s.spot(box, QStringLiteral("pipe.%1").arg(p.id), Words::tr("pipe %1").arg(p.id),
                   Words::tr("Pipe %1 holds %2 of %3 bytes. Opened for reading: %4, for writing: %5. Readers get "
                             "end of file when the last writer closes, writers SIGPIPE when the last reader does.")
                       .arg(p.id)
                       .arg(p.used)
                       .arg(p.capacity)
                       .arg(p.readers)
                       .arg(p.writers))
                .changed = p.changed;
            y = box.bottom() + g * 0.5;
            if (!p.writingWaiters.empty()) chips(margin, y, width * 0.45, p.writingWaiters);
            if (!p.readingWaiters.empty()) chips(margin + width * 0.55, y, width * 0.45, p.readingWaiters);
            if (!p.writingWaiters.empty() || !p.readingWaiters.empty()) y += row * 1.4;
        }
    }
    s.growTo(0, y + margin);
    return s;
}

}  // namespace ringside
