// The list of events up to now, newest at the bottom: when, who, what. Filtered by group; a double click goes there.
#pragma once

#include "widgets/canvas/view.h"

namespace ringside {

struct EventsModel {
    struct Row {
        Tick tick = 0;
        i32 pid = 0;
        QString label, detail;
        EventGroup group = EventGroup::Boot;
        u64 index = 0;
        bool fresh = false, selected = false;
        bool operator==(const Row&) const = default;
    };
    bool loaded = false;
    std::vector<Row> rows;
    u32 hidden = 0;  // bit i: group i is filtered out
    u64 total = 0;
    bool operator==(const EventsModel&) const = default;
};

EventsModel buildEvents(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const EventsModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const EventsModel& model);

}  // namespace ringside
