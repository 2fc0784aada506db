#include "widgets/canvas/view.h"

#include <algorithm>

namespace ringside {
namespace {

std::ptrdiff_t wholeTexts(const Scene& scene) {
    return std::ranges::count_if(scene.shapes(), [](const Shape& shape) {
        const auto* text = std::get_if<TextShape>(&shape.what);
        return text && text->whole.isEmpty();
    });
}

}  // namespace

bool fits(const Scene& scene, QSizeF paper) {
    return scene.size().height() < paper.height() + 0.5 && scene.size().width() < paper.width() + 0.5;
}

Scene paintLarge(const ViewModel& model, const StylePtr& style, QSizeF size) {
    Scene normal = model.paintScene(style, size);
    if (!normal.grows || !fits(normal, size)) return normal;
    for (double factor : {3.0, 2.5, 2.0, 1.75, 1.5, 1.25}) {
        if (factor > 2 && size.width() < style->em * 300) continue;  // only a whole large screen has room for that
        Scene large = model.paintScene(scaled(style, factor), size);
        if (fits(large, size) && wholeTexts(large) >= wholeTexts(normal)) return large;
    }
    return normal;
}

}  // namespace ringside
