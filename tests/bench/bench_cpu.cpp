// How fast the interpreter is, in guest instructions per second, on loops of one kind each.
#include <benchmark/benchmark.h>

#include "tests/core/cpu_box.h"

asm(R"(
.pushsection .rodata
.intel_syntax noprefix
bench_adds:
  mov ecx, 0x7fffffff
1: add rax, rcx
  add rbx, rax
  xor rdx, rbx
  lea rsi, [rax+rbx*2]
  sub ecx, 1
  jne 1b
bench_memory:
  mov edi, 0x20000
  xor ecx, ecx
1: mov rax, [rdi+rcx*8]
  add rax, 3
  mov [rdi+rcx*8], rax
  inc ecx
  and ecx, 4095
  jmp 1b
bench_calls:
  xor ecx, ecx
1: call 2f
  call 2f
  jmp 1b
2: push rbx
  inc ecx
  pop rbx
  ret
bench_branches:
  mov eax, 12345
1: imul eax, eax, 1103515245
  add eax, 12345
  test eax, 0x10000
  je 2f
  inc ebx
2: test eax, 0x20000
  jne 1b
  dec edx
  jmp 1b
bench_syscalls:
  syscall
  jmp bench_syscalls
bench_entry:
  swapgs
  sysretq
bench_end:
.att_syntax prefix
.popsection
)");
extern "C" const ringside::u8 bench_adds[], bench_memory[], bench_calls[], bench_branches[], bench_syscalls[],
    bench_entry[], bench_end[];

namespace {

using namespace ringside;
using namespace ringside::test;

void run(benchmark::State& state, const u8* code) {
    Box box;
    box.put(kUserCode, {code, bench_end});
    box.put(kKernelCode + kCountSyscall, {bench_entry, bench_end});
    constexpr Tick kTicks = 1'000'000;
    for (auto _ : state) {
        if (box.run(kTicks) != CpuStop::TickLimit) state.SkipWithError("stopped early");
    }
    state.counters["instructions"] =
        benchmark::Counter(static_cast<double>(box.cpu.counters.instructions), benchmark::Counter::kIsRate);
}

// What a checkpoint costs the CPU, and the run after it.
void copy(benchmark::State& state) {
    Box box;
    box.put(kUserCode, {bench_memory, bench_end});
    for (auto _ : state) {
        Box checkpoint = box;
        benchmark::DoNotOptimize(checkpoint);
        box.run(1000);
    }
}

BENCHMARK_CAPTURE(run, adds, bench_adds);
BENCHMARK_CAPTURE(run, memory, bench_memory);
BENCHMARK_CAPTURE(run, calls, bench_calls);
BENCHMARK_CAPTURE(run, branches, bench_branches);
BENCHMARK_CAPTURE(run, syscalls, bench_syscalls);
BENCHMARK(copy);

}  // namespace

BENCHMARK_MAIN();
