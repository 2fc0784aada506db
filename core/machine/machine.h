// The whole simulated computer as one value: copy it, compare it, run it. It has no pointers out of itself, no threads,
// no clock of the host and no randomness but its own seeded generator, so the same machine always does the same thing.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/cpu/cpu.h"
#include "core/devices/devices.h"
#include "core/kernel/kernel.h"
#include "core/memory/ram.h"
#include "core/trace/event.h"

namespace ringside {

struct MachineOptions {
    u64 ramBytes = u64{256} << 20;
    u64 swapBytes = 0;
    u64 clockHz = 1'000'000'000;  // cycles a virtual second
    CpuModel cpu = CpuModel::V1;
    std::string script;  // Console::script
    KernelOptions kernel;
};
MachineOptions classroomProfile();  // 16 MiB, slow clock: a timer interrupt every few thousand instructions
MachineOptions desktopProfile();    // 256 MiB, 1 GHz

enum class MachineStop : u8 {
    TickLimit,
    Breakpoint,
    Watchpoint,
    Event,       // RunUntil::event occurred
    NeedsInput,  // everyone sleeps, no timer is armed, and somebody waits for the console: feed it and run on
    Finished,    // the first program (PID 1's charge) has ended: kernel.exitStatus() is set
    Panicked,    // the kernel panicked, or the CPU shut down
    Deadlocked,  // everyone sleeps and nothing can wake them
    Asleep,      // everyone sleeps for longer than RunUntil::longestSleep: run on to skip it, or wake somebody by a key
};

struct RunUntil {
    Tick tick = ~Tick{0};
    std::span<const u64> breakpoints{};  // sorted
    std::optional<Watch> watch{};
    // Stop (at the end of the tick) once an event of one of these kinds was emitted; bit i = EventKind i.
    u64 events = 0;
    u64 longestSleep = ~u64{0};  // cycles
    static constexpr u64 bit(EventKind k) { return u64{1} << static_cast<unsigned>(k); }
};

class Machine {
 public:
    // Powers on, lays out RAM, loads the kernel, and makes `program` ready to be started by the first process. Nothing
    // has executed yet.
    static Expected<Machine> boot(const MachineOptions& options);
    // The same for a person: a program or working directory that is not there is a sentence, not a kernel panic later.
    static Expected<Machine> bootProgram(const MachineOptions& options);

    MachineStop run(const RunUntil& until, Recorder* recorder = nullptr);
    MachineStop step(Recorder* recorder = nullptr) { return run({.tick = cpu.tick + 1}, recorder); }

    // Typed input arrives now (an input of the timeline: same input at the same tick, same future).
    void type(std::string_view bytes);
    void closeInput();

    Cycles cyclesPerSecond() const { return clockHz; }
    u64 nanoseconds() const;  // virtual time since power-on
    // How much of it everyone will sleep when nobody comes: to the timer's next interrupt.
    u64 nanosecondsToSleep() const { return inNanoseconds(sleepAhead()); }

    // What must always hold; empty when it does, else a sentence for each thing that does not.
    std::vector<std::string> brokenInvariants() const;

    Ram ram;
    Cpu cpu;
    Devices devices;
    Kernel kernel;
    Trace trace;  // not part of the state: not compared
    u64 clockHz;

    friend bool operator==(const Machine& a, const Machine& b);

 private:
    u64 inNanoseconds(u64 cycles) const;
    u64 sleepAhead() const;  // cycles
    explicit Machine(const MachineOptions& options);
};

}  // namespace ringside
