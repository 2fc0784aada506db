// The little world in which one instruction is tried, once on the host CPU and once on ours: the same addresses, the
// same bytes, the same registers on both sides.
//
//     kCode     two pages  r-x   filled with INT3, so that every way out ends at a trap
//     kData     two pages  rw-   with an unmapped page on either side
//     kReadOnly one page   r--   with an unmapped page on either side
//
// All of it lies below 2 GiB, so that RIP-relative, 32-bit absolute and 67-prefixed operands reach it.
#pragma once

#include <array>
#include <cstdlib>
#include <span>
#include <string>

#include "core/base/types.h"

namespace ringside::sandbox {

// `scripts/test --long`
inline bool longRun() { return std::getenv("RINGSIDE_LONG") != nullptr; }

inline constexpr u64 kCode = 0x20000000, kCodeSize = 2 * kPageSize;
inline constexpr u64 kData = 0x20010000, kDataSize = 2 * kPageSize;
inline constexpr u64 kReadOnly = 0x20014000, kReadOnlySize = kPageSize;
inline constexpr u64 kFsBase = kData + 0x500, kGsBase = kData + 0x940;

// The 512 bytes of FXSAVE64 are the common form of the x87 and SSE state (SDM vol. 1 table 10-2).
namespace fx {
inline constexpr unsigned kControl = 0, kStatus = 2, kTags = 4, kOpcode = 6, kIp = 8, kDp = 16, kMxcsr = 24,
                          kMxcsrMask = 28, kSt = 32, kXmm = 160, kUsed = 416;
}

struct State {
    std::array<u64, 16> gpr{};
    u64 rip = 0;
    u64 rflags = 2;
    alignas(16) std::array<u8, 512> fx{};

    template <class T>
    T get(unsigned offset) const {
        T value;
        __builtin_memcpy(&value, fx.data() + offset, sizeof value);
        return value;
    }
    template <class T>
    void set(unsigned offset, T value) {
        __builtin_memcpy(fx.data() + offset, &value, sizeof value);
    }
};

// Bytes laid into the data pages before the case runs.
struct Patch {
    u32 offset = 0;  // from kData
    u32 length = 0;
    std::array<u8, 64> bytes{};
};

// Bytes of the data pages that are not compared.
struct Blind {
    u32 offset = 0, length = 0;
};

enum class Mode : u8 {
    ToTrap,  // runs until the instruction faults or the INT3 behind it (or at its target) is met
    Step,    // one instruction with TF (a REP string instruction: until it is done)
};

struct Case {
    State in;
    std::array<u8, 192> code{};
    u8 codeLength = 0;
    Mode mode = Mode::ToTrap;
    u32 tag = 0;  // the generator's own: which row
    std::array<Patch, 3> patches{};
    std::array<Blind, 3> blind{};
};

struct Result {
    State out;
    u64 memory = 0;   // hash of the data pages
    u64 address = 0;  // CR2 when vector is 14
    u64 error = 0;    // what the CPU pushed
    u32 vector = 0;   // 3 is the INT3 behind the instruction, 1 the single step
    u32 status = 0;   // 0: not run; 1: run; 2: the child died in it
    int signal = 0;
};

// What the pages hold before the patches.
void fillData(std::span<u8> data);
void fillReadOnly(std::span<u8> page);
u64 hashOf(const u8* data);
bool isRepeating(const Case& c);  // has F2 or F3 among its bytes: a single step may be one round of it
void makeBlind(const Case& c, u8* data);

}  // namespace ringside::sandbox
