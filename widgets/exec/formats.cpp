#include "widgets/exec/formats.h"

#include "widgets/canvas/words.h"

namespace ringside {
namespace {

QString looksFor(const MiscFormat& format) {
    if (!format.byMagic) return QStringLiteral(".%1").arg(qs(format.magic));
    const auto bytes = [](const std::string& text) {
        return QString::fromLatin1(QByteArray::fromStdString(text).toHex(' '));
    };
    QString text = QStringLiteral("%1 @%2").arg(bytes(format.magic)).arg(format.offset);
    if (!format.mask.empty()) text += QStringLiteral(" & %1").arg(bytes(format.mask));
    return text;
}

QString sentence(const MiscRow& row) {
    return Words::tr("A file that is or begins like %1 is started by %2. %3 A click turns it on or off.")
        .arg(row.looksFor, row.interpreter,
             row.enabled ? Words::tr("It is on.") : Words::tr("It is off: nobody asks it."));
}

}  // namespace

std::vector<MiscRow> miscRows(const Machine& machine) {
    std::vector<MiscRow> rows;
    for (const MiscFormat& f : machine.kernel.vfs.miscFormats)
        rows.push_back({qs(f.name), looksFor(f), qs(f.interpreter), qs(f.flags), f.enabled});
    return rows;
}

double paintMiscRows(Scene& s, const std::vector<MiscRow>& rows, QPointF at, double width) {
    const Style& style = s.style();
    const Theme& theme = s.theme();
    const double x = at.x(), g = style.grid, row = style.row();
    double y = at.y();
    y += s.heading({x, y}, width, Words::tr("Formats of binfmt_misc"),
                   rows.empty() ? Words::tr("none yet: type one below") : QString());
    const double nameW = width * 0.22, looksW = width * 0.28, removeW = row;
    for (const MiscRow& r : rows) {
        const QRectF line(x, y, width - removeW - g * 0.5, row * 1.2),
            remove(line.right() + g * 0.5, y, removeW, row * 1.2);
        const QColor fill = r.enabled ? theme.fill(Role::Data) : theme.color(Role::Field);
        s.box(line, fill, theme.color(r.enabled ? Role::Data : Role::Line));
        const QColor ink = r.enabled ? theme.inkOn(fill) : theme.color(Role::Muted);
        s.text(QRectF(x + g, y, nameW - g, line.height()), r.name, Font::MonoStrong, ink);
        s.text(QRectF(x + nameW, y, looksW - g, line.height()), r.looksFor, Font::Mono, ink);
        s.text(QRectF(x + nameW + looksW, y, line.width() - nameW - looksW - g, line.height()),
               r.enabled ? QStringLiteral("→ %1 %2").arg(r.interpreter, r.flags) : Words::tr("off"), Font::Mono, ink);
        const auto command = [&](const QString& text) {
            return Command{Command::Kind::Poke, 0, QStringLiteral("format:%1=%2").arg(r.name, text)};
        };
        s.spot(line, QStringLiteral("misc.") + r.name, r.name, sentence(r)).click =
            command(r.enabled ? QStringLiteral("0") : QStringLiteral("1"));
        s.text(remove, QStringLiteral("×"), Font::Strong, theme.color(Role::Ink), Qt::AlignCenter);
        s.spot(remove, QStringLiteral("misc.remove.") + r.name, Words::tr("remove %1").arg(r.name),
               Words::tr("Takes the format %1 away, as writing -1 to its file does.").arg(r.name))
            .click = command(QStringLiteral("-1"));
        y += row * 1.3;
    }
    return y - at.y() + g;
}

void twinOfMiscRows(const std::vector<MiscRow>& rows, TextTwin& parent) {
    TextTwin& formats = parent.add(Words::tr("Formats of binfmt_misc"), rows.empty() ? Words::tr("none") : QString());
    for (const MiscRow& r : rows)
        formats.add(r.name, QStringLiteral("%1 → %2 %3 %4")
                                .arg(r.looksFor, r.interpreter, r.flags, r.enabled ? QString() : Words::tr("off"))
                                .simplified());
}

}  // namespace ringside
