#include "widgets/window/pseudo_translator.h"

namespace ringside {

QString PseudoTranslator::translate(const char*, const char* text, const char*, int) const {
    static const QString kPlain = "aeiouAEIOUcnsyz", kAccented = "áéîöüÁÉÎÖÜçñšýž";
    QString source = QString::fromUtf8(text), out;
    bool tag = false;
    int letters = 0;
    const auto endWord = [&] {
        out += QString(letters / 4, QChar('~'));
        letters = 0;
    };
    for (qsizetype i = 0; i < source.size(); ++i) {
        QChar c = source[i];
        if (!c.isLetter() || tag) endWord();
        letters += c.isLetter() && !tag;
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
    // U+200F has no width and makes what follows a right-to-left paragraph.
    if (m_direction == Qt::RightToLeft) out.prepend(QChar(0x200f));
    endWord();
    return '[' + out + ']';
}

}  // namespace ringside
