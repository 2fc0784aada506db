// What one instruction did, micro-step by micro-step, with its values: the subject of the Fetch-Execute view. The CPU
// fills it through the same code that runs at full speed; nothing is computed for the record alone.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "core/base/types.h"
#include "core/cpu/registers.h"
#include "core/memory/paging.h"

namespace ringside {

struct MemoryAccess {
    AccessKind kind = AccessKind::Read;
    VirtAddr address;
    PhysAddr phys;
    u8 size = 0;  // bytes, 1..16 (larger ones come in pieces)
    bool tlbHit = false;
    u64 value = 0;  // first eight bytes, little-endian
};

// One executed instruction or delivered trap.
struct Retired {
    Tick tick = 0;  // tick at which it began
    Registers before, after;
    std::array<u8, 15> bytes{};
    u8 length = 0;                       // 0: no instruction, an interrupt was delivered
    std::vector<MemoryAccess> accesses;  // in order, fetches first
    Cycles cyclesBefore = 0, cyclesAfter = 0;
    std::optional<u8> trap;  // vector, when the instruction ended in one or an interrupt was taken
    u32 errorCode = 0;
};

struct Recorder {
    std::vector<Retired> retired;
};

}  // namespace ringside
