#include <algorithm>
#include <cmath>

#include "widgets/address_space/address_space.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"

namespace ringside {
namespace {

QColor stateColor(const Theme& theme, PageState state) {
    switch (state) {
        case PageState::Untouched:
            return theme.color(Role::Paper);
        case PageState::FileNotLoaded:
            return theme.fill(Role::ReadOnly);
        case PageState::Zero:
            return theme.fill(Role::Free);
        case PageState::Resident:
            return theme.color(Role::Code);
        case PageState::Shared:
            return theme.color(Role::Shared);
        case PageState::CopyOnWrite:
            return theme.color(Role::PageTable);
        case PageState::Swapped:
            return theme.color(Role::Muted);
        case PageState::Dirty:
            return theme.color(Role::Data);
        case PageState::kCount:
            break;
    }
    return {};
}

struct Painter {
    const AddressSpaceModel& m;
    Scene& s;
    const Style& style = s.style();
    const Theme& theme = s.theme();
    double g = style.grid, row = style.row(), stripH = g * 1.1;
    double addressW = style.width(Font::MonoSmall, QStringLiteral("ffffffff81000000")) + g;
    double markW = style.width(Font::MonoSmall, QStringLiteral("◂ mmap")) + g;

    double heightOf(const SpaceArea& area, double unit) const {
        if (area.hole) return row * 1.2;
        // The kernel's half is the same in every process: named, but not given the room.
        if (area.kernel) return row * 1.4;
        const double pages = static_cast<double>((area.end - area.start) >> kPageShift);
        return row * 1.1 + stripH + g * 0.7 + unit * std::log2(std::max(1.0, pages));
    }

    // Returns where it ends.
    double space(const Space& space, QRectF rect) {
        double y = rect.y();
        const double headH = style.lineHeight(Font::Strong) + g;
        s.mark({rect.x() + g, y + headH / 2}, Theme::taskMark(space.pid), theme.task(space.pid));
        s.text(QRectF(rect.x() + g * 2.5, y, rect.width() - g * 2.5, headH), space.task, Font::Strong);
        y += headH;
        double fixed = 0, logs = 0;
        for (const SpaceArea& area : space.areas) {
            fixed += heightOf(area, 0) + g * 0.4;
            logs += heightOf(area, 1) - heightOf(area, 0);
        }
        const double unit = std::clamp((rect.bottom() - y - fixed) / std::max(1.0, logs), 0.0, row * 1.2);
        u64 below = ~u64{0};
        for (const SpaceArea& area : space.areas) {
            const double h = heightOf(area, unit);
            const QRectF box(rect.x() + addressW, y, rect.width() - addressW - markW, h);
            s.text(QRectF(rect.x(), y, addressW - g * 0.5, std::min(h, row)), hexDigits(area.start, 12),
                   Font::MonoSmall, theme.color(Role::Muted), Qt::AlignRight | Qt::AlignVCenter);
            if (area.hole) {
                s.hatched(box, {}, theme.color(Role::Line), Hatch::Diagonal, theme.color(Role::Line));
                s.text(box, area.name, Font::Small, theme.color(Role::Muted), Qt::AlignCenter);
            } else {
                if (area.kernel)
                    s.hatched(box, theme.fill(Role::Kernel), theme.color(Role::Kernel), Hatch::Diagonal,
                              theme.color(Role::Line));
                else
                    s.box(box, theme.fill(area.color), theme.color(area.color));
                if (area.changed) s.changed(box);
                const QString size = sizeText(area.end - area.start);
                const double sizeW = style.width(Font::Small, size) + g;
                s.text(QRectF(box.x() + g, y, box.width() - sizeW - 2 * g, std::min(h, row * 1.15)),
                       area.kernel ? area.name
                                   : QStringLiteral("%1  %2  %3")
                                         .arg(area.role, area.rights, area.name == area.role ? QString() : area.name),
                       Font::Words);
                s.text(QRectF(box.right() - sizeW - g * 0.5, y, sizeW, std::min(h, row * 1.15)), size, Font::Small,
                       theme.color(Role::Muted), Qt::AlignRight | Qt::AlignVCenter);
            }
            if (m.selected >= area.start && m.selected < area.end && m.selected != 0) s.selected(box);
            s.spot(box, QStringLiteral("area.%1.%2").arg(space.pid).arg(hex(area.start)), area.name, area.sentence,
                   area.hole ? Subject{} : Subject::vma(area.start, space.pid))
                .changed = area.changed;
            if (!area.hole && !area.kernel)
                strip(area, space.pid,
                      QRectF(box.x() + g * 0.5, y + row * 1.1, box.width() - g, h - row * 1.1 - g * 0.5));
            double markY = y;
            for (const SpaceMark& mark : space.marks) {
                const bool inside = mark.address >= area.start && mark.address < area.end;
                const bool atEnd = mark.address == area.end && area.end != below;
                if (!inside && !atEnd) continue;
                s.text(QRectF(box.right() + g * 0.5, markY, markW, row * 0.8), QStringLiteral("◂ %1").arg(mark.name),
                       Font::MonoSmall, theme.color(Role::Ink));
                s.spot(QRectF(box.right(), markY, markW, row * 0.8),
                       QStringLiteral("mark.%1.%2").arg(space.pid).arg(mark.name), mark.name,
                       Words::tr("%1 = %2").arg(mark.name, hex(mark.address)),
                       Subject::address(mark.address, space.pid));
                markY += row * 0.7;
            }
            below = area.start;
            y += h + g * 0.4;
        }
        return y;
    }

