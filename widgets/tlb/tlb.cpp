#include "widgets/tlb/tlb.h"

#include <algorithm>
#include <cmath>

#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"

namespace ringside {
namespace {

QString bitsOf(const TlbEntry& e) {
    return QStringLiteral("%1%2%3%4%5")
        .arg(e.user ? QLatin1Char('U') : QLatin1Char('K'))
        .arg(e.writable ? QLatin1Char('W') : QLatin1Char('-'))
        .arg(e.executable ? QLatin1Char('X') : QLatin1Char('-'))
        .arg(e.dirty ? QLatin1Char('D') : QLatin1Char('-'))
        .arg(e.global ? QLatin1Char('G') : QLatin1Char('-'));
}

QString sentenceOf(const TlbEntry& e, std::size_t set, std::size_t way) {
    return Words::tr("Set %1, way %2: page %3 is frame %4; %5, %6, %7%8.")
        .arg(set)
        .arg(way)
        .arg(hex(e.page.value))
        .arg(e.frame.value)
        .arg(e.user ? Words::tr("user") : Words::tr("kernel only"),
             e.writable ? Words::tr("writable") : Words::tr("read-only"),
             e.executable ? Words::tr("executable") : Words::tr("no execution"),
             e.global ? Words::tr(", global: survives a CR3 load") : QString());
}

}  // namespace

TlbModel buildTlb(const Snapshot& snapshot, const ViewOptions&) {
    TlbModel m;
    if (!snapshot.now) return m;
    m.loaded = true;
    const Cpu& cpu = snapshot.now->cpu;
    m.hits = cpu.counters.tlbHits;
    m.misses = cpu.counters.tlbMisses;
    QStringList story;
    for (unsigned set = 0; set < Tlb::kSets; ++set) {
        std::vector<TlbCell> cells;
        for (unsigned way = 0; way < Tlb::kWays; ++way) {
            TlbCell cell{cpu.tlb.set(set)[way], false, false};
            if (snapshot.before) cell.changed = !(snapshot.before->cpu.tlb.set(set)[way] == cell.entry);
            if (cell.entry.valid) ++m.used;
            cells.push_back(cell);
        }
        m.sets.push_back(cells);
    }
    if (snapshot.last) {
        for (const MemoryAccess& access : snapshot.last->accesses) {
            const VirtAddr page(pageDown(access.address.value));
            for (TlbCell& cell : m.sets[Tlb::setOf(page)])
                if (cell.entry.valid && cell.entry.page == page) cell.hit = access.tlbHit;
            story << Words::tr("%1 of %2: %3")
                         .arg(access.kind == AccessKind::Fetch   ? Words::tr("fetch")
                              : access.kind == AccessKind::Write ? Words::tr("write")
                                                                 : Words::tr("read"),
                              hex(access.address.value),
                              access.tlbHit ? Words::tr("hit") : Words::tr("miss, four tables were read"));
        }
    }
    const double rate =
        m.hits + m.misses == 0 ? 0 : 100.0 * static_cast<double>(m.hits) / static_cast<double>(m.hits + m.misses);
    m.caption =
        Words::tr("%1 hits and %2 misses so far: %3 % found. %4")
            .arg(countText(m.hits), countText(m.misses))
            .arg(rate, 0, 'f', 2)
            .arg(story.isEmpty() ? Words::tr("Step one instruction to see what it asks.")
                                 : Words::tr("The last instruction: %1.").arg(story.join(QStringLiteral("; "))));
    return m;
}

TextTwin twin(const TlbModel& m) {
    TextTwin root(Words::tr("TLB"), m.caption);
    for (std::size_t set = 0; set < m.sets.size(); ++set)
        for (std::size_t way = 0; way < m.sets[set].size(); ++way) {
            const TlbCell& cell = m.sets[set][way];
            if (cell.entry.valid)
                root.add(Words::tr("set %1 way %2").arg(set).arg(way),
                         QStringLiteral("%1 → %2 %3")
                             .arg(hex(cell.entry.page.value))
                             .arg(cell.entry.frame.value)
                             .arg(bitsOf(cell.entry)),
                         cell.changed, Subject::address(cell.entry.page.value));
        }
    return root;
}

Scene paint(const TlbModel& m, const StylePtr& style, QSizeF size) {
    Scene s(style, size);
    if (!m.loaded) {
        s.empty(Words::tr("No program is loaded, so the TLB is empty."));
        return s;
    }
    const Theme& theme = s.theme();
    const double g = style->grid, row = style->row(), margin = g * 1.5, width = size.width() - 2 * margin;
    double y = margin;
    y += s.heading({margin, y}, width, Words::tr("TLB"),
                   Words::tr("%1 of %2 entries in use; %3 sets of %4 ways")
                       .arg(m.used)
                       .arg(Tlb::kSets * Tlb::kWays)
                       .arg(Tlb::kSets)
                       .arg(Tlb::kWays));
    y += s.caption({margin, y}, width, m.caption) + g;
    // As many columns of sets as have room for the text of an entry.
    const double cellText = style->width(Font::MonoSmall, QStringLiteral("7ffffffff000 12345 UWXDG")) + g;
    const double setW = style->width(Font::MonoSmall, QStringLiteral("00 "));
    const bool roomy = width >= setW + Tlb::kWays * cellText;
    const double wayW = roomy ? std::min(cellText * 1.3, (width - setW) / Tlb::kWays) : (width / 2 - setW) / Tlb::kWays;
    const int columns = std::max(1, static_cast<int>((width + g) / (setW + wayW * Tlb::kWays + g)));
    const int perColumn = static_cast<int>(std::ceil(static_cast<double>(Tlb::kSets) / columns));
    const double rowH = row * 0.95;
    for (std::size_t set = 0; set < m.sets.size(); ++set) {
        const double x =
            margin + static_cast<double>(static_cast<int>(set) / perColumn) * (setW + wayW * Tlb::kWays + g);
        const double top = y + (static_cast<int>(set) % perColumn) * rowH;
        s.text(QRectF(x, top, setW, rowH), QString::number(set), Font::MonoSmall, theme.color(Role::Muted));
        for (std::size_t way = 0; way < m.sets[set].size(); ++way) {
            const TlbCell& cell = m.sets[set][way];
            const QRectF box(x + setW + static_cast<double>(way) * wayW, top, wayW - g * 0.3, rowH - g * 0.25);
            if (!cell.entry.valid) {
                s.box(box, theme.color(Role::Paper), theme.color(Role::Line), style->pen * 0.5);
                continue;
            }
            const Role role = cell.entry.user ? Role::User : Role::Kernel;
            s.hatched(box, theme.fill(role), theme.color(role), cell.entry.user ? Hatch::None : Hatch::Diagonal,
                      theme.color(Role::Line));
            if (cell.changed) s.changed(box);
            if (cell.hit) s.box(box, {}, theme.color(Role::Accent), style->pen * 2);
            if (roomy)
                s.text(box.adjusted(g * 0.4, 0, -g * 0.2, 0),
                       QStringLiteral("%1 %2 %3")
                           .arg(hexDigits(cell.entry.page.value & 0xffffffffffff, 12))
                           .arg(cell.entry.frame.value)
                           .arg(bitsOf(cell.entry)),
                       Font::MonoSmall);
            s.spot(box, QStringLiteral("%1.%2").arg(set).arg(way), hex(cell.entry.page.value),
                   sentenceOf(cell.entry, set, way), Subject::address(cell.entry.page.value))
                .changed = cell.changed;
        }
    }
    s.growTo(size.width(), y + perColumn * rowH + margin);
    return s;
}

}  // namespace ringside
