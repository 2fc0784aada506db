// Signals as data: sigaction, sigset, siginfo (Linux 6.1 include/uapi/asm-generic/{signal,siginfo}.h).
#pragma once

#include <array>
#include <vector>

#include "core/base/types.h"

namespace ringside {

enum SignalNumber : i32 {
    kSigHup = 1,
    kSigInt,
    kSigQuit,
    kSigIll,
    kSigTrap,
    kSigAbrt,
    kSigBus,
    kSigFpe,
    kSigKill,
    kSigUsr1,
    kSigSegv,
    kSigUsr2,
    kSigPipe,
    kSigAlrm,
    kSigTerm,
    kSigStkflt,
    kSigChld,
    kSigCont,
    kSigStop,
    kSigTstp,
    kSigTtin,
    kSigTtou,
    kSigUrg,
    kSigXcpu,
    kSigXfsz,
    kSigVtalrm,
    kSigProf,
    kSigWinch,
    kSigIo,
    kSigPwr,
    kSigSys
};

using SigSet = u64;  // bit n-1 = signal n
constexpr SigSet sigBit(i32 signal) { return SigSet{1} << (signal - 1); }

struct SigAction {
    u64 handler = 0;  // 0 SIG_DFL, 1 SIG_IGN
    u64 flags = 0;
    u64 restorer = 0;
    SigSet mask = 0;
    bool operator==(const SigAction&) const = default;
};

struct SigInfo {
    i32 signal = 0, error = 0, code = 0;
    i32 pid = 0, uid = 0, status = 0;  // SI_USER, SIGCHLD
    u64 value = 0;                     // si_addr, si_value, utime …
    u64 value2 = 0;
    bool operator==(const SigInfo&) const = default;
};

struct SigPending {
    SigSet set = 0;
    std::vector<SigInfo> queue;  // in order of arrival
    bool operator==(const SigPending&) const = default;
};

}  // namespace ringside
