// The time-stamp counter as the clock that all time is read from (Linux 6.1 kernel/time/clocksource.c): nanoseconds are
// cycles * mult >> shift. The vDSO computes with the same two numbers, so it agrees to the nanosecond.
#pragma once

#include "core/base/types.h"

namespace ringside {

struct Clocksource {
    u32 mult = 1, shift = 0;

    // clocks_calc_mult_shift: as precise as fits, when a vDSO multiplies the cycles of ten minutes in 64 bits.
    static constexpr Clocksource of(u64 hz) {
        constexpr u64 kNsPerSecond = 1'000'000'000, kMostSeconds = 600;
        unsigned bits = 32;
        for (u64 rest = kMostSeconds * hz >> 32; rest; rest >>= 1) --bits;
        Clocksource clock;
        for (clock.shift = 32; clock.shift > 0; --clock.shift) {
            const u64 mult = ((kNsPerSecond << clock.shift) + hz / 2) / hz;
            if (mult >> bits != 0) continue;
            clock.mult = static_cast<u32>(mult);
            break;
        }
        return clock;
    }

    u64 nanoseconds(Cycles cycles) const { return static_cast<u64>(static_cast<u128>(cycles) * mult >> shift); }
    // The first cycle at which that much time has passed.
    Cycles reaches(u64 ns) const { return static_cast<Cycles>(((static_cast<u128>(ns) << shift) + mult - 1) / mult); }
};

}  // namespace ringside
