// Restartable sequences (Linux 6.1 kernel/rseq.c): a short piece of user code that goes to its abort address when the
// task was switched away or got a signal in the middle of it. There is one CPU, so the number it asks for is always 0.
#pragma once

#include "core/kernel/os.h"

namespace ringside {

i64 registerRseq(Os& os, u64 address, u32 length, u32 flags, u32 signature);  // rseq(2)
// On the way to user mode after a switch, and before a signal's frame is made.
void rseqResume(Os& os);
inline bool rseqWaits(const Task& task) {
    return task.rseq.address != 0 && task.rseq.switches != task.voluntarySwitches + task.involuntarySwitches;
}

}  // namespace ringside
