#include "app/options.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fmt/format.h>
#include <system_error>

#include "core/devices/keys.h"
#include "core/kernel/sched/sched.h"

namespace ringside {

namespace {

// Which commands take an option.
constexpr unsigned kWindow = 1, kRun = 2, kTrace = 4, kShow = 8, kElf = 16;
constexpr unsigned kMachine = kWindow | kRun | kTrace | kShow;
constexpr unsigned kToEnd = kRun | kTrace;

using Result = Expected<void>;

Result wrong(std::string_view option, std::string_view value, std::string_view rule) {
    return fail(fmt::format("{}: '{}' is not {}", option, value, rule));
}

template <class T>
Result store(std::optional<T>& to, std::optional<u64> number, std::string_view option, std::string_view value,
             std::string_view rule, u64 least, u64 most) {
    if (!number || *number < least || *number > most) return wrong(option, value, rule);
    to = static_cast<T>(*number);
    return {};
}

// The names of --events: groups of event kinds, or one kind by its own name.
std::optional<u64> eventMask(std::string_view name) {
    const auto group = [](EventGroup g) {
        u64 mask = 0;
        for (const EventRow& row : eventRows())
            if (row.group == g) mask |= RunUntil::bit(row.kind);
        return mask;
    };
    if (name == "syscalls") return RunUntil::bit(EventKind::SyscallEnter) | RunUntil::bit(EventKind::SyscallExit);
    if (name == "faults") return group(EventGroup::Fault);
    if (name == "switches") return group(EventGroup::Switch);
    if (name == "signals") return group(EventGroup::Signal);
    if (name == "exec" || name == "processes") return group(EventGroup::Process);
    if (name == "irq") return group(EventGroup::Irq);
    if (name == "memory") return group(EventGroup::Memory);
    if (name == "boot") return group(EventGroup::Boot);
    if (name == "calls") return group(EventGroup::Call);
    if (name == "tree") return group(EventGroup::Tree);
    if (name == "all") return ~u64{0} & ~group(EventGroup::Call) & ~group(EventGroup::Tree);
    for (const EventRow& row : eventRows())
        if (row.name == name) return RunUntil::bit(row.kind);
    return std::nullopt;
}

Result parseEvents(Options& o, std::string_view value) {
    while (!value.empty()) {
        const auto comma = value.find(',');
        const std::string_view name = value.substr(0, comma);
        const auto mask = eventMask(name);
        if (!mask)
            return fail(
                fmt::format("--events: there is no '{}'; there are syscalls, faults, switches, signals, exec, irq, "
                            "memory, boot, calls, tree, all, and every single kind (cow-copy, wakeup, …)",
                            name));
        o.events |= *mask;
        value = comma == std::string_view::npos ? "" : value.substr(comma + 1);
    }
    return {};
}

Result parseSched(Options& o, std::string_view value) {
    o.sched = schedKindOf(value);
    if (!o.sched) return wrong("--sched", value, "a policy: coop, rr, rr-latency, cfs or eevdf");
    return {};
}

Result parseAgainst(Options& o, std::string_view value) {
    while (!value.empty()) {
        const auto comma = value.find(',');
        const auto kind = schedKindOf(value.substr(0, comma));
        if (!kind) return wrong("--against", value.substr(0, comma), "a policy: coop, rr, rr-latency, cfs or eevdf");
        o.against.push_back(*kind);
        value = comma == std::string_view::npos ? "" : value.substr(comma + 1);
    }
    return {};
}

Result parseFile(Options& o, std::string_view value) {
    const auto colon = value.rfind(':');
    HostFile file;
    file.hostPath = value.substr(0, colon);
    if (colon != std::string_view::npos)
        file.guestPath = value.substr(colon + 1);
    else
        file.guestPath = "/" + std::filesystem::path(value).filename().string();
    if (file.hostPath.empty() || file.guestPath.size() < 2 || !file.guestPath.starts_with('/'))
        return wrong("--file", value, "HOST or HOST:GUEST with an absolute path in the guest");
    std::error_code error;
    if (!std::filesystem::is_regular_file(file.hostPath, error))
        return fail(fmt::format("--file: there is no regular file '{}' here", file.hostPath));
    o.files.push_back(std::move(file));
    return {};
}

Result parseTyped(Options& o, std::string_view value) {
    auto keys = keysFromText(value);
    if (!keys) return wrong("--type", value, keys.error().sentence);
    o.typed += *keys;
    return {};
}

struct Row {
    std::string_view name;
    std::string_view value;  // what its value is called; empty: it takes none
    unsigned commands;
    std::string_view help;
    Result (*apply)(Options&, std::string_view);
};

constexpr Row kRows[] = {
    {"--root", "DIR", kMachine,
     "the guest's root directory, read-only (writes stay in memory); PROGRAM is a path inside it",
     [](Options& o, std::string_view v) -> Result {
         std::error_code error;
         if (!std::filesystem::is_directory(v, error)) return wrong("--root", v, "a directory");
         o.root = v;
         return {};
     }},
    {"--file", "HOST[:GUEST]", kMachine, "one more file for the guest", parseFile},
    {"--env", "K=V", kMachine, "one variable of the guest's environment",
     [](Options& o, std::string_view v) -> Result {
         if (v.find('=') == std::string_view::npos || v.starts_with('=')) return wrong("--env", v, "NAME=VALUE");
         o.environment.emplace_back(v);
         return {};
     }},
    {"--cwd", "DIR", kMachine, "the guest's working directory",
     [](Options& o, std::string_view v) -> Result {
         if (!v.starts_with('/')) return wrong("--cwd", v, "an absolute path in the guest");
         o.cwd = v;
         return {};
     }},
    {"--type", "KEYS", kMachine,
     R"(a terminal, at which KEYS are pressed, each when everybody waits for it: 'ls\n'; Ctrl-C is \x03)", parseTyped},
    {"--init", "PROGRAM", kMachine, "boot with this as PID 1 (a path in the guest)",
     [](Options& o, std::string_view v) -> Result {
         if (!v.starts_with('/')) return wrong("--init", v, "an absolute path in the guest");
         o.init = v;
         return {};
     }},
    {"--profile", "NAME", kMachine, "classroom (16 MiB, slow clock) or desktop (256 MiB, 1 GHz; the default)",
     [](Options& o, std::string_view v) -> Result {
         if (v != "classroom" && v != "desktop") return wrong("--profile", v, "classroom or desktop");
         o.profile = v == "classroom" ? Profile::Classroom : Profile::Desktop;
         return {};
     }},
    {"--ram", "SIZE", kMachine, "bytes of RAM: 64M, 1G; below 4M so much is free for programs beside the kernel",
     [](Options& o, std::string_view v) -> Result {
         const auto size = parseSize(v);
         const u64 least = u64{512} << 10, most = u64{16} << 30;
         if (!size || *size < least || *size > most || *size % kPageSize)
             return wrong("--ram", v, "a size from 512K to 16G");
         o.ramBytes = size;
         return {};
     }},
    {"--swap", "SIZE", kMachine, "bytes of swap: 16M; none by default",
     [](Options& o, std::string_view v) -> Result {
         return store(o.swapBytes, parseSize(v), "--swap", v, "a size up to 16G", 0, u64{16} << 30);
     }},
    {"--hz", "N", kMachine, "timer interrupts a (virtual) second",
     [](Options& o, std::string_view v) -> Result {
         return store(o.timerHz, parseCount(v), "--hz", v, "a number from 1 to 10000", 1, 10000);
     }},
    {"--clock", "HZ", kMachine, "cycles a (virtual) second: 1M, 1GHz",
     [](Options& o, std::string_view v) -> Result {
         return store(o.clockHz, parseCount(v), "--clock", v, "a frequency from 1k to 100G", 1000, 100'000'000'000);
     }},
    {"--seed", "N", kMachine, "of the machine's random numbers",
     [](Options& o, std::string_view v) -> Result {
         return store(o.seed, parseCount(v), "--seed", v, "a whole number", 0, ~u64{0});
     }},
    {"--sched", "POLICY", kMachine, "coop, rr, rr-latency, cfs (the default) or eevdf", parseSched},
    {"--against", "POLICIES", kShow, "the same program under these policies as well, one under the other",
     parseAgainst},
    {"--cpu", "MODEL", kMachine, "what CPUID says: v1 (the default) or v2",
     [](Options& o, std::string_view v) -> Result {
         if (v != "v1" && v != "v2") return wrong("--cpu", v, "v1 or v2");
         o.cpu = v == "v2" ? CpuModel::V2 : CpuModel::V1;
         return {};
     }},
    {"--thp", "", kMachine, "transparent huge pages",
     [](Options& o, std::string_view) -> Result {
         o.hugePages = true;
         return {};
     }},
    {"--la57", "", kMachine, "page tables of five levels",
     [](Options& o, std::string_view) -> Result {
         o.fiveLevel = true;
         return {};
     }},
    {"--limit", "N", kMachine, "stop after N instructions (exit status 124)",
     [](Options& o, std::string_view v) -> Result {
         return store(o.limit, parseCount(v), "--limit", v, "a whole number", 0, ~u64{0});
     }},
    {"--stats", "", kToEnd, "at the end, on stderr, one JSON object of counters",
     [](Options& o, std::string_view) -> Result {
         o.stats = true;
         return {};
     }},
    {"--record", "", kRun, "keep a timeline of the run, as the explorer does (to see what that costs)",
     [](Options& o, std::string_view) -> Result {
         o.record = true;
         return {};
     }},
    {"--dump-registers", "", kToEnd, "at the end, on stderr, one JSON object of the last running task's registers",
     [](Options& o, std::string_view) -> Result {
         o.dumpRegisters = true;
         return {};
     }},
    {"--events", "LIST", kTrace, "syscalls,faults,switches,signals,exec,irq,memory,boot,calls,tree,all or single kinds",
     parseEvents},
    {"--format", "FORMAT", kTrace, "text (the default) or json (one object a line)",
     [](Options& o, std::string_view v) -> Result {
         if (v != "text" && v != "json") return wrong("--format", v, "text or json");
         o.format = v == "json" ? TraceFormat::Json : TraceFormat::Text;
         return {};
     }},
    {"--at", "MOMENT", kShow, "N (a tick), EVENT, EVENT:N (the Nth), syscall:NAME:N, fault:cow:N, end (the default)",
     [](Options& o, std::string_view v) -> Result {
         o.at = v;
         return {};
     }},
    {"-o", "FILE", kShow | kTrace, "write the view to FILE.txt, .json, .png or .svg; write the trace to FILE",
     [](Options& o, std::string_view v) -> Result {
         const std::string kind = std::filesystem::path(v).extension();
         if (o.command == Verb::Show && kind != ".txt" && kind != ".json" && kind != ".png" && kind != ".svg")
             return wrong("-o", v, "a file name that ends in .txt, .json, .png or .svg");
         o.output.emplace_back(v);
         return {};
     }},
    {"--set", "K=V", kShow, "one setting of the view, or select=KIND:VALUE, theme=light|dark, size=WxH",
     [](Options& o, std::string_view v) -> Result {
         if (v.find('=') == std::string_view::npos) return wrong("--set", v, "KEY=VALUE");
         o.toggles.emplace_back(v);
         return {};
     }},
    {"--json", "", kElf, "as JSON",
     [](Options& o, std::string_view) -> Result {
         o.json = true;
         return {};
     }},
};

struct CommandRow {
    std::string_view name;
    Verb command;
    unsigned bit;
    std::string_view synopsis, help;
};

constexpr CommandRow kCommands[] = {
    {"", Verb::Window, kWindow, "ringside [OPTIONS] [PROGRAM [ARG…]]",
     "the explorer; with no program, the welcome page"},
    {"run", Verb::Run, kRun, "ringside run [OPTIONS] [PROGRAM [ARG…]]",
     "run to the end; the guest's stdin, stdout, stderr and exit status are ours; with no program, boot to a shell"},
    {"trace", Verb::Trace, kTrace, "ringside trace [OPTIONS] [PROGRAM [ARG…]]", "the same, and what the kernel did"},
    {"show", Verb::Show, kShow, "ringside show VIEW [OPTIONS] [PROGRAM [ARG…]]",
     "a view as text or picture at a moment; VIEW 'list' names them"},
    {"elf", Verb::Elf, kElf, "ringside elf [--json] FILE", "what an ELF file holds"},
};

}  // namespace

std::optional<u64> parseCount(std::string_view text) {
    u64 whole = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), whole);
    if (error == std::errc{} && end == text.data() + text.size()) return whole;
    double number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec != std::errc{} || !std::isfinite(number) || number < 0) return std::nullopt;
    std::string_view unit = text.substr(static_cast<std::size_t>(parsed.ptr - text.data()));
    if (unit.ends_with("Hz")) unit.remove_suffix(2);
    const double scale = unit.empty()                 ? 1
                         : unit == "k" || unit == "K" ? 1e3
                         : unit == "M"                ? 1e6
                         : unit == "G"                ? 1e9
                                                      : 0;
    number *= scale;
    if (scale == 0 || number >= 18446744073709551615.0 || number != std::floor(number)) return std::nullopt;
    return static_cast<u64>(number);
}

