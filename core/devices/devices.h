// What is on the board beside the CPU and RAM. Plain values; time is the CPU's cycle counter.
#pragma once

#include <array>
#include <string>

#include "core/base/cow_bytes.h"
#include "core/base/types.h"

namespace ringside {

// One-shot timer: asserts `vector` when the cycle counter reaches `deadline`.
struct Timer {
    static constexpr Cycles kOff = ~Cycles{0};
    static constexpr u8 kVector = 0xec;  // LOCAL_TIMER_VECTOR, Linux 6.1 arch/x86/include/asm/irq_vectors.h
    Cycles deadline = kOff;
    bool operator==(const Timer&) const = default;
};

// The terminal's far end: what the user typed and the program has not read, and all that was ever written.
struct Console {
    static constexpr u8 kVector = 0x21;
    std::string input;              // typed, not yet taken by the kernel's line discipline
    bool inputClosed = false;       // end of the host's stdin
    bool interruptPending = false;  // input has come that the kernel was not told of
    bool terminal = true;           // isatty(0); false: stdin, stdout and stderr are pipes of the host
    u16 rows = 25, columns = 80;
    std::string script;    // keys that a person will press, each once everybody waits for it
    CowBytes output;       // every byte written to it, in order
    CowBytes errorOutput;  // when not a terminal: what went to descriptor 2's stream
    bool operator==(const Console&) const = default;
};

// The swap disk: one slot holds one page.
struct SwapDisk {
    u32 slots = 0;
    CowBytes bytes;
    bool operator==(const SwapDisk&) const = default;
};

struct Devices {
    Timer timer;
    Console console;
    SwapDisk swap;
    bool operator==(const Devices&) const = default;
};

}  // namespace ringside
