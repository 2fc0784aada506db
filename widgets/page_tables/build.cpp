#include <algorithm>

#include "core/kernel/mm/page_tables.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/page_tables/page_tables.h"

namespace ringside {
namespace {

constexpr int kNeighbours = 24;  // present entries shown above and below the one that was read
constexpr std::size_t kBytes = 64;
constexpr u8 kPageFaultVector = 14;
constexpr Tick kHandler = 100;  // more than the entry code's instructions

struct Asked {
    u64 address;
    QString why;
};

Asked askedFor(const Snapshot& snapshot, const Subject& selection) {
    switch (selection.kind) {
        case SubjectKind::Address:
        case SubjectKind::Instruction:
        case SubjectKind::Vma:
            return {selection.value, Words::tr("the selected address")};
        case SubjectKind::Pte:
            return {selection.extra, Words::tr("the address of the selected entry")};
        default:
            break;
    }
    // While the kernel's handler runs, the fault is what it is about.
    if (snapshot.now->cpu.regs.cpl() == 0)
        if (const auto fault = lastEvent(snapshot, RunUntil::bit(EventKind::PageFault));
            fault && snapshot.now->cpu.tick - fault->tick < kHandler)
            return {fault->args[0], Words::tr("the address that just faulted")};
    if (snapshot.last && snapshot.last->trap == kPageFaultVector)
        return {snapshot.now->cpu.regs.cr2, Words::tr("the address that just faulted, as CR2 holds it")};
    if (snapshot.last)
        for (const MemoryAccess& access : snapshot.last->accesses)
            if (access.kind != AccessKind::Fetch) {
                const QString verb = access.kind == AccessKind::Write ? Words::tr("written") : Words::tr("read");
                return {access.address.value, Words::tr("just %1 by the last instruction").arg(verb)};
            }
    return {snapshot.now->cpu.regs.rip, Words::tr("RIP, the instruction about to run")};
}

u64 extend(u64 address, bool fiveLevel) {
    const int shift = fiveLevel ? 7 : 16;
    return static_cast<u64>(static_cast<i64>(address << shift) >> shift);
}

// The table of this level in another tree, on the way to `address`; nothing when that tree ends above it.
std::optional<u64> tableIn(const Ram& ram, const PagingMode& mode, u64 address, u8 level) {
    u64 table = mode.cr3 & pte::kFrameMask;
    for (int at = mode.fiveLevel ? 5 : 4; at > level; --at) {
        const u64 entry = ram.load<u64>(PhysAddr(table + (address >> (12 + 9 * (at - 1)) & 511) * 8));
        if (!(entry & pte::P) || entry & pte::PS) return std::nullopt;
        table = entry & pte::kFrameMask;
    }
    return table;
}

// Accessed and dirty bits are the hardware's notes: they make no difference.
Difference compare(u64 here, u64 there) {
    constexpr u64 kNotes = pte::A | pte::D;
    if (here == 0 && there == 0) return Difference::None;
    if (there == 0) return Difference::OnlyHere;
    if (here == 0) return Difference::OnlyThere;
    if ((here & pte::kFrameMask) != (there & pte::kFrameMask)) return Difference::Frame;
    return (here & ~kNotes) == (there & ~kNotes) ? Difference::Same : Difference::Bits;
}

PageTableLevel levelOf(const Snapshot& snapshot, const PagingMode& mode, const WalkStep& step, u64 address,
                       const PagingMode* other) {
    const Ram& ram = snapshot.now->ram;
    PageTableLevel level;
    level.level = step.level;
    level.table = step.entryAddress.value - step.index * 8u;
    level.index = step.index;
    level.entryAddress = step.entryAddress.value;
    const int shift = 12 + 9 * (step.level - 1);
    const u64 upper = step.level == (mode.fiveLevel ? 5 : 4) ? 0 : address >> (shift + 9) << (shift + 9);
    const std::optional<u64> theirs = other ? tableIn(ram, *other, address, step.level) : std::nullopt;
    auto entryOf = [&](u16 i) { return ram.load<u64>(PhysAddr(level.table + i * 8u)); };
    auto otherOf = [&](u16 i) { return theirs ? ram.load<u64>(PhysAddr(*theirs + i * 8u)) : 0; };
    std::vector<u16> shown;
    for (u16 i = 0; i < 512; ++i) {
        const u64 entry = entryOf(i);
        if (entry & pte::P) ++level.present;
        if (entry != 0 || i == step.index || otherOf(i) != 0) shown.push_back(i);
    }
    const auto at = std::find(shown.begin(), shown.end(), step.index) - shown.begin();
    const auto first = std::max<std::ptrdiff_t>(0, at - kNeighbours);
    const auto last = std::min<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(shown.size()), at + kNeighbours + 1);
    int previous = -1;
    for (auto k = first; k < last; ++k) {
        const u16 i = shown[static_cast<std::size_t>(k)];
        PageTableRow row;
        row.index = i;
        const PhysAddr where(level.table + i * 8u);
        row.entry = ram.load<u64>(where);
        row.firstAddress = extend(upper | u64{i} << shift, mode.fiveLevel);
        row.lit = i == step.index;
        row.gapBefore = i - previous - 1;
        if (other) row.other = otherOf(i), row.difference = compare(row.entry, row.other);
        row.changed = snapshot.before && snapshot.before->ram.contains(where, 8) &&
                      snapshot.before->ram.load<u64>(where) != row.entry;
        previous = i;
        level.rows.push_back(row);
    }
    level.gapAfter = 511 - previous;
    return level;
}

QString captionOf(const PageTablesModel& m) {
    if (m.end == WalkEnd::NonCanonical)
        return Words::
            tr("%1 is not canonical: bits 63 to %2 are not all the same, so the CPU refuses it before any walk (#GP).")
                .arg(hex(m.address))
                .arg(m.fiveLevel ? 56 : 47);
    const QString where = m.levels.empty() ? QString() : levelName(m.levels.back().level);
    switch (m.end) {
        case WalkEnd::Mapped:
            return Words::tr(
                       "%1 is %2. Entry %3 of the %4 maps it to physical %5 in a %6 page; over all levels it is %7, %8 "
                       "and %9.")
                .arg(hex(m.address), m.why)
                .arg(m.levels.back().index)
                .arg(where, hex(m.phys), sizeText(m.pageSize),
                     m.writable ? Words::tr("writable") : Words::tr("read-only"),
                     m.user ? Words::tr("open to user mode") : Words::tr("for the kernel only"),
                     m.executable ? Words::tr("executable") : Words::tr("not executable"));
        case WalkEnd::NotPresent: {
            const auto& rows = m.levels.back().rows;
            const auto lit = std::ranges::find_if(rows, &PageTableRow::lit);
            const u64 entry = lit == rows.end() ? 0 : lit->entry;
            return Words::tr(
                       "%1 is %2. The walk ends at entry %3 of the %4: its P bit is 0, so an access is a page fault "
                       "(#PF). %5")
                .arg(hex(m.address), m.why)
                .arg(m.levels.back().index)
                .arg(where,
                     m.area.isEmpty() ? Words::tr("No VMA covers it: the kernel answers with SIGSEGV.")
                     : pteSwapped(entry)
                         ? Words::tr("The entry holds the number %1 of a swap slot: the kernel will read the page back "
                                     "from there and retry.")
                               .arg(swapSlot(entry))
                         : Words::tr("The VMA %1 covers it: the kernel will fill a frame and retry.").arg(m.area));
        }
        case WalkEnd::Reserved:
            return Words::tr("Entry %1 of the %2 has a reserved bit set: #PF with RSVD.")
                .arg(m.levels.back().index)
                .arg(where);
        default:
            return Words::tr("Entry %1 of the %2 points outside RAM.")
                .arg(m.levels.empty() ? 0 : m.levels.back().index)
                .arg(where);
    }
}

// A parent or child with tables of its own.
const Task* relativeOf(const Machine& machine, const Task& task) {
    for (auto [id, other] : machine.kernel.tasks)
        if (other.mm.value != 0 && other.mm != task.mm && (other.realParent == task.id || task.realParent == id))
            return machine.kernel.tasks.find(id);
    return nullptr;
}

}  // namespace

