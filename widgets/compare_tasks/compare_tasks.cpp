#include "widgets/compare_tasks/compare_tasks.h"

#include <algorithm>

#include "core/kernel/proc/process.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/table.h"
#include "widgets/canvas/words.h"
#include "widgets/tasks/task_text.h"

namespace ringside {
namespace {

// The flags with which a task was created; nothing: before the events that are kept.
std::optional<u64> flagsOf(const Snapshot& snapshot, i32 pid) {
    const EventLog& events = snapshot.events;
    const u64 forks = RunUntil::bit(EventKind::Fork);
    for (std::size_t i = events.lastBefore(events.firstAfter(snapshot.now->cpu.tick), forks); i < events.size();
         i = events.lastBefore(i, forks))
        if (static_cast<i32>(events[i].args[0]) == pid) return events[i].args[1];
    return {};
}

// Whom one wants to see when nobody is selected: the newest thread or child of the running task, else itself.
const Task* newestOf(const Kernel& kernel) {
    const Task* task = kernel.tasks.find(kernel.current);
    if (!task) return nullptr;
    TaskId newest = task->id;
    if (!task->children.empty() && !task->pids.empty() && task->pid() != 0) newest = task->children.back();
    if (const SignalStruct* signal = kernel.signals.find(task->signal); signal && signal->threads.size() > 1)
        newest = signal->threads.back();
    return kernel.tasks.find(newest);
}

template <class Id>
ShareRow share(const QString& part, const char* flag, const QString& what, Id left, Id right, const QString& noun,
               bool asked) {
    const auto text = [&](Id id) {
        return id == Id{} ? QStringLiteral("NULL") : QStringLiteral("%1 #%2").arg(noun).arg(id.value);
    };
    ShareRow row{part, QLatin1String(flag), what, text(left), text(right), Sharing::Own, asked};
    if (left == right) row.sharing = left == Id{} ? Sharing::Neither : Sharing::Same;
    return row;
}

std::vector<TaskId> candidates(const Kernel& kernel, const Task& right) {
    std::vector<TaskId> ids;
    const auto add = [&](TaskId id) {
        if (id != right.id && kernel.tasks.contains(id) && std::find(ids.begin(), ids.end(), id) == ids.end())
            ids.push_back(id);
    };
    add(right.groupLeader);
    add(right.realParent);
    if (const SignalStruct* signal = kernel.signals.find(right.signal))
        for (TaskId id : signal->threads) add(id);
    for (TaskId id : right.children) add(id);
    if (const Task* parent = kernel.tasks.find(right.realParent))
        for (TaskId id : parent->children) add(id);
    if (ids.size() > 8) ids.resize(8);
    return ids;
}

}  // namespace

CompareTasksModel buildCompareTasks(const Snapshot& snapshot, const ViewOptions& options) {
    CompareTasksModel m;
    if (!snapshot.now) return m;
    const Machine& machine = *snapshot.now;
    const Kernel& kernel = machine.kernel;
    m.loaded = true;
    const Task* right = options.selection ? taskOf(machine, options.selection) : newestOf(kernel);
    if (!right) return m;
    const std::vector<TaskId> others = candidates(kernel, *right);
    for (TaskId id : others) m.others.emplace_back(kernel.tasks.at(id).pid(), taskText(kernel.tasks.at(id)));
    const Task* left = taskByPid(machine, options.setting(QStringLiteral("with"), QStringLiteral("-1")).toInt());
    if (!left || left == right || std::find(others.begin(), others.end(), left->id) == others.end())
        left = others.empty() ? nullptr : &kernel.tasks.at(others.front());
    if (!left) return m;
    m.left = left->pid(), m.right = right->pid(), m.leftName = taskText(*left), m.rightName = taskText(*right);
    const auto flags = flagsOf(snapshot, m.right);
    const u64 f = flags.value_or(0);
    if (flags) m.flags = cloneFlagsText(*flags);
    if (left->groupLeader == right->groupLeader)
        m.relation = Words::tr("threads of one process");
    else if (right->realParent == left->id)
        m.relation = Words::tr("%1 created %2").arg(m.leftName, m.rightName);
    else if (left->realParent == right->id)
        m.relation = Words::tr("%2 created %1").arg(m.leftName, m.rightName);
    else
        m.relation = Words::tr("children of one parent");

    m.shares = {
        share(
            QStringLiteral("mm"), "CLONE_VM",
            Words::tr("the memory: shared, what one writes the other reads; else a copy, frame by frame when written"),
            left->mm, right->mm, QStringLiteral("mm_struct"), f & clone::Vm),
        share(QStringLiteral("files"), "CLONE_FILES",
              Words::tr("the table of descriptors: shared, open() in one opens in both; else a copy that refers to the "
                        "same open files"),
              left->files, right->files, QStringLiteral("files_struct"), f & clone::Files),
        share(QStringLiteral("fs"), "CLONE_FS",
              Words::tr("root, working directory, umask: shared, chdir() in one moves both"), left->fs, right->fs,
              QStringLiteral("fs_struct"), f & clone::Fs),
        share(QStringLiteral("sighand"), "CLONE_SIGHAND",
              Words::tr("what is done on each signal: shared, sigaction() in one counts for both"), left->sighand,
              right->sighand, QStringLiteral("sighand_struct"), f & clone::Sighand),
        share(QStringLiteral("signal"), "CLONE_THREAD",
              Words::tr("the thread group: one process to the outside, one PID, one exit"), left->signal, right->signal,
              QStringLiteral("signal_struct"), f & clone::Thread),
        share(QStringLiteral("pid_ns"), "CLONE_NEWPID",
              Words::tr("the PID namespace of their children; the flag asks for a new one"), left->childPidNs,
              right->childPidNs, QStringLiteral("pid_namespace"), f & clone::NewPid),
        share(QStringLiteral("uts_ns"), "CLONE_NEWUTS",
              Words::tr("the host name they see; the flag asks for a new one"), left->uts, right->uts,
              QStringLiteral("uts_namespace"), f & clone::NewUts),
    };
    const auto leftFields = taskFields(machine, *left), rightFields = taskFields(machine, *right);
    for (const TaskField& r : rightFields) {
        const auto l =
            std::find_if(leftFields.begin(), leftFields.end(), [&](const TaskField& x) { return x.name == r.name; });
        if (l != leftFields.end() && l->value == r.value) {
            ++m.equalFields;
            continue;
        }
        TaskField other = l == leftFields.end() ? r : *l;
        if (l == leftFields.end()) other.value = QStringLiteral("–");
        m.leftFields.push_back(other);
        m.rightFields.push_back(r);
    }
    return m;
}

namespace {
QString sharingText(const ShareRow& row) {
    return row.sharing == Sharing::Same  ? Words::tr("shared")
           : row.sharing == Sharing::Own ? Words::tr("each its own")
                                         : Words::tr("none");
}
}  // namespace

TextTwin twin(const CompareTasksModel& m) {
    TextTwin root(Words::tr("Two tasks"), m.left || m.right
                                              ? QStringLiteral("%1 | %2: %3").arg(m.leftName, m.rightName, m.relation)
                                              : QString());
    if (m.shares.empty()) return root;
    root.add(Words::tr("clone flags of %1").arg(m.rightName), m.flags.isEmpty() ? Words::tr("not known") : m.flags,
             false, Subject::task(m.right));
    TextTwin& shares = root.add(Words::tr("Shared or copied"));
    for (const ShareRow& r : m.shares)
        shares.add(r.part, QStringLiteral("%1: %2 | %3, %4 %5")
                               .arg(sharingText(r), r.left, r.right, r.flag,
                                    r.asked ? Words::tr("given") : Words::tr("not given")));
    TextTwin& fields = root.add(Words::tr("Fields that differ"),
                                Words::tr("%n more are equal", nullptr, static_cast<int>(m.equalFields)));
    for (std::size_t i = 0; i < m.leftFields.size(); ++i)
        fields.add(m.leftFields[i].name, QStringLiteral("%1 | %2").arg(m.leftFields[i].value, m.rightFields[i].value));
    return root;
}

Scene paint(const CompareTasksModel& m, const StylePtr& style, QSizeF size) {
    Scene s(style, {std::max(size.width(), style->em * 66), size.height()});
    s.grows = true;
    if (!m.loaded || m.shares.empty()) {
        s.empty(m.loaded ? Words::tr("There is only one task, and nobody to compare it with. Go to the next fork.")
                         : Words::tr("No machine is running. Open a program that forks or starts threads."));
        return s;
    }
    const Theme& theme = s.theme();
    const double g = style->grid, row = style->row(), margin = g * 1.5, width = s.size().width() - 2 * margin;
    double y = margin;
    y += s.heading({margin, y}, width, Words::tr("%1 beside %2").arg(m.leftName, m.rightName), m.relation);
    double x = margin;
    const double chipH = chipHeight(*style);
    s.text(QRectF(x, y, style->em * 14, chipH), Words::tr("compare with"), Font::Small, theme.color(Role::Muted));
    x += style->width(Font::Small, Words::tr("compare with")) + g;
    for (const auto& [pid, name] : m.others) {
        const double w = chipWidth(*style, name);
        if (x + w > margin + width) break;
        paintChip(s, {x, y}, w, pid, name, pid == m.left);
        s.spot(QRectF(x, y, w, chipH), QStringLiteral("with.%1").arg(pid), name,
               Words::tr("Compare %1 with %2.").arg(m.rightName, name))
            .click = {Command::Kind::Setting, 0, QStringLiteral("with=%1").arg(pid)};
        x += w + g * 0.5;
    }
    y += chipH + g;
    if (!m.flags.isEmpty())
        y += s.caption({margin, y}, width, Words::tr("%1 was created with %2.").arg(m.rightName, m.flags)) + g;
    // One object in the middle, or one on each side.
    const double nameW = style->em * 9, flagW = width > style->em * 90 ? style->em * 17 : 0;
    const double boxesW = width - nameW - flagW - g, h = row * 1.3;
    for (const ShareRow& r : m.shares) {
        const QRectF line(margin, y, width, h);
        s.text(QRectF(margin, y, nameW - g, h), r.part, Font::MonoStrong);
        const QRectF all(margin + nameW, y, boxesW, h - g * 0.4);
        const auto object = [&](QRectF box, const QString& text, Role role, bool striped) {
            s.hatched(box, theme.fill(role), theme.color(role), striped ? Hatch::Stripe : Hatch::None,
                      blend(theme.fill(role), theme.color(role), 0.25));
            const double tw = std::min(box.width() - g, style->width(Font::Mono, text) + g);
            s.box(QRectF(box.center().x() - tw / 2, box.y() + style->pen * 2, tw, box.height() - style->pen * 4),
                  theme.fill(role), {}, 0, 0);
            s.text(box, text, Font::Mono, theme.inkOn(theme.fill(role)), Qt::AlignCenter);
        };
        if (r.sharing == Sharing::Same) {
            object(all, r.left, Role::Shared, true);
        } else if (r.sharing == Sharing::Neither) {
            s.text(all, Words::tr("none"), Font::Small, theme.color(Role::Muted), Qt::AlignCenter);
        } else {
            object(QRectF(all.x(), all.y(), all.width() * 0.46, all.height()), r.left, Role::Data, false);
            object(QRectF(all.x() + all.width() * 0.54, all.y(), all.width() * 0.46, all.height()), r.right, Role::User,
                   false);
        }
        if (flagW > 0)
            s.text(QRectF(margin + width - flagW + g, y, flagW - g, h),
                   (r.asked ? QStringLiteral("✓ ") : QStringLiteral("– ")) + r.flag, Font::Mono,
                   theme.color(r.asked ? Role::Ink : Role::Muted));
        s.spot(line, QStringLiteral("share.%1").arg(r.part), r.part,
               Words::tr("%1: %2 (%3 | %4). %5 decides, it was %6: %7.")
                   .arg(r.part, sharingText(r), r.left, r.right, r.flag,
                        r.asked ? Words::tr("given") : Words::tr("not given"), r.what));
        y += h;
    }
    y += g;
    y += s.heading({margin, y}, width, Words::tr("Fields that differ"),
                   Words::tr("%n more are equal", nullptr, static_cast<int>(m.equalFields)));
    Table table(s, margin, width,
                {{Words::tr("field"), 20, Font::Mono, false, 0, 0, Words::tr("The member of task_struct.")},
                 {m.leftName, 18, Font::Mono, false, 0, 1, Words::tr("Its value in %1.").arg(m.leftName)},
                 {m.rightName, 18, Font::Mono, false, 0, 1, Words::tr("Its value in %1.").arg(m.rightName)}});
    y += table.header(y);
    for (std::size_t i = 0; i < m.leftFields.size(); ++i) {
        const TaskField &l = m.leftFields[i], &r = m.rightFields[i];
        table.cell(0, y, l.name, theme.color(Role::Muted));
        table.cell(1, y, l.value);
        table.cell(2, y, r.value);
        s.spot(table.row(y), QStringLiteral("field.%1").arg(l.name), l.name,
               QStringLiteral("“%1”: “%2” | “%3”. %4.").arg(l.name, l.value, r.value, l.what));
        y += row;
    }
    s.growTo(0, y + margin);
    return s;
}

}  // namespace ringside
