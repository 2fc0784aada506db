#include <algorithm>
#include <cmath>

#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/elf/elf_view.h"

namespace ringside {
namespace {

struct Painter {
    const ElfViewModel& m;
    Scene& s;
    const Style& style = s.style();
    const Theme& theme = s.theme();
    double g = style.grid, row = style.row();

    // The file from its first to its last byte: segments on the left, sections on the right, both to the same scale.
    double map(QRectF area) {
        double y = area.y();
        y += s.heading(area.topLeft(), area.width(), Words::tr("The file"), sizeText(m.size)) + g * 0.5;
        const QRectF file(area.x(), y, area.width(), area.bottom() - y);
        const double total = static_cast<double>(std::max<u64>(1, m.size));
        double segmentW = area.width() * 0.34;
        for (const ElfRange& r : m.segments) segmentW = std::max(segmentW, style.width(Font::Small, r.name) + g);
        auto at = [&](u64 offset) {
            return file.y() + file.height() * static_cast<double>(std::min(offset, m.size)) / total;
        };
        s.box(file, theme.color(Role::Paper), theme.color(Role::Line));
        for (std::size_t i = 0; i < m.segments.size(); ++i) {
            const ElfRange& r = m.segments[i];
            const QRectF box(file.x(), at(r.offset), segmentW,
                             std::max(style.pen * 2, at(r.offset + r.size) - at(r.offset)));
            s.box(box, theme.fill(r.role), theme.color(r.role));
            if (box.height() > style.lineHeight(Font::Small))
                s.text(box.adjusted(g * 0.4, 0, -g * 0.2, 0), r.name, Font::Small, theme.inkOn(theme.fill(r.role)));
            s.spot(box, QStringLiteral("segment.%1").arg(i), r.name, r.sentence, Subject::fileOffset(m.path, r.offset));
        }
        double labelBottom = file.y();
        for (std::size_t i = 0; i < m.sections.size(); ++i) {
            const ElfRange& r = m.sections[i];
            const QRectF box(file.x() + segmentW + g * 0.3, at(r.offset), area.width() - segmentW - g * 0.3,
                             std::max(style.pen, at(r.offset + r.size) - at(r.offset)));
            s.box(box, theme.fill(r.role), theme.color(r.role), style.pen * 0.6);
            const double h = style.lineHeight(Font::Small);
            if (box.height() > h * 0.9 && box.y() >= labelBottom - 1) {
                s.text(QRectF(box.x() + g * 0.4, box.y(), box.width() - g * 0.6, h), r.name, Font::Small,
                       theme.inkOn(theme.fill(r.role)));
                labelBottom = box.y() + h;
            }
            s.spot(box, QStringLiteral("range.%1").arg(i), r.name, r.sentence, Subject::fileOffset(m.path, r.offset));
        }
        if (m.marked != ~u64{0}) {
            const double my = at(m.marked);
            s.line({QPointF(file.x() - g * 0.5, my), QPointF(file.right() + g * 0.5, my)}, theme.color(Role::Selected),
                   Arrow::None, Bend::Straight, style.pen * 2);
        }
        return file.bottom();
    }

    // A row of buttons, one of them down; each sets `key` to its own value.
    struct Tab {
        QString text, value, what;
        bool on;
        Subject subject = {};
    };
    double tabWidth(const Tab& tab) const { return style.width(Font::Words, tab.text) + 2 * g; }
    double tabs(double x, double y, double w, const QString& key, const std::vector<Tab>& list) {
        double left = x;
        for (const Tab& tab : list) {
            const double bw = std::min(w, tabWidth(tab));
            if (left + bw > x + w && left > x) left = x, y += row * 1.3;
            const QRectF box(left, y, bw, row * 1.2);
            s.box(box, tab.on ? theme.fill(Role::Accent) : theme.color(Role::Field),
                  theme.color(tab.on ? Role::Accent : Role::Line));
            s.text(box.adjusted(g * 0.5, 0, -g * 0.5, 0), tab.text, Font::Words,
                   tab.on ? theme.inkOn(theme.fill(Role::Accent)) : theme.color(Role::Ink), Qt::AlignCenter);
            s.spot(box, QStringLiteral("%1.%2").arg(key, tab.value), tab.text, tab.what, tab.subject).click = {
                Command::Kind::Setting, 0, key + QLatin1Char('=') + tab.value};
            left += bw + g * 0.5;
        }
        return y + row * 1.2;
    }

    std::vector<Tab> fileTabs() const {
        std::vector<Tab> files;
        if (m.files.size() > 1)
            for (const QString& path : m.files)
                files.push_back({path.section(QLatin1Char('/'), -1), path,
                                 Words::tr("The process has mapped %1. Shows this file.").arg(path), path == m.path,
                                 Subject::fileOffset(path, 0)});
        return files;
    }
    std::vector<Tab> tableTabs() const {
        std::vector<Tab> tables;
        for (std::size_t i = 0; i < m.counts.size(); ++i) {
            const auto table = static_cast<ElfTable>(i);
            tables.push_back(
                {i == 0 ? nameOf(table) : QStringLiteral("%1 %2").arg(nameOf(table), countText(m.counts[i])),
                 idOf(table), Words::tr("Shows this table."), table == m.table});
        }
        return tables;
    }
    double allTabs(double x, double y, double w) {
        if (m.files.size() > 1) y = tabs(x, y, w, QStringLiteral("file"), fileTabs()) + g * 0.5;
        return tabs(x, y, w, QStringLiteral("table"), tableTabs());
    }

