// What the commands of the window do.
#include <QApplication>
#include <QClipboard>
#include <QDialogButtonBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QInputDialog>
#include <QMessageBox>
#include <QPainter>
#include <QPrintDialog>
#include <QPrinter>
#include <QSettings>
#include <QTextBrowser>
#include <QVBoxLayout>
#include <algorithm>

#include "core/kernel/sched/sched.h"
#include "core/machine/edits.h"
#include "widgets/canvas/export.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/subject_text.h"
#include "widgets/canvas/words.h"
#include "widgets/disassembly/typed_code.h"
#include "widgets/fetch_execute/fetch_execute.h"
#include "widgets/window/command_palette.h"
#include "widgets/window/differences.h"
#include "widgets/window/lesson_bar.h"
#include "widgets/window/load_dialog.h"
#include "widgets/window/main_window.h"
#include "widgets/window/questions.h"
#include "widgets/window/samples.h"
#include "widgets/window/shortcut_editor.h"
#include "widgets/window/status_line.h"
#include "widgets/window/welcome_page.h"

namespace ringside {

bool MainWindow::load(const LoadRequest& request) {
    auto done = m_controller.load(request);
    if (!done) {
        refuse(qs(done.error().sentence));
        return false;
    }
    m_welcome->setMessage({});
    m_lesson->start(nullptr);
    m_selection.clear();
    if (request.fromHost || !request.options.kernel.files.empty()) rememberRecent(request.program);
    m_arrival = Arrival::Here;
    if (m_perspective != idOf(Perspective::Boot)) goToMain();
    return true;
}

// Boot and exec are there to be looked at, but whoever opens a program wants to see the program: to main, when the file
// says where that is, else to its first instruction. Going back shows the rest. Nothing waits: each snapshot that has
// arrived leads to the next command.
void MainWindow::goToMain() {
    m_arrival = Arrival::ToExec;
    m_controller.session()->toEvent(RunUntil::bit(EventKind::Exec));
}

void MainWindow::arrive(const Snapshot& moment) {
    if (m_arrival == Arrival::Here || moment.running || !moment.stop) return;
    Session& session = *m_controller.session();
    auto exec = lastEvent(moment, RunUntil::bit(EventKind::Exec));
    if (m_arrival == Arrival::ToExec) {
        m_arrival = exec ? Arrival::ToMain : Arrival::Here;
        if (!exec) return;
        auto main = m_symbols->addressOf(*moment.now, "main");
        session.toAddress({main.value_or(exec->args[0])});
        return;
    }
    m_arrival = Arrival::Here;
    if (moment.stop == MachineStop::Breakpoint || !exec) return;
    // main was never reached: to the first instruction instead.
    session.seek(exec->tick);
    session.toAddress({exec->args[0]});
}

bool MainWindow::startLesson(const QString& id) {
    const Lesson* lesson = findLesson(id);
    if (!lesson) return false;
    const SampleRow* sample = findSample(lesson->sample);
    if (!sample) return false;
    LoadRequest request = requestFor(*sample);
    if (!lesson->arguments.isEmpty()) request.arguments = lesson->arguments;
    request.options.script = lesson->typed;
    if (!load(request)) return false;
    m_arrival = Arrival::Here;
    m_lesson->start(lesson);
    updateActions();
    return true;
}

void MainWindow::lessonStep(int by) {
    if (m_lesson->lesson()) m_lesson->goTo(m_lesson->step() + by);
}

void MainWindow::leaveLesson() {
    m_lesson->start(nullptr);
    updateActions();
}

void MainWindow::onLessonStep(const LessonStep& step) {
    auto way = wayTo(step.go, m_controller.request().program);
    if (!way) return say(qs(way.error().sentence));
    if (!step.perspective.isEmpty()) setPerspective(step.perspective);
    if (!step.view.isEmpty()) showView(step.view);
    m_selection.clear();
    if (auto subject = subjectFromText(step.select)) m_selection.select(*subject);
    m_microWanted = step.micro;
    go([&](Session& s) { s.toMoment(way->moments, way->more); });
}

void MainWindow::settle() {
    u64 seen = 0;
    for (;;) {
        m_controller.settle();
        auto snapshot = m_controller.snapshot();
        if (!snapshot || snapshot->serial == seen) return;
        seen = snapshot->serial;
    }
}

void MainWindow::refuse(const QString& why) {
    m_welcome->setMessage(why);
    say(why);
}

void MainWindow::rememberRecent(const QString& path) {
    QSettings settings;
    QStringList recent = settings.value("window/recent").toStringList();
    QString absolute = QFileInfo(path).absoluteFilePath();
    if (!sampleDirectory().isEmpty() && absolute.startsWith(sampleDirectory())) return;
    recent.removeAll(absolute);
    recent.prepend(absolute);
    while (recent.size() > 8) recent.removeLast();
    settings.setValue("window/recent", recent);
    m_welcome->setRecent(recent);
}

void MainWindow::openDialog() {
    QString path = QFileDialog::getOpenFileName(this, tr("Open a program"));
    if (!path.isEmpty()) open(path);
}

void MainWindow::loadDialog() {
    LoadDialog dialog(m_controller.request(), this);
    if (dialog.exec() == QDialog::Accepted) load(dialog.request());
}

void MainWindow::reload() {
    if (m_controller.loaded()) load(LoadRequest(m_controller.request()));
}

void MainWindow::closeProgram() { m_controller.close(); }

void MainWindow::go(const std::function<void(Session&)>& command) {
    m_arrival = Arrival::Here;
    if (Session* session = m_controller.session()) command(*session);
}

void MainWindow::toggleRun() {
    m_arrival = Arrival::Here;
    m_controller.toggleRun();
}

void MainWindow::stop() {
    go([](Session& s) {
        s.pause();
        s.restart();
    });
}

void MainWindow::restartAndRun() {
    go([](Session& s) {
        s.restart();
        s.run();
    });
}

void MainWindow::step(Session::Direction direction) {
    go([&](Session& s) { s.step(direction); });
}

void MainWindow::seek(Tick tick) {
    go([&](Session& s) { s.seek(tick); });
}

void MainWindow::seekToFrontier() {
    if (auto snapshot = m_controller.snapshot()) seek(snapshot->frontier);
}

void MainWindow::toEvent(u64 mask, Session::Direction direction) {
    go([&](Session& s) { s.toEvent(mask, direction); });
}

u64 MainWindow::anyEvent() {
    u64 mask = 0;
    for (const EventRow& row : eventRows())
        if (row.group != EventGroup::Call && row.group != EventGroup::Tree && row.group != EventGroup::Memory)
            mask |= RunUntil::bit(row.kind);
    return mask;
}

// To where another line of the same file begins; without source lines this is one instruction.
void MainWindow::stepLine(Session::Direction direction) {
    auto snapshot = m_controller.snapshot();
    if (!snapshot || !snapshot->now) return;
    const Machine& machine = *snapshot->now;
    u64 rip = machine.cpu.regs.rip;
    auto here = m_symbols->line(machine, rip);
    if (!here) {
        // In the kernel or in a library without lines: back to code that has them, if there is any.
        say(tr("There are no source lines here; this was one instruction."));
        return step(direction);
    }
    std::vector<std::pair<u64, u32>> statements;
    for (const u64 address : m_symbols->statements(machine, {here->file, 0, 0}))
        if (auto place = m_symbols->line(machine, address)) statements.emplace_back(address, place->line);
    go([&](Session& s) { s.toLine(std::move(statements), here->line, direction); });
}

std::optional<u64> MainWindow::selectedAddress() const {
    const Subject& s = m_selection.current();
    if (s.kind == SubjectKind::Address || s.kind == SubjectKind::Instruction || s.kind == SubjectKind::Vma)
        return s.value;
    return {};
}

void MainWindow::runToSelection(Session::Direction direction) {
    auto address = selectedAddress();
    if (!address) return say(tr("Select an instruction first."));
    go([&](Session& s) { s.toAddress({*address}, direction); });
}

void MainWindow::toggleBreakpoint() {
    auto snapshot = m_controller.snapshot();
    if (!snapshot || !snapshot->now) return;
    bool code = m_selection.current().kind == SubjectKind::Instruction;
    m_controller.toggleBreakpoint(code ? m_selection.current().value : snapshot->now->cpu.regs.rip);
}

void MainWindow::backToWrite() { askAboutSelection("wrote", tr("Select an address or a frame first.")); }

void MainWindow::microStep(int by) {
    auto snapshot = m_controller.snapshot();
    if (!snapshot || !snapshot->now) return;
    showView("fetch-execute");
    int count = microStepCount(*snapshot);
    if (by > 0 && m_micro >= count) return step(Session::Direction::Forward);
    if (by < 0 && m_micro == 0) return step(Session::Direction::Back);
    m_micro += by;
    onSelection();
}

void MainWindow::bookmark() {
    QString name = QInputDialog::getText(this, tr("Bookmark"), tr("Name of this moment:")).trimmed();
    if (!name.isEmpty()) go([&](Session& s) { s.addBookmark(name.toStdString()); });
}

ViewPanel* MainWindow::focusedPanel() const {
    for (QWidget* w = QApplication::focusWidget(); w; w = w->parentWidget())
        if (auto* panel = qobject_cast<ViewPanel*>(w)) return panel;
    for (const QString& id : m_layout.views())
        if (auto it = m_panels.find(id); it != m_panels.end() && it->second->isVisible()) return it->second;
    return nullptr;
}

void MainWindow::toggleTwin() {
    if (ViewPanel* p = focusedPanel()) p->setShowsTwin(!p->showsTwin());
}

void MainWindow::togglePin() {
    if (ViewPanel* p = focusedPanel()) p->setPinned(!p->pinned());
}

void MainWindow::copyViewAsText() {
    if (ViewPanel* p = focusedPanel()) QApplication::clipboard()->setText(toText(p->textTwin()));
}

void MainWindow::exportView() {
    ViewPanel* p = focusedPanel();
    if (!p) return;
    QString path = QFileDialog::getSaveFileName(this, tr("Export %1").arg(Words::tr(p->row().title)),
                                                QString(p->row().id) + ".svg",
                                                tr("Pictures and text (*.svg *.png *.pdf *.txt *.json)"));
    if (path.isEmpty()) return;
    if (auto done = saveView(path, p->scene(), p->textTwin()); !done) say(qs(done.error().sentence));
}

// On paper a view has its own colours and as much room as the sheet gives.
void MainWindow::printView() {
    ViewPanel* p = focusedPanel();
    if (!p) return;
    QPrinter printer;
    printer.setDocName(Words::tr(p->row().title));
    printer.setPageOrientation(QPageLayout::Landscape);
    QPrintDialog dialog(&printer, this);
    if (dialog.exec() != QDialog::Accepted) return;
    QPainter painter;
    if (!painter.begin(&printer)) return say(tr("Nothing could be printed to %1.").arg(printer.printerName()));
    Scene scene = p->sceneOn(makeStyle(ThemeKind::Print, 1, 1), p->canvas()->paper());
    QRectF sheet(QPointF(), printer.pageLayout().paintRectPixels(printer.resolution()).size());
    double scale = std::min(sheet.width() / scene.size().width(), sheet.height() / scene.size().height());
    painter.scale(scale, scale);
    scene.draw(painter, QRectF({}, scene.size()));
}

void MainWindow::compareWith(Session::Since since) {
    m_controller.compareWith(since);
    auto snapshot = m_controller.snapshot();
    if (since == Session::Since::Mark && snapshot && snapshot->now)
        say(tr("What differs from tick %L1 is marked from now on.").arg(snapshot->now->cpu.tick));
}

void MainWindow::viewHelp() {
    ViewPanel* p = focusedPanel();
    if (!p)
        return QMessageBox::information(this, tr("Ringside"),
                                        tr("Pick a sample, then press F5 to run it or F11 to step.")),
               void();
    QString text = QStringLiteral("<p>%1</p>").arg(Words::tr(p->row().help).toHtmlEscaped());
    if (const QStringList other = differencesOf(p->row().id); !other.isEmpty())
        text += QStringLiteral("<p><b>%1</b></p>").arg(tr("Other than on Linux")) + bulletList(other);
    tell(Words::tr(p->row().title), text);
}

void MainWindow::differences() { tell(tr("What differs from Linux"), bulletList(allDifferences())); }

void MainWindow::tell(const QString& title, const QString& html) {
    auto* dialog = new QDialog(this);
    dialog->setWindowTitle(title);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    auto* text = new QTextBrowser(dialog);
    text->setHtml(html);
    text->setAccessibleName(title);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, dialog);
    connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::reject);
    auto* column = new QVBoxLayout(dialog);
    column->addWidget(text);
    column->addWidget(buttons);
    dialog->resize(QSize(560, 480).boundedTo(size() * 0.9));  // what is longer scrolls
    dialog->open();
}

