// How a lane looks, wherever lanes are drawn.
#pragma once

#include "widgets/canvas/time_axis.h"
#include "widgets/lanes/spans.h"

namespace ringside {

// Filled is running, its kernel part hatched; a pale hatch is waiting for the CPU; a thin line asleep. Summaries are
// filled from below by the share of the CPU, above it the share of waiting.
void paintSpans(Scene& scene, const TimeScale& scale, const QRectF& area, const std::vector<PhaseSpan>& spans, i32 pid);
QRectF spanRect(const TimeScale& scale, const QRectF& area, u64 from, u64 to);

}  // namespace ringside
