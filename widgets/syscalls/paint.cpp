#include <algorithm>

#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/syscalls/syscalls.h"

namespace ringside {
namespace {

struct Painter {
    const SyscallsModel& m;
    Scene& s;
    const Style& style = s.style();
    const Theme& theme = s.theme();
    double g = style.grid, row = style.row();

    double title(double x, double y, double w, const QString& number, const QString& text, Role role,
                 const QString& what) {
        const double h = row * 1.15;
        const QRectF box(x, y, w, h);
        s.hatched(box, theme.fill(role), theme.color(role), role == Role::Kernel ? Hatch::Diagonal : Hatch::None,
                  blend(theme.fill(role), theme.color(role), 0.2));
        const QColor ink = theme.inkOn(theme.fill(role));
        // Words stand on plain ground, the hatch stays beside them.
        const double tw = std::min(w - 2 * g, style.width(Font::Strong, number + QStringLiteral("  ") + text) + g);
        s.box(QRectF(x + g * 0.5, y + style.pen, tw + g * 0.5, h - 2 * style.pen), theme.fill(role), {}, 0, 0);
        s.text(QRectF(x + g, y, w - 2 * g, h), number + QStringLiteral("  ") + text, Font::Strong, ink);
        s.spot(box, QStringLiteral("station.") + number, text, what);
        return h + g * 0.4;
    }
    double fact(double x, double y, double w, const QString& key, const QString& name, const QString& value,
                const QString& what, Subject link = {}) {
        const double nameW = std::min(style.em * 13, w * 0.42);
        s.text(QRectF(x + g, y, nameW - g, row), name, Font::Mono, theme.color(Role::Muted));
        s.text(QRectF(x + nameW, y, w - nameW, row), value, Font::Mono,
               link ? theme.color(Role::User) : theme.color(Role::Ink));
        s.spot(QRectF(x, y, w, row), key, name, QStringLiteral("“%1 = %2”: %3").arg(name.simplified(), value, what),
               link);
        return row;
    }

    // Ring 3: what the program prepared.
    double program(double x, double y, double w) {
        y += title(x, y, w, QStringLiteral("1"), Words::tr("the program's registers, ring 3"), Role::User,
                   Words::tr("The number of the call goes into RAX, the arguments into %1.")
                       .arg(m.ia32 ? QStringLiteral("EBX, ECX, EDX, ESI, EDI, EBP")
                                   : QStringLiteral("RDI, RSI, RDX, R10, R8, R9")));
        y += fact(x, y, w, QStringLiteral("number"), m.ia32 ? QStringLiteral("EAX") : QStringLiteral("RAX"),
                  QStringLiteral("%1  %2").arg(m.askedNumber).arg(m.name), Words::tr("which call: a row of the table"));
        for (std::size_t i = 0; i < m.arguments.size(); ++i) {
            const SyscallArgument& a = m.arguments[i];
            y += fact(x, y, w, QStringLiteral("argument.%1").arg(i), QStringLiteral("%1 %2").arg(a.reg, -3).arg(a.name),
                      a.value, Words::tr("argument %1").arg(i + 1), a.link);
            const auto pointed = [&](const QString& key, const QString& text, const QString& what, Subject link) {
                const QRectF box(x + g * 3, y, w - g * 3, row);
                s.box(QRectF(x + g * 2, y + row * 0.1, g * 0.4, row * 0.8), theme.color(Role::Data), {}, 0, 0);
                s.text(box, text, Font::MonoSmall);
                s.spot(box, key, text, what, std::move(link));
                y += row * 0.95;
            };
            if (!a.text.isEmpty())
                pointed(QStringLiteral("text.%1").arg(i), QStringLiteral("%1 %2").arg(a.type, a.text),
                        Words::tr("%1 points at %2: %3").arg(a.name, a.type, a.text), a.link);
            if (!a.pointed.empty() && a.text.isEmpty()) {
                for (std::size_t k = 0; k < std::min<std::size_t>(a.pointed.size(), 8); ++k) {
                    const PointedField& f = a.pointed[k];
                    pointed(QStringLiteral("field.%1.%2").arg(i).arg(k),
                            (k == 0 ? a.type + QStringLiteral("  ") : QString()) +
                                QStringLiteral("%1 = %2").arg(f.name, f.value),
                            Words::tr("%1 at %2 is %3.").arg(f.name, hex(f.address), f.value),
                            Subject::address(f.address, m.pid));
                }
            }
        }
        return y + g;
    }

