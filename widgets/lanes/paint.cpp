#include <algorithm>
#include <cmath>
#include <map>

#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/lanes/lanes.h"
#include "widgets/lanes/paint_spans.h"
#include "widgets/vruntime/vruntime.h"

namespace ringside {
namespace {

struct Painter {
    const LanesModel& m;
    Scene& s;
    const Style& style = s.style();
    const Theme& theme = s.theme();
    double g = style.grid, row = style.row(), small = style.lineHeight(Font::Small), margin = g * 1.5;
    TimeScale scale{m.axis, 0, 1};

    QString at(u64 ns) const { return timeText(static_cast<double>(ns), static_cast<double>(m.axis.shown()) / 1000); }

    Role roleOf(EventKind kind) const {
        switch (kind) {
            case EventKind::PageFault:
            case EventKind::SegFault:
            case EventKind::Irq:
            case EventKind::Trap:
                return Role::Fault;
            case EventKind::SyscallEnter:
                return Role::Kernel;
            case EventKind::Signal:
            case EventKind::SignalDeliver:
                return Role::Stack;
            default:
                return Role::Data;
        }
    }

    // What is switched on and off, in a row.
    double filters(double y, double width) {
        double x = margin;
        for (u32 i = 0; i < static_cast<u32>(LaneFilter::kCount); ++i) {
            const auto filter = static_cast<LaneFilter>(i);
            const bool on = !m.hides(filter);
            QStringList hidden;
            for (u32 j = 0; j < static_cast<u32>(LaneFilter::kCount); ++j)
                if (((m.hidden >> j) & 1) != (j == i ? 1u : 0u)) hidden << laneFilterId(static_cast<LaneFilter>(j));
            const QString text = laneFilterName(filter);
            const double w = style.width(Font::Small, text) + 3.4 * g;
            if (x > margin && x + w > margin + width) x = margin, y += row * 1.2;
            const QRectF box(x, y, w, row);
            s.box(box, on ? theme.color(Role::Field) : theme.color(Role::Paper), theme.color(Role::Line));
            s.text(box.adjusted(g * 0.7, 0, 0, 0), on ? QStringLiteral("✓") : QStringLiteral("·"), Font::Small,
                   theme.color(Role::Muted));
            s.text(box.adjusted(g * 2.4, 0, -g * 0.4, 0), text, Font::Small, on ? QColor() : theme.color(Role::Muted));
            s.spot(box, QStringLiteral("filter.") + laneFilterId(filter), text,
                   on ? Words::tr("Shown. Click to hide: %1.").arg(text)
                      : Words::tr("Hidden. Click to show: %1.").arg(text))
                .click = {Command::Kind::Setting, 0,
                          QStringLiteral("hide=") + (hidden.isEmpty() ? QStringLiteral("none") : hidden.join(','))};
            x = box.right() + g * 0.5;
        }
        return y + row;
    }

    // Buttons that set the two markers at now, and what lies between them.
    double markers(double y, double width) {
        double x = margin;
        const auto button = [&](const QString& text, const QString& key, const QString& what, const QString& setting) {
            const QRectF box(x, y, style.width(Font::Small, text) + 2 * g, row);
            s.box(box, theme.color(Role::Field), theme.color(Role::Line));
            s.text(box, text, Font::Small, {}, Qt::AlignCenter);
            s.spot(box, key, text, what).click = {Command::Kind::Setting, 0, setting};
            x = box.right() + g * 0.5;
        };
        button(Words::tr("A = now"), QStringLiteral("marker.a"), Words::tr("Puts marker A at the current moment."),
               QStringLiteral("a=%1").arg(m.axis.now));
        button(Words::tr("B = now"), QStringLiteral("marker.b"), Words::tr("Puts marker B at the current moment."),
               QStringLiteral("b=%1").arg(m.axis.now));
        QString text = Words::tr("Right click on a lane puts a marker there.");
        if (m.a && m.b) {
            const u64 from = std::min(*m.a, *m.b), to = std::max(*m.a, *m.b);
            button(Words::tr("A–B"), QStringLiteral("marker.zoom"), Words::tr("Shows what lies between the markers."),
                   QStringLiteral("window=%1:%2").arg(from).arg(std::max(to, from + 20)));
            text =
                Words::tr("A to B: %1, %2 ticks")
                    .arg(durationText(static_cast<double>(to - from)), countText(m.axis.tick(to) - m.axis.tick(from)));
        } else if (m.a || m.b) {
            text = Words::tr("One marker is set; the other gives the difference.");
        }
        s.text(QRectF(x + g * 0.5, y, margin + width - x, row), text, Font::Small, theme.color(Role::Muted));
        return y + row;
    }

