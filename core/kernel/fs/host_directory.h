// The only place where the guest's file system looks at the host: read-only, below one directory, never through a
// symbolic link (links are followed by the guest's own lookup, inside its root), never into the host's /proc or /sys.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/types.h"

namespace ringside {

struct HostStat {
    u32 mode = 0, uid = 0, gid = 0, links = 1;
    u64 size = 0, rdev = 0;
    i64 atimeNs = 0, mtimeNs = 0, ctimeNs = 0;
    std::string target;  // symbolic links
};

// `path` is relative to `root`, without "..", "" for the root itself. An absolute `path` names a file that was handed
// in by itself; `root` is then ignored and links are followed, because the user named it.
std::optional<HostStat> hostStat(const std::string& root, const std::string& path);
std::optional<std::vector<std::string>> hostList(const std::string& root, const std::string& path);  // sorted
std::optional<std::vector<u8>> hostRead(const std::string& root, const std::string& path);           // regular files

// The same, but what the host has once answered it is not asked again: a stretch that runs a second time sees what it
// saw the first time, whatever has become of the files. Shared by all copies of a machine, and no part of its state.
// Beyond limit::HostNames and limit::HostFiles bytes nothing more is remembered.
class HostMemory {
 public:
    HostMemory();
    std::optional<HostStat> stat(const std::string& root, const std::string& path) const;
    std::optional<std::vector<std::string>> list(const std::string& root, const std::string& path) const;
    std::shared_ptr<const std::vector<u8>> read(const std::string& root, const std::string& path) const;

    friend bool operator==(const HostMemory&, const HostMemory&) { return true; }

 private:
    struct Answers;
    std::shared_ptr<Answers> m_answers;
};

}  // namespace ringside
