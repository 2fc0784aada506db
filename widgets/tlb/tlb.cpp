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

// What of `before` is gone and what is new, and why.
void compare(TlbModel& m, const Cpu& before, const Cpu& now) {
    using enum TlbHappening::Kind;
    std::vector<TlbHappening> entered, evicted, lost;
    u64 lostUser = 0;
    for (unsigned set = 0; set < Tlb::kSets; ++set)
        for (unsigned way = 0; way < Tlb::kWays; ++way) {
            const TlbEntry &was = before.tlb.set(set)[way], &is = now.tlb.set(set)[way];
            if (was == is) continue;
            if (is.valid && !(was.valid && was.page == is.page))
                entered.push_back({Enter,
                                   Words::tr("entered: page %1 is frame %2, set %3 way %4")
                                       .arg(hex(is.page.value))
                                       .arg(is.frame.value)
                                       .arg(set)
                                       .arg(way),
                                   Subject::address(is.page.value)});
            if (!was.valid || now.tlb.find(was.page)) continue;
            if (is.valid) {
                evicted.push_back({Evict,
                                   Words::tr("evicted: page %1 had to make room in set %2, whose four ways were full")
                                       .arg(hex(was.page.value))
                                       .arg(set),
                                   Subject::address(was.page.value)});
            } else {
                lost.push_back({Flush,
                                Words::tr("invalidated: page %1, because its entry in the page table changed")
                                    .arg(hex(was.page.value)),
                                Subject::address(was.page.value)});
                lostUser += was.user;
            }
        }
    if (before.pagingMode().cr3 != now.pagingMode().cr3 && !lost.empty()) {
        lost = {{Flush,
                 Words::tr("flushed: %1 entries, because CR3 was loaded with %2; global ones stay")
                     .arg(lost.size())
                     .arg(hex(now.pagingMode().cr3)),
                 {}}};
    } else if (lost.size() > 4) {
        lost = {{Flush, Words::tr("flushed: %1 entries, %2 of them of user mode").arg(lost.size()).arg(lostUser), {}}};
    }
    for (const auto* list : {&lost, &evicted, &entered})
        m.happened.insert(m.happened.end(), list->begin(), list->end());
}

}  // namespace

TlbModel buildTlb(const Snapshot& snapshot, const ViewOptions&) {
    TlbModel m;
    if (!snapshot.now) return m;
    m.loaded = true;
    const Cpu& cpu = snapshot.now->cpu;
    m.hits = cpu.counters.tlbHits;
    m.misses = cpu.counters.tlbMisses;
    const Cpu* before = snapshot.before ? &snapshot.before->cpu : nullptr;
    if (before && before->counters.tlbHits <= m.hits && before->counters.tlbMisses <= m.misses) {
        m.newHits = m.hits - before->counters.tlbHits;
        m.newMisses = m.misses - before->counters.tlbMisses;
    }
    for (unsigned set = 0; set < Tlb::kSets; ++set) {
        std::vector<TlbCell> cells;
        for (unsigned way = 0; way < Tlb::kWays; ++way) {
            TlbCell cell{cpu.tlb.set(set)[way], false, false};
            cell.changed = before && !(before->tlb.set(set)[way] == cell.entry);
            if (cell.entry.valid) ++m.used;
            cells.push_back(cell);
        }
        m.sets.push_back(cells);
    }
    const int levels = cpu.pagingMode().fiveLevel ? 5 : 4;
    if (snapshot.last)
        for (const MemoryAccess& access : snapshot.last->accesses) {
            const VirtAddr page(pageDown(access.address.value));
            for (TlbCell& cell : m.sets[Tlb::setOf(page)])
                if (cell.entry.valid && cell.entry.page == page) cell.hit |= access.tlbHit;
            const QString what = access.kind == AccessKind::Fetch   ? Words::tr("fetch")
                                 : access.kind == AccessKind::Write ? Words::tr("write")
                                                                    : Words::tr("read");
            m.happened.push_back({access.tlbHit ? TlbHappening::Kind::Hit : TlbHappening::Kind::Miss,
                                  access.tlbHit
                                      ? Words::tr("hit: %1 of %2, no walk needed").arg(what, hex(access.address.value))
                                      : Words::tr("miss: %1 of %2, so %3 tables were read")
                                            .arg(what, hex(access.address.value))
                                            .arg(levels),
                                  Subject::address(access.address.value)});
        }
    if (before) compare(m, *before, cpu);
    const double all = static_cast<double>(m.hits + m.misses);
    m.caption = Words::tr(
                    "Of %1 translations so far %2 were found here: %3 %. Each of the other %4 cost a walk through "
                    "%5 tables.")
                    .arg(countText(m.hits + m.misses), countText(m.hits))
                    .arg(all > 0 ? 100.0 * static_cast<double>(m.hits) / all : 0, 0, 'f', 2)
                    .arg(countText(m.misses))
                    .arg(levels);
    return m;
}

