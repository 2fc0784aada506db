#include "app/window_command.h"

#include <QApplication>
#include <QLibraryInfo>
#include <QScreen>
#include <QStyleFactory>
#include <QTranslator>

#include "app/options.h"
#include "widgets/window/main_window.h"
#include "widgets/window/pseudo_translator.h"

namespace ringside {

int windowCommand(const Options& options, int& argc, char** argv) {
    QApplication application(argc, argv);
    QApplication::setOrganizationName("ringside");
    QApplication::setApplicationName("ringside");
    QApplication::setApplicationDisplayName("Ringside");
    QApplication::setApplicationVersion(RINGSIDE_VERSION);
    QApplication::setStyle(QStyleFactory::create("Fusion"));

    // RINGSIDE_LANGUAGE=pseudo shows which words were forgotten and which need more room.
    PseudoTranslator pseudo;
    QTranslator own, qt;
    const QString language = qEnvironmentVariable("RINGSIDE_LANGUAGE", QLocale().name());
    if (language == "pseudo") {
        QApplication::installTranslator(&pseudo);
    } else {
        if (qt.load("qt_" + language, QLibraryInfo::path(QLibraryInfo::TranslationsPath)))
            QApplication::installTranslator(&qt);
        if (own.load("ringside_" + language, ":/translations")) QApplication::installTranslator(&own);
    }

    MainWindow window;
    // A screen that is too small for the usual size gets all it has.
    if (const QSize room = window.screen()->availableSize();
        room.width() < window.width() || room.height() < window.height())
        window.showMaximized();
    else
        window.show();
    if (!options.program.empty() || !options.init.empty()) {
        LoadRequest request;
        request.program = QString::fromStdString(options.program.empty() ? options.init : options.program);
        for (const std::string& argument : options.arguments) request.arguments << QString::fromStdString(argument);
        auto machine = machineOptions(options);
        if (machine) {
            request.options = std::move(*machine);
            request.fromHost = false;
            window.load(request);
        } else {
            window.refuse(QString::fromStdString(machine.error().sentence));
        }
    }
    return QApplication::exec();
}

}  // namespace ringside
