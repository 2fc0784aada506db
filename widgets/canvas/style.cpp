#include "widgets/canvas/style.h"

#include <QFontDatabase>
#include <QGuiApplication>
#include <QScreen>
#include <algorithm>
#include <cmath>
#include <vector>

#include "widgets/canvas/plurals.h"

static void initResources() { Q_INIT_RESOURCE(ringside); }

namespace ringside {

void loadResources() {
    static bool words = false, pictures = false;
    if (QCoreApplication* application = QCoreApplication::instance(); application && !words) {
        QCoreApplication::installTranslator(new Plurals(application));
        words = true;
    }
    // Without pictures there is a plain QCoreApplication, which knows no fonts.
    if (pictures || !qobject_cast<QGuiApplication*>(QCoreApplication::instance())) return;
    pictures = true;
    initResources();
    for (const char* file :
         {"Inter-Regular.otf", "Inter-SemiBold.otf", "JetBrainsMono-Regular.ttf", "JetBrainsMono-Bold.ttf"})
        QFontDatabase::addApplicationFont(QString(":/fonts/") + file);
}

double Style::width(Font f, const QString& text) const {
    auto i = static_cast<std::size_t>(f);
    if (f >= Font::Mono && std::all_of(text.begin(), text.end(), [](QChar c) { return c.unicode() < 0x80; }))
        return m_digitWidths[i] * static_cast<double>(text.size());
    return QFontMetricsF(m_fonts[i]).horizontalAdvance(text);
}

namespace {

void setFont(Style& style, Font f, QFont font) {
    const auto i = static_cast<std::size_t>(f);
    const QFontMetricsF metrics(font);
    style.m_lineHeights[i] = std::ceil(metrics.height());
    style.m_digitWidths[i] = metrics.horizontalAdvance(QLatin1Char('0'));
    style.m_fonts[i] = std::move(font);
}

void setSizes(Style& style) {
    style.grid = std::max(2.0, std::round(style.lineHeight(Font::Words) / 2));
    style.pen = 1.5 * style.grid / 8;
    style.em = style.m_digitWidths[static_cast<std::size_t>(Font::Mono)];
}

}  // namespace

StylePtr scaled(const StylePtr& style, double factor) {
    if (std::abs(factor - 1) < 0.02) return style;
    // A canvas draws only what changed as long as the style is the same object.
    struct Known {
        std::weak_ptr<const Style> from;
        double factor;
        StylePtr made;
    };
    thread_local std::vector<Known> known;
    std::erase_if(known, [](const Known& k) { return k.from.expired(); });
    for (const Known& k : known)
        if (k.factor == factor && k.from.lock() == style) return k.made;
    if (known.size() >= 32) known.erase(known.begin());
    auto other = std::make_shared<Style>(*style);
    for (std::size_t i = 0; i < other->m_fonts.size(); ++i) {
        QFont font = other->m_fonts[i];
        font.setPixelSize(std::max(5, static_cast<int>(std::lround(font.pixelSize() * factor))));
        setFont(*other, static_cast<Font>(i), std::move(font));
    }
    setSizes(*other);
    known.push_back({style, factor, other});
    return other;
}

StylePtr fitted(const StylePtr& style, double width, double height, double ems, double rows) {
    constexpr double kStep = 0.25;  // few sizes, so that it does not change with every pixel
    const double room = std::min(width / (style->em * ems), height / (style->row() * rows));
    return scaled(style, std::clamp(std::floor(room / kStep) * kStep, 1.0, 3.0));
}

StylePtr makeStyle(ThemeKind kind, double textScale, double pixelsPerPoint) {
    loadResources();
    auto style = std::make_shared<Style>();
    style->theme = Theme(kind);
    style->textScale = textScale;
    if (pixelsPerPoint <= 0) {
        const QScreen* screen = qGuiApp ? qGuiApp->primaryScreen() : nullptr;
        pixelsPerPoint = std::clamp(screen ? screen->logicalDotsPerInch() / 72 : 96.0 / 72, 1.0, 4.0);
    }
    struct Row {
        Font font;
        const char* family;
        double points;
        QFont::Weight weight;
    };
    static constexpr Row kRows[] = {
        {Font::Words, "Inter", 9.75, QFont::Normal},
        {Font::Strong, "Inter", 9.75, QFont::DemiBold},
        {Font::Small, "Inter", 8.25, QFont::Normal},
        {Font::Title, "Inter", 13.5, QFont::DemiBold},
        {Font::Mono, "JetBrains Mono", 9.75, QFont::Normal},
        {Font::MonoStrong, "JetBrains Mono", 9.75, QFont::Bold},
        {Font::MonoSmall, "JetBrains Mono", 8.25, QFont::Normal},
        {Font::MonoLarge, "JetBrains Mono", 13.5, QFont::Normal},
    };
    static_assert(std::size(kRows) == static_cast<std::size_t>(Font::kCount));
    for (const Row& row : kRows) {
        QFont font{QString(row.family)};
        font.setPixelSize(std::max(5, static_cast<int>(std::lround(row.points * pixelsPerPoint * textScale))));
        font.setWeight(row.weight);
        // JetBrains Mono joins "->" and "!=" into one glyph; in a listing every byte is its own column.
        if (row.font >= Font::Mono) {
            font.setStyleHint(QFont::TypeWriter);
            font.setFixedPitch(true);
        }
        setFont(*style, row.font, std::move(font));
    }
    setSizes(*style);
    return style;
}

}  // namespace ringside
