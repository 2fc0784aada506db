// What a demanding reader would find wrong with a picture, found by machine: text that is cut, leaves its box, lies on
// other text or under a line, has too little contrast, or was not translated; boxes that explain nothing when pointed
// at. Text that is cut on purpose, with an ellipsis, shows all of itself when pointed at (the canvas does that) and
// must be whole in the text twin. Looks at the shapes and spots of a scene only, so it knows no view.
#pragma once

#include <QImage>
#include <QMap>
#include <QPainter>
#include <QRegularExpression>
#include <QSet>
#include <QStringList>
#include <cmath>

#include "widgets/canvas/scene.h"
#include "widgets/canvas/twin.h"

namespace ringside {

class SceneAudit {
 public:
    SceneAudit(const Scene& scene, const TextTwin& twin) : m_scene(scene), m_twin(toText(twin)) {
        for (std::size_t i = 0; i < scene.shapes().size(); ++i)
            if (auto* text = std::get_if<TextShape>(&scene.shapes()[i].what); text && !text->text.trimmed().isEmpty())
                m_texts.push_back({i, text, inkOf(*text)});
    }

    QStringList findings() && { return std::move(m_findings); }

    void layout() {
        fits();
        overlaps();
        crossed();
    }

    // Contrast of every text with what lies under it.
    void contrasts() {
        QImage image(m_scene.size().toSize().expandedTo({1, 1}), QImage::Format_RGB32);
        image.fill(m_scene.theme().color(Role::Paper));
        std::size_t drawn = 0;
        for (const Ink& ink : m_texts) {
            {
                QPainter painter(&image);
                Scene::begin(painter);
                for (; drawn < ink.order; ++drawn)
                    if (!std::holds_alternative<TextShape>(m_scene.shapes()[drawn].what))
                        m_scene.drawShape(painter, drawn);
            }
            const QRect area = ink.rect.toAlignedRect().intersected(image.rect());
            QMap<QRgb, int> colors;
            int all = 0;
            for (int y = area.top(); y <= area.bottom(); ++y)
                for (int x = area.left(); x <= area.right(); ++x, ++all) ++colors[image.pixel(x, y)];
            for (auto it = colors.begin(); it != colors.end(); ++it) {
                if (it.value() * 5 < all) continue;  // a hatch, the edge of a box
                const QColor under(it.key());
                const QColor color = blend(under, ink.text->color, ink.text->color.alphaF());
                if (contrast(color, under) < 4.45)
                    say(QString("%1:1 of %2 on %3")
                            .arg(contrast(color, under), 0, 'f', 1)
                            .arg(color.name(), under.name()),
                        ink);
            }
        }
    }

    // Everything drawn as a box is explained when pointed at.
    void explained() {
        const double least = m_scene.style().grid * 1.5, whole = m_scene.size().width() * m_scene.size().height();
        for (const Shape& shape : m_scene.shapes()) {
            auto* box = std::get_if<BoxShape>(&shape.what);
            if (!box || (!box->fill.isValid() && !box->line.isValid())) continue;
            const QRectF& r = box->rect;
            if (r.width() < least || r.height() < least || r.width() * r.height() > whole * 0.4) continue;
            // A frame around other things is explained by them, or by what is written at its top.
            bool any = false;
            for (const Spot& spot : m_scene.spots()) any = any || spot.rect.intersects(r.adjusted(1, 1, -1, -1));
            if (!any) m_findings << QString("unexplained box at %1").arg(place(r));
        }
    }

    // On a large screen no words need to be cut.
    void wordsAreWhole() {
        for (const Ink& ink : m_texts)
            if (ink.text->font < Font::Mono && !ink.text->whole.isEmpty())
                say(QString("cut though there is room, of “%1”").arg(ink.text->whole.left(80)), ink);
    }

    // In the pseudo-locale every vowel of ours has an accent, so a word of ours without one was not translated.
    // `vocabulary`: the words that are ours; `machine`: sentences of the machine itself, as the trace has them.
    void translated(const QSet<QString>& vocabulary, const QStringList& machine) {
        for (const Ink& ink : m_texts)
            if (ink.text->font < Font::Mono) checkWords(whole(*ink.text), vocabulary, machine, "text");
        for (const Spot& spot : m_scene.spots()) checkWords(spot.what, vocabulary, machine, "hover");
    }

