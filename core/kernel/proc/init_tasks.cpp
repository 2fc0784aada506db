// The first tasks (Linux 6.1 init/init_task.c, rest_init in init/main.c): idle as PID 0, which the others are made
// from, PID 1 and kthreadd as PID 2.
#include "core/kernel/entry/border.h"
#include "core/kernel/fs/files.h"
#include "core/kernel/mm/frames.h"
#include "core/kernel/proc/nsproxy.h"
#include "core/kernel/proc/pid.h"
#include "core/kernel/proc/process.h"
#include "core/kernel/proc/signal.h"
#include "core/kernel/sched/sched.h"

namespace ringside {
namespace {

// INIT_RLIMITS, with the stack and descriptor limits a login would have.
std::array<std::array<u64, 2>, 16> initialLimits() {
    constexpr u64 kInfinity = ~u64{0};
    std::array<std::array<u64, 2>, 16> limits;
    limits.fill({kInfinity, kInfinity});
    limits[3] = {u64{8} << 20, kInfinity};     // STACK
    limits[4] = {0, kInfinity};                // CORE
    limits[6] = {8192, 8192};                  // NPROC
    limits[7] = {1024, 1048576};               // NOFILE
    limits[8] = {u64{8} << 20, u64{8} << 20};  // MEMLOCK
    limits[11] = {8192, 8192};                 // SIGPENDING
    limits[12] = {819200, 819200};             // MSGQUEUE
    limits[13] = {0, 0};                       // NICE
    limits[14] = {0, 0};                       // RTPRIO
    return limits;
}

void makeIdle(Os& os) {
    Kernel& kernel = os.kernel;
    const TaskId id{1};
    if (kernel.nextId <= id.value) kernel.nextId = id.value + 1;
    Task task = kernel.tasks.contains(id) ? kernel.tasks.at(id) : Task{};
    task.id = id;
    if (task.address == 0)
        if (const auto frame = allocFrame(os, PageUse::Slab, id.value, 0))
            task.address = directAddress(addressOf(*frame));
    task.state = state::Running;
    task.flags = pf::Idle | pf::KThread;
    task.comm = "swapper/0";
    task.groupLeader = id;
    task.tasks = {id, id};
    task.realParent = task.parent = id;
    task.prio = task.staticPrio = task.normalPrio = 120;
    makeInitialNamespaces(os, task);
    task.sighand = SighandId{kernel.nextId++};
    kernel.sighands.insert(task.sighand, {});
    SignalStruct signal;
    signal.id = task.signal = SignalId{kernel.nextId++};
    signal.threads = {id};
    signal.currTarget = id;
    signal.rlimits = initialLimits();
    kernel.signals.insert(signal.id, std::move(signal));
    task.files = newFiles(os);
    task.fs = newFs(os, kernel.vfs.root, kernel.vfs.root);
    if (kernel.tasks.contains(id))
        kernel.tasks.edit(id) = std::move(task);
    else
        kernel.tasks.insert(id, std::move(task));
    kernel.current = id;
    kernel.runQueue.kind = kernel.options.sched;
}

}  // namespace

void makeInitTasks(Os& os) {
    KernelCall call{os, "rest_init"};
    makeIdle(os);
    const TaskId init = kernelThread(os, "swapper/0", "kernel_init");
    CHECK(init != TaskId{});
    {
        // user_mode_thread: becomes a process when kernel_init executes the first program, with tables of its own.
        Task& task = os.kernel.tasks.edit(init);
        putFiles(os, task.files);
        task.files = newFiles(os);
        const FsId fs = dupFs(os, task.fs);
        putFs(os, task.fs);
        task.fs = fs;
        SignalStruct& signal = os.kernel.signals.edit(task.signal);
        signal.unkillable = !os.kernel.options.init.empty();
        if (!signal.unkillable) {
            // The program itself is PID 1: what a login would have done for it.
            signal.pgrp = signal.session = task.pid();
            signal.leader = true;
            signal.hasTty = os.kernel.options.terminal;
            if (signal.hasTty) os.kernel.vfs.tty.session = os.kernel.vfs.tty.pgrp = task.pid();
        }
    }
    const TaskId kthreadd = kernelThread(os, "kthreadd", "kthread");
    CHECK(kthreadd != TaskId{});
    // ignore_signals: kthreadd waits for nobody
    for (SigAction& action : os.kernel.sighands.edit(os.kernel.tasks.at(kthreadd).sighand).action)
        action.handler = kSigIgn;
    wakeNew(os, init);
    wakeNew(os, kthreadd);
}

}  // namespace ringside
