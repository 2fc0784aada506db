// What the screen gets: the machine at one moment and what led there, all of it const and shared.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/machine/machine.h"
#include "core/session/stops.h"
#include "core/timeline/policy_run.h"
#include "core/timeline/sched_log.h"
#include "core/timeline/timeline.h"

namespace ringside {

struct Moment {
    std::shared_ptr<const Machine> now;
    std::shared_ptr<const Machine> before;    // at the previous stop (or before the last step); null at the start
    std::shared_ptr<const Retired> last;      // the instruction that just retired, when stepping; else null
    std::shared_ptr<const Retired> upcoming;  // the one about to run, executed on a copy; null while running at speed
    EventLog events;                          // of the whole run up to the frontier
    SchedLog schedLog;                        // likewise: who had the CPU when, and every vruntime
    std::vector<Event> recent;                // of the last step, kernel calls and tree steps included
    std::vector<TreeStep> trees;              // of the last step: how the scheduler's tree changed, one by one
    std::vector<Retired> switching;           // close behind a context switch: the instructions that make it
    Tick frontier = 0;                        // the latest tick ever reached
    bool running = false;
    std::optional<MachineStop> stop;         // why it does not run
    std::vector<u64> breakpoints;            // addresses of those that are on, sorted
    std::vector<Breakpoint> breakpointList;  // all of them, by address
    std::optional<Watchpoint> watch;
    std::vector<std::pair<Tick, std::string>> inputs;  // what the user did to the machine, and when
    std::vector<std::pair<Tick, std::string>> bookmarks;
    std::vector<std::shared_ptr<const PolicyRun>> policies;  // the same program under others, for comparison
    std::vector<FutureInfo> futures;                         // by id; one of them is current
    std::shared_ptr<const FutureComparison> comparison;      // of two of them, once asked for
    u64 historyBytes = 0;                                    // host memory of all checkpoints
    u64 historyBudget = 0;
    u64 historyThinned = 0;  // checkpoints given up to stay below it
    std::string message;     // the answer to the last command, for the status bar
    u64 serial = 0;          // grows with each
};

}  // namespace ringside