TextTwin twin(const TlbModel& m) {
    TextTwin root(Words::tr("TLB"), m.caption);
    root.add(Words::tr("since the last stop"), Words::tr("%1 hits, %2 misses").arg(m.newHits).arg(m.newMisses));
    if (m.happened.empty()) root.add(Words::tr("just now"), Words::tr("Step one instruction to see what it asks."));
    for (const TlbHappening& h : m.happened) root.add(Words::tr("just now"), h.text, true, h.subject);
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

namespace {

// Longest first: the whole entry, page and frame, the page's number alone.
QStringList namesOf(const TlbEntry& e) {
    const QString page = QString::number(e.page.value & 0xffffffffffff, 16), number = page.chopped(3);
    return {QStringLiteral("%1 %2 %3").arg(page.rightJustified(12, QLatin1Char('0'))).arg(e.frame.value).arg(bitsOf(e)),
            QStringLiteral("%1 %2 %3").arg(number).arg(e.frame.value).arg(bitsOf(e)),
            QStringLiteral("%1 %2").arg(number).arg(e.frame.value), number};
}

// How many are found, and what the last step did, one line each. Returns where it ends.
double happenings(const TlbModel& m, Scene& s, double x, double y, double width) {
    const Style& style = s.style();
    const Theme& theme = s.theme();
    const double g = style.grid, row = style.row();
    const double all = static_cast<double>(std::max<u64>(1, m.hits + m.misses));
    const QRectF gauge(x, y, width, row * 0.6);
    s.box(gauge, theme.fill(Role::Fault), theme.color(Role::Line));
    s.box(QRectF(gauge.x(), y, width * static_cast<double>(m.hits) / all, gauge.height()), theme.color(Role::Data));
    s.spot(gauge, QStringLiteral("rate"), Words::tr("hit rate"),
           Words::tr("%1 hits and %2 misses since power-on; since the last stop %3 and %4.")
               .arg(countText(m.hits), countText(m.misses), countText(m.newHits), countText(m.newMisses)));
    y = gauge.bottom() + g * 0.5;
    constexpr std::size_t kLines = 6;
    if (m.happened.empty()) {
        const QString hint = Words::tr("Step one instruction to see what it asks.");
        s.text(QRectF(x, y, width, row), hint, Font::Words, theme.color(Role::Muted));
        s.spot(QRectF(x, y, width, row), QStringLiteral("happened"), hint, hint);
        return y + row;
    }
    for (std::size_t i = 0; i < std::min(m.happened.size(), kLines); ++i, y += row) {
        const TlbHappening& h = m.happened[i];
        using enum TlbHappening::Kind;
        const Role role = h.kind == Hit ? Role::Data : h.kind == Enter ? Role::Accent : Role::Fault;
        const QRectF line(x, y, width, row);
        if (h.kind == Miss || h.kind == Flush)
            s.bolt(QRectF(x, y + row * 0.15, g * 1.2, row * 0.7), theme.color(role));
        else
            s.dot({x + g * 0.6, y + row / 2}, theme.color(role), g * 0.5);
        s.text(QRectF(x + g * 2, y, width - g * 2, row), h.text, Font::Words);
        s.spot(line, QStringLiteral("happened.%1").arg(i), h.text, h.text + QLatin1Char('.'), h.subject);
    }
    if (m.happened.size() > kLines) {
        s.text(QRectF(x + g * 2, y, width - g * 2, row), Words::tr("and %1 more").arg(m.happened.size() - kLines),
               Font::Small, theme.color(Role::Muted));
        y += row;
    }
    return y;
}

}  // namespace

Scene paint(const TlbModel& m, const StylePtr& given, QSizeF size) {
    const StylePtr style = fitted(given, size.width(), size.height(), 110, 28);
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
    y = happenings(m, s, margin, y, width) + g;

    // As many columns of sets as their height needs, with as much of each entry as there is room for.
    const double setW = style->width(Font::MonoSmall, QStringLiteral("00 "));
    const double least = style->lineHeight(Font::MonoSmall) * 1.15, room = size.height() - y - margin;
    int columns = 1;
    const double longest = style->width(Font::MonoSmall, QStringLiteral("7ffffffff000 12345 UWXDG")) + g;
    const double wholeW = setW + longest * 1.1 * Tlb::kWays;
    while (columns < 4 &&
           ((least * Tlb::kSets / columns > room && width / columns > style->em * 40) || wholeW * columns * 2 < width))
        columns *= 2;
    const int perColumn = static_cast<int>(Tlb::kSets) / columns;
    const double rowH = std::clamp(room / perColumn, least, row * 1.6);
    const double columnW = (width - g * 1.5 * (columns - 1)) / columns;
    const double wayW = std::min(longest * 1.2, (columnW - setW) / Tlb::kWays);
    for (std::size_t set = 0; set < m.sets.size(); ++set) {
        const double x = margin + static_cast<double>(static_cast<int>(set) / perColumn) * (columnW + g * 1.5);
        const double top = y + (static_cast<int>(set) % perColumn) * rowH;
        s.text(QRectF(x, top, setW, rowH), QString::number(set), Font::MonoSmall, theme.color(Role::Muted));
        for (std::size_t way = 0; way < m.sets[set].size(); ++way) {
            const TlbCell& cell = m.sets[set][way];
            const QRectF box(x + setW + static_cast<double>(way) * wayW, top, wayW - g * 0.3, rowH - g * 0.2);
            if (!cell.entry.valid) {
                s.box(box, theme.color(Role::Paper), theme.color(Role::Line), style->pen * 0.5);
                if (cell.changed) s.changed(box);
                s.spot(box, QStringLiteral("%1.%2").arg(set).arg(way), Words::tr("empty"),
                       Words::tr("Set %1, way %2 is empty: the next page whose number ends in this set's bits fits in "
                                 "without an eviction.")
                           .arg(set)
                           .arg(way))
                    .changed = cell.changed;
                continue;
            }
            const Role role = cell.entry.user ? Role::User : Role::Kernel;
            s.hatched(box, theme.fill(role), theme.color(role), cell.entry.user ? Hatch::None : Hatch::Diagonal,
                      blend(theme.fill(role), theme.color(role), 0.25));
            if (cell.changed) s.changed(box);
            if (cell.hit) s.box(box, {}, theme.color(Role::Accent), style->pen * 2);
            const double inside = box.width() - g * 0.6;
            for (const QString& text : namesOf(cell.entry))
                if (style->width(Font::MonoSmall, text) <= inside) {
                    s.text(box.adjusted(g * 0.4, 0, 0, 0), text, Font::MonoSmall,
                           theme.inkOn(cell.changed ? theme.fill(Role::Accent) : theme.fill(role)));
                    break;
                }
            s.spot(box, QStringLiteral("%1.%2").arg(set).arg(way), hex(cell.entry.page.value),
                   sentenceOf(cell.entry, set, way), Subject::address(cell.entry.page.value))
                .changed = cell.changed;
        }
    }
    s.growTo(size.width(), y + perColumn * rowH + margin);
    return s;
}

}  // namespace ringside
