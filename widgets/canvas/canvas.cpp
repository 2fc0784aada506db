#include "widgets/canvas/canvas.h"

#include <QAccessible>
#include <QContextMenuEvent>
#include <QHelpEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <QSet>
#include <QShortcut>
#include <QToolTip>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>

#include "widgets/canvas/accessible.h"

namespace ringside {
namespace {
constexpr double kMinZoom = 0.1, kMaxZoom = 16;
constexpr double kLeastReadable = 0.75;  // text is not made smaller than this on its own
constexpr int kTravelMs = 260;           // the visual language: 150–400 ms
constexpr int kFadeMs = 1600;

double eased(double t) { return t * t * (3 - 2 * t); }
}  // namespace

Canvas::Canvas(QWidget* parent) : QAbstractScrollArea(parent) {
    installCanvasAccessibility();
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::StrongFocus);
    viewport()->setMouseTracking(true);
    viewport()->setAutoFillBackground(false);
    viewport()->setAttribute(Qt::WA_OpaquePaintEvent);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAsNeeded);
    setVerticalScrollBarPolicy(Qt::ScrollBarAsNeeded);
    connect(&m_animation, &QTimer::timeout, this, &Canvas::tick);
    m_next.setSingleShot(true);
    connect(&m_next, &QTimer::timeout, this, [this] {
        const Spot* next = m_scene.spotByKey(m_scene.next);
        if (!next || !isVisible()) return;
        const Spot spot = *next;  // the command may replace the scene
        if (spot.click) Q_EMIT commanded(spot.click);
        if (spot.subject) Q_EMIT selected(spot.subject);
    });
}

void Canvas::tick() {
    if (m_progress < 1) {
        double t = static_cast<double>(m_clock.elapsed()) / kTravelMs;
        m_progress = t >= 1 ? 1 : eased(t);
        redraw(m_moving);
    } else {
        double w = m_scene.isNull() ? 2 : m_scene.style().pen * 2;
        for (int spot : m_fading) viewport()->update(spotRect(spot).adjusted(-w, -w, w, w).toAlignedRect());
        m_animation.setInterval(60);  // a slow fade needs no more
    }
    if (!m_fading.empty() && m_fadeClock.elapsed() >= kFadeMs) m_fading.clear();
    if (m_progress >= 1 && m_fading.empty()) m_animation.stop();
}

QSize Canvas::sizeHint() const {
    if (m_scene.isNull()) return {320, 240};
    const Style& s = m_scene.style();
    return QSizeF(s.em * 48, s.row() * 16).toSize();
}

QSize Canvas::minimumSizeHint() const {
    if (m_scene.isNull()) return {80, 60};
    const Style& s = m_scene.style();
    return QSizeF(s.em * 12, s.row() * 3).toSize();
}

QSizeF Canvas::paper() const {
    QSize full = maximumViewportSize();
    return QSizeF(full.width(), full.height());
}

void Canvas::setScene(Scene scene, Motion motion) {
    if (m_editor) m_editor->deleteLater();
    // Whoever holds a step key down wants the next picture, not how it came from the last one.
    bool hurried = m_clock.isValid() && m_clock.elapsed() < kTravelMs;
    bool travels = motion == Motion::Travel && !hurried && !m_scene.isNull() && scene.travelFrom(m_scene);
    m_progress = travels ? 0 : 1;
    // Marks that were fading must be wiped, wherever they are.
    auto parts = m_walking || !m_fading.empty() ? std::nullopt : scene.differsFrom(m_scene);
    m_fading.clear();
    if (motion == Motion::Travel) {
        m_clock.start();
        QSet<QString> marked;
        for (const Spot& spot : m_scene.spots())
            if (spot.changed) marked.insert(spot.key);
        if (!marked.isEmpty())
            for (std::size_t i = 0; i < scene.spots().size(); ++i)
                if (!scene.spots()[i].changed && marked.contains(scene.spots()[i].key))
                    m_fading.push_back(static_cast<int>(i));
        m_fadeClock.start();
    }
    travels || !m_fading.empty() ? m_animation.start(16) : m_animation.stop();
    m_scene = std::move(scene);
    m_next.stop();
    if (!m_scene.next.isEmpty()) m_next.start(m_scene.pause);
    double zoom = m_zoom;
    if (!m_zoomed && !m_scene.isNull() && m_scene.size().width() > 0) {
        double room = paper().width();
        if (m_scene.size().height() > paper().height()) room -= verticalScrollBar()->sizeHint().width();
        m_zoom = std::clamp(room / m_scene.size().width(), kLeastReadable, 1.0);
    }
    m_current = -1;
    if (!m_currentKey.isEmpty())
        for (std::size_t i = 0; i < m_scene.spots().size(); ++i)
            if (m_scene.spots()[i].key == m_currentKey) m_current = static_cast<int>(i);
    updateScrollBars();
    m_moving = parts.value_or(std::vector{QRectF({}, m_scene.size())});
    if (parts && zoom == m_zoom)
        redraw(*parts);
    else
        viewport()->update();
}

