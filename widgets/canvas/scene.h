// A retained picture: what a painter of a view model produces. It knows no widget: the canvas draws it, the export
// writes it as PNG or SVG, hit tests and tests read it.
//
// Two lists. Shapes are ink, drawn in order. Spots are the things a person can point at: each with a name, one sentence
// that explains it with its actual values, what it selects, and whether the last step changed it.
//
// Shapes with a key move: when the next scene has a shape of the same key elsewhere, the canvas lets it travel there.
#pragma once

#include <QImage>
#include <QPainterPath>
#include <QPolygonF>
#include <functional>
#include <optional>
#include <variant>
#include <vector>

#include "widgets/canvas/style.h"
#include "widgets/canvas/subject.h"

class QPainter;

namespace ringside {

enum class Hatch : u8 { None, Diagonal, Stripe, Cross };
enum class Arrow : u8 { None, End, Both, HollowEnd };
enum class Bend : u8 { Straight, Rounded, Curve };  // Curve: leaves and arrives horizontally

struct BoxShape {
    QRectF rect;
    QColor fill, line;  // invalid: none
    double width = 0;   // of the line
    double radius = 0;
    Hatch hatch = Hatch::None;
    QColor hatchColor;
    bool operator==(const BoxShape&) const = default;
};
struct TextShape {
    QRectF rect;
    QString text;
    Font font = Font::Words;
    QColor color;
    Qt::Alignment align = Qt::AlignLeft | Qt::AlignVCenter;
    bool wrap = false;
    QString whole;  // what it would say with more room; empty when nothing was cut
    bool operator==(const TextShape&) const = default;
};
struct LineShape {
    QPolygonF points;
    QColor color;
    double width = 1;
    Arrow arrow = Arrow::None;
    Bend bend = Bend::Straight;
    bool dashed = false;
    bool operator==(const LineShape&) const = default;
};
struct PathShape {
    QPainterPath path;
    QColor fill, line;
    double width = 0;
    bool operator==(const PathShape&) const = default;
};
struct ImageShape {  // drawn without smoothing: one pixel is one cell
    QRectF rect;
    QImage image;
    bool operator==(const ImageShape&) const = default;
};

struct Shape {
    std::variant<BoxShape, TextShape, LineShape, PathShape, ImageShape> what;
    QString key;   // empty: does not move
    QPointF from;  // offset at which its travel starts, when `travels`
    bool travels = false;
    bool operator==(const Shape&) const = default;
};

struct Offer {
    QString text;
    Command command;
};

struct Spot {
    QRectF rect;
    QString key;    // stable name within the view: "rax", "frame:12"
    QString label;  // accessible name
    QString what;   // the sentence that explains it
    Subject subject;
    bool changed = false;
    Command click;              // beyond selecting
    Command activate;           // double click, Enter
    std::vector<Offer> offers;  // context menu
    QString edit;               // when `activate` is a Poke: what the field to type in begins with
    // A spot that stands for many cells (65,536 frames): says which one is at a point.
    std::function<Spot(QPointF)> resolve;
    bool slides =
        false;  // with `resolve`: dragging goes from cell to cell, and letting go clicks the one that is there
};

class Scene {
 public:
    Scene() = default;
    Scene(StylePtr style, QSizeF size) : m_style(std::move(style)), m_size(size) {}

    const Style& style() const { return *m_style; }
    StylePtr stylePtr() const { return m_style; }
    const Theme& theme() const { return m_style->theme; }
    bool isNull() const { return !m_style; }
    QSizeF size() const { return m_size; }
    void setSize(QSizeF size) { m_size = size; }
    void growTo(double width, double height) { m_size = m_size.expandedTo({width, height}); }

    // The ink of another picture under this one, for exports.
    void appendBelow(const Scene& other);

