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
    FutexUser lender;                // the waiter that the owner has its priority from; pid 0: nobody lends
    QString lent, own;               // "real-time priority 30", and what the owner would run at
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

struct FutexStep {  // of a deadlock: who waits for which word; whoever has it is who the next step is about
    FutexUser who;
    std::size_t word = 0;  // index
    bool operator==(const FutexStep&) const = default;
};

inline constexpr std::size_t kFutexWords = 25;  // that are drawn; the twin tells all

struct FutexesModel {
    bool loaded = false;
    std::vector<FutexWord> words;
    std::vector<RobustRow> robust;
    std::vector<FutexStep> circle;  // threads that wait for each other; empty: none
    std::size_t idleLists = 0;      // robust lists without a lock that are left out
    bool operator==(const FutexesModel&) const = default;
};

FutexesModel buildFutexes(const Snapshot& snapshot, const ViewOptions& options);
QString circleText(const FutexesModel& model);  // "Deadlock: a waits for b waits for a"
QString robustRestText(const FutexesModel& model);
QString futexValueText(u32 value);  // of a lock whose owner is in the word
Scene paint(const FutexesModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const FutexesModel& model);

}  // namespace ringside
