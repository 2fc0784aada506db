#include <algorithm>
#include <fmt/format.h>

#include "core/kernel/entry/border.h"
#include "core/kernel/entry/kernel_stack.h"
#include "core/kernel/fs/files.h"
#include "core/kernel/mm/address_space.h"
#include "core/kernel/mm/frames.h"
#include "core/kernel/mm/user_memory.h"
#include "core/kernel/proc/futex.h"
#include "core/kernel/proc/nsproxy.h"
#include "core/kernel/proc/pid.h"
#include "core/kernel/proc/process.h"
#include "core/kernel/proc/signal.h"
#include "core/kernel/proc/timers.h"
#include "core/kernel/proc/wait_queue.h"
#include "core/kernel/sched/sched.h"

namespace ringside {
namespace {

constexpr Cycles kExitCost = 300, kReleaseCost = 80;

const SignalStruct& signalOf(const Os& os, const Task& task) { return os.kernel.signals.at(task.signal); }

bool isExiting(const Task& task) { return task.flags & pf::Exiting; }

// Threads of the group that have not begun to exit, but `task`.
TaskId aliveThread(const Os& os, const Task& task) {
    for (TaskId id : signalOf(os, task).threads)
        if (id != task.id && !isExiting(os.kernel.tasks.at(id))) return id;
    return {};
}

// exit_signals: signals for the group go to a thread that is still there.
void exitSignals(Os& os, Task& task) {
    KernelCall call{os, "exit_signals"};
    SignalStruct& signal = os.kernel.signals.edit(task.signal);
    if (task.stopPending) {
        task.stopPending = false;
        if (signal.stopCount > 0 && --signal.stopCount == 0 && !signal.groupExit) {
            signal.stopped = true;
            notifyParentStopped(os, task, si::CldStopped);
        }
    }
    if (signal.groupExit) return;
    const SigSet wanted = signal.shared.set & ~task.blocked;
    if (!wanted) return;
    for (TaskId id : signal.threads) {
        if (id == task.id || isExiting(os.kernel.tasks.at(id))) continue;
        Task& thread = os.kernel.tasks.edit(id);
        if (!(wanted & ~thread.blocked)) continue;
        signalWakeUp(os, thread, false);
        return;
    }
}

void exitMm(Os& os, Task& task) {
    KernelCall call{os, "exit_mm"};
    {
        KernelCall release{os, "exit_mm_release"};
        futexCleanup(os, task);
        if (task.clearChildTid && task.mm != MmId{}) {
            if (os.kernel.mms.at(task.mm).users > 1 && putUser(os, task.clearChildTid, u32{0}))
                futexWake(os, task.clearChildTid, 1, true);
            task.clearChildTid = 0;
        }
        completeVfork(os, task);
    }
    if (task.mm == MmId{}) return;
    const MmId mm = std::exchange(task.mm, MmId{});
    task.activeMm = {};
    KernelCall put{os, "mmput"};
    putMm(os, mm);
}

// zap_pid_ns_processes: the init of a namespace takes everyone in it along.
void zapNamespace(Os& os, const Task& task) {
    const PidNsId ns = activePidNamespace(task);
    if (os.kernel.pidNamespaces.at(ns).childReaper != task.id || os.kernel.pidNamespaces.at(ns).level == 0) return;
    KernelCall call{os, "zap_pid_ns_processes"};
    os.kernel.pidNamespaces.edit(ns).childReaper = {};
    const auto members = os.kernel.pidNamespaces.at(ns).idr.entries();
    for (const auto& [number, id] : members)
        if (id != task.id && os.kernel.tasks.contains(id)) sendSignal(os, id, kernelInfo(kSigKill), false);
}

// The task that orphans of `father` go to: another thread, the nearest subreaper, or the namespace's init.
TaskId findReaper(const Os& os, const Task& father) {
    if (const TaskId thread = aliveThread(os, father); thread != TaskId{}) return thread;
    const PidNsId ns = activePidNamespace(father);
    const TaskId init = os.kernel.pidNamespaces.at(ns).childReaper;
    for (TaskId at = father.realParent; at != TaskId{} && at != init && at != TaskId{1};) {
        const Task& task = os.kernel.tasks.at(at);
        if (activePidNamespace(task) != ns) break;
        if (signalOf(os, task).childSubreaper) {
            if (!isExiting(task)) return at;
            if (const TaskId thread = aliveThread(os, task); thread != TaskId{}) return thread;
        }
        at = task.realParent;
    }
    if (init == father.id || init == TaskId{}) {
        // The init itself goes, and has killed everyone in its namespace: nobody shall wait for them.
        return findGlobal(os.kernel, 2);
    }
    return init;
}

// kill_orphaned_pgrp: a group with stopped members that nobody can continue any more gets SIGHUP and SIGCONT.
void killOrphanedGroup(Os& os, const Task& task, const Task* parent) {
    const Task& above = parent ? *parent : os.kernel.tasks.at(task.realParent);
    const SignalStruct& mine = signalOf(os, task);
    const i32 pgrp = mine.pgrp;
    if (above.sighand == SighandId{}) return;
    const SignalStruct& other = signalOf(os, above);
    if (other.pgrp == pgrp || other.session != mine.session) return;
    if (!isOrphanedGroup(os, pgrp, parent ? TaskId{} : task.id)) return;
    bool stopped = false;
    for (TaskId id : groupMembers(os.kernel, pgrp)) stopped |= signalOf(os, os.kernel.tasks.at(id)).stopped;
    if (!stopped) return;
    killProcessGroup(os, pgrp, kernelInfo(kSigHup));
    killProcessGroup(os, pgrp, kernelInfo(kSigCont));
}

void forgetOriginalParent(Os& os, Task& father) {
    KernelCall call{os, "forget_original_parent"};
    // find_child_reaper: orphans of the namespace go to another thread of its init from now on.
    PidNamespace& ns = os.kernel.pidNamespaces.edit(activePidNamespace(father));
    if (ns.childReaper == father.id)
        if (const TaskId thread = aliveThread(os, father); thread != TaskId{}) ns.childReaper = thread;
    if (father.children.empty()) return;
    const TaskId reaper = findReaper(os, father);
    const std::vector<TaskId> children = std::exchange(father.children, {});
    for (TaskId id : children) {
        Task& child = os.kernel.tasks.edit(id);
        child.realParent = child.parent = reaper;
        // The threads have their leader's parent; its list of children holds the leader alone.
        for (TaskId thread : signalOf(os, child).threads) {
            Task& other = os.kernel.tasks.edit(thread);
            other.realParent = other.parent = reaper;
        }
        os.kernel.tasks.edit(reaper).children.push_back(id);
        os.emit(EventKind::Reparent,
                {static_cast<u64>(child.pid()), static_cast<u64>(os.kernel.tasks.at(reaper).pid())});
        if (child.parentDeathSignal && child.exitState == 0)
            sendSignal(os, id, kernelInfo(static_cast<i32>(child.parentDeathSignal)), true);
        if (os.kernel.tasks.at(reaper).tgid == father.tgid) continue;
        child.exitSignal = kSigChld;
        if (child.exitState == state::ExitZombie && threadGroupEmpty(os, child)) {
            if (notifyParent(os, child, child.exitSignal)) {
                child.exitState = state::ExitDead;
                releaseTask(os, id);
                continue;
            }
        }
        killOrphanedGroup(os, child, &father);
    }
}

void exitNotify(Os& os, Task& task, bool groupDead) {
    KernelCall call{os, "exit_notify"};
    forgetOriginalParent(os, task);
    if (groupDead) killOrphanedGroup(os, os.kernel.tasks.at(task.groupLeader), nullptr);
    task.exitState = state::ExitZombie;
    bool autoreap;
    if (task.groupLeader == task.id)
        autoreap = threadGroupEmpty(os, task) && notifyParent(os, task, task.exitSignal);
    else
        autoreap = true;
    SignalStruct& signal = os.kernel.signals.edit(task.signal);
    if (signal.execTask != TaskId{} && signal.threads.size() <= 2) wakeUpProcess(os, signal.execTask);
    if (!autoreap) return;
    task.exitState = state::ExitDead;
    releaseTask(os, task.id);
}

// The first program is PID 1, or with --init its charge; either way the machine has done its work.
void firstProgramEnds(Os& os, const Task& task, i32 code) {
    if (os.kernel.exitStatus) return;
    os.kernel.exitStatus = code;
    if (os.kernel.options.hasInit() && task.tgid == 1)
        panic(os, fmt::format("Attempted to kill init! exitcode=0x{:08x}", static_cast<u32>(code)));
}

}  // namespace

bool threadGroupEmpty(const Os& os, const Task& task) { return signalOf(os, task).threads.size() <= 1; }

void zapOtherThreads(Os& os, Task& task) {
    KernelCall call{os, "zap_other_threads"};
    SignalStruct& signal = os.kernel.signals.edit(task.signal);
    signal.stopCount = 0;
    for (TaskId id : signal.threads) {
        if (id == task.id) continue;
        Task& thread = os.kernel.tasks.edit(id);
        thread.stopPending = false;
        if (thread.exitState) continue;
        thread.pending.set |= sigBit(kSigKill);
        signalWakeUp(os, thread, true);
    }
}

void doGroupExit(Os& os, i32 code) {
    KernelCall call{os, "do_group_exit"};
    Task& task = os.current();
    SignalStruct& signal = os.kernel.signals.edit(task.signal);
    if (signal.groupExit) {
        code = signal.groupExitCode;
    } else if (signal.execTask != TaskId{}) {
        code = 0;
    } else {
        signal.groupExitCode = code;
        signal.groupExit = true;
        zapOtherThreads(os, task);
    }
    doExit(os, code);
}

void doExit(Os& os, i32 code) {
    Task& task = os.current();
    accountCpu(os, task, false);
    endTask(os, task, code);
    KernelCall dead{os, "do_task_dead"};
    task.state = state::Dead;
}

void endTask(Os& os, Task& task, i32 code) {
    KernelCall call{os, "do_exit", kExitCost};
    CHECK(!isExiting(task) && !isIdleTask(task));
    SignalStruct& signal = os.kernel.signals.edit(task.signal);
    task.flags |= pf::Exiting;
    const bool groupDead = aliveThread(os, task) == TaskId{};
    if (groupDead && !signal.groupExit) {  // synchronize_group_exit
        signal.groupExit = true;
        signal.groupExitCode = code;
    }
    exitSignals(os, task);
    os.emitFor(task, EventKind::Exit, {static_cast<u64>(static_cast<u32>(code))}, task.comm);
    if (groupDead) {
        if (task.tgid == 1) {
            firstProgramEnds(os, task, signal.groupExitCode);
            sample(os, task, SampleKind::Exit, TaskPhase::Zombie);
        }
        exitItimers(os, signal);
    }
    task.exitCode = code;
    exitMm(os, task);
    {
        KernelCall files{os, "exit_files"};
        if (task.files != FilesId{}) putFiles(os, std::exchange(task.files, FilesId{}));
    }
    {
        KernelCall fs{os, "exit_fs"};
        if (task.fs != FsId{}) putFs(os, std::exchange(task.fs, FsId{}));
    }
    if (groupDead && signal.leader) {
        KernelCall tty{os, "disassociate_ctty"};
        Tty& terminal = os.kernel.vfs.tty;
        if (signal.hasTty && terminal.session == signal.session) {
            if (terminal.pgrp > 0) {
                killProcessGroup(os, terminal.pgrp, kernelInfo(kSigHup));
                killProcessGroup(os, terminal.pgrp, kernelInfo(kSigCont));
            }
            terminal.session = terminal.pgrp = 0;
            for (TaskId id : sessionMembers(os.kernel, signal.session))
                os.kernel.signals.edit(os.kernel.tasks.at(id).signal).hasTty = false;
        }
    }
    {
        KernelCall namespaces{os, "exit_task_namespaces"};
        exitTaskNamespaces(os, task);
    }
    if (groupDead) zapNamespace(os, task);
    exitNotify(os, task, groupDead);
}

bool notifyParent(Os& os, Task& task, i32 signalNumber) {
    KernelCall call{os, "do_notify_parent"};
    const Task& parent = os.kernel.tasks.at(task.parent);
    if (parent.sighand == SighandId{}) return true;
    const SignalStruct& mine = signalOf(os, task);
    SigInfo info{.signal = signalNumber};
    info.pid = numberIn(task, activePidNamespace(parent));
    info.uid = static_cast<i32>(task.cred.uid);
    const i32 code = mine.groupExit && mine.groupExitCode ? mine.groupExitCode : task.exitCode;
    info.status = code & 0x7f;
    if (code & 0x80) {
        info.code = si::CldDumped;
    } else if (code & 0x7f) {
        info.code = si::CldKilled;
    } else {
        info.code = si::CldExited;
        info.status = code >> 8;
    }
    constexpr u64 kNsPerClockTick = 10'000'000;
    info.value = (task.utime + mine.utime) / kNsPerClockTick;
    info.value2 = (task.stime + mine.stime) / kNsPerClockTick;
    bool autoreap = false;
    const SigAction& action = os.kernel.sighands.at(parent.sighand).action[kSigChld];
    if (signalNumber == kSigChld && (action.handler == kSigIgn || (action.flags & sa::NoCldWait))) {
        autoreap = true;
        if (action.handler == kSigIgn) info.signal = 0;
    }
    const SignalId parentSignal = parent.signal;
    // clone(2) takes any number as the exit signal; one that does not exist is never sent (valid_signal).
    if (info.signal > 0 && info.signal <= kLastSignal) sendSignal(os, task.parent, info, true);
    wakeUp(os, waitQueue(WaitKind::Child, parentSignal.value));
    return autoreap;
}

void notifyParentStopped(Os& os, Task& task, i32 why) {
    KernelCall call{os, "do_notify_parent_cldstop"};
    const Task& leader = os.kernel.tasks.at(task.groupLeader);
    const TaskId parentId = leader.realParent;
    const Task* parent = os.kernel.tasks.find(parentId);
    if (!parent || parent->sighand == SighandId{}) return;
    const SignalStruct& mine = signalOf(os, task);
    SigInfo info{.signal = kSigChld, .code = why};
    info.pid = numberIn(leader, activePidNamespace(*parent));
    info.uid = static_cast<i32>(task.cred.uid);
    info.status = why == si::CldContinued ? kSigCont : mine.stopCode & 0x7f;
    const SigAction& action = os.kernel.sighands.at(parent->sighand).action[kSigChld];
    const SignalId parentSignal = parent->signal;
    if (action.handler != kSigIgn && !(action.flags & sa::NoCldStop)) sendSignal(os, parentId, info, true);
    wakeUp(os, waitQueue(WaitKind::Child, parentSignal.value));
}

void releaseTask(Os& os, TaskId id) {
    KernelCall call{os, "release_task", kReleaseCost};
    Task& task = os.kernel.tasks.edit(id);
    const TaskId leaderId = task.groupLeader;
    {
        KernelCall exit{os, "__exit_signal"};
        SignalStruct& signal = os.kernel.signals.edit(task.signal);
        if (const auto self = std::ranges::find(signal.threads, id); self != signal.threads.end()) {
            const auto next = signal.threads.erase(self);
            if (signal.currTarget == id && !signal.threads.empty())
                signal.currTarget = next == signal.threads.end() ? signal.threads.front() : *next;
        }
        signal.utime += task.utime;
        signal.stime += task.stime;
        signal.minorFaults += task.minorFaults;
        signal.majorFaults += task.majorFaults;
        signal.voluntarySwitches += task.voluntarySwitches;
        signal.involuntarySwitches += task.involuntarySwitches;
        if (--os.kernel.sighands.edit(task.sighand).users == 0) os.kernel.sighands.erase(task.sighand);
        task.sighand = {};
        task.pending = {};
    }
    {
        KernelCall unhash{os, "__unhash_process"};
        freePid(os, task);
        if (leaderId == id) unlinkProcess(os, id);
        if (leaderId == id) std::erase(os.kernel.tasks.edit(task.realParent).children, id);
    }
    // The leader waited for its last thread to be told to its parent.
    bool reapLeader = false;
    if (leaderId != id && os.kernel.tasks.contains(leaderId)) {
        Task& leader = os.kernel.tasks.edit(leaderId);
        if (threadGroupEmpty(os, leader) && leader.exitState == state::ExitZombie) {
            reapLeader = notifyParent(os, leader, leader.exitSignal);
            if (reapLeader) leader.exitState = state::ExitDead;
        }
    }
    if (signalOf(os, task).threads.empty()) os.kernel.signals.erase(task.signal);
    if (id != os.kernel.current) {
        if (task.stackBase != 0) freeKernelStack(os, id);
        finishDeadTask(os, id);
    }
    if (reapLeader) releaseTask(os, leaderId);
}

}  // namespace ringside
