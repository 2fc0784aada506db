// What a function of the kernel model gets in hand: the kernel's state and the hardware under it. Short-lived, by
// reference, never stored.
#pragma once

#include <string_view>

#include "core/cpu/cpu.h"
#include "core/devices/devices.h"
#include "core/kernel/kernel.h"
#include "core/memory/ram.h"
#include "core/trace/event.h"

namespace ringside {

struct Os {
    Kernel& kernel;
    Cpu& cpu;
    Ram& ram;
    Devices& devices;
    Trace& trace;
    u64 clockHz;

    Task& current() { return kernel.tasks.edit(kernel.current); }
    Mm& mm() { return kernel.mms.edit(current().mm); }
    u64 nowNs() const { return kernel.clock.nanoseconds(cpu.cycles); }

    void emit(EventKind kind, std::array<u64, 6> args = {}, std::string text = {}) {
        if (!trace.enabled) return;
        const Task* task = kernel.tasks.find(kernel.current);
        push(task, kind, args, std::move(text));
    }
    // For what happens to another task than the current one.
    void emitFor(const Task& task, EventKind kind, std::array<u64, 6> args = {}, std::string text = {}) {
        if (trace.enabled) push(&task, kind, args, std::move(text));
    }

 private:
    void push(const Task* task, EventKind kind, const std::array<u64, 6>& args, std::string text) {
        trace.events.push_back(
            {kind, trace.depth, task ? task->pid() : 0, cpu.tick, cpu.cycles, args, std::move(text)});
    }
};

// A kernel function that a student should know by name: `KernelCall call{os, "copy_page_range"};`. The nested scopes
// are the call path that views show. `cost` is charged to the CPU (core/cpu/timing.h).
class KernelCall {
 public:
    KernelCall(Os& os, std::string_view name, Cycles cost = 0) : m_os(os), m_begin(os.cpu.cycles) {
        m_os.cpu.cycles += cost;
        if (m_os.trace.calls) m_os.emit(EventKind::CallEnter, {}, std::string(name));
        ++m_os.trace.depth;
    }
    ~KernelCall() {
        --m_os.trace.depth;
        if (m_os.trace.calls) m_os.emit(EventKind::CallExit, {m_os.cpu.cycles - m_begin});
    }
    KernelCall(const KernelCall&) = delete;
    KernelCall& operator=(const KernelCall&) = delete;

 private:
    Os& m_os;
    Cycles m_begin;
};

}  // namespace ringside
