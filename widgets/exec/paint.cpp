#include <algorithm>

#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/exec/exec.h"

namespace ringside {
namespace {

struct Painter {
    const ExecModel& m;
    Scene& s;
    const Style& style = s.style();
    const Theme& theme = s.theme();
    double g = style.grid, row = style.row();

    // `member`: as one would write it in C, when it is one.
    void field(double x, double& y, double w, const QString& name, const QString& value, const QString& what,
               const QString& member) {
        const double nameW = std::min(w * 0.3, style.em * 14);
        s.text(QRectF(x, y, nameW, row), name, Font::Mono, theme.color(Role::Muted));
        s.text(QRectF(x + nameW, y, w - nameW, row), value, Font::Mono);
        s.spot(QRectF(x, y, w, row), QStringLiteral("field.%1.%2").arg(name).arg(y), name,
               QStringLiteral("%1 = %2: %3.").arg(member, value, what));
        y += row;
    }

    // What buf holds; a #! line that goes on behind it is cut, and that is to be seen.
    double buffer(const ExecRound& r, std::size_t number, double x, double y, double w) {
        const QString& text = r.line.isEmpty() ? r.buffer : r.line;
        const int perLine =
            std::max(16, static_cast<int>((w - 2 * g) / style.width(Font::MonoSmall, QStringLiteral("0"))));
        const int all = static_cast<int>((text.size() + perLine - 1) / perLine);
        const int lines = r.line.isEmpty() ? std::min(2, all) : all;
        const double h = style.lineHeight(Font::MonoSmall);
        const QRectF box(x, y, w, lines * h + g + (r.cut ? h + g * 0.5 : 0));
        s.box(box, theme.color(Role::Field), theme.color(r.cut ? Role::Fault : Role::Line));
        for (int i = 0; i < lines; ++i)
            s.text(QRectF(x + g, y + g * 0.5 + i * h, w - 2 * g, h), text.mid(i * perLine, perLine), Font::MonoSmall);
        if (r.cut) {
            const double cutY = y + g * 0.75 + lines * h;
            s.line({{x + g, cutY}, {x + w - g, cutY}}, theme.color(Role::Fault), Arrow::None, Bend::Straight,
                   style.pen * 1.5);
            s.text(QRectF(x + g, cutY, w - 2 * g, h), Words::tr("cut here: buf holds 256 bytes, the line is longer"),
                   Font::Small);
        }
        s.spot(box, QStringLiteral("buf.%1").arg(number), QStringLiteral("buf"),
               Words::tr("The first 256 bytes of %1: all that the formats look at to recognise it. A #! line longer "
                         "than this is cut.")
                   .arg(r.file));
        return box.bottom() + g;
    }

    double arguments(const ExecRound& r, std::size_t number, double x, double y, double w) {
        constexpr std::size_t kMost = 12;
        const std::vector<QString>* before = number ? &m.rounds[number - 1].argv : nullptr;
        for (std::size_t i = 0; i < std::min(kMost, r.argv.size()); ++i) {
            const QString name = QStringLiteral("argv[%1]").arg(i);
            const QRectF line(x, y, w, row);
            // What an interpreter put in front is new.
            const bool fresh = before && (i >= before->size() || (*before)[i] != r.argv[i]);
            if (fresh) s.changed(QRectF(x - g * 0.4, y, w, row));
            s.text(QRectF(x, y, style.em * 9, row), name, Font::Mono,
                   fresh ? theme.inkOn(theme.fill(Role::Accent)) : theme.color(Role::Muted));
            s.text(QRectF(x + style.em * 9, y, w - style.em * 11, row), r.argv[i], Font::Mono,
                   fresh ? theme.inkOn(theme.fill(Role::Accent)) : theme.color(Role::Ink));
            s.spot(line, QStringLiteral("arg.%1.%2").arg(number).arg(i), name,
                   fresh ? Words::tr("%1 is now \"%2\": the format rewrote the arguments.").arg(name, r.argv[i])
                         : Words::tr("%1 = \"%2\".").arg(name, r.argv[i]));
            y += row;
        }
        if (r.argv.size() > kMost) {
            s.text(QRectF(x, y, w, row), Words::tr("and %1 more").arg(r.argv.size() - kMost), Font::Small,
                   theme.color(Role::Muted));
            y += row;
        }
        return y + g * 0.5;
    }