    // The pages of an area from low to high, to scale; a line under those whose accessed bit is set.
    void strip(const SpaceArea& area, i32 pid, QRectF rect) {
        if (area.pages.empty()) return;
        const double total = static_cast<double>((area.end - area.start) >> kPageShift);
        const double lineH = std::min(g * 0.35, rect.height() * 0.25);
        const QRectF cells = rect.adjusted(0, 0, 0, -lineH);
        s.box(cells, theme.color(Role::Paper));
        // Runs narrower than a line are drawn as one, so that a gigabyte of scattered pages stays a picture.
        double x = rect.x(), drawn = rect.x() - 1;
        for (const auto& [state, count] : area.pages) {
            const double w = rect.width() * static_cast<double>(count) / total;
            const bool there = state != PageState::Untouched && state != PageState::FileNotLoaded;
            // A single resident page in a gigabyte is still to be seen.
            const double shown = there ? std::max(w, style.pen) : w;
            if (shown >= 0.5 && (w >= style.pen || x >= drawn)) {
                s.box(QRectF(x, cells.y(), std::min(shown, rect.right() - x), cells.height()), stateColor(theme, state),
                      {}, 0, 0);
                drawn = x + shown;
            }
            x += w;
        }
        x = rect.x(), drawn = rect.x() - 1;
        for (const auto& [accessed, count] : area.accessed) {
            const double w = rect.width() * static_cast<double>(count) / total;
            if (accessed && (w >= style.pen || x >= drawn)) {
                s.box(QRectF(x, cells.bottom() + lineH * 0.3, std::max(w, style.pen), lineH * 0.7),
                      theme.color(Role::Ink), {}, 0, 0);
                drawn = x + std::max(w, style.pen);
            }
            x += w;
        }
        // Lines between the pages where they are wide enough to be pointed at.
        if (rect.width() / total > g)
            for (double i = 1; i < total; ++i)
                s.line({{rect.x() + rect.width() * i / total, cells.y()},
                        {rect.x() + rect.width() * i / total, cells.bottom()}},
                       theme.color(Role::Line), Arrow::None, Bend::Straight, style.pen * 0.4);
        s.box(cells, {}, theme.color(Role::Line), style.pen * 0.5);
        Spot& spot = s.spot(rect, QStringLiteral("pages.%1.%2").arg(pid).arg(hex(area.start)),
                            Words::tr("pages of %1").arg(area.name), area.sentence, Subject::vma(area.start, pid));
        spot.resolve = [pages = area.pages, accessed = area.accessed, start = area.start, rect, total, pid](QPointF p) {
            const u64 index = static_cast<u64>(std::clamp((p.x() - rect.x()) / rect.width() * total, 0.0, total - 1));
            auto runAt = [&](const auto& runs) {
                u64 at = 0;
                for (const auto& run : runs)
                    if ((at += run.second) > index) return run.first;
                return runs.back().first;
            };
            const u64 address = start + (index << kPageShift);
            Spot found;
            found.rect = QRectF(rect.x() + rect.width() * static_cast<double>(index) / total, rect.y(),
                                rect.width() / total, rect.height());
            found.key = QStringLiteral("page.%1.%2").arg(pid).arg(hex(address));
            found.label = Words::tr("page %1").arg(hex(address));
            found.what = Words::tr("Page %1: %2%3. Click to walk its page tables.")
                             .arg(hex(address), stateName(runAt(pages)),
                                  runAt(accessed) ? Words::tr(", accessed bit set") : QString());
            found.subject = Subject::address(address, pid);
            return found;
        };
    }

