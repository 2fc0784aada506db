#include "widgets/events/events.h"

#include <algorithm>

#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"

namespace ringside {
namespace {

constexpr std::size_t kMost = 400;  // rows kept in the model

struct GroupRow {
    EventGroup group;
    const char* name;
    Role role;
};
constexpr GroupRow kGroups[] = {
    {EventGroup::Syscall, QT_TRANSLATE_NOOP("ringside::Words", "calls"), Role::User},
    {EventGroup::Fault, QT_TRANSLATE_NOOP("ringside::Words", "faults"), Role::Fault},
    {EventGroup::Memory, QT_TRANSLATE_NOOP("ringside::Words", "memory"), Role::ReadOnly},
    {EventGroup::Switch, QT_TRANSLATE_NOOP("ringside::Words", "switches"), Role::Kernel},
    {EventGroup::Process, QT_TRANSLATE_NOOP("ringside::Words", "processes"), Role::Data},
    {EventGroup::Signal, QT_TRANSLATE_NOOP("ringside::Words", "signals"), Role::Stack},
    {EventGroup::Irq, QT_TRANSLATE_NOOP("ringside::Words", "interrupts"), Role::PageTable},
    {EventGroup::Boot, QT_TRANSLATE_NOOP("ringside::Words", "boot"), Role::Ink},
};

Role roleOf(EventGroup group) {
    for (const GroupRow& g : kGroups)
        if (g.group == group) return g.role;
    return Role::Muted;
}

QString detailOf(const Event& e) {
    if (e.kind == EventKind::SyscallEnter || e.kind == EventKind::SyscallExit) {
        QString name = systemCallName(e.args[0]);
        if (e.kind == EventKind::SyscallExit)
            return name + " = " + QString::number(static_cast<i64>(e.args[1])) +
                   (e.text.empty() ? QString() : "  " + qs(e.text));
        if (!e.text.empty()) return qs(e.text);
        return name + '(' + hex(e.args[1]) + ", " + hex(e.args[2]) + ", " + hex(e.args[3]) + ')';
    }
    // "name a=1 b=2 text" without the name
    QString text = qs(toText(e));
    return text.section(' ', 1);
}

}  // namespace

EventsModel buildEvents(const Snapshot& snapshot, const ViewOptions& options) {
    EventsModel model;
    if (!snapshot.now) return model;
    model.loaded = true;
    model.hidden = options.setting("hidden", QString::number(1u << static_cast<unsigned>(EventGroup::Memory))).toUInt();
    Tick now = snapshot.now->cpu.tick, before = snapshot.before ? snapshot.before->cpu.tick : now;
    std::size_t end = snapshot.events.firstAfter(now);
    model.total = end;
    auto skip = static_cast<std::size_t>(std::max<i64>(0, -options.scroll));
    std::size_t looked = 0;
    for (std::size_t i = end; i-- > 0 && model.rows.size() < kMost && looked < 20'000; ++looked) {
        const Event& e = snapshot.events[i];
        EventGroup group = rowOf(e.kind).group;
        if (group == EventGroup::Call || group == EventGroup::Tree) continue;
        if (model.hidden >> static_cast<unsigned>(group) & 1) continue;
        if (skip) {
            --skip;
            continue;
        }
        EventsModel::Row row;
        row.tick = e.tick;
        row.pid = e.pid;
        row.label = labelOf(e.kind);
        row.detail = detailOf(e);
        row.group = group;
        row.index = i;
        row.fresh = e.tick > before;
        row.selected = options.selection.kind == SubjectKind::Event && options.selection.value == e.tick &&
                       (options.selection.extra == 0 || options.selection.extra == i);
        model.rows.push_back(std::move(row));
    }
    std::reverse(model.rows.begin(), model.rows.end());
    return model;
}

Scene paint(const EventsModel& model, const StylePtr& style, QSizeF size) {
    Scene scene(style, size);
    scene.endless = true;
    if (!model.loaded) {
        scene.empty(Words::tr("No machine is running. System calls, faults, switches and signals are listed here."),
                    Words::tr("Open a program…"), {Command::Kind::Action, 0, "file.open"});
        return scene;
    }
    const Theme& theme = style->theme;
    double g = style->grid, row = style->row(), em = style->em, width = size.width();
    double x = g * 0.5, y = g * 0.5;
    // Filters: filled is shown.
    for (const GroupRow& group : kGroups) {
        QString name = Words::tr(group.name);
        double w = style->width(Font::Small, name) + g * 2.5;
        if (x + w > width && x > g) {
            x = g * 0.5;
            y += row;
        }
        QRectF chip(x, y, w, row - 2);
        u32 bit = 1u << static_cast<unsigned>(group.group);
        bool on = !(model.hidden & bit);
        scene.box(chip, on ? theme.fill(group.role == Role::Ink ? Role::ReadOnly : group.role) : QColor(),
                  theme.color(Role::Line), style->pen * 0.7);
        scene.dot({x + g, chip.center().y()}, on ? theme.color(group.role) : theme.color(Role::Line), g * 0.35);
        scene.text(chip.adjusted(g * 1.75, 0, -g * 0.25, 0), name, Font::Small,
                   theme.color(on ? Role::Ink : Role::Muted));
        Spot& spot = scene.spot(
            chip, "filter:" + QString(group.name), name,
            on ? Words::tr("Shown. Click to hide %1.").arg(name) : Words::tr("Hidden. Click to show %1.").arg(name));
        spot.click = spot.activate = {Command::Kind::Setting, 0, QString("hidden=%1").arg(model.hidden ^ bit)};
        x += w + g * 0.5;
    }
    y += row + g * 0.5;
    if (model.rows.empty()) {
        scene.paragraph({g, y, width - 2 * g, row * 3},
                        model.total ? Words::tr("Nothing of what is shown has happened yet.")
                                    : Words::tr("Nothing has happened yet."),
                        Font::Words, theme.color(Role::Muted));
        QRectF button(g, y + row * 2, style->width(Font::Strong, Words::tr("To the next event")) + 3 * g,
                      row + g * 0.5);
        scene.box(button, theme.color(Role::Field), theme.color(Role::Line));
        scene.text(button, Words::tr("To the next event"), Font::Strong, {}, Qt::AlignCenter);
        Spot& spot = scene.spot(button, "offer", Words::tr("To the next event"),
                                Words::tr("Runs to the next system call, fault, switch or signal."));
        spot.click = {Command::Kind::Action, 0, "step.event"};
        return scene;
    }
    int visible = std::max(1, static_cast<int>((size.height() - y) / row));
    int count = static_cast<int>(model.rows.size()), first = std::max(0, count - visible);
    double tickWidth = em * 11, taskWidth = em * 5, labelWidth = em * 14;
    // One column for all kinds there are, so that it stays where it is.
    if (width > em * 90)
        for (const EventRow& kind : eventRows())
            labelWidth = std::max(labelWidth, style->width(Font::Words, labelOf(kind.kind)) + em);
    for (int i = first; i < count; ++i, y += row) {
        const EventsModel::Row& r = model.rows[static_cast<std::size_t>(i)];
        QRectF rect(g * 0.25, y, width - g * 0.5, row - 1);
        if (r.fresh) scene.changed(rect.adjusted(0, 1, 0, -1));
        if (r.selected) scene.selected(rect);
        QRectF sign(g * 0.75, y + row * 0.2, g * 0.75, row * 0.6);
        if (r.group == EventGroup::Fault || r.group == EventGroup::Irq)
            scene.bolt(sign, theme.color(roleOf(r.group)));
        else
            scene.box(sign, theme.color(roleOf(r.group)), {}, 0, 0);
        double at = g * 2;
        scene.text({at, y, tickWidth - em, row}, countText(r.tick), Font::Mono, theme.color(Role::Muted),
                   Qt::AlignRight);
        at += tickWidth;
        scene.mark({at + g * 0.5, y + row / 2}, Theme::taskMark(r.pid), theme.task(r.pid), g);
        scene.text({at + g * 1.25, y, taskWidth - g, row}, QString::number(r.pid), Font::Mono);
        at += taskWidth;
        scene.text({at, y, labelWidth - em, row}, r.label, Font::Words);
        at += labelWidth;
        if (at < width) scene.text({at, y, width - at - g * 1.5, row}, r.detail, Font::Mono);
        Spot& spot = scene.spot(rect, QString("event:%1").arg(r.index), r.label + ' ' + r.detail,
                                Words::tr("Tick %1, task %2: %3. %4. Double click to go there.")
                                    .arg(countText(r.tick))
                                    .arg(r.pid)
                                    .arg(r.label, r.detail),
                                Subject::event(r.tick, r.index));
        spot.changed = r.fresh;
        spot.activate = {Command::Kind::Seek, r.tick, {}};
        spot.offers = {{Words::tr("Go there in time"), {Command::Kind::Seek, r.tick, {}}}};
    }
    return scene;
}

TextTwin twin(const EventsModel& model) {
    TextTwin root(Words::tr("Events"), Words::tr("%1 so far").arg(countText(model.total)));
    for (const EventsModel::Row& r : model.rows)
        root.add(countText(r.tick), Words::tr("task %1  %2  %3").arg(r.pid).arg(r.label, r.detail), r.fresh,
                 Subject::event(r.tick, r.index));
    return root;
}

}  // namespace ringside
