#include "widgets/window/session_controller.h"

#include <QCryptographicHash>
#include <QFile>
#include <QFileInfo>
#include <QSettings>
#include <algorithm>

#include "core/elf/elf_header.h"

namespace ringside {

// The absolute path of a file that can be started, or why it can not.
Expected<std::string> SessionController::hostProgram(const QString& program) {
    const QFileInfo info(program);
    if (!info.exists()) return fail(tr("%1: there is no such file").arg(program).toStdString());
    if (!info.isFile()) return fail(tr("%1: this is not a file").arg(program).toStdString());
    QFile file(program);
    if (!file.open(QIODevice::ReadOnly)) return fail(tr("%1: %2").arg(program, file.errorString()).toStdString());
    const QByteArray content = file.readAll();
    const elf::Bytes bytes(reinterpret_cast<const u8*>(content.data()), static_cast<std::size_t>(content.size()));
    if (elf::hasMagic(bytes)) {
        if (const auto startable = elf::readInterpreter(bytes); !startable)
            return fail(program.toStdString() + ": " + startable.error().sentence);
    } else if (!content.isEmpty() && !content.startsWith("#!")) {
        return fail(
            tr("%1: this is neither an ELF program nor a script that begins with #!").arg(program).toStdString());
    }
    return info.absoluteFilePath().toStdString();
}

SessionController::SessionController(QObject* parent) : QObject(parent) {
    m_frame.setSingleShot(true);
    m_frame.setTimerType(Qt::PreciseTimer);
    connect(&m_frame, &QTimer::timeout, this, &SessionController::poll);
}

SessionController::~SessionController() = default;

Expected<void> SessionController::load(const LoadRequest& request) {
    MachineOptions options = request.options;
    KernelOptions& kernel = options.kernel;
    if (request.fromHost) {
        auto path = hostProgram(request.program);
        if (!path) return std::unexpected(path.error());
        // The guest sees it where it lies.
        kernel.program = *path;
        kernel.files.push_back({*path, *path});
    }
    if (kernel.environment.empty())
        kernel.environment = {"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/root", "TERM=linux"};
    kernel.terminal = true;
    if (kernel.arguments.empty())
        for (const QString& argument : request.arguments) kernel.arguments.push_back(argument.toStdString());
    auto machine = Machine::bootProgram(options);
    if (!machine) return std::unexpected(machine.error());
    m_session.reset();
    m_mark = 0;
    const u64 history = QSettings().value("history/mib", 512).toULongLong() << 20;
    m_session = std::make_unique<Session>(std::move(*machine), history, [this] {
        // On the worker's thread. One call waits in the GUI's queue at most.
        if (!m_called.exchange(true))
            QMetaObject::invokeMethod(this, &SessionController::arrived, Qt::QueuedConnection);
    });
    m_session->setSpeed(m_speed);
    m_session->compareWith(m_since, m_mark);
    m_request = request;
    restoreMarks();
    m_snapshot = m_session->wait();
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

// Steps are shown at once. A running machine gets as much of this thread as it leaves to the person: a frame that took
// long is followed by a pause as long.
void SessionController::arrived() {
    m_called = false;
    if (!m_session || m_frame.isActive()) return;
    if (running() && m_sinceFrame.isValid() && m_sinceFrame.elapsed() < m_frameCost)
        m_frame.start(static_cast<int>(m_frameCost - m_sinceFrame.elapsed()));
    else
        poll();
}

void SessionController::poll() {
    if (!m_session) return;
    auto latest = m_session->latest();
    if (!latest || latest == m_snapshot) return;
    const auto old = std::exchange(m_snapshot, std::move(latest));
    if (old) keepMarks(*old);
    QElapsedTimer clock;
    clock.start();
    Q_EMIT snapshotChanged();
    m_frameCost = clock.elapsed();
    m_sinceFrame.start();
}

void SessionController::compareWith(Session::Since since) {
    m_since = since;
    if (since == Session::Since::Mark && m_snapshot && m_snapshot->now) m_mark = m_snapshot->now->cpu.tick;
    if (m_session) m_session->compareWith(m_since, m_mark);
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
    const auto& set = m_snapshot->breakpointList;
    m_session->setBreakpoint(address, std::ranges::find(set, address, &Breakpoint::address) == set.end());
}

void SessionController::setSpeed(double stepsPerSecond) {
    if (stepsPerSecond == m_speed) return;
    m_speed = stepsPerSecond;
    if (m_session) m_session->setSpeed(m_speed);
    Q_EMIT speedChanged();
}

void SessionController::setHistory(u64 bytes) {
    QSettings().setValue("history/mib", static_cast<qulonglong>(bytes >> 20));
    if (m_session) m_session->setHistory(bytes);
}

// Bookmarks and breakpoints belong to a program with its arguments: the same moments of the same run.
QString SessionController::marksKey() const {
    const QString all = m_request.program + "\n" + m_request.arguments.join("\n");
    return "marks/" + QCryptographicHash::hash(all.toUtf8(), QCryptographicHash::Md5).toHex();
}

void SessionController::restoreMarks() {
    QSettings settings;
    settings.beginGroup(marksKey());
    for (const QString& entry : settings.value("bookmarks").toStringList())
        m_session->addBookmark(entry.section(' ', 1).toStdString(), entry.section(' ', 0, 0).toULongLong());
    for (const QString& entry : settings.value("breakpoints").toStringList()) {
        const u64 address = entry.section(' ', 0, 0).toULongLong(nullptr, 16);
        m_session->setBreakpoint(address, true);
        m_session->enableBreakpoint(address, entry.section(' ', 1, 1) == "on");
        m_session->setCondition(address, entry.section(' ', 2).toStdString());
    }
}

void SessionController::keepMarks(const Snapshot& old) {
    const auto sameStops = [](const Breakpoint& a, const Breakpoint& b) {
        return a.address == b.address && a.enabled == b.enabled && a.condition == b.condition;
    };
    if (old.bookmarks == m_snapshot->bookmarks &&
        std::ranges::equal(old.breakpointList, m_snapshot->breakpointList, sameStops))
        return;
    QStringList bookmarks, breakpoints;
    for (const auto& [tick, name] : m_snapshot->bookmarks)
        bookmarks << QString("%1 %2").arg(tick).arg(QString::fromStdString(name));
    for (const Breakpoint& b : m_snapshot->breakpointList)
        breakpoints << QString("%1 %2 %3")
                           .arg(QString::number(b.address, 16), b.enabled ? "on" : "off",
                                QString::fromStdString(b.condition.text()));
    QSettings settings;
    settings.beginGroup(marksKey());
    settings.setValue("bookmarks", bookmarks);
    settings.setValue("breakpoints", breakpoints);
}

}  // namespace ringside
