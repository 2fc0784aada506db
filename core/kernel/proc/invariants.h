// What must always hold between tasks and what links them: family, thread groups, numbers, wait queues, timers, run
// queue.
#pragma once

#include <string>
#include <vector>

#include "core/kernel/kernel.h"

namespace ringside {

// A sentence for each thing that does not hold.
std::vector<std::string> brokenTaskInvariants(const Kernel& kernel);

}  // namespace ringside