    double table(double x, double y, double w) {
        // Column widths from the content that is shown.
        const std::size_t columns = m.heads.size();
        std::vector<double> widths(columns);
        for (std::size_t c = 0; c < columns; ++c) widths[c] = style.width(Font::Small, m.heads[c]) + 2 * g;
        for (const ElfRow& r : m.rows)
            for (std::size_t c = 0; c < std::min(columns, r.cells.size()); ++c)
                widths[c] = std::max(
                    widths[c], std::min(style.em * 44, style.em * static_cast<double>(r.cells[c].size()) + 2 * g));
        double used = 0;
        for (std::size_t c = 0; c + 1 < columns; ++c) used += widths[c];
        if (used > w * 0.85)
            for (std::size_t c = 0; c + 1 < columns; ++c) widths[c] *= w * 0.85 / used;
        used = 0;
        for (std::size_t c = 0; c + 1 < columns; ++c) used += widths[c];
        if (columns) widths.back() = std::max(g * 4, w - used);
        double left = x;
        for (std::size_t c = 0; c < columns; ++c) {
            s.text(QRectF(left, y, widths[c] - g, row), m.heads[c], Font::Small, theme.color(Role::Muted));
            left += widths[c];
        }
        y += row;
        s.line({QPointF(x, y), QPointF(x + w, y)}, theme.color(Role::Line));
        for (std::size_t i = 0; i < m.rows.size(); ++i) {
            const ElfRow& r = m.rows[i];
            // What is too long for the last column goes below the others.
            const std::size_t cells = std::min(columns, r.cells.size());
            const QString last = cells > 1 && cells == columns ? r.cells[cells - 1] : QString();
            const auto fitsBelow = [&](const QString& word) {
                return style.width(Font::MonoSmall, word) < w - widths[0];
            };
            const bool below = style.width(Font::Mono, last) > widths[columns - 1] - g &&
                               std::ranges::all_of(last.split(QLatin1Char(' ')), fitsBelow);
            const double belowX = x + (below ? widths[0] : 0), belowW = x + w - belowX;
            const double belowH = below ? s.wrappedHeight(last, Font::MonoSmall, belowW) + g * 0.5 : 0;
            const QRectF line(x, y, w, row + belowH);
            if (r.changed) s.changed(line);
            if (r.marked) s.selected(line);
            left = x;
            for (std::size_t c = 0; c < cells - below; ++c) {
                s.text(QRectF(left, y, widths[c] - g, row), r.cells[c], Font::Mono);
                left += widths[c];
            }
            if (below)
                s.paragraph(QRectF(belowX, y + row, belowW, belowH), last, Font::MonoSmall,
                            theme.color(r.changed || r.marked ? Role::Ink : Role::Muted));
            s.spot(line, QStringLiteral("row.%1").arg(m.first + i), r.cells.empty() ? QString() : r.cells.front(),
                   r.sentence, r.subject)
                .changed = r.changed;
            y = line.bottom();
        }
        if (m.rows.empty())
            s.text(QRectF(x, y, w, row), Words::tr("This file has none."), Font::Words, theme.color(Role::Muted)),
                y += row;
        if (m.first + m.rows.size() < m.total) {
            s.text(QRectF(x, y, w, row), Words::tr("%1 more").arg(countText(m.total - m.first - m.rows.size())),
                   Font::Small, theme.color(Role::Muted));
            y += row;
        }
        return y;
    }

    void paintAll() {
        const double margin = g * 1.5;
        // Beside the map there is always room for the buttons.
        double tabW = style.em * 24;
        for (const auto& tab : tableTabs()) tabW = std::max(tabW, tabWidth(tab));
        for (const auto& tab : fileTabs()) tabW = std::max(tabW, tabWidth(tab));
        const double width = std::max(s.size().width() - 2 * margin, style.em * 20 + 3 * g + tabW);
        s.growTo(width + 2 * margin, 0);
        const double captionH = s.caption({margin, margin}, width, m.caption) + g;
        const double top = margin + captionH, mapW = std::clamp(width * 0.26, style.em * 20, style.em * 40);
        map(QRectF(margin, top, mapW, std::max(row * 10, s.size().height() - top - margin)));
        const double x = margin + mapW + 3 * g, w = width - mapW - 3 * g;
        double y = allTabs(x, top, w) + g;
        if (!m.problem.isEmpty()) y += s.caption({x, y}, w, m.problem, QStringLiteral("problem")) + g;
        y = table(x, y, w);
        s.growTo(s.size().width(), y + margin);
    }
};

}  // namespace

Scene paint(const ElfViewModel& model, const StylePtr& given, QSizeF size) {
    // The map beside the header, field by field.
    const StylePtr style = fitted(given, size.width(), size.height(), 180, 30);
    Scene scene(style, size);
    if (!model.loaded) {
        scene.empty(model.problem.isEmpty()
                        ? Words::tr("No program is loaded. Open one: its file is shown byte by byte.")
                        : model.problem);
        return scene;
    }
    Painter{model, scene}.paintAll();
    return scene;
}

}  // namespace ringside
