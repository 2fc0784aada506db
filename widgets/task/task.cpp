#include "widgets/task/task.h"

#include <algorithm>

#include "widgets/canvas/inspect.h"
#include "widgets/canvas/table.h"
#include "widgets/canvas/words.h"
#include "widgets/tasks/task_text.h"

namespace ringside {

TaskModel buildTask(const Snapshot& snapshot, const ViewOptions& options) {
    TaskModel m;
    if (!snapshot.now) return m;
    const Machine& machine = *snapshot.now;
    m.loaded = true;
    const Task* task = taskOf(machine, options.selection);
    if (!task) task = machine.kernel.tasks.find(machine.kernel.current);
    if (!task) return m;
    m.pid = task->pid(), m.name = taskText(*task), m.address = task->address;
    m.fields = taskFields(machine, *task);
    m.descriptors = descriptorRows(machine, *task);
    if (const FilesStruct* files = machine.kernel.files.find(task->files))
        m.table = Words::tr("files_struct #%1, used by %n task(s)", nullptr, static_cast<int>(files->users))
                      .arg(task->files.value);
    if (!snapshot.before) return m;
    const Task* old = snapshot.before->kernel.tasks.find(task->id);
    if (!old) {
        m.changes = Words::tr("%1 did not exist before the last step.").arg(m.name);
        return m;
    }
    QStringList changes;
    const auto was = taskFields(*snapshot.before, *old);
    for (TaskField& field : m.fields) {
        const auto same =
            std::find_if(was.begin(), was.end(), [&](const TaskField& f) { return f.name == field.name; });
        field.changed = same == was.end() || same->value != field.value;
        if (!field.changed) continue;
        field.was = same == was.end() ? QString() : same->value;
        changes << field.name;
    }
    const auto descriptorsWere = descriptorRows(*snapshot.before, *old);
    for (DescriptorRow& row : m.descriptors) {
        const auto same = std::find_if(descriptorsWere.begin(), descriptorsWere.end(),
                                       [&](const DescriptorRow& r) { return r.fd == row.fd; });
        row.changed = same == descriptorsWere.end() || !(*same == row);
        if (row.changed) changes << QStringLiteral("fd %1").arg(row.fd);
    }
    m.changes = changes.isEmpty() ? Words::tr("The last step changed nothing in %1.").arg(m.name)
                                  : Words::tr("The last step changed “%1”.").arg(changes.join(QStringLiteral(", ")));
    return m;
}

TextTwin twin(const TaskModel& m) {
    TextTwin root(Words::tr("task_struct"),
                  m.loaded ? QStringLiteral("%1 at %2").arg(m.name, hex(m.address)) : QString());
    if (!m.loaded) return root;
    if (!m.changes.isEmpty()) root.add(Words::tr("Last step"), m.changes);
    TextTwin* group = nullptr;
    for (const TaskField& f : m.fields) {
        if (!group || group->label != f.group) group = &root.add(f.group);
        group->add(f.offset ? QStringLiteral("+%1 %2").arg(hex(f.offset), f.name) : f.name,
                   f.value + (f.was.isEmpty() ? QString() : Words::tr(" (was %1)").arg(f.was)), f.changed, f.link);
    }
    TextTwin& files = root.add(Words::tr("Descriptors"), m.table);
    for (const DescriptorRow& d : m.descriptors)
        files.add(QStringLiteral("fd %1%2").arg(d.fd).arg(d.closeOnExec ? Words::tr(", close on exec") : QString()),
                  Words::tr("file #%1 %2, position %3, %n descriptor(s) → inode #%4 %5 %6", nullptr,
                            static_cast<int>(d.users))
                          .arg(d.file)
                          .arg(d.flags)
                          .arg(d.position)
                          .arg(d.inode)
                          .arg(d.kind, d.path) +
                      (d.sharers.isEmpty() ? QString() : Words::tr("; also %1").arg(d.sharers)),
                  d.changed);
    return root;
}

namespace {

struct Painter {
    const TaskModel& m;
    Scene& s;
    const Style& style = s.style();
    const Theme& theme = s.theme();
    double g = style.grid, row = style.row();

    // The fields in as many columns as fit; a group stays together.
    double fields(double x, double y, double width) {
        const int columns = std::clamp(static_cast<int>(width / (style.em * 52)), 1, 3);
        const double gap = 3 * g, w = (width - gap * (columns - 1)) / columns;
        std::vector<std::pair<std::size_t, std::size_t>> groups;
        for (std::size_t i = 0; i < m.fields.size(); ++i) {
            if (i == 0 || m.fields[i].group != m.fields[i - 1].group) groups.emplace_back(i, i);
            ++groups.back().second;
        }
        const double each = static_cast<double>(m.fields.size() + 2 * groups.size()) / columns;
        double bottom = y, at = y;
        int column = 0;
        double used = 0;
        for (const auto& [from, to] : groups) {
            const double rows = static_cast<double>(to - from) + 2;
            if (column + 1 < columns && used > 0 && used + rows / 2 > each) ++column, at = y, used = 0;
            at = group(x + column * (w + gap), at, w, from, to);
            used += rows;
            bottom = std::max(bottom, at);
        }
        return bottom;
    }

