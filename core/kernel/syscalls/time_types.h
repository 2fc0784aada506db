// struct timespec and its relatives as user space has them, and the clocks behind them.
#pragma once

#include <optional>

#include "core/kernel/mm/user_memory.h"
#include "core/kernel/os.h"

namespace ringside {

struct UserTimespec {
    i64 seconds = 0, nanoseconds = 0;
};
struct UserTimeval {
    i64 seconds = 0, microseconds = 0;
};
inline constexpr u64 kNsPerSecond = 1'000'000'000;

inline bool isValid(const UserTimespec& t) {
    return t.seconds >= 0 && t.nanoseconds >= 0 && t.nanoseconds < static_cast<i64>(kNsPerSecond);
}
// Saturates where the kernel's ktime_t would (292 years).
inline u64 toNs(const UserTimespec& t) {
    constexpr i64 kMax = 9'000'000'000;
    return static_cast<u64>(t.seconds > kMax ? kMax : t.seconds) * kNsPerSecond + static_cast<u64>(t.nanoseconds);
}
inline UserTimespec toTimespec(u64 ns) {
    return {static_cast<i64>(ns / kNsPerSecond), static_cast<i64>(ns % kNsPerSecond)};
}
inline UserTimeval toTimeval(u64 ns) {
    return {static_cast<i64>(ns / kNsPerSecond), static_cast<i64>(ns % kNsPerSecond / 1000)};
}

inline u64 realtimeNs(const Os& os) { return os.kernel.bootEpochSeconds * kNsPerSecond + os.nowNs(); }
// User plus system time of one thread, or of a process with its threads that are gone. Nanoseconds.
u64 threadTimeNs(const Os& os, const Task& task);
u64 processTimeNs(const Os& os, const Task& task);
// struct rusage: 144 bytes.
struct UserRusage {
    UserTimeval utime, stime;
    i64 maxRss = 0, ixRss = 0, idRss = 0, isRss = 0, minorFaults = 0, majorFaults = 0, swaps = 0, inBlocks = 0,
        outBlocks = 0, messagesSent = 0, messagesReceived = 0, signals = 0, voluntary = 0, involuntary = 0;
};
static_assert(sizeof(UserRusage) == 144);
inline constexpr i32 kRusageSelf = 0, kRusageChildren = -1, kRusageThread = 1, kRusageBoth = -2;
UserRusage rusageOf(const Os& os, const Task& task, i32 who);

}  // namespace ringside
