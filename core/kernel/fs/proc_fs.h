// /proc as the kernel's own state in text: nothing is stored, each file is generated when it is read from its start
// (Linux 6.1 fs/proc). Inodes are made when they are first looked at.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/kernel/os.h"

namespace ringside {

InodeId makeProcRoot(Os& os);  // of a fresh /proc, to be added to the root

InodeId procLookup(Os& os, InodeId directory, const std::string& name);
std::vector<std::pair<std::string, InodeId>> procList(Os& os, InodeId directory);

// The text of a ProcFile for the current task; what /proc/PID/maps and the like say.
std::string procText(Os& os, const Inode& inode);
// Bytes of a file that is too large to generate whole (pagemap).
i64 procReadAt(Os& os, const Inode& inode, u64 position, std::span<u8> out);
bool procIsRandomAccess(const Inode& inode);
// write() to a /proc file: bytes taken or -errno.
i64 procWrite(Os& os, const Inode& inode, std::string_view text);

// Symbolic links of /proc: what readlink says, and where following leads directly (exe, cwd, root, fd/N); id 0: follow
// the text.
std::string procLinkText(Os& os, const Inode& inode);
InodeId procLinkInode(Os& os, const Inode& inode);

}  // namespace ringside
