#include "widgets/canvas/export.h"

#include <QBuffer>
#include <QFile>
#include <QFileInfo>
#include <QPainter>
#include <QPdfWriter>
#include <QSaveFile>
#include <QSvgGenerator>

#include "widgets/canvas/words.h"

namespace ringside {

QImage toImage(const Scene& scene, double scale) {
    QSize size = (scene.size() * scale).toSize().expandedTo({1, 1});
    QImage image(size, QImage::Format_ARGB32_Premultiplied);
    image.fill(scene.isNull() ? QColor(Qt::white) : scene.theme().color(Role::Paper));
    QPainter painter(&image);
    painter.scale(scale, scale);
    scene.draw(painter, QRectF({}, scene.size()));
    return image;
}

QByteArray toSvg(const Scene& scene, const QString& title) {
    QByteArray bytes;
    QBuffer buffer(&bytes);
    QSvgGenerator generator;
    generator.setOutputDevice(&buffer);
    generator.setTitle(title);
    generator.setDescription(Words::tr("Made by Ringside"));
    generator.setResolution(96);
    generator.setSize(scene.size().toSize());
    generator.setViewBox(QRectF({}, scene.size()));
    QPainter painter(&generator);
    painter.fillRect(QRectF({}, scene.size()), scene.theme().color(Role::Paper));
    scene.draw(painter, QRectF({}, scene.size()));
    painter.end();
    return bytes;
}

QByteArray toPdf(const Scene& scene, const QString& title) {
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    QPdfWriter writer(&buffer);
    writer.setTitle(title);
    writer.setCreator(Words::tr("Made by Ringside"));
    writer.setResolution(96);
    writer.setPageSize(QPageSize(scene.size() * 72 / 96, QPageSize::Point, {}, QPageSize::ExactMatch));
    writer.setPageMargins({});
    QPainter painter(&writer);
    painter.fillRect(QRectF({}, scene.size()), scene.theme().color(Role::Paper));
    scene.draw(painter, QRectF({}, scene.size()));
    painter.end();
    return bytes;
}

Expected<void> saveView(const QString& path, const Scene& scene, const TextTwin& twin, double scale) {
    QString suffix = QFileInfo(path).suffix().toLower();
    QByteArray bytes;
    if (suffix == "txt") {
        bytes = toText(twin).toUtf8();
    } else if (suffix == "json") {
        bytes = toJson(twin).toUtf8();
    } else if (suffix == "svg") {
        bytes = toSvg(scene, twin.label);
    } else if (suffix == "pdf") {
        bytes = toPdf(scene, twin.label);
    } else if (suffix == "png") {
        QBuffer buffer(&bytes);
        buffer.open(QIODevice::WriteOnly);
        toImage(scene, scale).save(&buffer, "PNG");
    } else {
        return fail(Words::tr("%1: the name must end in .png, .svg, .pdf, .txt or .json").arg(path).toStdString());
    }
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit())
        return fail(Words::tr("%1: %2").arg(path, file.errorString()).toStdString());
    return {};
}

}  // namespace ringside
