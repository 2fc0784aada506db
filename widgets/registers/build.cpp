#include <algorithm>
#include <bit>
#include <cmath>

#include "widgets/canvas/inspect.h"
#include "widgets/canvas/symbols.h"
#include "widgets/canvas/words.h"
#include "widgets/registers/registers.h"

namespace ringside {
namespace {

constexpr const char* kGprNames[] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                     "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};
constexpr Gpr kShown[] = {RAX, RBX, RCX, RDX, RSI, RDI, RBP, RSP, R8, R9, R10, R11, R12, R13, R14, R15};

QString purposeOf(Gpr r) {
    switch (r) {
        case RAX:
            return Words::tr("return value of functions; number and result of system calls");
        case RCX:
            return Words::tr("4th argument of functions; SYSCALL keeps the return address in it");
        case RDX:
            return Words::tr("3rd argument of functions and system calls");
        case RSP:
            return Words::tr("the stack pointer: the lowest address in use of the stack");
        case RBP:
            return Words::tr("the frame pointer, when the compiler keeps one");
        case RSI:
            return Words::tr("2nd argument of functions and system calls");
        case RDI:
            return Words::tr("1st argument of functions and system calls");
        case R8:
            return Words::tr("5th argument of functions and system calls");
        case R9:
            return Words::tr("6th argument of functions and system calls");
        case R10:
            return Words::tr("4th argument of system calls");
        case R11:
            return Words::tr("scratch; SYSCALL keeps RFLAGS in it");
        default:
            return Words::tr("kept across calls by the function that uses it");
    }
}

struct FlagRow {
    u64 bit;
    const char* name;
    const char* what;
};
#define T(text) QT_TRANSLATE_NOOP("ringside::Words", text)
constexpr FlagRow kFlags[] = {
    {flag::CF, "CF", T("carry: the last operation did not fit as unsigned numbers")},
    {flag::PF, "PF", T("parity: the lowest byte of the last result has an even number of ones")},
    {flag::AF, "AF", T("auxiliary carry: out of bit 3, for decimal arithmetic")},
    {flag::ZF, "ZF", T("zero: the last result was 0")},
    {flag::SF, "SF", T("sign: the last result is negative as a signed number")},
    {flag::TF, "TF", T("trap: #DB after every instruction, for debuggers")},
    {flag::IF, "IF", T("interrupts: the CPU takes interrupts from devices")},
    {flag::DF, "DF", T("direction: string instructions go downwards")},
    {flag::OF, "OF", T("overflow: the last operation did not fit as signed numbers")},
    {flag::AC, "AC", T("alignment check, and SMAP's permission in ring 0")},
};

Radix radixOf(const ViewOptions& options, const QString& name, Radix otherwise) {
    QString s = options.setting("radix." + name);
    return s == "hex"        ? Radix::Hex
           : s == "unsigned" ? Radix::Unsigned
           : s == "signed"   ? Radix::Signed
           : s == "binary"   ? Radix::Binary
           : s == "char"     ? Radix::Char
           : s == "float"    ? Radix::Float
                             : otherwise;
}

struct Builder {
    const Snapshot& snapshot;
    const ViewOptions& options;
    const Registers& now;
    const Registers* before;

    RegistersModel::Row row(const QString& name, u64 value, std::optional<u64> old, int bytes, QString what) const {
        RegistersModel::Row r;
        r.name = name;
        r.raw = value;
        r.radix = radixOf(options, name, Radix::Hex);
        r.value = inRadix(value, bytes, r.radix);
        if (old && *old != value) r.old = inRadix(*old, bytes, r.radix);
        r.what = std::move(what);
        return r;
    }

