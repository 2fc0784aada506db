#include <fmt/format.h>

#include "core/kernel/entry/border.h"
#include "core/kernel/mm/internal.h"
#include "core/kernel/mm/reclaim.h"
#include "core/kernel/proc/signal.h"

namespace ringside {
namespace {

// oom_badness: resident pages, swapped pages and page tables. 0: may not be killed.
u64 badness(const Kernel& kernel, const Task& task) {
    if (!task.mm.value || task.exitState || task.state == state::Dead || task.groupLeader != task.id) return 0;
    if (task.pid() == 1 && (!kernel.options.init.empty() || kernel.options.program.empty())) return 0;
    const Mm& mm = kernel.mms.at(task.mm);
    return mm.rssAnon + mm.rssFile + mm.swapEntries + mm.pageTables;
}

// __oom_reap_task_mm: private memory without a file goes at once; the victim will not look at it any more.
void reap(Os& os, MmId id) {
    KernelCall call(os, "__oom_reap_task_mm");
    for (const auto& [start, area] : std::map<u64, Vma>(os.kernel.mms.at(id).vmas))
        if (isAnonymous(area) || !(area.flags & vm::Shared)) zapRange(os, id, start, area.end);
}

}  // namespace

bool outOfMemory(Os& os) {
    KernelCall call(os, "out_of_memory");
    TaskId victim;
    u64 worst = 0;
    for (auto [id, task] : os.kernel.tasks) {
        const u64 points = badness(os.kernel, task);
        if (points > worst) {
            worst = points;
            victim = id;
        }
    }
    if (!victim.value) {
        panic(os, "System is deadlocked on memory: out of memory and no killable processes");
        return false;
    }
    const Task& task = os.kernel.tasks.at(victim);
    // Somebody who is dying already needs time, not another bullet.
    if (fatalSignalPending(task)) return false;
    os.emit(EventKind::Oom, {static_cast<u64>(task.pid()), worst},
            fmt::format("Out of memory: Killed process {} ({}): {} pages are its own", task.pid(), task.comm, worst));
    const MmId mm = task.mm;
    const bool itself = mm == os.kernel.currentTask().mm;
    sendSignal(os, victim, kernelInfo(kSigKill), true);
    if (!itself) reap(os, mm);
    return true;
}

}  // namespace ringside
