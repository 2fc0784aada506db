// task_struct and what hangs off it, one per thread (Linux 6.1 include/linux/sched.h, sched/signal.h, fs_struct.h,
// fdtable.h). Plain values; ids link them.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/types.h"
#include "core/kernel/exec/bprm.h"
#include "core/kernel/ids.h"
#include "core/kernel/proc/namespaces.h"
#include "core/kernel/proc/signal_types.h"
#include "core/kernel/sched/entity.h"

namespace ringside {

// task_struct::__state and exit_state, Linux 6.1 include/linux/sched.h
namespace state {
inline constexpr u32 Running = 0, Interruptible = 1, Uninterruptible = 2, Stopped = 4, Traced = 8, ExitDead = 0x10,
                     ExitZombie = 0x20, Parked = 0x40, Dead = 0x80, Wakekill = 0x100, NoLoad = 0x400, New = 0x800,
                     Idle = Uninterruptible | NoLoad, Killable = Wakekill | Uninterruptible;
}

// What `struct pid` holds: the number at each level of PID namespaces, outermost first.
struct Upid {
    PidNsId ns;
    i32 nr = 0;
    bool operator==(const Upid&) const = default;
};

struct Cred {
    u32 uid = 0, gid = 0, euid = 0, egid = 0, suid = 0, sgid = 0, fsuid = 0, fsgid = 0;
    std::vector<u32> groups;
    NamespaceId userNs;
    bool capable = false;  // has all capabilities in userNs; in the initial one root has them
    bool operator==(const Cred&) const = default;
};

struct RobustList {
    u64 head = 0, length = 0;
    bool operator==(const RobustList&) const = default;
};

// rseq(2): restartable sequences, as registered.
struct Rseq {
    u64 address = 0;
    u32 length = 0, signature = 0;
    u64 switches = 0;  // of the task when it was last looked at
    bool operator==(const Rseq&) const = default;
};

// A system call that a stop or a signal without a handler interrupted, and that goes on where it was.
struct RestartBlock {
    u64 number = 0;
    std::array<u64, 6> args{};
    u64 state = 0, deadline = 0;  // Task::restartState, restartDeadline
    bool valid = false;
    bool operator==(const RestartBlock&) const = default;
};

// timer_create(2)
struct PosixTimer {
    i32 clock = 0, signal = 0, notify = 0;  // sigev_*
    i32 threadId = 0;                       // SIGEV_THREAD_ID
    u64 value = 0;                          // sigev_value
    u64 expiresNs = 0, intervalNs = 0;      // 0: off
    u32 overrun = 0;
    bool operator==(const PosixTimer&) const = default;
};

// What a task in FUTEX_WAIT waits for. The space is the address space, or the file or frame behind a shared word.
struct FutexWait {
    u64 space = 0, address = 0;  // union futex_key
    u32 bits = ~0u;
    bool queued = false;  // cleared by the waker
    // FUTEX_LOCK_PI: who holds the lock meanwhile; and, for who was given it, that its owner had died.
    TaskId owner;
    bool ownerDied = false;
    // FUTEX_WAIT_REQUEUE_PI: the lock it will be moved to; the same as space and address: it has been.
    u64 targetSpace = 0, targetAddress = 0;
    bool isMoved() const { return space == targetSpace && address == targetAddress; }
    // rt_waiter or pi_state: only operations for such locks may touch it.
    bool inherits() const { return owner != TaskId{} || targetSpace != 0; }
    bool operator==(const FutexWait&) const = default;
};

struct AltStack {
    u64 sp = 0, size = 0;
    u32 flags = 2;  // SS_DISABLE
    bool operator==(const AltStack&) const = default;
};

// A list_head among tasks: its neighbours in the circle. Not in a list: 0.
struct TaskLink {
    TaskId next, previous;
    bool operator==(const TaskLink&) const = default;
};

struct Task {
    TaskId id;
    u64 address = 0;  // of the task_struct in the direct map
    u32 state = state::New;
    u32 exitState = 0;
    u32 flags = 0;  // PF_*: 0x200000 PF_KTHREAD, 4 PF_EXITING, 0x40 PF_FORKNOEXEC
    std::string comm;

    std::vector<Upid> pids;  // pids.front() is the global one
    u64 pidAddress = 0;      // of the struct pid that holds them
    i32 pid() const { return pids.empty() ? 0 : pids.front().nr; }
    TaskLink tasks;      // the circle of all processes, through their first threads; init_task is its head
    TaskId groupLeader;  // itself for a process's first thread
    TaskId realParent, parent;
    std::vector<TaskId> children;  // oldest first
    i32 tgid = 0;                  // global

    MmId mm, activeMm;  // mm 0: kernel thread
    FilesId files;
    FsId fs;
    SighandId sighand;
    SignalId signal;
    PidNsId childPidNs;  // nsproxy->pid_ns_for_children
    UtsNsId uts;
    NsProxy nsproxy;
    Cred cred;

    // Saved context (thread_struct). `sp` is the kernel stack pointer while switched away; the registers lie below it.
    u64 stackBase = 0;  // lowest virtual address of the 16 KiB kernel stack; 0 once freed (zombie reaped)
    u64 sp = 0;
    u64 fsBase = 0, gsBase = 0;
    std::string fpu;  // FXSAVE image (512 bytes) while switched away; empty: initial state

