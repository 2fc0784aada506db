#include <QRegularExpression>
#include <algorithm>

#include "core/cpu/insn/decode.h"
#include "core/elf/disassembler.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/symbols.h"
#include "widgets/canvas/words.h"
#include "widgets/disassembly/disassembly.h"
#include "widgets/fetch_execute/values.h"

namespace ringside {
namespace {

using Model = FetchExecuteModel;
using Stage = Model::Stage;
using FieldKind = Model::FieldRow::Kind;

constexpr const char* kNames64[] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                    "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};

QString bits(unsigned value, int count) {
    QString text;
    for (int i = count - 1; i >= 0; --i) text += (value >> i & 1) ? '1' : '0';
    return text;
}

QString signedHex(i64 v) { return v < 0 ? "-" + hex(static_cast<u64>(-v)) : hex(static_cast<u64>(v)); }

QString trapName(u8 vector) {
    static constexpr const char* kTraps[] = {"#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", "",
                                             "#TS", "#NP", "#SS", "#GP", "#PF", "",    "#MF", "#AC", "#MC", "#XM"};
    if (vector < std::size(kTraps) && *kTraps[vector]) return kTraps[vector];
    return Words::tr("vector %1").arg(hex(vector));
}

void addFields(Model& m, const Decoded& d, std::span<const u8> bytes) {
    auto text = [&](Field f) {
        QString t;
        for (int i = 0; i < f.length; ++i)
            t += (i ? " " : "") + hexDigits(bytes[static_cast<std::size_t>(f.begin + i)], 2);
        return t;
    };
    auto add = [&](FieldKind kind, Field f, const QString& name, const QString& meaning, const QString& what) {
        if (f.length) m.fields.push_back({kind, f.begin, f.length, name + ' ' + text(f), meaning, what});
    };
    QStringList prefixes;
    if (d.operand16) prefixes << Words::tr("66: 16-bit operands");
    if (d.address32) prefixes << Words::tr("67: 32-bit addresses");
    if (d.lock) prefixes << Words::tr("F0: locked");
    if (d.repeat) prefixes << Words::tr("%1: repeat, or part of the opcode").arg(hexDigits(d.repeat, 2));
    if (d.segment >= 0) prefixes << Words::tr("segment override");
    add(FieldKind::Prefix, d.prefixes, Words::tr("prefix"), prefixes.join(", "),
        Words::tr("Prefixes change what the opcode means: %1.").arg(prefixes.join(", ")));
    add(FieldKind::Rex, d.rex, "REX",
        QString("W%1 R%2 X%3 B%4")
            .arg(d.rexByte >> 3 & 1)
            .arg(d.rexByte >> 2 & 1)
            .arg(d.rexByte >> 1 & 1)
            .arg(d.rexByte & 1),
        Words::tr("The REX prefix: W asks for 64-bit operands; R, X and B are the fourth bits of the register numbers "
                  "in reg, "
                  "index and base."));
    bool extended = d.row && d.modrm.length && m.mnemonic.size() &&
                    (bytes[d.opcode.begin] == 0x83 || bytes[d.opcode.begin] == 0x81 || bytes[d.opcode.begin] == 0x80 ||
                     bytes[d.opcode.begin] == 0xff || bytes[d.opcode.begin] == 0xf7 || bytes[d.opcode.begin] == 0xc1 ||
                     bytes[d.opcode.begin] == 0xd1);
    QString opcode = extended ? QString("/%1 %2").arg(d.modrmByte >> 3 & 7).arg(m.mnemonic) : m.mnemonic;
    add(FieldKind::Opcode, d.opcode, Words::tr("opcode"), opcode,
        extended ? Words::tr("The opcode, with three more bits in ModRM.reg (/%1), means %2.")
                       .arg(d.modrmByte >> 3 & 7)
                       .arg(m.mnemonic)
                 : Words::tr("The opcode means %1.").arg(m.mnemonic));
    add(FieldKind::ModRm, d.modrm, "ModRM",
        QString("mod %1 reg %2 rm %3")
            .arg(bits(d.modrmByte >> 6u, 2), bits(d.modrmByte >> 3u & 7u, 3), bits(d.modrmByte & 7u, 3)),
        d.memory
            ? Words::tr("ModRM names the operands: reg is a register, mod and rm say how the memory address is made.")
            : Words::tr("ModRM names the operands: reg and rm are both registers (mod is 11)."));
    add(FieldKind::Sib, d.sib, "SIB",
        QString("scale %1 index %2 base %3")
            .arg(1 << (d.sibByte >> 6))
            .arg(bits(d.sibByte >> 3u & 7u, 3), bits(d.sibByte & 7u, 3)),
        Words::tr("SIB: the address is base + index × scale."));
    add(FieldKind::Displacement, d.displacement, QString("disp%1").arg(d.displacement.length * 8),
        "= " + signedHex(d.disp),
        Words::tr("The displacement, %1, is added to the address. Its lowest byte comes first.")
            .arg(signedHex(d.disp)));
    bool jump = d.row && (m.mnemonic.startsWith('j') || m.mnemonic == "call" || m.mnemonic.startsWith("loop"));
    add(FieldKind::Immediate, d.immediate,
        jump ? QString("rel%1").arg(d.immediate.length * 8) : QString("imm%1").arg(d.immediate.length * 8),
        "= " + signedHex(static_cast<i64>(d.imm)),
        jump ? Words::tr("How far to jump from the next instruction: %1.").arg(signedHex(static_cast<i64>(d.imm)))
             : Words::tr("The immediate: a number in the instruction itself, %1. Its lowest byte comes first.")
                   .arg(signedHex(static_cast<i64>(d.imm))));
    add(FieldKind::Immediate, d.immediate2, "imm8", "= " + hex(d.imm2),
        Words::tr("A second number in the instruction."));
    if (d.immediate.length && !jump) m.immediate = d.imm;
    std::sort(m.fields.begin(), m.fields.end(), [](auto& a, auto& b) { return a.begin < b.begin; });
}

Model build(const Snapshot& snapshot, const Retired* retired, bool finished, int micro, Symbols& symbols) {
    Model m;
    const Machine& machine = finished && snapshot.before ? *snapshot.before : *snapshot.now;
    m.loaded = true;
    m.finished = finished;
    const Registers& before = retired->before;
    const Registers& after = retired->after;
    m.rip = before.rip;
    m.cpl = before.cpl();
    m.trap = retired->trap;
    m.cycles = retired->cyclesAfter - retired->cyclesBefore;
    m.flagsBefore = before.rflags;
    m.flagsAfter = after.rflags;
    m.nextRip = after.rip;
    m.place = qs(symbols.text(machine, m.rip));
    if (auto line = symbols.line(machine, m.rip))
        m.place +=
            (m.place.isEmpty() ? "" : ", ") + qs(line->file).section('/', -1) + ':' + QString::number(line->line);
    Walk w = walk(machine.ram, machine.cpu.pagingMode(), VirtAddr(m.rip));
    if (w.end == WalkEnd::Mapped) m.frame = frameOf(w.phys).value;

    std::span<const u8> bytes(retired->bytes.data(), retired->length);
    if (retired->length == 0) {
        const bool exception = retired->trap && *retired->trap < 32;
        const QString name = retired->trap ? trapName(*retired->trap) : QString();
        m.text = exception ? Words::tr("exception %1").arg(name) : Words::tr("interrupt %1").arg(name);
        if (exception)
            m.steps.push_back(
                {Stage::Trap,
                 Words::tr("The fetch itself fails: the CPU raises %1 (error code %2), pushes SS, RSP, RFLAGS, "
                           "CS, RIP and the error code on the kernel stack and goes to the handler at %3.")
                     .arg(name, hex(retired->errorCode), hex(after.rip)),
                 -1});
        else
            m.steps.push_back(
                {Stage::Trap,
                 Words::tr("No instruction: the CPU takes the interrupt %1. It pushes SS, RSP, RFLAGS, CS and "
                           "RIP on the kernel stack and goes to the handler at %2.")
                     .arg(name, hex(after.rip)),
                 -1});
    } else {
        elf::Disassembler disassembler;
        elf::Line line = disassembler.one(m.rip, bytes);
        m.mnemonic = qs(line.mnemonic);
        m.operandText = qs(line.operands);
        m.text = (m.mnemonic + ' ' + m.operandText).trimmed();
        m.aluSign = signOf(m.mnemonic);
        m.sentence = mnemonicSentence(m.mnemonic);
        Decoded d = decode(bytes);
        if (d.status == DecodeStatus::Ok) addFields(m, d, bytes);
        m.jumped = after.rip != m.rip + retired->length && !retired->trap;

        for (const MemoryAccess& a : retired->accesses) {
            if (a.kind == AccessKind::Fetch) {
                m.fetchTlbHit = a.tlbHit;
                continue;
            }
            m.accesses.push_back({a.kind, a.address.value, a.phys.value, a.value, a.size, a.tlbHit});
        }
        // Registers named in the text, then those it changed without naming them.
        static const QRegularExpression kWord("[a-z][a-z0-9]*");
        auto note = [&](int i) {
            if (i < 0) return;
            QString name = kNames64[i];
            for (const Model::Value& v : m.registers)
                if (v.name == name) return;
            auto at = static_cast<std::size_t>(i);
            m.registers.push_back({name, before.gpr[at], after.gpr[at], before.gpr[at] != after.gpr[at],
                                   hex(before.gpr[at]), hex(after.gpr[at])});
        };
        for (auto it = kWord.globalMatch(m.operandText); it.hasNext();) note(generalRegister(it.next().captured()));
        static const QRegularExpression kFloat("xmm[0-9]+|st\\([0-7]\\)");
        auto noteFloat = [&](const QString& name) {
            for (const Model::Value& v : m.registers)
                if (v.name == name) return;
            const QString was = operandValue(before, name, m.mnemonic), is = operandValue(after, name, m.mnemonic);
            m.registers.push_back({name, 0, 0, was != is, was, is});
        };
        for (auto it = kFloat.globalMatch(m.operandText); it.hasNext();) noteFloat(it.next().captured());
        if (m.mnemonic.startsWith('f') && before.x87 != after.x87) noteFloat("st(0)");
        for (int i = 0; i < 16; ++i)
            if (before.gpr[static_cast<std::size_t>(i)] != after.gpr[static_cast<std::size_t>(i)]) note(i);

        qsizetype open = m.operandText.indexOf('['), close = m.operandText.indexOf(']');
        if (open >= 0 && close > open) {
            m.addressFormula = m.operandText.mid(open + 1, close - open - 1);
            if (!m.accesses.empty() && m.mnemonic != "lea") {
                // PUSH [m], CALL [m]: the operand comes first, the stack after it.
                m.addressValue = hex(m.accesses.front().address);
            } else if (m.mnemonic == "lea" && !m.registers.empty()) {
                m.addressValue = hex(m.registers.front().after);
            }
        } else if (!m.accesses.empty()) {
            m.addressFormula = m.accesses.front().kind == AccessKind::Write ? "rsp - 8" : "rsp";
            if (m.mnemonic.startsWith("stos") || m.mnemonic.startsWith("movs") || m.mnemonic.startsWith("scas"))
                m.addressFormula = "rdi, rsi";
            m.addressValue = hex(m.accesses.front().address);
        }

        // What goes into the ALU: all operands but one that is only written.
        static const QStringList kWriteOnly{"mov", "movabs", "movzx", "movsx", "movsxd", "lea", "pop"};
        QStringList parts = m.operandText.split(", ");
        for (qsizetype i = 0; i < parts.size(); ++i) {
            if (i == 0 && (kWriteOnly.contains(m.mnemonic) || m.mnemonic.startsWith("set"))) continue;
            if (parts[i].contains('[')) continue;
            if (const QString value = operandValue(before, parts[i], m.mnemonic); !value.isEmpty())
                m.inputs.push_back({parts[i], value});
        }
        // The micro-steps that this instruction has.
        m.steps.push_back(
            {Stage::Fetch,
             Words::tr("Fetch: RIP is %1. The MMU finds it at physical %2 (%3), and the %n byte(s) of the instruction "
                       "are read from RAM.",
                       nullptr, retired->length)
                 .arg(hex(m.rip), hex(w.phys.value),
                      m.fetchTlbHit ? Words::tr("the TLB knew") : Words::tr("after a walk through the page tables")),
             -1});
        m.steps.push_back({Stage::Decode,
                           m.sentence.isEmpty()
                               ? Words::tr("Decode: the bytes mean %1.").arg(m.text)
                               : Words::tr("Decode: the bytes mean %1: it %2.").arg(m.text, m.sentence),
                           -1});
        QStringList values;
        for (const Model::Value& v : m.registers) values << v.name + " = " + v.was;
        if (!values.isEmpty())
            m.steps.push_back(
                {Stage::Operands, Words::tr("Operands: from the registers come %1.").arg(values.join(", ")), -1});
        if (!m.addressFormula.isEmpty() && !m.addressValue.isEmpty())
            m.steps.push_back(
                {Stage::Address, Words::tr("Address: %1 is %2.").arg(m.addressFormula, m.addressValue), -1});
        for (std::size_t i = 0; i < m.accesses.size(); ++i) {
            const Model::Access& a = m.accesses[i];
            if (a.kind != AccessKind::Read) continue;
            m.steps.push_back(
                {Stage::Load,
                 Words::tr("Load: the MMU turns %1 into physical %2 (%3), and RAM gives %4.")
                     .arg(hex(a.address), hex(a.phys),
                          a.tlbHit ? Words::tr("TLB hit") : Words::tr("TLB miss: four table entries were read"),
                          hex(a.value)),
                 static_cast<int>(i)});
        }
        QStringList flags;
        static constexpr std::pair<u64, const char*> kFlags[] = {{flag::ZF, "Z"}, {flag::SF, "S"}, {flag::CF, "C"},
                                                                 {flag::OF, "O"}, {flag::PF, "P"}, {flag::AF, "A"}};
        for (auto& [bit, name] : kFlags)
            if ((m.flagsBefore ^ m.flagsAfter) & bit)
                flags << QString("%1 = %2").arg(name).arg(m.flagsAfter & bit ? 1 : 0);
        QString execute =
            m.sentence.isEmpty() ? Words::tr("Execute: %1.").arg(m.text) : Words::tr("Execute: %1.").arg(m.sentence);
        if (const QString came = outcome(m, before, after); !came.isEmpty()) execute += ' ' + came;
        if (!flags.isEmpty()) execute += ' ' + Words::tr("The flags become %1.").arg(flags.join(", "));
        m.steps.push_back({Stage::Execute, execute, -1});
        for (std::size_t i = 0; i < m.accesses.size(); ++i) {
            const Model::Access& a = m.accesses[i];
            if (a.kind != AccessKind::Write) continue;
            m.steps.push_back({Stage::Store,
                               Words::tr("Store: %1 is written to %2, physical %3 (%4).")
                                   .arg(hex(a.value), hex(a.address), hex(a.phys),
                                        a.tlbHit ? Words::tr("TLB hit") : Words::tr("TLB miss")),
                               static_cast<int>(i)});
        }
        QStringList written;
        for (const Model::Value& v : m.registers)
            if (v.written) written << Words::tr("%1 becomes %2").arg(v.name, v.is);
        if (!written.isEmpty())
            m.steps.push_back({Stage::WriteBack, Words::tr("Write back: %1.").arg(written.join(", ")), -1});
        if (retired->trap)
            m.steps.push_back({Stage::Trap,
                               Words::tr("It does not finish: %1 is raised, and the CPU goes to the handler at %2.")
                                   .arg(trapName(*retired->trap), hex(after.rip)),
                               -1});
        else
            m.steps.push_back({Stage::Next,
                               m.jumped ? Words::tr("Next: RIP becomes %1: a jump.").arg(hex(after.rip))
                                        : Words::tr("Next: RIP moves on by %n byte(s) to %1.", nullptr, retired->length)
                                              .arg(hex(after.rip)),
                               -1});
    }
    int last = static_cast<int>(m.steps.size()) - 1;
    m.current = finished ? last : std::min(micro - 1, last);

    // The record: some bytes before RIP and behind the instruction, out of RAM.
    m.recordStart = m.rip > 8 ? m.rip - 8 : 0;
    m.record.resize(48);  // as many as a wide screen shows
    for (std::size_t i = 0; i < m.record.size(); ++i) {
        u64 a = m.recordStart + i;
        std::vector<u8> b = peek(machine, a, 1);
        Model::Byte& byte = m.record[i];
        byte.present = !b.empty();
        if (byte.present) byte.value = b[0];
        if (a >= m.rip && a < m.rip + retired->length) {
            byte.present = true;
            byte.value = retired->bytes[a - m.rip];
            for (std::size_t f = 0; f < m.fields.size(); ++f) {
                int at = static_cast<int>(a - m.rip);
                if (at >= m.fields[f].begin && at < m.fields[f].begin + m.fields[f].length)
                    byte.field = static_cast<int>(f);
            }
        }
    }
    return m;
}

}  // namespace

FetchExecuteModel buildFetchExecute(const Snapshot& snapshot, const ViewOptions& options) {
    if (!snapshot.now) return {};
    Symbols none;
    Symbols& symbols = options.symbols ? *options.symbols : none;
    // Micro-steps show what is about to run; standing still, what just ran.
    bool micro = options.micro > 0;
    if (!micro && snapshot.last) return build(snapshot, snapshot.last.get(), true, 0, symbols);
    if (snapshot.upcoming) return build(snapshot, snapshot.upcoming.get(), false, options.micro, symbols);
    if (snapshot.last) return build(snapshot, snapshot.last.get(), true, 0, symbols);
    Model m;
    m.rip = snapshot.now->cpu.regs.rip;
    m.cpl = snapshot.now->cpu.regs.cpl();
    m.text = Words::tr("running");
    return m;
}

int microStepCount(const Snapshot& snapshot) {
    if (!snapshot.now || !snapshot.upcoming) return 0;
    Symbols none;
    return static_cast<int>(build(snapshot, snapshot.upcoming.get(), false, 1, none).steps.size());
}

TextTwin twin(const FetchExecuteModel& model) {
    TextTwin root(Words::tr("Fetch-Execute"), model.text);
    if (!model.loaded) return root;
    root.add(model.finished ? Words::tr("just ran") : Words::tr("about to run"), hex(model.rip) + "  " + model.text,
             false, Subject::instruction(model.rip));
    if (!model.place.isEmpty()) root.add(Words::tr("where"), model.place);
    TextTwin& fields = root.add(Words::tr("fields"));
    for (const auto& f : model.fields) fields.add(f.name, f.meaning);
    if (model.fields.empty()) root.children.pop_back();
    for (const auto& a : model.accesses) {
        QString bytes;
        for (int i = 0; i < std::min(a.size, 8); ++i) bytes += ' ' + hexDigits(a.value >> (8 * i) & 0xff, 2);
        root.add(a.kind == AccessKind::Read ? Words::tr("read from %1").arg(hex(a.address))
                                            : Words::tr("written to %1").arg(hex(a.address)),
                 Words::tr("physical %1, %2, bytes%3 = %4")
                     .arg(hex(a.phys), a.tlbHit ? Words::tr("TLB hit") : Words::tr("TLB miss"), bytes, hex(a.value)),
                 false, Subject::address(a.address, 0, static_cast<u64>(a.size)));
    }
    TextTwin& steps = root.add(Words::tr("micro-steps"));
    for (std::size_t i = 0; i < model.steps.size(); ++i)
        steps.add(QString::number(i + 1), model.steps[i].caption,
                  static_cast<int>(i) == model.current && !model.finished);
    root.add(Words::tr("cycles"), QString::number(model.cycles));
    return root;
}

}  // namespace ringside
