// The families of instructions. Each has a file with its rows and its handlers; table.cpp puts them together. A new
// family is one declaration and one entry here.
#pragma once

#include <array>
#include <span>

#include "core/cpu/insn/insn.h"

namespace ringside {

std::span<const Row> rowsOfMove();        // MOV, XCHG, PUSH, POP, LEA, CMOVcc, SETcc, extensions, byte swaps
std::span<const Row> rowsOfAlu();         // ADD … CMP, TEST, INC, DEC, NEG, NOT, XADD, CMPXCHG
std::span<const Row> rowsOfBranch();      // JMP, Jcc, CALL, RET, LOOP, ENTER, LEAVE
std::span<const Row> rowsOfShift();       // shifts, rotates, bit tests and scans, POPCNT, CRC32
std::span<const Row> rowsOfMultiply();    // MUL, IMUL, DIV, IDIV
std::span<const Row> rowsOfString();      // MOVS, CMPS, SCAS, LODS, STOS, INS, OUTS
std::span<const Row> rowsOfSystem();      // SYSCALL, IRET, INT, segment, control and debug registers, ports
std::span<const Row> rowsOfIdentity();    // CPUID, RDTSC, MSRs
std::span<const Row> rowsOfMisc();        // NOPs, fences, flags, invalid opcodes
std::span<const Row> rowsOfSseMove();     // moves, shuffles, blends, bitwise logic of floats
std::span<const Row> rowsOfSseInteger();  // packed integers, string compares, lanes
std::span<const Row> rowsOfSseFloat();    // floating point: arithmetic, compare, round, convert
std::span<const Row> rowsOfMmx();
std::span<const Row> rowsOfX87();         // arithmetic, loads, stores, compares
std::span<const Row> rowsOfX87Control();  // control words, environments, FXSAVE

// The handler of a comparison that does the conditional jump behind it, too; null: there is none. Where the run of
// instructions ends between the two, it does the comparison alone.
Handler fusedWithJump(Handler comparison, unsigned condition);

inline constexpr std::array kFamilies{
    &rowsOfMove,       &rowsOfAlu,      &rowsOfBranch,   &rowsOfShift, &rowsOfMultiply,
    &rowsOfString,     &rowsOfSystem,   &rowsOfIdentity, &rowsOfMisc,  &rowsOfSseMove,
    &rowsOfSseInteger, &rowsOfSseFloat, &rowsOfMmx,      &rowsOfX87,   &rowsOfX87Control,
};

}  // namespace ringside
