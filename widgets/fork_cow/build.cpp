#include <algorithm>
#include <map>
#include <set>

#include "core/kernel/mm/page_tables.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/fork_cow/fork_cow.h"

namespace ringside {
namespace {

constexpr std::size_t kProcesses = 6;

// Of a process with a gigabyte resident not every page is shown: those that changed, then shared ones, then others.
constexpr std::size_t kShared = 300, kOthers = 100;

CowProcess processOf(const Snapshot& snapshot, const Task& task, const Mm& mm, u64 highlight) {
    const Machine& machine = *snapshot.now;
    const Ram* before = snapshot.before ? &snapshot.before->ram : nullptr;
    CowProcess p;
    p.pid = task.pid();
    p.name = qs(task.comm);
    const Task* parent = machine.kernel.tasks.find(task.realParent);
    p.parent = parent ? parent->pid() : 0;
    p.current = machine.kernel.current == task.id;
    QStringList fileAreas;
    std::size_t shared = 0, others = 0;
    // A table whose frame is still the same one has not changed.
    u64 table = ~u64{0};
    bool touched = false;
    auto wasBefore = [&](PhysAddr at, u64 entry) {
        if (!before) return entry;
        if (at.value >> kPageShift != table) {
            table = at.value >> kPageShift;
            touched = before->frame(frameOf(at)) != machine.ram.frame(frameOf(at));
        }
        return touched ? before->load<u64>(at) : entry;
    };
    for (const auto& [start, area] : mm.vmas) {
        const bool counted = !(area.flags & vm::Write) || area.flags & vm::Shared;
        const AreaKind kind = kindOf(mm, area);
        u64 resident = 0;
        auto see = [&](u64 address, PhysAddr at, u64 entry, bool huge) {
            if (!(entry & pte::P)) return;
            resident += huge ? 512 : 1;
            if (counted) return;
            constexpr u64 kTold = pte::kFrameMask | pte::P | pte::RW;
            const bool changed = ((wasBefore(at, entry) ^ entry) & kTold) != 0;
            const u32 frame = pteFrame(entry).value;
            std::size_t& count = machine.kernel.frames.pages[frame].mapcount > 1 ? shared : others;
            const bool kept = changed || address == highlight;
            if (!kept && count >= (&count == &shared ? kShared : kOthers)) return;
            if (!kept) ++count;
            p.pages.push_back({address, frame, true, (entry & pte::RW) != 0, true, changed, kind.name, kind.color});
        };
        forEachPte(machine.ram, mm.cr3, machine.kernel.options.fiveLevel, area.start, area.end, see);
        if (!counted) p.resident += resident;
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
    if (!event || m.forks == 0)
        return Words::tr(
            "No process has forked yet. When one does, parent and child will share every frame read-only, and only a "
            "write will make a copy.");
    m.last = event->tick;
    if (event->kind != EventKind::Fork) m.highlight = pageDown(event->args[0]);
    if (event->kind == EventKind::CowCopy) m.origin = static_cast<u32>(event->args[1]);
    const QString who = QStringLiteral("PID %1").arg(event->pid);
    if (event->kind == EventKind::Fork)
        return Words::tr(
                   "%1 forked: PID %2 got page tables of its own that point at the same frames. Writable private pages "
                   "became read-only in both.")
            .arg(who)
            .arg(event->args[0]);
    if (event->kind == EventKind::CowReuse)
        return Words::tr(
                   "%1 wrote to %2. Its entry was read-only, so the MMU raised #PF; do_wp_page found that nobody else "
                   "uses frame %3 any more: it "
                   "was made writable again, nothing was copied.")
            .arg(who, hex(event->args[0]))
            .arg(event->args[1]);
    if (!event->text.empty())
        return Words::tr(
                   "%1 wrote to %2, a page of a file that is mapped privately: do_wp_page copied frame %3 of the page "
                   "cache to frame %4. No fork is needed for that; the file keeps its bytes.")
            .arg(who, hex(event->args[0]))
            .arg(event->args[1])
            .arg(event->args[2]);
    return Words::tr(
               "%1 wrote to %2. The page was shared and read-only, so the MMU raised #PF; do_wp_page copied frame %3 "
               "to frame %4 and made the "
               "writer's entry point there, writable. The others keep frame %3.")
        .arg(who, hex(event->args[0]))
        .arg(event->args[1])
        .arg(event->args[2]);
}

}  // namespace

QString relationOf(const CowProcess& p) {
    return p.current ? Words::tr("child of %1, running").arg(p.parent) : Words::tr("child of %1").arg(p.parent);
}

std::vector<std::array<QString, 3>> cowTotals(const ForkCowModel& m) {
    return {
        {Words::tr("forks"), countText(m.forks), Words::tr("Processes that were made by fork so far.")},
        {Words::tr("shared now"), Words::tr("%n page(s)", nullptr, static_cast<int>(m.shared)),
         Words::tr("Writable private pages that several processes have in common at this moment.")},
        {Words::tr("copied"), Words::tr("%n page(s)", nullptr, static_cast<int>(m.copies)),
         Words::tr("Shared pages that a write has split. Besides, %1 pages of files were copied because a process "
                   "wrote to its private mapping of them.")
             .arg(m.fileCopies)},
        {Words::tr("reused"), Words::tr("%n page(s)", nullptr, static_cast<int>(m.reuses)),
         Words::tr("Pages whose last user wrote to them: made writable again without a copy.")},
        {Words::tr("saved now"), sizeText(m.savedBytes),
         Words::tr("RAM that copying everything at fork would cost in addition.")},
    };
}

ForkCowModel buildForkCow(const Snapshot& snapshot, const ViewOptions& options) {
    ForkCowModel m;
    if (!snapshot.now) return m;
    const Machine& machine = *snapshot.now;
    m.loaded = true;
    m.fileCopies = machine.kernel.counters.cowFromCache;
    m.copies = machine.kernel.counters.cowCopies - m.fileCopies;
    m.reuses = machine.kernel.counters.cowReuses;
    m.forks = machine.kernel.counters.forks;

    m.caption = captionOf(snapshot, m);

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
    for (const Task* task : chosen)
        m.processes.push_back(processOf(snapshot, *task, machine.kernel.mms.at(task->mm), m.highlight));

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
    std::set<u32> done;
    for (const auto& [address, list] : byAddress)
        for (u32 frame : list) {
            if (!done.insert(frame).second) continue;
            const Page& page = machine.kernel.frames.pages[frame];
            const bool fresh = snapshot.before && snapshot.before->kernel.frames.pages[frame].use == PageUse::Free;
            const bool zero = page.use == PageUse::ZeroPage, copy = fresh && address == m.highlight;
            m.frames.push_back({frame, page.mapcount, users[frame], fresh, zero,
                                zero ? Words::tr("the zero page") : contentOf(machine.ram, FrameNo(frame)),
                                copy ? m.origin : 0});
        }
    // Totals are of the whole machine, however few of its processes are drawn.
    const auto& all = machine.kernel.frames.pages;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const Page& page = all[i];
        if (page.use != PageUse::Anonymous || page.mapcount == 0) continue;
        const u64 pages = page.order == kHugeOrder ? 512 : 1;
        (page.mapcount > 1 ? m.shared : m.single) += pages;
        m.savedBytes += (page.mapcount - 1) * pages * kPageSize;
    }
    m.story = cowStory(snapshot, options);
    return m;
}

TextTwin twin(const ForkCowModel& m) {
    TextTwin root(Words::tr("Fork and copy-on-write"));
    if (!m.loaded) return root;
    for (const CowProcess& p : m.processes) {
        TextTwin& process = root.add(QStringLiteral("%1 PID %2, %3").arg(p.name).arg(p.pid).arg(relationOf(p)),
                                     Words::tr("%n writable pages resident", nullptr, static_cast<int>(p.resident)),
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
        const QString name = Words::tr("frame %1").arg(f.frame);
        ram.add(f.copyOf ? Words::tr("%1, copy of frame %2").arg(name).arg(f.copyOf) : name,
                f.zero
                    ? QStringLiteral("PID %1, %2").arg(pids.join(QStringLiteral(", ")), f.content)
                    : QStringLiteral("×%1, PID %2, %3").arg(f.mapcount).arg(pids.join(QStringLiteral(", ")), f.content),
                f.fresh, Subject::frame(f.frame));
    }
    TextTwin& totals = root.add(Words::tr("Totals"));
    for (const auto& [name, value, what] : cowTotals(m)) totals.add(name, value);
    TextTwin& story = root.add(Words::tr("Since the first fork"), Words::tr("click a step to go there"));
    for (const CowStep& step : m.story)
        story.add(step.text, step.where + (step.reached ? QString() : Words::tr(" (still to come)")),
                  step.reached && step.tick == m.last, Subject::event(step.tick, 0));
    root.add(Words::tr("So"), m.caption);
    return root;
}

}  // namespace ringside
