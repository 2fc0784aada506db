#include <algorithm>
#include <cmath>

#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/lanes/lanes.h"

namespace ringside {
namespace {

struct Painter {
    const LanesModel& m;
    Scene& s;
    const Style& style = s.style();
    const Theme& theme = s.theme();
    double g = style.grid, row = style.row(), left = 0, right = 0;

    double x(Tick tick) const {
        return left + (right - left) * static_cast<double>(std::clamp(tick, m.from, m.to) - m.from) /
                          static_cast<double>(std::max<Tick>(1, m.to - m.from));
    }

    Role roleOf(EventKind kind) const {
        switch (kind) {
            case EventKind::PageFault:
            case EventKind::SegFault:
            case EventKind::Irq:
                return Role::Fault;
            case EventKind::SyscallEnter:
                return Role::User;
            case EventKind::SignalDeliver:
                return Role::Stack;
            default:
                return Role::Kernel;
        }
    }

    void span(const LaneSpan& span, QRectF box, i32 pid) {
        switch (span.state) {
            case LaneState::Running:
                s.box(box, theme.task(pid));
                break;
            case LaneState::Runnable:
                s.hatched(box, theme.color(Role::Paper), theme.task(pid), Hatch::Diagonal, theme.task(pid), 0);
                break;
            case LaneState::Asleep:
                s.line({QPointF(box.left(), box.center().y()), QPointF(box.right(), box.center().y())},
                       theme.color(Role::Line));
                break;
            case LaneState::Stopped:
                s.box(box.adjusted(0, box.height() * 0.3, 0, -box.height() * 0.3), theme.fill(Role::Stack),
                      theme.color(Role::Stack));
                break;
            case LaneState::Zombie:
                s.hatched(box.adjusted(0, box.height() * 0.25, 0, -box.height() * 0.25), theme.fill(Role::Kernel),
                          theme.color(Role::Kernel), Hatch::Cross, theme.color(Role::Kernel), 0);
                break;
            case LaneState::None:
                break;
        }
    }

    QString stateSentence(LaneState state) const {
        switch (state) {
            case LaneState::Running:
                return Words::tr("ran on the CPU");
            case LaneState::Runnable:
                return Words::tr("was runnable and waited for the CPU");
            case LaneState::Asleep:
                return Words::tr("slept");
            case LaneState::Stopped:
                return Words::tr("was stopped by a signal");
            case LaneState::Zombie:
                return Words::tr("was a zombie: exited, not yet waited for");
            case LaneState::None:
                break;
        }
        return {};
    }

    void lane(const Lane& l, double y, double h, bool cpu) {
        const QString name = cpu ? Words::tr("CPU") : QStringLiteral("%1 %2").arg(l.name).arg(l.pid);
        if (!cpu) s.mark({g * 2.2, y + h / 2}, Theme::taskMark(l.pid), theme.task(l.pid));
        s.text(QRectF(g * (cpu ? 1.5 : 3.5), y, left - g * 4, h), name, cpu ? Font::Strong : Font::Words);
        s.spot(QRectF(g, y, left - g * 2, h), QStringLiteral("lane.%1").arg(l.pid), name,
               cpu ? Words::tr("Which task had the CPU.")
                   : Words::tr("%1: ran for %2 ticks, waited for the CPU for %3, slept for %4.")
                         .arg(name, countText(l.ran), countText(l.waited), countText(l.slept)),
               cpu ? Subject{} : Subject::task(l.pid));
        const QRectF area(left, y + h * 0.15, right - left, h * 0.7);
        std::size_t i = 0;
        for (const LaneSpan& sp : l.spans) {
            const QRectF box(x(sp.from), area.y(), std::max(x(sp.to) - x(sp.from), style.pen * 0.7), area.height());
            span(sp, box, cpu ? sp.pid : l.pid);
            if (cpu && box.width() > style.width(Font::Small, QString::number(sp.pid)) + g)
                s.text(box, QString::number(sp.pid), Font::Small, theme.inkOn(theme.task(sp.pid)), Qt::AlignCenter);
            if (box.width() >= 2) {
                Spot& spot = s.spot(box, QStringLiteral("span.%1.%2").arg(cpu ? 0 : l.pid).arg(i), name,
                                    Words::tr("From tick %1 to %2, %3 ticks: %4 %5. Click to go there.")
                                        .arg(countText(sp.from), countText(sp.to), countText(sp.to - sp.from),
                                             cpu ? Words::tr("PID %1").arg(sp.pid) : name, stateSentence(sp.state)),
                                    Subject::task(cpu ? sp.pid : l.pid));
                spot.click = {Command::Kind::Seek, sp.from, {}};
            }
            ++i;
        }
        i = 0;
        for (const LaneMark& mark : l.marks) {
            const double cx = x(mark.tick);
            const QColor color = theme.color(roleOf(mark.kind));
            const QRectF tick(cx - style.pen * 0.5, y + h * 0.02, style.pen, h * 0.25);
            s.box(tick, color);
            Spot& spot = s.spot(tick.adjusted(-g * 0.25, 0, g * 0.25, g * 0.25),
                                QStringLiteral("mark.%1.%2").arg(l.pid).arg(i), qs(rowOf(mark.kind).label),
                                mark.count > 1 ? Words::tr("%1 × %2 from tick %3. Click to go there.")
                                                     .arg(mark.count)
                                                     .arg(qs(rowOf(mark.kind).label), countText(mark.tick))
                                               : Words::tr("%1 at tick %2. Click to go there.")
                                                     .arg(qs(rowOf(mark.kind).label), countText(mark.tick)),
                                Subject::event(mark.tick, 0));
            spot.click = {Command::Kind::Seek, mark.tick, {}};
            ++i;
        }
    }

