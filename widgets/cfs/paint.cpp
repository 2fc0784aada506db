#include <algorithm>
#include <cmath>

#include "core/kernel/sched/sched.h"
#include "core/kernel/sched/weights.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/cfs/cfs.h"
#include "widgets/compare/compare.h"

namespace ringside {
namespace {

struct Painter {
    const CfsModel& m;
    Scene& s;
    const Style& style = s.style();
    const Theme& theme = s.theme();
    double g = style.grid, row = style.row(), small = style.lineHeight(Font::Small);

    QString vruntime(u64 ns) const {
        return QString::number(static_cast<double>(ns) / 1e6, 'f', 2) + QStringLiteral(" ms");
    }

    QString sentence(const CfsNode& n) const {
        QString text = Words::tr("%1, PID %2: vruntime %3, weight %4 (nice %5), ran %6 in all.")
                           .arg(n.name)
                           .arg(n.pid)
                           .arg(vruntime(n.vruntime))
                           .arg(n.weight)
                           .arg(n.nice)
                           .arg(vruntime(n.sumRuntime));
        if (m.averageVruntime)
            text += QLatin1Char(' ') + Words::tr("Its lag is %1 ms, so it is %2; its virtual deadline is %3.")
                                           .arg(static_cast<double>(n.lag) / 1e6, 0, 'f', 3)
                                           .arg(n.eligible ? Words::tr("eligible") : Words::tr("not eligible"))
                                           .arg(vruntime(n.deadline));
        return text;
    }

    double button(double x, double y, const QString& text, const QString& key, const QString& what,
                  const Command& click, bool on = false) {
        const QRectF box(x, y, style.width(Font::Small, text) + 2 * g, row);
        s.box(box, on ? theme.fill(Role::User) : theme.color(Role::Field), theme.color(on ? Role::User : Role::Line));
        s.text(box, text, Font::Small,
               on      ? theme.inkOn(theme.fill(Role::User))
               : click ? QColor()
                       : theme.color(Role::Muted),
               Qt::AlignCenter);
        s.spot(box, key, text, what).click = click;
        return box.right() + g * 0.5;
    }

    // The policy, switchable while the machine runs.
    double policies(double x, double y, double width) {
        double at = x;
        for (SchedKind kind : kPolicies) {
            const QString text = policyTitle(kind);
            if (at > x && at + style.width(Font::Small, text) + 2 * g > x + width) at = x, y += row * 1.25;
            const bool on = kind == m.kind;
            at = button(
                at, y, text, QStringLiteral("policy.%1").arg(qs(nameOf(kind))),
                policySentence(kind) + QLatin1Char(' ') +
                    (on ? Words::tr("This policy rules now.")
                        : Words::tr("Click to switch to it at this moment: a new future begins.")),
                on ? Command{} : Command{Command::Kind::Schedule, 0, QStringLiteral("sched=") + qs(nameOf(kind))}, on);
        }
        return y + row;
    }

