// Namespaces as objects (Linux 6.1 include/linux/ns_common.h, nsproxy.h, user_namespace.h): which of its surroundings a
// task has for itself. PID and UTS namespaces have tables of their own (pid_namespace.h). Mount, network, cgroup and
// time namespaces have nothing inside yet: there is one tree of files, no network, no cgroup and no offset of clocks.
#pragma once

#include <vector>

#include "core/base/types.h"
#include "core/kernel/ids.h"
#include "core/kernel/ipc/ipc.h"

namespace ringside {

enum class NsKind : u8 { Cgroup, Ipc, Mnt, Net, Pid, Time, User, Uts };

// A line of /proc/PID/uid_map; `outside` counts in the initial user namespace.
struct IdRange {
    u32 inside = 0, outside = 0, count = 0;
    bool operator==(const IdRange&) const = default;
};

struct Namespace {
    NsKind kind = NsKind::Mnt;
    u32 users = 1;
    u32 number = 0;     // of its inode in nsfs: what /proc/PID/ns/* says
    NamespaceId owner;  // the user namespace it was made in; of a user namespace: its parent
    // User namespaces
    u32 level = 0, ownerUid = 0;
    std::vector<IdRange> uids, gids;
    bool denySetgroups = false;
    Ipc ipc;  // IPC namespaces
    bool operator==(const Namespace&) const = default;
};

struct NsProxy {
    NamespaceId cgroup, ipc, mnt, net, time, timeForChildren;
    bool operator==(const NsProxy&) const = default;
};

}  // namespace ringside
