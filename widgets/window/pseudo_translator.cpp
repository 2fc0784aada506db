#include "widgets/window/pseudo_translator.h"

namespace ringside {

QString PseudoTranslator::translate(const char*, const char* text, const char*, int) const {
    static const QString kPlain = "aeiouAEIOUcnsyz", kAccented = "áéîöüÁÉÎÖÜçñšýž";
    QString source = QString::fromUtf8(text), out;
    bool tag = false;
    for (qsizetype i = 0; i < source.size(); ++i) {
        QChar c = source[i];
        // Placeholders (%1, %n, %L1), tags and mnemonics stay what they are.
        if (c == '%' && i + 1 < source.size()) {
            out += c;
            out += source[++i];
            if (source[i] == 'L' && i + 1 < source.size()) out += source[++i];
            continue;
        }
        tag = c == '<' ? true : c == '>' ? false : tag;
        qsizetype at = tag ? -1 : kPlain.indexOf(c);
        out += at < 0 ? c : kAccented[at];
    }
    return '[' + out + QString(std::max<qsizetype>(1, source.size() / 4), QChar('~')) + ']';
}

}  // namespace ringside
