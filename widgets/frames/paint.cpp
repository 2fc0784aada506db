#include <algorithm>
#include <cmath>

#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/frames/frames.h"

namespace ringside {
namespace {

constexpr std::size_t kUses = static_cast<std::size_t>(PageUse::ZeroPage) + 1;

QColor colorOf(const Theme& theme, PageUse use) {
    switch (use) {
        case PageUse::Free:
            return theme.color(Role::Paper);
        case PageUse::Reserved:
            return blend(theme.color(Role::Paper), theme.color(Role::ReadOnly), 0.55);
        case PageUse::PageTable:
            return theme.color(Role::PageTable);
        case PageUse::KernelStack:
            return theme.color(Role::Stack);
        case PageUse::Slab:
            return theme.color(Role::Kernel);
        case PageUse::Anonymous:
            return theme.color(Role::Data);
        case PageUse::PageCache:
            return theme.color(Role::Code);
        case PageUse::ZeroPage:
            return theme.color(Role::Fault);
    }
    return {};
}

struct Painter {
    const FramesModel& m;
    Scene& s;
    const Style& style = s.style();
    const Theme& theme = s.theme();
    double g = style.grid, row = style.row(), margin = g * 1.5, width = s.size().width() - 2 * margin;

    double button(double x, double& y, const QString& key, const QString& text, const QString& what,
                  const QString& setting) {
        const double w = style.width(Font::Small, text) + 2 * g;
        if (x + w > margin + width && x > margin) x = margin, y += row * 1.1;
        const QRectF box(x, y, w, row);
        s.box(box, theme.color(Role::Field), theme.color(Role::Line));
        s.text(box, text, Font::Small, {}, Qt::AlignCenter);
        s.spot(box, key, text, what).click = {Command::Kind::Setting, 0, setting};
        return x + w + g;
    }

    // What the colours mean, with how many frames have each, and the buttons.
    double legend(double y) {
        double x = margin;
        const auto entry = [&](const QString& key, u64 count, const QString& name, const QColor& color) {
            const QString text = QStringLiteral("%1 %2").arg(countText(count), name);
            const double w = std::min(style.width(Font::Small, text) + g * 4, width);
            if (x + w > margin + width && x > margin) x = margin, y += row;
            s.box(QRectF(x, y + row * 0.25, g * 1.4, row * 0.5), color, theme.color(Role::Line), style.pen * 0.5);
            s.text(QRectF(x + g * 2, y, w - g * 2, row), text, Font::Small, theme.color(Role::Muted));
            s.spot(QRectF(x, y, w, row), key, name, Words::tr("%1 frames: %2.").arg(countText(count), name));
            x += w;
        };
        for (std::size_t use = 0; use < m.uses.size(); ++use) {
            entry(QStringLiteral("use.%1").arg(use), m.uses[use].second, m.uses[use].first,
                  colorOf(theme, static_cast<PageUse>(use)));
            if (static_cast<PageUse>(use) == PageUse::Anonymous && m.shared > 0)
                entry(QStringLiteral("shared"), m.shared, Words::tr("of them shared"), theme.color(Role::Shared));
        }
        x = button(x, y, QStringLiteral("toggle"),
                   m.byOwner ? Words::tr("colour by use") : Words::tr("colour by owner"),
                   Words::tr("Colours the cells the other way."),
                   m.byOwner ? QStringLiteral("color=use") : QStringLiteral("color=owner"));
        if (m.folded)
            button(x, y, QStringLiteral("span"),
                   Words::tr("show the %1 free frames behind").arg(countText(m.cells.size() - m.shown)),
                   Words::tr("The map shows RAM up to the last frame in use; behind it everything is free."),
                   QStringLiteral("span=all"));
        else if (m.shown == m.cells.size() && m.freeFrames > m.cells.size() / 2)
            button(x, y, QStringLiteral("span"), Words::tr("only what is in use"),
                   Words::tr("Leaves out the free frames behind the last one in use."), QStringLiteral("span=used"));
        return y + row + g;
    }

