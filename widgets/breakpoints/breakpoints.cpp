#include "widgets/breakpoints/breakpoints.h"

#include <QLocale>

#include "widgets/canvas/inspect.h"
#include "widgets/canvas/symbols.h"
#include "widgets/canvas/words.h"

namespace ringside {
namespace {

QString grouped(u64 n) { return QLocale(QLocale::English).toString(static_cast<qulonglong>(n)); }
Command ask(const char* what, u64 value) { return {Command::Kind::Ask, value, what}; }

QString times(u64 hits) {
    return hits ? Words::tr("stopped %n time(s)", nullptr, static_cast<int>(hits)) : Words::tr("not reached yet");
}

struct Section {
    QString title, aside, none;
    const std::vector<BreakpointsModel::Row>& rows;
};

std::vector<Section> sections(const BreakpointsModel& m) {
    return {{Words::tr("Breakpoints"), Words::tr("where a run stops"),
             Words::tr("None: press F9 at an instruction, or click beside a line of code."), m.breakpoints},
            {Words::tr("Watchpoint"), Words::tr("which memory stops a run"),
             Words::tr("None: right-click an address and choose “Stop when … is written”."), m.watchpoints},
            {Words::tr("Bookmarks"), Words::tr("moments with a name"),
             Words::tr("None: press Ctrl+B to give this moment a name."), m.bookmarks}};
}

}  // namespace

BreakpointsModel buildBreakpoints(const Snapshot& s, const ViewOptions& options) {
    BreakpointsModel m;
    if (!s.now) return m;
    m.loaded = true;
    const u64 rip = s.now->cpu.regs.rip;
    for (const Breakpoint& b : s.breakpointList) {
        const QString name = options.symbols ? qs(options.symbols->text(*s.now, b.address)) : QString();
        m.breakpoints.push_back(
            {.key = "breakpoint:" + hex(b.address),
             .name = name.isEmpty() ? hex(b.address) : name,
             .where = hex(b.address),
             .detail = b.condition.empty() ? QString() : Words::tr("only when %1").arg(qs(b.condition.text())),
             .count = times(b.hits),
             .enabled = b.enabled,
             .here = b.address == rip,
             .subject = Subject::instruction(b.address),
             .go = {Command::Kind::RunTo, b.address, {}},
             .offers = {{b.enabled ? Words::tr("Switch off") : Words::tr("Switch on"),
                         ask(b.enabled ? "breakpoint-off" : "breakpoint-on", b.address)},
                        {Words::tr("Stop only when…"), ask("condition", b.address)},
                        {Words::tr("Remove"), ask("breakpoint-remove", b.address)}}});
    }
    if (const auto& w = s.watch)
        m.watchpoints.push_back({.key = "watch",
                                 .name = Words::tr("%n byte(s)", nullptr, static_cast<int>(w->length)),
                                 .where = hex(w->address),
                                 .detail = w->reads ? Words::tr("read or written") : Words::tr("written"),
                                 .count = times(w->hits),
                                 .enabled = w->enabled,
                                 .subject = Subject::address(w->address, 0, w->length),
                                 .offers = {{Words::tr("Remove"), ask("unwatch", 0)}}});
    for (const auto& [tick, name] : s.bookmarks)
        m.bookmarks.push_back({.key = QString("bookmark:%1").arg(tick),
                               .name = qs(name),
                               .where = Words::tr("tick %1").arg(grouped(tick)),
                               .here = tick == s.now->cpu.tick,
                               .subject = Subject::event(tick, 0),
                               .go = {Command::Kind::Seek, tick, {}},
                               .offers = {{Words::tr("Go there"), {Command::Kind::Seek, tick, {}}},
                                          {Words::tr("Rename…"), ask("bookmark-rename", tick)},
                                          {Words::tr("Remove"), ask("bookmark-remove", tick)}}});
    return m;
}

TextTwin twin(const BreakpointsModel& m) {
    TextTwin root(Words::tr("Breakpoints and bookmarks"));
    for (const Section& section : sections(m)) {
        TextTwin& t = root.add(section.title, section.rows.empty() ? section.none : QString());
        for (const auto& r : section.rows) {
            QStringList parts{r.where};
            if (!r.detail.isEmpty()) parts << r.detail;
            if (!r.count.isEmpty()) parts << r.count;
            if (!r.enabled) parts << Words::tr("switched off");
            if (r.here) parts << Words::tr("here now");
            t.add(r.name, parts.join(", "), false, r.subject);
        }
    }
    return root;
}

Scene paint(const BreakpointsModel& m, const StylePtr& style, QSizeF size) {
    Scene s(style, size);
    s.grows = true;
    if (!m.loaded) {
        s.empty(Words::tr("No machine is running. Open a program."));
        return s;
    }
    const Theme& theme = s.theme();
    const double g = style->grid, row = style->row() * 1.25, margin = g * 1.5, width = size.width() - 2 * margin;
    double y = margin;
    for (const Section& section : sections(m)) {
        y += s.heading({margin, y}, width, section.title, section.aside) + g * 0.5;
        if (section.rows.empty()) {
            const double height = s.caption({margin, y}, width, section.none, "none:" + section.title);
            y += height + g * 1.5;
            continue;
        }
        for (const auto& r : section.rows) {
            const QRectF line(margin, y, width, row);
            if (r.here) s.selected(line);
            const QColor ink = r.enabled ? theme.color(Role::Ink) : theme.color(Role::Muted);
            // A full dot stops, a hollow one is switched off.
            const QRectF dot(margin + g * 0.5, y + row / 2 - g * 0.5, g, g);
            s.box(dot, r.enabled ? theme.color(Role::Accent) : theme.color(Role::Paper), theme.color(Role::Accent),
                  style->pen, g * 0.5);
            const double left = margin + g * 2, room = width - g * 2;
            const double whereW = std::min(style->width(Font::Mono, r.where) + g, room * 0.4);
            const QString more =
                r.detail.isEmpty() || r.count.isEmpty() ? r.detail + r.count : r.detail + ", " + r.count;
            const double moreW = std::min(style->width(Font::Small, more) + g, (room - whereW) * 0.55);
            s.text(QRectF(left, y, room - whereW - moreW - g, row), r.name, Font::Strong, ink);
            s.text(QRectF(left + room - whereW - moreW, y, moreW, row), more, Font::Small, theme.color(Role::Muted));
            s.text(QRectF(left + room - whereW, y, whereW, row), r.where, Font::Mono, ink,
                   Qt::AlignRight | Qt::AlignVCenter);
            QString what = more.isEmpty() ? Words::tr("%1, %2.").arg(r.name, r.where)
                                          : Words::tr("%1 at %2: %3.").arg(r.name, r.where, more);
            if (!r.enabled) what += " " + Words::tr("It is switched off.");
            Spot& spot = s.spot(line, r.key, r.name, what, r.subject);
            spot.activate = r.go;
            for (const auto& [text, command] : r.offers) spot.offers.push_back({text, command});
            y += row;
        }
        y += g;
    }
    s.growTo(0, y + margin);
    return s;
}

}  // namespace ringside
