#include "widgets/canvas/time_axis.h"

#include <algorithm>
#include <cmath>

#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"

namespace ringside {
namespace {

constexpr u64 kLeast = 20;  // ns: a few instructions

struct Unit {
    double ns;
    const char* name;
};
constexpr Unit kUnits[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "µs"}, {1, "ns"}};

const Unit& unitOf(double ns) {
    for (const Unit& unit : kUnits)
        if (ns >= unit.ns) return unit;
    return kUnits[3];
}

// 1, 2 or 5 times a power of ten.
double roundStep(double least) {
    const double power = std::pow(10, std::floor(std::log10(std::max(least, 1e-9))));
    for (double step : {1.0, 2.0, 5.0})
        if (power * step >= least) return power * step;
    return power * 10;
}

QString windowSetting(double from, double to, const TimeAxis& axis) {
    const double begin = static_cast<double>(axis.begin), end = static_cast<double>(axis.end);
    const double span = std::max<double>(kLeast, to - from);
    if (span >= end - begin) return QStringLiteral("window=");
    from = std::clamp(from, begin, end - span);
    return QStringLiteral("window=%1:%2").arg(static_cast<quint64>(from)).arg(static_cast<quint64>(from + span));
}

}  // namespace

QString durationText(double ns) {
    const Unit& unit = unitOf(std::abs(ns));
    const double value = ns / unit.ns;
    const int digits = unit.ns == 1 || std::abs(value) >= 100 ? 0 : std::abs(value) >= 10 ? 1 : 2;
    QString text = QString::number(value, 'f', digits);
    if (text.contains('.')) {
        while (text.endsWith('0')) text.chop(1);
        if (text.endsWith('.')) text.chop(1);
    }
    return text + QStringLiteral(" ") + QString::fromUtf8(unit.name);
}

QString timeText(double ns, double smallest) {
    const Unit& unit = unitOf(std::max(std::abs(ns), smallest));
    const int digits = std::clamp(static_cast<int>(std::ceil(-std::log10(smallest / unit.ns) - 1e-9)), 0, 9);
    return QString::number(ns / unit.ns, 'f', digits) + QStringLiteral(" ") + QString::fromUtf8(unit.name);
}

Tick tickAt(const SchedLog& log, u64 ns) {
    const SchedLog::Series& cpu = log.cpu();
    const std::size_t i = cpu.at(ns);
    if (i == cpu.size()) return cpu.size() ? cpu[0].tick : 0;
    SchedSample a = cpu[i];
    std::optional<SchedSample> b;
    if (i + 1 < cpu.size()) b = cpu[i + 1];
    if (auto task = log.tasks().find(a.pid); task != log.tasks().end()) {
        const std::size_t j = task->second.at(ns);
        if (j < task->second.size() && task->second[j].ns >= a.ns) a = task->second[j];
        if (j + 1 < task->second.size() && (!b || task->second[j + 1].ns < b->ns)) b = task->second[j + 1];
    }
    if (!b || b->ns <= a.ns) return a.tick;
    const double share = static_cast<double>(ns - a.ns) / static_cast<double>(b->ns - a.ns);
    return a.tick + static_cast<Tick>(share * static_cast<double>(b->tick - a.tick));
}

Tick TimeAxis::tick(u64 ns) const {
    if (clock.empty()) return nowTick;
    const auto after =
        std::upper_bound(clock.begin(), clock.end(), ns, [](u64 t, const auto& entry) { return t < entry.first; });
    if (after == clock.begin()) return clock.front().second;
    const auto before = std::prev(after);
    if (after == clock.end() || after->first == before->first) return before->second;
    const double share = static_cast<double>(ns - before->first) / static_cast<double>(after->first - before->first);
    return before->second + static_cast<Tick>(share * static_cast<double>(after->second - before->second));
}

u64 TimeScale::ns(double x) const {
    const double share = std::clamp((x - left) / std::max(1.0, right - left), 0.0, 1.0);
    return axis.from + static_cast<u64>(share * static_cast<double>(axis.shown()));
}