    double formats(const ExecRound& r, std::size_t number, double x, double y, double w) {
        for (std::size_t i = 0; i < r.formats.size(); ++i) {
            const auto& f = r.formats[i];
            const bool takes = static_cast<int>(i) == r.taken;
            const QRectF line(x, y, w, row * 1.2);
            const QColor fill = takes ? theme.fill(Role::Data) : theme.color(Role::Field);
            s.box(line, fill, theme.color(takes ? Role::Data : Role::Line));
            s.text(QRectF(x + g, y, style.em * 14, row * 1.2), QStringLiteral("binfmt_%1").arg(f[0]), Font::MonoStrong,
                   theme.inkOn(fill));
            s.text(QRectF(x + g + style.em * 14.5, y, w - style.em * 14.5 - 2 * g, row * 1.2),
                   f[2].isEmpty() ? f[1] : QStringLiteral("%1: %2").arg(f[1], f[2]), Font::Words,
                   takes ? theme.inkOn(fill) : theme.color(Role::Muted));
            s.spot(line, QStringLiteral("format.%1.%2").arg(number).arg(i), f[0],
                   QStringLiteral("binfmt_%1: %2 %3").arg(f[0], f[1], f[2]));
            y += row * 1.3;
        }
        return y + g;
    }

    double parts(double x, double y, double w) {
        y += s.heading({x, y}, w, Words::tr("task_struct before and after"));
        const double nameW = style.em * 13, tagW = std::max(style.width(Font::Small, Words::tr("kept")),
                                                            style.width(Font::Small, Words::tr("replaced"))) +
                                                   2 * g;
        for (const ExecPart& p : m.parts) {
            const bool same = p.before == p.after;
            const double valueW = w - nameW - tagW - g;
            const QString both = same ? p.after : QStringLiteral("%1 → %2").arg(p.before, p.after);
            const bool two = style.width(Font::Words, both) > valueW;
            const QString after = QStringLiteral("→ ") + p.after;
            const double beforeH = two ? std::max(row, s.wrappedHeight(p.before, Font::Words, valueW)) : row,
                         afterH = two ? std::max(row, s.wrappedHeight(after, Font::Words, valueW)) : 0;
            const QRectF line(x, y, w, beforeH + afterH);
            s.text(QRectF(x, y, nameW - g * 0.5, row), p.name, Font::Mono, theme.color(Role::Muted));
            if (two) {
                s.paragraph(QRectF(x + nameW, y + row * 0.1, valueW, beforeH), p.before, Font::Words,
                            theme.color(Role::Muted));
                s.paragraph(QRectF(x + nameW, y + beforeH, valueW, afterH), after, Font::Words);
            } else {
                s.text(QRectF(x + nameW, y, valueW, row), both, Font::Words);
            }
            const Role role = p.kept ? Role::Data : Role::Kernel;
            const QRectF tag(x + w - tagW, y + row * 0.08, tagW, row * 0.84);
            s.box(tag, theme.fill(role), theme.color(role));
            s.text(tag, p.kept ? Words::tr("kept") : Words::tr("replaced"), Font::Small, theme.inkOn(theme.fill(role)),
                   Qt::AlignCenter);
            s.spot(line, QStringLiteral("part.") + p.name, p.name,
                   QStringLiteral("task->%1: %2; %3.").arg(p.name, both, p.what), Subject::task(m.pid));
            y += line.height() + g * 0.3;
        }
        return y;
    }

