#include "widgets/window/actions.h"

#include <QString>
#include <QStringList>

#include "widgets/canvas/words.h"
#include "widgets/window/main_window.h"

#define T(text) QT_TRANSLATE_NOOP("ringside::Words", text)

namespace ringside {
namespace {

using F = ActionRow;
using Direction = Session::Direction;
constexpr unsigned kTool = F::ToolBar | F::NeedsMachine, kGap = F::ToolGap, kLive = F::NeedsMachine,
                   kLine = F::Separator;

constexpr ActionRow kRows[] = {
    {"file.open", T("File"), T("Open…"), "Ctrl+O", "open", F::ToolBar, T("Opens an x86-64 Linux program."),
     [](MainWindow& w) { w.openDialog(); }},
    {"file.reload", T("File"), T("Load again"), "Ctrl+R", "reload", kLive,
     T("Loads the file again, as it is now, and starts from the beginning."), [](MainWindow& w) { w.reload(); }},
    {"file.arguments", T("File"), T("Program and machine…"), "Ctrl+Shift+O", nullptr, F::None,
     T("Chooses arguments, environment, memory, scheduler and clock of the machine."),
     [](MainWindow& w) { w.loadDialog(); }},
    {"file.welcome", T("File"), T("Samples and lessons"), "Ctrl+Shift+H", "lesson", F::ToolBar,
     T("Shows the welcome page with samples, lessons and recent files."), [](MainWindow& w) { w.showWelcome(); }},
    {"file.close", T("File"), T("Close program"), "Ctrl+W", nullptr, kLive | kLine, T("Takes the machine away."),
     [](MainWindow& w) { w.closeProgram(); }},
    {"file.quit", T("File"), T("Quit"), "Ctrl+Q", nullptr, F::None, T("Closes the window."),
     [](MainWindow& w) { w.close(); }},

    {"edit.copy-text", T("Edit"), T("Copy view as text"), "Ctrl+Shift+C", "copy", F::None,
     T("Copies what the focused view says as text."), [](MainWindow& w) { w.copyViewAsText(); }},
    {"edit.select-address", T("Edit"), T("Go to address…"), "Ctrl+G", nullptr, kLive,
     T("Selects an address, a symbol or a register's value in all views."), [](MainWindow& w) { w.addressDialog(); }},
    {"edit.back", T("Edit"), T("Selection back"), "Alt+Left", "history-back", kLine,
     T("Selects what was selected before."), [](MainWindow& w) { w.selection().back(); }},
    {"edit.forward", T("Edit"), T("Selection forward"), "Alt+Right", "history-forward", F::None,
     T("Selects what was selected after this."), [](MainWindow& w) { w.selection().forward(); }},
    {"edit.palette", T("Edit"), T("Command palette…"), "Ctrl+Shift+P", "palette", kLine,
     T("Finds any command by a few letters of its name."), [](MainWindow& w) { w.showPalette(); }},
    {"edit.shortcuts", T("Edit"), T("Keyboard shortcuts…"), "", nullptr, F::None, T("Shows and changes all shortcuts."),
     [](MainWindow& w) { w.editShortcuts(); }},

    {"run.toggle", T("Run"), T("Run"), "F5; Space", "run", kTool | kGap,
     T("Runs until a breakpoint or the end; again: pauses."), [](MainWindow& w) { w.toggleRun(); }},
    {"run.stop", T("Run"), T("Stop"), "Shift+F5", "stop", kTool, T("Pauses and goes back to the beginning of the run."),
     [](MainWindow& w) { w.stop(); }},
    {"run.restart", T("Run"), T("Run from the start"), "Ctrl+Shift+F5", "restart", kLive,
     T("Starts the machine again and runs."), [](MainWindow& w) { w.restartAndRun(); }},
    {"run.back", T("Run"), T("Run backwards"), "Alt+Shift+F5", nullptr, kLive,
     T("Runs back to the previous breakpoint or the beginning."),
     [](MainWindow& w) { w.go([](Session& s) { s.run(Direction::Back); }); }},
    {"step.instruction-back", T("Run"), T("Step back"), "Alt+Shift+F11", "back", kTool | kLine | kGap,
     T("Takes the last instruction back."), [](MainWindow& w) { w.step(Direction::Back); }},
    {"step.instruction", T("Run"), T("Step into"), "F11", "step", kTool,
     T("Executes one instruction, or delivers one trap."), [](MainWindow& w) { w.step(Direction::Forward); }},
    {"step.over", T("Run"), T("Step over"), "F10", "step-over", kTool,
     T("Executes one instruction; a called function runs to its return."),
     [](MainWindow& w) { w.go([](Session& s) { s.stepOver(); }); }},
    {"step.over-back", T("Run"), T("Step over, backwards"), "Alt+Shift+F10", nullptr, kLive,
     T("Takes one instruction back, a whole call at once."),
     [](MainWindow& w) { w.go([](Session& s) { s.stepOver(Direction::Back); }); }},
    {"step.out", T("Run"), T("Step out"), "Shift+F11", "step-out", kTool,
     T("Runs until the current function has returned."), [](MainWindow& w) { w.go([](Session& s) { s.stepOut(); }); }},
    {"step.line-back", T("Run"), T("Back one source line"), "Shift+F12", "line-back", kTool | kLine | kGap,
     T("Goes back to where another source line began."), [](MainWindow& w) { w.stepLine(Direction::Back); }},
    {"step.line", T("Run"), T("Next source line"), "F12", "line", kTool, T("Runs until another source line begins."),
     [](MainWindow& w) { w.stepLine(Direction::Forward); }},
    {"step.event-back", T("Run"), T("Back to the previous event"), "Shift+F8", "event-back", kTool | kGap,
     T("Goes back to the last system call, fault, switch or signal."),
     [](MainWindow& w) { w.toEvent(MainWindow::anyEvent(), Direction::Back); }},
    {"step.event", T("Run"), T("To the next event"), "F8", "event", kTool,
     T("Runs to the next system call, fault, switch or signal."),
     [](MainWindow& w) { w.toEvent(MainWindow::anyEvent(), Direction::Forward); }},
    {"step.micro", T("Run"), T("Micro-step"), "F6", "micro", kTool | kGap,
     T("One micro-step of the instruction: fetch, decode, operands, execute, write back."),
     [](MainWindow& w) { w.microStep(1); }},
    {"step.micro-back", T("Run"), T("Micro-step back"), "Shift+F6", nullptr, kLive, T("Takes one micro-step back."),
     [](MainWindow& w) { w.microStep(-1); }},
    {"step.syscall", T("Run"), T("To the next system call"), "Ctrl+F8", nullptr, kLive | kLine,
     T("Runs to the next system call."),
     [](MainWindow& w) { w.toEvent(RunUntil::bit(EventKind::SyscallEnter), Direction::Forward); }},
    {"step.fault", T("Run"), T("To the next page fault"), "Ctrl+F9", nullptr, kLive, T("Runs to the next page fault."),
     [](MainWindow& w) { w.toEvent(RunUntil::bit(EventKind::PageFault), Direction::Forward); }},
    {"step.switch", T("Run"), T("To the next context switch"), "Ctrl+F7", nullptr, kLive,
     T("Runs until another task gets the CPU."),
     [](MainWindow& w) { w.toEvent(RunUntil::bit(EventKind::Switch), Direction::Forward); }},
    {"step.fork", T("Run"), T("To the next fork"), "Ctrl+F6", nullptr, kLive, T("Runs until a task is made."),
     [](MainWindow& w) { w.toEvent(RunUntil::bit(EventKind::Fork), Direction::Forward); }},
    {"step.exec", T("Run"), T("To the next exec"), "", nullptr, kLive, T("Runs until a program is replaced."),
     [](MainWindow& w) { w.toEvent(RunUntil::bit(EventKind::Exec), Direction::Forward); }},
    {"step.signal", T("Run"), T("To the next signal"), "", nullptr, kLive, T("Runs until a signal is sent."),
     [](MainWindow& w) { w.toEvent(RunUntil::bit(EventKind::Signal), Direction::Forward); }},
    {"run.to-cursor", T("Run"), T("Run to the selection"), "Ctrl+F10", nullptr, kLive | kLine,
     T("Runs until the selected address is reached."), [](MainWindow& w) { w.runToSelection(Direction::Forward); }},
    {"run.back-to-cursor", T("Run"), T("Run back to the selection"), "Ctrl+Shift+F10", nullptr, kLive,
     T("Runs back until the selected address is reached."), [](MainWindow& w) { w.runToSelection(Direction::Back); }},
    {"run.who-wrote", T("Run"), T("Who last wrote this?"), "Ctrl+Shift+W", nullptr, kLive,
     T("Goes back to the instruction that last wrote the selected address."), [](MainWindow& w) { w.backToWrite(); }},
    {"run.breakpoint", T("Run"), T("Breakpoint here"), "F9", "breakpoint", kLive,
     T("Sets or removes a breakpoint at the selection, or at RIP."), [](MainWindow& w) { w.toggleBreakpoint(); }},

    {"tree.play", T("Run"), T("Play the run queue's change"), "Ctrl+Alt+Space", nullptr, kLive | kLine,
     T("Plays what the last step did to the scheduler's tree, one change after the other."),
     [](MainWindow& w) { w.press("runqueue", "tree.play"); }},
    {"tree.back", T("Run"), T("Tree change before"), "Ctrl+Alt+Left", nullptr, kLive,
     T("Shows the scheduler's tree one change earlier within the last step."),
     [](MainWindow& w) { w.press("runqueue", "tree.back"); }},
    {"tree.next", T("Run"), T("Next tree change"), "Ctrl+Alt+Right", nullptr, kLive,
     T("Shows the scheduler's tree one change later within the last step."),
     [](MainWindow& w) { w.press("runqueue", "tree.next"); }},
    {"sched.cfs", T("Run"), T("Scheduler: completely fair"), "", nullptr, kLive | kLine,
     T("Switches the running machine to CFS."), [](MainWindow& w) { w.schedule("sched=cfs"); }},
    {"sched.eevdf", T("Run"), T("Scheduler: EEVDF"), "", nullptr, kLive,
     T("Switches the running machine to earliest eligible virtual deadline first."),
     [](MainWindow& w) { w.schedule("sched=eevdf"); }},
    {"sched.rr", T("Run"), T("Scheduler: round robin"), "", nullptr, kLive,
     T("Switches the running machine to round robin with a fixed quantum."),
     [](MainWindow& w) { w.schedule("sched=rr"); }},
    {"sched.rr-latency", T("Run"), T("Scheduler: round robin with target latency"), "", nullptr, kLive,
     T("Switches the running machine to round robin that divides a target latency."),
     [](MainWindow& w) { w.schedule("sched=rr-latency"); }},
    {"sched.coop", T("Run"), T("Scheduler: cooperative"), "", nullptr, kLive,
     T("Switches the running machine to a policy that never takes the CPU away."),
     [](MainWindow& w) { w.schedule("sched=coop"); }},

    {"time.back", T("Time"), T("One step back in time"), "Left", nullptr, kLive, T("Goes to the moment before."),
     [](MainWindow& w) { w.step(Direction::Back); }},
    {"time.forward", T("Time"), T("One step forward in time"), "Right", nullptr, kLive, T("Goes to the moment after."),
     [](MainWindow& w) { w.step(Direction::Forward); }},
    {"time.start", T("Time"), T("To the beginning"), "Home", "start", kLive, T("Goes to power-on."),
     [](MainWindow& w) { w.go([](Session& s) { s.seek(0); }); }},
    {"time.end", T("Time"), T("To the latest moment"), "End", "end", kLive,
     T("Goes to the latest moment reached so far."), [](MainWindow& w) { w.seekToFrontier(); }},
    {"time.slower", T("Time"), T("Slower"), "[", nullptr, kLine, T("Halves the speed of running."),
     [](MainWindow& w) { w.changeSpeed(-1); }},
    {"time.faster", T("Time"), T("Faster"), "]", nullptr, F::None, T("Doubles the speed of running."),
     [](MainWindow& w) { w.changeSpeed(1); }},
    {"time.bookmark", T("Time"), T("Bookmark this moment…"), "Ctrl+B", "bookmark", kLive | kLine,
     T("Gives this moment a name on the timeline."), [](MainWindow& w) { w.bookmark(); }},
    {"time.who-register", T("Time"), T("Who last changed a register?"), "", nullptr, kLive | kLine,
     T("Goes back to the instruction after which the register has the value it has now."),
     [](MainWindow& w) { w.askRegister("register"); }},
    {"time.page-mapped", T("Time"), T("When was this page last mapped?"), "", nullptr, kLive,
     T("Goes back to the page fault that mapped the selected page."),
     [](MainWindow& w) { w.askAboutSelection("page mapped", Words::tr("Select an address first.")); }},
    {"time.last-ran", T("Time"), T("When did this task last run?"), "", nullptr, kLive,
     T("Goes back to the end of the selected task's last turn on the CPU."),
     [](MainWindow& w) { w.askAboutSelection("ran", Words::tr("Select a task first.")); }},
    {"time.what-if", T("Time"), T("What if a register held something else…"), "", nullptr, kLive | kLine,
     T("Changes a register or flag at this moment. In the past, this begins a new future; the old one is kept."),
     [](MainWindow& w) { w.askRegister("change"); }},
    {"time.history", T("Time"), T("Memory for the past…"), "", nullptr, kLive,
     T("How much memory the checkpoints may take."), [](MainWindow& w) { w.historyDialog(); }},

    {"view.twin", T("View"), T("View as text"), "Ctrl+T", "tree", F::None,
     T("Shows the focused view as a tree of text, and back."), [](MainWindow& w) { w.toggleTwin(); }},
    {"view.pin", T("View"), T("Pin view"), "Ctrl+Shift+K", "pin", F::None,
     T("A pinned view keeps what it shows when the selection moves on."), [](MainWindow& w) { w.togglePin(); }},
    {"view.export", T("View"), T("Export view…"), "Ctrl+E", "export", F::None,
     T("Saves the focused view as PNG, SVG or text."), [](MainWindow& w) { w.exportView(); }},
    {"view.larger", T("View"), T("Larger text"), "Ctrl++; Ctrl+=", nullptr, kLine, T("Makes all text larger."),
     [](MainWindow& w) { w.setTextScale(w.textScale() * 1.1); }},
    {"view.smaller", T("View"), T("Smaller text"), "Ctrl+-", nullptr, F::None, T("Makes all text smaller."),
     [](MainWindow& w) { w.setTextScale(w.textScale() / 1.1); }},
    {"view.normal", T("View"), T("Normal text"), "Ctrl+0", nullptr, F::None, T("Gives text its normal size."),
     [](MainWindow& w) { w.setTextScale(1); }},
    {"view.lecture", T("View"), T("Lecture mode"), "Ctrl+F11", "lecture", F::Checkable | F::ToolBar | kGap,
     T("Larger text and fewer panels, for the last row of a lecture hall."),
     [](MainWindow& w) { w.setLectureMode(!w.lectureMode()); }},
    {"view.reduce-motion", T("View"), T("Reduce motion"), "", nullptr, F::Checkable,
     T("Nothing moves on its own; values change in place."),
     [](MainWindow& w) { w.setReduceMotion(!w.reduceMotion()); }},
    {"view.theme", T("View"), T("Next theme"), "Ctrl+Shift+T", nullptr, F::None,
     T("Goes from light to dark to high contrast to print."), [](MainWindow& w) { w.nextTheme(); }},
    {"view.fullscreen", T("View"), T("Full screen"), "Shift+Ctrl+F11", nullptr, F::None,
     T("Fills the screen, and back."), [](MainWindow& w) { w.toggleFullScreen(); }},

    {"help.view", T("Help"), T("About this view"), "F1", "help", F::None, T("Says what the focused view shows."),
     [](MainWindow& w) { w.viewHelp(); }},
    {"help.about", T("Help"), T("About Ringside"), "", nullptr, F::None, T("Version and licences."),
     [](MainWindow& w) { w.about(); }},
};

}  // namespace

std::span<const ActionRow> actionRows() { return kRows; }

const ActionRow* findAction(const QString& name) {
    for (const ActionRow& row : kRows)
        if (name == row.name) return &row;
    return nullptr;
}

QList<QKeySequence> defaultKeys(const ActionRow& row) {
    QList<QKeySequence> keys;
    for (const QString& part : QString(row.keys).split("; ", Qt::SkipEmptyParts)) keys << QKeySequence(part);
    return keys;
}

}  // namespace ringside