void Canvas::redraw(const std::vector<QRectF>& parts) {
    QPointF scroll(horizontalScrollBar()->value(), verticalScrollBar()->value());
    QRegion region;
    for (const QRectF& part : parts)
        region += QRectF(part.topLeft() * m_zoom - scroll, part.size() * m_zoom).adjusted(-2, -2, 2, 2).toAlignedRect();
    viewport()->update(region);
}

void Canvas::updateScrollBars() {
    // What fits without bars gets none, whatever bars there are now; a bar takes room, which may call for the other.
    QSizeF size = m_scene.size() * m_zoom;
    QSize full = maximumViewportSize();
    int bar = verticalScrollBar()->sizeHint().width();
    auto over = [](double wanted, int room) { return std::max(0, static_cast<int>(std::ceil(wanted - 0.5)) - room); };
    bool tall = over(size.height(), full.height()) > 0;
    bool wide = over(size.width(), full.width() - (tall ? bar : 0)) > 0;
    tall = over(size.height(), full.height() - (wide ? bar : 0)) > 0;
    QSize view(full.width() - (tall ? bar : 0), full.height() - (wide ? bar : 0));
    double row = m_scene.isNull() ? 16 : m_scene.style().row();
    horizontalScrollBar()->setRange(0, over(size.width(), view.width()));
    verticalScrollBar()->setRange(0, over(size.height(), view.height()));
    horizontalScrollBar()->setPageStep(view.width());
    verticalScrollBar()->setPageStep(view.height());
    horizontalScrollBar()->setSingleStep(static_cast<int>(row));
    verticalScrollBar()->setSingleStep(static_cast<int>(row));
}

QPointF Canvas::toScene(QPointF p) const {
    return (p + QPointF(horizontalScrollBar()->value(), verticalScrollBar()->value())) / m_zoom;
}

QRectF Canvas::visibleRect() const { return {toScene({0, 0}), QSizeF(viewport()->size()) / m_zoom}; }

QRectF Canvas::spotRect(int index) const {
    const QRectF& r = m_scene.spots()[static_cast<std::size_t>(index)].rect;
    return {r.topLeft() * m_zoom - QPointF(horizontalScrollBar()->value(), verticalScrollBar()->value()),
            r.size() * m_zoom};
}

void Canvas::setZoom(double zoom, QPointF anchor) {
    zoom = std::clamp(zoom, kMinZoom, kMaxZoom);
    if (std::abs(zoom - 1) < 0.02) zoom = 1;
    m_zoomed = true;
    if (zoom == m_zoom) return;
    QPointF fixed = toScene(anchor);
    m_zoom = zoom;
    updateScrollBars();
    QPointF scroll = fixed * m_zoom - anchor;
    horizontalScrollBar()->setValue(static_cast<int>(std::lround(scroll.x())));
    verticalScrollBar()->setValue(static_cast<int>(std::lround(scroll.y())));
    viewport()->update();
    Q_EMIT zoomChanged();
}

void Canvas::fit() {
    if (m_scene.size().isEmpty()) return;
    QSizeF view = paper();
    setZoom(std::min(view.width() / m_scene.size().width(), view.height() / m_scene.size().height()));
}

void Canvas::resetZoom() {
    setZoom(1);
    m_zoomed = false;
    Q_EMIT paperChanged();
}

