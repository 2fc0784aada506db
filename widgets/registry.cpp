// Every view is one row here.
#include "widgets/address_space/address_space.h"
#include "widgets/boot/boot.h"
#include "widgets/breakpoints/breakpoints.h"
#include "widgets/canvas/view.h"
#include "widgets/canvas/words.h"
#include "widgets/cfs/cfs.h"
#include "widgets/compare/compare.h"
#include "widgets/compare_tasks/compare_tasks.h"
#include "widgets/console/console.h"
#include "widgets/context_switch/context_switch.h"
#include "widgets/disassembly/disassembly.h"
#include "widgets/elf/elf_view.h"
#include "widgets/events/events.h"
#include "widgets/exec/exec.h"
#include "widgets/fault_story/fault_story.h"
#include "widgets/fetch_execute/fetch_execute.h"
#include "widgets/fork_cow/fork_cow.h"
#include "widgets/frames/frames.h"
#include "widgets/futexes/futexes.h"
#include "widgets/futures/futures.h"
#include "widgets/interrupts/interrupts.h"
#include "widgets/kernel_path/kernel_path.h"
#include "widgets/lanes/lanes.h"
#include "widgets/memory/memory.h"
#include "widgets/page_tables/page_tables.h"
#include "widgets/pids/pids.h"
#include "widgets/pipes/pipes.h"
#include "widgets/process_tree/process_tree.h"
#include "widgets/registers/registers.h"
#include "widgets/signals/signals.h"
#include "widgets/source/source.h"
#include "widgets/stack/stack.h"
#include "widgets/states/states.h"
#include "widgets/strace/strace.h"
#include "widgets/syscalls/syscalls.h"
#include "widgets/task/task.h"
#include "widgets/task_list/task_list.h"
#include "widgets/tasks/tasks.h"
#include "widgets/timeline/timeline_view.h"
#include "widgets/tlb/tlb.h"
#include "widgets/vruntime/vruntime.h"
#include "widgets/waits/waits.h"

