#include "widgets/window/system_theme.h"

#include <QApplication>
#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QDBusVariant>
#include <QPalette>

namespace ringside {
namespace {
const QString kService = QStringLiteral("org.freedesktop.portal.Desktop"),
              kPath = QStringLiteral("/org/freedesktop/portal/desktop"),
              kInterface = QStringLiteral("org.freedesktop.portal.Settings"),
              kGroup = QStringLiteral("org.freedesktop.appearance");

// The window sets the palette of its own theme later: only the first one is the platform's.
bool paletteIsDark() {
    static const bool dark = [] {
        QPalette p = QApplication::palette();
        return p.color(QPalette::WindowText).lightness() > p.color(QPalette::Window).lightness();
    }();
    return dark;
}
}  // namespace

SystemTheme::SystemTheme(QObject* parent) : QObject(parent), m_darkPalette(paletteIsDark()) {
    // Without an address Qt would start a bus of its own.
    if (!qEnvironmentVariableIsSet("DBUS_SESSION_BUS_ADDRESS")) return;
    QDBusConnection bus = QDBusConnection::sessionBus();
    if (!bus.isConnected()) return;
    bus.connect(kService, kPath, kInterface, QStringLiteral("SettingChanged"), this,
                SLOT(settingChanged(QString, QString, QDBusVariant)));
    ask(QStringLiteral("color-scheme"));
    ask(QStringLiteral("contrast"));
}

void SystemTheme::ask(const QString& key) {
    QDBusMessage call = QDBusMessage::createMethodCall(kService, kPath, kInterface, QStringLiteral("Read"));
    call << kGroup << key;
    auto* answer = new QDBusPendingCallWatcher(QDBusConnection::sessionBus().asyncCall(call), this);
    connect(answer, &QDBusPendingCallWatcher::finished, this, [this, key, answer] {
        const QDBusPendingReply<QDBusVariant> reply = *answer;
        answer->deleteLater();
        if (reply.isError()) return;
        // Read wraps the value twice.
        QVariant value = reply.value().variant();
        if (value.canConvert<QDBusVariant>()) value = value.value<QDBusVariant>().variant();
        take(key, value.toUInt());
    });
}

void SystemTheme::settingChanged(const QString& group, const QString& key, const QDBusVariant& value) {
    if (group == kGroup) take(key, value.variant().toUInt());
}

void SystemTheme::take(const QString& key, uint value) {
    const ThemeKind before = kind();
    if (key == QStringLiteral("color-scheme")) m_scheme = value;
    if (key == QStringLiteral("contrast")) m_contrast = value;
    if (kind() != before) Q_EMIT changed();
}

ThemeKind SystemTheme::kind() const {
    if (m_contrast == 1) return ThemeKind::HighContrast;
    if (m_scheme == 1) return ThemeKind::Dark;
    if (m_scheme == 2) return ThemeKind::Light;
    return m_darkPalette ? ThemeKind::Dark : ThemeKind::Light;
}

}  // namespace ringside
