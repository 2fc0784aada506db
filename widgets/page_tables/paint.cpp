#include <algorithm>

#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/page_tables/page_tables.h"

namespace ringside {
namespace {

struct Painter {
    const PageTablesModel& m;
    Scene& s;
    const Style& style = s.style();
    const Theme& theme = s.theme();
    double g = style.grid, row = style.row();
    QColor ink = theme.color(Role::Ink), muted = theme.color(Role::Muted), table = theme.color(Role::PageTable);

    // The address in binary, cut into the pieces the walk uses. Returns its height; `pieces` are the boxes, top level
    // first.
    double addressBar(QPointF at, double width, std::vector<QRectF>& pieces) {
        const int levels = m.fiveLevel ? 5 : 4;
        const int signBits = m.fiveLevel ? 7 : 16;
        struct Piece {
            QString name, bits, value;
            int width;
        };
        std::vector<Piece> parts;
        auto bits = [&](int high, int count) {
            QString text;
            for (int i = high; i > high - count; --i)
                text += (m.address >> i & 1) ? QLatin1Char('1') : QLatin1Char('0');
            return text;
        };
        parts.push_back({Words::tr("sign"), bits(63, signBits), QString(), signBits});
        for (int l = levels; l >= 1; --l) {
            const int high = 12 + 9 * l - 1;
            parts.push_back({levelName(l), bits(high, 9), QString::number(m.address >> (high - 8) & 511), 9});
        }
        parts.push_back({Words::tr("offset"), bits(11, 12), hex(m.address & 0xfff), 12});
        const double gap = g * 0.5, unit = (width - gap * static_cast<double>(parts.size() - 1)) / 64;
        const bool roomForBits = unit >= style.width(Font::MonoSmall, QStringLiteral("0"));
        const double nameH = style.lineHeight(Font::Small), boxH = row * (roomForBits ? 1.9 : 1.2);
        double x = at.x();
        for (std::size_t i = 0; i < parts.size(); ++i) {
            const Piece& p = parts[i];
            const QRectF box(x, at.y() + nameH, unit * p.width, boxH);
            const bool index = i > 0 && i + 1 < parts.size();
            s.text(QRectF(x, at.y(), box.width(), nameH), p.name, Font::Small, muted, Qt::AlignCenter);
            s.box(box, index ? theme.fill(Role::PageTable) : theme.color(Role::Field),
                  index ? table : theme.color(Role::Line));
            if (roomForBits)
                s.text(QRectF(x, box.y(), box.width(), boxH / 2), p.bits, Font::MonoSmall, ink, Qt::AlignCenter);
            s.text(QRectF(x, roomForBits ? box.y() + boxH / 2 : box.y(), box.width(), roomForBits ? boxH / 2 : boxH),
                   p.value, Font::MonoStrong, ink, Qt::AlignCenter);
            const QString what =
                index ? Words::tr("Nine bits of the address choose one of the 512 entries of the %1: entry %2.")
                            .arg(p.name, p.value)
                : i == 0
                    ? Words::tr("The upper bits must all equal the highest used bit: then the address is canonical.")
                    : Words::tr("The low twelve bits are the place inside the page: byte %1.").arg(p.value);
            s.spot(box, QStringLiteral("bits.%1").arg(p.name), QStringLiteral("%1 %2").arg(p.name, p.value), what);
            if (index) pieces.push_back(box);
            x += unit * p.width + gap;
        }
        return nameH + boxH;
    }

    QString gapText(int n) { return Words::tr("%n not present", nullptr, n); }