void chooseWindow(TimeAxis& axis, const ViewOptions& options) {
    axis.from = axis.begin, axis.to = axis.end;
    const QString window = options.setting(QStringLiteral("window"));
    const u64 span = options.setting(QStringLiteral("span")).toULongLong();
    if (const qsizetype colon = window.indexOf(':'); colon > 0) {
        const u64 from = window.left(colon).toULongLong(), to = window.mid(colon + 1).toULongLong();
        // A window of another run may lie beyond this one.
        if (to >= from + kLeast && from < axis.end) axis.from = from, axis.to = to;
    } else if (span >= kLeast && span < axis.end - axis.begin) {
        axis.from = axis.now > axis.begin + span / 2 ? axis.now - span / 2 : axis.begin;
        axis.to = axis.from + span;
    }
}

TimeAxis timeAxis(const Snapshot& snapshot, const ViewOptions& options) {
    TimeAxis axis;
    if (!snapshot.now) return axis;
    const SchedLog& log = snapshot.schedLog;
    axis.now = snapshot.now->nanoseconds();
    axis.nowTick = snapshot.now->cpu.tick;
    if (log.cpu().size()) axis.begin = log.cpu()[0].ns;
    axis.end = std::max(axis.now, axis.begin + kLeast);
    if (log.cpu().size()) axis.end = std::max(axis.end, log.cpu().back().ns);
    for (const auto& [pid, series] : log.tasks()) axis.end = std::max(axis.end, series.back().ns);
    chooseWindow(axis, options);
    constexpr int kAnchors = 256;
    for (int i = 0; i <= kAnchors; ++i) {
        const u64 ns = axis.from + static_cast<u64>(static_cast<double>(axis.shown()) * i / kAnchors);
        axis.clock.emplace_back(ns, tickAt(log, ns));
    }
    // Close up, events tell more exactly: the clock and the tick of each are known.
    const EventLog& events = snapshot.events;
    const Tick first = axis.clock.front().second, last = axis.clock.back().second;
    const std::size_t begin = first == 0 ? 0 : events.firstAfter(first - 1), end = events.firstAfter(last);
    if (end - begin > 2000) return axis;
    axis.clock = {axis.clock.front(), axis.clock.back()};
    for (std::size_t i = begin; i < end; ++i) {
        const u64 ns = snapshot.now->kernel.clock.nanoseconds(events[i].cycles);
        if (ns > axis.from && ns < axis.to) axis.clock.emplace_back(ns, events[i].tick);
    }
    if (axis.now > axis.from && axis.now < axis.to) axis.clock.emplace_back(axis.now, axis.nowTick);
    std::sort(axis.clock.begin(), axis.clock.end());
    for (std::size_t i = 1; i < axis.clock.size(); ++i)
        axis.clock[i].second = std::max(axis.clock[i].second, axis.clock[i - 1].second);
    return axis;
}

double paintTimeButtons(Scene& s, QPointF topLeft, double width, const TimeAxis& axis) {
    const Style& style = s.style();
    const Theme& theme = s.theme();
    const double g = style.grid, row = style.row();
    double x = topLeft.x(), y = topLeft.y();
    const double right = topLeft.x() + width;
    const auto button = [&](const QString& text, const QString& what, const QString& setting) {
        const double w = style.width(Font::Small, text) + 2 * g;
        if (x > topLeft.x() && x + w > right) x = topLeft.x(), y += row + g * 0.5;
        const QRectF box(x, y, w, row);
        s.box(box, theme.color(Role::Field), theme.color(Role::Line));
        s.text(box, text, Font::Small, {}, Qt::AlignCenter);
        s.spot(box, QStringLiteral("button.") + text, text, what).click = {Command::Kind::Setting, 0, setting};
        x = box.right() + g * 0.5;
    };
    const double from = static_cast<double>(axis.from), shown = static_cast<double>(axis.shown());
    button(Words::tr("whole run"), Words::tr("Shows the run from its start to the latest moment reached."),
           QStringLiteral("window="));
    button(QStringLiteral("+"), Words::tr("Shows half as much."),
           windowSetting(from + shown / 4, from + shown * 3 / 4, axis));
    button(QStringLiteral("−"), Words::tr("Shows twice as much."),
           windowSetting(from - shown / 2, from + shown * 3 / 2, axis));
    button(QStringLiteral("◀"), Words::tr("Shows what came before."),
           windowSetting(from - shown / 2, from + shown / 2, axis));
    button(QStringLiteral("▶"), Words::tr("Shows what comes next."),
           windowSetting(from + shown / 2, from + shown * 3 / 2, axis));
    const double now = static_cast<double>(axis.now);
    const bool here = axis.now >= axis.begin;  // a comparison of runs has no now
    if (here)
        button(Words::tr("now"), Words::tr("Shows the same length of time around now."),
               windowSetting(now - shown / 2, now + shown / 2, axis));
    QString text =
        Words::tr("%1 of %2 shown").arg(durationText(shown), durationText(static_cast<double>(axis.end - axis.begin)));
    if (here) text += Words::tr("; now %1").arg(timeText(now, shown / 100));
    if (x + g + style.width(Font::Small, text) <= right)
        s.text(QRectF(x + g, y, right - x - g, row), text, Font::Small, theme.color(Role::Muted));
    return y + row - topLeft.y();
}

