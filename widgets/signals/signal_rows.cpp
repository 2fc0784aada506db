#include "widgets/signals/signal_rows.h"

#include "core/kernel/proc/signal.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/symbols.h"
#include "widgets/canvas/words.h"
#include "widgets/tasks/task_text.h"

namespace ringside {

QString standardAction(int signal) {
    if (signal == kSigCont) return QStringLiteral("Cont");
    if (sigBit(signal) & kStopSignals) return QStringLiteral("Stop");
    if (defaultIgnores(signal)) return QStringLiteral("Ign");
    return defaultDumpsCore(signal) ? QStringLiteral("Core") : QStringLiteral("Term");
}

QString signalActionFlags(u64 flags) {
    static constexpr std::pair<u64, const char*> kNames[] = {
        {sa::NoCldStop, "SA_NOCLDSTOP"}, {sa::NoCldWait, "SA_NOCLDWAIT"}, {sa::SigInfo, "SA_SIGINFO"},
        {sa::Restorer, "SA_RESTORER"},   {sa::OnStack, "SA_ONSTACK"},     {sa::Restart, "SA_RESTART"},
        {sa::NoDefer, "SA_NODEFER"},     {sa::ResetHand, "SA_RESETHAND"}};
    QStringList names;
    for (const auto& [bit, name] : kNames)
        if (flags & bit) names << QLatin1String(name);
    return names.isEmpty() ? QStringLiteral("0") : names.join(QStringLiteral(" | "));
}

QString handlerText(const Machine& machine, const Task& task, u64 address, Symbols* symbols) {
    const std::string name = symbols ? symbols->text(machine, address, task.mm) : std::string();
    return name.empty() ? hex(address) : qs(name);
}

std::vector<SignalRow> signalRows(const Machine& machine, const Task& task, const Machine* before, Symbols* symbols) {
    const auto rowsOf = [symbols](const Machine& of, const Task& t) {
        std::vector<SignalRow> rows;
        const SignalStruct* group = of.kernel.signals.find(t.signal);
        const Sighand* hand = of.kernel.sighands.find(t.sighand);
        for (int number = 1; number <= kLastSignal; ++number) {
            SignalRow row;
            row.number = number, row.name = nameOfSignal(number), row.standard = standardAction(number);
            const SigSet bit = sigBit(number);
            row.blocked = t.blocked & bit, row.pending = t.pending.set & bit;
            row.sharedPending = group && group->shared.set & bit;
            if (hand) {
                const SigAction& action = hand->action[static_cast<std::size_t>(number)];
                row.ignored = action.handler == kSigIgn;
                if (action.handler > kSigIgn) {
                    row.handler = action.handler;
                    row.handlerName = handlerText(of, t, action.handler, symbols);
                    row.flags = signalActionFlags(action.flags);
                    row.mask = signalSetText(action.mask);
                }
            }
            if (number < 32 || !row.quiet()) rows.push_back(std::move(row));
        }
        return rows;
    };
    auto rows = rowsOf(machine, task);
    const Task* old = before ? before->kernel.tasks.find(task.id) : nullptr;
    if (!old) return rows;
    const auto was = rowsOf(*before, *old);
    for (SignalRow& row : rows) {
        const auto it =
            std::find_if(was.begin(), was.end(), [&](const SignalRow& r) { return r.number == row.number; });
        row.changed = it == was.end() ? !row.quiet() : !(*it == row);
    }
    return rows;
}

QString actionSentence(const SignalRow& row) {
    if (row.handler) return Words::tr("the program's function “%1” is called, with %2").arg(row.handlerName, row.flags);
    if (row.ignored) return Words::tr("the program ignores it");
    if (row.standard == QLatin1String("Term")) return Words::tr("the default: the process ends");
    if (row.standard == QLatin1String("Core")) return Words::tr("the default: the process ends with a core dump");
    if (row.standard == QLatin1String("Stop")) return Words::tr("the default: the process stops");
    if (row.standard == QLatin1String("Cont")) return Words::tr("the default: a stopped process goes on");
    return Words::tr("the default: nothing happens");
}

}  // namespace ringside
