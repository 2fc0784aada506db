// System V shared memory (Linux 6.1 ipc/shm.c): segments are files of their own, mapped like any other.
#include <fmt/format.h>
#include <utility>

#include "core/kernel/syscalls/ipc_common.h"

namespace ringside {
namespace {

using namespace ipc;

// A segment holds its file until it is removed, each area that maps it does too: the last to go takes the memory along.
u64 attachedTo(const Os& os, const SharedMemory& segment) {
    return os.kernel.vfs.inodes.at(segment.inode).openCount - (segment.removed ? 0 : 1);
}
void forgetGone(Os& os) {
    std::erase_if(ipcOf(os).memory,
                  [&](const auto& entry) { return !os.kernel.vfs.inodes.contains(entry.second.inode); });
}

i64 sysShmget(Os& os, const SyscallArgs& args) {
    forgetGone(os);
    const u64 size = args.a[1];
    return getObject(
        os, ipcOf(os).memory, asInt(args.a[0]), asUnsigned(args.a[2]),
        [&](SharedMemory& segment) -> i64 {
            if (size == 0 || size > u64{1} << 40) return -error::kInval;
            segment.inode = newInode(os, mode::Regular | 0600, Mount::Tmp);
            holdInode(os, segment.inode);
            truncateInode(os, segment.inode, pageUp(size));
            segment.size = size;
            segment.creator = callerPid(os);
            return 0;
        },
        [&](const SharedMemory& segment) -> i64 { return size > segment.size ? -error::kInval : 0; });
}

i64 sysShmat(Os& os, const SyscallArgs& args) {
    constexpr u32 kReadOnly = 010000, kRound = 020000, kRemap = 040000, kExecute = 0100000;
    const u32 flags = asUnsigned(args.a[2]);
    forgetGone(os);
    const auto it = ipcOf(os).memory.find(asInt(args.a[0]));
    if (asInt(args.a[0]) < 0 || it == ipcOf(os).memory.end()) return -error::kInval;
    u64 address = args.a[1];
    if (pageOffset(address) != 0) {
        if ((flags & kRound) == 0) return -error::kInval;
        address = pageDown(address);
    }
    if (address == 0 && (flags & kRemap) != 0) return -error::kInval;
    if (const i64 denied = mayUse(os, it->second, (flags & kReadOnly) != 0 ? 4 : 6)) return denied;
    MapRequest request{
        .address = address,
        .length = pageUp(it->second.size),
        .prot = prot::Read | ((flags & kReadOnly) != 0 ? 0 : prot::Write) | ((flags & kExecute) != 0 ? prot::Exec : 0),
        .flags = map::Shared,
        .file = it->second.inode,
        .openFlags = (flags & kReadOnly) != 0 ? open::ReadOnly : open::ReadWrite,
        .name = fmt::format("/SYSV{:08x}", static_cast<u32>(it->second.key))};
    if (address != 0) request.flags |= (flags & kRemap) != 0 ? map::Fixed : map::FixedNoReplace;
    const i64 result = mapArea(os, os.kernel.currentTask().mm, request);
    if (result < 0) return address != 0 && result == -error::kExist ? -error::kInval : result;
    it->second.attachedSeconds = nowSeconds(os);
    it->second.last = callerPid(os);
    return result;
}

i64 sysShmdt(Os& os, const SyscallArgs& args) {
    const u64 address = args.a[0];
    if (pageOffset(address) != 0) return -error::kInval;
    const Mm& mm = os.kernel.mms.at(os.kernel.currentTask().mm);
    const auto it = mm.vmas.find(address);
    if (it == mm.vmas.end() || it->second.file == InodeId{}) return -error::kInval;
    for (auto& [id, segment] : ipcOf(os).memory) {
        if (segment.inode != it->second.file) continue;
        segment.detachedSeconds = nowSeconds(os);
        segment.last = callerPid(os);
        return unmapArea(os, os.kernel.currentTask().mm, address, pageUp(segment.size));
    }
    return -error::kInval;
}

i64 sysShmctl(Os& os, const SyscallArgs& args) {
    struct Segment {
        Permissions permissions;
        u64 size;
        i64 attached, detached, changed;
        i32 creator, last;
        u64 attaches, unused[2];
    };
    static_assert(sizeof(Segment) == 112);
    constexpr u32 kLock = 11, kUnlock = 12, kShmStat = 13, kShmInfo = 14;
    const u32 command = asUnsigned(args.a[1]) & ~0x100u;
    forgetGone(os);
    if (command == kInfo || command == kShmInfo) return -error::kInval;
    const auto it = ipcOf(os).memory.find(asInt(args.a[0]));
    if (it == ipcOf(os).memory.end()) return -error::kInval;
    SharedMemory& segment = it->second;
    switch (command) {
        case kStat:
        case kShmStat: {
            if (const i64 denied = mayUse(os, segment, 4)) return denied;
            Segment out{permissionsOf(segment),
                        segment.size,
                        segment.attachedSeconds,
                        segment.detachedSeconds,
                        segment.changedSeconds,
                        segment.creator,
                        segment.last,
                        attachedTo(os, segment),
                        {}};
            if (segment.removed) out.permissions.mode |= 01000;  // SHM_DEST
            return putUser(os, args.a[2], out) ? 0 : -error::kFault;
        }
        case kSet: {
            Segment in;
            if (!getUser(os, in, args.a[2])) return -error::kFault;
            if (!owns(os, segment)) return -error::kPerm;
            segment.mode = in.permissions.mode & 0777;
            segment.uid = in.permissions.uid;
            segment.gid = in.permissions.gid;
            segment.changedSeconds = nowSeconds(os);
            return 0;
        }
        case kRemove:
            if (!owns(os, segment)) return -error::kPerm;
            if (std::exchange(segment.removed, true)) return 0;
            segment.key = 0;
            releaseInode(os, segment.inode);
            return 0;
        case kLock:
        case kUnlock:
            return 0;
        default:
            return -error::kInval;
    }
}

using enum Arg;
constexpr SyscallRow kRows[] = {
    {29, "shmget", sysShmget, {Hex, Size, Flags}, Int},
    {30, "shmat", sysShmat, {Int, Address, Flags}, Address},
    {31, "shmctl", sysShmctl, {Int, Int, Address}, Int},
    {67, "shmdt", sysShmdt, {Address}, Int},
};

}  // namespace

std::span<const SyscallRow> shmCalls() { return kRows; }

}  // namespace ringside
