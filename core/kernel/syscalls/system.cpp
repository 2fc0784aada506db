// uname, sysinfo, limits, randomness, power.
#include <algorithm>
#include <cstring>

#include "core/kernel/errno.h"
#include "core/kernel/mm/user_memory.h"
#include "core/kernel/proc/nsproxy.h"
#include "core/kernel/proc/pid.h"
#include "core/kernel/random.h"
#include "core/kernel/syscalls/table.h"
#include "core/kernel/syscalls/time_types.h"

namespace ringside {

namespace {

constexpr std::size_t kUtsLength = 65, kHostnameMax = 64;

struct UserUtsname {
    std::array<char, kUtsLength> sysname{}, nodename{}, release{}, version{}, machine{}, domainname{};
};

i64 sysUname(Os& os, const SyscallArgs& args) {
    const UtsNamespace& uts = os.kernel.utsNamespaces.at(os.kernel.currentTask().uts);
    UserUtsname name;
    const auto put = [](std::array<char, kUtsLength>& out, std::string_view text) {
        std::copy_n(text.begin(), std::min(text.size(), kUtsLength - 1), out.begin());
    };
    put(name.sysname, "Linux");
    put(name.nodename, uts.nodename);
    put(name.release, "6.1.0-ringside");
    put(name.version, "#1 PREEMPT_DYNAMIC Ringside");
    put(name.machine, "x86_64");
    put(name.domainname, uts.domainname);
    return putUser(os, args.a[0], name) ? 0 : -error::kFault;
}

i64 setName(Os& os, const SyscallArgs& args, std::string UtsNamespace::*field) {
    if (!capable(os, os.kernel.utsNamespaces.at(os.kernel.currentTask().uts).owner)) return -error::kPerm;
    const i32 length = static_cast<i32>(args.a[1]);
    if (length < 0 || length > static_cast<i32>(kHostnameMax)) return -error::kInval;
    std::string name(static_cast<std::size_t>(length), '\0');
    if (!copyFromUser(os, {reinterpret_cast<u8*>(name.data()), name.size()}, args.a[0])) return -error::kFault;
    os.kernel.utsNamespaces.edit(os.kernel.currentTask().uts).*field = std::move(name);
    return 0;
}
i64 sysSethostname(Os& os, const SyscallArgs& args) { return setName(os, args, &UtsNamespace::nodename); }
i64 sysSetdomainname(Os& os, const SyscallArgs& args) { return setName(os, args, &UtsNamespace::domainname); }

struct UserSysinfo {
    i64 uptime = 0;
    std::array<u64, 3> loads{};
    u64 totalRam = 0, freeRam = 0, sharedRam = 0, bufferRam = 0, totalSwap = 0, freeSwap = 0;
    u16 processes = 0, pad = 0;
    u32 pad2 = 0;
    u64 totalHigh = 0, freeHigh = 0;
    u32 memoryUnit = 1, pad3 = 0;
};
static_assert(sizeof(UserSysinfo) == 112);

i64 sysSysinfo(Os& os, const SyscallArgs& args) {
    UserSysinfo info;
    info.uptime = static_cast<i64>((os.nowNs() + kNsPerSecond - 1) / kNsPerSecond);
    info.totalRam = os.ram.size();
    info.freeRam = u64{os.kernel.frames.free.count} << kPageShift;
    info.totalSwap = u64{os.devices.swap.slots} << kPageShift;
    info.freeSwap = u64{os.devices.swap.slots - os.kernel.frames.swapUsed} << kPageShift;
    info.processes = static_cast<u16>(os.kernel.tasks.size());
    return putUser(os, args.a[0], info) ? 0 : -error::kFault;
}

i64 sysGetrandom(Os& os, const SyscallArgs& args) {
    constexpr u64 kKnownFlags = 7, kMaximum = 0x7ffff000;
    if (args.a[2] & ~kKnownFlags || (args.a[2] & 6) == 6) return -error::kInval;
    const u64 length = std::min(args.a[1], kMaximum);
    std::array<u8, 256> block;
    for (u64 done = 0; done < length;) {
        for (std::size_t i = 0; i < block.size(); i += sizeof(u64)) {
            const u64 value = nextRandom(os.kernel);
            std::memcpy(block.data() + i, &value, sizeof value);
        }
        const u64 part = std::min<u64>(block.size(), length - done);
        if (!copyToUser(os, args.a[0] + done, std::span(block).first(part)))
            return done ? static_cast<i64>(done) : -error::kFault;
        done += part;
    }
    return static_cast<i64>(length);
}

using Limit = std::array<u64, 2>;

i64 changeLimit(Os& os, SignalStruct& signal, u64 resource, const Limit& fresh) {
    constexpr u64 kNofile = 7, kNrOpen = 1048576;
    Limit& limit = signal.rlimits[resource];
    if (fresh[0] > fresh[1]) return -error::kInval;
    if (resource == kNofile && fresh[1] > kNrOpen) return -error::kPerm;
    if (fresh[1] > limit[1] && !capableEverywhere(os)) return -error::kPerm;
    limit = fresh;
    return 0;
}

i64 limits(Os& os, SignalId id, u64 resource, u64 freshAddress, u64 oldAddress) {
    SignalStruct& signal = os.kernel.signals.edit(id);
    if (resource >= signal.rlimits.size()) return -error::kInval;
    Limit fresh;
    if (freshAddress && !getUser(os, fresh, freshAddress)) return -error::kFault;
    const Limit old = signal.rlimits[resource];
    if (freshAddress)
        if (const i64 wrong = changeLimit(os, signal, resource, fresh); wrong < 0) return wrong;
    return oldAddress && !putUser(os, oldAddress, old) ? -error::kFault : 0;
}
i64 sysPrlimit64(Os& os, const SyscallArgs& args) {
    const i32 pid = static_cast<i32>(args.a[0]);
    const TaskId id = pid == 0 ? os.kernel.current : findTask(os, pid);
    if (id == TaskId{}) return -error::kSrch;
    const Task& task = os.kernel.tasks.at(id);
    const Cred &mine = os.kernel.currentTask().cred, &theirs = task.cred;
    const bool same = mine.uid == theirs.euid && mine.uid == theirs.suid && mine.uid == theirs.uid &&
                      mine.gid == theirs.egid && mine.gid == theirs.sgid && mine.gid == theirs.gid;
    if (id != os.kernel.current && mine.euid != 0 && !same) return -error::kPerm;
    return limits(os, task.signal, args.a[1], args.a[2], args.a[3]);
}
i64 sysGetrlimit(Os& os, const SyscallArgs& args) {
    return limits(os, os.kernel.currentTask().signal, args.a[0], 0, args.a[1]);
}
i64 sysSetrlimit(Os& os, const SyscallArgs& args) {
    if (args.a[1] == 0) return -error::kFault;
    return limits(os, os.kernel.currentTask().signal, args.a[0], args.a[1], 0);
}

i64 sysReboot(Os& os, const SyscallArgs& args) {
    constexpr u32 kMagic1 = 0xfee1dead, kHalt = 0xcdef0123, kPowerOff = 0x4321fedc, kRestart = 0x01234567, kCadOff = 0,
                  kCadOn = 0x89abcdef;
    constexpr std::array<u32, 4> kMagic2{672274793, 85072278, 369367448, 537993216};
    if (!capableEverywhere(os)) return -error::kPerm;
    if (static_cast<u32>(args.a[0]) != kMagic1 ||
        std::find(kMagic2.begin(), kMagic2.end(), static_cast<u32>(args.a[1])) == kMagic2.end())
        return -error::kInval;
    switch (static_cast<u32>(args.a[2])) {
        case kCadOff:
        case kCadOn:
            return 0;
        case kHalt:
        case kPowerOff:
        case kRestart:
            if (!os.kernel.exitStatus) os.kernel.exitStatus = 0;  // the machine is switched off
            return 0;
        default:
            return -error::kInval;
    }
}

i64 sysSyslog(Os&, const SyscallArgs&) { return 0; }       // the log is empty
i64 sysPersonality(Os&, const SyscallArgs&) { return 0; }  // PER_LINUX, before and after
i64 sysMembarrier(Os&, const SyscallArgs& args) {
    constexpr i64 kSupported = 1 | 8 | 16;  // GLOBAL, PRIVATE_EXPEDITED and its registration: one CPU needs nothing
    if (args.a[1]) return -error::kInval;
    if (args.a[0] == 0) return kSupported;
    return static_cast<i64>(args.a[0]) & kSupported ? 0 : -error::kInval;
}

constexpr SyscallRow kRows[] = {
    {63, "uname", sysUname, {Arg::Address}, Arg::Int},
    {97, "getrlimit", sysGetrlimit, {Arg::Int, Arg::Address}, Arg::Int},
    {99, "sysinfo", sysSysinfo, {Arg::Address}, Arg::Int},
    {103, "syslog", sysSyslog, {Arg::Int, Arg::Address, Arg::Int}, Arg::Int},
    {135, "personality", sysPersonality, {Arg::Hex}, Arg::Hex},
    {160, "setrlimit", sysSetrlimit, {Arg::Int, Arg::Address}, Arg::Int},
    {169, "reboot", sysReboot, {Arg::Hex, Arg::Hex, Arg::Hex, Arg::Address}, Arg::Int},
    {170, "sethostname", sysSethostname, {Arg::Buffer, Arg::Size}, Arg::Int},
    {171, "setdomainname", sysSetdomainname, {Arg::Buffer, Arg::Size}, Arg::Int},
    {302, "prlimit64", sysPrlimit64, {Arg::Pid, Arg::Int, Arg::Address, Arg::Address}, Arg::Int},
    {318, "getrandom", sysGetrandom, {Arg::Address, Arg::Size, Arg::Flags}, Arg::Size},
    {324, "membarrier", sysMembarrier, {Arg::Int, Arg::Flags, Arg::Int}, Arg::Int},
};

}  // namespace

std::span<const SyscallRow> systemCalls() { return kRows; }

}  // namespace ringside
