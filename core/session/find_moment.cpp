#include "core/session/find_moment.h"

#include <charconv>
#include <fmt/format.h>
#include <vector>

#include "core/kernel/names.h"
#include "core/kernel/syscalls/table.h"

namespace ringside {

namespace {

std::optional<u64> number(std::string_view text) {
    u64 value = 0;
    const int base = text.starts_with("0x") ? 16 : 10;
    if (base == 16) text.remove_prefix(2);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto colon = text.find(':');
        parts.push_back(text.substr(0, colon));
        if (colon == std::string_view::npos) return parts;
        text.remove_prefix(colon + 1);
    }
}

u64 faultKind(std::string_view name) {
    static constexpr std::pair<std::string_view, EventKind> kKinds[] = {
        {"any", EventKind::PageFault}, {"cow", EventKind::CowCopy},        {"reuse", EventKind::CowReuse},
        {"zero", EventKind::ZeroFill}, {"zero-page", EventKind::ZeroPage}, {"file", EventKind::FileFill},
        {"swap", EventKind::SwapIn},   {"segv", EventKind::SegFault}};
    for (const auto& [word, kind] : kKinds)
        if (word == name) return RunUntil::bit(kind);
    return 0;
}

std::string whyItEnded(const Machine& machine, MachineStop stop) {
    switch (stop) {
        case MachineStop::Finished:
            return waitStatusText(machine.kernel.exitStatus.value_or(0));
        case MachineStop::Panicked:
            return "kernel panic: " + machine.kernel.panic;
        case MachineStop::NeedsInput:
            return "it waits for input";
        case MachineStop::Deadlocked:
            return "every task sleeps";
        default:
            return "the limit was reached";
    }
}

}  // namespace

Expected<MomentWanted> parseMoment(std::string_view text) {
    MomentWanted wanted;
    if (text.empty() || text == "end") {
        wanted.tick = ~Tick{0};
        return wanted;
    }
    if (text == "start") {
        wanted.tick = 0;
        return wanted;
    }
    if (const auto tick = number(text)) {
        wanted.tick = *tick;
        return wanted;
    }
    std::vector<std::string_view> parts = split(text);
    const bool two = parts[0] == "syscall" || parts[0] == "fault" || parts[0] == "address";
    const std::size_t most = two ? 3 : 2;
    if (parts.size() > most || (two && parts.size() < 2))
        return fail(fmt::format("--at: '{}' is not a moment; see ringside --help", text));
    if (parts.size() == most) {
        const auto count = number(parts.back());
        if (!count || *count == 0)
            return fail(fmt::format("--at: '{}': '{}' is not a number from 1", text, parts.back()));
        wanted.count = *count;
    }
    if (parts[0] == "syscall") {
        wanted.events = RunUntil::bit(EventKind::SyscallEnter);
        wanted.syscall = parts[1];
        bool known = false;
        for (u64 n = 0; n < 512; ++n) known |= syscallName(n) == parts[1];
        if (!known) return fail(fmt::format("--at: there is no system call '{}'", parts[1]));
    } else if (parts[0] == "fault") {
        wanted.events = faultKind(parts[1]);
        if (wanted.events == 0)
            return fail(
                fmt::format("--at: there is no fault '{}'; there are any, cow, reuse, zero, zero-page, file, swap, "
                            "segv",
                            parts[1]));
    } else if (parts[0] == "address") {
        wanted.address = number(parts[1]);
        if (!wanted.address) return fail(fmt::format("--at: '{}' is not an address", parts[1]));
    } else {
        for (const EventRow& row : eventRows())
            if (row.name == parts[0]) wanted.events = RunUntil::bit(row.kind);
        if (wanted.events == 0) return fail(fmt::format("--at: there is no event '{}'", parts[0]));
    }
    return wanted;
}

Expected<Tick> findMoment(Machine machine, const MomentWanted& wanted, std::optional<u64> limit) {
    const Tick last = limit.value_or(~Tick{0});
    if (wanted.tick && (*wanted.tick != ~Tick{0} || limit)) return std::min(*wanted.tick, last);

    const u64 trees = RunUntil::bit(EventKind::RbRotate) | RunUntil::bit(EventKind::RbRecolour) |
                      RunUntil::bit(EventKind::RbInsert) | RunUntil::bit(EventKind::RbErase) |
                      RunUntil::bit(EventKind::CallEnter) | RunUntil::bit(EventKind::CallExit);
    machine.trace.enabled = !wanted.tick && !wanted.address;
    machine.trace.calls = wanted.events & trees;
    RunUntil until;
    until.tick = last;
    until.events = wanted.events;
    if (wanted.address) until.breakpoints = std::span(&*wanted.address, 1);
    u64 seen = 0;
    for (;;) {
        const MachineStop stop = machine.run(until);
        for (const Event& event : machine.trace.events) {
            if (!(wanted.events & RunUntil::bit(event.kind))) continue;
            if (!wanted.syscall.empty() && syscallName(event.args[0]) != wanted.syscall) continue;
            if (++seen == wanted.count) return machine.cpu.tick;
        }
        machine.trace.events.clear();
        if (stop == MachineStop::Breakpoint && ++seen == wanted.count) return machine.cpu.tick;
        if (stop == MachineStop::Event || stop == MachineStop::Breakpoint) continue;
        if (wanted.tick) return machine.cpu.tick;
        return fail(fmt::format("the moment does not come: it happened {} time{}, then the run ended at tick {} ({})",
                                seen, seen == 1 ? "" : "s", machine.cpu.tick, whyItEnded(machine, stop)));
    }
}

}  // namespace ringside
