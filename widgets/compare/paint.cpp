#include <algorithm>
#include <functional>

#include "core/kernel/sched/sched.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/compare/compare.h"
#include "widgets/lanes/paint_spans.h"

namespace ringside {
namespace {

struct Painter {
    const CompareModel& m;
    Scene& s;
    const Style& style = s.style();
    const Theme& theme = s.theme();
    double g = style.grid, row = style.row(), margin = g * 1.5, width = s.size().width() - 3 * g;
    TimeScale scale{m.axis, 0, 1};
    double laneH = style.row() * 0.95;

    bool chosen(SchedKind kind) const {
        return std::any_of(m.runs.begin(), m.runs.end(), [&](const CompareRun& r) { return r.kind == kind; });
    }

    // A button for each policy: adds it to the comparison or takes it out.
    double buttons(double y) {
        double x = margin;
        for (SchedKind kind : kPolicies) {
            const bool on = chosen(kind);
            QStringList wanted;
            for (SchedKind other : kPolicies)
                if (other == kind ? !on : chosen(other)) wanted << qs(nameOf(other));
            const QString text = policyTitle(kind);
            const double w = style.width(Font::Small, text) + 4 * g;
            if (x + w > margin + width && x > margin) x = margin, y += row * 1.3;
            const QRectF box(x, y, w, row);
            s.box(box, on ? theme.fill(Role::User) : theme.color(Role::Field),
                  theme.color(on ? Role::User : Role::Line));
            s.text(box.adjusted(g, 0, 0, 0), on ? QStringLiteral("✓") : QStringLiteral("+"), Font::Small,
                   on ? theme.inkOn(theme.fill(Role::User)) : theme.color(Role::Muted));
            s.text(box.adjusted(3 * g, 0, -g * 0.5, 0), text, Font::Small,
                   on ? theme.inkOn(theme.fill(Role::User)) : QColor());
            Spot& spot = s.spot(box, QStringLiteral("policy.%1").arg(qs(nameOf(kind))), text,
                                policySentence(kind) + QStringLiteral(" ") +
                                    (on ? Words::tr("Click to take it out of the comparison.")
                                        : Words::tr("Click to run the program under it as well.")));
            spot.click = {Command::Kind::Schedule, 0, QStringLiteral("compare=") + wanted.join(',')};
            x = box.right() + g * 0.5;
        }
        return y + row + g;
    }

    // One policy: its name, a lane for each task.
    double chart(const CompareRun& run, double y) {
        const QString title = policyTitle(run.kind);
        const QString state = run.done
                                  ? Words::tr("%1 after %2").arg(run.ended, durationText(static_cast<double>(run.ns)))
                                  : Words::tr("running: %1 ticks, %2 of virtual time so far")
                                        .arg(countText(run.ticks), durationText(static_cast<double>(run.ns)));
        y += s.heading({margin, y}, width, title, state) + g * 0.4;
        const double h = laneH;
        for (const CompareLane& lane : run.lanes) {
            const QRectF head(margin, y, scale.left - margin - g, h);
            if (lane.selected) s.selected(QRectF(margin, y, width, h));
            s.mark({margin + g * 0.7, y + h / 2}, Theme::taskMark(lane.pid), theme.task(lane.pid));
            s.text(head.adjusted(g * 1.8, 0, 0, 0), QStringLiteral("%1 %2").arg(lane.name).arg(lane.pid), Font::Words);
            const QRectF area(scale.left, y + h * 0.12, scale.right - scale.left, h * 0.76);
            paintSpans(s, scale, area, lane.spans, lane.pid);
            const TaskTimes& t = lane.times;
            s.spot(
                QRectF(margin, y, width, h), QStringLiteral("%1.%2").arg(qs(nameOf(run.kind))).arg(lane.pid),
                QStringLiteral("%1 %2, %3").arg(lane.name).arg(lane.pid).arg(title),
                Words::tr("%1 %2 under %3: ran %4, waited for the CPU %5, slept %6; first ran %7 after it was made%8.")
                    .arg(lane.name)
                    .arg(lane.pid)
                    .arg(title, durationText(static_cast<double>(t.ran)), durationText(static_cast<double>(t.waited)),
                         durationText(static_cast<double>(t.slept)), durationText(static_cast<double>(t.response())),
                         t.hasEnded
                             ? Words::tr(" and ended after %1").arg(durationText(static_cast<double>(t.turnaround())))
                             : QString()),
                Subject::task(lane.pid));
            y += h;
        }
        if (run.others) {
            s.text(QRectF(margin, y, width, row),
                   Words::tr("%n more ran for less time", nullptr, static_cast<int>(run.others)), Font::Small,
                   theme.color(Role::Muted));
            y += row;
        }
        const double x = scale.x(static_cast<double>(run.ns));
        if (run.done && x < scale.right - 1 && x >= scale.left)
            s.line({QPointF(x, y - h * static_cast<double>(run.lanes.size())), QPointF(x, y)}, theme.color(Role::Ink));
        return y + g * 0.8;
    }

