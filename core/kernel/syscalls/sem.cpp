// System V semaphores (Linux 6.1 ipc/sem.c): sets of counters, changed all together or not at all.
#include <algorithm>

#include "core/kernel/syscalls/ipc_common.h"

namespace ringside {
namespace {

using namespace ipc;

constexpr i32 kHighest = 32767;  // SEMVMX
WaitQueueId semaphoreQueue(const Os& os, i32 id) { return waitQueue(WaitKind::Semaphore, waitKey(os, id)); }

i64 sysSemget(Os& os, const SyscallArgs& args) {
    const i32 count = asInt(args.a[1]);
    if (count < 0 || count > 32000) return -error::kInval;
    return getObject(
        os, ipcOf(os).semaphores, asInt(args.a[0]), asUnsigned(args.a[2]),
        [&](SemaphoreSet& set) -> i64 {
            if (count == 0) return -error::kInval;
            std::size_t all = static_cast<std::size_t>(count);
            for (const auto& [id, other] : ipcOf(os).semaphores) all += other.values.size();
            if (all > kMostSemaphores) return -error::kNoSpc;
            set.values.resize(static_cast<std::size_t>(count));
            set.lastPid.resize(static_cast<std::size_t>(count));
            return 0;
        },
        [&](const SemaphoreSet& set) -> i64 {
            return static_cast<std::size_t>(count) > set.values.size() ? -error::kInval : 0;
        });
}

i64 semaphoreOperation(Os& os, i32 id, u64 address, u64 count, std::optional<u64> timeoutNs) {
    struct Operation {
        u16 number;
        i16 change;
        i16 flags;
    };
    if (count == 0 || id < 0) return -error::kInval;
    if (count > 500) return -error::k2Big;
    std::vector<Operation> operations(count);
    if (!copyFromUser(os, {reinterpret_cast<u8*>(operations.data()), count * sizeof(Operation)}, address))
        return -error::kFault;
    Task& task = os.current();
    const auto it = ipcOf(os).semaphores.find(id);
    if (it == ipcOf(os).semaphores.end()) return task.restartState != 0 ? kRemoved : -error::kInval;
    SemaphoreSet& set = it->second;
    bool changes = false;
    for (const Operation& o : operations) {
        if (o.number >= set.values.size()) return -error::kFbig;
        changes |= o.change != 0;
    }
    if (const i64 denied = mayUse(os, set, changes ? 2 : 4)) return denied;
    // All of them, or none.
    std::vector<i32> values = set.values;
    for (const Operation& o : operations) {
        i32& value = values[o.number];
        const bool must = o.change == 0 ? value != 0 : value + o.change < 0;
        if (must) {
            if ((static_cast<u16>(o.flags) & kNoWait) != 0) return -error::kAgainNow;
            if (task.restartState == 0) {
                task.restartState = 1;
                task.restartDeadline = timeoutNs ? os.nowNs() + *timeoutNs : 0;
            }
            if (task.restartDeadline != 0 && os.nowNs() >= task.restartDeadline) return -error::kAgainNow;
            const i64 slept = waitFor(os, semaphoreQueue(os, id), task.restartDeadline);
            return slept == kERestartSys ? -error::kIntr : slept;
        }
        if (value + o.change > kHighest) return -error::kRange;
        value += o.change;
    }
    for (const Operation& o : operations) set.lastPid[o.number] = callerPid(os);
    set.values = std::move(values);
    set.usedSeconds = nowSeconds(os);
    if (changes) wakeUp(os, semaphoreQueue(os, id));
    return 0;
}

i64 sysSemop(Os& os, const SyscallArgs& args) {
    return semaphoreOperation(os, asInt(args.a[0]), args.a[1], asUnsigned(args.a[2]), {});
}
i64 sysSemtimedop(Os& os, const SyscallArgs& args) {
    if (args.a[3] == 0) return sysSemop(os, args);
    i64 time[2];
    if (!copyFromUser(os, {reinterpret_cast<u8*>(time), sizeof time}, args.a[3])) return -error::kFault;
    if (time[0] < 0 || time[1] < 0 || time[1] > 999'999'999) return -error::kInval;
    const u64 ns = static_cast<u64>(std::min<i64>(time[0], 9'000'000'000)) * 1'000'000'000u + static_cast<u64>(time[1]);
    return semaphoreOperation(os, asInt(args.a[0]), args.a[1], asUnsigned(args.a[2]), ns);
}

i64 sysSemctl(Os& os, const SyscallArgs& args) {
    struct Set {
        Permissions permissions;
        i64 used, unused1, changed, unused2;
        u64 count, unused3, unused4;
    };
    static_assert(sizeof(Set) == 104);
    constexpr u32 kGetPid = 11, kGetValue = 12, kGetAll = 13, kGetWaiters = 14, kGetZeroWaiters = 15, kSetValue = 16,
                  kSetAll = 17;
    const i32 id = asInt(args.a[0]);
    const u32 number = asUnsigned(args.a[1]), command = asUnsigned(args.a[2]) & ~0x100u;
    const auto it = ipcOf(os).semaphores.find(id);
    if (it == ipcOf(os).semaphores.end()) return -error::kInval;
    SemaphoreSet& set = it->second;
    const bool one = command == kGetPid || command == kGetValue || command == kGetWaiters ||
                     command == kGetZeroWaiters || command == kSetValue;
    if (one && number >= set.values.size()) return -error::kInval;
    if (const i64 denied = mayUse(os, set, command == kSetValue || command == kSetAll ? 2 : 4);
        denied != 0 && command != kRemove && command != kSet)
        return denied;
    switch (command) {
        case kGetValue:
            return set.values[number];
        case kGetPid:
            return set.lastPid[number];
        case kGetWaiters:
        case kGetZeroWaiters: {
            const auto waiting = os.kernel.waitQueues.find(semaphoreQueue(os, id));
            return waiting == os.kernel.waitQueues.end() ? 0 : static_cast<i64>(waiting->second.size());
        }
        case kSetValue: {
            const i32 value = asInt(args.a[3]);
            if (value < 0 || value > kHighest) return -error::kRange;
            set.values[number] = value;
            set.lastPid[number] = callerPid(os);
            set.changedSeconds = nowSeconds(os);
            wakeUp(os, semaphoreQueue(os, id));
            return 0;
        }
        case kGetAll: {
            const std::vector<u16> values(set.values.begin(), set.values.end());
            return copyToUser(os, args.a[3], {reinterpret_cast<const u8*>(values.data()), values.size() * 2})
                       ? 0
                       : -error::kFault;
        }
        case kSetAll: {
            std::vector<u16> values(set.values.size());
            if (!copyFromUser(os, {reinterpret_cast<u8*>(values.data()), values.size() * 2}, args.a[3]))
                return -error::kFault;
            if (std::ranges::any_of(values, [](u16 v) { return v > kHighest; })) return -error::kRange;
            set.values.assign(values.begin(), values.end());
            set.changedSeconds = nowSeconds(os);
            wakeUp(os, semaphoreQueue(os, id));
            return 0;
        }
        case kStat: {
            const Set out{permissionsOf(set), set.usedSeconds, 0, set.changedSeconds, 0, set.values.size(), 0, 0};
            return putUser(os, args.a[3], out) ? 0 : -error::kFault;
        }
        case kSet: {
            Set in;
            if (!getUser(os, in, args.a[3])) return -error::kFault;
            if (!owns(os, set)) return -error::kPerm;
            set.mode = in.permissions.mode & 0777;
            set.uid = in.permissions.uid;
            set.gid = in.permissions.gid;
            return 0;
        }
        case kRemove:
            if (!owns(os, set)) return -error::kPerm;
            ipcOf(os).semaphores.erase(it);
            wakeUp(os, semaphoreQueue(os, id));
            return 0;
        default:
            return -error::kInval;
    }
}

using enum Arg;
constexpr SyscallRow kRows[] = {
    {64, "semget", sysSemget, {Hex, Int, Flags}, Int},
    {65, "semop", sysSemop, {Int, Address, Unsigned}, Int},
    {66, "semctl", sysSemctl, {Int, Int, Int, Hex}, Int},
    {220, "semtimedop", sysSemtimedop, {Int, Address, Unsigned, Address}, Int},
};

}  // namespace

std::span<const SyscallRow> semCalls() { return kRows; }

}  // namespace ringside
