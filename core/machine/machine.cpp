#include "core/machine/machine.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/kernel/boot/kernel_image.h"
#include "core/kernel/entry/border.h"
#include "core/kernel/entry/services.h"
#include "core/kernel/fs/rootfs.h"
#include "core/kernel/mm/frames.h"

namespace ringside {
namespace {

constexpr u64 kLeastRam = u64{4} << 20, kLeastUsable = u64{512} << 10, kMostRam = u64{16} << 30;

// Where the firmware keeps the tables it jumps with: the first GiB onto itself.
constexpr u64 kFirmwareTop = 0x1000;

void firmwareTables(Ram& ram, bool fiveLevel) {
    constexpr u64 kBits = pte::P | pte::RW | pte::A;
    u64 at = kFirmwareTop;
    for (unsigned level = fiveLevel ? 5 : 4; level > 2; --level, at += kPageSize)
        ram.store(PhysAddr(at), (at + kPageSize) | kBits);
    for (u64 i = 0; i < 512; ++i) ram.store(PhysAddr(at + 8 * i), i << 21 | kBits | pte::D | pte::PS);
}

// Real-mode start-up, protected mode and the jump to 64-bit code are left out: the firmware hands over as a 64-bit boot
// loader does.
void firmwareState(Registers& regs, u64 entry, bool fiveLevel) {
    constexpr u64 kProtection = 1, kNumericError = 1 << 5, kMonitor = 1 << 1, kExtension = 1 << 4,
                  kWriteProtect = 1 << 16, kAlignment = 1 << 18, kPaging = u64{1} << 31;
    constexpr u64 kPae = 1 << 5, kGlobal = 1 << 7, kFxsr = 1 << 9, kXmmExceptions = 1 << 10, kLa57 = 1 << 12;
    constexpr u64 kLongEnable = 1 << 8, kLongActive = 1 << 10, kNoExecute = 1 << 11;
    regs.cr0 = kProtection | kMonitor | kExtension | kNumericError | kWriteProtect | kAlignment | kPaging;
    regs.cr4 = kPae | kGlobal | kFxsr | kXmmExceptions | (fiveLevel ? kLa57 : 0);
    regs.efer = kLongEnable | kLongActive | kNoExecute;
    regs.cr3 = kFirmwareTop;
    regs.segment[CS] = {.selector = 0x10, .access = 0xa09b, .limit = 0xffffffff};
    for (SegmentName s : {DS, ES, SS, FS, GS})
        regs.segment[s] = {.selector = 0x18, .access = 0xc093, .limit = 0xffffffff};
    regs.rip = entry;
}

bool isMarked(const RunUntil& until, const Trace& trace, std::size_t from) {
    return std::any_of(trace.events.begin() + static_cast<std::ptrdiff_t>(from), trace.events.end(),
                       [&](const Event& e) { return until.events & RunUntil::bit(e.kind); });
}

bool somebodyWaitsForInput(const Kernel& kernel, const Console& console) {
    if (console.inputClosed) return false;
    // ^C or ^Z may bring a shell with job control back.
    if (console.terminal && kernel.vfs.tty.session != 0 && kernel.vfs.tty.pgrp != kernel.vfs.tty.session) return true;
    return std::any_of(kernel.waitQueues.begin(), kernel.waitQueues.end(), [](const auto& queue) {
        return kindOf(queue.first) == WaitKind::Console || kindOf(queue.first) == WaitKind::Poll;
    });
}

// The next key of a script: a character of UTF-8, or what a key like an arrow sends, which begins with ESC [.
std::string takeKey(std::string& script) {
    std::size_t length = 1;
    if (script.starts_with("\033[")) {
        for (length = 2; length < script.size() && (script[length] < '@' || script[length] > '~');) ++length;
        ++length;
    } else {
        while (length < script.size() && (static_cast<u8>(script[length]) & 0xc0) == 0x80) ++length;
    }
    std::string key = script.substr(0, length);
    script.erase(0, length);
    return key;
}

}  // namespace

MachineOptions classroomProfile() {
    MachineOptions options;
    options.ramBytes = u64{16} << 20;
    options.clockHz = 1'000'000;
    return options;
}

MachineOptions desktopProfile() { return {}; }

Machine::Machine(const MachineOptions& options) : ram(options.ramBytes), clockHz(options.clockHz) {
    kernel.clock = Clocksource::of(options.clockHz);
}

Expected<Machine> Machine::boot(const MachineOptions& given) {
    MachineOptions options = given;
    constexpr u64 kChunk = u64{2} << 20;
    if (options.ramBytes < kLeastUsable || options.ramBytes > kMostRam)
        return fail(fmt::format("--ram {}: a machine has between 512 KiB and 16 GiB of memory", options.ramBytes));
    if (options.ramBytes < kLeastRam) {
        // Smaller than the smallest board: what was asked for is what is free when the kernel has its own.
        options.kernel.usableFrames = static_cast<u32>(options.ramBytes >> kPageShift);
        options.ramBytes = kLeastRam;
    }
    if (options.kernel.hz == 0 || options.kernel.hz > 10'000)
        return fail(fmt::format("--hz {}: the timer ticks between 1 and 10000 times a second", options.kernel.hz));
    if (options.clockHz < u64{options.kernel.hz} * 1000)
        return fail(fmt::format("--clock {}: at {} ticks a second the clock must have at least {} Hz", options.clockHz,
                                options.kernel.hz, u64{options.kernel.hz} * 1000));
    options.ramBytes = (options.ramBytes + kChunk - 1) / kChunk * kChunk;

    Machine machine(options);
    machine.cpu.model = options.cpu;
    machine.kernel.options = options.kernel;
    machine.kernel.random = options.kernel.seed;
    machine.devices.swap.slots = static_cast<u32>(std::min<u64>(options.swapBytes >> kPageShift, 1u << 20));
    machine.devices.console.terminal = options.kernel.terminal;
    machine.devices.console.script = options.script;
    Os os{machine.kernel, machine.cpu, machine.ram, machine.devices, machine.trace, machine.clockHz};
    bootEvent(os, fmt::format("firmware: {} MiB of memory found", machine.ram.size() >> 20));
    if (auto root = buildRoot(os); !root) return std::unexpected(root.error());
    const KernelImage image = loadKernelImage(machine.ram);
    firmwareTables(machine.ram, options.kernel.fiveLevel);
    firmwareState(machine.cpu.regs, image.entry, options.kernel.fiveLevel);
    bootEvent(os, fmt::format("boot loader: kernel loaded at {:#x}, entry {:#x}", kKernelPhysical, image.entry));
    return machine;
}

Expected<Machine> Machine::bootProgram(const MachineOptions& options) {
    auto machine = boot(options);
    if (!machine) return machine;
    Os os{machine->kernel, machine->cpu, machine->ram, machine->devices, machine->trace, machine->clockHz};
    if (auto right = checkStart(os); !right) return std::unexpected(right.error());
    return machine;
}

MachineStop Machine::run(const RunUntil& until, Recorder* recorder) {
    Os os{kernel, cpu, ram, devices, trace, clockHz};
    const bool keepsEvents = trace.enabled;
    if (until.events) trace.enabled = true;
    const std::size_t before = trace.events.size();
    std::size_t seen = before;
    if (until.watch) ram.guard(until.watch->begin, until.watch->length);
    const auto leave = [&](MachineStop stop) {
        if (until.watch) ram.guard({}, 0);
        trace.enabled = keepsEvents;
        if (!keepsEvents) trace.events.resize(before);
        return stop;
    };
    // The CPU lets the first instruction of a run pass its breakpoint; only the first of *our* run may.
    bool first = true;
    while (true) {
        if (!kernel.panic.empty()) return leave(MachineStop::Panicked);
        if (kernel.exitStatus) return leave(MachineStop::Finished);
        if (until.events && isMarked(until, trace, seen)) return leave(MachineStop::Event);
        seen = trace.events.size();
        const bool atBreakpoint = !first && !(cpu.regs.rflags & flag::RF) &&
                                  std::binary_search(until.breakpoints.begin(), until.breakpoints.end(), cpu.regs.rip);
        const bool interrupted =
            (cpu.regs.rflags & flag::IF) &&
            (cpu.interruptRequest || devices.console.interruptPending || devices.timer.deadline <= cpu.cycles);
        if (cpu.tick >= until.tick)  // the next run passes a breakpoint at its beginning
            return leave(atBreakpoint && !interrupted && !cpu.pipeline.halted ? MachineStop::Breakpoint
                                                                              : MachineStop::TickLimit);
        if (!cpu.interruptRequest && devices.timer.deadline <= cpu.cycles) {
            devices.timer.deadline = Timer::kOff;
            cpu.interruptRequest = Timer::kVector;
        }
        if (!cpu.interruptRequest && devices.console.interruptPending) {
            devices.console.interruptPending = false;
            cpu.interruptRequest = Console::kVector;
        }
        if (atBreakpoint) return leave(MachineStop::Breakpoint);
        first = false;
        RunLimits limits{.tick = until.tick, .breakpoints = until.breakpoints, .watch = until.watch};
        // With a request waiting for IF there is nothing to look at the clock for.
        if (!cpu.interruptRequest) limits.cycles = devices.timer.deadline;
        switch (cpu.run(ram, limits, recorder)) {
            case CpuStop::TickLimit:
                return leave(MachineStop::TickLimit);
            case CpuStop::CycleLimit:
                break;
            case CpuStop::Breakpoint:
                return leave(MachineStop::Breakpoint);
            case CpuStop::Watchpoint:
                return leave(MachineStop::Watchpoint);
            case CpuStop::Vmcall:
                serve(os);
                if (until.watch && ram.takeGuardHit()) return leave(MachineStop::Watchpoint);
                break;
            case CpuStop::Halt:
                if (cpu.interruptRequest || devices.console.interruptPending) break;
                if (kernel.currentTask().needResched) {  // somebody was woken from outside, as by another CPU
                    cpu.interruptRequest = Timer::kVector;
                    break;
                }
                if (devices.timer.deadline == Timer::kOff) {
                    if (!somebodyWaitsForInput(kernel, devices.console)) return leave(MachineStop::Deadlocked);
                    if (devices.console.script.empty()) return leave(MachineStop::NeedsInput);
                    type(takeKey(devices.console.script));
                    break;
                }
                if (sleepAhead() > until.longestSleep) return leave(MachineStop::Asleep);
                cpu.cycles += sleepAhead();
                break;
            case CpuStop::Shutdown:
                panic(os, "the CPU shut down (triple fault)");
                break;
        }
    }
}

u64 Machine::sleepAhead() const {
    return devices.timer.deadline == Timer::kOff
               ? 0
               : devices.timer.deadline - std::min(cpu.cycles, devices.timer.deadline);
}

void Machine::type(std::string_view bytes) {
    devices.console.input += bytes;
    devices.console.interruptPending = true;
}

void Machine::closeInput() {
    devices.console.inputClosed = true;
    devices.console.interruptPending = true;
}

u64 Machine::inNanoseconds(u64 cycles) const { return kernel.clock.nanoseconds(cycles); }
u64 Machine::nanoseconds() const { return inNanoseconds(cpu.cycles); }

bool operator==(const Machine& a, const Machine& b) {
    return a.cpu == b.cpu && a.clockHz == b.clockHz && a.devices == b.devices && a.ram == b.ram && a.kernel == b.kernel;
}

}  // namespace ringside
