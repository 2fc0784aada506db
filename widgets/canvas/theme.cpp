#include "widgets/canvas/theme.h"

#include <algorithm>
#include <cmath>

#include "widgets/canvas/words.h"

namespace ringside {
namespace {

struct Row {
    Role role;
    const char* light;
    const char* dark;
    const char* highContrast;
};

// Surfaces are given per theme; meanings keep their hue and are only lightened where a dark paper needs it.
constexpr Row kRows[] = {
    {Role::Window, "#f3f2ef", "#1b1c1e", "#000000"},   {Role::Paper, "#ffffff", "#232427", "#000000"},
    {Role::Header, "#ebeae6", "#2d2f33", "#1a1a1a"},   {Role::Field, "#f7f6f3", "#2a2c30", "#000000"},
    {Role::Note, "#fdf8e3", "#37342a", "#000000"},     {Role::Ink, "#1d1d1f", "#ececea", "#ffffff"},
    {Role::Muted, "#5e5e62", "#bcbcc0", "#e6e6e6"},    {Role::Line, "#c4c3bd", "#4c4e54", "#ffffff"},
    {Role::Accent, "#6b3fd4", "#b89bff", "#ffff00"},   {Role::Selected, "#1d1d1f", "#ffffff", "#00ffff"},
    {Role::User, "#0072b2", "#4aa8e0", "#57b8ff"},     {Role::Kernel, "#d55e00", "#f08a3c", "#ff9a4d"},
    {Role::Fault, "#f0e442", "#f0e442", "#fff35c"},    {Role::Code, "#56b4e9", "#56b4e9", "#7accff"},
    {Role::ReadOnly, "#8e8e93", "#9a9a9f", "#d0d0d0"}, {Role::Data, "#009e73", "#1fbf92", "#2ee6b0"},
    {Role::Stack, "#cc79a7", "#d98fb8", "#ff9ed2"},    {Role::PageTable, "#e69f00", "#e8ab2a", "#ffbf33"},
    {Role::Shared, "#0072b2", "#2c79b0", "#0f7fd0"},   {Role::Free, "#deddd8", "#3a3c41", "#404040"},
    {Role::RbRed, "#c62828", "#e05252", "#ff5c5c"},    {Role::RbBlack, "#1d1d1f", "#0b0b0c", "#000000"},
};
static_assert(std::size(kRows) == static_cast<std::size_t>(Role::kCount));

constexpr const char* kTasks[] = {"#0072b2", "#e69f00", "#009e73", "#cc79a7",
                                  "#56b4e9", "#d55e00", "#8a6fd1", "#7f7f3f"};

double channel(double c) { return c <= 0.03928 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4); }
double luminance(const QColor& c) {
    return 0.2126 * channel(c.redF()) + 0.7152 * channel(c.greenF()) + 0.0722 * channel(c.blueF());
}

bool isSurface(Role role) { return role <= Role::Selected; }

}  // namespace

QString nameOf(ThemeKind kind) {
    switch (kind) {
        case ThemeKind::Light:
            return Words::tr("Light");
        case ThemeKind::Dark:
            return Words::tr("Dark");
        case ThemeKind::HighContrast:
            return Words::tr("High contrast");
        case ThemeKind::Print:
            return Words::tr("Print");
    }
    return {};
}

QString idOf(ThemeKind kind) {
    switch (kind) {
        case ThemeKind::Light:
            return "light";
        case ThemeKind::Dark:
            return "dark";
        case ThemeKind::HighContrast:
            return "high-contrast";
        case ThemeKind::Print:
            return "print";
    }
    return {};
}

ThemeKind themeFromId(const QString& id) {
    for (ThemeKind kind : kThemeKinds)
        if (idOf(kind) == id) return kind;
    return ThemeKind::Light;
}

double contrast(const QColor& a, const QColor& b) {
    double high = std::max(luminance(a), luminance(b)), low = std::min(luminance(a), luminance(b));
    return (high + 0.05) / (low + 0.05);
}

QColor blend(const QColor& a, const QColor& b, double share) {
    auto mix = [&](int x, int y) { return static_cast<int>(std::lround(x + (y - x) * share)); };
    return {mix(a.red(), b.red()), mix(a.green(), b.green()), mix(a.blue(), b.blue())};
}