    // One table; returns the rect of the lit row.
    QRectF level(const PageTableLevel& l, QRectF area) {
        const double headH = style.lineHeight(Font::Strong) + style.lineHeight(Font::Small);
        s.text(QRectF(area.x(), area.y(), area.width(), style.lineHeight(Font::Strong)), levelName(l.level),
               Font::Strong);
        s.text(QRectF(area.x(), area.y() + style.lineHeight(Font::Strong), area.width(), style.lineHeight(Font::Small)),
               Words::tr("at %1, %2 of 512").arg(hex(l.table)).arg(l.present), Font::Small, muted);
        s.spot(QRectF(area.x(), area.y(), area.width(), headH), QStringLiteral("table.%1").arg(l.level),
               levelName(l.level),
               Words::tr("The %1 lies in the frame at physical %2: 512 entries of eight bytes, %3 of them present.")
                   .arg(levelName(l.level), hex(l.table))
                   .arg(l.present),
               Subject::frame(l.table >> kPageShift));

        // Rows that fit, around the lit one; what is left out is counted.
        const double room = area.height() - headH - g;
        const auto lit = static_cast<std::ptrdiff_t>(
            std::find_if(l.rows.begin(), l.rows.end(), [](const PageTableRow& r) { return r.lit; }) - l.rows.begin());
        // From the lit row outwards, as long as rows and the notes on what is left out fit.
        const auto count = static_cast<std::ptrdiff_t>(l.rows.size());
        std::ptrdiff_t first = std::min(lit, count - 1), last = first + 1;
        double used = row * (1.9 + 3 * 0.8);
        for (bool grew = true; grew;) {
            grew = false;
            if (first > 0 && used + row * 1.8 <= room)
                --first, used += row * (l.rows[static_cast<std::size_t>(first) + 1].gapBefore > 0 ? 1.8 : 1),
                    grew = true;
            if (last < count && used + row * 1.8 <= room)
                used += row * (l.rows[static_cast<std::size_t>(last)].gapBefore > 0 ? 1.8 : 1), ++last, grew = true;
        }
        double y = area.y() + headH + g * 0.5;
        const double top = y;
        const double indexW = style.width(Font::Mono, QStringLiteral("000 "));
        QRectF litRect;
        int below = -1;
        for (std::ptrdiff_t k = first; k < last; ++k) {
            const PageTableRow& r = l.rows[static_cast<std::size_t>(k)];
            const int gap = r.index - below - 1;
            if (gap > 0) {
                s.text(QRectF(area.x(), y, area.width(), row * 0.8), QStringLiteral("⋮ %1").arg(gap), Font::Small,
                       muted, Qt::AlignCenter);
                y += row * 0.8;
            }
            below = r.index;
            const QRectF line(area.x(), y, area.width(), r.lit ? row * 1.9 : row);
            const bool present = r.entry & pte::P;
            if (r.lit) s.box(line, theme.fill(Role::PageTable), table, style.pen * 1.5);
            if (r.changed) s.changed(line);
            s.text(QRectF(line.x() + g * 0.5, line.y(), indexW, row), QString::number(r.index), Font::Mono, muted);
            s.text(QRectF(line.x() + g * 0.5 + indexW, line.y(), line.width() - indexW - g, row),
                   present ? hex(r.entry & pte::kFrameMask) : QStringLiteral("–"),
                   r.lit ? Font::MonoStrong : Font::Mono, present ? ink : muted);
            marks(r, l.level, line, indexW);
            if (r.lit)
                s.text(QRectF(line.x() + g * 0.5, line.y() + row * 0.9, line.width() - g, row),
                       entryBits(r.entry, l.level), Font::MonoSmall,
                       present ? ink : theme.readable(theme.color(Role::Kernel), theme.fill(Role::PageTable)));
            const u64 where = l.table + r.index * 8u;
            s.spot(line, QStringLiteral("%1.%2").arg(levelName(l.level)).arg(r.index),
                   QStringLiteral("%1[%2]").arg(levelName(l.level)).arg(r.index),
                   Words::tr("Entry %1 of the %2, eight bytes at physical %3: %4. %5 It serves addresses from %6.%7")
                       .arg(r.index)
                       .arg(levelName(l.level), hex(where), hexDigits(r.entry, 16), entrySentence(r.entry, l.level),
                            hex(r.firstAddress),
                            r.difference == Difference::None
                                ? QString()
                                : Words::tr(" %1 has %2 there: %3.")
                                      .arg(m.other, hexDigits(r.other, 16), textOf(r.difference))),
                   Subject::pte(where, r.lit ? m.address : r.firstAddress, m.pid))
                .changed = r.changed;
            if (r.lit) litRect = line;
            y += line.height();
        }
        if (511 - below > 0) {
            s.text(QRectF(area.x(), y, area.width(), row * 0.8), QStringLiteral("⋮ %1").arg(511 - below), Font::Small,
                   muted, Qt::AlignCenter);
            y += row * 0.8;
        }
        s.box(QRectF(area.x(), top - g * 0.25, area.width(), y - top + g * 0.5), {}, theme.color(Role::Line));
        return litRect;
    }

