// A seeded stream of numbers, the same everywhere (xoshiro-like quality is not needed here; splitmix64 is plain), and
// the values at which arithmetic goes wrong.
#pragma once

#include "core/base/types.h"
#include "core/cpu/registers.h"

namespace ringside::sandbox {

class Random {
 public:
    explicit Random(u64 seed) : m_state(seed) {}
    u64 next() {
        u64 z = m_state += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }
    u64 below(u64 n) { return next() % n; }
    bool percent(unsigned p) { return below(100) < p; }
    template <std::size_t N>
    u64 pick(const u64 (&values)[N]) {
        return values[below(N)];
    }

    u64 integer();  // any width
    u32 single();   // IEEE binary32
    u64 twofold();  // IEEE binary64
    Float80 extended();
    u64 decimal();  // packed BCD digits, mostly valid

 private:
    u64 m_state;
};

}  // namespace ringside::sandbox
