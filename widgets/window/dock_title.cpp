#include "widgets/window/dock_title.h"

#include <QDockWidget>
#include <QHBoxLayout>
#include <QPainter>

#include "widgets/window/icons.h"
#include "widgets/window/view_panel.h"

namespace ringside {

DockTitle::DockTitle(const QString& title, ViewPanel* panel, QDockWidget* dock)
    : QWidget(dock), m_panel(panel), m_title(new QLabel(title)) {
    auto* layout = new QHBoxLayout(this);
    layout->setSpacing(0);
    // Mouse events on the label fall through to the dock, which then can be dragged.
    m_title->setAttribute(Qt::WA_TransparentForMouseEvents);
    m_title->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    layout->addWidget(m_title, 1);
    QToolButton* pin = button("pin", tr("Pin: keep what it shows when the selection moves on"));
    pin->setCheckable(true);
    connect(pin, &QToolButton::toggled, panel, &ViewPanel::setPinned);
    QToolButton* text = button("tree", tr("Show as text"));
    text->setCheckable(true);
    connect(text, &QToolButton::toggled, panel, &ViewPanel::setShowsTwin);
    connect(button("close", tr("Close this view")), &QToolButton::clicked, dock, &QDockWidget::close);
}

QToolButton* DockTitle::button(const QString& name, const QString& tip) {
    auto* b = new QToolButton;
    b->setAutoRaise(true);
    b->setToolTip(tip);
    b->setAccessibleName(tip);
    b->setFocusPolicy(Qt::NoFocus);
    layout()->addWidget(b);
    m_buttons.emplace_back(name, b);
    return b;
}

void DockTitle::setStyle(const Style& style) {
    m_back = style.theme.color(Role::Header);
    m_line = style.theme.color(Role::Line);
    m_title->setFont(style.font(Font::Strong));
    int g = static_cast<int>(style.grid);
    layout()->setContentsMargins(g, g / 4, g / 2, g / 4);
    int side = static_cast<int>(style.lineHeight(Font::Small));
    for (auto& [name, b] : m_buttons) {
        b->setIcon(themedIcon(name, style.theme));
        b->setIconSize({side, side});
    }
    update();
}

void DockTitle::setCollapsed(bool on) {
    if (on == m_collapsed) return;
    m_collapsed = on;
    for (auto& [name, b] : m_buttons) b->setVisible(!on);
    m_title->setVisible(!on);
    updateGeometry();
}

void DockTitle::updateButtons() {
    for (auto& [name, b] : m_buttons) {
        QSignalBlocker quiet(b);
        if (name == "pin") b->setChecked(m_panel->pinned());
        if (name == "tree") b->setChecked(m_panel->showsTwin());
    }
}

void DockTitle::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), m_back);
    painter.setPen(m_line);
    painter.drawLine(rect().bottomLeft(), rect().bottomRight());
}

}  // namespace ringside
