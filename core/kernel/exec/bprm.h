// struct linux_binprm (Linux 6.1 include/linux/binfmts.h): what execve gathers before a format takes it. Kept in the
// task for views.
#pragma once

#include <string>
#include <vector>

#include "core/base/types.h"

namespace ringside {

struct FormatTried {
    std::string format;  // "script", "misc", "elf"
    i64 result = 0;      // 0 or -errno; -8 ENOEXEC: not mine
    std::string reason;
    bool operator==(const FormatTried&) const = default;
};

struct Bprm {
    std::string filename;  // as execve was called
    std::string interp;    // the binary really executed (differs for #! and misc formats)
    std::string buffer;    // the first 256 bytes of the file
    std::vector<std::string> argv, envp;
    u32 argc = 0, envc = 0;
    std::string elfInterpreter;  // PT_INTERP
    u64 entry = 0, loadBias = 0, interpreterBase = 0;
    std::vector<FormatTried> formats;
    i64 result = 0;
    bool operator==(const Bprm&) const = default;
};

}  // namespace ringside