    double left(double x, double y, double w) {
        y += s.heading({x, y}, w, Words::tr("What execve gathers"), Words::tr("struct linux_binprm of %1").arg(m.task));
        const auto member = [&](const char* name, const QString& value, const QString& what) {
            field(x, y, w, QLatin1String(name), value, what, QStringLiteral("bprm->") + QLatin1String(name));
        };
        member("filename", m.filename, Words::tr("the path given to execve"));
        member("interp", m.interp,
               m.interp == m.filename ? Words::tr("the file itself is executed")
                                      : Words::tr("the file that is really executed: the #! line named it"));
        member("envc", QString::number(m.envc), Words::tr("how many environment strings"));
        y += g;
        for (std::size_t i = 0; i < m.rounds.size(); ++i) {
            const ExecRound& r = m.rounds[i];
            y += s.heading(
                {x, y}, w, r.file,
                i == 0 ? Words::tr("as execve was called") : Words::tr("the interpreter, and the arguments it gets"));
            y = arguments(r, i, x, y, w);
            y = buffer(r, i, x, y, w);
            y = formats(r, i, x, y, w);
        }
        const auto plain = [&](const QString& name, const QString& value, const QString& what) {
            field(x, y, w, name, value, what, name);
        };
        if (m.entry) plain(Words::tr("entry"), hex(m.entry), Words::tr("where user mode begins"));
        if (m.loadBias)
            plain(Words::tr("load bias"), hex(m.loadBias),
                  Words::tr("added to the addresses of a position-independent program"));
        if (!m.elfInterpreter.isEmpty())
            plain(QStringLiteral("PT_INTERP"), Words::tr("%1 at %2").arg(m.elfInterpreter, hex(m.interpreterBase)),
                  Words::tr("the dynamic linker, which runs first and loads the libraries"));
        y = parts(x, y + g, w) + g;
        return y + paintMiscRows(s, m.misc, {x, y}, w);
    }

    double right(double x, double y, double w) {
        y += s.heading({x, y}, w, Words::tr("The stack it begins with"),
                       Words::tr("low addresses on top; RSP points at argc"));
        const double addressW = style.width(Font::MonoSmall, QStringLiteral("0x7fffffffffff")) + g;
        QString group;
        int color = 0;
        constexpr std::array kRoles{Role::User, Role::Stack, Role::Data, Role::PageTable};
        for (const ExecStackRow& r : m.stack) {
            if (r.group != group) {
                group = r.group;
                color = (color + 1) % static_cast<int>(kRoles.size());
            }
            const Role role = kRoles[static_cast<std::size_t>(color)];
            const QRectF line(x, y, w, row);
            s.box(QRectF(x + addressW, y, w - addressW, row), theme.fill(role), theme.color(role), style.pen * 0.5);
            s.text(QRectF(x, y, addressW - g, row), hex(r.address), Font::MonoSmall, theme.color(Role::Muted));
            s.text(QRectF(x + addressW + g * 0.5, y, w - addressW - g, row), r.what, Font::Mono,
                   theme.inkOn(theme.fill(role)));
            s.spot(line, QStringLiteral("stack.%1").arg(hex(r.address)), r.what,
                   Words::tr("At %1 lies %2. %3").arg(hex(r.address), r.value, r.what), r.link);
            y += row;
        }
        if (m.stack.empty()) {
            s.text(QRectF(x, y, w, row), Words::tr("The stack is not in RAM any more."), Font::Words,
                   theme.color(Role::Muted));
            y += row;
        }
        return y;
    }

    void paintAll() {
        // A name, a value and a tag side by side need their room.
        const double margin = g * 1.5, width = std::max(s.size().width() - 2 * margin, style.em * 56);
        s.growTo(width + 2 * margin, 0);
        const bool beside = width > style.em * 90;
        const double w = beside ? (width - 3 * g) / 2 : width;
        double bottom = left(margin, margin, w);
        bottom = beside ? std::max(bottom, right(margin + w + 3 * g, margin, w)) : right(margin, bottom + 2 * g, w);
        s.growTo(s.size().width(), bottom + margin);
        s.grows = true;
    }
};

}  // namespace

Scene paint(const ExecModel& model, const StylePtr& style, QSizeF size) {
    Scene scene(style, size);
    if (!model.loaded) {
        scene.empty(
            Words::tr("No program has been executed yet. Go to the next exec: the kernel gathers path, arguments and "
                      "environment there."));
        return scene;
    }
    Painter{model, scene}.paintAll();
    return scene;
}

}  // namespace ringside
