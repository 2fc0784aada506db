// Which theme the person has chosen for the whole desktop, and when that changes. Qt 6.4 does not tell, so the
// desktop's settings portal is asked (org.freedesktop.appearance, the one place that GNOME, KDE and others share);
// where there is none, the palette that the platform came with decides.
#pragma once

#include <QObject>
#include <QVariant>

#include "widgets/canvas/theme.h"

class QDBusVariant;

namespace ringside {

class SystemTheme : public QObject {
    Q_OBJECT
 public:
    explicit SystemTheme(QObject* parent = nullptr);
    ThemeKind kind() const;

    // `key` of the portal's group org.freedesktop.appearance: color-scheme 1 is dark, 2 light; contrast 1 is high.
    void take(const QString& key, uint value);

 Q_SIGNALS:
    void changed();

 private Q_SLOTS:
    void settingChanged(const QString& group, const QString& key, const QDBusVariant& value);

 private:
    void ask(const QString& key);

    bool m_darkPalette;
    uint m_scheme = 0, m_contrast = 0;
};

}  // namespace ringside
