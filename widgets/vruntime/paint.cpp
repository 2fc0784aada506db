#include <algorithm>
#include <cmath>

#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/vruntime/vruntime.h"

namespace ringside {
namespace {

void dashed(Shape& line, bool on) { std::get<LineShape>(line.what).dashed = on; }

struct Painter {
    const VruntimeModel& m;
    Scene& s;
    const Style& style = s.style();
    const Theme& theme = s.theme();
    double g = style.grid, row = style.row(), small = style.lineHeight(Font::MonoSmall);
    TimeScale scale{m.axis, 0, 1};
    double top = 0, bottom = 0;

    double height(double value) const { return bottom - (bottom - top) * (value - m.low) / (m.high - m.low); }

    QString valueText(double ns, double step) const {
        return QString::number(ns / 1e6, 'f', std::clamp(static_cast<int>(std::ceil(-std::log10(step / 1e6))), 0, 6)) +
               QStringLiteral(" ms");
    }

    double chooser(double y0, double width) {
        double x = g * 1.5, y = y0;
        const std::pair<VruntimeValue, QString> kinds[] = {{VruntimeValue::Vruntime, QStringLiteral("vruntime")},
                                                           {VruntimeValue::Lead, QStringLiteral("lead")},
                                                           {VruntimeValue::CpuTime, QStringLiteral("cpu")}};
        const QString texts[] = {QStringLiteral("vruntime"), Words::tr("ahead of min_vruntime"), Words::tr("CPU time")};
        const QString helps[] = {Words::tr("Shows the vruntime itself."),
                                 Words::tr("Shows how far each vruntime is ahead of min_vruntime: small differences "
                                           "stay visible in long runs."),
                                 Words::tr("Shows how long each task has been on the CPU.")};
        for (std::size_t i = 0; i < std::size(kinds); ++i) {
            const bool on = m.shows == kinds[i].first;
            const double w = style.width(Font::Small, texts[i]) + 2 * g;
            if (i > 0 && x + w > width) x = g * 1.5, y += row * 1.2;
            const QRectF box(x, y, w, row);
            s.box(box, on ? theme.fill(Role::User) : theme.color(Role::Field),
                  theme.color(on ? Role::User : Role::Line));
            s.text(box, texts[i], Font::Small, on ? theme.inkOn(theme.fill(Role::User)) : QColor(), Qt::AlignCenter);
            s.spot(box, QStringLiteral("value.") + kinds[i].second, texts[i], helps[i]).click = {
                Command::Kind::Setting, 0, QStringLiteral("value=") + kinds[i].second};
            x = box.right() + g * 0.5;
        }
        return y + row - y0;
    }

    void grid() {
        const double least = (m.high - m.low) * small * 2.2 / std::max(1.0, bottom - top);
        const double power = std::pow(10, std::floor(std::log10(least)));
        double step = power * 10;
        for (double by : {5.0, 2.0, 1.0})
            if (power * by >= least) step = power * by;
        for (double v = std::ceil(m.low / step) * step; v <= m.high; v += step) {
            const double at = height(v);
            s.line({QPointF(scale.left, at), QPointF(scale.right, at)},
                   blend(theme.color(Role::Paper), theme.color(Role::Line), 0.5), Arrow::None, Bend::Straight,
                   style.pen * 0.6);
            s.text(QRectF(g, at - small / 2, scale.left - g * 1.8, small), valueText(v, step), Font::MonoSmall,
                   theme.color(Role::Muted), Qt::AlignRight | Qt::AlignVCenter);
        }
    }

    // One more point of a line; those on the way to it say nothing, and each costs when the line is drawn.
    static void extend(QPolygonF& path, QPointF p) {
        if (path.size() >= 2) {
            const QPointF a = path[path.size() - 2], b = path.back(), way = p - a;
            if (way.x() > 0 && std::abs(a.y() + way.y() * (b.x() - a.x()) / way.x() - b.y()) < 0.1) {
                path.back() = p;
                return;
            }
        }
        path << p;
    }

    // Joins points of one look into one polyline.
    void line(const std::vector<VruntimePoint>& points, const QColor& color, double width) {
        const auto wide = [](TaskPhase phase) { return phase == TaskPhase::Running; };
        const auto drawn = [this](TaskPhase phase) {
            if (m.shows == VruntimeValue::Lead) return phase == TaskPhase::Running || phase == TaskPhase::Waiting;
            return phase != TaskPhase::Zombie && phase != TaskPhase::Gone;
        };
        for (std::size_t i = 0; i + 1 < points.size();) {
            const TaskPhase phase = points[i].phase;
            QPolygonF path{{scale.x(static_cast<double>(points[i].ns)), height(points[i].value)}};
            std::size_t j = i + 1;
            for (; j < points.size(); ++j) {
                extend(path, {scale.x(static_cast<double>(points[j].ns)), height(points[j].value)});
                if (points[j].phase != phase) break;
            }
            i = std::max(j, i + 1);
            if (!drawn(phase)) continue;
            dashed(s.line(path, color, Arrow::None, Bend::Straight, width * (wide(phase) ? 1.9 : 0.7)),
                   phase == TaskPhase::Asleep || phase == TaskPhase::Stopped);
        }
    }

