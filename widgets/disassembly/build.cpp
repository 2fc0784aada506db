#include <algorithm>

#include "core/elf/disassembler.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/symbols.h"
#include "widgets/canvas/words.h"
#include "widgets/disassembly/disassembly.h"
#include "widgets/disassembly/typed_code.h"

namespace ringside {
namespace {

constexpr u64 kBack = 4096;  // bytes looked at before the anchor
constexpr std::size_t kRowsAfter = 220;

// The first hexadecimal number that is the whole operand ("0x401136"), for direct jumps and calls.
std::optional<u64> directTarget(const elf::Line& line) {
    if (!line.operands.starts_with("0x")) return {};
    bool ok = false;
    u64 value = qs(line.operands).toULongLong(&ok, 16);
    return ok ? std::optional(value) : std::nullopt;
}

// "[rip + 0x2ee]" → the address it means.
std::optional<u64> ripTarget(const elf::Line& line) {
    std::size_t at = line.operands.find("[rip");
    if (at == std::string::npos) return {};
    QString rest = qs(line.operands).mid(static_cast<qsizetype>(at) + 4);
    qsizetype end = rest.indexOf(']');
    rest = rest.left(end).remove(' ');
    bool ok = true;
    i64 offset = 0;
    if (!rest.isEmpty()) offset = rest[0] == '-' ? -rest.mid(1).toLongLong(&ok, 0) : rest.mid(1).toLongLong(&ok, 0);
    if (!ok) return {};
    return line.address + line.length + static_cast<u64>(offset);
}

QString stringAt(const Machine& machine, u64 address) {
    std::vector<u8> bytes = peek(machine, address, 40);
    QString text;
    for (u8 b : bytes) {
        if (b == 0) return text.size() >= 2 ? '"' + text + '"' : QString();
        if (b == '\n')
            text += "\\n";
        else if (b == '\t')
            text += "\\t";
        else if (b >= 32 && b < 127)
            text += QChar(b);
        else
            return {};
    }
    return text.size() >= 2 ? '"' + text + "…\"" : QString();
}

// Decodes so that `anchor` is the beginning of an instruction: from the function's start when that is near, else from
// the first place before it from which the decoding arrives there.
std::vector<elf::Line> decode(const Machine& machine, const elf::Disassembler& disassembler, u64 anchor,
                              std::optional<u64> function) {
    auto decodeFrom = [&](u64 start) {
        std::vector<elf::Line> lines;
        std::vector<u8> bytes = peek(machine, start, anchor - start + kRowsAfter * 8);
        for (elf::Line& line : disassembler.lines(start, bytes, 4096)) {
            bool past = line.address > anchor;
            if (past && lines.size() > 0 && lines.back().address < anchor) return std::vector<elf::Line>{};
            lines.push_back(std::move(line));
            if (past && lines.back().address - anchor > kRowsAfter * 5) break;
        }
        return lines;
    };
    if (function && anchor - *function <= kBack) {
        auto lines = decodeFrom(*function);
        if (!lines.empty()) return lines;
    }
    for (u64 back : {u64{256}, u64{128}, u64{64}, u64{48}, u64{32}}) {
        for (u64 shift = 0; shift < 16; ++shift) {
            if (anchor < back - shift || peek(machine, anchor - back + shift, 1).empty()) continue;
            auto lines = decodeFrom(anchor - back + shift);
            if (!lines.empty() && lines.front().mnemonic != "(bad)") return lines;
        }
    }
    return decodeFrom(anchor);
}

}  // namespace

DisassemblyModel buildDisassembly(const Snapshot& snapshot, const ViewOptions& options) {
    DisassemblyModel model;
    if (!snapshot.now) return model;
    model.loaded = true;
    const Machine& machine = *snapshot.now;
    u64 rip = machine.cpu.regs.rip, anchor = rip;
    model.cpl = machine.cpu.regs.cpl();
    bool chosen = options.selection.kind == SubjectKind::Instruction;
    if (options.selection.kind == SubjectKind::Address) {
        Walk w = walk(machine.ram, machine.cpu.pagingMode(), VirtAddr(options.selection.value));
        chosen = w.end == WalkEnd::Mapped && w.executable && machine.cpu.pagingMode().enabled;
    }
    // While the machine moves the code moves with it; a selection is looked at while it lasts.
    if (chosen && options.selection.value != rip) anchor = options.selection.value;
    model.scroll = options.scroll;

    Symbols none;
    Symbols& symbols = options.symbols ? *options.symbols : none;
    auto place = symbols.at(machine, anchor);
    std::optional<u64> function;
    if (place) function = anchor - place->offset;
    QString object = place ? qs(place->object).section('/', -1) : QString();
    if (auto source = symbols.line(machine, anchor)) {
        QString file = qs(source->file).section('/', -1);
        model.place = place ? Words::tr("%1 in %2, %3:%4").arg(qs(place->name), object, file).arg(source->line)
                            : QString("%1:%2").arg(file).arg(source->line);
    } else if (place) {
        model.place = Words::tr("%1 in %2").arg(qs(place->name), object);
    }
    if (peek(machine, anchor, 1).empty()) {
        model.problem = Words::tr("No page is mapped at %1: fetching there is a page fault.").arg(hex(anchor));
        return model;
    }

    elf::Disassembler disassembler(options.setting("syntax") == "att" ? elf::Syntax::Att : elf::Syntax::Intel);
    std::vector<elf::Line> lines = decode(machine, disassembler, anchor, function);
    // Before code that no symbol names, zeros are no instructions.
    if (!function)
        while (!lines.empty() && lines.front().address < anchor) {
            std::vector<u8> zeros = peek(machine, lines.front().address, lines.front().length);
            if (std::any_of(zeros.begin(), zeros.end(), [](u8 b) { return b != 0; })) break;
            lines.erase(lines.begin());
        }
    if (const QString typed = options.setting("typed").trimmed(); !typed.isEmpty()) {
        QStringList code;
        const auto bytes = bytesFromText(typed);
        if (bytes)
            for (const elf::Line& line : disassembler.lines(anchor, *bytes, 6))
                code << qs(line.mnemonic) + ' ' + qs(line.operands);
        model.typed = bytes ? Words::tr("%n byte(s): %1", nullptr, static_cast<int>(bytes->size())).arg(code.join("; "))
                            : Words::tr("Enter puts it, assembled, at %1").arg(hex(anchor));
    }
    u64 justRan = snapshot.last && snapshot.last->length ? snapshot.last->before.rip : ~u64{0};
    std::string lastLabel;
    std::optional<elf::SourcePlace> lastSource;
    std::size_t after = 0;
    for (const elf::Line& line : lines) {
        if (auto here = symbols.at(machine, line.address); here && here->offset == 0 && here->name != lastLabel) {
            lastLabel = here->name;
            DisassemblyModel::Row row;
            row.kind = DisassemblyModel::Kind::Label;
            row.address = line.address;
            row.note = qs(here->name);
            row.what = Words::tr("%1 begins here, in %2.").arg(qs(here->name), qs(here->object));
            if (line.address <= anchor) model.functionStart = static_cast<int>(model.rows.size());
            model.rows.push_back(std::move(row));
        }
        if (auto source = symbols.line(machine, line.address);
            source && source->line &&
            (!lastSource || lastSource->line != source->line || lastSource->file != source->file)) {
            lastSource = source;
            auto text = symbols.source(machine, source->file);
            DisassemblyModel::Row row;
            row.kind = DisassemblyModel::Kind::Source;
            row.address = line.address;
            row.line = source->line;
            row.note = text && source->line <= text->size() ? qs((*text)[source->line - 1]).trimmed()
                                                            : qs(source->file).section('/', -1);
            row.what = Words::tr("%1, line %2").arg(qs(source->file)).arg(source->line);
            model.rows.push_back(std::move(row));
        }
        DisassemblyModel::Row row;
        row.address = line.address;
        std::vector<u8> bytes = peek(machine, line.address, line.length);
        for (u8 byte : bytes) row.bytes += hexDigits(byte, 2);
        if (snapshot.before && machine.cpu.regs.cr3 == snapshot.before->cpu.regs.cr3) {
            std::vector<u8> old = peek(*snapshot.before, line.address, line.length);
            row.changed = old.size() == bytes.size() && old != bytes;
        }
        row.mnemonic = qs(line.mnemonic);
        row.operands = qs(line.operands);
        row.target = directTarget(line);
        bool jumps = row.mnemonic.startsWith('j') || row.mnemonic.startsWith("loop");
        row.jump = jumps && row.target;
        if (row.target) {
            row.note = qs(symbols.text(machine, *row.target));
        } else if (auto data = ripTarget(line)) {
            QString text = stringAt(machine, *data);
            row.note = text.isEmpty() ? qs(symbols.text(machine, *data)) : text;
            if (row.note.isEmpty()) row.note = hex(*data);
        }
        row.aboutToRun = line.address == rip;
        row.justRan = line.address == justRan;
        row.breakpoint = std::binary_search(snapshot.breakpoints.begin(), snapshot.breakpoints.end(), line.address);
        row.selected = options.selection.kind == SubjectKind::Instruction && options.selection.value == line.address;
        QString sentence = mnemonicSentence(row.mnemonic);
        row.what = row.mnemonic + ' ' + row.operands;
        if (!sentence.isEmpty()) row.what += ": " + sentence;
        row.what += '.';
        if (row.aboutToRun) row.what += ' ' + Words::tr("RIP points here: it is about to run.");
        if (row.justRan) row.what += ' ' + Words::tr("It has just run.");
        if (line.address == anchor) model.anchor = static_cast<int>(model.rows.size());
        model.rows.push_back(std::move(row));
        if (line.address > anchor && ++after > kRowsAfter) break;
    }
    return model;
}

TextTwin twin(const DisassemblyModel& model) {
    TextTwin root(Words::tr("Disassembly"), model.place);
    if (!model.problem.isEmpty()) root.add(model.problem);
    if (!model.typed.isEmpty()) root.add(Words::tr("typed"), model.typed);
    int from = std::max(0, model.anchor - 100), to = std::min(static_cast<int>(model.rows.size()), model.anchor + 150);
    for (int i = from; i < to; ++i) {
        const DisassemblyModel::Row& r = model.rows[static_cast<std::size_t>(i)];
        if (r.kind == DisassemblyModel::Kind::Label) {
            root.add(r.note + ':');
        } else if (r.kind == DisassemblyModel::Kind::Source) {
            root.add(QString::number(r.line), r.note);
        } else {
            QString text = r.bytes.leftJustified(22) + (r.mnemonic + ' ' + r.operands).leftJustified(34);
            if (!r.note.isEmpty()) text += "; " + r.note;
            QString sign = r.aboutToRun ? "=> " : r.justRan ? "-> " : r.breakpoint ? "*  " : "   ";
            root.add(sign + hexDigits(r.address, 8), text.trimmed(), r.changed, Subject::instruction(r.address));
        }
    }
    return root;
}

}  // namespace ringside
