#include <algorithm>
#include <map>

#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/lanes/lanes.h"
#include "widgets/vruntime/vruntime.h"

namespace ringside {
namespace {

constexpr int kColumns = 400;         // nothing narrower than such a part of the window is a piece of its own
constexpr std::size_t kLanes = 40;    // at once; the wheel goes on to the others
constexpr std::size_t kLooks = 6000;  // events looked at in a window, evenly chosen when there are more
constexpr std::size_t kWakes = 200;   // more arrows would be a smear
constexpr std::size_t kList = 60;

std::optional<LaneFilter> filterOf(EventKind kind) {
    switch (kind) {
        case EventKind::SyscallEnter:
            return LaneFilter::Syscalls;
        case EventKind::PageFault:
        case EventKind::SegFault:
            return LaneFilter::Faults;
        case EventKind::Signal:
        case EventKind::SignalDeliver:
            return LaneFilter::Signals;
        case EventKind::Irq:
        case EventKind::Trap:
            return LaneFilter::Irqs;
        case EventKind::Fork:
        case EventKind::Exec:
        case EventKind::Exit:
            return LaneFilter::Processes;
        default:
            return std::nullopt;
    }
}

struct Builder {
    LanesModel& m;
    const Snapshot& snapshot;
    const EventLog& events = snapshot.events;
    std::map<i32, std::size_t> laneOf{};

    u64 nsOf(const Event& e) const { return snapshot.now->kernel.clock.nanoseconds(e.cycles); }

    void mark(const Event& e) {
        const auto filter = filterOf(e.kind);
        const auto lane = laneOf.find(e.pid);
        if (!filter || m.hides(*filter) || lane == laneOf.end()) return;
        const u64 ns = nsOf(e);
        if (ns < m.axis.from || ns > m.axis.to) return;
        auto& marks = m.lanes[lane->second].marks;
        const u64 near = m.axis.shown() / 100;
        for (std::size_t back = 0; back < std::min<std::size_t>(marks.size(), 3); ++back) {
            LaneMark& last = marks[marks.size() - 1 - back];
            if (last.kind != e.kind || ns - last.ns >= near) continue;
            ++last.count;
            return;
        }
        marks.push_back({ns, e.tick, e.kind, 1, qs(toText(e))});
    }

    // Of a system call the time in which its task ran: while it sleeps in one, it is not in the kernel but away.
    void kernelPart(Lane& lane, u64 from, u64 to) {
        auto span = std::lower_bound(lane.spans.begin(), lane.spans.end(), from,
                                     [](const PhaseSpan& s, u64 ns) { return s.to <= ns; });
        for (; span != lane.spans.end() && span->from < to; ++span)
            if (span->phase == TaskPhase::Running && !span->summary)
                lane.kernel.emplace_back(std::max(from, span->from), std::min(to, span->to));
    }

    // What lies between a system call and its return, when all events of the window are looked at.
    void kernelParts(std::size_t first, std::size_t last) {
        std::map<i32, u64> since;
        for (std::size_t i = first; i < last; ++i) {
            const Event& e = events[i];
            if (e.kind == EventKind::SyscallEnter) since[e.pid] = nsOf(e);
            if (e.kind != EventKind::SyscallExit) continue;
            const auto from = since.find(e.pid);
            if (from == since.end()) continue;
            if (const auto lane = laneOf.find(e.pid); lane != laneOf.end())
                kernelPart(m.lanes[lane->second], from->second, nsOf(e));
            since.erase(from);
        }
    }

    void marks() {
        const Tick from = m.axis.tick(m.axis.from), to = m.axis.tick(m.axis.to);
        const std::size_t first = from == 0 ? 0 : events.firstAfter(from - 1), last = events.firstAfter(to);
        const std::size_t step = std::max<std::size_t>(1, (last - first) / kLooks);
        for (std::size_t i = first; i < last; i += step) mark(events[i]);
        if (step == 1) kernelParts(first, last);
    }

