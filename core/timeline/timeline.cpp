#include "core/timeline/timeline.h"

#include <algorithm>

namespace ringside {
namespace {

// What a checkpoint costs is a copy of every page that is written after it, and what takes as long as copying this many
// more.
constexpr u64 kPagesACheckpoint = 64;
// About as many ticks as make fifty copies of a page, so that checkpoints take some 2 % of the time …
constexpr Tick kTicksAPage = 25'000;
// … unless the way from one to the next, which is what going anywhere waits for, gets longer than this.
constexpr Tick kFarthest = 16'000'000;
// What lies behind an event (a system call, a page fault) takes longer than the instruction that is its tick.
constexpr Tick kTicksAnEvent = 2000;

bool isDue(const Checkpoints& checkpoints, const EventLog& events, const Machine& now) {
    const Tick last = checkpoints.tickOf(checkpoints.nearest(now.cpu.tick));
    const Tick distance = now.cpu.tick - last;
    if (distance < Timeline::kCheckpointDistance) return false;
    const Tick way = distance + (events.firstAfter(now.cpu.tick) - events.firstAfter(last)) * kTicksAnEvent;
    const Tick wanted = (now.ram.freshBytes() / kPageSize + kPagesACheckpoint) * kTicksAPage;
    return distance >= wanted || way >= kFarthest;
}

}  // namespace

Timeline::Timeline(Machine start, u64 byteBudget)
    : m_now(std::move(start)), m_here{.checkpoints = Checkpoints(m_now)}, m_budget(byteBudget) {
    m_here.frontier = m_now.cpu.tick;
    m_here.events.append(std::exchange(m_now.trace.events, {}));
}

u64 Timeline::historyBytes() const {
    u64 sum = m_here.checkpoints.bytes();
    for (const Branch& b : m_others) sum += b.checkpoints.bytesFrom(b.parted);
    return sum;
}

void Timeline::setBudget(u64 bytes) {
    m_budget = bytes;
    thin();
}

void Timeline::remember() {
    m_here.checkpoints.add(m_now);
    thin();
}

// The futures we are not in give way first; to return to them takes re-execution from where they parted.
void Timeline::thin() {
    u64 others = historyBytes() - m_here.checkpoints.bytes();
    for (Branch& b : m_others) {
        if (others + m_here.checkpoints.bytes() <= m_budget) break;
        const u64 own = b.checkpoints.bytesFrom(b.parted);
        b.checkpoints.dropFrom(b.parted + 1);
        others -= own;
    }
    m_here.checkpoints.thin(m_budget > others ? m_budget - others : 0, tick());
}

void Timeline::beginFootprint() {
    m_now.ram.beginNotes();
    m_now.cpu.beginCodeNotes();
    m_footprintFrom = tick();
}

void Timeline::endFootprint() {
    if (!m_footprintFrom) return;
    m_here.footprints.append({*m_footprintFrom, tick(), m_now.ram.takeNotes(), m_now.cpu.takeCodeNotes()});
    m_footprintFrom.reset();
}

// Before m_now becomes another machine.
void Timeline::leaveFrontier() { endFootprint(); }

// Runs `machine`, applying each recorded input at its tick. An input at tick T acts before anything executes after T,
// also when the machine sleeps there.
MachineStop Timeline::advance(const Branch& branch, Machine& machine, const RunUntil& until, Recorder* recorder) const {
    const std::vector<Input>& inputs = branch.inputs;
    auto input = std::upper_bound(inputs.begin(), inputs.end(), machine.cpu.tick,
                                  [](Tick t, const Input& i) { return t < i.tick; });
    for (;;) {
        RunUntil part = until;
        if (input != inputs.end()) part.tick = std::min(until.tick, input->tick);
        const MachineStop stop = machine.run(part, recorder);
        if (input == inputs.end() || machine.cpu.tick < input->tick) return stop;
        if (until.watch) machine.ram.guard(until.watch->begin, until.watch->length);
        for (; input != inputs.end() && input->tick == machine.cpu.tick; ++input) input->apply(machine);
        if (until.watch) {
            const bool hit = machine.ram.takeGuardHit();
            machine.ram.guard({}, 0);
            if (hit) return MachineStop::Watchpoint;
        }
        if (stop != MachineStop::TickLimit && stop != MachineStop::NeedsInput && stop != MachineStop::Deadlocked &&
            stop != MachineStop::Asleep)
            return stop;
        if (machine.cpu.tick >= until.tick) return MachineStop::TickLimit;
    }
}

void Timeline::takeEvents() {
    m_here.events.append(std::exchange(m_now.trace.events, {}));
    m_here.schedLog.append(std::exchange(m_now.trace.samples, {}));
}

MachineStop Timeline::run(const RunUntil& until, Recorder* recorder) {
    for (;;) {
        const bool replaying = tick() < m_here.frontier;
        if (!replaying && !m_footprintFrom) beginFootprint();
        RunUntil part = until;
        part.tick = std::min(until.tick, tick() + kCheckpointDistance);
        if (replaying) part.tick = std::min(part.tick, m_here.frontier);
        m_now.trace.enabled = !replaying || until.events != 0;
        m_now.trace.sched = !replaying;
        const MachineStop stop = advance(m_here, m_now, part, recorder);
        if (!replaying) {
            takeEvents();
            m_here.frontier = tick();
            const bool ends = stop == MachineStop::Finished || stop == MachineStop::Panicked ||
                              stop == MachineStop::Deadlocked || stop == MachineStop::NeedsInput;
            m_here.stop = ends ? std::optional(stop) : std::nullopt;
            m_here.exitStatus = m_now.kernel.exitStatus.value_or(0);
            if (tick() - *m_footprintFrom >= m_here.footprints.length()) endFootprint();
        } else {
            m_now.trace.events.clear();
        }
        if (isDue(m_here.checkpoints, m_here.events, m_now)) remember();
        if (stop != MachineStop::TickLimit || tick() >= until.tick) return stop;
    }
}

void Timeline::seek(Tick target) {
    target = std::max(target, m_here.checkpoints.tickOf(0));
    const std::size_t checkpoint = m_here.checkpoints.nearest(target);
    if (target < tick() || m_here.checkpoints.tickOf(checkpoint) > tick()) {
        leaveFrontier();
        m_now = m_here.checkpoints[checkpoint];
        m_now.trace = {};
    }
    // Who has come here will look around: dense checkpoints before the place make the steps back short.
    for (Tick before : {Tick{100'000}, Tick{10'000}, Tick{1'000}}) {
        if (target >= m_here.frontier || target < tick() + 2 * before) continue;
        run({.tick = target - before});
        if (tick() == target - before) remember();
    }
    if (target > tick()) run({.tick = target});
}

Machine Timeline::machineAt(const Branch& branch, Tick target) const {
    const Checkpoints& all = branch.checkpoints;
    Machine machine = all[all.nearest(std::max(target, all.tickOf(0)))];
    if (machine.cpu.tick < target) advance(branch, machine, {.tick = target}, nullptr);
    return machine;
}

// The latest stop in (from, to], by running what lies between the checkpoints again, the latest first.
std::optional<Tick> Timeline::lastStopIn(Tick from, Tick to, const RunUntil& what) const {
    Tick end = to;
    for (std::size_t i = m_here.checkpoints.nearest(to == 0 ? 0 : to - 1) + 1; i-- > 0 && !cancelled();) {
        Machine machine = m_here.checkpoints[i];
        if (machine.cpu.tick < from) advance(m_here, machine, {.tick = from}, nullptr);
        machine.trace.enabled = what.events != 0;
        std::optional<Tick> found;
        // One tick further, because a breakpoint is looked at before the instruction that lies behind it.
        while (machine.cpu.tick <= end) {
            RunUntil part = what;
            part.tick = end + 1;
            const MachineStop stop = advance(m_here, machine, part, nullptr);
            machine.trace.events.clear();
            const bool hit =
                stop == MachineStop::Breakpoint || stop == MachineStop::Watchpoint || stop == MachineStop::Event;
            if (!hit || machine.cpu.tick > end) break;
            found = machine.cpu.tick;
        }
        if (found) return *found > from ? found : std::nullopt;
        if (m_here.checkpoints.tickOf(i) <= from) return std::nullopt;
        // A stop exactly at the checkpoint is found in the interval before.
        end = std::min(to, m_here.checkpoints.tickOf(i));
    }
    return std::nullopt;
}

std::optional<Tick> Timeline::lastStop(Tick before, const RunUntil& what) const {
    if (what.events != 0 && what.breakpoints.empty() && !what.watch) return m_here.events.previous(before, what.events);
    if (before <= 1) return std::nullopt;
    for (Tick end = before - 1; end > 0 && !cancelled();) {
        const Footprints::Range range = lastRange(end, what);
        if (range.to == 0) return std::nullopt;
        if (const auto found = lastStopIn(range.from, range.to, what)) return found;
        end = range.from;
    }
    return std::nullopt;
}

// Where up to `end` the stop may be; up to 0: nowhere. What was written and executed can be looked up; what was read,
// and events, can not.
Footprints::Range Timeline::lastRange(Tick end, const RunUntil& what) const {
    if (what.events != 0 || (what.watch && what.watch->reads)) return {0, end};
    Footprints::Range range;
    if (what.watch) range = m_here.footprints.lastWrite(end, what.watch->begin, what.watch->length).value_or(range);
    if (!what.breakpoints.empty()) {
        const Footprints::Range other = m_here.footprints.lastExecution(end, what.breakpoints).value_or(range);
        if (other.to > range.to || (other.to == range.to && other.from > range.from)) range = other;
    }
    return range;
}

bool Timeline::runBack(const RunUntil& what) {
    const auto target = lastStop(tick(), what);
    if (!target) return false;
    seek(*target);
    return true;
}

void Timeline::input(std::string what, std::function<void(Machine&)> apply) {
    const Tick here = tick();
    if (here < m_here.frontier) {
        endFootprint();
        Branch old = m_here;
        m_here.parent = old.id;
        m_here.id = ++m_lastId;
        m_here.parted = here;
        m_here.change.clear();
        m_here.stop.reset();
        m_here.events.truncateAfter(here);
        m_here.schedLog.truncateAfter(here);
        m_here.footprints.truncateAfter(here);
        m_here.frontier = here;
        std::erase_if(m_here.inputs, [here](const Input& i) { return i.tick > here; });
        m_others.push_back(std::move(old));
        // The oldest that nobody has parted from goes.
        for (auto it = m_others.begin(); m_others.size() >= kMostFutures && it != m_others.end(); ++it)
            if (it->parent != 0 && removeFuture(it->id)) break;
    }
    if (m_here.parent != 0 && here == m_here.parted) m_here.change += (m_here.change.empty() ? "" : ", ") + what;
    // A checkpoint taken here was taken before the input.
    m_here.checkpoints.dropFrom(here);
    if (!m_footprintFrom) beginFootprint();
    m_now.trace.enabled = m_now.trace.sched = true;
    apply(m_now);
    takeEvents();
    m_here.stop.reset();
    if (here == m_here.checkpoints.tickOf(0))
        m_here.checkpoints.replaceStart(m_now);  // part of the start
    else
        m_here.inputs.push_back({here, std::move(apply), std::move(what)});
}

Retired Timeline::preview() const {
    Machine machine = m_now;
    machine.trace = {.enabled = false};
    Recorder recorder;
    machine.step(&recorder);
    return recorder.retired.empty() ? Retired{} : recorder.retired.front();
}

Timeline::Detail Timeline::detail(Machine machine, Tick to) const {
    machine.trace = {.enabled = true, .calls = true};
    advance(m_here, machine, {.tick = to}, nullptr);
    return {std::move(machine.trace.events), std::move(machine.trace.trees)};
}

}  // namespace ringside
