#include <algorithm>
#include <cmath>

#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/disassembly/disassembly.h"

namespace ringside {
namespace {

using Kind = DisassemblyModel::Kind;

constexpr int kLanes = 5;  // branches side by side; further ones are not drawn

void arrowHead(Scene& scene, QRectF rect, bool solid, QColor color) {
    double h = rect.height() * 0.3, x = rect.x(), y = rect.center().y(), w = h * 1.6;
    QPainterPath p(QPointF(x, y - h * 0.4));
    p.lineTo(x + w * 0.5, y - h * 0.4);
    p.lineTo(x + w * 0.5, y - h);
    p.lineTo(x + w * 1.3, y);
    p.lineTo(x + w * 0.5, y + h);
    p.lineTo(x + w * 0.5, y + h * 0.4);
    p.lineTo(x, y + h * 0.4);
    p.closeSubpath();
    scene.path(p, solid ? color : scene.theme().color(Role::Paper), color, scene.style().pen);
}

}  // namespace

Scene paint(const DisassemblyModel& model, const StylePtr& style, QSizeF size) {
    Scene scene(style, size);
    scene.endless = true;
    if (!model.loaded) {
        scene.empty(
            Words::tr("Nothing is loaded. The code of a program appears here, with an arrow at the instruction that is "
                      "about to run."),
            Words::tr("Open a program…"), {Command::Kind::Action, 0, "file.open"});
        return scene;
    }
    if (!model.problem.isEmpty()) {
        scene.empty(model.problem, Words::tr("One step back"), {Command::Kind::Action, 0, "time.back"});
        return scene;
    }
    const Theme& theme = style->theme;
    double g = style->grid, row = style->row(), em = style->em, width = size.width();
    double top = g * 0.5;
    if (!model.typed.isEmpty()) {
        QRectF strip(g * 0.5, top, width - g, row);
        scene.box(strip, theme.fill(Role::Accent), theme.color(Role::Accent), style->pen * 0.7);
        scene.text(strip.adjusted(g * 0.5, 0, -g * 0.5, 0), model.typed, Font::MonoSmall);
        scene.spot(strip, "typed", model.typed,
                   Words::tr("What is typed below, as the CPU would read it: %1.").arg(model.typed));
        top += row;
    } else if (!model.place.isEmpty()) {
        scene.text({g, top, width - 2 * g, row}, model.place, Font::Small, theme.color(Role::Muted));
        top += row;
    }
    int visible = std::max(1, static_cast<int>((size.height() - top) / row));
    int count = static_cast<int>(model.rows.size());
    // The page turns in halves of the height, counted from the function's start: while RIP walks, the text stands
    // still.
    int begin = model.functionStart, into = model.anchor - begin, half = std::max(1, visible / 2);
    int start = into < visible - 1 ? begin : begin + (into - 1) / half * half - half / 2;
    start = std::clamp(start + static_cast<int>(model.scroll), 0, std::max(0, count - 2));
    int end = std::min(count, start + visible);

    struct Branch {
        int from, to, lane;
        bool hot;
    };
    std::vector<Branch> branches;
    auto rowOfAddress = [&](u64 address) {
        for (int i = start; i < end; ++i)
            if (model.rows[static_cast<std::size_t>(i)].kind == Kind::Instruction &&
                model.rows[static_cast<std::size_t>(i)].address == address)
                return i;
        return -1;
    };
    for (int i = start; i < end; ++i) {
        const auto& r = model.rows[static_cast<std::size_t>(i)];
        if (!r.jump) continue;
        int to = rowOfAddress(*r.target);
        if (to < 0) continue;
        // The innermost free lane.
        int lane = 0;
        for (bool taken = true; taken;) {
            taken = false;
            for (const Branch& b : branches)
                if (b.lane == lane && std::max(std::min(b.from, b.to), std::min(i, to)) <=
                                          std::min(std::max(b.from, b.to), std::max(i, to)))
                    taken = true;
            if (taken) ++lane;
        }
        if (lane >= kLanes) continue;
        branches.push_back({i, to, lane, r.aboutToRun || r.justRan});
    }

    // From the left: breakpoints, the ways of the branches, the arrow, the code. Nothing of it moves while stepping.
    double laneWidth = g * 0.75, lanesEnd = g * 1.75 + kLanes * laneWidth, arrowX = lanesEnd + g * 0.75;
    double code = arrowX + g * 2.5, gutter = code - g * 0.5;
    double addressWidth = em * 9.5;
    bool wideAddress = std::any_of(model.rows.begin(), model.rows.end(), [](auto& r) { return r.address >> 36; });
    if (wideAddress) addressWidth = em * 17;
    bool showBytes = width > em * 62;
    double bytesWidth = showBytes ? em * 17 : 0;
    double textX = code + addressWidth + bytesWidth + g * 0.5;
    width = std::max(width, textX + em * 16);
    scene.growTo(width, 0);
    for (int i = start; i < end; ++i) {
        const auto& r = model.rows[static_cast<std::size_t>(i)];
        double y = top + (i - start) * row;
        QRectF line(0, y, width, row);
        if (r.kind == Kind::Label) {
            scene.text({code, y, width - code - g, row}, r.note + ':', Font::MonoStrong);
            scene.spot(line, QString("label:%1").arg(r.address), r.note, r.what, Subject::instruction(r.address));
            continue;
        }
        if (r.kind == Kind::Source) {
            scene.text({code, y, em * 5, row}, QString::number(r.line), Font::MonoSmall, theme.color(Role::Muted));
            scene.text({code + em * 5, y, width - code - em * 5 - g, row}, r.note, Font::Mono, theme.color(Role::User));
            scene.spot(line, QString("line:%1:%2").arg(r.line).arg(r.address), r.note, r.what,
                       Subject::instruction(r.address));
            continue;
        }
        Role mode = model.cpl == 3 ? Role::User : Role::Kernel;
        QRectF band(gutter, y, width - gutter - g * 0.5, row - 1);
        if (r.aboutToRun) {
            scene.box(band, theme.fill(mode), theme.color(mode), -1).key = "rip";
        } else if (r.changed) {
            scene.changed(band);
        }
        if (r.selected) scene.selected(band);
        if (r.breakpoint) scene.dot({g * 0.9, y + row / 2}, theme.color(Role::RbRed), g * 0.6);
        if (r.aboutToRun || r.justRan)
            arrowHead(scene, {arrowX, y, g * 1.5, row}, r.aboutToRun, theme.color(r.aboutToRun ? mode : Role::Muted));
        const QColor under = r.aboutToRun ? theme.fill(mode)
                             : r.changed  ? theme.fill(Role::Accent)
                                          : theme.color(Role::Paper);
        const QColor aside = theme.readable(theme.color(Role::Muted), under);
        scene.text({code, y, addressWidth, row}, hexDigits(r.address, wideAddress ? 16 : 8), Font::Mono, aside);
        if (showBytes) scene.text({code + addressWidth, y, bytesWidth - g, row}, r.bytes, Font::MonoSmall, aside);
        double x = textX;
        scene.text({x, y, width - x - g, row}, r.mnemonic, r.aboutToRun ? Font::MonoStrong : Font::Mono);
        x += std::max(em * 7, style->width(Font::Mono, r.mnemonic) + em);
        double operandWidth = style->width(Font::Mono, r.operands) + 2;
        scene.text({x, y, std::min(operandWidth, width - x - g), row}, r.operands, Font::Mono);
        x += operandWidth + em * 2;
        if (!r.note.isEmpty() && x + em * 4 < width)
            scene.text({x, y, width - x - g, row}, r.note, Font::MonoSmall, aside);
        Spot& spot = scene.spot(line, QString("at:%1").arg(r.address, 0, 16), r.mnemonic + ' ' + r.operands, r.what,
                                Subject::instruction(r.address));
        spot.changed = r.changed;
        spot.activate = {Command::Kind::RunTo, r.address, {}};
        spot.offers = {{r.breakpoint ? Words::tr("Remove breakpoint") : Words::tr("Set breakpoint"),
                        {Command::Kind::ToggleBreakpoint, r.address, {}}},
                       {Words::tr("Run to here"), {Command::Kind::RunTo, r.address, {}}},
                       {Words::tr("Point RIP here"), {Command::Kind::Poke, 0, "rip=" + hex(r.address)}}};
        if (r.target) spot.offers.push_back({Words::tr("Look at %1").arg(hex(*r.target)), {}});
        if (spot.offers.back().command.kind == Command::Kind::None) spot.offers.pop_back();
        // In the gutter a click sets a breakpoint.
        Spot& stop = scene.spot(
            {0, y, gutter, row}, QString("bp:%1").arg(r.address, 0, 16),
            Words::tr("Breakpoint at %1").arg(hex(r.address)),
            r.breakpoint ? Words::tr("A breakpoint: running stops before this instruction. Click to remove it.")
                         : Words::tr("Click to set a breakpoint here."));
        stop.click = {Command::Kind::ToggleBreakpoint, r.address, {}};
        stop.activate = stop.click;
    }
    for (const Branch& b : branches) {
        double y1 = top + (b.from - start + 0.5) * row, y2 = top + (b.to - start + 0.5) * row;
        double x = lanesEnd - (b.lane + 1) * laneWidth, tip = lanesEnd + g * 0.5;
        scene.line({{tip, y1}, {x, y1}, {x, y2}, {tip, y2}}, theme.color(b.hot ? Role::Accent : Role::Line), Arrow::End,
                   Bend::Rounded, b.hot ? style->pen : style->pen * 0.8);
    }
    return scene;
}

}  // namespace ringside
