// The CPU at work on one instruction: a needle (RIP) over the record (bytes in RAM), the instruction's bytes split into
// fields with their meaning, then the way of its operands: registers, address, MMU, RAM, ALU, flags, and back.
//
// Without micro-steps the instruction that just ran is shown whole; a micro-step shows the one about to run as far as
// it has come. All values come from the CPU's own record of the instruction (core/cpu/recorder.h); the fields come from
// the CPU's own decoder.
#pragma once

#include "widgets/canvas/view.h"

namespace ringside {

struct FetchExecuteModel {
    enum class Stage : u8 { Fetch, Decode, Operands, Address, Load, Execute, Store, WriteBack, Next, Trap };
    struct Step {
        Stage stage = Stage::Fetch;
        QString caption;
        int access = -1;  // Load, Store: which of `accesses`
        bool operator==(const Step&) const = default;
    };
    struct FieldRow {
        enum class Kind : u8 { Prefix, Rex, Opcode, ModRm, Sib, Displacement, Immediate };
        Kind kind = Kind::Opcode;
        int begin = 0, length = 0;
        QString name, meaning, what;
        bool operator==(const FieldRow&) const = default;
    };
    struct Access {
        AccessKind kind = AccessKind::Read;
        u64 address = 0, phys = 0, value = 0;
        int size = 0;
        bool tlbHit = false;
        bool operator==(const Access&) const = default;
    };
    struct Value {
        QString name;
        u64 value = 0, after = 0;  // of a general register
        bool written = false;
        QString was, is;  // as text, also of XMM and x87 registers
        bool operator==(const Value&) const = default;
    };
    struct Byte {
        u8 value = 0;
        bool present = false;
        int field = -1;  // index into `fields`; -1: not of this instruction
        bool operator==(const Byte&) const = default;
    };

    bool loaded = false;
    bool finished = false;  // it has just run
    u64 rip = 0;
    u64 recordStart = 0;
    std::vector<Byte> record;
    u32 frame = 0;
    QString place;  // "main+0x1f, countdown.c:7"
    QString text;   // "sub dword ptr [rbp - 4], 1"
    QString mnemonic, operandText, aluSign, sentence;
    std::vector<FieldRow> fields;
    std::vector<std::pair<QString, QString>> inputs;  // register operands that the ALU takes, with their values
    std::vector<Value> registers;                     // read or written, RIP and RFLAGS left out
    std::vector<Access> accesses;                     // without fetches
    bool fetchTlbHit = false;
    std::optional<u64> immediate;
    QString addressFormula, addressValue;  // "rbp - 4", "0x7ffe…ec"
    u64 flagsBefore = 0, flagsAfter = 0;
    u64 nextRip = 0;
    bool jumped = false;
    std::optional<u8> trap;
    Cycles cycles = 0;
    std::vector<Step> steps;
    int current = -1;  // step being shown; steps.size() - 1 when finished
    unsigned cpl = 3;
    bool operator==(const FetchExecuteModel&) const = default;
};

FetchExecuteModel buildFetchExecute(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const FetchExecuteModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const FetchExecuteModel& model);

// How many micro-steps the instruction about to run has.
int microStepCount(const Snapshot& snapshot);

}  // namespace ringside
