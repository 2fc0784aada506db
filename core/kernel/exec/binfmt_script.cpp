// #! (Linux 6.1 fs/binfmt_script.c) and registered formats (fs/binfmt_misc.c).
#include "core/kernel/errno.h"
#include "core/kernel/exec/binfmt_misc.h"
#include "core/kernel/exec/internal.h"

namespace ringside {
namespace {

bool isBlank(char c) { return c == ' ' || c == '\t'; }

// The strings on the new stack must say what the interpreter shall see: they are written again from the top.
i64 rewriteArguments(Os& os, ExecState& exec, std::vector<std::string> front) {
    Bprm& bprm = exec.bprm;
    if (!bprm.argv.empty()) bprm.argv.erase(bprm.argv.begin());
    bprm.argv.insert(bprm.argv.begin(), front.begin(), front.end());
    bprm.argc = static_cast<u32>(bprm.argv.size());
    exec.p = exec.execAddress;
    for (const auto* list : {&bprm.envp, &bprm.argv})
        for (auto text = list->rbegin(); text != list->rend(); ++text)
            if (i64 r = copyString(os, exec, *text); r < 0) return r;
    return 0;
}

}  // namespace

i64 loadScript(Os& os, ExecState& exec, Sentence& reason) {
    const std::string& buffer = exec.bprm.buffer;
    if (buffer[0] != '#' || buffer[1] != '!') {
        reason = "does not begin with #!";
        return kNotMine;
    }
    // The line must end within the 256 bytes, or at least the interpreter's path must (then the argument is cut).
    const auto zero = buffer.find('\0');
    const std::string seen = buffer.substr(0, std::min(zero, buffer.size() - 1));
    auto end = seen.find('\n');
    if (end == std::string::npos) {
        end = seen.size();
        std::size_t i = 2;
        while (i < end && isBlank(seen[i])) ++i;
        std::size_t word = i;
        while (word < end && !isBlank(seen[word])) ++word;
        const bool cutByBuffer = zero == std::string::npos || zero >= buffer.size() - 1;
        if (i == end || (cutByBuffer && word == end)) {
            reason = "the interpreter's path does not end within 256 bytes";
            return kNotMine;
        }
    }
    std::string line = seen.substr(2, end - 2);
    while (!line.empty() && isBlank(line.back())) line.pop_back();
    line.erase(0, std::min(line.find_first_not_of(" \t"), line.size()));
    if (line.empty()) {
        reason = "#! without an interpreter";
        return kNotMine;
    }
    const auto space = line.find_first_of(" \t");
    const std::string interpreter = line.substr(0, space);
    std::string argument;
    if (space != std::string::npos) argument = line.substr(std::min(line.find_first_not_of(" \t", space), line.size()));
    KernelCall call(os, "load_script");
    std::vector<std::string> front{interpreter};
    if (!argument.empty()) front.push_back(argument);
    front.push_back(exec.bprm.interp);
    if (i64 r = rewriteArguments(os, exec, front); r < 0) {
        reason = "the arguments do not fit";
        return r;
    }
    reason = argument.empty() ? Sentence("#! names %1", {interpreter})
                              : Sentence("#! names %1 with the argument \"%2\"", {interpreter, argument});
    return openInterpreter(os, exec, interpreter);
}

i64 loadMisc(Os& os, ExecState& exec, Sentence& reason) {
    if (const MiscFormat* found = binfmtMiscMatch(os, exec.bprm.interp, exec.bprm.buffer)) {
        const MiscFormat format = *found;
        if (i64 r = rewriteArguments(os, exec, {format.interpreter, exec.bprm.interp}); r < 0) {
            reason = "the arguments do not fit";
            return r;
        }
        reason = {"format %1 is run by %2", {format.name, format.interpreter}};
        return openInterpreter(os, exec, format.interpreter);
    }
    reason = os.kernel.vfs.miscFormats.empty() ? "no format is registered" : "no registered format matches";
    return kNotMine;
}

}  // namespace ringside
