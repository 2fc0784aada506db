#include <algorithm>
#include <cmath>

#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/fetch_execute/fetch_execute.h"

namespace ringside {
namespace {

using Model = FetchExecuteModel;
using Stage = Model::Stage;
using FieldKind = Model::FieldRow::Kind;

Role roleOf(FieldKind kind) {
    switch (kind) {
        case FieldKind::Prefix:
            return Role::ReadOnly;
        case FieldKind::Rex:
            return Role::ReadOnly;
        case FieldKind::Opcode:
            return Role::Code;
        case FieldKind::ModRm:
            return Role::User;
        case FieldKind::Sib:
            return Role::Data;
        case FieldKind::Displacement:
            return Role::Stack;
        case FieldKind::Immediate:
            return Role::PageTable;
    }
    return Role::Code;
}

struct Painter {
    const Model& m;
    const Style& s;
    const Theme& theme;
    Scene& scene;
    double g, row, em;
    bool compact = false;  // little height: closer together
    int wires = 0;

    // A stage is done, going on, or still to come.
    enum class Phase : u8 { Done, Now, Later };
    Phase phase(Stage stage, int access = -1) const {
        int first = -1, lastAt = -1;
        for (std::size_t i = 0; i < m.steps.size(); ++i)
            if (m.steps[i].stage == stage && (access < 0 || m.steps[i].access == access)) {
                if (first < 0) first = static_cast<int>(i);
                lastAt = static_cast<int>(i);
            }
        if (first < 0) return Phase::Later;
        if (m.finished) return Phase::Done;
        if (m.current < first) return Phase::Later;
        return m.current > lastAt ? Phase::Done : Phase::Now;
    }
    bool has(Stage stage) const {
        return std::any_of(m.steps.begin(), m.steps.end(), [&](auto& step) { return step.stage == stage; });
    }
    QColor edge(Phase p) const {
        return p == Phase::Now    ? theme.color(Role::Accent)
               : p == Phase::Done ? theme.color(Role::Ink)
                                  : theme.color(Role::Line);
    }
    QColor ink(Phase p) const { return theme.color(p == Phase::Later ? Role::Muted : Role::Ink); }
    double pen(Phase p) const { return p == Phase::Now ? s.pen * 1.7 : s.pen * 0.8; }

    void unit(QRectF rect, const QString& title, Phase p, const QString& key, const QString& what) {
        scene.box(rect, p == Phase::Now ? theme.fill(Role::Accent) : theme.color(Role::Field), edge(p), pen(p));
        scene.text({rect.x(), rect.y() + g * 0.5, rect.width(), row}, title, Font::Strong, ink(p), Qt::AlignCenter);
        scene.spot(rect, key, title, what);
    }
    void wire(QPolygonF points, Phase p, const QString& label = {}, QPointF at = {}) {
        scene.line(std::move(points), edge(p), Arrow::End, Bend::Rounded, pen(p));
        if (label.isEmpty() || p == Phase::Later) return;
        double w = s.width(Font::MonoStrong, label) + g;
        scene.box({at.x() - w / 2, at.y() - row / 2, w, row}, theme.color(Role::Paper), {}, 0, 0);
        scene
            .text({at.x() - w / 2, at.y() - row / 2, w, row}, label, Font::MonoStrong,
                  p == Phase::Now ? theme.color(Role::Accent) : theme.color(Role::Ink), Qt::AlignCenter)
            .key = "moving:" + label;
        scene.spot({at.x() - w / 2, at.y() - row / 2, w, row}, QString("wire:%1").arg(wires++), label,
                   Words::tr("%1 goes into the ALU.").arg(label));
    }