void MainWindow::addressDialog() {
    auto snapshot = m_controller.snapshot();
    if (!snapshot || !snapshot->now) return;
    QString text = QInputDialog::getText(this, tr("Go to"), tr("Address, symbol or register:")).trimmed();
    if (text.isEmpty()) return;
    static const QStringList kNames{"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                    "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};
    const Machine& machine = *snapshot->now;
    bool number = false;
    u64 value = text.toULongLong(&number, 0);
    if (!number) value = text.toULongLong(&number, 16);
    if (qsizetype i = kNames.indexOf(text.toLower()); i >= 0) {
        value = machine.cpu.regs.gpr[static_cast<std::size_t>(i)];
        number = true;
    } else if (text.compare("rip", Qt::CaseInsensitive) == 0) {
        value = machine.cpu.regs.rip;
        number = true;
    } else if (auto found = m_symbols->addressOf(machine, text.toStdString())) {
        value = *found;
        number = true;
    }
    if (!number) return say(tr("There is no symbol “%1” here.").arg(text));
    m_selection.select(Subject::address(value));
}

// Bytes, text in quotes or assembly, as a what-if.
void MainWindow::writeMemory(u64 address, const QString& text) {
    const auto snapshot = m_controller.snapshot();
    if (!snapshot || !snapshot->now || text.trimmed().isEmpty()) return;
    if (snapshot->running) return say(tr("Pause the machine first."));
    const auto bytes = codeFromText(text.trimmed(), address);
    if (!bytes) return say(qs(bytes.error().sentence));
    whatIf(changeMemory(*snapshot->now, 0, VirtAddr(address), *bytes));
}

