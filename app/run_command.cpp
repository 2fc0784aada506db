#include "app/run_command.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fmt/format.h>
#include <memory>
#include <utility>

#include "app/host_streams.h"
#include "app/options.h"
#include "app/report.h"
#include "app/trace_printer.h"
#include "core/kernel/names.h"
#include "core/kernel/proc/pid.h"
#include "core/timeline/timeline.h"

namespace ringside {

namespace {

// Ticks between two looks at our stdin. A number of ticks, not a time: what the guest sees must not depend on the load.
constexpr Tick kSlice = 4'000'000;

int exitStatusOf(int waitStatus) {
    const int signal = waitStatus & 0x7f;
    return signal ? 128 + signal : waitStatus >> 8 & 0xff;
}

int complain(const std::string& sentence) {
    fmt::print(stderr, "ringside: {}\n", sentence);
    return kExitError;
}

class Runner {
 public:
    Runner(const Options& options, Machine machine)
        : m_options(options),
          m_machine(std::move(machine)),
          m_printer(options.events ? options.events | RunUntil::bit(EventKind::Exit) : kDefaultEvents, options.format) {
    }

    int run(HostStreams& streams) {
        const auto begin = std::chrono::steady_clock::now();
        if (const int status = openTrace(); status != 0) return status;
        const int status = runToEnd(streams);
        const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
        if (m_options.dumpRegisters) {
            if (!m_last) m_last = userRegisters(now(), now().kernel.current);
            fmt::print(stderr, "{}\n", registersJson(m_last.value_or(UserRegisters{}), m_endedBy));
        }
        if (m_options.stats)
            fmt::print(stderr, "{}\n",
                       statsJson(now(), wall.count(), m_timeline ? m_timeline->checkpointCount() : 0, m_ended));
        return status;
    }

 private:
    static constexpr u64 kDefaultEvents = RunUntil::bit(EventKind::SyscallEnter) |
                                          RunUntil::bit(EventKind::SyscallExit) | RunUntil::bit(EventKind::Exit) |
                                          RunUntil::bit(EventKind::SignalDeliver);

    int openTrace() {
        m_machine.trace.enabled = true;
        m_machine.trace.calls =
            m_options.events & (RunUntil::bit(EventKind::CallEnter) | RunUntil::bit(EventKind::RbInsert));
        if (m_options.record) m_timeline.emplace(std::move(m_machine));
        if (m_options.command != Verb::Trace) return 0;
        m_traceFile.reset(m_options.output.empty() ? stderr : std::fopen(m_options.output.back().c_str(), "w"));
        if (!m_traceFile) return complain(fmt::format("'{}' can not be written", m_options.output.back()));
        return 0;
    }

    u64 instructionsLeft() const {
        if (!m_options.limit) return kSlice;
        const u64 done = now().cpu.counters.instructions;
        return *m_options.limit > done ? *m_options.limit - done : 0;
    }

