// Time travel: one run of a machine, of which every moment can be visited.
//
// The machine is deterministic, so a run is its start plus the inputs that arrived from outside. The timeline keeps
// copies of the machine (checkpoints) about every million ticks, thinned exponentially with their age under a byte
// budget, and re-executes from the nearest one. The *frontier* is the latest tick ever reached; events are collected
// only there, once. An input given in the past makes a new future: what lay behind it is forgotten.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/machine/machine.h"
#include "core/timeline/event_log.h"
#include "core/timeline/sched_log.h"

namespace ringside {

// Something from outside that changed the machine; applied before the first instruction after `tick`.
struct Input {
    Tick tick = 0;
    std::function<void(Machine&)> apply;  // must be deterministic and own what it refers to
    std::string what;                     // as the timeline names it: "typed \"ls\"", "RAX = 5"
};

class Timeline {
 public:
    static constexpr Tick kCheckpointDistance = 1'000'000;

    explicit Timeline(Machine start, u64 byteBudget = u64{512} << 20);

    const Machine& now() const { return m_now; }
    Tick tick() const { return m_now.cpu.tick; }
    Tick frontier() const { return m_frontier; }
    const EventLog& events() const { return m_events; }
    const SchedLog& schedLog() const { return m_schedLog; }
    const Machine& start() const { return *m_checkpoints.front().machine; }
    std::size_t checkpointCount() const { return m_checkpoints.size(); }
    u64 checkpointBytes() const { return m_bytes; }
    const std::vector<Input>& inputs() const { return m_inputs; }

    // Runs on, re-playing recorded inputs below the frontier.
    MachineStop run(const RunUntil& until, Recorder* recorder = nullptr);
    // Goes to exactly `tick`, in either direction; past the end of the run it stops where the run ends.
    void seek(Tick tick);
    // Goes back to the last moment before now at which `what` would have stopped; false (and no move) if there is none.
    bool runBack(const RunUntil& what);
    // The latest tick in (0, before) at which running would have stopped for `what`.
    std::optional<Tick> lastStop(Tick before, const RunUntil& what) const;

    // Changes the machine here and now. Below the frontier this begins a new future.
    void input(std::string what, std::function<void(Machine&)> apply);

    // The instruction that would retire next, executed on a copy.
    Retired preview() const;
    // All events of (from, to], kernel calls and tree steps included, by running them again on a copy.
    struct Detail {
        std::vector<Event> events;
        std::vector<TreeStep> trees;  // of the last operations on the scheduler's tree
    };
    Detail detail(Tick from, Tick to) const;
    // The machine as it was or will be at `tick` (not beyond the frontier), without going there.
    Machine machineAt(Tick tick) const;

 private:
    struct Checkpoint {
        std::shared_ptr<const Machine> machine;
        u64 bytes = 0;  // roughly what it keeps alive alone
        Tick tick() const { return machine->cpu.tick; }
    };
    std::size_t nearest(Tick tick) const;  // index of the last checkpoint at or before `tick`
    void remember();
    void thin();
    void takeEvents();
    MachineStop advance(Machine& machine, const RunUntil& until, Recorder* recorder) const;

    Machine m_now;
    std::vector<Checkpoint> m_checkpoints;  // by tick; the first is the start
    std::vector<Input> m_inputs;            // by tick
    EventLog m_events;
    SchedLog m_schedLog;
    Tick m_frontier;
    u64 m_budget;
    u64 m_bytes = 0;
};

}  // namespace ringside