void Canvas::reveal(const QRectF& rect) {
    QRectF seen = visibleRect();
    if (seen.contains(rect)) return;
    auto move = [&](QScrollBar* bar, double low, double high, double seenLow, double seenHigh) {
        if (low < seenLow)
            bar->setValue(static_cast<int>(low * m_zoom));
        else if (high > seenHigh)
            bar->setValue(static_cast<int>(std::ceil(high * m_zoom)) - bar->pageStep());
    };
    move(horizontalScrollBar(), rect.left(), rect.right(), seen.left(), seen.right());
    move(verticalScrollBar(), rect.top(), rect.bottom(), seen.top(), seen.bottom());
}

std::optional<Spot> Canvas::spotAt(QPointF p) const {
    QPointF at = toScene(p);
    const Spot* spot = m_scene.spotAt(at);
    if (!spot) return {};
    if (spot->resolve) return spot->resolve(at);
    return *spot;
}

void Canvas::setCurrentSpot(int index) {
    m_current = std::clamp(index, -1, static_cast<int>(m_scene.spots().size()) - 1);
    m_currentKey = m_current < 0 ? QString() : m_scene.spots()[static_cast<std::size_t>(m_current)].key;
    if (m_current >= 0) reveal(m_scene.spots()[static_cast<std::size_t>(m_current)].rect);
    announce();
    viewport()->update();
}

void Canvas::announce() {
    if (m_current < 0 || !QAccessible::isActive()) return;
    QAccessibleEvent event(this, QAccessible::Focus);
    event.setChild(m_current);
    QAccessible::updateAccessibility(&event);
}

// To the nearest spot in that direction: one that lies straight ahead when there is any, else distance along it counts
// once and the gap aside three times.
void Canvas::walk(int dx, int dy) {
    const auto& spots = m_scene.spots();
    if (spots.empty()) return;
    m_walking = true;
    if (m_current < 0) return setCurrentSpot(0);
    const QRectF& here = spots[static_cast<std::size_t>(m_current)].rect;
    const QPointF from = here.center();
    int best = -1;
    double bestCost = 1e18;
    for (std::size_t i = 0; i < spots.size(); ++i) {
        QPointF d = spots[i].rect.center() - from;
        double along = d.x() * dx + d.y() * dy, aside = std::abs(d.x() * dy) + std::abs(d.y() * dx);
        if (static_cast<int>(i) == m_current) continue;
        // One inside the other with the same middle: the order of the list decides.
        bool same = std::abs(along) <= 0.5 && aside <= 0.5;
        if (same ? (dx + dy > 0) != (static_cast<int>(i) > m_current) : along <= 0.5) continue;
        const QRectF& there = spots[i].rect;
        const double gap = dx ? std::max(there.top() - here.bottom(), here.top() - there.bottom())
                              : std::max(there.left() - here.right(), here.left() - there.right());
        const double cost = along + 0.3 * aside + (gap > 0 ? 1e6 + 3 * gap : 0);
        if (cost < bestCost) {
            bestCost = cost;
            best = static_cast<int>(i);
        }
    }
    if (best >= 0) setCurrentSpot(best);
}

void Canvas::edit(const Spot& spot) {
    if (m_editor) m_editor->deleteLater();
    m_editor = new QLineEdit(spot.edit, viewport());
    m_editor->setFont(m_scene.style().font(Font::Mono));
    m_editor->setAccessibleName(spot.label);
    QRectF place(spot.rect.topLeft() * m_zoom - QPointF(horizontalScrollBar()->value(), verticalScrollBar()->value()),
                 spot.rect.size() * m_zoom);
    double width = std::max(place.width(), m_scene.style().em * 22);
    double height = m_editor->sizeHint().height();
    place = QRectF(std::max(0.0, std::min(place.x(), viewport()->width() - width)), place.center().y() - height / 2,
                   std::min<double>(width, viewport()->width()), height);
    m_editor->setGeometry(place.toAlignedRect());
    m_editor->selectAll();
    m_editor->show();
    m_editor->setFocus();
    connect(m_editor, &QLineEdit::returnPressed, this, [this, poke = spot.activate] {
        Command command = poke;
        command.text += '=' + m_editor->text();
        setFocus();
        Q_EMIT commanded(command);
    });
    connect(m_editor, &QLineEdit::editingFinished, m_editor, &QObject::deleteLater);
    auto* leave = new QShortcut(Qt::Key_Escape, m_editor, nullptr, nullptr, Qt::WidgetShortcut);
    connect(leave, &QShortcut::activated, this, [this] {
        m_editor->deleteLater();
        setFocus();
    });
}

