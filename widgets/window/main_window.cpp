// How the window is put together. What its commands do is in main_window_commands.cpp, perspectives are in
// main_window_layout.cpp.
#include "widgets/window/main_window.h"

#include <QActionGroup>
#include <QApplication>
#include <QCloseEvent>
#include <QComboBox>
#include <QDragEnterEvent>
#include <QFileInfo>
#include <QLabel>
#include <QMenuBar>
#include <QMimeData>
#include <QSettings>
#include <QSlider>
#include <QTimer>
#include <QToolBar>
#include <QVBoxLayout>
#include <cmath>

#include "widgets/canvas/words.h"
#include "widgets/window/dock_title.h"
#include "widgets/window/icons.h"
#include "widgets/window/lesson_bar.h"
#include "widgets/window/samples.h"
#include "widgets/window/status_line.h"
#include "widgets/window/style_sheet.h"
#include "widgets/window/welcome_page.h"

namespace ringside {
namespace {

// Steps a second at which the machine runs, by the slider's place; the last is full speed.
constexpr double kSpeeds[] = {0.25, 0.5, 1, 2, 4, 8, 16, 30, 60, 125, 250, 500, 1000, 0};
constexpr int kFullSpeed = std::size(kSpeeds) - 1;

}  // namespace

MainWindow::MainWindow(QWidget* parent) : QMainWindow(parent) {
    setObjectName("main");
    setWindowTitle(tr("Ringside"));
    setAcceptDrops(true);
    setDockNestingEnabled(true);
    setDockOptions(AnimatedDocks | AllowNestedDocks | AllowTabbedDocks);
    setTabPosition(Qt::AllDockWidgetAreas, QTabWidget::North);
    m_style = makeStyle(m_systemTheme.kind());

    m_welcome = new WelcomePage;
    m_status = new StatusLine;
    m_timeline = new TimelineBar;
    m_lesson = new LessonBar;
    setStatusBar(m_status);
    setCentralWidget(m_welcome);
    connect(m_welcome, &WelcomePage::openFile, this, &MainWindow::open);
    connect(m_welcome, &WelcomePage::openDialog, this, &MainWindow::openDialog);
    connect(m_welcome, &WelcomePage::openSample, this, [this](const SampleRow& row) {
        if (load(requestFor(row))) setPerspective(idOf(row.perspective));
    });
    connect(m_welcome, &WelcomePage::openLesson, this, &MainWindow::startLesson);
    connect(m_lesson, &LessonBar::stepChanged, this, &MainWindow::onLessonStep);
    connect(m_lesson, &LessonBar::finished, this, &MainWindow::leaveLesson);
    connect(m_timeline, &TimelineBar::seek, this, &MainWindow::seek);
    connect(m_timeline, &TimelineBar::selected, &m_selection, &Selection::select);
    connect(m_timeline, &TimelineBar::commanded, this, &MainWindow::perform);

    makeActions();
    makeDocks();
    makeMenus();
    makeToolBar();
    connect(&m_controller, &SessionController::snapshotChanged, this, &MainWindow::onSnapshot);
    connect(&m_controller, &SessionController::loadedChanged, this, &MainWindow::onLoaded);
    connect(&m_controller, &SessionController::speedChanged, this, &MainWindow::updateSpeed);
    connect(&m_systemTheme, &SystemTheme::changed, this, [this] {
        if (m_themeId == "system") applyStyle();
    });
    connect(&m_selection, &Selection::changed, this, &MainWindow::onSelection);
    restoreState();
    applyStyle();
    onLoaded();
    updateActions();
    updateSpeed();
}

MainWindow::~MainWindow() {
    // Docks tell that they vanish when the members are gone already.
    for (auto& [id, dock] : m_docks) dock->disconnect(this);
}

void MainWindow::makeActions() {
    QSettings settings;
    for (const ActionRow& row : actionRows()) {
        auto* action = new QAction(Words::tr(row.text), this);
        action->setObjectName(row.name);
        action->setToolTip(Words::tr(row.tip));
        action->setStatusTip(Words::tr(row.tip));
        action->setCheckable(row.flags & ActionRow::Checkable);
        QList<QKeySequence> keys = defaultKeys(row);
        QString stored = QString("shortcuts/") + row.name;
        if (settings.contains(stored)) keys = QKeySequence::listFromString(settings.value(stored).toString());
        action->setShortcuts(keys);
        connect(action, &QAction::triggered, this, [this, &row] {
            row.run(*this);
            updateActions();
        });
        addAction(action);
        m_actions[row.name] = action;
    }
}

void MainWindow::makeMenus() {
    auto menu = [&](const char* name, const QString& title) { m_menus[name] = menuBar()->addMenu(title); };
    menu("File", tr("&File"));
    menu("Edit", tr("&Edit"));
    menu("View", tr("&View"));
    menu("Run", tr("&Run"));
    menu("Time", tr("&Time"));
    menu("Perspective", tr("&Perspective"));
    menu("Help", tr("&Help"));
    for (const ActionRow& row : actionRows()) {
        QMenu* in = m_menus[row.menu];
        if (row.flags & ActionRow::Separator) in->addSeparator();
        in->addAction(m_actions[row.name]);
    }
    QMenu* view = m_menus["View"];
    view->addSeparator();
    QMenu* themes = view->addMenu(tr("Theme"));
    m_themeGroup = new QActionGroup(this);
    auto addTheme = [&](const QString& id, const QString& name) {
        QAction* a = themes->addAction(name, this, [this, id] { setTheme(id); });
        a->setCheckable(true);
        a->setData(id);
        m_themeGroup->addAction(a);
    };
    addTheme("system", tr("Like the system"));
    for (ThemeKind kind : kThemeKinds) addTheme(idOf(kind), nameOf(kind));
    QMenu* panels = view->addMenu(tr("Panels"));
    for (const ViewRow& row : viewRows()) panels->addAction(m_docks[row.id]->toggleViewAction());
    makePerspectiveMenu();
}

void MainWindow::makeToolBar() {
    m_toolBar = addToolBar(tr("Tools"));
    m_toolBar->setObjectName("tools");
    m_toolBar->setMovable(false);
    m_toolBar->setContextMenuPolicy(Qt::PreventContextMenu);
    for (const ActionRow& row : actionRows()) {
        if (!(row.flags & ActionRow::ToolBar)) continue;
        if (row.flags & ActionRow::ToolGap) m_toolBar->addSeparator();
        m_toolBar->addAction(m_actions[row.name]);
    }
    m_toolBar->addSeparator();
    m_speed = new QSlider(Qt::Horizontal);
    m_speed->setRange(0, kFullSpeed);
    m_speed->setPageStep(1);
    m_speed->setAccessibleName(tr("Speed of running"));
    m_speed->setToolTip(tr("Speed of running: from one step in four seconds to as fast as it goes"));
    m_speed->setFocusPolicy(Qt::TabFocus);
    m_speedLabel = new QLabel;
    m_toolBar->addWidget(m_speed);
    m_toolBar->addWidget(m_speedLabel);
    connect(m_speed, &QSlider::valueChanged, this, [this](int at) { m_controller.setSpeed(kSpeeds[at]); });
    auto* gap = new QWidget;
    gap->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    m_toolBar->addWidget(gap);
    m_perspectiveBox = new QComboBox;
    m_perspectiveBox->setAccessibleName(tr("Perspective"));
    m_perspectiveBox->setToolTip(tr("Which views are shown, and where"));
    m_perspectiveBox->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    m_perspectiveBox->setFocusPolicy(Qt::TabFocus);
    m_toolBar->addWidget(m_perspectiveBox);
    connect(m_perspectiveBox, &QComboBox::activated, this,
            [this](int at) { setPerspective(m_perspectiveBox->itemData(at).toString()); });
    fillPerspectiveMenu();

    m_timelineBar = new QToolBar(tr("Timeline"));
    m_timelineBar->setObjectName("timeline");
    m_timelineBar->setMovable(false);
    m_timelineBar->setContextMenuPolicy(Qt::PreventContextMenu);
    auto* foot = new QWidget;
    auto* column = new QVBoxLayout(foot);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_lesson);
    column->addWidget(m_timeline);
    m_timelineBar->addWidget(foot);
    addToolBar(Qt::BottomToolBarArea, m_timelineBar);
}