    // One pixel for each cell.
    QImage cellImage(int columns, int rows) const {
        QImage image(columns, rows, QImage::Format_ARGB32_Premultiplied);
        image.fill(Qt::transparent);
        std::array<QRgb, kUses> colors;
        for (std::size_t use = 0; use < kUses; ++use) colors[use] = colorOf(theme, static_cast<PageUse>(use)).rgb();
        const QRgb shared = theme.color(Role::Shared).rgb();
        std::pair<u32, QRgb> owner{};  // neighbours mostly have the same
        const auto lineOf = [&](std::size_t line) {
            return reinterpret_cast<QRgb*>(image.scanLine(static_cast<int>(line)));
        };
        const auto perLine = static_cast<std::size_t>(columns);
        for (std::size_t line = 0, i = 0; i < m.shown; ++line) {
            QRgb* pixel = lineOf(line);
            for (const std::size_t end = std::min(m.shown, i + perLine); i < end; ++i, ++pixel) {
                const Page& page = m.cells.page(i);
                *pixel = colors[static_cast<std::size_t>(page.use)];
                if (page.mapcount > 1 && page.use == PageUse::Anonymous) {
                    *pixel = shared;
                } else if (m.byOwner && (page.use == PageUse::Anonymous || page.use == PageUse::PageTable)) {
                    if (owner.first != page.owner) {
                        const i32 pid = m.cells.pidOf(page);
                        owner = {page.owner, pid ? theme.task(pid).rgb() : 0};
                    }
                    if (owner.second) *pixel = owner.second;
                }
            }
        }
        const QRgb accent = theme.color(Role::Accent).rgb();
        for (const u32 i : m.cells.changed())
            if (i < m.shown) lineOf(i / perLine)[i % perLine] = accent;
        return image;
    }

    QRectF map(QRectF area) {
        // The largest square cell with which all frames fit.
        const double n = static_cast<double>(std::max<std::size_t>(1, m.shown));
        int columns = std::max(1, static_cast<int>(area.width() / std::sqrt(area.width() * area.height() / n)));
        const auto cellWith = [&](int count) {
            return std::min(area.width() / count, std::max(0.25, area.height() / std::ceil(n / count)));
        };
        // Rows begin at round numbers.
        if (const int round = columns >= 64 ? 64 : columns >= 8 ? 4 : 1; round > 1) {
            columns = columns / round * round;
            if (cellWith(columns + round) > cellWith(columns)) columns += round;
        }
        const double cell = cellWith(columns);
        const int rows = static_cast<int>(std::ceil(n / columns));
        const QImage image = cellImage(columns, rows);
        const QRectF map(area.x(), area.y(), columns * cell, rows * cell);
        s.image(map, image);
        auto rectOf = [map, cell, columns](std::size_t i) {
            return QRectF(map.x() + static_cast<double>(i % static_cast<std::size_t>(columns)) * cell,
                          map.y() + static_cast<double>(i / static_cast<std::size_t>(columns)) * cell, cell, cell);
        };
        const int beyond = rows * columns - static_cast<int>(m.shown), last = columns - beyond;
        const double full = map.bottom() - (beyond ? cell : 0);  // where the last full line ends
        if (cell > style.em * 1.6) {
            // Room for lines between the cells and for how many entries map each.
            for (int i = 1; i < columns; ++i)
                s.line({{map.x() + i * cell, map.y()}, {map.x() + i * cell, i < last ? map.bottom() : full}},
                       theme.color(Role::Line), Arrow::None, Bend::Straight, style.pen * 0.4);
            for (int i = 1; i < rows; ++i)
                s.line({{map.x(), map.y() + i * cell}, {map.right(), map.y() + i * cell}}, theme.color(Role::Line),
                       Arrow::None, Bend::Straight, style.pen * 0.4);
            for (std::size_t i = 0; i < m.shown; ++i)
                if (const u32 mappers = m.cells.page(i).mapcount; mappers > 0)
                    s.text(rectOf(i), QString::number(mappers), Font::MonoSmall,
                           theme.inkOn(image.pixelColor(static_cast<int>(i) % columns, static_cast<int>(i) / columns)),
                           Qt::AlignCenter);
        }
        // Around the cells: behind the last one there is no RAM.
        QPainterPath edge(map.topLeft());
        for (const QPointF& p : {map.topRight(), QPointF(map.right(), full), QPointF(map.x() + last * cell, full),
                                 QPointF(map.x() + last * cell, map.bottom()), map.bottomLeft()})
            edge.lineTo(p);
        edge.closeSubpath();
        s.path(edge, {}, theme.color(Role::Line));
        if (m.selected < m.shown) {
            QRectF at = rectOf(m.selected);
            at.setSize(at.size().expandedTo({3, 3}));
            s.selected(at);
        }
        Spot& spot = s.spot(map, QStringLiteral("map"), Words::tr("RAM"), Words::tr("All frames of RAM."));
        spot.resolve = [cells = m.cells, shown = m.shown, map, cell, columns, rectOf](QPointF p) {
            Spot found;
            const int column = std::clamp(static_cast<int>((p.x() - map.x()) / cell), 0, columns - 1),
                      line = std::max(0, static_cast<int>((p.y() - map.y()) / cell));
            const std::size_t i =
                static_cast<std::size_t>(line) * static_cast<std::size_t>(columns) + static_cast<std::size_t>(column);
            if (i >= shown) return found;
            found.rect = rectOf(i);
            found.key = QStringLiteral("frame.%1").arg(i);
            found.label = Words::tr("frame %1").arg(i);
            found.what = sentenceOf(cells[i], i);
            found.subject = Subject::frame(i);
            return found;
        };
        return map;
    }