    // What happened last before now and first after it.
    void list() {
        const std::size_t now = events.firstAfter(m.axis.nowTick);
        std::vector<std::size_t> found;
        const auto wanted = [&](const Event& e) {
            if (e.kind == EventKind::Wakeup || e.kind == EventKind::Switch || e.kind == EventKind::Sleep) return true;
            const auto filter = filterOf(e.kind);
            return filter && !m.hides(*filter);
        };
        for (std::size_t i = now, left = kLooks; i-- > 0 && found.size() < kList / 2 && left-- > 0;)
            if (wanted(events[i])) found.push_back(i);
        std::reverse(found.begin(), found.end());
        const std::size_t past = found.size();
        for (std::size_t i = now, left = kLooks; i < events.size() && found.size() < kList && left-- > 0; ++i)
            if (wanted(events[i])) found.push_back(i);
        for (std::size_t k = 0; k < found.size(); ++k) {
            const Event& e = events[found[k]];
            u64 index = 0;
            for (std::size_t i = found[k]; i-- > 0 && events[i].tick == e.tick;) ++index;
            m.list.push_back({nsOf(e), e.tick, index, e.pid, labelOf(e.kind), e.kind, k < past});
            LaneEvent& row = m.list.back();
            if (e.kind == EventKind::SyscallEnter) row.text = systemCallName(e.args[0]);
            if (e.kind == EventKind::Switch)
                row.text = Words::tr("switch to %1").arg(nameOfPid(static_cast<i32>(e.args[1])));
            if (e.kind == EventKind::Wakeup)
                row.text = Words::tr("wakes %1").arg(nameOfPid(static_cast<i32>(e.args[0])));
            if (e.kind == EventKind::Sleep) row.text = e.text.empty() ? row.text : qs(e.text);
            if (e.kind == EventKind::Fork) row.text = Words::tr("makes %1").arg(nameOfPid(static_cast<i32>(e.args[0])));
        }
    }

    QString nameOfPid(i32 pid) const {
        if (pid == 0) return Words::tr("idle");
        const auto series = snapshot.schedLog.tasks().find(pid);
        if (series == snapshot.schedLog.tasks().end()) return QString::number(pid);
        return QStringLiteral("%1 %2").arg(qs(series->second.back().name())).arg(pid);
    }

    void lanes(const ViewOptions& options) {
        const SchedLog& log = snapshot.schedLog;
        std::vector<i32> shown;
        for (const auto& [pid, series] : log.tasks()) {
            const bool gone = series.back().phase == TaskPhase::Gone && series.back().ns <= m.axis.from;
            if (gone || series[0].ns >= m.axis.to) continue;
            if (series.back().kthread && m.hides(LaneFilter::KernelThreads)) continue;
            shown.push_back(pid);
        }
        m.total = shown.size();
        m.first = static_cast<std::size_t>(std::clamp<i64>(
            options.scroll, 0, std::max<i64>(0, static_cast<i64>(shown.size()) - static_cast<i64>(kLanes) / 2)));
        if (m.total <= kLanes) m.first = 0;
        for (std::size_t i = m.first; i < std::min(shown.size(), m.first + kLanes); ++i) {
            const SchedLog::Series& series = log.tasks().at(shown[i]);
            Lane lane{.pid = shown[i], .name = qs(series.back().name())};
            lane.selected = options.selection.kind == SubjectKind::Task && options.selection.pid == lane.pid;
            lane.spans = phaseSpans(series, m.axis.from, m.axis.to, m.axis.end, kColumns);
            lane.times = timesOfTask(lane.pid, series, m.axis.end);
            lane.ranShown = countersAt(series, m.axis.to).ran - countersAt(series, m.axis.from).ran;
            laneOf[lane.pid] = m.lanes.size();
            m.lanes.push_back(std::move(lane));
        }
    }

