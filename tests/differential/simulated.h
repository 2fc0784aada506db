// Runs cases on our CPU: a machine of CPU and RAM alone, whose page tables show the sandbox to ring 3 at the same
// addresses as on the host, and whose IDT leads every exception to a stub that executes VMCALL. What the CPU pushed on
// the kernel stack and where it stopped tell what happened.
#pragma once

#include <span>
#include <vector>

#include "core/cpu/cpu.h"
#include "core/memory/ram.h"
#include "tests/differential/sandbox.h"

namespace ringside::sandbox {

class Simulated {
 public:
    Simulated();

    // `status` 3 in the result: neither a trap nor an end within a million instructions, or a triple fault.
    Result run(const Case& c);
    // The data pages as the last case left them.
    std::vector<u8> data() const;

    // Puts a case's state and bytes in place; for those who want to run it on their own.
    void load(const Case& c);
    // Lets programs run in the data pages, where they can change themselves.
    void makeDataExecutable();
    // Removes the bytes of a case that was loaded.
    void clear(const Case& c);
    State state() const;

    Ram ram;
    Cpu cpu;
    u64 loops = 1'000'000;  // bound of one case

 private:
    Registers m_initial;
};

void putFx(Registers& regs, const State& state);
void takeFx(State& state, const Registers& regs);

}  // namespace ringside::sandbox
