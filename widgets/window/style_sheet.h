// Fusion draws gradients; this makes the window as flat as the pictures in it.
#pragma once

#include <QString>

#include "widgets/canvas/style.h"

namespace ringside {
QString styleSheet(const Style& style);
}