Theme::Theme(ThemeKind kind) : m_kind(kind), m_dark(kind == ThemeKind::Dark || kind == ThemeKind::HighContrast) {
    for (const Row& row : kRows) {
        QColor& c = m_colors[static_cast<std::size_t>(row.role)];
        c = QColor(kind == ThemeKind::Dark ? row.dark : kind == ThemeKind::HighContrast ? row.highContrast : row.light);
    }
    if (kind == ThemeKind::Print) {
        for (Role role : {Role::Window, Role::Paper, Role::Field, Role::Note})
            m_colors[static_cast<std::size_t>(role)] = Qt::white;
        m_colors[static_cast<std::size_t>(Role::Header)] = QColor("#eeeeee");
        m_colors[static_cast<std::size_t>(Role::Ink)] = Qt::black;
        m_colors[static_cast<std::size_t>(Role::Line)] = QColor("#777777");
    }
    const double share = kind == ThemeKind::Light   ? 0.20
                         : kind == ThemeKind::Print ? 0.14
                         : kind == ThemeKind::Dark  ? 0.25
                                                    : 0.28;
    for (const Row& row : kRows) {
        auto i = static_cast<std::size_t>(row.role);
        m_fills[i] = isSurface(row.role) && row.role != Role::Accent && row.role != Role::Selected
                         ? m_colors[i]
                         : blend(color(Role::Paper), m_colors[i], row.role == Role::Selected ? 0.12 : share);
    }
    m_fills[static_cast<std::size_t>(Role::RbBlack)] = m_colors[static_cast<std::size_t>(Role::RbBlack)];
    m_fills[static_cast<std::size_t>(Role::RbRed)] = m_colors[static_cast<std::size_t>(Role::RbRed)];
}

QColor Theme::inkOn(const QColor& background) const {
    QColor black(Qt::black), white(Qt::white);
    return contrast(black, background) >= contrast(white, background) ? black : white;
}

QColor Theme::readable(const QColor& ink, const QColor& background) const {
    const QColor goal = inkOn(background);
    for (double share = 0; share < 1; share += 0.125) {
        const QColor c = blend(ink, goal, share);
        if (contrast(c, background) >= 4.6) return c;
    }
    return goal;
}

QColor Theme::task(i32 pid) const {
    QColor c(kTasks[static_cast<u32>(pid) % std::size(kTasks)]);
    return m_dark ? blend(c, Qt::white, 0.25) : c;
}

QColor Theme::taskFill(i32 pid) const { return blend(color(Role::Paper), task(pid), m_dark ? 0.28 : 0.20); }

Mark Theme::taskMark(i32 pid) { return static_cast<Mark>(static_cast<u32>(pid) % 8); }

QPalette Theme::palette() const {
    QPalette p;
    QColor ink = color(Role::Ink), paper = color(Role::Paper), window = color(Role::Window),
           header = color(Role::Header);
    p.setColor(QPalette::Window, window);
    p.setColor(QPalette::WindowText, ink);
    p.setColor(QPalette::Base, paper);
    p.setColor(QPalette::AlternateBase, color(Role::Field));
    p.setColor(QPalette::Text, ink);
    p.setColor(QPalette::Button, window);
    p.setColor(QPalette::ButtonText, ink);
    p.setColor(QPalette::BrightText, color(Role::Kernel));
    p.setColor(QPalette::ToolTipBase, color(Role::Note));
    p.setColor(QPalette::ToolTipText, ink);
    p.setColor(QPalette::PlaceholderText, color(Role::Muted));
    p.setColor(QPalette::Highlight, color(Role::Accent));
    p.setColor(QPalette::HighlightedText, inkOn(color(Role::Accent)));
    p.setColor(QPalette::Link, color(Role::User));
    p.setColor(QPalette::LinkVisited, color(Role::User));
    p.setColor(QPalette::Light, m_dark ? header.lighter(120) : QColor(Qt::white));
    p.setColor(QPalette::Midlight, header);
    p.setColor(QPalette::Mid, color(Role::Line));
    p.setColor(QPalette::Dark, color(Role::Line));
    p.setColor(QPalette::Shadow, blend(color(Role::Line), m_dark ? Qt::black : ink, 0.3));
    QColor faint = blend(ink, window, 0.6);
    for (QPalette::ColorRole role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        p.setColor(QPalette::Disabled, role, faint);
    return p;
}

}  // namespace ringside