    void wakes() {
        if (m.hides(LaneFilter::Wakeups)) return;
        std::vector<WakeArrow> found;
        for (const Lane& lane : m.lanes)
            for (const PhaseSpan& span : lane.spans)
                if (!span.summary && (span.kind == SampleKind::Wake || span.kind == SampleKind::Fork) &&
                    span.other != 0 && span.from >= m.axis.from && laneOf.contains(span.other))
                    found.push_back({span.other, lane.pid, span.from, span.tick});
        if (found.size() <= kWakes) m.wakes = std::move(found);
    }
};

}  // namespace

QString laneFilterId(LaneFilter filter) {
    static constexpr const char* kIds[] = {"syscalls", "faults", "signals", "irqs", "processes", "wakeups", "kthreads"};
    static_assert(std::size(kIds) == static_cast<std::size_t>(LaneFilter::kCount));
    return kIds[static_cast<std::size_t>(filter)];
}

QString laneFilterName(LaneFilter filter) {
    switch (filter) {
        case LaneFilter::Syscalls:
            return Words::tr("system calls");
        case LaneFilter::Faults:
            return Words::tr("page faults");
        case LaneFilter::Signals:
            return Words::tr("signals");
        case LaneFilter::Irqs:
            return Words::tr("interrupts");
        case LaneFilter::Processes:
            return Words::tr("fork, exec, exit");
        case LaneFilter::Wakeups:
            return Words::tr("wake-ups");
        case LaneFilter::KernelThreads:
            return Words::tr("kernel threads");
        case LaneFilter::kCount:
            break;
    }
    return {};
}

LanesModel buildLanes(const Snapshot& snapshot, const ViewOptions& options) {
    LanesModel m;
    if (!snapshot.now) return m;
    m.loaded = true;
    m.axis = timeAxis(snapshot, options);
    m.dropped = snapshot.events.dropped();
    m.thinned = snapshot.schedLog.thinned();
    const QStringList hidden = options.setting(QStringLiteral("hide"), QStringLiteral("kthreads")).split(',');
    for (u32 i = 0; i < static_cast<u32>(LaneFilter::kCount); ++i)
        if (hidden.contains(laneFilterId(static_cast<LaneFilter>(i)))) m.hidden |= 1u << i;
    const auto marker = [&](const char* key) -> std::optional<u64> {
        bool number = false;
        const u64 ns = options.setting(QLatin1String(key)).toULongLong(&number);
        return number ? std::optional(ns) : std::nullopt;
    };
    m.a = marker("a"), m.b = marker("b");
    Builder b{m, snapshot};
    if (m.dropped && !snapshot.events.empty()) m.marksFrom = b.nsOf(snapshot.events[0]);
    b.lanes(options);
    m.cpu = cpuSpans(snapshot.schedLog.cpu(), m.axis.from, m.axis.to, m.axis.end, kColumns);
    b.marks();
    b.wakes();
    b.list();
    return m;
}

QString droppedText(const LanesModel& m) {
    return Words::tr(
               "Marks begin at %1: %2 older events were given up to save memory. Go back there and step to see "
               "them happen again.")
        .arg(timeText(static_cast<double>(m.marksFrom), 1e3), countText(m.dropped));
}

TextTwin twin(const LanesModel& m) {
    TextTwin root(Words::tr("Lanes"), m.loaded ? Words::tr("%1 to %2")
                                                     .arg(timeText(static_cast<double>(m.axis.from), 1e3),
                                                          timeText(static_cast<double>(m.axis.to), 1e3))
                                               : Words::tr("nothing loaded"));
    if (!m.loaded) return root;
    constexpr std::size_t kMost = 200;
    const auto range = [](u64 from, u64 to) {
        return QStringLiteral("%1 – %2").arg(timeText(static_cast<double>(from), 1e3),
                                             timeText(static_cast<double>(to), 1e3));
    };
    if (m.dropped) root.add(Words::tr("Marks"), droppedText(m));
    TextTwin& cpu = root.add(Words::tr("CPU"));
    for (std::size_t i = 0; i < std::min(kMost, m.cpu.size()); ++i) {
        const CpuSpan& span = m.cpu[i];
        cpu.add(range(span.from, span.to),
                span.pid == 0       ? Words::tr("idle")
                : span.switches > 0 ? Words::tr("mostly PID %1").arg(span.pid)
                                    : QStringLiteral("PID %1").arg(span.pid),
                false, Subject::task(span.pid));
    }
    for (const Lane& lane : m.lanes) {
        const TaskTimes& t = lane.times;
        TextTwin& l =
            root.add(QStringLiteral("%1 PID %2").arg(lane.name).arg(lane.pid),
                     Words::tr("ran %1, waited %2, slept %3")
                         .arg(durationText(static_cast<double>(t.ran)), durationText(static_cast<double>(t.waited)),
                              durationText(static_cast<double>(t.slept))),
                     false, Subject::task(lane.pid));
        for (std::size_t i = 0; i < std::min(kMost, lane.spans.size()); ++i) {
            const PhaseSpan& span = lane.spans[i];
            l.add(range(span.from, span.to), span.summary ? Words::tr("%1 % running, %2 % waiting")
                                                                .arg(100 * (span.user + span.kernel), 0, 'f', 0)
                                                                .arg(100 * span.waiting, 0, 'f', 0)
                                                          : phaseText(span.phase));
        }
    }
    return root;
}

}  // namespace ringside
