#include "widgets/frames/frames.h"

#include <algorithm>
#include <cmath>

#include "core/kernel/mm/address_space.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"

namespace ringside {
namespace {

constexpr std::size_t kUses = static_cast<std::size_t>(PageUse::ZeroPage) + 1;

QColor colorOf(const Theme& theme, PageUse use) {
    switch (use) {
        case PageUse::Free:
            return theme.color(Role::Paper);
        case PageUse::Reserved:
            return theme.color(Role::Muted);
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

i32 ownerOf(const Machine& machine, const Page& page) {
    const Task* task = nullptr;
    if (page.use == PageUse::Anonymous || page.use == PageUse::PageTable) task = taskOfMm(machine, MmId(page.owner));
    if (page.use == PageUse::KernelStack) task = machine.kernel.tasks.find(TaskId(page.owner));
    return task ? task->pid() : 0;
}

QString pathOf(const Machine& machine, InodeId inode) {
    for (auto [id, mm] : machine.kernel.mms)
        for (const auto& [start, area] : mm.vmas)
            if (area.file == inode && !area.name.empty()) return qs(area.name);
    for (auto [id, file] : machine.kernel.vfs.files)
        if (file.inode == inode) return qs(file.path);
    return Words::tr("inode %1").arg(inode.value);
}

}  // namespace

FramesModel buildFrames(const Snapshot& snapshot, const ViewOptions& options) {
    FramesModel m;
    if (!snapshot.now) return m;
    const Machine& machine = *snapshot.now;
    const auto& pages = machine.kernel.frames.pages;
    m.loaded = true;
    m.byOwner = options.setting(QStringLiteral("color")) == QLatin1String("owner");
    const std::size_t count = std::min<std::size_t>(pages.size(), machine.ram.frameCount());
    m.cells.resize(count);
    std::vector<u64> uses(kUses);
    std::map<MmId, i32> pidOfMm;
    for (auto [id, task] : machine.kernel.tasks)
        if (task.mm.value != 0 && !pidOfMm.contains(task.mm)) pidOfMm[task.mm] = task.pid();
    u64 changed = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const Page& page = pages[i];
        FrameCell& cell = m.cells[i];
        cell.use = static_cast<u8>(page.use);
        cell.mappers = static_cast<u8>(std::min<u32>(page.mapcount, 255));
        ++uses[cell.use];
        if (page.use == PageUse::Anonymous || page.use == PageUse::PageTable) {
            auto owner = pidOfMm.find(MmId(page.owner));
            cell.pid = owner == pidOfMm.end() ? 0 : owner->second;
        }
        if (snapshot.before) {
            const Page& old = snapshot.before->kernel.frames.pages[i];
            cell.changed = old.use != page.use || old.mapcount != page.mapcount || old.owner != page.owner;
            if (cell.changed) ++changed;
        }
    }
    for (std::size_t use = 0; use < kUses; ++use) m.uses.emplace_back(nameOf(static_cast<PageUse>(use)), uses[use]);
    m.freeFrames = uses[0];
    for (auto [id, inode] : machine.kernel.vfs.inodes)
        if (!inode.pages.empty()) m.cachedFiles.emplace_back(pathOf(machine, id), inode.pages.size());
    std::stable_sort(m.cachedFiles.begin(), m.cachedFiles.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    m.active = machine.kernel.frames.active.count;
    m.inactive = machine.kernel.frames.inactive.count;
    m.swapSlots = machine.devices.swap.slots;
    for (auto [id, mm] : machine.kernel.mms) m.swapUsed += mm.swapEntries;
    if (options.selection.kind == SubjectKind::Frame && options.selection.value < count) {
        m.selected = options.selection.value;
        const Page& page = pages[m.selected];
        QStringList who;
        for (const Mapper& mapper : mappersOf(machine.kernel, machine.ram, FrameNo(static_cast<u32>(m.selected)))) {
            const Task* task = taskOfMm(machine, mapper.mm);
            who << Words::tr("%1 at %2 (%3)")
                       .arg(task ? taskText(*task) : QStringLiteral("?"), hex(mapper.address),
                            mapper.entry & pte::RW ? QStringLiteral("RW") : QStringLiteral("RO"));
            if (who.size() == 8) break;
        }
        m.selectedText = Words::tr("Frame %1, physical %2: %3, %4 references. Mapped by: %5.")
                             .arg(m.selected)
                             .arg(hex(m.selected << kPageShift), nameOf(page.use))
                             .arg(page.refcount)
                             .arg(who.isEmpty() ? Words::tr("nobody but the kernel") : who.join(QStringLiteral(", ")));
        if (const i32 pid = ownerOf(machine, page)) m.selectedText += Words::tr(" Allocated for PID %1.").arg(pid);
    }
    m.caption = !m.selectedText.isEmpty()
                    ? m.selectedText
                    : Words::tr("%1 of RAM in %2 frames; %3 are free (%4). The last step changed %5 of them.")
                          .arg(sizeText(machine.ram.size()))
                          .arg(countText(count), countText(m.freeFrames), sizeText(m.freeFrames * kPageSize))
                          .arg(changed);
    return m;
}

TextTwin twin(const FramesModel& m) {
    TextTwin root(Words::tr("Frames"), m.caption);
    for (const auto& [name, count] : m.uses) root.add(name, countText(count));
    TextTwin& cache = root.add(Words::tr("Page cache by file"));
    for (const auto& [path, pages] : m.cachedFiles) cache.add(path, countText(pages));
    root.add(Words::tr("LRU lists"), Words::tr("%1 active, %2 inactive").arg(m.active).arg(m.inactive));
    root.add(Words::tr("Swap"), Words::tr("%1 of %2 slots used").arg(m.swapUsed).arg(m.swapSlots));
    return root;
}

Scene paint(const FramesModel& m, const StylePtr& style, QSizeF size) {
    Scene s(style, size);
    if (!m.loaded) {
        s.empty(Words::tr("No machine is running, so there is no RAM to show. Open a program."));
        return s;
    }
    const Theme& theme = s.theme();
    const double g = style->grid, row = style->row(), margin = g * 1.5, width = size.width() - 2 * margin;
    double y = margin;
    y += s.heading({margin, y}, width, Words::tr("RAM"),
                   Words::tr("%1 frames of 4 KiB, one cell each").arg(countText(m.cells.size())));
    double x = margin;
    for (std::size_t use = 0; use < m.uses.size(); ++use) {
        const QString text = QStringLiteral("%1 %2").arg(countText(m.uses[use].second), m.uses[use].first);
        const double w = style->width(Font::Small, text) + g * 4;
        if (x + w > margin + width) x = margin, y += row;
        s.box(QRectF(x, y + row * 0.25, g * 1.4, row * 0.5), colorOf(theme, static_cast<PageUse>(use)),
              theme.color(Role::Line), style->pen * 0.5);
        s.text(QRectF(x + g * 2, y, w, row), text, Font::Small, theme.color(Role::Muted));
        s.spot(QRectF(x, y, w, row), QStringLiteral("use.%1").arg(use), m.uses[use].first,
               Words::tr("%1 frames: %2.").arg(countText(m.uses[use].second), m.uses[use].first));
        x += w;
    }
    const QString toggle = m.byOwner ? Words::tr("colour by use") : Words::tr("colour by owner");
    const double toggleW = style->width(Font::Small, toggle) + 2 * g;
    if (x + toggleW > margin + width) x = margin, y += row;
    const QRectF button(x, y, toggleW, row);
    s.box(button, theme.color(Role::Field), theme.color(Role::Line));
    s.text(button, toggle, Font::Small, {}, Qt::AlignCenter);
    s.spot(button, QStringLiteral("toggle"), toggle, Words::tr("Colours the cells the other way."), {}).click = {
        Command::Kind::Setting, 0, m.byOwner ? QStringLiteral("color=use") : QStringLiteral("color=owner")};
    y += row + g;

    const double captionH = 3 * style->lineHeight(Font::Words) + 2 * g;
    const double sideW = std::min(width * 0.32, style->em * 36), mapW = width - sideW - 2 * g;
    const double mapH = std::max(row * 6, size.height() - y - captionH - margin);
    // The largest square cell with which all frames fit.
    const double n = static_cast<double>(std::max<std::size_t>(1, m.cells.size()));
    double cell = std::sqrt(mapW * mapH / n);
    int columns = std::max(1, static_cast<int>(mapW / cell));
    if (columns >= 64) columns = columns / 64 * 64;
    cell = std::min(mapW / columns, std::max(0.25, mapH / std::ceil(n / columns)));
    const int rows = static_cast<int>(std::ceil(n / columns));
    QImage image(columns, rows, QImage::Format_ARGB32);
    image.fill(Qt::transparent);
    std::array<QRgb, kUses> colors;
    for (std::size_t use = 0; use < kUses; ++use) colors[use] = colorOf(theme, static_cast<PageUse>(use)).rgb();
    const QRgb accent = theme.color(Role::Accent).rgb(), shared = theme.color(Role::Shared).rgb();
    for (std::size_t i = 0; i < m.cells.size(); ++i) {
        const FrameCell& f = m.cells[i];
        QRgb color = colors[f.use];
        if (m.byOwner && f.pid != 0) color = theme.task(f.pid).rgb();
        if (f.mappers > 1 && static_cast<PageUse>(f.use) == PageUse::Anonymous) color = shared;
        if (f.changed) color = accent;
        image.setPixel(static_cast<int>(i) % columns, static_cast<int>(i) / columns, color);
    }
    const QRectF map(margin, y, columns * cell, rows * cell);
    s.image(map, image);
    s.box(map, {}, theme.color(Role::Line));
    if (m.selected != ~u64{0})
        s.selected(QRectF(map.x() + static_cast<double>(m.selected % static_cast<u64>(columns)) * cell,
                          map.y() + static_cast<double>(m.selected / static_cast<u64>(columns)) * cell,
                          std::max(cell, 3.0), std::max(cell, 3.0)));
    Spot& spot = s.spot(map, QStringLiteral("map"), Words::tr("RAM"), Words::tr("All frames of RAM."));
    spot.resolve = [cells = m.cells, map, cell, columns](QPointF p) {
        Spot found;
        const int column = std::clamp(static_cast<int>((p.x() - map.x()) / cell), 0, columns - 1),
                  line = static_cast<int>((p.y() - map.y()) / cell);
        const std::size_t i =
            static_cast<std::size_t>(line) * static_cast<std::size_t>(columns) + static_cast<std::size_t>(column);
        if (i >= cells.size()) return found;
        const FrameCell& f = cells[i];
        found.rect = QRectF(map.x() + column * cell, map.y() + line * cell, cell, cell);
        found.key = QStringLiteral("frame.%1").arg(i);
        found.label = Words::tr("frame %1").arg(i);
        found.what = Words::tr("Frame %1, physical %2: %3%4; %5 page table entries map it.")
                         .arg(i)
                         .arg(hex(u64{i} << kPageShift), nameOf(static_cast<PageUse>(f.use)),
                              f.pid ? Words::tr(" of PID %1").arg(f.pid) : QString())
                         .arg(f.mappers);
        found.subject = Subject::frame(i);
        return found;
    };

    // Beside the map: the page cache by file, the LRU lists, the swap disk.
    const double sideX = margin + width - sideW;
    double sy = y;
    sy += s.heading({sideX, sy}, sideW, Words::tr("Page cache"), Words::tr("pages by file"));
    const u64 most = m.cachedFiles.empty() ? 1 : m.cachedFiles.front().second;
    std::size_t shown = 0;
    for (const auto& [path, pages] : m.cachedFiles) {
        if (sy + row * 4.5 > y + mapH) break;
        const QRectF line(sideX, sy, sideW, row);
        s.box(QRectF(line.x(), line.y() + row * 0.15,
                     line.width() * static_cast<double>(pages) / static_cast<double>(most), row * 0.7),
              theme.fill(Role::Code));
        const QString count = countText(pages);
        const double countW = style->width(Font::Mono, count) + g;
        s.text(QRectF(line.x() + g * 0.5, sy, sideW - countW - g, row), path, Font::Words);
        s.text(QRectF(line.right() - countW, sy, countW, row), count, Font::Mono, {},
               Qt::AlignRight | Qt::AlignVCenter);
        s.spot(line, QStringLiteral("file.%1").arg(shown), path,
               Words::tr("%1 pages of %2 are in RAM; every process that maps or reads the file uses these.")
                   .arg(count, path));
        sy += row;
        ++shown;
    }
    if (shown < m.cachedFiles.size()) {
        s.text(QRectF(sideX, sy, sideW, row), Words::tr("and %1 files more").arg(m.cachedFiles.size() - shown),
               Font::Small, theme.color(Role::Muted));
        sy += row;
    }
    sy += g;
    s.text(QRectF(sideX, sy, sideW, row),
           Words::tr("LRU: %1 active, %2 inactive").arg(countText(m.active), countText(m.inactive)), Font::Words);
    sy += row;
    s.text(QRectF(sideX, sy, sideW, row),
           m.swapSlots ? Words::tr("Swap: %1 of %2 slots used").arg(countText(m.swapUsed), countText(m.swapSlots))
                       : Words::tr("No swap disk"),
           Font::Words);
    sy += row;
    const double used = 1 - static_cast<double>(m.freeFrames) / n;
    const QRectF gauge(sideX, sy + g * 0.5, sideW, row * 0.7);
    s.box(gauge, theme.color(Role::Field), theme.color(Role::Line));
    s.box(QRectF(gauge.x(), gauge.y(), gauge.width() * used, gauge.height()),
          theme.color(used > 0.95 ? Role::Kernel : Role::Data));
    s.spot(gauge, QStringLiteral("pressure"), Words::tr("memory in use"),
           Words::tr("%1 % of RAM is in use.").arg(used * 100, 0, 'f', 1));
    const double captionY =
        std::max(size.height() - captionH - margin * 0.5, std::max(map.bottom(), gauge.bottom()) + g);
    const double h = s.caption({margin, captionY}, width, m.caption);
    s.growTo(size.width(), captionY + h + margin * 0.5);
    return s;
}

}  // namespace ringside
