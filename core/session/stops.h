// Where a run shall stop: what the user set.
#pragma once

#include <string>

#include "core/cpu/cpu.h"
#include "core/session/condition.h"

namespace ringside {

struct Breakpoint {
    u64 address = 0;
    bool enabled = true;
    Condition condition;  // empty: always
    u64 hits = 0;         // how often a run stopped there
    bool operator==(const Breakpoint&) const = default;
};

struct Watchpoint {
    PhysAddr begin;
    u64 length = 1;
    u64 address = 0;     // where the user saw it
    bool reads = false;  // writes are always watched
    bool enabled = true;
    u64 hits = 0;
    bool operator==(const Watchpoint&) const = default;
};

}  // namespace ringside
