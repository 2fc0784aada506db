// The story of a page fault, told in stations: the access, the walk and where it stopped, the error code bit by bit,
// the area found or not, what the kernel did, the entry it wrote, the retry. The fault is the selected event's, else
// the last one at or before now.
#pragma once

#include <vector>

#include "widgets/canvas/view.h"

namespace ringside {

struct FaultStation {
    QString title, text;
    std::vector<std::pair<QString, bool>> bits;  // of the error code
    Role role = Role::User;
    Subject link;
    bool operator==(const FaultStation&) const = default;
};

struct FaultStoryModel {
    bool loaded = false, found = false;
    QString title, outcome;
    Tick tick = 0;
    std::vector<FaultStation> stations;
    bool operator==(const FaultStoryModel&) const = default;
};

FaultStoryModel buildFaultStory(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const FaultStoryModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const FaultStoryModel& model);

}  // namespace ringside