 private:
    struct Ink {
        std::size_t order;
        const TextShape* text;
        QRectF rect;
    };

    static QString whole(const TextShape& text) { return text.whole.isEmpty() ? text.text : text.whole; }
    static QString place(const QRectF& r) {
        return QString("%1,%2 %3x%4")
            .arg(std::lround(r.x()))
            .arg(std::lround(r.y()))
            .arg(std::lround(r.width()))
            .arg(std::lround(r.height()));
    }
    void say(const QString& what, const Ink& ink) {
        m_findings << QString("%1: “%2” at %3").arg(what, ink.text->text.left(60), place(ink.rect));
    }

    // The place of the letters: as wide as they are, from the height of capitals to half the descent.
    QRectF inkOf(const TextShape& text) const {
        const Style& style = m_scene.style();
        QFontMetricsF metrics(style.font(text.font));
        QRectF r;
        if (text.wrap) {
            r = metrics.boundingRect(QRectF(0, 0, text.rect.width(), 1e6), Qt::TextWordWrap, text.text);
            return {text.rect.topLeft(), r.size()};
        }
        const double w = style.width(text.font, text.text), h = metrics.ascent() + metrics.descent();
        double x = text.rect.x(), y = text.rect.y();
        if (text.align & Qt::AlignHCenter) x = text.rect.center().x() - w / 2;
        if (text.align & Qt::AlignRight) x = text.rect.right() - w;
        if (text.align & Qt::AlignVCenter) y = text.rect.center().y() - h / 2;
        if (text.align & Qt::AlignBottom) y = text.rect.bottom() - h;
        return {x, y + metrics.ascent() - metrics.capHeight(), w, metrics.capHeight() + metrics.descent() / 2};
    }

    static bool covers(const BoxShape& box) { return box.fill.isValid() && box.fill.alpha() == 255; }
    // Whether an opaque box lies over shape `below` and under shape `above` at `rect`.
    bool hiddenBetween(std::size_t below, std::size_t above, const QRectF& rect) const {
        for (std::size_t i = below + 1; i < above; ++i)
            if (auto* box = std::get_if<BoxShape>(&m_scene.shapes()[i].what);
                box && covers(*box) && box->rect.adjusted(-1, -1, 1, 1).contains(rect))
                return true;
        return false;
    }

    void fits() {
        const QRectF paper(QPointF(0, 0), m_scene.size());
        for (const Ink& ink : m_texts) {
            const TextShape& t = *ink.text;
            if (!paper.adjusted(-1, -1, 1, 1).contains(ink.rect)) say("outside the picture", ink);
            if (t.wrap && (ink.rect.height() > t.rect.height() + 2 || ink.rect.width() > t.rect.width() + 1))
                say("higher than its place", ink);
            if (!t.whole.isEmpty()) {
                const QString lost = lostOf(t);
                if (!lost.isEmpty()) say(QString("cut, and the text twin has no “%1”").arg(lost), ink);
            }
            // The innermost box around the middle of the text holds all of it.
            const BoxShape* inner = nullptr;
            for (std::size_t i = 0; i < ink.order; ++i) {
                auto* box = std::get_if<BoxShape>(&m_scene.shapes()[i].what);
                if (!box || !box->rect.contains(ink.rect.center()) || hiddenBetween(i, ink.order, ink.rect)) continue;
                if (!inner || box->rect.width() * box->rect.height() <= inner->rect.width() * inner->rect.height())
                    inner = box;
            }
            if (inner && !inner->rect.adjusted(-1.5, -1.5, 1.5, 1.5).contains(ink.rect))
                say(QString("leaves its box %1").arg(place(inner->rect)), ink);
        }
    }

    // Words of a cut text that the text twin does not have.
    QString lostOf(const TextShape& t) const {
        static const QRegularExpression kBetween("[^\\p{L}\\p{N}_]+");
        const QStringList kept = t.text.split(kBetween, Qt::SkipEmptyParts);
        QStringList lost;
        for (const QString& word : t.whole.split(kBetween, Qt::SkipEmptyParts)) {
            if (kept.contains(word) && word != kept.last()) continue;
            if (!m_twin.contains(word)) lost << word;
        }
        return lost.join(' ');
    }

