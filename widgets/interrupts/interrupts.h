// Interrupts: the IDT as it lies in RAM, gate by gate with the handler each points at and what kind of event it is for;
// GDT and TSS; the timer's countdown; and what the hardware pushed on the way in, bit by bit, read from the kernel
// stack.
#pragma once

#include <vector>

#include "widgets/canvas/view.h"

namespace ringside {

// What becomes of the instruction at hand: a fault runs it again, a trap goes on behind it, an abort does not come
// back, an interrupt came from outside between two instructions.
enum class GateKind : u8 { Fault, Trap, Abort, Interrupt, Software };

struct Gate {
    int vector = 0;
    QString name, handler;
    u64 address = 0, offset = 0, taken = 0;  // of the gate in RAM; of the handler; how often it was taken in this run
    int dpl = 0, ist = 0;
    GateKind kind = GateKind::Fault;
    bool trapGate = false, last = false;
    bool operator==(const Gate&) const = default;
};

struct SegmentRow {  // one descriptor of the GDT
    int selector = 0;
    u64 address = 0, raw = 0, base = 0;
    QString name, what;
    bool used = false;  // CS, SS or TR hold it now
    bool operator==(const SegmentRow&) const = default;
};

struct TssField {
    QString name, what;
    u64 address = 0, value = 0;
    bool operator==(const TssField&) const = default;
};

struct PushedWord {
    QString name, bits, what;  // bits: the value taken apart
    u64 address = 0, value = 0;
    bool operator==(const PushedWord&) const = default;
};

struct InterruptsModel {
    bool loaded = false;
    u64 idtBase = 0, gdtBase = 0, tssBase = 0;
    int idtEntries = 0;
    std::vector<Gate> gates;  // the present ones that have a name or were taken
    std::vector<SegmentRow> segments;
    std::vector<TssField> tss;
    std::vector<PushedWord> frame;  // from high addresses to low
    QString frameTask, frameNote;
    u64 timerCycles = 0, timerPeriod = 0;
    bool timerOn = false, interruptsOn = false;
    unsigned cpl = 0;
    int lastVector = -1;
    QString caption;
    bool operator==(const InterruptsModel&) const = default;
};

InterruptsModel buildInterrupts(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const InterruptsModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const InterruptsModel& model);

QString gateKindText(GateKind kind);
QString errorCodeText(int vector, u64 error);  // "P=0 W=1 U=1: …"

}  // namespace ringside
