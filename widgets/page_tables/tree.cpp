// All present tables as one tree. What is open: the tables on the walk, or all, and what was opened or closed by hand.
#include <algorithm>

#include "widgets/canvas/inspect.h"
#include "widgets/canvas/table.h"
#include "widgets/canvas/words.h"
#include "widgets/page_tables/page_tables.h"

namespace ringside {
namespace {

constexpr std::size_t kMost = 1500;  // entries shown; those on the walk always are
constexpr qsizetype kRemembered = 64;

// A table's name in the setting: its level and the first address it serves.
QString nameOf(const PageTableNode& node) {
    return QStringLiteral("%1:%2").arg(node.level).arg(hex(node.firstAddress));
}

struct Reader {
    PageTablesModel& m;
    const Snapshot& snapshot;
    const Mm* mm;
    Difference (*compare)(u64, u64);
    bool five;
    QStringList words = m.opened.split(QLatin1Char(','), Qt::SkipEmptyParts);
    const Ram& ram = snapshot.now->ram;

    bool isOpen(const PageTableNode& node) const {
        if (words.contains(QLatin1Char('+') + nameOf(node))) return true;
        if (words.contains(QLatin1Char('-') + nameOf(node))) return false;
        return node.lit || words.contains(QStringLiteral("all"));
    }

    // A table whose frame is still the same one has not changed.
    bool changed(u64 where, u64 entry) const {
        if (!snapshot.before || !snapshot.before->ram.contains(PhysAddr(where), 8)) return false;
        const FrameNo frame = frameOf(PhysAddr(where));
        return snapshot.before->ram.frame(frame) != ram.frame(frame) &&
               snapshot.before->ram.load<u64>(PhysAddr(where)) != entry;
    }

    QString noteOf(const PageTableNode& node) const {
        if (node.table) return Words::tr("%1 of 512 present").arg(node.present);
        const Vma* area = mm ? mm->find(node.firstAddress) : nullptr;
        return area ? kindOf(*mm, *area).name : QString();
    }

