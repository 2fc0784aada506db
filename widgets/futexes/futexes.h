// Futexes: who waits on which word of memory, what the word says and who holds the lock; the chain of priority
// inheritance locks; and the robust lists, by which the kernel finds the locks of a thread that dies.
#pragma once

#include <vector>

#include "widgets/canvas/view.h"

namespace ringside {

struct FutexUser {
    i32 pid = 0;
    QString name;
    bool operator==(const FutexUser&) const = default;
};

struct FutexWord {
    u64 address = 0;  // in the address space of the first waiter
    QString key;      // private to mm #3, page of a file …
    u32 value = 0;
    bool readable = false, pi = false, changed = false;
    QString meaning;                 // of the value
    std::vector<FutexUser> waiters;  // in the order they will be woken
    FutexUser owner;                 // pid 0: unknown
    QString inherits;                // "runs at real-time priority 30 instead of 10 …"; empty: it does not
    bool operator==(const FutexWord&) const = default;
};

struct RobustLock {
    u64 entry = 0, word = 0;
    u32 value = 0;
    bool pending = false;  // list_op_pending: about to be taken or given back
    bool operator==(const RobustLock&) const = default;
};

struct RobustRow {
    FutexUser task;
    u64 head = 0;
    std::vector<RobustLock> locks;
    bool readable = true;
    bool operator==(const RobustRow&) const = default;
};

struct FutexesModel {
    bool loaded = false;
    std::vector<FutexWord> words;
    std::vector<RobustRow> robust;
    QString circle;  // threads that wait for each other; empty: none
    bool operator==(const FutexesModel&) const = default;
};

FutexesModel buildFutexes(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const FutexesModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const FutexesModel& model);

}  // namespace ringside
