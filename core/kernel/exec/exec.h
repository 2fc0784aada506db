// execve (Linux 6.1 fs/exec.c): replaces the current task's program. Failure leaves the process as it was.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "core/base/types.h"
#include "core/kernel/exec/bprm.h"
#include "core/kernel/ids.h"

namespace ringside {

struct Os;

// 0 (the task's pt_regs are those of the new program) or -errno.
i64 execve(Os& os, const std::string& path, std::vector<std::string> argv, std::vector<std::string> envp);

// Provided by fs/: open_exec. The inode of a regular file the current task may execute, or -errno (ENOENT, EACCES,
// ENOTDIR, ELOOP …).
std::expected<InodeId, i64> openExecutable(Os& os, const std::string& path);
// Provided by fs/: do_close_on_exec for the current task's files (unshared first).
void closeOnExec(Os& os);
// Provided by proc/: de_thread (the current task becomes the only thread of its group and takes the leader's PID),
// unshare_sighand + flush_signal_handlers (caught → default), clears alt stack, robust list and set_tid_address,
// completes a vfork. Called once the old program can not come back.
void beginNewExec(Os& os, const std::string& comm);

}  // namespace ringside
