// What the session's thread works on: the timeline and what the screen is told of it. Touched by that thread only.
#pragma once

#include <algorithm>
#include <chrono>
#include <thread>

#include "core/kernel/boot/kernel_image.h"
#include "core/session/session.h"

namespace ringside {

using SessionClock = std::chrono::steady_clock;
// Ticks between looks at the command queue at full speed: a few milliseconds.
inline constexpr Tick kSlice = 500'000;
// From further away than this a command was a jump: what it changed is nearly everything and says nothing.
inline constexpr Tick kLongStep = 10'000;

inline u64 listedEvents() {
    u64 mask = 0;
    for (const EventRow& row : eventRows())
        if (row.group != EventGroup::Call && row.group != EventGroup::Tree && row.group != EventGroup::Memory)
            mask |= RunUntil::bit(row.kind);
    return mask;
}

struct Session::Worker {
    Worker(Machine start, u64 historyBytes, std::atomic<bool>& stopRequest)
        : timeline(std::move(start), historyBytes), interrupt(stopRequest) {
        timeline.setCancel(&interrupt);
    }

    Timeline timeline;
    std::atomic<bool>& interrupt;
    std::shared_ptr<const Machine> before;  // where the last command began
    std::shared_ptr<const Retired> last;
    Since since = Since::Step;
    Tick mark = 0;
    Tick recentFrom = 0;                  // events after this tick are the last step's
    std::vector<Breakpoint> breakpoints;  // by address
    std::vector<u64> active;              // addresses of those that are on, sorted
    std::optional<Watchpoint> watch;
    std::vector<std::pair<Tick, std::string>> bookmarks;  // by tick
    std::shared_ptr<const FutureComparison> comparison;
    std::optional<std::pair<std::string, Tick>> asked;  // the last question, and where its answer is
    bool running = false;
    double speed = 0;
    bool byHand = false;                // somebody types at the terminal
    SessionClock::time_point nextStep;  // at full speed: when everyone has slept enough
    std::optional<MachineStop> stop;
    std::vector<std::shared_ptr<const PolicyRun>> policies;
    std::string message;
    u64 serial = 0;
    std::jthread policyThread;  // posts what it has computed; ends before the rest goes

    // Every command that moves begins here: what the screen shows now becomes "before".
    void depart() {
        before = std::make_shared<const Machine>(timeline.now());
        recentFrom = timeline.tick();
        last = nullptr;
        stop = std::nullopt;
        message.clear();
    }

    void step(Tick count) {
        depart();
        for (Tick i = 0; i < count; ++i) {
            Recorder recorder;
            recentFrom = timeline.tick();
            if (i + 1 == count && count > 1) before = std::make_shared<const Machine>(timeline.now());
            const MachineStop why = timeline.run({.tick = timeline.tick() + 1}, &recorder);
            if (!recorder.retired.empty()) last = std::make_shared<const Retired>(std::move(recorder.retired.back()));
            if (why != MachineStop::TickLimit) {
                stop = why;
                break;
            }
        }
    }

    void goTo(Tick tick) {
        depart();
        // What retired last is what the previous tick does: to just before it, and a step. Beyond the end of the run it
        // is the run's last.
        timeline.seek(tick > 0 ? tick - 1 : 0);
        if (timeline.tick() + 1 < tick) {
            tick = timeline.tick();
            timeline.seek(tick > 0 ? tick - 1 : 0);
        }
        if (timeline.tick() < tick) step(1);
    }

    // The machine with which the screen compares, to mark what changed.
    std::shared_ptr<const Machine> compared() {
        const Tick now = timeline.tick();
        Tick tick = now > 0 ? now - 1 : 0;
        if (since == Since::Event) tick = timeline.events().previous(now, listedEvents()).value_or(0);
        if (since == Since::Mark) tick = std::min(mark, timeline.frontier());
        if (since == Since::Step && before && before->cpu.tick <= now && now - before->cpu.tick <= kLongStep)
            return before;
        if (before && before->cpu.tick == tick) return before;
        return std::make_shared<const Machine>(timeline.machineAt(tick));
    }

    // After a command that ran on: what retired last, run again.
    void lookBack() {
        if (last || timeline.tick() == 0) return;
        Machine machine = timeline.machineAt(timeline.tick() - 1);
        Recorder recorder;
        machine.step(&recorder);
        if (!recorder.retired.empty()) last = std::make_shared<const Retired>(std::move(recorder.retired.back()));
    }

    // The same question, asked where its answer has led, means the time before.
    bool askedHere(const std::string& question) const {
        return asked && asked->first == question && asked->second == timeline.tick();
    }
    void answer(const std::string& question, std::optional<Tick> target, const std::string& none) {
        const Tick here = timeline.tick();
        if (target && *target != here) goTo(*target);
        message = !target ? none : *target == here ? "The step that has just run did it." : "";
        if (target) asked = {question, *target};
    }

    void refreshActive() {
        active.clear();
        for (const Breakpoint& b : breakpoints)
            if (b.enabled) active.push_back(b.address);
    }

    RunUntil userLimits() const {
        RunUntil until;
        until.breakpoints = active;
        if (watch && watch->enabled) until.watch = Watch{watch->begin, watch->length, watch->reads};
        return until;
    }

