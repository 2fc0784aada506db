// What execve does to the task and its threads (Linux 6.1 fs/exec.c: de_thread, begin_new_exec).
#include <algorithm>

#include "core/kernel/exec/exec.h"
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

// Linux sends SIGKILL to the other threads and sleeps until they are gone. Here they end at once, in this same call:
// an execve that has come this far can not be begun again.
void endThread(Os& os, TaskId id) {
    Task& thread = os.kernel.tasks.edit(id);
    deactivate(os, id);
    finishWait(os, thread);
    thread.state = state::Dead;
    endTask(os, thread, 0);
}

void deThread(Os& os, Task& task) {
    KernelCall call{os, "de_thread"};
    const std::vector<TaskId> threads = os.kernel.signals.at(task.signal).threads;
    const TaskId oldLeader = task.groupLeader;
    os.kernel.signals.edit(task.signal).execTask = task.id;
    for (TaskId id : threads)
        if (id != task.id && id != oldLeader) endThread(os, id);
    if (oldLeader != task.id) {
        // The thread takes over the leader's numbers, its place among its siblings and its children.
        Task& leader = os.kernel.tasks.edit(oldLeader);
        std::swap(leader.pids, task.pids);
        std::swap(leader.pidAddress, task.pidAddress);
        replaceProcess(os, oldLeader, task.id);
        for (const Upid& upid : task.pids) os.kernel.pidNamespaces.edit(upid.ns).idr.replace(upid.nr, task.id);
        for (const Upid& upid : leader.pids) os.kernel.pidNamespaces.edit(upid.ns).idr.replace(upid.nr, oldLeader);
        if (PidNamespace& ns = os.kernel.pidNamespaces.edit(task.pids.back().ns); ns.childReaper == oldLeader)
            ns.childReaper = task.id;
        task.groupLeader = task.id;
        task.realParent = leader.realParent;
        task.parent = leader.parent;
        task.exitSignal = kSigChld;
        auto& siblings = os.kernel.tasks.edit(task.realParent).children;
        std::replace(siblings.begin(), siblings.end(), oldLeader, task.id);
        leader.groupLeader = task.id;
        leader.exitSignal = -1;
        if (leader.exitState == 0)
            endThread(os, oldLeader);
        else
            releaseTask(os, oldLeader);
    }
    os.kernel.signals.edit(task.signal).execTask = {};
    task.exitSignal = kSigChld;
}

}  // namespace

void beginNewExec(Os& os, const std::string& comm) {
    Task& task = os.current();
    deThread(os, task);
    SignalStruct& signal = os.kernel.signals.edit(task.signal);
    execItimers(os, signal);
    futexCleanup(os, task);
    task.clearChildTid = task.setChildTid = 0;
    completeVfork(os, task);
    {
        KernelCall unshare{os, "unshare_sighand"};
        if (os.kernel.sighands.at(task.sighand).users > 1) {
            Sighand copy = os.kernel.sighands.at(task.sighand);
            copy.users = 1;
            --os.kernel.sighands.edit(task.sighand).users;
            task.sighand = SighandId{os.kernel.nextId++};
            os.kernel.sighands.insert(task.sighand, std::move(copy));
        }
    }
    {
        KernelCall flush{os, "flush_thread"};
        task.fpu.clear();
        task.fsBase = task.gsBase = 0;
    }
    task.flags &= ~(pf::ForkNoExec | pf::KThread);
    {
        KernelCall name{os, "__set_task_comm"};
        constexpr std::size_t kCommLength = 15;
        task.comm = comm.substr(0, kCommLength);
    }
    {
        KernelCall handlers{os, "flush_signal_handlers"};
        for (SigAction& action : os.kernel.sighands.edit(task.sighand).action)
            action = {.handler = action.handler == kSigIgn ? kSigIgn : kSigDfl};
    }
    task.altStack = {};
    task.rseq = {};
    task.parentDeathSignal = 0;
    task.restartBlock = {};
    updateCapable(os, task.cred, nullptr);
}

}  // namespace ringside