    int runToEnd(HostStreams& streams) {
        for (;;) {
            const u64 left = instructionsLeft();
            if (left == 0) {
                m_endedBy = fmt::format("limit of {} instructions", *m_options.limit);
                takeEvents(streams);
                return kExitLimit;
            }
            feed(streams.arrived(now()));
            // A tick is at most one instruction, so the limit is met exactly.
            RunUntil until;
            until.tick = now().cpu.tick + std::min<u64>(left, kSlice);
            until.events = RunUntil::bit(EventKind::Console) | RunUntil::bit(EventKind::Exit);
            // Who types wants time to do so: Ctrl-Z on `sleep 100`.
            if (streams.typedAt()) until.longestSleep = now().cyclesPerSecond() / 20;
            const MachineStop stop = m_timeline ? m_timeline->run(until) : m_machine.run(until);
            if (!takeEvents(streams)) return 128 + kSigPipe;
            switch (stop) {
                case MachineStop::Asleep:
                    // A key, or the time is over: one tick brings the timer's interrupt.
                    if (auto keys = streams.arriving(now(), now().nanosecondsToSleep()))
                        feed(std::move(keys));
                    else
                        until = {.tick = now().cpu.tick + 1},
                        m_timeline ? m_timeline->run(until) : m_machine.run(until);
                    break;
                case MachineStop::NeedsInput:
                    feed(streams.arriving(now()));
                    break;
                case MachineStop::Finished: {
                    const int waitStatus = now().kernel.exitStatus.value_or(0);
                    m_endedBy = waitStatusText(waitStatus);
                    return exitStatusOf(waitStatus);
                }
                case MachineStop::Panicked:
                    m_endedBy = "kernel panic: " + now().kernel.panic;
                    return complain(m_endedBy);
                case MachineStop::Deadlocked:
                    m_endedBy = "deadlock";
                    return complain("every task of the guest sleeps, and nothing can wake one of them");
                case MachineStop::TickLimit:
                case MachineStop::Breakpoint:
                case MachineStop::Watchpoint:
                case MachineStop::Event:
                    break;
            }
        }
    }

    // The machine as it is; with --record the timeline has it.
    const Machine& now() const { return m_timeline ? m_timeline->now() : m_machine; }

    void feed(HostStreams::Arrival arrival) {
        if (!arrival) return;
        if (m_timeline)
            m_timeline->input("stdin", std::move(arrival));
        else
            arrival(m_machine);
    }

    std::vector<Event> newEvents() {
        if (!m_timeline) return std::exchange(m_machine.trace.events, {});
        const EventLog& log = m_timeline->events();
        std::vector<Event> events;
        for (u64 i = std::max(m_seen, log.dropped()); i < log.dropped() + log.size(); ++i)
            events.push_back(log[i - log.dropped()]);
        m_seen = log.dropped() + log.size();
        return events;
    }

    // Hands on what the guest wrote and what happened. False: nobody reads our stdout any more.
    bool takeEvents(HostStreams& streams) {
        const std::vector<Event> events = newEvents();
        for (const Event& event : events) {
            if (event.kind == EventKind::Oom) complain(event.text);
            if (event.kind != EventKind::Exit || !(m_options.dumpRegisters || m_options.stats)) continue;
            const TaskId id = findGlobal(now().kernel, event.pid);
            const Task* task = now().kernel.tasks.find(id);
            if (!task) continue;
            if (m_options.stats) {
                m_ended[event.pid] = taskStats(*task);
                m_ended[event.pid].ended = true;
            }
            if (!m_options.dumpRegisters) continue;
            if (auto registers = userRegisters(now(), id)) m_last = std::move(registers);
        }
        if (m_traceFile) {
            const std::string lines = m_printer.lines(events);
            std::fwrite(lines.data(), 1, lines.size(), m_traceFile.get());
            std::fflush(m_traceFile.get());
        }
        return streams.flush(now());
    }

    struct Close {
        void operator()(std::FILE* file) const {
            if (file != stderr) std::fclose(file);
        }
    };

    const Options& m_options;
    Machine m_machine;
    std::optional<Timeline> m_timeline;
    u64 m_seen = 0;  // events of the timeline that were handed on
    TracePrinter m_printer;
    std::unique_ptr<std::FILE, Close> m_traceFile;
    std::optional<UserRegisters> m_last;  // of the task that exited last
    TaskStatsByPid m_ended;
    std::string m_endedBy;
};

}  // namespace

int runCommand(const Options& options) {
    auto machineFor = machineOptions(options);
    if (!machineFor) return complain(machineFor.error().sentence);
    HostStreams streams;
    machineFor->kernel.terminal |= streams.terminal();
    auto machine = Machine::bootProgram(*machineFor);
    if (!machine) return complain(machine.error().sentence);
    return Runner(options, std::move(*machine)).run(streams);
}

}  // namespace ringside
