#include "app/window_command.h"

#include <QApplication>
#include <QMainWindow>

#include "app/options.h"

namespace ringside {

int windowCommand(const Options& options, int& argc, char** argv) {
    QApplication application(argc, argv);
    QMainWindow window;
    window.setWindowTitle(options.program.empty() ? QStringLiteral("Ringside")
                                                  : QString::fromStdString(options.program));
    window.show();
    return QApplication::exec();
}

}  // namespace ringside
