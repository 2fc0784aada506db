// What recording costs: runs a program straight and with a timeline, in turns, in one process.
//
//     ringside_record [--rounds N] [--ram MIB-IN-USE] PROGRAM [ARG…]
//
// On stdout what the guest wrote; on stderr one JSON object: instructions, CPU seconds of the fastest straight and the
// fastest recorded run, the median of the rounds' ratios, checkpoints, microseconds to copy the machine as it was last.
#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <fmt/format.h>
#include <string_view>

#include "app/options.h"
#include "core/base/json.h"
#include "core/timeline/timeline.h"

using namespace ringside;

namespace {

double cpuSeconds() {
    timespec t{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

double median(std::vector<double> values) {
    std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
    return values[values.size() / 2];
}

int complain(const std::string& sentence) {
    fmt::print(stderr, "ringside_record: {}\n", sentence);
    return kExitError;
}

// A machine that has used this much of its RAM before: every frame written once.
void useRam(Machine& machine) {
    for (u32 f = 0; f < machine.ram.frameCount(); ++f)
        if (machine.ram.isUntouched(FrameNo(f))) machine.ram.writableFrame(FrameNo(f));
}

double copyMicroseconds(const Machine& machine) {
    std::vector<double> each;
    for (int i = 0; i < 101; ++i) {
        const double begin = cpuSeconds();
        const Machine copy = machine;
        each.push_back((cpuSeconds() - begin) * 1e6);
    }
    return median(each);
}

}  // namespace

int main(int argc, char** argv) {
    unsigned rounds = 5;
    bool used = false;
    int i = 1;
    for (; i < argc && argv[i][0] == '-'; ++i) {
        const std::string_view word = argv[i];
        if (word == "--used") {
            used = true;
        } else if (word == "--rounds" && i + 1 < argc) {
            ++i;
            std::from_chars(argv[i], argv[i] + std::string_view(argv[i]).size(), rounds);
        } else {
            return complain(fmt::format("there is no option '{}'", word));
        }
    }
    if (i >= argc || rounds == 0) return complain("no program was named");
    Options options;
    options.program = argv[i];
    options.arguments.assign(argv + i + 1, argv + argc);
    const auto machineFor = machineOptions(options);
    if (!machineFor) return complain(machineFor.error().sentence);
    auto start = Machine::boot(*machineFor);
    if (!start) return complain(start.error().sentence);
    start->closeInput();
    if (used) useRam(*start);

    double straight = 1e9, recorded = 1e9, copy = 0;
    std::vector<double> ratios;
    std::size_t checkpoints = 0;
    std::string output;
    CpuCounters counters;
    for (unsigned round = 0; round < rounds; ++round) {
        std::array<double, 2> seconds{};
        for (unsigned turn = 0; turn < 2; ++turn) {
            const bool recording = (turn + round) % 2;
            Machine machine = *start;
            machine.trace.enabled = true;
            const double begin = cpuSeconds();
            if (recording) {
                Timeline timeline(std::move(machine));
                timeline.run({});
                seconds[1] = cpuSeconds() - begin;
                checkpoints = timeline.checkpointCount();
                if (!(round)) output = timeline.now().devices.console.output.text();
                counters = timeline.now().cpu.counters;
                copy = copyMicroseconds(timeline.now());
            } else {
                machine.run({});
                seconds[0] = cpuSeconds() - begin;
            }
        }
        straight = std::min(straight, seconds[0]);
        recorded = std::min(recorded, seconds[1]);
        ratios.push_back(seconds[1] / seconds[0]);
    }
    std::fwrite(output.data(), 1, output.size(), stdout);
    JsonWriter w;
    w.beginObject().field("instructions", counters.instructions).field("straight_seconds", straight);
    w.field("recorded_seconds", recorded).field("ratio", median(ratios)).field("checkpoints", checkpoints);
    w.field("copy_microseconds", copy).endObject();
    fmt::print(stderr, "{}\n", w.text());
    return 0;
}
