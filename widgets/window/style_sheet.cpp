#include "widgets/window/style_sheet.h"

namespace ringside {

QString styleSheet(const Style& style) {
    // $name is replaced below; sizes are multiples of the grid.
    QString sheet = R"(
QMainWindow { background: $window; }
QMainWindow::separator { background: $window; width: $halfpx; height: $halfpx; }
QMainWindow::separator:hover { background: $line; }
QMenuBar { background: $window; border: none; padding: $quarterpx; }
QMenuBar::item { padding: $quarterpx $gridpx; background: transparent; }
QMenuBar::item:selected { background: $header; }
QMenu { background: $paper; border: 1px solid $line; padding: $quarterpx 0; }
QMenu::item { padding: $halfpx $triplepx $halfpx $triplepx; }
QMenu::item:selected { background: $accentfill; color: $ink; }
QMenu::item:disabled { color: $faint; }
QMenu::separator { height: 1px; background: $line; margin: $quarterpx 0; }
QToolBar { background: $window; border: none; spacing: 0; padding: $quarterpx $halfpx; }
QToolBar#tools { border-bottom: 1px solid $line; }
QToolBar#timeline { padding: 0; border-top: 1px solid $line; }
QToolBar::separator { width: 1px; background: $line; margin: $halfpx $halfpx; }
QToolButton { background: transparent; border: 1px solid transparent; border-radius: $quarterpx; padding: $halfpx; color: $ink; }
QToolButton:hover { background: $header; }
QToolButton:pressed, QToolButton:checked { background: $accentfill; border-color: $accent; }
QPushButton { background: $paper; border: 1px solid $line; border-radius: $quarterpx; padding: $halfpx $doublepx; color: $ink; }
QPushButton:hover { background: $field; border-color: $muted; }
QPushButton:focus { border-color: $accent; }
QPushButton:default { border-color: $accent; }
QPushButton:disabled { color: $faint; }
QPushButton#card { text-align: left; }
QStatusBar { background: $window; border-top: 1px solid $line; }
QStatusBar::item { border: none; }
QStatusBar QLabel { padding: $quarterpx $gridpx; }
QDockWidget { border: 1px solid $line; }
QTabBar { background: $window; }
QTabBar::tab { background: $window; border: 1px solid transparent; border-bottom: 2px solid transparent; padding: $halfpx $gridpx; color: $muted; }
QTabBar::tab:selected { color: $ink; border-bottom-color: $accent; }
QTabBar::tab:hover { background: $header; }
QHeaderView::section { background: $header; border: none; border-right: 1px solid $line; padding: $quarterpx $gridpx; color: $ink; }
QTreeView, QListView, QTableView, QPlainTextEdit { background: $paper; alternate-background-color: $field; border: none; selection-background-color: $accentfill; selection-color: $ink; }
QLineEdit, QComboBox, QSpinBox { background: $paper; border: 1px solid $line; border-radius: $quarterpx; padding: $halfpx $gridpx; selection-background-color: $accent; }
QLineEdit:focus, QComboBox:focus, QSpinBox:focus { border-color: $accent; }
QComboBox::drop-down { border: none; width: $doublepx; }
QComboBox QAbstractItemView { background: $paper; border: 1px solid $line; selection-background-color: $accentfill; selection-color: $ink; }
QScrollBar { background: $paper; border: none; }
QScrollBar:vertical { width: $widthpx; }
QScrollBar:horizontal { height: $widthpx; }
QScrollBar::handle { background: $line; border-radius: $quarterpx; margin: 2px; }
QScrollBar::handle:vertical { min-height: $triplepx; }
QScrollBar::handle:horizontal { min-width: $triplepx; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: none; }
QSlider::groove:horizontal { height: 2px; background: $line; }
QSlider::sub-page:horizontal { background: $muted; }
QSlider::handle:horizontal { background: $paper; border: 2px solid $muted; border-radius: $radiuspx; width: $sidepx; height: $sidepx; margin: -$marginpx 0; }
QSlider::handle:horizontal:focus { border-color: $accent; }
QToolTip { background: $note; color: $ink; border: 1px solid $line; padding: $quarterpx; }
)";
    auto colour = [&](const char* name, const QColor& c) { sheet.replace(QString("$%1;").arg(name), c.name() + ";"); };
    auto inside = [&](const char* name, const QColor& c) { sheet.replace(QString("$%1 ").arg(name), c.name() + " "); };
    auto set = [&](const char* name, const QColor& c) {
        colour(name, c);
        inside(name, c);
    };
    const Theme& t = style.theme;
    set("window", t.color(Role::Window));
    set("paper", t.color(Role::Paper));
    set("header", t.color(Role::Header));
    set("field", t.color(Role::Field));
    set("note", t.color(Role::Note));
    set("ink", t.color(Role::Ink));
    set("muted", t.color(Role::Muted));
    set("line", t.color(Role::Line));
    set("accentfill", t.fill(Role::Accent));
    set("accent", t.color(Role::Accent));
    set("faint", blend(t.color(Role::Ink), t.color(Role::Window), 0.6));
    auto px = [&](const char* name, double factor) {
        sheet.replace(QString("$%1px").arg(name),
                      QString("%1px").arg(std::max(1, static_cast<int>(style.grid * factor))));
    };
    px("quarter", 0.25);
    px("half", 0.5);
    px("grid", 1);
    px("double", 2);
    px("triple", 3);
    px("width", 1.4);
    // The slider's handle is a circle only when the radius is exactly half of what the border leaves around it.
    int side = static_cast<int>(style.grid) / 2 * 2;
    sheet.replace("$sidepx", QString("%1px").arg(side));
    sheet.replace("$radiuspx", QString("%1px").arg(side / 2 + 2));
    sheet.replace("$marginpx", QString("%1px").arg(side / 2 + 1));
    return sheet;
}

}  // namespace ringside
