// The words behind `--at`: which moment of a run is meant, and at which tick it lies.
//
//     1234               that tick
//     start, end         before the first instruction; where the run ends
//     EVENT[:N]          the Nth event of a kind by its own name: fork, exec:2, cow-copy:1, wakeup:3
//     syscall:NAME[:N]   the Nth call of that name has just been entered
//     fault:KIND[:N]     page faults by what came of them: cow, reuse, zero, zero-page, file, swap, segv
//     address:X[:N]      the Nth time that user code is at this address, before it executes
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/machine/machine.h"

namespace ringside {

struct MomentWanted {
    std::optional<Tick> tick;    // a tick, or `end` as ~0
    u64 events = 0;              // else one of these kinds,
    std::string syscall;         //   a call of this name,
    std::optional<u64> address;  // or user code at this address;
    u64 count = 1;               // the Nth time
};

Expected<MomentWanted> parseMoment(std::string_view text);

// Runs `machine` (a copy of the start) to the moment and returns its tick. Fails when the run ends before it comes.
Expected<Tick> findMoment(Machine machine, const MomentWanted& wanted, std::optional<u64> limit);

}  // namespace ringside
