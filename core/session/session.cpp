#include "core/session/session.h"

#include <algorithm>

#include "core/session/worker.h"

namespace ringside {
namespace {
constexpr Tick kLongestPolicyRun = 400'000'000;
// A running machine is handed over no more often than a screen can show it: each copy costs it clones of what it
// writes.
constexpr auto kFrame = std::chrono::milliseconds(15);
}  // namespace

Session::Session(Machine start, u64 historyBytes, std::function<void()> arrived)
    : m_arrived(std::move(arrived)),
      m_worker(std::make_unique<Worker>(std::move(start), historyBytes, m_interrupt)),
      m_thread([this] { work(); }) {}

Session::~Session() {
    {
        std::lock_guard lock(m_mutex);
        m_quit = true;
        m_interrupt = true;
    }
    m_wake.notify_all();
    m_thread.join();
}

std::shared_ptr<const Moment> Session::latest() const {
    std::lock_guard lock(m_mutex);
    return m_latest;
}

std::shared_ptr<const Moment> Session::wait() {
    std::unique_lock lock(m_mutex);
    m_idle.wait(lock, [this] { return !m_busy && m_comparing == 0 && m_commands.empty(); });
    return m_latest;
}

void Session::post(std::function<void(Worker&)> command) {
    {
        std::lock_guard lock(m_mutex);
        m_commands.push_back(std::move(command));
        m_busy = true;
    }
    m_wake.notify_all();
}

void Session::work() {
    Worker& w = *m_worker;
    SessionClock::time_point published;
    auto publish = [&] {
        auto moment = w.moment();
        published = SessionClock::now();
        {
            std::lock_guard lock(m_mutex);
            m_latest = std::move(moment);
        }
        if (m_arrived) m_arrived();
    };
    publish();
    for (;;) {
        std::function<void(Worker&)> command;
        {
            std::unique_lock lock(m_mutex);
            if (m_commands.empty() && !w.running && !m_quit) {
                m_busy = false;
                m_idle.notify_all();
                m_wake.wait(lock, [this] { return m_quit || !m_commands.empty(); });
            } else if (m_commands.empty() && w.running && (w.speed > 0 || w.asleep())) {
                m_wake.wait_until(lock, w.nextStep, [this] { return m_quit || !m_commands.empty(); });
            }
            if (m_quit) return;
            if (!m_commands.empty()) {
                command = std::move(m_commands.front());
                m_commands.pop_front();
            }
        }
        try {
            if (command) {
                command(w);
                // A burst of commands (key repeat) is shown once, at its end.
                std::unique_lock lock(m_mutex);
                if (!m_commands.empty()) continue;
            } else if (w.running && w.speed > 0) {
                w.nextStep = SessionClock::now() + std::chrono::microseconds(static_cast<i64>(1e6 / w.speed));
                w.step(1);
                if (std::ranges::binary_search(w.active, w.timeline.now().cpu.regs.rip) &&
                    w.wantsStop(w.timeline.now()))
                    w.stop = MachineStop::Breakpoint;
                if (w.stop) w.running = false;
            } else if (w.running && w.runOn()) {
                w.running = false;
            }
        } catch (const CheckFailed& failure) {
            w.running = false;
            w.message = std::string("Ringside made a mistake: ") + failure.what();
        }
        if (command || !w.running || w.asleep() || SessionClock::now() - published >= kFrame) publish();
    }
}

void Session::step(Direction direction, Tick count) {
    post([=](Worker& w) {
        w.running = false;
        if (direction == Direction::Forward)
            w.step(count);
        else
            w.goTo(w.timeline.tick() > count ? w.timeline.tick() - count : 0);
    });
}

void Session::stepOver(Direction direction) {
    post([=](Worker& w) {
        w.running = false;
        const Tick from = w.timeline.tick();
        const TaskId task = w.timeline.now().kernel.current;
        const u64 rsp = w.timeline.now().cpu.regs.gpr[RSP];
        if (direction == Direction::Back) {
            // The latest earlier moment at which this task stood in the same or an outer frame of the same ring.
            const unsigned cpl = w.timeline.now().cpu.regs.cpl();
            for (Tick t = from; t > 0;) {
                const Tick begin = t > 4096 ? t - 4096 : 0;
                Machine machine = w.timeline.machineAt(begin);
                std::optional<Tick> found;
                while (machine.cpu.tick < t) {
                    if (machine.kernel.current == task && machine.cpu.regs.cpl() == cpl &&
                        machine.cpu.regs.gpr[RSP] >= rsp)
                        found = machine.cpu.tick;
                    if (w.timeline.replay(machine, {.tick = machine.cpu.tick + 1}) != MachineStop::TickLimit) break;
                }
                if (found) return w.goTo(*found);
                t = begin;
            }
            return w.goTo(0);
        }
        const Retired next = w.timeline.preview();
        const bool pushes = next.length != 0 && next.after.gpr[RSP] == next.before.gpr[RSP] - 8 &&
                            next.after.rip != next.before.rip + next.length;
        const bool leavesRing = next.after.cpl() != next.before.cpl() || next.trap;
        if (!pushes && !leavesRing) return w.step(1);
        w.depart();
        // A faulting instruction is retried: its own end is behind it. INT and SYSCALL return there as well.
        const u64 behind[] = {next.before.rip + next.length};
        RunUntil until;
        until.breakpoints = behind;
        for (;;) {
            if (w.slice(until, kSlice)) {
                const Machine& now = w.timeline.now();
                if (w.stop != MachineStop::Breakpoint) return;  // interrupted, ended, asleep
                w.stop = std::nullopt;
                if (now.kernel.current == task && now.cpu.regs.gpr[RSP] >= rsp &&
                    now.cpu.regs.cpl() == next.before.cpl())
                    return;
            }
        }
    });
}

void Session::stepOut() {
    post([](Worker& w) {
        w.running = false;
        w.depart();
        const TaskId task = w.timeline.now().kernel.current;
        const unsigned cpl = w.timeline.now().cpu.regs.cpl();
        const u64 rsp = w.timeline.now().cpu.regs.gpr[RSP];
        constexpr Tick kLongest = 20'000'000;
        for (Tick i = 0; i < kLongest; ++i) {
            const Registers r = w.timeline.now().cpu.regs;
            const bool ours = w.timeline.now().kernel.current == task && r.cpl() == cpl;
            if (w.slice({}, 1)) return;
            const Machine& now = w.timeline.now();
            // RET is the instruction that lifts RSP above where we began and jumps.
            if (ours && now.cpu.regs.cpl() == cpl && r.gpr[RSP] >= rsp && now.cpu.regs.gpr[RSP] == r.gpr[RSP] + 8 &&
                (now.cpu.regs.rip < r.rip || now.cpu.regs.rip > r.rip + 15))
                return;
        }
        w.message = "The function did not return within 20 million instructions.";
    });
}

void Session::run(Direction direction) {
    post([=](Worker& w) {
        w.depart();
        w.running = direction == Direction::Forward;
        w.nextStep = SessionClock::now();
        if (direction == Direction::Forward) return;
        const auto target = w.lastUserStop();
        if (w.interrupt.exchange(false)) return;
        w.goTo(target.value_or(0));
    });
}

void Session::pause() {
    m_interrupt = true;
    post([](Worker& w) {
        w.running = false;
        w.interrupt = false;
    });
}

void Session::seek(Tick tick) {
    post([=](Worker& w) {
        w.running = false;
        w.goTo(tick);
    });
}

void Session::toMoment(std::vector<MomentWanted> way, Tick more) {
    post([=, way = std::move(way)](Worker& w) {
        w.running = false;
        Tick at = 0;
        for (const MomentWanted& wanted : way) {
            const auto found = findMoment(w.timeline.machineAt(at), wanted, std::nullopt);
            if (!found) {
                w.message = found.error().sentence;
                return;
            }
            at = *found;
            w.timeline.seek(at);  // machineAt knows what has been reached
        }
        w.goTo(at + more);
    });
}

void Session::restart() { seek(0); }

void Session::toEvent(u64 mask, Direction direction) {
    post([=](Worker& w) {
        w.running = false;
        const Tick from = w.timeline.tick();
        const EventLog& log = w.timeline.events();
        const auto known = direction == Direction::Forward ? log.next(from, mask) : log.previous(from, mask);
        if (known) return w.goTo(*known);
        if (direction == Direction::Back) {
            w.message = "No such event earlier in this run.";
            return;
        }
        w.timeline.seek(w.timeline.frontier());
        RunUntil until;
        until.events = mask;
        w.depart();
        while (!w.slice(until, kSlice)) {
        }
        const auto why = w.stop;
        w.goTo(w.timeline.tick());
        w.stop = why;
    });
}

void Session::toAddress(std::vector<u64> addresses, Direction direction) {
    std::sort(addresses.begin(), addresses.end());
    post([=, addresses = std::move(addresses)](Worker& w) {
        w.running = false;
        RunUntil until;
        until.breakpoints = addresses;
        if (direction == Direction::Back) {
            const auto target = w.timeline.lastStop(w.timeline.tick(), until);
            if (target) return w.goTo(*target);
            w.message = "The program was at none of these places earlier.";
            return;
        }
        w.depart();
        while (!w.slice(until, kSlice)) {
        }
    });
}

void Session::toLine(std::vector<std::pair<u64, u32>> statements, u32 here, Direction direction) {
    std::sort(statements.begin(), statements.end());
    post([=, statements = std::move(statements)](Worker& w) {
        w.running = false;
        auto others = [&](u32 line) {
            std::vector<u64> addresses;
            for (const auto& [address, of] : statements)
                if (of != line) addresses.push_back(address);
            return addresses;
        };
        auto lineAt = [&](Tick tick) {
            const u64 rip = w.timeline.machineAt(tick).cpu.regs.rip;
            const auto after = std::upper_bound(statements.begin(), statements.end(), std::pair{rip, ~u32{0}});
            return after == statements.begin() ? 0 : std::prev(after)->second;
        };
        std::vector<u64> addresses = others(here);
        RunUntil until;
        until.breakpoints = addresses;
        if (direction == Direction::Back) {
            const auto inside = w.timeline.lastStop(w.timeline.tick(), until);
            if (!inside) {
                w.message = "This is the first line that ran.";
                return;
            }
            // Its beginning is the first statement after the line before it.
            addresses = others(lineAt(*inside));
            until.breakpoints = addresses;
            const Tick before = w.timeline.lastStop(*inside, until).value_or(0);
            addresses = others(before ? lineAt(before) : 0);
            until.breakpoints = addresses;
            w.timeline.seek(before);
            w.timeline.run(until);
            return w.goTo(w.timeline.tick());
        }
        w.depart();
        while (!w.slice(until, kSlice)) {
        }
    });
}

void Session::compare(std::vector<SchedKind> kinds) {
    {
        std::lock_guard lock(m_mutex);
        ++m_comparing;
    }
    post([this, kinds = std::move(kinds)](Worker& w) {
        w.policyThread = {};  // ends the one before
        w.policies.clear();
        std::vector<std::function<void(Machine&)>> inputs;
        for (const Input& input : w.timeline.inputs()) inputs.push_back(input.apply);
        w.policyThread = std::jthread([this, kinds, inputs, start = w.timeline.start()](const std::stop_token& token) {
            for (std::size_t i = 0; i < kinds.size() && !token.stop_requested(); ++i) {
                auto shown = SessionClock::now();
                runUnder(start, kinds[i], kLongestPolicyRun, inputs, [&](const PolicyRun& run) {
                    if (run.done || SessionClock::now() - shown > std::chrono::milliseconds(100)) {
                        shown = SessionClock::now();
                        post([i, run = std::make_shared<const PolicyRun>(run)](Worker& worker) {
                            worker.policies.resize(std::max(worker.policies.size(), i + 1));
                            worker.policies[i] = run;
                        });
                    }
                    return !token.stop_requested();
                });
            }
            std::lock_guard lock(m_mutex);
            --m_comparing;
            m_idle.notify_all();
        });
    });
}

void Session::setSpeed(double stepsPerSecond) {
    post([=](Worker& w) {
        w.speed = stepsPerSecond;
        w.nextStep = SessionClock::now();
    });
}

void Session::compareWith(Since since, Tick mark) {
    post([=](Worker& w) {
        w.since = since;
        w.mark = mark;
    });
}

void Session::type(std::string bytes) {
    post([bytes = std::move(bytes)](Worker& w) {
        w.timeline.input("typed", [bytes](Machine& m) { m.type(bytes); });
        w.byHand = true;
        // Somebody slept on the console: they wake and the run goes on.
        if (w.stop == MachineStop::NeedsInput) w.running = true;
        if (w.running) w.stop.reset();
    });
}

void Session::closeInput() {
    post([](Worker& w) {
        w.timeline.input("end of input", [](Machine& m) { m.closeInput(); });
        if (w.stop == MachineStop::NeedsInput) w.stop = std::nullopt, w.running = true;
    });
}

void Session::change(std::string what, std::function<void(Machine&)> apply) {
    post([what = std::move(what), apply = std::move(apply)](Worker& w) {
        w.running = false;
        w.depart();
        w.timeline.input(what, apply);
    });
}

}  // namespace ringside
