#include "widgets/boot/boot.h"

#include <algorithm>

#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"

namespace ringside {

BootModel buildBoot(const Snapshot& snapshot, const ViewOptions&) {
    BootModel m;
    if (!snapshot.now) return m;
    m.loaded = true;
    m.now = snapshot.now->cpu.tick;
    for (std::size_t i = 0; i < snapshot.events.size() && m.stations.size() < 60; ++i) {
        const Event& e = snapshot.events[i];
        if (e.kind == EventKind::Boot || e.kind == EventKind::Panic) {
            const QString text = qs(e.text);
            const qsizetype colon = text.indexOf(QLatin1String(": "));
            m.stations.push_back({e.tick,
                                  colon > 0 && colon < 40 ? text.left(colon) : text.section(QLatin1Char(' '), 0, 3),
                                  colon > 0 && colon < 40 ? text.mid(colon + 2) : text, e.tick <= m.now});
        } else if (e.kind == EventKind::Exec) {
            m.stations.push_back(
                {e.tick, QStringLiteral("execve"),
                 Words::tr("PID %1 becomes %2: the first instruction in user mode is next.").arg(e.pid).arg(qs(e.text)),
                 e.tick <= m.now});
            break;
        }
    }
    return m;
}

TextTwin twin(const BootModel& m) {
    TextTwin root(Words::tr("Boot"));
    for (const BootStation& station : m.stations)
        root.add(QStringLiteral("%1 %2").arg(countText(station.tick), station.title), station.text, false,
                 Subject::event(station.tick, 0));
    return root;
}

Scene paint(const BootModel& m, const StylePtr& style, QSizeF size) {
    Scene s(style, size);
    if (m.stations.empty()) {
        s.empty(
            m.loaded
                ? Words::tr("The machine is switched on and has not executed anything yet. Step, and the kernel boots.")
                : Words::tr("No machine is running. Open a program: the kernel boots before it starts."));
        return s;
    }
    const Theme& theme = s.theme();
    const double g = style->grid, margin = g * 2, width = size.width() - 2 * margin;
    double y = margin;
    y += s.heading({margin, y}, width, Words::tr("From power-on to the first program"),
                   Words::tr("click a station to go there")) +
         g;
    const double lineX = margin + g, tickW = style->width(Font::Mono, countText(m.stations.back().tick)) + 2 * g;
    QFontMetricsF metrics(style->font(Font::Words));
    QPointF previous;
    for (std::size_t i = 0; i < m.stations.size(); ++i) {
        const BootStation& st = m.stations[i];
        const double textX = lineX + 2 * g + tickW, textW = margin + width - textX - g;
        const double textH = metrics.boundingRect(QRectF(0, 0, textW, 1e6), Qt::TextWordWrap, st.text).height();
        const double h = style->lineHeight(Font::Strong) + textH + g;
        const QPointF centre(lineX, y + style->lineHeight(Font::Strong) / 2);
        if (i > 0)
            s.line({previous, centre}, theme.color(st.reached ? Role::Kernel : Role::Line), Arrow::None, Bend::Straight,
                   style->pen * 2);
        const bool here = st.reached && (i + 1 == m.stations.size() || !m.stations[i + 1].reached);
        if (here)
            s.box(QRectF(textX - g * 0.6, y - g * 0.3, textW + 1.6 * g, h), theme.fill(Role::Accent),
                  theme.color(Role::Accent));
        s.dot(centre, theme.color(st.reached ? Role::Kernel : Role::Line), here ? g : g * 0.7);
        s.text(QRectF(lineX + 2 * g, y, tickW - g, style->lineHeight(Font::Strong)), countText(st.tick), Font::Mono,
               theme.color(Role::Muted), Qt::AlignRight | Qt::AlignVCenter);
        const QColor ink =
            here ? theme.inkOn(theme.fill(Role::Accent)) : theme.color(st.reached ? Role::Ink : Role::Muted);
        s.text(QRectF(textX, y, textW, style->lineHeight(Font::Strong)), st.title, Font::Strong, ink);
        s.paragraph(QRectF(textX, y + style->lineHeight(Font::Strong), textW, textH + g), st.text, Font::Words, ink);
        Spot& spot = s.spot(QRectF(margin, y, width, h), QStringLiteral("station.%1").arg(i), st.title, st.text,
                            Subject::event(st.tick, 0));
        spot.click = {Command::Kind::Seek, st.tick, {}};
        previous = centre;
        y += h + g * 0.5;
    }
    s.growTo(size.width(), y + margin);
    return s;
}

}  // namespace ringside
