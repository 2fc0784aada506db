#include <algorithm>
#include <map>

#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/lanes/lanes.h"

namespace ringside {
namespace {

constexpr Tick kResolution = 2000;  // nothing shorter than this part of the window gets a span of its own
constexpr std::size_t kLanes = 200;

struct Builder {
    LanesModel& m;
    Tick grain;
    std::map<i32, Lane> lanes;
    std::map<i32, std::pair<Tick, LaneState>> since;

    Lane& lane(i32 pid, Tick tick) {
        auto [it, fresh] = lanes.try_emplace(pid);
        if (fresh) it->second.pid = pid, it->second.born = tick;
        return it->second;
    }

    static void append(std::vector<LaneSpan>& spans, LaneSpan span, Tick grain) {
        // What is too short to be seen is joined to its neighbour; running wins.
        if (!spans.empty() && spans.back().to == span.from &&
            ((spans.back().state == span.state && spans.back().pid == span.pid) ||
             (span.to - span.from < grain && spans.back().to - spans.back().from < grain))) {
            spans.back().to = span.to;
            if (span.state == LaneState::Running) spans.back().state = span.state, spans.back().pid = span.pid;
            return;
        }
        spans.push_back(span);
    }

    void close(i32 pid, Tick tick) {
        auto it = since.find(pid);
        if (it == since.end()) return;
        const auto [from, state] = it->second;
        Lane& l = lane(pid, from);
        const u64 length = tick - from;
        if (state == LaneState::Running) l.ran += length;
        if (state == LaneState::Runnable) l.waited += length;
        if (state == LaneState::Asleep) l.slept += length;
        if (tick > m.from && from < m.to && state != LaneState::None)
            append(l.spans, {std::max(from, m.from), std::min(tick, m.to), state, 0}, grain);
        since.erase(it);
    }

    void set(i32 pid, Tick tick, LaneState state) {
        close(pid, tick);
        since[pid] = {tick, state};
        Lane& l = lane(pid, tick);
        if (state == LaneState::Running && !l.everRan) l.everRan = true, l.firstRan = tick;
        if (state == LaneState::Zombie) l.ended = tick;
    }