std::optional<u64> parseSize(std::string_view text) {
    u64 number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec != std::errc{}) return std::nullopt;
    std::string_view unit = text.substr(static_cast<std::size_t>(parsed.ptr - text.data()));
    if (unit.ends_with("iB"))
        unit.remove_suffix(2);
    else if (unit.size() == 2 && unit.ends_with("B"))
        unit.remove_suffix(1);
    unsigned shift = 0;
    if (unit == "k" || unit == "K")
        shift = 10;
    else if (unit == "M")
        shift = 20;
    else if (unit == "G")
        shift = 30;
    else if (!unit.empty())
        return std::nullopt;
    if (number > ~u64{0} >> shift) return std::nullopt;
    return number << shift;
}

Expected<Options> parseOptions(std::span<const std::string> arguments) {
    Options o;
    const CommandRow* command = &kCommands[0];
    std::size_t i = 0;
    if (!arguments.empty()) {
        for (const CommandRow& row : kCommands)
            if (!row.name.empty() && arguments[0] == row.name) command = &row;
        if (command != &kCommands[0]) i = 1;
    }
    o.command = command->command;
    const std::string where = command->name.empty() ? "ringside" : "ringside " + std::string(command->name);

    bool optionsOver = false;
    for (; i < arguments.size(); ++i) {
        const std::string& word = arguments[i];
        if (optionsOver || word.size() < 2 || word[0] != '-') {
            if (o.command == Verb::Show && o.view.empty()) {
                o.view = word;
                continue;
            }
            // Everything behind PROGRAM is the guest's.
            o.program = word;
            o.arguments.assign(arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1, arguments.end());
            if (o.command != Verb::Elf) break;
            for (const std::string& argument : o.arguments) {
                if (argument != "--json")
                    return fail(fmt::format("ringside elf: one FILE at a time, but '{}' follows '{}'", argument, word));
                o.json = true;
            }
            o.arguments.clear();
            break;
        }
        if (word == "--") {
            optionsOver = true;
            continue;
        }
        if (word == "--help" || word == "-h") {
            o.command = Verb::Help;
            return o;
        }
        if (word == "--version") {
            o.command = Verb::Version;
            return o;
        }
        const auto equals = word.find('=');
        const std::string name = word.substr(0, word.starts_with("--") ? equals : std::string::npos);
        const auto row = std::ranges::find(kRows, name, &Row::name);
        if (row == std::end(kRows))
            return fail(fmt::format("{}: there is no option '{}'; see ringside --help", where, name));
        if (!(row->commands & command->bit))
            return fail(fmt::format("{}: the option '{}' is not for this command", where, name));
        std::string value;
        if (row->value.empty()) {
            if (name.size() != word.size()) return fail(fmt::format("{}: {} takes no value", where, name));
        } else if (name.size() != word.size()) {
            value = word.substr(equals + 1);
        } else if (i + 1 < arguments.size()) {
            value = arguments[++i];
        } else {
            return fail(fmt::format("{}: {} needs {}", where, name, row->value));
        }
        if (auto applied = row->apply(o, value); !applied)
            return fail(fmt::format("{}: {}", where, applied.error().sentence));
    }
    if (o.command == Verb::Show && o.view.empty())
        return fail("ringside show: which VIEW? 'ringside show list' names them");
    // With no program the machine boots its own init, which starts a shell.
    if (o.program.empty() && o.command == Verb::Elf) return fail(fmt::format("{}: which FILE?", where));
    return o;
}

std::string helpText() {
    std::string text = "Ringside runs a Linux program in a simulated computer that can be watched.\n\n";
    for (const CommandRow& row : kCommands) text += fmt::format("  {}\n      {}\n", row.synopsis, row.help);
    text += "\nOptions:\n";
    for (const Row& row : kRows) {
        std::string names;
        for (const CommandRow& command : kCommands)
            if (row.commands & command.bit && row.commands != kMachine)
                names += (names.empty() ? "" : ", ") + std::string(command.name);
        const std::string left = fmt::format("{} {}", row.name, row.value);
        text += fmt::format("  {:<22} {}{}\n", left, row.help, names.empty() ? "" : " (" + names + ")");
    }
    text +=
        "\nExit status: the program's own; 128+N when signal N killed it; 124 when --limit was reached; 125 for our "
        "own\n"
        "errors.\n\n`run` on a terminal gives the guest a terminal too: Ctrl-C and Ctrl-Z are the guest's, Ctrl-\\ "
        "ends the run.\n";
    return text;
}

}  // namespace ringside