    void markerLine(std::optional<u64> ns, const QString& name, double top, double bottom) {
        if (!ns || *ns < m.axis.from || *ns > m.axis.to) return;
        const double x = scale.x(static_cast<double>(*ns));
        const QColor color = theme.color(Role::Selected);
        Shape& line = s.line({QPointF(x, top), QPointF(x, bottom)}, color, Arrow::None, Bend::Straight, style.pen);
        std::get<LineShape>(line.what).dashed = true;
        const QRectF box(x, top, g * 2, small);
        s.box(box, color);
        s.text(box, name, Font::Small, theme.inkOn(color), Qt::AlignCenter);
    }

    // Where the pointer is in a lane: what the task does there; a click goes there, a right click puts a marker there.
    void laneArea(const Lane* lane, const QRectF& area) {
        const QString name = lane ? QStringLiteral("%1 %2").arg(lane->name).arg(lane->pid) : Words::tr("CPU");
        Spot& spot = s.spot(area, QStringLiteral("area.%1").arg(lane ? lane->pid : 0), name,
                            lane ? Words::tr("%1 over time. Click to go there.").arg(name)
                                 : Words::tr("Which task had the CPU. Click to go there."),
                            lane ? Subject::task(lane->pid) : Subject{});
        const TimeAxis axis = m.axis;
        const double left = scale.left, right = scale.right;
        const std::vector<PhaseSpan> spans = lane ? lane->spans : std::vector<PhaseSpan>{};
        const std::vector<CpuSpan> cpu = lane ? std::vector<CpuSpan>{} : m.cpu;
        const i32 pid = lane ? lane->pid : 0;
        spot.resolve = [axis, left, right, area, spans, cpu, name, pid](QPointF where) {
            const TimeScale here{axis, left, right};
            const u64 ns = here.ns(where.x());
            const auto text = [&](u64 t) {
                return timeText(static_cast<double>(t), static_cast<double>(axis.shown()) / 1000);
            };
            Spot found;
            found.rect = QRectF(where.x(), area.y(), 1, area.height());
            found.key = QStringLiteral("area.%1").arg(pid);
            found.label = name;
            found.what = Words::tr("%1 at %2, tick %3.").arg(name, text(ns), countText(axis.tick(ns)));
            for (const PhaseSpan& p : spans)
                if (p.from <= ns && ns < p.to) found.what = spanSentence(name, p, text(p.from), text(p.to));
            for (const CpuSpan& p : cpu)
                if (p.from <= ns && ns < p.to) {
                    found.what =
                        p.switches ? Words::tr("%1 to %2: %3 switches; most of it was of PID %4.")
                                         .arg(text(p.from), text(p.to), countText(p.switches))
                                         .arg(p.pid)
                        : p.pid ? Words::tr("%1 to %2: PID %3 had the CPU.").arg(text(p.from), text(p.to)).arg(p.pid)
                                : Words::tr("%1 to %2: the CPU was idle.").arg(text(p.from), text(p.to));
                    found.subject = Subject::task(p.pid);
                }
            if (pid) found.subject = Subject::task(pid);
            found.what += QLatin1Char(' ') + Words::tr("Click to go there.");
            found.click = {Command::Kind::Seek, axis.tick(ns), {}};
            found.offers = {{Words::tr("Marker A here"), {Command::Kind::Setting, 0, QStringLiteral("a=%1").arg(ns)}},
                            {Words::tr("Marker B here"), {Command::Kind::Setting, 0, QStringLiteral("b=%1").arg(ns)}}};
            return found;
        };
    }

    static QString spanSentence(const QString& name, const PhaseSpan& p, const QString& from, const QString& to) {
        if (p.summary)
            return Words::tr(
                       "%1 from %2 to %3, in many pieces: %4 % running (%5 % in the kernel), %6 % waiting for the CPU.")
                .arg(name, from, to)
                .arg(100 * (p.user + p.kernel), 0, 'f', 0)
                .arg(100 * p.kernel, 0, 'f', 0)
                .arg(100 * p.waiting, 0, 'f', 0);
        QString text = Words::tr("%1 from %2 to %3, %4: %5")
                           .arg(name, from, to, durationText(static_cast<double>(p.to - p.from)), phaseText(p.phase));
        if (p.phase == TaskPhase::Running && p.kernel > 0.005)
            text += Words::tr(", %1 % of it in the kernel").arg(100 * p.kernel, 0, 'f', 0);
        if (p.phase == TaskPhase::Asleep && p.wait)
            text += Words::tr(", %1").arg(waitText(static_cast<WaitKind>(p.wait)));
        if (p.kind == SampleKind::Wake)
            text += p.other ? Words::tr(", woken by PID %1").arg(p.other) : Words::tr(", woken by an interrupt");
        if (p.kind == SampleKind::Preempt) text += Words::tr(", preempted by PID %1").arg(p.other);
        if (p.kind == SampleKind::Yield) text += Words::tr(", having yielded to PID %1").arg(p.other);
        return text + QLatin1Char('.');
    }