void MainWindow::makeDocks() {
    m_titles.setSingleShot(true);
    m_titles.setInterval(0);
    connect(&m_titles, &QTimer::timeout, this, &MainWindow::updateTitles);
    for (const ViewRow& row : viewRows()) {
        QString title = Words::tr(row.title);
        auto* dock = new QDockWidget(title, this);
        dock->setObjectName(row.id);
        auto* panel = new ViewPanel(row);
        dock->setWidget(panel);
        dock->setTitleBarWidget(new DockTitle(title, panel, dock));
        dock->setToolTip({});
        dock->hide();
        connect(panel, &ViewPanel::selected, &m_selection, &Selection::select);
        connect(panel, &ViewPanel::commanded, this, &MainWindow::perform);
        connect(panel, &ViewPanel::typed, this, [this, id = QString(row.id)](const QString& line) {
            if (id == "disassembly") return writeCode(line);
            if (id == "exec") return changeFormat("register", line.trimmed());
            go([&](Session& s) { s.type(line.toStdString()); });
            // Whoever types wants to see the answer.
            go([](Session& s) { s.run(); });
        });
        connect(dock, &QDockWidget::dockLocationChanged, this, [this] { m_titles.start(); });
        connect(dock, &QDockWidget::topLevelChanged, this, [this] { m_titles.start(); });
        connect(dock, &QDockWidget::visibilityChanged, this, [this, panel](bool seen) {
            if (seen) panel->refreshIfStale();
            m_titles.start();
        });
        addDockWidget(Qt::LeftDockWidgetArea, dock);
        m_docks[row.id] = dock;
        m_panels[row.id] = panel;
    }
}