void Canvas::activate(const Spot& spot) {
    if (spot.activate.kind == Command::Kind::Poke && !spot.edit.isNull())
        edit(spot);
    else if (spot.activate)
        Q_EMIT commanded(spot.activate);
    else if (spot.click)
        Q_EMIT commanded(spot.click);
    else if (spot.subject)
        Q_EMIT selected(spot.subject);
}

bool Canvas::event(QEvent* event) {
    // While walking, plain keys are ours before they become shortcuts of the window.
    if (event->type() == QEvent::ShortcutOverride) {
        auto* key = static_cast<QKeyEvent*>(event);
        bool arrows = key->key() == Qt::Key_Left || key->key() == Qt::Key_Right || key->key() == Qt::Key_Up ||
                      key->key() == Qt::Key_Down;
        bool begins = key->key() == Qt::Key_Up || key->key() == Qt::Key_Down;
        bool ours =
            m_walking && (arrows || key->key() == Qt::Key_Return || key->key() == Qt::Key_F2 ||
                          key->key() == Qt::Key_Escape || key->key() == Qt::Key_Home || key->key() == Qt::Key_End);
        bool plain = key->modifiers() == Qt::NoModifier || (arrows && key->modifiers() == Qt::ShiftModifier);
        if (plain && (ours || begins)) {
            event->accept();
            return true;
        }
    }
    return QAbstractScrollArea::event(event);
}

bool Canvas::viewportEvent(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        auto* help = static_cast<QHelpEvent*>(event);
        const QString cut = m_scene.cutTextAt(toScene(help->pos()));
        auto spot = spotAt(help->pos());
        if (spot || !cut.isEmpty()) {
            QString text = !spot ? QString() : spot->what.isEmpty() ? spot->label : spot->what;
            if (!cut.isEmpty() && !text.contains(cut)) text = text.isEmpty() ? cut : cut + '\n' + text;
            // Rich text so that long sentences wrap.
            QRectF rect = spot ? spot->rect : QRectF(toScene(help->pos()), QSizeF(1, 1));
            QRectF r(rect.topLeft() * m_zoom - QPointF(horizontalScrollBar()->value(), verticalScrollBar()->value()),
                     rect.size() * m_zoom);
            QToolTip::showText(help->globalPos(), "<span>" + text.toHtmlEscaped().replace('\n', "<br>") + "</span>",
                               viewport(), r.toAlignedRect());
        } else {
            QToolTip::hideText();
        }
        return true;
    }
    return QAbstractScrollArea::viewportEvent(event);
}

void Canvas::paintEvent(QPaintEvent* event) {
    QPainter painter(viewport());
    if (m_scene.isNull()) {
        painter.fillRect(event->rect(), palette().base());
        return;
    }
    QPointF scroll(horizontalScrollBar()->value(), verticalScrollBar()->value());
    for (const QRect& part : event->region()) {
        painter.resetTransform();
        painter.setClipRect(part);
        painter.fillRect(part, m_scene.theme().color(Role::Paper));
        painter.translate(-scroll);
        painter.scale(m_zoom, m_zoom);
        m_scene.draw(painter, QRectF(toScene(part.topLeft()), QSizeF(part.size()) / m_zoom), m_progress);
    }
    painter.setClipping(false);
    if (!m_fading.empty()) {
        QColor color = m_scene.theme().color(Role::Accent);
        color.setAlphaF(std::clamp(0.8F * (1 - static_cast<float>(m_fadeClock.elapsed()) / kFadeMs), 0.F, 0.8F));
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(color, m_scene.style().pen));
        double r = m_scene.style().grid * 0.25;
        for (int spot : m_fading)
            painter.drawRoundedRect(m_scene.spots()[static_cast<std::size_t>(spot)].rect.adjusted(1, 1, -1, -1), r, r);
    }
    if (m_walking && hasFocus() && m_current >= 0 && m_current < static_cast<int>(m_scene.spots().size())) {
        double w = m_scene.style().pen * 1.5;
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(m_scene.theme().color(Role::Accent), w, Qt::DotLine));
        painter.drawRect(m_scene.spots()[static_cast<std::size_t>(m_current)].rect.adjusted(-w, -w, w, w));
    }
}

