#include "core/kernel/proc/wait.h"

#include <optional>

#include "core/kernel/errno.h"
#include "core/kernel/mm/user_memory.h"
#include "core/kernel/proc/pid.h"
#include "core/kernel/proc/process.h"
#include "core/kernel/proc/sigframe.h"
#include "core/kernel/proc/signal.h"
#include "core/kernel/proc/wait_queue.h"
#include "core/kernel/sched/sched.h"
#include "core/kernel/syscalls/table.h"
#include "core/kernel/syscalls/time_types.h"

namespace ringside {
namespace {

constexpr i32 kStoppedMark = 0x7f, kContinuedStatus = 0xffff;

struct Found {
    TaskId task;
    i32 number = 0;
    u32 uid = 0;
    i32 status = 0;                // as wait4 tells it
    i32 code = 0, infoStatus = 0;  // as waitid does
    UserRusage rusage;
};

bool isEligible(const Os& os, const WaitRequest& request, const Task& child) {
    if (request.which == WaitRequest::Which::Pid && visiblePid(os, child) != request.number) return false;
    if (request.which == WaitRequest::Which::Group &&
        os.kernel.signals.at(child.signal).pgrp != globalNumber(os, request.number))
        return false;
    if (request.options & wait::All) return true;
    const bool isClone = child.exitSignal != kSigChld;
    return isClone == ((request.options & wait::Clone) != 0);
}

// wait_task_zombie
Found collectZombie(Os& os, const WaitRequest& request, Task& child) {
    KernelCall call{os, "wait_task_zombie"};
    const SignalStruct& signal = os.kernel.signals.at(child.signal);
    Found found{.task = child.id, .number = visiblePid(os, child), .uid = child.cred.uid};
    found.status = signal.groupExit ? signal.groupExitCode : child.exitCode;
    if (found.status & 0x7f) {
        found.code = found.status & 0x80 ? si::CldDumped : si::CldKilled;
        found.infoStatus = found.status & 0x7f;
    } else {
        found.code = si::CldExited;
        found.infoStatus = found.status >> 8;
    }
    found.rusage = rusageOf(os, child, kRusageBoth);
    if (request.options & wait::NoWait) return found;
    child.exitState = state::ExitDead;
    SignalStruct& mine = os.kernel.signals.edit(os.kernel.currentTask().signal);
    mine.childUtime += child.utime + signal.utime + signal.childUtime;
    mine.childStime += child.stime + signal.stime + signal.childStime;
    mine.childMinorFaults += child.minorFaults + signal.minorFaults + signal.childMinorFaults;
    mine.childMajorFaults += child.majorFaults + signal.majorFaults + signal.childMajorFaults;
    os.emit(EventKind::Reap, {static_cast<u64>(child.pid())}, child.comm);
    sample(os, child, SampleKind::Reap, TaskPhase::Gone, os.kernel.currentTask().pid());
    releaseTask(os, child.id);
    return found;
}

std::optional<Found> considerTask(Os& os, const WaitRequest& request, TaskId id) {
    Task& child = os.kernel.tasks.edit(id);
    if (child.exitState == state::ExitZombie) {
        if (!(request.options & wait::Exited) || !threadGroupEmpty(os, child)) return {};
        return collectZombie(os, request, child);
    }
    SignalStruct& signal = os.kernel.signals.edit(child.signal);
    Found found{.task = id, .number = visiblePid(os, child), .uid = child.cred.uid};
    const bool keep = request.options & wait::NoWait;
    if ((request.options & wait::Stopped) && signal.stopped && signal.stopCode) {
        found.status = signal.stopCode << 8 | kStoppedMark;
        found.code = si::CldStopped;
        found.infoStatus = signal.stopCode;
        if (!keep) signal.stopCode = 0;
    } else if ((request.options & wait::Continued) && signal.continued) {
        found.status = kContinuedStatus;
        found.code = si::CldContinued;
        found.infoStatus = kSigCont;
        if (!keep) signal.continued = false;
    } else {
        return {};
    }
    found.rusage = rusageOf(os, child, kRusageBoth);
    return found;
}

i64 report(Os& os, const WaitRequest& request, const Found* found) {
    if (request.infoAddress) {
        std::array<u8, kSigInfoSize> bytes{};
        if (found)
            bytes = encodeSigInfo({.signal = kSigChld,
                                   .code = found->code,
                                   .pid = found->number,
                                   .uid = static_cast<i32>(found->uid),
                                   .status = found->infoStatus});
        constexpr std::size_t kWritten = 28;  // up to si_status
        if (!copyToUser(os, request.infoAddress, std::span(bytes).first(kWritten))) return -error::kFault;
    }
    if (!found) return 0;
    if (request.statusAddress && !putUser(os, request.statusAddress, found->status)) return -error::kFault;
    if (request.rusageAddress && !putUser(os, request.rusageAddress, found->rusage)) return -error::kFault;
    return request.wantsInfo ? 0 : found->number;
}

}  // namespace

i64 doWait(Os& os, const WaitRequest& request) {
    KernelCall call{os, "do_wait"};
    const Task& current = os.kernel.currentTask();
    bool anyone = false;
    const std::vector<TaskId> threads = request.options & wait::NoThread ? std::vector<TaskId>{current.id}
                                                                         : os.kernel.signals.at(current.signal).threads;
    for (TaskId thread : threads) {
        const std::vector<TaskId> children = os.kernel.tasks.at(thread).children;
        for (TaskId id : children) {
            const Task& child = os.kernel.tasks.at(id);
            if (child.exitState == state::ExitDead || !isEligible(os, request, child)) continue;
            anyone = true;
            if (const auto found = considerTask(os, request, id)) return report(os, request, &*found);
        }
    }
    if (!anyone) return -error::kChild;
    if (request.options & wait::NoHang) return report(os, request, nullptr);
    if (signalPending(os)) return kERestartSys;
    sleepOn(os, waitQueue(WaitKind::Child, current.signal.value), state::Interruptible);
    return kAgain;
}

}  // namespace ringside
