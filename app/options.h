// The command line as a value. One table (options.cpp) says what each option is called, which commands take it and what
// it does; the parser, its error sentences and --help follow from the table.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/machine/machine.h"

namespace ringside {

// Exit statuses of our own, beside the guest's.
inline constexpr int kExitLimit = 124, kExitError = 125;

enum class Verb : u8 { Window, Run, Trace, Show, Elf, Help, Version };
enum class Profile : u8 { Desktop, Classroom };
enum class TraceFormat : u8 { Text, Json };

struct Options {
    Verb command = Verb::Window;
    std::string view;                    // show: which
    std::string typed;                   // the keys that a person will press
    std::string program;                 // as the user named it; empty: none
    std::vector<std::string> arguments;  // argv[1…] of the guest

    // The machine
    Profile profile = Profile::Desktop;
    std::optional<u64> ramBytes, swapBytes, clockHz, seed;
    std::optional<u32> timerHz;
    std::optional<SchedKind> sched;
    CpuModel cpu = CpuModel::V1;
    bool hugePages = false, fiveLevel = false;

    // What the guest finds
    std::string root, cwd, init;
    std::vector<HostFile> files;
    std::vector<std::string> environment;  // "K=V"

    // What we do
    std::optional<u64> limit;  // instructions
    bool stats = false, dumpRegisters = false, json = false, record = false;
    u64 events = 0;  // trace: bit i = EventKind i; 0: the default, system calls
    TraceFormat format = TraceFormat::Text;
    std::string at;                    // show: the moment
    std::vector<std::string> output;   // show: the files; trace: where its lines go
    std::vector<SchedKind> against;    // show: the same under these policies
    std::vector<std::string> toggles;  // show: VIEW's own settings, "key=value"
};

Expected<Options> parseOptions(std::span<const std::string> arguments);

// What PROGRAM and the machine's options mean: where the program lies in the guest, which host files it gets. Fails
// when the program can not be found or is a directory.
Expected<MachineOptions> machineOptions(const Options& options);

std::string helpText();

// "64M", "1G", "4096", "16KiB" → bytes.
std::optional<u64> parseSize(std::string_view text);
// "1000", "1e6", "1k", "2.5M", "1GHz" → a whole number.
std::optional<u64> parseCount(std::string_view text);

}  // namespace ringside