namespace ringside {
namespace {

// Order within an area is the order of the docks.
const std::vector<ViewRow> kRows{
    {"fetch-execute", QT_TRANSLATE_NOOP("ringside::Words", "Fetch-Execute"),
     QT_TRANSLATE_NOOP(
         "ringside::Words",
         "One instruction from its bytes in RAM to what it changes: fetch, decode, operands, address, load, "
         "execute, store, next RIP. F6 goes one micro-step."),
     Area::Centre, in(Perspective::FetchExecute), boxed<buildFetchExecute>},
    {"disassembly", QT_TRANSLATE_NOOP("ringside::Words", "Code"),
     QT_TRANSLATE_NOOP("ringside::Words",
                       "The instructions around RIP with their bytes, symbols and source lines. A solid arrow is the "
                       "instruction about to run, a hollow one the one that just ran. Click beside a line for a "
                       "breakpoint, double click to run there. The line below is a scratchpad: what is typed there, "
                       "bytes or assembly, goes to the selected instruction, or to where RIP points."),
     Area::Right, in(Perspective::FetchExecute) | in(Perspective::Boot), boxed<buildDisassembly>,
     QT_TRANSLATE_NOOP("ringside::Words", "Bytes or assembly, Enter puts them here")},
    {"source", QT_TRANSLATE_NOOP("ringside::Words", "Source"),
     QT_TRANSLATE_NOOP("ringside::Words",
                       "The source file that the code comes from, with the line that is about to run."),
     Area::Right, in(Perspective::FetchExecute), boxed<buildSource>},
    {"registers", QT_TRANSLATE_NOOP("ringside::Words", "Registers"),
     QT_TRANSLATE_NOOP("ringside::Words",
                       "Everything the CPU holds. What the last step changed is marked; hover for the old value, right "
                       "click for another radix, double click to change it."),
     Area::Right,
     in(Perspective::FetchExecute) | in(Perspective::Syscalls) | in(Perspective::Memory) | in(Perspective::Boot),
     boxed<buildRegisters>},
    {"stack", QT_TRANSLATE_NOOP("ringside::Words", "Stack"),
     QT_TRANSLATE_NOOP("ringside::Words",
                       "The stack from RSP upwards, low addresses at the bottom: it grows down. Return addresses and "
                       "saved frame pointers are named."),
     Area::Right, in(Perspective::FetchExecute), boxed<buildStack>},
    {"memory", QT_TRANSLATE_NOOP("ringside::Words", "Memory"),
     QT_TRANSLATE_NOOP("ringside::Words",
                       "The bytes at the selected address, in memory order and as characters. Hover a byte to see it "
                       "as a value: the lowest byte comes first."),
     Area::Bottom, in(Perspective::Memory) | in(Perspective::Elf), boxed<buildMemory>},
    {"console", QT_TRANSLATE_NOOP("ringside::Words", "Console"),
     QT_TRANSLATE_NOOP(
         "ringside::Words",
         "The terminal: what programs write, what its line discipline does with keys, and a line that sends "
         "each key to it: Ctrl+C and arrows too. Shift+Tab leaves that line."),
     Area::Bottom,
     in(Perspective::FetchExecute) | in(Perspective::ForkCow) | in(Perspective::Processes) | in(Perspective::Syscalls),
     boxed<buildConsole>, QT_TRANSLATE_NOOP("ringside::Words", "Keys go to the program: type here"), true},
    {"events", QT_TRANSLATE_NOOP("ringside::Words", "Events"),
     QT_TRANSLATE_NOOP("ringside::Words",
                       "What happened so far: system calls, faults, switches, signals. Click selects, double click "
                       "goes there in time, the buttons filter."),
     Area::Bottom,
     in(Perspective::FetchExecute) | in(Perspective::ForkCow) | in(Perspective::Scheduler) |
         in(Perspective::Processes) | in(Perspective::Syscalls),
     boxed<buildEvents>},
    {"timeline", QT_TRANSLATE_NOOP("ringside::Words", "Timeline"),
     QT_TRANSLATE_NOOP("ringside::Words", "The whole run, with a mark for everything that happened."), Area::Bottom, 0,
     boxed<buildTimelineView>},
    {"breakpoints", QT_TRANSLATE_NOOP("ringside::Words", "Breakpoints"),
     QT_TRANSLATE_NOOP("ringside::Words",
                       "Where a run stops, and the moments that have a name. Double click goes there; right click "
                       "switches off, sets a condition, renames or removes."),
     Area::Bottom, 0, boxed<buildBreakpoints>},
    {"futures", QT_TRANSLATE_NOOP("ringside::Words", "Futures"),
     QT_TRANSLATE_NOOP("ringside::Words",
                       "What if: change something in the past, and a new future begins; the old one is kept. Here are "
                       "all of them with where they parted and how they ended. Double click goes on in one, right "
                       "click compares it with the one you are in."),
     Area::Bottom, 0, boxed<buildFutures>},
    {"page-tables", QT_TRANSLATE_NOOP("ringside::Words", "Page tables"),
     QT_TRANSLATE_NOOP(
         "ringside::Words",
         "How the MMU turns an address into a place in RAM: the address is cut into indexes of nine bits, each chooses "
         "an "
         "entry of one table, and the last entry names the frame. Select any address anywhere to walk it."),
     Area::Centre, in(Perspective::Memory), boxed<buildPageTables>},
    {"fork-cow", QT_TRANSLATE_NOOP("ringside::Words", "Fork and copy-on-write"),
     QT_TRANSLATE_NOOP("ringside::Words",
                       "The writable pages of related processes on both sides of one RAM. A frame joined to two "
                       "processes is shared and "
                       "read-only in both; the first write to it makes a copy, and the last user writes without one."),
     Area::Centre, in(Perspective::ForkCow), boxed<buildForkCow>},
    {"address-space", QT_TRANSLATE_NOOP("ringside::Words", "Address space"),
     QT_TRANSLATE_NOOP("ringside::Words",
                       "What a process may touch: each area with its rights and its file, from address 0 to the stack, "
                       "the hole of addresses that do not exist, and the kernel's half. The strip under an area shows "
                       "what of it really lies in RAM."),
     Area::Centre, in(Perspective::Memory) | in(Perspective::Exec), boxed<buildAddressSpace>},
    {"tlb", QT_TRANSLATE_NOOP("ringside::Words", "TLB"),
     QT_TRANSLATE_NOOP("ringside::Words",
                       "The translations that the CPU remembers so that it need not walk the page tables: 64 sets of "
                       "four ways. Marked is what the last step found, entered or threw out."),
     Area::Centre, in(Perspective::Memory), boxed<buildTlb>},
    {"frames", QT_TRANSLATE_NOOP("ringside::Words", "Frames of RAM"),
     QT_TRANSLATE_NOOP("ringside::Words",
                       "Every frame of the simulated RAM, coloured by what it is used for. Hover to learn who maps it, "
                       "click to follow it into the page tables."),
     Area::Centre, in(Perspective::Memory) | in(Perspective::ForkCow), boxed<buildFrames>},
    {"runqueue", QT_TRANSLATE_NOOP("ringside::Words", "Run queue"),
     QT_TRANSLATE_NOOP(
         "ringside::Words",
         "Who waits for the CPU, in the order in which CFS will serve them: a red-black tree by vruntime. The leftmost "
         "task runs next. Select a task to see the formula with its numbers; below is why the last choice was made."),
     Area::Centre, in(Perspective::Scheduler), boxed<buildCfs>},
    {"vruntime", QT_TRANSLATE_NOOP("ringside::Words", "vruntime over time"),
     QT_TRANSLATE_NOOP("ringside::Words",
                       "One line for each task: its vruntime rises while it runs, the slower the heavier it is, and "
                       "stays while it waits or sleeps. Whoever is lowest runs next. A click goes there in time; Ctrl "
                       "and the wheel zoom."),
     Area::Centre, in(Perspective::Scheduler), boxed<buildVruntime>},
    {"compare", QT_TRANSLATE_NOOP("ringside::Words", "Policies side by side"),
     QT_TRANSLATE_NOOP("ringside::Words",
                       "The same program under several scheduling policies, one chart over the other, with waiting, "
                       "response and turnaround times, fairness and switches. The buttons choose the policies; each is "
                       "really run, from the start, on a machine of its own."),
     Area::Centre, in(Perspective::Scheduler), boxed<buildCompare>},
    {"kernel-path", QT_TRANSLATE_NOOP("ringside::Words", "Kernel path"),
     QT_TRANSLATE_NOOP("ringside::Words",
                       "The kernel functions that the last step ran through, nested as they called each other, with "
                       "the cycles of each and what it is for. The names are those of Linux 6.1."),
     Area::Right,
     in(Perspective::Memory) | in(Perspective::ForkCow) | in(Perspective::Exec) | in(Perspective::Syscalls) |
         in(Perspective::Processes),
     boxed<buildKernelPath>},
    {"tasks", QT_TRANSLATE_NOOP("ringside::Words", "Tasks"),
     QT_TRANSLATE_NOOP("ringside::Words",
                       "Every task of the machine as ps and top list them, one row a thread. Click a column to sort "
                       "by it, a row to select the task everywhere. What the last step changed is marked."),
     Area::Centre, in(Perspective::Processes) | in(Perspective::ForkCow) | in(Perspective::Scheduler),
     boxed<buildTasks>},
    {"process-tree", QT_TRANSLATE_NOOP("ringside::Words", "Process tree"),
     QT_TRANSLATE_NOOP("ringside::Words",
                       "Who created whom: a process stands under its parent, a box with several lines is one process "
                       "with several threads. Births, deaths and new parents of the last step are told above."),
     Area::Centre, in(Perspective::Processes), boxed<buildProcessTree>},
    {"states", QT_TRANSLATE_NOOP("ringside::Words", "Task states"),
     QT_TRANSLATE_NOOP("ringside::Words",
                       "The states a task can be in, with the tasks in them and the ways between them. A step moves "
                       "them; the way it took is lit."),
     Area::Centre, in(Perspective::Processes) | in(Perspective::Scheduler), boxed<buildStates>},
    {"task", QT_TRANSLATE_NOOP("ringside::Words", "Task"),
     QT_TRANSLATE_NOOP("ringside::Words",
                       "The task_struct of the selected task, every group of it with the address of each member, and "
                       "its table of file descriptors down to the inodes. What the last step changed is marked."),
     Area::Right, in(Perspective::Processes), boxed<buildTask>},
    {"compare-tasks", QT_TRANSLATE_NOOP("ringside::Words", "Two tasks"),
     QT_TRANSLATE_NOOP("ringside::Words",
                       "The selected task beside another: which objects clone let them share, which it copied, which "
                       "flags said so, and the fields that differ."),
     Area::Right, in(Perspective::Processes) | in(Perspective::ForkCow), boxed<buildCompareTasks>},
    {"pids", QT_TRANSLATE_NOOP("ringside::Words", "PIDs"),
     QT_TRANSLATE_NOOP("ringside::Words",
                       "From a number to a task: the radix tree of a PID namespace with the way of one number through "
                       "it, the struct pid with a number for each level, and the namespaces as nested boxes."),
     Area::Centre, in(Perspective::Processes), boxed<buildPids>},
    {"task-list", QT_TRANSLATE_NOOP("ringside::Words", "Task list"),
     QT_TRANSLATE_NOOP(
         "ringside::Words",
         "The list of all processes as the kernel walks it: a circle of list_heads inside the task_structs, with their "
         "addresses, and how container_of gets from one to the struct around it."),
     Area::Centre, in(Perspective::Processes), boxed<buildTaskList>},
    {"gantt", QT_TRANSLATE_NOOP("ringside::Words", "Lanes"),
     QT_TRANSLATE_NOOP("ringside::Words",
                       "Who had the CPU when, and what every task did meanwhile: filled is running, hatched is waiting "
                       "for the CPU, a thin line is asleep. Marks are system calls, faults, signals, forks, execs and "
                       "exits; a click goes there in time."),
     Area::Bottom, in(Perspective::Scheduler) | in(Perspective::Processes), boxed<buildLanes>},
    {"fault", QT_TRANSLATE_NOOP("ringside::Words", "Page-fault story"),
     QT_TRANSLATE_NOOP("ringside::Words",
                       "One page fault from the access to the retry: where the walk stopped, what the error code says "
                       "bit by bit, which area the kernel found, what it did and which entry it wrote."),
     Area::Centre, in(Perspective::Memory) | in(Perspective::ForkCow), boxed<buildFaultStory>},
    {"syscalls", QT_TRANSLATE_NOOP("ringside::Words", "System calls"),
     QT_TRANSLATE_NOOP(
         "ringside::Words",
         "The journey of a system call from the registers of the program, with what they point at, through "
         "SYSCALL or INT 0x80 and the kernel's stub to pt_regs on the kernel stack, the table, the "
         "handler with its cycles, and back."),
     Area::Centre, in(Perspective::Syscalls), boxed<buildSyscalls>},
    {"strace", QT_TRANSLATE_NOOP("ringside::Words", "Calls"),
     QT_TRANSLATE_NOOP("ringside::Words",
                       "All system calls of the run as strace prints them. The buttons filter by family, by failure, "
                       "by the selected task; a click goes there in time."),
     Area::Bottom, in(Perspective::Syscalls), boxed<buildStrace>},
    {"signals", QT_TRANSLATE_NOOP("ringside::Words", "Signals"),
     QT_TRANSLATE_NOOP("ringside::Words",
                       "The signals of the selected task by name: blocked, pending, and what happens on each; how the "
                       "last one was sent and which thread took it by which rule; and the frame on the user's stack "
                       "while a handler runs, field by field."),
     Area::Centre, in(Perspective::Processes) | in(Perspective::Syscalls), boxed<buildSignals>},
    {"pipes", QT_TRANSLATE_NOOP("ringside::Words", "Pipes"),
     QT_TRANSLATE_NOOP("ringside::Words",
                       "Every pipe as the ring of buffers it is, each a page: what holds bytes, head and tail, who can "
                       "write and read, and who of them sleeps."),
     Area::Centre, in(Perspective::Processes), boxed<buildPipes>},
    {"futexes", QT_TRANSLATE_NOOP("ringside::Words", "Futexes"),
     QT_TRANSLATE_NOOP("ringside::Words",
                       "Who waits on which word of memory, what the word says and who holds the lock; a circle is "
                       "named as the deadlock it is. Below, the robust lists of the threads."),
     Area::Centre, in(Perspective::Processes), boxed<buildFutexes>},
    {"interrupts", QT_TRANSLATE_NOOP("ringside::Words", "Interrupts"),
     QT_TRANSLATE_NOOP(
         "ringside::Words",
         "The interrupt descriptor table as it lies in RAM: each vector, the gate's rights and the handler it points "
         "at, how often it was taken, and what the hardware pushed onto the kernel stack."),
     Area::Centre, in(Perspective::Syscalls) | in(Perspective::Scheduler), boxed<buildInterrupts>},
    {"boot", QT_TRANSLATE_NOOP("ringside::Words", "Boot"),
     QT_TRANSLATE_NOOP("ringside::Words",
                       "From power-on to the first instruction of the first program, station by station. Click a "
                       "station to go there and look at the machine with all other views."),
     Area::Centre, in(Perspective::Boot), boxed<buildBoot>},
    {"exec", QT_TRANSLATE_NOOP("ringside::Words", "Exec"),
     QT_TRANSLATE_NOOP("ringside::Words",
                       "How execve turned a file into a running program: what was gathered in linux_binprm, which "
                       "format took it, what of the old task was kept, and the stack that the program began with."),
     Area::Centre, in(Perspective::Exec), boxed<buildExec>,
     QT_TRANSLATE_NOOP("ringside::Words", "A format for binfmt_misc, :name:E::extension::/interpreter:")},
    {"elf", QT_TRANSLATE_NOOP("ringside::Words", "ELF file"),
     QT_TRANSLATE_NOOP("ringside::Words",
                       "The file of the program: a map to scale, the header field by field with its bytes, and every "
                       "table. Select an address anywhere to see which byte of the file it came from."),
     Area::Centre, in(Perspective::Elf) | in(Perspective::Exec), boxed<buildElfView>},
    {"waits", QT_TRANSLATE_NOOP("ringside::Words", "Who waits for what"),
     QT_TRANSLATE_NOOP("ringside::Words",
                       "Every sleeping task with what would wake it; pipes with what lies in them and who holds their "
                       "ends; futexes with the thread that holds the lock. A circle of threads that wait for each "
                       "other is named as the deadlock it is."),
     Area::Centre, in(Perspective::Processes) | in(Perspective::Scheduler), boxed<buildWaits>},
    {"context-switch", QT_TRANSLATE_NOOP("ringside::Words", "Context switch"),
     QT_TRANSLATE_NOOP("ringside::Words",
                       "The last context switch: what was pushed on the old task's kernel stack, what was taken from "
                       "the new one's, whether CR3 changed, and why the scheduler decided so."),
     Area::Centre, in(Perspective::Scheduler), boxed<buildContextSwitch>},
};

}  // namespace

std::span<const ViewRow> viewRows() { return kRows; }

const ViewRow* findView(const QString& id) {
    for (const ViewRow& row : viewRows())
        if (id == row.id) return &row;
    return nullptr;
}

QString titleOf(Perspective p) {
    switch (p) {
        case Perspective::FetchExecute:
            return Words::tr("Fetch-Execute");
        case Perspective::Memory:
            return Words::tr("Memory");
        case Perspective::ForkCow:
            return Words::tr("Fork && COW");
        case Perspective::Scheduler:
            return Words::tr("Scheduler");
        case Perspective::Processes:
            return Words::tr("Processes");
        case Perspective::Syscalls:
            return Words::tr("System Calls");
        case Perspective::Elf:
            return Words::tr("ELF");
        case Perspective::Exec:
            return Words::tr("Exec");
        case Perspective::Boot:
            return Words::tr("Boot");
        case Perspective::Everything:
            return Words::tr("Everything");
        case Perspective::kCount:
            break;
    }
    return {};
}

QString idOf(Perspective p) {
    static constexpr const char* kIds[] = {"fetch-execute", "memory", "fork-cow", "scheduler", "processes",
                                           "syscalls",      "elf",    "exec",     "boot",      "everything"};
    static_assert(std::size(kIds) == static_cast<std::size_t>(Perspective::kCount));
    return kIds[static_cast<std::size_t>(p)];
}

}  // namespace ringside
