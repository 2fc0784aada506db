// The machine's only randomness: a seeded generator (splitmix64), for AT_RANDOM, getrandom and /dev/urandom.
#pragma once

#include "core/kernel/kernel.h"

namespace ringside {

inline u64 nextRandom(Kernel& kernel) {
    u64 z = (kernel.random += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

}  // namespace ringside
