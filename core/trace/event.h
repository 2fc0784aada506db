// What happened, as data: the kernel model and the machine emit events, the timeline keeps them, views draw them. One
// row in kEventRows is one kind: its name, its colour group and what its numbers mean; the text form, the filters and
// the timeline's marks follow from the row.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/types.h"
#include "core/trace/sched_sample.h"
#include "core/trace/tree_step.h"

namespace ringside {

enum class EventKind : u8 {
    SyscallEnter,
    SyscallExit,
    PageFault,
    ZeroFill,
    FileFill,
    ZeroPage,
    CowCopy,
    CowReuse,
    SwapIn,
    SwapOut,
    SegFault,
    Fork,
    Exec,
    Exit,
    Reap,
    Reparent,
    Switch,
    Wakeup,
    Sleep,
    Preempt,
    Signal,
    SignalDeliver,
    SignalReturn,
    Irq,
    Trap,
    Undefined,
    Mmap,
    Munmap,
    Brk,
    Oom,
    Panic,
    Boot,
    CallEnter,
    CallExit,
    Console,
    RbRotate,
    RbRecolour,
    RbInsert,
    RbErase,
    Binfmt,
    Bprm,
    Boost,
    Key,
    Writeback,
    OomTask,
    kCount
};

enum class EventGroup : u8 { Syscall, Fault, Process, Switch, Signal, Irq, Memory, Boot, Call, Tree };
inline constexpr std::size_t kEventGroups = 10;

struct EventRow {
    EventKind kind;
    std::string_view name;  // stable, lower case: used by --events and --at
    EventGroup group;
    std::array<std::string_view, 6> fields{};  // what args[i] is; empty: unused. "x:" prefix: hexadecimal
    std::string_view label;                    // what a person reads
};
const EventRow& rowOf(EventKind kind);
std::span<const EventRow> eventRows();

struct Event {
    EventKind kind = EventKind::Boot;
    u8 depth = 0;  // CallEnter/CallExit: nesting of the kernel function
    i32 pid = 0;   // global PID of the task it happened to; 0 idle or none
    Tick tick = 0;
    Cycles cycles = 0;
    std::array<u64, 6> args{};
    std::string text;  // a path, a name, a sentence that says why
    bool operator==(const Event&) const = default;
};

// One line, as in the event list: "page-fault address=0x401000 error=0x14 …"
std::string toText(const Event& event);

// Events of a machine since they were last taken. Not part of the machine's state: re-execution makes the same ones.
struct Trace {
    bool enabled = true;  // off: nothing is kept (fast run without a listener)
    bool calls = false;   // keep CallEnter/CallExit and tree events too
    bool sched = false;   // keep the scheduler's samples
    std::vector<Event> events;
    std::vector<SchedSample> samples;
    std::vector<TreeStep> trees;  // with calls: of the latest operations
    u8 depth = 0;
};

}  // namespace ringside
