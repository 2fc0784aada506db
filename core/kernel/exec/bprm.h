// struct linux_binprm (Linux 6.1 include/linux/binfmts.h): what execve gathers before a format takes it. Kept in the
// task for views.
#pragma once

#include <string>
#include <vector>

#include "core/base/sentence.h"
#include "core/base/types.h"

namespace ringside {

struct FormatTried {
    u32 round = 0;       // how many interpreters had been opened before
    std::string format;  // "script", "misc", "elf"
    i64 result = 0;      // 0 or -errno; -8 ENOEXEC: not mine
    Sentence reason;
    bool operator==(const FormatTried&) const = default;
};

// A file that a format gave on to its interpreter, and the arguments as they were then.
struct BprmRound {
    std::string file, buffer;
    std::vector<std::string> argv;
    bool operator==(const BprmRound&) const = default;
};

// What begin_new_exec threw away.
struct OldProgram {
    std::string comm, path;                   // empty path: the task had no address space
    u32 areas = 0, closed = 0, handlers = 0;  // closed: descriptors with close-on-exec; handlers: back to default
    u64 pages = 0;                            // resident
    bool operator==(const OldProgram&) const = default;
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
    std::vector<BprmRound> earlier;  // what the fields above were before each interpreter
    OldProgram old;
    i64 result = 0;
    bool operator==(const Bprm&) const = default;
};

}  // namespace ringside
