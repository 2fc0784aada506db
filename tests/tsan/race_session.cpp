// Under the thread sanitizer: commands from one thread, snapshots read and dropped by another, the worker running.
// Plain C++: Qt Test itself reports false races there.
#include <atomic>
#include <cstdio>
#include <thread>

#include "core/session/session.h"

using namespace ringside;

int main() {
    MachineOptions options;
    options.ramBytes = u64{64} << 20;
    options.kernel.program = "/samples/countdown";
    auto machine = Machine::boot(options);
    if (!machine) {
        std::fprintf(stderr, "%s\n", machine.error().sentence.c_str());
        return 1;
    }
    Session session(std::move(*machine));
    std::atomic<bool> done = false;
    u64 looked = 0;
    std::thread screen([&] {
        u64 serial = 0;
        while (!done) {
            const auto moment = session.latest();
            if (!moment || moment->serial == serial) continue;
            serial = moment->serial;
            const Machine copy = *moment->now;  // a "what if" begins like this
            looked += copy.cpu.tick + moment->events.size();
            for (const auto& [pid, series] : moment->schedLog.tasks()) looked += series.back().ns;
            for (const auto& run : moment->policies) looked += run ? run->log.size() : 0;
        }
    });
    session.step();
    session.compare({SchedKind::Rr, SchedKind::Coop});
    session.run();
    session.pause();
    for (int i = 0; i < 20; ++i) {
        session.step();
        session.step(Session::Direction::Back);
    }
    session.toEvent(RunUntil::bit(EventKind::PageFault));
    session.toEvent(RunUntil::bit(EventKind::PageFault), Session::Direction::Back);
    session.seek(5000);
    session.setBreakpoint(0x401000, true);
    session.change("RAX", [](Machine& m) { m.cpu.regs.gpr[RAX] = 5; });
    const auto end = session.wait();
    done = true;
    screen.join();
    if (end->now->cpu.tick != 5000 || end->now->cpu.regs.gpr[RAX] != 5 || end->breakpoints.size() != 1 ||
        end->policies.size() != 2) {
        std::fprintf(stderr, "the session did not end where it was sent\n");
        return 1;
    }
    std::printf("session: no race, %llu looked at\n", static_cast<unsigned long long>(looked));
    return 0;
}
