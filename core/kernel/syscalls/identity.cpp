// User and group ids, capabilities. Root has every capability, everyone else none; there are no user namespaces.
#include <algorithm>
#include <array>

#include "core/kernel/errno.h"
#include "core/kernel/limits.h"
#include "core/kernel/mm/user_memory.h"
#include "core/kernel/proc/nsproxy.h"
#include "core/kernel/proc/pid.h"
#include "core/kernel/syscalls/table.h"

namespace ringside {
namespace {

constexpr u32 kKeep = ~0u;  // -1: leave as it is

const Cred& cred(const Os& os) { return os.kernel.currentTask().cred; }
bool isRoot(const Os& os) { return capable(os); }  // CAP_SETUID, CAP_SETGID in one's own user namespace

// Ids as the caller counts them, and as the kernel does. False: the namespace does not know it.
u32 uidOut(const Os& os, u32 id) { return idToUser(os, IdKind::User, id); }
u32 gidOut(const Os& os, u32 id) { return idToUser(os, IdKind::Group, id); }
bool idIn(const Os& os, IdKind kind, u64 argument, u32& id) {
    id = static_cast<u32>(argument);
    if (id == kKeep) return true;
    const auto known = idFromUser(os, kind, id);
    id = known.value_or(kKeep);
    return known.has_value();
}
template <std::size_t n>
bool idsIn(const Os& os, IdKind kind, const SyscallArgs& args, std::array<u32, n>& ids) {
    for (std::size_t i = 0; i < n; ++i)
        if (!idIn(os, kind, args.a[i], ids[i])) return false;
    return true;
}
// What set*uid does to capabilities, when it ends.
i64 changed(const Os& os, Cred& now, const Cred& before, i64 result) {
    if (result == 0) updateCapable(os, now, &before);
    return result;
}

i64 sysGetuid(Os& os, const SyscallArgs&) { return uidOut(os, cred(os).uid); }
i64 sysGetgid(Os& os, const SyscallArgs&) { return gidOut(os, cred(os).gid); }
i64 sysGeteuid(Os& os, const SyscallArgs&) { return uidOut(os, cred(os).euid); }
i64 sysGetegid(Os& os, const SyscallArgs&) { return gidOut(os, cred(os).egid); }

i64 sysSetuid(Os& os, const SyscallArgs& args) {
    u32 uid = 0;
    if (!idIn(os, IdKind::User, args.a[0], uid) || uid == kKeep) return -error::kInval;
    Cred& c = os.current().cred;
    const Cred before = c;
    if (isRoot(os))
        c.uid = c.suid = uid;
    else if (uid != c.uid && uid != c.suid)
        return -error::kPerm;
    c.euid = c.fsuid = uid;
    return changed(os, c, before, 0);
}
i64 sysSetgid(Os& os, const SyscallArgs& args) {
    u32 gid = 0;
    if (!idIn(os, IdKind::Group, args.a[0], gid) || gid == kKeep) return -error::kInval;
    Cred& c = os.current().cred;
    if (isRoot(os))
        c.gid = c.sgid = gid;
    else if (gid != c.gid && gid != c.sgid)
        return -error::kPerm;
    c.egid = c.fsgid = gid;
    return 0;
}

// setresuid, setreuid and their group twins; `mine` are the ids an unprivileged task may choose from.
i64 setThree(u32& real, u32& effective, u32& saved, u32& fs, u32 r, u32 e, u32 s, bool root) {
    const auto allowed = [&](u32 id) { return id == kKeep || root || id == real || id == effective || id == saved; };
    if (!allowed(r) || !allowed(e) || !allowed(s)) return -error::kPerm;
    if (r != kKeep) real = r;
    if (e != kKeep) effective = e;
    if (s != kKeep) saved = s;
    fs = effective;
    return 0;
}
i64 sysSetresuid(Os& os, const SyscallArgs& args) {
    Cred& c = os.current().cred;
    const Cred before = c;
    std::array<u32, 3> ids;
    if (!idsIn(os, IdKind::User, args, ids)) return -error::kInval;
    return changed(os, c, before, setThree(c.uid, c.euid, c.suid, c.fsuid, ids[0], ids[1], ids[2], isRoot(os)));
}
i64 sysSetresgid(Os& os, const SyscallArgs& args) {
    Cred& c = os.current().cred;
    std::array<u32, 3> ids;
    if (!idsIn(os, IdKind::Group, args, ids)) return -error::kInval;
    return setThree(c.gid, c.egid, c.sgid, c.fsgid, ids[0], ids[1], ids[2], isRoot(os));
}
i64 setTwo(u32& real, u32& effective, u32& saved, u32& fs, u32 r, u32 e, bool root) {
    if (r != kKeep && !root && r != real && r != effective) return -error::kPerm;
    if (e != kKeep && !root && e != real && e != effective && e != saved) return -error::kPerm;
    const u32 oldReal = real;
    if (r != kKeep) real = r;
    if (e != kKeep) effective = e;
    if (r != kKeep || (e != kKeep && e != oldReal)) saved = effective;
    fs = effective;
    return 0;
}
i64 sysSetreuid(Os& os, const SyscallArgs& args) {
    Cred& c = os.current().cred;
    const Cred before = c;
    std::array<u32, 2> ids;
    if (!idsIn(os, IdKind::User, args, ids)) return -error::kInval;
    return changed(os, c, before, setTwo(c.uid, c.euid, c.suid, c.fsuid, ids[0], ids[1], isRoot(os)));
}
i64 sysSetregid(Os& os, const SyscallArgs& args) {
    Cred& c = os.current().cred;
    std::array<u32, 2> ids;
    if (!idsIn(os, IdKind::Group, args, ids)) return -error::kInval;
    return setTwo(c.gid, c.egid, c.sgid, c.fsgid, ids[0], ids[1], isRoot(os));
}
i64 putThree(Os& os, const SyscallArgs& args, u32 a, u32 b, u32 c) {
    return putUser(os, args.a[0], a) && putUser(os, args.a[1], b) && putUser(os, args.a[2], c) ? 0 : -error::kFault;
}
i64 sysGetresuid(Os& os, const SyscallArgs& args) {
    return putThree(os, args, uidOut(os, cred(os).uid), uidOut(os, cred(os).euid), uidOut(os, cred(os).suid));
}
i64 sysGetresgid(Os& os, const SyscallArgs& args) {
    return putThree(os, args, gidOut(os, cred(os).gid), gidOut(os, cred(os).egid), gidOut(os, cred(os).sgid));
}
i64 sysSetfsuid(Os& os, const SyscallArgs& args) {
    Cred& c = os.current().cred;
    const u32 old = uidOut(os, c.fsuid);
    u32 id = 0;
    idIn(os, IdKind::User, args.a[0], id);
    if (id != kKeep && (isRoot(os) || id == c.uid || id == c.euid || id == c.suid || id == c.fsuid)) c.fsuid = id;
    return old;
}
i64 sysSetfsgid(Os& os, const SyscallArgs& args) {
    Cred& c = os.current().cred;
    const u32 old = gidOut(os, c.fsgid);
    u32 id = 0;
    idIn(os, IdKind::Group, args.a[0], id);
    if (id != kKeep && (isRoot(os) || id == c.gid || id == c.egid || id == c.sgid || id == c.fsgid)) c.fsgid = id;
    return old;
}

i64 sysGetgroups(Os& os, const SyscallArgs& args) {
    const auto& groups = cred(os).groups;
    const i32 size = static_cast<i32>(args.a[0]);
    if (size < 0) return -error::kInval;
    if (size == 0) return static_cast<i64>(groups.size());
    if (static_cast<std::size_t>(size) < groups.size()) return -error::kInval;
    for (std::size_t i = 0; i < groups.size(); ++i)
        if (!putUser(os, args.a[1] + 4 * i, gidOut(os, groups[i]))) return -error::kFault;
    return static_cast<i64>(groups.size());
}
i64 sysSetgroups(Os& os, const SyscallArgs& args) {
    if (!isRoot(os) || !maySetgroups(os)) return -error::kPerm;
    if (args.a[0] > limit::Groups) return -error::kInval;
    std::vector<u32> groups(args.a[0]);
    if (!copyFromUser(os, {reinterpret_cast<u8*>(groups.data()), groups.size() * 4}, args.a[1])) return -error::kFault;
    for (u32& group : groups)
        if (!idIn(os, IdKind::Group, group, group) || group == kKeep) return -error::kInval;
    std::sort(groups.begin(), groups.end());
    os.current().cred.groups = std::move(groups);
    return 0;
}

struct CapHeader {
    u32 version = 0;
    i32 pid = 0;
};
struct CapData {
    u32 effective = 0, permitted = 0, inheritable = 0;
};
constexpr u32 kCapVersion1 = 0x19980330, kCapVersion2 = 0x20071026, kCapVersion3 = 0x20080522;
constexpr u64 kAllCaps = (u64{1} << 41) - 1;

i64 readHeader(Os& os, u64 address, CapHeader& header, std::size_t& words) {
    if (!getUser(os, header, address)) return -error::kFault;
    switch (header.version) {
        case kCapVersion1:
            words = 1;
            return 0;
        case kCapVersion2:
        case kCapVersion3:
            words = 2;
            return 0;
        default:
            if (!putUser(os, address, kCapVersion3)) return -error::kFault;
            return -error::kInval;
    }
}
i64 sysCapget(Os& os, const SyscallArgs& args) {
    CapHeader header;
    std::size_t words = 0;
    if (const i64 wrong = readHeader(os, args.a[0], header, words); wrong < 0)
        return wrong == -error::kInval && args.a[1] == 0 ? 0 : wrong;
    if (header.pid < 0) return -error::kInval;
    const TaskId id = header.pid == 0 ? os.kernel.current : findTask(os, header.pid);
    if (id == TaskId{}) return -error::kSrch;
    const Cred& theirs = os.kernel.tasks.at(id).cred;
    const u64 caps = capable(os.kernel, theirs, theirs.userNs) ? kAllCaps : 0;
    for (std::size_t i = 0; i < words; ++i) {
        const u32 word = static_cast<u32>(caps >> (32 * i));
        if (!putUser(os, args.a[1] + i * sizeof(CapData), CapData{word, word, 0})) return -error::kFault;
    }
    return 0;
}
i64 sysCapset(Os& os, const SyscallArgs& args) {
    CapHeader header;
    std::size_t words = 0;
    if (const i64 wrong = readHeader(os, args.a[0], header, words); wrong < 0) return wrong;
    if (header.pid != 0 && findTask(os, header.pid) != os.kernel.current) return -error::kPerm;
    const u64 caps = isRoot(os) ? kAllCaps : 0;
    for (std::size_t i = 0; i < words; ++i) {
        CapData data;
        if (!getUser(os, data, args.a[1] + i * sizeof data)) return -error::kFault;
        if ((data.permitted | data.effective) & ~static_cast<u32>(caps >> (32 * i))) return -error::kPerm;
    }
    return 0;  // giving some up is not modelled
}

constexpr SyscallRow kRows[] = {
    {102, "getuid", sysGetuid, {}, Arg::Int},
    {104, "getgid", sysGetgid, {}, Arg::Int},
    {105, "setuid", sysSetuid, {Arg::Int}, Arg::Int},
    {106, "setgid", sysSetgid, {Arg::Int}, Arg::Int},
    {107, "geteuid", sysGeteuid, {}, Arg::Int},
    {108, "getegid", sysGetegid, {}, Arg::Int},
    {113, "setreuid", sysSetreuid, {Arg::Int, Arg::Int}, Arg::Int},
    {114, "setregid", sysSetregid, {Arg::Int, Arg::Int}, Arg::Int},
    {115, "getgroups", sysGetgroups, {Arg::Int, Arg::Address}, Arg::Int},
    {116, "setgroups", sysSetgroups, {Arg::Int, Arg::Address}, Arg::Int},
    {117, "setresuid", sysSetresuid, {Arg::Int, Arg::Int, Arg::Int}, Arg::Int},
    {118, "getresuid", sysGetresuid, {Arg::Address, Arg::Address, Arg::Address}, Arg::Int},
    {119, "setresgid", sysSetresgid, {Arg::Int, Arg::Int, Arg::Int}, Arg::Int},
    {120, "getresgid", sysGetresgid, {Arg::Address, Arg::Address, Arg::Address}, Arg::Int},
    {122, "setfsuid", sysSetfsuid, {Arg::Int}, Arg::Int},
    {123, "setfsgid", sysSetfsgid, {Arg::Int}, Arg::Int},
    {125, "capget", sysCapget, {Arg::Address, Arg::Address}, Arg::Int},
    {126, "capset", sysCapset, {Arg::Address, Arg::Address}, Arg::Int},
};

}  // namespace

std::span<const SyscallRow> identityCalls() { return kRows; }

}  // namespace ringside
