#include "widgets/futexes/futexes.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/kernel/proc/wait_queue.h"
#include "core/kernel/sched/sched.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/symbols.h"
#include "widgets/canvas/words.h"
#include "widgets/tasks/futex_lock.h"
#include "widgets/tasks/task_text.h"

namespace ringside {
namespace {

constexpr std::size_t kIdleLists = 12;  // robust lists without a lock that are shown

QString keyText(u64 space) {
    const u64 id = space & ((u64{1} << 56) - 1);
    switch (space >> 56) {
        case 1:
            return Words::tr("private to mm #%1").arg(id);
        case 2:
            return Words::tr("anonymous, mm #%1").arg(id);
        case 3:
            return Words::tr("file, inode #%1").arg(id);
        default:
            return Words::tr("shared page");
    }
}

// Who waits for whom, as far as it is known who holds what; a circle is a deadlock.
std::vector<FutexStep> findCircle(const std::vector<FutexWord>& words) {
    std::map<i32, i32> waitsFor;
    std::map<i32, FutexStep> steps;
    for (std::size_t i = 0; i < words.size(); ++i)
        for (const FutexUser& u : words[i].waiters)
            if (words[i].owner.pid) waitsFor[u.pid] = words[i].owner.pid, steps[u.pid] = {u, i};
    std::vector<FutexStep> circle;
    for (i32 pid : circleOf(waitsFor)) circle.push_back(steps[pid]);
    return circle;
}

// Which waiter the owner of a lock with priority inheritance has its priority from.
void lending(FutexWord& word, const Machine& machine, const Task& owner) {
    if (owner.prio == owner.normalPrio) return;
    const Task* first = nullptr;
    for (const FutexUser& u : word.waiters)
        if (const Task* t = taskByPid(machine, u.pid); t && (!first || t->prio < first->prio)) first = t;
    if (!first || first->prio != owner.prio) return;  // it has it for another lock
    word.lender = {first->pid(), taskText(*first)};
    word.lent = QString::fromStdString(priorityText(owner.prio));
    word.own = QString::fromStdString(priorityText(owner.normalPrio));
}

RobustRow robustOf(const Machine& machine, const Task& task) {
    RobustRow row{{task.pid(), taskText(task)}, task.robustList.head};
    const u64 head = task.robustList.head;
    const auto first = peekAs<u64>(machine, head, task.mm), pending = peekAs<u64>(machine, head + 16, task.mm);
    const auto offset = peekAs<i64>(machine, head + 8, task.mm);
    if (!first || !offset || !pending) {
        row.readable = false;
        return row;
    }
    const auto add = [&](u64 entry, bool isPending) {
        const u64 word = (entry & ~u64{1}) + static_cast<u64>(*offset);
        row.locks.push_back({entry & ~u64{1}, word, peekAs<u32>(machine, word, task.mm).value_or(0), isPending});
    };
    u64 entry = *first;
    for (int i = 0; (entry & ~u64{1}) != head && entry != 0 && i < 16; ++i) {
        add(entry, false);
        const auto next = peekAs<u64>(machine, entry & ~u64{1}, task.mm);
        if (!next) break;
        entry = *next;
    }
    if (*pending & ~u64{1}) add(*pending, true);
    return row;
}

}  // namespace

FutexesModel buildFutexes(const Snapshot& snapshot, const ViewOptions& options) {
    FutexesModel m;
    if (!snapshot.now) return m;
    const Machine& machine = *snapshot.now;
    const Kernel& kernel = machine.kernel;
    m.loaded = true;
    std::map<std::pair<u64, u64>, std::size_t> byKey;
    for (const auto& [queue, ids] : kernel.waitQueues) {
        if (kindOf(queue) != WaitKind::Futex) continue;
        for (TaskId id : ids) {
            const Task* task = kernel.tasks.find(id);
            if (!task || !task->futex.queued) continue;
            const auto [at, fresh] = byKey.try_emplace({task->futex.space, task->futex.address}, m.words.size());
            if (fresh) {
                FutexWord word;
                if (const auto lock = futexLockOf(machine, *task)) {
                    word.address = lock->address;
                    word.pi = lock->pi;
                    word.readable = lock->value.has_value();
                    word.value = lock->value.value_or(0);
                    if (lock->holder) word.owner = {lock->holder->pid(), taskText(*lock->holder)};
                }
                word.key = keyText(task->futex.space);
                if (word.pi)
                    word.meaning = futexValueText(word.value);
                else if (word.owner.pid)
                    word.meaning = Words::tr("a glibc mutex: locked, with waiters");
                else if (const Task* thread =
                             word.readable ? taskByPid(machine, static_cast<i32>(word.value)) : nullptr;
                         thread && thread->clearChildTid == word.address && thread->mm == task->mm) {
                    word.meaning = Words::tr("a TID, cleared when that thread ends");
                    word.owner = {thread->pid(), taskText(*thread)};
                }
                if (snapshot.before) {
                    const Task* old = snapshot.before->kernel.tasks.find(id);
                    word.changed = !old || !(old->futex == task->futex);
                }
                m.words.push_back(std::move(word));
            }
            m.words[at->second].waiters.push_back({task->pid(), taskText(*task)});
        }
    }
    for (FutexWord& w : m.words)
        if (const Task* owner = w.pi ? taskByPid(machine, w.owner.pid) : nullptr) lending(w, machine, *owner);
    // What is drawn in any case: what just changed, and what concerns whom one has selected.
    std::stable_partition(m.words.begin(), m.words.end(), [&](const FutexWord& w) {
        const auto isSelected = [&](const FutexUser& u) {
            return options.selection.kind == SubjectKind::Task && u.pid == options.selection.pid;
        };
        return m.words.size() > kFutexWords &&
               (w.changed || isSelected(w.owner) || std::any_of(w.waiters.begin(), w.waiters.end(), isSelected));
    });
    m.circle = findCircle(m.words);
    for (auto [id, task] : kernel.tasks)
        if (task.robustList.head != 0 && task.exitState == 0 && task.mm.value != 0)
            m.robust.push_back(robustOf(machine, task));
    // Where there are many, those that hold nothing are told by their number.
    std::stable_partition(m.robust.begin(), m.robust.end(), [](const RobustRow& r) { return !r.locks.empty(); });
    const auto idle =
        std::find_if(m.robust.begin(), m.robust.end(), [](const RobustRow& r) { return r.locks.empty(); });
    if (m.robust.end() - idle > static_cast<std::ptrdiff_t>(kIdleLists)) {
        m.idleLists = static_cast<std::size_t>(m.robust.end() - idle) - kIdleLists;
        m.robust.resize(m.robust.size() - m.idleLists);
    }
    return m;
}

QString futexValueText(u32 value) {
    if (value == 0) return Words::tr("free");
    QStringList parts{Words::tr("held by TID %1").arg(value & kFutexTidMask)};
    if (value & kFutexWaiters) parts << QStringLiteral("FUTEX_WAITERS");
    if (value & kFutexOwnerDied) parts << QStringLiteral("FUTEX_OWNER_DIED");
    return parts.join(QStringLiteral(" | "));
}

QString circleText(const FutexesModel& m) {
    QStringList parts;
    for (const FutexStep& step : m.circle) parts << step.who.name;
    parts << parts.front();
    return Words::tr("Deadlock: %1").arg(parts.join(Words::tr(" waits for ")));
}

QString robustRestText(const FutexesModel& m) {
    return Words::tr("%n more hold no lock", nullptr, static_cast<int>(m.idleLists));
}

TextTwin twin(const FutexesModel& m) {
    TextTwin root(Words::tr("Futexes"),
                  m.circle.empty() ? Words::tr("%n word(s) with waiters", nullptr, static_cast<int>(m.words.size()))
                                   : circleText(m));
    TextTwin& words =
        root.add(Words::tr("Words with waiters"), Words::tr("owner ← word ← waiters, the first is woken first"));
    for (const FutexWord& w : m.words) {
        QStringList waiters;
        for (const FutexUser& u : w.waiters) waiters << u.name;
        words.add(hex(w.address),
                  Words::tr("%1, value %2%3, waiting: %4%5")
                          .arg(w.key, w.readable ? QString::number(w.value) : QStringLiteral("?"),
                               w.meaning.isEmpty() ? QString() : QStringLiteral(" (%1)").arg(w.meaning),
                               waiters.join(QStringLiteral(", ")),
                               w.owner.pid ? Words::tr(", held by %1").arg(w.owner.name) : QString()) +
                      (w.lender.pid ? Words::tr(", %1 lends it %2; its own is %3").arg(w.lender.name, w.lent, w.own)
                                    : QString()),
                  w.changed, Subject::address(w.address, w.waiters.empty() ? 0 : w.waiters.front().pid));
    }
    TextTwin& robust =
        root.add(Words::tr("Robust lists"), Words::tr("what the kernel marks FUTEX_OWNER_DIED when the thread dies"));
    for (const RobustRow& r : m.robust) {
        TextTwin& list = robust.add(
            r.task.name,
            r.readable ? Words::tr("head %1, %n lock(s)", nullptr, static_cast<int>(r.locks.size())).arg(hex(r.head))
                       : Words::tr("head %1, not in RAM").arg(hex(r.head)),
            false, Subject::address(r.head, r.task.pid));
        for (const RobustLock& l : r.locks)
            list.add(
                hex(l.word),
                QStringLiteral("%1 %2").arg(futexValueText(l.value), l.pending ? Words::tr("(pending)") : QString()),
                false, Subject::address(l.word, r.task.pid));
    }
    if (m.idleLists) robust.add(robustRestText(m));
    return root;
}

}  // namespace ringside
