// What shared memory, semaphores and message queues have in common (Linux 6.1 ipc/util.c): ids, keys, permissions.
#pragma once

#include "core/kernel/ipc/ipc.h"
#include "core/kernel/limits.h"
#include "core/kernel/syscalls/fs_common.h"

namespace ringside::ipc {

constexpr u32 kCreate = 01000, kExclusive = 02000, kNoWait = 04000;
constexpr u32 kRemove = 0, kSet = 1, kStat = 2, kInfo = 3;
constexpr i64 kRemoved = -43, kNoMessage = -42;  // EIDRM, ENOMSG
// What the guest can make us keep outside of its RAM has an end.
constexpr std::size_t kMostObjects = 1024, kMostSemaphores = 65536, kMostMessageBytes = 32 << 20;

inline Ipc& ipcOf(Os& os) { return os.kernel.namespaces.edit(os.kernel.currentTask().nsproxy.ipc).ipc; }
// Sets and queues have the same ids in every namespace.
inline u64 waitKey(const Os& os, i32 id) {
    return u64{os.kernel.currentTask().nsproxy.ipc.value & 0xffffff} << 32 | static_cast<u32>(id);
}
inline i64 nowSeconds(const Os& os) { return realTimeNs(os) / 1'000'000'000; }
inline i32 callerPid(const Os& os) { return os.kernel.currentTask().tgid; }

// struct ipc64_perm
struct Permissions {
    i32 key;
    u32 uid, gid, cuid, cgid, mode;
    u16 sequence, pad;
    u32 pad2;
    u64 unused[2];
};
static_assert(sizeof(Permissions) == 48);
inline Permissions permissionsOf(const IpcObject& o) {
    return {o.key, o.uid, o.gid, o.uid, o.gid, o.mode, 0, 0, 0, {}};
}

inline void fill(const Os& os, IpcObject& o, i32 key, u32 flags) {
    const Cred& cred = os.kernel.currentTask().cred;
    o.key = key;
    o.uid = cred.euid;
    o.gid = cred.egid;
    o.mode = flags & 0777;
    o.changedSeconds = nowSeconds(os);
}

inline i64 mayUse(const Os& os, const IpcObject& o, u32 want) {
    const Cred& cred = os.kernel.currentTask().cred;
    if (cred.euid == 0) return 0;
    const u32 granted = cred.euid == o.uid ? o.mode >> 6 : cred.egid == o.gid ? o.mode >> 3 : o.mode;
    return (want & ~granted & 7) != 0 ? -error::kAcces : 0;
}
inline bool owns(const Os& os, const IpcObject& o) {
    const u32 uid = os.kernel.currentTask().cred.euid;
    return uid == 0 || uid == o.uid;
}

// The id of the object with this key, a new one, or -errno. `make` fills a new one; `fits` checks one that is there.
template <class Table, class Make, class Fits>
i64 getObject(Os& os, Table& table, i32 key, u32 flags, Make make, Fits fits) {
    if (key != 0)
        for (auto& [id, object] : table) {
            if (object.key != key) continue;
            if ((flags & (kCreate | kExclusive)) == (kCreate | kExclusive)) return -error::kExist;
            if (const i64 wrong = fits(object)) return wrong;
            if (const i64 denied = mayUse(os, object, flags >> 6 & 7)) return denied;
            return id;
        }
    if (key != 0 && (flags & kCreate) == 0) return -error::kNoEnt;
    if (table.size() >= kMostObjects) return -error::kNoSpc;
    typename Table::mapped_type object;
    fill(os, object, key, flags);
    if (const i64 wrong = make(object)) return wrong;
    const i32 id = ipcOf(os).nextId++;
    table[id] = std::move(object);
    return id;
}

}  // namespace ringside::ipc
