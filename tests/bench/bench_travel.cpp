// How long it takes to go anywhere in a long run, through the session as the window does. In CPU time of the process,
// which what else this computer does changes little: one thread works at a time.
//     bench_travel [INSTRUCTIONS [PROCESSES [HISTORY MiB]]]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <random>
#include <sstream>

#include "core/memory/paging.h"
#include "core/session/session.h"

using namespace ringside;

namespace {

double cpuMilliseconds() {
    timespec t{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return 1e3 * static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_nsec);
}

template <class F>
double milliseconds(F f) {
    const double begin = cpuMilliseconds();
    f();
    return cpuMilliseconds() - begin;
}

void report(const char* what, std::vector<double> times) {
    std::sort(times.begin(), times.end());
    std::printf("%-44s median %8.1f   95 %% %8.1f   worst %8.1f ms  (%zu)\n", what, times[times.size() / 2],
                times[times.size() * 95 / 100], times.back(), times.size());
    std::fflush(stdout);
}

u64 residentMiB() {
    std::ifstream status("/proc/self/statm");
    u64 size = 0, resident = 0;
    status >> size >> resident;
    return resident / 256;
}

}  // namespace

int main(int argc, char** argv) {
    const u64 instructions = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000'000;
    const std::string processes = argc > 2 ? argv[2] : "1";
    const u64 history = (argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 512) << 20;
    MachineOptions options;
    options.kernel.program = "/journey";
    // About 4,000 instructions a round.
    options.kernel.arguments = {processes,
                                std::to_string(instructions / 3350 / static_cast<u64>(std::atoi(processes.c_str())))};
    options.kernel.files.push_back({RINGSIDE_JOURNEY, "/journey"});
    auto machine = Machine::boot(options);
    if (!machine) return std::fprintf(stderr, "%s\n", machine.error().sentence.c_str()), 1;

    Machine plain = *machine;
    plain.trace.enabled = false;
    const double straight = milliseconds([&] { plain.run({}); });
    const Tick end = plain.cpu.tick;
    std::printf("%llu ticks; without a timeline %.0f ms (%.0f million a second)\n",
                static_cast<unsigned long long>(end), straight, static_cast<double>(end) / straight / 1e3);

    const u64 before = residentMiB();
    Session session(std::move(*machine), history);
    const double recorded = milliseconds([&] {
        session.run();
        session.wait();
    });
    auto moment = session.wait();
    std::printf(
        "recorded in %.0f ms (%.2f times as long); %zu events; history %llu MiB of %llu; process grew by %llu MiB\n",
        recorded, recorded / straight, moment->events.size(),
        static_cast<unsigned long long>(moment->historyBytes >> 20), static_cast<unsigned long long>(history >> 20),
        static_cast<unsigned long long>(residentMiB() - before));
    std::fflush(stdout);

    std::string output;
    {
        const Machine& m = *moment->now;
        output = m.devices.console.output.text();
    }
    u64 counter = 0, neighbour = 0, lonely = 0, once = 0, elsewhere = 0, mix = 0;
    std::sscanf(output.c_str(), "%lx %lx %lx %lx %lx %lx", &counter, &neighbour, &lonely, &once, &elsewhere, &mix);

    std::mt19937_64 random(5);
    const auto go = [&](auto command) {
        return milliseconds([&] {
            command();
            session.wait();
        });
    };
    const auto randomTick = [&] { return random() % end; };

    std::vector<double> seeks, backs, again;
    for (int i = 0; i < 200; ++i) {
        const Tick tick = randomTick();
        seeks.push_back(go([&] { session.seek(tick); }));
        if (session.latest()->now->cpu.tick != tick) return std::fprintf(stderr, "wrong tick\n"), 1;
        if (i % 4) continue;
        backs.push_back(go([&] { session.step(Session::Direction::Back); }));
        for (int k = 0; k < 5; ++k) again.push_back(go([&] { session.step(Session::Direction::Back); }));
    }
    report("seek to a random moment", seeks);
    report("step back there", backs);
    report("step back again", again);

    // All of these from the end, where nothing of the program is left to translate addresses with: from a late moment.
    const Tick late = end - end / 50;
    const auto ask = [&](const char* what, auto command) {
        session.seek(late);
        session.wait();
        const double time = go(command);
        auto there = session.latest();
        std::printf("%-44s %8.1f ms  from %llu to %llu %s\n", what, time, static_cast<unsigned long long>(late),
                    static_cast<unsigned long long>(there->now->cpu.tick), there->message.c_str());
        std::fflush(stdout);
    };
    session.seek(late);
    auto there = session.wait();
    const auto physical = [&](u64 address) {
        return walk(there->now->ram, there->now->cpu.pagingMode(), VirtAddr(address)).phys;
    };
    ask("who last wrote the counter", [&] { session.backToWrite(physical(counter), 8); });
    ask("who last wrote its neighbour", [&] { session.backToWrite(physical(neighbour), 8); });
    ask("who last wrote the lonely page", [&] { session.backToWrite(physical(lonely), 1); });
    ask("back to a function called all the time", [&] { session.toAddress({mix}, Session::Direction::Back); });
    ask("back to a function called once, same page", [&] { session.toAddress({once}, Session::Direction::Back); });
    ask("back to one called once, other page", [&] { session.toAddress({elsewhere}, Session::Direction::Back); });
    std::printf("history %llu MiB; process grew by %llu MiB\n",
                static_cast<unsigned long long>(session.latest()->historyBytes >> 20),
                static_cast<unsigned long long>(residentMiB() - before));
}