    void cpuLane(double y, double h) {
        s.text(QRectF(margin, y, scale.left - margin - g, h), Words::tr("CPU"), Font::Strong);
        const QRectF area(scale.left, y + h * 0.12, scale.right - scale.left, h * 0.76);
        s.box(area, theme.color(Role::Field), {}, 0, 0);
        for (const CpuSpan& span : m.cpu) {
            if (span.pid == 0 && span.switches == 0) continue;
            const QRectF box = spanRect(scale, area, span.from, span.to);
            const QColor color = span.pid ? theme.task(span.pid) : theme.color(Role::Field);
            s.box(box, color, {}, 0, 0);
            // Many switches in one piece: a lighter band says that it is not all of one colour.
            if (span.switches)
                s.box(box.adjusted(0, 0, 0, -box.height() * 0.6), blend(color, theme.color(Role::Paper), 0.45), {}, 0,
                      0);
            const QString pid = QString::number(span.pid);
            if (span.pid && !span.switches && box.width() > style.width(Font::Small, pid) + g)
                s.text(box, pid, Font::Small, theme.inkOn(color), Qt::AlignCenter);
        }
        laneArea(nullptr, area);
    }

    void lane(const Lane& l, double y, double h) {
        const QString name = QStringLiteral("%1 %2").arg(l.name).arg(l.pid);
        if (l.selected) s.selected(QRectF(margin - g * 0.5, y, scale.right - margin + g, h));
        s.mark({margin + g * 0.8, y + h / 2}, Theme::taskMark(l.pid), theme.task(l.pid));
        const QRectF head(margin, y, scale.left - margin - g, h);
        s.text(head.adjusted(g * 2, 0, 0, 0), name, l.selected ? Font::Strong : Font::Words);
        s.spot(
            head, QStringLiteral("lane.%1").arg(l.pid), name,
            Words::tr("%1: ran for %2, waited for the CPU for %3, slept for %4; had the CPU for %5 of what is shown.")
                .arg(name, durationText(static_cast<double>(l.times.ran)),
                     durationText(static_cast<double>(l.times.waited)),
                     durationText(static_cast<double>(l.times.slept)), durationText(l.ranShown)),
            Subject::task(l.pid));
        const QRectF area(scale.left, y + h * 0.24, scale.right - scale.left, h * 0.66);
        paintSpans(s, scale, area, l.spans, l.pid);
        for (const auto& [from, to] : l.kernel) {
            const QRectF box = spanRect(scale, area, std::max(from, m.axis.from), std::min(to, m.axis.to));
            if (to <= m.axis.from || from >= m.axis.to || box.width() < 3) continue;
            s.hatched(box.adjusted(0, box.height() * 0.5, 0, 0), theme.fill(Role::Kernel), theme.color(Role::Kernel),
                      Hatch::Diagonal, theme.color(Role::Kernel), 0);
        }
        laneArea(&l, area);
        marks(l, y, h);
    }

    void marks(const Lane& l, double y, double h) {
        std::size_t i = 0;
        for (const LaneMark& mark : l.marks) {
            const double x = scale.x(static_cast<double>(mark.ns));
            const QColor color = theme.color(roleOf(mark.kind));
            const double top = y + h * 0.02, tall = std::max(h * 0.24, g * 0.5);
            if (roleOf(mark.kind) == Role::Fault) {
                s.bolt(QRectF(x - g * 0.35, top, g * 0.7, tall), color);
            } else if (mark.kind == EventKind::SyscallEnter) {
                s.box(QRectF(x - style.pen * 0.5, top, style.pen, tall), color, {}, 0, 0);
            } else {
                QPainterPath shape(QPointF(x, top + tall));  // pointing down
                shape.lineTo(x - g * 0.4, top);
                shape.lineTo(x + g * 0.4, top);
                shape.closeSubpath();
                s.path(shape, color);
            }
            Spot& spot = s.spot(
                QRectF(x - g * 0.4, y, g * 0.8, h * 0.28), QStringLiteral("mark.%1.%2").arg(l.pid).arg(i++), mark.text,
                mark.count > 1 ? Words::tr("%1: %2 here, the first at %3: “%4”. Click to go there.")
                                     .arg(labelOf(mark.kind), countText(mark.count), at(mark.ns), mark.text)
                               : Words::tr("%1: “%2”. Click to go there.").arg(at(mark.ns), mark.text),
                Subject::event(mark.tick, 0));
            spot.click = {Command::Kind::Seek, mark.tick, {}};
        }
    }

