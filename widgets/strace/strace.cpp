#include "widgets/strace/strace.h"

#include <algorithm>
#include <map>

#include "core/kernel/syscalls/describe.h"
#include "core/kernel/syscalls/table.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"

namespace ringside {
namespace {

constexpr std::size_t kLines = 400;  // kept on each side of now

struct Family {
    const char* id;
    const char* name;
};
const std::array<Family, 7> kFamilies{{{"all", QT_TRANSLATE_NOOP("ringside::Words", "all")},
                                       {"files", QT_TRANSLATE_NOOP("ringside::Words", "files")},
                                       {"memory", QT_TRANSLATE_NOOP("ringside::Words", "memory")},
                                       {"processes", QT_TRANSLATE_NOOP("ringside::Words", "processes")},
                                       {"signals", QT_TRANSLATE_NOOP("ringside::Words", "signals")},
                                       {"time", QT_TRANSLATE_NOOP("ringside::Words", "time and futexes")},
                                       {"other", QT_TRANSLATE_NOOP("ringside::Words", "other")}}};

// The family is the file that the call's row stands in.
QString familyOf(u64 number) {
    const SyscallRow* row = findSyscall(number);
    const auto in = [&](std::span<const SyscallRow> rows) {
        return std::any_of(rows.begin(), rows.end(),
                           [&](const SyscallRow& r) { return row && r.number == row->number; });
    };
    if (in(fileCalls()) || in(pathCalls()) || in(attributeCalls()) || in(descriptorCalls()) || in(pipeCalls()) ||
        in(pollCalls()) || in(ioctlCalls()))
        return QStringLiteral("files");
    if (in(memoryCalls())) return QStringLiteral("memory");
    if (in(processCalls()) || in(schedCalls()) || in(identityCalls())) return QStringLiteral("processes");
    if (in(signalCalls())) return QStringLiteral("signals");
    if (in(timeCalls()) || in(futexCalls())) return QStringLiteral("time");
    return QStringLiteral("other");
}

}  // namespace

StraceModel buildStrace(const Snapshot& snapshot, const ViewOptions& options) {
    StraceModel m;
    if (!snapshot.now) return m;
    const Machine& machine = *snapshot.now;
    m.loaded = true;
    m.family = options.setting(QStringLiteral("family"), QStringLiteral("all"));
    m.who = options.setting(QStringLiteral("who"), QStringLiteral("all"));
    m.failedOnly = options.setting(QStringLiteral("failed")) == QLatin1String("1");
    m.scroll = options.scroll;
    const Task* selected = taskOf(machine, options.selection);
    if (selected) m.selectedName = taskText(*selected);
    std::map<u64, bool> wantedCall;
    const auto wanted = [&](const Event& e) {
        if (m.who == QLatin1String("one") && selected && e.pid != selected->pid()) return false;
        if (m.family == QLatin1String("all")) return true;
        const auto [it, fresh] = wantedCall.try_emplace(e.args[0], false);
        if (fresh) it->second = familyOf(e.args[0]) == m.family;
        return it->second;
    };
    const std::size_t now = snapshot.events.firstAfter(machine.cpu.tick);
    const std::size_t reach = kLines + static_cast<std::size_t>(std::min<i64>(std::abs(m.scroll), 100'000));
    std::size_t begin = now, seen = 0;
    const EventLog& events = snapshot.events;
    const u64 enter = RunUntil::bit(EventKind::SyscallEnter), exit = RunUntil::bit(EventKind::SyscallExit);
    while (seen < reach) {
        const std::size_t call = events.lastBefore(begin, enter);
        if (call == events.size()) break;
        begin = call;
        if (wanted(events[begin])) ++seen;
    }
    std::map<i32, std::pair<std::size_t, Cycles>> open;
    std::size_t later = 0;
    for (std::size_t i = events.firstFrom(begin, enter | exit); i < events.size() && later < reach;
         i = events.firstFrom(i + 1, enter | exit)) {
        const Event& e = events[i];
        if (e.kind == EventKind::SyscallEnter) {
            open.erase(e.pid);
            if (!wanted(e)) continue;
            open[e.pid] = {m.lines.size(), e.cycles};
            const QString text = qs(e.text);
            m.lines.push_back({e.tick, e.pid, text.isEmpty() ? systemCallName(e.args[0]) : text, {}, 0, false, true});
            later += i >= now;
        } else if (e.kind == EventKind::SyscallExit) {
            const auto it = open.find(e.pid);
            if (it == open.end()) continue;
            CallLine& line = m.lines[it->second.first];
            const i64 result = static_cast<i64>(e.args[1]);
            line.result = qs(describeResult(e.args[0], result));
            line.failed = result < 0 && result >= -4095;
            line.cycles = e.cycles - it->second.second;
            line.open = false;
            if (!e.text.empty()) line.text = qs(e.text);
            open.erase(it);
        }
    }
    if (m.failedOnly) std::erase_if(m.lines, [](const CallLine& l) { return !l.failed; });
    m.nowLine = static_cast<std::size_t>(std::upper_bound(m.lines.begin(), m.lines.end(), machine.cpu.tick,
                                                          [](Tick t, const CallLine& l) { return t < l.tick; }) -
                                         m.lines.begin());
    return m;
}

TextTwin twin(const StraceModel& m) {
    TextTwin root(Words::tr("Calls"), m.family == QLatin1String("all") ? QString() : m.family);
    for (std::size_t i = 0; i < m.lines.size(); ++i) {
        const CallLine& line = m.lines[i];
        root.add(QStringLiteral("%1 [%2] %3").arg(countText(line.tick)).arg(line.pid).arg(line.text),
                 line.open ? Words::tr("not back yet") : QStringLiteral("= ") + line.result, i + 1 == m.nowLine,
                 Subject::event(line.tick, 0));
    }
    return root;
}

namespace {

struct Painter {
    const StraceModel& m;
    Scene& s;
    const Style& style = s.style();
    const Theme& theme = s.theme();
    double g = style.grid, row = style.row();

    double chip(double x, double y, const QString& key, const QString& text, bool on, const QString& setting,
                const QString& what) {
        const double w = style.width(Font::Small, text) + 2 * g;
        const QRectF box(x, y, w, row);
        s.box(box, on ? theme.fill(Role::Selected) : theme.color(Role::Field),
              theme.color(on ? Role::Selected : Role::Line));
        s.text(box, text, Font::Small, on ? theme.inkOn(theme.fill(Role::Selected)) : theme.color(Role::Ink),
               Qt::AlignCenter);
        Spot& spot = s.spot(box, key, text, what);
        spot.click = spot.activate = {Command::Kind::Setting, 0, setting};
        return w + g * 0.5;
    }

    double filters(double y, double margin, double width) {
        double x = margin;
        const auto place = [&](const QString& key, const QString& text, bool on, const QString& setting,
                               const QString& what) {
            const double w = style.width(Font::Small, text) + 2.5 * g;
            if (x > margin && x + w > margin + width) x = margin, y += row + g * 0.4;
            x += chip(x, y, key, text, on, setting, what);
        };
        for (const Family& f : kFamilies)
            place(QStringLiteral("family.%1").arg(QLatin1String(f.id)), Words::tr(f.name),
                  m.family == QLatin1String(f.id), QStringLiteral("family=%1").arg(QLatin1String(f.id)),
                  Words::tr("Show the calls of this family: %1.").arg(Words::tr(f.name)));
        x += g;
        place(QStringLiteral("failed"), Words::tr("failed only"), m.failedOnly,
              m.failedOnly ? QStringLiteral("failed=0") : QStringLiteral("failed=1"),
              Words::tr("Show only the calls that returned an error."));
        if (!m.selectedName.isEmpty()) {
            const bool one = m.who == QLatin1String("one");
            place(QStringLiteral("who"), Words::tr("only %1").arg(m.selectedName), one,
                  one ? QStringLiteral("who=all") : QStringLiteral("who=one"),
                  Words::tr("Show only the calls of the selected task."));
        }
        return y + row + g * 0.6;
    }

    void line(std::size_t i, double x, double y, double width, double tickW, double pidW, double textW) {
        const CallLine& l = m.lines[i];
        const QRectF rect(x, y, width, row);
        const bool current = i + 1 == m.nowLine, future = i >= m.nowLine;
        if (current) s.box(rect, theme.fill(Role::User), theme.color(Role::User));
        const QColor ink =
            current ? theme.inkOn(theme.fill(Role::User)) : theme.color(future ? Role::Muted : Role::Ink);
        s.text(QRectF(x, y, tickW - g, row), countText(l.tick), Font::MonoSmall,
               current ? ink : theme.color(Role::Muted), Qt::AlignRight | Qt::AlignVCenter);
        s.mark({x + tickW, y + row / 2}, Theme::taskMark(l.pid), theme.task(l.pid), g);
        s.text(QRectF(x + tickW + g, y, pidW, row), QString::number(l.pid), Font::MonoSmall, ink);
        const QString result = l.open ? Words::tr("…") : l.result;
        const double resultW = std::min(width * 0.35, style.width(Font::Mono, QStringLiteral("= ") + result) + g);
        // Results stand in a column behind the longest call; one that is longer still pushes its own to the right.
        const double textX = x + tickW + g + pidW, room = std::max(g, width - tickW - pidW - resultW - 2 * g),
                     own = std::min(room, std::max(textW, style.width(Font::Mono, l.text) + 2 * g)),
                     resultX = textX + own;
        s.text(QRectF(textX, y, own - g, row), l.text, Font::Mono, ink);
        s.text(QRectF(resultX, y, resultW, row), QStringLiteral("= ") + result, Font::Mono, ink);
        if (l.failed)
            s.box(QRectF(resultX - g * 0.7, y + row * 0.2, g * 0.35, row * 0.6), theme.color(Role::Kernel), {}, 0, 0);
        Spot& spot = s.spot(rect, QStringLiteral("call.%1.%2").arg(l.tick).arg(l.pid), l.text,
                            l.open ? Words::tr("“%1”, by PID %2 at tick %3: it has not come back yet.")
                                         .arg(l.text)
                                         .arg(l.pid)
                                         .arg(countText(l.tick))
                                   : Words::tr("“%1 = %2”, by PID %3 at tick %4; it took %5 cycles.")
                                         .arg(l.text, result)
                                         .arg(l.pid)
                                         .arg(countText(l.tick), countText(l.cycles)),
                            Subject::event(l.tick, 0));
        spot.click = {Command::Kind::Seek, l.tick, {}};
    }
};

}  // namespace

Scene paint(const StraceModel& m, const StylePtr& style, QSizeF size) {
    Scene s(style, size);
    if (!m.loaded) {
        s.empty(Words::tr("No program is loaded. Open one and go to its first system call."));
        return s;
    }
    Painter p{m, s};
    const double g = p.g, row = p.row, margin = g * 1.5, width = size.width() - 2 * margin;
    double y = p.filters(margin * 0.7, margin, width);
    s.endless = true;
    if (m.lines.empty()) {
        const QString text = m.family == QLatin1String("all") && !m.failedOnly && m.who == QLatin1String("all")
                                 ? Words::tr("No system call has been made yet. Go to the next system call.")
                                 : Words::tr("No call passes these filters. Click “all” to see every call.");
        y += s.caption({margin, y}, width, text);
        s.growTo(0, y);
        s.scrolled = 0;
        return s;
    }
    const double tickW = style->width(Font::MonoSmall, countText(m.lines.back().tick)) + 2 * g,
                 pidW = style->width(Font::MonoSmall, QStringLiteral("00000")) + g;
    double textW = 0;
    for (const CallLine& l : m.lines) textW = std::max(textW, style->width(Font::Mono, l.text) + 3 * g);
    // The call at hand stays in sight, a quarter of the lines from the bottom, until one scrolls.
    const std::size_t fit = static_cast<std::size_t>(std::max(2.0, (size.height() - y - margin * 0.5) / row));
    const i64 last = static_cast<i64>(m.lines.size() - std::min(m.lines.size(), fit));
    const i64 base = std::clamp<i64>(static_cast<i64>(m.nowLine) - static_cast<i64>(fit * 3 / 4), 0, last);
    const i64 first = std::clamp<i64>(base + m.scroll, 0, last);
    s.scrolled = first - base;
    for (std::size_t i = static_cast<std::size_t>(first);
         i < std::min(m.lines.size(), static_cast<std::size_t>(first) + fit); ++i) {
        p.line(i, margin, y, width, tickW, pidW, std::min(textW, style->em * 90));
        y += row;
    }
    s.growTo(0, y);
    return s;
}

}  // namespace ringside
