// A language nobody speaks: every translated string becomes accented, in brackets, and its words longer. What stays
// plain on the screen was forgotten; what is cut needs more room. Written from left to right or, as the same letters,
// from right to left.
#pragma once

#include <QTranslator>

namespace ringside {

class PseudoTranslator : public QTranslator {
    Q_OBJECT
 public:
    explicit PseudoTranslator(Qt::LayoutDirection direction = Qt::LeftToRight) : m_direction(direction) {}
    QString translate(const char* context, const char* text, const char* note, int n) const override;
    bool isEmpty() const override { return false; }

 private:
    Qt::LayoutDirection m_direction;
};

}  // namespace ringside
