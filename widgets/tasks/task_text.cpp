#include "widgets/tasks/task_text.h"

#include <fmt/format.h>

#include "core/kernel/proc/process.h"
#include "core/kernel/proc/wait_queue.h"
#include "core/kernel/syscalls/describe.h"
#include "widgets/canvas/words.h"

namespace ringside {
namespace {

struct Bit {
    u64 value;
    const char* name;
};

QString bitsText(u64 value, std::span<const Bit> bits) {
    QStringList names;
    for (const Bit& bit : bits)
        if (value & bit.value) {
            names << QLatin1String(bit.name);
            value &= ~bit.value;
        }
    if (value) names << hex(value);
    return names.join(QStringLiteral(" | "));
}

// include/linux/sched.h
constexpr Bit kTaskFlags[] = {{0x2, "PF_IDLE"},          {0x4, "PF_EXITING"},    {0x40, "PF_FORKNOEXEC"},
                              {0x100, "PF_SUPERPRIV"},   {0x200, "PF_DUMPCORE"}, {0x400, "PF_SIGNALED"},
                              {0x800, "PF_MEMALLOC"},    {0x20000, "PF_KSWAPD"}, {0x200000, "PF_KTHREAD"},
                              {0x400000, "PF_RANDOMIZE"}};

}  // namespace

QString policyText(const Task& task) {
    switch (task.policy) {
        case SchedPolicy::Normal:
            return QStringLiteral("SCHED_NORMAL");
        case SchedPolicy::Fifo:
            return QStringLiteral("SCHED_FIFO %1").arg(task.rtPriority);
        case SchedPolicy::Rr:
            return QStringLiteral("SCHED_RR %1").arg(task.rtPriority);
        case SchedPolicy::Batch:
            return QStringLiteral("SCHED_BATCH");
        case SchedPolicy::Idle:
            return QStringLiteral("SCHED_IDLE");
        case SchedPolicy::Deadline:
            return QStringLiteral("SCHED_DEADLINE");
    }
    return {};
}

QString flagsText(u32 flags) { return flags ? bitsText(flags, kTaskFlags) : QStringLiteral("0"); }

QString signalSetText(SigSet set) {
    if (set == 0) return Words::tr("none");
    QStringList names;
    for (int i = 1; i <= 64; ++i)
        if (set >> (i - 1) & 1) names << nameOfSignal(i);
    if (names.size() > 32) return Words::tr("%1 of 64 signals").arg(names.size());
    return names.join(QLatin1Char(' '));
}

QString taskWaitText(const Task& task) {
    if (task.waiting) return waitText(kindOf(*task.waiting));
    return task.wakeAtNs ? Words::tr("a moment in time") : QString();
}

QString msText(u64 ns) { return QStringLiteral("%1 ms").arg(static_cast<double>(ns) / 1e6, 0, 'f', 3); }

QString cloneFlagsText(u64 flags) { return qs(describeCloneFlags(flags)).replace('|', QStringLiteral(" | ")); }

bool isKernelThread(const Task& task) { return task.flags & pf::KThread; }

QString nameInBrackets(const Task& task) {
    return isKernelThread(task) ? QStringLiteral("[%1]").arg(qs(task.comm)) : qs(task.comm);
}

QColor stateColor(const Theme& theme, char letter) {
    switch (letter) {
        case 'R':
            return theme.color(Role::Data);
        case 'S':
            return theme.color(Role::User);
        case 'D':
            return theme.color(Role::PageTable);
        case 'T':
        case 't':
            return theme.color(Role::Stack);
        case 'Z':
        case 'X':
            return theme.color(Role::Kernel);
        default:
            return theme.color(Role::Muted);
    }
}

Subject subjectOf(const Task* task) { return task ? Subject::task(task->pid()) : Subject{}; }

double chipWidth(const Style& style, const QString& name) { return style.width(Font::Small, name) + 3 * style.grid; }
double chipHeight(const Style& style) { return style.lineHeight(Font::Small) + style.grid * 0.5; }

void paintChip(Scene& scene, QPointF topLeft, double width, i32 pid, const QString& name, bool selected, bool changed) {
    const Style& style = scene.style();
    const Theme& theme = scene.theme();
    const double g = style.grid;
    const QString key = QStringLiteral("chip.%1.").arg(pid);
    const QRectF rect(topLeft, QSizeF(width, chipHeight(style)));
    const QColor fill = theme.taskFill(pid);
    scene.box(rect, fill, changed ? theme.color(Role::Accent) : theme.task(pid), style.pen * (changed ? 2 : 1)).key =
        key + QLatin1Char('b');
    scene.mark({rect.x() + g, rect.center().y()}, Theme::taskMark(pid), theme.task(pid), g).key =
        key + QLatin1Char('m');
    scene.text(rect.adjusted(g * 1.9, 0, -g * 0.5, 0), name, Font::Small, theme.inkOn(fill)).key =
        key + QLatin1Char('t');
    if (selected) scene.selected(rect);
}

}  // namespace ringside