    void marks(const VruntimeLine& l) {
        const QColor color = theme.task(l.pid);
        double lastX = -1e9;
        std::size_t index = 0;
        for (const VruntimePoint& p : l.points) {
            ++index;
            if (!p.mark) continue;
            const QPointF at(scale.x(static_cast<double>(p.ns)), height(p.value));
            if (at.x() < scale.left || at.x() > scale.right || at.y() < top - g || at.y() > bottom + g) continue;
            if (at.x() - lastX < g * 0.9) continue;  // those too near are told by the line
            lastX = at.x();
            const double r = g * 0.42;
            QPainterPath shape;
            switch (p.kind) {
                case SampleKind::Wake:  // up: runnable again
                    shape.moveTo(at + QPointF(0, -r * 1.3));
                    shape.lineTo(at + QPointF(r * 1.1, r * 0.7));
                    shape.lineTo(at + QPointF(-r * 1.1, r * 0.7));
                    shape.closeSubpath();
                    break;
                case SampleKind::Sleep:
                    shape.addEllipse(at, r, r);
                    break;
                case SampleKind::Exit:
                    shape.addRect(QRectF(at - QPointF(r, r) * 0.9, QSizeF(r, r) * 1.8));
                    break;
                default:
                    shape.moveTo(at + QPointF(0, -r * 1.2));
                    shape.lineTo(at + QPointF(r * 1.2, 0));
                    shape.lineTo(at + QPointF(0, r * 1.2));
                    shape.lineTo(at + QPointF(-r * 1.2, 0));
                    shape.closeSubpath();
            }
            s.path(shape, p.kind == SampleKind::Sleep ? theme.color(Role::Paper) : color, color, style.pen);
            Spot& spot = s.spot(QRectF(at - QPointF(g, g) * 0.6, QSizeF(g, g) * 1.2),
                                QStringLiteral("mark.%1.%2").arg(l.pid).arg(index),
                                QStringLiteral("%1 %2").arg(l.name).arg(l.pid),
                                Words::tr("%1 %2 %3 at %4, with %5 at %6. Click to go there.")
                                    .arg(l.name)
                                    .arg(l.pid)
                                    .arg(kindText(p.kind), timeText(static_cast<double>(p.ns), 1e3), valueName(),
                                         valueText(p.value, 1e3)),
                                Subject::task(l.pid));
            spot.click = {Command::Kind::Seek, m.axis.tick(p.ns), {}};
        }
    }

    QString valueName() const {
        return m.shows == VruntimeValue::CpuTime ? Words::tr("CPU time")
               : m.shows == VruntimeValue::Lead  ? Words::tr("its lead over min_vruntime")
                                                 : QStringLiteral("vruntime");
    }

    // One row a task: who it is, what it got, what it is owed.
    double table(double x, double y0, double width) {
        const double nameW = std::min(width * 0.42, style.em * 17), barW = width - nameW - style.em * 7 - g;
        s.text(QRectF(x, y0, nameW, row), Words::tr("task"), Font::Small, theme.color(Role::Muted));
        s.text(QRectF(x + nameW, y0, barW, row), Words::tr("got | owed"), Font::Small, theme.color(Role::Muted));
        double at = y0 + row;
        double most = 0.01;
        for (const VruntimeLine& l : m.lines) most = std::max({most, l.share, l.owed});
        for (const VruntimeLine& l : m.lines) {
            const QRectF box(x, at, width, row * 1.05);
            if (l.selected) s.selected(box);
            s.mark({x + g * 0.8, box.center().y()}, Theme::taskMark(l.pid), theme.task(l.pid));
            s.text(QRectF(x + g * 2, at, nameW - g * 2.5, box.height()), QStringLiteral("%1 %2").arg(l.name).arg(l.pid),
                   Font::Words);
            const QRectF bar(x + nameW, at + box.height() * 0.28, barW, box.height() * 0.44);
            s.box(QRectF(bar.topLeft(), QSizeF(bar.width() * l.share / most, bar.height())), theme.task(l.pid));
            const double owedX = bar.x() + bar.width() * l.owed / most;
            s.line({QPointF(owedX, at + box.height() * 0.12), QPointF(owedX, at + box.height() * 0.88)},
                   theme.color(Role::Ink), Arrow::None, Bend::Straight, style.pen * 1.2);
            s.text(QRectF(x + width - style.em * 7, at, style.em * 7, box.height()),
                   QStringLiteral("%1 %").arg(100 * l.share, 0, 'f', 1), Font::Mono, {},
                   Qt::AlignRight | Qt::AlignVCenter);
            s.spot(box, QStringLiteral("task.%1").arg(l.pid), QStringLiteral("%1 %2").arg(l.name).arg(l.pid),
                   Words::tr("%1 %2 (%3): weight %4, had the CPU for %5 of the %6 shown, that is %7 %; its weight "
                             "entitles it to %8 %. %9 is %10 now.")
                       .arg(l.name)
                       .arg(l.pid)
                       .arg(phaseText(l.phase))
                       .arg(l.weight)
                       .arg(durationText(l.ran), durationText(static_cast<double>(m.axis.shown())))
                       .arg(100 * l.share, 0, 'f', 1)
                       .arg(100 * l.owed, 0, 'f', 1)
                       .arg(valueName(), valueText(l.value, 1e3)),
                   Subject::task(l.pid));
            at += row * 1.05;
        }
        if (m.others) {
            s.text(QRectF(x, at, width, row),
                   Words::tr("%n more ran too short to be drawn", nullptr, static_cast<int>(m.others)), Font::Small,
                   theme.color(Role::Muted));
            at += row;
        }
        return at;
    }