// The scratchpad: to the selected instruction, else to where RIP points.
void MainWindow::writeCode(const QString& text) {
    const auto snapshot = m_controller.snapshot();
    if (!snapshot || !snapshot->now) return;
    const Subject& s = m_selection.current();
    writeMemory(s.kind == SubjectKind::Instruction ? s.value : snapshot->now->cpu.regs.rip, text);
}

// binfmt_misc: a new format, or what is written to the file of one.
void MainWindow::changeFormat(const QString& file, const QString& text) {
    const auto snapshot = m_controller.snapshot();
    if (!snapshot || !snapshot->now || text.isEmpty()) return;
    if (snapshot->running) return say(tr("Pause the machine first."));
    whatIf(file == "register" ? registerFormat(*snapshot->now, text.toStdString())
                              : controlFormat(*snapshot->now, file.toStdString(), text.toStdString()));
}

void MainWindow::toggleFullScreen() { isFullScreen() ? showNormal() : showFullScreen(); }

void MainWindow::perform(const Command& command) {
    switch (command.kind) {
        case Command::Kind::None:
        case Command::Kind::Setting:
            break;
        case Command::Kind::Seek:
            seek(command.value);
            break;
        case Command::Kind::ToggleBreakpoint:
            m_controller.toggleBreakpoint(command.value);
            break;
        case Command::Kind::RunTo:
            go([&](Session& s) { s.toAddress({command.value}); });
            break;
        case Command::Kind::ShowView:
            showView(command.text);
            break;
        case Command::Kind::Poke:
            if (command.text.startsWith("memory:"))
                writeMemory(command.text.section(':', 1).section('=', 0, 0).toULongLong(nullptr, 0),
                            command.text.section('=', 1));
            else if (command.text.startsWith("format:"))
                changeFormat(command.text.section(':', 1).section('=', 0, 0), command.text.section('=', 1));
            else
                ask({Command::Kind::Ask, 0, "change " + command.text});
            break;
        case Command::Kind::Ask:
            ask(command);
            break;
        case Command::Kind::Action:
            if (QAction* a = action(command.text)) a->trigger();
            break;
        case Command::Kind::Open:
            open(command.text);
            break;
        case Command::Kind::Schedule:
            schedule(command.text);
            break;
    }
}