    double entry(double x, double y, double w) {
        if (m.ia32) {
            y += title(
                x, y, w, QStringLiteral("2"), QStringLiteral("INT 0x80"), Role::Fault,
                Words::tr("A software interrupt: the CPU looks gate 0x80 up in the IDT, takes the kernel stack from "
                          "the TSS and pushes SS, RSP, RFLAGS, CS and RIP there. That makes it slower than SYSCALL."));
            if (!m.instruction.isEmpty())
                y += fact(x, y, w, QStringLiteral("bytes"), Words::tr("bytes"), m.instruction,
                          Words::tr("the instruction before %1").arg(hex(m.rip)), Subject::instruction(m.rip, m.pid));
            y += fact(x, y, w, QStringLiteral("entry"), QStringLiteral("IDT[0x80]"),
                      m.entryName.isEmpty() ? hex(m.entry) : m.entryName,
                      Words::tr("the gate's handler, at %1").arg(hex(m.entry)), Subject::instruction(m.entry));
        } else {
            y += title(x, y, w, QStringLiteral("2"), QStringLiteral("SYSCALL"), Role::Fault,
                       Words::tr("The instruction saves RIP in RCX and RFLAGS in R11 and jumps to the address in the "
                                 "MSR IA32_LSTAR, now in ring 0. It touches no memory."));
            if (!m.instruction.isEmpty())
                y += fact(x, y, w, QStringLiteral("bytes"), Words::tr("bytes"), m.instruction,
                          Words::tr("the instruction before %1").arg(hex(m.rip)), Subject::instruction(m.rip, m.pid));
            if (m.rip)
                y += fact(x, y, w, QStringLiteral("rcx"), QStringLiteral("RIP → RCX"), hex(m.rip),
                          Words::tr("where SYSRET will go back to"), Subject::instruction(m.rip, m.pid));
            y +=
                fact(x, y, w, QStringLiteral("entry"), QStringLiteral("LSTAR → RIP"),
                     m.entryName.isEmpty() ? hex(m.entry) : m.entryName,
                     Words::tr("where the kernel begins, at %1: the boot code wrote it into the MSR").arg(hex(m.entry)),
                     Subject::instruction(m.entry));
        }
        y += g * 0.6;
        y += title(x, y, w, QStringLiteral("3"), Words::tr("the stub, ring 0"), Role::Kernel,
                   Words::tr("The kernel's own code: swap GS, switch to the task's kernel stack, push the program's "
                             "registers as struct pt_regs, call."));
        for (const QString& text :
             m.ia32 ? QStringList{QStringLiteral("push %rax"), QStringLiteral("call error_entry"),
                                  QStringLiteral("do_int80_syscall_32")}
                    : QStringList{QStringLiteral("swapgs"), Words::tr("RSP ← top of the kernel stack"),
                                  Words::tr("push pt_regs"), QStringLiteral("do_syscall_64")}) {
            s.text(QRectF(x + g, y, w - g, row * 0.95), text, Font::Mono);
            y += row * 0.95;
        }
        return y + g;
    }

