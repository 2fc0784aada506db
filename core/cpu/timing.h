// What things cost, in simulated cycles. A teaching model, not a pipeline: every instruction pays for its class, every
// memory access (through the TLB) pays once more, every TLB miss pays for the reads of the page walk. What the host has
// cached changes nothing.
#pragma once

#include <array>

#include "core/base/types.h"

namespace ringside {

enum class Timing : u8 {
    Simple,          // moves, ALU, LEA, NOP, flags
    Shift,           // shifts by CL, double shifts, bit scans
    Branch,          // jumps, taken or not
    Call,            // CALL, RET
    Multiply,        // integer multiplication
    Divide,          // integer division
    String,          // string instructions; each iteration pays for its accesses
    Atomic,          // whatever has a LOCK prefix; CMPXCHG8B and 16B
    Vector,          // SSE and MMX moves, logic, integer arithmetic
    Float,           // floating-point add, multiply, compare, convert
    FloatDivide,     // floating-point divide, square root
    Transcendental,  // x87 sine, logarithm, …
    StateSave,       // FXSAVE, FXRSTOR
    Fence,           // fences, PAUSE
    System,          // control registers, MSRs, CPUID, descriptor tables
    Ring,            // SYSCALL, SYSRET, IRET, INT
    kCount
};

inline constexpr std::array<u8, static_cast<unsigned>(Timing::kCount)> kBaseCycles = {
    1,   // Simple
    1,   // Shift
    1,   // Branch
    2,   // Call
    3,   // Multiply
    24,  // Divide
    2,   // String
    18,  // Atomic
    1,   // Vector
    4,   // Float
    16,  // FloatDivide
    80,  // Transcendental
    60,  // StateSave
    6,   // Fence
    40,  // System
    40,  // Ring
};

inline constexpr Cycles kMemoryAccessCycles = 1;  // per translated access; one that crosses a page counts twice
inline constexpr Cycles kWalkReadCycles = 5;      // per page-table entry read on a TLB miss
inline constexpr Cycles kTrapCycles = 80;         // delivery of an exception or interrupt

}  // namespace ringside
