#include <algorithm>

#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/fault_story/fault_story.h"
#include "widgets/kernel_path/kernel_path.h"

namespace ringside {
namespace {

using enum EventKind;
constexpr u64 kOutcomes = RunUntil::bit(ZeroFill) | RunUntil::bit(FileFill) | RunUntil::bit(ZeroPage) |
                          RunUntil::bit(CowCopy) | RunUntil::bit(CowReuse) | RunUntil::bit(SwapIn) |
                          RunUntil::bit(SegFault);

struct Outcome {
    QString title, kernel;
};

Outcome tell(const Event& e) {
    switch (e.kind) {
        case ZeroFill:
            return {Words::tr("New zeroed page"), Words::tr("do_anonymous_page: this is the first write to anonymous "
                                                            "memory here. The kernel took frame %1 and zeroed it.")
                                                      .arg(e.args[1])};
        case ZeroPage:
            return {Words::tr("Shared zero page"),
                    Words::tr("do_anonymous_page: this is only a read, so no frame is spent. The entry points "
                              "read-only at the one zero page, frame %1.")
                        .arg(e.args[1])};
        case FileFill:
            if (e.args[2] == 0)
                return {Words::tr("Page of the kernel"),
                        Words::tr("do_fault: %2 shows every program the same pages of the kernel. Frame %1 has been "
                                  "there since boot; only the entry is new.")
                            .arg(e.args[1])
                            .arg(qs(e.text))};
            return {Words::tr("Page from a file"),
                    Words::tr("do_fault: the page belongs to a file%3. Frame %1 holds its bytes from offset %2, in the "
                              "page cache.")
                        .arg(e.args[1])
                        .arg(hex(e.args[3]),
                             e.text.empty() ? QString() : QStringLiteral(" (") + qs(e.text) + QLatin1Char(')'))};
        case CowCopy:
            if (!e.text.empty())
                return {Words::tr("Private page of a file: copied"),
                        Words::tr("do_wp_page: frame %1 belongs to the page cache and the mapping is private. "
                                  "wp_page_copy copied its 4096 bytes to frame %2; the file keeps its own.")
                            .arg(e.args[1])
                            .arg(e.args[2])};
            return {
                Words::tr("Copy-on-write: copied"),
                Words::tr(
                    "do_wp_page: frame %1 is shared by %3 entries. wp_page_copy copied its 4096 bytes to frame %2; the "
                    "others keep %1.")
                    .arg(e.args[1])
                    .arg(e.args[2])
                    .arg(e.args[3])};
        case CowReuse:
            return {Words::tr("Copy-on-write: reused"),
                    Words::tr(
                        "do_wp_page: nobody else uses frame %1 any more. wp_page_reuse only makes the entry writable.")
                        .arg(e.args[1])};
        case SwapIn:
            return {
                Words::tr("Read back from swap"),
                Words::tr("do_swap_page: the entry was not present, but held the number of a slot of the swap disk: "
                          "%2. The page was read back into frame %1.")
                    .arg(e.args[1])
                    .arg(e.args[2])};
        case SegFault:
            return {Words::tr("Segmentation fault"),
                    Words::tr("The kernel has nothing to offer: it sends SIGSEGV with si_addr = %1. %2")
                        .arg(hex(e.args[0]), qs(e.text))};
        default:
            return {};
    }
}

// The entries that the walk read before the fault, when the machine is known as it was then.
std::vector<FaultLine> tablesRead(const Snapshot& snapshot, const Event& fault) {
    std::vector<FaultLine> lines;
    if (!snapshot.before || fault.tick > snapshot.before->cpu.tick + 1 || fault.tick <= snapshot.before->cpu.tick)
        return lines;
    const Task* task = taskByPid(*snapshot.before, fault.pid);
    if (!task || task->mm.value == 0) return lines;
    const Walk w = walk(snapshot.before->ram, pagingOf(*snapshot.before, *task), VirtAddr(fault.args[0]));
    for (u8 i = 0; i < w.count; ++i) {
        const WalkStep& step = w.steps[i];
        lines.push_back({0, QStringLiteral("%1[%2]").arg(levelName(step.level)).arg(step.index),
                         QStringLiteral("%1  %2").arg(hexDigits(step.entry, 16), entryBits(step.entry, step.level)),
                         0});
    }
    return lines;
}

// The kernel's functions, when this fault is the last step.
std::vector<FaultLine> functionsCalled(const Snapshot& snapshot, const Event& fault) {
    std::vector<FaultLine> lines;
    std::vector<std::size_t> open;
    bool inside = false;
    for (const Event& e : snapshot.recent) {
        if (e.tick != fault.tick) continue;
        if (e.kind == CallEnter) {
            inside = inside || e.text == "exc_page_fault";
            if (!inside) continue;
            open.push_back(lines.size());
            lines.push_back({static_cast<int>(open.size()) - 1, qs(e.text), kernelFunctionSentence(qs(e.text)), 0});
        } else if (e.kind == CallExit && !open.empty()) {
            lines[open.back()].cycles = e.args[0];
            open.pop_back();
            inside = inside && !open.empty();
        }
    }
    return lines;
}

void readStation(FaultStoryModel& m, const QString& setting) {
    if (setting.section(QLatin1Char('.'), 0, 1) != QStringLiteral("%1.%2").arg(m.tick).arg(m.now)) return;
    QString at = setting.section(QLatin1Char('.'), 2);
    m.playing = at.endsWith(QLatin1Char('p'));
    if (m.playing) at.chop(1);
    m.at = std::clamp(at.toInt(), 0, static_cast<int>(m.stations.size()));
    m.playing = m.playing && m.at < static_cast<int>(m.stations.size());
}

// The fault that is asked for: the one being played, the selected one, the last one.
Tick faultAsked(const Snapshot& snapshot, const ViewOptions& options) {
    const Tick now = snapshot.now->cpu.tick;
    const QString setting = options.setting(QStringLiteral("station"));
    if (options.selection.kind == SubjectKind::Event) return options.selection.value;
    if (setting.section(QLatin1Char('.'), 1, 1) == QString::number(now) && !setting.endsWith(QLatin1String(".0")))
        return setting.section(QLatin1Char('.'), 0, 0).toULongLong();
    return now;
}

void tellFault(FaultStoryModel& m, const Snapshot& snapshot, std::size_t at);

}  // namespace

QString stationSetting(const FaultStoryModel& m, int at, bool playing) {
    return QStringLiteral("station=%1.%2.%3%4")
        .arg(m.tick)
        .arg(m.now)
        .arg(at)
        .arg(playing ? QStringLiteral("p") : QString());
}

FaultStoryModel buildFaultStory(const Snapshot& snapshot, const ViewOptions& options) {
    FaultStoryModel m;
    if (!snapshot.now) return m;
    m.loaded = true;
    m.now = snapshot.now->cpu.tick;
    const std::size_t at =
        snapshot.events.lastBefore(snapshot.events.firstAfter(faultAsked(snapshot, options)), RunUntil::bit(PageFault));
    if (at == snapshot.events.size()) return m;
    tellFault(m, snapshot, at);
    readStation(m, options.setting(QStringLiteral("station")));
    return m;
}

namespace {

void tellFault(FaultStoryModel& m, const Snapshot& snapshot, std::size_t at) {
    const Event& fault = snapshot.events[at];
    m.found = true;
    m.tick = fault.tick;
    const u64 address = fault.args[0];
    const u32 error = static_cast<u32>(fault.args[1]);
    const bool write = error & pf::W, fetch = error & pf::I;
    const QString verb = fetch   ? Words::tr("fetched an instruction from")
                         : write ? Words::tr("wrote to")
                                 : Words::tr("read from");
    const Task* task = taskByPid(*snapshot.now, fault.pid);
    const QString who = task ? taskText(*task) : QStringLiteral("PID %1").arg(fault.pid);
    m.title = Words::tr("Page fault at %1 in %2").arg(hex(address), who);

    m.stations.push_back({Words::tr("The access"),
                          Words::tr("At RIP %1 %2 %3 %4.").arg(hex(fault.args[2]), who, verb, hex(address)),
                          {},
                          Role::User,
                          Subject::address(address, fault.pid),
                          {}});
    QString walked =
        error & pf::P
            ? Words::tr("All four levels are present, but the rights do not allow this access: a protection fault.")
            : Words::tr("The walk met an entry whose P bit is 0: there is no frame to reach.");
    m.stations.push_back(
        {Words::tr("The MMU walks"),
         walked +
             Words::tr(" The CPU puts the address into CR2, switches to the kernel stack and raises exception 14."),
         {},
         Role::PageTable,
         Subject::address(address, fault.pid),
         tablesRead(snapshot, fault)});
    m.stations.push_back({Words::tr("Error code %1").arg(hex(error)),
                          Words::tr("pushed by the CPU: why it refused"),
                          {{error & pf::P ? Words::tr("P present") : Words::tr("not present"), (error & pf::P) != 0},
                           {write ? Words::tr("W write") : Words::tr("read"), write},
                           {error & pf::U ? Words::tr("U user mode") : Words::tr("kernel mode"), (error & pf::U) != 0},
                           {Words::tr("RSVD"), (error & pf::RSVD) != 0},
                           {Words::tr("I fetch"), fetch}},
                          Role::Fault,
                          {},
                          {}});

    // What the kernel made of it: the next outcome of the same task.
    const Event* result = nullptr;
    for (std::size_t i = at + 1; i < std::min(snapshot.events.size(), at + 64) && !result; ++i) {
        const Event& e = snapshot.events[i];
        if (e.pid == fault.pid && kOutcomes >> static_cast<unsigned>(e.kind) & 1) result = &snapshot.events[i];
        if (e.pid == fault.pid && e.kind == PageFault) break;
    }
    const Mm* mm = task ? snapshot.now->kernel.mms.find(task->mm) : nullptr;
    const Vma* area = mm ? mm->find(address) : nullptr;
    // Areas are those of now: of a fault that is long past they may be gone.
    const bool madeGood = result && result->kind != SegFault;
    m.stations.push_back(
        {Words::tr("The area"),
         area ? Words::tr("find_vma found %1, %2 to %3, %4: the access may be made good.")
                    .arg(areaName(*area), hex(area->start), hex(area->end), rightsText(*area))
         : madeGood || !mm ? Words::tr("find_vma looked for the area of this address. By now that area is gone; go to "
                                       "the fault to see it.")
                           : Words::tr("find_vma found no area with this address."),
         {},
         Role::Kernel,
         area ? Subject::vma(area->start, fault.pid) : Subject{},
         {}});
    if (!result) {
        m.outcome = Words::tr("The kernel is still at work; step on.");
        return;
    }
    const Outcome outcome = tell(*result);
    m.outcome = outcome.title;
    m.kind = result->kind;
    m.stations.push_back({Words::tr("The kernel"),
                          outcome.kernel,
                          {},
                          Role::Kernel,
                          result->kind == SegFault
                              ? Subject{}
                              : Subject::frame(result->kind == CowCopy ? result->args[2] : result->args[1]),
                          functionsCalled(snapshot, fault)});
    if (result->kind == SegFault) return;
    QString entry;
    if (task) {
        const Walk w = walk(snapshot.now->ram, pagingOf(*snapshot.now, *task), VirtAddr(address));
        if (w.end == WalkEnd::Mapped)
            entry = Words::tr("The entry is now %1: %2.")
                        .arg(hexDigits(w.last().entry, 16), entryBits(w.last().entry, w.last().level));
    }
    m.stations.push_back({Words::tr("The entry"),
                          entry.isEmpty() ? Words::tr("The page table entry was written.") : entry,
                          {},
                          Role::PageTable,
                          Subject::address(address, fault.pid),
                          {}});
    m.stations.push_back({Words::tr("The retry"),
                          Words::tr("IRETQ goes back to %1: the same instruction runs again, and this time the walk "
                                    "succeeds. The program never knew.")
                              .arg(hex(fault.args[2])),
                          {},
                          Role::User,
                          Subject::instruction(fault.args[2], fault.pid),
                          {}});
}

}  // namespace

TextTwin twin(const FaultStoryModel& m) {
    TextTwin root(m.found ? m.title : Words::tr("Page fault"), m.found ? m.outcome : Words::tr("none yet"));
    for (const FaultStation& station : m.stations) {
        TextTwin& s = root.add(station.title, station.text, false, station.link);
        for (const FaultLine& line : station.lines)
            s.add(QString(line.depth * 2, QLatin1Char(' ')) + line.name, line.what);
        for (const auto& [name, set] : station.bits) s.add(name, set ? QStringLiteral("1") : QStringLiteral("0"));
    }
    return root;
}

}  // namespace ringside
