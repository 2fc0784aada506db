// Wait queues: whom a wake-up reaches (Linux 6.1 include/linux/wait.h). A queue is named after what is waited for, so
// that no object has to carry one.
#pragma once

#include <string>
#include <string_view>

#include "core/kernel/ids.h"

namespace ringside {

enum class WaitKind : u8 {
    Child = 1,
    PipeRead,
    PipeWrite,
    Futex,
    Console,
    Timer,
    Signal,
    Vfork,
    Poll,
    Stop,
    File,
    Kernel,
    Semaphore,
    Message
};

constexpr WaitQueueId waitQueue(WaitKind kind, u64 id) {
    return WaitQueueId(u64{static_cast<u8>(kind)} << 56 | (id & ((u64{1} << 56) - 1)));
}
constexpr WaitKind kindOf(WaitQueueId queue) { return static_cast<WaitKind>(queue.value >> 56); }
constexpr u64 objectOf(WaitQueueId queue) { return queue.value & ((u64{1} << 56) - 1); }

struct Os;
struct Task;
// Puts the current task to sleep on `queue` (also until `wakeAtNs`, if not 0): sets its state; the switch happens when
// the running system call returns kAgain (syscalls/table.h). The handler runs again from its beginning once woken.
void sleepOn(Os& os, WaitQueueId queue, u32 state, u64 wakeAtNs = 0);
// Wakes up to `count` tasks in order of arrival; returns how many.
int wakeUp(Os& os, WaitQueueId queue, int count = 1 << 30);
// A signal is pending for the current task that it does not block: a sleeper returns -EINTR or a restart code.
bool signalPending(const Os& os);
// Only until `wakeAtNs` (0: for ever), on no queue.
void sleepUntil(Os& os, u32 state, u64 wakeAtNs);
// Takes a task off its queue and cancels its timeout; Task::timedOut stays as it is.
void finishWait(Os& os, Task& task);
std::string_view waitChannel(const Task& task);  // the kernel function it sleeps in, as /proc/PID/wchan and ps tell
std::string describeWait(const Task& task);      // "waits for a child", …

}  // namespace ringside
