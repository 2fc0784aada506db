#include <algorithm>
#include <cmath>

#include "core/kernel/sched/sched.h"
#include "core/timeline/policy_run.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/vruntime/vruntime.h"

namespace ringside {
namespace {

constexpr int kColumns = 500;       // a line has at most a few points for each
constexpr std::size_t kLines = 24;  // more can not be told apart

double valueOf(VruntimeValue shows, double vruntime, u64 minimum, double ran) {
    switch (shows) {
        case VruntimeValue::Vruntime:
            return vruntime;
        case VruntimeValue::Lead:
            return vruntime - static_cast<double>(minimum);
        case VruntimeValue::CpuTime:
            return ran;
    }
    return 0;
}

struct Builder {
    const SchedLog& log;
    VruntimeModel& m;

    double value(const SchedSample& s) const {
        return valueOf(m.shows, static_cast<double>(s.vruntime), s.minVruntime, static_cast<double>(s.ran));
    }

    // min_vruntime as the CPU's own samples have it.
    u64 minimumAt(u64 ns) const {
        const std::size_t i = log.cpu().at(ns);
        return i < log.cpu().size() ? log.cpu()[i].minVruntime : 0;
    }

    VruntimePoint pointAt(const SchedLog::Series& series, u64 ns) const {
        const SchedCounters c = countersAt(series, ns);
        return {ns, valueOf(m.shows, c.vruntime, minimumAt(ns), c.ran), SampleKind::Timer, c.phase, false};
    }