    // Behind the address: what another task has there, else the entry's bits, as far as there is room.
    void marks(const PageTableRow& r, int level, QRectF line, double indexW) {
        const double from =
            line.x() + g + indexW + style.width(r.lit ? Font::MonoStrong : Font::Mono, hex(r.entry & pte::kFrameMask));
        // Every process has tables of its own: only what they lead to can differ.
        const bool own = r.difference == Difference::Frame && level > 1 && !(r.entry & pte::PS);
        const bool differs = r.difference != Difference::None && r.difference != Difference::Same && !own;
        const QString text = !m.compared ? (r.lit ? QString() : entryBits(r.entry, level))
                             : own       ? Words::tr("own table")
                                         : textOf(r.difference);
        const QRectF room(from, line.y(), line.right() - from - g * 0.5, row);
        const double w = style.width(Font::Small, text) + g;
        if (text.isEmpty() || !(r.entry || m.compared)) return;
        if (differs) {
            // Never left out: where there is no room for the word there is for the sign.
            const QRectF tag(line.right() - std::min(w, room.width()), line.y() + row * 0.1, std::min(w, room.width()),
                             row * 0.8);
            s.box(tag, theme.fill(Role::Shared), theme.color(Role::Shared));
            s.text(tag, w <= room.width() ? text : QStringLiteral("≠"), Font::Small,
                   theme.inkOn(theme.fill(Role::Shared)), Qt::AlignCenter);
        } else if (w <= room.width()) {
            s.text(room, text, Font::Small, muted, Qt::AlignRight | Qt::AlignVCenter);
        }
    }

    struct Part {
        QString name, value, what;
        bool on;
    };
    // The last entry read, bit by bit.
    std::vector<Part> bitsOfLast() const {
        if (m.levels.empty()) return {};
        const PageTableLevel& last = m.levels.back();
        const auto lit = std::find_if(last.rows.begin(), last.rows.end(), [](const PageTableRow& r) { return r.lit; });
        if (lit == last.rows.end()) return {};
        const u64 e = lit->entry;
        const bool leaf = last.level == 1 || e & pte::PS, present = e & pte::P;
        std::vector<Part> parts;
        auto bit = [&](const char* name, u64 mask, const QString& set, const QString& clear) {
            const bool on = e & mask;
            parts.push_back(
                {QLatin1String(name), on ? QStringLiteral("1") : QStringLiteral("0"), on ? set : clear, on});
        };
        if (!present) {
            parts.push_back({Words::tr("63…1: free for the kernel"), hexDigits(e >> 1, 16),
                             e ? Words::tr("The hardware looks at nothing but P. The kernel keeps its own note here.")
                               : Words::tr("Nothing: this address was never touched, or never mapped."),
                             e != 0});
        } else {
            bit("NX", pte::NX, Words::tr("No instruction may be fetched from here."),
                Words::tr("Instructions may be fetched from here."));
            parts.push_back(
                {leaf ? Words::tr("51…12: frame") : Words::tr("51…12: frame of the next table"),
                 QStringLiteral("%1 = %2").arg(hex((e & pte::kFrameMask) >> 12)).arg((e & pte::kFrameMask) >> 12),
                 Words::tr("The frame number; times 4096 it is the physical address %1.").arg(hex(e & pte::kFrameMask)),
                 true});
            bit("G", pte::G, Words::tr("Global: the TLB keeps it when CR3 is loaded."),
                Words::tr("Not global: the TLB forgets it when CR3 is loaded."));
            if (last.level > 1)
                bit("PS", pte::PS, Words::tr("A large page: the walk ends here."),
                    Words::tr("Points to the next table."));
            if (leaf)
                bit("D", pte::D, Words::tr("Dirty: the hardware saw a write."),
                    Words::tr("Clean: nobody has written through this entry."));
            bit("A", pte::A, Words::tr("Accessed: the hardware has used this entry."),
                Words::tr("Not accessed since the kernel last cleared it."));
            bit("PCD", pte::PCD, Words::tr("Not to be cached."), Words::tr("May be cached."));
            bit("PWT", pte::PWT, Words::tr("Write-through."), Words::tr("Write-back."));
            bit("US", pte::US, Words::tr("User mode may use it."), Words::tr("For the kernel only."));
            bit("RW", pte::RW, Words::tr("Writable."), Words::tr("Read-only: a write is a page fault."));
        }
        bit("P", pte::P, Words::tr("Present."), Words::tr("Not present: any access is a page fault."));
        return parts;
    }

