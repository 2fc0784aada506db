#include "widgets/source/source.h"

#include <algorithm>

#include "widgets/canvas/inspect.h"
#include "widgets/canvas/symbols.h"
#include "widgets/canvas/words.h"

namespace ringside {
namespace {

// Outside code with source lines: the innermost caller on the stack that has them.
std::optional<u64> nearestWithLines(const Machine& machine, Symbols& symbols) {
    u64 frame = machine.cpu.regs.gpr[RBP];
    std::vector<u8> top = peek(machine, machine.cpu.regs.gpr[RSP], 8 * 32);
    for (std::size_t at = 0; at + 8 <= top.size(); at += 8) {
        u64 value = 0;
        for (int i = 7; i >= 0; --i) value = value << 8 | top[at + static_cast<std::size_t>(i)];
        if (value > 0x1000 && symbols.line(machine, value - 1)) return value - 1;
    }
    for (int depth = 0; depth < 32; ++depth) {
        std::vector<u8> b = peek(machine, frame, 16);
        if (b.size() < 16) break;
        u64 next = 0, back = 0;
        for (int i = 7; i >= 0; --i) {
            next = next << 8 | b[static_cast<std::size_t>(i)];
            back = back << 8 | b[static_cast<std::size_t>(i + 8)];
        }
        if (symbols.line(machine, back - 1)) return back - 1;
        if (next <= frame) break;
        frame = next;
    }
    return {};
}

}  // namespace

SourceModel buildSource(const Snapshot& snapshot, const ViewOptions& options) {
    SourceModel model;
    if (!snapshot.now) return model;
    model.loaded = true;
    model.scroll = options.scroll;
    const Machine& machine = *snapshot.now;
    model.cpl = machine.cpu.regs.cpl();
    Symbols none;
    Symbols& symbols = options.symbols ? *options.symbols : none;
    u64 rip = machine.cpu.regs.rip, anchor = rip;
    if (options.selection.kind == SubjectKind::Instruction && symbols.line(machine, options.selection.value))
        anchor = options.selection.value;
    auto here = symbols.line(machine, anchor);
    if (!here)
        if (auto caller = nearestWithLines(machine, symbols)) here = symbols.line(machine, *caller);
    if (!here) {
        model.problem = Words::tr("There are no source lines for the code at %1. Programs compiled with -g have them.")
                            .arg(hex(rip));
        return model;
    }
    model.file = qs(here->file);
    if (auto now = symbols.line(machine, rip); now && now->file == here->file) model.line = now->line;
    if (anchor == rip && !model.line) model.selected = here->line;
    if (anchor != rip) model.selected = here->line;
    if (snapshot.last && snapshot.last->length)
        if (auto last = symbols.line(machine, snapshot.last->before.rip); last && last->file == here->file)
            model.justRan = last->line;
    auto text = symbols.source(machine, here->file);
    if (!text) {
        model.problem =
            Words::tr("The code comes from %1, line %2, but that file is not here.").arg(model.file).arg(here->line);
        return model;
    }
    for (std::size_t i = 0; i < text->size(); ++i) {
        SourceModel::Row row;
        row.text = qs((*text)[i]);
        std::vector<u64> addresses = symbols.statements(machine, {here->file, static_cast<u32>(i + 1), 0});
        if (!addresses.empty()) row.address = addresses.front();
        for (u64 a : addresses)
            row.breakpoint =
                row.breakpoint || std::binary_search(snapshot.breakpoints.begin(), snapshot.breakpoints.end(), a);
        model.rows.push_back(std::move(row));
    }
    return model;
}

Scene paint(const SourceModel& model, const StylePtr& style, QSizeF size) {
    Scene scene(style, size);
    scene.endless = true;
    if (!model.loaded || !model.problem.isEmpty()) {
        scene.empty(
            model.loaded ? model.problem : Words::tr("No machine is running. The source of its program appears here."),
            model.loaded ? Words::tr("Show the disassembly") : Words::tr("Open a program…"),
            model.loaded ? Command{Command::Kind::ShowView, 0, "disassembly"}
                         : Command{Command::Kind::Action, 0, "file.open"});
        return scene;
    }
    const Theme& theme = style->theme;
    double g = style->grid, row = style->row(), em = style->em, width = size.width();
    double y = g * 0.5;
    scene.text({g, y, width - 2 * g, row}, model.file, Font::Small, theme.color(Role::Muted));
    y += row;
    int visible = std::max(1, static_cast<int>((size.height() - y) / row)), count = static_cast<int>(model.rows.size());
    int anchor = static_cast<int>(model.selected ? model.selected : model.line) - 1, half = std::max(1, visible / 2);
    int start = anchor < visible - 1 ? 0 : anchor / half * half - half / 2;
    start = std::clamp(start + static_cast<int>(model.scroll), 0, std::max(0, count - 1));
    double gutter = g * 2.5, numberWidth = em * 5;
    Role mode = model.cpl == 3 ? Role::User : Role::Kernel;
    for (int i = start; i < count && i < start + visible; ++i, y += row) {
        const SourceModel::Row& r = model.rows[static_cast<std::size_t>(i)];
        u32 line = static_cast<u32>(i + 1);
        QRectF band(gutter, y, width - gutter - g * 0.5, row - 1);
        if (line == model.line) scene.box(band, theme.fill(mode), theme.color(mode)).key = "line";
        if (line == model.selected) scene.selected(band);
        if (line == model.line || line == model.justRan) {
            QPainterPath p(QPointF(g * 1.4, y + row * 0.25));
            p.lineTo(g * 2.3, y + row * 0.5);
            p.lineTo(g * 1.4, y + row * 0.75);
            p.closeSubpath();
            bool solid = line == model.line;
            scene.path(p, solid ? theme.color(mode) : theme.color(Role::Paper),
                       theme.color(solid ? mode : Role::Muted));
        }
        if (r.breakpoint) scene.dot({g * 0.8, y + row / 2}, theme.color(Role::RbRed), g * 0.55);
        scene.text({gutter, y, numberWidth - em, row}, QString::number(line), r.address ? Font::MonoStrong : Font::Mono,
                   theme.color(line == model.line || line == model.selected ? Role::Ink : Role::Muted), Qt::AlignRight);
        scene.text({gutter + numberWidth, y, width - gutter - numberWidth - g, row}, r.text, Font::Mono,
                   theme.color(r.address || r.text.trimmed().isEmpty() ? Role::Ink : Role::Muted));
        QString what = r.address ? Words::tr("Line %1. Its code begins at %2.").arg(line).arg(hex(r.address))
                                 : Words::tr("Line %1. No code comes from this line.").arg(line);
        if (line == model.line) what += ' ' + Words::tr("It is about to run.");
        Spot& spot = scene.spot({0, y, width, row}, QString("line:%1").arg(line),
                                r.text.trimmed().isEmpty() ? Words::tr("line %1").arg(line) : r.text.trimmed(), what,
                                r.address ? Subject::instruction(r.address) : Subject{});
        if (r.address) {
            spot.activate = {Command::Kind::RunTo, r.address, {}};
            spot.offers = {{Words::tr("Run to here"), {Command::Kind::RunTo, r.address, {}}},
                           {Words::tr("Breakpoint"), {Command::Kind::ToggleBreakpoint, r.address, {}}}};
            Spot& stop = scene.spot({0, y, gutter, row}, QString("bp:%1").arg(line),
                                    Words::tr("Breakpoint at line %1").arg(line),
                                    Words::tr("Click to set or remove a breakpoint."));
            stop.click = stop.activate = {Command::Kind::ToggleBreakpoint, r.address, {}};
        }
    }
    return scene;
}

TextTwin twin(const SourceModel& model) {
    TextTwin root(Words::tr("Source"), model.problem.isEmpty() ? model.file : model.problem);
    for (std::size_t i = 0; i < model.rows.size(); ++i) {
        u32 line = static_cast<u32>(i + 1);
        QString sign = line == model.line ? "=>" : line == model.justRan ? "->" : model.rows[i].breakpoint ? "*" : "";
        root.add(QString("%1 %2").arg(sign, 2).arg(line, 4), model.rows[i].text, false,
                 model.rows[i].address ? Subject::instruction(model.rows[i].address) : Subject{});
    }
    return root;
}

}  // namespace ringside
