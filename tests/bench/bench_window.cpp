// How long the window takes: from a key to the painted frame, and the machine's speed while all views follow it.
//
//     bench_window [--keys N] [--perspective ID] PROGRAM     step keys at several positions of the run, forwards and
//     back bench_window --run [--perspective ID] PROGRAM          full speed to the end: MIPS of the worker, frames a
//     second
//
// It drives a real MainWindow of 1920×1080 on whatever platform Qt is told to use (an X server, or
// QT_QPA_PLATFORM=offscreen). A frame counts as painted when the window has handled the update request that followed
// the snapshot of the new moment.
#include <QApplication>
#include <QDir>
#include <QElapsedTimer>
#include <QKeyEvent>
#include <QSettings>
#include <QStyleFactory>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>
#include <QWindow>
#include <algorithm>
#include <fmt/format.h>
#include <sys/resource.h>

#include "widgets/window/main_window.h"

using namespace ringside;

namespace {

// Tells when a frame of the window has been painted, and how much of the GUI thread's time that took.
class Application : public QApplication {
 public:
    using QApplication::QApplication;
    bool notify(QObject* receiver, QEvent* event) override {
        const bool frame = event->type() == QEvent::UpdateRequest && receiver == window;
        const bool done = QApplication::notify(receiver, event);
        if (frame) ++frames;
        return done;
    }
    QObject* window = nullptr;
    u64 frames = 0;
};

double seconds(int who) {
    rusage usage{};
    getrusage(who, &usage);
    return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

struct Bench {
    Application& application;
    MainWindow& window;

    Tick tick() { return window.controller().snapshot()->now->cpu.tick; }

    static void wait() { QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents); }

    void idle(int milliseconds) {
        QElapsedTimer clock;
        QTimer end;
        end.start(milliseconds);
        for (clock.start(); clock.elapsed() < milliseconds;) wait();
    }

    // Milliseconds from the key event to the end of painting the moment it led to; negative when nothing came of it.
    double press(Qt::Key key, Qt::KeyboardModifiers modifiers) {
        const Tick from = tick();
        QTimer patience;  // so that waiting ends when nothing happens
        patience.start(1000);
        QElapsedTimer clock;
        clock.start();
        QTest::keyPress(window.windowHandle(), key, modifiers);
        while (tick() == from) {
            if (clock.elapsed() > 5000) return -1;
            wait();
        }
        for (const u64 before = application.frames; application.frames == before && clock.elapsed() < 5000;) wait();
        const double took = static_cast<double>(clock.nsecsElapsed()) / 1e6;
        QTest::keyRelease(window.windowHandle(), key, modifiers);
        return took;
    }

    void series(const char* what, Tick at, int count, Qt::KeyboardModifiers modifiers) {
        std::vector<double> times;
        const double process = seconds(RUSAGE_SELF), gui = seconds(RUSAGE_THREAD);
        for (int i = 0; i < count; ++i)
            if (const double took = press(Qt::Key_F11, modifiers); took >= 0) times.push_back(took);
        std::sort(times.begin(), times.end());
        if (times.empty()) return fmt::print("{:<14} at {:>8}: no frame\n", what, at);
        const std::size_t n = times.size();
        const double inGui = seconds(RUSAGE_THREAD) - gui, other = seconds(RUSAGE_SELF) - process - inGui;
        fmt::print(
            "{:<14} at {:>8}: {:>4} frames, median {:>6.2f} ms, 95 % {:>6.2f} ms, worst {:>6.2f} ms; CPU a step {:.2f} "
            "ms "
            "in the window, {:.2f} ms in the machine\n",
            what, at, n, times[n / 2], times[n * 95 / 100], times.back(), inGui * 1e3 / count, other * 1e3 / count);
        std::fflush(stdout);
    }

    void keys(int count) {
        window.settle();
        const Tick main = tick();
        window.go([](Session& s) { s.run(); });
        window.settle();
        const Tick end = tick();
        fmt::print("main is at {}, the end at {}\n", main, end);
        for (const Tick at : {Tick{1000}, main, main + (end - main) / 3, main + (end - main) * 2 / 3}) {
            window.go([&](Session& s) { s.seek(at); });
            window.settle();
            idle(400);
            series("F11", at, count, Qt::NoModifier);
            series("Alt+Shift+F11", at, count, Qt::AltModifier | Qt::ShiftModifier);
        }
    }

    void run() {
        window.settle();
        idle(300);
        const Tick from = tick();
        const u64 before = application.frames;
        const double process = seconds(RUSAGE_SELF), gui = seconds(RUSAGE_THREAD);
        QElapsedTimer clock;
        clock.start();
        window.go([](Session& s) { s.run(); });
        do wait();
        while (window.controller().running() || tick() == from);
        const double wall = static_cast<double>(clock.nsecsElapsed()) / 1e9;
        const double guiSeconds = seconds(RUSAGE_THREAD) - gui;
        const double worker = seconds(RUSAGE_SELF) - process - guiSeconds;
        const double instructions = static_cast<double>(tick() - from);
        fmt::print(
            "{:.0f} million instructions: worker {:.2f} CPU s, {:.1f} MIPS; GUI {:.2f} CPU s; wall {:.2f} s, "
            "{:.1f} MIPS; {:.1f} frames a second\n",
            instructions / 1e6, worker, instructions / worker / 1e6, guiSeconds, wall, instructions / wall / 1e6,
            static_cast<double>(application.frames - before) / wall);
    }
};

}  // namespace

int main(int argc, char** argv) {
    Application application(argc, argv);
    // What the person at this machine has set must neither count nor change.
    QTemporaryDir directory;
    QSettings::setDefaultFormat(QSettings::IniFormat);
    QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, directory.path());
    QApplication::setOrganizationName("ringside-bench");
    QApplication::setApplicationName("bench_window");
    QApplication::setStyle(QStyleFactory::create("Fusion"));

    int keys = 500;
    bool run = false;
    QString program, perspective = "everything";
    const QStringList arguments = QApplication::arguments();
    for (qsizetype i = 1; i < arguments.size(); ++i) {
        if (arguments[i] == "--keys" && i + 1 < arguments.size())
            keys = arguments[++i].toInt();
        else if (arguments[i] == "--perspective" && i + 1 < arguments.size())
            perspective = arguments[++i];
        else if (arguments[i] == "--run")
            run = true;
        else
            program = arguments[i];
    }
    MainWindow window;
    window.resize(1920, 1080);
    window.show();
    window.setPerspective(perspective);
    LoadRequest request;
    request.program = QDir::current().absoluteFilePath(program);
    request.options = run ? desktopProfile() : classroomProfile();
    if (program.isEmpty() || !window.load(request)) {
        fmt::print(stderr, "bench_window: which PROGRAM?\n");
        return 1;
    }
    application.window = &window;
    Bench bench{application, window};
    window.settle();
    bench.idle(500);
    fmt::print("platform {}, {}×{}, perspective {}\n", QApplication::platformName().toStdString(), window.width(),
               window.height(), window.perspective().toStdString());
    run ? bench.run() : bench.keys(keys);
    return 0;
}
