#include "widgets/timeline/timeline_view.h"

#include <QLocale>
#include <algorithm>
#include <cmath>

#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/futures/futures.h"

namespace ringside {
namespace {

QString number(u64 n) { return QLocale(QLocale::English).toString(static_cast<qulonglong>(n)); }

Role roleOfLane(int lane) {
    static constexpr Role kRoles[] = {Role::User, Role::Fault, Role::Kernel, Role::Data, Role::Stack};
    return kRoles[lane];
}

double margin(const Style& style) { return style.grid * 1.5; }

}  // namespace

QString timelineLaneName(int lane) {
    switch (lane) {
        case 0:
            return Words::tr("System calls");
        case 1:
            return Words::tr("Faults and memory");
        case 2:
            return Words::tr("Context switches");
        case 3:
            return Words::tr("Processes");
        case 4:
            return Words::tr("Signals and interrupts");
        default:
            return {};
    }
}

int timelineLaneOf(EventGroup group) {
    switch (group) {
        case EventGroup::Syscall:
            return 0;
        case EventGroup::Fault:
        case EventGroup::Memory:
            return 1;
        case EventGroup::Switch:
            return 2;
        case EventGroup::Process:
        case EventGroup::Boot:
            return 3;
        case EventGroup::Signal:
        case EventGroup::Irq:
            return 4;
        case EventGroup::Call:
        case EventGroup::Tree:
            return -1;
    }
    return -1;
}

namespace {

// Of events that were given up only their numbers are known: one mark a column and lane.
void addOldMarks(TimelineModel& model, const EventLog& events, int columns) {
    const double span = static_cast<double>(model.to - model.from);
    std::array<int, kTimelineLanes> markOf;
    int column = -1;
    for (const EventLog::Summary& old : events.old()) {
        if (old.to < model.from || old.from > model.to) continue;
        const Tick at = std::max(old.from, model.from);
        const int here = static_cast<int>(static_cast<double>(at - model.from) / span * columns);
        if (here != column) markOf.fill(-1), column = here;
        for (std::size_t group = 0; group < kEventGroups; ++group) {
            const int lane = timelineLaneOf(static_cast<EventGroup>(group));
            if (lane < 0 || old.counts[group] == 0) continue;
            int& mark = markOf[static_cast<std::size_t>(lane)];
            if (mark < 0) {
                mark = static_cast<int>(model.marks.size());
                model.marks.push_back({at, static_cast<u8>(lane), 0, {}});
            }
            model.marks[static_cast<std::size_t>(mark)].count += old.counts[group];
        }
    }
}

}  // namespace

TimelineModel buildTimeline(const Snapshot& snapshot, Tick from, Tick to, int columns) {
    TimelineModel model;
    if (!snapshot.now) return model;
    model.now = snapshot.now->cpu.tick;
    model.frontier = std::max(snapshot.frontier, model.now);
    model.from = from;
    model.to = std::max(to, from + 1);
    model.eventCount = snapshot.events.size();
    model.dropped = snapshot.events.dropped();
    model.history = historySentence(snapshot);
    for (const auto& [tick, what] : snapshot.inputs)
        if (tick >= from && tick <= model.to) model.flags.push_back({tick, qs(what), true});
    for (const auto& [tick, name] : snapshot.bookmarks)
        if (tick >= from && tick <= model.to) model.flags.push_back({tick, qs(name), false});

    // Per column at most this many events are looked at: a summary, however long the run.
    constexpr std::size_t kLooks = 24;
    const EventLog& events = snapshot.events;
    columns = std::clamp(columns, 1, 8192);
    double span = static_cast<double>(model.to - model.from);
    addOldMarks(model, events, columns);
    std::size_t index = from == 0 ? 0 : events.firstAfter(from - 1);
    for (int c = 0; c < columns && index < events.size(); ++c) {
        Tick end = from + static_cast<Tick>(std::ceil(span * (c + 1) / columns));
        if (events[index].tick > end) continue;
        std::size_t next = c + 1 == columns ? events.firstAfter(model.to) : events.firstAfter(end);
        if (next <= index) continue;
        std::array<int, kTimelineLanes> markOf;
        markOf.fill(-1);
        std::size_t looked = std::min(next - index, kLooks);
        for (std::size_t i = index; i < index + looked; ++i) {
            const Event& event = events[i];
            int lane = timelineLaneOf(rowOf(event.kind).group);
            if (lane < 0) continue;
            int& at = markOf[static_cast<std::size_t>(lane)];
            if (at < 0) {
                at = static_cast<int>(model.marks.size());
                // "Page fault address=…"
                model.marks.push_back(
                    {event.tick, static_cast<u8>(lane), 1,
                     labelOf(event.kind) + QLatin1Char(' ') + qs(toText(event)).section(QLatin1Char(' '), 1)});
            } else {
                ++model.marks[static_cast<std::size_t>(at)].count;
            }
        }
        index = next;
    }
    return model;
}

TimelineModel buildTimelineView(const Snapshot& snapshot, const ViewOptions& options) {
    Tick to = options.setting("to").toULongLong();
    Tick latest = snapshot.now ? std::max(snapshot.frontier, snapshot.now->cpu.tick) : 0;
    return buildTimeline(snapshot, options.setting("from").toULongLong(), to ? to : std::max<Tick>(latest, 1), 400);
}

double timelineX(const TimelineModel& model, const Style& style, double width, Tick tick) {
    double usable = width - 2 * margin(style);
    double share =
        (static_cast<double>(tick) - static_cast<double>(model.from)) / static_cast<double>(model.to - model.from);
    return margin(style) + share * usable;
}

Tick timelineTick(const TimelineModel& model, const Style& style, double width, double x) {
    double usable = std::max(1.0, width - 2 * margin(style));
    double share = std::clamp((x - margin(style)) / usable, 0.0, 1.0);
    return model.from + static_cast<Tick>(std::llround(share * static_cast<double>(model.to - model.from)));
}

Scene paint(const TimelineModel& model, const StylePtr& style, QSizeF size) {
    Scene scene(style, size);
    const Theme& theme = style->theme;
    double g = style->grid, width = size.width();
    scene.box({0, 0, width, size.height()}, theme.color(Role::Window), {}, 0, 0);
    if (model.to <= model.from) return scene;
    double labelHeight = style->lineHeight(Font::MonoSmall);
    double top = g * 0.5, bottom = size.height() - labelHeight - g * 0.25;
    double lane = std::max(3.0, (bottom - top) / kTimelineLanes);
    double left = margin(*style), right = width - margin(*style);
    QRectF band(left, top, right - left, lane * kTimelineLanes);
    scene.box(band, theme.color(Role::Paper), theme.color(Role::Line), style->pen * 0.7, 0);
    // What has been computed so far.
    double frontierX = std::min(timelineX(model, *style, width, model.frontier), right);
    if (frontierX < right)
        scene.hatched({frontierX, top, right - frontierX, band.height()}, theme.color(Role::Header), {},
                      Hatch::Diagonal, theme.color(Role::Line));
    double nowX = std::clamp(timelineX(model, *style, width, model.now), left, right);
    scene.box({left, top, nowX - left, band.height()}, theme.fill(Role::ReadOnly), {}, 0, 0);

    double markWidth = std::max(1.0, style->pen);
    for (const TimelineModel::Mark& m : model.marks) {
        double x = timelineX(model, *style, width, m.tick);
        QRectF rect(x - markWidth / 2, top + m.lane * lane + 1, markWidth, lane - 2);
        Role role = roleOfLane(m.lane);
        // Yellow alone would drown on paper: faults get a dark edge and more width.
        if (role == Role::Fault)
            scene.box(rect.adjusted(-markWidth * 0.4, 0, markWidth * 0.4, 0), theme.color(role), theme.color(Role::Ink),
                      style->pen * 0.35, 0);
        else
            scene.box(rect, theme.color(role), {}, 0, 0);
        QString what = m.text.isEmpty()
                           ? Words::tr("%1: %2 from tick %3 on, too long ago to know more than their number")
                                 .arg(timelineLaneName(m.lane), number(m.count), number(m.tick))
                       : m.count > 1 ? Words::tr("%1: %2 here, the first at tick %3: %4")
                                           .arg(timelineLaneName(m.lane), number(m.count), number(m.tick), m.text)
                                     : Words::tr("Tick %1: %2").arg(number(m.tick), m.text);
        Spot& spot = scene.spot(rect.adjusted(-2, 0, 2, 0), QString("mark:%1:%2").arg(m.tick).arg(m.lane),
                                m.text.isEmpty() ? timelineLaneName(m.lane) : m.text, what, Subject::event(m.tick, 0));
        spot.activate = {Command::Kind::Seek, m.tick, {}};
    }
    for (const TimelineModel::Flag& f : model.flags) {
        double x = timelineX(model, *style, width, f.tick);
        QPainterPath flag(QPointF(x, top));
        flag.lineTo(x + g, top + g * 0.5);
        flag.lineTo(x, top + g);
        flag.closeSubpath();
        scene.line({{x, top}, {x, bottom}}, theme.color(Role::Accent), Arrow::None, Bend::Straight, style->pen);
        scene.path(flag, f.input ? theme.color(Role::Paper) : theme.color(Role::Accent), theme.color(Role::Accent));
        Spot& spot = scene.spot({x - 2, top, g + 2, g + 2}, "flag:" + f.name, f.name,
                                f.input ? Words::tr("Tick %1: you did this: %2").arg(number(f.tick), f.name)
                                        : Words::tr("Tick %1: bookmark “%2”").arg(number(f.tick), f.name));
        spot.click = spot.activate = {Command::Kind::Seek, f.tick, {}};
        if (!f.input)
            spot.offers = {{Words::tr("Rename…"), {Command::Kind::Ask, f.tick, "bookmark-rename"}},
                           {Words::tr("Remove"), {Command::Kind::Ask, f.tick, "bookmark-remove"}}};
    }
    // Now.
    scene.line({{nowX, top - g * 0.25}, {nowX, bottom + g * 0.25}}, theme.color(Role::Ink), Arrow::None, Bend::Straight,
               style->pen * 1.4);
    QString label = Words::tr("tick %1").arg(number(model.now));
    double w = style->width(Font::MonoSmall, label) + 2;
    double x = std::clamp(nowX - w / 2, left, std::max(left, right - w));
    scene.text({x, bottom + g * 0.25, w, labelHeight}, label, Font::MonoSmall, {}, Qt::AlignCenter);
    QString first = number(model.from), last = number(model.to);
    double firstWidth = style->width(Font::MonoSmall, first), lastWidth = style->width(Font::MonoSmall, last);
    QColor muted = theme.color(Role::Muted);
    if (x > left + firstWidth + g) scene.text(QPointF(left, bottom + g * 0.25), first, Font::MonoSmall, muted);
    if (x + w < right - lastWidth - g)
        scene.text(QPointF(right - lastWidth, bottom + g * 0.25), last, Font::MonoSmall, muted);
    return scene;
}

TextTwin twin(const TimelineModel& model) {
    TextTwin root(Words::tr("Timeline"));
    root.add(Words::tr("now"), Words::tr("tick %1").arg(number(model.now)));
    root.add(Words::tr("latest"), Words::tr("tick %1").arg(number(model.frontier)));
    root.add(Words::tr("events"), number(model.eventCount));
    if (model.dropped) root.add(Words::tr("oldest events given up"), number(model.dropped));
    root.add(Words::tr("memory for the past"), model.history);
    for (const TimelineModel::Flag& f : model.flags)
        root.add(f.input ? Words::tr("input") : Words::tr("bookmark"),
                 Words::tr("%1 at tick %2").arg(f.name, number(f.tick)));
    for (int lane = 0; lane < kTimelineLanes; ++lane) {
        TextTwin& t = root.add(timelineLaneName(lane));
        for (const TimelineModel::Mark& m : model.marks)
            if (m.lane == lane)
                t.add(number(m.tick),
                      m.text.isEmpty() ? number(m.count)
                      : m.count > 1    ? Words::tr("%1 and %2 more").arg(m.text, number(m.count - 1))
                                       : m.text,
                      false, Subject::event(m.tick, 0));
        if (t.children.empty()) root.children.pop_back();
    }
    return root;
}

}  // namespace ringside
