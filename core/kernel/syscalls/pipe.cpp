// System calls that make descriptors without a path: pipes, socket pairs, eventfd, timerfd, signalfd, memfd (Linux 6.1
// fs/pipe.c, net/unix, fs/eventfd.c, fs/timerfd.c, fs/signalfd.c, mm/memfd.c). There is no network: the only sockets
// are those of socketpair(AF_UNIX), as two pipes; a connection to a name finds nobody.
#include "core/kernel/fs/pipe.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/kernel/fs/file_ops.h"
#include "core/kernel/fs/poll_files.h"
#include "core/kernel/fs/raise.h"
#include "core/kernel/limits.h"
#include "core/kernel/syscalls/fs_common.h"

namespace ringside {
namespace {

constexpr int kNotConn = 107, kProtoNoSupport = 93, kSocktNoSupport = 94, kDestAddrReq = 89;

bool tooManyPipes(const Os& os) { return os.kernel.vfs.pipes.size() >= limit::Pipes; }

// Both ends as descriptors, or neither.
i64 giveBoth(Os& os, FileId first, FileId second, bool closeIt, u64 address) {
    const i32 a = allocFd(os, first, closeIt);
    const i32 b = a < 0 ? a : allocFd(os, second, closeIt);
    if (b < 0) {
        if (a >= 0)
            closeFd(os, a);
        else
            putFile(os, first);
        putFile(os, second);
        return b;
    }
    const i32 both[2] = {a, b};
    if (putUser(os, address, both)) return 0;
    closeFd(os, a);
    closeFd(os, b);
    return -error::kFault;
}

i64 makePipe(Os& os, u64 address, u32 flags) {
    KernelCall call(os, "do_pipe2");
    if ((flags & ~(open::CloseOnExec | open::NonBlock | open::Direct)) != 0) return -error::kInval;
    if (tooManyPipes(os)) return -error::kNfile;
    const InodeId inode = newInode(os, mode::Fifo | 0600, Mount::Anonymous);
    const PipeId pipe = newPipe(os, inode);
    Inode& node = os.kernel.vfs.inodes.edit(inode);
    node.special = Special::Pipe;
    node.pipe = pipe;
    node.uid = os.kernel.currentTask().cred.fsuid;
    node.gid = os.kernel.currentTask().cred.fsgid;
    const std::string name = "pipe:[" + std::to_string(inode.value) + "]";
    const u32 kept = flags & (open::NonBlock | open::Direct);
    const FileId reader = newFile(os, inode, open::ReadOnly | kept, name);
    const FileId writer = newFile(os, inode, open::WriteOnly | kept, name);
    return giveBoth(os, reader, writer, (flags & open::CloseOnExec) != 0, address);
}
i64 sysPipe(Os& os, const SyscallArgs& args) { return makePipe(os, args.a[0], 0); }
i64 sysPipe2(Os& os, const SyscallArgs& args) { return makePipe(os, args.a[0], asUnsigned(args.a[1])); }

// --- sockets ----------------------------------------------------------------------------------------------------

constexpr u32 kUnix = 1, kStream = 1, kDatagram = 2, kSeqPacket = 5, kTypeMask = 0xf;

i64 checkSocket(u32 family, u32 type, u32 protocol) {
    if ((type & ~(kTypeMask | open::CloseOnExec | open::NonBlock)) != 0) return -error::kInval;
    if (family != kUnix) return -error::kAfNoSupport;
    if (protocol != 0 && protocol != kUnix) return -kProtoNoSupport;
    const u32 kind = type & kTypeMask;
    return kind == kStream || kind == kDatagram || kind == kSeqPacket ? 0 : -kSocktNoSupport;
}

FileId newSocket(Os& os, u32 type) {
    const FileId file = anonymousFile(os, Special::Socket, open::ReadWrite | (type & open::NonBlock), "");
    const InodeId inode = os.kernel.vfs.files.at(file).inode;
    os.kernel.vfs.files.edit(file).path = "socket:[" + std::to_string(inode.value) + "]";
    const PipeId pipe = newPipe(os, inode);
    Inode& node = os.kernel.vfs.inodes.edit(inode);
    node.pipe = pipe;
    node.rdev = type & kTypeMask;
    attachPipe(os, pipe, true, false);
    return file;
}

i64 sysSocket(Os& os, const SyscallArgs& args) {
    const u32 type = asUnsigned(args.a[1]);
    if (const i64 refused = checkSocket(asUnsigned(args.a[0]), type, asUnsigned(args.a[2]))) return refused;
    if (tooManyPipes(os)) return -error::kNfile;
    const FileId file = newSocket(os, type);
    const i64 fd = allocFd(os, file, (type & open::CloseOnExec) != 0);
    if (fd < 0) putFile(os, file);
    return fd;
}

i64 sysSocketpair(Os& os, const SyscallArgs& args) {
    const u32 type = asUnsigned(args.a[1]);
    if (const i64 refused = checkSocket(asUnsigned(args.a[0]), type, asUnsigned(args.a[2]))) return refused;
    if (tooManyPipes(os)) return -error::kNfile;
    const FileId first = newSocket(os, type), second = newSocket(os, type);
    const auto pipeOf = [&](FileId f) { return os.kernel.vfs.inodes.at(os.kernel.vfs.files.at(f).inode).pipe; };
    os.kernel.vfs.files.edit(first).out = pipeOf(second);
    os.kernel.vfs.files.edit(second).out = pipeOf(first);
    attachPipe(os, pipeOf(second), false, true);
    attachPipe(os, pipeOf(first), false, true);
    return giveBoth(os, first, second, (type & open::CloseOnExec) != 0, args.a[3]);
}

std::expected<FileId, i64> socketFd(const Os& os, u64 fd) {
    const auto file = openFd(os, fd);
    if (file && os.kernel.vfs.inodes.at(os.kernel.vfs.files.at(*file).inode).special != Special::Socket)
        return std::unexpected(-error::kNotSock);
    return file;
}

i64 sysConnect(Os& os, const SyscallArgs& args) {
    const auto file = socketFd(os, args.a[0]);
    if (!file) return file.error();
    const u64 length = args.a[2];
    if (length < 2 || length > 128) return -error::kInval;
    std::vector<u8> address(length);
    if (!copyFromUser(os, address, args.a[1])) return -error::kFault;
    if ((address[0] | address[1] << 8) != static_cast<int>(kUnix)) return -error::kInval;
    if (length == 2) return -error::kInval;
    if (address[2] == 0) return -error::kConnRefused;
    const std::string path(reinterpret_cast<const char*>(address.data()) + 2,
                           strnlen(reinterpret_cast<const char*>(address.data()) + 2, length - 2));
    const auto found = findPath(os, path);
    return found ? -error::kConnRefused : found.error();
}

i64 sendTo(Os& os, FileId id, const std::vector<IoVector>& from, u32 flags) {
    if (os.kernel.vfs.files.at(id).out == PipeId{}) return -kNotConn;
    constexpr u32 kNoSignal = 0x4000, kDontWait = 0x40;
    // MSG_NOSIGNAL and MSG_DONTWAIT hold for this call only.
    const File& file = os.kernel.vfs.files.at(id);
    const Pipe* peer = os.kernel.vfs.pipes.find(file.out);
    if ((flags & kNoSignal) != 0 && (!peer || peer->readers == 0)) return -error::kPipe;
    const u32 before = file.flags;
    if ((flags & kDontWait) != 0) os.kernel.vfs.files.edit(id).flags |= open::NonBlock;
    const i64 n = writeFromUser(os, id, from);
    os.kernel.vfs.files.edit(id).flags = before;
    return n;
}

i64 receiveFrom(Os& os, FileId id, const std::vector<IoVector>& to, u32 flags) {
    constexpr u32 kPeek = 2, kDontWait = 0x40;
    const File& file = os.kernel.vfs.files.at(id);
    const Inode& inode = os.kernel.vfs.inodes.at(file.inode);
    if (file.out == PipeId{}) return inode.rdev == kStream ? -error::kInval : -kNotConn;
    const u32 before = file.flags;
    const Pipe kept = (flags & kPeek) != 0 ? os.kernel.vfs.pipes.at(inode.pipe) : Pipe();
    if ((flags & kDontWait) != 0) os.kernel.vfs.files.edit(id).flags |= open::NonBlock;
    const i64 n = readToUser(os, id, to);
    os.kernel.vfs.files.edit(id).flags = before;
    if ((flags & kPeek) != 0 && n > 0) os.kernel.vfs.pipes.edit(inode.pipe) = kept;
    return n;
}

i64 sysSendto(Os& os, const SyscallArgs& args) {
    const auto file = socketFd(os, args.a[0]);
    if (!file) return file.error();
    if (!userRange(args.a[1], args.a[2])) return -error::kFault;
    return sendTo(os, *file, {{args.a[1], args.a[2]}}, asUnsigned(args.a[3]));
}
i64 sysRecvfrom(Os& os, const SyscallArgs& args) {
    const auto file = socketFd(os, args.a[0]);
    if (!file) return file.error();
    if (!userRange(args.a[1], args.a[2])) return -error::kFault;
    const i64 n = receiveFrom(os, *file, {{args.a[1], args.a[2]}}, asUnsigned(args.a[3]));
    if (n >= 0 && args.a[5] != 0 && !putUser(os, args.a[5], u32{0})) return -error::kFault;
    return n;
}

struct MessageHeader {
    u64 name;
    u32 nameLength, pad;
    u64 vectors, vectorCount, control, controlLength;
    i32 flags, pad2;
};
static_assert(sizeof(MessageHeader) == 56);

i64 sysSendmsg(Os& os, const SyscallArgs& args) {
    const auto file = socketFd(os, args.a[0]);
    if (!file) return file.error();
    MessageHeader header;
    if (!getUser(os, header, args.a[1])) return -error::kFault;
    // Descriptors can not be passed.
    if (header.controlLength != 0) return -error::kInval;
    const auto vectors = vectorsFromUser(os, header.vectors, header.vectorCount);
    return vectors ? sendTo(os, *file, *vectors, asUnsigned(args.a[2])) : vectors.error();
}
i64 sysRecvmsg(Os& os, const SyscallArgs& args) {
    const auto file = socketFd(os, args.a[0]);
    if (!file) return file.error();
    MessageHeader header;
    if (!getUser(os, header, args.a[1])) return -error::kFault;
    const auto vectors = vectorsFromUser(os, header.vectors, header.vectorCount);
    if (!vectors) return vectors.error();
    const i64 n = receiveFrom(os, *file, *vectors, asUnsigned(args.a[2]));
    if (n < 0) return n;
    header.nameLength = 0;
    header.controlLength = 0;
    header.flags = 0;
    return putUser(os, args.a[1], header) ? n : -error::kFault;
}

i64 sysShutdown(Os& os, const SyscallArgs& args) {
    const auto id = socketFd(os, args.a[0]);
    if (!id) return id.error();
    const u32 how = asUnsigned(args.a[1]);
    if (how > 2) return -error::kInval;
    File& file = os.kernel.vfs.files.edit(*id);
    if (file.out == PipeId{}) return -kNotConn;
    if (how != 0 && file.data == 0) {
        // The peer reads to the end, and then 0.
        file.data = 1;
        if (os.kernel.vfs.pipes.contains(file.out)) {
            Pipe& pipe = os.kernel.vfs.pipes.edit(file.out);
            pipe.writers = 0;
            wakeWaiters(os, waitQueue(WaitKind::PipeRead, file.out.value));
        }
    }
    return 0;
}

i64 putName(Os& os, u64 address, u64 lengthAddress) {
    i32 length = 0;
    if (!getUser(os, length, lengthAddress)) return -error::kFault;
    if (length < 0) return -error::kInval;
    const u16 family = kUnix;
    if (length >= 2 && !putUser(os, address, family)) return -error::kFault;
    return putUser(os, lengthAddress, i32{2}) ? 0 : -error::kFault;
}
i64 sysGetsockname(Os& os, const SyscallArgs& args) {
    const auto file = socketFd(os, args.a[0]);
    return file ? putName(os, args.a[1], args.a[2]) : file.error();
}
i64 sysGetpeername(Os& os, const SyscallArgs& args) {
    const auto file = socketFd(os, args.a[0]);
    if (!file) return file.error();
    if (os.kernel.vfs.files.at(*file).out == PipeId{}) return -kNotConn;
    return putName(os, args.a[1], args.a[2]);
}
i64 sysGetsockopt(Os& os, const SyscallArgs& args) {
    const auto file = socketFd(os, args.a[0]);
    if (!file) return file.error();
    i32 value = 0;
    constexpr u64 kType = 3, kError = 4, kSndBuf = 7, kRcvBuf = 8;
    if (args.a[1] != 1) return -error::kOpNotSupp;
    if (args.a[2] == kType)
        value = static_cast<i32>(os.kernel.vfs.inodes.at(os.kernel.vfs.files.at(*file).inode).rdev);
    else if (args.a[2] == kSndBuf || args.a[2] == kRcvBuf)
        value = 212992;
    else if (args.a[2] != kError)
        return -92;  // ENOPROTOOPT
    i32 length = 0;
    if (!getUser(os, length, args.a[4])) return -error::kFault;
    if (length < 4) return -error::kInval;
    return putUser(os, args.a[3], value) && putUser(os, args.a[4], i32{4}) ? 0 : -error::kFault;
}
i64 sysSocketOnly(Os& os, const SyscallArgs& args) {  // setsockopt: taken, without effect
    const auto file = socketFd(os, args.a[0]);
    return file ? 0 : file.error();
}
i64 sysNoServer(Os& os, const SyscallArgs& args) {  // bind, listen, accept
    const auto file = socketFd(os, args.a[0]);
    return file ? -error::kOpNotSupp : file.error();
}

// --- eventfd, timerfd, signalfd, memfd --------------------------------------------------------------------------

i64 makeEventFd(Os& os, u32 count, u32 flags) {
    constexpr u32 kSemaphore = 1;
    if ((flags & ~(kSemaphore | open::CloseOnExec | open::NonBlock)) != 0) return -error::kInval;
    const FileId file =
        anonymousFile(os, Special::EventFd, open::ReadWrite | (flags & open::NonBlock), "anon_inode:[eventfd]");
    os.kernel.vfs.files.edit(file).data = count;
    os.kernel.vfs.inodes.edit(os.kernel.vfs.files.at(file).inode).rdev = flags & kSemaphore;
    const i64 fd = allocFd(os, file, (flags & open::CloseOnExec) != 0);
    if (fd < 0) putFile(os, file);
    return fd;
}
i64 sysEventfd(Os& os, const SyscallArgs& args) { return makeEventFd(os, asUnsigned(args.a[0]), 0); }
i64 sysEventfd2(Os& os, const SyscallArgs& args) {
    return makeEventFd(os, asUnsigned(args.a[0]), asUnsigned(args.a[1]));
}

i64 sysTimerfdCreate(Os& os, const SyscallArgs& args) {
    const u32 clock = asUnsigned(args.a[0]), flags = asUnsigned(args.a[1]);
    if ((flags & ~(open::CloseOnExec | open::NonBlock)) != 0) return -error::kInval;
    if (clock != 0 && clock != 1 && clock != 7 && clock != 8 && clock != 9) return -error::kInval;
    const FileId file =
        anonymousFile(os, Special::TimerFd, open::ReadWrite | (flags & open::NonBlock), "anon_inode:[timerfd]");
    os.kernel.vfs.timers[os.kernel.vfs.files.at(file).inode].clock = clock;
    const i64 fd = allocFd(os, file, (flags & open::CloseOnExec) != 0);
    if (fd < 0) putFile(os, file);
    return fd;
}

struct TimerSpec {
    i64 intervalSeconds, intervalNs, valueSeconds, valueNs;
};

std::expected<FileId, i64> timerFd(const Os& os, u64 fd) {
    const auto file = openFd(os, fd);
    if (file && os.kernel.vfs.inodes.at(os.kernel.vfs.files.at(*file).inode).special != Special::TimerFd)
        return std::unexpected(-error::kInval);
    return file;
}

TimerSpec remaining(const Os& os, const TimerFd& timer) {
    u64 expires = timer.expiresNs;
    const u64 now = os.nowNs();
    if (expires != 0 && expires <= now)
        expires = timer.intervalNs == 0 ? 0 : expires + ((now - expires) / timer.intervalNs + 1) * timer.intervalNs;
    const u64 left = expires == 0 ? 0 : expires - now;
    constexpr u64 kSecond = 1'000'000'000;
    return {static_cast<i64>(timer.intervalNs / kSecond), static_cast<i64>(timer.intervalNs % kSecond),
            static_cast<i64>(left / kSecond), static_cast<i64>(left % kSecond)};
}

i64 sysTimerfdSettime(Os& os, const SyscallArgs& args) {
    TimerSpec spec;
    if (!getUser(os, spec, args.a[2])) return -error::kFault;
    const auto valid = [](i64 seconds, i64 ns) { return seconds >= 0 && ns >= 0 && ns < 1'000'000'000; };
    constexpr u64 kAbsolute = 1, kCancelOnSet = 2;
    if ((args.a[1] & ~(kAbsolute | kCancelOnSet)) != 0 || !valid(spec.intervalSeconds, spec.intervalNs) ||
        !valid(spec.valueSeconds, spec.valueNs))
        return -error::kInval;
    const auto id = timerFd(os, args.a[0]);
    if (!id) return id.error();
    TimerFd& timer = os.kernel.vfs.timers[os.kernel.vfs.files.at(*id).inode];
    const TimerSpec old = remaining(os, timer);
    const auto total = [](i64 seconds, i64 ns) {
        return static_cast<u64>(std::min<i64>(seconds, 9'000'000'000)) * 1'000'000'000u + static_cast<u64>(ns);
    };
    const u64 value = total(spec.valueSeconds, spec.valueNs);
    timer.intervalNs = total(spec.intervalSeconds, spec.intervalNs);
    if (value == 0) {
        timer.expiresNs = 0;
    } else if ((args.a[1] & kAbsolute) != 0) {
        const u64 epoch = timer.clock == 0 || timer.clock == 8 ? os.kernel.bootEpochSeconds * 1'000'000'000 : 0;
        timer.expiresNs = std::max<u64>(value > epoch ? value - epoch : 1, 1);
    } else {
        timer.expiresNs = os.nowNs() + value;
    }
    wakeWaiters(os, waitQueue(WaitKind::File, id->value));
    if (args.a[3] != 0 && !putUser(os, args.a[3], old)) return -error::kFault;
    return 0;
}

i64 sysTimerfdGettime(Os& os, const SyscallArgs& args) {
    const auto id = timerFd(os, args.a[0]);
    if (!id) return id.error();
    const TimerSpec left = remaining(os, os.kernel.vfs.timers[os.kernel.vfs.files.at(*id).inode]);
    return putUser(os, args.a[1], left) ? 0 : -error::kFault;
}

i64 makeSignalFd(Os& os, i32 fd, u64 address, u64 size, u32 flags) {
    if ((flags & ~(open::CloseOnExec | open::NonBlock)) != 0 || size != 8) return -error::kInval;
    u64 mask = 0;
    if (!getUser(os, mask, address)) return -error::kFault;
    mask &= ~(sigBit(kSigKill) | sigBit(kSigStop));
    if (fd == -1) {
        const FileId file =
            anonymousFile(os, Special::SignalFd, open::ReadWrite | (flags & open::NonBlock), "anon_inode:[signalfd]");
        os.kernel.vfs.files.edit(file).data = mask;
        const i64 given = allocFd(os, file, (flags & open::CloseOnExec) != 0);
        if (given < 0) putFile(os, file);
        return given;
    }
    const auto id = openFd(os, static_cast<u64>(fd));
    if (!id) return id.error();
    if (os.kernel.vfs.inodes.at(os.kernel.vfs.files.at(*id).inode).special != Special::SignalFd) return -error::kInval;
    os.kernel.vfs.files.edit(*id).data = mask;
    return fd;
}
i64 sysSignalfd(Os& os, const SyscallArgs& args) { return makeSignalFd(os, asInt(args.a[0]), args.a[1], args.a[2], 0); }
i64 sysSignalfd4(Os& os, const SyscallArgs& args) {
    return makeSignalFd(os, asInt(args.a[0]), args.a[1], args.a[2], asUnsigned(args.a[3]));
}

i64 sysMemfdCreate(Os& os, const SyscallArgs& args) {
    const u32 flags = asUnsigned(args.a[1]);
    constexpr u32 kCloexec = 1, kAllowSealing = 2;
    if ((flags & ~(kCloexec | kAllowSealing)) != 0) return -error::kInval;
    const auto name = stringFromUser(os, args.a[0], 250);
    if (!name) return name.error() == -error::kNameTooLong ? -error::kInval : name.error();
    const InodeId inode = newInode(os, mode::Regular | 0777, Mount::Anonymous);
    os.kernel.vfs.inodes.edit(inode).seals = (flags & kAllowSealing) != 0 ? 0 : 1;  // F_SEAL_SEAL
    const FileId file = newFile(os, inode, open::ReadWrite | open::LargeFile, "/memfd:" + *name);
    const i64 fd = allocFd(os, file, (flags & kCloexec) != 0);
    if (fd < 0) putFile(os, file);
    return fd;
}

using enum Arg;
constexpr SyscallRow kRows[] = {
    {22, "pipe", sysPipe, {Address}, Int},
    {41, "socket", sysSocket, {Int, Hex, Int}, Fd},
    {42, "connect", sysConnect, {Fd, Address, Int}, Int},
    {43, "accept", sysNoServer, {Fd, Address, Address}, Fd},
    {44, "sendto", sysSendto, {Fd, Buffer, Size, Flags, Address, Int}, Size},
    {45, "recvfrom", sysRecvfrom, {Fd, Buffer, Size, Flags, Address, Address}, Size},
    {46, "sendmsg", sysSendmsg, {Fd, Address, Flags}, Size},
    {47, "recvmsg", sysRecvmsg, {Fd, Address, Flags}, Size},
    {48, "shutdown", sysShutdown, {Fd, Int}, Int},
    {49, "bind", sysNoServer, {Fd, Address, Int}, Int},
    {50, "listen", sysNoServer, {Fd, Int}, Int},
    {51, "getsockname", sysGetsockname, {Fd, Address, Address}, Int},
    {52, "getpeername", sysGetpeername, {Fd, Address, Address}, Int},
    {53, "socketpair", sysSocketpair, {Int, Hex, Int, Address}, Int},
    {54, "setsockopt", sysSocketOnly, {Fd, Int, Int, Address, Int}, Int},
    {55, "getsockopt", sysGetsockopt, {Fd, Int, Int, Address, Address}, Int},
    {282, "signalfd", sysSignalfd, {Fd, Address, Size}, Fd},
    {283, "timerfd_create", sysTimerfdCreate, {Int, Flags}, Fd},
    {284, "eventfd", sysEventfd, {Unsigned}, Fd},
    {286, "timerfd_settime", sysTimerfdSettime, {Fd, Flags, Address, Address}, Int},
    {287, "timerfd_gettime", sysTimerfdGettime, {Fd, Address}, Int},
    {288, "accept4", sysNoServer, {Fd, Address, Address, Flags}, Fd},
    {289, "signalfd4", sysSignalfd4, {Fd, Address, Size, Flags}, Fd},
    {290, "eventfd2", sysEventfd2, {Unsigned, Flags}, Fd},
    {293, "pipe2", sysPipe2, {Address, OpenFlags}, Int},
    {319, "memfd_create", sysMemfdCreate, {Path, Flags}, Fd},
};

}  // namespace

std::span<const SyscallRow> pipeCalls() { return kRows; }

}  // namespace ringside
