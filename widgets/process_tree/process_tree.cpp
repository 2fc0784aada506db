#include "widgets/process_tree/process_tree.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "core/kernel/sched/sched.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/tasks/task_text.h"

namespace ringside {
namespace {

constexpr std::size_t kAlike = 5;     // from so many childless brothers of one name on, one box is enough
constexpr std::size_t kThreads = 12;  // of a group that are shown one by one
constexpr std::size_t kWhole = 300;   // boxes: beyond, only what can be seen is drawn, and the wheel goes on

TreeProcess processOf(const Snapshot& snapshot, const Task& leader) {
    const Machine& machine = *snapshot.now;
    TreeProcess p;
    p.kernelThread = isKernelThread(leader);
    if (const Mm* mm = machine.kernel.mms.find(leader.mm)) p.memory = sizeText(mm->rss() * kPageSize);
    const auto add = [&](const Task& t) {
        const Task* old = snapshot.before ? snapshot.before->kernel.tasks.find(t.id) : nullptr;
        const bool changed = snapshot.before && (!old || stateLetter(*old) != stateLetter(t) || old->comm != t.comm ||
                                                 old->realParent != t.realParent);
        const bool current = machine.kernel.current == t.id;
        const QString wait = taskWaitText(t);
        p.threads.push_back({t.pid(), nameInBrackets(t), stateLetter(t), current, changed,
                             current          ? Words::tr("runs")
                             : isIdleTask(t)  ? Words::tr("runs when nobody else can")
                             : onRunQueue(t)  ? Words::tr("waits for the CPU")
                             : wait.isEmpty() ? stateText(t)
                                              : Words::tr("waits for %1").arg(wait)});
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
    m.scroll = options.scroll;
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
            if (!old && task.groupLeader != id)
                said << Words::tr("%1 is new, a thread of %2")
                            .arg(taskText(task), taskText(kernel.tasks.at(task.groupLeader)));
            else if (!old)
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

// Where a process stands in the one long column that the tree would be.
struct Place {
    int process = 0;
    double x = 0, top = 0, height = 0;
    double trunkTo = 0;  // down to the elbow of its last child; 0: no child
    double bottom() const { return top + height; }
};

struct Painter {
    const TreeModel& m;
    Scene& s;
    const Style& style = s.style();
    const Theme& theme = s.theme();
    double g = style.grid, row = style.row(), step = style.grid * 2.5, gap = style.grid * 4;
    std::vector<Place> places{};
    std::map<int, double> widths{};  // of boxes that were measured

    const TreeProcess& at(const Place& place) const { return m.processes[static_cast<std::size_t>(place.process)]; }
    static std::size_t shownOf(const TreeProcess& p) { return std::min(p.threads.size(), kThreads); }

    double boxWidth(const Place& place) {
        const auto [known, fresh] = widths.try_emplace(place.process, 0);
        if (fresh) known->second = measured(at(place));
        return known->second;
    }
    double measured(const TreeProcess& p) const {
        double w = 0;
        for (std::size_t i = 0; i < shownOf(p); ++i)
            w = std::max(w, style.width(Font::Words, p.threads[i].name) +
                                style.width(Font::Mono, QString::number(p.threads[i].pid)));
        return std::min(w + g * 7, style.em * 30);
    }
    QString alikeText(const TreeProcess& p) const {
        return p.alike.empty() ? QString()
                               : Words::tr("and %n more like it", nullptr, static_cast<int>(p.alike.size()));
    }
    // Beside its box.
    double besideOf(const TreeProcess& p, bool doing) const {
        double w = p.alike.empty() ? 0 : style.width(Font::Small, alikeText(p)) + g * 2.5;
        if (doing) {
            double most = 0;
            for (std::size_t i = 0; i < shownOf(p); ++i)
                most = std::max(most, style.width(Font::Small, doingText(p, i)) + g * 2.5);
            w += most;
        }
        return w;
    }
    QString doingText(const TreeProcess& p, std::size_t thread) const {
        const QString& doing = p.threads[thread].doing;
        return thread > 0 || p.memory.isEmpty() ? doing : Words::tr("%1; %2 in RAM").arg(doing, p.memory);
    }

    double layout(int index, double x, double y) {
        const TreeProcess& p = m.processes[static_cast<std::size_t>(index)];
        const std::size_t lines = shownOf(p) + (p.threads.size() > shownOf(p));
        const std::size_t place = places.size();
        places.push_back({index, x, y, row * static_cast<double>(lines) + (lines > 1 ? g * 0.6 : 0), 0});
        y = places.back().bottom() + g * 0.7 + (p.alike.empty() ? 0 : g * 0.6);
        for (int child : p.children) {
            places[place].trunkTo = y + row / 2;
            y = layout(child, x + step, y);
        }
        return y;
    }

    void process(const Place& place, QPointF corner, bool doing) {
        const TreeProcess& p = at(place);
        const double x = corner.x(), y = corner.y(), w = boxWidth(place), line = row;
        const std::size_t shown = shownOf(p);
        const QRectF box(x, y, w, place.height);
        const TreeThread& leader = p.threads.front();
        if (!p.alike.empty())
            for (double off : {g * 0.8, g * 0.4})
                s.box(box.translated(off, off), theme.color(Role::Field), theme.color(Role::Line));
        s.box(box, theme.color(p.kernelThread ? Role::Header : Role::Field),
              shown > 1 ? theme.color(Role::Shared) : theme.color(Role::Line), style.pen * (shown > 1 ? 1.5 : 1));
        double beside = box.right() + g * 1.5;
        if (!p.alike.empty()) {
            const QString text = alikeText(p);
            const QRectF cell(beside, y, style.width(Font::Small, text) + g, line);
            s.text(cell, text, Font::Small, theme.color(Role::Muted));
            s.spot(cell, QStringLiteral("alike.%1").arg(p.pid()), text,
                   Words::tr("%n more childless children named %1. Click to see each.", nullptr,
                             static_cast<int>(p.alike.size()))
                       .arg(leader.name))
                .click = {Command::Kind::Setting, 0, QStringLiteral("alike=each")};
            beside = cell.right() + g * 1.5;
        }
        double ty = y;
        for (std::size_t i = 0; i < shown; ++i) {
            thread(p, i, QRectF(x, ty, w, line));
            if (doing)
                s.text({beside, ty + (line - style.lineHeight(Font::Small)) / 2}, doingText(p, i), Font::Small,
                       theme.color(Role::Muted));
            ty += line;
        }
        if (p.threads.size() > shown)
            s.text(QRectF(x + g * 2, ty, w - g * 3, line),
                   Words::tr("%n more threads", nullptr, static_cast<int>(p.threads.size() - shown)), Font::Small,
                   theme.color(Role::Muted));
        if (p.pid() == m.selected) s.selected(box);
    }

    void thread(const TreeProcess& p, std::size_t i, QRectF cell) {
        const TreeThread& t = p.threads[i];
        const double x = cell.x(), y = cell.y(), w = cell.width(), line = cell.height();
        const QRectF inner = cell.adjusted(style.pen, style.pen, -style.pen, -style.pen);
        const QString key = QStringLiteral("chip.%1.").arg(t.pid);
        if (t.current) s.box(inner, theme.taskFill(t.pid));
        if (t.changed) s.box(inner, theme.fill(Role::Accent), theme.color(Role::Accent), style.pen * 2);
        const QColor ink = t.current && !t.changed ? theme.inkOn(theme.taskFill(t.pid)) : theme.color(Role::Ink);
        s.mark({x + g * 1.1, y + line / 2}, Theme::taskMark(t.pid), theme.task(t.pid), g * 1.1).key =
            key + QLatin1Char('m');
        const QString pid = QString::number(t.pid);
        const double pidW = style.width(Font::Mono, pid) + g * 0.5;
        s.text(QRectF(x + g * 2, y, w - pidW - g * 4.6, line), t.name, i == 0 ? Font::Strong : Font::Words, ink).key =
            key + QLatin1Char('t');
        s.text(QRectF(x + w - pidW - g * 2.4, y, pidW, line), pid, Font::Mono, ink, Qt::AlignRight | Qt::AlignVCenter)
            .key = key + QLatin1Char('n');
        s.text(QRectF(x + w - g * 2, y, g * 1.6, line), QString(QLatin1Char(t.letter)), Font::MonoStrong, ink,
               Qt::AlignCenter);
        s.box(QRectF(x + w - g * 0.5, y + line * 0.2, g * 0.35, line * 0.6), stateColor(theme, t.letter), {}, 0, 0);
        QString what = i == 0 ? Words::tr("%1, PID %2, in state %3").arg(t.name).arg(t.pid).arg(QLatin1Char(t.letter))
                              : Words::tr("%1, a thread of process %2 with the number %3, in state %4")
                                    .arg(t.name)
                                    .arg(p.pid())
                                    .arg(t.pid)
                                    .arg(QLatin1Char(t.letter));
        if (t.current) what += Words::tr(", on the CPU");
        if (i == 0 && !p.memory.isEmpty()) what += Words::tr(", %1 of its memory in RAM").arg(p.memory);
        if (i == 0 && p.threads.size() > 1)
            what += Words::tr("; %n threads share one address space", nullptr, static_cast<int>(p.threads.size()));
        s.spot(cell, QStringLiteral("task.%1").arg(t.pid), QStringLiteral("%1 %2").arg(t.name).arg(t.pid),
               what + QLatin1Char('.'), Subject::task(t.pid))
            .changed = t.changed;
    }

    // A column: the places [from, to).
    struct Slice {
        std::size_t from = 0, to = 0;
    };
    std::vector<Slice> slices(std::size_t first, double height, std::size_t most) const {
        std::vector<Slice> all;
        for (std::size_t i = first; i < places.size(); ++i) {
            if (all.empty() || places[i].bottom() - places[all.back().from].top > height) {
                if (all.size() == most) break;
                all.push_back({i, i});
            }
            all.back().to = i + 1;
        }
        return all;
    }
    double widthOf(Slice slice, bool doing) {
        double w = 0;
        for (std::size_t i = slice.from; i < slice.to; ++i)
            w = std::max(w, places[i].x + boxWidth(places[i]) + besideOf(at(places[i]), doing));
        return w;
    }
    double widthOf(const std::vector<Slice>& all, bool doing) {
        double w = -gap;
        for (const Slice& slice : all) w += widthOf(slice, doing) + gap;
        return w;
    }

    // Returns the lower right corner of what it has drawn.
    QPointF draw(const std::vector<Slice>& all, QPointF topLeft, bool doing) {
        double x = topLeft.x(), bottom = topLeft.y();
        for (const Slice& slice : all) {
            const double begin = places[slice.from].top,
                         end = slice.to < places.size() ? places[slice.to].top : places.back().bottom();
            const auto yOf = [&](double v) { return topLeft.y() + v - begin; };
            // Lines first, also of parents that stand in another column.
            for (const Place& parent : places) {
                if (parent.top >= end) break;
                const double from = std::max(parent.bottom(), begin), to = std::min(parent.trunkTo, end - g * 0.7);
                if (parent.trunkTo > begin && to > from)
                    s.line({QPointF(x + parent.x + g * 1.1, yOf(from)), QPointF(x + parent.x + g * 1.1, yOf(to))},
                           theme.color(Role::Muted));
            }
            for (std::size_t i = slice.from; i < slice.to; ++i) {
                const Place& place = places[i];
                const double middle = yOf(place.top) + row / 2;
                if (place.x > 0)
                    s.line({QPointF(x + place.x - step + g * 1.1, middle), QPointF(x + place.x - g * 0.2, middle)},
                           theme.color(Role::Muted));
                process(place, {x + place.x, yOf(place.top)}, doing);
            }
            bottom = std::max(bottom, yOf(places[slice.to - 1].bottom()));
            x += widthOf(slice, doing) + gap;
        }
        return {x - gap, bottom};
    }

    void paintAll(double margin, double y) {
        const double width = s.size().width() - 2 * margin, room = s.size().height() - y - margin;
        double end = 0;
        for (int r : m.roots) end = layout(r, 0, end);
        if (places.size() > kWhole) return paintPart(margin, y, width, room - row);
        auto all = slices(0, room, places.size());
        bool doing = widthOf(all, true) <= width;
        if (!doing && widthOf(all, false) > width) {
            // Too much for the window: as many columns of one length as there is room for.
            const auto columns = static_cast<std::size_t>(
                std::max(1.0, (width + gap) / (widthOf(Slice{0, places.size()}, false) + gap)));
            for (double height = end / static_cast<double>(columns);; height *= 1.05)
                if (all = slices(0, height, places.size()); all.size() <= columns) break;
            doing = widthOf(all, true) <= width;
        }
        const QPointF corner = draw(all, {margin, y}, doing);
        s.growTo(std::max(s.size().width(), corner.x() + margin), corner.y() + margin);
    }

    // Those that can be seen; the selected one is in sight until one scrolls away from it.
    void paintPart(double margin, double y, double width, double room) {
        s.endless = true;
        std::size_t home = 0, most = places.size();
        for (std::size_t i = 0; i < places.size(); ++i)
            if (at(places[i]).pid() == m.selected) home = i;
        const i64 last = static_cast<i64>(places.size()) - 1, base = std::max<i64>(0, static_cast<i64>(home) - 3);
        const i64 first = std::clamp<i64>(base + m.scroll, 0, last);
        s.scrolled = first - base;
        auto all = slices(static_cast<std::size_t>(first), std::max(room, 4 * row),
                          static_cast<std::size_t>(std::max(1.0, width / (style.em * 48))));
        double used = 0;
        std::size_t fit = 0;
        while (fit < all.size() && (fit == 0 || used + widthOf(all[fit], false) <= width))
            used += widthOf(all[fit++], false) + gap;
        all.resize(fit);
        most = all.back().to;
        draw(all, {margin, y}, false);
        s.text(QRectF(margin, s.size().height() - margin - row, width, row),
               Words::tr("Boxes %1 to %2 of %3; the wheel goes on to the others.")
                   .arg(first + 1)
                   .arg(most)
                   .arg(places.size()),
               Font::Small, theme.color(Role::Muted));
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
    p.paintAll(margin, y);
    return s;
}

}  // namespace ringside