    void mark(const Event& event) {
        if (event.tick < m.from || event.tick > m.to) return;
        auto& marks = lane(event.pid, event.tick).marks;
        if (!marks.empty() && marks.back().kind == event.kind && event.tick - marks.back().tick < grain * 4)
            ++marks.back().count;
        else
            marks.push_back({event.tick, event.kind, 1});
    }
};

}  // namespace

LanesModel buildLanes(const Snapshot& snapshot, const ViewOptions& options) {
    LanesModel m;
    if (!snapshot.now) return m;
    const Machine& machine = *snapshot.now;
    m.loaded = true;
    m.now = machine.cpu.tick;
    m.frontier = std::max<Tick>(snapshot.frontier, 1);
    m.dropped = snapshot.events.dropped();
    // "span" is how many ticks are shown around now; without it the whole run.
    const Tick span = options.setting(QStringLiteral("span")).toULongLong();
    if (span == 0 || span >= m.frontier) {
        m.from = 0, m.to = m.frontier;
    } else {
        m.from = m.now > span / 2 ? m.now - span / 2 : 0;
        m.to = m.from + span;
    }
    Builder b{m, std::max<Tick>(1, (m.to - m.from) / kResolution), {}, {}};
    i32 onCpu = -1;
    Tick cpuSince = 0;
    auto cpuTo = [&](i32 pid, Tick tick) {
        if (onCpu > 0 && tick > m.from && cpuSince < m.to)
            Builder::append(m.cpu.spans, {std::max(cpuSince, m.from), std::min(tick, m.to), LaneState::Running, onCpu},
                            b.grain);
        onCpu = pid, cpuSince = tick;
    };
    for (std::size_t i = 0; i < snapshot.events.size(); ++i) {
        const Event& e = snapshot.events[i];
        switch (e.kind) {
            case EventKind::Fork:
                b.lane(static_cast<i32>(e.args[0]), e.tick).name = b.lane(e.pid, e.tick).name;
                b.set(static_cast<i32>(e.args[0]), e.tick, LaneState::Runnable);
                b.mark(e);
                break;
            case EventKind::Switch: {
                const i32 from = static_cast<i32>(e.args[0]), to = static_cast<i32>(e.args[1]);
                if (from != 0 && !(b.since.contains(from) && b.since[from].second == LaneState::Zombie))
                    b.set(from, e.tick,
                          e.args[2]                                                             ? LaneState::Runnable
                          : b.since.contains(from) && b.since[from].second == LaneState::Asleep ? LaneState::Asleep
                                                                                                : LaneState::Runnable);
                if (to != 0) b.set(to, e.tick, LaneState::Running);
                cpuTo(to, e.tick);
                break;
            }
            case EventKind::Sleep:
                b.set(e.pid, e.tick, e.args[0] & state::Stopped ? LaneState::Stopped : LaneState::Asleep);
                break;
            case EventKind::Wakeup:
                b.set(static_cast<i32>(e.args[0]), e.tick, LaneState::Runnable);
                break;
            case EventKind::Exit:
                b.set(e.pid, e.tick, LaneState::Zombie);
                b.mark(e);
                break;
            case EventKind::Reap:
                b.close(static_cast<i32>(e.args[0]), e.tick);
                break;
            case EventKind::Exec:
                b.lane(e.pid, e.tick).name = qs(e.text).section(QLatin1Char('/'), -1);
                if (onCpu < 0) b.set(e.pid, e.tick, LaneState::Running), cpuTo(e.pid, e.tick);
                b.mark(e);
                break;
            case EventKind::SyscallEnter:
            case EventKind::PageFault:
            case EventKind::SignalDeliver:
            case EventKind::SegFault:
            case EventKind::Irq:
                b.mark(e);
                break;
            default:
                break;
        }
    }
    cpuTo(0, m.frontier);
    std::vector<i32> open;
    for (const auto& [pid, state] : b.since) open.push_back(pid);
    for (i32 pid : open) b.close(pid, m.frontier);
    for (auto& [pid, lane] : b.lanes) {
        if (pid == 0 || (lane.spans.empty() && lane.marks.empty())) continue;
        if (const Task* task = taskByPid(machine, pid)) lane.name = qs(task->comm);
        m.lanes.push_back(std::move(lane));
        if (m.lanes.size() == kLanes) break;
    }
    return m;
}

TextTwin twin(const LanesModel& m) {
    TextTwin root(Words::tr("Lanes"), m.loaded ? Words::tr("ticks %1 to %2").arg(countText(m.from), countText(m.to))
                                               : Words::tr("nothing loaded"));
    auto stateName = [](LaneState state) {
        switch (state) {
            case LaneState::Running:
                return Words::tr("running");
            case LaneState::Runnable:
                return Words::tr("waiting for the CPU");
            case LaneState::Asleep:
                return Words::tr("asleep");
            case LaneState::Stopped:
                return Words::tr("stopped");
            case LaneState::Zombie:
                return Words::tr("zombie");
            case LaneState::None:
                break;
        }
        return QString();
    };
    TextTwin& cpu = root.add(Words::tr("CPU"));
    constexpr std::size_t kMost = 200;
    for (std::size_t i = 0; i < std::min(kMost, m.cpu.spans.size()); ++i)
        cpu.add(QStringLiteral("%1 – %2").arg(countText(m.cpu.spans[i].from), countText(m.cpu.spans[i].to)),
                QStringLiteral("PID %1").arg(m.cpu.spans[i].pid), false, Subject::task(m.cpu.spans[i].pid));
    for (const Lane& lane : m.lanes) {
        TextTwin& l = root.add(QStringLiteral("%1 PID %2").arg(lane.name).arg(lane.pid),
                               Words::tr("ran %1 ticks, waited %2, slept %3")
                                   .arg(countText(lane.ran), countText(lane.waited), countText(lane.slept)),
                               false, Subject::task(lane.pid));
        for (std::size_t i = 0; i < std::min(kMost, lane.spans.size()); ++i)
            l.add(QStringLiteral("%1 – %2").arg(countText(lane.spans[i].from), countText(lane.spans[i].to)),
                  stateName(lane.spans[i].state));
    }
    return root;
}

}  // namespace ringside
