#include "widgets/pipes/pipes.h"

#include <algorithm>

#include "core/kernel/fs/files.h"
#include "core/kernel/proc/wait_queue.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/tasks/task_text.h"

namespace ringside {
namespace {

// Who holds an end: one entry a process, with its descriptors.
void addUsers(PipeRing& ring, const Kernel& kernel, PipeId id, InodeId inode) {
    const auto sleeps = [&](const Task& leader, WaitKind kind) {
        const auto queue = kernel.waitQueues.find(waitQueue(kind, id.value));
        return queue != kernel.waitQueues.end() &&
               std::any_of(queue->second.begin(), queue->second.end(), [&](TaskId t) {
                   const Task* task = kernel.tasks.find(t);
                   return task && task->groupLeader == leader.id;
               });
    };
    for (auto [taskId, task] : kernel.tasks) {
        if (task.groupLeader != taskId) continue;
        const FilesStruct* table = kernel.files.find(task.files);
        if (!table) continue;
        QStringList reads, writes;
        for (std::size_t fd = 0; fd < table->slots.size(); ++fd) {
            const File* file = kernel.vfs.files.find(table->slots[fd].file);
            if (!file || (file->inode != inode && file->out != id)) continue;
            // Of a pair of sockets each reads one pipe and writes the other.
            const bool socket = file->out != PipeId{};
            if (socket ? file->inode == inode : isReadable(*file)) reads << QStringLiteral("fd %1").arg(fd);
            if (socket ? file->out == id : isWritable(*file)) writes << QStringLiteral("fd %1").arg(fd);
        }
        if (!reads.isEmpty())
            ring.readers.push_back(
                {task.pid(), taskText(task), reads.join(QStringLiteral(", ")), sleeps(task, WaitKind::PipeRead)});
        if (!writes.isEmpty())
            ring.writers.push_back(
                {task.pid(), taskText(task), writes.join(QStringLiteral(", ")), sleeps(task, WaitKind::PipeWrite)});
    }
}

PipeRing ringOf(const Kernel& kernel, PipeId id, const Pipe& pipe) {
    PipeRing ring;
    ring.id = id.value, ring.tail = pipe.tail, ring.head = pipe.tail + static_cast<u32>(pipe.buffers.size());
    ring.bytes = static_cast<u32>(pipe.data.size()), ring.readerCount = pipe.readers, ring.writerCount = pipe.writers;
    ring.slots.resize(pipe.ringSize());
    for (std::size_t i = 0; i < pipe.buffers.size(); ++i)
        ring.slots[(pipe.tail + i) % ring.slots.size()] = {pipe.buffers[i].offset, pipe.buffers[i].length};
    for (char c : pipe.data.substr(0, 64)) ring.begin += c >= 32 && c < 127 ? QLatin1Char(c) : QChar(0xb7);
    for (char c : pipe.data.substr(0, 16)) ring.beginHex += hexDigits(static_cast<u8>(c), 2) + QLatin1Char(' ');
    addUsers(ring, kernel, id, pipe.inode);
    return ring;
}

}  // namespace

PipesModel buildPipes(const Snapshot& snapshot, const ViewOptions&) {
    PipesModel m;
    if (!snapshot.now) return m;
    const Kernel& kernel = snapshot.now->kernel;
    m.loaded = true;
    for (auto [id, pipe] : kernel.vfs.pipes) {
        PipeRing ring = ringOf(kernel, id, pipe);
        if (snapshot.before) {
            const Pipe* old = snapshot.before->kernel.vfs.pipes.find(id);
            ring.changed = !old || !(*old == pipe);
            if (!old) {
                ring.news = Words::tr("new");
            } else if (ring.changed) {
                // What was taken from the front, what came at the back.
                const PipeRing was = ringOf(snapshot.before->kernel, id, *old);
                for (std::size_t i = 0; i < ring.slots.size() && i < was.slots.size(); ++i)
                    ring.slots[i].changed = !(was.slots[i] == ring.slots[i]);
                QStringList news;
                if (ring.bytes > was.bytes)
                    news << Words::tr("%n byte(s) written", nullptr, static_cast<int>(ring.bytes - was.bytes));
                if (ring.bytes < was.bytes)
                    news << Words::tr("%n byte(s) read", nullptr, static_cast<int>(was.bytes - ring.bytes));
                if (ring.readerCount != was.readerCount)
                    news << Words::tr("readers %1 → %2").arg(was.readerCount).arg(ring.readerCount);
                if (ring.writerCount != was.writerCount)
                    news << Words::tr("writers %1 → %2").arg(was.writerCount).arg(ring.writerCount);
                ring.news = news.join(QStringLiteral(", "));
            }
        }
        m.pipes.push_back(std::move(ring));
    }
    return m;
}

TextTwin twin(const PipesModel& m) {
    TextTwin root(Words::tr("Pipes"), Words::tr("%n pipe(s)", nullptr, static_cast<int>(m.pipes.size())));
    for (const PipeRing& p : m.pipes) {
        TextTwin& pipe = root.add(Words::tr("pipe %1").arg(p.id),
                                  Words::tr("%1 bytes in %2 of %3 buffers, head %4, tail %5")
                                          .arg(p.bytes)
                                          .arg(p.head - p.tail)
                                          .arg(p.slots.size())
                                          .arg(p.head)
                                          .arg(p.tail) +
                                      (p.news.isEmpty() ? QString() : QStringLiteral("; ") + p.news),
                                  p.changed);
        if (p.bytes)
            pipe.add(Words::tr("oldest bytes"), QStringLiteral("%1 \"%2\"").arg(p.beginHex.trimmed(), p.begin));
        for (std::size_t i = 0; i < p.slots.size(); ++i)
            if (p.slots[i].length)
                pipe.add(Words::tr("buffer %1").arg(i),
                         Words::tr("offset %1, length %2").arg(p.slots[i].offset).arg(p.slots[i].length),
                         p.slots[i].changed);
        for (const PipeUser& u : p.writers)
            pipe.add(Words::tr("writer %1").arg(u.name),
                     u.descriptors + (u.asleep ? Words::tr(", sleeps until there is room") : QString()), false,
                     Subject::task(u.pid));
        for (const PipeUser& u : p.readers)
            pipe.add(Words::tr("reader %1").arg(u.name),
                     u.descriptors + (u.asleep ? Words::tr(", sleeps until there is data") : QString()), false,
                     Subject::task(u.pid));
    }
    return root;
}

namespace {

struct Painter {
    Scene& s;
    const Style& style = s.style();
    const Theme& theme = s.theme();
    double g = style.grid, row = style.row();

