// PID and UTS namespaces (Linux 6.1 include/linux/pid_namespace.h, utsname.h).
#pragma once

#include <string>

#include "core/base/types.h"
#include "core/kernel/ids.h"
#include "core/kernel/proc/idr.h"

namespace ringside {

struct PidNamespace {
    PidNsId parent;     // 0: the initial one
    u32 number = 0;     // of its inode in nsfs
    NamespaceId owner;  // the user namespace it was made in
    u32 level = 0;
    Idr idr;          // number → task
    i32 lastPid = 0;  // allocation is cyclic up to pidMax
    i32 pidMax = 32768;
    TaskId childReaper;  // its PID 1
    u32 users = 1;
    bool operator==(const PidNamespace&) const = default;
};

struct UtsNamespace {
    std::string nodename, domainname = "(none)";
    u32 users = 1;
    u32 number = 0;
    NamespaceId owner;
    bool operator==(const UtsNamespace&) const = default;
};

}  // namespace ringside