    double saved(double x, double y, double w) {
        y += title(x, y, w, QStringLiteral("4"), Words::tr("pt_regs on the kernel stack"), Role::Stack,
                   Words::tr("The program's registers as bytes in RAM, at the top of the task's kernel stack. High "
                             "addresses are above; what was pushed first is highest."));
        if (m.saved.empty()) {
            const QString text =
                Words::tr("A later interrupt of %1 lies there by now. Go to the call itself to see them.").arg(m.task);
            return y + s.caption({x, y}, w, text, QStringLiteral("overwritten")) + g;
        }
        const double nameW = style.em * 9,
                     bytesW = style.width(Font::MonoSmall, QStringLiteral("00 00 00 00 00 00 00 00")) + g;
        const bool bytes = w > nameW + bytesW + style.em * 13;
        for (const SavedRegister& r : m.saved) {
            const bool hardware = r.offset >= 128;
            const bool number = r.name == QLatin1String("orig_ax") || r.name == QLatin1String("ax");
            const QRectF line(x, y, w, row * 0.95);
            s.box(QRectF(x, y, g * 0.6, row * 0.95), theme.fill(hardware ? Role::Fault : Role::Stack),
                  theme.color(hardware ? Role::Fault : Role::Stack), style.pen * 0.7, 0);
            s.text(QRectF(x + g, y, nameW - g, line.height()), r.name, number ? Font::MonoStrong : Font::Mono,
                   theme.color(number ? Role::Ink : Role::Muted));
            if (bytes)
                s.text(QRectF(x + nameW, y, bytesW, line.height()), r.bytes, Font::MonoSmall, theme.color(Role::Muted));
            const double vx = x + nameW + (bytes ? bytesW : 0);
            s.text(QRectF(vx, y, x + w - vx, line.height()), hex(r.value), Font::Mono);
            s.spot(line, QStringLiteral("saved.") + r.name, r.name,
                   Words::tr("%1 = %2 at %3, bytes %4: %5.").arg(r.name, hex(r.value), hex(r.address), r.bytes, r.what),
                   Subject::address(r.address));
            y += row * 0.95;
        }
        return y + g;
    }

