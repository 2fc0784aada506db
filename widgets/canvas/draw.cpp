// How the shapes of a scene become ink. Only what both the raster and the SVG engine of Qt can do: no clipping (the SVG
// engine ignores it), so hatches are cut by hand.
#include <QCache>
#include <QPaintEngine>
#include <QPainter>
#include <QStaticText>
#include <algorithm>
#include <cmath>

#include "widgets/canvas/scene.h"

namespace ringside {
namespace {

void drawDiagonals(QPainter& painter, const QRectF& r, double step, const QColor& color, double width, bool rising) {
    QVector<QLineF> lines;
    double start = std::ceil((r.left() + r.top()) / step) * step;
    for (double c = start; c < r.right() + r.bottom(); c += step) {
        // x + y = c inside the rectangle
        double x1 = std::max(r.left(), c - r.bottom()), x2 = std::min(r.right(), c - r.top());
        if (x1 >= x2) continue;
        if (rising)
            lines << QLineF(x1, c - x1, x2, c - x2);
        else
            lines << QLineF(r.left() + r.right() - x1, c - x1, r.left() + r.right() - x2, c - x2);
    }
    painter.setPen(QPen(color, width));
    painter.drawLines(lines);
}

void drawStripes(QPainter& painter, const QRectF& r, double step, const QColor& color) {
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    for (double x = r.left() - r.height(); x < r.right(); x += 2 * step) {
        QPolygonF band{
            {x, r.bottom()}, {x + r.height(), r.top()}, {x + r.height() + step, r.top()}, {x + step, r.bottom()}};
        painter.drawPolygon(band.intersected(QPolygonF(r)));
    }
}

void draw(QPainter& painter, const BoxShape& s, const Style& style) {
    QPen pen = s.line.isValid() && s.width > 0 ? QPen(s.line, s.width) : QPen(Qt::NoPen);
    if (s.hatch == Hatch::None) {
        painter.setPen(pen);
        painter.setBrush(s.fill.isValid() ? QBrush(s.fill) : QBrush(Qt::NoBrush));
        if (s.radius > 0)
            painter.drawRoundedRect(s.rect, s.radius, s.radius);
        else
            painter.drawRect(s.rect);
        return;
    }
    if (s.fill.isValid()) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(s.fill);
        painter.drawRect(s.rect);
    }
    double step = style.grid;
    if (s.hatch == Hatch::Stripe) drawStripes(painter, s.rect, step, s.hatchColor);
    if (s.hatch == Hatch::Diagonal || s.hatch == Hatch::Cross)
        drawDiagonals(painter, s.rect, step, s.hatchColor, style.pen * 0.6, true);
    if (s.hatch == Hatch::Cross) drawDiagonals(painter, s.rect, step, s.hatchColor, style.pen * 0.6, false);
    painter.setPen(pen);
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(s.rect);
}

// Both fonts join characters into one glyph: Inter makes 0×5 of 0x5, JetBrains Mono an arrow of "->". A number is no
// product and a listing keeps its columns, so a zero-width non-joiner goes in between. Only the ink has it.
QString unjoined(const QString& text, Font font) {
    auto joins = [&](QChar a, QChar b) {
        if (font < Font::Mono) return a.isDigit() && b == 'x';
        static const QString kOperators("-<>=!&|:+*/.#~?^%");
        return kOperators.contains(a) && kOperators.contains(b);
    };
    QString out;
    for (qsizetype i = 0; i < text.size(); ++i) {
        out += text[i];
        if (i + 1 < text.size() && joins(text[i], text[i + 1])) out += QChar(0x200c);
    }
    return out;
}

// Shaping a text costs more than drawing it, and from step to step nearly all of them are the same.
const QStaticText& shaped(const QPainter& painter, const TextShape& s, const QFont& font) {
    static QCache<std::pair<QString, int>, QStaticText> cache(8000);
    const std::pair key{s.text, font.pixelSize() * static_cast<int>(Font::kCount) + static_cast<int>(s.font)};
    if (const QStaticText* known = cache.object(key)) return *known;
    auto* text = new QStaticText(unjoined(s.text, s.font));
    text->setTextFormat(Qt::PlainText);
    text->prepare(painter.transform(), font);
    cache.insert(key, text);
    return *text;
}

void draw(QPainter& painter, const TextShape& s, const Style& style) {
    painter.setFont(style.font(s.font));
    painter.setPen(s.color);
    if (!s.wrap && painter.paintEngine()->type() == QPaintEngine::Raster) {
        const QStaticText& text = shaped(painter, s, style.font(s.font));
        const bool mirrored = painter.layoutDirection() == Qt::RightToLeft ||
                              (painter.layoutDirection() == Qt::LayoutDirectionAuto && s.text.isRightToLeft());
        const bool right = s.align & (mirrored ? Qt::AlignLeft : Qt::AlignRight);
        const QSizeF room = s.rect.size() - text.size();
        const double x = s.align & Qt::AlignHCenter ? room.width() / 2 : right ? room.width() : 0;
        const double y = s.align & Qt::AlignVCenter ? room.height() / 2 : s.align & Qt::AlignBottom ? room.height() : 0;
        painter.drawStaticText(s.rect.topLeft() + QPointF(x, y), text);
        return;
    }
    int flags = static_cast<int>(s.align) | (s.wrap ? Qt::TextWordWrap : Qt::TextSingleLine) | Qt::TextDontClip;
    if (s.wrap && s.text.isRightToLeft()) flags |= Qt::TextForceRightToLeft;
    painter.drawText(s.rect, flags, unjoined(s.text, s.font));
}

void drawHead(QPainter& painter, QPointF tip, double angle, double size, const QColor& color, double width, bool hollow,
              const QColor& paper) {
    auto at = [&](double turn, double d) {
        return tip - QPointF(std::cos(angle + turn) * d, std::sin(angle + turn) * d);
    };
    painter.setPen(QPen(color, width, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.setBrush(hollow ? paper : color);
    painter.drawPolygon(QPolygonF{tip, at(0.42, size), at(-0.42, size)});
}

void draw(QPainter& painter, const LineShape& s, const Style& style) {
    if (s.points.size() < 2) return;
    QPainterPath path = pathOf(s);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(s.color, s.width, s.dashed ? Qt::DashLine : Qt::SolidLine, Qt::FlatCap, Qt::RoundJoin));
    painter.drawPath(path);
    if (s.arrow == Arrow::None) return;
    double size = style.grid * 0.9 + s.width;
    auto angleTo = [](QPointF a, QPointF b) { return std::atan2(b.y() - a.y(), b.x() - a.x()); };
    QPointF last = s.points.back(), before = s.points[s.points.size() - 2];
    double angle = s.bend == Bend::Curve ? (last.x() >= before.x() ? 0 : M_PI) : angleTo(before, last);
    QColor paper = style.theme.color(Role::Paper);
    drawHead(painter, last, angle, size, s.color, s.width * 0.7, s.arrow == Arrow::HollowEnd, paper);
    if (s.arrow == Arrow::Both) {
        double back =
            s.bend == Bend::Curve ? (s.points[0].x() >= s.points[1].x() ? 0 : M_PI) : angleTo(s.points[1], s.points[0]);
        drawHead(painter, s.points[0], back, size, s.color, s.width * 0.7, false, paper);
    }
}

void draw(QPainter& painter, const PathShape& s, const Style&) {
    painter.setPen(s.line.isValid() && s.width > 0 ? QPen(s.line, s.width, Qt::SolidLine, Qt::FlatCap, Qt::RoundJoin)
                                                   : QPen(Qt::NoPen));
    painter.setBrush(s.fill.isValid() ? QBrush(s.fill) : QBrush(Qt::NoBrush));
    painter.drawPath(s.path);
}

void draw(QPainter& painter, const ImageShape& s, const Style&) {
    painter.setRenderHint(QPainter::SmoothPixmapTransform, false);
    painter.drawImage(s.rect, s.image);
}

}  // namespace

QPainterPath pathOf(const LineShape& s) {
    QPainterPath path(s.points.front());
    if (s.bend == Bend::Curve && s.points.size() == 2) {
        double half = (s.points[1].x() - s.points[0].x()) / 2;
        path.cubicTo(s.points[0] + QPointF(half, 0), s.points[1] - QPointF(half, 0), s.points[1]);
        return path;
    }
    for (qsizetype i = 1; i < s.points.size(); ++i) {
        if (s.bend != Bend::Rounded || i + 1 == s.points.size()) {
            path.lineTo(s.points[i]);
            continue;
        }
        QLineF in(s.points[i], s.points[i - 1]), out(s.points[i], s.points[i + 1]);
        double r = std::min({6.0 + s.width, in.length() / 2, out.length() / 2});
        in.setLength(r);
        out.setLength(r);
        path.lineTo(in.p2());
        path.quadTo(s.points[i], out.p2());
    }
    return path;
}

void Scene::begin(QPainter& painter) {
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setRenderHint(QPainter::TextAntialiasing);
    // Addresses grow and time flows to the right in every language; only sentences follow their own direction.
    painter.setLayoutDirection(Qt::LeftToRight);
}

void Scene::drawShape(QPainter& painter, std::size_t index) const {
    std::visit([&](const auto& s) { ringside::draw(painter, s, style()); }, m_shapes[index].what);
}

void Scene::draw(QPainter& painter, const QRectF& visible, double progress) const {
    if (isNull()) return;
    begin(painter);
    const double lean = style().row();  // ink may leave its shape's bounds by so much
    const QRectF reach = visible.adjusted(-lean, -lean, lean, lean);
    for (std::size_t i = 0; i < m_shapes.size(); ++i) {
        const Shape& shape = m_shapes[i];
        QPointF offset = shape.travels ? shape.from * (1 - progress) : QPointF();
        if (!boundsOf(shape).translated(offset).intersects(reach)) continue;
        if (!offset.isNull()) painter.translate(offset);
        drawShape(painter, i);
        if (!offset.isNull()) painter.translate(-offset);
    }
}

}  // namespace ringside
