// A language nobody speaks: every translated string becomes longer and accented, in brackets. What stays plain on the
// screen was forgotten; what is cut needs more room.
#pragma once

#include <QTranslator>

namespace ringside {

class PseudoTranslator : public QTranslator {
    Q_OBJECT
 public:
    using QTranslator::QTranslator;
    QString translate(const char* context, const char* text, const char* note, int n) const override;
    bool isEmpty() const override { return false; }
};

}  // namespace ringside