    double handler(double x, double y, double w) {
        y += title(x, y, w, QStringLiteral("5"), Words::tr("the table"), Role::Kernel,
                   Words::tr("do_syscall_64 takes the number as an index into the table and calls what it finds there; "
                             "a number that nobody has gives -ENOSYS."));
        y += fact(x, y, w, QStringLiteral("table"),
                  m.ia32 ? QStringLiteral("ia32[%1]").arg(m.askedNumber) : QStringLiteral("table[%1]").arg(m.number),
                  m.ia32 ? QStringLiteral("sys_") + m.name : m.handler,
                  m.ia32
                      ? Words::tr("the 32-bit table has numbers of its own: %1 is %2, which is %3 in the 64-bit table")
                            .arg(m.askedNumber)
                            .arg(m.name)
                            .arg(m.number)
                      : Words::tr("row %1 of sys_call_table").arg(m.number),
                  Subject{SubjectKind::Syscall, 0, m.number, 0, {}});
        y += g * 0.6;
        y += title(x, y, w, QStringLiteral("6"),
                   m.path.empty() ? Words::tr("the handler")
                                  : Words::tr("the handler: %1 cycles").arg(countText(m.pathCycles)),
                   Role::Kernel, Words::tr("The kernel functions that the call ran through, with the cycles of each."));
        if (m.path.empty()) {
            const QString text = Words::tr("Go to this call (click it in Calls) to see the functions it runs through.");
            y += s.caption({x, y}, w, text, QStringLiteral("nopath"));
        }
        constexpr std::size_t kShown = 18;
        const double cyclesW = style.width(Font::Mono, QStringLiteral("00,000")) + g;
        for (std::size_t i = 0; i < std::min(m.path.size(), kShown); ++i) {
            const PathRow& r = m.path[i];
            const double indent = std::min(r.depth * g, w * 0.4);
            s.text(QRectF(x + g + indent, y, w - g - indent - cyclesW, row * 0.95), r.name, Font::Mono);
            s.text(QRectF(x + w - cyclesW, y, cyclesW - g * 0.5, row * 0.95), countText(r.cycles), Font::Mono,
                   theme.color(Role::Muted), Qt::AlignRight | Qt::AlignVCenter);
            s.spot(QRectF(x, y, w, row * 0.95), QStringLiteral("path.%1").arg(i), r.name,
                   Words::tr("%1 took %2 cycles with all that it called.").arg(r.name, countText(r.cycles)),
                   Subject{SubjectKind::Function, 0, 0, 0, r.name});
            y += row * 0.95;
        }
        if (m.path.size() > kShown) {
            s.text(QRectF(x + g, y, w - g, row),
                   Words::tr("and %n more: see Kernel path", nullptr, static_cast<int>(m.path.size() - kShown)),
                   Font::Small, theme.color(Role::Muted));
            y += row;
        }
        y += g;
        y += title(
            x, y, w, QStringLiteral("7"), m.ia32 ? QStringLiteral("IRETQ") : QStringLiteral("SYSRETQ"),
            m.inKernel ? Role::Kernel : Role::User,
            m.ia32
                ? Words::tr("Takes RIP, CS, RFLAGS, RSP and SS from the kernel stack: back in ring 3.")
                : Words::tr(
                      "RIP from RCX, RFLAGS from R11, ring 3. When something else must be put back, IRETQ does it."));
        if (m.inKernel) {
            s.text(QRectF(x + g, y, w - g, row), Words::tr("not yet: still in the kernel"), Font::Words,
                   theme.color(Role::Muted));
            y += row;
        } else {
            y += fact(x, y, w, QStringLiteral("result"), QStringLiteral("RAX"), m.result,
                      m.failed ? Words::tr("an error: the C library sets errno and returns -1")
                               : Words::tr("the result; between -4095 and -1 it would be an error"));
            y += fact(x, y, w, QStringLiteral("cycles"), Words::tr("took"),
                      Words::tr("%1 cycles").arg(countText(m.callCycles)),
                      Words::tr("from entry to return, with everything that ran in between"));
        }
        return y + g;
    }
};

}  // namespace

Scene paint(const SyscallsModel& m, const StylePtr& style, QSizeF size) {
    Scene s(style, {std::max(size.width(), style->em * 46), size.height()});
    s.grows = true;
    if (!m.loaded || !m.hasCall) {
        s.empty(m.loaded ? Words::tr("No system call has been made yet. Go to the next system call to see the program "
                                     "ask the kernel for something.")
                         : Words::tr("No program is loaded. Open one and go to its first system call."));
        return s;
    }
    Painter p{m, s};
    const double g = p.g, margin = g * 1.5, width = s.size().width() - 2 * margin;
    double y = margin;
    y += s.heading({margin, y}, width, QStringLiteral("%1()").arg(m.name),
                   Words::tr("by %1, at tick %2%3")
                       .arg(m.task, countText(m.tick), m.inKernel ? Words::tr(", in the kernel now") : QString())) +
         g * 0.6;
    // Three columns while there is room: before the border, on the kernel stack, in the kernel.
    const int columns = width > style->em * 110 ? 3 : width > style->em * 72 ? 2 : 1;
    const double gap = 3 * g, w = (width - gap * (columns - 1)) / columns;
    if (columns == 3) {
        const double a = p.entry(margin, p.program(margin, y, w), w), b = p.saved(margin + w + gap, y, w),
                     c = p.handler(margin + 2 * (w + gap), y, w);
        const double bottom = std::max({a, b, c});
        // The border between the rings: crossed by instruction 2, and back by 7.
        for (const double x : {margin + w + gap / 2, margin + 2 * w + gap * 1.5})
            s.line({QPointF(x, y), QPointF(x, bottom - g)}, s.theme().color(Role::Line));
        y = bottom;
    } else if (columns == 2) {
        const double a = p.entry(margin, p.program(margin, y, w), w), b = p.handler(margin, a, w),
                     c = p.saved(margin + w + gap, y, w);
        y = std::max(b, c);
    } else {
        y = p.program(margin, y, w);
        y = p.entry(margin, y, w);
        y = p.saved(margin, y, w);
        y = p.handler(margin, y, w);
    }
    s.growTo(0, y + margin * 0.5);
    return s;
}

}  // namespace ringside
