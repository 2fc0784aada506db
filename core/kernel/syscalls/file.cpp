// System calls on the contents of open files: read, write, seek, truncate, synchronise, copy (Linux 6.1
// fs/read_write.c, fs/open.c, fs/sync.c).
#include <algorithm>

#include "core/kernel/fs/file_ops.h"
#include "core/kernel/syscalls/fs_common.h"

namespace ringside {

namespace {
constexpr u64 kMostBytes = 0x7ffff000;  // MAX_RW_COUNT
}

std::expected<FileId, i64> openFd(const Os& os, u64 fd) {
    const FileId file = fileOf(os, asInt(fd));
    if (file == FileId{} || (os.kernel.vfs.files.at(file).flags & open::Path) != 0)
        return std::unexpected(-error::kBadf);
    return file;
}

std::expected<std::vector<IoVector>, i64> vectorsFromUser(Os& os, u64 address, u64 count) {
    constexpr u64 kMostVectors = 1024;
    if (count > kMostVectors) return std::unexpected(-error::kInval);
    std::vector<IoVector> vectors(count);
    if (count != 0 && !copyFromUser(os, {reinterpret_cast<u8*>(vectors.data()), count * sizeof(IoVector)}, address))
        return std::unexpected(-error::kFault);
    u64 total = 0;
    for (IoVector& v : vectors) {
        if (static_cast<i64>(v.length) < 0) return std::unexpected(-error::kInval);
        if (!userRange(v.address, v.length)) return std::unexpected(-error::kFault);
        v.length = std::min(v.length, kMostBytes - total);
        total += v.length;
    }
    return vectors;
}

namespace {

constexpr u64 kChunk = u64{1} << 20;

u64 totalOf(const std::vector<IoVector>& vectors) {
    u64 total = 0;
    for (const IoVector& v : vectors) total += v.length;
    return total;
}

// Goes through the user's vectors from byte `offset` on, as far as `bytes` reach, page by page: `copy(address, bytes)`.
// How many were copied before a fault.
template <class Bytes, class Copy>
u64 copyVectors(const std::vector<IoVector>& vectors, u64 offset, Bytes bytes, Copy copy) {
    u64 done = 0;
    for (const IoVector& v : vectors) {
        if (offset >= v.length) {
            offset -= v.length;
            continue;
        }
        while (offset < v.length && done < bytes.size()) {
            const u64 at = v.address + offset;
            const u64 n = std::min({v.length - offset, bytes.size() - done, kPageSize - pageOffset(at)});
            if (!copy(at, bytes.subspan(done, n))) return done;
            done += n;
            offset += n;
        }
        offset = 0;
        if (done == bytes.size()) break;
    }
    return done;
}

u64 scatter(Os& os, const std::vector<IoVector>& to, u64 offset, std::span<const u8> bytes) {
    return copyVectors(to, offset, bytes, [&](u64 at, auto piece) { return copyToUser(os, at, piece); });
}
u64 gather(Os& os, const std::vector<IoVector>& from, u64 offset, std::span<u8> bytes) {
    return copyVectors(from, offset, bytes, [&](u64 at, auto piece) { return copyFromUser(os, piece, at); });
}

bool isStream(const Os& os, const File& file) { return !canSeek(os, file); }

}  // namespace

i64 readToUser(Os& os, FileId id, const std::vector<IoVector>& to, std::optional<u64> position) {
    const File& file = os.kernel.vfs.files.at(id);
    const u64 total = totalOf(to);
    const bool stream = isStream(os, file);
    const u64 start = position ? *position : file.position;
    std::vector<u8> bytes;
    u64 done = 0;
    do {
        bytes.resize(std::min(total - done, kChunk));
        const i64 n = stream ? readOpenFile(os, id, bytes) : readOpenFile(os, id, bytes, start + done);
        if (n < 0) return done != 0 ? static_cast<i64>(done) : n;
        bytes.resize(static_cast<std::size_t>(n));
        const u64 copied = scatter(os, to, done, bytes);
        done += copied;
        if (copied < bytes.size()) {
            if (done == 0) return -error::kFault;
            break;
        }
        if (stream || n == 0 || static_cast<u64>(n) < std::min(total - (done - copied), kChunk)) break;
    } while (done < total);
    if (!stream && !position) os.kernel.vfs.files.edit(id).position = start + done;
    return static_cast<i64>(done);
}

i64 writeFromUser(Os& os, FileId id, const std::vector<IoVector>& from, std::optional<u64> position) {
    const File& file = os.kernel.vfs.files.at(id);
    const u64 total = totalOf(from);
    const bool stream = isStream(os, file);
    // A stream that is full sleeps with part of the bytes taken: the call goes on behind them.
    u64 done = stream ? os.kernel.currentTask().restartState : 0;
    std::vector<u8> bytes;
    do {
        bytes.resize(std::min(total - done, kChunk));
        const u64 got = gather(os, from, done, bytes);
        if (got == 0 && !bytes.empty()) return done != 0 ? static_cast<i64>(done) : -error::kFault;
        const bool faulted = got < bytes.size();
        bytes.resize(got);
        u64 progress = 0;
        const auto at = position ? std::optional(*position + done) : std::nullopt;
        const i64 n = writeOpenFile(os, id, bytes, progress, at);
        if (n == kAgain) {
            os.current().restartState = done + progress;
            return n;
        }
        if (n < 0) return done != 0 ? static_cast<i64>(done) : n;
        done += static_cast<u64>(n);
        if (faulted || static_cast<u64>(n) < got) break;
    } while (done < total);
    return static_cast<i64>(done);
}

namespace {

enum class Direction : u8 { Read, Write };

// What read, write and their relatives check of the file, in this order. `position`: for those that carry it.
std::expected<FileId, i64> fileFor(const Os& os, u64 fd, Direction direction, std::optional<u64> position = {}) {
    if (position && static_cast<i64>(*position) < 0) return std::unexpected(-error::kInval);
    const auto id = openFd(os, fd);
    if (!id) return id;
    const File& file = os.kernel.vfs.files.at(*id);
    if (position && !canSeek(os, file)) return std::unexpected(-error::kSpipe);
    const bool may = direction == Direction::Read ? isReadable(file) : isWritable(file);
    return may ? id : std::unexpected(-error::kBadf);
}

i64 transfer(Os& os, FileId file, Direction direction, const std::vector<IoVector>& vectors,
             std::optional<u64> position) {
    return direction == Direction::Read ? readToUser(os, file, vectors, position)
                                        : writeFromUser(os, file, vectors, position);
}

template <Direction kDirection, bool kPositioned>
i64 bufferCall(Os& os, const SyscallArgs& args) {
    KernelCall call(os, kDirection == Direction::Read ? "vfs_read" : "vfs_write");
    const auto position = kPositioned ? std::optional(args.a[3]) : std::nullopt;
    const auto file = fileFor(os, args.a[0], kDirection, position);
    if (!file) return file.error();
    if (!userRange(args.a[1], args.a[2])) return -error::kFault;
    return transfer(os, *file, kDirection, {{args.a[1], std::min(args.a[2], kMostBytes)}}, position);
}

template <Direction kDirection>
i64 vectorCall(Os& os, const SyscallArgs& args, std::optional<u64> position) {
    const auto file = fileFor(os, args.a[0], kDirection, position);
    if (!file) return file.error();
    const auto vectors = vectorsFromUser(os, args.a[1], args.a[2]);
    if (!vectors) return vectors.error();
    if (totalOf(*vectors) == 0) return 0;
    return transfer(os, *file, kDirection, *vectors, position);
}

i64 sysReadv(Os& os, const SyscallArgs& args) { return vectorCall<Direction::Read>(os, args, {}); }
i64 sysWritev(Os& os, const SyscallArgs& args) { return vectorCall<Direction::Write>(os, args, {}); }
i64 sysPreadv(Os& os, const SyscallArgs& args) { return vectorCall<Direction::Read>(os, args, args.a[3]); }
i64 sysPwritev(Os& os, const SyscallArgs& args) { return vectorCall<Direction::Write>(os, args, args.a[3]); }
template <Direction kDirection>
i64 vectorCall2(Os& os, const SyscallArgs& args) {
    if ((args.a[5] & ~u64{0x1f}) != 0) return -error::kOpNotSupp;
    return vectorCall<kDirection>(os, args, args.a[3] == ~u64{0} ? std::nullopt : std::optional(args.a[3]));
}
i64 sysLseek(Os& os, const SyscallArgs& args) {
    const auto id = openFd(os, args.a[0]);
    if (!id) return id.error();
    const u32 whence = asUnsigned(args.a[2]);
    if (whence > 4) return -error::kInval;
    const File& file = os.kernel.vfs.files.at(*id);
    if (!canSeek(os, file)) return -error::kSpipe;
    const Inode& inode = os.kernel.vfs.inodes.at(file.inode);
    const auto offset = static_cast<i64>(args.a[1]);
    // Seeking in /dev/null and its kin stays at 0.
    if (inode.special == Special::Null || inode.special == Special::Zero || inode.special == Special::Full) return 0;
    const auto size = static_cast<i64>(inode.size);
    i64 base = 0;
    switch (whence) {
        case 0:
            break;
        case 1:
            base = static_cast<i64>(file.position);
            break;
        case 2:
            base = size;
            break;
        case 3:  // SEEK_DATA, SEEK_HOLE: a file without known holes
            if (offset < 0 || offset >= size) return -error::kNxio;
            os.kernel.vfs.files.edit(*id).position = static_cast<u64>(offset);
            return offset;
        case 4:
            if (offset < 0 || offset >= size) return -error::kNxio;
            os.kernel.vfs.files.edit(*id).position = static_cast<u64>(size);
            return size;
    }
    i64 to = 0;
    if (__builtin_add_overflow(base, offset, &to)) return -error::kOverflow;
    if (to < 0) return -error::kInval;
    os.kernel.vfs.files.edit(*id).position = static_cast<u64>(to);
    return to;
}

i64 sysFtruncate(Os& os, const SyscallArgs& args) {
    if (static_cast<i64>(args.a[1]) < 0) return -error::kInval;
    const auto id = openFd(os, args.a[0]);
    if (!id) return id.error();
    const File& file = os.kernel.vfs.files.at(*id);
    const Inode& inode = os.kernel.vfs.inodes.at(file.inode);
    if (!isRegular(inode) || !isWritable(file) || inode.special != Special::None) return -error::kInval;
    if ((inode.seals & 2) != 0 && args.a[1] < inode.size) return -error::kPerm;
    if ((inode.seals & 4) != 0 && args.a[1] > inode.size) return -error::kPerm;
    return truncateInode(os, file.inode, args.a[1]);
}

i64 sysTruncate(Os& os, const SyscallArgs& args) {
    if (static_cast<i64>(args.a[1]) < 0) return -error::kInval;
    const auto inode = inodeAt(os, kAtFdCwd, args.a[0], LastLink::Follow, false);
    if (!inode) return inode.error();
    const Inode& node = os.kernel.vfs.inodes.at(*inode);
    if (isDirectory(node)) return -error::kIsDir;
    if (!isRegular(node) || node.special != Special::None) return -error::kInval;
    if (const i64 denied = permission(os, node, 2)) return denied;
    return truncateInode(os, *inode, args.a[1]);
}

i64 sysFsync(Os& os, const SyscallArgs& args) {
    const auto id = openFd(os, args.a[0]);
    if (!id) return id.error();
    const Inode& inode = os.kernel.vfs.inodes.at(os.kernel.vfs.files.at(*id).inode);
    return inode.special == Special::None && (inode.mode & mode::Type) != mode::Fifo ? 0 : -error::kInval;
}

i64 sysSync(Os&, const SyscallArgs&) { return 0; }

i64 sysSyncfs(Os& os, const SyscallArgs& args) {
    const auto id = openFd(os, args.a[0]);
    return id ? 0 : id.error();
}

i64 sysFadvise(Os& os, const SyscallArgs& args) {
    const auto id = openFd(os, args.a[0]);
    if (!id) return id.error();
    const Inode& inode = os.kernel.vfs.inodes.at(os.kernel.vfs.files.at(*id).inode);
    if ((inode.mode & mode::Type) == mode::Fifo) return -error::kSpipe;
    if (static_cast<i64>(args.a[2]) < 0 || args.a[3] > 5) return -error::kInval;
    return 0;
}

i64 sysReadahead(Os& os, const SyscallArgs& args) {
    const auto id = fileFor(os, args.a[0], Direction::Read);
    if (!id) return id.error();
    return isRegular(os.kernel.vfs.inodes.at(os.kernel.vfs.files.at(*id).inode)) ? 0 : -error::kInval;
}

i64 sysFallocate(Os& os, const SyscallArgs& args) {
    const auto id = openFd(os, args.a[0]);
    if (!id) return id.error();
    const auto offset = static_cast<i64>(args.a[2]), length = static_cast<i64>(args.a[3]);
    if (offset < 0 || length <= 0) return -error::kInval;
    constexpr u64 kKeepSize = 1, kPunchHole = 2, kZeroRange = 0x10;
    if ((args.a[1] & ~(kKeepSize | kPunchHole | kZeroRange)) != 0) return -error::kOpNotSupp;
    if ((args.a[1] & kPunchHole) != 0 && (args.a[1] & kKeepSize) == 0) return -error::kOpNotSupp;
    const File& file = os.kernel.vfs.files.at(*id);
    if (!isWritable(file)) return -error::kBadf;
    const Inode& inode = os.kernel.vfs.inodes.at(file.inode);
    if ((inode.mode & mode::Type) == mode::Fifo) return -error::kSpipe;
    if (isDirectory(inode)) return -error::kIsDir;
    if (!isRegular(inode) || inode.special != Special::None) return -error::kNoDev;
    const u64 end = static_cast<u64>(offset) + static_cast<u64>(length);
    if ((args.a[1] & (kPunchHole | kZeroRange)) != 0) {
        const std::vector<u8> zeroes(kPageSize);
        const u64 stop = std::min(end, inode.size);
        for (u64 at = static_cast<u64>(offset); at < stop;) {
            const u64 n = std::min(kPageSize - pageOffset(at), stop - at);
            const i64 written = writeInode(os, file.inode, at, std::span(zeroes).first(n));
            if (written < 0) return written;
            at += n;
        }
    }
    if ((args.a[1] & kKeepSize) == 0 && end > inode.size) return truncateInode(os, file.inode, end);
    return 0;
}

// In kernel: from one open file to another, a bounded number of bytes in one call.
i64 copyBetween(Os& os, FileId in, FileId out, u64 count, std::optional<u64> inAt, std::optional<u64> outAt) {
    count = std::min<u64>(count, 16 << 20);
    u64 done = os.kernel.currentTask().restartState;
    std::vector<u8> bytes;
    const u64 start = inAt ? *inAt : os.kernel.vfs.files.at(in).position;
    u64 fresh = 0;  // bytes of this run
    while (done < count) {
        bytes.resize(std::min<u64>(count - done, 65536));
        const u64 at = start + fresh;
        const i64 n = readOpenFile(os, in, bytes, at);
        if (n <= 0) return done != 0 ? static_cast<i64>(done) : n;
        u64 progress = 0;
        const i64 written = writeOpenFile(os, out, std::span(bytes).first(static_cast<u64>(n)), progress,
                                          outAt ? std::optional(*outAt + fresh) : std::nullopt);
        const u64 taken = written == kAgain ? progress : written < 0 ? 0 : static_cast<u64>(written);
        done += taken;
        fresh += taken;
        if (!inAt) os.kernel.vfs.files.edit(in).position = at + taken;
        if (written == kAgain) {
            os.current().restartState = done;
            return kAgain;
        }
        if (written < 0) return done != 0 ? static_cast<i64>(done) : written;
        if (taken < static_cast<u64>(n)) break;
    }
    return static_cast<i64>(done);
}

i64 sysSendfile(Os& os, const SyscallArgs& args) {
    const auto in = fileFor(os, args.a[1], Direction::Read);
    if (!in) return in.error();
    if (!canSeek(os, os.kernel.vfs.files.at(*in))) return args.a[2] != 0 ? -error::kSpipe : -error::kInval;
    const auto out = fileFor(os, args.a[0], Direction::Write);
    if (!out) return out.error();
    if ((os.kernel.vfs.files.at(*out).flags & open::Append) != 0) return -error::kInval;
    const u64 count = std::min<u64>(args.a[3], 0x7ffff000);
    if (args.a[2] == 0) return copyBetween(os, *in, *out, count, {}, {});
    i64 offset = 0;
    if (!getUser(os, offset, args.a[2])) return -error::kFault;
    if (offset < 0) return -error::kInval;
    // Asleep in the middle: what was already sent must not be sent again.
    const u64 before = os.kernel.currentTask().restartState;
    const i64 n = copyBetween(os, *in, *out, count, static_cast<u64>(offset) + before, {});
    if (n > 0 && !putUser(os, args.a[2], offset + n)) return -error::kFault;
    return n;
}

i64 sysCopyFileRange(Os& os, const SyscallArgs& args) {
    const auto in = fileFor(os, args.a[0], Direction::Read);
    if (!in) return in.error();
    const auto out = fileFor(os, args.a[2], Direction::Write);
    if (!out) return out.error();
    if (args.a[5] != 0) return -error::kInval;
    const auto regular = [&](FileId id) -> i64 {
        const Inode& inode = os.kernel.vfs.inodes.at(os.kernel.vfs.files.at(id).inode);
        if (isDirectory(inode)) return -error::kIsDir;
        return isRegular(inode) && inode.special == Special::None ? 0 : -error::kInval;
    };
    if (const i64 wrong = regular(*in)) return wrong;
    if (const i64 wrong = regular(*out)) return wrong;
    if ((os.kernel.vfs.files.at(*out).flags & open::Append) != 0) return -error::kBadf;
    const auto mountOf = [&](FileId id) { return os.kernel.vfs.inodes.at(os.kernel.vfs.files.at(id).inode).mount; };
    if (mountOf(*in) != mountOf(*out)) return -error::kXdev;
    std::optional<u64> inAt, outAt;
    u64 value = 0;
    if (args.a[1] != 0) {
        if (!getUser(os, value, args.a[1])) return -error::kFault;
        inAt = value;
    }
    if (args.a[3] != 0) {
        if (!getUser(os, value, args.a[3])) return -error::kFault;
        outAt = value;
    }
    const i64 n = copyBetween(os, *in, *out, std::min<u64>(args.a[4], 0x7ffff000), inAt, outAt);
    if (n > 0) {
        if (inAt && !putUser(os, args.a[1], *inAt + static_cast<u64>(n))) return -error::kFault;
        if (outAt && !putUser(os, args.a[3], *outAt + static_cast<u64>(n))) return -error::kFault;
    }
    return n;
}

using enum Arg;
constexpr SyscallRow kRows[] = {
    {0, "read", bufferCall<Direction::Read, false>, {Fd, Buffer, Size}, Size},
    {1, "write", bufferCall<Direction::Write, false>, {Fd, Buffer, Size}, Size},
    {8, "lseek", sysLseek, {Fd, Int, SeekWhence}, Int},
    {17, "pread64", bufferCall<Direction::Read, true>, {Fd, Buffer, Size, Int}, Size},
    {18, "pwrite64", bufferCall<Direction::Write, true>, {Fd, Buffer, Size, Int}, Size},
    {19, "readv", sysReadv, {Fd, Address, Int}, Size},
    {20, "writev", sysWritev, {Fd, Address, Int}, Size},
    {40, "sendfile", sysSendfile, {Fd, Fd, Address, Size}, Size},
    {74, "fsync", sysFsync, {Fd}, Int},
    {75, "fdatasync", sysFsync, {Fd}, Int},
    {76, "truncate", sysTruncate, {Path, Int}, Int},
    {77, "ftruncate", sysFtruncate, {Fd, Int}, Int},
    {162, "sync", sysSync, {}, Int},
    {187, "readahead", sysReadahead, {Fd, Int, Size}, Int},
    {221, "fadvise64", sysFadvise, {Fd, Int, Size, Int}, Int},
    {277, "sync_file_range", sysFsync, {Fd, Int, Int, Flags}, Int},
    {285, "fallocate", sysFallocate, {Fd, Flags, Int, Int}, Int},
    {295, "preadv", sysPreadv, {Fd, Address, Int, Int}, Size},
    {296, "pwritev", sysPwritev, {Fd, Address, Int, Int}, Size},
    {306, "syncfs", sysSyncfs, {Fd}, Int},
    {326, "copy_file_range", sysCopyFileRange, {Fd, Address, Fd, Address, Size, Flags}, Size},
    {327, "preadv2", vectorCall2<Direction::Read>, {Fd, Address, Int, Int, Int, Flags}, Size},
    {328, "pwritev2", vectorCall2<Direction::Write>, {Fd, Address, Int, Int, Int, Flags}, Size},
};

}  // namespace

std::span<const SyscallRow> fileCalls() { return kRows; }

}  // namespace ringside