    // `box` of a node; small ones lose their text, line by line.
    void node(const CfsNode& n, QRectF box, bool running) {
        const QColor fill = running ? theme.fill(Role::User) : theme.color(n.red ? Role::RbRed : Role::RbBlack);
        const QColor ink = theme.inkOn(fill);
        const QColor rim = running        ? theme.color(Role::User)
                           : theme.dark() ? theme.color(Role::Ink)
                                          : theme.color(Role::Line);
        const double radius = std::min(box.height() / 3, g);
        if (n.leftmost)
            s.box(box.adjusted(-g * 0.4, -g * 0.4, g * 0.4, g * 0.4), {}, theme.color(Role::Data), style.pen * 2,
                  radius + g * 0.4)
                .key = QStringLiteral("leftmost");
        s.box(box, fill, rim, style.pen, radius).key = QStringLiteral("node.%1").arg(n.pid);
        if (n.moved || n.selected)
            s.box(box.adjusted(-g * 0.2, -g * 0.2, g * 0.2, g * 0.2), {},
                  theme.color(n.selected ? Role::Selected : Role::Accent), style.pen * 1.8, radius)
                .key = QStringLiteral("ring.%1").arg(n.pid);
        const double line = small * 0.95;
        const int lines = box.width() < style.em * 3 ? 0 : static_cast<int>(box.height() / line);
        std::vector<std::pair<QString, Font>> text;
        const bool wide = box.width() > style.em * 9;
        if (lines >= 1)
            text.emplace_back(wide ? QStringLiteral("%1 %2").arg(n.name).arg(n.pid) : QString::number(n.pid),
                              Font::Small);
        if (lines >= 2 && box.width() > style.em * 7) text.emplace_back(vruntime(n.vruntime), Font::MonoSmall);
        if (lines >= 3 && wide)
            text.emplace_back(m.averageVruntime ? Words::tr("lag %1").arg(static_cast<double>(n.lag) / 1e6, 0, 'f', 2)
                                                : QStringLiteral("%1 · nice %2").arg(n.weight).arg(n.nice),
                              Font::MonoSmall);
        if (lines >= 4 && wide && m.averageVruntime)
            text.emplace_back(Words::tr("due %1").arg(vruntime(n.deadline)), Font::MonoSmall);
        double y = box.center().y() - static_cast<double>(text.size()) * line / 2;
        int part = 0;
        for (const auto& [words, font] : text) {
            s.text(QRectF(box.x() + g * 0.3, y, box.width() - g * 0.6, line), words, font, ink, Qt::AlignCenter).key =
                QStringLiteral("text%1.%2").arg(part++).arg(n.pid);
            y += line;
        }
        // Red and black say it twice: by a letter too.
        if (!running && wide && lines >= 3)
            s.text(QRectF(box.right() - g * 1.4, box.y(), g * 1.1, small),
                   n.red ? QStringLiteral("R") : QStringLiteral("B"), Font::Small, ink, Qt::AlignCenter)
                .key = QStringLiteral("letter.%1").arg(n.pid);
        Spot& spot =
            s.spot(box, QStringLiteral("node.%1").arg(n.pid), QStringLiteral("%1 %2").arg(n.name).arg(n.pid),
                   sentence(n) + (n.leftmost ? QLatin1Char(' ') + Words::tr("It is the leftmost.") : QString()),
                   Subject::task(n.pid));
        spot.changed = n.moved;
    }

    // Lines of a node, and of the running one.
    double nodeHeight() const { return small * (m.averageVruntime ? 4.4 : 3.5); }

    // The policies without a tree: a queue, whose first is next, and to whose end goes whoever has had its turn.
    double queue(QRectF area) {
        double y = area.y();
        y += s.caption(area.topLeft(), area.width(),
                       Words::tr("This policy keeps a queue, not a tree.") + QLatin1Char(' ') + policySentence(m.kind),
                       QStringLiteral("no-tree")) +
             g;
        y += s.heading({area.x(), y}, area.width(), Words::tr("Queue"),
                       m.fifo.empty() ? Words::tr("nobody waits for the CPU")
                                      : Words::tr("%n in it; the first is next, new ones and who has had its turn go "
                                                  "to the end",
                                                  nullptr, static_cast<int>(m.fifo.size()))) +
             g;
        const double h = small * 2.2, gap = g * 3;
        double x = area.x();
        for (std::size_t i = 0; i < m.fifo.size(); ++i) {
            const QueuedTask& t = m.fifo[i];
            const QString name = QStringLiteral("%1 %2").arg(t.name).arg(t.pid);
            const double w = std::clamp(style.width(Font::Words, name) + 4 * g, style.em * 10, area.width());
            if (x > area.x() && x + w > area.right()) x = area.x(), y += h + g * 1.5;
            if (y + h + row > area.bottom() && i > 0) {
                s.text(QRectF(area.x(), y, area.width(), row),
                       Words::tr("and %n more", nullptr, static_cast<int>(m.fifo.size() - i)), Font::Small,
                       theme.color(Role::Muted));
                return y + row;
            }
            const QRectF box(x, y, w, h);
            if (i > 0 && x > area.x())
                s.line({QPointF(x - g * 0.3, box.center().y()), QPointF(x - gap + g * 0.3, box.center().y())},
                       theme.color(Role::Muted), Arrow::End);
            s.box(box, theme.taskFill(t.pid), i == 0 ? theme.color(Role::Data) : theme.task(t.pid),
                  style.pen * (i == 0 ? 2 : 1))
                .key = QStringLiteral("queued.%1").arg(t.pid);
            s.mark({box.x() + g * 1.4, box.center().y()}, Theme::taskMark(t.pid), theme.task(t.pid)).key =
                QStringLiteral("queued.mark.%1").arg(t.pid);
            s.text(box.adjusted(g * 2.6, 0, -g * 0.5, 0), name, Font::Words, theme.inkOn(theme.taskFill(t.pid))).key =
                QStringLiteral("queued.text.%1").arg(t.pid);
            s.spot(box, QStringLiteral("fifo.%1").arg(i), name,
                   i == 0 ? Words::tr("%1 is the first of the queue: it runs next.").arg(name)
                          : Words::tr("%1 waits behind %n other(s).", nullptr, static_cast<int>(i)).arg(name),
                   Subject::task(t.pid));
            x = box.right() + gap;
        }
        return m.fifo.empty() ? y : y + h + g;
    }

