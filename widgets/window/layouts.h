// Perspectives as text: which views stand where. "H(V(a*3 b)*2 T(c d))": a over b at the left, and c and d as tabs at
// the right; *n is a weight. Views that a registry row puts into the perspective and the text does not name become tabs
// beside the first view of their area.
#pragma once

#include <QRectF>
#include <QString>
#include <vector>

#include "widgets/canvas/view.h"

namespace ringside {

struct LayoutNode {
    enum class Kind : u8 { View, Row, Column, Tabs };
    Kind kind = Kind::View;
    QString view;
    double weight = 1;
    std::vector<LayoutNode> children;

    std::vector<QString> views() const;  // all, in order
};

// Views that do not exist (yet) are left out, and so are containers that become empty.
LayoutNode parseLayout(const QString& text, const std::vector<QString>& existing);
LayoutNode layoutOf(Perspective p);

// Where each view would lie in `area`; tabbed views share one place.
std::vector<std::pair<QString, QRectF>> placesOf(const LayoutNode& node, QRectF area);

}  // namespace ringside
