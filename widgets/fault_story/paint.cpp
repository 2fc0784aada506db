#include <algorithm>

#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/fault_story/fault_story.h"

namespace ringside {
namespace {

// A colour and a sign for each way a fault can end, so that they are told apart from the last row.
Role roleOf(EventKind kind) {
    switch (kind) {
        case EventKind::ZeroFill:
        case EventKind::ZeroPage:
            return Role::Data;
        case EventKind::FileFill:
            return Role::Code;
        case EventKind::CowCopy:
        case EventKind::CowReuse:
            return Role::Shared;
        case EventKind::SwapIn:
            return Role::Stack;
        case EventKind::SegFault:
            return Role::Kernel;
        default:
            return Role::Fault;
    }
}

struct Painter {
    const FaultStoryModel& m;
    Scene& s;
    const Style& style = s.style();
    const Theme& theme = s.theme();
    double g = style.grid, row = style.row(), small = style.lineHeight(Font::Small) + g * 0.35;

    double textHeight(const QString& text, double width) const {
        return QFontMetricsF(style.font(Font::Words))
            .boundingRect(QRectF(0, 0, width, 1e6), Qt::TextWordWrap, text)
            .height();
    }
    // The chips of the error code, drawn or only measured: returns their height.
    double chips(const FaultStation& st, double left, double top, double right, bool draw) {
        if (st.bits.empty()) return 0;
        double x = left, y = top;
        for (const auto& [name, set] : st.bits) {
            const double w = style.width(Font::Small, name) + g * 1.4;
            if (x > left && x + w > right) x = left, y += row * 1.15;
            if (draw) {
                const QRectF bit(x, y, w, row);
                s.box(bit, set ? theme.fill(Role::Fault) : theme.color(Role::Paper),
                      theme.color(set ? Role::Fault : Role::Line));
                s.text(bit, name, Font::Small, set ? theme.inkOn(theme.fill(Role::Fault)) : theme.color(Role::Muted),
                       Qt::AlignCenter);
            }
            x += w + g * 0.4;
        }
        return y + row - top + g;
    }
    double heightOf(const FaultStation& st, double w) {
        return style.lineHeight(Font::Strong) + textHeight(st.text, w - 2.3 * g) + chips(st, 0, 0, w - 2.3 * g, false) +
               small * static_cast<double>(st.lines.size()) + (st.lines.empty() ? 2 : 2.5) * g;
    }

    void station(std::size_t i, QRectF box) {
        const FaultStation& st = m.stations[i];
        const int number = static_cast<int>(i) + 1;
        const bool told = m.at == 0 || number <= m.at, here = number == m.at;
        const QColor edge = theme.color(told ? st.role : Role::Line);
        const QColor ink = theme.color(told ? Role::Ink : Role::Muted);
        s.box(box, theme.color(Role::Field), edge);
        if (here) s.changed(box);
        s.box(QRectF(box.x(), box.y(), g * 0.5, box.height()), edge);
        const double x = box.x() + g * 1.3, w = box.width() - 2.3 * g;
        double y = box.y() + g * 0.5;
        s.text(QRectF(x, y, w, style.lineHeight(Font::Strong)), QStringLiteral("%1  %2").arg(number).arg(st.title),
               Font::Strong, ink);
        y += style.lineHeight(Font::Strong) + g * 0.5;
        const double textH = textHeight(st.text, w);
        s.paragraph(QRectF(x, y, w, textH + g), st.text, Font::Words, ink);
        y += textH + g * 0.5;
        y += chips(st, x, y, x + w, true);
        lines(st, x, y, w, told);
        Spot& spot = s.spot(box, QStringLiteral("station.%1").arg(number), st.title, st.text, st.link);
        spot.click = {Command::Kind::Setting, 0, stationSetting(m, number, false)};
        spot.changed = here;
    }

    void lines(const FaultStation& st, double x, double y, double w, bool told) {
        double nameW = 0;
        for (const FaultLine& line : st.lines)
            nameW = std::max(nameW, line.depth * g * 1.2 + style.width(Font::MonoSmall, line.name) + 2 * g);
        for (const FaultLine& line : st.lines) {
            const double left = x + line.depth * g * 1.2;
            s.text(QRectF(left, y, std::max(0.0, x + std::min(nameW, w) - left), small), line.name, Font::MonoSmall,
                   theme.color(told ? Role::Ink : Role::Muted));
            if (w - nameW > style.em * 10)
                s.text(QRectF(x + nameW, y, w - nameW, small), line.what, Font::Small, theme.color(Role::Muted));
            y += small;
        }
    }