    double record(double y, double width) {
        QString head = Words::tr("the record: bytes in RAM");
        if (m.frame) head += ", " + Words::tr("frame %1").arg(hex(m.frame));
        if (!m.place.isEmpty()) head += " (" + m.place + ")";
        scene.text({g * 2, y, width - 4 * g, row}, head, Font::Small, theme.color(Role::Muted));
        y += row * 1.9;
        double cell = em * 3.1;
        int count = std::min(static_cast<int>(m.record.size()), std::max(8, static_cast<int>((width - 4 * g) / cell)));
        // RIP stays in the picture.
        int first = std::max(
            0, std::min(static_cast<int>(m.rip - m.recordStart) - 3, static_cast<int>(m.record.size()) - count));
        for (int i = first; i < first + count; ++i) {
            const Model::Byte& b = m.record[static_cast<std::size_t>(i)];
            u64 address = m.recordStart + static_cast<u64>(i);
            QRectF rect(g * 2 + (i - first) * cell, y, cell - g * 0.4, row * 1.3);
            bool ours = b.field >= 0;
            Role role = ours ? roleOf(m.fields[static_cast<std::size_t>(b.field)].kind) : Role::Field;
            scene
                .box(rect, ours ? theme.fill(role) : theme.color(Role::Field),
                     ours ? theme.color(role) : theme.color(Role::Line), ours ? s.pen : s.pen * 0.5)
                .key = QString("cell:%1").arg(address, 0, 16);
            scene
                .text(rect, b.present ? hexDigits(b.value, 2) : QString("··"), ours ? Font::MonoStrong : Font::Mono,
                      theme.color(ours ? Role::Ink : Role::Muted), Qt::AlignCenter)
                .key = QString("byte:%1").arg(address, 0, 16);
            QString what =
                ours ? m.fields[static_cast<std::size_t>(b.field)].what : Words::tr("A byte of another instruction.");
            scene.spot(rect, QString("byte:%1").arg(address, 0, 16), hex(address) + ": " + hexDigits(b.value, 2),
                       hex(address) + ": " + hexDigits(b.value, 2) + ". " + what,
                       Subject::instruction(ours ? m.rip : address));
            if (address == m.rip) {
                double x = rect.left() + s.pen;
                Role mode = m.cpl == 3 ? Role::User : Role::Kernel;
                QPainterPath needle(QPointF(x - g * 0.6, y - row * 0.85));
                needle.lineTo(x + g * 0.6, y - row * 0.85);
                needle.lineTo(x, y - 1);
                needle.closeSubpath();
                scene.path(needle, m.finished ? theme.color(Role::Paper) : theme.color(mode), theme.color(mode), s.pen)
                    .key = "needle";
                QString name = m.finished ? Words::tr("RIP was here: it just ran") : Words::tr("RIP");
                scene
                    .text(QPointF(x + g, y - row * 0.95), name, Font::Strong,
                          theme.readable(theme.color(mode), theme.color(Role::Paper)))
                    .key = "needle-name";
            }
        }
        return y + row * 1.3 + g;
    }

    double decodeRow(double y, double width) {
        Phase p = phase(Stage::Decode);
        const double top = y;
        scene.text({g * 2, y, width - 4 * g, row * 1.2}, m.text, Font::MonoLarge,
                   ink(p == Phase::Later && !m.finished ? Phase::Later : Phase::Done));
        scene.spot({g * 2, y, s.width(Font::MonoLarge, m.text), row * 1.2}, "text", m.text,
                   m.sentence.isEmpty() ? m.text : m.text + ": " + m.sentence + '.', Subject::instruction(m.rip));
        y += row * 1.5;
        double x = g * 2;
        for (const Model::FieldRow& f : m.fields) {
            QString text = f.name + (f.meaning.isEmpty() ? "" : "  " + f.meaning);
            double w = s.width(Font::MonoSmall, text) + g * 1.5;
            if (x + w > width - g && x > g * 2) {
                x = g * 2;
                y += row * 1.3;
            }
            QRectF rect(x, y, w, row * 1.15);
            Role role = roleOf(f.kind);
            scene.box(rect, theme.fill(role), theme.color(role), p == Phase::Now ? s.pen * 1.7 : s.pen * 0.7);
            scene.text(rect, text, Font::MonoSmall, {}, Qt::AlignCenter);
            scene.spot(rect, QString("field:%1").arg(f.begin), f.name, f.what);
            x += w + g * 0.75;
        }
        // Two lines are kept free for the fields where one may not do, so that what is below stays where it is.
        double least = width < em * 120 && !compact ? row * 1.3 : 0;
        return std::max(y, top + row * 1.5 + least) + row * 1.7;
    }

