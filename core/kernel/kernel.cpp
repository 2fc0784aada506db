#include "core/kernel/kernel.h"

namespace ringside {

bool operator==(const Kernel& a, const Kernel& b) {
    return a.current == b.current && a.jiffies == b.jiffies && a.nextId == b.nextId && a.random == b.random &&
           a.kernelCr3 == b.kernelCr3 && a.bootEpochSeconds == b.bootEpochSeconds && a.exitStatus == b.exitStatus &&
           a.panic == b.panic && a.counters == b.counters && a.timers == b.timers && a.waitQueues == b.waitQueues &&
           a.runQueue == b.runQueue && a.tasks == b.tasks && a.mms == b.mms && a.signals == b.signals &&
           a.sighands == b.sighands && a.files == b.files && a.fs == b.fs && a.pidNamespaces == b.pidNamespaces &&
           a.utsNamespaces == b.utsNamespaces && a.vfs == b.vfs && a.namespaces == b.namespaces &&
           a.frames == b.frames && a.slabs == b.slabs;
}

}  // namespace ringside
