// What a scheduling decision costs with so many runnable tasks: a wake-up (enqueue) and a preemption (insertion, pick,
// removal). With a tree the cost grows as log n.
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
    for (auto _ : state) {
        box.advance(1'000'000);
        box.os.current().needResched = true;
        box.settle();  // puts the running one back, picks, takes the next one off
    }
    state.SetComplexityN(state.range(0));
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

BENCHMARK_CAPTURE(pickAndEnqueue, cfs, SchedKind::Cfs)->RangeMultiplier(10)->Range(10, 10000)->Complexity();
BENCHMARK_CAPTURE(wake, cfs, SchedKind::Cfs)->RangeMultiplier(10)->Range(10, 10000)->Complexity();
BENCHMARK_CAPTURE(pickAndEnqueue, eevdf, SchedKind::Eevdf)->RangeMultiplier(10)->Range(10, 10000)->Complexity();
BENCHMARK_CAPTURE(wake, eevdf, SchedKind::Eevdf)->RangeMultiplier(10)->Range(10, 10000)->Complexity();

}  // namespace

BENCHMARK_MAIN();
