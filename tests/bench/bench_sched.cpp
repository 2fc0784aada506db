// What a scheduling decision costs with so many runnable tasks: a preemption (put back, pick, take off), and a sleep
// with the pick after it and the wake-up (enqueue). With a tree the cost grows as log n.
#include <benchmark/benchmark.h>
#include <random>

#include "core/kernel/sched/class.h"
#include "tests/core/sched_box.h"

namespace {

using namespace ringside;
using namespace ringside::test;

void fill(SchedBox& box, i64 tasks) {
    std::mt19937 random(5);
    for (i64 i = 0; i < tasks; ++i) {
        const TaskId id = box.add("task", 0);
        box.edit(id).se.vruntime = random() % 6'000'000;
        activate(box.os, id, false);
    }
    box.os.current().needResched = true;
    box.settle();
}

void pickAndEnqueue(benchmark::State& state, SchedKind kind) {
    SchedBox box(kind);
    fill(box, state.range(0));
    box.trace.enabled = false;
    const u64 switches = box.kernel.runQueue.switches;
    for (auto _ : state) {
        box.advance(SchedBox::kTickNs);
        box.os.current().rt.timeSlice = 0;  // of rr: its quantum is used up
        box.os.current().needResched = true;
        box.settle();  // puts the running one back, picks, takes the next one off
    }
    state.SetComplexityN(state.range(0));
    if (box.kernel.runQueue.switches - switches < static_cast<u64>(state.iterations()) * 9 / 10)
        state.SkipWithError("it kept the CPU");
}

void wake(benchmark::State& state, SchedKind kind) {
    SchedBox box(kind);
    fill(box, state.range(0));
    box.trace.enabled = false;
    for (auto _ : state) {
        box.advance(100'000);
        const TaskId sleeper = box.kernel.current;
        box.os.current().state = state::Interruptible;
        schedule(box.os, false);
        tryToWakeUp(box.os, sleeper, state::Interruptible);
    }
    state.SetComplexityN(state.range(0));
}

#define RINGSIDE_BENCH(name, kind)                                                                      \
    BENCHMARK_CAPTURE(pickAndEnqueue, name, kind)->RangeMultiplier(10)->Range(10, 10000)->Complexity(); \
    BENCHMARK_CAPTURE(wake, name, kind)->RangeMultiplier(10)->Range(10, 10000)->Complexity()

RINGSIDE_BENCH(cfs, SchedKind::Cfs);
RINGSIDE_BENCH(eevdf, SchedKind::Eevdf);
RINGSIDE_BENCH(rr, SchedKind::Rr);

}  // namespace

BENCHMARK_MAIN();
