#include "widgets/window/questions.h"

#include <QInputDialog>
#include <QRegularExpression>
#include <algorithm>

#include "core/kernel/names.h"
#include "core/machine/edits.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/window/main_window.h"

namespace ringside {
namespace {

Offer offer(const QString& text, const QString& what, u64 value) { return {text, {Command::Kind::Ask, value, what}}; }

bool isRegister(const QString& name) {
    const auto names = changeableRegisters();
    return std::ranges::find(names, name.toLower().toStdString()) != names.end();
}

const Task* taskOf(const Snapshot& s, i32 pid) {
    return pid ? taskByPid(*s.now, pid) : s.now->kernel.tasks.find(s.now->kernel.current);
}

std::optional<PhysAddr> physical(const Snapshot& s, i32 pid, u64 address) {
    const Task* task = taskOf(s, pid);
    const Walk w = task ? walk(s.now->ram, pagingOf(*s.now, *task), VirtAddr(address))
                        : walk(s.now->ram, s.now->cpu.pagingMode(), VirtAddr(address));
    if (w.end != WalkEnd::Mapped) return std::nullopt;
    return w.phys;
}

std::optional<u64> number(const QString& text) {
    bool good = false;
    const u64 value = text.startsWith('-') ? static_cast<u64>(text.toLongLong(&good, 0)) : text.toULongLong(&good, 0);
    return good ? std::optional(value) : std::nullopt;
}

// "1f 00" or "0x1f00": bytes in memory order, or a number of at most eight bytes, lowest first.
std::vector<u8> bytesOf(const QString& text) {
    std::vector<u8> bytes;
    if (text.startsWith("0x")) {
        bool good = false;
        const u64 value = text.toULongLong(&good, 16);
        if (!good) return {};
        const auto size = static_cast<unsigned>(std::max<qsizetype>(1, (text.size() - 1) / 2));
        for (unsigned i = 0; i < size; ++i) bytes.push_back(static_cast<u8>(value >> (8 * i)));
        return bytes;
    }
    for (const QString& part : text.split(QRegularExpression("\\s+"), Qt::SkipEmptyParts)) {
        bool good = false;
        const uint value = part.toUInt(&good, 16);
        if (!good || value > 255) return {};
        bytes.push_back(static_cast<u8>(value));
    }
    return bytes;
}

std::optional<int> signalOf(const QString& text) {
    bool good = false;
    if (const int n = text.toInt(&good); good) return n;
    for (int i = 1; i <= 64; ++i) {
        const QString name = qs(signalName(i));
        if (name.compare(text, Qt::CaseInsensitive) == 0 || name.mid(3).compare(text, Qt::CaseInsensitive) == 0)
            return i;
    }
    return {};
}

}  // namespace

std::vector<Offer> questionsAbout(const Subject& s, const Snapshot& snapshot) {
    std::vector<Offer> offers;
    if (!snapshot.now) return offers;
    switch (s.kind) {
        case SubjectKind::Address:
        case SubjectKind::Instruction:
        case SubjectKind::Vma: {
            const QString at = hex(s.value);
            const u64 length = s.kind == SubjectKind::Address ? std::clamp<u64>(s.extra, 1, 64) : 1;
            const QString tail = QString(" %1 %2").arg(length).arg(s.pid);
            offers = {
                offer(Words::tr("Who last wrote to %1?").arg(at), "wrote" + tail, s.value),
                offer(Words::tr("When was this page last mapped?"), "page mapped" + tail, s.value),
                offer(Words::tr("When was this page last copied?"), "page copied" + tail, s.value),
                offer(Words::tr("When was this page last given up?"), "page freed" + tail, s.value),
                offer(Words::tr("Stop when %1 is written").arg(at), "watch write" + tail, s.value),
                offer(Words::tr("Stop when %1 is read or written").arg(at), "watch access" + tail, s.value),
            };
            if (s.kind == SubjectKind::Address)
                offers.push_back(offer(Words::tr("What if other bytes were at %1…").arg(at), "poke" + tail, s.value));
            break;
        }
        case SubjectKind::Pte:
            offers = {offer(Words::tr("Who last wrote this entry?"), "wrote-physical", s.value)};
            break;
        case SubjectKind::Frame:
            offers = {
                offer(Words::tr("Who last wrote to frame %1?").arg(s.value), "wrote-frame", s.value),
                offer(Words::tr("When was it last mapped by a page fault?"), "frame mapped", s.value),
                offer(Words::tr("When was it last copied from?"), "frame copied", s.value),
                offer(Words::tr("When was it last swapped out?"), "frame freed", s.value),
            };
            break;
        case SubjectKind::Task: {
            const u64 pid = static_cast<u64>(s.pid);
            offers = {
                offer(Words::tr("When did task %1 last run?").arg(s.pid), "ran", pid),
                offer(Words::tr("What if it got a signal…"), "signal", pid),
                offer(Words::tr("What if it had another nice value…"), "nice", pid),
            };
            break;
        }
        case SubjectKind::Register:
            if (isRegister(s.text))
                offers = {
                    offer(Words::tr("Who last changed %1?").arg(s.text.toUpper()), "register " + s.text, 0),
                    offer(Words::tr("What if %1 held something else…").arg(s.text.toUpper()), "change " + s.text, 0),
                };
            break;
        case SubjectKind::None:
        case SubjectKind::Event:
        case SubjectKind::FileOffset:
        case SubjectKind::Syscall:
        case SubjectKind::Function:
        case SubjectKind::Other:
            break;
    }
    return offers;
}

void MainWindow::whatIf(const Expected<Edit>& edit) {
    if (!edit) return say(qs(edit.error().sentence));
    go([&](Session& s) { s.change(*edit); });
}

void MainWindow::askWhatIf(const QString& verb, const QStringList& words, u64 value) {
    auto snapshot = m_controller.snapshot();
    const Machine& machine = *snapshot->now;
    const i32 pid = static_cast<i32>(value);
    bool ok = false;
    if (verb == "change") {
        // "rax" asks for a value, "rax=5" brings one.
        const QString reg = words.value(1).section('=', 0, 0);
        const std::string name = reg.toLower().toStdString();
        const auto old = registerValue(machine, name);
        if (!old) return say(qs(old.error().sentence));
        QString answer = words.value(1).section('=', 1);
        if (answer.isEmpty()) {
            answer = QInputDialog::getText(this, tr("What if"), tr("%1 holds:").arg(reg.toUpper()), QLineEdit::Normal,
                                           hex(*old), &ok);
            if (!ok) return;
        }
        answer = answer.trimmed();
        const auto now = number(answer);
        if (!now) return say(tr("“%1” is no number.").arg(answer));
        whatIf(changeRegister(machine, name, *now));
    } else if (verb == "poke") {
        const QString answer =
            QInputDialog::getText(
                this, tr("What if"),
                tr("Bytes at %1, lowest address first (“1f 00”), or one number (“0x1f”):").arg(hex(value)),
                QLineEdit::Normal, {}, &ok)
                .trimmed();
        if (!ok) return;
        const std::vector<u8> bytes = bytesOf(answer);
        if (bytes.empty())
            return say(tr("“%1” are no bytes: write them like 1f 00, or one number like 0x1f.").arg(answer));
        whatIf(changeMemory(machine, words.value(2).toInt(), VirtAddr(value), bytes));
    } else if (verb == "nice") {
        const Task* task = taskOf(*snapshot, pid);
        const int nice = QInputDialog::getInt(this, tr("What if"), tr("Nice value of task %1:").arg(pid),
                                              task ? task->nice : 0, -20, 19, 1, &ok);
        if (ok) whatIf(changeNice(machine, pid, nice));
    } else {
        QStringList names;
        for (int i = 1; i <= 31; ++i) names << QString("%1 %2").arg(i).arg(qs(signalName(i)));
        const QString answer =
            QInputDialog::getItem(this, tr("What if"), tr("Signal for task %1:").arg(pid), names, 14, true, &ok);
        if (!ok) return;
        const auto signal = signalOf(answer.section(' ', 0, 0));
        if (!signal) return say(tr("“%1” is no signal.").arg(answer));
        whatIf(raiseSignal(machine, pid, *signal));
    }
}

void MainWindow::ask(const Command& question) {
    auto snapshot = m_controller.snapshot();
    if (!snapshot || !snapshot->now) return;
    const QStringList words = question.text.split(' ');
    const QString verb = words.first();
    const u64 value = question.value;
    const auto fate = [&] {
        return words.value(1) == "mapped"   ? Session::PageFate::Mapped
               : words.value(1) == "copied" ? Session::PageFate::Copied
                                            : Session::PageFate::Freed;
    };
    const auto text = [&](const QString& title, const QString& label, const QString& old) -> std::optional<QString> {
        bool ok = false;
        const QString answer = QInputDialog::getText(this, title, label, QLineEdit::Normal, old, &ok).trimmed();
        return ok ? std::optional(answer) : std::nullopt;
    };
    if (verb == "wrote" || verb == "watch") {
        const bool writes = verb == "wrote";
        const i32 pid = words.value(writes ? 2 : 3).toInt();
        const u64 length = std::clamp<u64>(words.value(writes ? 1 : 2).toULongLong(), 1, 64);
        const auto phys = physical(*snapshot, pid, value);
        if (!phys) return say(tr("No page is mapped at %1 now.").arg(hex(value)));
        if (writes) return go([&](Session& s) { s.backToWrite(*phys, length); });
        go([&](Session& s) {
            s.setWatch(Watchpoint{.begin = *phys, .length = length, .address = value, .reads = words[1] == "access"});
        });
        showView("breakpoints");
    } else if (verb == "unwatch") {
        go([](Session& s) { s.setWatch({}); });
    } else if (verb == "wrote-physical") {
        go([&](Session& s) { s.backToWrite(PhysAddr(value), 8); });
    } else if (verb == "wrote-frame") {
        go([&](Session& s) { s.backToWrite(PhysAddr(value << kPageShift), kPageSize); });
    } else if (verb == "page") {
        go([&](Session& s) { s.backToPage(fate(), words.value(3).toInt(), value); });
    } else if (verb == "frame") {
        go([&](Session& s) { s.backToFrame(fate(), FrameNo(static_cast<u32>(value))); });
    } else if (verb == "ran") {
        go([&](Session& s) { s.backToTask(static_cast<i32>(value)); });
    } else if (verb == "register") {
        go([&](Session& s) { s.backToRegister(words.value(1).toLower().toStdString()); });
    } else if (verb == "change" || verb == "poke" || verb == "nice" || verb == "signal") {
        askWhatIf(verb, words, value);
    } else if (verb == "breakpoint-on" || verb == "breakpoint-off") {
        go([&](Session& s) { s.enableBreakpoint(value, verb == "breakpoint-on"); });
    } else if (verb == "breakpoint-remove") {
        go([&](Session& s) { s.setBreakpoint(value, false); });
    } else if (verb == "condition") {
        QString old;
        for (const Breakpoint& b : snapshot->breakpointList)
            if (b.address == value) old = qs(b.condition.text());
        if (const auto answer = text(tr("Breakpoint at %1").arg(hex(value)),
                                     tr("Stop only when (as in rdi == 5 && rax < 0x1000; empty: always):"), old))
            go([&](Session& s) { s.setCondition(value, answer->toStdString()); });
    } else if (verb == "bookmark-rename") {
        QString old;
        for (const auto& [tick, name] : snapshot->bookmarks)
            if (tick == value) old = qs(name);
        if (const auto answer = text(tr("Bookmark"), tr("Name of this moment:"), old); answer && !answer->isEmpty())
            go([&](Session& s) { s.renameBookmark(value, answer->toStdString()); });
    } else if (verb == "bookmark-remove") {
        go([&](Session& s) { s.removeBookmark(value); });
    } else if (verb == "future") {
        go([&](Session& s) { s.switchFuture(static_cast<u32>(value)); });
    } else if (verb == "future-remove") {
        go([&](Session& s) { s.removeFuture(static_cast<u32>(value)); });
    } else if (verb == "future-compare") {
        go([&](Session& s) { s.compareFutures(words.value(1).toUInt(), static_cast<u32>(value)); });
        showView("futures");
    }
}

// The first question about the selection whose text begins with `what`; says what to select when there is none.
void MainWindow::askAboutSelection(const QString& what, const QString& otherwise) {
    auto snapshot = m_controller.snapshot();
    if (!snapshot || !snapshot->now) return;
    for (const Offer& o : questionsAbout(m_selection.current(), *snapshot))
        if (o.command.text.startsWith(what)) return ask(o.command);
    say(otherwise);
}

void MainWindow::askRegister(const QString& verb) {
    auto snapshot = m_controller.snapshot();
    if (!snapshot || !snapshot->now) return;
    QString name = m_selection.current().kind == SubjectKind::Register ? m_selection.current().text : QString();
    if (!isRegister(name)) {
        QStringList names;
        for (std::string_view n : changeableRegisters()) names << qs(std::string(n)).toUpper();
        bool ok = false;
        name = QInputDialog::getItem(this, tr("Register or flag"), tr("Which one:"), names, 0, false, &ok);
        if (!ok) return;
    }
    ask({Command::Kind::Ask, 0, verb + " " + name.toLower()});
}

void MainWindow::historyDialog() {
    auto snapshot = m_controller.snapshot();
    const int now = snapshot ? static_cast<int>(snapshot->historyBudget >> 20) : 512;
    bool ok = false;
    const int mib = QInputDialog::getInt(
        this, tr("Memory for the past"),
        tr("MiB for all checkpoints. With less, going back re-runs more of the program and takes longer:"), now, 16,
        1 << 20, 64, &ok);
    if (!ok) return;
    m_controller.setHistory(u64{static_cast<unsigned>(mib)} << 20);
}

}  // namespace ringside