    // A pointer is named, a small number is said in decimal.
    void explain(RegistersModel::Row& r) const {
        const Machine& m = *snapshot.now;
        if (r.raw >= 0x1000 && isCanonical(r.raw, false)) {
            Walk w = walk(m.ram, m.cpu.pagingMode(), VirtAddr(r.raw));
            r.pointer = m.cpu.pagingMode().enabled && w.end == WalkEnd::Mapped;
            if (options.symbols) r.aside = qs(options.symbols->text(m, r.raw));
            if (r.aside.isEmpty() && r.pointer)
                if (const Mm* mm = m.kernel.mms.find(currentMm(m)))
                    if (const Vma* area = mm->find(r.raw)) r.aside = areaName(*area);
        }
        i64 number = static_cast<i64>(r.raw);
        if (r.aside.isEmpty() && r.radix == Radix::Hex && std::abs(static_cast<double>(number)) < 1e9)
            r.aside = QString::number(number);
    }

    template <class Get>
    std::optional<u64> old(Get get) const {
        return before ? std::optional<u64>(get(*before)) : std::nullopt;
    }
};

QString xmmText(const Xmm& x) { return hexDigits(x.q[1], 16) + hexDigits(x.q[0], 16); }

double toDouble(const Float80& f) {
    if (f.mantissa == 0) return 0;
    double v = std::ldexp(static_cast<double>(f.mantissa), (f.signExponent & 0x7fff) - 16383 - 63);
    return f.signExponent & 0x8000 ? -v : v;
}

}  // namespace

QString inRadix(u64 value, int bytes, Radix radix) {
    u64 mask = bytes >= 8 ? ~u64{0} : (u64{1} << (bytes * 8)) - 1;
    value &= mask;
    switch (radix) {
        case Radix::Hex:
            return hexDigits(value, bytes * 2);
        case Radix::Unsigned:
            return QString::number(value);
        case Radix::Signed: {
            int shift = 64 - bytes * 8;
            return QString::number(static_cast<i64>(value << shift) >> shift);
        }
        case Radix::Binary: {
            QString bits;
            for (int i = bytes * 8 - 1; i >= 0; --i) {
                bits += (value >> i & 1) ? '1' : '0';
                if (i && i % 8 == 0) bits += ' ';
            }
            return bits;
        }
        case Radix::Char: {
            QString text;
            for (int i = 0; i < bytes; ++i) {
                auto c = static_cast<char>(value >> (i * 8));
                text += c >= 32 && c < 127 ? QChar(c) : QChar(0xb7);
            }
            return "'" + text + "'";
        }
        case Radix::Float:
            return bytes == 4
                       ? QString::number(static_cast<double>(std::bit_cast<float>(static_cast<u32>(value))), 'g', 9)
                       : QString::number(std::bit_cast<double>(value), 'g', 17);
    }
    return {};
}

RegistersModel buildRegisters(const Snapshot& snapshot, const ViewOptions& options) {
    RegistersModel model;
    if (!snapshot.now) return model;
    model.loaded = true;
    const Registers& now = snapshot.now->cpu.regs;
    Builder b{snapshot, options, now, snapshot.before ? &snapshot.before->cpu.regs : nullptr};
    model.cpl = now.cpl();
    if (options.selection.kind == SubjectKind::Register) model.selected = options.selection.text.toLower();

    auto group = [&](const char* key, const QString& title, bool folded) -> RegistersModel::Group& {
        QString state = options.setting(QString("fold.") + key);
        RegistersModel::Group& g = model.groups.emplace_back();
        g.title = title;
        g.key = key;
        g.folded = state.isEmpty() ? folded : state == "1";
        return g;
    };
    RegistersModel::Group& general = group("general", Words::tr("General"), false);
    for (Gpr r : kShown) {
        auto row = b.row(kGprNames[r], now.gpr[r], b.old([&](const Registers& x) { return x.gpr[r]; }), 8,
                         Words::tr("%1: %2").arg(QString(kGprNames[r]).toUpper(), purposeOf(r)));
        row.editable = true;
        b.explain(row);
        general.rows.push_back(std::move(row));
    }
    auto rip = b.row("rip", now.rip, b.old([](const Registers& x) { return x.rip; }), 8,
                     Words::tr("RIP: the address of the instruction the CPU fetches next"));
    rip.editable = true;
    b.explain(rip);
    general.rows.push_back(std::move(rip));
    general.rows.push_back(
        b.row("rflags", now.rflags, b.old([](const Registers& x) { return x.rflags; }), 4,
              Words::tr("RFLAGS: what the last operations left, and how the CPU behaves; by name below")));
    for (const FlagRow& f : kFlags) {
        bool set = now.rflags & f.bit;
        bool changed = b.before && ((b.before->rflags ^ now.rflags) & f.bit);
        model.flags.push_back(
            {f.name, set, changed,
             Words::tr("%1 is %2. %3")
                 .arg(QString(f.name), set ? Words::tr("set") : Words::tr("clear"), Words::tr(f.what))});
    }

    RegistersModel::Group& segments = group("segments", Words::tr("Segments"), true);
    static constexpr const char* kSegments[] = {"es", "cs", "ss", "ds", "fs", "gs"};
    for (SegmentName s : {CS, SS, DS, ES, FS, GS}) {
        auto row = b.row(
            kSegments[s], now.segment[s].selector, b.old([&](const Registers& x) { return x.segment[s].selector; }), 2,
            s == CS ? Words::tr("CS: the code segment; its two lowest bits are the ring, now %1").arg(now.cpl())
                    : Words::tr("%1: a segment selector; in 64-bit mode only FS and GS still have a base")
                          .arg(QString(kSegments[s]).toUpper()));
        row.aside = s == CS ? Words::tr("ring %1").arg(now.cpl()) : QString();
        segments.rows.push_back(std::move(row));
    }
    auto plain = [&](RegistersModel::Group& g, const char* name, auto get, int bytes, QString what) {
        g.rows.push_back(b.row(name, get(now), b.old(get), bytes, std::move(what)));
    };
    plain(
        segments, "fs_base", [](const Registers& x) { return x.segment[FS].base; }, 8,
        Words::tr("FS base: where the thread's own data (TLS) lies"));
    plain(
        segments, "gs_base", [](const Registers& x) { return x.segment[GS].base; }, 8,
        Words::tr("GS base: in ring 0 the CPU's own data of the kernel"));
    plain(
        segments, "tr", [](const Registers& x) { return u64{x.tr.selector}; }, 2,
        Words::tr("TR: the task state segment, which names the kernel stack (RSP0)"));
    plain(
        segments, "gdtr", [](const Registers& x) { return x.gdtr.base; }, 8,
        Words::tr("GDTR: where the segment descriptors lie"));
    plain(
        segments, "idtr", [](const Registers& x) { return x.idtr.base; }, 8,
        Words::tr("IDTR: where the gates for interrupts and exceptions lie"));

    RegistersModel::Group& control = group("control", Words::tr("Control"), true);
    plain(
        control, "cr0", [](const Registers& x) { return x.cr0; }, 8,
        Words::tr("CR0: protected mode, paging (PG), write protection in ring 0 (WP)"));
    plain(
        control, "cr2", [](const Registers& x) { return x.cr2; }, 8,
        Words::tr("CR2: the address of the last page fault"));
    plain(
        control, "cr3", [](const Registers& x) { return x.cr3; }, 8,
        Words::tr("CR3: the physical address of the top page table: which address space this is"));
    plain(
        control, "cr4", [](const Registers& x) { return x.cr4; }, 8, Words::tr("CR4: PAE, SSE and other switches"));
    plain(
        control, "cr8", [](const Registers& x) { return x.cr8; }, 8,
        Words::tr("CR8: the lowest interrupt priority that is taken"));
    plain(
        control, "efer", [](const Registers& x) { return x.efer; }, 8,
        Words::tr("EFER: long mode (LME, LMA), SYSCALL (SCE), no-execute (NXE)"));
    plain(
        control, "star", [](const Registers& x) { return x.star; }, 8,
        Words::tr("STAR: the segments SYSCALL and SYSRET load"));
    plain(
        control, "lstar", [](const Registers& x) { return x.lstar; }, 8,
        Words::tr("LSTAR: where SYSCALL goes in the kernel"));
    plain(
        control, "fmask", [](const Registers& x) { return x.fmask; }, 8, Words::tr("FMASK: the flags SYSCALL clears"));
    plain(
        control, "kernel_gs", [](const Registers& x) { return x.kernelGsBase; }, 8,
        Words::tr("KERNEL_GS_BASE: what SWAPGS exchanges with the GS base"));
    for (auto& row : control.rows) b.explain(row);

    RegistersModel::Group& sse = group("sse", Words::tr("SSE"), true);
    for (std::size_t i = 0; i < 16; ++i) {
        QString name = QString("xmm%1").arg(i);
        RegistersModel::Row row;
        row.name = name;
        row.value = xmmText(now.xmm[i]);
        if (b.before && b.before->xmm[i] != now.xmm[i]) row.old = xmmText(b.before->xmm[i]);
        row.raw = now.xmm[i].q[0];
        double d = std::bit_cast<double>(now.xmm[i].q[0]);
        if (now.xmm[i].q[0] && std::isfinite(d) && std::abs(d) > 1e-30 && std::abs(d) < 1e30)
            row.aside = QString::number(d, 'g', 9);
        row.what =
            Words::tr("%1: 128 bits; the low half as a double is %2").arg(name.toUpper(), QString::number(d, 'g', 9));
        sse.rows.push_back(std::move(row));
    }
    plain(
        sse, "mxcsr", [](const Registers& x) { return u64{x.mxcsr}; }, 4,
        Words::tr("MXCSR: rounding and exceptions of SSE"));

    RegistersModel::Group& x87 = group("x87", Words::tr("x87"), true);
    unsigned top = now.x87.status >> 11 & 7;
    for (unsigned i = 0; i < 8; ++i) {
        const Float80& f = now.x87.st[(top + i) & 7];
        RegistersModel::Row row;
        row.name = QString("st%1").arg(i);
        bool isEmpty = (now.x87.tags >> (2 * ((top + i) & 7)) & 3) == 3;
        row.value = isEmpty ? Words::tr("empty") : QString::number(toDouble(f), 'g', 17);
        if (b.before) {
            unsigned oldTop = b.before->x87.status >> 11 & 7;
            const Float80& o = b.before->x87.st[(oldTop + i) & 7];
            if (o != f) row.old = QString::number(toDouble(o), 'g', 17);
        }
        row.what = Words::tr("ST(%1): a floating-point register of the x87, 80 bits, a stack").arg(i);
        x87.rows.push_back(std::move(row));
    }
    plain(
        x87, "fcw", [](const Registers& x) { return u64{x.x87.control}; }, 2,
        Words::tr("x87 control word: rounding, precision"));
    plain(
        x87, "fsw", [](const Registers& x) { return u64{x.x87.status}; }, 2, Words::tr("x87 status word"));
    return model;
}

TextTwin twin(const RegistersModel& model) {
    TextTwin root(Words::tr("Registers"));
    if (!model.loaded) return root;
    auto add = [](TextTwin& to, const RegistersModel::Row& r) {
        QString value = r.value;
        if (!r.aside.isEmpty()) value += "  " + r.aside;
        if (!r.old.isEmpty()) value += "  " + Words::tr("(was %1)").arg(r.old);
        to.add(r.name, value, !r.old.isEmpty(), Subject::reg(r.name));
    };
    for (const RegistersModel::Group& g : model.groups) {
        TextTwin& t = root.add(g.title);
        for (const RegistersModel::Row& r : g.rows) add(t, r);
        if (g.key == "general") {
            QString names;
            bool changed = false;
            for (const RegistersModel::Flag& f : model.flags) {
                if (f.set) names += (names.isEmpty() ? "" : " ") + f.name;
                changed = changed || f.changed;
            }
            t.add(Words::tr("flags set"), names.isEmpty() ? Words::tr("none") : names, changed);
        }
    }
    return root;
}

}  // namespace ringside
