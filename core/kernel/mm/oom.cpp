#include <fmt/format.h>

#include "core/kernel/entry/border.h"
#include "core/kernel/mm/internal.h"
#include "core/kernel/mm/reclaim.h"
#include "core/kernel/proc/process.h"
#include "core/kernel/proc/signal.h"

namespace ringside {
namespace {

bool isInit(const Kernel& kernel, const Task& task) { return task.pid() == 1 && kernel.options.hasInit(); }

// for_each_process: all that may be asked for their points.
template <class F>
void forEachProcess(const Kernel& kernel, F f) {
    for (const auto& [id, task] : kernel.tasks)
        if (task.groupLeader == id && task.sighand != SighandId{}) f(task);
}

// find_lock_task_mm: the leader may have ended before its threads.
const Mm* mmOf(const Kernel& kernel, const Task& process) {
    for (const TaskId id : kernel.signals.at(process.signal).threads)
        if (const Mm* mm = kernel.mms.find(kernel.tasks.at(id).mm)) return mm;
    return nullptr;
}

// The page tables below the top one (mm_pgtables_bytes).
u64 tablesOf(const Mm& mm) { return mm.pageTables - 1; }

// __oom_reap_task_mm: private memory without a file goes at once; the victim will not look at it any more.
void reap(Os& os, MmId id) {
    KernelCall call(os, "__oom_reap_task_mm");
    for (const auto& [start, area] : std::map<u64, Vma>(os.kernel.mms.at(id).vmas))
        if (!(area.flags & (vm::Shared | vm::PfnMap))) zapRange(os, id, start, area.end);
}

// Linux tells it of everybody, but not each time.
void dumpTasks(Os& os) {
    KernelCall call(os, "dump_tasks");
    constexpr int kMost = 50;
    int told = 0;
    forEachProcess(os.kernel, [&](const Task& task) {
        const auto points = oomBadness(os.kernel, task);
        if (!points || ++told > kMost) return;
        const Mm& mm = *mmOf(os.kernel, task);
        os.emit(EventKind::OomTask, {static_cast<u64>(task.pid()), static_cast<u64>(*points)},
                fmt::format("{}: {} pages in RAM, {} in swap, {} of page tables, oom_score_adj {}", task.comm, mm.rss(),
                            mm.swapEntries, tablesOf(mm), os.kernel.signals.at(task.signal).oomScoreAdj));
    });
}

// oom_kill_process and __oom_kill_process: the victim, and who shares its memory without being its thread.
void kill(Os& os, const Task& victim, const Mm& mm, i64 points) {
    KernelCall call(os, "oom_kill_process");
    dumpTasks(os);
    const auto kilobytes = [](u64 pages) { return pages << (kPageShift - 10); };
    const SignalStruct& signal = os.kernel.signals.at(victim.signal);
    os.emit(EventKind::Oom, {static_cast<u64>(victim.pid()), static_cast<u64>(points)},
            fmt::format("Out of memory: Killed process {} ({}) total-vm:{}kB, anon-rss:{}kB, file-rss:{}kB, "
                        "shmem-rss:{}kB, UID:{} pgtables:{}kB oom_score_adj:{}",
                        victim.pid(), victim.comm, kilobytes(mm.totalVm), kilobytes(mm.rssAnon), kilobytes(mm.rssFile),
                        kilobytes(mm.rssShmem), victim.cred.uid, kilobytes(tablesOf(mm)), signal.oomScoreAdj));
    const MmId id = mm.id;
    bool reapable = id != os.kernel.currentTask().mm;
    std::vector<TaskId> sharing;
    forEachProcess(os.kernel, [&](const Task& task) {
        if (mmOf(os.kernel, task) != &mm) return;
        if (isInit(os.kernel, task))
            reapable = false;
        else
            sharing.push_back(task.id);
    });
    for (const TaskId task : sharing) sendSignal(os, task, kernelInfo(kSigKill), true);
    if (reapable) reap(os, id);
}

}  // namespace

std::optional<i64> oomBadness(const Kernel& kernel, const Task& process) {
    if (isInit(kernel, process) || process.flags & pf::KThread) return std::nullopt;
    const Mm* mm = mmOf(kernel, process);
    const i64 adjustment = kernel.signals.at(process.signal).oomScoreAdj;
    if (!mm || adjustment == kOomScoreAdjMin || process.vforkWaiter != TaskId{}) return std::nullopt;
    const u64 total = kernel.frames.pages.size() + kernel.frames.swapUsers.size();
    return static_cast<i64>(mm->rss() + mm->swapEntries + tablesOf(*mm)) + adjustment * static_cast<i64>(total / 1000);
}

u64 oomScore(const Kernel& kernel, const Task& process) {
    const auto points = oomBadness(kernel, process);
    const i64 total = static_cast<i64>(kernel.frames.pages.size() + kernel.frames.swapUsers.size());
    return points ? static_cast<u64>((1000 + *points * 1000 / total) * 2 / 3) : 0;
}

bool outOfMemory(Os& os) {
    KernelCall call(os, "out_of_memory");
    const Task* victim = nullptr;
    i64 worst = 0;
    {
        KernelCall select(os, "select_bad_process");
        forEachProcess(os.kernel, [&](const Task& task) {
            const auto points = oomBadness(os.kernel, task);
            // Of equals Linux takes the last, which lets a fork bomb fill the memory with zombies; here it is the
            // first.
            if (!points || (victim && *points <= worst)) return;
            worst = *points;
            victim = &task;
        });
    }
    if (!victim) {
        panic(os, "System is deadlocked on memory: out of memory and no killable processes");
        return false;
    }
    // Somebody who is dying already needs time, not another bullet.
    if (fatalSignalPending(*victim)) return false;
    kill(os, *victim, *mmOf(os.kernel, *victim), worst);
    return true;
}

}  // namespace ringside
