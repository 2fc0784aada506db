// What a student could notice to be otherwise than on Linux, in sentences: the whole list is behind Help, and each view
// tells its own with F1. CONTRIBUTING.md has the list for those who change the model.
#pragma once

#include <QString>
#include <QStringList>

namespace ringside {

QStringList differencesOf(const QString& view);  // by its id in the registry
QStringList allDifferences();
QString bulletList(const QStringList& sentences);  // as HTML

}  // namespace ringside
