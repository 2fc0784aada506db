#include <QLocale>

#include "widgets/canvas/words.h"
#include "widgets/futures/futures.h"

namespace ringside {
namespace {

QString grouped(u64 n) { return QLocale(QLocale::English).toString(static_cast<qulonglong>(n)); }

// One line for each future along the ticks, leaving the line of its parent where they parted.
double paintTree(Scene& s, const FuturesModel& m, double left, double top, double width) {
    const Style& style = s.style();
    const Theme& theme = s.theme();
    const double g = style.grid, row = style.row() * 2.3;
    const double span = static_cast<double>(std::max<Tick>(m.latest, 1));
    const auto x = [&](Tick t) { return left + g + (width - 2 * g) * static_cast<double>(t) / span; };
    std::vector<std::pair<u32, double>> lineOf;
    double y = top;
    for (const auto& r : m.rows) {
        const double mid = y + row * 0.72;
        const QColor color = r.current ? theme.color(Role::Accent) : theme.color(Role::Muted);
        for (const auto& [id, parentY] : lineOf)
            if (id == r.parent)
                s.line({{x(r.parted), parentY}, {x(r.parted), mid}}, color, Arrow::None, Bend::Straight,
                       style.pen * 1.4);
        s.line({{x(r.parted), mid}, {x(r.end), mid}}, color, Arrow::None, Bend::Straight,
               style.pen * (r.current ? 3 : 1.6));
        // The end: full when it ended, and a dot where it left its parent.
        s.dot({x(r.end), mid}, color, g * 0.5);
        if (r.parent) s.dot({x(r.parted), mid}, color, g * 0.35);
        lineOf.push_back({r.id, mid});
        const QString name = Words::tr("future %1").arg(r.id);
        const QString text = QString("%1: %2").arg(name, r.change);
        const double fateW = std::min(style.width(Font::Small, r.fate + " · " + r.memory) + g, width * 0.5);
        s.text(QRectF(left, y, width - fateW - g, style.row()), text, r.current ? Font::Strong : Font::Words);
        s.text(QRectF(left + width - fateW, y, fateW, style.row()), r.fate + " · " + r.memory, Font::Small,
               theme.color(Role::Muted), Qt::AlignRight | Qt::AlignVCenter);
        QString what = r.parent
                           ? Words::tr("Future %1 parted from future %2 at tick %3, where you did this: %4. It %5.")
                                 .arg(r.id)
                                 .arg(r.parent)
                                 .arg(grouped(r.parted), r.change, r.fate)
                           : Words::tr("Future %1 is the run as it began. It %2.").arg(r.id).arg(r.fate);
        what += " " + (r.current ? Words::tr("We are in it.") : Words::tr("Double click goes on in it."));
        const QRectF area(left, y, width, row);
        if (r.compared) s.box(area.adjusted(-g * 0.5, 0, g * 0.5, 0), {}, theme.color(Role::Accent), style.pen);
        Spot& spot = s.spot(area, QString("future:%1").arg(r.id), text, what, Subject::event(r.parted, 0));
        if (!r.current) {
            const Command go{Command::Kind::Ask, r.id, "future"};
            spot.activate = go;
            spot.offers = {{Words::tr("Go on in this future"), go},
                           {Words::tr("Compare with the one we are in"),
                            {Command::Kind::Ask, r.id, QString("future-compare %1").arg(m.current)}}};
            if (r.removable)
                spot.offers.push_back({Words::tr("Forget it"), {Command::Kind::Ask, r.id, "future-remove"}});
        }
        y += row;
    }
    // Now, across the line that we are on and no text.
    for (const auto& [id, mid] : lineOf)
        if (id == m.current)
            s.line({{x(m.now), mid - g}, {x(m.now), mid + g * 0.9}}, theme.color(Role::Ink), Arrow::None,
                   Bend::Straight, style.pen * 1.4);
    return y - top;
}

double paintComparison(Scene& s, const FuturesModel& m, double left, double top, double width) {
    const Style& style = s.style();
    const Theme& theme = s.theme();
    const double g = style.grid, row = style.row() * 1.1;
    double y = top;
    y += s.heading({left, y}, width, Words::tr("Comparison")) + g * 0.5;
    y += s.caption({left, y}, width, m.verdict, "verdict") + g;
    const double whatW = width * 0.26, sideW = (width - whatW) / 2;
    const auto cells = [&](const QString& a, const QString& b, const QString& c, Font font) {
        s.text(QRectF(left, y, whatW - g, row), a, Font::Words, theme.color(Role::Muted));
        s.text(QRectF(left + whatW, y, sideW - g, row), b, font);
        s.text(QRectF(left + whatW + sideW, y, sideW - g, row), c, font);
    };
    cells({}, Words::tr("future %1").arg(m.first), Words::tr("future %1").arg(m.second), Font::Strong);
    y += row;
    int index = 0;
    for (const auto& l : m.lines) {
        cells(l.what, l.first, l.second, Font::Mono);
        Spot& spot = s.spot({left, y, width, row}, QString("line:%1").arg(index++), l.what,
                            l.second.isEmpty() ? Words::tr("%1: %2").arg(l.what, l.first)
                                               : Words::tr("%1: %2 in future %3, %4 in future %5")
                                                     .arg(l.what, l.first)
                                                     .arg(m.first)
                                                     .arg(l.second)
                                                     .arg(m.second),
                            l.tick ? Subject::event(l.tick, 0) : Subject{});
        if (l.tick) spot.activate = {Command::Kind::Seek, l.tick, {}};
        y += row;
    }
    return y - top;
}

}  // namespace

Scene paint(const FuturesModel& m, const StylePtr& style, QSizeF size) {
    Scene s(style, size);
    s.grows = true;
    if (!m.loaded) {
        s.empty(Words::tr("No machine is running. Open a program."));
        return s;
    }
    const double g = style->grid, margin = g * 1.5, width = size.width() - 2 * margin;
    double y = margin;
    y += s.heading({margin, y}, width, Words::tr("Futures"), Words::tr("each a run of its own from where it parted")) +
         g;
    y += paintTree(s, m, margin, y, width) + g;
    if (m.rows.size() < 2)
        y += s.caption(
                 {margin, y}, width,
                 Words::tr("There is one future so far. Go back in time and change something (double click a "
                           "register, or right-click an address or a task and choose “What if”): both are kept, and "
                           "can be compared here."),
                 "alone") +
             g;
    if (!m.verdict.isEmpty()) y += paintComparison(s, m, margin, y, width) + g;
    s.paragraph(QRectF(margin, y, width, style->row() * 3), m.history, Font::Small, s.theme().color(Role::Muted));
    s.growTo(0, y + style->row() * 3);
    return s;
}

}  // namespace ringside
