// What the parts of execve share (Linux 6.1 fs/exec.c).
#pragma once

#include <array>
#include <span>

#include "core/kernel/exec/bprm.h"
#include "core/kernel/mm/address_space.h"
#include "core/kernel/os.h"

namespace ringside {

// execve in progress: the task's new linux_binprm, and what is not for views.
struct ExecState {
    Bprm bprm;
    InodeId inode;           // of the file now being tried
    MmId mm;                 // the new address space; its stack holds the strings
    u64 p = 0;               // current top of the new stack
    u64 execAddress = 0;     // of the file name on the stack
    bool committed = false;  // begin_new_exec: no way back
    int depth = 0;
};

inline constexpr i64 kNotMine = -8;  // ENOEXEC: the next format may try

// Formats (struct linux_binfmt): 0, kNotMine or another -errno.
i64 loadScript(Os& os, ExecState& exec, Sentence& reason);
i64 loadMisc(Os& os, ExecState& exec, Sentence& reason);
i64 loadElf(Os& os, ExecState& exec, Sentence& reason);

// Runs the formats on exec.inode (search_binary_handler).
i64 searchHandler(Os& os, ExecState& exec);
// A format that names an interpreter goes on with that file.
i64 openInterpreter(Os& os, ExecState& exec, const std::string& path);

// Strings at exec.p, downwards. -E2BIG, -ENOMEM.
i64 copyString(Os& os, ExecState& exec, std::string_view text);
// Bytes into any address space, faulting pages in.
bool writeTo(Os& os, MmId mm, u64 address, std::span<const u8> bytes);
bool readFrom(Os& os, MmId mm, u64 address, std::span<u8> bytes);

// begin_new_exec + setup_new_exec: the task now lives in exec.mm.
void commitExec(Os& os, ExecState& exec);

}  // namespace ringside
