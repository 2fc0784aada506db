#include "widgets/process_tree/process_tree.h"

#include <algorithm>
#include <functional>
#include <set>

#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/tasks/task_text.h"

namespace ringside {
namespace {

constexpr std::size_t kAlike = 5;     // from so many childless brothers of one name on, one box is enough
constexpr std::size_t kThreads = 12;  // of a group that are shown one by one

TreeProcess processOf(const Snapshot& snapshot, const Task& leader) {
    const Machine& machine = *snapshot.now;
    TreeProcess p;
    p.kernelThread = isKernelThread(leader);
    if (const Mm* mm = machine.kernel.mms.find(leader.mm)) p.memory = sizeText(mm->rss() * kPageSize);
    const auto add = [&](const Task& t) {
        const Task* old = snapshot.before ? snapshot.before->kernel.tasks.find(t.id) : nullptr;
        const bool changed = snapshot.before && (!old || stateLetter(*old) != stateLetter(t) || old->comm != t.comm ||
                                                 old->realParent != t.realParent);
        p.threads.push_back({t.pid(), nameInBrackets(t), stateLetter(t), machine.kernel.current == t.id, changed});
    };
    add(leader);
    if (const SignalStruct* signal = machine.kernel.signals.find(leader.signal))
        for (TaskId id : signal->threads)
            if (const Task* t = machine.kernel.tasks.find(id); t && id != leader.id) add(*t);
    return p;
}

}  // namespace

TreeModel buildProcessTree(const Snapshot& snapshot, const ViewOptions& options) {
    TreeModel m;
    if (!snapshot.now) return m;
    const Kernel& kernel = snapshot.now->kernel;
    m.loaded = true;
    if (const Task* selected = taskOf(*snapshot.now, options.selection)) m.selected = selected->tgid;
    const bool whole = options.setting(QStringLiteral("alike")) == QLatin1String("each");
    std::set<TaskId> seen;
    std::function<int(const Task&)> visit = [&](const Task& leader) {
        seen.insert(leader.id);
        const int index = static_cast<int>(m.processes.size());
        m.processes.push_back(processOf(snapshot, leader));
        ++m.total;
        std::vector<const Task*> children;
        const auto collect = [&](const Task& t) {
            for (TaskId child : t.children)
                if (const Task* c = kernel.tasks.find(child); c && !seen.contains(child)) children.push_back(c);
        };
        collect(leader);
        if (const SignalStruct* signal = kernel.signals.find(leader.signal))
            for (TaskId id : signal->threads)
                if (const Task* t = kernel.tasks.find(id); t && id != leader.id) seen.insert(id), collect(*t);
        std::map<std::string, std::size_t> leaves;  // how many childless ones of a name
        const auto plain = [&](const Task& t) {
            const SignalStruct* signal = kernel.signals.find(t.signal);
            return t.children.empty() && t.tgid != m.selected && (!signal || signal->threads.size() <= 1);
        };
        for (const Task* c : children) leaves[c->comm] += plain(*c);
        std::map<std::string, int> box;
        for (const Task* c : children) {
            if (!whole && plain(*c) && leaves[c->comm] >= kAlike) {
                if (const auto it = box.find(c->comm); it != box.end()) {
                    seen.insert(c->id);
                    ++m.total;
                    m.processes[static_cast<std::size_t>(it->second)].alike.push_back(c->pid());
                    continue;
                }
                const int child = visit(*c);
                box[c->comm] = child;
                m.processes[static_cast<std::size_t>(index)].children.push_back(child);
                continue;
            }
            const int child = visit(*c);
            m.processes[static_cast<std::size_t>(index)].children.push_back(child);
        }
        return index;
    };
    for (auto [id, task] : kernel.tasks)
        if (task.groupLeader == id && !seen.contains(id) &&
            (task.realParent == id || !kernel.tasks.contains(task.realParent)))
            m.roots.push_back(visit(task));
    for (auto [id, task] : kernel.tasks)
        if (task.groupLeader == id && !seen.contains(id)) m.roots.push_back(visit(task));
    if (snapshot.before) {
        QStringList said;
        for (auto [id, task] : kernel.tasks) {
            const Task* old = snapshot.before->kernel.tasks.find(id);
            const Task* parent = kernel.tasks.find(task.realParent);
            const QString parentName = parent ? taskText(*parent) : Words::tr("nobody");
            if (!old)
                said << Words::tr("%1 is new, a child of %2").arg(taskText(task), parentName);
            else if (old->realParent != task.realParent)
                said << Words::tr("%1 was orphaned and has %2 for a parent now").arg(taskText(task), parentName);
        }
        for (auto [id, old] : snapshot.before->kernel.tasks)
            if (!kernel.tasks.contains(id)) said << Words::tr("%1 is gone").arg(taskText(old));
        if (!said.isEmpty()) m.caption = Words::tr("Last step: %1.").arg(said.mid(0, 3).join(QStringLiteral("; ")));
    }
    return m;
}

TextTwin twin(const TreeModel& m) {
    TextTwin root(Words::tr("Process tree"),
                  m.caption.isEmpty() ? Words::tr("%n processes", nullptr, static_cast<int>(m.total)) : m.caption);
    std::function<void(TextTwin&, int)> visit = [&](TextTwin& parent, int index) {
        const TreeProcess& p = m.processes[static_cast<std::size_t>(index)];
        const TreeThread& leader = p.threads.front();
        TextTwin& node = parent.add(
            QStringLiteral("%1 %2").arg(leader.name).arg(leader.pid),
            QStringLiteral("%1%2%3%4")
                .arg(QLatin1Char(leader.letter))
                .arg(leader.current ? Words::tr(", on the CPU") : QString(),
                     p.memory.isEmpty() ? QString() : Words::tr(", %1 in RAM").arg(p.memory),
                     p.alike.empty() ? QString()
                                     : Words::tr(", and %n more like it", nullptr, static_cast<int>(p.alike.size()))),
            leader.changed, Subject::task(leader.pid));
        for (std::size_t i = 1; i < p.threads.size(); ++i)
            node.add(Words::tr("thread %1").arg(p.threads[i].pid), QString(QLatin1Char(p.threads[i].letter)),
                     p.threads[i].changed, Subject::task(p.threads[i].pid));
        for (int child : p.children) visit(node, child);
    };
    for (int r : m.roots) visit(root, r);
    return root;
}

namespace {

struct Painter {
    const TreeModel& m;
    Scene& s;
    const Style& style = s.style();
    const Theme& theme = s.theme();
    double g = style.grid, row = style.row(), step = style.grid * 2.5;
    double right = 0;