    void arrows(const std::map<i32, double>& middle) {
        std::size_t i = 0;
        for (const WakeArrow& w : m.wakes) {
            const auto from = middle.find(w.from), to = middle.find(w.to);
            if (from == middle.end() || to == middle.end()) continue;
            const double x = scale.x(static_cast<double>(w.ns));
            s.line({QPointF(x, from->second), QPointF(x, to->second)}, theme.color(Role::Muted), Arrow::End,
                   Bend::Straight, style.pen * 0.8);
            const double low = std::min(from->second, to->second), high = std::max(from->second, to->second);
            s.spot(QRectF(x - g * 0.3, low, g * 0.6, high - low), QStringLiteral("wake.%1").arg(i++),
                   Words::tr("wake-up"),
                   Words::tr("At %1 PID %2 woke PID %3. Click to go there.").arg(at(w.ns)).arg(w.from).arg(w.to),
                   Subject::task(w.to))
                .click = {Command::Kind::Seek, w.tick, {}};
        }
    }

    double list(double x, double y, double width, double height) {
        if (m.list.empty()) return y;
        y += s.heading({x, y}, width, Words::tr("Around now")) + g * 0.3;
        const auto rows = static_cast<std::size_t>(std::max(4.0, (height - row * 1.5) / row));
        // As many before now as after it, when there are.
        std::size_t past = 0;
        while (past < m.list.size() && m.list[past].past) ++past;
        std::size_t first = past > rows / 2 ? past - rows / 2 : 0;
        if (first + rows > m.list.size()) first = m.list.size() > rows ? m.list.size() - rows : 0;
        const double timeW = std::min(style.em * 12, width * 0.34);
        for (std::size_t i = first; i < std::min(m.list.size(), first + rows); ++i) {
            const LaneEvent& e = m.list[i];
            const QRectF box(x, y, width, row);
            if (i == past)
                s.line({QPointF(x, y), QPointF(x + width, y)}, theme.color(Role::Accent), Arrow::None, Bend::Straight,
                       style.pen * 1.3);
            const QColor ink = e.past ? QColor() : theme.color(Role::Muted);
            s.text(QRectF(x, y, timeW - g, row), at(e.ns), Font::MonoSmall, theme.color(Role::Muted));
            s.mark({x + timeW + g * 0.5, box.center().y()}, Theme::taskMark(e.pid), theme.task(e.pid));
            s.text(QRectF(x + timeW + g * 1.6, y, width - timeW - g * 1.6, row), e.text, Font::Small, ink);
            Spot& spot = s.spot(box, QStringLiteral("event.%1.%2").arg(e.tick).arg(i), e.text,
                                Words::tr("PID %1 at %2, tick %3: %4. Click to go there.")
                                    .arg(e.pid)
                                    .arg(at(e.ns), countText(e.tick), e.text),
                                Subject::event(e.tick, e.index));
            spot.click = {Command::Kind::Seek, e.tick, {}};
            y += row;
        }
        return y + g;
    }

    double times(double x, double y, double width) {
        y += s.heading({x, y}, width, Words::tr("Times"), Words::tr("over the whole run")) + g * 0.2;
        const std::array<QString, 5> heads{Words::tr("ran"), Words::tr("waited"), Words::tr("slept"),
                                           Words::tr("response"), Words::tr("turnaround")};
        double w = style.em * 12;
        for (const QString& head : heads) w = std::max(w, style.width(Font::Small, head) + g);
        const double all = w * static_cast<double>(heads.size()),
                     nameW = std::min(style.em * 20, std::max(width * 0.2, width - all));
        for (std::size_t i = 0; i < heads.size(); ++i)
            s.text(QRectF(x + nameW + static_cast<double>(i) * w, y, w - g * 0.5, row), heads[i], Font::Small,
                   theme.color(Role::Muted), Qt::AlignRight | Qt::AlignVCenter);
        y += row;
        for (const Lane& l : m.lanes) {
            const auto text = [](u64 ns) { return durationText(static_cast<double>(ns)); };
            s.text(QRectF(x, y, nameW, row), QStringLiteral("%1 %2").arg(l.name).arg(l.pid), Font::Words);
            const std::array<QString, 5> cells{text(l.times.ran), text(l.times.waited), text(l.times.slept),
                                               l.times.everRan ? text(l.times.response()) : QStringLiteral("–"),
                                               l.times.hasEnded ? text(l.times.turnaround()) : QStringLiteral("–")};
            for (std::size_t i = 0; i < cells.size(); ++i)
                s.text(QRectF(x + nameW + static_cast<double>(i) * w, y, w - g * 0.5, row), cells[i], Font::MonoSmall,
                       {}, Qt::AlignRight | Qt::AlignVCenter);
            y += row;
        }
        return y;
    }

