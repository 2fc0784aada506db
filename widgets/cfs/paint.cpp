#include <algorithm>

#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/cfs/cfs.h"

namespace ringside {
namespace {

struct Painter {
    const CfsModel& m;
    Scene& s;
    const Style& style = s.style();
    const Theme& theme = s.theme();
    double g = style.grid, row = style.row();

    QString vruntime(u64 ns) const {
        return QString::number(static_cast<double>(ns) / 1e6, 'f', 2) + QStringLiteral(" ms");
    }

    QString sentence(const CfsNode& n) const {
        return Words::tr("%1, PID %2: vruntime %3, weight %4 (nice %5), ran %6 in all.")
            .arg(n.name)
            .arg(n.pid)
            .arg(vruntime(n.vruntime))
            .arg(n.weight)
            .arg(n.nice)
            .arg(vruntime(n.sumRuntime));
    }

    // `size` of a node; small ones lose their text, line by line.
    void node(const CfsNode& n, QRectF box, bool running) {
        const QColor fill = running ? theme.fill(Role::User) : theme.color(n.red ? Role::RbRed : Role::RbBlack);
        const QColor ink = theme.inkOn(fill);
        const QColor rim = running        ? theme.color(Role::User)
                           : theme.dark() ? theme.color(Role::Ink)
                                          : theme.color(Role::Line);
        s.box(box, fill, rim, style.pen, box.height() / 3).key = QStringLiteral("node.%1").arg(n.pid);
        if (n.leftmost)
            s.box(box.adjusted(-g * 0.4, -g * 0.4, g * 0.4, g * 0.4), {}, theme.color(Role::Data), style.pen * 2,
                  box.height() / 3 + g * 0.4);
        if (n.moved || n.selected)
            s.box(box.adjusted(-g * 0.2, -g * 0.2, g * 0.2, g * 0.2), {},
                  theme.color(n.selected ? Role::Selected : Role::Accent), style.pen * 1.5, box.height() / 3);
        const double line = style.lineHeight(Font::Small);
        const bool two = box.height() >= 2 * line && box.width() > style.em * 7;
        if (box.width() > style.em * 3) {
            const QString name = QStringLiteral("%1 %2").arg(n.name).arg(n.pid);
            s.text(QRectF(box.x() + g * 0.3, box.y(), box.width() - g * 0.6, two ? box.height() / 2 : box.height()),
                   two ? name : QString::number(n.pid), Font::Small, ink, Qt::AlignCenter)
                .key = QStringLiteral("name.%1").arg(n.pid);
            if (two)
                s.text(QRectF(box.x() + g * 0.3, box.center().y(), box.width() - g * 0.6, box.height() / 2),
                       vruntime(n.vruntime), Font::MonoSmall, ink, Qt::AlignCenter)
                    .key = QStringLiteral("vruntime.%1").arg(n.pid);
        }
        if (!running && box.height() > line) {
            s.text(QRectF(box.right() - g * 1.2, box.y() - g * 0.2, g, line),
                   n.red ? QStringLiteral("R") : QStringLiteral("B"), Font::Small, ink);
        }
        Spot& spot = s.spot(box, QStringLiteral("node.%1").arg(n.pid), QStringLiteral("%1 %2").arg(n.name).arg(n.pid),
                            sentence(n), Subject::task(n.pid));
        spot.changed = n.moved;
    }

