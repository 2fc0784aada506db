#include <algorithm>
#include <map>

#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/fork_cow/fork_cow.h"

namespace ringside {
namespace {

struct Painter {
    const ForkCowModel& m;
    Scene& s;
    const Style& style = s.style();
    const Theme& theme = s.theme();
    double g = style.grid, row = style.row();
    std::vector<u32> kept;  // frames that are drawn, in order
    std::map<u32, QRectF> frameRects;

    // Frames that tell the story first (split, fresh, shared), then the rest, as many as fit.
    void chooseFrames(std::size_t most) {
        std::vector<std::size_t> order(m.frames.size());
        for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
        std::map<u64, int> versions;
        for (const CowProcess& p : m.processes)
            for (const CowPage& page : p.pages)
                if (page.address == m.highlight) versions[page.frame] = 1;
        auto weight = [&](std::size_t i) {
            const CowFrame& f = m.frames[i];
            return (versions.contains(f.frame) ? 8 : 0) + (f.fresh ? 4 : 0) + (f.pids.size() > 1 ? 1 : 0) +
                   (f.pids.size() == 1 && m.processes.size() > 1 ? 2 : 0);
        };
        std::stable_sort(order.begin(), order.end(),
                         [&](std::size_t a, std::size_t b) { return weight(a) > weight(b); });
        order.resize(std::min(order.size(), most));
        std::sort(order.begin(), order.end());
        for (std::size_t i : order) kept.push_back(m.frames[i].frame);
    }

    void process(const CowProcess& p, QRectF area, bool left) {
        const QColor color = theme.task(p.pid);
        const double headH = style.lineHeight(Font::Strong) + style.lineHeight(Font::Small) + g;
        const QRectF head(area.x(), area.y(), area.width(), headH);
        s.box(head, theme.taskFill(p.pid), color, style.pen * (p.current ? 2 : 1));
        s.mark({head.x() + g * 1.2, head.y() + g * 0.5 + style.lineHeight(Font::Strong) / 2}, Theme::taskMark(p.pid),
               color);
        const QColor onHead = theme.inkOn(theme.taskFill(p.pid));
        s.text(QRectF(head.x() + g * 2.4, head.y() + g * 0.5, head.width() - g * 3, style.lineHeight(Font::Strong)),
               QStringLiteral("%1  PID %2").arg(p.name).arg(p.pid), Font::Strong, onHead);
        s.text(QRectF(head.x() + g * 2.4, head.y() + g * 0.5 + style.lineHeight(Font::Strong), head.width() - g * 3,
                      style.lineHeight(Font::Small)),
               Words::tr("child of %1").arg(p.parent) + (p.current ? Words::tr(", running") : QString()), Font::Small,
               onHead);
        s.spot(head, QStringLiteral("process.%1").arg(p.pid), p.name,
               Words::tr("%1, PID %2: %3 writable pages are resident; beside them %4 pages of files are mapped (%5), "
                         "shared through the page cache and never copied.")
                   .arg(p.name)
                   .arg(p.pid)
                   .arg(p.pages.size())
                   .arg(p.filePages)
                   .arg(p.fileAreas),
               Subject::task(p.pid));
        double y = head.bottom() + g;
        QString lastArea;
        for (const CowPage& page : p.pages) {
            auto target = frameRects.find(page.frame);
            if (target == frameRects.end()) continue;
            // Level with its frame where there is room, so that lines run flat.
            y = std::max(y, target->second.y());
            if (y + row > area.bottom()) break;
            const QRectF box(area.x(), y, area.width(), row);
            const bool cow = page.mayWrite && !page.writable;
            const QColor edge = theme.color(page.role);
            if (cow)
                s.hatched(box, theme.fill(page.role), edge, Hatch::Diagonal, theme.color(Role::Line));
            else
                s.box(box, theme.fill(page.role), edge);
            if (page.changed) s.changed(box);
            const double flagW = style.width(Font::MonoStrong, QStringLiteral("RO ")) + g;
            s.text(QRectF(box.x() + g * 0.5, y, box.width() - flagW - g, row),
                   style.width(Font::Mono, hex(page.address)) + style.width(Font::Words, page.area) + g * 3 + flagW <
                               box.width() &&
                           page.area != lastArea
                       ? QStringLiteral("%1 %2").arg(hex(page.address), page.area)
                       : hex(page.address),
                   Font::Mono);
            s.text(QRectF(box.right() - flagW - g * (page.changed ? 2 : 0.8), y, flagW, row),
                   page.writable ? QStringLiteral("RW") : QStringLiteral("RO"), Font::MonoStrong,
                   cow ? theme.color(Role::Kernel) : theme.color(Role::Ink), Qt::AlignRight | Qt::AlignVCenter);
            s.spot(box, QStringLiteral("page.%1.%2").arg(p.pid).arg(hex(page.address)), hex(page.address),
                   Words::tr("Page %1 of PID %2 (%3): frame %4, the entry is %5.")
                       .arg(hex(page.address))
                       .arg(p.pid)
                       .arg(page.area)
                       .arg(page.frame)
                       .arg(page.writable ? Words::tr("writable: a write just happens")
                                          : Words::tr("read-only although the area is writable: the next write faults "
                                                      "and copies, unless this is the last user")),
                   Subject::address(page.address, p.pid))
                .changed = page.changed;
            lastArea = page.area;
            const QRectF f = target->second;
            const QPointF from = left ? QPointF(box.right(), box.center().y()) : QPointF(box.left(), box.center().y());
            const QPointF to = left ? QPointF(f.left(), f.center().y()) : QPointF(f.right(), f.center().y());
            s.line({from, to}, page.changed ? theme.color(Role::Accent) : color, Arrow::End, Bend::Curve,
                   page.changed ? style.pen * 1.8 : style.pen)
                .key = QStringLiteral("edge.%1.%2").arg(p.pid).arg(hex(page.address));
            y += row + g * 0.5;
        }
    }