void MainWindow::press(const QString& viewId, const QString& spot) {
    showView(viewId);
    if (ViewPanel* p = panel(viewId)) p->press(spot);
}

// "compare=rr,cfs", "sched=rr" or "nice.PID=5".
void MainWindow::schedule(const QString& text) {
    const QString what = text.section('=', 0, 0), value = text.section('=', 1);
    if (what == "compare") {
        std::vector<SchedKind> kinds;
        for (const QString& name : value.split(',', Qt::SkipEmptyParts))
            if (auto kind = schedKindOf(name.toStdString())) kinds.push_back(*kind);
        go([&](Session& s) { s.compare(kinds); });
    } else if (what == "sched") {
        if (auto kind = schedKindOf(value.toStdString()))
            go([&](Session& s) {
                s.change("policy = " + value.toStdString(), [kind](Machine& m) {
                    Os os{m.kernel, m.cpu, m.ram, m.devices, m.trace, m.clockHz};
                    setScheduler(os, *kind);
                });
            });
    } else if (what.startsWith("nice.")) {
        const i32 pid = what.mid(5).toInt();
        const int nice = value.toInt();
        go([&](Session& s) {
            s.change("nice of " + std::to_string(pid) + " = " + std::to_string(nice), [pid, nice](Machine& m) {
                const Task* task = taskByPid(m, pid);
                if (!task) return;
                Os os{m.kernel, m.cpu, m.ram, m.devices, m.trace, m.clockHz};
                setNice(os, task->id, nice);
            });
        });
    }
}