    double widthOf(const Part& p) const {
        return std::max(style.width(Font::Small, p.name), style.width(Font::MonoStrong, p.value)) + g * 1.5;
    }
    double bitsWidth() const {
        double width = 0;
        for (const Part& p : bitsOfLast()) width += widthOf(p) + g * 0.4;
        return width;
    }

    void bits(QPointF at, double width) {
        const std::vector<Part> parts = bitsOfLast();
        if (parts.empty()) return;
        const PageTableLevel& last = m.levels.back();
        const double h = style.lineHeight(Font::Small) + row;
        const double spread = std::clamp(width / bitsWidth(), 1.0, 2.5);
        s.text(QRectF(at.x(), at.y(), width, style.lineHeight(Font::Strong)),
               Words::tr("Entry %1 of the %2, bit by bit").arg(last.index).arg(levelName(last.level)), Font::Strong);
        const double y = at.y() + style.lineHeight(Font::Strong) + g * 0.5;
        double x = at.x();
        for (const Part& p : parts) {
            const QRectF box(x, y, widthOf(p) * spread, h);
            s.box(box, p.on ? theme.fill(Role::PageTable) : theme.color(Role::Field),
                  p.on ? table : theme.color(Role::Line));
            const QColor on = theme.inkOn(p.on ? theme.fill(Role::PageTable) : theme.color(Role::Field));
            s.text(QRectF(x, y, box.width(), style.lineHeight(Font::Small)), p.name, Font::Small, on, Qt::AlignCenter);
            s.text(QRectF(x, y + style.lineHeight(Font::Small), box.width(), row), p.value, Font::MonoStrong, on,
                   Qt::AlignCenter);
            s.spot(box, QStringLiteral("bit.") + p.name, QStringLiteral("%1 = %2").arg(p.name, p.value), p.what);
            x += box.width() + g * 0.4 * spread;
        }
    }

    // At the right, under the title where it has no room beside it. Returns how much room it leaves the title.
    struct Button {
        QString key, text, what, setting;
        bool on;
    };
    std::vector<Button> buttonsOf() const {
        std::vector<Button> list{{QStringLiteral("form"), m.tree ? Words::tr("One walk") : Words::tr("All tables"),
                                  m.tree ? Words::tr("Shows the walk of one address, table by table.")
                                         : Words::tr("Shows all present tables as one tree, to be opened and closed."),
                                  m.tree ? QStringLiteral("form=walk") : QStringLiteral("form=tree"), false}};
        if (m.tree) {
            list.push_back({QStringLiteral("open"), Words::tr("Open all"), Words::tr("Opens every table."),
                            QStringLiteral("open=all"), false});
            list.push_back({QStringLiteral("close"), Words::tr("Only the walk"),
                            Words::tr("Closes every table that the walk did not come through."),
                            QStringLiteral("open="), false});
        }
        if (m.otherPid != 0)
            list.push_back(
                {QStringLiteral("compare"),
                 m.compared ? Words::tr("Compared with %1").arg(m.other) : Words::tr("Compare with %1").arg(m.other),
                 Words::tr("Marks where the tables of %1 and %2 differ: another frame, other rights, only "
                           "here, only there.")
                     .arg(m.task, m.other),
                 m.compared ? QStringLiteral("compare=no") : QStringLiteral("compare=yes"), m.compared});
        return list;
    }
    double widthOf(const Button& b) const { return style.width(Font::Words, b.text) + 2 * g; }

