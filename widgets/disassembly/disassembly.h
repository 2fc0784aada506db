// The code around RIP (or around the selected address) as assembly, with its bytes, symbols, source lines in between,
// branches as arrows, breakpoints. A solid arrow is the instruction about to run, a hollow one the one that just ran.
// Text by Capstone; what is executed is decoded by the CPU's own table.
#pragma once

#include "widgets/canvas/view.h"

namespace ringside {

struct DisassemblyModel {
    enum class Kind : u8 { Instruction, Label, Source };
    struct Row {
        Kind kind = Kind::Instruction;
        u64 address = 0;
        QString bytes, mnemonic, operands, note;  // Label: `note` is the name; Source: `note` is the line's text
        u32 line = 0;                             // Source
        bool aboutToRun = false, justRan = false, breakpoint = false, selected = false;
        bool changed = false;       // its bytes differ from before: code that was written
        std::optional<u64> target;  // of a jump or call
        bool jump = false;          // drawn as an arrow when the target is on the picture
        QString what;
        bool operator==(const Row&) const = default;
    };
    bool loaded = false;
    QString problem;  // why there is no code here
    QString place;    // "main in /samples/countdown, countdown.c:7"
    QString typed;    // what is being typed below, as the other spelling: "b8 05 00 00 00 is mov eax, 5"
    std::vector<Row> rows;
    int anchor = 0;         // row to be kept in sight
    int functionStart = 0;  // row at which its function begins
    i64 scroll = 0;
    unsigned cpl = 0;
    bool operator==(const DisassemblyModel&) const = default;
};

DisassemblyModel buildDisassembly(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const DisassemblyModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const DisassemblyModel& model);

// One sentence on what a mnemonic does; empty when not known.
QString mnemonicSentence(const QString& mnemonic);

}  // namespace ringside
