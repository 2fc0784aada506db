#include "widgets/console/console.h"

#include <algorithm>

#include "widgets/canvas/words.h"

namespace ringside {
namespace {

constexpr u64 kShown = 64 * 1024;  // bytes of the end that are shown

std::vector<QString> typewriter(const QString& text) {
    std::vector<QString> lines(1);
    qsizetype column = 0;
    for (qsizetype i = 0; i < text.size(); ++i) {
        QChar c = text[i];
        QString& line = lines.back();
        if (c == '\n') {
            lines.emplace_back();
            column = 0;
        } else if (c == '\r') {
            column = 0;
        } else if (c == '\b') {
            column = std::max<qsizetype>(0, column - 1);
        } else if (c == '\t') {
            qsizetype to = (column / 8 + 1) * 8;
            while (line.size() < to) line += ' ';
            column = to;
        } else if (c == QChar(0x1b)) {
            // CSI: parameters up to a letter. Anything else: one character.
            if (i + 1 < text.size() && text[i + 1] == '[') {
                i += 2;
                while (i < text.size() && !(text[i] >= '@' && text[i] <= '~')) ++i;
            } else {
                ++i;
            }
        } else if (c.unicode() >= 32) {
            while (line.size() < column) line += ' ';
            if (column < line.size())
                line[column] = c;
            else
                line += c;
            ++column;
        }
    }
    return lines;
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
    model.lines = typewriter(text);
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
    model.pendingInput = QString::fromStdString(console.input + snapshot.now->kernel.vfs.tty.line);
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
    int visible = std::max(1, static_cast<int>((size.height() - g) / row));
    int count = static_cast<int>(model.lines.size());
    int first = std::clamp(count - visible + static_cast<int>(model.scroll), 0, std::max(0, count - 1));
    double y = g * 0.5;
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
        if (i + 1 == count) {
            double x = g + style->width(Font::Mono, line);
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
    if (model.waiting) root.add(Words::tr("The program waits for input"));
    return root;
}

}  // namespace ringside
