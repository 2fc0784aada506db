#include "core/trace/event.h"

#include <fmt/format.h>

#include "core/base/check.h"

namespace ringside {
namespace {
using enum EventKind;
using G = EventGroup;

constexpr EventRow kRows[] = {
    {SyscallEnter,
     "syscall-enter",
     G::Syscall,
     {"number", "x:arg0", "x:arg1", "x:arg2", "x:arg3", "x:arg4"},
     "System call"},
    {SyscallExit, "syscall-exit", G::Syscall, {"number", "x:result"}, "System call returns"},
    {PageFault, "page-fault", G::Fault, {"x:address", "x:error", "x:rip"}, "Page fault"},
    {ZeroFill, "zero-fill", G::Fault, {"x:address", "frame"}, "New zeroed page"},
    {FileFill, "file-fill", G::Fault, {"x:address", "frame", "inode", "x:offset"}, "Page from file"},
    {ZeroPage, "zero-page", G::Fault, {"x:address", "frame"}, "Shared zero page mapped"},
    {CowCopy, "cow-copy", G::Fault, {"x:address", "from", "to", "sharers"}, "Copy-on-write: page copied"},
    {CowReuse, "cow-reuse", G::Fault, {"x:address", "frame"}, "Copy-on-write: last owner reuses page"},
    {SwapIn, "swap-in", G::Fault, {"x:address", "frame", "slot"}, "Page read back from swap"},
    {SwapOut, "swap-out", G::Memory, {"frame", "slot", "x:address"}, "Page written to swap"},
    {SegFault, "segfault", G::Fault, {"x:address", "code"}, "Segmentation fault"},
    {Fork, "fork", G::Process, {"child", "x:flags"}, "New task"},
    {Exec, "exec", G::Process, {"x:entry"}, "Program replaced"},
    {Exit, "exit", G::Process, {"x:code"}, "Task exits"},
    {Reap, "reap", G::Process, {"child"}, "Zombie reaped"},
    {Reparent, "reparent", G::Process, {"child", "to"}, "Orphan gets a new parent"},
    {Switch, "switch", G::Switch, {"from", "to", "preempted"}, "Context switch"},
    {Wakeup, "wakeup", G::Switch, {"task"}, "Task wakes up"},
    {Sleep, "sleep", G::Switch, {"x:state"}, "Task goes to sleep"},
    {Preempt, "preempt", G::Switch, {"by"}, "Task must be rescheduled"},
    {Signal, "signal", G::Signal, {"signal", "target", "code", "group", "taker"}, "Signal sent"},
    {SignalDeliver, "signal-deliver", G::Signal, {"signal", "x:handler", "x:frame"}, "Signal delivered"},
    {SignalReturn, "signal-return", G::Signal, {"x:rip"}, "Return from signal handler"},
    {Irq, "irq", G::Irq, {"vector"}, "Interrupt"},
    {Trap, "trap", G::Irq, {"vector", "x:error", "x:rip"}, "Exception"},
    {Undefined, "undefined", G::Irq, {"x:rip"}, "Instruction not implemented"},
    {Mmap, "mmap", G::Memory, {"x:start", "x:end", "x:flags"}, "Area mapped"},
    {Munmap, "munmap", G::Memory, {"x:start", "x:end"}, "Area unmapped"},
    {Brk, "brk", G::Memory, {"x:from", "x:to"}, "Heap end moves"},
    {Oom, "oom", G::Memory, {"victim", "score"}, "Out of memory"},
    {Panic, "panic", G::Boot, {}, "Kernel panic"},
    {Boot, "boot", G::Boot, {}, "Boot"},
    {CallEnter, "call", G::Call, {}, "Kernel function"},
    {CallExit, "return", G::Call, {"cycles"}, "Kernel function returns"},
    {Console, "console", G::Syscall, {"bytes"}, "Console output"},
    {RbRotate, "rb-rotate", G::Tree, {"node", "right"}, "Tree rotation"},
    {RbRecolour, "rb-recolour", G::Tree, {"node", "red"}, "Tree node recoloured"},
    {RbInsert, "rb-insert", G::Tree, {"node", "parent", "x:key"}, "Tree insertion"},
    {RbErase, "rb-erase", G::Tree, {"node"}, "Tree removal"},
    {Binfmt, "binfmt", G::Process, {"result"}, "Binary format tried"},
    {Bprm, "bprm", G::Process, {"argc", "envc"}, "linux_binprm"},
    {Boost, "boost", G::Switch, {"task", "from", "to", "for"}, "Priority inherited or given back"},
    {Key, "key", G::Irq, {"byte", "line", "ready"}, "Key pressed at the terminal"},
    {Writeback, "writeback", G::Memory, {"frame", "inode", "page", "block"}, "Changed page written to its file"},
    {OomTask, "oom-task", G::Memory, {"task", "points"}, "Looked at by the OOM killer"},
};
static_assert(std::size(kRows) == static_cast<std::size_t>(EventKind::kCount));
}  // namespace

std::span<const EventRow> eventRows() { return kRows; }

const EventRow& rowOf(EventKind kind) {
    const EventRow& row = kRows[static_cast<std::size_t>(kind)];
    CHECK(row.kind == kind);
    return row;
}

std::string toText(const Event& event) {
    const EventRow& row = rowOf(event.kind);
    std::string text(row.name);
    for (std::size_t i = 0; i < row.fields.size() && !row.fields[i].empty(); ++i) {
        std::string_view field = row.fields[i];
        if (field.starts_with("x:"))
            text += fmt::format(" {}={:#x}", field.substr(2), event.args[i]);
        else
            text += fmt::format(" {}={}", field, static_cast<i64>(event.args[i]));
    }
    if (!event.text.empty()) text += " " + event.text;
    return text;
}

}  // namespace ringside