void MainWindow::showPalette() {
    auto* palette = new CommandPalette(this);
    palette->setAttribute(Qt::WA_DeleteOnClose);
    for (const ActionRow& row : actionRows())
        palette->addCommand(m_actions[row.name], Words::tr(row.menu), Words::tr(row.tip));
    if (auto snapshot = m_controller.snapshot(); snapshot && snapshot->now)
        for (const Offer& o : questionsAbout(m_selection.current(), *snapshot)) {
            auto* question = new QAction(o.text, palette);
            connect(question, &QAction::triggered, this, [this, c = o.command] { ask(c); });
            palette->addCommand(question, tr("Selection"), {});
        }
    for (auto& [id, dock] : m_docks) {
        auto* show = new QAction(tr("Show %1").arg(dock->windowTitle()), palette);
        connect(show, &QAction::triggered, this, [this, v = id] { showView(v); });
        palette->addCommand(show, tr("Panels"), Words::tr(m_panels.at(id)->row().help));
    }
    for (int i = 0; i < static_cast<int>(Perspective::kCount); ++i) {
        auto p = static_cast<Perspective>(i);
        auto* go = new QAction(tr("Perspective %1").arg(titleOf(p).replace("&&", "&")), palette);
        connect(go, &QAction::triggered, this, [this, p] { setPerspective(idOf(p)); });
        palette->addCommand(go, tr("Perspective"), {});
    }
    palette->popUp();
}

void MainWindow::editShortcuts() {
    ShortcutEditor editor(m_actions, this);
    editor.exec();
}

void MainWindow::about() {
    QMessageBox::about(
        this, tr("Ringside"),
        tr("<p><b>Ringside %1</b></p><p>Runs a real x86-64 Linux program on a small computer that you "
           "can watch, step and take back.</p><p>MIT licence. Fonts: Inter and JetBrains Mono, SIL Open Font "
           "License 1.1. Made with Qt, Capstone and fmt.</p>")
            .arg(QCoreApplication::applicationVersion()));
}

}  // namespace ringside