    struct Column {
        QString title, help;
        std::function<double(const CompareRun&)> value;
        std::function<QString(double)> text;
        bool smallIsGood = true;
    };

    // Numbers side by side; the best of each column has a dot and bold type.
    double table(double y) {
        const auto duration = [](double ns) { return durationText(ns); };
        const std::vector<Column> columns{
            {Words::tr("waiting"), Words::tr("How long a task was runnable but not on the CPU, on average."),
             [](const CompareRun& r) { return r.times.waiting; }, duration, true},
            {Words::tr("response"), Words::tr("From the making of a task to its first time on the CPU, on average."),
             [](const CompareRun& r) { return r.times.response; }, duration, true},
            {Words::tr("turnaround"), Words::tr("From the making of a task to its end, on average."),
             [](const CompareRun& r) { return r.times.turnaround; }, duration, true},
            {Words::tr("fairness"),
             Words::tr("Jain's index over the tasks that want the CPU most of the time, of what each got over what its "
                       "weight entitled it to: 1 is fair to all."),
             [](const CompareRun& r) { return r.times.fairness; }, [](double v) { return QString::number(v, 'f', 3); },
             false},
            {Words::tr("switches"), Words::tr("How often the CPU went from one task to another: each costs time."),
             [](const CompareRun& r) { return static_cast<double>(r.times.switches); },
             [](double v) { return countText(static_cast<u64>(v)); }, true},
            {Words::tr("length"), Words::tr("When the program had ended, in virtual time."),
             [](const CompareRun& r) { return static_cast<double>(r.ns); }, duration, true}};
        y += s.heading({margin, y}, width, Words::tr("What it meant"), Words::tr("means over the tasks")) + g * 0.4;
        const double nameW = std::min(width * 0.3, style.em * 30);
        const double w = (width - nameW) / static_cast<double>(columns.size());
        for (std::size_t c = 0; c < columns.size(); ++c) {
            const QRectF box(margin + nameW + static_cast<double>(c) * w, y, w - g * 0.5, row);
            s.text(box, columns[c].title, Font::Small, theme.color(Role::Muted), Qt::AlignRight | Qt::AlignVCenter);
            s.spot(box, QStringLiteral("column.%1").arg(c), columns[c].title, columns[c].help);
        }
        y += row;
        for (const CompareRun& run : m.runs) {
            s.text(QRectF(margin, y, nameW, row), policyTitle(run.kind), Font::Words);
            for (std::size_t c = 0; c < columns.size(); ++c) {
                const QRectF box(margin + nameW + static_cast<double>(c) * w, y, w - g * 0.5, row);
                if (!run.done) {
                    s.text(box, QStringLiteral("…"), Font::Mono, theme.color(Role::Muted),
                           Qt::AlignRight | Qt::AlignVCenter);
                    continue;
                }
                const double value = columns[c].value(run);
                bool best = m.runs.size() > 1, differs = false;
                for (const CompareRun& other : m.runs) {
                    if (!other.done) continue;
                    const double theirs = columns[c].value(other);
                    if (columns[c].smallIsGood ? theirs < value : theirs > value) best = false;
                    differs |= columns[c].text(theirs) != columns[c].text(value);
                }
                best = best && differs;
                const QString text = columns[c].text(value);
                s.text(box, text, best ? Font::MonoStrong : Font::Mono, {}, Qt::AlignRight | Qt::AlignVCenter);
                if (best)
                    s.dot({box.right() - style.width(Font::MonoStrong, text) - g, box.center().y()},
                          theme.color(Role::Data));
                s.spot(box, QStringLiteral("cell.%1.%2").arg(qs(nameOf(run.kind))).arg(c),
                       QStringLiteral("%1: %2").arg(policyTitle(run.kind), text),
                       QStringLiteral("%1 %2")
                           .arg(columns[c].help, best ? Words::tr("The best of these.") : QString())
                           .trimmed());
            }
            y += row;
        }
        return y;
    }