    Breakpoint* breakpointAt(u64 address) {
        const auto at = std::ranges::lower_bound(breakpoints, address, {}, &Breakpoint::address);
        return at != breakpoints.end() && at->address == address ? &*at : nullptr;
    }

    // Whether the breakpoint that `machine` stands at asks to stop here.
    bool wantsStop(const Machine& machine) {
        const Breakpoint* b = breakpointAt(machine.cpu.regs.rip);
        return !b || b->condition.holds(machine);
    }

    bool asleep() const { return running && stop == MachineStop::Asleep; }

    // One slice of running at full speed; true when it is over. Time in which everyone sleeps is skipped, but not where
    // a person may want to press a key meanwhile: Ctrl-Z on `sleep 100`.
    bool runOn() {
        constexpr u64 kShortestPerSecond = 20;
        RunUntil until = userLimits();
        const Machine& now = timeline.now();
        const bool slept = asleep();
        stop.reset();
        if (byHand && !slept) until.longestSleep = now.cyclesPerSecond() / kShortestPerSecond;
        if (!slice(until, slept ? 1 : kSlice)) return false;
        if (stop == MachineStop::Asleep) {
            nextStep = SessionClock::now() + std::chrono::nanoseconds(now.nanosecondsToSleep());
            return false;
        }
        if (stop == MachineStop::Breakpoint) {
            if (!wantsStop(timeline.now())) {
                stop.reset();
                return false;
            }
            if (Breakpoint* b = breakpointAt(timeline.now().cpu.regs.rip)) ++b->hits;
        }
        if (stop == MachineStop::Watchpoint && watch) ++watch->hits;
        return true;
    }

    // The latest earlier stop of the user's.
    std::optional<Tick> lastUserStop() {
        auto target = timeline.lastStop(timeline.tick(), userLimits());
        while (target && std::ranges::any_of(breakpoints, [](const Breakpoint& b) { return !b.condition.empty(); })) {
            const Machine there = timeline.machineAt(*target);
            if (!std::ranges::binary_search(active, there.cpu.regs.rip) || wantsStop(there)) break;
            target = timeline.lastStop(*target, userLimits());
        }
        return target;
    }

    // Runs on for at most `ticks`; true when something other than the limit stopped it.
    bool slice(RunUntil until, Tick ticks) {
        if (interrupt.exchange(false)) return true;
        until.tick = timeline.tick() + ticks;
        const MachineStop why = timeline.run(until);
        if (why == MachineStop::TickLimit) return false;
        stop = why;
        return true;
    }

    // From schedule()'s choice until the new task is on its own stack, when that was a moment ago or is about to be.
    std::vector<Retired> switching() const {
        constexpr Tick kNear = 64, kLongest = 40;
        const EventLog& log = timeline.events();
        const Tick now = timeline.tick();
        std::optional<Tick> at;
        for (std::size_t i = log.firstAfter(now); !at && i-- > 0 && log[i].tick + kNear >= now;)
            if (log[i].kind == EventKind::Switch) at = log[i].tick;
        if (!at) return {};
        Machine machine = timeline.machineAt(*at);
        machine.trace = {.enabled = false};
        Recorder recorder;
        const auto& symbols = kernelSymbols();
        const auto inside = [&](const char* name) {
            const auto begin = symbols.find(name);
            return begin != symbols.end() && machine.cpu.regs.rip - begin->second < 64;
        };
        while (machine.cpu.tick < *at + kLongest) {
            const bool wasInside = inside("context_switch") || inside("__switch_to_asm");
            if (machine.step(&recorder) != MachineStop::TickLimit) break;  // the run ends in the switch
            const bool isInside = inside("context_switch") || inside("__switch_to_asm");
            if (wasInside && !isInside) break;
        }
        return std::move(recorder.retired);
    }

    std::shared_ptr<const Moment> moment() {
        auto s = std::make_shared<Moment>();
        if (!running) lookBack();
        s->now = std::make_shared<const Machine>(timeline.now());
        s->before = running ? before : compared();
        s->last = last;
        s->events = timeline.events();
        s->schedLog = timeline.schedLog();
        s->frontier = timeline.frontier();
        s->running = running;
        s->stop = stop;
        s->breakpoints = active;
        s->breakpointList = breakpoints;
        s->watch = watch;
        for (const Input& input : timeline.inputs()) s->inputs.emplace_back(input.tick, input.what);
        s->bookmarks = bookmarks;
        s->policies = policies;
        s->historyBytes = timeline.historyBytes();
        s->historyBudget = timeline.budget();
        s->historyThinned = timeline.thinned();
        s->futures = timeline.futures();
        s->comparison = comparison;
        s->message = message;
        s->serial = ++serial;
        if (!running) {
            s->upcoming = std::make_shared<const Retired>(timeline.preview());
            s->switching = switching();
            constexpr Tick kLongest = 200'000;  // the calls of a longer way would be a book
            if (recentFrom < timeline.tick() && timeline.tick() - recentFrom <= kLongest) {
                const bool fromBefore = before && before->cpu.tick == recentFrom;
                Timeline::Detail detail =
                    timeline.detail(fromBefore ? *before : timeline.machineAt(recentFrom), timeline.tick());
                s->recent = std::move(detail.events);
                s->trees = std::move(detail.trees);
            }
        }
        return s;
    }
};

}  // namespace ringside
