// One x86-64 CPU: fetches through the page tables in RAM, decodes, executes, delivers exceptions and interrupts through
// the IDT in RAM. Knows memory and nothing above it. A value: copying a machine copies it.
//
// Everything that is not architectural state (decoded code, host addresses, pending flags) is a cache that may be
// dropped at any moment without anyone being able to tell: cycles, ticks and results are the same.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/base/page_marks.h"
#include "core/base/types.h"
#include "core/cpu/recorder.h"
#include "core/cpu/registers.h"
#include "core/memory/paging.h"
#include "core/memory/ram.h"
#include "core/memory/tlb.h"

namespace ringside {

enum class CpuStop : u8 {
    TickLimit,   // RunLimits::tick was reached
    CycleLimit,  // RunLimits::cycles was reached (a timer is due)
    Breakpoint,  // RIP is at one of RunLimits::breakpoints (before executing it; the first instruction of a run is
                 // exempt)
    Watchpoint,  // the instruction just executed touched RunLimits::watch
    Vmcall,      // VMCALL was executed in ring 0: RAX holds the service number; RIP is behind it
    Halt,        // HLT with nothing pending; RIP is behind it
    Shutdown,    // triple fault
};

enum class CpuModel : u8 { V1, V2 };  // what CPUID says: x86-64-v1 or x86-64-v2

struct Watch {
    PhysAddr begin;
    u64 length = 0;
    bool reads = false;  // writes are always watched
};

struct RunLimits {
    Tick tick = ~Tick{0};
    Cycles cycles = ~Cycles{0};
    std::span<const u64> breakpoints;  // sorted virtual addresses
    std::optional<Watch> watch;
};

// An instruction the CPU does not implement was met: reported so that the machine can say so in an event.
struct Undefined {
    u64 rip = 0;
    std::array<u8, 15> bytes{};
    u8 length = 0;
    bool operator==(const Undefined&) const = default;
};

struct CpuCounters {
    u64 instructions = 0, traps = 0, tlbHits = 0, tlbMisses = 0;
    bool operator==(const CpuCounters&) const = default;
};

class Engine;

// Where in a virtual page instructions may have been executed.
struct CodeNote {
    u64 page = 0;
    PageMarks marks;
};

// What the CPU carries from one instruction to the next besides its registers.
struct Pipeline {
    bool fetchValid = false;  // the translation of the page RIP is in: asked again only when RIP leaves the page
    bool fetchUser = false;
    u64 fetchPage = 0;
    FrameNo fetchFrame;
    bool interruptShadow = false;  // STI, MOV SS and POP SS hold interrupts off for one instruction
    bool debugTrap = false;        // a #DB (trap) is due before the next instruction; DR6 says why
    bool halted = false;           // HLT was executed and nothing has woken the CPU yet
    bool shutdown = false;         // triple fault
    bool operator==(const Pipeline&) const = default;
};

class Cpu {
 public:
    Cpu();
    Cpu(const Cpu&);  // copies state, drops caches
    Cpu& operator=(const Cpu&);
    ~Cpu();

    Registers regs;
    Tlb tlb;
    CpuModel model = CpuModel::V1;
    Tick tick = 0;  // instructions executed + traps delivered
    Cycles cycles = 0;
    CpuCounters counters;
    Pipeline pipeline;
    std::optional<u8> interruptRequest;  // vector asserted by the interrupt controller; cleared when delivered
    std::optional<Undefined> undefined;  // set when an unimplemented instruction raised #UD; the machine clears it

    // Executes until a limit, VMCALL, HLT or shutdown. One instruction or one delivered trap is one tick. With a
    // recorder every micro-step of every instruction is noted; results, ticks and cycles are the same.
    CpuStop run(Ram& ram, const RunLimits& limits, Recorder* recorder = nullptr);

    PagingMode pagingMode() const;

    // To be called by the kernel model after it changed page tables behind the CPU's back.
    void invalidatePage(VirtAddr address);  // INVLPG
    void flushTlb();                        // MOV to CR3
    void loadCr3(u64 cr3);                  // sets and flushes
    // To be called after RAM was written other than by this CPU (the kernel model filling a frame): drops decoded code.
    void codeChanged(FrameNo frame);
    void dropCaches();

    // From now on it is noted where code is executed; taking the notes ends that. By page. For time travel; not state,
    // never copied.
    void beginCodeNotes();
    std::vector<CodeNote> takeCodeNotes();

    friend bool operator==(const Cpu& a, const Cpu& b);

 private:
    friend class Engine;
    std::unique_ptr<Engine> m_engine;  // the interpreter and all that it caches; made by the first run
};

}  // namespace ringside
