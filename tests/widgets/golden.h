// What a view says at a moment, held against a file in golden/.
#pragma once

#include <QFile>
#include <QtTest>

namespace ringside {

// The empty string when they are equal; else what to do about it.
inline QString differsFromGolden(const QString& said, const QString& name) {
    QFile golden(QStringLiteral(RINGSIDE_SOURCE_DIR "/tests/widgets/golden/") + name);
    const QString expected = golden.open(QIODevice::ReadOnly) ? QString::fromUtf8(golden.readAll()) : QString();
    if (said == expected) return {};
    QFile now(QStringLiteral(RINGSIDE_BINARY_DIR "/tests/") + name);
    if (!now.open(QIODevice::WriteOnly)) return QStringLiteral("%1 can not be written").arg(now.fileName());
    now.write(said.toUtf8());
    return QStringLiteral("what it says now is in %1; when that is right, copy it over %2")
        .arg(now.fileName(), golden.fileName());
}

}  // namespace ringside