void MainWindow::setTheme(const QString& id) {
    m_themeId = id;
    applyStyle();
    QSettings().setValue("window/theme", id);
}

void MainWindow::nextTheme() {
    auto at = static_cast<std::size_t>(theme());
    setTheme(idOf(kThemeKinds[(at + 1) % kThemeKinds.size()]));
}

void MainWindow::setTextScale(double scale) {
    m_textScale = std::clamp(scale, 0.6, 4.0);
    if (std::abs(m_textScale - 1) < 0.04) m_textScale = 1;
    applyStyle();
    QSettings().setValue("window/text-scale", m_textScale);
}

void MainWindow::setReduceMotion(bool on) {
    m_reduceMotion = on;
    for (auto& [id, panel] : m_panels) panel->setReduceMotion(on);
    QSettings().setValue("window/reduce-motion", on);
    updateActions();
}

void MainWindow::applyStyle() {
    ThemeKind kind = m_themeId == "system" ? m_systemTheme.kind() : themeFromId(m_themeId);
    m_style = makeStyle(kind, m_textScale * (m_lecture ? 1.5 : 1));
    const Style& s = *m_style;
    QPalette palette = s.theme.palette();
    QApplication::setPalette(palette);
    QApplication::setFont(s.font(Font::Words));
    setPalette(palette);
    setFont(s.font(Font::Words));
    qApp->setStyleSheet(ringside::styleSheet(s));
    for (const ActionRow& row : actionRows())
        if (row.icon) m_actions[row.name]->setIcon(themedIcon(row.icon, s.theme));
    int icon = static_cast<int>(s.grid * 2.5);
    m_toolBar->setIconSize({icon, icon});
    m_speed->setFixedWidth(static_cast<int>(s.em * 12));
    m_speedLabel->setFont(s.font(Font::Small));
    m_speedLabel->setContentsMargins(static_cast<int>(s.grid), 0, 0, 0);
    m_speedLabel->setMinimumWidth(static_cast<int>(s.width(Font::Small, tr("full speed"))) +
                                  static_cast<int>(s.grid * 2));
    for (auto& [id, panel] : m_panels) panel->setStyle(m_style);
    for (auto& [id, dock] : m_docks) static_cast<DockTitle*>(dock->titleBarWidget())->setStyle(s);
    m_timeline->setStyle(m_style);
    m_lesson->setStyle(s);
    m_status->setStyle(m_style);
    m_welcome->setStyle(s);
    for (QAction* a : m_themeGroup->actions()) a->setChecked(a->data().toString() == m_themeId);
    updateActions();
    onSnapshot();
}

void MainWindow::updateSpeed() {
    double speed = m_controller.speed();
    int at = kFullSpeed;
    for (int i = 0; i < kFullSpeed; ++i)
        if (kSpeeds[i] == speed) at = i;
    QSignalBlocker quiet(m_speed);
    m_speed->setValue(at);
    m_speedLabel->setText(speed == 0 ? tr("full speed") : tr("%1 steps/s").arg(speed));
}

void MainWindow::changeSpeed(int direction) { m_speed->setValue(m_speed->value() + direction); }

void MainWindow::onLoaded() {
    bool loaded = m_controller.loaded();
    m_symbols = std::make_shared<Symbols>();
    m_micro = 0;
    if (loaded) {
        m_symbols->setSourceDirectory(QFileInfo(m_controller.request().program).absolutePath().toStdString());
        setWindowTitle(tr("%1 – Ringside").arg(QFileInfo(m_controller.request().program).fileName()));
        // Loading again keeps the docks as they are.
        bool fresh = !m_welcome->isHidden();
        m_welcome->hide();
        if (fresh) setPerspective(m_perspective);
    } else {
        setWindowTitle(tr("Ringside"));
        for (auto& [id, dock] : m_docks) dock->hide();
        m_welcome->show();
        m_selection.clear();
        m_lesson->start(nullptr);
    }
    m_timelineBar->setVisible(loaded);
    updateActions();
}

