// Perspectives: the built-in ones come from layouts.cpp, the user's own are saved dock states.
#include <QActionGroup>
#include <QComboBox>
#include <QFile>
#include <QFileDialog>
#include <QInputDialog>
#include <QJsonDocument>
#include <QJsonObject>
#include <QMenu>
#include <QMessageBox>
#include <QSettings>
#include <QTabBar>
#include <QTimer>
#include <QToolBar>
#include <set>

#include "widgets/canvas/words.h"
#include "widgets/window/dock_title.h"
#include "widgets/window/main_window.h"
#include "widgets/window/welcome_page.h"

namespace ringside {
namespace {

std::optional<Perspective> builtIn(const QString& name) {
    for (int i = 0; i < static_cast<int>(Perspective::kCount); ++i)
        if (idOf(static_cast<Perspective>(i)) == name) return static_cast<Perspective>(i);
    return {};
}

QString plain(QString title) { return title.replace("&&", "&"); }
QString keyOf(const QString& name) { return "window/layout/" + name; }
constexpr const char* kOwn = "window/own-perspectives";

}  // namespace

QStringList MainWindow::ownPerspectives() const { return QSettings().value(kOwn).toStringList(); }

void MainWindow::makePerspectiveMenu() {
    m_perspectiveGroup = new QActionGroup(this);
    connect(m_menus["Perspective"], &QMenu::aboutToShow, this, &MainWindow::fillPerspectiveMenu);
}

void MainWindow::fillPerspectiveMenu() {
    QMenu* menu = m_menus["Perspective"];
    qDeleteAll(m_perspectiveGroup->actions());
    menu->clear();
    m_perspectiveBox->clear();
    auto add = [&](const QString& id, const QString& title, int number) {
        QAction* a = menu->addAction(title, this, [this, id] { setPerspective(id); });
        if (number <= 9) a->setShortcut(QKeySequence(Qt::CTRL | Qt::Key(Qt::Key_0 + number)));
        a->setCheckable(true);
        a->setChecked(id == m_perspective);
        m_perspectiveGroup->addAction(a);
        m_perspectiveBox->addItem(plain(title), id);
    };
    int number = 0;
    for (int i = 0; i < static_cast<int>(Perspective::kCount); ++i)
        add(idOf(static_cast<Perspective>(i)), titleOf(static_cast<Perspective>(i)), ++number);
    if (!ownPerspectives().isEmpty()) menu->addSeparator();
    for (const QString& name : ownPerspectives()) add(name, name, 10);
    m_perspectiveBox->setCurrentIndex(m_perspectiveBox->findData(m_perspective));
    menu->addSeparator();
    menu->addAction(tr("Save as…"), this, [this] {
        QString name = QInputDialog::getText(this, tr("Save perspective"), tr("Name of the perspective:")).trimmed();
        if (!name.isEmpty()) savePerspective(name);
    });
    QAction* rename = menu->addAction(tr("Rename…"), this, [this] {
        QString name =
            QInputDialog::getText(this, tr("Rename perspective"), tr("New name:"), QLineEdit::Normal, m_perspective)
                .trimmed();
        if (!name.isEmpty()) renamePerspective(m_perspective, name);
    });
    QAction* remove = menu->addAction(tr("Remove"), this, [this] { removePerspective(m_perspective); });
    rename->setEnabled(!builtIn(m_perspective));
    remove->setEnabled(!builtIn(m_perspective));
    menu->addAction(tr("Reset"), this, &MainWindow::resetPerspective);
    menu->addSeparator();
    menu->addAction(tr("Export…"), this, [this] {
        QString path = QFileDialog::getSaveFileName(this, tr("Export perspective"), m_perspective + ".json");
        if (path.isEmpty()) return;
        if (auto done = exportPerspective(path); !done) say(qs(done.error().sentence));
    });
    menu->addAction(tr("Import…"), this, [this] {
        QString path = QFileDialog::getOpenFileName(this, tr("Import perspective"), {}, tr("Perspectives (*.json)"));
        if (path.isEmpty()) return;
        if (auto done = importPerspective(path); !done) say(qs(done.error().sentence));
    });
}

void MainWindow::setPerspective(const QString& name) {
    if (!builtIn(name) && !ownPerspectives().contains(name)) return setPerspective(idOf(Perspective::FetchExecute));
    // A layout that has not been laid out yet (two perspectives in one breath) is not one to remember.
    if (m_controller.loaded() && m_welcome->isHidden() && m_perspective != name && !m_lecture && !m_layoutPending)
        QSettings().setValue(keyOf(m_perspective), QMainWindow::saveState());
    m_perspective = name;
    fillPerspectiveMenu();
    if (!m_controller.loaded()) return;
    m_welcome->hide();
    m_layout = layoutOf(builtIn(name).value_or(Perspective::Everything));
    QByteArray stored = QSettings().value(keyOf(name)).toByteArray();
    if (!m_lecture && !stored.isEmpty() && QMainWindow::restoreState(stored)) {
        m_layoutPending = false;
    } else {
        applyLayout(m_layout);
    }
    m_toolBar->show();
    m_timelineBar->show();
    for (auto& [id, panel] : m_panels) panel->refresh();
}

void MainWindow::applyLayout(const LayoutNode& layout) {
    for (auto& [id, dock] : m_docks) {
        dock->setFloating(false);
        removeDockWidget(dock);
    }
    // The first view takes everything; then each container is cut, outermost first.
    std::function<QString(const LayoutNode&)> firstOf = [&](const LayoutNode& n) { return n.views().front(); };
    std::function<void(const LayoutNode&)> cut = [&](const LayoutNode& n) {
        if (n.kind == LayoutNode::Kind::View) return;
        QDockWidget* last = m_docks.at(firstOf(n));
        for (std::size_t i = 1; i < n.children.size(); ++i) {
            QDockWidget* next = m_docks.at(firstOf(n.children[i]));
            if (n.kind == LayoutNode::Kind::Tabs)
                tabifyDockWidget(last, next);
            else
                splitDockWidget(last, next, n.kind == LayoutNode::Kind::Row ? Qt::Horizontal : Qt::Vertical);
            last = next;
        }
        for (const LayoutNode& child : n.children) cut(child);
    };
    std::vector<QString> views = layout.views();
    if (views.empty()) return;
    // A lecture needs what stands in the centre and at the right; the rest is one key away.
    auto wanted = [&](const QString& id) {
        const ViewRow* row = findView(id);
        return !m_lecture || (row && (row->area == Area::Centre || row->area == Area::Right));
    };
    addDockWidget(Qt::LeftDockWidgetArea, m_docks.at(views.front()));
    cut(layout);
    for (const QString& id : views) m_docks.at(id)->setVisible(wanted(id));
    // The others wait as closed tabs beside one of their kind: whoever opens one finds it in a sensible place.
    for (auto& [id, dock] : m_docks) {
        const ViewRow* row = findView(id);
        if (!row || std::find(views.begin(), views.end(), id) != views.end()) continue;
        auto beside = std::find_if(views.begin(), views.end(), [&](const QString& v) {
            const ViewRow* other = findView(v);
            return other && other->area == row->area && wanted(v);
        });
        tabifyDockWidget(m_docks.at(beside == views.end() ? views.front() : *beside), dock);
        dock->hide();
    }
    std::function<void(const LayoutNode&)> raise = [&](const LayoutNode& n) {
        if (n.kind == LayoutNode::Kind::Tabs) m_docks.at(firstOf(n))->raise();
        for (const LayoutNode& child : n.children) raise(child);
    };
    raise(layout);
    m_layoutPending = true;
    resizeToLayout();
    QTimer::singleShot(0, this, &MainWindow::settleLayout);
}

void MainWindow::settleLayout() {
    if (!m_layoutPending || !isVisible()) return;
    resizeToLayout();
    m_layoutPending = false;
}

void MainWindow::resizeToLayout() {
    QRectF area(rect());
    QList<QDockWidget*> docks;
    QList<int> widths, heights;
    std::set<std::pair<int, int>> taken;  // tabs share a place: one of them is enough
    for (const auto& [id, place] : placesOf(m_layout, area)) {
        QDockWidget* dock = m_docks.at(id);
        if (!dock->isVisible() || !taken.insert({static_cast<int>(place.x()), static_cast<int>(place.y())}).second)
            continue;
        docks << dock;
        widths << static_cast<int>(place.width());
        heights << static_cast<int>(place.height());
    }
    if (docks.isEmpty()) return;
    resizeDocks(docks, widths, Qt::Horizontal);
    resizeDocks(docks, heights, Qt::Vertical);
}

// A dock in a group of tabs has its title in the tab and needs none of its own.
void MainWindow::updateTitles() {
    for (auto& [id, dock] : m_docks) {
        const QList<QDockWidget*> beside = tabifiedDockWidgets(dock);
        const bool tabbed = !dock->isFloating() && std::any_of(beside.begin(), beside.end(), [](const QDockWidget* d) {
            return !d->isHidden() && !d->isFloating();
        });
        static_cast<DockTitle*>(dock->titleBarWidget())->setCollapsed(tabbed);
    }
    for (QTabBar* bar : findChildren<QTabBar*>(QString(), Qt::FindDirectChildrenOnly)) {
        if (bar->contextMenuPolicy() == Qt::CustomContextMenu) continue;
        bar->setContextMenuPolicy(Qt::CustomContextMenu);
        // With any other mode the window can be no narrower than all titles of a group together.
        bar->setElideMode(Qt::ElideNone);
        bar->setUsesScrollButtons(true);
        connect(bar, &QWidget::customContextMenuRequested, this, [this, bar](QPoint at) { tabMenu(bar, at); });
    }
}

void MainWindow::tabMenu(QTabBar* bar, QPoint at) {
    const QString title = bar->tabText(bar->tabAt(at));
    auto found = std::find_if(m_docks.begin(), m_docks.end(), [&](const auto& d) {
        return d.second->windowTitle() == title && !d.second->isFloating();
    });
    if (title.isEmpty() || found == m_docks.end()) return;
    QDockWidget* dock = found->second;
    ViewPanel* panel = m_panels.at(found->first);
    dock->raise();
    QMenu menu;
    QAction* pin = menu.addAction(tr("Pin: keep what it shows when the selection moves on"));
    pin->setCheckable(true);
    pin->setChecked(panel->pinned());
    connect(pin, &QAction::toggled, panel, &ViewPanel::setPinned);
    QAction* text = menu.addAction(tr("Show as text"));
    text->setCheckable(true);
    text->setChecked(panel->showsTwin());
    connect(text, &QAction::toggled, panel, &ViewPanel::setShowsTwin);
    menu.addAction(tr("Take out of the window"), dock, [dock] { dock->setFloating(true); });
    menu.addAction(tr("Close this view"), dock, &QDockWidget::close);
    menu.exec(bar->mapToGlobal(at));
    updateActions();
}

void MainWindow::savePerspective(const QString& name) {
    if (builtIn(name)) return say(tr("“%1” is the name of a built-in perspective").arg(name));
    QStringList own = ownPerspectives();
    if (!own.contains(name)) own << name;
    QSettings settings;
    settings.setValue(kOwn, own);
    settings.setValue(keyOf(name), QMainWindow::saveState());
    m_perspective = name;
    fillPerspectiveMenu();
}

void MainWindow::renamePerspective(const QString& from, const QString& to) {
    QStringList own = ownPerspectives();
    if (!own.contains(from) || own.contains(to) || builtIn(to)) return;
    own.replace(own.indexOf(from), to);
    QSettings settings;
    settings.setValue(kOwn, own);
    settings.setValue(keyOf(to), settings.value(keyOf(from)));
    settings.remove(keyOf(from));
    if (m_perspective == from) m_perspective = to;
    fillPerspectiveMenu();
}

void MainWindow::removePerspective(const QString& name) {
    QStringList own = ownPerspectives();
    if (!own.removeOne(name)) return;
    QSettings settings;
    settings.setValue(kOwn, own);
    settings.remove(keyOf(name));
    if (m_perspective == name) {
        m_perspective = idOf(Perspective::FetchExecute);
        setPerspective(m_perspective);
    }
    fillPerspectiveMenu();
}

void MainWindow::resetPerspective() {
    QSettings().remove(keyOf(m_perspective));
    if (!m_controller.loaded()) return;
    m_layout = layoutOf(builtIn(m_perspective).value_or(Perspective::Everything));
    applyLayout(m_layout);
}

Expected<void> MainWindow::exportPerspective(const QString& path) {
    QJsonObject o{{"ringside-perspective", 1},
                  {"name", m_perspective},
                  {"state", QString::fromLatin1(QMainWindow::saveState().toBase64())}};
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(QJsonDocument(o).toJson()) < 0)
        return fail(tr("%1: %2").arg(path, file.errorString()).toStdString());
    return {};
}