    void paintAll() {
        double y = margin;
        y += s.heading({margin, y}, width, Words::tr("Policies side by side"),
                       Words::tr("the same program, run once under each")) +
             g * 0.5;
        y = buttons(y);
        if (m.runs.empty()) {
            y += s.caption(
                {margin, y + g}, width,
                Words::tr("Choose two policies or more: the program is run from its start under each of them, "
                          "beside the run you are looking at."));
            s.growTo(s.size().width(), y + 2 * margin);
            return;
        }
        double left = 0;
        for (const CompareRun& run : m.runs)
            for (const CompareLane& lane : run.lanes)
                left = std::max(left, style.width(Font::Words, QStringLiteral("%1 %2").arg(lane.name).arg(lane.pid)));
        scale.left = margin + std::min(left + 3.5 * g, width * 0.3);
        scale.right = margin + width - style.em * 3;
        y += paintTimeButtons(s, {margin, y}, width, m.axis) + g;
        const double top = y;
        // The grid lies under the lanes, but where it ends is known only behind them.
        Scene measure(s.stylePtr(), s.size());
        const auto bottomWith = [&](double lane) {
            Painter probe{m, measure};
            probe.scale.left = scale.left, probe.scale.right = scale.right, probe.laneH = lane;
            double at = y;
            for (const CompareRun& run : m.runs) at = probe.chart(run, at);
            return at;
        };
        // What is left of the window below the table makes the lanes higher.
        const double below = row * (static_cast<double>(m.runs.size()) + 5) + margin;
        double lanes = 0;
        for (const CompareRun& run : m.runs) lanes += static_cast<double>(run.lanes.size());
        const double spare = s.size().height() - bottomWith(laneH) - below;
        if (lanes > 0 && spare > 0) laneH = std::min(laneH + spare / lanes, row * 5);
        const double bottom = bottomWith(laneH);
        const double numbers = paintTimeNumbers(s, scale, top, bottom);
        for (const CompareRun& run : m.runs) y = chart(run, y);
        s.axis = {QRectF(scale.left, top, scale.right - scale.left, bottom - top), static_cast<double>(m.axis.from),
                  static_cast<double>(m.axis.to), static_cast<double>(m.axis.begin), static_cast<double>(m.axis.end)};
        y = bottom + numbers + g;
        y = table(y);
        s.growTo(s.size().width(), y + margin);
    }
};

}  // namespace

Scene paint(const CompareModel& model, const StylePtr& given, QSizeF size) {
    double lines = 12;
    for (const CompareRun& run : model.runs) lines += static_cast<double>(run.lanes.size()) + 3;
    const StylePtr style = fitted(given, size.width(), size.height(), 110, lines);
    Scene scene(style, size);
    if (!model.loaded) {
        scene.empty(
            Words::tr("No machine is running. Open a program with several tasks, such as the sample hogs, to "
                      "compare policies on it."));
        return scene;
    }
    Painter{model, scene}.paintAll();
    return scene;
}

}  // namespace ringside
