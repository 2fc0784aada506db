#include "widgets/window/status_line.h"

#include <QLocale>
#include <algorithm>

#include "widgets/canvas/symbols.h"
#include "widgets/canvas/words.h"
#include "widgets/futures/futures.h"

namespace ringside {

QString grouped(u64 n) { return QLocale(QLocale::English).toString(static_cast<qulonglong>(n)); }

QString duration(u64 ns) {
    auto f = [](double v) { return QLocale(QLocale::English).toString(v, 'f', 3); };
    if (ns < 1'000) return QString("%1 ns").arg(ns);
    if (ns < 1'000'000) return f(static_cast<double>(ns) / 1e3) + " µs";
    if (ns < 1'000'000'000) return f(static_cast<double>(ns) / 1e6) + " ms";
    return f(static_cast<double>(ns) / 1e9) + " s";
}

QString stopSentence(const Snapshot& s) {
    if (!s.message.empty()) return qs(s.message);
    if (!s.stop || !s.now) return {};
    const Kernel& kernel = s.now->kernel;
    if (s.running && s.stop != MachineStop::Asleep) return {};
    switch (*s.stop) {
        case MachineStop::TickLimit:
            return {};
        case MachineStop::Breakpoint:
            // A step to a source line stops the same way, but where it was told to.
            return std::ranges::binary_search(s.breakpoints, s.now->cpu.regs.rip)
                       ? Words::tr("Stopped at a breakpoint.")
                       : QString();
        case MachineStop::Watchpoint:
            return Words::tr("Stopped: the watched memory was touched.");
        case MachineStop::Event:
            return {};
        case MachineStop::NeedsInput:
            return Words::tr("The program waits for input: type it into the console.");
        case MachineStop::Finished: {
            i32 status = kernel.exitStatus.value_or(0);
            return (status & 0x7f) ? Words::tr("The program was ended by signal %1.").arg(status & 0x7f)
                                   : Words::tr("The program has ended with status %1.").arg((status >> 8) & 0xff);
        }
        case MachineStop::Panicked:
            return Words::tr("Kernel panic: %1").arg(qs(kernel.panic));
        case MachineStop::Deadlocked:
            return Words::tr("Everyone sleeps and nothing can wake them.");
        case MachineStop::Asleep:
            return s.running
                       ? Words::tr("Everyone sleeps for %1. Press a key in the console, or pause and run to skip it.")
                             .arg(duration(s.now->nanosecondsToSleep()))
                       : QString();
    }
    return {};
}

StatusLine::StatusLine(QWidget* parent) : QStatusBar(parent) {
    setSizeGripEnabled(false);
    for (QLabel*& field : m_fields) {
        field = new QLabel;
        field->setTextInteractionFlags(Qt::TextSelectableByMouse);
        field->setMinimumWidth(1);  // a long symbol is cut; it does not widen the window
        addPermanentWidget(field);
    }
    m_fields[Mode]->setToolTip(tr("U: user mode, ring 3. K: kernel mode, ring 0."));
    m_fields[Task]->setToolTip(tr("The task that has the CPU"));
    m_fields[Rip]->setToolTip(tr("The instruction pointer: where the CPU fetches from next"));
    m_fields[Ticks]->setToolTip(tr("Steps since power-on: executed instructions and delivered traps"));
    m_fields[CycleCount]->setToolTip(tr("Cycles since power-on, charged by a teaching model of the CPU's timing"));
    m_fields[Time]->setToolTip(tr("The time the machine believes has passed since power-on"));
    connect(this, &QStatusBar::messageChanged, this, &StatusLine::fitFields);
}

void StatusLine::setStyle(StylePtr style) {
    m_style = std::move(style);
    m_cpl = 4;
    for (QLabel* field : m_fields) field->setFont(m_style->font(Font::Mono));
    m_fields[Mode]->setFont(m_style->font(Font::MonoStrong));
}

void StatusLine::setSnapshot(const std::shared_ptr<const Snapshot>& snapshot, Symbols& symbols) {
    bool live = snapshot && snapshot->now;
    for (QLabel* field : m_fields) field->setVisible(live);
    if (!live) return;
    const Machine& m = *snapshot->now;
    unsigned cpl = m.cpu.regs.cpl();
    if (cpl != m_cpl && m_style) {
        m_cpl = cpl;
        Role role = cpl == 3 ? Role::User : Role::Kernel;
        QColor back = m_style->theme.color(role);
        m_fields[Mode]->setStyleSheet(QString("background: %1; color: %2; padding: 0 %3px;")
                                          .arg(back.name(), m_style->theme.inkOn(back).name())
                                          .arg(static_cast<int>(m_style->grid)));
    }
    m_fields[Mode]->setText(cpl == 3 ? tr("U ring 3") : tr("K ring 0"));
    const auto* task = m.kernel.tasks.find(m.kernel.current);
    m_fields[Task]->setText(task ? tr("task %1 %2").arg(task->pid()).arg(qs(task->comm)) : tr("no task yet"));
    QString name = qs(symbols.text(m, m.cpu.regs.rip));
    QString rip = "0x" + QString::number(m.cpu.regs.rip, 16);
    m_fields[Rip]->setText(tr("RIP %1").arg(name.isEmpty() ? rip : rip + " " + name));
    m_fields[Ticks]->setText(tr("tick %1").arg(grouped(m.cpu.tick)));
    m_fields[CycleCount]->setText(tr("cycle %1").arg(grouped(m.cpu.cycles)));
    m_fields[Time]->setText(duration(m.nanoseconds()));
    m_fields[History]->setText(tr("past %1").arg(historyText(*snapshot)));
    m_fields[History]->setToolTip(historySentence(*snapshot));
    fitFields();
}

// What has happened is said whole: the memory of the past, which the timeline says as well, gives way first, then
// cycles and steps.
void StatusLine::fitFields() {
    int wanted = fontMetrics().horizontalAdvance(currentMessage()) + 2 * fontMetrics().averageCharWidth();
    for (QLabel* field : m_fields) wanted += field->sizeHint().width() + 6;
    for (const Field field : {History, CycleCount, Ticks}) {
        m_fields[field]->setVisible(m_fields[Mode]->isVisibleTo(this) && wanted <= width());
        if (wanted > width()) wanted -= m_fields[field]->sizeHint().width() + 6;
    }
}

void StatusLine::resizeEvent(QResizeEvent* event) {
    QStatusBar::resizeEvent(event);
    fitFields();
}

QString StatusLine::text() const {
    QStringList parts;
    for (QLabel* field : m_fields)
        if (!field->text().isEmpty()) parts << field->text();
    return parts.join("  ");
}

}  // namespace ringside
