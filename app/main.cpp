// One program: the window, and the commands that need none.
#include <cstdio>
#include <exception>
#include <fmt/format.h>
#include <string>
#include <vector>

#include "app/elf_command.h"
#include "app/options.h"
#include "app/run_command.h"
#ifdef RINGSIDE_GUI
#include "app/show_command.h"
#include "app/window_command.h"
#endif

using namespace ringside;

namespace {

int dispatch(const Options& options, int& argc, char** argv) {
    switch (options.command) {
        case Verb::Help:
            fmt::print("{}", helpText());
            return 0;
        case Verb::Version:
            fmt::print("ringside {}\n", RINGSIDE_VERSION);
            return 0;
        case Verb::Elf:
            return elfCommand(options);
        case Verb::Run:
        case Verb::Trace:
            return runCommand(options);
        case Verb::Show:
        case Verb::Window:
            break;
    }
#ifdef RINGSIDE_GUI
    if (options.command == Verb::Window) return windowCommand(options, argc, argv);
    if (options.command == Verb::Show) return showCommand(options, argc, argv);
#else
    (void)argc, (void)argv;
#endif
    fmt::print(stderr, "ringside: this build has no window and no views\n");
    return kExitError;
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    const auto options = parseOptions(arguments);
    if (!options) {
        fmt::print(stderr, "{}\n", options.error().sentence);
        return kExitError;
    }
    try {
        return dispatch(*options, argc, argv);
    } catch (const std::exception& e) {
        fmt::print(stderr, "ringside: an error of our own: {}\n", e.what());
        return kExitError;
    }
}
