// Columns of a table on a scene: those that matter least go first where it is narrow, what is left over goes to those
// that can use it. Rows are the painter's own; a table knows where the cells of one are.
#pragma once

#include <vector>

#include "widgets/canvas/scene.h"

namespace ringside {

struct Column {
    QString title;
    double ems = 0;  // wanted width, in widths of a digit
    Font font = Font::Words;
    bool right = false;   // numbers
    int rank = 0;         // 0 always stays; the highest goes first
    double stretch = 0;   // share of what is left over
    QString what;         // explains the column; empty: the title has no spot
    Command click{};      // of the title
    bool sorted = false;  // the rows are in this column's order
};

class Table {
 public:
    Table(Scene& scene, double x, double width, std::vector<Column> columns);
    double header(double y);  // titles and a line; returns the height
    bool shows(std::size_t column) const { return m_width[column] > 0; }
    QRectF rect(std::size_t column, double y) const { return {m_x[column], y, m_width[column], m_row}; }
    QRectF row(double y) const { return {m_left, y, m_total, m_row}; }
    double rowHeight() const { return m_row; }
    void cell(std::size_t column, double y, const QString& text, QColor ink = {}, double indent = 0);

 private:
    Scene& m_scene;
    std::vector<Column> m_columns;
    std::vector<double> m_x, m_width;
    double m_left, m_total, m_row;
};

}  // namespace ringside