    // EEVDF: where the weighted average of all vruntimes lies. Who is left of it has had less than its share.
    void average(QRectF area, double step, double bottom) {
        const auto first = std::find_if(m.nodes.begin(), m.nodes.end(), [](const CfsNode& n) { return !n.eligible; });
        const double x = area.x() + step * static_cast<double>(first - m.nodes.begin());
        std::get<LineShape>(s.line({QPointF(x, area.y()), QPointF(x, bottom)}, theme.color(Role::Data)).what).dashed =
            true;
        const QString text = QStringLiteral("V = %1").arg(vruntime(*m.averageVruntime));
        const double w = style.width(Font::MonoSmall, text) + g;
        const QRectF label(std::clamp(x - w / 2, area.x(), area.right() - w), bottom - small, w, small);
        s.box(label, theme.color(Role::Paper), {}, 0, 0);
        s.text(label, text, Font::MonoSmall, {}, Qt::AlignCenter);
        s.spot(
            label, QStringLiteral("average"), text,
            Words::tr("V is the average of all vruntimes, each by its weight. Who is left of it has a lag above 0: it "
                      "has had less than its share and is eligible. The others must wait, whatever their deadlines."));
    }

    double tree(QRectF area) {
        if (m.root < 0) {
            if (m.kind != SchedKind::Cfs && m.kind != SchedKind::Eevdf) return queue(area);
            return s.caption(area.topLeft(), std::min(area.width(), style.em * 70),
                             Words::tr("The tree is empty: no task waits for the CPU."), QStringLiteral("no-tree")) +
                   area.y();
        }
        int deepest = 0;
        for (const CfsNode& n : m.nodes) deepest = std::max(deepest, n.depth);
        const double step = area.width() / static_cast<double>(m.nodes.size());
        // A node is as wide as its neighbours on the same level leave room for.
        std::vector<double> room(static_cast<std::size_t>(deepest) + 1, static_cast<double>(m.nodes.size()));
        std::vector<int> last(room.size(), -1);
        for (std::size_t i = 0; i < m.nodes.size(); ++i) {
            const auto d = static_cast<std::size_t>(m.nodes[i].depth);
            if (last[d] >= 0) room[d] = std::min(room[d], static_cast<double>(static_cast<int>(i) - last[d]));
            last[d] = static_cast<int>(i);
        }
        const double most = style.em * 15;
        const double levelH = std::clamp(area.height() / (deepest + 1.3), row * 1.5, nodeHeight() + row * 1.5);
        const double tall = std::min(levelH - g * 1.6, nodeHeight());
        const auto boxOf = [&](std::size_t i) {
            const CfsNode& n = m.nodes[i];
            const double w =
                std::clamp(room[static_cast<std::size_t>(n.depth)] * step - g * 0.8, std::min(step, g), most);
            const double h = w < style.em * 3 ? std::min(w, tall) : w < style.em * 7 ? small * 1.3 : tall;
            const double x =
                std::clamp(area.x() + (static_cast<double>(i) + 0.5) * step, area.x() + w / 2, area.right() - w / 2);
            return QRectF(x - w / 2, area.y() + n.depth * levelH + g, w, h);
        };
        const double under = area.y() + (deepest + 1) * levelH + g * 0.5 + (m.averageVruntime ? small : 0);
        if (m.averageVruntime) average(area, step, under);
        std::size_t hidden = 0;
        const auto tooSmall = [&](const CfsNode& n) { return room[static_cast<std::size_t>(n.depth)] * step < 3; };
        for (std::size_t i = 0; i < m.nodes.size(); ++i) {
            if (tooSmall(m.nodes[i])) {
                ++hidden;
                continue;
            }
            for (int child : {m.nodes[i].left, m.nodes[i].right}) {
                if (child < 0 || tooSmall(m.nodes[static_cast<std::size_t>(child)])) continue;
                const QRectF from = boxOf(i), to = boxOf(static_cast<std::size_t>(child));
                s.line({QPointF(from.center().x(), from.bottom()), QPointF(to.center().x(), to.top())},
                       theme.color(Role::Line))
                    .key = QStringLiteral("edge.%1").arg(m.nodes[static_cast<std::size_t>(child)].pid);
            }
        }
        for (std::size_t i = 0; i < m.nodes.size(); ++i)
            if (!tooSmall(m.nodes[i])) node(m.nodes[i], boxOf(i), false);
        // The axis under the tree: keys grow to the right.
        double y = under;
        if (hidden) {
            s.text(QRectF(area.x(), y, area.width(), small),
                   Words::tr("%n more below, too small to be drawn", nullptr, static_cast<int>(hidden)), Font::Small,
                   theme.color(Role::Muted), Qt::AlignCenter);
            y += small;
        }
        s.line({QPointF(area.x(), y), QPointF(area.right(), y)}, theme.color(Role::Muted), Arrow::End);
        const QString text = m.kind == SchedKind::Eevdf
                                 ? Words::tr("vruntime grows; of those left of V the one that is due first runs next")
                                 : Words::tr("vruntime grows: the leftmost runs next");
        const QRectF below(area.x(), y + g * 0.2, area.width(), s.wrappedHeight(text, Font::Small, area.width()));
        if (below.height() > small * 1.5)
            s.paragraph(below, text, Font::Small, theme.color(Role::Muted));
        else
            s.text(below, text, Font::Small, theme.color(Role::Muted), Qt::AlignRight | Qt::AlignVCenter);
        return below.bottom() + g * 0.5;
    }