    // Play, one back, one on; the station clicked selects what it speaks of.
    // Returns the height: where they do not fit into one line there are two.
    double buttons(double left, double right, double y) {
        const int count = static_cast<int>(m.stations.size());
        struct Button {
            QString key, text, what;
            int to;
            bool plays;
        };
        const bool atEnd = m.at >= count;
        std::vector<Button> list{
            {QStringLiteral("all"), Words::tr("Whole story"), Words::tr("Shows all stations at once."), 0, false},
            {QStringLiteral("back"), Words::tr("Back"), Words::tr("One station back."), std::max(1, m.at - 1), false},
            {QStringLiteral("next"), Words::tr("Next"), Words::tr("One station on."), std::min(count, m.at + 1),
             m.playing},
            {QStringLiteral("play"), m.playing ? Words::tr("Stop") : Words::tr("Play"),
             m.playing ? Words::tr("Stops here.")
                       : Words::tr("Tells the story station by station; the other views follow."),
             m.playing ? m.at : (atEnd ? 1 : std::max(1, m.at)), !m.playing}};
        const double top = y;
        double x = right;
        for (auto it = list.rbegin(); it != list.rend(); ++it) {
            const double w = style.width(Font::Words, it->text) + 2 * g;
            if (x - w < left && x < right) x = right, y += row * 1.4;
            x -= w;
            const QRectF box(x, y, w, row * 1.2);
            const bool strong = it->key == QLatin1String("play");
            s.box(box, strong ? theme.fill(Role::Accent) : theme.color(Role::Field),
                  theme.color(strong ? Role::Accent : Role::Line));
            s.text(box, it->text, Font::Words, strong ? theme.inkOn(theme.fill(Role::Accent)) : theme.color(Role::Ink),
                   Qt::AlignCenter);
            const Subject link = it->to > 0 ? m.stations[static_cast<std::size_t>(it->to - 1)].link : Subject{};
            s.spot(box, QStringLiteral("play.") + it->key, it->text, it->what, link).click = {
                Command::Kind::Setting, 0, stationSetting(m, it->to, it->plays)};
            x -= g * 0.5;
        }
        return y + row * 1.2 - top;
    }

    void paintAll() {
        const double margin = g * 1.5, width = s.size().width() - 2 * margin;
        double y = margin;
        y += s.heading({margin, y}, width, m.title, Words::tr("tick %1").arg(countText(m.tick)));
        const double buttonsW = style.em * 44;
        const bool below = width < style.width(Font::Title, m.outcome) + 5 * g + buttonsW;
        const QRectF result(margin, y, std::min(width, style.width(Font::Title, m.outcome) + 5 * g),
                            style.lineHeight(Font::Title) + g);
        const Role role = roleOf(m.kind);
        s.box(result, theme.fill(role), theme.color(role), style.pen * 1.5);
        s.bolt(QRectF(result.x() + g * 0.5, result.y() + g * 0.5, g * 1.6, result.height() - g),
               theme.color(Role::Fault));
        s.text(result.adjusted(g * 3, 0, -g, 0), m.outcome, Font::Title, theme.inkOn(theme.fill(role)));
        s.spot(result, QStringLiteral("outcome"), m.outcome,
               Words::tr("%1. Click to go to this moment.").arg(m.outcome), Subject::event(m.tick, 0))
            .click = {Command::Kind::Seek, m.tick, {}};
        if (below) y = result.bottom() + g * 0.5;
        const double buttonsH = buttons(margin, margin + width, y + (below ? 0 : (result.height() - row * 1.2) / 2));
        y = (below ? y + buttonsH : result.bottom()) + g * 1.5;

        // Side by side while there is room; a station with many lines takes the whole width.
        const double least = style.em * 34, gap = 2 * g;
        const int columns = std::clamp(static_cast<int>((width + gap) / (least + gap)), 1, 4);
        const double w = (width - gap * (columns - 1)) / columns;
        QRectF token;
        for (std::size_t i = 0; i < m.stations.size();) {
            std::size_t count = 0;
            double h = 0;
            while (count < static_cast<std::size_t>(columns) && i + count < m.stations.size() &&
                   (count == 0 || !isWide(m.stations[i + count]))) {
                h = std::max(h, heightOf(m.stations[i + count], isWide(m.stations[i + count]) ? width : w));
                ++count;
                if (isWide(m.stations[i + count - 1])) break;
            }
            const bool wide = isWide(m.stations[i]);
            for (std::size_t k = 0; k < count; ++k) {
                const QRectF box(margin + static_cast<double>(k) * (w + gap), y, wide ? width : w, h);
                station(i + k, box);
                if (static_cast<int>(i + k) + 1 == m.at) token = box;
                if (k + 1 < count)
                    s.line({QPointF(box.right() + g * 0.2, box.y() + g * 1.5),
                            QPointF(box.right() + gap - g * 0.2, box.y() + g * 1.5)},
                           theme.color(Role::Muted), Arrow::End);
            }
            i += count;
            y += h + g * 1.5;
        }
        // The bolt travels from station to station.
        if (!token.isNull()) {
            const double size = row;
            s.box(QRectF(token.right() - size * 1.2, token.y() + g * 0.4, size, size), theme.color(Role::Fault),
                  theme.color(Role::Accent), -1, size / 2)
                .key = QStringLiteral("token");
        }
        if (m.playing) {
            s.next = QStringLiteral("play.next");
            s.pause = 2200;
        }
        s.growTo(s.size().width(), y + margin * 0.5);
        s.grows = true;
    }
    static bool isWide(const FaultStation& st) { return st.lines.size() > 5; }
};

}  // namespace

Scene paint(const FaultStoryModel& model, const StylePtr& style, QSizeF size) {
    Scene scene(style, size);
    if (!model.found) {
        scene.empty(model.loaded
                        ? Words::tr("No page fault has happened yet. Run to the next fault: the first instruction of "
                                    "a program already makes one.")
                        : Words::tr("No program is loaded. Open one and run to its first page fault."));
        return scene;
    }
    Painter{model, scene}.paintAll();
    return scene;
}

}  // namespace ringside