    void overlaps() {
        for (std::size_t i = 0; i < m_texts.size(); ++i)
            for (std::size_t j = i + 1; j < m_texts.size(); ++j) {
                const QRectF both = m_texts[i].rect.intersected(m_texts[j].rect);
                if (both.width() <= 1 || both.height() <= 1.5) continue;
                if (hiddenBetween(m_texts[i].order, m_texts[j].order, m_texts[i].rect)) continue;
                say(QString("lies on “%1”").arg(m_texts[i].text->text.left(40)), m_texts[j]);
            }
    }

    void crossed() {
        for (std::size_t i = 0; i < m_scene.shapes().size(); ++i) {
            const Shape& shape = m_scene.shapes()[i];
            if (auto* line = std::get_if<LineShape>(&shape.what); line && line->points.size() >= 2) {
                const QPainterPath path = pathOf(*line);
                const QRectF bounds = path.boundingRect().adjusted(-1, -1, 1, 1);
                for (const Ink& ink : m_texts) {
                    const QRectF core = ink.rect.adjusted(1, 1, -1, -1);
                    if (!bounds.intersects(core) || !passes(path, core)) continue;
                    if (i < ink.order && hiddenBetween(i, ink.order, core)) continue;
                    say("a line crosses", ink);
                }
            }
            if (auto* box = std::get_if<BoxShape>(&shape.what)) {
                for (const Ink& ink : m_texts) {
                    const QRectF both = box->rect.intersected(ink.rect);
                    if (both.width() <= 2 || both.height() <= 2) continue;
                    if (i > ink.order && covers(*box)) {
                        say(QString("covered by the box %1").arg(place(box->rect)), ink);
                    } else if (!box->rect.adjusted(-1.5, -1.5, 1.5, 1.5).contains(ink.rect) &&
                               !box->rect.contains(ink.rect.center()) && !hiddenBetween(i, ink.order, ink.rect)) {
                        say(QString("the edge of the box %1 crosses").arg(place(box->rect)), ink);
                    }
                }
            }
        }
    }

    static bool passes(const QPainterPath& path, const QRectF& rect) {
        for (const QPolygonF& polygon : path.toSubpathPolygons())
            for (qsizetype k = 1; k < polygon.size(); ++k) {
                // Liang–Barsky
                const QPointF a = polygon[k - 1], d = polygon[k] - a;
                double in = 0, out = 1;
                bool misses = false;
                for (const auto& [p, q] :
                     {std::pair(-d.x(), a.x() - rect.left()), std::pair(d.x(), rect.right() - a.x()),
                      std::pair(-d.y(), a.y() - rect.top()), std::pair(d.y(), rect.bottom() - a.y())}) {
                    if (p == 0) {
                        misses = misses || q < 0;
                    } else if (p < 0) {
                        in = std::max(in, q / p);
                    } else {
                        out = std::min(out, q / p);
                    }
                }
                if (!misses && in < out) return true;
            }
        return false;
    }

    void checkWords(QString text, const QSet<QString>& vocabulary, const QStringList& machine, const char* where) {
        for (const QString& sentence : machine) text.remove(sentence);
        static const QRegularExpression kQuoted("“[^”]*”|\"[^\"]*\"");  // what a program wrote
        text.remove(kQuoted);
        // Names, paths and addresses are the machine's own words.
        static const QRegularExpression kToken("[^\\s“”\"'(),;:…]+"), kWord("^[A-Za-z]?[a-z]{3,}[.!?]?$");
        for (auto it = kToken.globalMatch(text); it.hasNext();) {
            QString word = it.next().captured();
            if (!kWord.match(word).hasMatch()) continue;
            while (word.endsWith('.')) word.chop(1);
            if (vocabulary.contains(word.toLower()))
                m_findings << QString("not translated (%1): “%2” in “%3”").arg(where, word, text.left(70));
        }
    }

    const Scene& m_scene;
    QString m_twin;
    std::vector<Ink> m_texts;
    QStringList m_findings;
};

}  // namespace ringside
