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

    void field(double x, double& y, double w, const QString& name, const QString& value, const QString& what) {
        const double nameW = std::min(w * 0.3, style.em * 14);
        s.text(QRectF(x, y, nameW, row), name, Font::Mono, theme.color(Role::Muted));
        s.text(QRectF(x + nameW, y, w - nameW, row), value, Font::Mono);
        s.spot(QRectF(x, y, w, row), QStringLiteral("field.%1.%2").arg(name).arg(y), name,
               QStringLiteral("%1 = %2: %3").arg(name, value, what));
        y += row;
    }

    double left(double x, double y, double w) {
        y += s.heading({x, y}, w, QStringLiteral("struct linux_binprm"), m.task);
        field(x, y, w, QStringLiteral("filename"), m.filename, Words::tr("the path given to execve"));
        field(x, y, w, QStringLiteral("interp"), m.interp,
              m.interp == m.filename ? Words::tr("the file itself is executed")
                                     : Words::tr("the file that is really executed: the #! line named it"));
        field(x, y, w, QStringLiteral("argc"), QString::number(m.argv.size()), Words::tr("how many arguments"));
        for (std::size_t i = 0; i < std::min<std::size_t>(m.argv.size(), 12); ++i)
            field(x, y, w, QStringLiteral("argv[%1]").arg(i), m.argv[i], Words::tr("argument %1").arg(i));
        field(x, y, w, QStringLiteral("envc"), QString::number(m.envp.size()),
              Words::tr("how many environment strings"));
        s.text(QRectF(x, y, w, row), QStringLiteral("buf[256]"), Font::Mono, theme.color(Role::Muted));
        y += row;
        const int perLine =
            std::max(16, static_cast<int>((w - 2 * g) / style.width(Font::MonoSmall, QStringLiteral("0"))));
        const int lines = std::min(4, static_cast<int>((m.buffer.size() + perLine - 1) / perLine));
        const QRectF box(x, y, w, lines * row * 0.85 + g);
        s.box(box, theme.color(Role::Field), theme.color(Role::Line));
        for (int i = 0; i < lines; ++i)
            s.text(QRectF(x + g, y + g * 0.5 + i * row * 0.85, w - 2 * g, row * 0.85),
                   m.buffer.mid(i * perLine, perLine), Font::MonoSmall);
        s.spot(box, QStringLiteral("buf"), QStringLiteral("buf"),
               Words::tr("The first 256 bytes of the file: all that the formats look at to recognise it. A #! line "
                         "longer than this is cut here."));
        y = box.bottom() + 1.5 * g;

        y += s.heading({x, y}, w, Words::tr("Which format takes it?"), QStringLiteral("search_binary_handler"));
        for (const auto& f : m.formats) {
            const bool takes = f[1] == Words::tr("takes it");
            const QRectF line(x, y, w, row * 1.3);
            s.box(line, takes ? theme.fill(Role::Data) : theme.color(Role::Field),
                  theme.color(takes ? Role::Data : Role::Line));
            s.text(QRectF(x + g, y, style.em * 12, row * 1.3), QStringLiteral("binfmt_%1").arg(f[0]), Font::MonoStrong,
                   takes ? theme.inkOn(theme.fill(Role::Data)) : theme.color(Role::Ink));
            s.text(QRectF(x + g + style.em * 13, y, w - style.em * 13 - 2 * g, row * 1.3),
                   f[2].isEmpty() ? f[1] : QStringLiteral("%1: %2").arg(f[1], f[2]), Font::Words,
                   takes ? theme.inkOn(theme.fill(Role::Data)) : theme.color(Role::Muted));
            s.spot(line, QStringLiteral("format.%1.%2").arg(f[0]).arg(y), f[0],
                   QStringLiteral("binfmt_%1: %2 %3").arg(f[0], f[1], f[2]));
            y += row * 1.45;
        }
        y += g;
        if (m.entry) field(x, y, w, QStringLiteral("entry"), hex(m.entry), Words::tr("where user mode begins"));
        if (m.loadBias)
            field(x, y, w, QStringLiteral("load bias"), hex(m.loadBias),
                  Words::tr("added to the addresses of a position-independent program"));
        if (!m.elfInterpreter.isEmpty())
            field(x, y, w, QStringLiteral("PT_INTERP"),
                  QStringLiteral("%1 at %2").arg(m.elfInterpreter, hex(m.interpreterBase)),
                  Words::tr("the dynamic linker, which runs first and loads the libraries"));
        y += g;
        y += s.heading({x, y}, w, Words::tr("What exec keeps and what it replaces"));
        for (const auto& k : m.kept) {
            const bool kept = k[2] != Words::tr("replaced");
            const double nameW = std::min(w * 0.25, style.em * 14),
                         verdictW = std::min(w * 0.4, style.width(Font::Small, k[2]) + 2 * g);
            s.text(QRectF(x, y, nameW, row), k[0], Font::Mono, theme.color(Role::Muted));
            s.text(QRectF(x + nameW, y, w - nameW - verdictW - g, row), k[1], Font::Words);
            const QRectF tag(x + w - verdictW, y + row * 0.08, verdictW, row * 0.84);
            s.box(tag, theme.fill(kept ? Role::Data : Role::Kernel), theme.color(kept ? Role::Data : Role::Kernel));
            s.text(tag.adjusted(g * 0.4, 0, -g * 0.4, 0), k[2], Font::Small,
                   theme.inkOn(theme.fill(kept ? Role::Data : Role::Kernel)), Qt::AlignCenter);
            s.spot(QRectF(x, y, w, row), QStringLiteral("kept.") + k[0], k[0],
                   QStringLiteral("%1, %2: %3").arg(k[0], k[1], k[2]));
            y += row * 1.05;
        }
        return y;
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
        const double margin = g * 1.5, width = s.size().width() - 2 * margin;
        const bool beside = width > style.em * 90;
        const double w = beside ? (width - 3 * g) / 2 : width;
        double bottom = left(margin, margin, w);
        bottom = beside ? std::max(bottom, right(margin + w + 3 * g, margin, w)) : right(margin, bottom + 2 * g, w);
        s.growTo(s.size().width(), bottom + margin);
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