    void legend(double x, double y0, double width) {
        const std::pair<QString, int> entries[] = {{Words::tr("running"), 0},
                                                   {Words::tr("waiting"), 1},
                                                   {Words::tr("asleep"), 2},
                                                   {QStringLiteral("min_vruntime"), 3}};
        double at = x;
        for (const auto& [text, look] : entries) {
            if (look == 3 && m.minimum.empty()) continue;
            const double w = style.width(Font::Small, text);
            if (at + 3 * g + w > x + width) break;
            const QColor color = theme.color(look == 3 ? Role::Muted : Role::Ink);
            dashed(s.line({QPointF(at, y0 + small / 2), QPointF(at + 2.2 * g, y0 + small / 2)}, color, Arrow::None,
                          Bend::Straight,
                          style.pen * (look == 0   ? 1.9
                                       : look == 3 ? 1.2
                                                   : 0.7)),
                   look >= 2);
            s.text(QRectF(at + 2.8 * g, y0, w + g, small), text, Font::Small, theme.color(Role::Muted));
            at += w + 4.5 * g;
        }
    }

    void paintAll() {
        const double margin = g * 1.5, width = s.size().width() - 2 * margin;
        double at = margin;
        at += s.heading({margin, at}, width, Words::tr("vruntime over time"), m.policy) + g * 0.5;
        at += paintTimeButtons(s, {margin, at}, width, m.axis) + g * 0.5;
        at += chooser(at, s.size().width() - margin) + g;
        const bool beside = width > style.em * 100;
        const double tableW = beside ? std::min(width * 0.32, style.em * 52) : width;
        scale.left = margin + style.em * 11;
        scale.right = beside ? margin + width - tableW - 3 * g : margin + width - g;
        const double tableH = row * (static_cast<double>(m.lines.size()) + 2);
        top = at + g;
        bottom = s.size().height() - margin - 2 * small - 2 * g - (beside ? 0 : tableH + g);
        bottom = std::max(bottom, top + row * 8);
        s.box(QRectF(scale.left, top - g * 0.5, scale.right - scale.left, bottom - top + g), theme.color(Role::Field));
        grid();
        const double numbers = paintTimeNumbers(s, scale, top - g * 0.5, bottom + g * 0.5);
        paintSeekArea(s, scale, QRectF(scale.left, top - g * 0.5, scale.right - scale.left, bottom - top + g));
        if (!m.minimum.empty()) {
            QPolygonF path;
            for (const VruntimePoint& p : m.minimum)
                extend(path, {scale.x(static_cast<double>(p.ns)), height(p.value)});
            dashed(s.line(path, theme.color(Role::Muted), Arrow::None, Bend::Straight, style.pen * 1.2), true);
        }
        // The selected one on top.
        for (auto l = m.lines.rbegin(); l != m.lines.rend(); ++l)
            line(l->points, theme.task(l->pid), style.pen * (l->selected ? 1.6 : 1));
        for (const VruntimeLine& l : m.lines) marks(l);
        paintNow(s, scale, top - g * 0.5, bottom + g * 0.5);
        const double below = bottom + g * 0.5 + numbers + g * 0.5;
        legend(scale.left, below, scale.right - scale.left);
        double end = below + small;
        if (beside)
            end = std::max(end, table(margin + width - tableW, top - g * 0.5, tableW));
        else
            end = table(margin, end + g * 0.5, width);
        if (m.thinned) {
            s.text(
                QRectF(margin, end, width, row),
                Words::tr("Old times are coarse: %1 samples were given up to save memory.").arg(countText(m.thinned)),
                Font::Small, theme.color(Role::Muted));
            end += row;
        }
        s.growTo(s.size().width(), end + g);
    }
};

}  // namespace

Scene paint(const VruntimeModel& model, const StylePtr& style, QSizeF size) {
    Scene scene(style, size);
    if (!model.loaded) {
        scene.empty(Words::tr("No machine is running. The sample hogs shows how vruntime shares out the CPU."));
        return scene;
    }
    if (model.lines.empty()) {
        scene.empty(Words::tr("No task has had the CPU yet. Run the program for a moment."));
        return scene;
    }
    Painter{model, scene}.paintAll();
    return scene;
}

}  // namespace ringside
