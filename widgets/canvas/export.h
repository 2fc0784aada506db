// A scene as a file: PNG, SVG and PDF from the same shapes that are on the screen.
#pragma once

#include <QByteArray>
#include <QImage>

#include "core/base/error.h"
#include "widgets/canvas/scene.h"
#include "widgets/canvas/twin.h"

namespace ringside {

QImage toImage(const Scene& scene, double scale = 1);
QByteArray toPdf(const Scene& scene, const QString& title);  // one page of the scene's size
QByteArray toSvg(const Scene& scene, const QString& title);

// By the ending of the name: .png, .svg, .pdf, .txt or .json.
Expected<void> saveView(const QString& path, const Scene& scene, const TextTwin& twin, double scale = 2);

}  // namespace ringside
