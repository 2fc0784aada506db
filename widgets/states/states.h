// The states of a task as a diagram, with the tasks sitting in them: a step moves them, and the arrow they took is lit.
#pragma once

#include <array>
#include <vector>

#include "widgets/canvas/view.h"

namespace ringside {

enum class TaskPlace : u8 { New, Runnable, Running, Sleeping, Uninterruptible, Idle, Stopped, Zombie, Dead, kCount };

struct PlacedTask {
    i32 pid = 0;
    QString name, what;
    TaskPlace place = TaskPlace::New;
    bool moved = false;
    bool operator==(const PlacedTask&) const = default;
};

struct StateMove {
    TaskPlace from = TaskPlace::New, to = TaskPlace::New;
    bool operator==(const StateMove&) const = default;
};

struct StatesModel {
    bool loaded = false;
    i32 selected = 0;
    std::vector<PlacedTask> tasks;  // by PID
    std::vector<StateMove> moves;   // since before the last step, each way once
    QString caption;
    std::size_t count(TaskPlace place) const;
    bool operator==(const StatesModel&) const = default;
};

TaskPlace placeOf(const Machine& machine, const Task& task);
StatesModel buildStates(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const StatesModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const StatesModel& model);

}  // namespace ringside
