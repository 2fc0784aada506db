// The window: menus, one tool bar, docks with the views of the registry, the timeline, a status bar. It holds no state
// of the machine; it turns commands into calls of the session and snapshots into calls of the panels.
#pragma once

#include <QAction>
#include <QDockWidget>
#include <QHash>
#include <QMainWindow>
#include <QTimer>
#include <map>
#include <memory>

#include "widgets/canvas/symbols.h"
#include "widgets/timeline/timeline_bar.h"
#include "widgets/window/actions.h"
#include "widgets/window/layouts.h"
#include "widgets/window/selection.h"
#include "widgets/window/session_controller.h"
#include "widgets/window/system_theme.h"
#include "widgets/window/view_panel.h"

class QActionGroup;
class QComboBox;
class QLabel;
class QSlider;
class QTabBar;
class QToolBar;

namespace ringside {

class LessonBar;
class StatusLine;
struct LessonStep;
class WelcomePage;

class MainWindow : public QMainWindow {
    Q_OBJECT
 public:
    explicit MainWindow(QWidget* parent = nullptr);
    ~MainWindow() override;

    // Programs
    bool load(const LoadRequest& request);  // says why not in the status bar and on the welcome page
    bool open(const QString& path) { return load({.program = path}); }
    void refuse(const QString& why);  // says why a program could not be opened
    void openDialog();
    void loadDialog();
    void reload();
    void closeProgram();
    void showWelcome();
    bool startLesson(const QString& id);
    void lessonStep(int by);
    void leaveLesson();
    LessonBar* lesson() const { return m_lesson; }

    // Time
    void settle();  // waits until all commands are done and shown (tests)
    SessionController& controller() { return m_controller; }
    Selection& selection() { return m_selection; }
    void go(const std::function<void(Session&)>& command);
    void toggleRun();
    void stop();
    void restartAndRun();
    void step(Session::Direction direction);
    void stepLine(Session::Direction direction);
    void toEvent(u64 mask, Session::Direction direction);
    static u64 anyEvent();
    void runToSelection(Session::Direction direction);
    void backToWrite();
    void toggleBreakpoint();
    void seekToFrontier();
    void changeSpeed(int direction);
    void microStep(int by);
    int micro() const { return m_micro; }
    void bookmark();
    // Questions about the past and what-ifs (questions.cpp).
    void ask(const Command& question);
    void askAboutSelection(const QString& what, const QString& otherwise);
    void askRegister(const QString& verb);
    void whatIf(const Expected<Edit>& edit);
    void writeMemory(u64 address, const QString& text);
    void writeCode(const QString& text);
    void changeFormat(const QString& file, const QString& text);
    void historyDialog();

    void schedule(const QString& text);  // Command::Kind::Schedule

    // Views
    void press(const QString& viewId, const QString& spot);  // as a click on that spot
    ViewPanel* panel(const QString& viewId) const;
    ViewPanel* focusedPanel() const;
    void showView(const QString& viewId);
    void toggleTwin();
    void togglePin();
    void copyViewAsText();
    void exportView();
    void printView();
    void compareWith(Session::Since since);
    void viewHelp();
    void differences();
    void addressDialog();

    // Looks
    double textScale() const { return m_textScale; }
    void setTextScale(double scale);
    bool lectureMode() const { return m_lecture; }
    void setLectureMode(bool on);
    bool reduceMotion() const { return m_reduceMotion; }
    void setReduceMotion(bool on);
    ThemeKind theme() const { return m_style->theme.kind(); }
    void setTheme(const QString& id);  // an id of a theme, or "system"
    void nextTheme();
    void toggleFullScreen();
    StylePtr style() const { return m_style; }

    // Perspectives: an id of a built-in one, or the name of the user's own
    QString perspective() const { return m_perspective; }
    void setPerspective(const QString& name);
    void savePerspective(const QString& name);
    void renamePerspective(const QString& from, const QString& to);
    void removePerspective(const QString& name);
    QStringList ownPerspectives() const;
    void resetPerspective();
    Expected<void> exportPerspective(const QString& path);
    Expected<void> importPerspective(const QString& path);

    // Commands
    QAction* action(const QString& name) const { return m_actions.value(name); }
    void showPalette();
    void editShortcuts();
    void about();
    void say(const QString& message);  // in the status bar

 protected:
    void closeEvent(QCloseEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

 private:
    void makeActions();
    void makeMenus();
    void makeToolBar();
    void makeDocks();
    void makePerspectiveMenu();
    void fillPerspectiveMenu();
    void applyStyle();
    void applyLayout(const LayoutNode& layout);
    void resizeToLayout();
    void settleLayout();
    void updateTitles();
    void onLessonStep(const LessonStep& step);
    void tabMenu(QTabBar* bar, QPoint at);
    void goToMain();
    void arrive(const Snapshot& moment);
    void rememberRecent(const QString& path);
    void onSnapshot();
    void onSelection();
    void onLoaded();
    void tell(const QString& title, const QString& html);  // in a box of its own
    void perform(const Command& command);
    void askWhatIf(const QString& verb, const QStringList& words, u64 value);
    void seek(Tick tick);
    std::optional<u64> selectedAddress() const;
    void updateActions();
    void updateSpeed();
    void saveState();
    void restoreState();

    // On the way from power-on to the program that was opened.
    enum class Arrival : u8 { Here, ToExec, ToMain };
    Arrival m_arrival = Arrival::Here;
    SessionController m_controller;
    Selection m_selection;
    std::shared_ptr<Symbols> m_symbols = std::make_shared<Symbols>();
    SystemTheme m_systemTheme;
    StylePtr m_style;
    QString m_themeId = "system";
    double m_textScale = 1;
    bool m_lecture = false;
    bool m_reduceMotion = false;
    int m_micro = 0;
    Tick m_microTick = 0;
    int m_microWanted = 0;  // by a lesson, at the next moment

    QHash<QString, QAction*> m_actions;
    QHash<QString, QMenu*> m_menus;
    std::map<QString, QDockWidget*> m_docks;
    std::map<QString, ViewPanel*> m_panels;
    QString m_perspective = "fetch-execute";
    LayoutNode m_layout;
    QTimer m_titles;               // docks have moved: who is in a group of tabs?
    bool m_layoutPending = false;  // sizes are to be set once the window has its own
    QActionGroup* m_perspectiveGroup = nullptr;
    QActionGroup* m_themeGroup = nullptr;
    QToolBar* m_toolBar = nullptr;
    QComboBox* m_perspectiveBox = nullptr;
    QSlider* m_speed = nullptr;
    QLabel* m_speedLabel = nullptr;
    TimelineBar* m_timeline = nullptr;
    LessonBar* m_lesson = nullptr;
    QToolBar* m_timelineBar = nullptr;
    StatusLine* m_status = nullptr;
    WelcomePage* m_welcome = nullptr;
};

}  // namespace ringside
