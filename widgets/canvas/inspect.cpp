#include "widgets/canvas/inspect.h"

#include <QLocale>

#include "core/kernel/names.h"
#include "core/kernel/proc/wait_queue.h"
#include "core/kernel/syscalls/table.h"
#include "widgets/canvas/words.h"

namespace ringside {

QString hex(u64 value) { return QStringLiteral("0x%1").arg(value, 0, 16); }
QString hexDigits(u64 value, int digits) { return QStringLiteral("%1").arg(value, digits, 16, QLatin1Char('0')); }
QString countText(u64 n) { return QLocale(QLocale::English).toString(static_cast<qulonglong>(n)); }

QString sizeText(u64 bytes) {
    static constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    int unit = 0;
    double value = static_cast<double>(bytes);
    while (value >= 1024 && unit < 4) value /= 1024, ++unit;
    const bool whole = value == static_cast<double>(static_cast<u64>(value));
    return QStringLiteral("%1 %2").arg(value, 0, 'f', whole ? 0 : 1).arg(QLatin1String(kUnits[unit]));
}

QString taskText(const Task& task) { return QStringLiteral("%1 %2").arg(qs(task.comm)).arg(task.pid()); }

const Task* taskByPid(const Machine& machine, i32 pid) {
    // As find_task_by_pid_ns does it; whoever is being reaped has no number there any more, and the idle task has none.
    for (auto [id, space] : machine.kernel.pidNamespaces)
        if (space.level == 0)
            if (const Task* task = machine.kernel.tasks.find(space.idr.find(pid))) return task;
    for (auto [id, task] : machine.kernel.tasks)
        if (task.pid() == pid) return machine.kernel.tasks.find(id);
    return nullptr;
}

const Task* taskOf(const Machine& machine, const Subject& selection) {
    if (selection.pid != 0)
        if (const Task* task = taskByPid(machine, selection.pid)) return task;
    const Task* current = machine.kernel.tasks.find(machine.kernel.current);
    if (current && current->mm.value != 0) return current;
    for (auto [id, task] : machine.kernel.tasks)
        if (task.mm.value != 0) return machine.kernel.tasks.find(id);
    return current;
}

const Task* taskOfMm(const Machine& machine, MmId mm) {
    for (auto [id, task] : machine.kernel.tasks)
        if (task.mm == mm) return machine.kernel.tasks.find(id);
    return nullptr;
}

PagingMode pagingOf(const Machine& machine, const Task& task) {
    PagingMode mode = machine.cpu.pagingMode();
    if (const Mm* mm = machine.kernel.mms.find(task.mm)) mode.cr3 = mm->cr3;
    return mode;
}

std::optional<Event> lastEvent(const Snapshot& snapshot, u64 mask) {
    if (!snapshot.now) return std::nullopt;
    const std::size_t i = snapshot.events.lastBefore(snapshot.events.firstAfter(snapshot.now->cpu.tick), mask);
    return i < snapshot.events.size() ? std::optional(snapshot.events[i]) : std::nullopt;
}

QString said(const Sentence& sentence) {
    QString text;
    const std::string pattern = Words::tr(std::string(sentence.pattern).c_str()).toStdString();
    eachPiece(pattern, sentence.values, [&](std::string_view piece) { text += qs(piece); });
    return text;
}

QString labelOf(EventKind kind) { return Words::tr(std::string(rowOf(kind).label).c_str()); }

QString nameOf(PageUse use) {
    switch (use) {
        case PageUse::Free:
            return Words::tr("free");
        case PageUse::Reserved:
            return Words::tr("reserved for firmware and kernel image");
        case PageUse::PageTable:
            return Words::tr("page table");
        case PageUse::KernelStack:
            return Words::tr("kernel stack");
        case PageUse::Slab:
            return Words::tr("kernel objects (slab)");
        case PageUse::Anonymous:
            return Words::tr("anonymous memory");
        case PageUse::PageCache:
            return Words::tr("page cache");
        case PageUse::ZeroPage:
            return Words::tr("the shared zero page");
    }
    return {};
}

QString areaName(const Vma& area) {
    if (!area.name.empty()) return qs(area.name);
    return Words::tr("anonymous");
}

AreaKind kindOf(const Mm& mm, const Vma& area) {
    if (area.name == "[stack]" || area.flags & vm::GrowsDown) return {Words::tr("stack"), Role::Stack};
    if (area.name == "[heap]") return {Words::tr("heap"), Role::Data};
    if (area.special == SpecialMapping::Vdso) return {Words::tr("code of the kernel for programs"), Role::Code};
    if (area.special == SpecialMapping::Vvar) return {Words::tr("data of the kernel for the vDSO"), Role::ReadOnly};
    const bool ofFile = area.file.value != 0, ofProgram = area.file == mm.exe;
    if (area.flags & vm::Exec) {
        if (!ofFile) return {Words::tr("anonymous, executable"), Role::Code};
        return {ofProgram ? Words::tr("text") : Words::tr("library text"), Role::Code};
    }
    if (area.flags & vm::Write) {
        if (area.flags & vm::Shared) return {Words::tr("shared memory"), Role::Data};
        if (ofFile) return {ofProgram ? Words::tr("data") : Words::tr("library data"), Role::Data};
        const bool bss = area.start < mm.startBrk && area.start >= mm.startCode;
        return {bss ? Words::tr("bss") : Words::tr("anonymous"), Role::Data};
    }
    return {area.flags & vm::Read ? Words::tr("read-only data") : Words::tr("guard, no access"), Role::ReadOnly};
}

QString rightsText(const Vma& area) {
    QString text = QStringLiteral("---p");
    if (area.flags & vm::Read) text[0] = QLatin1Char('r');
    if (area.flags & vm::Write) text[1] = QLatin1Char('w');
    if (area.flags & vm::Exec) text[2] = QLatin1Char('x');
    if (area.flags & vm::Shared) text[3] = QLatin1Char('s');
    return text;
}

QString levelName(int level) {
    static constexpr const char* kNames[] = {"", "PT", "PD", "PDPT", "PML4", "PML5"};
    return QLatin1String(kNames[level]);
}

QString entryBits(u64 entry, int level) {
    if (!(entry & pte::P)) return entry == 0 ? Words::tr("not present") : Words::tr("not present, swap entry");
    QStringList bits{QStringLiteral("P")};
    if (entry & pte::RW) bits << QStringLiteral("RW");
    if (entry & pte::US) bits << QStringLiteral("US");
    if (entry & pte::PWT) bits << QStringLiteral("PWT");
    if (entry & pte::PCD) bits << QStringLiteral("PCD");
    if (entry & pte::A) bits << QStringLiteral("A");
    if ((level == 1 || entry & pte::PS) && entry & pte::D) bits << QStringLiteral("D");
    if (level > 1 && entry & pte::PS) bits << QStringLiteral("PS");
    if (entry & pte::G) bits << QStringLiteral("G");
    if (entry & pte::NX) bits << QStringLiteral("NX");
    return bits.join(QLatin1Char(' '));
}

QString entrySentence(u64 entry, int level) {
    if (!(entry & pte::P))
        return entry == 0 ? Words::tr("Not present: an access through this entry is a page fault.")
                          : Words::tr("Not present (P = 0), but not empty: the kernel keeps a swap entry here, %1.")
                                .arg(hex(entry));
    const u64 target = entry & pte::kFrameMask;
    const bool leaf = level == 1 || (entry & pte::PS && level <= 3);
    QStringList parts;
    parts << (leaf ? Words::tr("Maps the page at physical %1").arg(hex(target))
                   : Words::tr("Points at the %1 at physical %2").arg(levelName(level - 1), hex(target)));
    parts << (entry & pte::RW ? Words::tr("writable") : Words::tr("read-only"));
    parts << (entry & pte::US ? Words::tr("user mode may use it") : Words::tr("kernel only"));
    if (entry & pte::A) parts << Words::tr("accessed");
    if (leaf && entry & pte::D) parts << Words::tr("dirty");
    if (entry & pte::G) parts << Words::tr("global");
    parts << (entry & pte::NX ? Words::tr("no execution") : Words::tr("executable"));
    return parts.join(QStringLiteral(", ")) + QLatin1Char('.');
}

QString systemCallName(u64 number) {
    const auto name = syscallName(number);
    return name.empty() ? QStringLiteral("syscall_%1").arg(number) : qs(name);
}

QString nameOfSignal(int signal) { return qs(signalName(signal)); }

char stateLetter(const Task& task) {
    if (task.exitState & state::ExitZombie) return 'Z';
    if (task.exitState & state::ExitDead) return 'X';
    if (task.state & state::Stopped) return 'T';
    if (task.state & state::Traced) return 't';
    if ((task.state & state::Idle) == state::Idle) return 'I';
    if (task.state & state::Uninterruptible) return 'D';
    if (task.state & state::Interruptible) return 'S';
    if (task.state & state::New) return 'N';
    return 'R';
}

QString stateText(const Task& task) {
    switch (stateLetter(task)) {
        case 'Z':
            return Words::tr("Z zombie");
        case 'X':
            return Words::tr("X dead");
        case 'T':
            return Words::tr("T stopped");
        case 't':
            return Words::tr("t traced");
        case 'I':
            return Words::tr("I idle");
        case 'D':
            return Words::tr("D uninterruptible sleep");
        case 'S':
            return Words::tr("S interruptible sleep");
        case 'N':
            return Words::tr("N new");
        default:
            return Words::tr("R running or runnable");
    }
}

QString waitText(WaitKind kind) {
    switch (kind) {
        case WaitKind::Child:
            return Words::tr("a child to change its state");
        case WaitKind::PipeRead:
            return Words::tr("data in a pipe");
        case WaitKind::PipeWrite:
            return Words::tr("room in a pipe");
        case WaitKind::Futex:
            return Words::tr("a futex");
        case WaitKind::Console:
            return Words::tr("typed input");
        case WaitKind::Timer:
            return Words::tr("time to pass");
        case WaitKind::Signal:
            return Words::tr("a signal");
        case WaitKind::Vfork:
            return Words::tr("the vfork child's exec or exit");
        case WaitKind::Poll:
            return Words::tr("one of several files");
        case WaitKind::Stop:
            return Words::tr("SIGCONT");
        case WaitKind::File:
            return Words::tr("a file");
        case WaitKind::Kernel:
            return Words::tr("work (kernel thread)");
        case WaitKind::Semaphore:
            return Words::tr("a semaphore (System V)");
        case WaitKind::Message:
            return Words::tr("a message, or room for one (System V)");
    }
    return {};
}

}  // namespace ringside