    static QString sentenceOf(const FrameCell& f, std::size_t i) {
        const auto use = static_cast<PageUse>(f.use);
        QString text =
            Words::tr("Frame %1, physical %2: %3%4; %5 references, %6 page table entries map it.")
                .arg(i)
                .arg(hex(u64{i} << kPageShift), nameOf(use), f.pid ? Words::tr(" of PID %1").arg(f.pid) : QString())
                .arg(f.users)
                .arg(f.mappers);
        if (use == PageUse::PageCache) text += Words::tr(" It holds page %1 of its file.").arg(f.index);
        if (use == PageUse::Anonymous)
            text += Words::tr(" It was first mapped at page %1.").arg(hex(u64{f.index} << kPageShift));
        if (f.active) text += Words::tr(" On the active LRU list.");
        if (f.inactive) text += Words::tr(" On the inactive LRU list.");
        return text;
    }

    double bar(double x, double y, double w, const QString& key, const QString& name, u64 count, u64 of, Role role,
               const QString& what) {
        const QRectF line(x, y, w, row);
        s.box(QRectF(x, y + row * 0.15, w * static_cast<double>(count) / static_cast<double>(std::max<u64>(1, of)),
                     row * 0.7),
              theme.fill(role));
        const QString number = countText(count);
        const double numberW = style.width(Font::Mono, number) + g;
        s.text(QRectF(x + g * 0.5, y, w - numberW - g, row), name, Font::Words);
        s.text(QRectF(line.right() - numberW, y, numberW, row), number, Font::Mono, {},
               Qt::AlignRight | Qt::AlignVCenter);
        s.spot(line, key, name, what);
        return y + row;
    }

