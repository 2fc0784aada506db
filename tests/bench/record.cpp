// What recording costs: runs a program straight, with copies of the machine and with a timeline, in turns of a few
// milliseconds in one process, so that whatever else this computer does meets all of them alike.
//
//     ringside_record [--rounds N] [--used] PROGRAM [ARG…]
//
// --used: every frame of the machine's RAM has been written before. On stdout what the guest wrote; on stderr one JSON
// object: instructions, CPU seconds of running straight, the others as ratios to that: with a
// copy of the machine every million instructions that is dropped at the next one, with all copies kept, and with a
// timeline; its checkpoints and what they keep alive; microseconds to copy the machine as it was last.
#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <fmt/format.h>
#include <memory>
#include <numeric>
#include <optional>
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

// Straight, copies dropped, copies kept, timeline.
constexpr std::size_t kWays = 4;
// CPU seconds of each turn: the least that any round took, which is the one that was disturbed least.
using Turns = std::array<std::vector<double>, kWays>;

struct Run {
    static constexpr Tick kTurn = 5'000'000, kDistance = 1'000'000;
    explicit Run(const Machine& start) : straight(start), dropped(start), kept(start), timeline(start) {}

    void all(Turns& best) {
        bool going = true;
        for (std::size_t turn = 0; going; ++turn) {
            const Tick until = (turn + 1) * kTurn;
            // None of them always comes behind the same other one.
            for (std::size_t k = 0; k < kWays; ++k) {
                const std::size_t way = (k + turn) % kWays;
                const double begin = cpuSeconds();
                if (way == 0) going = advance(straight, until);
                if (way == 1) withCopies(dropped, until, 1);
                if (way == 2) withCopies(kept, until, ~std::size_t{0});
                if (way == 3) timeline.run({.tick = until});
                const double took = cpuSeconds() - begin;
                if (best[way].size() <= turn) best[way].push_back(took);
                best[way][turn] = std::min(best[way][turn], took);
            }
        }
    }

    static bool advance(Machine& machine, Tick until) {
        machine.trace.enabled = true;  // who keeps a timeline wants the events too; so they are in all
        const bool going = machine.run({.tick = until}) == MachineStop::TickLimit;
        machine.trace.events.clear();
        return going;
    }
    void withCopies(Machine& machine, Tick until, std::size_t most) {
        for (bool going = true; going && machine.cpu.tick < until;) {
            going = advance(machine, machine.cpu.tick + kDistance);
            auto& list = most == 1 ? newest : copies;
            if (list.size() >= most) list.clear();
            list.push_back(std::make_unique<Machine>(machine));
        }
    }

    Machine straight, dropped, kept;
    Timeline timeline;
    std::vector<std::unique_ptr<Machine>> newest, copies;
};

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

    Turns turns;
    std::optional<Run> last;
    for (unsigned round = 0; round < rounds; ++round) last.emplace(*start).all(turns);
    std::array<double, kWays> seconds{};
    for (std::size_t way = 0; way < kWays; ++way)
        seconds[way] = std::accumulate(turns[way].begin(), turns[way].end(), 0.0);
    const Machine& end = last->timeline.now();
    const std::string output = end.devices.console.output.text();
    std::fwrite(output.data(), 1, output.size(), stdout);
    JsonWriter w;
    w.beginObject().field("instructions", end.cpu.counters.instructions).field("straight_seconds", seconds[0]);
    w.field("copies_dropped", seconds[1] / seconds[0]).field("copies_kept", seconds[2] / seconds[0]);
    w.field("recorded", seconds[3] / seconds[0]).field("checkpoints", last->timeline.checkpointCount());
    w.field("history_bytes", last->timeline.historyBytes());
    w.field("copy_microseconds", copyMicroseconds(end)).endObject();
    fmt::print(stderr, "{}\n", w.text());
    return 0;
}
