#include <QLocale>
#include <algorithm>

#include "core/kernel/names.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/futures/futures.h"

namespace ringside {
namespace {

QString grouped(u64 n) { return QLocale(QLocale::English).toString(static_cast<qulonglong>(n)); }

QString mebibytes(u64 bytes) {
    const double mib = static_cast<double>(bytes) / (1 << 20);
    return QLocale(QLocale::English).toString(mib, 'f', mib < 10 ? 1 : 0);
}

QString statusText(i32 status) {
    return (status & 0x7f) ? Words::tr("was ended by %1").arg(qs(signalName(status & 0x7f)))
                           : Words::tr("has ended with status %1").arg(status >> 8 & 0xff);
}

QString fateOf(const FutureInfo& f) {
    const QString open = Words::tr("has not run to its end");
    if (!f.stop) return open;
    switch (*f.stop) {
        case MachineStop::Finished:
            return statusText(f.exitStatus);
        case MachineStop::Panicked:
            return Words::tr("ended in a kernel panic");
        case MachineStop::NeedsInput:
            return Words::tr("waits for input");
        case MachineStop::Deadlocked:
            return Words::tr("ends with everyone asleep");
        default:
            return open;
    }
}

// Parents first, children in the order in which they were made.
void addBelow(FuturesModel& m, const std::vector<FutureInfo>& all, u32 parent, int depth) {
    for (const FutureInfo& f : all) {
        if (f.parent != parent) continue;
        const bool leaf = std::ranges::find(all, f.id, &FutureInfo::parent) == all.end();
        m.rows.push_back({.id = f.id,
                          .parent = f.parent,
                          .depth = depth,
                          .parted = f.parted,
                          .end = f.end,
                          .change = f.parent ? qs(f.change) : Words::tr("as it began"),
                          .fate = fateOf(f),
                          .memory = Words::tr("%1 MiB").arg(mebibytes(f.bytes)),
                          .current = f.current,
                          .removable = leaf && !f.current});
        m.latest = std::max(m.latest, f.end);
        if (f.current) m.current = f.id;
        addBelow(m, all, f.id, depth + 1);
    }
}

QString eventText(const std::optional<Event>& event) {
    return event ? Words::tr("tick %1: %2").arg(grouped(event->tick), qs(toText(*event))) : Words::tr("no more events");
}

QString outputText(const std::string& output) {
    QString text;
    for (char c : output.substr(0, 120)) {
        if (c == '\n')
            text += QStringLiteral("⏎ ");
        else
            text += c >= 32 && c < 127 ? QLatin1Char(c) : QChar(0xb7);
    }
    return text.isEmpty() ? Words::tr("nothing more") : text;
}

void addComparison(FuturesModel& m, const FutureComparison& c) {
    m.first = c.first;
    m.second = c.second;
    for (auto& r : m.rows) r.compared = r.id == c.first || r.id == c.second;
    const bool same = !c.firstEvent && !c.secondEvent && c.firstOutput.empty() && c.secondOutput.empty() &&
                      c.registers.empty() && c.frames == 0;
    m.verdict = same ? Words::tr(
                           "Future %1 and future %2 have the same events and the same output, and at tick %3 the "
                           "same registers and memory.")
                           .arg(c.first)
                           .arg(c.second)
                           .arg(grouped(c.at))
                     : Words::tr("Future %1 and future %2 are the same up to tick %3.")
                           .arg(c.first)
                           .arg(c.second)
                           .arg(grouped(c.parted));
    const auto status = [](const std::optional<i32>& s) { return s ? statusText(*s) : Words::tr("has not ended"); };
    const Tick at = c.firstEvent && (m.current == c.first || !c.secondEvent) ? c.firstEvent->tick
                    : c.secondEvent                                          ? c.secondEvent->tick
                                                                             : 0;
    if (c.firstEvent || c.secondEvent)
        m.lines.push_back({Words::tr("first other event"), eventText(c.firstEvent), eventText(c.secondEvent), at});
    if (!c.firstOutput.empty() || !c.secondOutput.empty())
        m.lines.push_back({Words::tr("first other output"), outputText(c.firstOutput), outputText(c.secondOutput)});
    m.lines.push_back({Words::tr("end"), status(c.firstStatus), status(c.secondStatus)});
    m.lines.push_back({Words::tr("last tick"), Words::tr("tick %1").arg(grouped(c.firstEnd)),
                       Words::tr("tick %1").arg(grouped(c.secondEnd))});
    for (const auto& r : c.registers)
        m.lines.push_back({Words::tr("%1 at tick %2").arg(qs(r.name), grouped(c.at)), hex(r.first), hex(r.second)});
    for (const auto& r : c.memory)
        m.lines.push_back({Words::tr("RAM %1").arg(qs(r.name)), hex(r.first), hex(r.second)});
    if (c.frames > c.memory.size()) m.lines.push_back({Words::tr("frames of RAM that differ"), grouped(c.frames), {}});
}

}  // namespace

QString historyText(const Snapshot& s) {
    const QString text = Words::tr("%1 MiB").arg(mebibytes(s.historyBytes));
    return s.historyThinned ? Words::tr("%1, thinned").arg(text) : text;
}

QString historySentence(const Snapshot& s) {
    const QString text = Words::tr("The past of this run takes %1 MiB of at most %2 MiB.")
                             .arg(mebibytes(s.historyBytes), mebibytes(s.historyBudget));
    return s.historyThinned
               ? text + " " +
                     Words::tr(
                         "To stay below that, %n checkpoint(s) had to go: every moment can still be reached, but "
                         "some take longer.",
                         nullptr, static_cast<int>(s.historyThinned))
               : text;
}

FuturesModel buildFutures(const Snapshot& s, const ViewOptions&) {
    FuturesModel m;
    if (!s.now) return m;
    m.loaded = true;
    m.now = s.now->cpu.tick;
    m.latest = m.now;
    addBelow(m, s.futures, 0, 0);
    if (s.comparison) addComparison(m, *s.comparison);
    m.history = historySentence(s);
    return m;
}

TextTwin twin(const FuturesModel& m) {
    TextTwin root(Words::tr("Futures"), m.history);
    for (const auto& r : m.rows) {
        QStringList parts{r.change};
        if (r.parent) parts << Words::tr("parted from future %1 at tick %2").arg(r.parent).arg(grouped(r.parted));
        parts << r.fate << r.memory;
        if (r.current) parts << Words::tr("we are here");
        root.add(Words::tr("future %1").arg(r.id), parts.join(", "));
    }
    if (!m.verdict.isEmpty()) {
        TextTwin& t = root.add(Words::tr("Comparison"), m.verdict);
        for (const auto& l : m.lines)
            t.add(l.what, l.second.isEmpty() ? l.first : Words::tr("%1 / %2").arg(l.first, l.second), false,
                  l.tick ? Subject::event(l.tick, 0) : Subject{});
    }
    return root;
}

}  // namespace ringside
