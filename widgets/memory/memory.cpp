#include "widgets/memory/memory.h"

#include <algorithm>
#include <bit>

#include "core/kernel/entry/kernel_stack.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/symbols.h"
#include "widgets/canvas/words.h"

namespace ringside {
namespace {

constexpr u64 kRows = 224, kRowsBefore = 56;  // what a screen can show, around the place to look at

QChar printable(u8 b) { return b >= 32 && b < 127 ? QChar(b) : QChar(0xb7); }

// The value of the bytes at `at`, as numbers of each size.
QString valueSentence(const MemoryModel& m, std::size_t at) {
    QStringList parts;
    for (int size : {1, 2, 4, 8}) {
        if (at + static_cast<std::size_t>(size) > m.bytes.size()) break;
        u64 value = 0;
        bool all = true;
        for (int i = 0; i < size; ++i) {
            const auto& b = m.bytes[at + static_cast<std::size_t>(i)];
            all = all && b.present;
            value |= u64{b.now} << (8 * i);
        }
        if (!all) break;
        parts << Words::tr("%n byte(s) from here: %1 = %2", nullptr, size).arg(hex(value)).arg(value);
    }
    return parts.join("; ");
}

}  // namespace

MemoryModel buildMemory(const Snapshot& snapshot, const ViewOptions& options) {
    MemoryModel model;
    if (!snapshot.now) return model;
    model.loaded = true;
    const Machine& machine = *snapshot.now;
    const Subject& s = options.selection;
    const Task* task = taskOf(machine, s);
    MmId mm = s.pid && task ? task->mm : currentMm(machine);
    if (const Task* owner = s.pid ? task : machine.kernel.tasks.find(machine.kernel.current)) model.pid = owner->pid();
    model.rsp = machine.cpu.regs.gpr[RSP];
    model.rip = machine.cpu.regs.rip;
    model.ripLength = snapshot.upcoming ? snapshot.upcoming->length : 1;
    u64 centre = model.rsp;
    if (s.kind == SubjectKind::Address || s.kind == SubjectKind::Instruction || s.kind == SubjectKind::Vma ||
        s.kind == SubjectKind::Pte) {
        centre = s.kind == SubjectKind::Pte ? s.extra : s.value;
        model.selected = centre;
        model.selectedLength = s.kind == SubjectKind::Address ? std::clamp<u64>(s.extra, 1, 256) : 1;
    }
    model.perRow = options.setting("columns") == "8" ? 8 : options.setting("columns") == "32" ? 32 : 16;
    u64 perRow = static_cast<u64>(model.perRow);
    PagingMode modeNow = machine.cpu.pagingMode();
    if (const Mm* space = machine.kernel.mms.find(mm); space && s.pid) modeNow.cr3 = space->cr3;
    model.physical = options.setting("space") == "physical" || s.kind == SubjectKind::Frame;
    if (s.kind == SubjectKind::Frame) {
        centre = s.value * kPageSize;
        model.selected = centre;
    } else if (model.physical) {
        Walk found = walk(machine.ram, modeNow, VirtAddr(centre));
        centre = found.end == WalkEnd::Mapped ? found.phys.value : 0;
        if (model.selected != ~u64{0}) model.selected = centre;
    }
    model.centre = centre;
    model.scroll = options.scroll;
    u64 base = centre / (perRow * 8) * (perRow * 8);
    i64 shift = (options.scroll - static_cast<i64>(kRowsBefore)) * static_cast<i64>(perRow);
    model.start = shift < 0 && base < static_cast<u64>(-shift) ? 0 : base + static_cast<u64>(shift);
    model.bytes.resize(kRows * perRow);
    auto look = [&](const Machine& m, u64 address, std::size_t n) -> std::vector<u8> {
        if (!model.physical) return peek(m, address, n, modeNow.enabled ? mm : MmId{});
        std::vector<u8> bytes(n);
        if (address + n > u64{m.ram.frameCount()} * kPageSize) return {};
        for (std::size_t k = 0; k < n; ++k) bytes[k] = m.ram.load<u8>(PhysAddr(address + k));
        return bytes;
    };
    std::size_t i = 0;
    while (i < model.bytes.size()) {
        u64 address = model.start + i;
        std::size_t n = std::min<std::size_t>(model.bytes.size() - i, kPageSize - pageOffset(address));
        std::vector<u8> now = look(machine, address, n);
        std::vector<u8> old;
        if (snapshot.before && (model.physical || snapshot.before->kernel.mms.find(mm)))
            old = look(*snapshot.before, address, n);
        if (Walk w = walk(machine.ram, modeNow, VirtAddr(address)); !model.physical && w.end == WalkEnd::Mapped)
            model.frames.emplace_back(address / kPageSize, w.phys.value / kPageSize);
        for (std::size_t k = 0; k < n && k < now.size(); ++k) {
            MemoryModel::Byte& b = model.bytes[i + k];
            b.present = true;
            b.now = now[k];
            b.before = k < old.size() ? old[k] : now[k];
            b.changed = b.before != b.now;
        }
        i += n;
    }
    if (model.physical) {
        if (const auto& pages = machine.kernel.frames.pages; centre / kPageSize < pages.size())
            model.area = nameOf(pages[static_cast<std::size_t>(centre / kPageSize)].use);
        return model;
    }
    if (const Mm* space = machine.kernel.mms.find(mm))
        if (const Vma* area = space->find(centre)) model.area = areaName(*area) + ' ' + rightsText(*area);
    for (auto [id, other] : machine.kernel.tasks)
        if (other.stackBase && centre - other.stackBase < kKernelStackSize)
            model.area = Words::tr("kernel stack of %1").arg(taskText(other));
    if (options.symbols) model.symbol = qs(options.symbols->text(machine, centre, mm));
    return model;
}

Scene paint(const MemoryModel& model, const StylePtr& given, QSizeF size) {
    // An address, its bytes in hexadecimal and as characters.
    const StylePtr style = fitted(given, size.width(), size.height(), 24 + 4.5 * model.perRow, 24);
    Scene scene(style, size);
    scene.endless = true;
    if (!model.loaded) {
        scene.empty(Words::tr("No machine is running. The bytes of its memory appear here."),
                    Words::tr("Open a program…"), {Command::Kind::Action, 0, "file.open"});
        return scene;
    }
    const Theme& theme = style->theme;
    double g = style->grid, row = style->row(), em = style->em, width = size.width();
    double y = g * 0.5;
    QString head = model.physical ? Words::tr("RAM, frame %1").arg(hex(model.centre / kPageSize))
                                  : Words::tr("task %1").arg(model.pid);
    if (!model.area.isEmpty()) head += ", " + model.area;
    if (!model.symbol.isEmpty()) head += "  " + model.symbol;
    // What one can do here, at the right.
    double right = width - g * 0.5;
    auto chip = [&](const QString& key, const QString& name, const QString& what, const Command& command, bool on) {
        double w = style->width(Font::Small, name) + g * 1.5;
        QRectF rect(right - w, y, w, row - 2);
        scene.box(rect, on ? theme.fill(Role::Accent) : theme.color(Role::Field), theme.color(Role::Line),
                  style->pen * 0.7);
        scene.text(rect, name, Font::Small, {}, Qt::AlignCenter);
        Spot& spot = scene.spot(rect, key, name, what);
        spot.click = spot.activate = command;
        right = rect.left() - g * 0.5;
    };
    chip("goto", Words::tr("Go to…"), Words::tr("Goes to an address, a symbol or where a register points."),
         {Command::Kind::Action, 0, "edit.select-address"}, false);
    chip("space", Words::tr("physical"),
         model.physical ? Words::tr("These are addresses of RAM itself. Click for those of the process.")
                        : Words::tr("Click to see the same bytes at their addresses in RAM."),
         {Command::Kind::Setting, 0, model.physical ? "space=virtual" : "space=physical"}, model.physical);
    scene.text({g, y, std::max(g, right - g), row}, head, Font::Small, theme.color(Role::Muted));
    y += row + g * 0.25;
    bool wide = model.start >> 32;
    double addressWidth = em * (wide ? 17 : 10), cell = em * 2.5;
    // Narrow panels show fewer bytes a line, in the same order.
    int perRow = model.perRow;
    while (perRow > 4 && g + addressWidth + perRow * (cell + em * 1.0) + g * 3 > width) perRow /= 2;
    double bytesX = g + addressWidth, charsX = bytesX + perRow * cell + (perRow / 8) * em * 0.5 + em;
    int rows = std::max(1, static_cast<int>((size.height() - y) / row));
    // Pages are turned in halves of the height, so that the picture stands still while the address moves a little.
    const i64 half = std::max(1, rows / 2), centre = static_cast<i64>(model.centre / static_cast<u64>(perRow));
    const i64 top = (centre / half * half - half / 2) * perRow + model.scroll * model.perRow;
    const i64 most = static_cast<i64>(model.bytes.size()) - rows * perRow;
    const auto first = static_cast<std::size_t>(
        std::clamp<i64>(top - static_cast<i64>(model.start), 0, std::max<i64>(0, most / perRow * perRow)));
    for (int r = 0; r < rows; ++r, y += row) {
        std::size_t from = first + static_cast<std::size_t>(r) * static_cast<std::size_t>(perRow);
        if (from + static_cast<std::size_t>(perRow) > model.bytes.size()) break;
        u64 address = model.start + from;
        scene.text({g, y, addressWidth, row}, hexDigits(address, wide ? 16 : 8), Font::Mono, theme.color(Role::Muted));
        QString run;
        double runX = 0;
        for (int c = 0; c < perRow; ++c) {
            std::size_t at = from + static_cast<std::size_t>(c);
            const MemoryModel::Byte& b = model.bytes[at];
            u64 a = model.start + at;
            double x = bytesX + c * cell + (c / 8) * em * 0.5;
            QRectF rect(x - em * 0.25, y + 1, cell, row - 2), letter(charsX + c * em, y, em, row);
            bool chosen = a >= model.selected && a - model.selected < model.selectedLength;
            bool code = a >= model.rip && a - model.rip < model.ripLength;
            if (code) scene.box(rect, theme.fill(Role::Code), {}, 0, 0);
            if (b.changed) scene.box(rect, theme.fill(Role::Accent), theme.color(Role::Accent), style->pen, g * 0.25);
            if (chosen) scene.selected(rect);
            // Under the eight bytes that RSP points at.
            if (a >= model.rsp && a - model.rsp < 8)
                scene.box({rect.x(), rect.bottom() - style->pen * 0.5, rect.width(), style->pen * 1.5},
                          theme.color(Role::Stack), {}, 0, 0);
            QString text = b.present ? hexDigits(b.now, 2) : QStringLiteral("··");
            scene.text({x, y, em * 2 + 1, row}, text, b.changed ? Font::MonoStrong : Font::Mono,
                       theme.color(!b.present || b.now == 0 ? Role::Muted : Role::Ink));
            if (run.isEmpty()) runX = letter.x();
            run += b.present ? printable(b.now) : QChar(' ');
            QString label = hex(a) + ": " + text;
            QString what = b.present ? Words::tr("%1 holds %2. %3.").arg(hex(a), hex(b.now), valueSentence(model, at))
                                     : Words::tr("%1: no page is mapped here.").arg(hex(a));
            for (auto [page, frame] : model.frames)
                if (b.present && page == a / kPageSize)
                    what += ' ' + Words::tr("In RAM it lies at %1.").arg(hex(frame * kPageSize + pageOffset(a)));
            if (b.changed) what += ' ' + Words::tr("It was %1.").arg(hex(b.before));
            if (a == model.rsp) what += ' ' + Words::tr("RSP points here: the top of the stack.");
            Spot& spot = scene.spot(rect, QString("byte:%1").arg(a, 0, 16), label, what,
                                    model.physical ? Subject::frame(a / kPageSize) : Subject::address(a, model.pid));
            spot.changed = b.changed;
            if (b.present && !model.physical) {
                spot.activate = {Command::Kind::Poke, 0, "memory:" + hex(a)};
                spot.edit = hexDigits(b.now, 2);
                spot.offers = {{Words::tr("Change…"), spot.activate}};
            }
        }
        scene.text({runX, y, run.size() * em + em, row}, run, Font::Mono);
    }
    return scene;
}

TextTwin twin(const MemoryModel& model) {
    TextTwin root(Words::tr("Memory"), model.area);
    const auto perRow = static_cast<std::size_t>(model.perRow);
    const std::size_t begin = model.centre > model.start + 4 * perRow
                                  ? static_cast<std::size_t>(model.centre - model.start) / perRow * perRow - 4 * perRow
                                  : 0;
    for (std::size_t from = begin; from + perRow <= model.bytes.size() && from < begin + 48 * perRow; from += perRow) {
        QString bytes, letters;
        bool changed = false, any = false;
        for (int c = 0; c < model.perRow; ++c) {
            const MemoryModel::Byte& b = model.bytes[from + static_cast<std::size_t>(c)];
            bytes += (b.present ? hexDigits(b.now, 2) : QStringLiteral("..")) + (c % 8 == 7 ? "  " : " ");
            letters += b.present ? (b.now >= 32 && b.now < 127 ? QChar(b.now) : QChar('.')) : QChar(' ');
            changed = changed || b.changed;
            any = any || b.present;
        }
        u64 address = model.start + from;
        if (any) root.add(hexDigits(address, 16), bytes + letters, changed, Subject::address(address, model.pid));
    }
    if (root.children.empty() && model.loaded) root.add(Words::tr("no page is mapped here"));
    return root;
}

}  // namespace ringside
