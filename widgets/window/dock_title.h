// The strip on top of a dock: its title and what can be done with the view, in one weight. Dragging it moves the dock.
#pragma once

#include <QLabel>
#include <QToolButton>
#include <QWidget>

#include "widgets/canvas/style.h"

class QDockWidget;

namespace ringside {

class ViewPanel;

class DockTitle : public QWidget {
    Q_OBJECT
 public:
    DockTitle(const QString& title, ViewPanel* panel, QDockWidget* dock);
    void setStyle(const Style& style);
    void updateButtons();
    // In a group of tabs the tab says the title; what the buttons do is in the tab's menu.
    void setCollapsed(bool on);
    QSize sizeHint() const override { return m_collapsed ? QSize(0, 0) : QWidget::sizeHint(); }
    QSize minimumSizeHint() const override { return m_collapsed ? QSize(0, 0) : QWidget::minimumSizeHint(); }

 protected:
    void paintEvent(QPaintEvent* event) override;

 private:
    QToolButton* button(const QString& name, const QString& tip);

    ViewPanel* m_panel;
    QLabel* m_title;
    std::vector<std::pair<QString, QToolButton*>> m_buttons;
    QColor m_back, m_line;
    bool m_collapsed = false;
};

}  // namespace ringside
