#include "widgets/console/console.h"

#include <algorithm>

#include "widgets/canvas/words.h"
#include "widgets/console/screen.h"

namespace ringside {
namespace {

constexpr u64 kShown = 64 * 1024;  // bytes of the end that are shown

// Keys that have no picture as people write them: ^C
QString visible(const std::string& bytes) {
    QString text;
    for (const QChar c : QString::fromUtf8(bytes.data(), static_cast<qsizetype>(bytes.size())))
        text += c.unicode() < 32 ? QStringLiteral("^") + QChar(c.unicode() + '@') : QString(c);
    return text;
}

Discipline disciplineOf(const Machine& machine) {
    constexpr u32 kIsig = 1, kCanonical = 2, kEcho = 8;
    const Tty& tty = machine.kernel.vfs.tty;
    Discipline d;
    d.canonical = (tty.lflag & kCanonical) != 0;
    d.echo = (tty.lflag & kEcho) != 0;
    d.signalKeys = (tty.lflag & kIsig) != 0;
    d.line = visible(tty.line);
    d.ready = tty.cooked.size();
    for (const auto& [id, task] : machine.kernel.tasks) {
        const SignalStruct* group = machine.kernel.signals.find(task.signal);
        if (!group || task.exitState != 0 || tty.pgrp == 0 || group->pgrp != tty.pgrp || task.groupLeader != id)
            continue;
        d.front << QStringLiteral("%1 (%2)").arg(QString::fromStdString(task.comm)).arg(task.pid());
    }
    return d;
}

QString modeText(const Discipline& d) {
    QStringList parts{d.canonical ? Words::tr("whole lines") : Words::tr("single keys"),
                      d.echo ? Words::tr("echo") : Words::tr("no echo"),
                      d.signalKeys ? Words::tr("^C and ^Z are signals") : Words::tr("^C is a byte")};
    return parts.join(QStringLiteral(", "));
}

QString stateText(const Discipline& d) {
    QStringList parts{modeText(d)};
    if (!d.front.isEmpty()) parts << Words::tr("in front: %1").arg(d.front.join(QStringLiteral(", ")));
    if (!d.line.isEmpty()) parts << Words::tr("being edited: “%1”").arg(d.line);
    if (d.ready) parts << Words::tr("%n byte(s) ready to be read", nullptr, static_cast<int>(d.ready));
    return parts.join(QStringLiteral(" · "));
}

}  // namespace

ConsoleModel buildConsole(const Snapshot& snapshot, const ViewOptions& options) {
    ConsoleModel model;
    if (!snapshot.now) return model;
    model.loaded = true;
    model.scroll = options.scroll;
    const Console& console = snapshot.now->devices.console;
    auto tail = [](const CowBytes& bytes) {
        u64 from = bytes.size() > kShown ? bytes.size() - kShown : 0;
        std::vector<u8> raw(bytes.size() - from);
        bytes.read(from, raw);
        return QString::fromUtf8(reinterpret_cast<const char*>(raw.data()), static_cast<qsizetype>(raw.size()));
    };
    model.bytes = console.output.size();
    QString text = tail(console.output);
    if (console.errorOutput.size()) text += tail(console.errorOutput);
    // A pipe of the host has no line discipline that would make "\r\n" of the end of a line.
    if (!console.terminal) text.replace(QLatin1Char('\n'), QLatin1String("\r\n"));
    const Tty& tty = snapshot.now->kernel.vfs.tty;
    Screen screen = screenOf(text, tty.rows, tty.columns);
    model.lines = std::move(screen.lines);
    model.row = screen.row;
    model.column = screen.column;
    if (console.terminal) model.discipline = disciplineOf(*snapshot.now);
    if (snapshot.before) {
        u64 old = snapshot.before->devices.console.output.size();
        if (old < model.bytes) {
            std::vector<u8> fresh(model.bytes - old);
            console.output.read(old, fresh);
            int ends = static_cast<int>(std::count(fresh.begin(), fresh.end(), u8{'\n'}));
            model.freshLines = ends + (fresh.back() == '\n' ? 1 : 1);
        }
    }
    model.waiting = snapshot.stop == MachineStop::NeedsInput;
    return model;
}

Scene paint(const ConsoleModel& model, const StylePtr& style, QSizeF size) {
    Scene scene(style, size);
    scene.endless = true;
    const Theme& theme = style->theme;
    double g = style->grid, row = style->lineHeight(Font::Mono), width = size.width();
    if (!model.loaded || (model.bytes == 0 && !model.waiting)) {
        scene.empty(
            model.loaded
                ? Words::tr("The program has written nothing yet. Its first write(2) to the terminal appears here.")
                : Words::tr("No machine is running. What its programs write appears here."),
            model.loaded ? Words::tr("To the next system call") : Words::tr("Open a program…"),
            {Command::Kind::Action, 0, model.loaded ? "step.syscall" : "file.open"});
        return scene;
    }
    double y = g * 0.5;
    if (model.discipline) {
        const Discipline& d = *model.discipline;
        const QRectF strip(g, y, width - 2 * g, row);
        scene.text(strip, stateText(d), Font::Small, theme.color(Role::Muted));
        scene.line({QPointF(g, strip.bottom() + g * 0.2), QPointF(width - g, strip.bottom() + g * 0.2)},
                   theme.color(Role::Line));
        scene.spot(strip, "discipline", Words::tr("Line discipline"),
                   Words::tr("The terminal's line discipline, between keyboard and read(2): %1. %2")
                       .arg(stateText(d),
                            d.canonical ? Words::tr("It edits the line itself; a read returns when Enter has come.")
                                        : Words::tr("The program edits for itself; a read returns with each key.")));
        y += row + g * 0.5;
    }
    int visible = std::max(1, static_cast<int>((size.height() - y - g * 0.5) / row));
    int count = static_cast<int>(model.lines.size());
    int first = std::clamp(count - visible + static_cast<int>(model.scroll), 0, std::max(0, count - 1));
    for (int i = first; i < count && i < first + visible; ++i, y += row) {
        const QString& line = model.lines[static_cast<std::size_t>(i)];
        QRectF rect(g, y, width - 2 * g, row);
        bool fresh = i >= count - model.freshLines && !line.isEmpty();
        if (fresh) {
            scene.box({g * 0.25, y + 1, g * 0.35, row - 2}, theme.color(Role::Accent), {}, 0, 0);
        }
        scene.text(rect, line, Font::Mono);
        if (!line.isEmpty()) {
            QString what = fresh ? Words::tr("Written in the last step: “%1”").arg(line)
                                 : Words::tr("The program wrote “%1”").arg(line);
            scene.spot(rect, QString("line:%1").arg(i), line, what).changed = fresh;
        }
        if (i == model.row) {
            double x = g + style->width(Font::Mono, line.left(model.column).leftJustified(model.column));
            scene.box({x + 1, y + 2, style->em - 1, row - 4}, model.waiting ? theme.color(Role::Accent) : QColor(),
                      theme.color(Role::Muted), style->pen * 0.7, 0);
        }
    }
    return scene;
}

TextTwin twin(const ConsoleModel& model) {
    TextTwin root(Words::tr("Console"));
    int count = static_cast<int>(model.lines.size());
    for (int i = 0; i < count; ++i)
        if (i + 1 < count || !model.lines[static_cast<std::size_t>(i)].isEmpty())
            root.add({}, model.lines[static_cast<std::size_t>(i)], i >= count - model.freshLines);
    if (model.loaded && model.bytes == 0) root.add(Words::tr("Nothing has been written yet."));
    if (model.discipline) root.add(Words::tr("Line discipline"), stateText(*model.discipline));
    if (model.waiting) root.add(Words::tr("The program waits for input"));
    return root;
}

}  // namespace ringside
