#include "widgets/canvas/table.h"

#include <algorithm>

namespace ringside {

Table::Table(Scene& scene, double x, double width, std::vector<Column> columns)
    : m_scene(scene),
      m_columns(std::move(columns)),
      m_x(m_columns.size()),
      m_width(m_columns.size()),
      m_left(x),
      m_total(width),
      m_row(scene.style().row()) {
    const Style& style = scene.style();
    width -= style.grid * 1.6;  // for the dot of a row that changed
    double wanted = 0, stretch = 0;
    for (std::size_t i = 0; i < m_columns.size(); ++i) {
        m_width[i] = std::max(m_columns[i].ems * style.em, style.width(Font::Small, m_columns[i].title) +
                                                               style.grid * (m_columns[i].sorted ? 2 : 0)) +
                     style.grid;
        wanted += m_width[i];
    }
    while (wanted > width) {
        std::size_t least = 0;
        for (std::size_t i = 0; i < m_columns.size(); ++i)
            if (m_width[i] > 0 && m_columns[i].rank > (m_width[least] > 0 ? m_columns[least].rank : -1)) least = i;
        if (m_columns[least].rank == 0) break;
        wanted -= std::exchange(m_width[least], 0);
    }
    // What must stay becomes narrower together.
    if (wanted > width)
        for (double& w : m_width) w *= width / wanted;
    for (std::size_t i = 0; i < m_columns.size(); ++i)
        if (m_width[i] > 0) stretch += m_columns[i].stretch;
    const double left = std::max(0.0, width - wanted);
    for (std::size_t i = 0; i < m_columns.size(); ++i) {
        if (m_width[i] > 0 && stretch > 0) m_width[i] += left * m_columns[i].stretch / stretch;
        m_x[i] = x;
        x += m_width[i];
    }
}

double Table::header(double y) {
    const Style& style = m_scene.style();
    for (std::size_t i = 0; i < m_columns.size(); ++i) {
        const Column& c = m_columns[i];
        if (!shows(i) || c.title.isEmpty()) continue;
        const QRectF box = rect(i, y);
        const double side = style.grid * 0.5;
        m_scene.text(box.adjusted(side, 0, -side, 0), c.sorted ? c.title + QStringLiteral(" ▾") : c.title, Font::Small,
                     m_scene.theme().color(c.sorted ? Role::Ink : Role::Muted),
                     (c.right ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
        if (c.what.isEmpty()) continue;
        Spot& spot = m_scene.spot(box, QStringLiteral("column.%1.%2").arg(m_left, 0, 'f', 0).arg(i), c.title, c.what);
        spot.click = c.click;
        spot.activate = c.click;
    }
    y += m_row;
    m_scene.line({QPointF(m_left, y), QPointF(m_left + m_total, y)}, m_scene.theme().color(Role::Line));
    return m_row + style.pen * 2;
}

void Table::cell(std::size_t column, double y, const QString& text, QColor ink, double indent) {
    if (!shows(column) || text.isEmpty()) return;
    const double side = m_scene.style().grid * 0.5;
    m_scene.text(rect(column, y).adjusted(side + indent, 0, -side, 0), text, m_columns[column].font, ink,
                 (m_columns[column].right ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
}

}  // namespace ringside
