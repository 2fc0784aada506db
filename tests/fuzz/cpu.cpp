// Random bytes as programs, in ring 3 and in ring 0, on a machine of CPU and RAM alone. Whatever they do:
//   - run() comes back within its tick limit;
//   - a copy that goes on from the middle, with its caches dropped, ends in the very same state, cycle for cycle;
//   - so does a copy with a recorder.
//
//     ringside_fuzz_cpu [--programs N] [--first N]
#include <charconv>
#include <cstring>
#include <fmt/format.h>

#include "core/cpu/insn/decode.h"
#include "tests/differential/generator.h"
#include "tests/differential/random.h"
#include "tests/differential/simulated.h"

using namespace ringside;
using namespace ringside::sandbox;

namespace {

constexpr u32 kCodeFrame = 16, kDataFrame = 18;
constexpr u64 kProgramSize = 0x180;  // instructions of the table; all behind it bytes as they come
constexpr u64 kTicks = 80;           // a round
constexpr unsigned kRounds = 1;

using Program = std::array<u8, kCodeSize>;

Program makeProgram(Random& random) {
    Program code;
    for (u8& b : code) b = static_cast<u8>(random.next());
    const auto rows = allRows();
    Generator generator(random.next());
    for (std::size_t at = 0; at < kProgramSize;) {
        const auto made = generator.make(rows[random.below(rows.size())]);
        if (!made) continue;
        std::copy_n(made->test.code.begin(), made->test.codeLength, code.begin() + static_cast<std::ptrdiff_t>(at));
        at += made->test.codeLength;
        if (random.percent(4)) at += random.below(40);
    }
    return code;
}

void writeProgram(const Program& code, u32 frame, Simulated& machine) {
    machine.ram.write(addressOf(FrameNo(frame)), code);
    machine.cpu.codeChanged(FrameNo(frame));
    machine.cpu.codeChanged(FrameNo(frame + 1));
}

Case randomCase(Random& random) {
    Case c;
    for (u64& g : c.in.gpr) g = random.percent(80) ? kData + random.below(kDataSize) : random.integer();
    c.in.gpr[RCX] = random.percent(50) ? random.below(64) : random.integer();
    if (random.percent(90)) c.in.gpr[RSP] = kData + 0x1000 + random.below(0x100) * 8;
    c.in.rip = kCode + (random.percent(60) ? 0 : random.below(kCodeSize - 16));
    c.in.rflags = 0x202 | (random.next() & (flag::kStatus | flag::DF));
    if (random.percent(10)) c.in.rflags |= flag::AC;
    if (random.percent(5)) c.in.rflags |= flag::TF;
    c.in.set<u16>(fx::kControl, static_cast<u16>(random.percent(70) ? 0x37f : (random.next() & 0x0f3f) | 0x40));
    c.in.set<u32>(fx::kMxcsr, static_cast<u32>(random.percent(70) ? 0x1f80 : random.next() & 0xffff));
    c.in.set<u16>(fx::kStatus, static_cast<u16>(random.percent(70) ? 0 : random.next() & 0x3800));
    c.in.set<u8>(fx::kTags, static_cast<u8>(random.next()));
    for (unsigned i = 0; i < 8; ++i) {
        const Float80 value = random.extended();
        c.in.set(fx::kSt + 16 * i, value.mantissa);
        c.in.set<u64>(fx::kSt + 16 * i + 8, value.signExponent);
    }
    for (unsigned i = 0; i < 32; ++i) c.in.set(fx::kXmm + 8 * i, random.twofold());
    return c;
}

struct Totals {
    u64 programs = 0, ticks = 0, rounds = 0, failures = 0;
};

void complain(Totals& totals, u64 program, unsigned round, const char* what) {
    ++totals.failures;
    fmt::print("Program {}, round {}: {}\n", program, round, what);
}

// Goes on behind every exception, at a place and with registers drawn from `random`. The last stop.
CpuStop advance(Cpu& cpu, Ram& ram, const RunLimits& limits, const Registers& start, Random random,
                Recorder* recorder) {
    const u64 base = start.rip >= kData ? kData : kCode;
    for (;;) {
        const CpuStop stop = cpu.run(ram, limits, recorder);
        if (recorder != nullptr) recorder->retired.clear();
        if (stop != CpuStop::Vmcall && stop != CpuStop::Halt) return stop;
        const u64 flags = cpu.regs.rflags;
        const auto gpr = cpu.regs.gpr;
        const X87 x87 = cpu.regs.x87;
        const bool moved = cpu.regs.cr3 != start.cr3 || cpu.regs.cr0 != start.cr0 || cpu.regs.cr4 != start.cr4;
        cpu.regs = start;
        cpu.regs.x87 = x87;
        cpu.regs.rflags = (flags & flag::kStatus) | 0x202;
        for (unsigned i = 0; i < 16; ++i)
            if (random.percent(60)) cpu.regs.gpr[i] = gpr[i];
        cpu.regs.rip = base + (random.percent(80) ? random.below(kProgramSize) : random.below(kCodeSize));
        cpu.pipeline = {};
        if (moved) cpu.loadCr3(start.cr3);
    }
}

void tryProgram(u64 program, Totals& totals) {
    Random random(program * 7919 + 13);
    Simulated machine;
    const Program code = makeProgram(random);
    // Some live in writable pages, where they change themselves.
    const bool inData = random.percent(30);
    if (inData)
        machine.makeDataExecutable();
    else
        writeProgram(code, kCodeFrame, machine);
    ++totals.programs;
    for (unsigned round = 0; round < kRounds; ++round) {
        machine.load(randomCase(random));
        if (inData) {
            writeProgram(code, kDataFrame, machine);
            machine.cpu.regs.rip += kData - kCode;
            for (u64& g : machine.cpu.regs.gpr)
                if (random.percent(30)) g = kData + random.below(kProgramSize);
        }
        if (random.percent(15)) {
            machine.cpu.regs.segment[CS] = {0x10, 0xa09b, 0xffffffff, 0};
            machine.cpu.regs.segment[SS] = {0x18, 0xc093, 0xffffffff, 0};
        }
        const Registers start = machine.cpu.regs;
        const Random choices(random.next());
        Cpu& cpu = machine.cpu;
        const Tick begin = cpu.tick;
        RunLimits limits;
        limits.tick = begin + random.below(12);
        advance(cpu, machine.ram, limits, start, choices, nullptr);
        if (cpu.tick > limits.tick) complain(totals, program, round, "ran beyond its tick limit");

        Cpu copy = cpu;
        Ram copyRam = machine.ram;
        Cpu recorded = cpu;
        Ram recordedRam = machine.ram;
        Recorder recorder;
        limits.tick = begin + kTicks;
        const CpuStop stop = advance(cpu, machine.ram, limits, start, choices, nullptr);
        if (cpu.tick > limits.tick) complain(totals, program, round, "ran beyond its tick limit");
        if (advance(copy, copyRam, limits, start, choices, nullptr) != stop)
            complain(totals, program, round, "a copy stopped for another reason");
        if (!(copy == cpu)) complain(totals, program, round, "a copy has another CPU state");
        if (!(copyRam == machine.ram)) complain(totals, program, round, "a copy has other memory");
        if (advance(recorded, recordedRam, limits, start, choices, &recorder) != stop)
            complain(totals, program, round, "the recorded run stopped for another reason");
        if (!(recorded == cpu)) complain(totals, program, round, "the recorded run has another CPU state");
        if (!(recordedRam == machine.ram)) complain(totals, program, round, "the recorded run has other memory");
        totals.ticks += cpu.tick - begin;
        ++totals.rounds;
        if (stop == CpuStop::Shutdown) break;
    }
}

}  // namespace

int main(int argc, char** argv) {
    u64 programs = 20'000, first = 0;
    for (int i = 1; i < argc; ++i) {
        if (i + 1 < argc && std::strcmp(argv[i], "--programs") == 0)
            std::from_chars(argv[i + 1], argv[i + 1] + std::strlen(argv[i + 1]), programs);
        if (i + 1 < argc && std::strcmp(argv[i], "--first") == 0)
            std::from_chars(argv[i + 1], argv[i + 1] + std::strlen(argv[i + 1]), first);
    }
    if (longRun()) programs = 1'000'000;
    Totals totals;
    for (u64 i = first; i < first + programs && totals.failures < 20; ++i) tryProgram(i, totals);
    fmt::print("Random programs: {} with {} ticks in {} rounds, {} failures\n", totals.programs, totals.ticks,
               totals.rounds, totals.failures);
    return totals.failures == 0 ? 0 : 1;
}