    SigSet blocked = 0, savedMask = 0;
    SigSet realBlocked = 0;  // sigtimedwait: `blocked` as it was before what is waited for was let through
    bool restoreMask = false;
    SigPending pending;
    AltStack altStack;

    bool needResched = false;            // TIF_NEED_RESCHED
    bool signalPending = false;          // TIF_SIGPENDING
    std::optional<WaitQueueId> waiting;  // asleep on
    std::optional<u64> wakeAtNs;         // asleep until
    bool timedOut = false;               // woken by the timer, not by an event
    u64 syscallNumber = ~u64{0};         // while inside a system call
    u64 restartState = 0;                // for handlers that run again after a wait: 0 on the first entry
    u64 restartDeadline = 0;
    i64 restartCode = 0;        // -ERESTART… that the last call ended with, until doSignal has dealt with it
    RestartBlock restartBlock;  // what restart_syscall continues
    u64 trapNumber = 0, errorCode = 0, cr2 = 0;  // thread_struct: of the last exception that became a signal
    bool stopPending = false;  // JOBCTL_STOP_PENDING: takes part in a group stop on its way to user mode

    // Scheduling
    SchedPolicy policy = SchedPolicy::Normal;
    int nice = 0;
    int rtPriority = 0;
    int prio = 120, staticPrio = 120, normalPrio = 120;
    bool resetOnFork = false;
    SchedEntity se;
    RtEntity rt;
    DeadlineEntity dl;
    u64 utime = 0, stime = 0;  // ns
    u64 voluntarySwitches = 0, involuntarySwitches = 0;
    u64 startTimeNs = 0, lastRanNs = 0, waitingSinceNs = 0, waitNs = 0, sleepSinceNs = 0, sleepNs = 0;
    u64 minorFaults = 0, majorFaults = 0;

    i32 exitCode = 0;  // wait status
    i32 exitSignal = kSigChld;
    u64 setChildTid = 0, clearChildTid = 0;
    RobustList robustList;
    Rseq rseq;
    FutexWait futex;
    std::vector<TaskId> piWaiters;  // those that wait for a priority inheritance lock that this task holds
    TaskId vforkWaiter;             // the parent that waits for our exec or exit
    u64 parentDeathSignal = 0;
    Bprm exec;  // of the last execve
    bool operator==(const Task&) const = default;
};

// Shared by the threads of a group.
struct SignalStruct {
    SignalId id;
    std::vector<TaskId> threads;
    SigPending shared;
    TaskId currTarget;  // curr_target: the thread that took the last signal to the group
    i32 groupExitCode = 0;
    bool groupExit = false, stopped = false, continued = false;
    i32 stopCode = 0;
    i32 pgrp = 0, session = 0;  // global numbers
    bool leader = false;        // session leader
    bool hasTty = false;
    bool childSubreaper = false;
    bool unkillable = false;  // SIGNAL_UNKILLABLE: init of a namespace
    i32 tellParent = 0;       // SIGNAL_CLD_MASK: CLD_STOPPED or CLD_CONTINUED to be told by the next thread that runs
    u32 stopCount = 0;        // threads that a group stop still waits for
    TaskId execTask;          // group_exec_task: the thread that is in execve
    std::map<i32, PosixTimer> timers;
    i32 nextTimer = 0;
    std::array<std::array<u64, 2>, 16> rlimits{};         // soft, hard
    i32 oomScoreAdj = 0, oomScoreAdjMin = 0;              // -1000 … 1000; who has no CAP_SYS_RESOURCE stays above
    u64 realTimerExpiresNs = 0, realTimerIntervalNs = 0;  // ITIMER_REAL; 0 off
    std::array<std::array<u64, 2>, 2> cpuTimers{};        // ITIMER_VIRTUAL, ITIMER_PROF: ns left (0 off), interval
    // Of threads and children that are gone
    u64 utime = 0, stime = 0, childUtime = 0, childStime = 0;
    u64 minorFaults = 0, majorFaults = 0, childMinorFaults = 0, childMajorFaults = 0;
    u64 voluntarySwitches = 0, involuntarySwitches = 0;
    bool operator==(const SignalStruct&) const = default;
};

struct Sighand {
    u32 users = 1;
    std::array<SigAction, 65> action{};  // by signal number
    bool operator==(const Sighand&) const = default;
};

struct FilesStruct {
    struct Slot {
        FileId file;  // 0: closed
        bool closeOnExec = false;
        bool operator==(const Slot&) const = default;
    };
    u32 users = 1;
    u32 nextFd = 0;  // next_fd: no descriptor below is free
    std::vector<Slot> slots;
    bool operator==(const FilesStruct&) const = default;

    Slot take(std::size_t fd) {  // makes it free again
        nextFd = std::min(nextFd, static_cast<u32>(fd));
        return std::exchange(slots[fd], {});
    }
};

struct FsStruct {
    u32 users = 1;
    InodeId root, cwd;
    std::string cwdPath;  // absolute, as getcwd tells it
    u32 umask = 022;
    bool operator==(const FsStruct&) const = default;
};

}  // namespace ringside