QString textOf(Difference difference) {
    switch (difference) {
        case Difference::None:
            return {};
        case Difference::Same:
            return Words::tr("same");
        case Difference::Bits:
            return Words::tr("other rights");
        case Difference::Frame:
            return Words::tr("other frame");
        case Difference::OnlyHere:
            return Words::tr("only here");
        case Difference::OnlyThere:
            return Words::tr("only there");
    }
    return {};
}

PageTablesModel buildPageTables(const Snapshot& snapshot, const ViewOptions& options) {
    PageTablesModel m;
    if (!snapshot.now) return m;
    const Machine& machine = *snapshot.now;
    const Task* task = taskOf(machine, options.selection);
    if (!task) return m;
    m.loaded = true;
    m.pid = task->pid();
    m.task = taskText(*task);
    const Asked asked = askedFor(snapshot, options.selection);
    m.address = asked.address;
    m.why = asked.why;
    const PagingMode mode = pagingOf(machine, *task);
    m.fiveLevel = mode.fiveLevel;
    const Task* other = relativeOf(machine, *task);
    PagingMode otherMode = mode;
    if (other) {
        m.otherPid = other->pid();
        m.other = taskText(*other);
        otherMode = pagingOf(machine, *other);
        m.compared = options.setting(QStringLiteral("compare")) == QLatin1String("yes");
    }
    m.tree = options.setting(QStringLiteral("form")) == QLatin1String("tree");
    const Walk walked = walk(machine.ram, mode, VirtAddr(m.address));
    m.end = walked.end;
    for (u8 i = 0; i < walked.count; ++i)
        if (machine.ram.contains(PhysAddr(pageDown(walked.steps[i].entryAddress.value)), kPageSize))
            m.levels.push_back(levelOf(snapshot, mode, walked.steps[i], m.address, m.compared ? &otherMode : nullptr));
    const Mm* mm = machine.kernel.mms.find(task->mm);
    m.opened = options.setting(QStringLiteral("open"));
    if (m.tree) readTree(m, snapshot, mode, m.compared ? &otherMode : nullptr, mm, compare);
    if (mm)
        if (const Vma* area = mm->find(m.address)) m.area = areaName(*area) + QLatin1Char(' ') + rightsText(*area);
    if (walked.end == WalkEnd::Mapped) {
        m.phys = walked.phys.value;
        m.pageSize = walked.pageSize;
        m.writable = walked.writable;
        m.user = walked.user;
        m.executable = walked.executable;
        const FrameNo frame = frameOf(walked.phys);
        if (frame.value < machine.ram.frameCount()) {
            const Page& page = machine.kernel.frames.pages[frame.value];
            m.use = nameOf(page.use);
            m.refcount = page.refcount;
            m.mapcount = page.mapcount;
            m.bytes.resize(kBytes);
            machine.ram.read(PhysAddr(std::min(m.phys & ~u64{15}, addressOf(frame).value + kPageSize - kBytes)),
                             m.bytes);
            for (const Mapper& mapper : mappersOf(machine.kernel, machine.ram, frame)) {
                const Task* user = taskOfMm(machine, mapper.mm);
                m.mappers.push_back({user ? user->pid() : 0, user ? taskText(*user) : Words::tr("nobody"),
                                     mapper.address, (mapper.entry & pte::RW) != 0});
                if (m.mappers.size() == 64) break;
            }
        }
    }
    m.caption = captionOf(m);
    return m;
}

