// The machine's seeded generator: getrandom(2), /dev/urandom, AT_RANDOM.
#pragma once

#include "core/kernel/kernel.h"

namespace ringside {

u64 randomU64(Kernel& kernel);

}  // namespace ringside
