#include "widgets/stack/stack.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "core/kernel/entry/kernel_stack.h"
#include "core/kernel/entry/pt_regs.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/symbols.h"
#include "widgets/canvas/words.h"
#include "widgets/exec/exec.h"

namespace ringside {
namespace {

constexpr std::size_t kSlots = 160;

// A value that points behind a CALL in executable memory is a return address.
bool followsCall(const Machine& machine, u64 value) {
    if (value < 0x1000) return false;
    Walk w = walk(machine.ram, machine.cpu.pagingMode(), VirtAddr(value));
    if (w.end != WalkEnd::Mapped || !w.executable || !machine.cpu.pagingMode().enabled) return false;
    std::vector<u8> b = peek(machine, value - 7, 7);
    if (b.size() < 7) return false;
    if (b[2] == 0xe8) return true;  // CALL rel32
    // CALL r/m64: FF /2 in its lengths of 2, 3, 6 and 7 bytes
    for (std::size_t at : {std::size_t{5}, std::size_t{4}, std::size_t{1}, std::size_t{0}})
        if (b[at] == 0xff && (b[at + 1] & 0x38) == 0x10) return true;
    return false;
}

QString movedText(i64 bytes) {
    return bytes < 0 ? Words::tr("RSP went down by %n byte(s)", nullptr, static_cast<int>(-bytes))
                     : Words::tr("RSP went up by %n byte(s)", nullptr, static_cast<int>(bytes));
}

// What the entry code saved at the top of the current task's kernel stack: the field of pt_regs at `address`.
const char* ptRegsField(const Machine& machine, u64 address) {
    static constexpr const char* kFields[] = {"r15", "r14",      "r13", "r12", "rbp",    "rbx", "r11",
                                              "r10", "r9",       "r8",  "rax", "rcx",    "rdx", "rsi",
                                              "rdi", "orig_rax", "rip", "cs",  "eflags", "rsp", "ss"};
    static_assert(sizeof kFields / sizeof *kFields * 8 == sizeof(PtRegs));
    const Task* task = machine.kernel.tasks.find(machine.kernel.current);
    if (!task || task->stackBase == 0 || task->mm.value == 0) return nullptr;
    const u64 top = task->stackBase + kKernelStackSize, begin = top - sizeof(PtRegs);
    return address >= begin && address < top ? kFields[(address - begin) / 8] : nullptr;
}

}  // namespace

StackModel buildStack(const Snapshot& snapshot, const ViewOptions& options) {
    StackModel model;
    if (!snapshot.now) return model;
    model.loaded = true;
    const Machine& machine = *snapshot.now;
    const Registers& regs = machine.cpu.regs;
    model.cpl = regs.cpl();
    model.scroll = options.scroll;
    u64 rsp = regs.gpr[RSP], rbp = regs.gpr[RBP], start = rsp & ~u64{7};
    std::vector<u8> bytes = peek(machine, start, kSlots * 8);
    if (bytes.size() < 8) {
        model.problem =
            rsp == 0 ? Words::tr("RSP is 0: no stack has been set up yet.")
                     : Words::tr("RSP is %1, where no page is mapped: the next push is a page fault.").arg(hex(rsp));
        return model;
    }
    u64 oldRsp = 0;
    std::vector<u8> old;
    if (snapshot.before && snapshot.before->cpu.regs.cr3 == regs.cr3) {
        oldRsp = snapshot.before->cpu.regs.gpr[RSP];
        i64 moved = static_cast<i64>(rsp - oldRsp);
        if (std::abs(moved) < (1 << 20)) {
            model.moved = moved;
            old = peek(*snapshot.before, start, bytes.size());
        }
    }
    Symbols none;
    Symbols& symbols = options.symbols ? *options.symbols : none;
    auto load = [](const std::vector<u8>& from, std::size_t at) {
        u64 v = 0;
        std::memcpy(&v, from.data() + at, 8);
        return v;
    };
    // The chain of saved frame pointers, as far as it makes sense.
    std::vector<u64> frames;
    for (u64 frame = rbp; frame >= rsp && frame % 8 == 0 && frame - start + 16 <= bytes.size() && frames.size() < 40;) {
        if (!frames.empty() && frame <= frames.back()) break;
        if (!followsCall(machine, load(bytes, frame - start + 8))) break;
        frames.push_back(frame);
        frame = load(bytes, frame - start);
    }
    auto nameOfCode = [&](u64 address) {
        std::string text = symbols.text(machine, address);
        return text.empty() ? hex(address) : qs(text);
    };
    model.frames.push_back(nameOfCode(regs.rip));
    for (u64 frame : frames) model.frames.push_back(nameOfCode(load(bytes, frame - start + 8)));

    // What execve put on the stack keeps its meaning as long as it lies there.
    std::map<u64, QString> fresh;
    if (model.cpl == 3)
        for (const ExecStackRow& r : buildExec(snapshot, {}).stack) {
            fresh[r.address] = r.what;
            if (r.group == "auxv") fresh[r.address + 8] = Words::tr("value of %1").arg(r.what.section(' ', 0, 0));
        }
    MmId mm = currentMm(machine);
    const Mm* space = machine.kernel.mms.find(mm);
    const Vma* area = space ? space->find(rsp) : nullptr;
    for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
        StackModel::Slot slot;
        slot.address = start + at;
        if (area && slot.address >= area->end) break;
        slot.value = load(bytes, at);
        if (at + 8 <= old.size()) {
            slot.before = load(old, at);
            slot.changed = slot.before != slot.value;
            slot.fresh = slot.address < (oldRsp & ~u64{7});
        }
        slot.rsp = at == 0;
        slot.rbp = slot.address == (rbp & ~u64{7});
        slot.savedFrame = std::find(frames.begin(), frames.end(), slot.address) != frames.end();
        slot.returnAddress = std::find(frames.begin(), frames.end(), slot.address - 8) != frames.end() ||
                             followsCall(machine, slot.value);
        for (u64 frame : frames)
            if (slot.address > frame + 8) ++slot.frame;
        if (const char* field = ptRegsField(machine, slot.address)) {
            slot.note = Words::tr("%1 of pt_regs").arg(QLatin1String(field));
            slot.saved = true;
        } else if (auto it = fresh.find(slot.address); it != fresh.end()) {
            slot.note = it->second;
            slot.saved = true;
        } else if (slot.returnAddress) {
            slot.note = Words::tr("return to %1").arg(nameOfCode(slot.value));
        } else if (slot.savedFrame) {
            slot.note = Words::tr("saved rbp");
        } else if (slot.value >= 0x1000 && isCanonical(slot.value, false)) {
            slot.note = qs(symbols.text(machine, slot.value));
            if (slot.note.isEmpty() && space)
                if (const Vma* a = space->find(slot.value)) slot.note = Words::tr("into %1").arg(areaName(*a));
        } else {
            slot.note = QString::number(static_cast<i64>(slot.value));
        }
        const Subject& s = options.selection;
        slot.selected = s.kind == SubjectKind::Address && s.value >= slot.address && s.value < slot.address + 8;
        model.slots.push_back(slot);
    }
    return model;
}

