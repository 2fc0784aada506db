#include <algorithm>

#include "core/kernel/sched/sched.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/compare/compare.h"

namespace ringside {
namespace {

constexpr std::size_t kLanes = 12;

QString endText(MachineStop stop) {
    switch (stop) {
        case MachineStop::Finished:
            return Words::tr("ended");
        case MachineStop::Panicked:
            return Words::tr("ended in a panic");
        case MachineStop::NeedsInput:
            return Words::tr("waits for input");
        case MachineStop::Deadlocked:
            return Words::tr("sleeps for ever");
        default:
            return Words::tr("did not end: given up");
    }
}

CompareRun runOf(const PolicyRun& run, const TimeAxis& axis, const Subject& selection) {
    CompareRun r{.kind = run.kind, .done = run.done, .ns = run.ns, .ticks = run.ticks, .times = run.times};
    if (run.done) r.ended = endText(run.stop);
    std::vector<TaskTimes> tasks = run.done ? run.times.tasks : taskTimes(run.log);
    std::erase_if(tasks, [](const TaskTimes& t) { return !t.everRan; });
    if (tasks.size() > kLanes) {
        // Those that computed most, in order of PID.
        std::stable_sort(tasks.begin(), tasks.end(), [](const auto& a, const auto& b) { return a.ran > b.ran; });
        r.others = tasks.size() - kLanes;
        tasks.resize(kLanes);
        std::sort(tasks.begin(), tasks.end(), [](const auto& a, const auto& b) { return a.pid < b.pid; });
    }
    for (TaskTimes& t : tasks) {
        CompareLane lane{.pid = t.pid, .name = qs(t.name)};
        lane.spans = phaseSpans(run.log.tasks().at(t.pid), axis.from, axis.to, run.ns, 400);
        lane.selected = selection.kind == SubjectKind::Task && selection.pid == t.pid;
        lane.times = std::move(t);
        r.lanes.push_back(std::move(lane));
    }
    return r;
}

}  // namespace

QString policyTitle(SchedKind kind) {
    switch (kind) {
        case SchedKind::Coop:
            return Words::tr("cooperative");
        case SchedKind::Rr:
            return Words::tr("round robin");
        case SchedKind::RrLatency:
            return Words::tr("round robin with target latency");
        case SchedKind::Cfs:
            return Words::tr("CFS");
        case SchedKind::Eevdf:
            return Words::tr("EEVDF");
    }
    return {};
}

QString policySentence(SchedKind kind) {
    switch (kind) {
        case SchedKind::Coop:
            return Words::tr("First come, first served: a task keeps the CPU until it sleeps or yields.");
        case SchedKind::Rr:
            return Words::tr("Each task in turn gets the same fixed quantum of two timer ticks.");
        case SchedKind::RrLatency:
            return Words::tr("Six timer ticks are divided among all that want the CPU, one tick at least for each.");
        case SchedKind::Cfs:
            return Words::tr("Whoever has had the least CPU for its weight runs next: the smallest vruntime.");
        case SchedKind::Eevdf:
            return Words::tr("Of those that have not had their share, the one with the earliest virtual deadline.");
    }
    return {};
}

CompareModel buildCompare(const Snapshot& snapshot, const ViewOptions& options) {
    CompareModel m;
    if (!snapshot.now) return m;
    m.loaded = true;
    m.current = snapshot.now->kernel.runQueue.kind;
    u64 begin = ~u64{0}, end = 0;
    for (const auto& run : snapshot.policies) {
        if (!run) continue;
        for (const TaskTimes& t : taskTimes(run->log))
            if (t.everRan) begin = std::min(begin, t.born);
        end = std::max(end, run->ns);
    }
    if (begin >= end) begin = 0, end = std::max<u64>(end, 1000);
    m.axis = {.from = begin, .to = end, .begin = begin, .end = end};
    chooseWindow(m.axis, options);
    for (const auto& run : snapshot.policies)
        if (run) m.runs.push_back(runOf(*run, m.axis, options.selection));
    return m;
}

TextTwin twin(const CompareModel& m) {
    TextTwin root(Words::tr("Policies side by side"), m.loaded ? QString() : Words::tr("nothing loaded"));
    for (const CompareRun& run : m.runs) {
        TextTwin& r = root.add(policyTitle(run.kind), policySentence(run.kind));
        if (!run.done) {
            r.add(Words::tr("running"),
                  Words::tr("%1 of virtual time so far").arg(durationText(static_cast<double>(run.ns))));
            continue;
        }
        r.add(Words::tr("end"), Words::tr("%1 after %2").arg(run.ended, durationText(static_cast<double>(run.ns))));
        r.add(Words::tr("mean waiting time"), durationText(run.times.waiting));
        r.add(Words::tr("mean response time"), durationText(run.times.response));
        r.add(Words::tr("mean turnaround time"), durationText(run.times.turnaround));
        r.add(Words::tr("fairness (Jain)"), QString::number(run.times.fairness, 'f', 3));
        r.add(Words::tr("context switches"), QString::number(run.times.switches));
        for (const TaskTimes& t : run.times.tasks) {
            if (!t.everRan) continue;
            TextTwin& node =
                r.add(QStringLiteral("%1 PID %2").arg(qs(t.name)).arg(t.pid), {}, false, Subject::task(t.pid));
            node.add(Words::tr("ran"), durationText(static_cast<double>(t.ran)));
            node.add(Words::tr("waited"), durationText(static_cast<double>(t.waited)));
            node.add(Words::tr("slept"), durationText(static_cast<double>(t.slept)));
            node.add(Words::tr("response"), durationText(static_cast<double>(t.response())));
            if (t.hasEnded) node.add(Words::tr("turnaround"), durationText(static_cast<double>(t.turnaround())));
        }
    }
    if (m.loaded && m.runs.empty()) root.add(Words::tr("No policies have been compared yet."));
    return root;
}

}  // namespace ringside