    // What the last step did to the tree, to be played.
    double steps(double x, double y, double width) {
        if (m.steps.empty()) return y;
        const int count = static_cast<int>(m.steps.size()), shown = m.step < 0 ? count - 1 : m.step;
        const auto to = [&](int index, bool play = false) {
            return Command{
                Command::Kind::Setting, 0,
                QStringLiteral("step=%1:%2%3").arg(m.tick).arg(index).arg(play ? QStringLiteral(":play") : QString())};
        };
        double at = x;
        at =
            button(at, y, m.playing ? Words::tr("stop") : Words::tr("▶ play"), QStringLiteral("tree.play"),
                   m.playing ? Words::tr("Stops here.")
                             : Words::tr("Plays what the last step did to the tree: insertion and removal, recolouring "
                                         "and rotation one by one."),
                   m.playing ? to(shown) : to(0, true));
        at = button(at, y, QStringLiteral("◀"), QStringLiteral("tree.back"), Words::tr("The change before."),
                    shown > 0 ? to(shown - 1) : Command{});
        at = button(at, y, QStringLiteral("▶"), QStringLiteral("tree.next"), Words::tr("The next change."),
                    shown + 1 < count ? to(shown + 1, m.playing) : Command{});
        // One dot for each: click to see the tree after it.
        const double pitch = std::clamp((x + width * 0.5 - at) / count, g * 0.5, g * 1.6);
        for (int i = 0; i < count; ++i) {
            const QPointF centre(at + pitch * (i + 0.5), y + row / 2);
            if (i == shown)
                s.dot(centre, theme.color(Role::Accent), g * 0.55);
            else
                s.box(QRectF(centre - QPointF(g, g) * 0.3, QSizeF(g, g) * 0.6), theme.color(Role::Line), {}, 0,
                      g * 0.3);
            s.spot(QRectF(centre.x() - pitch / 2, y, pitch, row), QStringLiteral("tree.step.%1").arg(i),
                   Words::tr("change %1 of %2").arg(i).arg(count - 1), m.steps[static_cast<std::size_t>(i)])
                .click = to(i);
        }
        at += pitch * count + g;
        s.text(QRectF(at, y, x + width - at, row), Words::tr("change %1 of %2").arg(shown).arg(count - 1), Font::Small,
               theme.color(Role::Muted));
        y += row + g * 0.3;
        y += s.caption({x, y}, width, m.steps[static_cast<std::size_t>(shown)], QStringLiteral("tree.caption"));
        s.series = m.step >= 0;
        if (m.playing) s.next = QStringLiteral("tree.next");
        return y + g;
    }

