// Futexes (Linux 6.1 kernel/futex): waiting on a word of memory, waking, requeueing, robust lists. Locks with priority
// inheritance are in futex_pi.cpp.
#include "core/kernel/proc/futex.h"

#include <algorithm>

#include "core/kernel/errno.h"
#include "core/kernel/mm/page_tables.h"
#include "core/kernel/mm/user_memory.h"
#include "core/kernel/proc/pid.h"
#include "core/kernel/proc/wait_queue.h"
#include "core/kernel/sched/sched.h"
#include "core/kernel/syscalls/futex_common.h"
#include "core/kernel/syscalls/time_types.h"

namespace ringside {

using namespace futex;

namespace {

enum class Space : u64 { Private = 1, SharedAnonymous, File, Frame };
u64 spaceOf(Space kind, u64 id) { return static_cast<u64>(kind) << 56 | id; }

}  // namespace

namespace futex {

std::expected<Key, i64> keyOf(Os& os, u64 address, bool shared) {
    KernelCall call{os, "get_futex_key"};
    if (address & 3) return std::unexpected(-i64{error::kInval});
    const MmId mmId = os.kernel.currentTask().mm;
    if (!shared) return Key{spaceOf(Space::Private, mmId.value), address};
    u32 word;
    if (!getUser(os, word, address)) return std::unexpected(-i64{error::kFault});
    const Mm& mm = os.kernel.mms.at(mmId);
    const Vma* area = mm.find(address);
    if (!area || !(area->flags & vm::Shared)) return Key{spaceOf(Space::SharedAnonymous, mmId.value), address};
    if (area->file != InodeId{})
        return Key{spaceOf(Space::File, area->file.value), (area->pageOffset << kPageShift) + (address - area->start)};
    const auto slot = findPte(os.ram, mm.cr3, os.kernel.options.fiveLevel, address);
    if (!slot) return std::unexpected(-i64{error::kFault});
    return Key{spaceOf(Space::Frame, 0), addressOf(pteFrame(slot->entry)).value + pageOffset(address)};
}

WaitQueueId queueOf(const Key& key) {
    u64 h = key.address * 0x9e3779b97f4a7c15 ^ key.space * 0xc2b2ae3d27d4eb4f;
    h ^= h >> 29;
    return waitQueue(WaitKind::Futex, h);
}

std::vector<TaskId> waitersOf(const Os& os, const Key& key) {
    std::vector<TaskId> found;
    const auto it = os.kernel.waitQueues.find(queueOf(key));
    if (it == os.kernel.waitQueues.end()) return found;
    for (TaskId id : it->second) {
        const FutexWait& wait = os.kernel.tasks.at(id).futex;
        if (wait.queued && Key{wait.space, wait.address} == key) found.push_back(id);
    }
    std::stable_sort(found.begin(), found.end(), [&](TaskId a, TaskId b) {
        return std::min(os.kernel.tasks.at(a).prio, kMaxRtPrio) < std::min(os.kernel.tasks.at(b).prio, kMaxRtPrio);
    });
    return found;
}

void moveWaiter(Os& os, Task& task, const Key& to) {
    const auto from = os.kernel.waitQueues.find(*task.waiting);
    std::erase(from->second, task.id);
    if (from->second.empty()) os.kernel.waitQueues.erase(from);
    os.kernel.waitQueues[queueOf(to)].push_back(task.id);
    task.waiting = queueOf(to);
    task.futex.space = to.space;
    task.futex.address = to.address;
}

void enqueueWaiter(Os& os, const Key& key, u32 bits, u64 deadline) {
    Task& task = os.current();
    task.futex = {key.space, key.address, bits, true};
    sleepOn(os, queueOf(key), state::Interruptible, deadline);
}

i64 readTimeout(Os& os, const SyscallArgs& args, const Operation& op, bool absolute) {
    Task& task = os.current();
    if (task.restartState != 0) return 0;
    task.restartState = 1;
    task.restartDeadline = 0;
    if (args.a[3] == 0) return 0;
    UserTimespec time;
    if (!getUser(os, time, args.a[3])) return -error::kFault;
    if (!isValid(time)) return -error::kInval;
    const u64 ns = toNs(time), base = os.kernel.bootEpochSeconds * kNsPerSecond;
    if (!absolute)
        task.restartDeadline = os.nowNs() + ns;
    else
        task.restartDeadline = op.realtime ? ns - std::min(ns, base) : ns;
    task.restartDeadline = std::max<u64>(task.restartDeadline, 1);
    return 0;
}

}  // namespace futex

namespace {

i64 wakeKey(Os& os, const Key& key, int count, u32 bits) {
    i64 woken = 0;
    for (TaskId id : waitersOf(os, key)) {
        Task& task = os.kernel.tasks.edit(id);
        if (task.futex.inherits()) return -error::kInval;
        if (!(task.futex.bits & bits)) continue;
        task.futex.queued = false;
        wakeUpProcess(os, id);
        if (++woken >= count) break;
    }
    return woken;
}

i64 futexWait(Os& os, const SyscallArgs& args, const Operation& op, u32 bits, bool absolute) {
    KernelCall call{os, "futex_wait"};
    if (bits == 0) return -error::kInval;
    Task& task = os.current();
    const bool again = task.restartState != 0 && task.futex.space != 0;
    if (again) {
        const bool woken = !task.futex.queued;
        task.futex.queued = false;
        if (woken) {
            task.futex = {};
            return 0;
        }
        const u64 deadline = task.restartDeadline;
        if (task.timedOut || (deadline && os.nowNs() >= deadline)) {
            task.futex = {};
            return -error::kTimedOut;
        }
        if (signalPending(os)) {
            task.futex = {};
            return deadline ? kERestartBlock : kERestartSys;
        }
    }
    if (const i64 wrong = readTimeout(os, args, op, absolute); wrong < 0) return wrong;
    const auto key = keyOf(os, args.a[0], op.shared);
    if (!key) return key.error();
    u32 word = 0;
    if (!getUser(os, word, args.a[0])) return -error::kFault;
    if (word != static_cast<u32>(args.a[2])) return -error::kAgainNow;
    if (task.restartDeadline && os.nowNs() >= task.restartDeadline) return -error::kTimedOut;
    if (signalPending(os)) return task.restartDeadline ? kERestartBlock : kERestartSys;
    enqueueWaiter(os, *key, bits, task.restartDeadline);
    return kAgain;
}

i64 futexWakeCall(Os& os, u64 address, int count, bool shared, u32 bits) {
    KernelCall call{os, "futex_wake"};
    if (bits == 0) return -error::kInval;
    const auto key = keyOf(os, address, shared);
    if (!key) return key.error();
    return wakeKey(os, *key, count, bits);
}

i64 futexRequeue(Os& os, const SyscallArgs& args, const Operation& op, bool compare) {
    KernelCall call{os, "futex_requeue"};
    const int wakes = static_cast<int>(args.a[2]), moves = static_cast<int>(args.a[3]);
    if (wakes < 0 || moves < 0) return -error::kInval;
    const auto from = keyOf(os, args.a[0], op.shared), to = keyOf(os, args.a[4], op.shared);
    if (!from) return from.error();
    if (!to) return to.error();
    if (compare) {
        u32 word = 0;
        if (!getUser(os, word, args.a[0])) return -error::kFault;
        if (word != static_cast<u32>(args.a[5])) return -error::kAgainNow;
    }
    i64 touched = 0;
    for (TaskId id : waitersOf(os, *from)) {
        if (touched >= i64{wakes} + moves) break;
        Task& task = os.kernel.tasks.edit(id);
        if (task.futex.inherits()) return -error::kInval;
        if (++touched <= wakes) {
            task.futex.queued = false;
            wakeUpProcess(os, id);
        } else if (!(*from == *to)) {
            moveWaiter(os, task, *to);
        }
    }
    return touched;
}

i64 signExtend12(u32 value) { return static_cast<i32>(value << 20) >> 20; }

i64 futexWakeOp(Os& os, const SyscallArgs& args, const Operation& op) {
    KernelCall call{os, "futex_wake_op"};
    const auto first = keyOf(os, args.a[0], op.shared), second = keyOf(os, args.a[4], op.shared);
    if (!first) return first.error();
    if (!second) return second.error();
    const u32 encoded = static_cast<u32>(args.a[5]);
    const u32 what = encoded >> 28 & 7, comparison = encoded >> 24 & 15;
    i32 operand = static_cast<i32>(signExtend12(encoded >> 12 & 0xfff));
    const i32 limit = static_cast<i32>(signExtend12(encoded & 0xfff));
    if (encoded & 0x80000000) operand = static_cast<i32>(1u << (operand & 31));
    i32 old = 0;
    if (!getUser(os, old, args.a[4])) return -error::kFault;
    i32 fresh = 0;
    switch (what) {
        case 0:
            fresh = operand;
            break;
        case 1:
            fresh = static_cast<i32>(static_cast<u32>(old) + static_cast<u32>(operand));
            break;
        case 2:
            fresh = old | operand;
            break;
        case 3:
            fresh = old & ~operand;
            break;
        case 4:
            fresh = old ^ operand;
            break;
        default:
            return -error::kNoSys;
    }
    if (!putUser(os, args.a[4], fresh)) return -error::kFault;
    bool holds = false;
    switch (comparison) {
        case 0:
            holds = old == limit;
            break;
        case 1:
            holds = old != limit;
            break;
        case 2:
            holds = old < limit;
            break;
        case 3:
            holds = old <= limit;
            break;
        case 4:
            holds = old > limit;
            break;
        case 5:
            holds = old >= limit;
            break;
        default:
            return -error::kNoSys;
    }
    const i64 woken = wakeKey(os, *first, static_cast<int>(args.a[2]), kMatchAny);
    if (woken < 0 || !holds) return woken;
    const i64 more = wakeKey(os, *second, static_cast<int>(args.a[3]), kMatchAny);
    return more < 0 ? more : woken + more;
}

i64 sysFutex(Os& os, const SyscallArgs& args) {
    enum : u32 {
        Wait = 0,
        Wake = 1,
        Requeue = 3,
        CmpRequeue = 4,
        WakeOp = 5,
        LockPi = 6,
        UnlockPi = 7,
        TrylockPi = 8,
        WaitBitset = 9,
        WakeBitset = 10,
        WaitRequeuePi = 11,
        CmpRequeuePi = 12,
        LockPi2 = 13,
        PrivateFlag = 128,
        ClockRealtime = 256
    };
    const u32 raw = static_cast<u32>(args.a[1]);
    Operation op{raw & ~(PrivateFlag | ClockRealtime), !(raw & PrivateFlag), (raw & ClockRealtime) != 0};
    if (op.realtime && op.command != WaitBitset && op.command != WaitRequeuePi && op.command != LockPi2)
        return -error::kNoSys;
    const u32 bits = static_cast<u32>(args.a[5]);
    switch (op.command) {
        case Wait:
            return futexWait(os, args, op, kMatchAny, false);
        case WaitBitset:
            return futexWait(os, args, op, bits, true);
        case Wake:
            return futexWakeCall(os, args.a[0], static_cast<int>(args.a[2]), op.shared, kMatchAny);
        case WakeBitset:
            return futexWakeCall(os, args.a[0], static_cast<int>(args.a[2]), op.shared, bits);
        case Requeue:
            return futexRequeue(os, args, op, false);
        case CmpRequeue:
            return futexRequeue(os, args, op, true);
        case WakeOp:
            return futexWakeOp(os, args, op);
        case LockPi:
        case LockPi2:
            return lockPi(os, args, op, false);
        case TrylockPi:
            return lockPi(os, args, op, true);
        case UnlockPi:
            return unlockPi(os, args, op);
        case WaitRequeuePi:
            return waitRequeuePi(os, args, op);
        case CmpRequeuePi:
            return requeuePi(os, args, op);
        default:
            return -error::kNoSys;
    }
}

i64 sysSetRobustList(Os& os, const SyscallArgs& args) {
    constexpr u64 kHeadSize = 24;
    if (args.a[1] != kHeadSize) return -error::kInval;
    os.current().robustList = {args.a[0], args.a[1]};
    return 0;
}
i64 sysGetRobustList(Os& os, const SyscallArgs& args) {
    const i32 pid = static_cast<i32>(args.a[0]);
    const TaskId id = pid == 0 ? os.kernel.current : findTask(os, pid);
    if (id == TaskId{}) return -error::kSrch;
    const RobustList list = os.kernel.tasks.at(id).robustList;
    return putUser(os, args.a[1], list.head) && putUser(os, args.a[2], u64{24}) ? 0 : -error::kFault;
}

// handle_futex_death
bool markDead(Os& os, const Task& task, u64 address, bool pi, bool pending) {
    u32 word = 0;
    if (address & 3 || !getUser(os, word, address)) return false;
    if (pending && !pi && word == 0) {
        futexWake(os, address, 1, true);
        return true;
    }
    if ((word & kTidMask) != static_cast<u32>(numberIn(task, activePidNamespace(task)))) return true;
    if (!putUser(os, address, (word & kWaiters) | kOwnerDied)) return false;
    if (!pi && (word & kWaiters)) futexWake(os, address, 1, true);
    return true;
}

// exit_robust_list: marks the locks a task still holds as owned by a dead one.
void exitRobustList(Os& os, Task& task) {
    const u64 head = std::exchange(task.robustList.head, 0);
    if (head == 0 || task.mm == MmId{}) return;
    KernelCall call{os, "exit_robust_list"};
    constexpr int kLimit = 2048;  // ROBUST_LIST_LIMIT: against circles
    u64 entry = 0, pending = 0;
    i64 offset = 0;
    if (!getUser(os, entry, head) || !getUser(os, offset, head + 8) || !getUser(os, pending, head + 16)) return;
    const auto pointer = [](u64 e) { return e & ~u64{1}; };
    for (int i = 0; pointer(entry) != head && i < kLimit; ++i) {
        u64 next = 0;
        const bool readable = getUser(os, next, pointer(entry));
        if (pointer(entry) != pointer(pending) &&
            !markDead(os, task, pointer(entry) + static_cast<u64>(offset), entry & 1, false))
            return;
        if (!readable) return;
        entry = next;
    }
    if (pointer(pending)) markDead(os, task, pointer(pending) + static_cast<u64>(offset), pending & 1, true);
}

constexpr SyscallRow kRows[] = {
    {202, "futex", sysFutex, {Arg::Address, Arg::Hex, Arg::Unsigned, Arg::Address, Arg::Address, Arg::Hex}, Arg::Int},
    {273, "set_robust_list", sysSetRobustList, {Arg::Address, Arg::Size}, Arg::Int},
    {274, "get_robust_list", sysGetRobustList, {Arg::Pid, Arg::Address, Arg::Address}, Arg::Int},
};

}  // namespace

i64 futexWake(Os& os, u64 address, int count, bool shared, u32 bits) {
    return futexWakeCall(os, address, count, shared, bits);
}

void futexCleanup(Os& os, Task& task) {
    exitRobustList(os, task);
    exitPiState(os, task);
}

std::span<const SyscallRow> futexCalls() { return kRows; }

}  // namespace ringside
