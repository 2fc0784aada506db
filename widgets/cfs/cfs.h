// The scheduler's queue: the red-black tree by vruntime with the leftmost and the running task marked, the rule's
// formula with the numbers of the selected task, a slider for its nice value, and why the last pick was made, in the
// scheduler's own words (RunQueue::decision). Real-time lists, deadlines and the queues of the other policies stand
// beside it.
//
// What the last step did to the tree can be played step by step: each is the tree as the machine had it
// (Timeline::detail). Settings: "step=TICK:INDEX", with ":play" while it plays.
#pragma once

#include <optional>
#include <vector>

#include "widgets/canvas/view.h"

namespace ringside {

struct CfsNode {
    i32 pid = 0;
    QString name;
    u64 vruntime = 0, weight = 0, sumRuntime = 0;
    int nice = 0;
    bool red = false, leftmost = false, selected = false;
    bool moved = false;                      // by the last step, or by the step of it that is shown
    int left = -1, right = -1, parent = -1;  // indexes into nodes
    int depth = 0;
    i64 lag = 0;       // EEVDF: how much less than its share it had, virtual ns; negative: more
    u64 deadline = 0;  // EEVDF
    bool eligible = true;
    bool operator==(const CfsNode&) const = default;
};

struct QueuedTask {
    i32 pid = 0;
    QString name, detail;
    bool operator==(const QueuedTask&) const = default;
};

struct RealTimeList {
    int priority = 0;
    std::vector<QueuedTask> tasks;
    bool operator==(const RealTimeList&) const = default;
};

struct CfsModel {
    bool loaded = false;
    SchedKind kind = SchedKind::Cfs;
    std::vector<CfsNode> nodes;  // in key order
    int root = -1;
    bool hasCurrent = false;
    CfsNode current;  // runs now: not in the tree
    u64 minVruntime = 0, totalWeight = 0;
    std::optional<u64> averageVruntime;  // EEVDF
    u32 running = 0;

    std::vector<QString> steps;  // what each step of the last change of the tree did; the first: the tree before
    int step = -1;               // which is shown; -1: the machine's own tree
    bool playing = false;
    Tick tick = 0;

    std::vector<RealTimeList> realTime;
    QString realTimeNote;               // throttling
    std::vector<QueuedTask> deadlines;  // SCHED_DEADLINE, the earliest first
    std::vector<QueuedTask> fifo;       // the queue of coop, rr and rr-latency

    CfsNode chosen;  // the selected task, else the running one: of the formula and the slider
    bool hasChosen = false, canRenice = false;
    std::vector<std::pair<QString, QString>> formula;  // symbols, numbers
    QString decision;
    std::vector<QueuedTask> candidates;  // who could run when it was made
    u32 runnableThen = 0;                // all of them, the listed ones are the first
    i32 decided = 0;                     // PID
    bool operator==(const CfsModel&) const = default;
};

CfsModel buildCfs(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const CfsModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const CfsModel& model);

}  // namespace ringside
