#include "widgets/fault_story/fault_story.h"

#include <algorithm>

#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"

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
            return {Words::tr("Page from a file"),
                    Words::tr("do_fault: the page belongs to a file%3. Frame %1 holds its bytes from offset %2, in the "
                              "page cache.")
                        .arg(e.args[1])
                        .arg(hex(e.args[3]),
                             e.text.empty() ? QString() : QStringLiteral(" (") + qs(e.text) + QLatin1Char(')'))};
        case CowCopy:
            return {Words::tr("Copy-on-write: copied"),
                    Words::tr("do_wp_page: the frame %1 is shared. wp_page_copy copied its 4096 bytes to frame %2; the "
                              "others keep %1.")
                        .arg(e.args[1])
                        .arg(e.args[2])};
        case CowReuse:
            return {Words::tr("Copy-on-write: reused"),
                    Words::tr(
                        "do_wp_page: nobody else uses frame %1 any more. wp_page_reuse only makes the entry writable.")
                        .arg(e.args[1])};
        case SwapIn:
            return {Words::tr("Read back from swap"),
                    Words::tr("do_swap_page: the entry held a swap slot, %2. The page was read back into frame %1.")
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

}  // namespace

FaultStoryModel buildFaultStory(const Snapshot& snapshot, const ViewOptions& options) {
    FaultStoryModel m;
    if (!snapshot.now) return m;
    m.loaded = true;
    // The fault asked for: the selected event's tick, else the last one.
    const Tick until = options.selection.kind == SubjectKind::Event ? options.selection.value : snapshot.now->cpu.tick;
    std::size_t at = snapshot.events.firstAfter(until);
    while (at > 0 && snapshot.events[at - 1].kind != PageFault) --at;
    if (at == 0) return m;
    --at;
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
                          Subject::address(address, fault.pid)});
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
         Subject::address(address, fault.pid)});
    m.stations.push_back({Words::tr("Error code %1").arg(hex(error)),
                          Words::tr("pushed by the CPU: why it refused"),
                          {{error & pf::P ? Words::tr("P present") : Words::tr("not present"), (error & pf::P) != 0},
                           {write ? Words::tr("W write") : Words::tr("read"), write},
                           {error & pf::U ? Words::tr("U user mode") : Words::tr("kernel mode"), (error & pf::U) != 0},
                           {Words::tr("RSVD"), (error & pf::RSVD) != 0},
                           {Words::tr("I fetch"), fetch}},
                          Role::Fault,
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
    m.stations.push_back({Words::tr("The area"),
                          area ? Words::tr("find_vma found %1, %2 to %3, %4: the access may be made good.")
                                     .arg(areaName(*area), hex(area->start), hex(area->end), rightsText(*area))
                               : Words::tr("find_vma found no area with this address."),
                          {},
                          Role::Kernel,
                          area ? Subject::vma(area->start, fault.pid) : Subject{}});
    if (!result) {
        m.outcome = Words::tr("The kernel is still at work; step on.");
        return m;
    }
    const Outcome outcome = tell(*result);
    m.outcome = outcome.title;
    m.stations.push_back({Words::tr("The kernel"),
                          outcome.kernel,
                          {},
                          Role::Kernel,
                          result->kind == SegFault
                              ? Subject{}
                              : Subject::frame(result->kind == CowCopy ? result->args[2] : result->args[1])});
    if (result->kind == SegFault) return m;
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
                          Subject::address(address, fault.pid)});
    m.stations.push_back({Words::tr("The retry"),
                          Words::tr("IRETQ goes back to %1: the same instruction runs again, and this time the walk "
                                    "succeeds. The program never knew.")
                              .arg(hex(fault.args[2])),
                          {},
                          Role::User,
                          Subject::instruction(fault.args[2], fault.pid)});
    return m;
}

TextTwin twin(const FaultStoryModel& m) {
    TextTwin root(m.found ? m.title : Words::tr("Page fault"), m.found ? m.outcome : Words::tr("none yet"));
    for (const FaultStation& station : m.stations) {
        TextTwin& s = root.add(station.title, station.text, false, station.link);
        for (const auto& [name, set] : station.bits) s.add(name, set ? QStringLiteral("1") : QStringLiteral("0"));
    }
    return root;
}

