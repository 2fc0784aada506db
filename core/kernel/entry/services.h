// The kernel model behind VMCALL: one function for each service the entry code asks for (service_numbers.h).
#pragma once

#include "core/kernel/os.h"

namespace ringside {

// The CPU has stopped at VMCALL: does what RAX asks and leaves the answer in the registers.
void serve(Os& os);

// traps.cpp
void trap(Os& os, u8 vector);
void interrupt(Os& os, u8 vector);

// boot/boot.cpp
u64 startup64(Os& os);
void trapInit(Os& os);
void startKernel(Os& os);
void restInit(Os& os);
void kernelInit(Os& os);
void bootEvent(Os& os, std::string text);

}  // namespace ringside
