#include "widgets/futexes/futexes.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "core/kernel/entry/kernel_stack.h"
#include "core/kernel/entry/pt_regs.h"
#include "core/kernel/proc/wait_queue.h"
#include "core/kernel/sched/sched.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/symbols.h"
#include "widgets/canvas/table.h"
#include "widgets/canvas/words.h"
#include "widgets/tasks/task_text.h"

namespace ringside {
namespace {

constexpr u32 kWaiters = 0x80000000, kOwnerDied = 0x40000000, kTidMask = 0x3fffffff;
constexpr u64 kFutexCall = 202;
// What a glibc mutex looks like in memory: the lock word, then at +8 the TID of its owner (nptl/bits/struct_mutex.h).
constexpr u64 kOwnerOffset = 8;

template <class T>
std::optional<T> load(const Machine& machine, u64 address, MmId mm) {
    const auto bytes = peek(machine, address, sizeof(T), mm);
    if (bytes.size() < sizeof(T)) return {};
    T value;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
}

// The second argument of the system call that the task sleeps in, from its pt_regs on the kernel stack.
u32 operationOf(const Machine& machine, const Task& task) {
    if (task.stackBase == 0) return 0;
    const u64 regs = task.stackBase + kKernelStackSize - sizeof(PtRegs);
    const auto number = load<u64>(machine, regs + offsetof(PtRegs, origRax), {});
    const auto operation = load<u64>(machine, regs + offsetof(PtRegs, rsi), {});
    return number == kFutexCall && operation ? static_cast<u32>(*operation) : 0;
}
bool isPi(u32 operation) {
    const u32 command = operation & 127;
    return command == 6 || command == 13;  // FUTEX_LOCK_PI, FUTEX_LOCK_PI2
}

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

QString piText(u32 value) {
    if (value == 0) return Words::tr("free");
    QStringList parts{Words::tr("held by TID %1").arg(value & kTidMask)};
    if (value & kWaiters) parts << QStringLiteral("FUTEX_WAITERS");
    if (value & kOwnerDied) parts << QStringLiteral("FUTEX_OWNER_DIED");
    return parts.join(QStringLiteral(" | "));
}

// Follows "waits for a lock held by"; a circle is a deadlock.
QString findCircle(const std::vector<FutexWord>& words) {
    std::map<i32, const FutexWord*> waitsOn;
    std::map<i32, QString> names;
    for (const FutexWord& w : words)
        for (const FutexUser& u : w.waiters) waitsOn[u.pid] = &w, names[u.pid] = u.name;
    for (const auto& [start, word] : waitsOn) {
        std::vector<i32> path;
        for (i32 at = start; std::find(path.begin(), path.end(), at) == path.end();) {
            path.push_back(at);
            const auto next = waitsOn.find(at);
            if (next == waitsOn.end() || next->second->owner.pid == 0) {
                path.clear();
                break;
            }
            at = next->second->owner.pid;
            if (at != start) continue;
            QStringList parts;
            for (i32 pid : path) parts << names[pid];
            parts << names[start];
            return path.size() > 1 ? parts.join(Words::tr(" waits for ")) : QString();
        }
    }
    return {};
}

// What the owner of a lock with priority inheritance gets from those who wait for it.
QString inheritance(const Task& owner) {
    if (owner.prio == owner.normalPrio) return {};
    return Words::tr("inherits %1, its own is %2")
        .arg(QString::fromStdString(priorityText(owner.prio)), QString::fromStdString(priorityText(owner.normalPrio)));
}

RobustRow robustOf(const Machine& machine, const Task& task) {
    RobustRow row{{task.pid(), taskText(task)}, task.robustList.head};
    const u64 head = task.robustList.head;
    const auto first = load<u64>(machine, head, task.mm), pending = load<u64>(machine, head + 16, task.mm);
    const auto offset = load<i64>(machine, head + 8, task.mm);
    if (!first || !offset || !pending) {
        row.readable = false;
        return row;
    }
    const auto add = [&](u64 entry, bool isPending) {
        const u64 word = (entry & ~u64{1}) + static_cast<u64>(*offset);
        row.locks.push_back({entry & ~u64{1}, word, load<u32>(machine, word, task.mm).value_or(0), isPending});
    };
    u64 entry = *first;
    for (int i = 0; (entry & ~u64{1}) != head && entry != 0 && i < 16; ++i) {
        add(entry, false);
        const auto next = load<u64>(machine, entry & ~u64{1}, task.mm);
        if (!next) break;
        entry = *next;
    }
    if (*pending & ~u64{1}) add(*pending, true);
    return row;
}

}  // namespace

FutexesModel buildFutexes(const Snapshot& snapshot, const ViewOptions&) {
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
                // The word as this waiter names it: its first argument. Private keys are that address themselves.
                FutexWord word;
                word.address = task->futex.address;
                if (task->futex.space >> 56 > 2)
                    word.address =
                        load<u64>(machine, task->stackBase + kKernelStackSize - sizeof(PtRegs) + offsetof(PtRegs, rdi),
                                  {})
                            .value_or(0);
                word.key = keyText(task->futex.space);
                word.pi = isPi(operationOf(machine, *task));
                const auto value = load<u32>(machine, word.address, task->mm);
                word.readable = value.has_value();
                word.value = value.value_or(0);
                if (word.pi) {
                    word.meaning = piText(word.value);
                    if (const Task* owner = taskByPid(machine, static_cast<i32>(word.value & kTidMask))) {
                        word.owner = {owner->pid(), taskText(*owner)};
                        word.inherits = inheritance(*owner);
                    }
                } else if (const auto tid = load<u32>(machine, word.address + kOwnerOffset, task->mm);
                           word.value == 2 && tid && *tid != 0) {
                    const Task* owner = taskByPid(machine, static_cast<i32>(*tid));
                    if (owner && owner->mm == task->mm) {
                        word.owner = {owner->pid(), taskText(*owner)};
                        word.meaning = Words::tr("a glibc mutex: locked, with waiters");
                    }
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
    m.circle = findCircle(m.words);
    for (auto [id, task] : kernel.tasks)
        if (task.robustList.head != 0 && task.exitState == 0 && task.mm.value != 0)
            m.robust.push_back(robustOf(machine, task));
    return m;
}

TextTwin twin(const FutexesModel& m) {
    TextTwin root(Words::tr("Futexes"),
                  m.circle.isEmpty() ? Words::tr("%n word(s) with waiters", nullptr, static_cast<int>(m.words.size()))
                                     : Words::tr("Deadlock: %1").arg(m.circle));
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
                      (w.inherits.isEmpty() ? QString() : QStringLiteral(", ") + w.inherits),
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
            list.add(hex(l.word),
                     QStringLiteral("%1 %2").arg(piText(l.value), l.pending ? Words::tr("(pending)") : QString()),
                     false, Subject::address(l.word, r.task.pid));
    }
    return root;
}

Scene paint(const FutexesModel& m, const StylePtr& style, QSizeF size) {
    Scene s(style, {std::max(size.width(), style->em * 52), size.height()});
    s.grows = true;
    if (!m.loaded || (m.words.empty() && m.robust.empty())) {
        s.empty(m.loaded
                    ? Words::tr("Nobody waits on a futex, and no thread has a robust list. The samples deadlock, "
                                "condvar and threads fill this view.")
                    : Words::tr("No machine is running. Open a program with threads, such as the sample deadlock."));
        return s;
    }
    const Theme& theme = s.theme();
    const double g = style->grid, row = style->row(), margin = g * 1.5, width = s.size().width() - 2 * margin;
    double y = margin;
    if (!m.circle.isEmpty())
        y += s.caption({margin, y}, width,
                       Words::tr("Deadlock: %1. None of them can go on until another does.").arg(m.circle)) +
             g;
    y += s.heading({margin, y}, width, Words::tr("Words with waiters"),
                   Words::tr("owner ← word ← waiters, the first is woken first"));
    if (m.words.empty()) {
        s.text(QRectF(margin, y, width, row), Words::tr("nobody waits now"), Font::Words, theme.color(Role::Muted));
        y += row;
    }
    const QString nobody = Words::tr("owner not known");
    const double h = chipHeight(*style),
                 ownerW = std::max(std::min(width * 0.24, style->em * 26), style->width(Font::Small, nobody) + 4 * g),
                 wordW = std::min(width * 0.4, style->em * 36);
    const auto chip = [&](double x, double top, double most, const FutexUser& u, const QString& key,
                          const QString& more = {}) {
        const double w = std::min(chipWidth(*style, u.name), most);
        paintChip(s, {x, top}, w, u.pid, u.name);
        s.spot(QRectF(x, top, w, h), key, u.name, more.isEmpty() ? u.name : QStringLiteral("%1: %2").arg(u.name, more),
               Subject::task(u.pid));
        return w;
    };
    for (std::size_t i = 0; i < m.words.size(); ++i) {
        const FutexWord& w = m.words[i];
        const double lineH = std::max(h + g, row * 2 + g * 0.6);
        const double middle = y + lineH / 2;
        if (w.owner.pid) {
            const double cw =
                chip(margin, middle - h / 2, ownerW - 3 * g, w.owner, QStringLiteral("owner.%1").arg(i), w.inherits);
            s.line({QPointF(margin + ownerW - g * 0.3, middle), QPointF(margin + cw + g * 0.4, middle)},
                   theme.color(Role::Ink), Arrow::End);
        } else {
            s.text(QRectF(margin, middle - row / 2, ownerW - 3 * g, row), nobody, Font::Small,
                   theme.color(Role::Muted));
        }
        const QRectF box(margin + ownerW, y + g * 0.2, wordW, lineH - g * 0.4);
        s.box(box, theme.fill(Role::Shared), w.changed ? theme.color(Role::Accent) : theme.color(Role::Shared),
              style->pen * (w.changed ? 2 : 1));
        const QColor ink = theme.inkOn(theme.fill(Role::Shared));
        s.text(QRectF(box.x() + g, box.y() + g * 0.1, box.width() - 2 * g, row),
               QStringLiteral("%1 = %2").arg(
                   hex(w.address), w.readable ? w.pi ? hex(w.value) : QString::number(w.value) : QStringLiteral("?")),
               Font::MonoStrong, ink);
        s.text(QRectF(box.x() + g, box.y() + row, box.width() - 2 * g, row),
               !w.inherits.isEmpty() ? Words::tr("the owner %1").arg(w.inherits)
               : w.meaning.isEmpty() ? w.key
                                     : w.meaning,
               Font::Small, ink);
        s.spot(box, QStringLiteral("word.%1").arg(i), hex(w.address),
               Words::tr("The word at %1 (%2) holds %3%4. %n task(s) sleep on it.", nullptr,
                         static_cast<int>(w.waiters.size()))
                   .arg(hex(w.address), w.key, w.readable ? hex(w.value) : QStringLiteral("?"),
                        w.meaning.isEmpty() ? QString() : QStringLiteral(": ") + w.meaning),
               Subject::address(w.address, w.waiters.front().pid))
            .changed = w.changed;
        double x = box.right() + 3 * g;
        s.line({QPointF(x - g * 0.4, middle), QPointF(box.right() + g * 0.3, middle)}, theme.color(Role::Ink),
               Arrow::End);
        for (std::size_t k = 0; k < w.waiters.size(); ++k) {
            const double room = margin + width - x, wanted = chipWidth(*style, w.waiters[k].name);
            if (k > 0 && wanted > room - style->em * 6) {
                s.text(QRectF(x, middle - row / 2, room, row),
                       Words::tr("and %n more", nullptr, static_cast<int>(w.waiters.size() - k)), Font::Small,
                       theme.color(Role::Muted));
                break;
            }
            x += chip(x, middle - h / 2, std::max(room, g * 4), w.waiters[k],
                      QStringLiteral("waiter.%1.%2").arg(i).arg(w.waiters[k].pid)) +
                 g * 0.5;
        }
        y += lineH + g * 0.3;
    }
    y += g;
    if (!m.robust.empty()) {
        y += s.heading({margin, y}, width, Words::tr("Robust lists"),
                       Words::tr("what the kernel marks FUTEX_OWNER_DIED when the thread dies"));
        Table table(s, margin, width,
                    {{Words::tr("task"), 16, Font::Words},
                     {Words::tr("head"), 14, Font::Mono, false, 1},
                     {Words::tr("locks it holds"), 24, Font::Mono, false, 0, 1}});
        y += table.header(y);
        for (const RobustRow& r : m.robust) {
            QStringList locks;
            for (const RobustLock& l : r.locks)
                locks << QStringLiteral("%1 = %2%3")
                             .arg(hex(l.word), hex(l.value), l.pending ? Words::tr(" (pending)") : QString());
            table.cell(0, y, r.task.name);
            table.cell(1, y, hex(r.head), theme.color(Role::Muted));
            table.cell(2, y,
                       !r.readable       ? Words::tr("not in RAM")
                       : locks.isEmpty() ? Words::tr("none")
                                         : locks.join(QStringLiteral("  →  ")),
                       theme.color(locks.isEmpty() ? Role::Muted : Role::Ink));
            s.spot(
                table.row(y), QStringLiteral("robust.%1").arg(r.task.pid), r.task.name,
                Words::tr(
                    "%1 told the kernel with set_robust_list that its list begins at %2. Robust mutexes it holds: %3.")
                    .arg(r.task.name, hex(r.head),
                         locks.isEmpty() ? Words::tr("none") : locks.join(QStringLiteral(", "))),
                Subject::address(r.head, r.task.pid));
            y += row;
        }
    }
    s.growTo(0, y + margin);
    return s;
}

}  // namespace ringside