    void add(std::vector<VruntimePoint>& points, const SchedLog::Series& series) const {
        const u64 from = m.axis.from, to = m.axis.to;
        std::size_t first = series.at(from);
        if (first == series.size())
            first = 0;
        else
            points.push_back(pointAt(series, from)), ++first;
        std::size_t last = series.at(to);
        last = last == series.size() ? 0 : last + 1;
        if (last <= first + 3 * kColumns) {
            for (std::size_t i = first; i < last; ++i) {
                const SchedSample& s = series[i];
                const bool mark = s.kind == SampleKind::Wake || s.kind == SampleKind::Sleep ||
                                  s.kind == SampleKind::Weight || s.kind == SampleKind::Fork ||
                                  s.kind == SampleKind::Exit;
                points.push_back({s.ns, value(s), s.kind, s.phase, mark});
            }
        } else {
            // Too many to tell apart: the lowest and the highest of each column, of at most a few looks.
            for (int c = 0; c < kColumns; ++c) {
                const u64 end = from + static_cast<u64>(static_cast<double>(to - from) * (c + 1) / kColumns);
                const std::size_t begin = first;
                const std::size_t found = series.at(end);
                if (found == series.size() || found < begin) continue;
                first = found + 1;
                const std::size_t step = std::max<std::size_t>(1, (first - begin) / 8);
                std::size_t low = begin, high = begin;
                for (std::size_t i = begin; i < first; i += step) {
                    if (value(series[i]) < value(series[low])) low = i;
                    if (value(series[i]) > value(series[high])) high = i;
                }
                for (std::size_t i : {std::min(low, high), std::max(low, high)})
                    if (points.empty() || points.back().ns < series[i].ns)
                        points.push_back({series[i].ns, value(series[i]), series[i].kind, TaskPhase::Running, false});
            }
        }
        if (last > 0) points.push_back(pointAt(series, std::min(to, m.axis.end)));
    }
};

}  // namespace

VruntimeModel buildVruntime(const Snapshot& snapshot, const ViewOptions& options) {
    VruntimeModel m;
    if (!snapshot.now) return m;
    m.loaded = true;
    m.axis = timeAxis(snapshot, options);
    const SchedKind kind = snapshot.now->kernel.runQueue.kind;
    m.policy = qs(ringside::nameOf(kind));
    const bool fair = kind == SchedKind::Cfs || kind == SchedKind::Eevdf;
    const QString shows = options.setting(QStringLiteral("value"), QStringLiteral("vruntime"));
    m.shows = shows == QLatin1String("cpu") || !fair ? VruntimeValue::CpuTime
              : shows == QLatin1String("lead")       ? VruntimeValue::Lead
                                                     : VruntimeValue::Vruntime;
    const SchedLog& log = snapshot.schedLog;
    m.thinned = log.thinned();
    const Builder b{log, m};
    for (const auto& [pid, series] : log.tasks()) {
        const SchedCounters start = countersAt(series, m.axis.from), end = countersAt(series, m.axis.to);
        VruntimeLine line;
        line.pid = pid;
        line.selected = options.selection.kind == SubjectKind::Task && options.selection.pid == pid;
        line.ran = end.ran - start.ran;
        if (line.ran <= 0 && !line.selected) continue;  // it only slept
        line.name = qs(series.back().name());
        line.weight = series.back().weight;
        const SchedCounters here = countersAt(series, m.axis.now);
        line.phase = here.phase;
        line.value = valueOf(m.shows, here.vruntime, b.minimumAt(m.axis.now), here.ran);
        line.share = line.ran / static_cast<double>(m.axis.shown());
        m.lines.push_back(std::move(line));
    }
    std::stable_sort(m.lines.begin(), m.lines.end(), [](const VruntimeLine& a, const VruntimeLine& c) {
        return a.selected != c.selected ? a.selected : a.ran > c.ran;
    });
    const std::map<i32, double> due = entitled(log, m.axis.from, std::min(m.axis.to, m.axis.end));
    for (VruntimeLine& line : m.lines)
        if (const auto d = due.find(line.pid); d != due.end())
            line.owed = d->second / static_cast<double>(m.axis.shown());
    if (m.lines.size() > kLines) {
        m.others = m.lines.size() - kLines;
        m.lines.resize(kLines);
    }
    for (VruntimeLine& line : m.lines) b.add(line.points, log.tasks().at(line.pid));
    if (m.shows != VruntimeValue::CpuTime)
        for (int c = 0; c <= kColumns; ++c) {
            const u64 ns = m.axis.from + static_cast<u64>(static_cast<double>(m.axis.shown()) * c / kColumns);
            if (ns > m.axis.end) break;
            const u64 minimum = b.minimumAt(ns);
            m.minimum.push_back({ns, valueOf(m.shows, static_cast<double>(minimum), minimum, 0), SampleKind::Timer,
                                 TaskPhase::Running, false});
        }
    m.low = 1e300, m.high = -1e300;
    // A sleeper's lead over min_vruntime says nothing: it is placed anew when it wakes.
    const auto counts = [&](const VruntimePoint& p) {
        return m.shows != VruntimeValue::Lead || p.phase == TaskPhase::Running || p.phase == TaskPhase::Waiting;
    };
    for (const VruntimeLine& line : m.lines)
        for (const VruntimePoint& p : line.points)
            if (counts(p)) m.low = std::min(m.low, p.value), m.high = std::max(m.high, p.value);
    for (const VruntimePoint& p : m.minimum) m.low = std::min(m.low, p.value), m.high = std::max(m.high, p.value);
    if (m.low > m.high) m.low = 0, m.high = 1;
    if (m.high - m.low < 1000) m.high = m.low + 1000;
    return m;
}

QString kindText(SampleKind kind) {
    switch (kind) {
        case SampleKind::Fork:
            return Words::tr("was made");
        case SampleKind::Wake:
            return Words::tr("woke up");
        case SampleKind::Run:
            return Words::tr("got the CPU");
        case SampleKind::Timer:
            return Words::tr("ran on at a timer tick");
        case SampleKind::Preempt:
            return Words::tr("lost the CPU to another");
        case SampleKind::Yield:
            return Words::tr("gave the CPU to another");
        case SampleKind::Sleep:
            return Words::tr("went to sleep");
        case SampleKind::Stop:
            return Words::tr("was stopped");
        case SampleKind::Exit:
            return Words::tr("exited");
        case SampleKind::Reap:
            return Words::tr("was waited for by its parent");
        case SampleKind::Weight:
            return Words::tr("got another weight");
        case SampleKind::Exec:
            return Words::tr("became another program");
    }
    return {};
}

QString phaseText(TaskPhase phase) {
    switch (phase) {
        case TaskPhase::Waiting:
            return Words::tr("waiting for the CPU");
        case TaskPhase::Running:
            return Words::tr("running");
        case TaskPhase::Asleep:
            return Words::tr("asleep");
        case TaskPhase::Stopped:
            return Words::tr("stopped");
        case TaskPhase::Zombie:
            return Words::tr("zombie");
        case TaskPhase::Gone:
            return Words::tr("gone");
    }
    return {};
}

TextTwin twin(const VruntimeModel& m) {
    TextTwin root(Words::tr("vruntime over time"), m.loaded ? m.policy : Words::tr("nothing loaded"));
    if (!m.loaded) return root;
    root.add(Words::tr("from"), timeText(static_cast<double>(m.axis.from), 1e3));
    root.add(Words::tr("to"), timeText(static_cast<double>(m.axis.to), 1e3));
    root.add(Words::tr("now"), timeText(static_cast<double>(m.axis.now), 1e3));
    const auto value = [](double ns) { return QString::number(ns / 1e6, 'f', 3) + QStringLiteral(" ms"); };
    for (const VruntimeLine& line : m.lines) {
        TextTwin& node = root.add(QStringLiteral("%1 PID %2").arg(line.name).arg(line.pid),
                                  Words::tr("%1, weight %2, %3 % of the CPU, owed %4 %, %5 now")
                                      .arg(phaseText(line.phase))
                                      .arg(line.weight)
                                      .arg(100 * line.share, 0, 'f', 1)
                                      .arg(100 * line.owed, 0, 'f', 1)
                                      .arg(value(line.value)),
                                  false, Subject::task(line.pid));
        std::size_t left = 200;
        for (const VruntimePoint& p : line.points) {
            if (left-- == 0) break;
            node.add(timeText(static_cast<double>(p.ns), 1e3),
                     value(p.value) + QStringLiteral(", ") + kindText(p.kind));
        }
    }
    if (!m.minimum.empty())
        root.add(Words::tr("min_vruntime"),
                 Words::tr("%1 at the end of what is shown").arg(value(m.minimum.back().value)));
    return root;
}

}  // namespace ringside
