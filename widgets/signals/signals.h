// Signals of one task: which are blocked, pending, caught, by name; what was queued for it and for its group; how the
// last one was sent and which thread took it by which rule; and the frame that the kernel laid on the user's stack for
// the handler that runs, decoded field by field from the bytes in RAM.
#pragma once

#include <vector>

#include "widgets/canvas/view.h"
#include "widgets/signals/signal_rows.h"

namespace ringside {

struct QueuedSignal {
    QString name, text;  // SIGUSR1, "SI_TKILL from PID 3"
    bool shared = false;
    bool operator==(const QueuedSignal&) const = default;
};

struct FrameField {
    u64 address = 0;
    u32 offset = 0, size = 8;  // from the beginning of the frame
    QString group, name, value, what;
    Subject link;
    bool operator==(const FrameField&) const = default;
};

struct SignalsModel {
    bool loaded = false;
    i32 pid = 0;
    QString name, group;  // group: its threads, when there are several
    std::vector<SignalRow> rows;
    std::vector<QueuedSignal> queued;
    QString sent, rule;  // how the last signal to this group was sent, and who took it why
    Tick sentTick = 0;
    // The handler that runs
    bool inHandler = false;
    int signal = 0;
    QString handler;
    u64 frame = 0;
    u64 deliveredTick = 0;
    std::vector<FrameField> fields;  // from low addresses to high
    bool operator==(const SignalsModel&) const = default;
};

SignalsModel buildSignals(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const SignalsModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const SignalsModel& model);

QString siCodeText(int signal, i32 code);  // SI_USER, SEGV_MAPERR …

}  // namespace ringside
