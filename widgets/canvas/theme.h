// Colours by meaning (design: visual language). A painter asks for a Role, never for a colour: light, dark,
// high-contrast and print then follow. The base is the Okabe–Ito palette; every meaning also has a second sign that
// painters draw.
#pragma once

#include <QColor>
#include <QPalette>
#include <QString>
#include <array>

#include "core/base/types.h"

namespace ringside {

enum class Role : u8 {
    // surfaces, inks, lines
    Window,    // behind everything
    Paper,     // what a view draws on
    Header,    // title strips, column heads
    Field,     // boxes that stand on paper
    Note,      // the caption that says what just happened
    Ink,       // text
    Muted,     // text of less weight; still 4.5:1 on Paper
    Line,      // frames, grid lines
    Accent,    // the one accent: changed just now, focus
    Selected,  // the shared selection
    // meanings
    User,
    Kernel,
    Fault,
    Code,
    ReadOnly,
    Data,
    Stack,
    PageTable,
    Shared,
    Free,
    RbRed,
    RbBlack,
    kCount
};

enum class ThemeKind : u8 { Light, Dark, HighContrast, Print };
inline constexpr std::array kThemeKinds{ThemeKind::Light, ThemeKind::Dark, ThemeKind::HighContrast, ThemeKind::Print};
QString nameOf(ThemeKind kind);            // for a person
QString idOf(ThemeKind kind);              // for settings and the command line
ThemeKind themeFromId(const QString& id);  // Light when unknown

enum class Mark : u8 { Circle, Square, Triangle, Diamond, Pentagon, Cross, Star, Bar };

class Theme {
 public:
    explicit Theme(ThemeKind kind = ThemeKind::Light);

    ThemeKind kind() const { return m_kind; }
    bool dark() const { return m_dark; }
    QColor color(Role role) const { return m_colors[static_cast<std::size_t>(role)]; }  // lines, edges, marks
    QColor fill(Role role) const { return m_fills[static_cast<std::size_t>(role)]; }    // pale; Ink is readable on it
    QColor inkOn(const QColor& background) const;  // black or white, whichever has more contrast
    // `ink`, or as little nearer to black or white as makes it readable (4.5:1) on `background`.
    QColor readable(const QColor& ink, const QColor& background) const;
    QColor task(i32 pid) const;  // fixed cycle of eight
    QColor taskFill(i32 pid) const;
    static Mark taskMark(i32 pid);  // the second sign of a task: a shape
    QPalette palette() const;       // for the Fusion style

 private:
    ThemeKind m_kind;
    bool m_dark;
    std::array<QColor, static_cast<std::size_t>(Role::kCount)> m_colors, m_fills;
};

double contrast(const QColor& a, const QColor& b);                // WCAG 2.1 contrast ratio, 1..21
QColor blend(const QColor& a, const QColor& b, double shareOfB);  // straight mix in sRGB

}  // namespace ringside