    double whoMaps(double x, double y, double w, double bottom) {
        if (m.selected == ~u64{0}) return y;
        y += s.heading({x, y}, w, Words::tr("Frame %1").arg(m.selected), Words::tr("who maps it"));
        std::size_t shown = 0;
        for (const FrameMapper& mapper : m.mappers) {
            if (y + row * 2 > bottom) break;
            s.mark({x + g, y + row / 2}, Theme::taskMark(mapper.pid), theme.task(mapper.pid));
            s.text(QRectF(x + g * 2.4, y, w - g * 2.4, row), mapper.text, Font::MonoSmall);
            s.spot(QRectF(x, y, w, row), QStringLiteral("mapper.%1").arg(shown++), mapper.text,
                   Words::tr("%1. Click to walk there.").arg(mapper.text),
                   Subject::address(mapper.address, mapper.pid));
            y += row;
        }
        if (shown < m.mappers.size() || m.mappers.empty()) {
            s.text(QRectF(x, y, w, row),
                   m.mappers.empty() ? Words::tr("only the kernel")
                                     : Words::tr("and %1 more").arg(m.mappers.size() - shown),
                   Font::Small, theme.color(Role::Muted));
            y += row;
        }
        return y + g;
    }

    double pageCache(double x, double y, double w, double bottom) {
        y += s.heading({x, y}, w, Words::tr("Page cache"), Words::tr("pages by file"));
        const u64 most = m.cachedFiles.empty() ? 1 : m.cachedFiles.front().second;
        std::size_t shown = 0;
        for (const auto& [path, pages] : m.cachedFiles) {
            if (y + row * 2 > bottom) break;
            y = bar(x, y, w, QStringLiteral("file.%1").arg(shown++), path, pages, most, Role::Code,
                    Words::tr("%1 pages of %2 are in RAM; every process that maps or reads the file uses these.")
                        .arg(countText(pages), path));
        }
        if (shown < m.cachedFiles.size()) {
            const QString all = Words::tr("and %1 files more").arg(m.cachedFiles.size() - shown),
                          few = QStringLiteral("+ %1").arg(m.cachedFiles.size() - shown);
            s.text(QRectF(x, y, w, row), style.width(Font::Small, all) > w ? few : all, Font::Small,
                   theme.color(Role::Muted));
            y += row;
        }
        return y + g;
    }

    double lists(double x, double y, double w) {
        y += s.heading({x, y}, w, Words::tr("LRU lists"), Words::tr("what reclaim looks through"));
        const u64 most = std::max(m.active, m.inactive);
        y = bar(x, y, w, QStringLiteral("lru.active"), Words::tr("active"), m.active, most, Role::Data,
                Words::tr("%1 pages were used again since reclaim last looked: they are left alone.")
                    .arg(countText(m.active)));
        y = bar(x, y, w, QStringLiteral("lru.inactive"), Words::tr("inactive"), m.inactive, most, Role::ReadOnly,
                Words::tr("%1 pages: reclaim takes from the end of this list, unless the accessed bit is set again.")
                    .arg(countText(m.inactive)));
        return y + g;
    }

    // The swap disk, a cell for each slot.
    double swap(double x, double y, double w, double bottom) {
        if (m.swapSlots == 0) {
            const QString none = Words::tr("No swap disk (--swap SIZE)");
            const double h = s.wrappedHeight(none, Font::Words, w);
            s.paragraph(QRectF(x, y, w, h), none, Font::Words, theme.color(Role::Muted));
            return y + h;
        }
        y += s.heading({x, y}, w, Words::tr("Swap disk"),
                       Words::tr("%1 of %2 slots used").arg(countText(m.swapUsed), countText(m.swapSlots)));
        const double h = std::clamp(bottom - y, row * 2, w * 0.8);
        const double n = static_cast<double>(std::max<std::size_t>(1, m.slots.size()));
        const int columns = std::max(1, static_cast<int>(std::sqrt(n * w / h)));
        const int rows = static_cast<int>(std::ceil(n / columns));
        QImage image(columns, rows, QImage::Format_ARGB32_Premultiplied);
        image.fill(Qt::transparent);
        const QRgb used = theme.color(Role::Stack).rgb(), free = theme.color(Role::Paper).rgb();
        for (std::size_t i = 0; i < m.slots.size(); ++i)
            image.setPixel(static_cast<int>(i) % columns, static_cast<int>(i) / columns, m.slots[i] ? used : free);
        const double cell = std::min(w / columns, h / rows);
        const QRectF box(x, y, columns * cell, rows * cell);
        s.image(box, image);
        s.box(box, {}, theme.color(Role::Line));
        s.spot(box, QStringLiteral("swap"), Words::tr("swap disk"),
               Words::tr("%1 of %2 slots of 4 KiB hold a page that was taken out of RAM; its page table entry is not "
                         "present and holds the slot's number.")
                   .arg(countText(m.swapUsed), countText(m.swapSlots)));
        return box.bottom() + g;
    }

