// brk, mmap and their family (Linux 6.1 mm/mmap.c, mremap.c, mprotect.c, madvise.c, mincore.c, msync.c, mlock.c).
#include <algorithm>
#include <vector>

#include "core/kernel/errno.h"
#include "core/kernel/fs/files.h"
#include "core/kernel/fs/inode.h"
#include "core/kernel/mm/address_space.h"
#include "core/kernel/mm/user_memory.h"
#include "core/kernel/syscalls/table.h"

namespace ringside {
namespace {

MmId currentMm(const Os& os) { return os.kernel.currentTask().mm; }

i64 sysBrk(Os& os, const SyscallArgs& args) { return setBrk(os, currentMm(os), args.a[0]); }

i64 sysMmap(Os& os, const SyscallArgs& args) {
    const u32 flags = static_cast<u32>(args.a[3]);
    if (pageOffset(args.a[5])) return -error::kInval;
    MapRequest request{.address = args.a[0],
                       .length = args.a[1],
                       .prot = static_cast<u32>(args.a[2]),
                       .flags = flags,
                       .pageOffset = args.a[5] >> kPageShift};
    if (flags & map::HugeTlb) return -error::kNoMem;  // no pool of huge pages is set aside
    if (!(flags & map::Anonymous)) {
        const FileId id = fileOf(os, static_cast<i32>(args.a[4]));
        if (id.value == 0) return -error::kBadf;
        const File& file = os.kernel.vfs.files.at(id);
        if (file.flags & open::Path) return -error::kBadf;
        const Inode& inode = os.kernel.vfs.inodes.at(file.inode);
        request.openFlags = file.flags;
        if (inode.special == Special::Zero) {
            request.flags |= map::Anonymous;
        } else {
            if (!isRegular(inode) || inode.special != Special::None) return -error::kNoDev;
            if (!isReadable(file)) return -error::kAcces;
            request.file = file.inode;
            request.name = file.path;
        }
    }
    return mapArea(os, currentMm(os), request);
}

i64 sysMprotect(Os& os, const SyscallArgs& args) {
    return protectArea(os, currentMm(os), args.a[0], args.a[1], static_cast<u32>(args.a[2]));
}

i64 sysPkeyMprotect(Os& os, const SyscallArgs& args) {
    if (static_cast<i32>(args.a[3]) != -1) return -error::kInval;
    return sysMprotect(os, args);
}

i64 sysMunmap(Os& os, const SyscallArgs& args) { return unmapArea(os, currentMm(os), args.a[0], args.a[1]); }

i64 sysMremap(Os& os, const SyscallArgs& args) {
    return remapArea(os, currentMm(os), args.a[0], args.a[1], args.a[2], static_cast<u32>(args.a[3]), args.a[4]);
}

i64 sysMadvise(Os& os, const SyscallArgs& args) {
    return adviseArea(os, currentMm(os), args.a[0], args.a[1], static_cast<u32>(args.a[2]));
}

// The areas from `start` to `end` without a hole?
bool covered(const Mm& mm, u64 start, u64 end) {
    while (start < end) {
        const Vma* area = mm.find(start);
        if (!area) return false;
        start = area->end;
    }
    return true;
}

i64 sysMsync(Os& os, const SyscallArgs& args) {
    constexpr u64 kAsync = 1, kInvalidate = 2, kSync = 4;
    const u64 start = args.a[0], flags = args.a[2];
    if (flags & ~(kAsync | kInvalidate | kSync)) return -error::kInval;
    if (pageOffset(start) || ((flags & kAsync) && (flags & kSync))) return -error::kInval;
    const u64 end = start + pageUp(args.a[1]);
    if (end < start) return -error::kNoMem;
    // Pages of files are shared by all who map and read them: there is nothing to write back.
    return covered(os.kernel.mms.at(currentMm(os)), start, end) ? 0 : -error::kNoMem;
}

i64 sysMincore(Os& os, const SyscallArgs& args) {
    const u64 start = args.a[0];
    if (pageOffset(start)) return -error::kInval;
    if (start > kTaskSize || args.a[1] > kTaskSize - start) return -error::kNoMem;
    const u64 end = start + pageUp(args.a[1]);
    const MmId id = currentMm(os);
    if (!covered(os.kernel.mms.at(id), start, end)) return -error::kNoMem;
    for (u64 a = start, out = args.a[2]; a < end; a += kPageSize, ++out)
        if (!putUser(os, out, static_cast<u8>(isResident(os, id, a)))) return -error::kFault;
    return 0;
}

// Nothing of a locked area is ever swapped out here either way; locking only brings it in.
i64 sysMlock(Os& os, const SyscallArgs& args) {
    const u64 start = pageDown(args.a[0]), end = pageUp(args.a[0] + args.a[1]);
    if (end < start) return -error::kInval;
    if (!covered(os.kernel.mms.at(currentMm(os)), start, end)) return -error::kNoMem;
    populateArea(os, currentMm(os), start, end);
    return 0;
}

i64 sysMunlock(Os& os, const SyscallArgs& args) {
    const u64 start = pageDown(args.a[0]), end = pageUp(args.a[0] + args.a[1]);
    return covered(os.kernel.mms.at(currentMm(os)), start, end) ? 0 : -error::kNoMem;
}

i64 sysMlockall(Os&, const SyscallArgs& args) { return args.a[0] == 0 || args.a[0] > 7 ? -error::kInval : 0; }
i64 sysMunlockall(Os&, const SyscallArgs&) { return 0; }

using enum Arg;
constexpr SyscallRow kRows[] = {
    {9, "mmap", sysMmap, {Address, Size, MmapProt, MmapFlags, Fd, Hex}, Address},
    {10, "mprotect", sysMprotect, {Address, Size, MmapProt}},
    {11, "munmap", sysMunmap, {Address, Size}},
    {12, "brk", sysBrk, {Address}, Address},
    {25, "mremap", sysMremap, {Address, Size, Size, Flags, Address}, Address},
    {26, "msync", sysMsync, {Address, Size, Flags}},
    {27, "mincore", sysMincore, {Address, Size, Address}},
    {28, "madvise", sysMadvise, {Address, Size, Int}},
    {149, "mlock", sysMlock, {Address, Size}},
    {150, "munlock", sysMunlock, {Address, Size}},
    {151, "mlockall", sysMlockall, {Flags}},
    {152, "munlockall", sysMunlockall, {}},
    {325, "mlock2", sysMlock, {Address, Size, Flags}},
    {329, "pkey_mprotect", sysPkeyMprotect, {Address, Size, MmapProt, Int}},
};

}  // namespace

std::span<const SyscallRow> memoryCalls() { return kRows; }

}  // namespace ringside
