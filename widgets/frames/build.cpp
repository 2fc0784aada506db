#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <set>

#include "core/kernel/fs/inode.h"
#include "core/kernel/mm/address_space.h"
#include "core/kernel/os.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/frames/frames.h"

namespace ringside {
namespace {

constexpr std::size_t kUses = static_cast<std::size_t>(PageUse::ZeroPage) + 1;

i32 ownerOf(const Machine& machine, const Page& page) {
    const Task* task = nullptr;
    if (page.use == PageUse::Anonymous || page.use == PageUse::PageTable) task = taskOfMm(machine, MmId(page.owner));
    if (page.use == PageUse::KernelStack) task = machine.kernel.tasks.find(TaskId(page.owner));
    return task ? task->pid() : 0;
}

// Names of the files that have pages in the cache: as whoever has mapped or opened them calls them, else from the
// directory that they are in.
std::map<u32, QString> pathsOf(const Machine& machine) {
    const Vfs& vfs = machine.kernel.vfs;
    std::map<u32, QString> paths;
    for (auto [id, file] : vfs.files) paths.try_emplace(file.inode.value, qs(file.path));
    for (auto [id, mm] : machine.kernel.mms)
        for (const auto& [start, area] : mm.vmas)
            if (area.file.value != 0 && !area.name.empty()) paths.try_emplace(area.file.value, qs(area.name));
    std::set<u32> nameless;
    for (auto [id, inode] : vfs.inodes)
        if (!inode.pages.empty() && !paths.contains(id.value)) nameless.insert(id.value);
    if (nameless.empty()) return paths;
    Machine copy = machine;  // the kernel's functions ask for one that they might change
    const Os os{copy.kernel, copy.cpu, copy.ram, copy.devices, copy.trace, copy.clockHz};
    for (auto [id, directory] : vfs.inodes)
        for (const auto& [name, entry] : directory.entries)
            if (nameless.contains(entry.value)) {
                const std::string above = ringside::pathOf(os, id);
                paths.try_emplace(entry.value, qs(above == "/" ? above + name : above + '/' + name));
            }
    return paths;
}

QString pathOf(const std::map<u32, QString>& paths, InodeId inode) {
    const auto found = paths.find(inode.value);
    return found == paths.end() ? Words::tr("inode %1").arg(inode.value) : found->second;
}

// The frame that is selected, or that holds the selected address.
std::optional<u64> selectedFrame(const Machine& machine, const Subject& selection) {
    if (selection.kind == SubjectKind::Frame) return selection.value;
    u64 address = selection.value;
    if (selection.kind == SubjectKind::Pte)
        address = selection.extra;
    else if (selection.kind != SubjectKind::Address && selection.kind != SubjectKind::Instruction)
        return std::nullopt;
    const Task* task = taskOf(machine, selection);
    if (!task) return std::nullopt;
    const Walk w = walk(machine.ram, pagingOf(machine, *task), VirtAddr(address));
    if (w.end != WalkEnd::Mapped) return std::nullopt;
    return w.phys.value >> kPageShift;
}

}  // namespace

i32 FrameCells::pidOf(const Page& page) const {
    if (page.use != PageUse::Anonymous && page.use != PageUse::PageTable) return 0;
    const auto found = m_table->pidOfMm.find(page.owner);
    return found == m_table->pidOfMm.end() ? 0 : found->second;
}

FrameCell FrameCells::operator[](std::size_t i) const {
    const Page& p = page(i);
    FrameCell cell;
    cell.use = static_cast<u8>(p.use);
    cell.mappers = static_cast<u8>(std::min<u32>(p.mapcount, 255));
    cell.users = static_cast<u8>(std::min<u32>(p.refcount, 255));
    cell.active = p.onLru && p.active;
    cell.inactive = p.onLru && !p.active;
    cell.pid = pidOf(p);
    cell.index = static_cast<u32>(p.index);
    cell.changed = std::ranges::binary_search(m_table->changed, static_cast<u32>(i));
    return cell;
}

FramesModel buildFrames(const Snapshot& snapshot, const ViewOptions& options) {
    FramesModel m;
    if (!snapshot.now) return m;
    const Machine& machine = *snapshot.now;
    const auto& pages = machine.kernel.frames.pages;
    m.loaded = true;
    m.byOwner = options.setting(QStringLiteral("color")) == QLatin1String("owner");
    const std::size_t count = pages.size();
    std::array<u64, kUses> uses{};
    std::map<u32, i32> pidOfMm;
    for (auto [id, task] : machine.kernel.tasks)
        if (task.mm.value != 0) pidOfMm.try_emplace(task.mm.value, task.pid());
    // Until the kernel has set up its table there is nothing to compare with.
    const CowArray<Page>* before = snapshot.before ? &snapshot.before->kernel.frames.pages : nullptr;
    if (before && before->size() != count) before = nullptr;
    std::vector<u32> changed;
    std::size_t used = 0;  // up to the last frame that is not free
    for (std::size_t i = 0; i < count; ++i) {
        const Page& page = pages[i];
        ++uses[static_cast<std::size_t>(page.use)];
        m.shared += page.use == PageUse::Anonymous && page.mapcount > 1;
        if (page.use != PageUse::Free) used = i + 1;
        if (!before) continue;
        const Page& old = (*before)[i];
        // Copies of a machine share what did not change.
        if (&old == &page) continue;
        if (old.use != page.use || old.mapcount != page.mapcount || old.owner != page.owner)
            changed.push_back(static_cast<u32>(i));
    }
    for (std::size_t use = 0; use < kUses; ++use) m.uses.emplace_back(nameOf(static_cast<PageUse>(use)), uses[use]);
    m.freeFrames = uses[0];
    const std::map<u32, QString> paths = pathsOf(machine);
    for (auto [id, inode] : machine.kernel.vfs.inodes)
        if (!inode.pages.empty()) m.cachedFiles.emplace_back(pathOf(paths, id), inode.pages.size());
    std::stable_sort(m.cachedFiles.begin(), m.cachedFiles.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    m.active = machine.kernel.frames.active.count;
    m.inactive = machine.kernel.frames.inactive.count;
    m.swapSlots = machine.devices.swap.slots;
    for (std::size_t slot = 0; slot < std::min<std::size_t>(m.swapSlots, machine.kernel.frames.swapUsers.size());
         ++slot) {
        m.slots.push_back(static_cast<u8>(std::min<u16>(machine.kernel.frames.swapUsers[slot], 255)));
        m.swapUsed += m.slots.back() != 0;
    }
    m.watermarkMin = machine.kernel.frames.watermarkMin;
    m.watermarkLow = machine.kernel.frames.watermarkLow;
    m.watermarkHigh = machine.kernel.frames.watermarkHigh;
    // Where most of RAM is free behind the last frame in use, the map shows the part that is not.
    if (!changed.empty()) used = std::max<std::size_t>(used, changed.back() + 1);
    const std::size_t changes = changed.size();
    m.cells = FrameCells(pages, std::move(changed), std::move(pidOfMm));
    used = std::min(count, (used + 127) / 64 * 64);
    m.folded = used < count / 2 && options.setting(QStringLiteral("span")) != QLatin1String("all");
    m.shown = m.folded ? used : count;
    if (const auto frame = selectedFrame(machine, options.selection); frame && *frame < count) {
        m.selected = *frame;
        const Page& page = pages[m.selected];
        for (const Mapper& mapper : mappersOf(machine.kernel, machine.ram, FrameNo(static_cast<u32>(m.selected)))) {
            const Task* task = taskOfMm(machine, mapper.mm);
            m.mappers.push_back({task ? task->pid() : 0,
                                 Words::tr("%1 at %2, %3")
                                     .arg(task ? taskText(*task) : QStringLiteral("?"), hex(mapper.address),
                                          mapper.entry & pte::RW ? QStringLiteral("RW") : QStringLiteral("RO")),
                                 mapper.address});
            if (m.mappers.size() == 64) break;
        }
        QStringList who;
        for (const FrameMapper& mapper : m.mappers)
            if (who.size() < 4) who << mapper.text;
        m.selectedText = Words::tr("Frame %1, physical %2: %3, %4 references. Mapped by: %5.")
                             .arg(m.selected)
                             .arg(hex(m.selected << kPageShift), nameOf(page.use))
                             .arg(page.refcount)
                             .arg(who.isEmpty() ? Words::tr("nobody but the kernel") : who.join(QStringLiteral("; ")));
        if (page.use == PageUse::PageCache)
            m.selectedText +=
                Words::tr(" It holds page %1 of %2.").arg(page.index).arg(pathOf(paths, InodeId(page.owner)));
        if (const i32 pid = ownerOf(machine, page)) m.selectedText += Words::tr(" Allocated for PID %1.").arg(pid);
    }
    m.caption = !m.selectedText.isEmpty()
                    ? m.selectedText
                    : Words::tr("%1 of RAM in %2 frames; %3 are free (%4). The last step changed %5 of them.")
                          .arg(sizeText(machine.ram.size()))
                          .arg(countText(count), countText(m.freeFrames), sizeText(m.freeFrames * kPageSize))
                          .arg(changes);
    return m;
}

TextTwin twin(const FramesModel& m) {
    if (m.cells.size() == 0) return TextTwin(Words::tr("Frames"), Words::tr("RAM is not divided into frames yet"));
    TextTwin root(Words::tr("Frames"), m.caption);
    for (const auto& [name, count] : m.uses) root.add(name, countText(count));
    root.add(Words::tr("of them shared"), countText(m.shared));
    TextTwin& cache = root.add(Words::tr("Page cache by file"));
    for (const auto& [path, pages] : m.cachedFiles) cache.add(path, countText(pages));
    root.add(Words::tr("LRU lists"), Words::tr("%1 active, %2 inactive").arg(m.active).arg(m.inactive));
    root.add(Words::tr("Swap"), Words::tr("%1 of %2 slots used").arg(m.swapUsed).arg(m.swapSlots));
    root.add(Words::tr("Watermarks"),
             Words::tr("kswapd wakes below %1 free frames and sleeps above %2; below %3 whoever "
                       "asks must reclaim")
                 .arg(m.watermarkLow)
                 .arg(m.watermarkHigh)
                 .arg(m.watermarkMin));
    if (!m.mappers.empty()) {
        TextTwin& who = root.add(Words::tr("Who maps frame %1").arg(m.selected));
        for (const FrameMapper& mapper : m.mappers)
            who.add(mapper.text, {}, false, Subject::address(mapper.address, mapper.pid));
    }
    return root;
}

}  // namespace ringside
