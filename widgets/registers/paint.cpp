#include <QRegularExpression>
#include <algorithm>
#include <cmath>

#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/registers/registers.h"

namespace ringside {
namespace {

void offers(Spot& spot, const RegistersModel::Row& r) {
    static constexpr std::pair<const char*, const char*> kRadixes[] = {
        {"hex", QT_TRANSLATE_NOOP("ringside::Words", "Show in hexadecimal")},
        {"unsigned", QT_TRANSLATE_NOOP("ringside::Words", "Show as unsigned number")},
        {"signed", QT_TRANSLATE_NOOP("ringside::Words", "Show as signed number")},
        {"binary", QT_TRANSLATE_NOOP("ringside::Words", "Show in binary")},
        {"char", QT_TRANSLATE_NOOP("ringside::Words", "Show as characters")},
        {"float", QT_TRANSLATE_NOOP("ringside::Words", "Show as floating-point number")},
    };
    for (auto& [id, text] : kRadixes)
        spot.offers.push_back({Words::tr(text), {Command::Kind::Setting, 0, QString("radix.%1=%2").arg(r.name, id)}});
    if (r.editable) {
        spot.offers.push_back({Words::tr("Change…"), {Command::Kind::Poke, 0, r.name}});
        spot.activate = {Command::Kind::Poke, 0, r.name};
        spot.edit = hex(r.raw);
    }
}

}  // namespace

Scene paint(const RegistersModel& model, const StylePtr& style, QSizeF size) {
    Scene scene(style, {size.width(), 0});
    if (!model.loaded) {
        scene.setSize(size);
        scene.empty(Words::tr("No machine is running. Open a program and its registers appear here."),
                    Words::tr("Open a program…"), {Command::Kind::Action, 0, "file.open"});
        return scene;
    }
    const Theme& theme = style->theme;
    double g = style->grid, row = style->row(), em = style->em, y = g * 0.5;
    double left = g, full = size.width() - 2 * g;
    // As many columns of registers as fit.
    double nameWidth = em * 7, valueWidth = em * 17, asideWidth = em * 12;
    double column = nameWidth + valueWidth + asideWidth + 2 * g;
    int columns = std::clamp(static_cast<int>(full / column), 1, 3);

    for (const RegistersModel::Group& group : model.groups) {
        bool first = group.key == "general";
        if (!first) {
            QRectF strip(left, y, full, row);
            scene.text(strip, (group.folded ? QString("▸ ") : QString("▾ ")) + group.title, Font::Strong,
                       theme.color(Role::Muted));
            bool changed = std::any_of(group.rows.begin(), group.rows.end(), [](auto& r) { return !r.old.isEmpty(); });
            if (group.folded && changed) scene.dot({left + full - g, strip.center().y()}, theme.color(Role::Accent));
            Spot& spot = scene.spot(
                strip, "group:" + group.key, group.title,
                group.folded ? Words::tr("Click to show these registers") : Words::tr("Click to fold these registers"));
            spot.click = {Command::Kind::Setting, 0, QString("fold.%1=%2").arg(group.key, group.folded ? "0" : "1")};
            y += row;
            if (group.folded) continue;
        }
        bool wide = group.key == "sse";
        double name = 0;
        for (const RegistersModel::Row& r : group.rows)
            name = std::max(name, style->width(Font::MonoStrong, r.name) + em);
        int here = wide ? std::max(1, static_cast<int>(full / (name + em * 33 + asideWidth))) : columns;
        double w = full / here;
        int count = static_cast<int>(group.rows.size()), perColumn = (count + here - 1) / here;
        for (int i = 0; i < count; ++i) {
            const RegistersModel::Row& r = group.rows[static_cast<std::size_t>(i)];
            QRectF rect(left + (i / perColumn) * w, y + (i % perColumn) * row, w - g * 0.5, row - 1);
            bool changed = !r.old.isEmpty();
            if (changed) scene.changed(rect.adjusted(0, 1, 0, -1));
            double x = rect.x() + g * 0.5;
            double room = wide ? em * 33 : std::max(valueWidth, style->width(Font::Mono, r.value) + g);
            scene.text({x, rect.y(), name, row}, r.name, Font::MonoStrong,
                       theme.readable(
                           theme.color(r.name == "rip" || r.name == "cs" ? (model.cpl == 3 ? Role::User : Role::Kernel)
                                                                         : Role::Ink),
                           changed ? theme.fill(Role::Accent) : theme.color(Role::Paper)));
            // Narrow columns keep the digits that count.
            double digits = std::min(room, rect.right() - x - name - (changed ? g * 1.5 : 0));
            QString value = r.value;
            if (style->width(Font::Mono, value) > digits && r.radix == Radix::Hex) {
                value.remove(QRegularExpression("^0+(?=.)"));
                if (style->width(Font::Mono, value) > digits)
                    value =
                        QChar(0x2026) + value.right(std::max<qsizetype>(1, static_cast<qsizetype>(digits / em) - 1));
            }
            scene
                .text({x + name, rect.y(), digits, row}, value, changed ? Font::MonoStrong : Font::Mono,
                      theme.color(r.raw == 0 && !changed ? Role::Muted : Role::Ink))
                .key = "value:" + r.name;
            double asideX = x + name + room;
            if (asideX + em * 6 < rect.right() - g)
                scene.text({asideX, rect.y(), rect.right() - asideX - g * 1.5, row}, r.aside, Font::MonoSmall,
                           changed ? theme.readable(theme.color(Role::Muted), theme.fill(Role::Accent))
                                   : theme.color(Role::Muted));
            if (r.name == model.selected) scene.selected(rect);
            QString what = r.what + ".";
            if (changed) what += " " + Words::tr("It was %1, it is %2.").arg(r.old, r.value);
            Spot& spot = scene.spot(rect, r.name, r.name + " " + r.value, what,
                                    r.pointer ? Subject::address(r.raw) : Subject::reg(r.name));
            spot.changed = changed;
            offers(spot, r);
        }
        y += perColumn * row + g * 0.5;
        if (first) {
            // The flags as letters: set ones are boxed.
            double x = left + g * 0.5;
            for (const RegistersModel::Flag& f : model.flags) {
                double w2 = em * 2 + g * 0.75;
                if (x + w2 > left + full) {
                    x = left + g * 0.5;
                    y += row + 2;
                }
                QRectF rect(x, y, w2, row);
                scene.box(rect,
                          f.changed ? theme.fill(Role::Accent)
                          : f.set   ? theme.color(Role::Header)
                                    : QColor(),
                          f.changed ? theme.color(Role::Accent)
                          : f.set   ? theme.color(Role::Ink)
                                    : theme.color(Role::Line),
                          f.changed || f.set ? style->pen : style->pen * 0.5);
                scene.text(rect, f.name, f.set ? Font::MonoStrong : Font::Mono,
                           f.set ? theme.color(Role::Ink)
                                 : theme.readable(theme.color(Role::Muted),
                                                  f.changed ? theme.fill(Role::Accent) : theme.color(Role::Paper)),
                           Qt::AlignCenter);
                Spot& spot =
                    scene.spot(rect, "flag:" + f.name, f.name + (f.set ? "=1" : "=0"),
                               f.name == "AC" ? f.what : f.what + ' ' + Words::tr("Double click turns it over."));
                spot.changed = f.changed;
                if (f.name != "AC") spot.activate = {Command::Kind::Poke, 0, f.name.toLower() + (f.set ? "=0" : "=1")};
                x += w2 + g * 0.5;
            }
            y += row + g;
        }
    }
    scene.growTo(size.width(), y);
    return scene;
}

}  // namespace ringside
