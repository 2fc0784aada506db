// Questions about the past, and what the user marks in it.
#include <algorithm>
#include <fmt/format.h>

#include "core/kernel/proc/pid.h"
#include "core/machine/edits.h"
#include "core/session/session.h"
#include "core/session/worker.h"

namespace ringside {
namespace {

using Fate = Session::PageFate;

constexpr u64 kNoFrame = ~u64{0};

// Whether the event does something to pages that `is` says yes to: is(fate, begin, end, frame), the addresses of one of
// its own processes. Copy-on-write does two things: the old frame is copied, the new one mapped.
template <class F>
bool changesPages(const Event& e, F is) {
    const auto& a = e.args;
    const auto page = [](u64 address) { return pageDown(address); };
    switch (e.kind) {
        case EventKind::ZeroFill:
        case EventKind::FileFill:
        case EventKind::ZeroPage:
        case EventKind::SwapIn:
        case EventKind::CowReuse:
            return is(Fate::Mapped, page(a[0]), page(a[0]) + 1, a[1]);
        case EventKind::CowCopy:
            return is(Fate::Copied, page(a[0]), page(a[0]) + 1, a[1]) ||
                   is(Fate::Mapped, page(a[0]), page(a[0]) + 1, a[2]);
        case EventKind::SwapOut:
            return is(Fate::Freed, page(a[2]), page(a[2]) + 1, a[0]);
        case EventKind::Munmap:
            return is(Fate::Freed, a[0], a[1], kNoFrame);
        case EventKind::Brk:
            return is(Fate::Freed, a[1], a[0], kNoFrame);
        case EventKind::Exec:
        case EventKind::Exit:
            return is(Fate::Freed, 0, ~u64{0}, kNoFrame);
        default:
            return false;
    }
}

// The latest event before `tick` that is meant.
template <class F>
std::optional<Tick> lastEvent(const EventLog& log, Tick tick, F means) {
    if (tick == 0) return std::nullopt;
    for (std::size_t i = log.firstAfter(tick - 1); i-- > 0;)
        if (means(log[i])) return log[i].tick;
    return std::nullopt;
}

const char* verb(Fate fate) { return fate == Fate::Mapped ? "mapped" : fate == Fate::Copied ? "copied" : "given up"; }

// The moment after which `reg` has the value it has now, as the current task sees it: what the kernel and other tasks
// do with it meanwhile does not count, unless we are in the kernel now.
struct LastChange {
    const Timeline& timeline;
    std::string reg;
    TaskId task;
    unsigned cpl;
    const std::atomic<bool>& interrupt;

