// The GUI's side of the session: loads programs, passes commands on, and takes each new moment out of the mailbox.
// Views never see the session; they get what `snapshot()` returned.
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QStringList>
#include <QTimer>
#include <atomic>
#include <memory>

#include "core/session/session.h"
#include "widgets/canvas/view.h"

namespace ringside {

struct LoadRequest {
    QString program;  // what is loaded is called by this
    QStringList arguments;
    MachineOptions options = classroomProfile();
    bool fromHost = true;  // `program` is a file here, to be handed in; else `options` say what is started
};

class SessionController : public QObject {
    Q_OBJECT
 public:
    explicit SessionController(QObject* parent = nullptr);
    ~SessionController() override;

    // Boots a machine with the program; on failure the one before stays.
    Expected<void> load(const LoadRequest& request);
    void close();
    bool loaded() const { return m_session != nullptr; }
    const LoadRequest& request() const { return m_request; }

    Session* session() { return m_session.get(); }
    std::shared_ptr<const Snapshot> snapshot() const { return m_snapshot; }
    bool running() const { return m_snapshot && m_snapshot->running; }

    void toggleRun();
    void toggleBreakpoint(u64 address);
    double speed() const { return m_speed; }
    void setSpeed(double stepsPerSecond);
    // Host memory for checkpoints, kept for later programs too.
    void setHistory(u64 bytes);

    // What "changed" is measured from; Mark: from the moment shown now.
    Session::Since since() const { return m_since; }
    void compareWith(Session::Since since);

    // Waits until every command given so far is done and takes the result at once (tests, export).
    void settle();

 Q_SIGNALS:
    void snapshotChanged();
    void loadedChanged();
    void speedChanged();

 private:
    static Expected<std::string> hostProgram(const QString& program);
    void arrived();
    void poll();
    QString marksKey() const;
    void restoreMarks();
    void keepMarks(const Snapshot& old);

    LoadRequest m_request;
    std::shared_ptr<const Snapshot> m_snapshot;
    QTimer m_frame;
    QElapsedTimer m_sinceFrame;
    qint64 m_frameCost = 0;
    double m_speed = 0;
    Session::Since m_since = Session::Since::Step;
    Tick m_mark = 0;
    std::atomic<bool> m_called = false;
    std::unique_ptr<Session> m_session;  // last: its thread uses what stands above
};

}  // namespace ringside