    // Adding ink. The shape is returned so that a painter can set its key; good until the next one is added.
    Shape& box(QRectF rect, QColor fill, QColor line = {}, double width = -1, double radius = -1);
    Shape& hatched(QRectF rect, QColor fill, QColor line, Hatch hatch, QColor hatchColor, double radius = -1);
    // Cut with an ellipsis where it does not fit; hovering then shows all of it.
    Shape& text(QRectF rect, const QString& text, Font font = Font::Words, QColor color = {},
                Qt::Alignment align = Qt::AlignLeft | Qt::AlignVCenter);
    Shape& text(QPointF topLeft, const QString& text, Font font = Font::Words, QColor color = {});   // as wide as it is
    Shape& paragraph(QRectF rect, const QString& text, Font font = Font::Words, QColor color = {});  // wraps
    double wrappedHeight(const QString& text, Font font, double width) const;                        // of a paragraph
    Shape& line(QPolygonF points, QColor color, Arrow arrow = Arrow::None, Bend bend = Bend::Straight,
                double width = -1);
    Shape& path(QPainterPath path, QColor fill, QColor line = {}, double width = -1);
    Shape& image(QRectF rect, QImage image);

    // Signs used by many views.
    void dot(QPointF centre, QColor color, double radius = -1);
    Shape& mark(QPointF centre, Mark mark, QColor color, double size = -1);  // the shape of a task
    void bolt(QRectF rect, QColor color);                                    // interrupt, exception, fault
    void changed(QRectF rect);                                               // "changed just now": fill, outline, dot
    void selected(QRectF rect);                                              // the shared selection
    double caption(QPointF topLeft, double width, const QString& sentence,
                   const QString& key = QStringLiteral("caption"));  // the note box; returns its height
    // A title, and beside it, or below where it is narrow, what more there is to say; returns its height.
    double heading(QPointF topLeft, double width, const QString& title, const QString& aside = {});
    void empty(const QString& sentence, const QString& offer = {}, const Command& command = {});  // never a dead end

    Spot& spot(QRectF rect, QString key, QString label, QString what, Subject subject = {});

    const std::vector<Shape>& shapes() const { return m_shapes; }
    const std::vector<Spot>& spots() const { return m_spots; }
    const Spot* spotAt(QPointF point) const;  // topmost
    const Spot* spotByKey(const QString& key) const;
    QString cutTextAt(QPointF point) const;  // whole texts there of which only a part could be shown

    // Draws what touches `visible`. `progress` 0..1 is where travelling shapes are.
    void draw(QPainter& painter, const QRectF& visible, double progress = 1) const;
    // The same, shape by shape.
    static void begin(QPainter& painter);
    void drawShape(QPainter& painter, std::size_t index) const;

    // Where the ink differs from `before`: a few rectangles, overlapping none; nothing when all of it must be drawn.
    std::optional<std::vector<QRectF>> differsFrom(const Scene& before) const;

    // For shapes whose key `before` has elsewhere: travel from there. Returns true when anything moves.
    bool travelFrom(const Scene& before);

    // A picture of a series: shapes travel from the one before. While it plays, after `pause` the canvas clicks the
    // spot `next`.
    bool series = false;
    QString next;
    int pause = 900;  // ms: time to read, beyond that for the movement

    // A picture that has said all it has to say: where room is left it is drawn larger (view.h: paintLarge).
    bool grows = false;

    // Ctrl+wheel over `rect` asks the view for another part of a long axis (Command::Kind::Setting, "window=FROM:TO")
    // instead of enlarging the picture; with Shift the part moves.
    struct Axis {
        QRectF rect;
        double from = 0, to = 0, begin = 0, end = 0;
    };
    Axis axis;

    // Endless pictures (a listing of 2^47 bytes): the wheel asks the view for other rows instead of scrolling.
    bool endless = false;
    // How many rows it really scrolled when it was asked for more than there are.
    std::optional<qint64> scrolled;

 private:
    Shape& add(Shape shape);

    StylePtr m_style;
    QSizeF m_size;
    std::vector<Shape> m_shapes;
    std::vector<Spot> m_spots;
};

QRectF boundsOf(const Shape& shape);
QPainterPath pathOf(const LineShape& line);

}  // namespace ringside