double paintTimeNumbers(Scene& s, const TimeScale& scale, double top, double bottom) {
    const Style& style = s.style();
    const Theme& theme = s.theme();
    const double g = style.grid, line = style.lineHeight(Font::MonoSmall);
    const double shown = static_cast<double>(scale.axis.shown());
    const double widest = style.em * 11;
    const double step = roundStep(shown * widest / std::max(widest, scale.right - scale.left));
    const double from = static_cast<double>(scale.axis.from);
    for (double t = std::ceil(from / step) * step; t <= from + shown; t += step) {
        const double x = scale.x(t);
        s.line({QPointF(x, top), QPointF(x, bottom + g * 0.4)},
               blend(theme.color(Role::Paper), theme.color(Role::Line), 0.5), Arrow::None, Bend::Straight,
               style.pen * 0.6);
        if (x - widest / 2 < scale.left - g || x + widest / 2 > scale.right + 2 * g) continue;
        s.text(QRectF(x - widest / 2, bottom + g * 0.4, widest, line), timeText(t, step), Font::MonoSmall,
               theme.color(Role::Muted), Qt::AlignCenter);
    }
    return line + g * 0.4;
}

void paintNow(Scene& s, const TimeScale& scale, double top, double bottom) {
    const TimeAxis& axis = scale.axis;
    if (axis.now < axis.from || axis.now > axis.to) return;
    const double x = scale.x(static_cast<double>(axis.now)), g = s.style().grid;
    const QColor color = s.theme().color(Role::Accent);
    s.line({QPointF(x, top), QPointF(x, bottom)}, color, Arrow::None, Bend::Straight, s.style().pen * 1.3).key =
        QStringLiteral("now");
    QPainterPath flag(QPointF(x - g * 0.5, top));
    flag.lineTo(x + g * 0.5, top);
    flag.lineTo(x, top + g * 0.7);
    flag.closeSubpath();
    s.path(flag, color).key = QStringLiteral("now.flag");
}

void paintSeekArea(Scene& s, const TimeScale& scale, const QRectF& area) {
    Spot& spot = s.spot(area, QStringLiteral("time"), Words::tr("Time"),
                        Words::tr("%1 of virtual time. Click to go there; Ctrl and the wheel zoom.")
                            .arg(durationText(static_cast<double>(scale.axis.shown()))));
    const TimeAxis axis = scale.axis;
    const double left = scale.left, right = scale.right;
    spot.resolve = [axis, left, right, area](QPointF at) {
        const TimeScale here{axis, left, right};
        const u64 ns = here.ns(at.x());
        Spot found;
        found.rect = QRectF(at.x(), area.y(), 1, area.height());
        found.key = QStringLiteral("time");
        found.label = timeText(static_cast<double>(ns), static_cast<double>(axis.shown()) / 500);
        found.what = Words::tr("%1, tick %2. Click to go there in time; Ctrl and the wheel zoom.")
                         .arg(found.label, countText(axis.tick(ns)));
        found.click = {Command::Kind::Seek, axis.tick(ns), {}};
        return found;
    };
    s.axis = {QRectF(left, area.y(), right - left, area.height()), static_cast<double>(axis.from),
              static_cast<double>(axis.to), static_cast<double>(axis.begin), static_cast<double>(axis.end)};
}

}  // namespace ringside
