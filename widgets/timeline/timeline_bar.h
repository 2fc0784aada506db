// The timeline along the bottom of the window: click or drag to go anywhere, wheel to zoom (Shift+wheel to move),
// double click on the band to see the whole run again, right click for bookmarks. With the keyboard: + and - zoom
// around now, 0 shows the whole run.
#pragma once

#include <QWidget>
#include <memory>
#include <optional>

#include "widgets/timeline/timeline_view.h"

namespace ringside {

class TimelineBar : public QWidget {
    Q_OBJECT
 public:
    explicit TimelineBar(QWidget* parent = nullptr);

    void setStyle(StylePtr style);
    void setSnapshot(std::shared_ptr<const Snapshot> snapshot);
    void zoomAt(double factor, double x);
    void showAll();
    const TimelineModel& model() const { return m_model; }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {120, sizeHint().height()}; }

 Q_SIGNALS:
    void seek(quint64 tick);
    void selected(const ringside::Subject& subject);
    void commanded(const ringside::Command& command);

 protected:
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

 private:
    void rebuild();
    Tick latest() const;
    void dragTo(double x);

    StylePtr m_style;
    std::shared_ptr<const Snapshot> m_snapshot;
    TimelineModel m_model;
    Scene m_scene;
    std::optional<std::pair<Tick, Tick>> m_range;  // none: the whole run
    bool m_dragging = false;
};

}  // namespace ringside
