#include "widgets/memory/memory.h"

#include <algorithm>
#include <bit>

#include "widgets/canvas/inspect.h"
#include "widgets/canvas/symbols.h"
#include "widgets/canvas/words.h"

namespace ringside {
namespace {

constexpr u64 kRows = 96;

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
    // The row stands still while the address moves a little: pages of 16 rows, plus what the person scrolled.
    u64 base = centre / (perRow * 8) * (perRow * 8);
    i64 shift = (options.scroll - 4) * static_cast<i64>(perRow);
    model.start = shift < 0 && base < static_cast<u64>(-shift) ? 0 : base + static_cast<u64>(shift);
    model.bytes.resize(kRows * perRow);
    PagingMode modeNow = machine.cpu.pagingMode();
    std::size_t i = 0;
    while (i < model.bytes.size()) {
        u64 address = model.start + i;
        std::size_t n = std::min<std::size_t>(model.bytes.size() - i, kPageSize - pageOffset(address));
        std::vector<u8> now = peek(machine, address, n, modeNow.enabled ? mm : MmId{});
        std::vector<u8> old;
        if (snapshot.before && snapshot.before->kernel.mms.find(mm))
            old = peek(*snapshot.before, address, n, modeNow.enabled ? mm : MmId{});
        for (std::size_t k = 0; k < n && k < now.size(); ++k) {
            MemoryModel::Byte& b = model.bytes[i + k];
            b.present = true;
            b.now = now[k];
            b.before = k < old.size() ? old[k] : now[k];
            b.changed = b.before != b.now;
        }
        i += n;
    }
    if (const Mm* space = machine.kernel.mms.find(mm))
        if (const Vma* area = space->find(centre)) model.area = areaName(*area) + ' ' + rightsText(*area);
    if (options.symbols) model.symbol = qs(options.symbols->text(machine, centre, mm));
    return model;
}

Scene paint(const MemoryModel& model, const StylePtr& style, QSizeF size) {
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
    QString head = model.area.isEmpty() ? Words::tr("task %1").arg(model.pid)
                                        : Words::tr("task %1, %2").arg(model.pid).arg(model.area);
    if (!model.symbol.isEmpty()) head += "  " + model.symbol;
    scene.text({g, y, width - 2 * g, row}, head, Font::Small, theme.color(Role::Muted));
    y += row;
    bool wide = model.start >> 32;
    double addressWidth = em * (wide ? 17 : 10), cell = em * 2.5;
    // Narrow panels show fewer bytes a line, in the same order.
    int perRow = model.perRow;
    while (perRow > 4 && g + addressWidth + perRow * (cell + em * 1.0) + g * 3 > width) perRow /= 2;
    double bytesX = g + addressWidth, charsX = bytesX + perRow * cell + (perRow / 8) * em * 0.5 + em;
    int rows = std::max(1, static_cast<int>((size.height() - y) / row));
    std::size_t first = 0;
    if (perRow < model.perRow && model.selected >= model.start && model.selected - model.start < model.bytes.size())
        first = static_cast<std::size_t>((model.selected - model.start) / static_cast<u64>(perRow) / 2) *
                static_cast<std::size_t>(perRow);
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
            if (a == model.rsp)
                scene.box({rect.x(), rect.bottom() - style->pen, rect.width() * 4, style->pen * 1.5},
                          theme.color(Role::Stack), {}, 0, 0);
            if (b.changed) scene.box(rect, theme.fill(Role::Accent), theme.color(Role::Accent), style->pen, g * 0.25);
            if (chosen) scene.selected(rect);
            QString text = b.present ? hexDigits(b.now, 2) : QStringLiteral("··");
            scene.text({x, y, em * 2 + 1, row}, text, b.changed ? Font::MonoStrong : Font::Mono,
                       theme.color(!b.present || b.now == 0 ? Role::Muted : Role::Ink));
            if (run.isEmpty()) runX = letter.x();
            run += b.present ? printable(b.now) : QChar(' ');
            QString label = hex(a) + ": " + text;
            QString what = b.present ? Words::tr("%1 holds %2. %3.").arg(hex(a), hex(b.now), valueSentence(model, at))
                                     : Words::tr("%1: no page is mapped here.").arg(hex(a));
            if (b.changed) what += ' ' + Words::tr("It was %1.").arg(hex(b.before));
            if (a == model.rsp) what += ' ' + Words::tr("RSP points here: the top of the stack.");
            Spot& spot =
                scene.spot(rect, QString("byte:%1").arg(a, 0, 16), label, what, Subject::address(a, model.pid));
            spot.changed = b.changed;
        }
        scene.text({runX, y, run.size() * em + em, row}, run, Font::Mono);
    }
    return scene;
}

TextTwin twin(const MemoryModel& model) {
    TextTwin root(Words::tr("Memory"), model.area);
    for (std::size_t from = 0; from + static_cast<std::size_t>(model.perRow) <= model.bytes.size() &&
                               from < 48 * static_cast<std::size_t>(model.perRow);
         from += static_cast<std::size_t>(model.perRow)) {
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
