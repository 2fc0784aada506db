#include "core/timeline/timeline.h"

#include <algorithm>

namespace ringside {
namespace {

// Machines used to look around must not collect events nobody takes.
Machine quietCopy(const Machine& machine) {
    Machine copy = machine;
    copy.trace = {.enabled = false};
    return copy;
}

}  // namespace

Timeline::Timeline(Machine start, u64 byteBudget)
    : m_now(std::move(start)), m_frontier(m_now.cpu.tick), m_budget(byteBudget) {
    m_events.append(std::exchange(m_now.trace.events, {}));
    m_checkpoints.push_back({std::make_shared<const Machine>(quietCopy(m_now)), 0});
}

std::size_t Timeline::nearest(Tick tick) const {
    auto after = std::upper_bound(m_checkpoints.begin(), m_checkpoints.end(), tick,
                                  [](Tick t, const Checkpoint& c) { return t < c.tick(); });
    CHECK(after != m_checkpoints.begin());
    return static_cast<std::size_t>(after - m_checkpoints.begin()) - 1;
}

void Timeline::remember() {
    const std::size_t before = nearest(tick());
    if (m_checkpoints[before].tick() == tick()) return;
    const u64 bytes = m_now.ram.freshBytes() + 65536;
    m_checkpoints.insert(m_checkpoints.begin() + static_cast<std::ptrdiff_t>(before) + 1,
                         {std::make_shared<const Machine>(quietCopy(m_now)), bytes});
    m_bytes += bytes;
    thin();
}

// Drops the checkpoint whose loss costs least: the one in the smallest gap relative to its age. Old moments get sparse,
// recent ones stay dense.
void Timeline::thin() {
    constexpr std::size_t kMost = 400;
    while (m_checkpoints.size() > 3 && (m_bytes > m_budget || m_checkpoints.size() > kMost)) {
        std::size_t victim = 1;
        double best = -1;
        for (std::size_t i = 1; i + 1 < m_checkpoints.size(); ++i) {
            const double gap = static_cast<double>(m_checkpoints[i + 1].tick() - m_checkpoints[i - 1].tick());
            const double age = static_cast<double>(m_frontier - std::min(m_frontier, m_checkpoints[i].tick())) + 1;
            if (age / gap > best) best = age / gap, victim = i;
        }
        // Half of what the dropped one kept alive alone (a guess) now hangs on its successor.
        const u64 kept = m_checkpoints[victim].bytes / 2;
        m_checkpoints[victim + 1].bytes += kept;
        m_bytes -= m_checkpoints[victim].bytes - kept;
        m_checkpoints.erase(m_checkpoints.begin() + static_cast<std::ptrdiff_t>(victim));
    }
}

// Runs `machine`, applying each recorded input at its tick. An input at tick T acts before anything executes after T,
// also when the machine sleeps there.
MachineStop Timeline::advance(Machine& machine, const RunUntil& until, Recorder* recorder) const {
    auto input = std::upper_bound(m_inputs.begin(), m_inputs.end(), machine.cpu.tick,
                                  [](Tick t, const Input& i) { return t < i.tick; });
    for (;;) {
        RunUntil part = until;
        if (input != m_inputs.end()) part.tick = std::min(until.tick, input->tick);
        const MachineStop stop = machine.run(part, recorder);
        if (input == m_inputs.end() || machine.cpu.tick < input->tick) return stop;
        for (; input != m_inputs.end() && input->tick == machine.cpu.tick; ++input) input->apply(machine);
        if (stop != MachineStop::TickLimit && stop != MachineStop::NeedsInput) return stop;
        if (machine.cpu.tick >= until.tick) return MachineStop::TickLimit;
    }
}

void Timeline::takeEvents() {
    m_events.append(std::exchange(m_now.trace.events, {}));
    m_schedLog.append(std::exchange(m_now.trace.samples, {}));
}

MachineStop Timeline::run(const RunUntil& until, Recorder* recorder) {
    for (;;) {
        const bool replaying = tick() < m_frontier;
        RunUntil part = until;
        part.tick = std::min(until.tick, tick() + kCheckpointDistance);
        if (replaying) part.tick = std::min(part.tick, m_frontier);
        m_now.trace.enabled = !replaying || until.events != 0;
        m_now.trace.sched = !replaying;
        const MachineStop stop = advance(m_now, part, recorder);
        if (!replaying) {
            takeEvents();
            m_frontier = tick();
        } else {
            m_now.trace.events.clear();
        }
        if (tick() - m_checkpoints[nearest(tick())].tick() >= kCheckpointDistance) remember();
        if (stop != MachineStop::TickLimit || tick() >= until.tick) return stop;
    }
}

void Timeline::seek(Tick target) {
    target = std::max(target, m_checkpoints.front().tick());
    const std::size_t checkpoint = nearest(target);
    if (target < tick() || m_checkpoints[checkpoint].tick() > tick()) {
        m_now = *m_checkpoints[checkpoint].machine;
        m_now.trace = {};
    }
    if (target > tick()) run({.tick = target});
}

Machine Timeline::machineAt(Tick target) const {
    Machine machine = *m_checkpoints[nearest(std::max(target, m_checkpoints.front().tick()))].machine;
    if (machine.cpu.tick < target) advance(machine, {.tick = target}, nullptr);
    return machine;
}

std::optional<Tick> Timeline::lastStop(Tick before, const RunUntil& what) const {
    if (what.events != 0 && what.breakpoints.empty() && !what.watch) return m_events.previous(before, what.events);
    if (before == 0) return std::nullopt;
    Tick end = before;
    for (std::size_t i = nearest(before - 1) + 1; i-- > 0;) {
        Machine machine = *m_checkpoints[i].machine;
        machine.trace.enabled = what.events != 0;
        std::optional<Tick> found;
        while (machine.cpu.tick < end) {
            RunUntil part = what;
            part.tick = end;
            const MachineStop stop = advance(machine, part, nullptr);
            machine.trace.events.clear();
            const bool hit =
                stop == MachineStop::Breakpoint || stop == MachineStop::Watchpoint || stop == MachineStop::Event;
            if (!hit || machine.cpu.tick >= before) break;
            found = machine.cpu.tick;
        }
        if (found) return found;
        end = std::min(before,
                       m_checkpoints[i].tick() + 1);  // a stop exactly at the checkpoint: found in the interval before
    }
    return std::nullopt;
}

bool Timeline::runBack(const RunUntil& what) {
    const auto target = lastStop(tick(), what);
    if (!target) return false;
    seek(*target);
    return true;
}

void Timeline::input(std::string what, std::function<void(Machine&)> apply) {
    const Tick here = tick();
    if (here < m_frontier) {
        m_events.truncateAfter(here);
        m_schedLog.truncateAfter(here);
        m_frontier = here;
        std::erase_if(m_inputs, [here](const Input& i) { return i.tick > here; });
    }
    // A checkpoint taken here was taken before the input.
    while (m_checkpoints.size() > 1 && m_checkpoints.back().tick() >= here) {
        m_bytes -= m_checkpoints.back().bytes;
        m_checkpoints.pop_back();
    }
    m_now.trace.enabled = m_now.trace.sched = true;
    apply(m_now);
    takeEvents();
    if (here == m_checkpoints.front().tick())
        m_checkpoints.front().machine = std::make_shared<const Machine>(quietCopy(m_now));  // part of the start
    else
        m_inputs.push_back({here, std::move(apply), std::move(what)});
}

Retired Timeline::preview() const {
    Machine machine = quietCopy(m_now);
    Recorder recorder;
    machine.step(&recorder);
    return recorder.retired.empty() ? Retired{} : recorder.retired.front();
}

Timeline::Detail Timeline::detail(Tick from, Tick to) const {
    Machine machine = machineAt(from);
    machine.trace = {.enabled = true, .calls = true};
    advance(machine, {.tick = to}, nullptr);
    return {std::move(machine.trace.events), std::move(machine.trace.trees)};
}

}  // namespace ringside
