// Time travel: the runs of a machine, of which every moment can be visited.
//
// The machine is deterministic, so a run is its start plus the inputs that arrived from outside. The timeline keeps
// copies of the machine (checkpoints), a million ticks apart or more when they cost more, thinned under a byte budget,
// and re-executes from the nearest one. The *frontier* is the latest tick ever reached; events and footprints are
// collected only there, once. An input given in the past makes a new *future*, which has the past up to there in common
// with the one it left; all of them are kept, one of them is the one we are in.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/machine/machine.h"
#include "core/timeline/checkpoints.h"
#include "core/timeline/event_log.h"
#include "core/timeline/footprints.h"
#include "core/timeline/sched_log.h"

namespace ringside {

// Something from outside that changed the machine; applied before the first instruction after `tick`.
struct Input {
    Tick tick = 0;
    std::function<void(Machine&)> apply;  // must be deterministic and own what it refers to
    std::string what;                     // as the timeline names it: "typed \"ls\"", "RAX = 5"
};

// What there is to know about a future without going there.
struct FutureInfo {
    u32 id = 0;
    u32 parent = 0;      // 0: the run as it began
    Tick parted = 0;     // where it left its parent …
    std::string change;  // … because this was done there
    Tick end = 0;        // the latest tick ever reached in it
    std::optional<MachineStop> stop;
    i32 exitStatus = 0;  // of a finished one, as in wait(2)
    u64 events = 0;
    u64 bytes = 0;  // of the checkpoints that are its own
    bool current = false;
    bool operator==(const FutureInfo&) const = default;
};

// How two futures differ, beginning with the first difference.
struct FutureComparison {
    u32 first = 0, second = 0;
    Tick parted = 0;                               // the last tick they have in common
    std::optional<Event> firstEvent, secondEvent;  // the first event that is not the same; nothing: it has no more
    std::string commonOutput;                      // the end of what both printed, then what only one did
    std::string firstOutput, secondOutput;
    std::optional<i32> firstStatus, secondStatus;
    Tick firstEnd = 0, secondEnd = 0;
    // Both machines at the same tick.
    Tick at = 0;
    struct Difference {
        std::string name;
        u64 first = 0, second = 0;
        bool operator==(const Difference&) const = default;
    };
    std::vector<Difference> registers;
    u64 frames = 0;                  // of RAM whose bytes differ
    std::vector<Difference> memory;  // the first bytes of some of them, by physical address
    bool operator==(const FutureComparison&) const = default;
};

class Timeline {
 public:
    static constexpr Tick kCheckpointDistance = 1'000'000;
    static constexpr std::size_t kMostFutures = 16;

    explicit Timeline(Machine start, u64 byteBudget = u64{512} << 20);

    const Machine& now() const { return m_now; }
    Tick tick() const { return m_now.cpu.tick; }
    Tick frontier() const { return m_here.frontier; }
    const EventLog& events() const { return m_here.events; }
    const SchedLog& schedLog() const { return m_here.schedLog; }
    const Machine& start() const { return m_here.checkpoints[0]; }
    const std::vector<Input>& inputs() const { return m_here.inputs; }
    const Footprints& footprints() const { return m_here.footprints; }

    std::size_t checkpointCount() const { return m_here.checkpoints.size(); }
    // Of all futures.
    u64 historyBytes() const;
    u64 budget() const { return m_budget; }
    void setBudget(u64 bytes);
    u64 thinned() const { return m_here.checkpoints.dropped(); }  // checkpoints given up

    // A long search looks at `flag` and gives up when it is set.
    void setCancel(const std::atomic<bool>* flag) { m_cancel = flag; }

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

    u32 future() const { return m_here.id; }
    std::vector<FutureInfo> futures() const;  // by id
    // Goes on in another one, at the same tick or where it ends; false: there is no such future.
    bool switchTo(u32 id);
    bool removeFuture(u32 id);  // not the current one, nor one that another has parted from
    // Registers and memory at `at`, or at the latest tick both have reached.
    std::optional<FutureComparison> compare(u32 first, u32 second, std::optional<Tick> at = {}) const;

    // Runs a machine that is a moment of this future on, with the inputs that were recorded.
    MachineStop replay(Machine& machine, const RunUntil& until) const {
        return advance(m_here, machine, until, nullptr);
    }
    // The instruction that would retire next, executed on a copy.
    Retired preview() const;
    // All events of (from, to], kernel calls and tree steps included, by running them again on a copy.
    struct Detail {
        std::vector<Event> events;
        std::vector<TreeStep> trees;  // of the last operations on the scheduler's tree
    };
    Detail detail(Tick from, Tick to) const { return detail(machineAt(from), to); }
    Detail detail(Machine from, Tick to) const;  // `from`: a machine of this run
    // The machine as it was or will be at `tick` (not beyond the frontier), without going there.
    Machine machineAt(Tick tick) const { return machineAt(m_here, tick); }

 private:
    struct Branch {
        u32 id = 1, parent = 0;
        Tick parted = 0;
        std::string change;
        Checkpoints checkpoints;
        std::vector<Input> inputs;  // by tick
        EventLog events;
        SchedLog schedLog;
        Footprints footprints;
        Tick frontier = 0;
        std::optional<MachineStop> stop;  // why it does not go on from the frontier
        i32 exitStatus = 0;
    };
    MachineStop advance(const Branch& branch, Machine& machine, const RunUntil& until, Recorder* recorder) const;
    Machine machineAt(const Branch& branch, Tick tick) const;
    std::optional<Tick> lastStopIn(Tick from, Tick to, const RunUntil& what) const;
    Footprints::Range lastRange(Tick end, const RunUntil& what) const;
    bool cancelled() const { return m_cancel && m_cancel->load(std::memory_order_relaxed); }
    const Branch* find(u32 id) const;
    FutureInfo infoOf(const Branch& branch) const;
    void remember();
    void thin();
    void takeEvents();
    void beginFootprint();
    void endFootprint();
    void leaveFrontier();

    Machine m_now;
    Branch m_here;
    std::vector<Branch> m_others;
    u32 m_lastId = 1;
    u64 m_budget;
    std::optional<Tick> m_footprintFrom;  // m_now takes notes since
    const std::atomic<bool>* m_cancel = nullptr;
};

}  // namespace ringside