    // How full RAM is, with the three watermarks.
    double pressure(double x, double y, double w) {
        const double n = static_cast<double>(std::max<std::size_t>(1, m.cells.size()));
        const double used = 1 - static_cast<double>(m.freeFrames) / n;
        const QRectF gauge(x, y + g * 0.5, w, row * 0.7);
        s.box(gauge, theme.color(Role::Field), theme.color(Role::Line));
        s.box(QRectF(x, gauge.y(), w * used, gauge.height()),
              theme.color(m.freeFrames <= m.watermarkLow ? Role::Kernel : Role::Data));
        for (u32 mark : {m.watermarkMin, m.watermarkLow, m.watermarkHigh}) {
            const double at = x + w * (1 - mark / n);
            s.line({{at, gauge.y() - g * 0.3}, {at, gauge.bottom() + g * 0.3}}, theme.color(Role::Ink));
        }
        s.spot(gauge, QStringLiteral("pressure"), Words::tr("memory in use"),
               Words::tr(
                   "%1 % of RAM is in use, %2 frames are free. Below %3 free ones kswapd wakes up and reclaims until "
                   "there are %4; below %5 whoever asks for memory must reclaim first.")
                   .arg(used * 100, 0, 'f', 1)
                   .arg(countText(m.freeFrames), countText(m.watermarkLow), countText(m.watermarkHigh),
                        countText(m.watermarkMin)));
        return gauge.bottom() + g;
    }

    void paintAll() {
        double y = margin;
        y += s.heading({margin, y}, width, Words::tr("RAM"),
                       m.folded
                           ? Words::tr("%1 frames of 4 KiB; the first %2, one cell each, with how many entries map it")
                                 .arg(countText(m.cells.size()), countText(m.shown))
                           : Words::tr("%1 frames of 4 KiB, one cell each").arg(countText(m.cells.size())));
        const double captionH = s.caption({margin, y}, width, m.caption);
        y = legend(y + captionH + g * 0.5);
        const double sideW = std::min(width * 0.34, style.em * 42), mapW = width - sideW - 2 * g;
        const double bottom = std::max(s.size().height() - margin, y + row * 8);
        const QRectF drawn = map(QRectF(margin, y, mapW, bottom - y));
        // Beside the map: who maps the selected frame, the page cache by file, the LRU lists, the swap disk.
        const double x = margin + width - sideW;
        double sy = pressure(x, y - g * 0.5, sideW);
        const double foot = row * (m.swapSlots ? 9 : 6);
        sy = whoMaps(x, sy, sideW, std::max(sy + row * 4, bottom - foot - row * 5));
        sy = pageCache(x, sy, sideW, std::max(sy + row * 4, bottom - foot));
        sy = lists(x, sy, sideW);
        sy = swap(x, sy, sideW, bottom);
        s.growTo(s.size().width(), std::max(drawn.bottom(), sy) + margin * 0.5);
    }
};

}  // namespace

Scene paint(const FramesModel& model, const StylePtr& given, QSizeF size) {
    const StylePtr style = fitted(given, size.width(), size.height(), 120, 28);
    Scene scene(style, size);
    if (!model.loaded) {
        scene.empty(Words::tr("No machine is running, so there is no RAM to show. Open a program."));
        return scene;
    }
    if (model.cells.size() == 0) {
        scene.empty(
            Words::tr("The kernel has not looked at RAM yet: it divides it into frames while it boots. Step on."));
        return scene;
    }
    Painter{model, scene}.paintAll();
    return scene;
}

}  // namespace ringside
