// Signals of one task by name: what is blocked, pending, caught, ignored. One reading for every view that shows them.
#pragma once

#include <vector>

#include "widgets/canvas/view.h"

namespace ringside {

struct SignalRow {
    int number = 0;
    QString name, standard;  // standard: what happens without a handler, in a word
    bool blocked = false, pending = false, sharedPending = false, ignored = false;
    u64 handler = 0;  // 0: none
    QString handlerName, flags, mask;
    bool changed = false;
    bool operator==(const SignalRow&) const = default;
    bool quiet() const { return !blocked && !pending && !sharedPending && !ignored && handler == 0; }
};

// 1 … 31, and of the real-time signals those that are not quiet.
std::vector<SignalRow> signalRows(const Machine& machine, const Task& task, const Machine* before, Symbols* symbols);
QString standardAction(int signal);  // "Term", "Core", "Ign", "Stop", "Cont"
QString actionSentence(const SignalRow& row);
QString signalActionFlags(u64 flags);  // SA_RESTART | SA_SIGINFO
QString handlerText(const Machine& machine, const Task& task, u64 address, Symbols* symbols);

}  // namespace ringside
