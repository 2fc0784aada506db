// Context switch: the last one made. __switch_to_asm pushes the old task's registers on its kernel stack, notes RSP in
// task_struct.thread, takes RSP, and CR3 if the address space differs, from the new one and pops what that had pushed
// long ago. Close to the switch each instruction stands there with its cycles and the values that it moved, as it
// really ran.
#pragma once

#include <vector>

#include "widgets/canvas/view.h"

namespace ringside {

struct SwitchSide {
    i32 pid = 0;
    QString name;
    u64 sp = 0, cr3 = 0, fsBase = 0;
    u64 stackBase = 0;  // lowest address of its kernel stack
    struct Saved {
        QString name;  // of the register
        u64 address = 0, value = 0;
        bool operator==(const Saved&) const = default;
    };
    std::vector<Saved> saved;  // the lowest address first
    QString returnsTo;
    bool running = false;
    bool operator==(const SwitchSide&) const = default;
};

struct SwitchStep {
    enum class Kind : u8 { Other, Push, Pop, SaveSp, LoadSp, LoadCr3, Return };
    Kind kind = Kind::Other;
    u64 address = 0;
    QString text;  // "push rbp"
    QString what;  // a sentence with the values
    Tick tick = 0;
    std::optional<u64> cycles;  // when it was seen to run
    bool done = false, next = false;
    bool operator==(const SwitchStep&) const = default;
};

struct ContextSwitchModel {
    bool loaded = false, found = false;
    Tick tick = 0;
    bool preempted = false, sameSpace = false;
    SwitchSide from, to;
    std::vector<SwitchStep> steps;
    bool seen = false;  // the steps are those of this switch, with values
    u64 cycles = 0;     // of all steps
    QString reason, caption;
    u64 switches = 0;
    bool operator==(const ContextSwitchModel&) const = default;
};

ContextSwitchModel buildContextSwitch(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const ContextSwitchModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const ContextSwitchModel& model);

}  // namespace ringside
