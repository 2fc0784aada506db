#include "core/kernel/proc/pid.h"

#include <algorithm>

#include "core/kernel/errno.h"
#include "core/kernel/mm/slab.h"
#include "core/kernel/proc/nsproxy.h"

namespace ringside {
namespace {

// A number stays taken while a process group or session bears it, though its first process is gone.
bool isGroupNumber(const Kernel& kernel, i32 number) {
    for (const auto& [id, signal] : kernel.signals)
        if (signal.pgrp == number || signal.session == number) return true;
    return false;
}

// struct pid with a struct upid for each level, on whole cache lines
u32 pidSize(u32 levels) { return (96 + 16 * levels + 63) / 64 * 64; }

// idr_alloc_cyclic
std::expected<i32, i64> allocNumber(Os& os, PidNsId id, TaskId task) {
    Kernel& kernel = os.kernel;
    PidNamespace& ns = kernel.pidNamespaces.edit(id);
    const i32 lowest = ns.lastPid + 1 > kReservedPids ? std::min(kReservedPids, ns.pidMax - 1) : 1;
    const i32 start = std::max(ns.lastPid + 1, lowest);
    const auto tryRange = [&](i32 from, i32 to) -> i32 {
        for (i32 nr = ns.idr.nextFree(from); nr < to; nr = ns.idr.nextFree(nr + 1))
            if (ns.level > 0 || !isGroupNumber(kernel, nr)) return nr;
        return 0;
    };
    i32 number = tryRange(start, ns.pidMax);
    if (number == 0) number = tryRange(lowest, std::min(start, ns.pidMax));
    if (number == 0) return std::unexpected(-i64{error::kAgainNow});
    if (!ns.idr.insert(os, number, task)) return std::unexpected(-i64{error::kNoMem});
    ns.lastPid = number;
    return number;
}

}  // namespace

std::expected<std::vector<Upid>, i64> allocPid(Os& os, PidNsId ns, TaskId task) {
    KernelCall call{os, "alloc_pid"};
    std::vector<Upid> pids;
    const u32 levels = os.kernel.pidNamespaces.at(ns).level + 1;
    const u64 address = slabAlloc(os, pidSize(levels));
    if (address == 0) return std::unexpected(-i64{error::kNoMem});
    for (PidNsId at = ns; at != PidNsId{}; at = os.kernel.pidNamespaces.at(at).parent) {
        const PidNamespace& space = os.kernel.pidNamespaces.at(at);
        std::expected<i32, i64> number = std::unexpected(-i64{error::kNoMem});
        if (space.lastPid == 0 || space.childReaper != TaskId{}) number = allocNumber(os, at, task);
        if (!number) {
            for (const Upid& upid : pids) os.kernel.pidNamespaces.edit(upid.ns).idr.erase(os, upid.nr);
            slabFree(os, pidSize(levels), address);
            return std::unexpected(number.error());
        }
        pids.insert(pids.begin(), {at, *number});
    }
    ++os.kernel.pidNamespaces.edit(ns).users;
    os.kernel.tasks.edit(task).pidAddress = address;
    if (pids.back().nr == 1) os.kernel.pidNamespaces.edit(ns).childReaper = task;
    return pids;
}

void freePid(Os& os, Task& task) {
    if (const u64 address = std::exchange(task.pidAddress, 0))
        slabFree(os, pidSize(static_cast<u32>(task.pids.size())), address);
    for (const Upid& upid : task.pids) {
        if (!os.kernel.pidNamespaces.contains(upid.ns)) continue;
        PidNamespace& ns = os.kernel.pidNamespaces.edit(upid.ns);
        if (upid.nr == 1 && ns.childReaper == ns.idr.find(1)) ns.childReaper = TaskId{};
        ns.idr.erase(os, upid.nr);
    }
    if (!task.pids.empty()) putPidNamespace(os, task.pids.back().ns);
}

PidNsId newPidNamespace(Os& os, PidNsId parent, NamespaceId owner) {
    const PidNsId id{os.kernel.nextId++};
    PidNamespace ns;
    ns.parent = parent;
    ns.number = kFirstNumber + id.value;
    ns.owner = owner;
    getNamespace(os, owner);
    if (parent != PidNsId{}) {
        PidNamespace& above = os.kernel.pidNamespaces.edit(parent);
        ns.level = above.level + 1;
        ns.pidMax = above.pidMax;
        ++above.users;
    }
    os.kernel.pidNamespaces.insert(id, std::move(ns));
    return id;
}

void putPidNamespace(Os& os, PidNsId id) {
    while (id != PidNsId{} && os.kernel.pidNamespaces.contains(id)) {
        PidNamespace& ns = os.kernel.pidNamespaces.edit(id);
        if (--ns.users > 0 || !ns.idr.empty()) return;
        const PidNsId parent = ns.parent;
        if (parent == PidNsId{}) return;  // the initial one stays
        const NamespaceId owner = ns.owner;
        forgetNamespaceInode(os, ns.number);
        os.kernel.pidNamespaces.erase(id);
        putNamespace(os, owner);
        id = parent;
    }
}

void putUtsNamespace(Os& os, UtsNsId ns) {
    if (!os.kernel.utsNamespaces.contains(ns)) return;
    UtsNamespace& space = os.kernel.utsNamespaces.edit(ns);
    if (--space.users > 0) return;
    const NamespaceId owner = space.owner;
    forgetNamespaceInode(os, space.number);
    os.kernel.utsNamespaces.erase(ns);
    putNamespace(os, owner);
}

TaskId findTask(const Kernel& kernel, PidNsId ns, i32 number) {
    const PidNamespace* space = kernel.pidNamespaces.find(ns);
    return space ? space->idr.find(number) : TaskId{};
}

TaskId findTask(const Os& os, i32 number) {
    return findTask(os.kernel, activePidNamespace(os.kernel.currentTask()), number);
}

TaskId findGlobal(const Kernel& kernel, i32 number) {
    for (const auto& [id, ns] : kernel.pidNamespaces)
        if (ns.level == 0) return findTask(kernel, id, number);
    return {};
}

i32 numberIn(const Task& task, PidNsId ns) {
    for (const Upid& upid : task.pids)
        if (upid.ns == ns) return upid.nr;
    return 0;
}

i32 visiblePid(const Os& os, const Task& task) { return numberIn(task, activePidNamespace(os.kernel.currentTask())); }

i32 visibleTgid(const Os& os, const Task& task) {
    const Task* leader = os.kernel.tasks.find(task.groupLeader);
    return leader ? visiblePid(os, *leader) : 0;
}

i32 visibleNumber(const Os& os, i32 global) {
    const PidNsId ns = activePidNamespace(os.kernel.currentTask());
    const PidNamespace* space = os.kernel.pidNamespaces.find(ns);
    if (!space || space->level == 0) return global;
    const TaskId task = findGlobal(os.kernel, global);
    return task == TaskId{} ? 0 : numberIn(os.kernel.tasks.at(task), ns);
}

i32 globalNumber(const Os& os, i32 visible) {
    const PidNsId ns = activePidNamespace(os.kernel.currentTask());
    const PidNamespace* space = os.kernel.pidNamespaces.find(ns);
    if (!space || space->level == 0) return visible;
    const TaskId task = findTask(os.kernel, ns, visible);
    return task == TaskId{} ? 0 : os.kernel.tasks.at(task).pid();
}

namespace {
template <class Match>
std::vector<TaskId> leaders(const Kernel& kernel, Match match) {
    std::vector<TaskId> found;
    for (const auto& [id, task] : kernel.tasks) {
        if (task.groupLeader != id || task.sighand == SighandId{}) continue;
        const SignalStruct* signal = kernel.signals.find(task.signal);
        if (signal && match(*signal)) found.push_back(id);
    }
    return found;
}
}  // namespace

std::vector<TaskId> groupMembers(const Kernel& kernel, i32 pgrp) {
    return leaders(kernel, [&](const SignalStruct& s) { return s.pgrp == pgrp; });
}
std::vector<TaskId> sessionMembers(const Kernel& kernel, i32 session) {
    return leaders(kernel, [&](const SignalStruct& s) { return s.session == session; });
}

}  // namespace ringside