    // Title and buttons; returns where they end.
    double head(double margin, double width) {
        const std::vector<Button> list = buttonsOf();
        double all = 0;
        for (const Button& b : list) all += widthOf(b) + g;
        const QString title = Words::tr("Walk of %1").arg(hex(m.address));
        const bool below = style.width(Font::Strong, title) + 2 * g + all > width;
        double y = margin + s.heading({margin, margin}, below ? width : width - all, title,
                                      Words::tr("in %1, %2").arg(m.task, m.why));
        double x = below ? margin : margin + width - all + g, top = below ? y : margin - g * 0.5;
        for (const Button& b : list) {
            const double w = widthOf(b);
            if (x + w > margin + width + 1 && x > margin) x = margin, top += row * 1.4;
            const QRectF box(x, top, w, row * 1.2);
            const QColor fill = b.on ? theme.fill(Role::Accent) : theme.color(Role::Field);
            s.box(box, fill, theme.color(b.on ? Role::Accent : Role::Line));
            s.text(box, b.text, Font::Words, theme.inkOn(fill), Qt::AlignCenter);
            Spot& spot = s.spot(box, b.key, b.text, b.what);
            spot.click = {Command::Kind::Setting, 0, b.setting};
            spot.activate = spot.click;
            x += w + g;
        }
        return std::max(y, top + row * 1.2) + g * 0.5;
    }

    QRectF frame(QRectF area) {
        const double headH = style.lineHeight(Font::Strong) + style.lineHeight(Font::Small);
        const u64 number = m.phys >> kPageShift;
        s.text(QRectF(area.x(), area.y(), area.width(), style.lineHeight(Font::Strong)),
               Words::tr("Frame %1").arg(number), Font::Strong);
        s.text(QRectF(area.x(), area.y() + style.lineHeight(Font::Strong), area.width(), style.lineHeight(Font::Small)),
               m.use, Font::Small, muted);
        double y = area.y() + headH + g * 0.5;
        const int perLine = std::max(
            4, static_cast<int>((area.width() - g) / style.width(Font::MonoSmall, QStringLiteral("00 "))) / 4 * 4);
        // As many bytes as leave room for one who maps it, and for how many more there are.
        const double rest = area.bottom() - y - row - g - style.lineHeight(Font::Strong) - row * 2.7;
        const int lines = std::max(1, std::min(static_cast<int>(rest / row), 32 / perLine));
        const std::size_t count = std::min(m.bytes.size(), static_cast<std::size_t>(lines * perLine));
        const QRectF target(area.x(), y, area.width(), row * (1 + std::ceil(static_cast<double>(count) / perLine)));
        s.box(target, theme.fill(Role::Data), theme.color(Role::Data), style.pen * 1.5);
        s.text(QRectF(target.x() + g * 0.5, y, target.width() - g, row), hex(m.phys), Font::MonoStrong);
        y += row;
        for (std::size_t i = 0; i < count; i += static_cast<std::size_t>(perLine)) {
            QString line;
            for (std::size_t k = i; k < std::min(i + static_cast<std::size_t>(perLine), count); ++k)
                line += hexDigits(m.bytes[k], 2) + QLatin1Char(' ');
            s.text(QRectF(target.x() + g * 0.5, y, target.width() - g, row), line, Font::MonoSmall);
            y += row;
        }
        s.spot(
            target, QStringLiteral("frame"), Words::tr("Frame %1").arg(number),
            Words::tr(
                "Frame %1 of RAM, %2; %3 references, %4 page table entries map it. The address ends at byte %5 of it.")
                .arg(number)
                .arg(m.use)
                .arg(m.refcount)
                .arg(m.mapcount)
                .arg(m.phys & 0xfff),
            Subject::frame(number));
        y = target.bottom() + g;
        s.text(QRectF(area.x(), y, area.width(), style.lineHeight(Font::Strong)), Words::tr("Who maps it"),
               Font::Strong);
        y += style.lineHeight(Font::Strong);
        std::size_t shown = 0;
        for (const PageTableMapper& mapper : m.mappers) {
            if (y + 2 * row > area.bottom()) break;
            const QRectF line(area.x(), y, area.width(), row * 1.7);
            s.mark({line.x() + g * 0.8, line.y() + row * 0.5}, Theme::taskMark(mapper.pid), theme.task(mapper.pid));
            s.text(QRectF(line.x() + g * 2, line.y(), line.width() - g * 2, row * 0.9), mapper.name, Font::Words);
            s.text(QRectF(line.x() + g * 2, line.y() + row * 0.8, line.width() - g * 2, row * 0.9),
                   QStringLiteral("%1 %2").arg(hex(mapper.address),
                                               mapper.writable ? QStringLiteral("RW") : QStringLiteral("RO")),
                   Font::MonoSmall, muted);
            s.spot(line, QStringLiteral("mapper.%1").arg(shown), mapper.name,
                   Words::tr("%1 sees this frame at %2, %3.")
                       .arg(mapper.name, hex(mapper.address),
                            mapper.writable ? Words::tr("writable") : Words::tr("read-only")),
                   Subject::address(mapper.address, mapper.pid));
            y += line.height();
            ++shown;
        }
        if (shown < m.mappers.size())
            s.text(QRectF(area.x(), y, area.width(), row), Words::tr("and %1 more").arg(m.mappers.size() - shown),
                   Font::Small, muted);
        if (m.mappers.empty())
            s.text(QRectF(area.x(), y, area.width(), row), Words::tr("only the kernel"), Font::Small, muted);
        return target;
    }

