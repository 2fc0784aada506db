// Makes cases for a row of the CPU's own instruction table: every way to write its operands, the values at which
// arithmetic goes wrong, memory that is misaligned, crosses pages, is read-only or is not there. The same seed makes
// the same cases.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/cpu/insn/decode.h"
#include "tests/differential/random.h"
#include "tests/differential/sandbox.h"

namespace ringside::sandbox {

// Why a row can not be tried on the host, or empty.
std::string_view excluded(const Row& row);
// Exclusions that name no row (any more).
std::vector<std::string> idleExclusions();

struct Generated {
    Case test;
    // MMX conversions: whether one that reads memory, or ends in #XM, has already left x87 mode is the maker's own.
    bool looseMmx = false;
    bool flagsOfFaultUndefined = false;
    Decoded decoded;
    u64 undefinedFlags = 0;        // not compared
    bool undefinedIfZero = false;  // BSF and BSR of zero: what the register then holds is not compared
};

class Generator {
 public:
    explicit Generator(u64 seed) : m_random(seed) {}
    // Nothing when the attempt made something else than this row, or something the host is not asked.
    std::optional<Generated> make(const Row& row);

 private:
    struct Encoding;
    void chooseState(const Row& row);
    void chooseFloating(const Row& row);
    void choosePrefixes(const Row& row, Encoding& e);
    void chooseOperands(const Row& row, Encoding& e);
    void chooseMemory(const Row& row, Encoding& e);
    void chooseImmediates(const Row& row, Encoding& e);
    void special(const Row& row, Encoding& e);
    u64 chooseTarget(u64 alignment);
    u64 chooseJumpTarget();
    void fillOperand(const Row& row, u64 address, unsigned length);
    void poke(u64 address, std::span<const u8> bytes);
    void pokeWord(u64 address, u64 value, unsigned length = 8);
    u64 valueFor(const Row& row);

    Random m_random;
    Case m_case;
    u64 m_at = 0;  // where the code lies
    unsigned m_patches = 0;
};

}  // namespace ringside::sandbox
