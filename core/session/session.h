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

#include "core/machine/edits.h"
#include "core/session/find_moment.h"
#include "core/session/moment.h"
#include "core/timeline/timeline.h"

namespace ringside {

class Session {
 public:
    // `arrived` is called on the worker's thread after each new moment; it must return at once.
    explicit Session(Machine start, u64 historyBytes = u64{512} << 20, std::function<void()> arrived = {});
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
    // From the start of the run to the first of these moments, from there to the next, and `more` ticks on.
    void toMoment(std::vector<MomentWanted> way, Tick more = 0);
    // To the next (previous) event of one of the kinds in `mask` (bit i = EventKind i).
    void toEvent(u64 mask, Direction direction = Direction::Forward);
    // To the next (previous) time that user code is at one of `addresses`: source lines, the cursor.
    void toAddress(std::vector<u64> addresses, Direction direction = Direction::Forward);
    // To where another source line begins than the one we are in, `here`; back: to where the line before it began.
    // `statements`: where lines begin, by address.
    void toLine(std::vector<std::pair<u64, u32>> statements, u32 here, Direction direction = Direction::Forward);

    // Questions: each goes to the moment that is the answer, or says that there is none.
    // Back to the instruction (or the service of the kernel) that last wrote one of these bytes.
    void backToWrite(PhysAddr begin, u64 length);
    // Back to the instruction of the current task after which the register has the value it has now.
    void backToRegister(std::string name);
    enum class PageFate : u8 { Mapped, Copied, Freed };
    // Back to when this page of a process (global PID; 0: the current one) was last mapped, copied or given up.
    void backToPage(PageFate fate, i32 pid, u64 address);
    void backToFrame(PageFate fate, FrameNo frame);
    // Back to the end of the task's last turn on the CPU.
    void backToTask(i32 pid);

    // Runs the same program from the start under each of these policies, on a thread of their own; the results, growing
    // as they come, are in Moment::policies. Ends what an earlier call began.
    void compare(std::vector<SchedKind> kinds);

    // Steps a second at which run() goes; 0: as fast as it can.
    void setSpeed(double stepsPerSecond);
    void setBreakpoint(u64 address, bool on);
    void enableBreakpoint(u64 address, bool on);
    // Stops only where it holds (core/session/condition.h); one that can not be read is said and not set.
    void setCondition(u64 address, std::string condition);
    // One at a time: the next one takes its place; nothing: none.
    void setWatch(std::optional<Watchpoint> watch);
    // What the moments' `before` is: where the last step began (after a jump, the instruction before), the moment of
    // the last event, or `mark`.
    enum class Since : u8 { Step, Event, Mark };
    void compareWith(Since since, Tick mark = 0);
    // A moment has one name at most.
    void addBookmark(std::string name, std::optional<Tick> tick = {});
    void renameBookmark(Tick tick, std::string name);
    void removeBookmark(Tick tick);

    // Other futures (core/timeline/timeline.h).
    void switchFuture(u32 id);
    void removeFuture(u32 id);
    void compareFutures(u32 first, u32 second);
    void setHistory(u64 bytes);
    void type(std::string bytes);
    void closeInput();
    // Any other change of the machine by the user: a register, a nice value. `apply` must be deterministic.
    void change(std::string what, std::function<void(Machine&)> apply);
    void change(Edit edit) { change(std::move(edit.what), std::move(edit.apply)); }

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
    const std::function<void()> m_arrived;
    std::atomic<bool> m_interrupt = false;  // a long command shall end where it is
    std::unique_ptr<Worker> m_worker;       // touched by the thread only
    std::jthread m_thread;
};

}  // namespace ringside
