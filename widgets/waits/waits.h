// Who waits for what: every wait queue with its sleepers, pipes with what lies in them and who holds their ends,
// futexes with the word in memory and, for glibc's mutexes, the thread that holds it. Threads that wait for each other
// in a circle are named as the deadlock they are.
#pragma once

#include <vector>

#include "widgets/canvas/view.h"

namespace ringside {

struct Waiter {
    i32 pid = 0;
    QString name;
    bool operator==(const Waiter&) const = default;
};

struct WaitRow {
    QString what, detail;
    std::vector<Waiter> waiters;
    Waiter holder;  // pid 0: nobody or unknown
    Role role = Role::User;
    Subject subject;
    bool changed = false;
    bool operator==(const WaitRow&) const = default;
};

struct PipeRow {
    u32 id = 0, used = 0, capacity = 0, readers = 0, writers = 0;
    QString begin;  // its first bytes
    std::vector<Waiter> readingWaiters, writingWaiters;
    bool changed = false;
    bool operator==(const PipeRow&) const = default;
};

struct WaitsModel {
    bool loaded = false;
    std::vector<WaitRow> rows;
    std::vector<PipeRow> pipes;
    QString deadlock;  // the circle in words; empty: none
    bool operator==(const WaitsModel&) const = default;
};

WaitsModel buildWaits(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const WaitsModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const WaitsModel& model);

}  // namespace ringside