    double group(double x, double y, double w, std::size_t from, std::size_t to) {
        y += s.heading({x, y}, w, m.fields[from].group);
        const double offsetW = w > style.em * 40 ? style.em * 6.5 : 0;
        const double nameW = std::min(style.em * 23, (w - offsetW) * 0.45);
        for (std::size_t i = from; i < to; ++i) {
            const TaskField& f = m.fields[i];
            const QRectF line(x, y, w, row);
            if (f.changed) s.changed(line);
            if (f.offset && offsetW > 0)
                s.text(QRectF(x, y, offsetW - g, row), QStringLiteral("+%1").arg(f.offset, 3, 16, QLatin1Char('0')),
                       Font::MonoSmall, theme.color(f.changed ? Role::Ink : Role::Muted),
                       Qt::AlignRight | Qt::AlignVCenter);
            s.text(QRectF(x + offsetW, y, nameW - g, row), f.name, Font::Mono,
                   theme.color(f.changed ? Role::Ink : Role::Muted));
            s.text(QRectF(x + offsetW + nameW, y, w - offsetW - nameW - g * 1.5, row), f.value, Font::Mono,
                   theme.color(f.link && !f.changed ? Role::User : Role::Ink));
            s.spot(line, QStringLiteral("field.%1").arg(f.name), f.name,
                   QStringLiteral("“%1 = %2”: %3.").arg(f.name, f.value, f.what) +
                       (f.offset ? Words::tr(" At %1, task_struct + %2.").arg(hex(m.address + f.offset), hex(f.offset))
                                 : QString()) +
                       (f.was.isEmpty() ? QString() : Words::tr(" It was %1.").arg(f.was)),
                   f.link)
                .changed = f.changed;
            y += row;
        }
        return y + row * 0.5;
    }

    double descriptors(double x, double y, double width) {
        y += s.heading({x, y}, width, Words::tr("Descriptors"), m.table);
        if (m.descriptors.empty()) {
            s.text(QRectF(x, y, width, row), Words::tr("none is open"), Font::Words, theme.color(Role::Muted));
            return y + row;
        }
        Table table(
            s, x, width,
            {{QStringLiteral("fd"), 4, Font::MonoStrong, true, 0, 0,
              Words::tr("The number that system calls take: an index into the table.")},
             {Words::tr("struct file"), 14, Font::Mono, false, 3, 0,
              Words::tr("The open file: how it was opened and where it stands. dup and fork let several descriptors "
                        "refer to one.")},
             {Words::tr("flags"), 20, Font::MonoSmall, false, 4, 0, Words::tr("How it was opened.")},
             {Words::tr("position"), 9, Font::Mono, true, 2, 0, Words::tr("Where the next read or write begins.")},
             {Words::tr("inode"), 18, Font::Mono, false, 1, 0, Words::tr("What was opened.")},
             {Words::tr("path"), 16, Font::Mono, false, 0, 3, Words::tr("The name it was opened under.")},
             {Words::tr("shared with"), 16, Font::Small, false, 5, 1,
              Words::tr("Other descriptors of the same open file: they share the position.")}});
        y += table.header(y);
        for (const DescriptorRow& d : m.descriptors) {
            const QRectF line = table.row(y);
            if (d.changed) s.changed(line);
            table.cell(0, y, QString::number(d.fd));
            table.cell(1, y, QStringLiteral("→ file #%1").arg(d.file));
            table.cell(2, y, d.flags);
            table.cell(3, y, QString::number(d.position));
            table.cell(4, y, QStringLiteral("→ #%1 %2").arg(d.inode).arg(d.kind));
            table.cell(5, y, d.path + (d.closeOnExec ? Words::tr(" (close on exec)") : QString()));
            table.cell(6, y, d.sharers);
            s.spot(line, QStringLiteral("fd.%1").arg(d.fd), QStringLiteral("fd %1").arg(d.fd),
                   Words::tr("Descriptor %1 is open file #%2 (%3), at position %4, on inode #%5, %6 %7. %8")
                       .arg(d.fd)
                       .arg(d.file)
                       .arg(d.flags)
                       .arg(d.position)
                       .arg(d.inode)
                       .arg(d.kind, d.path,
                            d.sharers.isEmpty() ? Words::tr("Nobody else has it.")
                                                : Words::tr("Also %1: they share the position.").arg(d.sharers)))
                .changed = d.changed;
            y += row;
        }
        return y + row * 0.5;
    }
};

}  // namespace

Scene paint(const TaskModel& m, const StylePtr& style, QSizeF size) {
    Scene s(style, {std::max(size.width(), style->em * 46), size.height()});
    s.grows = true;
    if (!m.loaded || m.fields.empty()) {
        s.empty(m.loaded ? Words::tr("There is no such task now. Select one in Tasks.")
                         : Words::tr("No machine is running, so there is no task_struct. Open a program."));
        return s;
    }
    Painter p{m, s};
    const double margin = p.g * 1.5, width = s.size().width() - 2 * margin;
    double y = margin;
    y += s.heading({margin, y}, width, m.name, Words::tr("its task_struct at %1").arg(hex(m.address))) + p.g * 0.5;
    if (!m.changes.isEmpty()) y += s.caption({margin, y}, width, m.changes) + p.g;
    y = p.descriptors(margin, y, width);
    y = p.fields(margin, y, width);
    s.growTo(0, y + margin);
    return s;
}

}  // namespace ringside