    void notes(double& y, double width) {
        const auto note = [&](const QString& text) {
            s.text(QRectF(margin, y, width, row), text, Font::Small, theme.color(Role::Muted));
            y += row;
        };
        if (m.lanes.size() < m.total)
            note(Words::tr("Lanes %1 to %2 of %3; the wheel goes on to the others.")
                     .arg(m.first + 1)
                     .arg(m.first + m.lanes.size())
                     .arg(countText(m.total)));
        if (m.dropped) {
            const double h = s.wrappedHeight(droppedText(m), Font::Small, width);
            s.paragraph(QRectF(margin, y, width, h), droppedText(m), Font::Small, theme.color(Role::Muted));
            y += std::max(row, h);
        }
        if (m.thinned) note(Words::tr("Old times are coarse: %1 samples were given up.").arg(countText(m.thinned)));
    }

    void paintAll() {
        const double width = s.size().width() - 2 * margin;
        double y = margin;
        y += paintTimeButtons(s, {margin, y}, width, m.axis) + g * 0.5;
        y = filters(y, width) + g * 0.5;
        y = markers(y, width) + g;
        const bool beside = width > style.em * 110;
        const double listW = beside ? style.em * 38 : 0;
        scale.left = margin + std::min(style.em * 22, width * 0.22);
        scale.right = margin + width - (beside ? listW + 2 * g : g);
        const double top = y, room = s.size().height() - y - 4 * row;
        s.endless = m.lanes.size() < m.total;
        const double least = row * 1.15,
                     h = std::clamp(room / static_cast<double>(m.lanes.size() + 1), least, row * 3.5);
        const double bottom = top + h + g + h * static_cast<double>(m.lanes.size());
        const double numbers = paintTimeNumbers(s, scale, top, bottom);
        cpuLane(y, h);
        y += h + g * 0.5;
        s.line({QPointF(margin, y), QPointF(scale.right, y)}, theme.color(Role::Line));
        y += g * 0.5;
        std::map<i32, double> middle;
        for (const Lane& l : m.lanes) {
            lane(l, y, h);
            middle[l.pid] = y + h * 0.57;
            y += h;
        }
        arrows(middle);
        if (m.dropped && m.marksFrom > m.axis.from && m.marksFrom < m.axis.to) {
            const double at = scale.x(static_cast<double>(m.marksFrom));
            Shape& line = s.line({QPointF(at, top), QPointF(at, bottom)}, theme.color(Role::Muted));
            std::get<LineShape>(line.what).dashed = true;
            s.spot(QRectF(at - g * 0.4, top, g * 0.8, bottom - top), QStringLiteral("marks.begin"),
                   Words::tr("marks begin here"), droppedText(m));
        }
        markerLine(m.a, QStringLiteral("A"), top, bottom);
        markerLine(m.b, QStringLiteral("B"), top, bottom);
        paintNow(s, scale, top - g * 0.5, bottom);
        s.axis = {QRectF(scale.left, top, scale.right - scale.left, bottom - top), static_cast<double>(m.axis.from),
                  static_cast<double>(m.axis.to), static_cast<double>(m.axis.begin), static_cast<double>(m.axis.end)};
        y = bottom + numbers + g;
        notes(y, width);
        if (beside) {
            list(scale.right + 2 * g, top, listW, std::max(s.size().height() - top - margin, bottom - top));
        } else {
            y = list(margin, y + g * 0.5, width, row * 9) + g * 0.5;
        }
        if (m.lanes.size() == m.total) y = times(margin, y + g * 0.5, scale.right - margin);
        s.growTo(s.size().width(), y + g);
    }
};

}  // namespace

Scene paint(const LanesModel& model, const StylePtr& style, QSizeF size) {
    Scene scene(style, {std::max(size.width(), style->em * 84), size.height()});
    if (!model.loaded || (model.lanes.empty() && model.total == 0)) {
        scene.empty(Words::tr("Nothing has run yet. Run the program for a moment: each task gets a lane here."));
        return scene;
    }
    Painter{model, scene}.paintAll();
    return scene;
}

}  // namespace ringside