    void read(u64 table, int level, u64 base, std::optional<u64> theirs) {
        const int shift = 12 + 9 * (level - 1), sign = five ? 7 : 16;
        const auto there = [&](u64 at) { return ram.contains(PhysAddr(at & pte::kFrameMask), kPageSize); };
        for (u16 i = 0; i < 512; ++i) {
            const u64 where = table + i * 8u, entry = ram.load<u64>(PhysAddr(where));
            const u64 other = theirs ? ram.load<u64>(PhysAddr(*theirs + i * 8u)) : 0;
            if (entry == 0 && other == 0) continue;
            PageTableNode node;
            node.level = static_cast<u8>(level), node.index = i, node.where = where, node.entry = entry;
            const u64 first = base | u64{i} << shift;
            node.firstAddress = static_cast<u64>(static_cast<i64>(first << sign) >> sign);
            node.lit = std::ranges::any_of(m.levels, [&](const PageTableLevel& l) { return l.entryAddress == where; });
            node.table = level > 1 && entry & pte::P && !(entry & pte::PS) && there(entry);
            if (theirs) node.other = other, node.difference = compare(entry, other);
            if (m.nodes.size() >= kMost && !node.lit) {
                ++m.leftOut;
                continue;
            }
            const u64 child = entry & pte::kFrameMask;
            if (node.table) {
                for (u64 k = 0; k < 512; ++k) node.present += ram.load<u64>(PhysAddr(child + k * 8)) & pte::P;
                node.open = isOpen(node);
            }
            node.changed = changed(where, entry);
            node.note = noteOf(node);
            m.nodes.push_back(node);
            if (!node.open) continue;
            const bool both = other & pte::P && !(other & pte::PS) && there(other);
            read(child, level - 1, first, both ? std::optional(other & pte::kFrameMask) : std::nullopt);
        }
    }
};

QString leadsTo(const PageTableNode& n) {
    if (!(n.entry & pte::P)) return n.entry ? Words::tr("swapped out") : QStringLiteral("–");
    const QString at = hex(n.entry & pte::kFrameMask);
    if (n.table) return QStringLiteral("%1 %2").arg(levelName(n.level - 1), at);
    return Words::tr("frame %1").arg((n.entry & pte::kFrameMask) >> kPageShift);
}

}  // namespace

QString turned(const PageTablesModel& m, const PageTableNode& node) {
    QStringList words = m.opened.split(QLatin1Char(','), Qt::SkipEmptyParts);
    words.removeAll(QLatin1Char('+') + nameOf(node));
    words.removeAll(QLatin1Char('-') + nameOf(node));
    words << (QLatin1Char(node.open ? '-' : '+') + nameOf(node));
    while (words.size() > kRemembered) words.removeAt(words.front() == QLatin1String("all") ? 1 : 0);
    return QStringLiteral("open=") + words.join(QLatin1Char(','));
}

void readTree(PageTablesModel& m, const Snapshot& snapshot, const PagingMode& mode, const PagingMode* other,
              const Mm* mm, Difference (*difference)(u64, u64)) {
    Reader reader{m, snapshot, mm, difference, mode.fiveLevel};
    reader.read(mode.cr3 & pte::kFrameMask, mode.fiveLevel ? 5 : 4, 0,
                other ? std::optional(other->cr3 & pte::kFrameMask) : std::nullopt);
}

void paintTree(const PageTablesModel& m, Scene& s, double y) {
    const Style& style = s.style();
    const Theme& theme = s.theme();
    const double g = style.grid, margin = g * 1.5, width = s.size().width() - 2 * margin, step = g * 2;
    const int top = m.fiveLevel ? 5 : 4;
    Table table(s, margin, width,
                {{Words::tr("entry"), 12.0 + 2.2 * (top - 1), Font::Mono, false, 0, 0,
                  Words::tr("Which of 512 entries of which table. A triangle opens and closes the table behind it.")},
                 {Words::tr("leads to"), 18, Font::Mono, false, 0, 0.5,
                  Words::tr("The next table and where it lies in RAM, or the frame.")},
                 {Words::tr("bits"), 18, Font::MonoSmall, false, 2, 0.5,
                  Words::tr("What the entry allows and what the hardware noted in it.")},
                 {Words::tr("serves from"), 18, Font::Mono, false, 1, 0.5,
                  Words::tr("The lowest virtual address that is translated by this entry.")},
                 {Words::tr("what is there"), 18, Font::Words, false, 3, 1,
                  Words::tr("How full the table is, or which area the page belongs to.")}});
    y += table.header(y);
    const double row = table.rowHeight();
    for (std::size_t i = 0; i < m.nodes.size(); ++i, y += row) {
        const PageTableNode& n = m.nodes[i];
        const QRectF line = table.row(y);
        if (n.changed)
            s.changed(line);
        else if (n.lit)
            s.box(line, theme.fill(Role::PageTable), theme.color(Role::PageTable), style.pen);
        const double indent = (top - n.level) * step + step;
        const QString name = QStringLiteral("%1[%2]").arg(levelName(n.level)).arg(n.index);
        const QRectF sign(line.x() + indent - step + g * 0.25, y, step, row);
        table.cell(0, y, name, n.lit ? theme.color(Role::Ink) : QColor(), indent);
        table.cell(1, y, leadsTo(n));
        table.cell(2, y, entryBits(n.entry, n.level), theme.color(Role::Muted));
        table.cell(3, y, hex(n.firstAddress));
        const bool differs = n.difference != Difference::None && n.difference != Difference::Same &&
                             !(n.difference == Difference::Frame && n.table);
        table.cell(4, y, differs ? QStringLiteral("≠ %1").arg(textOf(n.difference)) : n.note, theme.color(Role::Muted));
        const QString what =
            Words::tr("Entry %1 of a %2, at physical %3: %4. %5")
                .arg(n.index)
                .arg(levelName(n.level), hex(n.where), hexDigits(n.entry, 16), entrySentence(n.entry, n.level));
        const Command turn{Command::Kind::Setting, 0, turned(m, n)};
        Spot& spot = s.spot(n.table ? line.adjusted(indent + g * 0.25, 0, 0, 0) : line,
                            QStringLiteral("node.%1").arg(hex(n.where)), name, what,
                            Subject::pte(n.where, n.lit ? m.address : n.firstAddress, m.pid));
        spot.changed = n.changed;
        if (!n.table) continue;
        spot.activate = turn;
        QPainterPath triangle;
        const QPointF c = sign.center();
        const double r = g * 0.55;
        if (n.open)
            triangle.addPolygon(
                QPolygonF{c + QPointF(-r, -r * 0.6), c + QPointF(r, -r * 0.6), c + QPointF(0, r * 0.8)});
        else
            triangle.addPolygon(
                QPolygonF{c + QPointF(-r * 0.6, -r), c + QPointF(r * 0.8, 0), c + QPointF(-r * 0.6, r)});
        triangle.closeSubpath();
        s.path(triangle, theme.color(Role::Ink));
        Spot& handle = s.spot(QRectF(line.x(), y, indent + g * 0.25, row), QStringLiteral("turn.%1").arg(hex(n.where)),
                              n.open ? Words::tr("close %1").arg(name) : Words::tr("open %1").arg(name),
                              n.open ? Words::tr("Closes the %1 behind this entry.").arg(levelName(n.level - 1))
                                     : Words::tr("Opens the %1 behind this entry: %2 of its 512 entries are present.")
                                           .arg(levelName(n.level - 1))
                                           .arg(n.present));
        handle.click = turn;
        handle.activate = turn;
    }
    if (m.leftOut > 0) {
        const QString more = Words::tr("and %1 entries more: close tables to see them").arg(countText(m.leftOut));
        s.text(table.row(y), more, Font::Small, theme.color(Role::Muted));
        y += row;
    }
    s.growTo(s.size().width(), y + margin);
}

void twinTree(const PageTablesModel& m, TextTwin& root) {
    for (const PageTableNode& n : m.nodes)
        root.add(QStringLiteral("%1%2%3[%4] → %5")
                     .arg(n.lit ? QStringLiteral("> ") : QString())
                     .arg(QString(2 * ((m.fiveLevel ? 5 : 4) - n.level), QLatin1Char(' ')))
                     .arg(levelName(n.level))
                     .arg(n.index)
                     .arg(leadsTo(n)),
                 QStringLiteral("%1, %2, %3%4")
                     .arg(hex(n.firstAddress), entryBits(n.entry, n.level), n.note,
                          n.difference == Difference::None ? QString() : QStringLiteral(", ") + textOf(n.difference)),
                 n.changed, Subject::pte(n.where, n.firstAddress, m.pid));
    if (m.leftOut > 0) root.add(Words::tr("and %1 entries more: close tables to see them").arg(countText(m.leftOut)));
}

}  // namespace ringside
