// Where the words that a person reads go through, so that they can be translated: Words::tr("…"). Also the way from
// core's UTF-8 strings to Qt's.
#pragma once

#include <QCoreApplication>
#include <QString>
#include <string_view>

#include "core/base/sentence.h"

namespace ringside {

struct Words {
    Q_DECLARE_TR_FUNCTIONS(ringside::Words)
};

QString said(const Sentence& sentence);  // in the person's language

inline QString qs(std::string_view text) { return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size())); }

}  // namespace ringside
