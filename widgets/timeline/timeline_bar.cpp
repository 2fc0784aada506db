#include "widgets/timeline/timeline_bar.h"

#include <QContextMenuEvent>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMenu>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>
#include <cmath>

namespace ringside {

TimelineBar::TimelineBar(QWidget* parent) : QWidget(parent) {
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setMouseTracking(true);
    setAccessibleName(tr("Timeline"));
    setFocusPolicy(Qt::StrongFocus);
}

QSize TimelineBar::sizeHint() const {
    if (!m_style) return {400, 52};
    return {400, static_cast<int>(m_style->grid * 4.5 + m_style->lineHeight(Font::MonoSmall))};
}

void TimelineBar::setStyle(StylePtr style) {
    m_style = std::move(style);
    updateGeometry();
    rebuild();
}

void TimelineBar::setSnapshot(std::shared_ptr<const Snapshot> snapshot) {
    if (!snapshot) m_range.reset();
    m_snapshot = std::move(snapshot);
    // Follow the machine when it walks out of what is shown.
    if (m_range && m_snapshot && m_snapshot->now && !m_dragging) {
        Tick now = m_snapshot->now->cpu.tick, span = m_range->second - m_range->first;
        if (now < m_range->first || now > m_range->second) {
            Tick from = now > span / 2 ? now - span / 2 : 0;
            m_range = {from, from + span};
        }
    }
    rebuild();
}

Tick TimelineBar::latest() const {
    return m_snapshot && m_snapshot->now ? std::max(m_snapshot->frontier, m_snapshot->now->cpu.tick) : 0;
}

void TimelineBar::rebuild() {
    if (!m_style) return;
    static const Snapshot kNothing;
    auto [from, to] = m_range.value_or(std::pair<Tick, Tick>{0, std::max<Tick>(latest(), 1)});
    TimelineModel model =
        buildTimeline(m_snapshot ? *m_snapshot : kNothing, from, to, static_cast<int>(width() / m_style->pen / 1.5));
    if (model == m_model && m_scene.size() == QSizeF(size()) && m_scene.stylePtr() == m_style) return;
    m_model = std::move(model);
    m_scene = paint(m_model, m_style, size());
    update();
}

void TimelineBar::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    m_scene.draw(painter, rect());
}

void TimelineBar::resizeEvent(QResizeEvent*) { rebuild(); }

void TimelineBar::showAll() {
    m_range.reset();
    rebuild();
}

void TimelineBar::zoomAt(double factor, double x) {
    if (!m_style || m_model.to <= m_model.from) return;
    double fixed = static_cast<double>(timelineTick(m_model, *m_style, width(), x));
    double end = static_cast<double>(std::max<Tick>(latest(), 1));
    double span = std::max(8.0, static_cast<double>(m_model.to - m_model.from) / factor);
    if (span >= end) return showAll();
    double share = (fixed - static_cast<double>(m_model.from)) / static_cast<double>(m_model.to - m_model.from);
    double from = std::clamp(fixed - share * span, 0.0, end - span);
    m_range = {static_cast<Tick>(from), static_cast<Tick>(from + span)};
    rebuild();
}

void TimelineBar::wheelEvent(QWheelEvent* event) {
    double turns = event->angleDelta().y() / 120.0;
    if (event->modifiers() & Qt::ShiftModifier || event->angleDelta().x() != 0) {
        if (m_range) {
            double span = static_cast<double>(m_range->second - m_range->first);
            double move = (turns - event->angleDelta().x() / 120.0) * -span / 8;
            double from = std::clamp(static_cast<double>(m_range->first) + move, 0.0,
                                     std::max(0.0, static_cast<double>(latest()) - span));
            m_range = {static_cast<Tick>(from), static_cast<Tick>(from + span)};
            rebuild();
        }
    } else {
        zoomAt(std::pow(1.5, turns), event->position().x());
    }
    event->accept();
}

void TimelineBar::dragTo(double x) {
    if (m_model.to > m_model.from) Q_EMIT seek(std::min(timelineTick(m_model, *m_style, width(), x), latest()));
}

void TimelineBar::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || !m_style) return;
    if (const Spot* spot = m_scene.spotAt(event->position())) {
        if (spot->subject) Q_EMIT selected(spot->subject);
        Tick tick = spot->activate.value;
        Q_EMIT seek(tick);
        return;
    }
    m_dragging = true;
    dragTo(event->position().x());
}

void TimelineBar::mouseMoveEvent(QMouseEvent* event) {
    if (m_dragging) dragTo(event->position().x());
}

void TimelineBar::mouseReleaseEvent(QMouseEvent*) { m_dragging = false; }

void TimelineBar::mouseDoubleClickEvent(QMouseEvent*) { showAll(); }

void TimelineBar::contextMenuEvent(QContextMenuEvent* event) {
    if (!m_style || !m_snapshot || !m_snapshot->now) return;
    QMenu menu;
    if (const Spot* spot = m_scene.spotAt(event->pos()))
        for (const Offer& offer : spot->offers)
            menu.addAction(spot->label + ": " + offer.text, this, [this, c = offer.command] { Q_EMIT commanded(c); });
    menu.addAction(tr("Bookmark this moment…"), this, [this] {
        Q_EMIT commanded({Command::Kind::Action, 0, "time.bookmark"});
    });
    menu.addAction(tr("Breakpoints and bookmarks"), this, [this] {
        Q_EMIT commanded({Command::Kind::ShowView, 0, "breakpoints"});
    });
    menu.addAction(tr("Futures"), this, [this] { Q_EMIT commanded({Command::Kind::ShowView, 0, "futures"}); });
    menu.addAction(tr("Memory for the past…"), this, [this] {
        Q_EMIT commanded({Command::Kind::Action, 0, "time.history"});
    });
    menu.addSeparator();
    menu.addAction(tr("Show the whole run"), this, &TimelineBar::showAll);
    menu.exec(event->globalPos());
}

void TimelineBar::keyPressEvent(QKeyEvent* event) {
    const double x = m_style && m_model.to > m_model.from ? timelineX(m_model, *m_style, width(), m_model.now) : 0;
    switch (event->key()) {
        case Qt::Key_Plus:
        case Qt::Key_Equal:
            return zoomAt(2, x);
        case Qt::Key_Minus:
            return zoomAt(0.5, x);
        case Qt::Key_0:
            return showAll();
        default:
            QWidget::keyPressEvent(event);
    }
}

bool TimelineBar::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip && m_style) {
        auto* help = static_cast<QHelpEvent*>(event);
        const Spot* spot = m_scene.spotAt(help->pos());
        QString text = spot ? spot->what
                            : tr("Tick %L1. Drag to go anywhere, wheel to zoom, double click for the whole run.")
                                  .arg(timelineTick(m_model, *m_style, width(), help->pos().x()));
        QToolTip::showText(help->globalPos(), "<span>" + text.toHtmlEscaped() + "</span>", this);
        return true;
    }
    return QWidget::event(event);
}

}  // namespace ringside
