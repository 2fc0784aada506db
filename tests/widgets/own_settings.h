// Settings in a directory of the test's own: those of whoever runs it are neither read nor written.
#pragma once

#include <QCoreApplication>
#include <QSettings>
#include <QTemporaryDir>

namespace ringside {

inline void useOwnSettings(const QTemporaryDir& directory) {
    if (!directory.isValid()) qFatal("%s", qPrintable(directory.errorString()));
    QSettings::setDefaultFormat(QSettings::IniFormat);
    QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, directory.path());
    QCoreApplication::setOrganizationName("ringside-test");
    QCoreApplication::setApplicationName("ringside-test");
}

}  // namespace ringside
