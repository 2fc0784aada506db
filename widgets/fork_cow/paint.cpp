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
               relationOf(p), Font::Small, onHead);
        s.spot(head, QStringLiteral("process.%1").arg(p.pid), p.name,
               Words::tr("%1, PID %2: %3 writable pages are resident; beside them %4 pages of files are mapped (%5), "
                         "shared through the page cache and never copied.")
                   .arg(p.name)
                   .arg(p.pid)
                   .arg(p.resident)
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
            const QColor edge = theme.color(page.role), fill = theme.fill(page.changed ? Role::Accent : page.role);
            if (cow)
                s.hatched(box, fill, edge, Hatch::Diagonal, blend(fill, edge, 0.3));
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
                   cow ? theme.readable(theme.color(Role::Kernel), blend(fill, edge, 0.15)) : theme.color(Role::Ink),
                   Qt::AlignRight | Qt::AlignVCenter);
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
        s.text(QRectF(area.topLeft(), QSizeF(area.width(), style.lineHeight(Font::Strong) + g)), Words::tr("RAM"),
               Font::Strong);
        s.text(QRectF(area.x(), area.y() + g * 0.5 + style.lineHeight(Font::Strong), area.width(),
                      style.lineHeight(Font::Small)),
               Words::tr("%1 shared, %2 with one user").arg(m.shared).arg(m.single), Font::Small,
               theme.color(Role::Muted));
        double y = area.y() + style.lineHeight(Font::Strong) + style.lineHeight(Font::Small) + 2 * g;
        for (u32 number : kept) {
            const CowFrame& f =
                *std::find_if(m.frames.begin(), m.frames.end(), [&](const CowFrame& c) { return c.frame == number; });
            const QRectF box(area.x(), y, area.width(), row);
            frameRects[number] = box;
            // A copy comes out of the frame that it was made of.
            const auto origin = frameRects.find(m.origin);
            const QPointF from =
                f.fresh && origin != frameRects.end() ? origin->second.topLeft() - box.topLeft() : QPointF();
            const auto moving = [&](Shape& shape, const char* part) {
                shape.key = QStringLiteral("%1.%2").arg(QLatin1String(part)).arg(number);
                shape.from = from;
                shape.travels = !from.isNull();
            };
            moving(s.box(box, f.fresh ? theme.fill(Role::Accent) : theme.color(Role::Field),
                         theme.color(f.fresh ? Role::Accent : Role::Line)),
                   "frame");
            // A stripe for each sharer.
            const double stripe = g * 0.75;
            double x = box.x() + g * 0.25;
            for (i32 pid : f.pids) {
                s.box(QRectF(x, box.y() + g * 0.25, stripe, row - g * 0.5), theme.task(pid));
                x += stripe + g * 0.2;
            }
            x += g * 0.5;
            const QString count = f.zero ? QString() : QStringLiteral("×%1").arg(f.mapcount);
            const double countW = style.width(Font::MonoStrong, count) + g;
            const QString label = QString::number(number);
            moving(s.text(QRectF(x, y, box.right() - x - countW, row), label, Font::MonoStrong), "number");
            const double labelW = style.width(Font::MonoStrong, label) + g;
            const double rest = box.right() - x - countW - labelW;
            const QString content = f.copyOf ? Words::tr("copy of frame %1").arg(f.copyOf) : f.content;
            const Font font = f.zero || f.copyOf ? Font::Small : Font::MonoSmall;
            if (rest > style.width(font, content))
                moving(s.text(QRectF(x + labelW, y, rest, row), content, font,
                              theme.color(f.copyOf ? Role::Ink : Role::Muted)),
                       "content");
            s.text(QRectF(box.right() - countW, y, countW - g * 0.3, row), count, Font::MonoStrong,
                   theme.color(Role::Ink), Qt::AlignRight | Qt::AlignVCenter);
            s.spot(box, QStringLiteral("frame.%1").arg(number), Words::tr("frame %1").arg(number),
                   f.zero
                       ? Words::tr("Frame %1 is the zero page: everything that was read but never written shows it, in "
                                   "every process. Who writes to such a page gets a frame of its own.")
                             .arg(number)
                       : Words::tr("Frame %1 of RAM: %2 page table entries map it. Its first bytes that are not "
                                   "zero: %3.")
                             .arg(number)
                             .arg(f.mapcount)
                             .arg(f.content),
                   Subject::frame(number))
                .changed = f.fresh;
            y += row + g * 0.5;
        }
        if (kept.size() == m.frames.size()) return;
        const auto left = static_cast<int>(m.frames.size() - kept.size());
        const QString all = Words::tr("and %n frame(s) more", nullptr, left), few = QStringLiteral("+ %1").arg(left);
        const QRectF line(area.x(), y, area.width(), row);
        s.text(line, style.width(Font::Small, all) > line.width() ? few : all, Font::Small, theme.color(Role::Muted));
        s.spot(line, QStringLiteral("more"), few,
               Words::tr("%n more frame(s) of these processes: a larger panel shows them.", nullptr, left));
    }

    // One tile for each total.
    double totals(QPointF at, double width) {
        const auto tiles = cowTotals(m);
        const double h = style.lineHeight(Font::Title) + style.lineHeight(Font::Small) + g;
        const double w = std::min(
            style.em * 22, (width - g * static_cast<double>(tiles.size() - 1)) / static_cast<double>(tiles.size()));
        double x = at.x();
        for (const auto& [name, value, what] : tiles) {
            const QRectF tile(x, at.y(), w, h);
            s.box(tile, theme.color(Role::Field), theme.color(Role::Line));
            s.text(QRectF(x + g * 0.8, at.y() + g * 0.5, w - g * 1.2, style.lineHeight(Font::Title)), value,
                   style.width(Font::Title, value) > w - g * 1.2 ? Font::Strong : Font::Title);
            s.text(QRectF(x + g * 0.8, at.y() + g * 0.5 + style.lineHeight(Font::Title), w - g * 1.2,
                          style.lineHeight(Font::Small)),
                   name, Font::Small, theme.color(Role::Muted));
            s.spot(tile, QStringLiteral("total.") + name, name, QStringLiteral("%1: %2. %3").arg(name, value, what));
            x += w + g;
        }
        return h;
    }

    static constexpr std::size_t kLeastSteps = 4;
    std::size_t stepsIn(double height) const {
        return std::min(m.story.size(), std::max(kLeastSteps, static_cast<std::size_t>(std::max(0.0, height / row))));
    }

    // The steps around now, each of which can be clicked.
    void story(QRectF area) {
        if (m.story.empty()) return;
        area.adjust(0,
                    s.heading(area.topLeft(), area.width(), Words::tr("Since the first fork"),
                              Words::tr("click a step to go there")),
                    0, 0);
        const std::size_t fit = stepsIn(area.height());
        std::size_t here = 0;  // the last one reached
        for (std::size_t i = 0; i < m.story.size(); ++i)
            if (m.story[i].reached) here = i;
        const std::size_t last = std::min(m.story.size(), std::max(fit, here + 2)), first = last - fit;
        // The lines that wrote stand in a column of their own, close behind the sentences.
        double sentenceW = 0;
        for (std::size_t i = first; i < last; ++i)
            sentenceW = std::max(sentenceW, style.width(Font::Strong, m.story[i].text) + 4 * g);
        const double lineX = area.x() + g, whereX = std::min(lineX + sentenceW, area.x() + area.width() * 0.62);
        double y = area.y();
        for (std::size_t i = first; i < last; ++i, y += row) {
            const CowStep& step = m.story[i];
            const QRectF line(area.x(), y, area.width(), row);
            const bool now = i == here && step.reached;
            if (now) s.changed(line);
            const QColor ink = theme.color(now ? Role::Ink : step.reached ? Role::Ink : Role::Muted);
            if (i > first) s.line({{lineX, y - row / 2}, {lineX, y + row / 2}}, theme.color(Role::Line));
            s.mark({lineX, y + row / 2}, Theme::taskMark(step.pid),
                   step.reached ? theme.task(step.pid) : theme.color(Role::Line), g * 0.9);
            const double textX = lineX + g * 1.5;
            const double textW = (step.where.isEmpty() ? area.right() - g * 2 : whereX - g) - textX;
            s.text(QRectF(textX, y, textW, row), step.text, now ? Font::Strong : Font::Words, ink);
            if (!step.where.isEmpty())
                s.text(QRectF(whereX, y, area.right() - whereX - g * 2, row), step.where, Font::MonoSmall, ink);
            Spot& spot = s.spot(line, QStringLiteral("step.%1").arg(i), step.text,
                                step.where.isEmpty() ? step.text + QLatin1Char('.')
                                                     : Words::tr("%1. The write: %2.").arg(step.text, step.where),
                                step.address ? Subject::address(step.address, step.pid) : Subject::task(step.pid));
            spot.click = {Command::Kind::Seek, step.tick, {}};
            spot.changed = now;
        }
    }

    void paintAll() {
        const double margin = g * 1.5, width = s.size().width() - 2 * margin;
        const double captionH = s.caption({margin, margin}, width, m.caption);
        const double totalsH = totals({margin, margin + captionH + g}, width);
        const double top = margin + captionH + totalsH + 2.5 * g;
        if (m.processes.empty()) {
            const QString ended =
                Words::tr("Every process has ended and its frames are free again. Click a step to go back to it.");
            const double h = s.wrappedHeight(ended, Font::Words, width);
            s.paragraph(QRectF(margin, top, width, h), ended, Font::Words, theme.color(Role::Muted));
            const double y = top + h + g;
            story(QRectF(margin, y, width, std::max(row * 6, s.size().height() - y - margin)));
            s.growTo(s.size().width(), y + row * 7);
            return;
        }
        const double headH = style.lineHeight(Font::Strong) + style.lineHeight(Font::Small) + 2 * g;
        const double storyHead = style.lineHeight(Font::Strong) + g;
        const double storyLeast =
            m.story.empty() ? 0 : storyHead + row * static_cast<double>(std::min(kLeastSteps, m.story.size())) + g;
        const double room = std::max(s.size().height() - top - storyLeast - margin, row * 8);
        const double rowH = row + g * 0.5;
        chooseFrames(static_cast<std::size_t>(std::max(1.0, (room - headH - row) / rowH)));
        // Only as high as its frames: what is left belongs to the story.
        const double height =
            std::min(room, headH + rowH * static_cast<double>(kept.size() + (kept.size() < m.frames.size() ? 1 : 0)));
        const std::size_t n = m.processes.size();
        const std::size_t leftCount = n < 2 ? n : (n + 1) / 2, rightCount = n - leftCount;
        const double gap = std::clamp(width * 0.09, g * 4, g * 24);
        const double sides = static_cast<double>(std::max<std::size_t>(1, leftCount) + rightCount);
        const double columnW =
            std::min(style.em * 60, (width - gap * (rightCount ? 2 : 1) - g * (sides - 1)) / (sides + 1));
        double x = margin + static_cast<double>(std::max<std::size_t>(1, leftCount)) * (columnW + g) - g + gap;
        ram(QRectF(x, top, columnW, height));
        for (std::size_t i = 0; i < leftCount; ++i)
            process(m.processes[i], QRectF(margin + static_cast<double>(i) * (columnW + g), top, columnW, height),
                    true);
        x += columnW + gap;
        // From the outside in, as on the left, so that lines pass behind the boxes.
        for (std::size_t i = n; i-- > leftCount;)
            process(m.processes[i],
                    QRectF(x + static_cast<double>(i - leftCount) * (columnW + g), top, columnW, height), false);
        const double y = top + height + g;
        story(QRectF(margin, y, width, std::max(storyLeast, s.size().height() - y - margin)));
        s.growTo(s.size().width(), y + storyLeast + margin);
    }
};

}  // namespace

Scene paint(const ForkCowModel& model, const StylePtr& style, QSizeF size) {
    Scene scene(style, size);
    if (!model.loaded || (model.processes.empty() && model.story.empty())) {
        if (model.last)
            scene.empty(Words::tr("Every process has ended and its frames are free again."),
                        Words::tr("Back to the last page that was split"), {Command::Kind::Seek, model.last, {}});
        else
            scene.empty(
                Words::tr("No process has memory yet. Run a program that forks, for example the sample fork_cow."));
        return scene;
    }
    Painter{model, scene}.paintAll();
    scene.grows = true;
    return scene;
}

}  // namespace ringside