    double formula(double x, double y, double width) {
        if (!m.hasChosen || m.formula.empty()) return y;
        y += s.heading({x, y}, width, Words::tr("The rule with numbers"),
                       QStringLiteral("%1 %2").arg(m.chosen.name).arg(m.chosen.pid)) +
             g * 0.3;
        for (std::size_t i = 0; i < m.formula.size(); ++i) {
            const auto& [symbols, numbers] = m.formula[i];
            const double left = style.width(Font::MonoSmall, symbols), right = style.width(Font::MonoSmall, numbers);
            const bool one = left + right + 2 * g < width;
            s.text(QRectF(x, y, width, row), symbols, Font::MonoSmall, theme.color(Role::Muted));
            if (!one) y += small;
            s.text(QRectF(x, y, width, row), numbers, Font::MonoSmall, {},
                   (one ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
            s.spot(QRectF(x, one ? y : y - small, width, one ? row : row + small), QStringLiteral("formula.%1").arg(i),
                   symbols, QStringLiteral("“%1”: “%2”").arg(symbols, numbers));
            y += row;
        }
        return y + g;
    }

    // Forty bars, as high as the weight (on a scale on which each nice step is a step): the chosen task's is filled.
    double slider(double x, double y, double width) {
        if (!m.hasChosen || !m.canRenice) return y;
        y +=
            s.heading({x, y}, width, Words::tr("Nice"), Words::tr("click or drag to change it from here on")) + g * 0.3;
        const QRectF area(x, y, width, row * 2.2);
        const double step = area.width() / 40, top = std::log(88761.0), low = std::log(12.0);
        for (int i = 0; i < 40; ++i) {
            const double h = area.height() *
                             (std::log(static_cast<double>(kPrioToWeight[static_cast<std::size_t>(i)])) - low) /
                             (top - low);
            const bool here = i - 20 == m.chosen.nice;
            const QRectF bar(area.x() + i * step + step * 0.12, area.bottom() - h, step * 0.76, h);
            s.box(bar, here ? theme.color(Role::Accent) : theme.color(Role::Line), {}, 0, 0);
        }
        const i32 pid = m.chosen.pid;
        Spot& spot = s.spot(area, QStringLiteral("nice"), Words::tr("nice %1").arg(m.chosen.nice),
                            Words::tr("%1 %2 has nice %3, weight %4.")
                                .arg(m.chosen.name)
                                .arg(pid)
                                .arg(m.chosen.nice)
                                .arg(m.chosen.weight));
        const QString name = m.chosen.name;
        spot.slides = true;
        spot.resolve = [area, step, pid, name](QPointF at) {
            const int i = std::clamp(static_cast<int>((at.x() - area.x()) / step), 0, 39);
            Spot found;
            found.rect = QRectF(area.x() + i * step, area.y(), step, area.height());
            found.key = QStringLiteral("nice");
            found.label = Words::tr("nice %1").arg(i - 20);
            found.what =
                Words::tr("nice %1 is weight %2. Click to give it to %3 %4 from this moment on: a new future begins.")
                    .arg(i - 20)
                    .arg(kPrioToWeight[static_cast<std::size_t>(i)])
                    .arg(name)
                    .arg(pid);
            found.click = niceTo(pid, i - 20);
            return found;
        };
        for (int by : {1, -1})
            if (m.chosen.nice + by <= 19 && m.chosen.nice + by >= -20)
                spot.offers.push_back({Words::tr("nice %1").arg(m.chosen.nice + by), niceTo(pid, m.chosen.nice + by)});
        y = area.bottom() + g * 0.2;
        s.text(QRectF(x, y, width, small), QStringLiteral("−20"), Font::MonoSmall, theme.color(Role::Muted));
        s.text(QRectF(x, y, width, small), QStringLiteral("19"), Font::MonoSmall, theme.color(Role::Muted),
               Qt::AlignRight | Qt::AlignVCenter);
        s.text(QRectF(x, y, width, small), Words::tr("nice %1, weight %2").arg(m.chosen.nice).arg(m.chosen.weight),
               Font::Small, {}, Qt::AlignCenter);
        y += small + g * 0.4;
        double at = x;
        if (m.chosen.nice > -20)
            at = button(at, y, QStringLiteral("−1"), QStringLiteral("nice.less"),
                        Words::tr("One nice value less: heavier."), niceTo(pid, m.chosen.nice - 1));
        if (m.chosen.nice < 19)
            button(at, y, QStringLiteral("+1"), QStringLiteral("nice.more"), Words::tr("One nice value more: lighter."),
                   niceTo(pid, m.chosen.nice + 1));
        return y + row + g;
    }
    static Command niceTo(i32 pid, int nice) {
        return {Command::Kind::Schedule, 0, QStringLiteral("nice.%1=%2").arg(pid).arg(nice)};
    }

    double tasks(double x, double y, double width, const QString& title, const std::vector<QueuedTask>& list,
                 const QString& key, i32 marked = 0) {
        if (list.empty()) return y;
        constexpr std::size_t kMost = 12;
        y += s.heading({x, y}, width, title) + g * 0.2;
        for (std::size_t i = 0; i < std::min(kMost, list.size()); ++i) {
            const QueuedTask& t = list[i];
            const QString name = QStringLiteral("%1 %2").arg(t.name).arg(t.pid);
            const QRectF box(x, y, width, row);
            s.mark({x + g * 0.8, box.center().y()}, Theme::taskMark(t.pid), theme.task(t.pid));
            const double nameW = std::min(style.width(Font::Words, name) + g, width - 2 * g);
            s.text(QRectF(x + g * 2, y, nameW, row), name, t.pid == marked ? Font::Strong : Font::Words);
            const QString detail = t.pid == marked ? Words::tr("chosen") : t.detail;
            if (width - nameW - 3 * g > style.em * 6)
                s.text(QRectF(x + g * 2 + nameW, y, width - nameW - 2 * g, row), detail, Font::Small,
                       theme.color(Role::Muted), Qt::AlignRight | Qt::AlignVCenter);
            s.spot(box, QStringLiteral("%1.%2").arg(key).arg(i), name,
                   detail.isEmpty() ? name : QStringLiteral("%1: %2").arg(name, detail), Subject::task(t.pid));
            y += row;
        }
        if (list.size() > kMost) {
            s.text(QRectF(x + g * 2, y, width, row),
                   Words::tr("and %n more", nullptr, static_cast<int>(list.size() - kMost)), Font::Small,
                   theme.color(Role::Muted));
            y += row;
        }
        return y + g;
    }

    // A hundred bits, one for each list, and the lists that have somebody.
    double realTime(double x, double y, double width) {
        if (m.realTime.empty() && m.realTimeNote.isEmpty()) return y;
        y += s.heading({x, y}, width, Words::tr("Real time"), Words::tr("before everyone else")) + g * 0.3;
        const double step = width / 50, cell = std::min(step * 0.8, g);
        for (int i = 0; i < 100; ++i) {
            const int priority = 99 - i;
            const bool set = std::any_of(m.realTime.begin(), m.realTime.end(),
                                         [&](const RealTimeList& l) { return l.priority == priority; });
            s.box(QRectF(x + (i % 50) * step, y + (i / 50) * (cell + g * 0.3), cell, cell),
                  set ? theme.color(Role::Kernel) : theme.color(Role::Field), theme.color(Role::Line), style.pen * 0.5,
                  0);
        }
        s.spot(
            QRectF(x, y, width, 2 * cell + g * 0.3), QStringLiteral("bitmap"), Words::tr("bitmap"),
            Words::tr("One bit for each priority from 99 down to 0, set where the list is not empty: the first set bit "
                      "names the list that runs."));
        y += 2 * cell + g;
        for (const RealTimeList& list : m.realTime)
            y = tasks(x, y, width, Words::tr("priority %1").arg(list.priority), list.tasks,
                      QStringLiteral("rt%1").arg(list.priority));
        if (!m.realTimeNote.isEmpty()) y += s.caption({x, y}, width, m.realTimeNote, QStringLiteral("rt.note")) + g;
        return y;
    }

    double side(double x, double y, double width) {
        if (!m.decision.isEmpty()) {
            y += s.heading({x, y}, width, Words::tr("The last choice")) + g * 0.3;
            y += s.caption({x, y}, width, m.decision, QStringLiteral("why")) + g;
        }
        y = formula(x, y, width);
        y = slider(x, y, width);
        y = realTime(x, y, width);
        y = tasks(x, y, width, Words::tr("Deadlines, the earliest first"), m.deadlines, QStringLiteral("deadline"));
        return tasks(x, y, width, Words::tr("Could run then"), m.candidates, QStringLiteral("candidate"), m.decided);
    }

    void paintAll() {
        const double margin = g * 1.5, width = s.size().width() - 2 * margin;
        double y = margin;
        y += s.heading({margin, y}, width, Words::tr("Run queue"),
                       Words::tr("%1 runnable   min_vruntime %2   total weight %3")
                           .arg(m.running)
                           .arg(vruntime(m.minVruntime))
                           .arg(m.totalWeight)) +
             g * 0.5;
        y = policies(margin, y, width) + g;
        const bool beside = width > style.em * 95;
        const double sideW = beside ? std::clamp(width * 0.32, style.em * 38, style.em * 56) : width;
        const double mainW = beside ? width - sideW - 3 * g : width;
        const double top = y;
        if (m.hasCurrent) {
            const double h = nodeHeight(), label = style.width(Font::Strong, Words::tr("on the CPU")) + 2 * g;
            s.text(QRectF(margin, y, label, h), Words::tr("on the CPU"), Font::Strong);
            node(m.current, QRectF(margin + label, y, std::min(style.em * 18, mainW - label), h), true);
            y += h + g * 1.5;
        }
        y = steps(margin, y, mainW);
        const double room = s.size().height() - y - margin - small * 2;
        y = tree(QRectF(margin, y, mainW, std::max(row * 7, beside ? room : room * 0.6)));
        if (beside) {
            s.line(
                {QPointF(margin + mainW + 1.5 * g, top), QPointF(margin + mainW + 1.5 * g, s.size().height() - margin)},
                theme.color(Role::Line));
            y = std::max(y, side(margin + mainW + 3 * g, top, sideW));
        } else {
            y = side(margin, y + g, sideW);
        }
        s.growTo(s.size().width(), y + margin);
    }
};

}  // namespace

Scene paint(const CfsModel& model, const StylePtr& style, QSizeF size) {
    Scene scene(style, size);
    scene.grows = true;
    if (!model.loaded) {
        scene.empty(Words::tr("No machine is running, so nobody waits for the CPU. The sample hogs fills this view."));
        return scene;
    }
    Painter{model, scene}.paintAll();
    return scene;
}

}  // namespace ringside
