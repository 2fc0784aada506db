// struct rt_sigframe as it lies on the user's stack (Linux 6.1 arch/x86/include/asm/sigframe.h, x86-64), and siginfo_t.
#pragma once

#include <array>

#include "core/base/types.h"
#include "core/kernel/proc/signal_types.h"

namespace ringside {

struct Os;

inline constexpr std::size_t kSigInfoSize = 128;

struct SigFrame {
    u64 returnAddress;  // sa_restorer
    // struct ucontext
    u64 flags;
    u64 link;
    u64 stackSp;
    u32 stackFlags, stackPad;
    u64 stackSize;
    std::array<u64, 18> context;  // r8…r15 rdi rsi rbp rbx rdx rax rcx rsp rip eflags
    u16 cs, gs, fs, ss;
    u64 error, trapNumber, oldMask, cr2, fpuAddress;
    std::array<u64, 8> reserved;
    u64 signalMask;
    std::array<u8, kSigInfoSize> info;
};
static_assert(sizeof(SigFrame) == 440 && offsetof(SigFrame, info) == 312 && offsetof(SigFrame, signalMask) == 304);

std::array<u8, kSigInfoSize> encodeSigInfo(const SigInfo& info);
SigInfo decodeSigInfo(const std::array<u8, kSigInfoSize>& bytes);  // as rt_sigqueueinfo gets it

i64 signalReturn(Os& os);  // rt_sigreturn: what RAX shall be

}  // namespace ringside
