#include "widgets/boot/boot.h"

#include <map>

#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"

namespace ringside {
namespace {

QString sentenceOf(const QString& step) {
    static const std::map<QString, const char*> kSentences{
        {"firmware", QT_TRANSLATE_NOOP("ringside::Words",
                                       "The firmware finds out how much memory there is and starts the boot loader.")},
        {"boot loader", QT_TRANSLATE_NOOP("ringside::Words",
                                          "Copies the kernel's segments to their physical addresses and jumps to its "
                                          "first instruction.")},
        {"startup_64",
         QT_TRANSLATE_NOOP("ringside::Words",
                           "The kernel builds its own page tables: all of RAM once more in the upper half "
                           "of the addresses, and its code at a fixed place.")},
        {"trap_init", QT_TRANSLATE_NOOP("ringside::Words",
                                        "A gate for each vector, and a stack to come in on: from now on exceptions, "
                                        "interrupts and system calls find the kernel.")},
        {"mm_init",
         QT_TRANSLATE_NOOP("ringside::Words",
                           "Every frame that neither firmware nor kernel occupies goes to the frame allocator.")},
        {"sched_init", QT_TRANSLATE_NOOP("ringside::Words",
                                         "Tasks can be queued for the CPU. So far there is one: the one that boots.")},
        {"vfs_caches_init", QT_TRANSLATE_NOOP("ringside::Words", "Paths lead to files from now on.")},
        {"time_init", QT_TRANSLATE_NOOP(
                          "ringside::Words",
                          "The timer will interrupt whatever runs: so the kernel gets the CPU back from any program.")},
        {"rest_init", QT_TRANSLATE_NOOP("ringside::Words",
                                        "Two tasks are made: PID 1, which will be the first program, and PID 2, the "
                                        "parent of all kernel threads. The task that booted idles when nobody wants to "
                                        "run.")},
        {"console_on_rootfs",
         QT_TRANSLATE_NOOP("ringside::Words",
                           "PID 1 gets its standard input, output and error. Its children will inherit them.")},
        {"run_init_process",
         QT_TRANSLATE_NOOP("ringside::Words", "The kernel itself executes a program: PID 1 is to become it.")},
        {"kernel_init", QT_TRANSLATE_NOOP("ringside::Words",
                                          "PID 1 leaves the kernel for ring 3: what comes next is the program's own.")},
        {"Kernel panic - not syncing",
         QT_TRANSLATE_NOOP("ringside::Words", "The kernel can not go on and stops the machine.")},
    };
    const auto it = kSentences.find(step);
    return it == kSentences.end() ? QString() : Words::tr(it->second);
}

// Functions of the kernel keep their names.
QString titleOf(const QString& step) {
    if (step == QLatin1String("firmware")) return Words::tr("firmware");
    if (step == QLatin1String("boot loader")) return Words::tr("boot loader");
    if (step == QLatin1String("Kernel panic - not syncing")) return Words::tr("kernel panic");
    return step;
}

}  // namespace

BootModel buildBoot(const Snapshot& snapshot, const ViewOptions&) {
    BootModel m;
    if (!snapshot.now) return m;
    m.loaded = true;
    m.now = snapshot.now->cpu.tick;
    for (std::size_t i = 0; i < snapshot.events.size() && m.stations.size() < 60; ++i) {
        const Event& e = snapshot.events[i];
        if (e.kind == EventKind::Boot || e.kind == EventKind::Panic) {
            // Each line begins with the step that it is of (core/kernel/boot).
            const QString step = qs(e.text).section(QLatin1String(": "), 0, 0);
            m.stations.push_back(
                {e.tick, titleOf(step), sentenceOf(step), qs(e.text).section(QLatin1String(": "), 1), e.tick <= m.now});
        } else if (e.kind == EventKind::Exec) {
            m.stations.push_back(
                {e.tick,
                 QStringLiteral("execve"),
                 Words::tr("PID %1 becomes %2: the first instruction in user mode is next.").arg(e.pid).arg(qs(e.text)),
                 {},
                 e.tick <= m.now});
            break;
        }
    }
    return m;
}

namespace {
QString whole(const BootStation& station) {
    return station.log.isEmpty() ? station.text : QStringLiteral("%1 “%2”").arg(station.text, station.log);
}
}  // namespace

TextTwin twin(const BootModel& m) {
    TextTwin root(Words::tr("Boot"));
    for (const BootStation& station : m.stations)
        root.add(QStringLiteral("%1 %2").arg(countText(station.tick), station.title), whole(station), false,
                 Subject::event(station.tick, 0));
    return root;
}

Scene paint(const BootModel& m, const StylePtr& style, QSizeF size) {
    Scene s(style, size);
    if (m.stations.empty()) {
        s.empty(
            m.loaded
                ? Words::tr("The machine is switched on and has not executed anything yet. Step, and the kernel boots.")
                : Words::tr("No machine is running. Open a program: the kernel boots before it starts."));
        return s;
    }
    const Theme& theme = s.theme();
    const double g = style->grid, margin = g * 2, width = size.width() - 2 * margin;
    double y = margin;
    y += s.heading({margin, y}, width, Words::tr("From power-on to the first program"),
                   Words::tr("click a station to go there")) +
         g;
    const double lineX = margin + g, tickW = style->width(Font::Mono, countText(m.stations.back().tick)) + 2 * g;
    QPointF previous;
    for (std::size_t i = 0; i < m.stations.size(); ++i) {
        const BootStation& st = m.stations[i];
        const double textX = lineX + 2 * g + tickW, textW = margin + width - textX - g;
        const double titleH = style->lineHeight(Font::Strong), textH = s.wrappedHeight(st.text, Font::Words, textW),
                     logH = st.log.isEmpty() ? 0 : s.wrappedHeight(st.log, Font::MonoSmall, textW);
        const double h = titleH + textH + logH + g;
        const QPointF centre(lineX, y + titleH / 2);
        if (i > 0)
            s.line({previous, centre}, theme.color(st.reached ? Role::Kernel : Role::Line), Arrow::None, Bend::Straight,
                   style->pen * 2);
        const bool here = st.reached && (i + 1 == m.stations.size() || !m.stations[i + 1].reached);
        if (here)
            s.box(QRectF(textX - g * 0.6, y - g * 0.3, textW + 1.6 * g, h), theme.fill(Role::Accent),
                  theme.color(Role::Accent));
        s.dot(centre, theme.color(st.reached ? Role::Kernel : Role::Line), here ? g : g * 0.7);
        s.text(QRectF(lineX + 2 * g, y, tickW - g, titleH), countText(st.tick), Font::Mono, theme.color(Role::Muted),
               Qt::AlignRight | Qt::AlignVCenter);
        const QColor ink =
            here ? theme.inkOn(theme.fill(Role::Accent)) : theme.color(st.reached ? Role::Ink : Role::Muted);
        s.text(QRectF(textX, y, textW, titleH), st.title, Font::Strong, ink);
        s.paragraph(QRectF(textX, y + titleH, textW, textH), st.text, Font::Words, ink);
        if (!st.log.isEmpty())
            s.paragraph(QRectF(textX, y + titleH + textH, textW, logH), st.log, Font::MonoSmall,
                        here ? ink : theme.color(Role::Muted));
        Spot& spot = s.spot(QRectF(margin, y, width, h), QStringLiteral("station.%1").arg(i), st.title, whole(st),
                            Subject::event(st.tick, 0));
        spot.click = {Command::Kind::Seek, st.tick, {}};
        previous = centre;
        y += h + g * 0.5;
    }
    s.growTo(size.width(), y + margin);
    s.grows = true;
    return s;
}

}  // namespace ringside
