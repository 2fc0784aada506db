// Tells assistive technology what is on a canvas: one child per spot, with its name, explanation and place.
#pragma once

namespace ringside {
void installCanvasAccessibility();  // harmless when called again
}