    // Who holds an end, one below the other; returns the height.
    double users(const PipeRing& p, double x, double y, double w, bool writing) {
        const double top = y, h = chipHeight(style) + g * 0.4;
        const auto& list = writing ? p.writers : p.readers;
        const u32 count = writing ? p.writerCount : p.readerCount;
        s.text(QRectF(x, y, w, row),
               !count    ? (writing ? Words::tr("no write end") : Words::tr("no read end"))
               : writing ? Words::tr("%n write end(s)", nullptr, static_cast<int>(count))
                         : Words::tr("%n read end(s)", nullptr, static_cast<int>(count)),
               Font::Small, theme.color(count ? Role::Muted : Role::Ink));
        y += row;
        constexpr std::size_t kShown = 6;
        for (std::size_t i = 0; i < std::min(list.size(), kShown); ++i) {
            const PipeUser& u = list[i];
            const QString text = u.asleep ? Words::tr("%1, asleep").arg(u.name) : u.name;
            const double cw = std::min(chipWidth(style, text), w);
            const QRectF chip(x, y, cw, chipHeight(style));
            if (u.asleep)
                s.hatched(chip, theme.taskFill(u.pid), theme.task(u.pid), Hatch::Diagonal,
                          blend(theme.taskFill(u.pid), theme.task(u.pid), 0.3));
            else
                s.box(chip, theme.taskFill(u.pid), theme.task(u.pid));
            s.mark({chip.x() + g, chip.center().y()}, Theme::taskMark(u.pid), theme.task(u.pid), g);
            s.text(chip.adjusted(g * 1.9, 0, -g * 0.5, 0), text, Font::Small, theme.inkOn(theme.taskFill(u.pid)));
            s.spot(chip,
                   QStringLiteral("%1.%2.%3")
                       .arg(writing ? QStringLiteral("writer") : QStringLiteral("reader"))
                       .arg(p.id)
                       .arg(u.pid),
                   u.name,
                   writing ? (u.asleep ? Words::tr("%1 writes through %2 and sleeps until there is room.")
                                       : Words::tr("%1 can write through %2."))
                                 .arg(u.name, u.descriptors)
                           : (u.asleep ? Words::tr("%1 reads through %2 and sleeps until there is data.")
                                       : Words::tr("%1 can read through %2."))
                                 .arg(u.name, u.descriptors),
                   Subject::task(u.pid));
            y += h;
        }
        if (list.size() > kShown) {
            s.text(QRectF(x, y, w, row), Words::tr("and %n more", nullptr, static_cast<int>(list.size() - kShown)),
                   Font::Small, theme.color(Role::Muted));
            y += row;
        }
        return y - top;
    }