Expected<void> MainWindow::importPerspective(const QString& path) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) return fail(tr("%1: %2").arg(path, file.errorString()).toStdString());
    QJsonObject o = QJsonDocument::fromJson(file.readAll()).object();
    QByteArray state = QByteArray::fromBase64(o["state"].toString().toLatin1());
    QString name = o["name"].toString();
    if (o["ringside-perspective"].toInt() != 1 || name.isEmpty() || state.isEmpty())
        return fail(tr("%1: this is no perspective of Ringside").arg(path).toStdString());
    if (builtIn(name)) name = tr("%1 (imported)").arg(name);
    QStringList own = ownPerspectives();
    if (!own.contains(name)) own << name;
    QSettings settings;
    settings.setValue(kOwn, own);
    settings.setValue(keyOf(name), state);
    setPerspective(name);
    return {};
}

void MainWindow::setLectureMode(bool on) {
    if (on == m_lecture) return;
    if (on && m_controller.loaded() && !m_layoutPending)
        QSettings().setValue(keyOf(m_perspective), QMainWindow::saveState());
    m_lecture = on;
    applyStyle();
    if (m_controller.loaded()) setPerspective(m_perspective);
}

void MainWindow::showView(const QString& viewId) {
    auto it = m_docks.find(viewId);
    if (it == m_docks.end()) return;
    m_welcome->hide();
    it->second->show();
    it->second->raise();
    m_panels.at(viewId)->refresh();
    m_panels.at(viewId)->setFocus();
}

ViewPanel* MainWindow::panel(const QString& viewId) const {
    auto it = m_panels.find(viewId);
    return it == m_panels.end() ? nullptr : it->second;
}

}  // namespace ringside
