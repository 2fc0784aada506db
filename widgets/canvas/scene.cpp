#include "widgets/canvas/scene.h"

#include <QHash>
#include <algorithm>
#include <cmath>

#include "widgets/canvas/words.h"

namespace ringside {
namespace {

template <class... F>
struct Overloaded : F... {
    using F::operator()...;
};

QRectF textRect(const Style& style, QPointF at, const QString& text, Font font) {
    return {at.x(), at.y(), std::ceil(style.width(font, text)) + 2, style.lineHeight(font)};
}

QString elided(const Style& style, const QString& text, Font font, double width) {
    if (style.width(font, text) <= width + 0.5) return text;
    return QFontMetricsF(style.font(font)).elidedText(text, Qt::ElideRight, width);
}

}  // namespace

Shape& Scene::add(Shape shape) { return m_shapes.emplace_back(std::move(shape)); }

Shape& Scene::box(QRectF rect, QColor fill, QColor line, double width, double radius) {
    BoxShape box{rect,        fill, line, width < 0 ? style().pen : width, radius < 0 ? style().grid * 0.25 : radius,
                 Hatch::None, {}};
    return add({box, {}, {}, false});
}

Shape& Scene::hatched(QRectF rect, QColor fill, QColor line, Hatch hatch, QColor hatchColor, double radius) {
    BoxShape box{rect, fill, line, style().pen, radius < 0 ? 0 : radius, hatch, hatchColor};
    return add({box, {}, {}, false});
}

Shape& Scene::text(QRectF rect, const QString& text, Font font, QColor color, Qt::Alignment align) {
    if (!color.isValid()) color = theme().color(Role::Ink);
    if (!(align & Qt::AlignVertical_Mask)) align |= Qt::AlignVCenter;
    QString shown = elided(style(), text, font, rect.width());
    QString whole = shown == text ? QString() : text;
    return add({TextShape{rect, std::move(shown), font, color, align, false, std::move(whole)}, {}, {}, false});
}

Shape& Scene::text(QPointF topLeft, const QString& words, Font font, QColor color) {
    return text(textRect(style(), topLeft, words, font), words, font, color);
}

Shape& Scene::paragraph(QRectF rect, const QString& words, Font font, QColor color) {
    if (!color.isValid()) color = theme().color(Role::Ink);
    return add({TextShape{rect, words, font, color, Qt::AlignLeft | Qt::AlignTop, true, {}}, {}, {}, false});
}

double Scene::wrappedHeight(const QString& words, Font font, double width) const {
    const QFontMetricsF metrics(style().font(font));
    return std::ceil(metrics.boundingRect(QRectF(0, 0, width, 1e6), Qt::TextWordWrap, words).height());
}

Shape& Scene::line(QPolygonF points, QColor color, Arrow arrow, Bend bend, double width) {
    return add(
        {LineShape{std::move(points), color, width < 0 ? style().pen : width, arrow, bend, false}, {}, {}, false});
}

Shape& Scene::path(QPainterPath path, QColor fill, QColor line, double width) {
    return add({PathShape{std::move(path), fill, line, width < 0 ? style().pen : width}, {}, {}, false});
}

Shape& Scene::image(QRectF rect, QImage image) { return add({ImageShape{rect, std::move(image)}, {}, {}, false}); }

void Scene::dot(QPointF c, QColor color, double radius) {
    double r = radius < 0 ? style().grid * 0.4 : radius;
    QPainterPath p;
    p.addEllipse(c, r, r);
    path(p, color);
}

Shape& Scene::mark(QPointF c, Mark mark, QColor color, double size) {
    double r = (size < 0 ? style().grid * 1.2 : size) / 2;
    QPainterPath p;
    auto regular = [&](int corners, double turn, double inner = 1) {
        QPolygonF polygon;
        int count = inner < 1 ? corners * 2 : corners;
        for (int i = 0; i < count; ++i) {
            double a = turn + 2 * M_PI * i / count, d = (inner < 1 && i % 2) ? r * inner : r;
            polygon << c + QPointF(std::cos(a) * d, std::sin(a) * d);
        }
        p.addPolygon(polygon);
        p.closeSubpath();
    };
    switch (mark) {
        case Mark::Circle:
            p.addEllipse(c, r, r);
            break;
        case Mark::Square:
            p.addRect(QRectF(c.x() - r * 0.85, c.y() - r * 0.85, r * 1.7, r * 1.7));
            break;
        case Mark::Triangle:
            regular(3, -M_PI / 2);
            break;
        case Mark::Diamond:
            regular(4, 0);
            break;
        case Mark::Pentagon:
            regular(5, -M_PI / 2);
            break;
        case Mark::Cross:
            p.addRect(QRectF(c.x() - r, c.y() - r * 0.35, r * 2, r * 0.7));
            p.addRect(QRectF(c.x() - r * 0.35, c.y() - r, r * 0.7, r * 2));
            p.setFillRule(Qt::WindingFill);
            break;
        case Mark::Star:
            regular(5, -M_PI / 2, 0.45);
            break;
        case Mark::Bar:
            p.addRect(QRectF(c.x() - r * 0.4, c.y() - r, r * 0.8, r * 2));
            break;
    }
    return path(p, color);
}

void Scene::bolt(QRectF r, QColor color) {
    auto at = [&](double x, double y) { return QPointF(r.x() + r.width() * x, r.y() + r.height() * y); };
    QPainterPath p;
    p.addPolygon(QPolygonF{at(0.60, 0), at(0.15, 0.58), at(0.47, 0.58), at(0.38, 1), at(0.85, 0.40), at(0.53, 0.40)});
    p.closeSubpath();
    path(p, color, theme().color(Role::Ink), style().pen * 0.6);
}

void Scene::changed(QRectF rect) {
    box(rect, theme().fill(Role::Accent), theme().color(Role::Accent));
    double r = style().grid * 0.3;
    dot({rect.right() - style().grid, rect.center().y()}, theme().color(Role::Accent), r);
}

void Scene::selected(QRectF rect) {
    double w = style().pen * 1.5;
    box(rect.adjusted(-w / 2, -w / 2, w / 2, w / 2), {}, theme().color(Role::Selected), w);
}

double Scene::caption(QPointF topLeft, double width, const QString& sentence, const QString& key) {
    double g = style().grid;
    QFontMetricsF metrics(style().font(Font::Words));
    QRectF inner(0, 0, std::max(g * 8, width - 3 * g), 1e6);
    double h =
        std::max(metrics.boundingRect(inner, Qt::TextWordWrap, sentence).height(), style().lineHeight(Font::Words));
    QRectF rect(topLeft, QSizeF(width, h + 2 * g));
    box(rect, theme().color(Role::Note), theme().color(Role::Line), style().pen * 0.7);
    paragraph(rect.adjusted(g * 1.5, g, -g * 1.5, -g + 1), sentence);
    spot(rect, key, sentence, sentence);
    return rect.height();
}

double Scene::heading(QPointF topLeft, double width, const QString& title, const QString& aside) {
    double h = style().lineHeight(Font::Strong) + style().grid * 0.5,
           w = style().width(Font::Strong, title) + style().grid;
    text(QRectF(topLeft, QSizeF(std::min(w, width), h)), title, Font::Strong);
    if (aside.isEmpty()) return h;
    if (w + style().width(Font::Small, aside) <= width) {
        text(QRectF(topLeft.x() + w, topLeft.y(), width - w, h), aside, Font::Small, theme().color(Role::Muted));
        return h;
    }
    // Below the title, where it is told whole.
    const QRectF below(topLeft.x(), topLeft.y() + h, width, wrappedHeight(aside, Font::Small, width));
    paragraph(below, aside, Font::Small, theme().color(Role::Muted));
    return h + below.height() + style().grid * 0.25;
}

void Scene::empty(const QString& sentence, const QString& offer, const Command& command) {
    grows = false;  // in all views alike
    double g = style().grid, width = std::clamp(m_size.width() - 4 * g, style().em * 16, style().em * 60);
    growTo(width + 4 * g, 0);
    QFontMetricsF metrics(style().font(Font::Words));
    double h = metrics.boundingRect(QRectF(0, 0, width, 1e6), Qt::TextWordWrap, sentence).height();
    QRectF rect(2 * g, 2 * g, width, h + 2);
    growTo(0, rect.bottom() + g);
    paragraph(rect, sentence, Font::Words, theme().color(Role::Muted));
    spot(rect, "empty", sentence, sentence);
    if (offer.isEmpty()) return;
    QRectF button(2 * g, rect.bottom() + g, style().width(Font::Strong, offer) + 3 * g,
                  style().lineHeight(Font::Strong) + g);
    growTo(button.right() + g, button.bottom() + g);
    box(button, theme().color(Role::Field), theme().color(Role::Line));
    text(button, offer, Font::Strong, {}, Qt::AlignCenter);
    Spot& s = spot(button, "offer", offer, offer);
    s.click = command;
    s.activate = command;
}

Spot& Scene::spot(QRectF rect, QString key, QString label, QString what, Subject subject) {
    Spot s;
    s.rect = rect;
    s.key = std::move(key);
    s.label = std::move(label);
    s.what = std::move(what);
    s.subject = std::move(subject);
    return m_spots.emplace_back(std::move(s));
}

const Spot* Scene::spotAt(QPointF point) const {
    for (auto it = m_spots.rbegin(); it != m_spots.rend(); ++it)
        if (it->rect.contains(point)) return &*it;
    return nullptr;
}

QString Scene::cutTextAt(QPointF point) const {
    QStringList whole;
    for (const Shape& shape : m_shapes)
        if (auto* text = std::get_if<TextShape>(&shape.what);
            text && !text->whole.isEmpty() && text->rect.contains(point))
            whole << text->whole;
    return whole.join('\n');
}

const Spot* Scene::spotByKey(const QString& key) const {
    auto it = std::find_if(m_spots.begin(), m_spots.end(), [&](const Spot& s) { return s.key == key; });
    return it == m_spots.end() ? nullptr : &*it;
}

QRectF boundsOf(const Shape& shape) {
    return std::visit(
        Overloaded{
            [](const BoxShape& s) { return s.rect.adjusted(-s.width, -s.width, s.width, s.width); },
            [](const TextShape& s) { return s.rect; },
            [](const LineShape& s) {
                double w = s.width + 12;  // arrow heads and curves lean out
                return s.points.boundingRect().adjusted(-w, -w, w, w);
            },
            [](const PathShape& s) { return s.path.controlPointRect().adjusted(-s.width, -s.width, s.width, s.width); },
            [](const ImageShape& s) { return s.rect; }},
        shape.what);
}

void Scene::appendBelow(const Scene& other) {
    const QPointF by(0, m_size.height());
    for (Shape shape : other.m_shapes) {
        std::visit(Overloaded{[&](LineShape& s) { s.points.translate(by); },
                              [&](PathShape& s) { s.path.translate(by); }, [&](auto& s) { s.rect.translate(by); }},
                   shape.what);
        m_shapes.push_back(std::move(shape));
    }
    growTo(other.m_size.width(), m_size.height() + other.m_size.height());
}

// Everything a shape may leave ink on, its travel included. Texts lean out of their place a little.
static QRectF inkOf(const Shape& shape, const Style& style) {
    QRectF r = boundsOf(shape);
    if (const auto* text = std::get_if<TextShape>(&shape.what)) {
        if (text->wrap)
            r = r.united(QFontMetricsF(style.font(text->font)).boundingRect(text->rect, Qt::TextWordWrap, text->text));
        const double lean = style.lineHeight(text->font) / 2;
        r.adjust(-lean, -lean, lean, lean);
    }
    if (shape.travels) r = r.united(r.translated(shape.from));
    return r;
}

std::optional<std::vector<QRectF>> Scene::differsFrom(const Scene& before) const {
    if (isNull() || before.m_style != m_style || before.m_size != m_size) return {};
    // Both lists are walked in step; where they part, what was put in or taken out is a few shapes long.
    constexpr std::size_t kAhead = 32, kMostParts = 12;
    const std::vector<Shape>&old = before.m_shapes, &now = m_shapes;
    std::vector<QRectF> parts;
    auto differs = [&](const Shape& shape) {
        QRectF r = inkOf(shape, style());
        for (bool grown = true; grown;) {
            grown = false;
            for (std::size_t i = 0; i < parts.size(); ++i)
                if (parts[i].intersects(r)) {
                    r = r.united(parts[i]);
                    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(i));
                    grown = true;
                    break;
                }
        }
        parts.push_back(r);
    };
    // How many shapes must be skipped in `list` to find `shape`; 0: not near.
    auto ahead = [&](const std::vector<Shape>& list, std::size_t from, const Shape& shape) {
        for (std::size_t d = 1; d <= kAhead && from + d < list.size(); ++d)
            if (list[from + d] == shape) return d;
        return std::size_t{0};
    };
    for (std::size_t i = 0, j = 0; i < old.size() || j < now.size();) {
        if (parts.size() > kMostParts) return {};
        if (i == old.size()) {
            differs(now[j++]);
        } else if (j == now.size()) {
            differs(old[i++]);
        } else if (old[i] == now[j]) {
            if (now[j].travels) differs(now[j]);
            ++i, ++j;
        } else if (const std::size_t more = ahead(now, j, old[i])) {
            for (std::size_t d = 0; d < more; ++d) differs(now[j++]);
        } else if (const std::size_t less = ahead(old, i, now[j])) {
            for (std::size_t d = 0; d < less; ++d) differs(old[i++]);
        } else {
            differs(old[i++]);
            differs(now[j++]);
        }
    }
    return parts;
}

bool Scene::travelFrom(const Scene& before) {
    QHash<QString, QPointF> places;
    for (const Shape& shape : before.m_shapes)
        if (!shape.key.isEmpty()) places.insert(shape.key, boundsOf(shape).topLeft());
    bool moves = false;
    for (Shape& shape : m_shapes) {
        if (!shape.key.isEmpty() && !shape.travels) {
            auto it = places.find(shape.key);
            if (it != places.end()) {
                shape.from = *it - boundsOf(shape).topLeft();
                shape.travels = shape.from.manhattanLength() > 1;
            }
        }
        moves = moves || shape.travels;
    }
    return moves;
}

}  // namespace ringside