    void ram(QRectF area) {
        s.heading(area.topLeft(), area.width(), Words::tr("RAM"),
                  Words::tr("%1 shared, %2 with one user").arg(m.shared).arg(m.single));
        double y = area.y() + style.lineHeight(Font::Strong) + style.lineHeight(Font::Small) + 2 * g;
        for (u32 number : kept) {
            const CowFrame& f =
                *std::find_if(m.frames.begin(), m.frames.end(), [&](const CowFrame& c) { return c.frame == number; });
            const QRectF box(area.x(), y, area.width(), row);
            frameRects[number] = box;
            s.box(box, f.fresh ? theme.fill(Role::Accent) : theme.color(Role::Field),
                  theme.color(f.fresh ? Role::Accent : Role::Line))
                .key = QStringLiteral("frame.%1").arg(number);
            // A stripe for each sharer.
            const double stripe = g * 0.75;
            double x = box.x() + g * 0.25;
            for (i32 pid : f.pids) {
                s.box(QRectF(x, box.y() + g * 0.25, stripe, row - g * 0.5), theme.task(pid));
                x += stripe + g * 0.2;
            }
            x += g * 0.5;
            const QString count = QStringLiteral("×%1").arg(f.mapcount);
            const double countW = style.width(Font::MonoStrong, count) + g;
            const QString label = QString::number(number);
            s.text(QRectF(x, y, box.right() - x - countW, row), label, Font::MonoStrong);
            const double labelW = style.width(Font::MonoStrong, label) + g;
            const double rest = box.right() - x - countW - labelW;
            if (rest > style.width(Font::MonoSmall, f.content))
                s.text(QRectF(x + labelW, y, rest, row), f.content, Font::MonoSmall, theme.color(Role::Muted));
            s.text(QRectF(box.right() - countW, y, countW - g * 0.3, row), count, Font::MonoStrong,
                   theme.color(Role::Ink), Qt::AlignRight | Qt::AlignVCenter);
            s.spot(box, QStringLiteral("frame.%1").arg(number), Words::tr("frame %1").arg(number),
                   Words::tr("Frame %1 of RAM: %2 page table entries map it. Its first bytes that are not zero: %3.")
                       .arg(number)
                       .arg(f.mapcount)
                       .arg(f.content),
                   Subject::frame(number))
                .changed = f.fresh;
            y += row + g * 0.5;
        }
        if (kept.size() < m.frames.size())
            s.text(QRectF(area.x(), y, area.width(), row),
                   Words::tr("and %1 frames more").arg(m.frames.size() - kept.size()), Font::Small,
                   theme.color(Role::Muted));
    }

    void paintAll() {
        const double margin = g * 1.5, width = s.size().width() - 2 * margin;
        const double captionH = 3 * style.lineHeight(Font::Words) + 2 * g, countsH = style.lineHeight(Font::Words) + g;
        const double top = margin, height = std::max(s.size().height() - captionH - countsH - 3 * margin, row * 8);
        const std::size_t n = m.processes.size();
        const std::size_t leftCount = n < 2 ? n : (n + 1) / 2, rightCount = n - leftCount;
        const double gap = std::min(g * 9, width * 0.07);
        const double columns =
            static_cast<double>(std::max<std::size_t>(1, leftCount) + std::max<std::size_t>(1, rightCount)) + 1;
        const double columnW = (width - gap * 2 - g * (columns - 3)) / columns;
        chooseFrames(static_cast<std::size_t>(std::max(1.0, (height - 3 * row) / (row + g * 0.5))));
        double x = margin + static_cast<double>(std::max<std::size_t>(1, leftCount)) * (columnW + g) - g + gap;
        ram(QRectF(x, top, columnW, height));
        for (std::size_t i = 0; i < leftCount; ++i)
            process(m.processes[i], QRectF(margin + static_cast<double>(i) * (columnW + g), top, columnW, height),
                    true);
        x += columnW + gap;
        for (std::size_t i = leftCount; i < n; ++i)
            process(m.processes[i],
                    QRectF(x + static_cast<double>(i - leftCount) * (columnW + g), top, columnW, height), false);
        const double y = top + height + margin * 0.5;
        s.text(QRectF(margin, y, width, countsH),
               Words::tr("%1 forks   %2 pages copied   %3 reused   %4 saved against full copies")
                   .arg(m.forks)
                   .arg(m.copies)
                   .arg(m.reuses)
                   .arg(sizeText(m.savedBytes)),
               Font::Strong);
        s.caption({margin, y + countsH}, width, m.caption);
        s.growTo(s.size().width(), y + countsH + captionH + margin);
    }
};

}  // namespace

Scene paint(const ForkCowModel& model, const StylePtr& style, QSizeF size) {
    Scene scene(style, size);
    if (!model.loaded || model.processes.empty()) {
        if (model.last)
            scene.empty(Words::tr("Every process has ended and its frames are free again."),
                        Words::tr("Back to the last page that was split"), {Command::Kind::Seek, model.last, {}});
        else
            scene.empty(
                Words::tr("No process has memory yet. Run a program that forks, for example the sample fork_cow."));
        return scene;
    }
    Painter{model, scene}.paintAll();
    return scene;
}

}  // namespace ringside