    double button(double bx, double y, const QString& text, const QString& what, u64 span) {
        const QRectF box(bx, y, style.width(Font::Small, text) + 2 * g, row);
        s.box(box, theme.color(Role::Field), theme.color(Role::Line));
        s.text(box, text, Font::Small, {}, Qt::AlignCenter);
        s.spot(box, QStringLiteral("button.") + text, text, what).click = {Command::Kind::Setting, 0,
                                                                           QStringLiteral("span=%1").arg(span)};
        return box.right() + g * 0.5;
    }

    double times(double y) {
        y += s.heading({g * 1.5, y}, s.size().width() - 3 * g, Words::tr("Times"),
                       Words::tr("in ticks, over the whole run"));
        const std::array<QString, 5> heads{Words::tr("ran"), Words::tr("waited"), Words::tr("slept"),
                                           Words::tr("response"), Words::tr("turnaround")};
        const double w = std::min(style.em * 14, (right - left) / 5);
        for (std::size_t i = 0; i < heads.size(); ++i)
            s.text(QRectF(left + static_cast<double>(i) * w, y, w - g, row), heads[i], Font::Small,
                   theme.color(Role::Muted), Qt::AlignRight | Qt::AlignVCenter);
        y += row;
        for (const Lane& l : m.lanes) {
            s.text(QRectF(g * 3.5, y, left - g * 4, row), QStringLiteral("%1 %2").arg(l.name).arg(l.pid), Font::Words);
            const std::array<QString, 5> cells{
                countText(l.ran), countText(l.waited), countText(l.slept),
                l.everRan ? countText(l.firstRan - std::min(l.firstRan, l.born)) : QStringLiteral("–"),
                l.ended ? countText(l.ended - l.born) : QStringLiteral("–")};
            for (std::size_t i = 0; i < cells.size(); ++i)
                s.text(QRectF(left + static_cast<double>(i) * w, y, w - g, row), cells[i], Font::Mono, {},
                       Qt::AlignRight | Qt::AlignVCenter);
            y += row;
        }
        return y;
    }

    void paintAll() {
        left = std::min(style.em * 22, s.size().width() * 0.25);
        right = s.size().width() - g * 2;
        double y = g * 1.5;
        double bx = g * 1.5;
        const Tick shown = m.to - m.from;
        bx = button(bx, y, Words::tr("whole run"),
                    Words::tr("Shows the run from its start to the latest moment reached."), 0);
        bx = button(bx, y, QStringLiteral("+"), Words::tr("Shows half as much around now."),
                    std::max<Tick>(16, shown / 2));
        bx = button(bx, y, QStringLiteral("−"), Words::tr("Shows twice as much around now."), shown * 2);
        s.text(QRectF(bx + g, y, right - bx, row),
               Words::tr("ticks %1 to %2; now %3").arg(countText(m.from), countText(m.to), countText(m.now)),
               Font::Small, theme.color(Role::Muted));
        y += row + g;
        const double top = y;
        const double room = s.size().height() - y - 3 * row;
        const double h = std::clamp(room / static_cast<double>(m.lanes.size() + 1), row * 1.1, row * 2.2);
        lane(m.cpu, y, h, true);
        y += h + g * 0.5;
        s.line({QPointF(g, y), QPointF(right, y)}, theme.color(Role::Line));
        y += g * 0.5;
        for (const Lane& l : m.lanes) {
            lane(l, y, h, false);
            y += h;
        }
        const double nowX = x(m.now);
        s.line({QPointF(nowX, top - g * 0.5), QPointF(nowX, y)}, theme.color(Role::Accent), Arrow::None, Bend::Straight,
               style.pen * 1.5)
            .key = QStringLiteral("now");
        // An axis with round numbers.
        const double step = std::pow(10, std::ceil(std::log10(std::max(1.0, static_cast<double>(shown) / 8))));
        for (double t = std::ceil(static_cast<double>(m.from) / step) * step; t <= static_cast<double>(m.to);
             t += step) {
            const double tx = x(static_cast<Tick>(t));
            s.line({QPointF(tx, y), QPointF(tx, y + g * 0.5)}, theme.color(Role::Muted));
            s.text(QRectF(tx - style.em * 8, y + g * 0.5, style.em * 16, row), countText(static_cast<u64>(t)),
                   Font::Small, theme.color(Role::Muted), Qt::AlignHCenter | Qt::AlignVCenter);
        }
        y += row + g * 2;
        if (m.dropped) {
            s.text(QRectF(g * 1.5, y, right, row),
                   Words::tr("%1 old events were given up to save memory.").arg(countText(m.dropped)), Font::Small,
                   theme.color(Role::Muted));
            y += row;
        }
        y = times(y);
        s.growTo(s.size().width(), y + g);
    }
};

}  // namespace

Scene paint(const LanesModel& model, const StylePtr& style, QSizeF size) {
    Scene scene(style, size);
    if (!model.loaded || model.lanes.empty()) {
        scene.empty(Words::tr("Nothing has run yet. Run the program for a moment: each task gets a lane here."));
        return scene;
    }
    Painter{model, scene}.paintAll();
    return scene;
}

}  // namespace ringside