void Canvas::resizeEvent(QResizeEvent* event) {
    QAbstractScrollArea::resizeEvent(event);
    updateScrollBars();
    Q_EMIT paperChanged();
}

// Turns of the wheel over a long axis: with Ctrl it zooms about the pointer, with Shift it moves along.
bool Canvas::turnAxis(QPointF at, double turns, Qt::KeyboardModifiers modifiers) {
    const Scene::Axis& axis = m_scene.axis;
    if (m_scene.isNull() || axis.rect.isEmpty() || !axis.rect.contains(at)) return false;
    const double share = (at.x() - axis.rect.left()) / axis.rect.width(), old = axis.to - axis.from;
    double from = axis.from, span = old;
    if (modifiers & Qt::ControlModifier) {
        span = std::clamp(old * std::pow(1.5, -turns), 20.0, axis.end - axis.begin);
        from += share * (old - span);
    } else if (modifiers & Qt::ShiftModifier) {
        from -= turns * old / 8;
    } else {
        return false;
    }
    from = std::clamp(from, axis.begin, std::max(axis.begin, axis.end - span));
    const QString window =
        span >= axis.end - axis.begin
            ? QString()
            : QStringLiteral("%1:%2").arg(static_cast<quint64>(from)).arg(static_cast<quint64>(from + span));
    Q_EMIT commanded({Command::Kind::Setting, 0, QStringLiteral("window=") + window});
    return true;
}

void Canvas::wheelEvent(QWheelEvent* event) {
    // With Alt or Shift some systems turn the wheel sideways.
    const double turns = (event->angleDelta().y() ? event->angleDelta().y() : event->angleDelta().x()) / 120.0;
    if (turnAxis(toScene(event->position()), turns, event->modifiers())) return event->accept();
    if (event->modifiers() & Qt::ControlModifier) {
        setZoom(m_zoom * std::pow(1.2, event->angleDelta().y() / 120.0), event->position());
        event->accept();
        return;
    }
    if (m_scene.endless && event->angleDelta().y() != 0) {
        int rows = -event->angleDelta().y() / 40;
        if (rows) Q_EMIT stepRows(rows);
        event->accept();
        return;
    }
    QAbstractScrollArea::wheelEvent(event);
}

void Canvas::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton && event->button() != Qt::MiddleButton) return;
    m_pressed = event->position();
    m_pressedScroll = {horizontalScrollBar()->value(), verticalScrollBar()->value()};
    m_panning = false;
    m_walking = false;
    const Spot* under = event->button() == Qt::LeftButton ? m_scene.spotAt(toScene(event->position())) : nullptr;
    m_slideKey = under && under->slides ? under->key : QString();
}

// The cell of the slider that the pressed mouse is beside or on.
std::optional<Spot> Canvas::slideAt(QPointF position) const {
    const Spot* slider = m_slideKey.isEmpty() ? nullptr : m_scene.spotByKey(m_slideKey);
    if (!slider || !slider->resolve) return {};
    const QPointF at = toScene(position);
    return slider->resolve({std::clamp(at.x(), slider->rect.left(), slider->rect.right()), slider->rect.center().y()});
}

void Canvas::mouseMoveEvent(QMouseEvent* event) {
    if (!m_pressed) {
        auto spot = spotAt(event->position());
        viewport()->setCursor(spot && (spot->click || spot->subject) ? Qt::PointingHandCursor : Qt::ArrowCursor);
        return;
    }
    QPointF d = event->position() - *m_pressed;
    if (const auto cell = slideAt(event->position())) {
        if (d.manhattanLength() >= 6) QToolTip::showText(event->globalPosition().toPoint(), cell->label, viewport());
        return;
    }
    if (!m_panning && d.manhattanLength() < 6) return;
    m_panning = true;
    viewport()->setCursor(Qt::ClosedHandCursor);
    horizontalScrollBar()->setValue(m_pressedScroll.x() - static_cast<int>(d.x()));
    verticalScrollBar()->setValue(m_pressedScroll.y() - static_cast<int>(d.y()));
}