    double tree(QRectF area) {
        if (m.root < 0) {
            s.text(area,
                   m.fifo.empty() ? Words::tr("The tree is empty: nobody waits for the CPU.")
                                  : Words::tr("This policy uses a queue, not a tree."),
                   Font::Words, theme.color(Role::Muted), Qt::AlignCenter);
            return area.y() + 3 * row;
        }
        int depth = 0;
        for (const CfsNode& n : m.nodes) depth = std::max(depth, n.depth);
        const double slots = static_cast<double>(m.nodes.size());
        const double step = area.width() / slots;
        const double nodeW = std::min(style.em * 13, std::max(g * 0.8, step * (depth > 3 ? 1.7 : 1.4))),
                     nodeH = nodeW < style.em * 7 ? std::min(row, nodeW) : row * 1.9;
        const double levelH = std::min(row * 4, std::max(nodeH + g, area.height() / (depth + 1)));
        auto boxOf = [&](const CfsNode& n) {
            const double cx =
                std::clamp(area.x() + (n.order + 0.5) * step, area.x() + nodeW / 2, area.right() - nodeW / 2);
            return QRectF(cx - nodeW / 2, area.y() + n.depth * levelH + g, nodeW, nodeH);
        };
        for (const CfsNode& n : m.nodes)
            for (int child : {n.left, n.right})
                if (child >= 0) {
                    const QRectF from = boxOf(n), to = boxOf(m.nodes[static_cast<std::size_t>(child)]);
                    s.line({QPointF(from.center().x(), from.bottom()), QPointF(to.center().x(), to.top())},
                           theme.color(Role::Line))
                        .key = QStringLiteral("edge.%1").arg(m.nodes[static_cast<std::size_t>(child)].pid);
                }
        for (const CfsNode& n : m.nodes) node(n, boxOf(n), false);
        // The axis under the tree: keys grow to the right.
        const double y = area.y() + (depth + 1) * levelH + g;
        s.line({QPointF(area.x(), y), QPointF(area.right(), y)}, theme.color(Role::Muted), Arrow::End);
        s.text(QRectF(area.x(), y, area.width(), style.lineHeight(Font::Small)),
               Words::tr("vruntime grows: the leftmost runs next"), Font::Small, theme.color(Role::Muted),
               Qt::AlignRight | Qt::AlignVCenter);
        return y + style.lineHeight(Font::Small);
    }

    void paintAll() {
        const double margin = g * 1.5, width = s.size().width() - 2 * margin;
        double y = margin;
        y += s.heading({margin, y}, width, Words::tr("Run queue"), m.policy) + g * 0.5;
        if (m.hasCurrent) {
            s.text(QRectF(margin, y, style.em * 12, row * 1.9), Words::tr("on the CPU"), Font::Strong);
            node(m.current, QRectF(margin + style.em * 13, y, style.em * 14, row * 1.9), true);
            s.text(QRectF(margin + style.em * 28, y, width - style.em * 28, row * 1.9),
                   Words::tr("%1 runnable   min_vruntime %2   total weight %3")
                       .arg(m.running)
                       .arg(vruntime(m.minVruntime))
                       .arg(m.totalWeight),
                   Font::Words, theme.color(Role::Muted));
            y += row * 2.4;
        }
        const bool sentences = !m.formula.isEmpty() || !m.decision.isEmpty();
        const double bottom = sentences ? 6 * style.lineHeight(Font::Words) + 3 * g : g;
        const double listsW =
            m.realTime.empty() && m.fifo.empty() && m.treeSteps.empty() ? 0 : std::min(width * 0.3, style.em * 34);
        double treeBottom = tree(QRectF(margin, y, width - listsW - (listsW > 0 ? g * 2 : 0),
                                        std::max(row * 6, s.size().height() - y - bottom - 3 * row)));
        if (listsW > 0) {
            double ly = y;
            const double x = margin + width - listsW;
            auto list = [&](const QString& title, const std::vector<QString>& lines) {
                if (lines.empty()) return;
                s.text(QRectF(x, ly, listsW, row), title, Font::Strong);
                ly += row;
                for (const QString& line : lines) {
                    s.text(QRectF(x, ly, listsW, row), line, Font::Words);
                    s.spot(QRectF(x, ly, listsW, row), QStringLiteral("%1.%2").arg(title).arg(ly), line, line);
                    ly += row;
                }
                ly += g;
            };
            list(Words::tr("Real time, before everyone else"), m.realTime);
            list(Words::tr("Queue, first to last"), m.fifo);
            list(Words::tr("What the last step did to the tree"), m.treeSteps);
            treeBottom = std::max(treeBottom, ly);
        }
        y = std::max(treeBottom + g, s.size().height() - bottom);
        if (!m.formula.isEmpty()) y += s.caption({margin, y}, width, m.formula) + g * 0.5;
        if (!m.decision.isEmpty())
            y += s.caption({margin, y}, width, Words::tr("Why: %1").arg(m.decision), QStringLiteral("why"));
        s.growTo(s.size().width(), y + margin);
    }
};

}  // namespace

Scene paint(const CfsModel& model, const StylePtr& style, QSizeF size) {
    Scene scene(style, size);
    if (!model.loaded) {
        scene.empty(Words::tr("No machine is running, so nobody waits for the CPU. The sample hogs fills this view."));
        return scene;
    }
    Painter{model, scene}.paintAll();
    return scene;
}

}  // namespace ringside
