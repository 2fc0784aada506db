#include "widgets/window/session_controller.h"

#include <QFileInfo>
#include <algorithm>

namespace ringside {

SessionController::SessionController(QObject* parent) : QObject(parent) {
    m_frame.setInterval(16);
    m_frame.setTimerType(Qt::PreciseTimer);
    connect(&m_frame, &QTimer::timeout, this, &SessionController::poll);
}

SessionController::~SessionController() = default;

Expected<void> SessionController::load(const LoadRequest& request) {
    MachineOptions options = request.options;
    if (options.kernel.program.empty()) {
        QFileInfo info(request.program);
        if (!info.exists()) return fail(tr("%1: there is no such file").arg(request.program).toStdString());
        if (!info.isFile()) return fail(tr("%1: this is not a file").arg(request.program).toStdString());
        // The guest sees it where it lies.
        options.kernel.program = info.absoluteFilePath().toStdString();
        options.kernel.files.push_back({options.kernel.program, options.kernel.program});
        if (options.kernel.environment.empty())
            options.kernel.environment = {"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/root", "TERM=linux"};
        options.kernel.terminal = true;
    }
    if (options.kernel.arguments.empty())
        for (const QString& argument : request.arguments) options.kernel.arguments.push_back(argument.toStdString());
    auto machine = Machine::bootProgram(options);
    if (!machine) return std::unexpected(machine.error());
    m_session.reset();
    m_session = std::make_unique<Session>(std::move(*machine));
    m_session->setSpeed(m_speed);
    m_request = request;
    m_snapshot = m_session->wait();
    m_frame.start();
    Q_EMIT loadedChanged();
    Q_EMIT snapshotChanged();
    return {};
}

void SessionController::close() {
    m_frame.stop();
    m_session.reset();
    m_snapshot.reset();
    Q_EMIT loadedChanged();
    Q_EMIT snapshotChanged();
}

void SessionController::poll() {
    if (!m_session) return;
    auto latest = m_session->latest();
    if (!latest || latest == m_snapshot) return;
    m_snapshot = std::move(latest);
    Q_EMIT snapshotChanged();
}

void SessionController::settle() {
    if (!m_session) return;
    m_session->wait();
    poll();
}

void SessionController::toggleRun() {
    if (!m_session) return;
    if (running())
        m_session->pause();
    else
        m_session->run();
}

void SessionController::toggleBreakpoint(u64 address) {
    if (!m_session || !m_snapshot) return;
    const auto& set = m_snapshot->breakpoints;
    m_session->setBreakpoint(address, !std::binary_search(set.begin(), set.end(), address));
}

void SessionController::setSpeed(double stepsPerSecond) {
    if (stepsPerSecond == m_speed) return;
    m_speed = stepsPerSecond;
    if (m_session) m_session->setSpeed(m_speed);
    Q_EMIT speedChanged();
}

}  // namespace ringside
