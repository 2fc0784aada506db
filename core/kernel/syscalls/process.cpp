// fork and its kin, execve, exit, wait, process groups and sessions, prctl.
#include "core/kernel/proc/process.h"

#include <algorithm>
#include <cstring>

#include "core/kernel/entry/pt_regs.h"
#include "core/kernel/errno.h"
#include "core/kernel/exec/exec.h"
#include "core/kernel/fs/files.h"
#include "core/kernel/mm/user_memory.h"
#include "core/kernel/proc/nsproxy.h"
#include "core/kernel/proc/pid.h"
#include "core/kernel/proc/signal.h"
#include "core/kernel/proc/wait.h"
#include "core/kernel/proc/wait_queue.h"
#include "core/kernel/syscalls/table.h"

namespace ringside {
namespace {

i64 sysFork(Os& os, const SyscallArgs&) { return kernelClone(os, {.exitSignal = kSigChld}); }
i64 sysVfork(Os& os, const SyscallArgs&) {
    return kernelClone(os, {.flags = clone::Vfork | clone::Vm, .exitSignal = kSigChld});
}

i64 sysClone(Os& os, const SyscallArgs& args) {
    CloneArgs c;
    c.flags = args.a[0] & 0xffffffff & ~clone::Signal;
    c.exitSignal = static_cast<i32>(args.a[0] & clone::Signal);
    c.stack = args.a[1];
    c.parentTid = args.a[2];
    c.childTid = args.a[3];
    c.tls = args.a[4];
    return kernelClone(os, c);
}

struct UserCloneArgs {
    u64 flags = 0, pidfd = 0, childTid = 0, parentTid = 0, exitSignal = 0, stack = 0, stackSize = 0, tls = 0,
        setTid = 0, setTidSize = 0, cgroup = 0;
};

i64 sysClone3(Os& os, const SyscallArgs& args) {
    constexpr u64 kSize0 = 64;
    if (args.a[1] > kPageSize) return -error::k2Big;
    if (args.a[1] < kSize0) return -error::kInval;
    UserCloneArgs u;
    std::vector<u8> bytes(args.a[1]);
    if (!copyFromUser(os, bytes, args.a[0])) return -error::kFault;
    std::memcpy(&u, bytes.data(), std::min(bytes.size(), sizeof u));
    for (std::size_t i = sizeof u; i < bytes.size(); ++i)
        if (bytes[i]) return -error::k2Big;
    if (u.setTidSize || u.setTid) return -error::kInval;
    if (u.exitSignal & ~clone::Signal || u.exitSignal > static_cast<u64>(kLastSignal)) return -error::kInval;
    if (u.flags & (clone::Detached | (clone::Signal & ~clone::NewTime))) return -error::kInval;
    if ((u.flags & clone::Sighand) && (u.flags & clone::ClearSighand)) return -error::kInval;
    if ((u.flags & (clone::Thread | clone::Parent)) && u.exitSignal) return -error::kInval;
    if ((u.stack == 0) != (u.stackSize == 0)) return -error::kInval;
    if (u.flags >> 34) return -error::kInval;
    return kernelClone(os, {.flags = u.flags,
                            .exitSignal = static_cast<i32>(u.exitSignal),
                            .stack = u.stack,
                            .stackSize = u.stackSize,
                            .tls = u.tls,
                            .parentTid = u.parentTid,
                            .childTid = u.childTid});
}

i64 sysUnshare(Os& os, const SyscallArgs& args) { return doUnshare(os, args.a[0]); }

// argv or envp: pointers up to a null.
std::expected<std::vector<std::string>, i64> stringsFromUser(Os& os, u64 address) {
    constexpr u64 kMaxStringLength = 131072, kMaxStrings = 0x7fffffff;
    constexpr u64 kMaxTotal = u64{2} << 20;  // a quarter of the usual stack limit
    std::vector<std::string> strings;
    u64 total = 0;
    for (u64 i = 0; address != 0 && i < kMaxStrings; ++i) {
        u64 pointer = 0;
        if (!getUser(os, pointer, address + 8 * i)) return std::unexpected(-i64{error::kFault});
        if (pointer == 0) break;
        auto text = stringFromUser(os, pointer, kMaxStringLength);
        if (!text) return std::unexpected(text.error() == -error::kNameTooLong ? -i64{error::k2Big} : text.error());
        total += text->size() + 1 + sizeof pointer;
        if (total > kMaxTotal) return std::unexpected(-i64{error::k2Big});
        strings.push_back(std::move(*text));
    }
    return strings;
}

i64 executeFrom(Os& os, u64 path, u64 argv, u64 envp) {
    auto name = stringFromUser(os, path);
    if (!name) return name.error();
    auto arguments = stringsFromUser(os, argv);
    if (!arguments) return arguments.error();
    auto environment = stringsFromUser(os, envp);
    if (!environment) return environment.error();
    ++os.kernel.counters.execs;
    return execve(os, *name, std::move(*arguments), std::move(*environment));
}
i64 sysExecve(Os& os, const SyscallArgs& args) { return executeFrom(os, args.a[0], args.a[1], args.a[2]); }

i64 sysExecveat(Os& os, const SyscallArgs& args) {
    constexpr i32 kAtFdcwd = -100;
    constexpr u64 kEmptyPath = 0x1000;
    auto name = stringFromUser(os, args.a[1]);
    if (!name) return name.error();
    const bool absolute = name->starts_with('/');
    if (!absolute && static_cast<i32>(args.a[0]) != kAtFdcwd) {
        if (name->empty() && !(args.a[4] & kEmptyPath)) return -error::kNoEnt;
        // Linux calls such a program /dev/fd/N/path; the descriptor's own path serves here.
        auto arguments = stringsFromUser(os, args.a[2]);
        if (!arguments) return arguments.error();
        auto environment = stringsFromUser(os, args.a[3]);
        if (!environment) return environment.error();
        const auto& files = os.kernel.files.at(os.kernel.currentTask().files);
        const u64 fd = args.a[0] & 0xffffffff;
        if (fd >= files.slots.size() || files.slots[fd].file == FileId{}) return -error::kBadf;
        std::string path = os.kernel.vfs.files.at(files.slots[fd].file).path;
        if (!name->empty()) path += "/" + *name;
        ++os.kernel.counters.execs;
        return execve(os, path, std::move(*arguments), std::move(*environment));
    }
    return executeFrom(os, args.a[1], args.a[2], args.a[3]);
}

i64 sysExit(Os& os, const SyscallArgs& args) {
    doExit(os, static_cast<i32>((args.a[0] & 0xff) << 8));
    return 0;
}
i64 sysExitGroup(Os& os, const SyscallArgs& args) {
    doGroupExit(os, static_cast<i32>((args.a[0] & 0xff) << 8));
    return 0;
}

i64 sysWait4(Os& os, const SyscallArgs& args) {
    const u32 options = static_cast<u32>(args.a[2]);
    if (options & ~(wait::NoHang | wait::Stopped | wait::Continued | wait::NoThread | wait::Clone | wait::All))
        return -error::kInval;
    WaitRequest request;
    request.options = options | wait::Exited;
    request.statusAddress = args.a[1];
    request.rusageAddress = args.a[3];
    const i32 which = static_cast<i32>(args.a[0]);
    if (which == INT32_MIN) return -error::kSrch;
    if (which > 0) {
        request.which = WaitRequest::Which::Pid;
        request.number = which;
    } else if (which != -1) {
        request.which = WaitRequest::Which::Group;
        request.number =
            which < 0 ? -which : visibleNumber(os, os.kernel.signals.at(os.kernel.currentTask().signal).pgrp);
    }
    return doWait(os, request);
}

i64 sysWaitid(Os& os, const SyscallArgs& args) {
    constexpr u64 kAll = 0, kPid = 1, kGroup = 2;
    const u32 options = static_cast<u32>(args.a[3]);
    if (options & ~(wait::NoHang | wait::NoWait | wait::Exited | wait::Stopped | wait::Continued | wait::NoThread |
                    wait::Clone | wait::All))
        return -error::kInval;
    if (!(options & (wait::Exited | wait::Stopped | wait::Continued))) return -error::kInval;
    WaitRequest request;
    request.options = options;
    request.wantsInfo = true;
    request.infoAddress = args.a[2];
    request.rusageAddress = args.a[4];
    request.number = static_cast<i32>(args.a[1]);
    switch (args.a[0]) {
        case kAll:
            break;
        case kPid:
            request.which = WaitRequest::Which::Pid;
            if (request.number <= 0) return -error::kInval;
            break;
        case kGroup:
            request.which = WaitRequest::Which::Group;
            if (request.number < 0) return -error::kInval;
            if (request.number == 0)
                request.number = visibleNumber(os, os.kernel.signals.at(os.kernel.currentTask().signal).pgrp);
            break;
        default:
            return -error::kInval;
    }
    return doWait(os, request);
}

i64 sysGetpid(Os& os, const SyscallArgs&) { return visibleTgid(os, os.kernel.currentTask()); }
i64 sysGettid(Os& os, const SyscallArgs&) { return visiblePid(os, os.kernel.currentTask()); }
i64 sysGetppid(Os& os, const SyscallArgs&) {
    const Task* parent = os.kernel.tasks.find(os.kernel.currentTask().realParent);
    return parent ? visibleTgid(os, *parent) : 0;
}

TaskId processOrSelf(const Os& os, u64 pid) {
    const i32 number = static_cast<i32>(pid);
    return number == 0 ? os.kernel.currentTask().groupLeader : findTask(os, number);
}

i64 sysSetpgid(Os& os, const SyscallArgs& args) {
    const Task& current = os.kernel.currentTask();
    const Task& leader = os.kernel.tasks.at(current.groupLeader);
    i32 pid = static_cast<i32>(args.a[0]), pgid = static_cast<i32>(args.a[1]);
    if (pid == 0) pid = visibleTgid(os, current);
    if (pgid == 0) pgid = pid;
    if (pgid < 0) return -error::kInval;
    const TaskId id = findTask(os, pid);
    if (id == TaskId{}) return -error::kSrch;
    const Task& task = os.kernel.tasks.at(id);
    if (task.groupLeader != id) return -error::kInval;
    const SignalStruct& mine = os.kernel.signals.at(leader.signal);
    SignalStruct& signal = os.kernel.signals.edit(task.signal);
    const Task* parent = os.kernel.tasks.find(task.realParent);
    if (parent && parent->tgid == leader.tgid) {
        if (signal.session != mine.session) return -error::kPerm;
        if (!(task.flags & pf::ForkNoExec)) return -error::kAcces;
    } else if (id != leader.id) {
        return -error::kSrch;
    }
    if (signal.leader) return -error::kPerm;
    const i32 group = globalNumber(os, pgid);
    if (group != task.pid()) {
        bool inSession = false;
        for (TaskId member : groupMembers(os.kernel, group))
            inSession |= os.kernel.signals.at(os.kernel.tasks.at(member).signal).session == mine.session;
        if (!inSession) return -error::kPerm;
    }
    signal.pgrp = group;
    return 0;
}

i64 sysGetpgid(Os& os, const SyscallArgs& args) {
    const TaskId id = processOrSelf(os, args.a[0]);
    if (id == TaskId{}) return -error::kSrch;
    return visibleNumber(os, os.kernel.signals.at(os.kernel.tasks.at(id).signal).pgrp);
}
i64 sysGetpgrp(Os& os, const SyscallArgs&) { return sysGetpgid(os, {}); }
i64 sysGetsid(Os& os, const SyscallArgs& args) {
    const TaskId id = processOrSelf(os, args.a[0]);
    if (id == TaskId{}) return -error::kSrch;
    return visibleNumber(os, os.kernel.signals.at(os.kernel.tasks.at(id).signal).session);
}
i64 sysSetsid(Os& os, const SyscallArgs&) {
    const Task& leader = os.kernel.tasks.at(os.kernel.currentTask().groupLeader);
    SignalStruct& signal = os.kernel.signals.edit(leader.signal);
    if (signal.leader || !groupMembers(os.kernel, leader.pid()).empty()) return -error::kPerm;
    signal.leader = true;
    signal.pgrp = signal.session = leader.pid();
    signal.hasTty = false;
    return visiblePid(os, leader);
}

i64 sysSetTidAddress(Os& os, const SyscallArgs& args) {
    os.current().clearChildTid = args.a[0];
    return visiblePid(os, os.kernel.currentTask());
}

i64 sysPrctl(Os& os, const SyscallArgs& args) {
    enum : u64 {
        SetPdeathsig = 1,
        GetPdeathsig = 2,
        GetDumpable = 3,
        SetDumpable = 4,
        GetKeepcaps = 7,
        SetKeepcaps = 8,
        SetName = 15,
        GetName = 16,
        GetSeccomp = 21,
        CapbsetRead = 23,
        GetTsc = 25,
        GetTimerslack = 30,
        SetTimerslack = 29,
        SetChildSubreaper = 36,
        GetChildSubreaper = 37,
        SetNoNewPrivs = 38,
        GetNoNewPrivs = 39,
        GetTidAddress = 40,
        SetVma = 0x53564d41
    };
    constexpr std::size_t kCommSize = 16;
    Task& task = os.current();
    switch (args.a[0]) {
        case SetPdeathsig:
            if (args.a[1] > static_cast<u64>(kLastSignal)) return -error::kInval;
            task.parentDeathSignal = args.a[1];
            return 0;
        case GetPdeathsig:
            return putUser(os, args.a[1], static_cast<i32>(task.parentDeathSignal)) ? 0 : -error::kFault;
        case GetDumpable:
            return 1;
        case SetDumpable:
            return args.a[1] > 1 ? -error::kInval : 0;
        case GetKeepcaps:
        case SetKeepcaps:
        case GetSeccomp:
            return 0;
        case SetName: {
            std::array<u8, kCommSize> name{};
            for (std::size_t i = 0; i + 1 < kCommSize; ++i) {
                if (!getUser(os, name[i], args.a[1] + i)) return -error::kFault;
                if (name[i] == 0) break;
            }
            task.comm = reinterpret_cast<const char*>(name.data());
            return 0;
        }
        case GetName: {
            std::array<u8, kCommSize> name{};
            std::copy(task.comm.begin(), task.comm.end(), name.begin());
            return copyToUser(os, args.a[1], name) ? 0 : -error::kFault;
        }
        case CapbsetRead:
            return args.a[1] > 40 ? -error::kInval : 1;
        case GetTimerslack:
            return 50000;
        case SetTimerslack:
            return 0;
        case SetChildSubreaper:
            os.kernel.signals.edit(task.signal).childSubreaper = args.a[1] != 0;
            return 0;
        case GetChildSubreaper:
            return putUser(os, args.a[1], i32{os.kernel.signals.at(task.signal).childSubreaper}) ? 0 : -error::kFault;
        case SetNoNewPrivs:
            return args.a[1] == 1 ? 0 : -error::kInval;
        case GetNoNewPrivs:
            return 0;
        case GetTidAddress:
            return putUser(os, args.a[1], task.clearChildTid) ? 0 : -error::kFault;
        case SetVma:
            return -error::kInval;  // without CONFIG_ANON_VMA_NAME
        default:
            return -error::kInval;
    }
}

i64 sysArchPrctl(Os& os, const SyscallArgs& args) {
    constexpr u64 kSetGs = 0x1001, kSetFs = 0x1002, kGetFs = 0x1003, kGetGs = 0x1004, kLimit = 0x7ffffffff000;
    Registers& regs = os.cpu.regs;
    switch (args.a[0]) {
        case kSetFs:
            if (args.a[1] >= kLimit) return -error::kPerm;
            regs.segment[FS].base = os.current().fsBase = args.a[1];
            return 0;
        case kSetGs:
            if (args.a[1] >= kLimit) return -error::kPerm;
            regs.kernelGsBase = os.current().gsBase = args.a[1];  // SWAPGS brings it into force on the way out
            return 0;
        case kGetFs:
            return putUser(os, args.a[1], regs.segment[FS].base) ? 0 : -error::kFault;
        case kGetGs:
            return putUser(os, args.a[1], regs.kernelGsBase) ? 0 : -error::kFault;
        default:
            return -error::kInval;
    }
}

i64 sysSetns(Os& os, const SyscallArgs& args) {
    const FileId file = fileOf(os, static_cast<i32>(args.a[0]));
    if (file == FileId{}) return -error::kBadf;
    const Inode inode = os.kernel.vfs.inodes.at(os.kernel.vfs.files.at(file).inode);
    if (inode.special != Special::Namespace) return -error::kInval;
    return joinNamespace(os, inode, static_cast<u32>(args.a[1]));
}

constexpr SyscallRow kRows[] = {
    {39, "getpid", sysGetpid, {}, Arg::Pid},
    {56, "clone", sysClone, {Arg::CloneFlags, Arg::Address, Arg::Address, Arg::Address, Arg::Address}, Arg::Pid},
    {57, "fork", sysFork, {}, Arg::Pid},
    {58, "vfork", sysVfork, {}, Arg::Pid},
    {59, "execve", sysExecve, {Arg::Path, Arg::Argv, Arg::Argv}, Arg::Int},
    {60, "exit", sysExit, {Arg::Int}, Arg::Int},
    {61, "wait4", sysWait4, {Arg::Pid, Arg::Status, Arg::Flags, Arg::Address}, Arg::Pid},
    {109, "setpgid", sysSetpgid, {Arg::Pid, Arg::Pid}, Arg::Int},
    {110, "getppid", sysGetppid, {}, Arg::Pid},
    {111, "getpgrp", sysGetpgrp, {}, Arg::Pid},
    {112, "setsid", sysSetsid, {}, Arg::Pid},
    {121, "getpgid", sysGetpgid, {Arg::Pid}, Arg::Pid},
    {124, "getsid", sysGetsid, {Arg::Pid}, Arg::Pid},
    {157, "prctl", sysPrctl, {Arg::Int, Arg::Hex, Arg::Hex, Arg::Hex, Arg::Hex}, Arg::Int},
    {158, "arch_prctl", sysArchPrctl, {Arg::Hex, Arg::Address}, Arg::Int},
    {186, "gettid", sysGettid, {}, Arg::Pid},
    {218, "set_tid_address", sysSetTidAddress, {Arg::Address}, Arg::Pid},
    {231, "exit_group", sysExitGroup, {Arg::Int}, Arg::Int},
    {247, "waitid", sysWaitid, {Arg::Int, Arg::Pid, Arg::Address, Arg::Flags, Arg::Address}, Arg::Int},
    {272, "unshare", sysUnshare, {Arg::CloneFlags}, Arg::Int},
    {308, "setns", sysSetns, {Arg::Fd, Arg::Flags}, Arg::Int},
    {322, "execveat", sysExecveat, {Arg::Fd, Arg::Path, Arg::Argv, Arg::Argv, Arg::Flags}, Arg::Int},
    {435, "clone3", sysClone3, {Arg::Address, Arg::Size}, Arg::Pid},
};

}  // namespace

std::span<const SyscallRow> processCalls() { return kRows; }

}  // namespace ringside
