#include "widgets/window/icons.h"

#include <QFile>
#include <QPainter>
#include <QPixmap>
#include <QSvgRenderer>

#include "widgets/canvas/style.h"

namespace ringside {

QIcon themedIcon(const QString& name, const Theme& theme) {
    loadResources();
    QFile file(":/icons/" + name + ".svg");
    if (!file.open(QIODevice::ReadOnly)) return {};
    QByteArray svg = file.readAll();
    QIcon icon;
    auto add = [&](QIcon::Mode mode, const QColor& color) {
        QSvgRenderer renderer(QByteArray(svg).replace("#000000", color.name().toLatin1()));
        for (int size : {16, 20, 24, 32, 48, 64}) {
            QPixmap pixmap(size, size);
            pixmap.fill(Qt::transparent);
            QPainter painter(&pixmap);
            renderer.render(&painter);
            painter.end();
            icon.addPixmap(pixmap, mode);
        }
    };
    QColor ink = theme.color(Role::Ink);
    add(QIcon::Normal, ink);
    add(QIcon::Disabled, blend(ink, theme.color(Role::Window), 0.65));
    return icon;
}

}  // namespace ringside
