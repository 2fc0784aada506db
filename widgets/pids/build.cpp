#include <algorithm>
#include <functional>

#include "core/kernel/proc/task_layout.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/pids/pids.h"
#include "widgets/tasks/task_text.h"

namespace ringside {
namespace {

constexpr std::size_t kLeaves = 64;  // that are drawn

void addNodes(PidsModel& m, const Machine& machine, const Idr& idr, const Idr* before) {
    const auto changed = [&](const IdrNode& n) {
        if (!before) return false;
        // The node that had this place and number range before.
        for (u32 link = before->root(); link != 0;) {
            const IdrNode& old = before->node(link);
            if (old.address == n.address) return old.slots != n.slots;
            break;
        }
        std::function<const IdrNode*(u32)> find = [&](u32 link) -> const IdrNode* {
            const IdrNode& old = before->node(link);
            if (old.address == n.address) return &old;
            if (old.shift > 0)
                for (u32 slot : old.slots)
                    if (slot != 0)
                        if (const IdrNode* found = find(slot)) return found;
            return nullptr;
        };
        const IdrNode* old = before->root() ? find(before->root()) : nullptr;
        return !old || old->slots != n.slots;
    };
    std::size_t leaves = 0;
    const std::function<int(u32, int, u32, bool)> visit = [&](u32 link, int parent, u32 first, bool onWay) {
        const IdrNode& n = idr.node(link);
        const int index = static_cast<int>(m.nodes.size());
        RadixNode node{n.address, n.shift, n.offset, n.count, first, parent};
        node.changed = changed(n);
        if (onWay) node.taken = static_cast<int>(static_cast<u32>(m.number) >> n.shift & 63);
        m.nodes.push_back(node);
        for (u32 slot = 0; slot < kIdrSlots; ++slot) {
            if (n.slots[slot] == 0) continue;
            const bool way = onWay && static_cast<int>(slot) == node.taken;
            i32 what = 0;
            if (n.shift == 0) {
                const Task* t = machine.kernel.tasks.find(TaskId{n.slots[slot]});
                what = t ? t->pid() : -1;
            } else if (n.shift == kIdrShift && !way && ++leaves > kLeaves) {
                ++m.leftOut;
                what = -1;
            } else {
                what = visit(n.slots[slot], index, first + (slot << n.shift), way) + 1;
            }
            m.nodes[static_cast<std::size_t>(index)].slots[slot] = what;
        }
        return index;
    };
    if (idr.root() != 0) visit(idr.root(), -1, 0, m.number != 0);
}

NamespaceBox boxOf(const Snapshot& snapshot, PidNsId id) {
    const Kernel& kernel = snapshot.now->kernel;
    const PidNamespace& ns = kernel.pidNamespaces.at(id);
    NamespaceBox box{id.value, ns.level, ns.lastPid};
    for (const auto& [nr, task] : ns.idr.entries()) {
        ++box.all;
        const Task* t = kernel.tasks.find(task);
        if (!t || t->pids.empty() || t->pids.back().ns != id) continue;
        box.members.push_back(
            {t->pid(), nr, qs(t->comm), snapshot.before && !snapshot.before->kernel.tasks.contains(task)});
    }
    for (auto [inner, space] : kernel.pidNamespaces)
        if (space.parent == id) box.inside.push_back(boxOf(snapshot, inner));
    return box;
}

}  // namespace

PidsModel buildPids(const Snapshot& snapshot, const ViewOptions& options) {
    PidsModel m;
    if (!snapshot.now) return m;
    const Kernel& kernel = snapshot.now->kernel;
    m.loaded = true;
    for (auto [id, ns] : kernel.pidNamespaces)
        if (ns.level == 0) m.namespaces.push_back(boxOf(snapshot, id));
    const Task* task = taskOf(*snapshot.now, options.selection);
    if (!task) task = kernel.tasks.find(kernel.current);
    PidNsId ns;
    if (task && !task->pids.empty()) {
        // The tree of the namespace that was clicked, if the task has a number in it; else of the outermost.
        const u32 wanted = options.setting(QStringLiteral("namespace")).toUInt();
        const Upid* upid = &task->pids.front();
        for (const Upid& u : task->pids)
            if (u.ns.value == wanted) upid = &u;
        ns = upid->ns;
        m.number = upid->nr, m.pid = task->pid(), m.name = taskText(*task);
        m.pidAddress = task->pidAddress;
        for (std::size_t i = 0; i < task->pids.size(); ++i) {
            const PidNamespace* space = kernel.pidNamespaces.find(task->pids[i].ns);
            m.levels.push_back({task->pids[i].ns.value, space ? space->level : 0, task->pids[i].nr,
                                m.pidAddress ? m.pidAddress + layout::pid::Numbers + i * layout::pid::UpidSize : 0});
        }
    } else if (!m.namespaces.empty()) {
        ns = PidNsId{m.namespaces.front().id};
    }
    if (const PidNamespace* space = kernel.pidNamespaces.find(ns)) {
        m.ns = ns.value, m.level = space->level;
        const PidNamespace* before = snapshot.before ? snapshot.before->kernel.pidNamespaces.find(ns) : nullptr;
        addNodes(m, *snapshot.now, space->idr, before ? &before->idr : nullptr);
    }
    return m;
}

TextTwin twin(const PidsModel& m) {
    TextTwin root(Words::tr("PIDs"),
                  m.name.isEmpty() ? QString() : Words::tr("Looking up number %1 (%2)").arg(m.number).arg(m.name));
    if (!m.loaded) return root;
    TextTwin& tree =
        root.add(Words::tr("Radix tree of PID namespace #%1").arg(m.ns),
                 Words::tr("%n node(s) of 64 slots", nullptr, static_cast<int>(m.nodes.size() + m.leftOut)));
    for (const RadixNode& n : m.nodes) {
        TextTwin& node =
            tree.add(QStringLiteral("xa_node %1").arg(hex(n.address)),
                     Words::tr("shift %1, offset %2, count %3, numbers from %4")
                             .arg(n.shift)
                             .arg(n.offset)
                             .arg(n.count)
                             .arg(n.first) +
                         (n.taken >= 0 ? Words::tr(", the way goes through slot %1").arg(n.taken) : QString()),
                     n.changed, Subject::address(n.address));
        if (n.shift == 0)
            for (std::size_t slot = 0; slot < n.slots.size(); ++slot)
                if (n.slots[slot] != 0)
                    node.add(Words::tr("slot %1").arg(slot),
                             QStringLiteral("%1 → PID %2").arg(n.first + slot).arg(n.slots[slot]), false,
                             Subject::task(n.slots[slot]));
    }
    if (m.pidAddress) {
        TextTwin& pid = root.add(QStringLiteral("struct pid %1").arg(hex(m.pidAddress)), m.name, false,
                                 Subject::address(m.pidAddress));
        for (std::size_t i = 0; i < m.levels.size(); ++i)
            pid.add(QStringLiteral("numbers[%1]").arg(i), QStringLiteral("nr %1, ns #%2, at %3")
                                                              .arg(m.levels[i].nr)
                                                              .arg(m.levels[i].ns)
                                                              .arg(hex(m.levels[i].address)));
    }
    const std::function<void(TextTwin&, const NamespaceBox&)> add = [&](TextTwin& parent, const NamespaceBox& box) {
        TextTwin& node = parent.add(
            Words::tr("PID namespace #%1, level %2").arg(box.id).arg(box.level),
            Words::tr("%n task(s), last number given %1", nullptr, static_cast<int>(box.all)).arg(box.lastPid));
        for (const NamespaceMember& member : box.members)
            node.add(member.name,
                     member.nr == member.pid ? QString::number(member.nr)
                                             : Words::tr("%1 here, %2 outside").arg(member.nr).arg(member.pid),
                     member.changed, Subject::task(member.pid));
        for (const NamespaceBox& inner : box.inside) add(node, inner);
    };
    for (const NamespaceBox& box : m.namespaces) add(root, box);
    return root;
}

}  // namespace ringside
