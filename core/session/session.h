// The program's one worker thread: owns the timeline, takes commands, runs in slices, and puts the newest moment into
// a mailbox. Commands return at once; they are done in order. Nothing here ever waits for the screen.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "core/session/moment.h"
#include "core/timeline/timeline.h"

namespace ringside {

class Session {
 public:
    explicit Session(Machine start, u64 historyBytes = u64{512} << 20);
    ~Session();

    std::shared_ptr<const Moment> latest() const;
    // Blocks until every command given so far is done and the machine stands still (tests, `ringside show`).
    std::shared_ptr<const Moment> wait();

    enum class Direction { Forward, Back };
    void step(Direction direction = Direction::Forward, Tick count = 1);
    void stepOver(Direction direction = Direction::Forward);
    void stepOut();
    void run(Direction direction = Direction::Forward);  // to a breakpoint or the end (the beginning)
    void pause();
    void seek(Tick tick);
    void restart();
    // To the next (previous) event of one of the kinds in `mask` (bit i = EventKind i).
    void toEvent(u64 mask, Direction direction = Direction::Forward);
    // To the next (previous) time that user code is at one of `addresses`: source lines, the cursor.
    void toAddress(std::vector<u64> addresses, Direction direction = Direction::Forward);
    // Back to the instruction that last wrote one of these bytes.
    void backToWrite(PhysAddr begin, u64 length);

    // Runs the same program from the start under each of these policies, on a thread of their own; the results, growing
    // as they come, are in Moment::policies. Ends what an earlier call began.
    void compare(std::vector<SchedKind> kinds);

    // Steps a second at which run() goes; 0: as fast as it can.
    void setSpeed(double stepsPerSecond);
    void setBreakpoint(u64 address, bool on);
    void addBookmark(std::string name);
    void type(std::string bytes);
    void closeInput();
    // Any other change of the machine by the user: a register, a nice value. `apply` must be deterministic.
    void change(std::string what, std::function<void(Machine&)> apply);

 private:
    struct Worker;
    void post(std::function<void(Worker&)> command);
    void work();

    mutable std::mutex m_mutex;
    std::condition_variable m_wake, m_idle;
    std::deque<std::function<void(Worker&)>> m_commands;
    std::shared_ptr<const Moment> m_latest;
    bool m_busy = true;
    int m_comparing = 0;
    bool m_quit = false;
    std::atomic<bool> m_interrupt = false;  // a long command shall end where it is
    std::unique_ptr<Worker> m_worker;       // touched by the thread only
    std::jthread m_thread;
};

}  // namespace ringside