Scene paint(const StackModel& model, const StylePtr& style, QSizeF size) {
    Scene scene(style, size);
    scene.endless = true;
    if (!model.loaded || !model.problem.isEmpty()) {
        scene.empty(model.loaded ? model.problem : Words::tr("No machine is running. Its stack appears here."),
                    model.loaded ? Words::tr("Step") : Words::tr("Open a program…"),
                    {Command::Kind::Action, 0, model.loaded ? "step.instruction" : "file.open"});
        return scene;
    }
    const Theme& theme = style->theme;
    double g = style->grid, row = style->row(), em = style->em, width = size.width();
    double top = g * 0.5, bottom = size.height() - row - g * 0.5;
    int visible = std::max(1, static_cast<int>((bottom - top) / row));
    int count = static_cast<int>(model.slots.size());
    int first = std::clamp(static_cast<int>(-model.scroll), 0, std::max(0, count - visible));
    const bool wide = width > em * 62;
    // Narrow panels have no room for addresses; hovering tells them.
    const bool narrow = width < em * 34;
    double arrowWidth = em * (narrow ? 5.5 : 7.5), addressWidth = narrow ? em * 0.5 : em * (wide ? 17 : 9.5);
    double x = g * 0.5 + arrowWidth;
    bool note = width - x > addressWidth + em * 17 + em * 8;
    for (int i = 0; i < visible && first + i < count; ++i) {
        const StackModel::Slot& s = model.slots[static_cast<std::size_t>(first + i)];
        // Low addresses at the bottom: a push adds below.
        double y = bottom - (i + 1) * row;
        QRectF rect(x, y + 1, width - x - g * 0.5, row - 2);
        Role role = s.saved           ? (model.cpl == 3 ? Role::Data : Role::Kernel)
                    : s.returnAddress ? Role::Code
                    : s.savedFrame    ? Role::ReadOnly
                                      : Role::Stack;
        QColor fill = theme.fill(role);
        if (s.frame % 2) fill = blend(fill, theme.color(Role::Paper), 0.45);
        if (s.changed)
            scene.box(rect, theme.fill(Role::Accent), theme.color(Role::Accent), -1, g * 0.25);
        else
            scene.box(rect, fill, {}, 0, g * 0.25);
        if (s.changed) scene.dot({rect.right() - g, rect.center().y()}, theme.color(Role::Accent), g * 0.3);
        if (s.selected) scene.selected(rect);
        QString address = wide ? hexDigits(s.address, 16) : "…" + hexDigits(s.address & 0xffffff, 6);
        const QColor aside = theme.readable(theme.color(Role::Muted), s.changed ? theme.fill(Role::Accent) : fill);
        if (!narrow) scene.text({x + g * 0.5, y, addressWidth, row}, address, Font::MonoSmall, aside);
        double valueX = x + addressWidth;
        // All sixteen digits, else those that count, else the last ones.
        double room = rect.right() - valueX - (s.changed ? g * 1.75 : g * 0.25);
        QString digits = hexDigits(s.value, room < em * 16 ? 1 : 16);
        if (qsizetype fit = static_cast<qsizetype>(room / em); digits.size() > fit)
            digits = QChar(0x2026) + digits.right(std::max<qsizetype>(1, fit - 1));
        scene.text({valueX, y, std::min(em * 17, room + 2), row}, digits, s.changed ? Font::MonoStrong : Font::Mono)
            .key = QString("slot:%1").arg(s.address, 0, 16);
        if (note && !s.note.isEmpty())
            scene.text({valueX + em * 17.5, y, rect.right() - valueX - em * 17.5 - g * 1.5, row}, s.note,
                       Font::MonoSmall, aside);
        QString what = Words::tr("%1 holds %2: %3.")
                           .arg(hex(s.address), hex(s.value), s.note.isEmpty() ? Words::tr("a number") : s.note);
        if (s.changed)
            what += ' ' + (s.fresh ? Words::tr("It was just pushed.") : Words::tr("It was %1.").arg(hex(s.before)));
        scene
            .spot(rect, QString("slot:%1").arg(s.address, 0, 16), hexDigits(s.value, 16) + ' ' + s.note, what,
                  Subject::address(s.address, 0, 8))
            .changed = s.changed;
        for (auto [is, name, key] : {std::tuple(s.rsp, "rsp", "rsp"), std::tuple(s.rbp, "rbp", "rbp")}) {
            if (!is) continue;
            bool both = s.rsp && s.rbp && QString(name) == "rbp";
            double ay = y + row / 2 + (both ? row * 0.0 : 0);
            if (both) continue;
            QString label = s.rsp && s.rbp ? QString("rsp rbp") : QString(name);
            scene
                .text({g * 0.25, y, arrowWidth - g * 1.5, row}, label,
                      s.rsp && s.rbp ? Font::MonoSmall : Font::MonoStrong, theme.color(Role::Ink))
                .key = key;
            scene.line({{x - g * 1.5, ay}, {x - 1, ay}}, theme.color(Role::Ink), Arrow::End);
        }
    }
    QString foot = Words::tr("grows ↓");
    if (model.moved) foot += "  " + movedText(model.moved);
    scene.text({g, bottom, width - 2 * g, row}, foot, Font::Small, theme.color(Role::Muted));
    return scene;
}

TextTwin twin(const StackModel& model) {
    TextTwin root(Words::tr("Stack"), model.problem);
    if (!model.loaded) return root;
    if (model.moved) root.add(Words::tr("since before"), movedText(model.moved));
    TextTwin& calls = root.add(Words::tr("Calls, innermost first"));
    for (const QString& f : model.frames) calls.add(f);
    TextTwin& slots = root.add(Words::tr("Slots from RSP upwards"));
    std::size_t shown = 0;
    for (const StackModel::Slot& s : model.slots) {
        if (++shown > 64) break;
        QString label = hex(s.address) + (s.rsp ? " rsp" : "") + (s.rbp ? " rbp" : "");
        slots.add(label, hexDigits(s.value, 16) + "  " + s.note, s.changed, Subject::address(s.address, 0, 8));
    }
    return root;
}

}  // namespace ringside
