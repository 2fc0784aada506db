#include <algorithm>

#include "core/devices/devices.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/table.h"
#include "widgets/canvas/words.h"
#include "widgets/interrupts/interrupts.h"

namespace ringside {
namespace {

struct Painter {
    const InterruptsModel& m;
    Scene& s;
    const Style& style = s.style();
    const Theme& theme = s.theme();
    double g = style.grid, row = style.row();

    // Where the CPU is, whether it may be interrupted, and how long until the timer does.
    double state(double x, double y, double w) {
        const QString ringText = m.cpl == 3 ? Words::tr("ring 3, user") : Words::tr("ring 0, kernel"),
                      ifText =
                          m.interruptsOn ? Words::tr("IF = 1, interrupts on") : Words::tr("IF = 0, interrupts off"),
                      timerText = m.timerOn ? Words::tr("timer in %1 cycles").arg(countText(m.timerCycles))
                                            : Words::tr("timer off");
        const double h = row * 1.5, ringW = style.width(Font::Strong, ringText) + 4 * g,
                     ifW = style.width(Font::Words, ifText) + 4 * g;
        // The timer has a line of its own where it is narrow.
        const bool below = ringW + ifW + style.width(Font::Words, timerText) + 5 * g > w;
        const bool user = m.cpl == 3;
        const QRectF ring(x, y, ringW, h);
        const Role role = user ? Role::User : Role::Kernel;
        s.box(ring, theme.fill(role), theme.color(role), style.pen * 1.5);
        s.text(ring, ringText, Font::Strong, theme.inkOn(theme.fill(role)), Qt::AlignCenter);
        s.spot(ring, QStringLiteral("ring"), Words::tr("ring %1").arg(m.cpl),
               Words::tr("The low two bits of CS say %1: the privilege level of the running code.").arg(m.cpl));
        const QRectF enabled(ring.right() + g, y, below ? x + w - ring.right() - g : ifW, h);
        s.box(enabled, theme.color(Role::Field), theme.color(Role::Line));
        s.text(enabled, ifText, Font::Words, {}, Qt::AlignCenter);
        s.spot(enabled, QStringLiteral("if"), QStringLiteral("RFLAGS.IF"),
               Words::tr("Whether interrupts from outside are taken. Faults and traps always are."));
        const QRectF timer =
            below ? QRectF(x, y + h + g * 0.5, w, h) : QRectF(enabled.right() + g, y, x + w - enabled.right() - g, h);
        s.box(timer, theme.color(Role::Field), theme.color(Role::Line));
        if (m.timerOn && m.timerPeriod) {
            const double left =
                std::clamp(static_cast<double>(m.timerCycles) / static_cast<double>(m.timerPeriod), 0.0, 1.0);
            // What has run down, as a bar under the words.
            const double bar = g * 0.6;
            s.box(QRectF(timer.x(), timer.bottom() - bar, timer.width() * (1 - left), bar), theme.fill(Role::Fault),
                  theme.color(Role::Fault), style.pen * 0.7);
        }
        s.text(timer.adjusted(g, 0, -g, -g * 0.4), timerText, Font::Words, {}, Qt::AlignCenter);
        s.spot(timer, QStringLiteral("timer"), timerText,
               Words::tr("The kernel programs the timer, about every %1 cycles; when it runs out it asserts vector %2.")
                   .arg(countText(m.timerPeriod))
                   .arg(Timer::kVector));
        return timer.bottom() - y + g;
    }

