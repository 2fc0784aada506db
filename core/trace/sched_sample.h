// What happened to one task in the scheduler, with its counters at that moment. The scheduler makes one at each switch,
// sleep, wake-up and tick; between two of them a task's counters grow evenly, so plots and lanes are drawn from these
// alone. Plain numbers: a run makes very many.
#pragma once

#include <array>
#include <string_view>

#include "core/base/types.h"

namespace ringside {

enum class SampleKind : u8 { Fork, Wake, Run, Timer, Preempt, Yield, Sleep, Stop, Exit, Reap, Weight, Exec };

// Of the task from this moment on.
enum class TaskPhase : u8 { Waiting, Running, Asleep, Stopped, Zombie, Gone };

struct SchedSample {
    Tick tick = 0;
    u64 ns = 0;                         // virtual time since power-on
    u64 vruntime = 0, minVruntime = 0;  // ns, weighted
    u64 ran = 0, kernel = 0;            // ns on the CPU so far; of these in the kernel
    u64 waited = 0;                     // ns runnable without the CPU so far
    i32 pid = 0;
    i32 other =
        0;  // Run: whom it follows; Preempt, Yield, Sleep, Stop, Exit: who runs next; Wake: who woke it; 0: nobody
    u32 weight = 0;  // 1024 is nice 0
    SampleKind kind = SampleKind::Fork;
    TaskPhase phase = TaskPhase::Waiting;
    bool kthread = false;  // a kernel thread
    u8 wait = 0;           // Sleep: the WaitKind; 0: only for a time
    bool thinned = false;  // others between this one and the next were given up
    std::array<char, 16> comm{};

    std::string_view name() const { return {comm.data(), std::string_view(comm.data(), comm.size()).find('\0')}; }
    bool operator==(const SchedSample&) const = default;
};

}  // namespace ringside
