// Interrupts: the IDT as it lies in RAM, gate by gate with the handler each points at; GDT and TSS; the timer; and the
// frame that the hardware pushed for the last trap, read from the kernel stack of the task.
#pragma once

#include <vector>

#include "widgets/canvas/view.h"

namespace ringside {

struct Gate {
    int vector = 0;
    QString name, handler;
    u64 offset = 0, taken = 0;  // how often it was taken in this run
    int dpl = 0, ist = 0;
    bool trapGate = false, last = false;
    bool operator==(const Gate&) const = default;
};

struct InterruptsModel {
    bool loaded = false;
    u64 idtBase = 0, gdtBase = 0, tssBase = 0, rsp0 = 0;
    int idtEntries = 0;
    std::vector<Gate> gates;  // the present ones; equal external vectors are summed up in the last
    std::vector<std::pair<QString, QString>> frame;  // what hardware pushed at the top of the kernel stack
    QString frameTask;
    u64 timerCycles = 0;
    bool timerOn = false, interruptsOn = false;
    unsigned cpl = 0;
    QString caption;
    bool operator==(const InterruptsModel&) const = default;
};

InterruptsModel buildInterrupts(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const InterruptsModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const InterruptsModel& model);

}  // namespace ringside
