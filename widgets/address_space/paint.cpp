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

QString legendName(PageState state) {
    switch (state) {
        case PageState::Untouched:
            return Words::tr("untouched");
        case PageState::FileNotLoaded:
            return Words::tr("still in the file");
        case PageState::Zero:
            return Words::tr("zero page");
        case PageState::Resident:
            return Words::tr("resident");
        case PageState::Shared:
            return Words::tr("shared");
        case PageState::CopyOnWrite:
            return Words::tr("copy-on-write");
        case PageState::Swapped:
            return Words::tr("swapped");
        case PageState::Dirty:
            return Words::tr("dirty");
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
    double g = style.grid, row = style.row();

    double heightOf(const SpaceArea& area, double unit) const {
        if (area.hole) return row * 1.2;
        // The kernel's half is the same in every process: named, but not given the room.
        if (area.kernel) return row * 1.4;
        const double pages = static_cast<double>((area.end - area.start) >> kPageShift);
        return row * 1.15 + unit * std::log2(std::max(1.0, pages));
    }

    void space(const Space& space, QRectF rect) {
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
        const double unit = std::clamp((rect.bottom() - y - fixed) / std::max(1.0, logs), 0.0, row * 0.35);
        const double addressW = style.width(Font::MonoSmall, QStringLiteral("ffffffff81000000")) + g;
        const double markW = style.width(Font::MonoSmall, QStringLiteral("◂ RSP")) + g;
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
                strip(area, QRectF(box.x() + g * 0.5, box.bottom() - g * 0.9, box.width() - g, g * 0.6));
            }
            if (m.selected >= area.start && m.selected < area.end && m.selected != 0) s.selected(box);
            s.spot(box, QStringLiteral("area.%1.%2").arg(space.pid).arg(hex(area.start)), area.name, area.sentence,
                   area.hole ? Subject{} : Subject::vma(area.start, space.pid))
                .changed = area.changed;
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
        s.growTo(s.size().width(), y);
    }

    // The pages of an area from low to high, to scale.
    void strip(const SpaceArea& area, QRectF rect) {
        if (area.pages.empty()) return;
        const double total = static_cast<double>((area.end - area.start) >> kPageShift);
        double x = rect.x();
        for (const auto& [state, count] : area.pages) {
            const double w = rect.width() * static_cast<double>(count) / total;
            // A single resident page in a gigabyte is still to be seen.
            s.box(QRectF(
                      x, rect.y(),
                      std::max(w, state == PageState::Untouched || state == PageState::FileNotLoaded ? 0.0 : style.pen),
                      rect.height()),
                  stateColor(theme, state));
            x += w;
        }
        s.box(rect, {}, theme.color(Role::Line), style.pen * 0.5);
    }

    void paintAll() {
        const double margin = g * 1.5, width = s.size().width() - 2 * margin;
        double x = margin;
        const double legendY = margin;
        double y = legendY;
        for (std::size_t i = 0; i < static_cast<std::size_t>(PageState::kCount); ++i) {
            const auto state = static_cast<PageState>(i);
            const double w = style.width(Font::Small, legendName(state)) + g * 3.5;
            if (x + w > margin + width) x = margin, y += row;
            s.box(QRectF(x, y + row * 0.25, g * 1.5, row * 0.5), stateColor(theme, state), theme.color(Role::Line),
                  style.pen * 0.5);
            s.text(QRectF(x + g * 2, y, w, row), legendName(state), Font::Small, theme.color(Role::Muted));
            x += w;
        }
        y += row + g;
        const double captionH = 2 * style.lineHeight(Font::Words) + 2 * g;
        const double n = static_cast<double>(m.spaces.size()), gap = g * 2, columnW = (width - gap * (n - 1)) / n;
        for (std::size_t i = 0; i < m.spaces.size(); ++i)
            space(m.spaces[i], QRectF(margin + static_cast<double>(i) * (columnW + gap), y, columnW,
                                      s.size().height() - y - captionH - margin));
        const double captionY = std::max(s.size().height() - captionH - margin * 0.5, y);
        const double h = s.caption({margin, captionY}, width, m.caption);
        s.growTo(s.size().width(), captionY + h + margin * 0.5);
    }
};

}  // namespace

Scene paint(const AddressSpaceModel& model, const StylePtr& style, QSizeF size) {
    Scene scene(style, size);
    if (model.spaces.empty()) {
        scene.empty(Words::tr("No process has an address space yet. Open a program and run to its first instruction."));
        return scene;
    }
    Painter{model, scene}.paintAll();
    return scene;
}

}  // namespace ringside
