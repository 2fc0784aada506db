#include "core/timeline/policy_run.h"

#include <algorithm>
#include <utility>

#include "core/kernel/sched/sched.h"

namespace ringside {
namespace {

// When the last thing happened.
u64 endOf(const SchedLog& log) {
    u64 end = log.cpu().size() ? log.cpu().back().ns : 0;
    for (const auto& [pid, series] : log.tasks()) end = std::max(end, series.back().ns);
    return end;
}

}  // namespace

TaskTimes timesOfTask(i32 pid, const SchedLog::Series& series, u64 end) {
    const SchedSample &first = series[0], &last = series.back();
    TaskTimes t{.pid = pid, .name = std::string(last.name()), .weight = last.weight, .born = first.ns};
    t.ran = last.ran;
    t.waited = last.waited;
    for (std::size_t i = 0; i < series.size() && !t.everRan; ++i)
        if (series[i].phase == TaskPhase::Running) t.everRan = true, t.firstRan = series[i].ns;
    for (std::size_t back = 0; back < std::min<std::size_t>(series.size(), 3); ++back) {
        const SchedSample& s = series[series.size() - 1 - back];
        if (s.kind == SampleKind::Exit) t.hasEnded = true, t.ended = s.ns;
    }
    // What goes on at the end of the run.
    if (!t.hasEnded && end > last.ns) {
        if (last.phase == TaskPhase::Running) t.ran += end - last.ns;
        if (last.phase == TaskPhase::Waiting) t.waited += end - last.ns;
    }
    t.slept = (t.hasEnded ? t.ended : std::max(end, last.ns)) - t.born;
    t.slept -= std::min(t.slept, t.ran + t.waited);
    return t;
}

std::vector<TaskTimes> taskTimes(const SchedLog& log) {
    const u64 end = endOf(log);
    std::vector<TaskTimes> all;
    for (const auto& [pid, series] : log.tasks())
        if (!series.back().kthread) all.push_back(timesOfTask(pid, series, end));
    return all;
}

std::map<i32, double> entitled(const SchedLog& log, u64 from, u64 to) {
    struct Change {
        u64 ns;
        i32 pid;
        double weight;  // while it wants the CPU from here on; 0: it does not
    };
    std::vector<Change> changes;
    for (const auto& [pid, series] : log.tasks()) {
        double before = 0;
        std::size_t i = series.at(from);
        if (i == series.size()) i = 0;
        for (; i < series.size() && series[i].ns < to; ++i) {
            const SchedSample& s = series[i];
            const bool wants = s.phase == TaskPhase::Running || s.phase == TaskPhase::Waiting;
            const double weight = wants ? s.weight : 0;
            if (weight == before) continue;
            changes.push_back({std::max(s.ns, from), pid, weight});
            before = weight;
        }
        changes.push_back({to, pid, 0});
    }
    std::stable_sort(changes.begin(), changes.end(), [](const Change& a, const Change& b) { return a.ns < b.ns; });
    // `perWeight` is what a weight of 1 was due since `from`.
    struct Open {
        double weight = 0, since = 0;
    };
    std::map<i32, Open> open;
    std::map<i32, double> due;
    double all = 0, perWeight = 0;
    u64 last = from;
    for (const Change& c : changes) {
        if (all > 0.5) perWeight += static_cast<double>(c.ns - last) / all;
        last = c.ns;
        Open& o = open[c.pid];
        due[c.pid] += o.weight * (perWeight - o.since);
        all += c.weight - o.weight;
        o = {c.weight, perWeight};
    }
    return due;
}

double jainIndex(const std::vector<double>& shares) {
    double sum = 0, squares = 0;
    for (double x : shares) sum += x, squares += x * x;
    return squares > 0 ? sum * sum / (static_cast<double>(shares.size()) * squares) : 1;
}

PolicyTimes policyTimes(const SchedLog& log) {
    PolicyTimes times{.tasks = taskTimes(log)};
    const std::map<i32, double> due = entitled(log, 0, endOf(log));
    std::vector<double> shares;
    double response = 0, ended = 0;
    for (const TaskTimes& t : times.tasks) {
        times.waiting += static_cast<double>(t.waited);
        if (t.everRan) times.response += static_cast<double>(t.response()), ++response;
        if (t.hasEnded) times.turnaround += static_cast<double>(t.turnaround()), ++ended;
        const double wanted = static_cast<double>(t.ran + t.waited);
        if (const auto d = due.find(t.pid); wanted > static_cast<double>(t.slept) && d != due.end() && d->second > 0)
            shares.push_back(static_cast<double>(t.ran) / d->second);
    }
    times.waiting /= std::max<double>(1, static_cast<double>(times.tasks.size()));
    times.response /= std::max(1.0, response);
    times.turnaround /= std::max(1.0, ended);
    times.fairness = jainIndex(shares);
    return times;
}

PolicyRun runUnder(Machine machine, SchedKind kind, Tick limit, std::vector<std::function<void(Machine&)>> inputs,
                   const std::function<bool(const PolicyRun&)>& progress) {
    constexpr Tick kSlice = 4'000'000;
    PolicyRun run{.kind = kind};
    machine.trace = {.enabled = false, .sched = true};
    machine.kernel.options.sched = kind;  // what the kernel boots with
    Os os{machine.kernel, machine.cpu, machine.ram, machine.devices, machine.trace, machine.clockHz};
    setScheduler(os, kind);
    std::size_t input = 0;
    while (!run.done) {
        run.stop = machine.run({.tick = std::min(limit, machine.cpu.tick + kSlice)});
        run.log.append(std::exchange(machine.trace.samples, {}));
        run.ns = machine.nanoseconds();
        run.ticks = machine.cpu.tick;
        if (run.stop == MachineStop::NeedsInput && input < inputs.size())
            inputs[input++](machine);
        else
            run.done = run.stop != MachineStop::TickLimit || machine.cpu.tick >= limit;
        if (run.done) {
            run.times = policyTimes(run.log);
            run.times.switches = machine.kernel.counters.switches;
        }
        if (!progress(run)) break;
    }
    return run;
}

}  // namespace ringside
