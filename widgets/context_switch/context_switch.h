// Context switch: the last one made. The registers that __switch_to_asm pushed lie on the old task's kernel stack, the
// CPU took RSP, and CR3 if the address space differs, from the new one and popped what that had pushed long ago.
#pragma once

#include <vector>

#include "widgets/canvas/view.h"

namespace ringside {

struct SwitchSide {
    i32 pid = 0;
    QString name;
    u64 sp = 0, cr3 = 0, fsBase = 0;
    std::vector<std::pair<QString, u64>> saved;  // at SP and above, in the order they are popped
    QString returnsTo;
    bool running = false;
    bool operator==(const SwitchSide&) const = default;
};

struct ContextSwitchModel {
    bool loaded = false, found = false;
    Tick tick = 0;
    bool preempted = false, sameSpace = false;
    SwitchSide from, to;
    QString reason, caption;
    u64 switches = 0;
    bool operator==(const ContextSwitchModel&) const = default;
};

ContextSwitchModel buildContextSwitch(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const ContextSwitchModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const ContextSwitchModel& model);

}  // namespace ringside