    double widthOf(const TreeProcess& p) const {
        double w = 0;
        for (const TreeThread& t : p.threads)
            w = std::max(w, style.width(Font::Words, t.name) + style.width(Font::Mono, QString::number(t.pid)));
        return std::min(w + g * 7, style.em * 30);
    }

    // The process at `topLeft`, its children below and to the right. Returns where the next one may begin.
    double process(int index, double x, double y) {
        const TreeProcess& p = m.processes[static_cast<std::size_t>(index)];
        const double w = widthOf(p), line = row;
        const std::size_t shown = std::min(p.threads.size(), kThreads);
        const bool more = p.threads.size() > shown;
        const double h = line * static_cast<double>(shown + more) + (shown > 1 ? g * 0.6 : 0);
        const QRectF box(x, y, w, h);
        const TreeThread& leader = p.threads.front();
        if (!p.alike.empty())
            for (double off : {g * 0.8, g * 0.4})
                s.box(box.translated(off, off), theme.color(Role::Field), theme.color(Role::Line));
        s.box(box, theme.color(p.kernelThread ? Role::Header : Role::Field),
              shown > 1 ? theme.color(Role::Shared) : theme.color(Role::Line), style.pen * (shown > 1 ? 1.5 : 1));
        double ty = y;
        for (std::size_t i = 0; i < shown; ++i) {
            const TreeThread& t = p.threads[i];
            const QRectF cell(x, ty, w, line);
            const QString key = QStringLiteral("chip.%1.").arg(t.pid);
            if (t.current) s.box(cell.adjusted(style.pen, style.pen, -style.pen, -style.pen), theme.taskFill(t.pid));
            if (t.changed)
                s.box(cell.adjusted(style.pen, style.pen, -style.pen, -style.pen), theme.fill(Role::Accent),
                      theme.color(Role::Accent), style.pen * 2);
            const QColor ink = t.current && !t.changed ? theme.inkOn(theme.taskFill(t.pid)) : theme.color(Role::Ink);
            s.mark({x + g * 1.1, ty + line / 2}, Theme::taskMark(t.pid), theme.task(t.pid), g * 1.1).key =
                key + QLatin1Char('m');
            const QString pid = QString::number(t.pid);
            const double pidW = style.width(Font::Mono, pid) + g * 0.5;
            s.text(QRectF(x + g * 2, ty, w - pidW - g * 4.6, line), t.name, i == 0 ? Font::Strong : Font::Words, ink)
                .key = key + QLatin1Char('t');
            s.text(QRectF(x + w - pidW - g * 2.4, ty, pidW, line), pid, Font::Mono, ink,
                   Qt::AlignRight | Qt::AlignVCenter)
                .key = key + QLatin1Char('n');
            s.text(QRectF(x + w - g * 2, ty, g * 1.6, line), QString(QLatin1Char(t.letter)), Font::MonoStrong, ink,
                   Qt::AlignCenter);
            s.box(QRectF(x + w - g * 0.5, ty + line * 0.2, g * 0.35, line * 0.6), stateColor(theme, t.letter), {}, 0,
                  0);
            QString what = i == 0
                               ? Words::tr("%1, PID %2, in state %3").arg(t.name).arg(t.pid).arg(QLatin1Char(t.letter))
                               : Words::tr("%1, a thread of process %2 with the number %3, in state %4")
                                     .arg(t.name)
                                     .arg(leader.pid)
                                     .arg(t.pid)
                                     .arg(QLatin1Char(t.letter));
            if (t.current) what += Words::tr(", on the CPU");
            if (i == 0 && !p.memory.isEmpty()) what += Words::tr(", %1 of its memory in RAM").arg(p.memory);
            if (i == 0 && p.threads.size() > 1)
                what += Words::tr("; %n threads share one address space", nullptr, static_cast<int>(p.threads.size()));
            s.spot(cell, QStringLiteral("task.%1").arg(t.pid), QStringLiteral("%1 %2").arg(t.name).arg(t.pid),
                   what + QLatin1Char('.'), Subject::task(t.pid))
                .changed = t.changed;
            ty += line;
        }
        if (more)
            s.text(QRectF(x + g * 2, ty, w - g * 3, line),
                   Words::tr("%n more threads", nullptr, static_cast<int>(p.threads.size() - shown)), Font::Small,
                   theme.color(Role::Muted));
        if (p.pid() == m.selected) s.selected(box);
        double end = x + w;
        if (!p.alike.empty()) {
            const QString text = Words::tr("and %n more like it", nullptr, static_cast<int>(p.alike.size()));
            const double tw = style.width(Font::Small, text) + g;
            const QRectF cell(x + w + g * 1.5, y, tw, line);
            s.text(cell, text, Font::Small, theme.color(Role::Muted));
            s.spot(cell, QStringLiteral("alike.%1").arg(p.pid()), text,
                   Words::tr("%n more childless children named %1. Click to see each.", nullptr,
                             static_cast<int>(p.alike.size()))
                       .arg(leader.name))
                .click = {Command::Kind::Setting, 0, QStringLiteral("alike=each")};
            end = cell.right();
        }
        right = std::max(right, end);
        double next = y + h + g * 0.7 + (p.alike.empty() ? 0 : g * 0.6);
        const double trunk = x + g * 1.1;
        double last = 0;
        for (int child : p.children) {
            last = next + row / 2;
            s.line({QPointF(trunk, last), QPointF(x + step - g * 0.2, last)}, theme.color(Role::Muted));
            next = process(child, x + step, next);
        }
        if (last > 0) s.line({QPointF(trunk, y + h), QPointF(trunk, last)}, theme.color(Role::Muted));
        return next;
    }
};

}  // namespace

Scene paint(const TreeModel& m, const StylePtr& style, QSizeF size) {
    Scene s(style, size);
    s.grows = true;
    if (!m.loaded || m.processes.empty()) {
        s.empty(Words::tr("No machine is running, so there are no processes. Open a program."));
        return s;
    }
    Painter p{m, s};
    const double margin = p.g * 1.5, width = size.width() - 2 * margin;
    double y = margin;
    y += s.heading({margin, y}, width, Words::tr("Process tree"),
                   Words::tr("%n processes", nullptr, static_cast<int>(m.total)));
    if (!m.caption.isEmpty()) y += s.caption({margin, y}, width, m.caption) + p.g * 0.5;
    y += p.g * 0.5;
    for (int r : m.roots) y = p.process(r, margin, y);
    s.growTo(std::max(size.width(), p.right + margin), y + margin);
    return s;
}

}  // namespace ringside
