// The one widget that shows a scene: zoom (Ctrl+wheel), pan (drag, wheel, scroll bars), an explanation when hovering,
// click to select, keyboard walk over the spots, accessible names. Knows nothing of what the scene means.
//
// Keyboard: Tab enters the canvas, the arrow keys then go from spot to spot (with Shift in their order, with Ctrl they
// scroll), Enter activates, Escape or Tab leaves. Until Down, Up, Enter or Tab has begun the walk, Left and Right
// belong to the timeline.
#pragma once

#include <QAbstractScrollArea>
#include <QElapsedTimer>
#include <QLineEdit>
#include <QPointer>
#include <QTimer>
#include <optional>

#include "widgets/canvas/scene.h"

namespace ringside {

class Canvas : public QAbstractScrollArea {
    Q_OBJECT
 public:
    explicit Canvas(QWidget* parent = nullptr);

    enum class Motion : u8 { None, Travel };
    void setScene(Scene scene, Motion motion = Motion::None);
    const Scene& scene() const { return m_scene; }

    double zoom() const { return m_zoom; }
    void setZoom(double zoom, QPointF anchor = {});  // anchor in viewport coordinates stays where it is
    void fit();
    void resetZoom();
    QRectF visibleRect() const;  // in scene coordinates
    void reveal(const QRectF& rect);

    bool walking() const { return m_walking; }
    int currentSpot() const { return m_current; }
    void setCurrentSpot(int index);
    QRectF spotRect(int index) const;  // in viewport coordinates

    // A field to type in, over the spot; Enter commands its Poke with "=…" added, Escape leaves it.
    void edit(const Spot& spot);

    // Sizes the scene should be painted at: the viewport, unzoomed.
    QSizeF paper() const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

 Q_SIGNALS:
    void selected(const ringside::Subject& subject);
    void commanded(const ringside::Command& command);
    void contextMenu(const ringside::Spot* spot, QPoint globalPos);
    void paperChanged();      // resized: paint the scene again
    void zoomChanged();       // the level of detail may change
    void stepRows(int rows);  // the wheel over an endless scene

 protected:
    bool viewportEvent(QEvent* event) override;
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

 private:
    void updateScrollBars();
    bool turnAxis(QPointF at, double turns, Qt::KeyboardModifiers modifiers);
    QPointF toScene(QPointF viewportPos) const;
    std::optional<Spot> spotAt(QPointF viewportPos) const;
    void walk(int dx, int dy);
    void activate(const Spot& spot);
    void announce();
    void redraw(const std::vector<QRectF>& parts);  // of the scene
    void tick();

    Scene m_scene;
    double m_zoom = 1;
    bool m_zoomed = false;  // by the person; until then what is too wide is made a little smaller
    int m_current = -1;
    QString m_currentKey;
    bool m_walking = false;
    std::optional<QPointF> m_pressed;
    QPoint m_pressedScroll;
    bool m_panning = false;
    QString m_slideKey;  // of the slider under the pressed button
    std::optional<Spot> slideAt(QPointF position) const;
    QTimer m_animation, m_next;
    QElapsedTimer m_clock;         // since the last scene that may travel
    std::vector<QRectF> m_moving;  // what an animation draws again
    double m_progress = 1;
    // Spots that an earlier step changed and the last one did not: their marks fade.
    std::vector<int> m_fading;
    QElapsedTimer m_fadeClock;
    QPointer<QLineEdit> m_editor;
};

}  // namespace ringside