    void paintAll() {
        // Addresses are never cut: a narrow panel scrolls sideways.
        const double margin = g * 1.5, columns = static_cast<double>((m.fiveLevel ? 5 : 4) + 1);
        const double least = style.width(Font::MonoStrong, QStringLiteral("511 0x123456000")) + g * 2;
        double gap = g * 3;
        double width = s.size().width() - 2 * margin;
        if (!m.tree) {
            if (least * columns + gap * (columns - 1) > width) gap = g * 1.5;
            width = std::max({width, least * columns + gap * (columns - 1), bitsWidth()});
            s.growTo(width + 2 * margin, 0);
        }
        double y = head(margin, width);
        if (m.tree) {
            y += s.caption({margin, y}, width, m.caption) + g;
            paintTree(m, s, y);
            return;
        }
        std::vector<QRectF> pieces;
        y += addressBar({margin, y}, width, pieces) + g * 2.5;
        const double captionH = style.lineHeight(Font::Words) * 2 + 2 * g;
        const double columnW = (width - gap * (columns - 1)) / columns;
        const double bitsH = style.lineHeight(Font::Strong) + style.lineHeight(Font::Small) + row + g * 1.5;
        const double height = std::max(s.size().height() - y - captionH - bitsH - 2 * margin, row * 9);
        QRectF previous;
        double x = margin;
        for (std::size_t i = 0; i < m.levels.size(); ++i) {
            const QRectF lit = level(m.levels[i], QRectF(x, y, columnW, height));
            if (i == 0)
                s.text(QRectF(x, y - g * 2, columnW, g * 2), Words::tr("CR3 = %1").arg(hex(m.levels[0].table)),
                       Font::MonoSmall, theme.readable(table, theme.color(Role::Paper)));
            if (!previous.isNull())
                s.line({previous.topRight() + QPointF(0, row / 2),
                        QPointF(x - g * 0.3, y + style.lineHeight(Font::Strong) / 2)},
                       table, Arrow::End, Bend::Curve);
            previous = lit;
            x += columnW + gap;
        }
        if (m.end == WalkEnd::Mapped && !m.bytes.empty()) {
            const double frameX = margin + (columns - 1) * (columnW + gap);
            const QRectF target = frame(QRectF(frameX, y, columnW, height));
            if (!previous.isNull())
                s.line({previous.topRight() + QPointF(0, row / 2), QPointF(frameX - g * 0.3, target.y() + row / 2)},
                       theme.color(Role::Data), Arrow::End, Bend::Curve);
        } else if (!previous.isNull()) {
            const QRectF stop(x, previous.y(), std::min(columnW, s.size().width() - x - margin), row * 3);
            s.bolt(QRectF(stop.x(), stop.y(), row, row * 1.3), theme.color(Role::Fault));
            s.text(QRectF(stop.x() + row * 1.3, stop.y(), stop.width() - row, row * 1.3), QStringLiteral("#PF"),
                   Font::Title);
        }
        bits({margin, y + height + g * 0.5}, width);
        s.growTo(s.size().width(), y + height + bitsH + captionH + 2 * margin);
        s.caption({margin, s.size().height() - captionH - margin}, width, m.caption);
    }
};

}  // namespace

Scene paint(const PageTablesModel& model, const StylePtr& given, QSizeF size) {
    const StylePtr style = fitted(given, size.width(), size.height(), 130, 32);
    Scene scene(style, size);
    if (!model.loaded) {
        scene.empty(
            Words::tr("No program is loaded, so there are no page tables to walk. Open a program and step once."));
        return scene;
    }
    Painter{model, scene}.paintAll();
    return scene;
}

}  // namespace ringside
