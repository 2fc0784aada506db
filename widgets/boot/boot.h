// Boot: from power-on to the first instruction of the first program as a line of stations. Each is an event of the boot
// (kernel/boot); a click goes there.
#pragma once

#include <vector>

#include "widgets/canvas/view.h"

namespace ringside {

struct BootStation {
    Tick tick = 0;
    QString title;
    QString text;  // what it is good for
    QString log;   // what the kernel said
    bool reached = false;
    bool operator==(const BootStation&) const = default;
};

struct BootModel {
    bool loaded = false;
    std::vector<BootStation> stations;
    Tick now = 0;
    bool operator==(const BootModel&) const = default;
};

BootModel buildBoot(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const BootModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const BootModel& model);

}  // namespace ringside
