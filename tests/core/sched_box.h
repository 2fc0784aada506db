// A run queue with tasks that only compute, on a machine without memory or programs: time passes by ticks of 4 ms (HZ
// 250), and whoever is current computes.
#pragma once

#include <string>
#include <vector>

#include "core/kernel/os.h"
#include "core/kernel/proc/wait_queue.h"
#include "core/kernel/sched/sched.h"
#include "core/kernel/sched/weights.h"

namespace ringside::test {

struct Slice {
    char name;
    u64 fromMs, toMs;
    bool operator==(const Slice&) const = default;
};

class SchedBox {
 public:
    static constexpr u64 kTickNs = 4'000'000, kMs = 1'000'000;

    explicit SchedBox(SchedKind kind = SchedKind::Cfs) {
        kernel.options.hz = 250;
        kernel.runQueue.kind = kind;
        add("swapper", 0);
        kernel.current = TaskId(1);
    }

    // Queued like the others at vruntime 0.
    TaskId addRunnable(int nice, SchedPolicy policy = SchedPolicy::Normal, int rtPriority = 0) {
        const TaskId id = add(std::string(1, static_cast<char>('A' + m_next - 2)), nice);
        Task& task = kernel.tasks.edit(id);
        task.policy = policy;
        task.rtPriority = rtPriority;
        if (rtPriority) task.prio = 99 - rtPriority;
        task.se.load = loadWeightOf(policy, nice);
        task.rt.timeSlice = 25;
        activate(os, id, false);
        os.current().needResched = true;
        return id;
    }

    TaskId add(std::string comm, int nice) {
        Task task;
        task.id = TaskId(m_next++);
        task.comm = std::move(comm);
        task.nice = nice;
        task.prio = task.staticPrio = task.normalPrio = 120 + nice;
        task.se.load = loadWeightOf(SchedPolicy::Normal, nice);
        task.state = state::Running;
        const TaskId id = task.id;
        kernel.tasks.insert(id, std::move(task));
        return id;
    }

    void settle() {
        if (os.current().needResched) schedule(os, true);
    }
    void advance(u64 ns) { cpu.cycles += ns; }
    void tick() {
        settle();
        advance(kTickNs);
        scheduleTick(os);
        settle();
    }
    void sleepCurrent() {
        sleepOn(os, waitQueue(WaitKind::Kernel, kernel.current.value), state::Interruptible);
        schedule(os, false);
    }

    // Who ran when, in milliseconds.
    std::vector<Slice> slices(u64 untilMs) {
        std::vector<Slice> found;
        for (u64 ms = 0; ms < untilMs; ms += kTickNs / kMs) {
            settle();
            const char name = kernel.currentTask().comm[0];
            if (found.empty() || found.back().name != name)
                found.push_back({name, ms, ms + kTickNs / kMs});
            else
                found.back().toMs += kTickNs / kMs;
            tick();
        }
        return found;
    }
    // How long each task ran, by letter, in milliseconds.
    std::vector<u64> totals(u64 untilMs) {
        std::vector<u64> sum(m_next - 2);
        for (const Slice& slice : slices(untilMs))
            if (slice.name >= 'A' && slice.name <= 'Z')
                sum[static_cast<std::size_t>(slice.name - 'A')] += slice.toMs - slice.fromMs;
        return sum;
    }

    const Task& task(TaskId id) const { return kernel.tasks.at(id); }
    Task& edit(TaskId id) { return kernel.tasks.edit(id); }

    Kernel kernel;
    Cpu cpu;
    Ram ram{u64{2} << 20};
    Devices devices;
    Trace trace;
    Os os{kernel, cpu, ram, devices, trace, 1'000'000'000};

 private:
    u32 m_next = 1;
};

}  // namespace ringside::test