    void paintAll() {
        // Beside the addresses there is always room for a block; two processes in a narrow panel make it wide.
        const double margin = g * 1.5, n = static_cast<double>(m.spaces.size()), gap = g * 2,
                     least = n * (addressW + markW + style.em * 24) + gap * (n - 1);
        const double width = std::max(s.size().width() - 2 * margin, least);
        s.growTo(width + 2 * margin, 0);
        double x = margin;
        const double legendY = margin;
        double y = legendY;
        for (std::size_t i = 0; i < static_cast<std::size_t>(PageState::kCount); ++i) {
            const auto state = static_cast<PageState>(i);
            const double w = style.width(Font::Small, stateName(state)) + g * 3.5;
            if (x + w > margin + width) x = margin, y += row;
            s.box(QRectF(x, y + row * 0.25, g * 1.5, row * 0.5), stateColor(theme, state), theme.color(Role::Line),
                  style.pen * 0.5);
            s.text(QRectF(x + g * 2, y, w, row), stateName(state), Font::Small, theme.color(Role::Muted));
            x += w;
        }
        const QString accessed = Words::tr("underlined: accessed");
        if (x + style.width(Font::Small, accessed) > margin + width) x = margin, y += row;
        s.text(QRectF(x, y, margin + width - x, row), accessed, Font::Small, theme.color(Role::Muted));
        y += row + g;
        const double captionH = 2 * style.lineHeight(Font::Words) + 2 * g;
        const double columnW = (width - gap * (n - 1)) / n;
        double bottom = y;
        for (std::size_t i = 0; i < m.spaces.size(); ++i)
            bottom = std::max(bottom, space(m.spaces[i], QRectF(margin + static_cast<double>(i) * (columnW + gap), y,
                                                                columnW, s.size().height() - y - captionH - margin)));
        // Below the areas, however many there are.
        const double captionY = bottom + g * 0.5;
        const double h = s.caption({margin, captionY}, width, m.caption);
        s.growTo(s.size().width(), captionY + h + margin * 0.5);
    }
};

}  // namespace

Scene paint(const AddressSpaceModel& model, const StylePtr& given, QSizeF size) {
    const double areas = model.spaces.empty() ? 0 : static_cast<double>(model.spaces.front().areas.size());
    const StylePtr style = fitted(given, size.width(), size.height(), static_cast<double>(model.spaces.size()) * 62,
                                  8 + 2.2 * std::max(areas, 8.0));
    Scene scene(style, size);
    if (model.spaces.empty()) {
        scene.empty(model.ended
                        ? Words::tr("Every process has ended, and its address space with it. Go back to see one.")
                        : Words::tr("No process has an address space yet. Open a program and run to its first "
                                    "instruction."));
        return scene;
    }
    Painter{model, scene}.paintAll();
    return scene;
}

}  // namespace ringside
