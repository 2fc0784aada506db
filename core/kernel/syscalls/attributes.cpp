// System calls on what a file is: stat, access, modes, owners, times, extended attributes (Linux 6.1 fs/stat.c, open.c,
// utimes.c, xattr.c, statfs.c).
#include <algorithm>

#include "core/kernel/proc/nsproxy.h"
#include "core/kernel/syscalls/fs_common.h"

namespace ringside {
namespace {

// --- stat -------------------------------------------------------------------------------------------------------

u64 blocksOf(const Inode& inode) {
    if (isDirectory(inode)) return inode.mount == Mount::Root ? 8 : 0;
    if (!isRegular(inode) || inode.special != Special::None) return 0;
    const u64 whole = (inode.size + kPageSize - 1) / kPageSize;
    u64 held = inode.pages.size();
    for (const auto& [page, place] : inode.stored) held += !inode.pages.contains(page);
    return (inode.backing || !inode.hostPath.empty() ? whole : std::min(whole, held)) * 8;
}

u64 sizeOf(const Inode& inode) {
    const u32 type = inode.mode & mode::Type;
    return type == mode::Char || type == mode::Block || type == mode::Fifo ? 0 : inode.size;
}

u64 rdevOf(const Inode& inode) {
    const u32 type = inode.mode & mode::Type;
    return type == mode::Char || type == mode::Block ? inode.rdev : 0;
}

i64 putStat(Os& os, u64 address, InodeId id) {
    struct Stat {
        u64 dev, ino, nlink;
        u32 mode, uid, gid, pad;
        u64 rdev;
        i64 size, blksize, blocks, atime, atimeNs, mtime, mtimeNs, ctime, ctimeNs, unused[3];
    };
    static_assert(sizeof(Stat) == 144);
    const Inode& inode = os.kernel.vfs.inodes.at(id);
    constexpr i64 kSecond = 1'000'000'000;
    const Stat s{.dev = deviceOf(inode),
                 .ino = id.value,
                 .nlink = inode.mount == Mount::Anonymous ? 1 : inode.links,
                 .mode = inode.mode,
                 .uid = idToUser(os, IdKind::User, inode.uid),
                 .gid = idToUser(os, IdKind::Group, inode.gid),
                 .pad = 0,
                 .rdev = rdevOf(inode),
                 .size = static_cast<i64>(sizeOf(inode)),
                 .blksize = inode.mount == Mount::Proc ? 1024 : 4096,
                 .blocks = static_cast<i64>(blocksOf(inode)),
                 .atime = inode.atimeNs / kSecond,
                 .atimeNs = inode.atimeNs % kSecond,
                 .mtime = inode.mtimeNs / kSecond,
                 .mtimeNs = inode.mtimeNs % kSecond,
                 .ctime = inode.ctimeNs / kSecond,
                 .ctimeNs = inode.ctimeNs % kSecond,
                 .unused = {}};
    return putUser(os, address, s) ? 0 : -error::kFault;
}

i64 sysStat(Os& os, const SyscallArgs& args) {
    const auto inode = inodeAt(os, kAtFdCwd, args.a[0], LastLink::Follow, false);
    return inode ? putStat(os, args.a[1], *inode) : inode.error();
}
i64 sysLstat(Os& os, const SyscallArgs& args) {
    const auto inode = inodeAt(os, kAtFdCwd, args.a[0], LastLink::Keep, false);
    return inode ? putStat(os, args.a[1], *inode) : inode.error();
}
i64 sysFstat(Os& os, const SyscallArgs& args) {
    const FileId file = fileOf(os, asInt(args.a[0]));
    if (file == FileId{}) return -error::kBadf;
    return putStat(os, args.a[1], os.kernel.vfs.files.at(file).inode);
}
i64 sysNewfstatat(Os& os, const SyscallArgs& args) {
    const u64 flags = args.a[3];
    constexpr u32 kNoAutomount = 0x800;
    if ((flags & ~u64{kAtSymlinkNoFollow | kAtEmptyPath | kNoAutomount}) != 0) return -error::kInval;
    const auto inode =
        inodeAt(os, asInt(args.a[0]), args.a[1], (flags & kAtSymlinkNoFollow) != 0 ? LastLink::Keep : LastLink::Follow,
                (flags & kAtEmptyPath) != 0);
    return inode ? putStat(os, args.a[2], *inode) : inode.error();
}

i64 sysStatx(Os& os, const SyscallArgs& args) {
    struct Time {
        i64 seconds;
        u32 ns;
        i32 pad;
    };
    struct Statx {
        u32 mask, blksize;
        u64 attributes;
        u32 nlink, uid, gid;
        u16 mode, pad;
        u64 ino, size, blocks, attributesMask;
        Time atime, btime, ctime, mtime;
        u32 rdevMajor, rdevMinor, devMajor, devMinor;
        u64 mountId, alignment[13];
    };
    static_assert(sizeof(Statx) == 256);
    const u64 flags = args.a[2];
    if ((flags & ~u64{0x7900}) != 0 || (flags & 0x6000) == 0x6000) return -error::kInval;
    if ((args.a[3] & 0x80000000) != 0) return -error::kInval;
    const auto id =
        inodeAt(os, asInt(args.a[0]), args.a[1], (flags & kAtSymlinkNoFollow) != 0 ? LastLink::Keep : LastLink::Follow,
                (flags & kAtEmptyPath) != 0);
    if (!id) return id.error();
    const Inode& inode = os.kernel.vfs.inodes.at(*id);
    const auto time = [](i64 ns) { return Time{ns / 1'000'000'000, static_cast<u32>(ns % 1'000'000'000), 0}; };
    Statx s{};
    s.mask = 0x17ff;  // STATX_BASIC_STATS, STATX_MNT_ID
    s.blksize = inode.mount == Mount::Proc ? 1024 : 4096;
    s.nlink = inode.mount == Mount::Anonymous ? 1 : inode.links;
    s.uid = idToUser(os, IdKind::User, inode.uid);
    s.gid = idToUser(os, IdKind::Group, inode.gid);
    s.mode = static_cast<u16>(inode.mode);
    s.ino = id->value;
    s.size = sizeOf(inode);
    s.blocks = blocksOf(inode);
    s.atime = time(inode.atimeNs);
    s.ctime = time(inode.ctimeNs);
    s.mtime = time(inode.mtimeNs);
    s.rdevMajor = static_cast<u32>(rdevOf(inode) >> 8);
    s.rdevMinor = static_cast<u32>(rdevOf(inode) & 0xff);
    s.devMajor = static_cast<u32>(deviceOf(inode) >> 8);
    s.devMinor = static_cast<u32>(deviceOf(inode) & 0xff);
    s.mountId = 21 + static_cast<u64>(inode.mount);
    return putUser(os, args.a[4], s) ? 0 : -error::kFault;
}

i64 accessAt(Os& os, i32 dirfd, u64 path, u32 want, u32 flags) {
    if (want > 7 || (flags & ~(kAtEaccess | kAtSymlinkNoFollow | kAtEmptyPath)) != 0) return -error::kInval;
    const Cred cred = os.kernel.currentTask().cred;
    if ((flags & kAtEaccess) == 0) {
        // The question is asked for the real user.
        Task& task = os.current();
        task.cred.fsuid = cred.uid;
        task.cred.fsgid = cred.gid;
    }
    const auto id = inodeAt(os, dirfd, path, (flags & kAtSymlinkNoFollow) != 0 ? LastLink::Keep : LastLink::Follow,
                            (flags & kAtEmptyPath) != 0);
    const i64 result = id ? permission(os, os.kernel.vfs.inodes.at(*id), want) : id.error();
    os.current().cred = cred;
    return result;
}
i64 sysAccess(Os& os, const SyscallArgs& args) { return accessAt(os, kAtFdCwd, args.a[0], asUnsigned(args.a[1]), 0); }
i64 sysFaccessat(Os& os, const SyscallArgs& args) {
    return accessAt(os, asInt(args.a[0]), args.a[1], asUnsigned(args.a[2]), 0);
}
i64 sysFaccessat2(Os& os, const SyscallArgs& args) {
    return accessAt(os, asInt(args.a[0]), args.a[1], asUnsigned(args.a[2]), asUnsigned(args.a[3]));
}

i64 statfsOf(Os& os, InodeId id, u64 address) {
    struct Statfs {
        i64 type, bsize;
        u64 blocks, bfree, bavail, files, ffree;
        i32 fsid[2];
        i64 namelen, frsize, flags, spare[4];
    };
    static_assert(sizeof(Statfs) == 120);
    Statfs s{};
    s.bsize = s.frsize = 4096;
    s.namelen = 255;
    s.flags = 0x20 | 0x1000;  // ST_VALID, ST_RELATIME
    const u64 frames = os.kernel.frames.pages.size();
    switch (os.kernel.vfs.inodes.at(id).mount) {
        case Mount::Root:
            s.type = 0xef53;
            s.blocks = 1 << 20;
            s.bfree = s.bavail = 1 << 19;
            s.files = 1 << 18;
            s.ffree = 1 << 17;
            break;
        case Mount::Proc:
            s.type = 0x9fa0;
            break;
        case Mount::Sys:
            s.type = 0x62656572;
            break;
        case Mount::Dev:
        case Mount::Tmp:
            s.type = 0x01021994;
            s.blocks = frames / 2;
            s.bfree = s.bavail = std::min<u64>(s.blocks, os.kernel.frames.free.count);
            s.files = s.ffree = 65536;
            break;
        case Mount::Anonymous:
            s.type = 0x50495045;
            break;
    }
    return putUser(os, address, s) ? 0 : -error::kFault;
}
i64 sysStatfs(Os& os, const SyscallArgs& args) {
    const auto id = inodeAt(os, kAtFdCwd, args.a[0], LastLink::Follow, false);
    return id ? statfsOf(os, *id, args.a[1]) : id.error();
}
i64 sysFstatfs(Os& os, const SyscallArgs& args) {
    const FileId file = fileOf(os, asInt(args.a[0]));
    if (file == FileId{}) return -error::kBadf;
    return statfsOf(os, os.kernel.vfs.files.at(file).inode, args.a[1]);
}

// --- attributes -------------------------------------------------------------------------------------------------

i64 changeMode(Os& os, InodeId id, u32 fileMode) {
    Inode& inode = os.kernel.vfs.inodes.edit(id);
    const Cred& cred = os.kernel.currentTask().cred;
    if (isLink(inode)) return -error::kOpNotSupp;
    if (inode.mount == Mount::Proc) return -error::kPerm;
    if (cred.fsuid != 0 && cred.fsuid != inode.uid) return -error::kPerm;
    inode.mode = (inode.mode & mode::Type) | (fileMode & 07777);
    inode.ctimeNs = realTimeNs(os);
    return 0;
}
i64 sysChmod(Os& os, const SyscallArgs& args) {
    const auto id = inodeAt(os, kAtFdCwd, args.a[0], LastLink::Follow, false);
    return id ? changeMode(os, *id, asUnsigned(args.a[1])) : id.error();
}
i64 sysFchmod(Os& os, const SyscallArgs& args) {
    const auto file = openFd(os, args.a[0]);
    return file ? changeMode(os, os.kernel.vfs.files.at(*file).inode, asUnsigned(args.a[1])) : file.error();
}
i64 sysFchmodat(Os& os, const SyscallArgs& args) {
    const auto id = inodeAt(os, asInt(args.a[0]), args.a[1], LastLink::Follow, false);
    return id ? changeMode(os, *id, asUnsigned(args.a[2])) : id.error();
}

i64 changeOwner(Os& os, InodeId id, u32 uid, u32 gid) {
    Inode& inode = os.kernel.vfs.inodes.edit(id);
    const Cred& cred = os.kernel.currentTask().cred;
    if (inode.mount == Mount::Proc) return -error::kPerm;
    for (auto [kind, number] : {std::pair{IdKind::User, &uid}, std::pair{IdKind::Group, &gid}}) {
        if (*number == ~u32{0}) continue;
        const auto known = idFromUser(os, kind, *number);
        if (!known) return -error::kInval;
        *number = *known;
    }
    if (cred.fsuid != 0) {
        const bool ownGroup =
            gid == ~u32{0} || gid == cred.fsgid || std::ranges::find(cred.groups, gid) != cred.groups.end();
        if (inode.uid != cred.fsuid || (uid != ~u32{0} && uid != inode.uid) || !ownGroup) return -error::kPerm;
    }
    if (uid != ~u32{0}) inode.uid = uid;
    if (gid != ~u32{0}) inode.gid = gid;
    if (isRegular(inode)) inode.mode &= ~((inode.mode & 010) != 0 ? 06000u : 04000u);
    inode.ctimeNs = realTimeNs(os);
    return 0;
}
i64 chownPath(Os& os, const SyscallArgs& args, LastLink last) {
    const auto id = inodeAt(os, kAtFdCwd, args.a[0], last, false);
    return id ? changeOwner(os, *id, asUnsigned(args.a[1]), asUnsigned(args.a[2])) : id.error();
}
i64 sysChown(Os& os, const SyscallArgs& args) { return chownPath(os, args, LastLink::Follow); }
i64 sysLchown(Os& os, const SyscallArgs& args) { return chownPath(os, args, LastLink::Keep); }
i64 sysFchown(Os& os, const SyscallArgs& args) {
    const auto file = openFd(os, args.a[0]);
    if (!file) return file.error();
    return changeOwner(os, os.kernel.vfs.files.at(*file).inode, asUnsigned(args.a[1]), asUnsigned(args.a[2]));
}
i64 sysFchownat(Os& os, const SyscallArgs& args) {
    const u32 flags = asUnsigned(args.a[4]);
    if ((flags & ~(kAtSymlinkNoFollow | kAtEmptyPath)) != 0) return -error::kInval;
    const auto id =
        inodeAt(os, asInt(args.a[0]), args.a[1], (flags & kAtSymlinkNoFollow) != 0 ? LastLink::Keep : LastLink::Follow,
                (flags & kAtEmptyPath) != 0);
    return id ? changeOwner(os, *id, asUnsigned(args.a[2]), asUnsigned(args.a[3])) : id.error();
}

struct TimeSpec {
    i64 seconds, ns;
};

i64 changeTimes(Os& os, InodeId id, const TimeSpec* times) {
    constexpr i64 kNow = 0x3fffffff, kOmit = 0x3ffffffe;
    if (times)
        for (int i = 0; i < 2; ++i)
            if (times[i].ns != kNow && times[i].ns != kOmit && (times[i].ns < 0 || times[i].ns > 999'999'999))
                return -error::kInval;
    Inode& inode = os.kernel.vfs.inodes.edit(id);
    const Cred& cred = os.kernel.currentTask().cred;
    if (cred.fsuid != 0 && cred.fsuid != inode.uid) {
        const bool now = !times || (times[0].ns == kNow && times[1].ns == kNow);
        if (!now) return -error::kPerm;
        if (const i64 denied = permission(os, inode, 2)) return denied;
    }
    const i64 now = realTimeNs(os);
    const auto set = [&](i64& to, int i) {
        if (!times || times[i].ns == kNow)
            to = now;
        else if (times[i].ns != kOmit)
            to = static_cast<i64>(static_cast<u64>(times[i].seconds) * 1'000'000'000u + static_cast<u64>(times[i].ns));
    };
    set(inode.atimeNs, 0);
    set(inode.mtimeNs, 1);
    inode.ctimeNs = now;
    return 0;
}

i64 sysUtimensat(Os& os, const SyscallArgs& args) {
    TimeSpec times[2]{};
    if (args.a[2] != 0) {
        if (!copyFromUser(os, {reinterpret_cast<u8*>(times), sizeof times}, args.a[2])) return -error::kFault;
        constexpr i64 kOmit = 0x3ffffffe;
        if (times[0].ns == kOmit && times[1].ns == kOmit) return 0;
    }
    const TimeSpec* given = args.a[2] != 0 ? times : nullptr;
    const u32 flags = asUnsigned(args.a[3]);
    if (args.a[1] == 0) {
        if (flags != 0) return -error::kInval;
        const auto file = openFd(os, args.a[0]);
        return file ? changeTimes(os, os.kernel.vfs.files.at(*file).inode, given) : file.error();
    }
    if ((flags & ~(kAtSymlinkNoFollow | kAtEmptyPath)) != 0) return -error::kInval;
    const auto id =
        inodeAt(os, asInt(args.a[0]), args.a[1], (flags & kAtSymlinkNoFollow) != 0 ? LastLink::Keep : LastLink::Follow,
                (flags & kAtEmptyPath) != 0);
    return id ? changeTimes(os, *id, given) : id.error();
}

i64 microTimes(Os& os, i32 dirfd, u64 path, u64 address, u64 scale) {
    TimeSpec times[2]{};
    if (address != 0) {
        if (scale == 0) {  // utime: whole seconds
            i64 both[2];
            if (!copyFromUser(os, {reinterpret_cast<u8*>(both), sizeof both}, address)) return -error::kFault;
            times[0] = {both[0], 0};
            times[1] = {both[1], 0};
        } else {
            if (!copyFromUser(os, {reinterpret_cast<u8*>(times), sizeof times}, address)) return -error::kFault;
            for (TimeSpec& t : times) {
                if (t.ns < 0 || t.ns > 999'999) return -error::kInval;
                t.ns *= static_cast<i64>(scale);
            }
        }
    }
    const auto id = inodeAt(os, dirfd, path, LastLink::Follow, false);
    return id ? changeTimes(os, *id, address != 0 ? times : nullptr) : id.error();
}
i64 sysUtime(Os& os, const SyscallArgs& args) { return microTimes(os, kAtFdCwd, args.a[0], args.a[1], 0); }
i64 sysUtimes(Os& os, const SyscallArgs& args) { return microTimes(os, kAtFdCwd, args.a[0], args.a[1], 1000); }
i64 sysFutimesat(Os& os, const SyscallArgs& args) {
    return microTimes(os, asInt(args.a[0]), args.a[1], args.a[2], 1000);
}

i64 sysUmask(Os& os, const SyscallArgs& args) {
    FsStruct& fs = os.kernel.fs.edit(os.kernel.currentTask().fs);
    return std::exchange(fs.umask, asUnsigned(args.a[0]) & 0777);
}

// Extended attributes: no file has any.
i64 sysGetxattr(Os& os, const SyscallArgs& args) {
    const auto id = inodeAt(os, kAtFdCwd, args.a[0], LastLink::Follow, false);
    return id ? -error::kNoData : id.error();
}
i64 sysLgetxattr(Os& os, const SyscallArgs& args) {
    const auto id = inodeAt(os, kAtFdCwd, args.a[0], LastLink::Keep, false);
    return id ? -error::kNoData : id.error();
}
i64 sysFgetxattr(Os& os, const SyscallArgs& args) {
    const auto file = openFd(os, args.a[0]);
    return file ? -error::kNoData : file.error();
}
i64 sysListxattr(Os& os, const SyscallArgs& args) {
    const auto id = inodeAt(os, kAtFdCwd, args.a[0], LastLink::Follow, false);
    return id ? 0 : id.error();
}
i64 sysLlistxattr(Os& os, const SyscallArgs& args) {
    const auto id = inodeAt(os, kAtFdCwd, args.a[0], LastLink::Keep, false);
    return id ? 0 : id.error();
}
i64 sysFlistxattr(Os& os, const SyscallArgs& args) {
    const auto file = openFd(os, args.a[0]);
    return file ? 0 : file.error();
}
i64 sysSetxattr(Os&, const SyscallArgs&) { return -error::kOpNotSupp; }
using enum Arg;
constexpr SyscallRow kRows[] = {
    {4, "stat", sysStat, {Path, Address}, Int},
    {5, "fstat", sysFstat, {Fd, Address}, Int},
    {6, "lstat", sysLstat, {Path, Address}, Int},
    {21, "access", sysAccess, {Path, Mode}, Int},
    {90, "chmod", sysChmod, {Path, Mode}, Int},
    {91, "fchmod", sysFchmod, {Fd, Mode}, Int},
    {92, "chown", sysChown, {Path, Int, Int}, Int},
    {93, "fchown", sysFchown, {Fd, Int, Int}, Int},
    {94, "lchown", sysLchown, {Path, Int, Int}, Int},
    {95, "umask", sysUmask, {Mode}, Mode},
    {132, "utime", sysUtime, {Path, Address}, Int},
    {137, "statfs", sysStatfs, {Path, Address}, Int},
    {138, "fstatfs", sysFstatfs, {Fd, Address}, Int},
    {188, "setxattr", sysSetxattr, {Path, Path, Address, Size, Flags}, Int},
    {189, "lsetxattr", sysSetxattr, {Path, Path, Address, Size, Flags}, Int},
    {190, "fsetxattr", sysSetxattr, {Fd, Path, Address, Size, Flags}, Int},
    {191, "getxattr", sysGetxattr, {Path, Path, Address, Size}, Int},
    {192, "lgetxattr", sysLgetxattr, {Path, Path, Address, Size}, Int},
    {193, "fgetxattr", sysFgetxattr, {Fd, Path, Address, Size}, Int},
    {194, "listxattr", sysListxattr, {Path, Address, Size}, Int},
    {195, "llistxattr", sysLlistxattr, {Path, Address, Size}, Int},
    {196, "flistxattr", sysFlistxattr, {Fd, Address, Size}, Int},
    {235, "utimes", sysUtimes, {Path, Address}, Int},
    {260, "fchownat", sysFchownat, {Fd, Path, Int, Int, Flags}, Int},
    {261, "futimesat", sysFutimesat, {Fd, Path, Address}, Int},
    {262, "newfstatat", sysNewfstatat, {Fd, Path, Address, Flags}, Int},
    {268, "fchmodat", sysFchmodat, {Fd, Path, Mode}, Int},
    {269, "faccessat", sysFaccessat, {Fd, Path, Mode}, Int},
    {280, "utimensat", sysUtimensat, {Fd, Path, Address, Flags}, Int},
    {332, "statx", sysStatx, {Fd, Path, Flags, Hex, Address}, Int},
    {439, "faccessat2", sysFaccessat2, {Fd, Path, Mode, Flags}, Int},
};

}  // namespace

std::span<const SyscallRow> attributeCalls() { return kRows; }

}  // namespace ringside