void Canvas::mouseReleaseEvent(QMouseEvent* event) {
    bool panned = m_panning;
    m_pressed.reset();
    m_panning = false;
    viewport()->setCursor(Qt::ArrowCursor);
    if (panned || event->button() != Qt::LeftButton) return;
    auto spot = slideAt(event->position());
    if (!spot) spot = spotAt(event->position());
    m_slideKey.clear();
    if (!spot) return;
    m_currentKey = spot->key;
    if (spot->click) Q_EMIT commanded(spot->click);
    if (spot->subject) Q_EMIT selected(spot->subject);
}

void Canvas::mouseDoubleClickEvent(QMouseEvent* event) {
    auto spot = spotAt(event->position());
    if (spot && spot->activate) activate(*spot);
}

void Canvas::contextMenuEvent(QContextMenuEvent* event) {
    std::optional<Spot> spot;
    if (event->reason() == QContextMenuEvent::Keyboard) {
        if (m_current >= 0) spot = m_scene.spots()[static_cast<std::size_t>(m_current)];
    } else {
        spot = spotAt(viewport()->mapFrom(this, event->pos()));
    }
    Q_EMIT contextMenu(spot ? &*spot : nullptr, event->globalPos());
}

void Canvas::keyPressEvent(QKeyEvent* event) {
    bool ctrl = event->modifiers() & Qt::ControlModifier;
    auto scroll = [&](int dx, int dy) {
        if (m_scene.endless && dy) return Q_EMIT stepRows(dy);
        horizontalScrollBar()->setValue(horizontalScrollBar()->value() + dx * horizontalScrollBar()->singleStep());
        verticalScrollBar()->setValue(verticalScrollBar()->value() + dy * verticalScrollBar()->singleStep());
    };
    // With Shift in the order of the list, so that really everything can be reached.
    bool inOrder = event->modifiers() & Qt::ShiftModifier;
    auto go = [&](int dx, int dy) {
        if (ctrl) return scroll(dx, dy);
        if (!inOrder) return walk(dx, dy);
        m_walking = true;
        int count = static_cast<int>(m_scene.spots().size());
        if (count) setCurrentSpot((m_current + dx + dy + count) % count);
    };
    int page = m_scene.isNull() ? 1 : std::max(1, static_cast<int>(viewport()->height() / m_scene.style().row()) - 1);
    switch (event->key()) {
        case Qt::Key_Left:
            return go(-1, 0);
        case Qt::Key_Right:
            return go(1, 0);
        case Qt::Key_Up:
            return go(0, -1);
        case Qt::Key_Down:
            return go(0, 1);
        case Qt::Key_PageUp:
            return scroll(0, -page);
        case Qt::Key_PageDown:
            return scroll(0, page);
        case Qt::Key_Home:
            if (m_walking) return setCurrentSpot(0);
            break;
        case Qt::Key_End:
            if (m_walking) return setCurrentSpot(static_cast<int>(m_scene.spots().size()) - 1);
            break;
        case Qt::Key_Return:
        case Qt::Key_Enter:
        case Qt::Key_F2:
            if (m_walking && m_current >= 0) {
                Spot spot = m_scene.spots()[static_cast<std::size_t>(m_current)];
                if (spot.subject) Q_EMIT selected(spot.subject);
                return activate(spot);
            }
            break;
        case Qt::Key_Escape:
            if (m_walking) {
                m_walking = false;
                viewport()->update();
                return;
            }
            break;
        default:
            break;
    }
    event->ignore();
}

void Canvas::focusInEvent(QFocusEvent* event) {
    if (event->reason() == Qt::TabFocusReason || event->reason() == Qt::BacktabFocusReason) {
        m_walking = true;
        if (m_current < 0 && !m_scene.spots().empty()) setCurrentSpot(0);
    }
    viewport()->update();
    QAbstractScrollArea::focusInEvent(event);
}

void Canvas::focusOutEvent(QFocusEvent* event) {
    m_walking = false;
    viewport()->update();
    QAbstractScrollArea::focusOutEvent(event);
}

}  // namespace ringside
