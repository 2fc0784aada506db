// Theme plus type: everything a painter needs to know about the screen. Sizes come from font metrics; there are no
// pixel constants in painters: `grid` is the 8-px grid at normal size, `pen` the 1.5-px line, `em` the width of one
// digit.
#pragma once

#include <QFont>
#include <QFontMetricsF>
#include <array>
#include <memory>

#include "widgets/canvas/theme.h"

namespace ringside {

enum class Font : u8 {
    Words,       // Inter
    Strong,      // Inter semibold
    Small,       // Inter, smaller
    Title,       // Inter semibold, larger
    Mono,        // JetBrains Mono: every number, address and instruction
    MonoStrong,  // the same, bold
    MonoSmall,
    MonoLarge,
    kCount
};

struct Style {
    Theme theme;
    double textScale = 1;  // 1 normal, 1.6 lecture mode
    double grid = 8;       // half a line of words
    double pen = 1.5;
    double em = 8;  // width of a digit in Font::Mono

    const QFont& font(Font f) const { return m_fonts[static_cast<std::size_t>(f)]; }
    double lineHeight(Font f) const { return m_lineHeights[static_cast<std::size_t>(f)]; }
    double width(Font f, const QString& text) const;
    double row() const { return lineHeight(Font::Mono) + grid * 0.5; }  // one line of a table

    std::array<QFont, static_cast<std::size_t>(Font::kCount)> m_fonts;
    std::array<double, static_cast<std::size_t>(Font::kCount)> m_lineHeights{};
    std::array<double, static_cast<std::size_t>(Font::kCount)> m_digitWidths{};
};
using StylePtr = std::shared_ptr<const Style>;

// Registers the embedded fonts on first use. `pixelsPerPoint` 0 means the primary screen's.
StylePtr makeStyle(ThemeKind theme, double textScale = 1, double pixelsPerPoint = 0);

// The same with larger (or smaller) text, for a picture that fills the room it has. Asked again, the same object.
StylePtr scaled(const StylePtr& style, double factor);

// As much larger, up to thrice, as a picture of so many digits' width and so many rows leaves room for.
StylePtr fitted(const StylePtr& style, double width, double height, double ems, double rows);

// Registers English plurals and, when there is a QGuiApplication, icons and fonts. Harmless when called again.
void loadResources();

}  // namespace ringside