    double ring(const PipeRing& p, double x, double y, double w) {
        const double top = y;
        const std::size_t n = std::max<std::size_t>(p.slots.size(), 1);
        const double cell = w / static_cast<double>(n), h = row * 1.8;
        y += row;  // room for tail and head
        for (std::size_t i = 0; i < p.slots.size(); ++i) {
            const RingSlot& slot = p.slots[i];
            const QRectF box(x + cell * static_cast<double>(i), y, cell, h);
            s.box(box, theme.color(Role::Field), theme.color(Role::Line), style.pen * 0.7, 0);
            if (slot.length)
                s.box(QRectF(box.x() + cell * slot.offset / 4096.0, box.y() + style.pen,
                             std::max(style.pen, cell * slot.length / 4096.0), h - 2 * style.pen),
                      theme.fill(Role::Data), theme.color(Role::Data), style.pen * 0.7, 0);
            if (slot.changed) s.box(box, {}, theme.color(Role::Accent), style.pen * 2, 0);
            const QString text = QString::number(slot.length);
            if (slot.length && style.width(Font::MonoSmall, text) < cell - g * 0.4)
                s.text(box, text, Font::MonoSmall, {}, Qt::AlignCenter);
            s.spot(box, QStringLiteral("slot.%1.%2").arg(p.id).arg(i), Words::tr("buffer %1").arg(i),
                   slot.length ? Words::tr("Buffer %1 is a page with %2 bytes in use, from offset %3 on.")
                                     .arg(i)
                                     .arg(slot.length)
                                     .arg(slot.offset)
                               : Words::tr("Buffer %1 is empty and has no page.").arg(i))
                .changed = slot.changed;
        }
        const auto pointer = [&](u32 count, const QString& name, bool below) {
            const double at = x + cell * (static_cast<double>(count % n) + 0.5);
            const double tw = style.width(Font::Small, name);
            s.line({QPointF(at, below ? y + h + g * 1.2 : y - g * 1.2),
                    QPointF(at, below ? y + h + g * 0.1 : y - g * 0.1)},
                   theme.color(Role::Ink), Arrow::End);
            const double tx = std::clamp(at - tw / 2, x, std::max(x, x + w - tw - g));
            s.text(QRectF(tx, below ? y + h + g * 1.1 : y - g * 1.1 - style.lineHeight(Font::Small), tw + g,
                          style.lineHeight(Font::Small)),
                   name, Font::Small, theme.color(Role::Muted));
        };
        pointer(p.tail, Words::tr("tail %1").arg(p.tail), false);
        pointer(p.head, Words::tr("head %1").arg(p.head), true);
        y += h + g * 1.3 + style.lineHeight(Font::Small);
        const QString text = p.bytes ? QStringLiteral("\"%1\"").arg(p.begin) : Words::tr("empty");
        s.text(QRectF(x, y, w, row), text, Font::Mono, theme.color(p.bytes ? Role::Ink : Role::Muted));
        s.spot(
            QRectF(x, y, w, row), QStringLiteral("bytes.%1").arg(p.id), text,
            p.bytes
                ? Words::tr("The oldest bytes: %1").arg(p.beginHex)
                : Words::tr(
                      "A reader sleeps until somebody writes, or gets end of file when the last writer has closed."));
        return y + row - top;
    }
};

}  // namespace

Scene paint(const PipesModel& m, const StylePtr& style, QSizeF size) {
    Scene s(style, size);
    s.grows = true;
    if (!m.loaded || m.pipes.empty()) {
        s.empty(m.loaded
                    ? Words::tr("There is no pipe now. The sample pipeline has one: open it and go to its first system "
                                "call pipe2.")
                    : Words::tr("No machine is running. Open a program with a pipe, such as the sample pipeline."));
        return s;
    }
    Painter p{s};
    const Theme& theme = s.theme();
    const double g = p.g, margin = g * 1.5, width = size.width() - 2 * margin;
    double y = margin;
    for (const PipeRing& pipe : m.pipes) {
        const QString title = Words::tr("pipe %1").arg(pipe.id),
                      aside = Words::tr("%1 bytes in %2 of %3 buffers")
                                  .arg(pipe.bytes)
                                  .arg(pipe.head - pipe.tail)
                                  .arg(pipe.slots.size()) +
                              (pipe.news.isEmpty() ? QString() : QStringLiteral(" · ") + pipe.news);
        const double head = s.heading({margin, y}, width, title, aside);
        s.spot(QRectF(margin, y, width, head), QStringLiteral("pipe.%1").arg(pipe.id), title,
               Words::tr("Pipe %1: %2. %3 open files can read it, %4 can write it. Readers get end of file when the "
                         "last writer closes, writers SIGPIPE when the last reader does.")
                   .arg(pipe.id)
                   .arg(aside)
                   .arg(pipe.readerCount)
                   .arg(pipe.writerCount))
            .changed = pipe.changed;
        y += head + g * 0.5;
        const bool beside = width > style->em * 80;
        const double side = beside ? std::min(width * 0.2, style->em * 26) : width / 2 - g,
                     ringW = beside ? width - 2 * side - 6 * g : width;
        if (beside) {
            const double a = p.users(pipe, margin, y, side, true), c = p.ring(pipe, margin + side + 3 * g, y, ringW),
                         b = p.users(pipe, margin + width - side, y, side, false);
            const double level = y + p.row * 1.9;
            s.line({QPointF(margin + side + g * 0.4, level), QPointF(margin + side + 2.6 * g, level)},
                   theme.color(Role::Ink), Arrow::End);
            s.line({QPointF(margin + width - side - 2.6 * g, level), QPointF(margin + width - side - g * 0.4, level)},
                   theme.color(Role::Ink), Arrow::End);
            y += std::max({a, b, c});
        } else {
            y += p.ring(pipe, margin, y, ringW) + g * 0.5;
            y += std::max(p.users(pipe, margin, y, side, true), p.users(pipe, margin + width / 2 + g, y, side, false));
        }
        y += 2 * g;
    }
    s.growTo(size.width(), y + margin * 0.5);
    return s;
}

}  // namespace ringside