Scene paint(const FaultStoryModel& m, const StylePtr& style, QSizeF size) {
    Scene s(style, size);
    if (!m.found) {
        s.empty(m.loaded ? Words::tr("No page fault has happened yet. Run to the next fault: the first instruction of "
                                     "a program already makes one.")
                         : Words::tr("No program is loaded. Open one and run to its first page fault."));
        return s;
    }
    const Theme& theme = s.theme();
    const double g = style->grid, margin = g * 1.5, width = size.width() - 2 * margin;
    double y = margin;
    y += s.heading({margin, y}, width, m.title, Words::tr("tick %1").arg(countText(m.tick)));
    const QRectF result(margin, y, std::min(width, style->width(Font::Title, m.outcome) + 5 * g),
                        style->lineHeight(Font::Title) + g);
    s.box(result, theme.fill(Role::Fault), theme.color(Role::Fault));
    s.bolt(QRectF(result.x() + g * 0.5, result.y() + g * 0.5, g * 1.6, result.height() - g), theme.color(Role::Fault));
    s.text(result.adjusted(g * 3, 0, -g, 0), m.outcome, Font::Title, theme.inkOn(theme.fill(Role::Fault)));
    Spot& go = s.spot(result, QStringLiteral("outcome"), m.outcome, Words::tr("Click to go to this moment."),
                      Subject::event(m.tick, 0));
    go.click = {Command::Kind::Seek, m.tick, {}};
    y = result.bottom() + g * 1.5;
    // Stations side by side while there is room, else one under the other.
    const double least = style->em * 34;
    const int columns =
        std::clamp(static_cast<int>((width + 2 * g) / (least + 2 * g)), 1, static_cast<int>(m.stations.size()));
    const double w = (width - 2 * g * (columns - 1)) / columns;
    QFontMetricsF metrics(style->font(Font::Words));
    double rowTop = y, rowBottom = y;
    for (std::size_t i = 0; i < m.stations.size(); ++i) {
        const int column = static_cast<int>(i) % columns;
        if (column == 0) rowTop = i == 0 ? y : rowBottom + 2.5 * g;
        const FaultStation& st = m.stations[i];
        const QRectF box0(margin + column * (w + 2 * g), rowTop, w, 0);
        const double textH = metrics.boundingRect(QRectF(0, 0, w - 2 * g, 1e6), Qt::TextWordWrap, st.text).height();
        const double bitsH = st.bits.empty() ? 0 : style->row() * (w < style->em * 46 ? 2.6 : 1.4);
        const QRectF box(box0.x(), box0.y(), w, style->lineHeight(Font::Strong) + textH + bitsH + 3 * g);
        s.hatched(box, theme.color(Role::Field), theme.color(st.role), Hatch::None, {});
        s.box(QRectF(box.x(), box.y(), g * 0.5, box.height()), theme.color(st.role));
        s.text(QRectF(box.x() + g * 1.3, box.y() + g * 0.5, w - 2 * g, style->lineHeight(Font::Strong)),
               QStringLiteral("%1  %2").arg(i + 1).arg(st.title), Font::Strong);
        s.paragraph(QRectF(box.x() + g * 1.3, box.y() + g + style->lineHeight(Font::Strong), w - 2 * g, textH + g),
                    st.text);
        double bx = box.x() + g * 1.3, by = box.y() + 1.5 * g + style->lineHeight(Font::Strong) + textH;
        for (const auto& [name, set] : st.bits) {
            const double bw = style->width(Font::Small, name) + g * 1.4;
            if (bx + bw > box.right() - g) bx = box.x() + g * 1.3, by += style->row() * 1.15;
            const QRectF bit(bx, by, bw, style->row());
            s.box(bit, set ? theme.fill(Role::Fault) : theme.color(Role::Paper),
                  theme.color(set ? Role::Fault : Role::Line));
            s.text(bit, name, Font::Small, set ? theme.inkOn(theme.fill(Role::Fault)) : theme.color(Role::Muted),
                   Qt::AlignCenter);
            bx += bw + g * 0.4;
        }
        s.spot(box, QStringLiteral("station.%1").arg(i), st.title, st.text, st.link);
        if (i + 1 < m.stations.size() && column + 1 < columns)
            s.line(
                {QPointF(box.right() + g * 0.2, box.y() + g * 1.5), QPointF(box.right() + g * 1.8, box.y() + g * 1.5)},
                theme.color(Role::Muted), Arrow::End);
        rowBottom = std::max(rowBottom, box.bottom());
    }
    s.growTo(size.width(), rowBottom + margin);
    return s;
}

}  // namespace ringside
