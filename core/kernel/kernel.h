// All state of the kernel model, as one value, and the options it boots with. What acts on it are free functions in the
// folders beside this file; they get an `Os` (os.h).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/cow.h"
#include "core/base/error.h"
#include "core/kernel/fs/vfs.h"
#include "core/kernel/ids.h"
#include "core/kernel/mm/mm.h"
#include "core/kernel/mm/page.h"
#include "core/kernel/mm/slab.h"
#include "core/kernel/proc/namespaces.h"
#include "core/kernel/proc/pid_namespace.h"
#include "core/kernel/proc/task.h"
#include "core/kernel/proc/timer_queue.h"
#include "core/kernel/proc/wait_queue.h"
#include "core/kernel/sched/run_queue.h"
#include "core/kernel/time/clocksource.h"

namespace ringside {

struct HostFile {
    std::string hostPath;  // read when the guest first opens it
    std::string guestPath;
};

struct KernelOptions {
    std::string program;                 // path inside the guest
    std::vector<std::string> arguments;  // argv[1…]
    std::vector<std::string> environment;
    std::string cwd = "/";
    std::string rootDirectory;  // host directory laid read-only under the guest's root; empty: built-in root
    std::vector<HostFile> files;
    std::string init;  // --init PROGRAM: boot this as PID 1; empty: PROGRAM is the first process
    // PID 1 is there for others, so that it may not end. Neither init nor program: what is found of /sbin/init ….
    bool hasInit() const { return !init.empty() || program.empty(); }
    u64 seed = 1;
    u32 hz = 250;
    SchedKind sched = SchedKind::Cfs;
    bool terminal = false;   // stdin/stdout/stderr are the console terminal
    u32 usableFrames = 0;    // "mem=": frames behind the kernel that may be used; 0: all
    bool hugePages = false;  // --thp
    bool fiveLevel = false;  // --la57
    std::string hostname = "ringside";
};

// What `--stats` counts.
struct KernelCounters {
    u64 syscalls = 0, switches = 0, forks = 0, execs = 0, signals = 0, irqs = 0;
    u64 faultsZero = 0, faultsFile = 0, faultsZeroPage = 0, cowCopies = 0, cowFromCache = 0, cowReuses = 0, swapIns = 0,
        swapOuts = 0, segfaults = 0;
    bool operator==(const KernelCounters&) const = default;
};

struct Kernel {
    // Memory
    PageTableOfFrames frames;
    CowTable<MmId, Mm> mms;
    std::map<u32, SlabCache> slabs;  // by object size
    u64 kernelCr3 = 0;               // init_mm: the tables whose upper half everyone shares

    // Processes
    CowTable<TaskId, Task> tasks;  // idle (PID 0) is TaskId 1
    CowTable<SignalId, SignalStruct> signals;
    CowTable<SighandId, Sighand> sighands;
    CowTable<FilesId, FilesStruct> files;
    CowTable<FsId, FsStruct> fs;
    CowTable<PidNsId, PidNamespace> pidNamespaces;
    CowTable<UtsNsId, UtsNamespace> utsNamespaces;
    CowTable<NamespaceId, Namespace> namespaces;
    std::map<WaitQueueId, std::vector<TaskId>> waitQueues;  // tasks in order of arrival; empty queues are erased
    std::set<KernelTimer> timers;
    TaskId current;
    RunQueue runQueue;

    Vfs vfs;

    u32 nextId = 1;  // for every kind of id
    u64 random = 1;  // state of the seeded generator
    u64 jiffies = 0;
    Clocksource clock;
    u64 bootEpochSeconds = 1'700'000'000;  // CLOCK_REALTIME at power-on
    std::optional<i32> exitStatus;         // wait status of the first program once it has ended
    std::string panic;                     // why the kernel panicked; empty: it did not
    KernelCounters counters;
    KernelOptions options;  // as booted

    const Task& currentTask() const { return tasks.at(current); }
};
bool operator==(const Kernel& a, const Kernel& b);  // all but options

}  // namespace ringside
