#include "widgets/lanes/paint_spans.h"

#include <algorithm>

namespace ringside {

QRectF spanRect(const TimeScale& scale, const QRectF& area, u64 from, u64 to) {
    const double a = std::clamp(scale.x(static_cast<double>(from)), area.left(), area.right());
    const double b = std::clamp(scale.x(static_cast<double>(to)), area.left(), area.right());
    return {a, area.y(), std::max(b - a, 0.5), area.height()};
}

void paintSpans(Scene& s, const TimeScale& scale, const QRectF& area, const std::vector<PhaseSpan>& spans, i32 pid) {
    const Theme& theme = s.theme();
    const QColor color = theme.task(pid), pale = blend(theme.color(Role::Paper), color, 0.28);
    const double h = area.height();
    const auto part = [&](const QRectF& box, double from, double share) {  // from below
        return QRectF(box.x(), box.bottom() - h * (from + share), box.width(), h * share);
    };
    for (const PhaseSpan& span : spans) {
        const QRectF box = spanRect(scale, area, span.from, span.to);
        if (span.summary) {
            const double ran = span.user + span.kernel;
            if (span.waiting > 0.01) s.box(part(box, ran, span.waiting), pale, {}, 0, 0);
            if (ran > 0) s.box(part(box, 0, ran), color, {}, 0, 0);
            if (ran + span.waiting < 0.02)
                s.line({QPointF(box.left(), box.center().y()), QPointF(box.right(), box.center().y())},
                       theme.color(Role::Line));
            continue;
        }
        switch (span.phase) {
            case TaskPhase::Running:
                s.box(box, color, {}, 0, 0);
                // The part of the time that it spent in the kernel.
                if (span.kernel > 0.02 && box.width() > s.style().grid * 0.5)
                    s.hatched(part(box, 0, span.kernel), color, {}, Hatch::Diagonal, theme.inkOn(color), 0);
                break;
            case TaskPhase::Waiting:
                if (box.width() > s.style().grid)
                    s.hatched(box, blend(theme.color(Role::Paper), color, 0.1), {}, Hatch::Diagonal, pale, 0);
                else
                    s.box(box, pale, {}, 0, 0);
                break;
            case TaskPhase::Asleep:
                s.line({QPointF(box.left(), box.center().y()), QPointF(box.right(), box.center().y())},
                       theme.color(Role::Line));
                break;
            case TaskPhase::Stopped:
                s.box(box.adjusted(0, h * 0.3, 0, -h * 0.3), theme.fill(Role::Stack), theme.color(Role::Stack));
                break;
            case TaskPhase::Zombie:
                s.hatched(box.adjusted(0, h * 0.35, 0, -h * 0.35), theme.color(Role::Paper), theme.color(Role::Line),
                          Hatch::Cross, theme.color(Role::Line), 0);
                break;
            case TaskPhase::Gone:
                break;
        }
    }
}

}  // namespace ringside