void MainWindow::showWelcome() {
    // Beside a running machine the page takes the docks' place until a view is asked for.
    for (auto& [id, dock] : m_docks) dock->hide();
    m_welcome->show();
    m_welcome->setFocus();
}

void MainWindow::onSnapshot() {
    auto snapshot = m_controller.snapshot();
    if (snapshot && snapshot->now && snapshot->now->cpu.tick != m_microTick) {
        m_microTick = snapshot->now->cpu.tick;
        m_micro = 0;
    }
    if (m_microWanted && snapshot && !snapshot->running) m_micro = std::exchange(m_microWanted, 0);
    for (auto& [id, panel] : m_panels) {
        panel->setShared(m_selection.current(), m_micro, m_symbols);
        panel->setSnapshot(snapshot);
    }
    m_timeline->setSnapshot(snapshot);
    m_status->setSnapshot(snapshot, *m_symbols);
    if (snapshot) {
        QString why = stopSentence(*snapshot);
        if (why.isEmpty())
            m_status->clearMessage();
        else
            m_status->showMessage(why);
        arrive(*snapshot);
    }
    updateActions();
}

void MainWindow::onSelection() {
    for (auto& [id, panel] : m_panels) panel->setShared(m_selection.current(), m_micro, m_symbols);
    updateActions();
}

void MainWindow::updateActions() {
    bool loaded = m_controller.loaded();
    for (const ActionRow& row : actionRows())
        if (row.flags & ActionRow::NeedsMachine) m_actions[row.name]->setEnabled(loaded);
    for (const char* name : {"lesson.next", "lesson.back", "lesson.leave"})
        m_actions[name]->setEnabled(m_lesson->lesson() != nullptr);
    m_actions["edit.back"]->setEnabled(m_selection.canGoBack());
    m_actions["edit.forward"]->setEnabled(m_selection.canGoForward());
    m_actions["view.lecture"]->setChecked(m_lecture);
    m_actions["view.reduce-motion"]->setChecked(m_reduceMotion);
    m_actions["view.since-step"]->setChecked(m_controller.since() == Session::Since::Step);
    m_actions["view.since-event"]->setChecked(m_controller.since() == Session::Since::Event);
    m_actions["view.since-mark"]->setChecked(m_controller.since() == Session::Since::Mark);
    QAction* run = m_actions["run.toggle"];
    bool running = m_controller.running();
    if (run->data().toBool() != running || run->icon().isNull() ||
        run->property("theme") != static_cast<int>(theme())) {
        run->setData(running);
        run->setProperty("theme", static_cast<int>(theme()));
        run->setIcon(themedIcon(running ? "pause" : "run", m_style->theme));
        run->setText(running ? tr("Pause") : Words::tr("Run"));
    }
    for (auto& [id, dock] : m_docks)
        if (dock->isVisible()) static_cast<DockTitle*>(dock->titleBarWidget())->updateButtons();
}

void MainWindow::say(const QString& message) { m_status->showMessage(message); }

void MainWindow::saveState() {
    QSettings settings;
    settings.setValue("window/geometry", saveGeometry());
    settings.setValue("window/perspective", m_perspective);
    if (m_controller.loaded() && !m_lecture && m_welcome->isHidden() && !m_layoutPending)
        settings.setValue("window/layout/" + m_perspective, QMainWindow::saveState());
}

void MainWindow::restoreState() {
    QSettings settings;
    m_textScale = std::clamp(settings.value("window/text-scale", 1.0).toDouble(), 0.6, 4.0);
    m_themeId = settings.value("window/theme", "system").toString();
    m_perspective = settings.value("window/perspective", m_perspective).toString();
    setReduceMotion(settings.value("window/reduce-motion", false).toBool());
    m_welcome->setRecent(settings.value("window/recent").toStringList());
    resize(1440, 900);
    restoreGeometry(settings.value("window/geometry").toByteArray());
}

void MainWindow::closeEvent(QCloseEvent* event) {
    saveState();
    QMainWindow::closeEvent(event);
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
    if (event->mimeData()->hasUrls()) event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event) {
    for (const QUrl& url : event->mimeData()->urls()) {
        if (!url.isLocalFile()) continue;
        event->acceptProposedAction();
        open(url.toLocalFile());
        return;
    }
}

void MainWindow::resizeEvent(QResizeEvent* event) {
    QMainWindow::resizeEvent(event);
    if (m_layoutPending) QTimer::singleShot(0, this, &MainWindow::settleLayout);
}

}  // namespace ringside
