// The journey of one system call: the program's registers and what its arguments point at, the instruction, the MSR or
// gate that says where the kernel begins, the stub, pt_regs as bytes on the kernel stack, the row of the table, the
// handler's path with its cycles, and the way back. The list of all calls is the view `strace`.
#pragma once

#include <vector>

#include "widgets/canvas/view.h"
#include "widgets/syscalls/arguments.h"

namespace ringside {

struct SavedRegister {  // one word of pt_regs
    u32 offset = 0;
    u64 address = 0, value = 0;
    QString name, bytes, what;
    bool operator==(const SavedRegister&) const = default;
};

struct PathRow {
    int depth = 0;
    QString name;
    u64 cycles = 0;
    bool operator==(const PathRow&) const = default;
};

struct SyscallsModel {
    bool loaded = false, hasCall = false;
    i32 pid = 0;
    QString task, name, handler;
    u64 number = 0, askedNumber = 0;  // askedNumber: what RAX said; of the 32-bit table for int 0x80
    bool ia32 = false;                // by int 0x80
    Tick tick = 0;
    std::vector<SyscallArgument> arguments;
    u64 rip = 0;                         // of the instruction after SYSCALL
    QString instruction;                 // its bytes
    u64 entry = 0;                       // LSTAR, or the gate's offset
    QString entryName;                   // entry_SYSCALL_64
    std::vector<SavedRegister> saved;    // from high addresses to low; empty: overwritten since
    std::vector<PathRow> path;           // when the last step was in the call
    u64 pathCycles = 0, callCycles = 0;  // callCycles: from entry to return, with what happened in between
    bool inKernel = false, failed = false;
    QString result;
    u64 rawResult = 0;
    bool operator==(const SyscallsModel&) const = default;
};

SyscallsModel buildSyscalls(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const SyscallsModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const SyscallsModel& model);

}  // namespace ringside
