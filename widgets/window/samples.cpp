#include "widgets/window/samples.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <algorithm>

#include "core/kernel/fs/rootfs.h"

#define T(text) QT_TRANSLATE_NOOP("ringside::Words", text)

namespace ringside {
namespace {

void hugePages(MachineOptions& o) { o.kernel.hugePages = true; }
void hugePagesAndRoom(MachineOptions& o) {
    hugePages(o);
    o.ramBytes = u64{32} << 20;
}
void swapDisk(MachineOptions& o) { o.swapBytes = u64{32} << 20; }
void fiveLevels(MachineOptions& o) { o.kernel.fiveLevel = true; }
void asInit(MachineOptions& o) { o.kernel.init = "/samples/pid1"; }
void busyboxShell(MachineOptions& o) { o.kernel.program = "/bin/busybox"; }

constexpr auto kOne = T("One program and the CPU"), kMemory = T("Memory"), kProcesses = T("Processes and threads"),
               kStarting = T("Starting programs"), kScheduling = T("Who runs when"), kKernel = T("Into the kernel");

using enum Perspective;
constexpr SampleRow kRows[] = {
    {"hello", T("Hello"), T("From main to write(2): the whole way of one line of text."), kOne, FetchExecute},
    {"hello-asm", T("Hello, in assembly"), T("Two system calls and nothing else."), kOne, FetchExecute},
    {"countdown", T("Countdown"), T("A loop, calls, local variables, the stack."), kOne, FetchExecute},
    {"cooperative", T("Coroutines"), T("Two stacks in one task, changed without the kernel."), kOne, FetchExecute},

    {"segments", T("Segments"), T("Where text, data, heap and stack of a process lie."), kMemory, Memory},
    {"demand", T("Demand paging"), T("Memory that exists only once it is touched."), kMemory, Memory},
    {"stack_growth", T("A growing stack"), T("Each page comes when it is first touched, down to the limit."), kMemory,
     Memory},
    {"malloc", T("malloc"), T("It is no system call: brk and mmap below the library."), kMemory, Memory},
    {"mmap_private", T("A file, privately"), T("The first store copies the page; the file keeps what it had."), kMemory,
     Memory},
    {"mmap_shared", T("Shared memory"), T("One frame in two address spaces, on purpose."), kMemory, Memory},
    {"hugepage", T("A huge page"), T("One entry for 2 MiB instead of 512 for 4 KiB each."), kMemory, Memory, "",
     hugePagesAndRoom},
    {"demand", T("Five levels"), T("Demand paging with 57-bit addresses: one table more."), kMemory, Memory, "",
     fiveLevels},
    {"swap", T("Swap"), T("More memory than there is: pages go to the disk and come back."), kMemory, Memory, "",
     swapDisk},
    {"swap", T("Out of memory"), T("The same without a disk: the kernel kills, and says whom and why."), kMemory,
     Memory},
    {"crash", T("Segmentation fault"), T("Which rule was broken, and who says so."), kMemory, Memory},
    {"sigsegv_handler", T("A fault repaired"), T("The handler gives the right, and the store is tried again."), kMemory,
     Memory},

    {"fork_cow", T("Fork and copy-on-write"), T("Parent and child share every page until one of them writes."),
     kProcesses, ForkCow},
    {"fork_tree", T("A tree of forks"), T("Three forks in a row make eight processes."), kProcesses, Processes},
    {"vfork", T("vfork"), T("A child that borrows its parent's memory."), kProcesses, ForkCow},
    {"zombie", T("Zombie"), T("What is left of a process until its parent asks."), kProcesses, Processes},
    {"orphan", T("Orphan"), T("A child that outlives its parent gets a new one."), kProcesses, Processes},
    {"pipeline", T("Pipeline"), T("Two processes and a pipe between them."), kProcesses, Processes},
    {"threads", T("Threads"), T("Several stacks in one address space."), kProcesses, Processes},
    {"condvar", T("Condition variable"), T("Producer and consumer: who has to wait sleeps."), kProcesses, Processes},
    {"deadlock", T("Deadlock"), T("Two threads that wait for each other, for ever."), kProcesses, Processes},
    {"pid_namespace", T("PID namespace"), T("Number 1 inside, another number outside."), kProcesses, Processes},
    {"/samples/pid1", T("Process 1"), T("It adopts orphans, and may not end: that is a kernel panic."), kProcesses,
     Processes, "", asInit},

    // Nobody is named: the kernel looks for an init and finds the small one.
    {"/sbin/init", T("A shell of your own"), T("A small init starts it; type commands into the Console."), kStarting,
     Processes},
    {"/bin/busybox", T("Only a shell"), T("The same without an init: the shell is process 1."), kStarting, Processes,
     "sh", busyboxShell},
    {"fork_exec", T("fork and exec"), T("How a shell starts a program."), kStarting, Exec},
    {"exec_keeps", T("What execve keeps"), T("The PID and open files stay; memory and handlers go."), kStarting, Exec},
    {"dynamic", T("Dynamic linking"), T("The loader maps and binds a library while you watch."), kStarting, Exec},
    {"script.sh", T("A script"), T("The kernel reads #! and starts the shell instead."), kStarting, Exec, "one two"},
    {"long_shebang.sh", T("A first line too long"), T("The kernel looks at 256 bytes; what stands behind is cut."),
     kStarting, Exec},

    {"hogs", T("Hogs"), T("Three nice values: who gets how much of the CPU, and why."), kScheduling, Scheduler,
     "0 0 5"},
    {"interactive", T("Interactive"), T("A sleeper beside a hog: who comes first?"), kScheduling, Scheduler},
    {"yielders", T("Yielders"), T("Two processes that give the CPU away after each step."), kScheduling, Scheduler},
    {"rt_starve", T("Real time"), T("A FIFO hog starves the others until it is throttled."), kScheduling, Scheduler},
    {"inversion", T("Priority inversion"), T("The highest waits for the lowest, and the middle one computes."),
     kScheduling, Scheduler},
    {"inversion", T("Priority inheritance"), T("The same with a mutex that lends the priority of who waits."),
     kScheduling, Scheduler, "inherit"},

    {"signals", T("Signals"), T("A handler that interrupts the program and returns."), kKernel, Syscalls},
    {"timer", T("Timer"), T("The clock interrupts a computation every 10 milliseconds."), kKernel, Syscalls},
    {"int80", T("int 0x80"), T("A system call through the interrupt table."), kKernel, Syscalls},
    {"forbidden", T("Forbidden"), T("A program tries to stop the computer."), kKernel, Syscalls},
};

bool inGuest(const SampleRow& row) { return row.file[0] == '/'; }

}  // namespace

std::span<const SampleRow> sampleRows() { return kRows; }

const SampleRow* findSample(QStringView file) {
    const auto row = std::ranges::find_if(kRows, [&](const SampleRow& r) { return file == QLatin1String(r.file); });
    return row == std::end(kRows) ? nullptr : row;
}

QString sampleDirectory() {
    const QString here = QCoreApplication::applicationDirPath();
    for (const QString& path : {here + "/samples", here + "/../samples", here + "/../share/ringside/samples"})
        if (QFileInfo(path + "/hello").isFile() || QFileInfo(path + "/countdown").isFile())
            return QDir(path).absolutePath();
    return {};
}

bool isThere(const SampleRow& row) {
    if (inGuest(row)) return hasShell();
    const QString directory = sampleDirectory();
    return !directory.isEmpty() && QFileInfo(directory + "/" + row.file).isFile();
}

LoadRequest requestFor(const SampleRow& row) {
    LoadRequest request;
    request.program = inGuest(row) ? QString(row.file) : sampleDirectory() + "/" + row.file;
    request.arguments = QString(row.arguments).split(' ', Qt::SkipEmptyParts);
    request.fromHost = !inGuest(row);
    if (row.machine) row.machine(request.options);
    return request;
}

}  // namespace ringside