TextTwin twin(const PageTablesModel& m) {
    TextTwin root(Words::tr("Page tables"),
                  m.loaded ? Words::tr("%1 of %2").arg(hex(m.address), m.task) : Words::tr("nothing loaded"));
    if (!m.loaded) return root;
    if (m.tree) twinTree(m, root.add(Words::tr("Tree of tables")));
    for (const PageTableLevel& level : m.levels) {
        TextTwin& table = root.add(Words::tr("%1 at physical %2").arg(levelName(level.level), hex(level.table)),
                                   Words::tr("index %1, %2 of 512 present").arg(level.index).arg(level.present));
        for (const PageTableRow& row : level.rows)
            table.add(QStringLiteral("%1[%2]").arg(row.lit ? QStringLiteral("> ") : QString()).arg(row.index),
                      QStringLiteral("%1  %2%3")
                          .arg(hexDigits(row.entry, 16), entryBits(row.entry, level.level),
                               row.difference == Difference::None
                                   ? QString()
                                   : Words::tr("; %1: %2").arg(m.other, textOf(row.difference))),
                      row.changed, Subject::pte(level.table + row.index * 8u, row.firstAddress, m.pid));
    }
    if (m.end == WalkEnd::Mapped) {
        TextTwin& frame = root.add(Words::tr("Frame %1").arg(m.phys >> kPageShift), m.use, false,
                                   Subject::frame(m.phys >> kPageShift));
        frame.add(Words::tr("physical address"), hex(m.phys));
        frame.add(Words::tr("references"), QString::number(m.refcount));
        for (const PageTableMapper& mapper : m.mappers)
            frame.add(Words::tr("mapped by %1").arg(mapper.name),
                      QStringLiteral("%1 %2").arg(hex(mapper.address),
                                                  mapper.writable ? Words::tr("writable") : Words::tr("read-only")));
    }
    root.add(Words::tr("So"), m.caption);
    return root;
}

}  // namespace ringside
