// Priorities, policies, affinity.
#include "core/kernel/sched/sched.h"

#include <algorithm>

#include "core/kernel/errno.h"
#include "core/kernel/mm/user_memory.h"
#include "core/kernel/proc/nsproxy.h"
#include "core/kernel/proc/pid.h"
#include "core/kernel/proc/rseq.h"
#include "core/kernel/sched/class.h"
#include "core/kernel/syscalls/table.h"
#include "core/kernel/syscalls/time_types.h"

namespace ringside {
namespace {

constexpr u64 kResetOnFork = 0x40000000;
constexpr std::size_t kRlimitNice = 13, kRlimitRtPrio = 14;

TaskId taskOf(const Os& os, u64 pid) {
    const i32 number = static_cast<i32>(pid);
    return number == 0 ? os.kernel.current : findTask(os, number);
}
bool isRoot(const Os& os) { return capableEverywhere(os); }
bool mayChange(const Os& os, const Task& task) {
    const Cred& mine = os.kernel.currentTask().cred;
    return mine.euid == 0 || mine.euid == task.cred.euid || mine.euid == task.cred.uid;
}
bool canNice(const Os& os, const Task& task, int nice) {
    const u64 ceiling = static_cast<u64>(20 - nice);
    return isRoot(os) || ceiling <= os.kernel.signals.at(task.signal).rlimits[kRlimitNice][0];
}
bool isRealTime(SchedPolicy policy) { return policy == SchedPolicy::Fifo || policy == SchedPolicy::Rr; }
bool isFair(SchedPolicy policy) {
    return policy == SchedPolicy::Normal || policy == SchedPolicy::Batch || policy == SchedPolicy::Idle;
}
bool isPolicy(u64 policy) { return policy <= 6 && policy != 4; }

// PRIO_PROCESS, PRIO_PGRP, PRIO_USER
std::vector<TaskId> priorityTargets(const Os& os, u64 which, i32 who) {
    std::vector<TaskId> found;
    const Task& current = os.kernel.currentTask();
    switch (which) {
        case 0:
            if (const TaskId id = taskOf(os, static_cast<u64>(who)); id != TaskId{}) found.push_back(id);
            break;
        case 1: {
            const i32 pgrp = who == 0 ? os.kernel.signals.at(current.signal).pgrp : globalNumber(os, who);
            for (TaskId leader : groupMembers(os.kernel, pgrp))
                for (TaskId id : os.kernel.signals.at(os.kernel.tasks.at(leader).signal).threads) found.push_back(id);
            break;
        }
        default: {
            const u32 uid = who == 0 ? current.cred.uid : static_cast<u32>(who);
            for (const auto& [id, task] : os.kernel.tasks)
                if (task.cred.uid == uid && visiblePid(os, task) > 0 && task.sighand != SighandId{})
                    found.push_back(id);
        }
    }
    return found;
}

i64 sysSetpriority(Os& os, const SyscallArgs& args) {
    if (args.a[0] > 2) return -error::kInval;
    const int nice = std::clamp(static_cast<int>(args.a[2]), -20, 19);
    i64 result = -error::kSrch;
    for (TaskId id : priorityTargets(os, args.a[0], static_cast<i32>(args.a[1]))) {
        const Task& task = os.kernel.tasks.at(id);
        if (!mayChange(os, task)) {
            result = -error::kPerm;
        } else if (nice < task.nice && !canNice(os, task, nice)) {
            result = -error::kAcces;
        } else {
            if (result == -error::kSrch) result = 0;
            setNice(os, id, nice);
        }
    }
    return result;
}
i64 sysGetpriority(Os& os, const SyscallArgs& args) {
    if (args.a[0] > 2) return -error::kInval;
    i64 best = -error::kSrch;
    for (TaskId id : priorityTargets(os, args.a[0], static_cast<i32>(args.a[1])))
        best = std::max<i64>(best, 20 - os.kernel.tasks.at(id).nice);
    return best;
}

i64 sysSchedYield(Os& os, const SyscallArgs&) {
    schedYield(os);
    return 0;
}

// What __sched_setscheduler checks before anything changes.
i64 checkAttr(Os& os, const Task& task, const SchedAttr& attr) {
    if (isRealTime(attr.policy) != (attr.rtPriority != 0) || attr.rtPriority < 0 || attr.rtPriority > 99)
        return -error::kInval;
    if (attr.policy == SchedPolicy::Deadline) {
        constexpr u64 kSmallest = 1024;  // DL_SCALE
        if (attr.deadline == 0 || attr.runtime < kSmallest || attr.deadline >> 63 || attr.period >> 63 ||
            attr.period < attr.deadline || attr.deadline < attr.runtime)
            return -error::kInval;
    }
    if (isRoot(os)) return 0;
    if (isFair(attr.policy) && attr.nice < task.nice && !canNice(os, task, attr.nice)) return -error::kPerm;
    if (isRealTime(attr.policy)) {
        const u64 limit = os.kernel.signals.at(task.signal).rlimits[kRlimitRtPrio][0];
        if (attr.policy != task.policy && limit == 0) return -error::kPerm;
        if (attr.rtPriority > task.rtPriority && static_cast<u64>(attr.rtPriority) > limit) return -error::kPerm;
    }
    if (attr.policy == SchedPolicy::Deadline) return -error::kPerm;
    if (!mayChange(os, task)) return -error::kPerm;
    return task.resetOnFork && !attr.resetOnFork ? -error::kPerm : 0;
}

// sched_dl_overflow: all deadlines together may have 95 % of the CPU.
bool admits(const Os& os, TaskId id, const SchedAttr& attr) {
    if (attr.policy != SchedPolicy::Deadline) return true;
    const auto bandwidth = [](u64 runtime, u64 period) {
        return static_cast<u64>((static_cast<u128>(runtime) << 20) / period);
    };
    u64 sum = bandwidth(attr.runtime, attr.period);
    for (const auto& [other, task] : os.kernel.tasks)
        if (other != id && task.policy == SchedPolicy::Deadline && task.dl.period && task.sighand != SighandId{})
            sum += bandwidth(task.dl.runtime, task.dl.period);
    return sum <= bandwidth(95, 100);
}

i64 change(Os& os, u64 pid, const SchedAttr& attr) {
    const TaskId id = taskOf(os, pid);
    if (id == TaskId{}) return -error::kSrch;
    if (const i64 wrong = checkAttr(os, os.kernel.tasks.at(id), attr); wrong < 0) return wrong;
    if (!admits(os, id, attr)) return -error::kBusy;
    return setSchedAttr(os, id, attr);
}

i64 setscheduler(Os& os, u64 pid, std::optional<u64> policy, u64 paramAddress) {
    i32 priority = 0;
    if (paramAddress == 0 || static_cast<i32>(pid) < 0) return -error::kInval;
    if (!getUser(os, priority, paramAddress)) return -error::kFault;
    const TaskId id = taskOf(os, pid);
    if (id == TaskId{}) return -error::kSrch;
    const Task& task = os.kernel.tasks.at(id);
    SchedAttr attr{.policy = task.policy, .nice = task.nice, .rtPriority = priority, .resetOnFork = task.resetOnFork};
    if (policy) {
        attr.resetOnFork = *policy & kResetOnFork;
        const u64 plain = *policy & ~kResetOnFork;
        if (!isPolicy(plain) || plain == static_cast<u64>(SchedPolicy::Deadline)) return -error::kInval;
        attr.policy = static_cast<SchedPolicy>(plain);
    }
    return change(os, pid, attr);
}
i64 sysSchedSetscheduler(Os& os, const SyscallArgs& args) {
    if (static_cast<i32>(args.a[1]) < 0) return -error::kInval;
    return setscheduler(os, args.a[0], args.a[1] & 0xffffffff, args.a[2]);
}
i64 sysSchedSetparam(Os& os, const SyscallArgs& args) { return setscheduler(os, args.a[0], {}, args.a[1]); }

i64 sysSchedGetscheduler(Os& os, const SyscallArgs& args) {
    if (static_cast<i32>(args.a[0]) < 0) return -error::kInval;
    const TaskId id = taskOf(os, args.a[0]);
    if (id == TaskId{}) return -error::kSrch;
    const Task& task = os.kernel.tasks.at(id);
    return static_cast<i64>(task.policy) | (task.resetOnFork ? static_cast<i64>(kResetOnFork) : 0);
}
i64 sysSchedGetparam(Os& os, const SyscallArgs& args) {
    if (static_cast<i32>(args.a[0]) < 0 || args.a[1] == 0) return -error::kInval;
    const TaskId id = taskOf(os, args.a[0]);
    if (id == TaskId{}) return -error::kSrch;
    return putUser(os, args.a[1], i32{os.kernel.tasks.at(id).rtPriority}) ? 0 : -error::kFault;
}

struct UserSchedAttr {
    u32 size = sizeof(UserSchedAttr), policy = 0;
    u64 flags = 0;
    i32 nice = 0;
    u32 priority = 0;
    u64 runtime = 0, deadline = 0, period = 0;
    u32 utilMin = 0, utilMax = 0;
};
static_assert(sizeof(UserSchedAttr) == 56);
constexpr u32 kAttrSize0 = 48;

i64 sysSchedSetattr(Os& os, const SyscallArgs& args) {
    constexpr u64 kFlagResetOnFork = 1, kFlagKeepPolicy = 8, kFlagKeepParams = 0x10;
    if (args.a[1] == 0 || static_cast<i32>(args.a[0]) < 0 || args.a[2]) return -error::kInval;
    u32 size = 0;
    if (!getUser(os, size, args.a[1])) return -error::kFault;
    if (size == 0) size = kAttrSize0;
    if (size < kAttrSize0 || size > kPageSize) return -error::k2Big;
    UserSchedAttr user;
    if (!copyFromUser(os, {reinterpret_cast<u8*>(&user), std::min<std::size_t>(size, sizeof user)}, args.a[1]))
        return -error::kFault;
    const TaskId id = taskOf(os, args.a[0]);
    if (id == TaskId{}) return -error::kSrch;
    const Task& task = os.kernel.tasks.at(id);
    if (user.flags & kFlagKeepPolicy) user.policy = static_cast<u32>(task.policy);
    if (!isPolicy(user.policy)) return -error::kInval;
    SchedAttr attr{.policy = static_cast<SchedPolicy>(user.policy),
                   .nice = std::clamp(user.nice, -20, 19),
                   .rtPriority = static_cast<int>(user.priority),
                   .resetOnFork = (user.flags & kFlagResetOnFork) != 0,
                   .runtime = user.runtime,
                   .deadline = user.deadline,
                   .period = user.period ? user.period : user.deadline};
    if (user.flags & kFlagKeepParams) {
        attr.nice = task.nice;
        attr.rtPriority = task.rtPriority;
        attr.runtime = task.dl.runtime;
        attr.deadline = task.dl.deadline;
        attr.period = task.dl.period;
    }
    return change(os, args.a[0], attr);
}
i64 sysSchedGetattr(Os& os, const SyscallArgs& args) {
    if (args.a[1] == 0 || static_cast<i32>(args.a[0]) < 0 || args.a[3] || args.a[2] < kAttrSize0 ||
        args.a[2] > kPageSize)
        return -error::kInval;
    const TaskId id = taskOf(os, args.a[0]);
    if (id == TaskId{}) return -error::kSrch;
    const Task& task = os.kernel.tasks.at(id);
    UserSchedAttr user;
    user.size = static_cast<u32>(std::min<u64>(args.a[2], sizeof user));
    user.policy = static_cast<u32>(task.policy);
    user.flags = task.resetOnFork ? 1 : 0;
    if (task.policy == SchedPolicy::Deadline) {
        user.runtime = task.dl.runtime;
        user.deadline = task.dl.deadline;
        user.period = task.dl.period;
    } else if (isRealTime(task.policy)) {
        user.priority = static_cast<u32>(task.rtPriority);
    } else {
        user.nice = task.nice;
    }
    return copyToUser(os, args.a[1], {reinterpret_cast<const u8*>(&user), user.size}) ? 0 : -error::kFault;
}

i64 sysSchedGetPriorityMax(Os&, const SyscallArgs& args) {
    if (!isPolicy(args.a[0])) return -error::kInval;
    return isRealTime(static_cast<SchedPolicy>(args.a[0])) ? 99 : 0;
}
i64 sysSchedGetPriorityMin(Os&, const SyscallArgs& args) {
    if (!isPolicy(args.a[0])) return -error::kInval;
    return isRealTime(static_cast<SchedPolicy>(args.a[0])) ? 1 : 0;
}
i64 sysSchedRrGetInterval(Os& os, const SyscallArgs& args) {
    if (static_cast<i32>(args.a[0]) < 0) return -error::kInval;
    const TaskId id = taskOf(os, args.a[0]);
    if (id == TaskId{}) return -error::kSrch;
    const Task& task = os.kernel.tasks.at(id);
    const u64 tickNs = kNsPerSecond / os.kernel.options.hz;
    u64 ns = 0;
    if (task.policy == SchedPolicy::Rr)
        ns = sched::rrTimesliceTicks(os.kernel) * tickNs;
    else if (isFair(task.policy) && os.kernel.runQueue.cfs.loadWeight)
        ns = 6'000'000 / tickNs * tickNs;  // get_rr_interval_fair, alone on the queue
    return putUser(os, args.a[1], toTimespec(ns)) ? 0 : -error::kFault;
}

// One CPU: its mask is all there is.
i64 sysSchedGetaffinity(Os& os, const SyscallArgs& args) {
    constexpr std::size_t kMaskBytes = 8;  // nr_cpu_ids rounded up to a long
    if (args.a[1] < kMaskBytes || args.a[1] & 7) return -error::kInval;
    if (taskOf(os, args.a[0]) == TaskId{}) return -error::kSrch;
    return putUser(os, args.a[2], u64{1}) ? static_cast<i64>(kMaskBytes) : -error::kFault;
}
i64 sysSchedSetaffinity(Os& os, const SyscallArgs& args) {
    u64 mask = 0;
    const std::size_t size = std::min<std::size_t>(args.a[1], sizeof mask);
    if (!copyFromUser(os, {reinterpret_cast<u8*>(&mask), size}, args.a[2])) return -error::kFault;
    const TaskId id = taskOf(os, args.a[0]);
    if (id == TaskId{}) return -error::kSrch;
    if (!mayChange(os, os.kernel.tasks.at(id))) return -error::kPerm;
    return mask & 1 ? 0 : -error::kInval;
}
i64 sysGetcpu(Os& os, const SyscallArgs& args) {
    if (args.a[0] && !putUser(os, args.a[0], u32{0})) return -error::kFault;
    if (args.a[1] && !putUser(os, args.a[1], u32{0})) return -error::kFault;
    return 0;
}
i64 sysIoprio(Os&, const SyscallArgs&) { return 0; }

i64 sysRseq(Os& os, const SyscallArgs& args) {
    return registerRseq(os, args.a[0], static_cast<u32>(args.a[1]), static_cast<u32>(args.a[2]),
                        static_cast<u32>(args.a[3]));
}

constexpr SyscallRow kRows[] = {
    {24, "sched_yield", sysSchedYield, {}, Arg::Int},
    {140, "getpriority", sysGetpriority, {Arg::Int, Arg::Pid}, Arg::Int},
    {141, "setpriority", sysSetpriority, {Arg::Int, Arg::Pid, Arg::Int}, Arg::Int},
    {142, "sched_setparam", sysSchedSetparam, {Arg::Pid, Arg::Address}, Arg::Int},
    {143, "sched_getparam", sysSchedGetparam, {Arg::Pid, Arg::Address}, Arg::Int},
    {144, "sched_setscheduler", sysSchedSetscheduler, {Arg::Pid, Arg::Int, Arg::Address}, Arg::Int},
    {145, "sched_getscheduler", sysSchedGetscheduler, {Arg::Pid}, Arg::Int},
    {146, "sched_get_priority_max", sysSchedGetPriorityMax, {Arg::Int}, Arg::Int},
    {147, "sched_get_priority_min", sysSchedGetPriorityMin, {Arg::Int}, Arg::Int},
    {148, "sched_rr_get_interval", sysSchedRrGetInterval, {Arg::Pid, Arg::Address}, Arg::Int},
    {203, "sched_setaffinity", sysSchedSetaffinity, {Arg::Pid, Arg::Size, Arg::Address}, Arg::Int},
    {204, "sched_getaffinity", sysSchedGetaffinity, {Arg::Pid, Arg::Size, Arg::Address}, Arg::Int},
    {251, "ioprio_set", sysIoprio, {Arg::Int, Arg::Pid, Arg::Hex}, Arg::Int},
    {252, "ioprio_get", sysIoprio, {Arg::Int, Arg::Pid}, Arg::Int},
    {309, "getcpu", sysGetcpu, {Arg::Address, Arg::Address}, Arg::Int},
    {314, "sched_setattr", sysSchedSetattr, {Arg::Pid, Arg::Address, Arg::Flags}, Arg::Int},
    {315, "sched_getattr", sysSchedGetattr, {Arg::Pid, Arg::Address, Arg::Size, Arg::Flags}, Arg::Int},
    {334, "rseq", sysRseq, {Arg::Address, Arg::Size, Arg::Flags, Arg::Hex}, Arg::Int},
};

}  // namespace

std::span<const SyscallRow> schedCalls() { return kRows; }

}  // namespace ringside