    double gates(double x, double y, double w) {
        y += s.heading({x, y}, w, Words::tr("Interrupt descriptor table"),
                       Words::tr("at %1, %2 gates of 16 bytes").arg(hex(m.idtBase)).arg(m.idtEntries));
        double eventEms = 20;
        for (const Gate& gate : m.gates) eventEms = std::max(eventEms, style.width(Font::Words, gate.name) / style.em);
        Table table(
            s, x, w,
            {{QStringLiteral("#"), 4, Font::Mono, true, 0, 0, Words::tr("The vector: the index into the table.")},
             {Words::tr("event"), eventEms, Font::Words, false, 0, 1, Words::tr("What it is for.")},
             {Words::tr("kind"), 9, Font::Small, false, 2, 0,
              Words::tr("A fault runs the instruction again, a trap goes on behind it, an abort does not come back, an "
                        "interrupt came from outside.")},
             {Words::tr("handler"), 24, Font::Mono, false, 1, 2,
              Words::tr("Where the gate points: the kernel's stub.")},
             {QStringLiteral("DPL"), 4, Font::Mono, true, 4, 0,
              Words::tr("3: a program may use it with INT. 0: INT from ring 3 is refused with #GP.")},
             {QStringLiteral("IST"), 4, Font::Mono, true, 5, 0,
              Words::tr("Not 0: the CPU always switches to this stack of the TSS.")},
             {Words::tr("taken"), 8, Font::Mono, true, 3, 0, Words::tr("How often in this run.")}});
        y += table.header(y);
        for (const Gate& gate : m.gates) {
            const QRectF line = table.row(y);
            if (gate.last) s.box(line, theme.fill(Role::Fault), theme.color(Role::Fault));
            const QColor ink =
                gate.last ? theme.inkOn(theme.fill(Role::Fault)) : theme.color(gate.taken ? Role::Ink : Role::Muted);
            table.cell(0, y, QString::number(gate.vector), ink);
            table.cell(1, y, gate.name, ink);
            if (table.shows(2)) {
                const QRectF cell = table.rect(2, y);
                const double side = row * 0.5;
                const QRectF sign(cell.x() + g * 0.3, cell.center().y() - side / 2, side, side);
                if (gate.kind == GateKind::Interrupt || gate.kind == GateKind::Fault || gate.kind == GateKind::Abort)
                    gate.kind == GateKind::Interrupt
                        ? s.dot(sign.center(), theme.color(Role::User), side * 0.4)
                        : s.bolt(sign, theme.color(gate.kind == GateKind::Abort ? Role::Kernel : Role::Fault));
                else
                    s.box(sign.adjusted(side * 0.15, side * 0.15, -side * 0.15, -side * 0.15), theme.color(Role::Data));
                table.cell(2, y, gateKindText(gate.kind), ink, side + g * 0.2);
            }
            table.cell(3, y, gate.handler, ink);
            table.cell(4, y, QString::number(gate.dpl), ink);
            table.cell(5, y, gate.ist ? QString::number(gate.ist) : QStringLiteral("–"), ink);
            table.cell(6, y, gate.taken ? countText(gate.taken) : QStringLiteral("–"), ink);
            s.spot(line, QStringLiteral("gate.%1").arg(gate.vector), gate.name,
                   Words::tr("Gate %1 at %2 (%3, a %4): %5 gate to %6, %7. DPL %8: %9.")
                       .arg(gate.vector)
                       .arg(hex(gate.address), gate.name, gateKindText(gate.kind),
                            gate.trapGate ? Words::tr("trap") : Words::tr("interrupt"), gate.handler, hex(gate.offset))
                       .arg(gate.dpl)
                       .arg(gate.dpl == 3 ? Words::tr("a program may use it with INT")
                                          : Words::tr("INT from ring 3 is refused with #GP")),
                   Subject::instruction(gate.offset))
                .changed = gate.last;
            y += row;
        }
        return y + g;
    }

    double frame(double x, double y, double w) {
        y += s.heading({x, y}, w, Words::tr("Pushed on the kernel stack"), m.frameTask);
        if (m.frame.empty()) {
            s.text(QRectF(x, y, w, row), Words::tr("nothing yet"), Font::Words, theme.color(Role::Muted));
            return y + row + g;
        }
        for (std::size_t i = 0; i < m.frame.size(); ++i) {
            const PushedWord& word = m.frame[i];
            const bool stub = word.name == QLatin1String("orig_ax");
            const double h = word.bits.isEmpty() ? row * 1.1 : row * 1.95;
            const QRectF box(x, y, w, h);
            const Role role = stub ? Role::Stack : Role::Fault;
            s.box(box, theme.color(Role::Field), theme.color(Role::Line));
            s.box(QRectF(x, y, g * 0.7, h), theme.fill(role), theme.color(role), style.pen * 0.7, 0);
            s.text(QRectF(x + g * 1.3, y, style.em * 9, row * 1.1), word.name, Font::Mono);
            s.text(QRectF(x + g * 1.3 + style.em * 9, y, w - g * 2 - style.em * 9, row * 1.1), hex(word.value),
                   Font::MonoStrong);
            if (!word.bits.isEmpty())
                s.text(QRectF(x + g * 1.3, y + row, w - g * 2, row * 0.9), word.bits, Font::Small);
            s.spot(box, QStringLiteral("frame.%1").arg(i), word.name,
                   QStringLiteral("%1 = %2").arg(word.name, hex(word.value)) +
                       (word.bits.isEmpty() ? QString() : QStringLiteral(" (%1)").arg(word.bits)) +
                       Words::tr(" at %1: %2.").arg(hex(word.address), word.what),
                   Subject::address(word.address));
            y += h;
        }
        const QFontMetricsF metrics(style.font(Font::Small));
        const double h = metrics.boundingRect(QRectF(0, 0, w, 1e5), Qt::TextWordWrap, m.frameNote).height();
        s.paragraph(QRectF(x, y + g * 0.4, w, h + 2), m.frameNote, Font::Small, theme.color(Role::Muted));
        return y + h + g * 1.5;
    }

