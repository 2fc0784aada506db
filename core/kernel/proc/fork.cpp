#include <algorithm>
#include <fmt/format.h>

#include "core/kernel/entry/border.h"
#include "core/kernel/entry/fpu_state.h"
#include "core/kernel/entry/kernel_stack.h"
#include "core/kernel/errno.h"
#include "core/kernel/fs/files.h"
#include "core/kernel/mm/address_space.h"
#include "core/kernel/mm/frames.h"
#include "core/kernel/mm/user_memory.h"
#include "core/kernel/proc/nsproxy.h"
#include "core/kernel/proc/pid.h"
#include "core/kernel/proc/process.h"
#include "core/kernel/proc/signal.h"
#include "core/kernel/proc/wait_queue.h"
#include "core/kernel/sched/sched.h"
#include "core/kernel/syscalls/table.h"

namespace ringside {
namespace {

constexpr Cycles kForkCost = 400, kDupTaskCost = 150, kPidCost = 40;

i64 checkFlags(const Os& os, const CloneArgs& args) {
    const Task& current = os.kernel.currentTask();
    const u64 f = args.flags;
    const auto both = [&](u64 a, u64 b) { return (f & a) && (f & b); };
    if (both(clone::NewNs, clone::Fs) || both(clone::NewUser, clone::Fs) || both(clone::NewIpc, clone::SysvSem))
        return -error::kInval;
    if ((f & clone::Thread) && !(f & clone::Sighand)) return -error::kInval;
    if ((f & clone::Sighand) && !(f & clone::Vm)) return -error::kInval;
    if ((f & clone::Parent) && os.kernel.signals.at(current.signal).unkillable) return -error::kInval;
    if ((f & clone::Thread) &&
        ((f & (clone::NewUser | clone::NewPid)) || activePidNamespace(current) != current.childPidNs))
        return -error::kInval;
    if (f & clone::PidFd) return -error::kInval;  // descriptors for processes are not modelled
    return 0;
}

bool overProcessLimit(const Os& os) {
    constexpr std::size_t kRlimitNproc = 6;
    const Task& current = os.kernel.currentTask();
    if (capableEverywhere(os)) return false;
    u64 count = 0;
    for (const auto& [id, task] : os.kernel.tasks)
        if (task.sighand != SighandId{} && task.cred.uid == current.cred.uid) ++count;
    return count >= os.kernel.signals.at(current.signal).rlimits[kRlimitNproc][0];
}

// dup_task_struct: the child's task_struct, in a frame of its own.
std::expected<TaskId, i64> dupTask(Os& os, const Task& from) {
    KernelCall call{os, "dup_task_struct", kDupTaskCost};
    const TaskId id{os.kernel.nextId++};
    const auto frame = allocFrame(os, PageUse::Slab, id.value, 0);
    if (!frame) return std::unexpected(-i64{error::kNoMem});
    Task child = from;
    child.id = id;
    child.address = directAddress(addressOf(*frame));
    child.state = state::New;
    child.exitState = 0;
    child.flags = (from.flags & ~(pf::Idle | pf::KThread | pf::Exiting)) | pf::ForkNoExec;
    child.pids.clear();
    child.pidAddress = 0;
    child.tasks = {};
    child.children.clear();
    child.stackBase = 0;
    child.sp = 0;
    child.pending = {};
    child.restoreMask = false;
    child.signalPending = false;
    child.waiting.reset();
    child.wakeAtNs.reset();
    child.timedOut = false;
    child.syscallNumber = ~u64{0};
    child.restartState = 0;
    child.restartBlock = {};
    child.stopPending = false;
    child.exitCode = 0;
    child.setChildTid = child.clearChildTid = 0;
    child.robustList = {};
    child.realBlocked = 0;
    child.futex = {};
    child.vforkWaiter = {};
    child.parentDeathSignal = 0;
    child.minorFaults = child.majorFaults = 0;
    child.startTimeNs = child.lastRanNs = os.nowNs();
    os.kernel.tasks.insert(id, std::move(child));
    return id;
}

void freeTaskStruct(Os& os, TaskId id) {
    const u64 address = os.kernel.tasks.at(id).address;
    if (address) putFrame(os, frameOf(PhysAddr(address - kDirectMap)));
    const NamespaceId userNs = os.kernel.tasks.at(id).cred.userNs;
    os.kernel.tasks.erase(id);
    putNamespace(os, userNs);
}

void copySighand(Os& os, Task& child, u64 flags) {
    KernelCall call{os, "copy_sighand"};
    if (flags & clone::Sighand) {
        ++os.kernel.sighands.edit(child.sighand).users;
        return;
    }
    Sighand copy = os.kernel.sighands.at(child.sighand);
    copy.users = 1;
    if (flags & clone::ClearSighand)
        for (SigAction& action : copy.action)
            if (action.handler != kSigIgn) action = {};
    child.sighand = SighandId{os.kernel.nextId++};
    os.kernel.sighands.insert(child.sighand, std::move(copy));
}

void copySignal(Os& os, Task& child, u64 flags) {
    KernelCall call{os, "copy_signal"};
    if (flags & clone::Thread) {
        os.kernel.signals.edit(child.signal).threads.push_back(child.id);
        return;
    }
    const SignalStruct& from = os.kernel.signals.at(child.signal);
    SignalStruct fresh;
    fresh.id = SignalId{os.kernel.nextId++};
    fresh.threads = {child.id};
    fresh.currTarget = child.id;
    fresh.pgrp = from.pgrp;
    fresh.session = from.session;
    fresh.hasTty = from.hasTty;
    fresh.rlimits = from.rlimits;
    fresh.oomScoreAdj = from.oomScoreAdj;
    fresh.oomScoreAdjMin = from.oomScoreAdjMin;
    child.signal = fresh.id;
    os.kernel.signals.insert(fresh.id, std::move(fresh));
}

bool copyMm(Os& os, Task& child, u64 flags) {
    KernelCall call{os, "copy_mm"};
    if (child.mm == MmId{}) return true;
    if (flags & clone::Vm) {
        getMm(os, child.mm);
    } else {
        child.mm = dupMm(os, child.mm);
        if (child.mm == MmId{}) return false;
    }
    child.activeMm = child.mm;
    return true;
}

// copy_process: the child with everything it shares or has of its own, not yet runnable; or -errno.
std::expected<TaskId, i64> copyProcess(Os& os, const CloneArgs& args) {
    KernelCall call{os, "copy_process", kForkCost};
    const u64 flags = args.flags;
    if (const i64 wrong = checkFlags(os, args); wrong < 0) return std::unexpected(wrong);
    Task& current = os.current();
    recalcSigpending(os, current);
    if (current.signalPending) return std::unexpected(kERestartNoIntr);
    if (overProcessLimit(os)) return std::unexpected(-i64{error::kAgainNow});
    if (const FilesStruct* files = os.kernel.files.find(current.files);
        files && !(flags & clone::Files) && !roomForDescriptors(os, files->slots.size()))
        return std::unexpected(-i64{error::kNoMem});

    const auto made = dupTask(os, current);
    if (!made) return made;
    const TaskId id = *made;
    Task& child = os.kernel.tasks.edit(id);
    getNamespace(os, child.cred.userNs);
    {
        KernelCall creds{os, "copy_creds"};
        if (const i64 refused = copyUserNamespace(os, child, flags)) {
            freeTaskStruct(os, id);
            return std::unexpected(refused);
        }
    }
    schedFork(os, child);
    {
        KernelCall files{os, "copy_files"};
        if (flags & clone::Files)
            getFiles(os, child.files);
        else
            child.files = dupFiles(os, child.files);
    }
    {
        KernelCall fs{os, "copy_fs"};
        if (flags & clone::Fs)
            getFs(os, child.fs);
        else
            child.fs = dupFs(os, child.fs);
    }
    copySighand(os, child, flags);
    copySignal(os, child, flags);

    // From here on all is undone with the same steps as at an exit.
    const auto fail = [&](i64 why, bool withMm, bool withNamespaces) -> std::expected<TaskId, i64> {
        if (withMm && child.mm != MmId{}) putMm(os, child.mm);
        if (withNamespaces) exitTaskNamespaces(os, child);
        if (flags & clone::Thread)
            std::erase(os.kernel.signals.edit(child.signal).threads, id);
        else
            os.kernel.signals.erase(child.signal);
        if (--os.kernel.sighands.edit(child.sighand).users == 0) os.kernel.sighands.erase(child.sighand);
        putFs(os, child.fs);
        putFiles(os, child.files);
        freeTaskStruct(os, id);
        return std::unexpected(why);
    };
    if (!copyMm(os, child, flags)) return fail(-error::kNoMem, false, false);
    if (const i64 refused = copyNamespaces(os, child, flags)) return fail(refused, true, false);
    { KernelCall io{os, "copy_io"}; }
    {
        KernelCall thread{os, "copy_thread"};
        PtRegs regs = readPtRegs(os, current.id);
        regs.rax = 0;
        if (args.stack) regs.rsp = args.stack + args.stackSize;
        child.fsBase = flags & clone::SetTls ? args.tls : os.cpu.regs.segment[FS].base;
        child.gsBase = os.cpu.regs.kernelGsBase;  // swapped by SWAPGS while in the kernel
        child.fpu = fxsave(os.cpu.regs);
        if (!makeKernelStack(os, id, regs)) return fail(-error::kNoMem, true, true);
    }
    os.cpu.cycles += kPidCost;
    auto pids = allocPid(os, child.childPidNs, id);
    if (!pids) {
        freeKernelStack(os, id);
        return fail(pids.error(), true, true);
    }
    child.pids = std::move(*pids);
    child.setChildTid = flags & clone::ChildSetTid ? args.childTid : 0;
    child.clearChildTid = flags & clone::ChildClearTid ? args.childTid : 0;
    { KernelCall futex{os, "futex_init_task"}; }
    {
        KernelCall altStack{os, "sas_ss_reset"};
        if ((flags & (clone::Vm | clone::Vfork)) == clone::Vm) child.altStack = {};
        if (flags & clone::Vm) child.rseq = {};  // rseq_fork
    }
    schedCgroupFork(os, child);

    if (flags & clone::Thread) {
        child.groupLeader = current.groupLeader;
        child.tgid = current.tgid;
        child.exitSignal = -1;
    } else {
        child.groupLeader = id;
        child.tgid = child.pid();
        child.exitSignal = flags & clone::Parent ? os.kernel.tasks.at(current.groupLeader).exitSignal : args.exitSignal;
    }
    child.realParent = flags & (clone::Parent | clone::Thread) ? current.realParent : current.id;
    child.parent = child.realParent;
    if (!(flags & clone::Thread)) {
        KernelCall attach{os, "attach_pid"};
        linkProcess(os, id);
        os.kernel.tasks.edit(child.realParent).children.push_back(id);
        SignalStruct& signal = os.kernel.signals.edit(child.signal);
        if (child.pids.back().nr == 1) {  // init of a new namespace
            signal.unkillable = true;
        }
    }
    return id;
}

}  // namespace

i64 kernelClone(Os& os, const CloneArgs& args) {
    KernelCall call{os, "kernel_clone"};
    Task& current = os.current();
    // Run again: the vfork child has ended or executed a program, or a fatal signal came.
    if (current.restartState != 0) {
        const TaskId child{static_cast<u32>(current.restartState)};
        const i64 number = static_cast<i64>(current.restartState >> 32);
        const Task* found = os.kernel.tasks.find(child);
        if (!found || found->vforkWaiter != current.id) return number;
        if (fatalSignalPending(current)) {
            os.kernel.tasks.edit(child).vforkWaiter = {};
            return number;
        }
        sleepOn(os, waitQueue(WaitKind::Vfork, child.value), state::Killable);
        return kAgain;
    }

    const auto made = copyProcess(os, args);
    if (!made) return made.error();
    Task& child = os.kernel.tasks.edit(*made);
    const i32 number = visiblePid(os, child);
    ++os.kernel.counters.forks;
    os.emit(EventKind::Fork, {static_cast<u64>(child.pid()), args.flags | static_cast<u64>(args.exitSignal)},
            child.comm);
    if (args.flags & clone::ParentSetTid) putUser(os, args.parentTid, number);
    if (args.flags & clone::Vfork) child.vforkWaiter = current.id;
    wakeNew(os, *made);
    if (!(args.flags & clone::Vfork)) return number;

    KernelCall wait{os, "wait_for_vfork_done"};
    current.restartState = made->value | static_cast<u64>(number) << 32;
    sleepOn(os, waitQueue(WaitKind::Vfork, made->value), state::Killable);
    return kAgain;
}

TaskId kernelThread(Os& os, std::string comm, std::string_view symbol) {
    KernelCall call{os, "kernel_thread"};
    const auto made = dupTask(os, os.kernel.currentTask());
    if (!made) return {};
    Task& task = os.kernel.tasks.edit(*made);
    task.comm = std::move(comm);
    task.flags = pf::KThread;
    task.mm = {};
    task.activeMm = {};
    task.nice = 0;
    task.policy = SchedPolicy::Normal;
    schedFork(os, task);
    schedCgroupFork(os, task);
    if (task.files != FilesId{}) getFiles(os, task.files);
    if (task.fs != FsId{}) getFs(os, task.fs);
    const u64 noFlags = 0;
    copySighand(os, task, noFlags);
    copySignal(os, task, noFlags);
    getNamespace(os, task.cred.userNs);
    copyNamespaces(os, task, noFlags);
    auto pids = allocPid(os, task.childPidNs, *made);
    CHECK(pids.has_value());
    task.pids = std::move(*pids);
    task.groupLeader = *made;
    task.tgid = task.pid();
    task.exitSignal = kSigChld;
    task.realParent = task.parent = os.kernel.current;
    os.current().children.push_back(*made);
    linkProcess(os, *made);
    if (!makeKernelThreadStack(os, *made, symbol)) return {};
    return *made;
}

void linkProcess(Os& os, TaskId id) {
    constexpr TaskId kInitTask{1};
    const TaskId last = os.kernel.tasks.at(kInitTask).tasks.previous;
    os.kernel.tasks.edit(id).tasks = {kInitTask, last};
    os.kernel.tasks.edit(last).tasks.next = id;
    os.kernel.tasks.edit(kInitTask).tasks.previous = id;
}

void unlinkProcess(Os& os, TaskId id) {
    const TaskLink link = std::exchange(os.kernel.tasks.edit(id).tasks, {});
    os.kernel.tasks.edit(link.previous).tasks.next = link.next;
    os.kernel.tasks.edit(link.next).tasks.previous = link.previous;
}

void replaceProcess(Os& os, TaskId old, TaskId by) {
    const TaskLink link = std::exchange(os.kernel.tasks.edit(old).tasks, {});
    os.kernel.tasks.edit(by).tasks = link;
    os.kernel.tasks.edit(link.previous).tasks.next = by;
    os.kernel.tasks.edit(link.next).tasks.previous = by;
}

void scheduleTail(Os& os) {
    KernelCall call{os, "schedule_tail"};
    Task& task = os.current();
    if (task.setChildTid == 0) return;
    const i32 number = visiblePid(os, task);
    putUser(os, std::exchange(task.setChildTid, 0), number);
}

void completeVfork(Os& os, Task& task) {
    if (task.vforkWaiter == TaskId{}) return;
    KernelCall call{os, "complete_vfork_done"};
    task.vforkWaiter = {};
    wakeUp(os, waitQueue(WaitKind::Vfork, task.id.value));
}

void finishDeadTask(Os& os, TaskId id) {
    const Task* task = os.kernel.tasks.find(id);
    if (task && task->state == state::Dead && task->sighand == SighandId{}) freeTaskStruct(os, id);
}

i64 doUnshare(Os& os, u64 flags) {
    KernelCall call{os, "ksys_unshare"};
    constexpr u64 kAllowed = clone::Thread | clone::Fs | clone::NewNs | clone::Sighand | clone::Vm | clone::Files |
                             clone::SysvSem | clone::NewUts | clone::NewIpc | clone::NewNet | clone::NewUser |
                             clone::NewPid | clone::NewCgroup | clone::NewTime;
    Task& task = os.current();
    if (flags & clone::NewUser) flags |= clone::Thread | clone::Fs;
    if (flags & clone::Vm) flags |= clone::Sighand;
    if (flags & clone::Sighand) flags |= clone::Thread;
    if (flags & clone::NewNs) flags |= clone::Fs;
    if (flags & ~kAllowed) return -error::kInval;
    if ((flags & (clone::Thread | clone::Sighand | clone::Vm)) && !threadGroupEmpty(os, task)) return -error::kInval;
    if ((flags & clone::Sighand) && os.kernel.sighands.at(task.sighand).users > 1) return -error::kInval;
    if ((flags & clone::Vm) && os.kernel.mms.at(task.mm).users > 1) return -error::kInval;
    if (const i64 refused = unshareNamespaces(os, flags)) return refused;
    if (flags & clone::Fs) {
        const FsId fresh = dupFs(os, task.fs);
        putFs(os, task.fs);
        task.fs = fresh;
    }
    if (flags & clone::Files) task.files = unshareFiles(os, task.files);
    return 0;
}

}  // namespace ringside