    // In (from, to]: stepping, and comparing each moment of the task with the one before.
    std::optional<Tick> in(Tick from, Tick to) const {
        Machine machine = timeline.machineAt(from);
        machine.trace.enabled = false;
        std::optional<u64> value;
        std::optional<Tick> found;
        for (;;) {
            if (machine.kernel.current == task && machine.cpu.regs.cpl() == cpl) {
                const u64 now = *registerValue(machine, reg);
                if (value && *value != now) found = machine.cpu.tick;
                value = now;
            }
            if (machine.cpu.tick >= to || interrupt) return found;
            if (timeline.replay(machine, {.tick = machine.cpu.tick + 1}) != MachineStop::TickLimit) return found;
        }
    }
};

}  // namespace

void Session::backToWrite(PhysAddr begin, u64 length) {
    post([=](Worker& w) {
        w.running = false;
        RunUntil until;
        until.watch = Watch{begin, length, false};
        const std::string question = fmt::format("{:#x} {}", begin.value, length);
        const auto target = w.timeline.lastStop(w.timeline.tick() + (w.askedHere(question) ? 0 : 1), until);
        if (w.interrupt.exchange(false)) return;
        w.answer(question, target, "Nothing wrote there earlier in this run.");
    });
}

void Session::backToRegister(std::string name) {
    post([name = std::move(name)](Worker& w) {
        w.running = false;
        const Machine& now = w.timeline.now();
        if (const auto known = registerValue(now, name); !known) {
            w.message = known.error().sentence;
            return;
        }
        const LastChange change{w.timeline, name, now.kernel.current, now.cpu.regs.cpl(), w.interrupt};
        constexpr Tick kFarthest = 20'000'000;
        const Tick here = w.timeline.tick(), farthest = here > kFarthest ? here - kFarthest : 0;
        // Ever longer stretches back: most registers have changed a moment ago.
        Tick length = 1024;
        for (Tick to = here; to > farthest && !w.interrupt; length = std::min<Tick>(length * 4, 1 << 20)) {
            const Tick from = to > farthest + length ? to - length : farthest;
            if (const auto found = change.in(from, to == here && w.askedHere(name) ? here - 1 : to))
                return w.answer(name, found, {});
            to = from;
        }
        if (w.interrupt.exchange(false)) return;
        w.message = farthest == 0 ? "It has had this value since the program began."
                                  : "It has had this value for the last 20 million ticks and longer.";
    });
}

void Session::backToPage(PageFate fate, i32 pid, u64 address) {
    post([=](Worker& w) {
        w.running = false;
        const Kernel& kernel = w.timeline.now().kernel;
        const TaskId id = pid == 0 ? kernel.current : findGlobal(kernel, pid);
        const Task* task = kernel.tasks.find(id);
        std::vector<i32> pids;
        if (task)
            for (const auto& [other, t] : kernel.tasks)
                if (other == id || (t.mm == task->mm && task->mm != MmId{})) pids.push_back(t.pid());
        const u64 page = pageDown(address);
        const auto found = lastEvent(w.timeline.events(), w.timeline.tick(), [&](const Event& e) {
            // A child's pages were mapped, and shared, when it was made.
            if (e.kind == EventKind::Fork && fate == Fate::Mapped)
                return std::ranges::find(pids, static_cast<i32>(e.args[0])) != pids.end();
            return std::ranges::find(pids, e.pid) != pids.end() &&
                   changesPages(
                       e, [&](Fate f, u64 begin, u64 end, u64) { return f == fate && begin <= page && page < end; });
        });
        if (found) return w.goTo(*found);
        w.message = fmt::format("The page at {:#x} was never {} earlier in this run.", page, verb(fate));
    });
}

void Session::backToFrame(PageFate fate, FrameNo frame) {
    post([=](Worker& w) {
        w.running = false;
        const auto found = lastEvent(w.timeline.events(), w.timeline.tick(), [&](const Event& e) {
            return changesPages(e, [&](Fate f, u64, u64, u64 its) { return f == fate && its == frame.value; });
        });
        if (found) return w.goTo(*found);
        w.message = fmt::format("Frame {} was never {} by a page fault earlier in this run.", frame.value, verb(fate));
    });
}

void Session::backToTask(i32 pid) {
    post([=](Worker& w) {
        w.running = false;
        const auto found = lastEvent(w.timeline.events(), w.timeline.tick(), [&](const Event& e) {
            return e.kind == EventKind::Switch && static_cast<i32>(e.args[0]) == pid;
        });
        if (found) return w.goTo(*found - 1);
        const Task* current = w.timeline.now().kernel.tasks.find(w.timeline.now().kernel.current);
        w.message = current && current->pid() == pid
                        ? fmt::format("Task {} has the CPU now and has never given it up before.", pid)
                        : fmt::format("Task {} has not run yet.", pid);
    });
}

// ---- breakpoints, bookmarks -----------------------------------------------------------------------------------------

void Session::setBreakpoint(u64 address, bool on) {
    post([=](Worker& w) {
        const auto at = std::ranges::lower_bound(w.breakpoints, address, {}, &Breakpoint::address);
        const bool there = at != w.breakpoints.end() && at->address == address;
        if (on && !there) w.breakpoints.insert(at, Breakpoint{.address = address});
        if (!on && there) w.breakpoints.erase(at);
        w.refreshActive();
    });
}

void Session::enableBreakpoint(u64 address, bool on) {
    post([=](Worker& w) {
        if (Breakpoint* b = w.breakpointAt(address)) b->enabled = on;
        w.refreshActive();
    });
}

void Session::setCondition(u64 address, std::string text) {
    post([address, text = std::move(text)](Worker& w) {
        Breakpoint* b = w.breakpointAt(address);
        auto condition = Condition::parse(text);
        w.message = condition ? "" : condition.error().sentence;
        if (b && condition) b->condition = std::move(*condition);
    });
}

void Session::setWatch(std::optional<Watchpoint> watch) {
    post([watch = std::move(watch)](Worker& w) { w.watch = watch; });
}

void Session::addBookmark(std::string name, std::optional<Tick> tick) {
    post([name = std::move(name), tick](Worker& w) {
        const Tick at = tick.value_or(w.timeline.tick());
        std::erase_if(w.bookmarks, [at](const auto& b) { return b.first == at; });
        w.bookmarks.insert(std::ranges::lower_bound(w.bookmarks, at, {}, &std::pair<Tick, std::string>::first),
                           {at, name});
    });
}

void Session::renameBookmark(Tick tick, std::string name) {
    post([name = std::move(name), tick](Worker& w) {
        for (auto& [at, old] : w.bookmarks)
            if (at == tick) old = name;
    });
}

void Session::removeBookmark(Tick tick) {
    post([tick](Worker& w) { std::erase_if(w.bookmarks, [tick](const auto& b) { return b.first == tick; }); });
}

// ---- futures --------------------------------------------------------------------------------------------------------

void Session::switchFuture(u32 id) {
    post([id](Worker& w) {
        w.running = false;
        w.depart();
        if (!w.timeline.switchTo(id)) w.message = "This future is not kept any more.";
        w.goTo(w.timeline.tick());
    });
}

void Session::removeFuture(u32 id) {
    post([id](Worker& w) {
        const bool gone = w.timeline.removeFuture(id);
        w.message = gone ? "" : "This future can not be forgotten: we are in it, or another one has parted from it.";
        if (gone && w.comparison && (w.comparison->first == id || w.comparison->second == id)) w.comparison.reset();
    });
}

void Session::compareFutures(u32 first, u32 second) {
    post([=](Worker& w) {
        w.running = false;
        auto comparison = w.timeline.compare(first, second, w.timeline.tick());
        w.comparison = comparison ? std::make_shared<const FutureComparison>(std::move(*comparison)) : nullptr;
    });
}

void Session::setHistory(u64 bytes) {
    post([bytes](Worker& w) { w.timeline.setBudget(bytes); });
}

}  // namespace ringside
