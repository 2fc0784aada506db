#include <algorithm>

#include "core/kernel/mm/frames.h"
#include "core/kernel/mm/page_tables.h"
#include "widgets/address_space/address_space.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"

namespace ringside {

QString stateName(PageState state) {
    switch (state) {
        case PageState::Untouched:
            return Words::tr("untouched");
        case PageState::FileNotLoaded:
            return Words::tr("in the file, not loaded");
        case PageState::Zero:
            return Words::tr("shared zero page");
        case PageState::Resident:
            return Words::tr("resident");
        case PageState::Shared:
            return Words::tr("shared");
        case PageState::CopyOnWrite:
            return Words::tr("copy-on-write");
        case PageState::Swapped:
            return Words::tr("swapped out");
        case PageState::Dirty:
            return Words::tr("dirty");
        case PageState::kCount:
            break;
    }
    return {};
}

namespace {

void add(SpaceArea& area, PageState state, u64 pages, bool accessed) {
    if (pages == 0) return;
    if (!area.accessed.empty() && area.accessed.back().first == accessed)
        area.accessed.back().second += pages;
    else
        area.accessed.emplace_back(accessed, pages);
    area.count[static_cast<std::size_t>(state)] += pages;
    if (!area.pages.empty() && area.pages.back().first == state)
        area.pages.back().second += pages;
    else
        area.pages.emplace_back(state, pages);
}

PageState stateOf(const Machine& machine, const Vma& vma, u64 entry) {
    if (pteSwapped(entry)) return PageState::Swapped;
    const FrameNo frame = pteFrame(entry);
    static const Page kOutside;
    const Page& page = frame.value < machine.ram.frameCount() ? machine.kernel.frames.pages[frame.value] : kOutside;
    if (page.use == PageUse::ZeroPage) return PageState::Zero;
    if (page.mapcount > 1)
        return vma.flags & vm::Write && !(vma.flags & vm::Shared) && page.use == PageUse::Anonymous
                   ? PageState::CopyOnWrite
                   : PageState::Shared;
    return entry & pte::D ? PageState::Dirty : PageState::Resident;
}

void readPages(const Machine& machine, const Mm& mm, const Vma& vma, SpaceArea& area) {
    const PageState absent = vma.file.value != 0 ? PageState::FileNotLoaded : PageState::Untouched;
    u64 next = vma.start;
    forEachPte(machine.ram, mm.cr3, machine.kernel.options.fiveLevel, vma.start, vma.end,
               [&](u64 address, PhysAddr, u64 entry, bool huge) {
                   const u64 from = std::max(address, next);
                   const u64 to = std::min(vma.end, address + (huge ? 512 * kPageSize : kPageSize));
                   add(area, absent, (from - next) >> kPageShift, false);
                   add(area, stateOf(machine, vma, entry), (to - from) >> kPageShift, (entry & pte::A) != 0);
                   next = to;
               });
    add(area, absent, (vma.end - next) >> kPageShift, false);
}

// Of very many areas only the larger ones have a block of their own: neighbours too small to be read are one block.
constexpr std::size_t kMost = 80;
constexpr u64 kSmall = 64 * kPageSize;

void append(SpaceArea& sum, const SpaceArea& area) {  // `area` lies above `sum`
    sum.pages.insert(sum.pages.end(), area.pages.begin(), area.pages.end());
    sum.accessed.insert(sum.accessed.end(), area.accessed.begin(), area.accessed.end());
    sum.end = area.end;
    sum.changed |= area.changed;
    for (std::size_t i = 0; i < std::size(sum.count); ++i) sum.count[i] += area.count[i];
}

void sumUp(Space& space, u64 selected) {
    if (space.areas.size() <= kMost) return;
    std::vector<SpaceArea> areas;
    auto small = [&](const SpaceArea& a) {
        return !a.kernel && !a.hole && a.end - a.start <= kSmall && !(selected >= a.start && selected < a.end);
    };
    for (std::size_t i = 0; i < space.areas.size();) {
        std::size_t end = i;  // of the run of small areas that touch each other
        while (end < space.areas.size() && small(space.areas[end]) &&
               (end == i || space.areas[end].end == space.areas[end - 1].start))
            ++end;
        if (end - i < 3) {
            areas.push_back(space.areas[i++]);
            continue;
        }
        SpaceArea sum = space.areas[end - 1];
        for (std::size_t k = end - 1; k-- > i;) append(sum, space.areas[k]);
        sum.name = sum.rights = QString();
        sum.role = Words::tr("%1 small areas").arg(end - i);
        sum.sentence = Words::tr("%1 areas of at most %2 each, %3 to %4. Select an address in them to see one.")
                           .arg(end - i)
                           .arg(sizeText(kSmall), hex(sum.start), hex(sum.end));
        areas.push_back(std::move(sum));
        i = end;
    }
    space.areas = std::move(areas);
}

Space spaceOf(const Snapshot& snapshot, const Task& task, const Mm& mm) {
    const Machine& machine = *snapshot.now;
    Space space;
    space.pid = task.pid();
    space.task = taskText(task);
    const Mm* old = snapshot.before ? snapshot.before->kernel.mms.find(task.mm) : nullptr;

    auto kernelArea = [&](u64 start, u64 end, const QString& name, const QString& sentence) {
        SpaceArea area;
        area.start = start, area.end = end, area.name = name, area.kernel = true, area.color = Role::Kernel,
        area.sentence = sentence;
        area.role = Words::tr("kernel");
        space.areas.push_back(area);
    };
    kernelArea(
        kKernelText, kKernelText + (u64{16} << 20), Words::tr("kernel text"),
        Words::tr(
            "The kernel's own code: the system call entry, one stub for each interrupt vector, the context switch."));
    kernelArea(kVmallocStart, kVmallocStart + (u64{1} << 24), Words::tr("kernel stacks"),
               Words::tr("One kernel stack for each task: where SYSCALL and interrupts save its registers."));
    kernelArea(kDirectMap, kDirectMap + machine.ram.size(), Words::tr("direct map of RAM"),
               Words::tr("All of RAM once more, so that the kernel reaches any frame: physical 0 is here."));
    SpaceArea hole;
    const int bits = machine.kernel.options.fiveLevel ? 56 : 47;
    hole.start = u64{1} << bits, hole.end = ~u64{0} << bits, hole.hole = true;
    hole.name = Words::tr("no addresses");
    hole.sentence =
        Words::tr(
            "Bits 63 to %1 of an address must be equal. Between the halves lie the addresses that break this rule: "
            "non-canonical, refused with #GP.")
            .arg(bits);
    space.areas.push_back(hole);

    for (auto it = mm.vmas.rbegin(); it != mm.vmas.rend(); ++it) {
        const Vma& vma = it->second;
        SpaceArea area;
        area.start = vma.start, area.end = vma.end;
        area.name = areaName(vma).section(QLatin1Char('/'), -1);
        area.rights = rightsText(vma);
        const AreaKind kind = kindOf(mm, vma);
        area.role = kind.name, area.color = kind.color;
        readPages(machine, mm, vma, area);
        u64 resident = 0;
        QStringList states;
        for (std::size_t i = 0; i < std::size(area.count); ++i) {
            if (area.count[i] == 0) continue;
            const auto state = static_cast<PageState>(i);
            states << QStringLiteral("%1 %2").arg(area.count[i]).arg(stateName(state));
            if (state != PageState::Untouched && state != PageState::FileNotLoaded && state != PageState::Swapped)
                resident += area.count[i];
        }
        space.residentPages += resident;
        space.virtualBytes += vma.end - vma.start;
        area.sentence = Words::tr("%1 (%2), %3 to %4, %5, %6: of its pages %7.")
                            .arg(areaName(vma), area.role, hex(vma.start), hex(vma.end), rightsText(vma),
                                 sizeText(vma.end - vma.start), states.join(QStringLiteral(", ")));
        if (vma.file.value != 0)
            area.sentence += Words::tr(" It shows the file from offset %1.").arg(hex(vma.pageOffset << kPageShift));
        if (old) {
            const Vma* was = old->find(vma.start);
            area.changed = !was || was->start != vma.start || was->end != vma.end || was->flags != vma.flags;
        }
        space.areas.push_back(area);
    }
    if (machine.kernel.current == task.id && machine.cpu.regs.cpl() == 3) {
        space.marks.push_back({machine.cpu.regs.gpr[RSP], QStringLiteral("RSP")});
        space.marks.push_back({machine.cpu.regs.rip, QStringLiteral("RIP")});
    }
    space.marks.push_back({mm.brk, QStringLiteral("brk")});
    space.marks.push_back({mm.mmapBase, QStringLiteral("mmap")});
    return space;
}

}  // namespace

AddressSpaceModel buildAddressSpace(const Snapshot& snapshot, const ViewOptions& options) {
    AddressSpaceModel m;
    if (!snapshot.now) return m;
    const Machine& machine = *snapshot.now;
    const Task* task = taskOf(machine, options.selection);
    m.ended = machine.kernel.exitStatus.has_value();
    // While a kernel thread or nobody runs, the address space that would be borrowed is not empty: a process's is
    // shown.
    for (auto [id, other] : machine.kernel.tasks)
        if ((!task || task->mm.value == 0) && other.mm.value != 0) task = &other;
    if (!task || task->mm.value == 0) return m;
    m.spaces.push_back(spaceOf(snapshot, *task, machine.kernel.mms.at(task->mm)));
    // Beside it a relative with an address space of its own, when there is one.
    for (auto [id, other] : machine.kernel.tasks)
        if (m.spaces.size() == 1 && other.mm.value != 0 && other.mm != task->mm &&
            (other.realParent == task->id || task->realParent == id))
            m.spaces.push_back(spaceOf(snapshot, other, machine.kernel.mms.at(other.mm)));
    if (options.selection.kind == SubjectKind::Address || options.selection.kind == SubjectKind::Vma)
        m.selected = options.selection.value;
    const Space& space = m.spaces.front();
    for (Space& s : m.spaces) sumUp(s, m.selected);
    m.caption = Words::tr(
                    "%1 asked for %2 of addresses in %3 areas; %4 of that lie in RAM. The rest costs nothing until it "
                    "is touched.")
                    .arg(space.task, sizeText(space.virtualBytes))
                    .arg(machine.kernel.mms.at(task->mm).vmas.size())
                    .arg(sizeText(space.residentPages * kPageSize));
    return m;
}

TextTwin twin(const AddressSpaceModel& m) {
    TextTwin root(Words::tr("Address space"), m.spaces.empty() ? Words::tr("nothing loaded") : m.caption);
    for (const Space& space : m.spaces) {
        TextTwin& s = root.add(space.task,
                               Words::tr("%1 virtual, %2 resident")
                                   .arg(sizeText(space.virtualBytes), sizeText(space.residentPages * kPageSize)),
                               false, Subject::task(space.pid));
        for (const SpaceArea& area : space.areas) {
            QString value = area.hole ? Words::tr("not canonical")
                                      : QStringLiteral("%1 %2 %3").arg(area.rights, area.role, area.name);
            for (std::size_t i = 0; i < std::size(area.count); ++i)
                if (area.count[i])
                    value += QStringLiteral(", %1 %2").arg(area.count[i]).arg(stateName(static_cast<PageState>(i)));
            s.add(QStringLiteral("%1-%2").arg(hexDigits(area.start, 12), hexDigits(area.end, 12)), value, area.changed,
                  Subject::vma(area.start, space.pid));
        }
        for (const SpaceMark& mark : space.marks)
            s.add(mark.name, hex(mark.address), false, Subject::address(mark.address, space.pid));
    }
    return root;
}

}  // namespace ringside
