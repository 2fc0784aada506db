// From the command line to the machine: where the program lies in the guest, and what else the guest gets.
#include <filesystem>
#include <fmt/format.h>
#include <system_error>

#include "app/options.h"
#include "core/base/host_file.h"
#include "core/elf/elf_header.h"

namespace ringside {
namespace {

// An ELF file that the machine can not run is refused with its reason; whether anything else can be executed (a script,
// perhaps) is the guest's business.
Expected<void> checkHeader(const std::string& path) {
    const auto bytes = readHostFile(path);
    if (!bytes) return std::unexpected(bytes.error());
    if (!elf::hasMagic(*bytes)) return {};
    if (const auto startable = elf::readInterpreter(*bytes); !startable)
        return fail(path + ": " + startable.error().sentence);
    return {};
}

}  // namespace

Expected<MachineOptions> machineOptions(const Options& o) {
    MachineOptions m = o.profile == Profile::Classroom ? classroomProfile() : desktopProfile();
    if (o.ramBytes) m.ramBytes = *o.ramBytes;
    if (o.swapBytes) m.swapBytes = *o.swapBytes;
    if (o.clockHz) m.clockHz = *o.clockHz;
    m.cpu = o.cpu;
    m.script = o.typed;
    KernelOptions& k = m.kernel;
    k.terminal = !o.typed.empty();
    if (o.timerHz) k.hz = *o.timerHz;
    if (o.seed) k.seed = *o.seed;
    if (o.sched) k.sched = *o.sched;
    k.hugePages = o.hugePages;
    k.fiveLevel = o.fiveLevel;
    k.rootDirectory = o.root;
    k.files = o.files;
    k.init = o.init;
    if (!o.cwd.empty()) k.cwd = o.cwd;
    k.environment = o.environment;
    if (k.environment.empty()) k.environment = {"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/root", "TERM=linux"};
    k.arguments = o.arguments;

    if (o.program.empty()) return m;  // boots to a shell
    const std::filesystem::path path(o.program);
    if (!o.root.empty()) {
        // A path inside the root, however it is written.
        k.program = ("/" / path.relative_path()).lexically_normal().string();
        return m;
    }
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (std::filesystem::is_directory(status))
        return fail(fmt::format("'{}' is a directory, not a program", o.program));
    if (std::filesystem::is_regular_file(status)) {
        if (auto right = checkHeader(o.program); !right) return std::unexpected(right.error());
        // The guest sees it where it lies when that was said in full, else in its root directory.
        k.program = path.is_absolute() ? path.lexically_normal().string() : "/" + path.filename().string();
        k.files.push_back({o.program, k.program});
        return m;
    }
    if (std::filesystem::exists(status)) return fail(fmt::format("'{}' is not a regular file", o.program));
    // The guest's own disk may have it: /bin/busybox, /samples/hello.
    if (path.is_absolute()) {
        k.program = o.program;
        return m;
    }
    return fail(fmt::format("there is no file '{}' here", o.program));
}

}  // namespace ringside
