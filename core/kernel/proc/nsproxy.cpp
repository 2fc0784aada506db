#include "core/kernel/proc/nsproxy.h"

#include <fmt/format.h>

#include "core/kernel/errno.h"
#include "core/kernel/fs/inode.h"
#include "core/kernel/limits.h"
#include "core/kernel/proc/pid.h"
#include "core/kernel/proc/process.h"

namespace ringside {
namespace {

constexpr u32 kMostLevels = 32;  // of user and of PID namespaces

struct Row {
    std::string_view name;  // in /proc/PID/ns
    NsKind kind;
    u64 flag;
    NamespaceId NsProxy::*member;  // null: kept elsewhere
};
constexpr Row kRows[] = {
    {"cgroup", NsKind::Cgroup, clone::NewCgroup, &NsProxy::cgroup},
    {"ipc", NsKind::Ipc, clone::NewIpc, &NsProxy::ipc},
    {"mnt", NsKind::Mnt, clone::NewNs, &NsProxy::mnt},
    {"net", NsKind::Net, clone::NewNet, &NsProxy::net},
    {"pid", NsKind::Pid, clone::NewPid, nullptr},
    {"pid_for_children", NsKind::Pid, clone::NewPid, nullptr},
    {"time", NsKind::Time, clone::NewTime, &NsProxy::time},
    {"time_for_children", NsKind::Time, clone::NewTime, &NsProxy::timeForChildren},
    {"user", NsKind::User, clone::NewUser, nullptr},
    {"uts", NsKind::Uts, clone::NewUts, nullptr},
};
// Those that differ only in their members: "time" itself changes when a child is made.
constexpr NamespaceId NsProxy::*kMembers[] = {&NsProxy::cgroup, &NsProxy::ipc,  &NsProxy::mnt,
                                              &NsProxy::net,    &NsProxy::time, &NsProxy::timeForChildren};
constexpr u64 kAllFlags =
    clone::NewNs | clone::NewUts | clone::NewIpc | clone::NewPid | clone::NewNet | clone::NewCgroup | clone::NewTime;

NamespaceId initialUser(const Os& os) {
    return os.kernel.namespaces.begin() != os.kernel.namespaces.end() ? (*os.kernel.namespaces.begin()).first
                                                                      : NamespaceId{};
}

NamespaceId makeNamespace(Os& os, NsKind kind, NamespaceId owner, u32 number = 0) {
    const NamespaceId id{os.kernel.nextId++};
    Namespace fresh;
    fresh.kind = kind;
    fresh.owner = owner;
    fresh.number = number != 0 ? number : kFirstNumber + id.value;
    os.kernel.namespaces.insert(id, std::move(fresh));
    if (owner != NamespaceId{}) getNamespace(os, owner);
    return id;
}

bool tooMany(const Os& os) {
    return os.kernel.namespaces.size() + os.kernel.pidNamespaces.size() + os.kernel.utsNamespaces.size() >=
           limit::Namespaces;
}

// What a task that makes namespaces gets: the kinds in `flags` fresh, owned by `owner`; the others as they are. The
// caller's holds on the old ones pass to what stays.
void replaceNamespaces(Os& os, Task& task, u64 flags, NamespaceId owner) {
    for (const Row& row : kRows) {
        if (row.member == nullptr || (flags & row.flag) == 0 || row.name == "time") continue;
        const NamespaceId old = std::exchange(task.nsproxy.*row.member, makeNamespace(os, row.kind, owner));
        putNamespace(os, old);
    }
    if (flags & clone::NewUts) {
        UtsNamespace copy = os.kernel.utsNamespaces.at(task.uts);
        putUtsNamespace(os, task.uts);
        copy.users = 1;
        copy.owner = owner;
        task.uts = UtsNsId{os.kernel.nextId++};
        copy.number = kFirstNumber + task.uts.value;
        getNamespace(os, owner);
        os.kernel.utsNamespaces.insert(task.uts, std::move(copy));
    }
    if (flags & clone::NewPid) {
        const PidNsId old = task.childPidNs;
        task.childPidNs = newPidNamespace(os, activePidNamespace(os.kernel.currentTask()), owner);
        putPidNamespace(os, old);
    }
}

i64 mayMake(const Os& os, u64 flags) {
    if ((flags & (kAllFlags | clone::NewUser)) == 0) return 0;
    if (!(flags & clone::NewUser) && !capable(os)) return -error::kPerm;
    if (tooMany(os)) return -error::kNoSpc;
    const Task& task = os.kernel.currentTask();
    if ((flags & clone::NewPid) && activePidNamespace(task) != task.childPidNs) return -error::kInval;
    const PidNamespace* pids = os.kernel.pidNamespaces.find(activePidNamespace(os.kernel.currentTask()));
    if ((flags & clone::NewPid) && pids && pids->level >= kMostLevels) return -error::kNoSpc;
    return 0;
}

// create_user_ns
i64 enterNewUserNamespace(Os& os, Cred& cred) {
    KernelCall call{os, "create_user_ns"};
    const Namespace& parent = os.kernel.namespaces.at(cred.userNs);
    if (parent.level >= kMostLevels) return -error::kNoSpc;
    const FsStruct* fs = os.kernel.fs.find(os.kernel.currentTask().fs);
    if (fs && fs->root != os.kernel.vfs.root) return -error::kPerm;  // current_chrooted
    constexpr u32 kUnmapped = 65534;
    const bool mapped = idToUser(os, IdKind::User, cred.euid) != kUnmapped || cred.euid == kUnmapped;
    if (!mapped && parent.level > 0) return -error::kPerm;
    const u32 level = parent.level + 1;
    const bool deny = parent.denySetgroups;
    const NamespaceId fresh = makeNamespace(os, NsKind::User, cred.userNs);
    Namespace& ns = os.kernel.namespaces.edit(fresh);
    ns.level = level;
    ns.ownerUid = cred.euid;
    ns.denySetgroups = deny;
    putNamespace(os, cred.userNs);
    cred.userNs = fresh;
    cred.capable = true;
    return 0;
}

const std::vector<IdRange>& rangesOf(const Namespace& ns, IdKind kind) {
    return kind == IdKind::User ? ns.uids : ns.gids;
}
std::optional<u32> mapDown(const Namespace& ns, IdKind kind, u32 id, u32 count = 1) {
    if (ns.level == 0) return id;
    for (const IdRange& r : rangesOf(ns, kind))
        if (id >= r.inside && id - r.inside < r.count && count <= r.count - (id - r.inside))
            return r.outside + (id - r.inside);
    return std::nullopt;
}
std::optional<u32> mapUp(const Namespace& ns, IdKind kind, u32 id) {
    if (ns.level == 0) return id;
    for (const IdRange& r : rangesOf(ns, kind))
        if (id >= r.outside && id - r.outside < r.count) return r.inside + (id - r.outside);
    return std::nullopt;
}

struct Found {
    u32 id = 0, number = 0;
};
// The namespace behind a row; number 0: none.
Found behind(const Kernel& kernel, const Task& task, const Row& row) {
    if (row.member) {
        const NamespaceId id = task.nsproxy.*row.member;
        const Namespace* ns = kernel.namespaces.find(id);
        return ns ? Found{id.value, ns->number} : Found{};
    }
    if (row.kind == NsKind::User) {
        const Namespace* ns = kernel.namespaces.find(task.cred.userNs);
        return ns ? Found{task.cred.userNs.value, ns->number} : Found{};
    }
    if (row.kind == NsKind::Uts) {
        const UtsNamespace* ns = kernel.utsNamespaces.find(task.uts);
        return ns ? Found{task.uts.value, ns->number} : Found{};
    }
    const PidNsId id = row.name == "pid" ? activePidNamespace(task) : task.childPidNs;
    const PidNamespace* ns = kernel.pidNamespaces.find(id);
    // A PID namespace whose init has yet to be made can not be looked at.
    if (row.name != "pid" && ns && ns->idr.empty()) return {};
    return ns ? Found{id.value, ns->number} : Found{};
}
const Row* rowNamed(std::string_view name) {
    for (const Row& row : kRows)
        if (row.name == name) return &row;
    return nullptr;
}

bool singleThreaded(const Os& os, const Task& task) { return threadGroupEmpty(os, task); }

}  // namespace

void makeInitialNamespaces(Os& os, Task& idle) {
    const NamespaceId user = makeNamespace(os, NsKind::User, {}, kInitialUser);
    idle.cred.userNs = user;
    const auto make = [&](NsKind kind, u32 number) { return makeNamespace(os, kind, user, number); };
    idle.nsproxy = {.cgroup = make(NsKind::Cgroup, kInitialCgroup),
                    .ipc = make(NsKind::Ipc, kInitialIpc),
                    .mnt = make(NsKind::Mnt, 0),
                    .net = make(NsKind::Net, 0),
                    .time = make(NsKind::Time, kInitialTime),
                    .timeForChildren = {}};
    idle.nsproxy.timeForChildren = idle.nsproxy.time;
    getNamespace(os, idle.nsproxy.time);
    idle.childPidNs = newPidNamespace(os, {}, user);
    os.kernel.pidNamespaces.edit(idle.childPidNs).number = kInitialPid;
    idle.uts = UtsNsId{os.kernel.nextId++};
    getNamespace(os, user);
    os.kernel.utsNamespaces.insert(idle.uts, {.nodename = os.kernel.options.hostname,
                                              .domainname = "(none)",
                                              .users = 1,
                                              .number = kInitialUts,
                                              .owner = user});
}

i64 copyUserNamespace(Os& os, Task& child, u64 flags) {
    return flags & clone::NewUser ? enterNewUserNamespace(os, child.cred) : 0;
}

i64 copyNamespaces(Os& os, Task& child, u64 flags) {
    KernelCall call{os, "copy_namespaces"};
    if (const i64 refused = mayMake(os, flags)) return refused;
    for (const auto member : kMembers) getNamespace(os, child.nsproxy.*member);
    ++os.kernel.utsNamespaces.edit(child.uts).users;
    ++os.kernel.pidNamespaces.edit(child.childPidNs).users;
    if ((flags & kAllFlags) != 0) {
        KernelCall fresh{os, "create_new_namespaces"};
        replaceNamespaces(os, child, flags, child.cred.userNs);
    }
    // timens_on_fork
    if (!(flags & clone::Vm) && child.nsproxy.time != child.nsproxy.timeForChildren) {
        getNamespace(os, child.nsproxy.timeForChildren);
        putNamespace(os, std::exchange(child.nsproxy.time, child.nsproxy.timeForChildren));
    }
    return 0;
}

i64 unshareNamespaces(Os& os, u64 flags) {
    if (const i64 refused = mayMake(os, flags)) return refused;
    Task& task = os.current();
    if (flags & clone::NewUser)
        if (const i64 refused = enterNewUserNamespace(os, task.cred)) return refused;
    if ((flags & kAllFlags) == 0) return 0;
    KernelCall call{os, "unshare_nsproxy_namespaces"};
    replaceNamespaces(os, task, flags, task.cred.userNs);
    return 0;
}

void exitTaskNamespaces(Os& os, Task& task) {
    for (const auto member : kMembers) putNamespace(os, std::exchange(task.nsproxy.*member, {}));
    putUtsNamespace(os, std::exchange(task.uts, {}));
    putPidNamespace(os, std::exchange(task.childPidNs, {}));
}

void getNamespace(Os& os, NamespaceId id) {
    if (id != NamespaceId{}) ++os.kernel.namespaces.edit(id).users;
}

void putNamespace(Os& os, NamespaceId id) {
    while (id != NamespaceId{}) {
        Namespace& ns = os.kernel.namespaces.edit(id);
        CHECK(ns.users > 0);
        if (--ns.users > 0) return;
        for (const auto& [key, segment] : ns.ipc.memory)
            if (!segment.removed) releaseInode(os, segment.inode);
        forgetNamespaceInode(os, ns.number);
        const NamespaceId owner = ns.owner;
        os.kernel.namespaces.erase(id);
        id = owner;
    }
}

void forgetNamespaceInode(Os& os, u32 number) {
    if (os.kernel.vfs.inodes.contains(InodeId(number))) os.kernel.vfs.inodes.erase(InodeId(number));
}

i64 joinNamespace(Os& os, const Inode& inode, u64 type) {
    KernelCall call{os, "validate_nsset"};
    const auto kind = static_cast<NsKind>(inode.procEntry);
    const u32 id = static_cast<u32>(inode.rdev);
    Task& task = os.current();
    u64 flag = 0;
    for (const Row& row : kRows)
        if (row.kind == kind) flag = row.flag;
    if (type != 0 && type != flag) return -error::kInval;
    if (kind == NsKind::User) {
        const NamespaceId ns{id};
        if (ns == task.cred.userNs) return -error::kInval;
        if (!singleThreaded(os, task) || os.kernel.fs.at(task.fs).users != 1) return -error::kInval;
        if (!capable(os, ns)) return -error::kPerm;
        getNamespace(os, ns);
        putNamespace(os, std::exchange(task.cred.userNs, ns));
        task.cred.capable = true;
        return 0;
    }
    const NamespaceId owner = kind == NsKind::Uts   ? os.kernel.utsNamespaces.at(UtsNsId(id)).owner
                              : kind == NsKind::Pid ? os.kernel.pidNamespaces.at(PidNsId(id)).owner
                                                    : os.kernel.namespaces.at(NamespaceId(id)).owner;
    if (kind == NsKind::Time && !singleThreaded(os, task)) return -error::kUsers;
    if (!capable(os, owner) || !capable(os)) return -error::kPerm;
    switch (kind) {
        case NsKind::Uts:
            ++os.kernel.utsNamespaces.edit(UtsNsId(id)).users;
            putUtsNamespace(os, std::exchange(task.uts, UtsNsId(id)));
            return 0;
        case NsKind::Pid: {
            // Only the task's own or one below it.
            PidNsId at{id};
            const PidNsId active = activePidNamespace(task);
            while (at != PidNsId{} && at != active) at = os.kernel.pidNamespaces.at(at).parent;
            if (at == PidNsId{}) return -error::kInval;
            ++os.kernel.pidNamespaces.edit(PidNsId(id)).users;
            putPidNamespace(os, std::exchange(task.childPidNs, PidNsId(id)));
            return 0;
        }
        case NsKind::Mnt:
            if (os.kernel.fs.at(task.fs).users != 1) return -error::kInval;
            break;
        default:
            break;
    }
    for (const Row& row : kRows)
        if (row.kind == kind && row.member) {
            getNamespace(os, NamespaceId(id));
            putNamespace(os, std::exchange(task.nsproxy.*row.member, NamespaceId(id)));
        }
    return 0;
}

bool capable(const Kernel& kernel, const Cred& cred, NamespaceId owner) {
    const Namespace* mine = kernel.namespaces.find(cred.userNs);
    if (!mine) return cred.euid == 0;
    while (true) {
        if (owner == cred.userNs) return mine->level == 0 ? cred.euid == 0 : cred.capable;
        const Namespace* ns = kernel.namespaces.find(owner);
        if (!ns || ns->level <= mine->level) return false;
        if (ns->owner == cred.userNs && ns->ownerUid == cred.euid) return true;
        owner = ns->owner;
    }
}
bool capableEverywhere(const Os& os) { return capable(os, initialUser(os)); }

void updateCapable(const Os& os, Cred& cred, const Cred* before) {
    const Namespace* ns = os.kernel.namespaces.find(cred.userNs);
    const auto root = ns ? mapDown(*ns, IdKind::User, 0) : std::optional<u32>(0);
    if (!before) {
        cred.capable = root == cred.euid;
        return;
    }
    if (!root) return;
    const auto any = [&](const Cred& c) { return c.uid == *root || c.euid == *root || c.suid == *root; };
    if ((any(*before) && !any(cred)) || (before->euid == *root && cred.euid != *root)) cred.capable = false;
    if (before->euid != *root && cred.euid == *root) cred.capable = true;
}

u32 idToUser(const Os& os, IdKind kind, u32 id) {
    const Namespace* ns = os.kernel.namespaces.find(os.kernel.currentTask().cred.userNs);
    return ns ? mapUp(*ns, kind, id).value_or(65534) : id;
}
std::optional<u32> idFromUser(const Os& os, IdKind kind, u32 id) {
    const Namespace* ns = os.kernel.namespaces.find(os.kernel.currentTask().cred.userNs);
    return ns ? mapDown(*ns, kind, id) : id;
}
bool maySetgroups(const Os& os) {
    const Namespace& ns = os.kernel.namespaces.at(os.kernel.currentTask().cred.userNs);
    return ns.level == 0 || (!ns.gids.empty() && !ns.denySetgroups);
}

std::string idMapText(const Os& os, const Task& task, IdKind kind) {
    const Namespace* ns = os.kernel.namespaces.find(task.cred.userNs);
    if (!ns) return {};
    if (ns->level == 0) return fmt::format("{:10} {:10} {:10}\n", 0, 0, ~u32{0});
    // The lower ids as the reader counts; one who looks from inside counts as the parent does.
    const NamespaceId reader = os.kernel.currentTask().cred.userNs;
    const Namespace& lower = os.kernel.namespaces.at(reader == task.cred.userNs ? ns->owner : reader);
    std::string text;
    for (const IdRange& r : rangesOf(*ns, kind))
        text += fmt::format("{:10} {:10} {:10}\n", r.inside, mapUp(lower, kind, r.outside).value_or(~u32{0}), r.count);
    return text;
}

i64 writeIdMap(Os& os, const Task& task, IdKind kind, std::string_view text) {
    const NamespaceId id = task.cred.userNs;
    const Namespace& ns = os.kernel.namespaces.at(id);
    const Cred& cred = os.kernel.currentTask().cred;
    if (ns.level == 0 || !rangesOf(ns, kind).empty()) return -error::kPerm;
    if (!capable(os, id)) return -error::kPerm;
    constexpr std::size_t kMostRanges = 340;  // UID_GID_MAP_MAX_EXTENTS
    std::vector<IdRange> ranges;
    while (!text.empty()) {
        const auto end = text.find('\n');
        const std::string line(text.substr(0, end));
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
        u64 numbers[3] = {};
        const char* at = line.c_str();
        for (u64& n : numbers) {
            while (*at == ' ' || *at == '\t') ++at;
            if (*at < '0' || *at > '9') return -error::kInval;
            for (; *at >= '0' && *at <= '9'; ++at)
                if ((n = n * 10 + static_cast<u64>(*at - '0')) > ~u32{0}) return -error::kInval;
        }
        while (*at == ' ' || *at == '\t') ++at;
        if (*at != 0) return -error::kInval;
        const auto [inside, outside, count] = numbers;
        if (count == 0 || inside + count > ~u32{0} || outside + count > ~u32{0}) return -error::kInval;
        const IdRange fresh{static_cast<u32>(inside), static_cast<u32>(outside), static_cast<u32>(count)};
        for (const IdRange& r : ranges)
            if ((fresh.inside < r.inside + r.count && r.inside < fresh.inside + fresh.count) ||
                (fresh.outside < r.outside + r.count && r.outside < fresh.outside + fresh.count))
                return -error::kInval;
        if (ranges.size() == kMostRanges) return -error::kInval;
        ranges.push_back(fresh);
    }
    if (ranges.empty()) return -error::kInval;
    // new_idmap_permitted: one's own id as one likes; all others with the capability in the parent.
    const Namespace& parent = os.kernel.namespaces.at(ns.owner);
    bool permitted = capable(os, ns.owner);
    if (ranges.size() == 1 && ranges[0].count == 1 && ns.ownerUid == cred.euid) {
        const auto lower = mapDown(parent, kind, ranges[0].outside);
        if (kind == IdKind::User ? lower == cred.euid : ns.denySetgroups && lower == cred.egid) permitted = true;
    }
    if (!permitted) return -error::kPerm;
    for (IdRange& r : ranges) {
        const auto lower = mapDown(parent, kind, r.outside, r.count);
        if (!lower) return -error::kPerm;
        r.outside = *lower;
    }
    Namespace& target = os.kernel.namespaces.edit(id);
    (kind == IdKind::User ? target.uids : target.gids) = std::move(ranges);
    return 0;
}

i64 writeSetgroups(Os& os, const Task& task, std::string_view text) {
    const NamespaceId id = task.cred.userNs;
    if (!capable(os, id)) return -error::kPerm;
    if (text != "allow" && text != "deny") return -error::kInval;
    Namespace& ns = os.kernel.namespaces.edit(id);
    if (text == "allow") return ns.denySetgroups ? -error::kPerm : 0;
    if (ns.level == 0 || !ns.gids.empty()) return -error::kPerm;
    ns.denySetgroups = true;
    return 0;
}

InodeId namespaceInode(Os& os, const Task& task, std::string_view name) {
    const Row* row = rowNamed(name);
    const Found found = row ? behind(os.kernel, task, *row) : Found{};
    if (found.number == 0) return {};
    const InodeId id{found.number};
    if (!os.kernel.vfs.inodes.contains(id)) {
        Inode inode;
        inode.id = id;
        inode.mode = mode::Regular | 0444;
        inode.links = 1;  // there as long as the namespace
        inode.mount = Mount::Anonymous;
        inode.special = Special::Namespace;
        inode.procEntry = static_cast<u32>(row->kind);
        inode.rdev = found.id;
        inode.atimeNs = inode.mtimeNs = inode.ctimeNs = realTimeNs(os);
        os.kernel.vfs.inodes.insert(id, std::move(inode));
    }
    return id;
}

std::string namespaceText(const Os& os, const Task& task, std::string_view name) {
    const Row* row = rowNamed(name);
    const Found found = row ? behind(os.kernel, task, *row) : Found{};
    if (found.number == 0) return {};
    return fmt::format("{}:[{}]", name.substr(0, name.find('_')), found.number);
}

void holdNamespaceOf(Os& os, const Inode& inode) {
    const u32 id = static_cast<u32>(inode.rdev);
    switch (static_cast<NsKind>(inode.procEntry)) {
        case NsKind::Pid:
            ++os.kernel.pidNamespaces.edit(PidNsId(id)).users;
            return;
        case NsKind::Uts:
            ++os.kernel.utsNamespaces.edit(UtsNsId(id)).users;
            return;
        default:
            return getNamespace(os, NamespaceId(id));
    }
}
void releaseNamespaceOf(Os& os, const Inode& inode) {
    const u32 id = static_cast<u32>(inode.rdev);
    switch (static_cast<NsKind>(inode.procEntry)) {
        case NsKind::Pid:
            return putPidNamespace(os, PidNsId(id));
        case NsKind::Uts:
            return putUtsNamespace(os, UtsNsId(id));
        default:
            return putNamespace(os, NamespaceId(id));
    }
}

}  // namespace ringside
