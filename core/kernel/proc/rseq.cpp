#include "core/kernel/proc/rseq.h"

#include "core/kernel/entry/border.h"
#include "core/kernel/entry/pt_regs.h"
#include "core/kernel/errno.h"
#include "core/kernel/mm/address_space.h"
#include "core/kernel/mm/user_memory.h"
#include "core/kernel/proc/signal.h"

namespace ringside {
namespace {

constexpr u32 kSize = 32, kUnregister = 1, kUninitialised = ~u32{0};
constexpr u64 kCsOffset = 8;

struct Sequence {  // struct rseq_cs
    u32 version, flags;
    u64 start, length, abort;
};
static_assert(sizeof(Sequence) == kSize);

bool tellCpu(Os& os, u64 address, u32 start, u32 cpu) {
    return putUser(os, address, start) && putUser(os, address + 4, cpu);
}

// rseq_ip_fixup. False: what the program registered makes no sense.
bool fixInstructionPointer(Os& os, const Rseq& rseq) {
    u64 at = 0;
    if (!getUser(os, at, rseq.address + kCsOffset)) return false;
    if (at == 0) return true;
    Sequence cs;
    u32 signature = 0;
    if (!getUser(os, cs, at)) return false;
    if (cs.version > 0 || cs.start >= kTaskSize || cs.abort >= kTaskSize || cs.start + cs.length < cs.start ||
        cs.abort - cs.start < cs.length)
        return false;
    if (!getUser(os, signature, cs.abort - sizeof signature) || signature != rseq.signature) return false;
    PtRegs regs = readPtRegs(os, os.kernel.current);
    const bool inside = regs.rip - cs.start < cs.length;
    if (!putUser(os, rseq.address + kCsOffset, u64{0})) return false;
    if (!inside) return true;
    regs.rip = cs.abort;
    writePtRegs(os, os.kernel.current, regs);
    return true;
}

}  // namespace

i64 registerRseq(Os& os, u64 address, u32 length, u32 flags, u32 signature) {
    Task& task = os.current();
    if (flags & kUnregister) {
        if (flags != kUnregister || task.rseq.address == 0 || task.rseq.address != address || length != kSize)
            return -error::kInval;
        if (task.rseq.signature != signature) return -error::kPerm;
        if (!tellCpu(os, address, 0, kUninitialised)) return -error::kFault;
        task.rseq = {};
        return 0;
    }
    if (flags != 0) return -error::kInval;
    if (task.rseq.address != 0) {
        if (task.rseq.address != address || length != task.rseq.length) return -error::kInval;
        return task.rseq.signature != signature ? -error::kPerm : -error::kBusy;
    }
    if (address % kSize != 0 || length != kSize) return -error::kInval;
    if (address > kTaskSize - kSize) return -error::kFault;
    // The number is written on the way out, so that a bad address is a fault of the program's.
    task.rseq = {address, length, signature, ~u64{0}};
    return 0;
}

void rseqResume(Os& os) {
    Task& task = os.current();
    if (task.rseq.address == 0) return;
    KernelCall call{os, "__rseq_handle_notify_resume"};
    task.rseq.switches = task.voluntarySwitches + task.involuntarySwitches;
    const Rseq rseq = task.rseq;
    if (fixInstructionPointer(os, rseq) && tellCpu(os, rseq.address, 0, 0)) return;
    os.current().rseq = {};  // it would fault again
    forceSignal(os, kSigSegv, si::Kernel, 0);
}

}  // namespace ringside
