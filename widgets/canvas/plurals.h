// English plurals without a translation file: "%n byte(s)" becomes "1 byte" or "2 bytes". Real translations come first.
#pragma once

#include <QTranslator>

namespace ringside {

class Plurals : public QTranslator {
    Q_OBJECT
 public:
    using QTranslator::QTranslator;
    QString translate(const char*, const char* text, const char*, int n) const override {
        if (n < 0) return {};
        return QString::fromUtf8(text).replace("(s)", n == 1 ? "" : "s");
    }
    bool isEmpty() const override { return false; }
};

}  // namespace ringside