    // The way of the operands. Returns the y below it.
    double flow(double y, double width) {
        double unitWidth = std::max(em * 17, (width - 4 * g) / 4 - g * 3);
        double gap = (width - 4 * g - 4 * unitWidth) / 3;
        double h = row * (compact ? 4.3 : 5.4) + g;
        auto column = [&](int i) { return g * 2 + i * (unitWidth + gap); };

        // Registers
        Phase operands = has(Stage::Operands) ? phase(Stage::Operands) : Phase::Later;
        Phase back = has(Stage::WriteBack) ? phase(Stage::WriteBack) : Phase::Later;
        double regHeight = row * (1.4 + static_cast<double>(std::min<std::size_t>(m.registers.size(), 6))) + g;
        QRectF regs(column(0), y, unitWidth, std::max(h, regHeight));
        unit(regs, Words::tr("registers"), operands == Phase::Now || back == Phase::Now ? Phase::Now : operands,
             "registers", Words::tr("The registers this instruction reads or changes."));
        double ry = regs.y() + row * 1.3;
        for (std::size_t i = 0; i < m.registers.size() && i < 6; ++i, ry += row) {
            const Model::Value& v = m.registers[i];
            bool done = v.written && back != Phase::Later;
            QRectF line(regs.x() + g * 0.5, ry, regs.width() - g, row - 1);
            if (done) scene.box(line, theme.fill(Role::Accent), theme.color(Role::Accent), s.pen * 0.7);
            scene.text({line.x() + g * 0.5, ry, em * 4, row}, v.name, Font::MonoStrong);
            QString digits = done ? v.is : v.was;
            double room = line.width() - em * 4.5;
            scene.text({line.x() + em * 4.25, ry, room, row}, digits,
                       s.width(Font::Mono, digits) > room ? Font::MonoSmall : Font::Mono,
                       ink(operands == Phase::Later && !done ? Phase::Later : Phase::Done));
            scene
                .spot(line, "reg:" + v.name, v.name,
                      v.written ? Words::tr("%1 was %2 and becomes %3.").arg(v.name, v.was, v.is)
                                : Words::tr("%1 is %2.").arg(v.name, v.was),
                      Subject::reg(v.name))
                .changed = done;
        }

        bool memory = !m.addressFormula.isEmpty();
        Phase address = has(Stage::Address) ? phase(Stage::Address) : Phase::Later;
        QRectF addressBox(column(1), y, unitWidth, h), mmu(column(2), y, unitWidth, h), ram(column(3), y, unitWidth, h);
        // Which access is looked at: the one going on, else the last done.
        int which = -1;
        for (std::size_t i = 0; i < m.steps.size(); ++i)
            if (m.steps[i].access >= 0 && (m.finished || static_cast<int>(i) <= m.current)) which = m.steps[i].access;
        bool now = !m.finished && m.current >= 0 && m.steps[static_cast<std::size_t>(m.current)].access >= 0;
        Phase access = which < 0 ? Phase::Later : now ? Phase::Now : Phase::Done;
        const bool accesses = !m.accesses.empty();
        unit(addressBox, Words::tr("address"), address, "address",
             Words::tr("The address unit adds base, index × scale and displacement."));
        unit(mmu, Words::tr("MMU"), access, "mmu",
             Words::tr("The memory management unit turns the virtual address into a physical one, with the TLB or a "
                       "walk through the page tables."));
        unit(ram, Words::tr("RAM"), access, "ram",
             Words::tr("The bytes themselves, in the order in which they lie in memory."));
        auto lineIn = [&](const QRectF& box, int n, const QString& text, Font font, Phase p) {
            scene.text({box.x() + g * 0.5, box.y() + row * (1.25 + n * 0.95), box.width() - g, row}, text, font, ink(p),
                       Qt::AlignCenter);
        };
        if (memory) {
            lineIn(addressBox, 0, m.addressFormula, Font::Mono, operands);
            if (address != Phase::Later) lineIn(addressBox, 1, "= " + m.addressValue, Font::MonoStrong, address);
            wire({{regs.right(), y + h / 2}, {addressBox.left(), y + h / 2}}, address);
        } else {
            lineIn(addressBox, 0, Words::tr("not needed"), Font::Small, Phase::Later);
        }
        if (!accesses) {
            lineIn(mmu, 0, Words::tr("no access to data"), Font::Small, Phase::Later);
            lineIn(ram, 0, Words::tr("no access to data"), Font::Small, Phase::Later);
        }
        if (which >= 0) {
            const Model::Access& a = m.accesses[static_cast<std::size_t>(which)];
            lineIn(mmu, 0, hex(a.address), Font::Mono, access);
            lineIn(mmu, 1, a.tlbHit ? Words::tr("TLB hit") : Words::tr("TLB miss, walk"), Font::Words, access);
            lineIn(mmu, 2, "→ " + hex(a.phys), Font::MonoStrong, access);
            QString bytes;
            for (int i = 0; i < std::min(a.size, 8); ++i) bytes += hexDigits(a.value >> (8 * i) & 0xff, 2) + ' ';
            bytes = bytes.trimmed();
            // Narrow units have no room between the bytes.
            if (s.width(Font::MonoSmall, bytes) > ram.width() - g) bytes.remove(' ');
            lineIn(ram, 0, bytes, s.width(Font::Mono, bytes) > ram.width() - g ? Font::MonoSmall : Font::Mono, access);
            lineIn(ram, 1, "= " + hex(a.value), Font::MonoStrong, access);
            lineIn(ram, 2, a.kind == AccessKind::Read ? Words::tr("read") : Words::tr("written"), Font::Small, access);
            wire({{addressBox.right(), y + h / 2}, {mmu.left(), y + h / 2}}, access);
            wire({{mmu.right(), y + h / 2}, {ram.left(), y + h / 2}}, access);
            scene.spot(mmu, "mmu-access", Words::tr("MMU"),
                       Words::tr("%1 is at physical %2.").arg(hex(a.address), hex(a.phys)),
                       Subject::address(a.address, 0, static_cast<u64>(a.size)));
            scene.spot(ram, "ram-access", Words::tr("RAM"),
                       a.kind == AccessKind::Read
                           ? Words::tr("%1 was read from physical %2; the lowest byte comes first.")
                                 .arg(hex(a.value), hex(a.phys))
                           : Words::tr("%1 was written to physical %2; the lowest byte comes first.")
                                 .arg(hex(a.value), hex(a.phys)),
                       Subject::address(a.address, 0, static_cast<u64>(a.size)));
        }

        // ALU, fed from above
        double aluY = std::max(regs.bottom(), y + h) + row * (compact ? 2.2 : 2.8), aluH = row * 2.4, aluW = em * 18;
        double cx = column(1) + unitWidth / 2 + gap / 2;
        Phase execute = phase(Stage::Execute);
        QPainterPath alu(QPointF(cx - aluW / 2, aluY));
        alu.lineTo(cx - aluW * 0.1, aluY);
        alu.lineTo(cx, aluY + aluH * 0.2);
        alu.lineTo(cx + aluW * 0.1, aluY);
        alu.lineTo(cx + aluW / 2, aluY);
        alu.lineTo(cx + aluW * 0.28, aluY + aluH);
        alu.lineTo(cx - aluW * 0.28, aluY + aluH);
        alu.closeSubpath();
        scene.path(alu, execute == Phase::Now ? theme.fill(Role::Accent) : theme.color(Role::Field), edge(execute),
                   pen(execute));
        QString sign = m.aluSign.isEmpty() ? m.mnemonic : Words::tr("ALU %1").arg(m.aluSign);
        scene.text({cx - aluW / 2, aluY + aluH * 0.25, aluW, aluH * 0.7}, sign,
                   m.aluSign.isEmpty() ? Font::MonoStrong : Font::Title, ink(execute), Qt::AlignCenter);
        scene.spot({cx - aluW / 2, aluY, aluW, aluH}, "alu", Words::tr("ALU"),
                   m.sentence.isEmpty() ? m.text : m.text + ": " + m.sentence + '.');

        double inY = aluY - row * (compact ? 0.75 : 1.2);
        bool reads = false;
        for (std::size_t i = 0; i < m.accesses.size(); ++i) reads = reads || m.accesses[i].kind == AccessKind::Read;
        // One register goes in at the left; a second one at the right unless memory comes in there.
        for (std::size_t i = 0; i < m.inputs.size() && i < (reads ? 1u : 2u); ++i) {
            bool second = i == 1;
            double leg = second ? cx + aluW * 0.35 : cx - aluW * 0.35,
                   up = second ? inY - row * (compact ? 0.85 : 0.9) : inY;
            double from = regs.center().x() + (second ? g * 2 : 0);
            wire({{from, regs.bottom()}, {from, up}, {leg, up}, {leg, aluY}}, execute, m.inputs[i].second,
                 {(from + leg) / 2, up});
        }
        if (reads) {
            u64 value = 0;
            for (const auto& a : m.accesses)
                if (a.kind == AccessKind::Read) value = a.value;
            wire({{ram.center().x(), ram.bottom()},
                  {ram.center().x(), inY},
                  {cx + aluW * 0.35, inY},
                  {cx + aluW * 0.35, aluY}},
                 phase(Stage::Load) == Phase::Now ? Phase::Now : execute, hex(value),
                 {(ram.center().x() + cx) / 2 + aluW * 0.2, inY});
        }
        if (m.immediate) {
            QString text = hex(*m.immediate);
            if (static_cast<i64>(*m.immediate) < 0) text = QString::number(static_cast<i64>(*m.immediate));
            double w = s.width(Font::MonoStrong, text) + g * 2;
            QRectF chip(cx - aluW / 2 - w - g * 4, aluY + g * 0.5, w, row * 1.2);
            scene.box(chip, theme.fill(Role::PageTable), theme.color(Role::PageTable));
            scene.text(chip, text, Font::MonoStrong, {}, Qt::AlignCenter).key = "immediate";
            scene.spot(chip, "immediate", text, Words::tr("The number in the instruction itself."));
            wire({{chip.right(), chip.center().y()}, {cx - aluW * 0.43, chip.center().y()}}, execute);
        }
        // Result and flags
        double outY = aluY + aluH + row * 0.8;
        QRectF result(column(2), aluY + aluH * 0.35, unitWidth + gap * 0.4, row * 2.5);
        QString out;
        for (const auto& v : m.registers)
            if (v.written && v.name != "rsp") out = v.name + " = " + v.is;
        for (const auto& a : m.accesses)
            if (a.kind == AccessKind::Write) out = "→ " + hex(a.value);
        if (m.jumped) out = "rip = " + hex(m.nextRip);
        // What was written and was there before.
        const bool flagsOnly = m.mnemonic == "cmp" || m.mnemonic == "test";
        if (out.isEmpty() && !flagsOnly)
            for (const auto& v : m.registers)
                if (v.name != "rsp") {
                    out = v.name + " = " + v.is;
                    break;
                }
        if (out.isEmpty())
            out = flagsOnly || m.flagsBefore != m.flagsAfter ? Words::tr("flags only") : Words::tr("nothing");
        bool shown = execute != Phase::Later;
        scene.box(result, shown && execute == Phase::Now ? theme.fill(Role::Accent) : theme.color(Role::Field),
                  edge(execute), pen(execute));
        scene.text({result.x() + g, result.y() + g * 0.25, result.width() - 2 * g, row}, shown ? out : QString("…"),
                   Font::MonoStrong, ink(execute), Qt::AlignCenter);
        static constexpr std::pair<u64, const char*> kFlags[] = {{flag::ZF, "Z"}, {flag::SF, "S"}, {flag::CF, "C"},
                                                                 {flag::OF, "O"}, {flag::PF, "P"}, {flag::AF, "A"}};
        double fx = result.x() + g, fw = (result.width() - 2 * g) / 6;
        for (auto& [bit, name] : kFlags) {
            u64 value = shown ? m.flagsAfter : m.flagsBefore;
            bool changed = shown && ((m.flagsBefore ^ m.flagsAfter) & bit);
            QRectF f(fx, result.y() + row * 1.3, fw - g * 0.3, row);
            if (changed) scene.box(f, theme.fill(Role::Accent), theme.color(Role::Accent), s.pen * 0.7);
            scene.text(f, QString("%1%2").arg(name).arg(value & bit ? 1 : 0),
                       changed ? Font::MonoStrong : Font::MonoSmall,
                       theme.readable(theme.color(value & bit ? Role::Ink : Role::Muted), theme.fill(Role::Accent)),
                       Qt::AlignCenter);
            scene
                .spot(f, QString("flag:%1").arg(name), QString("%1F").arg(name),
                      changed ? Words::tr("The flag %1F becomes %2.").arg(name).arg(value & bit ? 1 : 0)
                              : Words::tr("The flag %1F stays %2.").arg(name).arg(value & bit ? 1 : 0))
                .changed = changed;
            fx += fw;
        }
        wire({{cx, aluY + aluH},
              {cx, outY},
              {result.left() - g * 2, outY},
              {result.left() - g * 2, result.center().y()},
              {result.left(), result.center().y()}},
             execute);
        // Write back: up into RAM or round to the registers.
        bool stores = has(Stage::Store);
        if (stores)
            wire({{result.right(), result.center().y()},
                  {ram.right() - g * 2, result.center().y()},
                  {ram.right() - g * 2, ram.bottom()}},
                 phase(Stage::Store));
        if (has(Stage::WriteBack))
            wire({{result.center().x(), result.bottom()},
                  {result.center().x(), result.bottom() + row * 0.9},
                  {regs.left() + g * 2, result.bottom() + row * 0.9},
                  {regs.left() + g * 2, regs.bottom()}},
                 back);
        return result.bottom() + row * 1.6;
    }
};

}  // namespace

Scene paint(const FetchExecuteModel& model, const StylePtr& given, QSizeF size) {
    // The picture grows into the room it has, for every instruction by the same.
    const double lines = size.height() / given->row();
    const bool compact = lines < 25;
    const double room = std::min(size.width() / (given->em * 104), lines / 25);
    const StylePtr style = scaled(given, std::clamp(room, 1.0, 2.0));
    double minimum = style->em * 78;
    Scene scene(style, {std::max(size.width(), minimum), size.height()});
    if (!model.loaded) {
        scene = Scene(given, size);
        if (model.rip)
            scene.empty(Words::tr("The machine runs. Pause it to see what the CPU does with one instruction."),
                        Words::tr("Pause"), {Command::Kind::Action, 0, "run.toggle"});
        else
            scene.empty(Words::tr("No machine is running. One instruction of a program appears here, from its bytes in "
                                  "RAM to what it changes."),
                        Words::tr("Open a program…"), {Command::Kind::Action, 0, "file.open"});
        return scene;
    }
    Painter p{model, *style, style->theme, scene, style->grid, style->row(), style->em, compact};
    double width = scene.size().width(), g = p.g;
    double y = p.record(g * 0.5, width);
    y = p.decodeRow(y, width);
    QString caption;
    if (model.current < 0) {
        caption = Words::tr("About to run. Press F6 for one micro-step, F11 for the whole instruction.");
    } else if (model.finished) {
        QStringList parts;
        for (const auto& step : model.steps)
            if (step.stage != Stage::Fetch && step.stage != Stage::Decode && step.stage != Stage::Operands)
                parts << step.caption;
        caption = parts.join(' ') + ' ' + Words::tr("It cost %n cycle(s).", nullptr, static_cast<int>(model.cycles));
    } else {
        caption = Words::tr("%1 of %2. %3")
                      .arg(model.current + 1)
                      .arg(model.steps.size())
                      .arg(model.steps[static_cast<std::size_t>(model.current)].caption);
    }
    // In a low panel the sentence comes before the picture of it, where it is always in sight.
    double most = 2 * style->lineHeight(Font::Words) + 2 * g;
    if (compact) y += std::max(scene.caption({g * 2, y}, width - 4 * g, caption), most) + g;
    if (!model.fields.empty()) y = p.flow(y, width);
    if (!compact) y += scene.caption({g * 2, y}, width - 4 * g, caption) + g;
    scene.growTo(width, y);
    return scene;
}

}  // namespace ringside
