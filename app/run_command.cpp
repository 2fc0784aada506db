#include "app/run_command.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fmt/format.h>
#include <memory>

#include "app/host_streams.h"
#include "app/options.h"
#include "app/report.h"
#include "app/trace_printer.h"
#include "core/kernel/names.h"

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
            if (!m_last) m_last = userRegisters(m_machine, m_machine.kernel.current);
            fmt::print(stderr, "{}\n", registersJson(m_last.value_or(UserRegisters{}), m_endedBy));
        }
        if (m_options.stats) fmt::print(stderr, "{}\n", statsJson(m_machine, wall.count(), 0));
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
        if (m_options.command != Verb::Trace) return 0;
        m_traceFile.reset(m_options.output.empty() ? stderr : std::fopen(m_options.output.back().c_str(), "w"));
        if (!m_traceFile) return complain(fmt::format("'{}' can not be written", m_options.output.back()));
        return 0;
    }

    u64 instructionsLeft() const {
        if (!m_options.limit) return kSlice;
        const u64 done = m_machine.cpu.counters.instructions;
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
            streams.feedReady(m_machine);
            // A tick is at most one instruction, so the limit is met exactly.
            RunUntil until;
            until.tick = m_machine.cpu.tick + std::min<u64>(left, kSlice);
            until.events = RunUntil::bit(EventKind::Console) | RunUntil::bit(EventKind::Exit);
            const MachineStop stop = m_machine.run(until);
            if (!takeEvents(streams)) return 128 + kSigPipe;
            switch (stop) {
                case MachineStop::NeedsInput:
                    streams.feedWaiting(m_machine);
                    break;
                case MachineStop::Finished: {
                    const int waitStatus = m_machine.kernel.exitStatus.value_or(0);
                    m_endedBy = waitStatusText(waitStatus);
                    return exitStatusOf(waitStatus);
                }
                case MachineStop::Panicked:
                    m_endedBy = "kernel panic: " + m_machine.kernel.panic;
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

    // Hands on what the guest wrote and what happened. False: nobody reads our stdout any more.
    bool takeEvents(HostStreams& streams) {
        for (const Event& event : m_machine.trace.events) {
            if (event.kind != EventKind::Exit || !m_options.dumpRegisters) continue;
            for (const auto& [id, task] : m_machine.kernel.tasks)
                if (task.pid() == event.pid)
                    if (auto registers = userRegisters(m_machine, id)) m_last = std::move(registers);
        }
        if (m_traceFile) {
            const std::string lines = m_printer.lines(m_machine.trace.events);
            std::fwrite(lines.data(), 1, lines.size(), m_traceFile.get());
            std::fflush(m_traceFile.get());
        }
        m_machine.trace.events.clear();
        return streams.flush(m_machine);
    }

    struct Close {
        void operator()(std::FILE* file) const {
            if (file != stderr) std::fclose(file);
        }
    };

    const Options& m_options;
    Machine m_machine;
    TracePrinter m_printer;
    std::unique_ptr<std::FILE, Close> m_traceFile;
    std::optional<UserRegisters> m_last;  // of the task that exited last
    std::string m_endedBy;
};

}  // namespace

int runCommand(const Options& options) {
    auto machineFor = machineOptions(options);
    if (!machineFor) return complain(machineFor.error().sentence);
    HostStreams streams;
    machineFor->kernel.terminal = streams.terminal();
    auto machine = Machine::bootProgram(*machineFor);
    if (!machine) return complain(machine.error().sentence);
    return Runner(options, std::move(*machine)).run(streams);
}

}  // namespace ringside
