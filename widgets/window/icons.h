// The icon set: one weight, drawn as SVG, coloured by the theme.
#pragma once

#include <QIcon>

#include "widgets/canvas/theme.h"

namespace ringside {
QIcon themedIcon(const QString& name, const Theme& theme);
}
