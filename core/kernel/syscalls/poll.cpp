// Waiting for several files at once: poll, select, epoll (Linux 6.1 fs/select.c, fs/eventpoll.c).
#include <algorithm>

#include "core/kernel/fs/file_ops.h"
#include "core/kernel/fs/poll_files.h"
#include "core/kernel/limits.h"
#include "core/kernel/syscalls/fs_common.h"

namespace ringside {
namespace {

constexpr u64 kForever = ~u64{0};

struct TimeSpec {
    i64 seconds, ns;
};

// The deadline is made by the first run of the system call and kept in the task, so a wake-up does not start it anew.
u64 deadlineOf(Os& os, u64 timeoutNs) {
    Task& task = os.current();
    if (task.restartState == 0) {
        task.restartState = 1;
        task.restartDeadline = timeoutNs == kForever ? kForever : os.nowNs() + timeoutNs;
    }
    return task.restartDeadline;
}

// pselect, ppoll and epoll_pwait block signals while they wait: set by the first run, undone by the signal's delivery
// or by the end of the call.
void useMask(Os& os, const std::optional<u64>& mask) {
    Task& task = os.current();
    if (!mask || task.restartState != 0) return;
    task.savedMask = task.blocked;
    task.restoreMask = true;
    task.blocked = *mask & ~(sigBit(kSigKill) | sigBit(kSigStop));
    task.signalPending = ((task.pending.set | os.kernel.signals.at(task.signal).shared.set) & ~task.blocked) != 0;
}
i64 finish(Os& os, i64 result) {
    Task& task = os.current();
    // An interrupted call leaves the mask to the handler's frame.
    if (task.restoreMask && result != -error::kIntr && result != kERestartNoHand) {
        task.blocked = task.savedMask;
        task.restoreMask = false;
        task.signalPending = ((task.pending.set | os.kernel.signals.at(task.signal).shared.set) & ~task.blocked) != 0;
    }
    return result;
}

// Asleep until something changes or the deadline. `soonest`: when a timerfd among the files expires.
i64 sleepForChange(Os& os, u64 deadline, u64 soonest, i64 interrupted) {
    if (signalPending(os)) return interrupted;
    u64 wakeAt = std::min(deadline, soonest);
    if (wakeAt == kForever) wakeAt = 0;
    sleepOn(os, kPollQueue, state::Interruptible, wakeAt);
    return kAgain;
}

// The events of one descriptor; notes when its timer will expire.
u32 look(Os& os, i32 fd, u64& soonest) {
    const FileId id = fileOf(os, fd);
    if (id == FileId{}) return pollbit::Nval;
    const File& file = os.kernel.vfs.files.at(id);
    if ((file.flags & open::Path) != 0) return pollbit::Nval;
    if (const u64 expires = nextExpiry(os, file); expires > os.nowNs()) soonest = std::min(soonest, expires);
    return pollOpenFile(os, id);
}

// --- poll -------------------------------------------------------------------------------------------------------

struct PollFd {
    i32 fd;
    i16 events, revents;
};

i64 doPoll(Os& os, u64 address, u64 count, u64 timeoutNs, i64 interrupted) {
    const SignalStruct* signal = os.kernel.signals.find(os.kernel.currentTask().signal);
    const u64 limit = signal && signal->rlimits[7][0] != 0 ? signal->rlimits[7][0] : 1024;
    if (count > limit) return -error::kInval;
    std::vector<PollFd> fds(count);
    if (count != 0 && !copyFromUser(os, {reinterpret_cast<u8*>(fds.data()), count * sizeof(PollFd)}, address))
        return -error::kFault;
    const u64 deadline = deadlineOf(os, timeoutNs);
    u64 soonest = kForever;
    i64 ready = 0;
    for (PollFd& p : fds) {
        p.revents = 0;
        if (p.fd < 0) continue;
        const u32 always = pollbit::Err | pollbit::Hup | pollbit::Nval;
        const u32 events = look(os, p.fd, soonest) & (static_cast<u16>(p.events) | always);
        p.revents = static_cast<i16>(events);
        if (events != 0) ++ready;
    }
    if (ready == 0 && os.nowNs() < deadline) {
        const i64 slept = sleepForChange(os, deadline, soonest, interrupted);
        if (slept == kAgain) return kAgain;
        return slept;
    }
    if (count != 0 && !copyToUser(os, address, {reinterpret_cast<const u8*>(fds.data()), count * sizeof(PollFd)}))
        return -error::kFault;
    return ready;
}

i64 sysPoll(Os& os, const SyscallArgs& args) {
    const i32 timeout = asInt(args.a[2]);
    return doPoll(os, args.a[0], asUnsigned(args.a[1]), timeout < 0 ? kForever : static_cast<u64>(timeout) * 1'000'000,
                  kERestartNoHand);
}

std::expected<u64, i64> timeoutFromUser(Os& os, u64 address) {
    if (address == 0) return kForever;
    TimeSpec t;
    if (!getUser(os, t, address)) return std::unexpected(-error::kFault);
    if (t.seconds < 0 || t.ns < 0 || t.ns > 999'999'999) return std::unexpected(-error::kInval);
    return static_cast<u64>(std::min<i64>(t.seconds, 9'000'000'000)) * 1'000'000'000u + static_cast<u64>(t.ns);
}

i64 sysPpoll(Os& os, const SyscallArgs& args) {
    const auto timeout = timeoutFromUser(os, args.a[2]);
    if (!timeout) return timeout.error();
    std::optional<u64> mask;
    if (args.a[3] != 0) {
        if (args.a[4] != 8) return -error::kInval;
        u64 value = 0;
        if (!getUser(os, value, args.a[3])) return -error::kFault;
        mask = value;
    }
    useMask(os, mask);
    const i64 result = doPoll(os, args.a[0], asUnsigned(args.a[1]), *timeout, kERestartNoHand);
    if (result == kAgain) return result;
    return finish(os, result);
}

// --- select -----------------------------------------------------------------------------------------------------

i64 doSelect(Os& os, i32 count, const std::array<u64, 3>& addresses, u64 timeoutNs) {
    if (count < 0) return -error::kInval;
    const auto& slots = os.kernel.files.at(os.kernel.currentTask().files).slots;
    const auto bits = static_cast<u32>(
        std::min<std::size_t>(static_cast<std::size_t>(count), std::max<std::size_t>(slots.size(), 64)));
    const std::size_t words = (bits + 63) / 64;
    std::array<std::vector<u64>, 3> asked, answer;
    for (std::size_t s = 0; s < 3; ++s) {
        asked[s].resize(words);
        answer[s].resize(words);
        if (addresses[s] == 0 || words == 0) continue;
        if (!copyFromUser(os, {reinterpret_cast<u8*>(asked[s].data()), words * 8}, addresses[s])) return -error::kFault;
    }
    const u64 deadline = deadlineOf(os, timeoutNs);
    u64 soonest = kForever;
    i64 ready = 0;
    constexpr std::array<u32, 3> kMeaning{pollbit::RdNorm | pollbit::RdBand | pollbit::In | pollbit::Hup | pollbit::Err,
                                          pollbit::WrBand | pollbit::WrNorm | pollbit::Out | pollbit::Err,
                                          pollbit::Pri};
    for (u32 fd = 0; fd < bits; ++fd) {
        const u64 bit = u64{1} << (fd % 64);
        if (((asked[0][fd / 64] | asked[1][fd / 64] | asked[2][fd / 64]) & bit) == 0) continue;
        const u32 events = look(os, static_cast<i32>(fd), soonest);
        if ((events & pollbit::Nval) != 0) return -error::kBadf;
        for (std::size_t s = 0; s < 3; ++s)
            if ((asked[s][fd / 64] & bit) != 0 && (events & kMeaning[s]) != 0) {
                answer[s][fd / 64] |= bit;
                ++ready;
            }
    }
    if (ready == 0 && os.nowNs() < deadline) return sleepForChange(os, deadline, soonest, kERestartNoHand);
    for (std::size_t s = 0; s < 3; ++s)
        if (addresses[s] != 0 && words != 0 &&
            !copyToUser(os, addresses[s], {reinterpret_cast<const u8*>(answer[s].data()), words * 8}))
            return -error::kFault;
    return ready;
}

// What is left of the timeout, as Linux writes it back.
u64 timeLeft(Os& os) {
    const u64 deadline = os.kernel.currentTask().restartDeadline, now = os.nowNs();
    return deadline > now ? deadline - now : 0;
}

i64 sysSelect(Os& os, const SyscallArgs& args) {
    u64 timeout = kForever;
    if (args.a[4] != 0) {
        TimeSpec t;  // a timeval: microseconds
        if (!getUser(os, t, args.a[4])) return -error::kFault;
        if (t.seconds < 0 || t.ns < 0) return -error::kInval;
        timeout =
            static_cast<u64>(std::min<i64>(t.seconds, 9'000'000'000)) * 1'000'000'000u + static_cast<u64>(t.ns) * 1000u;
    }
    const i64 result = doSelect(os, asInt(args.a[0]), {args.a[1], args.a[2], args.a[3]}, timeout);
    if (result != kAgain && args.a[4] != 0) {
        const u64 left = timeLeft(os);
        (void)putUser(os, args.a[4],
                      TimeSpec{static_cast<i64>(left / 1'000'000'000), static_cast<i64>(left % 1'000'000'000 / 1000)});
    }
    return result;
}

i64 sysPselect6(Os& os, const SyscallArgs& args) {
    const auto timeout = timeoutFromUser(os, args.a[4]);
    if (!timeout) return timeout.error();
    std::optional<u64> mask;
    if (args.a[5] != 0) {
        u64 pair[2];
        if (!getUser(os, pair, args.a[5])) return -error::kFault;
        if (pair[0] != 0) {
            if (pair[1] != 8) return -error::kInval;
            u64 value = 0;
            if (!getUser(os, value, pair[0])) return -error::kFault;
            mask = value;
        }
    }
    useMask(os, mask);
    const i64 result = doSelect(os, asInt(args.a[0]), {args.a[1], args.a[2], args.a[3]}, *timeout);
    if (result == kAgain) return result;
    if (args.a[4] != 0) {
        const u64 left = timeLeft(os);
        (void)putUser(os, args.a[4],
                      TimeSpec{static_cast<i64>(left / 1'000'000'000), static_cast<i64>(left % 1'000'000'000)});
    }
    return finish(os, result);
}

// --- epoll ------------------------------------------------------------------------------------------------------

i64 makeEpoll(Os& os, bool closeIt) {
    if (os.kernel.vfs.epolls.size() >= limit::Epolls) return -error::kNfile;
    const FileId file = anonymousFile(os, Special::Epoll, open::ReadWrite, "anon_inode:[eventpoll]");
    os.kernel.vfs.epolls[os.kernel.vfs.files.at(file).inode] = {};
    const i64 fd = allocFd(os, file, closeIt);
    if (fd < 0) putFile(os, file);
    return fd;
}
i64 sysEpollCreate(Os& os, const SyscallArgs& args) {
    return asInt(args.a[0]) <= 0 ? -error::kInval : makeEpoll(os, false);
}
i64 sysEpollCreate1(Os& os, const SyscallArgs& args) {
    if ((args.a[0] & ~u64{open::CloseOnExec}) != 0) return -error::kInval;
    return makeEpoll(os, args.a[0] != 0);
}

constexpr u32 kEdge = 1u << 31, kOneShot = 1u << 30;

struct __attribute__((packed)) EpollEvent {
    u32 events;
    u64 data;
};
static_assert(sizeof(EpollEvent) == 12);

std::expected<InodeId, i64> epollFd(const Os& os, u64 fd) {
    const auto file = openFd(os, fd);
    if (!file) return std::unexpected(file.error());
    const InodeId inode = os.kernel.vfs.files.at(*file).inode;
    if (os.kernel.vfs.inodes.at(inode).special != Special::Epoll) return std::unexpected(-error::kInval);
    return inode;
}

// A set that watches itself through others would never end.
bool leadsTo(const Os& os, InodeId from, InodeId to, int depth) {
    if (from == to || depth > 2) return true;
    const auto it = os.kernel.vfs.epolls.find(from);
    if (it == os.kernel.vfs.epolls.end()) return false;
    return std::ranges::any_of(it->second.items, [&](const auto& item) {
        const File* file = os.kernel.vfs.files.find(item.second.file);
        return file && leadsTo(os, file->inode, to, depth + 1);
    });
}

i64 sysEpollCtl(Os& os, const SyscallArgs& args) {
    constexpr u32 kAdd = 1, kDelete = 2, kModify = 3;
    const u32 operation = asUnsigned(args.a[1]);
    EpollEvent event{};
    if (operation != kDelete && !getUser(os, event, args.a[3])) return -error::kFault;
    const auto self = openFd(os, args.a[0]);
    if (!self) return self.error();
    const auto target = openFd(os, args.a[2]);
    if (!target) return target.error();
    const Inode& watched = os.kernel.vfs.inodes.at(os.kernel.vfs.files.at(*target).inode);
    // Regular files and directories are always ready and can not be watched.
    if ((isRegular(watched) || isDirectory(watched)) && watched.special == Special::None) return -error::kPerm;
    const auto epoll = epollFd(os, args.a[0]);
    if (!epoll) return epoll.error();
    if (*self == *target) return -error::kInval;
    auto& items = os.kernel.vfs.epolls[*epoll].items;
    const std::pair<i32, u32> key{asInt(args.a[2]), target->value};
    const auto it = items.find(key);
    switch (operation) {
        case kAdd:
            if (it != items.end()) return -error::kExist;
            if (items.size() >= limit::Watches) return -error::kNoSpc;
            if (watched.special == Special::Epoll && leadsTo(os, watched.id, *epoll, 0)) return -error::kLoop;
            items[key] = {.file = *target, .events = event.events, .data = event.data};
            break;
        case kDelete:
            if (it == items.end()) return -error::kNoEnt;
            items.erase(it);
            return 0;
        case kModify:
            if (it == items.end()) return -error::kNoEnt;
            it->second = {.file = *target, .events = event.events, .data = event.data};
            break;
        default:
            return -error::kInval;
    }
    wakeUp(os, kPollQueue);
    return 0;
}

i64 waitEpoll(Os& os, u64 fd, u64 address, i32 most, u64 timeoutNs) {
    if (most <= 0 || most > 0x7fffffff / 12) return -error::kInval;
    if (!userRange(address, static_cast<u64>(most) * sizeof(EpollEvent))) return -error::kFault;
    const auto epoll = epollFd(os, fd);
    if (!epoll) return epoll.error();
    const u64 deadline = deadlineOf(os, timeoutNs);
    u64 soonest = kForever;
    std::vector<EpollEvent> ready;
    for (auto& [key, item] : os.kernel.vfs.epolls[*epoll].items) {
        if (item.disabled) continue;
        const File& file = os.kernel.vfs.files.at(item.file);
        if (const u64 expires = nextExpiry(os, file); expires > os.nowNs()) soonest = std::min(soonest, expires);
        const u32 now = pollOpenFile(os, item.file) & (item.events | pollbit::Err | pollbit::Hup) & 0xffff;
        // Edge-triggered: only what was not ready when last reported, or may have become ready again since.
        const bool seen = (item.events & kEdge) != 0 && item.seen == os.kernel.vfs.activity;
        const u32 fresh = seen ? now & ~item.last : now;
        if (fresh == 0 || ready.size() == static_cast<std::size_t>(most)) {
            item.last &= now;
            continue;
        }
        item.last = now;
        item.seen = os.kernel.vfs.activity;
        ready.push_back({now, item.data});
        if ((item.events & kOneShot) != 0) item.disabled = true;
    }
    if (ready.empty() && os.nowNs() < deadline) return sleepForChange(os, deadline, soonest, -error::kIntr);
    if (!ready.empty() &&
        !copyToUser(os, address, {reinterpret_cast<const u8*>(ready.data()), ready.size() * sizeof(EpollEvent)}))
        return -error::kFault;
    return static_cast<i64>(ready.size());
}

u64 milliseconds(i32 timeout) { return timeout < 0 ? kForever : static_cast<u64>(timeout) * 1'000'000; }

i64 sysEpollWait(Os& os, const SyscallArgs& args) {
    return waitEpoll(os, args.a[0], args.a[1], asInt(args.a[2]), milliseconds(asInt(args.a[3])));
}

i64 pwaitEpoll(Os& os, const SyscallArgs& args, u64 timeoutNs) {
    std::optional<u64> mask;
    if (args.a[4] != 0) {
        if (args.a[5] != 8) return -error::kInval;
        u64 value = 0;
        if (!getUser(os, value, args.a[4])) return -error::kFault;
        mask = value;
    }
    useMask(os, mask);
    const i64 result = waitEpoll(os, args.a[0], args.a[1], asInt(args.a[2]), timeoutNs);
    return result == kAgain ? result : finish(os, result);
}
i64 sysEpollPwait(Os& os, const SyscallArgs& args) { return pwaitEpoll(os, args, milliseconds(asInt(args.a[3]))); }
i64 sysEpollPwait2(Os& os, const SyscallArgs& args) {
    const auto timeout = timeoutFromUser(os, args.a[3]);
    return timeout ? pwaitEpoll(os, args, *timeout) : timeout.error();
}

using enum Arg;
constexpr SyscallRow kRows[] = {
    {7, "poll", sysPoll, {Address, Unsigned, Int}, Int},
    {23, "select", sysSelect, {Int, Address, Address, Address, Address}, Int},
    {213, "epoll_create", sysEpollCreate, {Int}, Fd},
    {232, "epoll_wait", sysEpollWait, {Fd, Address, Int, Int}, Int},
    {233, "epoll_ctl", sysEpollCtl, {Fd, Int, Fd, Address}, Int},
    {270, "pselect6", sysPselect6, {Int, Address, Address, Address, Address, Address}, Int},
    {271, "ppoll", sysPpoll, {Address, Unsigned, Address, Address, Size}, Int},
    {281, "epoll_pwait", sysEpollPwait, {Fd, Address, Int, Int, Address, Size}, Int},
    {291, "epoll_create1", sysEpollCreate1, {Flags}, Fd},
    {441, "epoll_pwait2", sysEpollPwait2, {Fd, Address, Int, Address, Address, Size}, Int},
};

}  // namespace

std::span<const SyscallRow> pollCalls() { return kRows; }

}  // namespace ringside
