#include <algorithm>
#include <map>

#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/fork_cow/fork_cow.h"

namespace ringside {
namespace {

constexpr std::size_t kProcesses = 6;

Role roleOf(const Vma& area) {
    if (area.name == "[stack]" || area.flags & vm::GrowsDown) return Role::Stack;
    if (area.flags & vm::Exec) return Role::Code;
    return area.flags & vm::Write ? Role::Data : Role::ReadOnly;
}

CowProcess processOf(const Snapshot& snapshot, const Task& task, const Mm& mm) {
    const Machine& machine = *snapshot.now;
    CowProcess p;
    p.pid = task.pid();
    p.name = qs(task.comm);
    const Task* parent = machine.kernel.tasks.find(task.realParent);
    p.parent = parent ? parent->pid() : 0;
    p.current = machine.kernel.current == task.id;
    PagingMode mode = machine.cpu.pagingMode();
    mode.cr3 = mm.cr3;
    QStringList fileAreas;
    for (const auto& [start, area] : mm.vmas) {
        const bool counted = !(area.flags & vm::Write) || area.flags & vm::Shared;
        u64 resident = 0;
        for (u64 address = area.start; address < area.end;) {
            const Walk w = walk(machine.ram, mode, VirtAddr(address));
            if (w.end != WalkEnd::Mapped) {
                // A missing table leaves out everything it would serve.
                const u64 span = w.count == 0 ? kPageSize : u64{1} << (12 + 9 * (w.last().level - 1));
                address = (address / span + 1) * span;
                continue;
            }
            ++resident;
            if (!counted) {
                CowPage page{address, frameOf(w.phys).value, true,        w.writable, true,
                             false,   areaName(area),        roleOf(area)};
                if (snapshot.before) {
                    const Walk old = walk(snapshot.before->ram, mode, VirtAddr(address));
                    page.changed = old.end != WalkEnd::Mapped || old.phys.value >> kPageShift != page.frame ||
                                   old.writable != w.writable;
                }
                p.pages.push_back(page);
            }
            address += kPageSize;
        }
        if (counted && resident > 0) {
            p.filePages += resident;
            fileAreas << QStringLiteral("%1 %2: %3")
                             .arg(areaName(area).section(QLatin1Char('/'), -1), rightsText(area))
                             .arg(resident);
        }
    }
    p.fileAreas = fileAreas.join(QStringLiteral(", "));
    return p;
}

QString contentOf(const Ram& ram, FrameNo frame) {
    const u8* bytes = ram.frame(frame);
    std::size_t at = 0;
    while (at < kPageSize && bytes[at] == 0) ++at;
    if (at == kPageSize) return Words::tr("all zero");
    at &= ~std::size_t{7};
    QString text = QStringLiteral("+%1:").arg(hexDigits(at, 3));
    for (std::size_t i = at; i < at + 8 && i < kPageSize; ++i) text += QLatin1Char(' ') + hexDigits(bytes[i], 2);
    return text;
}

QString captionOf(const Snapshot& snapshot, ForkCowModel& m) {
    const u64 mask =
        RunUntil::bit(EventKind::CowCopy) | RunUntil::bit(EventKind::CowReuse) | RunUntil::bit(EventKind::Fork);
    const auto event = lastEvent(snapshot, mask);
    if (!event)
        return Words::tr(
            "No process has forked yet. When one does, parent and child will share every frame read-only, and only a "
            "write will make a copy.");
    m.last = event->tick;
    const QString who = QStringLiteral("PID %1").arg(event->pid);
    if (event->kind == EventKind::Fork)
        return Words::tr(
                   "%1 forked: PID %2 got page tables of its own that point at the same frames. Writable private pages "
                   "became read-only in both.")
            .arg(who)
            .arg(event->args[0]);
    m.highlight = pageDown(event->args[0]);
    if (event->kind == EventKind::CowReuse)
        return Words::tr(
                   "%1 wrote to %2. Its entry was read-only, so the MMU raised #PF; do_wp_page found that nobody else "
                   "uses frame %3 any more: it "
                   "was made writable again, nothing was copied.")
            .arg(who, hex(event->args[0]))
            .arg(event->args[1]);
    return Words::tr(
               "%1 wrote to %2. The page was shared and read-only, so the MMU raised #PF; do_wp_page copied frame %3 "
               "to frame %4 and made the "
               "writer's entry point there, writable. The others keep frame %3.")
        .arg(who, hex(event->args[0]))
        .arg(event->args[1])
        .arg(event->args[2]);
}

}  // namespace

ForkCowModel buildForkCow(const Snapshot& snapshot, const ViewOptions& options) {
    ForkCowModel m;
    if (!snapshot.now) return m;
    const Machine& machine = *snapshot.now;
    m.loaded = true;
    m.copies = machine.kernel.counters.cowCopies;
    m.reuses = machine.kernel.counters.cowReuses;
    m.forks = machine.kernel.counters.forks;

    // One process per address space, the selected one's first, then by PID.
    std::vector<MmId> seen;
    std::vector<const Task*> chosen;
    auto choose = [&](const Task& task) {
        if (task.mm.value == 0 || std::find(seen.begin(), seen.end(), task.mm) != seen.end() ||
            chosen.size() == kProcesses)
            return;
        seen.push_back(task.mm);
        chosen.push_back(&task);
    };
    if (options.selection.pid != 0)
        if (const Task* task = taskByPid(machine, options.selection.pid)) choose(*task);
    for (auto [id, task] : machine.kernel.tasks) choose(*machine.kernel.tasks.find(id));
    std::sort(chosen.begin(), chosen.end(), [](const Task* a, const Task* b) { return a->pid() < b->pid(); });
    for (const Task* task : chosen) m.processes.push_back(processOf(snapshot, *task, machine.kernel.mms.at(task->mm)));

    // Frames in address order; a copy of the same page follows its origin.
    std::map<u64, std::vector<u32>> byAddress;
    std::map<u32, std::vector<i32>> users;
    for (const CowProcess& p : m.processes)
        for (const CowPage& page : p.pages) {
            auto& list = byAddress[page.address];
            if (std::find(list.begin(), list.end(), page.frame) == list.end()) list.push_back(page.frame);
            auto& pids = users[page.frame];
            if (pids.empty() || pids.back() != p.pid) pids.push_back(p.pid);
        }
    std::vector<u32> done;
    for (const auto& [address, list] : byAddress)
        for (u32 frame : list) {
            if (std::find(done.begin(), done.end(), frame) != done.end()) continue;
            done.push_back(frame);
            const Page& page = machine.kernel.frames.pages[frame];
            const bool fresh = snapshot.before && snapshot.before->kernel.frames.pages[frame].use == PageUse::Free;
            m.frames.push_back({frame, page.mapcount, users[frame], fresh, contentOf(machine.ram, FrameNo(frame))});
            if (page.use == PageUse::ZeroPage) continue;
            if (users[frame].size() > 1) {
                ++m.shared;
                m.savedBytes += (users[frame].size() - 1) * kPageSize;
            } else {
                ++m.single;
            }
        }
    m.caption = captionOf(snapshot, m);
    return m;
}

TextTwin twin(const ForkCowModel& m) {
    TextTwin root(Words::tr("Fork and copy-on-write"));
    if (!m.loaded) return root;
    for (const CowProcess& p : m.processes) {
        TextTwin& process = root.add(Words::tr("%1, PID %2, parent %3").arg(p.name).arg(p.pid).arg(p.parent),
                                     Words::tr("%n writable pages resident", nullptr, static_cast<int>(p.pages.size())),
                                     false, Subject::task(p.pid));
        for (const CowPage& page : p.pages)
            process.add(QStringLiteral("%1 %2").arg(hex(page.address), page.area),
                        Words::tr("frame %1, %2")
                            .arg(page.frame)
                            .arg(page.writable ? Words::tr("writable") : Words::tr("read-only (copy-on-write)")),
                        page.changed, Subject::address(page.address, p.pid));
    }
    TextTwin& ram =
        root.add(Words::tr("RAM"), Words::tr("%1 frames shared, %2 with one user").arg(m.shared).arg(m.single));
    for (const CowFrame& f : m.frames) {
        QStringList pids;
        for (i32 pid : f.pids) pids << QString::number(pid);
        ram.add(Words::tr("frame %1").arg(f.frame),
                Words::tr("×%1, PID %2, %3").arg(f.mapcount).arg(pids.join(QStringLiteral(", ")), f.content), f.fresh,
                Subject::frame(f.frame));
    }
    root.add(Words::tr("Counts"), Words::tr("%1 forks, %2 copied, %3 reused, %4 saved against full copies")
                                      .arg(m.forks)
                                      .arg(m.copies)
                                      .arg(m.reuses)
                                      .arg(sizeText(m.savedBytes)));
    root.add(Words::tr("So"), m.caption);
    return root;
}

}  // namespace ringside
