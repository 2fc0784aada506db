#include "core/kernel/proc/invariants.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/kernel/sched/rbtree.h"
#include "core/kernel/sched/sched.h"

namespace ringside {
namespace {

using Complaints = std::vector<std::string>;

bool contains(const std::vector<TaskId>& list, TaskId id) {
    return std::find(list.begin(), list.end(), id) != list.end();
}
// A task that is reaped but has not been switched away from yet links to nothing any more.
bool isReleased(const Task& task) { return task.sighand == SighandId{}; }

void checkFamily(const Kernel& kernel, Complaints& broken) {
    for (const auto& [id, task] : kernel.tasks) {
        for (TaskId child : task.children) {
            const Task* found = kernel.tasks.find(child);
            if (!found || found->realParent != id)
                broken.push_back(
                    fmt::format("task {} has the child {}, which does not know it", id.value, child.value));
        }
        if (isReleased(task) || isIdleTask(task) || task.groupLeader != id) continue;
        const Task* parent = kernel.tasks.find(task.realParent);
        if (!parent || !contains(parent->children, id))
            broken.push_back(fmt::format("task {} is not among the children of its parent", id.value));
    }
}

void checkGroups(const Kernel& kernel, Complaints& broken) {
    std::map<SighandId, u32> sighandUsers;
    std::map<FilesId, u32> filesUsers;
    std::map<FsId, u32> fsUsers;
    std::map<MmId, u32> mmUsers;
    for (const auto& [id, task] : kernel.tasks) {
        if (task.files != FilesId{}) ++filesUsers[task.files];
        if (task.fs != FsId{}) ++fsUsers[task.fs];
        if (task.mm != MmId{}) ++mmUsers[task.mm];
        if (isReleased(task)) continue;
        ++sighandUsers[task.sighand];
        const SignalStruct* signal = kernel.signals.find(task.signal);
        if (!signal || !contains(signal->threads, id))
            broken.push_back(fmt::format("task {} is not in its own thread group", id.value));
        if (!kernel.tasks.contains(task.groupLeader))
            broken.push_back(fmt::format("the leader of task {} is gone", id.value));
    }
    for (const auto& [id, signal] : kernel.signals)
        for (TaskId thread : signal.threads)
            if (const Task* task = kernel.tasks.find(thread); !task || task->signal != id)
                broken.push_back(
                    fmt::format("thread group {} lists task {}, which is not in it", id.value, thread.value));
    const auto compare = [&](const auto& table, const auto& users, std::string_view what) {
        for (const auto& [id, object] : table) {
            const auto it = users.find(id);
            const u32 found = it == users.end() ? 0 : it->second;
            if (object.users != found)
                broken.push_back(
                    fmt::format("{} {} counts {} users, {} tasks use it", what, id.value, object.users, found));
        }
    };
    compare(kernel.sighands, sighandUsers, "sighand_struct");
    compare(kernel.files, filesUsers, "files_struct");
    for (const auto& [id, files] : kernel.files)
        for (std::size_t fd = 0; fd < files.nextFd; ++fd)
            if (fd >= files.slots.size() || files.slots[fd].file == FileId{})
                broken.push_back(fmt::format("files_struct {}: {} is free below next_fd", id.value, fd));
    compare(kernel.fs, fsUsers, "fs_struct");
    compare(kernel.mms, mmUsers, "mm_struct");
}

void checkNamespaces(const Kernel& kernel, Complaints& broken) {
    std::map<NamespaceId, u32> users;
    std::map<PidNsId, u32> pidUsers;
    std::map<UtsNsId, u32> utsUsers;
    for (const auto& [id, task] : kernel.tasks) {
        ++users[task.cred.userNs];
        const NsProxy& p = task.nsproxy;
        for (const NamespaceId ns : {p.cgroup, p.ipc, p.mnt, p.net, p.time, p.timeForChildren}) ++users[ns];
        ++utsUsers[task.uts];
        ++pidUsers[task.childPidNs];
        if (!isReleased(task) && !task.pids.empty()) ++pidUsers[task.pids.back().ns];
    }
    for (const auto& [id, ns] : kernel.namespaces) ++users[ns.owner];
    for (const auto& [id, ns] : kernel.utsNamespaces) ++users[ns.owner];
    for (const auto& [id, ns] : kernel.pidNamespaces) {
        ++users[ns.owner];
        ++pidUsers[ns.parent];
    }
    for (const auto& [id, inode] : kernel.vfs.inodes) {
        if (inode.special != Special::Namespace || inode.openCount == 0) continue;
        const u32 number = static_cast<u32>(inode.rdev);
        switch (static_cast<NsKind>(inode.procEntry)) {
            case NsKind::Pid:
                ++pidUsers[PidNsId(number)];
                break;
            case NsKind::Uts:
                ++utsUsers[UtsNsId(number)];
                break;
            default:
                ++users[NamespaceId(number)];
        }
    }
    const auto compare = [&](const auto& table, const auto& found, std::string_view what) {
        for (const auto& [id, ns] : table) {
            const auto it = found.find(id);
            // Nobody may have let go too early; the initial ones and a fresh number are held once more.
            if (it != found.end() && ns.users < it->second)
                broken.push_back(
                    fmt::format("{} namespace {} counts {} users, there are {}", what, id.value, ns.users, it->second));
        }
        for (const auto& [id, count] : found)
            if (id.value != 0 && !table.contains(id))
                broken.push_back(fmt::format("{} namespace {} is used by {} and gone", what, id.value, count));
    };
    compare(kernel.namespaces, users, "a");
    compare(kernel.utsNamespaces, utsUsers, "UTS");
    compare(kernel.pidNamespaces, pidUsers, "PID");
}

void checkNumbers(const Kernel& kernel, Complaints& broken) {
    for (const auto& [ns, space] : kernel.pidNamespaces)
        for (const auto& [number, id] : space.idr.entries()) {
            const Task* task = kernel.tasks.find(id);
            const bool agrees =
                task && std::find(task->pids.begin(), task->pids.end(), Upid{ns, number}) != task->pids.end();
            if (!agrees)
                broken.push_back(
                    fmt::format("PID {} of namespace {} names a task that does not bear it", number, ns.value));
        }
    for (const auto& [id, task] : kernel.tasks)
        for (const Upid& upid : task.pids) {
            if (isReleased(task)) continue;
            const PidNamespace* space = kernel.pidNamespaces.find(upid.ns);
            if (!space || space->idr.find(upid.nr) != id)
                broken.push_back(fmt::format("task {} can not be found by its PID {}", id.value, upid.nr));
        }
}

// The circle of processes holds every process once.
void checkCircle(const Kernel& kernel, Complaints& broken) {
    std::size_t leaders = 0, linked = 0;
    for (const auto& [id, task] : kernel.tasks) leaders += task.groupLeader == id && !isReleased(task);
    if (leaders == 0) return;
    TaskId at{1};
    do {
        const Task* task = kernel.tasks.find(at);
        const Task* next = task ? kernel.tasks.find(task->tasks.next) : nullptr;
        if (!next || next->tasks.previous != at || ++linked > leaders) {
            broken.push_back(fmt::format("the list of processes is broken behind task {}", at.value));
            return;
        }
        at = next->id;
    } while (at != TaskId{1});
    if (linked != leaders) broken.push_back(fmt::format("{} processes, {} in their list", leaders, linked));
}

void checkWaiting(const Kernel& kernel, Complaints& broken) {
    for (const auto& [queue, waiters] : kernel.waitQueues) {
        if (waiters.empty()) broken.push_back("an empty wait queue was kept");
        for (TaskId id : waiters)
            if (const Task* task = kernel.tasks.find(id); !task || task->waiting != queue)
                broken.push_back(fmt::format("task {} is on a wait queue it does not wait on", id.value));
    }
    for (const KernelTimer& timer : kernel.timers) {
        if (timer.kind != TimerKind::Sleep) continue;
        const Task* task = kernel.tasks.find(TaskId(timer.id));
        if (!task || task->wakeAtNs != timer.expiresNs)
            broken.push_back(fmt::format("a timer is to wake task {}, which does not wait for it", timer.id));
    }
    for (const auto& [id, task] : kernel.tasks) {
        if (task.waiting) {
            const auto it = kernel.waitQueues.find(*task.waiting);
            if (it == kernel.waitQueues.end() || !contains(it->second, id))
                broken.push_back(fmt::format("task {} waits on a queue that does not know it", id.value));
        }
        if (task.wakeAtNs && !kernel.timers.contains({*task.wakeAtNs, TimerKind::Sleep, id.value}))
            broken.push_back(fmt::format("task {} waits for a timer that is not armed", id.value));
        if (task.state == state::Running && (task.waiting || task.wakeAtNs))
            broken.push_back(fmt::format("task {} can run and waits all the same", id.value));
    }
}

void checkRunQueue(const Kernel& kernel, Complaints& broken) {
    const RunQueue& rq = kernel.runQueue;
    u32 running = 0, fair = 0, realTime = 0;
    u64 weight = 0;
    for (const auto& [id, task] : kernel.tasks) {
        if (!onRunQueue(task)) {
            const bool throttled = task.dl.throttled;
            if (task.state == state::Running && !isIdleTask(task) && !throttled)
                broken.push_back(fmt::format("task {} can run and is not on the run queue", id.value));
            continue;
        }
        ++running;
        if (task.rt.onRq) ++realTime;
        if (!task.se.onRq) continue;
        ++fair;
        weight += task.se.load.weight;
    }
    const auto expect = [&](u64 counted, u64 found, std::string_view what) {
        if (counted != found)
            broken.push_back(fmt::format("the run queue says {} {}, there are {}", counted, what, found));
    };
    expect(rq.running, running, "tasks");
    expect(rq.cfs.running, fair, "fair tasks");
    expect(rq.rt.running, realTime, "real-time tasks");
    expect(rq.cfs.loadWeight, weight, "as the sum of weights");
    if (std::string why = rbBroken(kernel, rq.cfs); !why.empty()) broken.push_back(std::move(why));
}

}  // namespace

std::vector<std::string> brokenTaskInvariants(const Kernel& kernel) {
    Complaints broken;
    if (kernel.tasks.empty()) return broken;
    checkFamily(kernel, broken);
    checkGroups(kernel, broken);
    checkNamespaces(kernel, broken);
    checkNumbers(kernel, broken);
    checkCircle(kernel, broken);
    checkWaiting(kernel, broken);
    checkRunQueue(kernel, broken);
    return broken;
}

}  // namespace ringside