    double tables(double x, double y, double w) {
        y += s.heading({x, y}, w, QStringLiteral("GDT"), Words::tr("at %1: the segments").arg(hex(m.gdtBase)));
        double nameW = 0;
        for (const SegmentRow& seg : m.segments) nameW = std::max(nameW, style.width(Font::Words, seg.name) + 2 * g);
        const double whatX = style.em * 6 + nameW;
        for (const SegmentRow& seg : m.segments) {
            const QRectF line(x, y, w, row);
            if (seg.used) s.box(line, theme.fill(Role::Selected), {}, 0);
            const QColor ink = seg.used ? theme.inkOn(theme.fill(Role::Selected)) : theme.color(Role::Ink);
            s.text(QRectF(x, y, style.em * 5, row), hex(static_cast<u64>(seg.selector)), Font::Mono, ink,
                   Qt::AlignRight | Qt::AlignVCenter);
            s.text(QRectF(x + style.em * 6, y, nameW, row), seg.name, Font::Words, ink);
            s.text(QRectF(x + whatX, y, w - whatX, row), seg.what, Font::Small, ink);
            s.spot(line, QStringLiteral("segment.%1").arg(seg.selector), seg.name,
                   Words::tr("Selector %1: %2, %3. Its bytes at %4 are the value %5.")
                           .arg(hex(static_cast<u64>(seg.selector)), seg.name, seg.what, hex(seg.address),
                                hexDigits(seg.raw, 16)) +
                       (seg.used ? Words::tr(" It is in use now.") : QString()),
                   Subject::address(seg.address));
            y += row;
        }
        y += g * 0.6;
        y += s.heading({x, y}, w, QStringLiteral("TSS"), Words::tr("at %1: stacks for ring 0").arg(hex(m.tssBase)));
        for (const TssField& f : m.tss) {
            const QRectF line(x, y, w, row);
            s.text(QRectF(x, y, style.em * 7, row), f.name, Font::Mono, theme.color(Role::Muted));
            s.text(QRectF(x + style.em * 7, y, w - style.em * 7, row), hex(f.value), Font::Mono);
            s.spot(line, QStringLiteral("tss.") + f.name, f.name,
                   QStringLiteral("TSS.%1 = %2: %3.").arg(f.name, hex(f.value), f.what), Subject::address(f.value));
            y += row;
        }
        return y + g;
    }
};

}  // namespace

Scene paint(const InterruptsModel& m, const StylePtr& style, QSizeF size) {
    Scene s(style, {std::max(size.width(), style->em * 44), size.height()});
    s.grows = true;
    if (!m.loaded) {
        s.empty(Words::tr("No machine is running, so there is no IDT. Open a program."));
        return s;
    }
    Painter p{m, s};
    const double g = p.g, margin = g * 1.5, width = s.size().width() - 2 * margin;
    double y = margin;
    y += s.caption({margin, y}, width, m.caption) + g;
    y += p.state(margin, y, width);
    if (width > style->em * 100) {
        const double side = std::min(width * 0.42, style->em * 60), left = width - side - 3 * g,
                     x = margin + left + 3 * g;
        const double a = p.gates(margin, y, left);
        y = std::max(a, p.tables(x, p.frame(x, y, side), side));
    } else {
        y = p.frame(margin, y, width);
        y = p.gates(margin, y, width);
        y = p.tables(margin, y, width);
    }
    s.growTo(0, y + margin * 0.5);
    return s;
}

}  // namespace ringside
