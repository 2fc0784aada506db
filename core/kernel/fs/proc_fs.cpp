#include "core/kernel/fs/proc_fs.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

#include "core/kernel/errno.h"
#include "core/kernel/exec/binfmt_misc.h"
#include "core/kernel/fs/file_ops.h"
#include "core/kernel/fs/inode.h"
#include "core/kernel/fs/proc_text.h"
#include "core/kernel/limits.h"
#include "core/kernel/mm/reclaim.h"
#include "core/kernel/proc/nsproxy.h"

namespace ringside {
namespace {

using Text = std::string (*)(Os&, const Task&);
enum class Kind : u8 { Directory, File, Link, RandomAccess };

// One row is one node. `in` names the directory it lies in.
enum class Place : u8 {
    Root,
    Pid,
    Sys,
    SysKernel,
    SysKernelRandom,
    SysVm,
    SysFs,
    Binfmt,
    PidFd,
    PidTask,
    PidNs,
    Nowhere
};
struct Row {
    Place in;
    std::string_view name;
    Kind kind;
    u32 permissions;
    Place is;   // directories: which
    Text text;  // files and links
};

std::string uuid(Os& os) {
    std::array<u8, 16> b{};
    fillRandom(os, b);
    b[6] = static_cast<u8>((b[6] & 0x0f) | 0x40);
    b[8] = static_cast<u8>((b[8] & 0x3f) | 0x80);
    std::string text;
    for (std::size_t i = 0; i < 16; ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
        text += fmt::format("{:02x}", b[i]);
    }
    return text + "\n";
}

std::string exePath(Os& os, const Task& task) {
    const Mm* mm = os.kernel.mms.find(task.mm);
    return mm ? mm->exePath : std::string();
}
std::string workingDirectory(Os& os, const Task& task) {
    const FsStruct* fs = os.kernel.fs.find(task.fs);
    return fs ? pathOf(os, fs->cwd) : std::string();
}
std::string rootDirectory(Os& os, const Task& task) {
    const FsStruct* fs = os.kernel.fs.find(task.fs);
    return fs ? pathOf(os, fs->root) : std::string();
}
std::string hostname(Os& os, const Task& task) {
    const UtsNamespace* uts = os.kernel.utsNamespaces.find(task.uts);
    return (uts ? uts->nodename : os.kernel.options.hostname) + "\n";
}

constexpr Text kNone = nullptr;
const Row kRows[] = {
    {Place::Root, "self", Kind::Link, 0777, Place::Nowhere, [](Os&, const Task& t) { return std::to_string(t.tgid); }},
    {Place::Root, "thread-self", Kind::Link, 0777, Place::Nowhere,
     [](Os&, const Task& t) { return fmt::format("{}/task/{}", t.tgid, t.pid()); }},
    {Place::Root, "mounts", Kind::Link, 0777, Place::Nowhere,
     [](Os&, const Task&) { return std::string("self/mounts"); }},
    {Place::Root, "meminfo", Kind::File, 0444, Place::Nowhere,
     [](Os& os, const Task&) { return proctext::meminfo(os); }},
    {Place::Root, "cpuinfo", Kind::File, 0444, Place::Nowhere,
     [](Os& os, const Task&) { return proctext::cpuinfo(os); }},
    {Place::Root, "stat", Kind::File, 0444, Place::Nowhere, [](Os& os, const Task&) { return proctext::stat(os); }},
    {Place::Root, "uptime", Kind::File, 0444, Place::Nowhere, [](Os& os, const Task&) { return proctext::uptime(os); }},
    {Place::Root, "loadavg", Kind::File, 0444, Place::Nowhere,
     [](Os& os, const Task&) { return proctext::loadavg(os); }},
    {Place::Root, "version", Kind::File, 0444, Place::Nowhere,
     [](Os& os, const Task&) { return proctext::version(os); }},
    {Place::Root, "swaps", Kind::File, 0444, Place::Nowhere, [](Os& os, const Task&) { return proctext::swaps(os); }},
    {Place::Root, "cmdline", Kind::File, 0444, Place::Nowhere,
     [](Os&, const Task&) { return std::string("console=tty0\n"); }},
    {Place::Root, "filesystems", Kind::File, 0444, Place::Nowhere,
     [](Os& os, const Task&) { return proctext::filesystems(os); }},
    {Place::Root, "sys", Kind::Directory, 0555, Place::Sys, kNone},
    {Place::Sys, "kernel", Kind::Directory, 0555, Place::SysKernel, kNone},
    {Place::Sys, "vm", Kind::Directory, 0555, Place::SysVm, kNone},
    {Place::Sys, "fs", Kind::Directory, 0555, Place::SysFs, kNone},
    {Place::SysFs, "binfmt_misc", Kind::Directory, 0755, Place::Binfmt, kNone},
    {Place::SysFs, "file-max", Kind::File, 0644, Place::Nowhere,
     [](Os&, const Task&) { return std::string("1048576\n"); }},
    {Place::SysFs, "pipe-max-size", Kind::File, 0644, Place::Nowhere,
     [](Os&, const Task&) { return std::string("1048576\n"); }},
    {Place::Binfmt, "register", Kind::File, 0200, Place::Nowhere, kNone},
    {Place::Binfmt, "status", Kind::File, 0644, Place::Nowhere,
     [](Os&, const Task&) { return std::string("enabled\n"); }},
    {Place::SysKernel, "pid_max", Kind::File, 0644, Place::Nowhere,
     [](Os& os, const Task& t) {
         const PidNamespace* ns = t.pids.empty() ? nullptr : os.kernel.pidNamespaces.find(t.pids.back().ns);
         return fmt::format("{}\n", ns ? ns->pidMax : 32768);
     }},
    {Place::SysKernel, "hostname", Kind::File, 0644, Place::Nowhere, hostname},
    {Place::SysKernel, "ostype", Kind::File, 0444, Place::Nowhere,
     [](Os&, const Task&) { return std::string("Linux\n"); }},
    {Place::SysKernel, "osrelease", Kind::File, 0444, Place::Nowhere,
     [](Os&, const Task&) { return std::string("6.1.0-ringside\n"); }},
    {Place::SysKernel, "ngroups_max", Kind::File, 0444, Place::Nowhere,
     [](Os&, const Task&) { return fmt::format("{}\n", limit::Groups); }},
    {Place::SysKernel, "cap_last_cap", Kind::File, 0444, Place::Nowhere,
     [](Os&, const Task&) { return std::string("40\n"); }},
    {Place::SysKernel, "threads-max", Kind::File, 0644, Place::Nowhere,
     [](Os&, const Task&) { return std::string("32768\n"); }},
    {Place::SysKernel, "random", Kind::Directory, 0555, Place::SysKernelRandom, kNone},
    {Place::SysKernelRandom, "uuid", Kind::File, 0444, Place::Nowhere, [](Os& os, const Task&) { return uuid(os); }},
    {Place::SysKernelRandom, "boot_id", Kind::File, 0444, Place::Nowhere,
     [](Os&, const Task&) { return std::string("72696e67-7369-4465-8000-000000000001\n"); }},
    {Place::SysVm, "overcommit_memory", Kind::File, 0644, Place::Nowhere,
     [](Os&, const Task&) { return std::string("0\n"); }},
    {Place::SysVm, "swappiness", Kind::File, 0644, Place::Nowhere,
     [](Os&, const Task&) { return std::string("60\n"); }},
    {Place::Pid, "maps", Kind::File, 0444, Place::Nowhere, [](Os& os, const Task& t) { return proctext::maps(os, t); }},
    {Place::Pid, "smaps", Kind::File, 0444, Place::Nowhere,
     [](Os& os, const Task& t) { return proctext::smaps(os, t); }},
    {Place::Pid, "status", Kind::File, 0444, Place::Nowhere,
     [](Os& os, const Task& t) { return proctext::status(os, t); }},
    {Place::Pid, "stat", Kind::File, 0444, Place::Nowhere,
     [](Os& os, const Task& t) { return proctext::taskStat(os, t); }},
    {Place::Pid, "statm", Kind::File, 0444, Place::Nowhere,
     [](Os& os, const Task& t) { return proctext::statm(os, t); }},
    {Place::Pid, "limits", Kind::File, 0444, Place::Nowhere,
     [](Os& os, const Task& t) { return proctext::limits(os, t); }},
    {Place::Pid, "sched", Kind::File, 0644, Place::Nowhere,
     [](Os& os, const Task& t) { return proctext::sched(os, t); }},
    {Place::Pid, "mountinfo", Kind::File, 0444, Place::Nowhere,
     [](Os& os, const Task& t) { return proctext::mountinfo(os, t); }},
    {Place::Pid, "mounts", Kind::File, 0444, Place::Nowhere, [](Os& os, const Task&) { return proctext::mounts(os); }},
    {Place::Pid, "cmdline", Kind::File, 0444, Place::Nowhere, proctext::cmdline},
    {Place::Pid, "environ", Kind::File, 0400, Place::Nowhere, proctext::environ},
    {Place::Pid, "auxv", Kind::File, 0400, Place::Nowhere,
     [](Os& os, const Task& t) {
         const Mm* mm = os.kernel.mms.find(t.mm);
         return mm ? mm->auxv : std::string();
     }},
    {Place::Pid, "comm", Kind::File, 0644, Place::Nowhere, [](Os&, const Task& t) { return t.comm + "\n"; }},
    {Place::Pid, "oom_score_adj", Kind::File, 0644, Place::Nowhere,
     [](Os& os, const Task& t) {
         const SignalStruct* signal = os.kernel.signals.find(t.signal);
         return fmt::format("{}\n", signal ? signal->oomScoreAdj : 0);
     }},
    {Place::Pid, "oom_score", Kind::File, 0444, Place::Nowhere,
     [](Os& os, const Task& t) {
         const Task* leader = os.kernel.tasks.find(t.groupLeader);
         return fmt::format("{}\n", leader && leader->sighand != SighandId{} ? oomScore(os.kernel, *leader) : 0);
     }},
    {Place::Pid, "wchan", Kind::File, 0444, Place::Nowhere,
     [](Os&, const Task& t) { return std::string(waitChannel(t)); }},
    {Place::Pid, "pagemap", Kind::RandomAccess, 0400, Place::Nowhere, kNone},
    {Place::Pid, "mem", Kind::RandomAccess, 0600, Place::Nowhere, kNone},
    {Place::Pid, "exe", Kind::Link, 0777, Place::Nowhere, exePath},
    {Place::Pid, "cwd", Kind::Link, 0777, Place::Nowhere, workingDirectory},
    {Place::Pid, "root", Kind::Link, 0777, Place::Nowhere, rootDirectory},
    {Place::Pid, "fd", Kind::Directory, 0500, Place::PidFd, kNone},
    {Place::Pid, "task", Kind::Directory, 0555, Place::PidTask, kNone},
    {Place::Pid, "uid_map", Kind::File, 0644, Place::Nowhere,
     [](Os& os, const Task& t) { return idMapText(os, t, IdKind::User); }},
    {Place::Pid, "gid_map", Kind::File, 0644, Place::Nowhere,
     [](Os& os, const Task& t) { return idMapText(os, t, IdKind::Group); }},
    {Place::Pid, "setgroups", Kind::File, 0644, Place::Nowhere,
     [](Os& os, const Task& t) {
         const Namespace* ns = os.kernel.namespaces.find(t.cred.userNs);
         return std::string(ns && ns->denySetgroups ? "deny\n" : "allow\n");
     }},
    {Place::Pid, "ns", Kind::Directory, 0511, Place::PidNs, kNone},
    {Place::PidNs, "cgroup", Kind::Link, 0777, Place::Nowhere, kNone},
    {Place::PidNs, "ipc", Kind::Link, 0777, Place::Nowhere, kNone},
    {Place::PidNs, "mnt", Kind::Link, 0777, Place::Nowhere, kNone},
    {Place::PidNs, "net", Kind::Link, 0777, Place::Nowhere, kNone},
    {Place::PidNs, "pid", Kind::Link, 0777, Place::Nowhere, kNone},
    {Place::PidNs, "pid_for_children", Kind::Link, 0777, Place::Nowhere, kNone},
    {Place::PidNs, "time", Kind::Link, 0777, Place::Nowhere, kNone},
    {Place::PidNs, "time_for_children", Kind::Link, 0777, Place::Nowhere, kNone},
    {Place::PidNs, "user", Kind::Link, 0777, Place::Nowhere, kNone},
    {Place::PidNs, "uts", Kind::Link, 0777, Place::Nowhere, kNone},
};

// Inode::procEntry: a row, a directory that is no row, one descriptor, or one binfmt_misc format.
constexpr u32 kRoot = 1000, kPidDirectory = 1001, kThreadDirectory = 1002, kDescriptor = 0x10000, kFormat = 0x20000;

Place placeOf(u32 entry) {
    if (entry == kRoot) return Place::Root;
    if (entry == kPidDirectory || entry == kThreadDirectory) return Place::Pid;
    return entry < std::size(kRows) ? kRows[entry].is : Place::Nowhere;
}

const Task* taskWithPid(const Os& os, i32 pid) {
    if (pid <= 0) return nullptr;
    for (const auto& [id, task] : os.kernel.tasks)
        if (task.pid() == pid) return &task;
    return nullptr;
}

// Whose files these are: the task of the directory, or, outside of /proc/PID, whoever looks.
const Task* subject(const Os& os, const Inode& inode) {
    return inode.procPid != 0 ? taskWithPid(os, inode.procPid) : os.kernel.tasks.find(os.kernel.current);
}

InodeId nodeFor(Os& os, u32 entry, i32 pid, u32 fileMode, Special special, InodeId parent, const std::string& name) {
    Vfs& vfs = os.kernel.vfs;
    const std::pair<u32, i32> key{entry, pid};
    if (const auto it = vfs.procInodes.find(key); it != vfs.procInodes.end()) return it->second;
    // Nodes of processes that are gone are forgotten now and then.
    if (vfs.procInodes.size() > 200) {
        std::erase_if(vfs.procInodes, [&](const auto& known) {
            const Inode& node = vfs.inodes.at(known.second);
            if (known.first.second == 0 || node.openCount != 0 || taskWithPid(os, known.first.second)) return false;
            vfs.inodes.erase(known.second);
            return true;
        });
    }
    const InodeId id = newInode(os, fileMode, Mount::Proc);
    Inode& node = vfs.inodes.edit(id);
    node.special = special;
    node.procEntry = entry;
    node.procPid = pid;
    node.links = (fileMode & mode::Type) == mode::Directory ? 2 : 1;
    node.size = 0;
    node.parent = parent;
    node.name = name;
    if (const Task* task = taskWithPid(os, pid)) {
        node.uid = task->cred.euid;
        node.gid = task->cred.egid;
    }
    vfs.procInodes[key] = id;
    return id;
}

InodeId nodeForRow(Os& os, u32 row, i32 pid, InodeId parent) {
    const Row& r = kRows[row];
    switch (r.kind) {
        case Kind::Directory:
            return nodeFor(os, row, pid, mode::Directory | r.permissions, Special::ProcDirectory, parent,
                           std::string(r.name));
        case Kind::Link:
            return nodeFor(os, row, pid, mode::Link | r.permissions, Special::ProcLink, parent, "");
        case Kind::File:
        case Kind::RandomAccess:
            return nodeFor(os, row, pid, mode::Regular | r.permissions, Special::ProcFile, parent, "");
    }
    return InodeId{};
}

std::optional<i32> number(const std::string& name) {
    i32 value = 0;
    const auto [end, failed] = std::from_chars(name.data(), name.data() + name.size(), value);
    if (failed != std::errc{} || end != name.data() + name.size() || name.empty() ||
        (name[0] == '0' && name.size() > 1))
        return std::nullopt;
    return value;
}

InodeId descriptorNode(Os& os, i32 pid, i32 fd, InodeId parent) {
    const Task* task = taskWithPid(os, pid);
    const FilesStruct* files = task ? os.kernel.files.find(task->files) : nullptr;
    if (!files || fd < 0 || static_cast<std::size_t>(fd) >= files->slots.size()) return InodeId{};
    const FileId file = files->slots[static_cast<std::size_t>(fd)].file;
    if (file == FileId{}) return InodeId{};
    const u32 access = os.kernel.vfs.files.at(file).flags & 3;
    const u32 permissions = access == 0 ? 0500 : access == 1 ? 0300 : 0700;
    const InodeId id =
        nodeFor(os, kDescriptor + static_cast<u32>(fd), pid, mode::Link | permissions, Special::ProcLink, parent, "");
    Inode& node = os.kernel.vfs.inodes.edit(id);
    node.mode = mode::Link | permissions;
    node.size = 64;
    return id;
}

const File* descriptorOf(const Os& os, const Inode& inode) {
    const Task* task = taskWithPid(os, inode.procPid);
    const FilesStruct* files = task ? os.kernel.files.find(task->files) : nullptr;
    const std::size_t fd = inode.procEntry - kDescriptor;
    if (!files || fd >= files->slots.size() || files->slots[fd].file == FileId{}) return nullptr;
    return os.kernel.vfs.files.find(files->slots[fd].file);
}

// oom_score_adj_write: processes that share the memory get it as well.
i64 writeOomScoreAdj(Os& os, const Task& task, std::string_view text) {
    i32 value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc{} || end != text.data() + text.size()) return -error::kInval;
    if (value < kOomScoreAdjMin || value > kOomScoreAdjMax) return -error::kInval;
    if (!os.kernel.signals.contains(task.signal)) return -error::kSrch;
    const bool privileged = capableEverywhere(os);
    if (value < os.kernel.signals.at(task.signal).oomScoreAdjMin && !privileged) return -error::kAcces;
    const MmId mm = task.mm;
    std::vector<SignalId> groups{task.signal};
    for (const auto& [id, other] : os.kernel.tasks)
        if (mm != MmId{} && other.mm == mm && other.vforkWaiter == TaskId{} && other.sighand != SighandId{})
            groups.push_back(other.signal);
    for (const SignalId group : groups) {
        SignalStruct& signal = os.kernel.signals.edit(group);
        signal.oomScoreAdj = value;
        if (privileged) signal.oomScoreAdjMin = value;
    }
    return 0;
}

}  // namespace

InodeId makeProcRoot(Os& os) {
    const InodeId id = newInode(os, mode::Directory | 0555, Mount::Proc);
    Inode& node = os.kernel.vfs.inodes.edit(id);
    node.special = Special::ProcDirectory;
    node.procEntry = kRoot;
    node.size = 0;
    return id;
}

InodeId procLookup(Os& os, InodeId directory, const std::string& name) {
    const Inode& dir = os.kernel.vfs.inodes.at(directory);
    const Place place = placeOf(dir.procEntry);
    const i32 pid = dir.procPid;
    if (place == Place::Pid && !taskWithPid(os, pid)) return InodeId{};
    if (place == Place::Root) {
        if (const auto n = number(name)) {
            const Task* task = taskWithPid(os, *n);
            if (!task) return InodeId{};
            return nodeFor(os, kPidDirectory, *n, mode::Directory | 0555, Special::ProcDirectory, directory, name);
        }
    }
    if (place == Place::PidTask) {
        const auto n = number(name);
        const Task* task = n ? taskWithPid(os, *n) : nullptr;
        const Task* group = taskWithPid(os, pid);
        if (!task || !group || task->tgid != group->tgid) return InodeId{};
        return nodeFor(os, kThreadDirectory, *n, mode::Directory | 0555, Special::ProcDirectory, directory, name);
    }
    if (place == Place::PidFd) {
        const auto n = number(name);
        return n ? descriptorNode(os, pid, *n, directory) : InodeId{};
    }
    for (u32 row = 0; row < std::size(kRows); ++row)
        if (kRows[row].in == place && kRows[row].name == name) {
            if (dir.procEntry == kThreadDirectory && name == "task") return InodeId{};
            return nodeForRow(os, row, pid, directory);
        }
    if (place == Place::Binfmt) {
        const auto names = binfmtMiscNames(os);
        const auto it = std::ranges::find(names, name);
        if (it != names.end())
            return nodeFor(os, kFormat + static_cast<u32>(it - names.begin()), 0, mode::Regular | 0644,
                           Special::ProcFile, directory, "");
    }
    return InodeId{};
}

std::vector<std::pair<std::string, InodeId>> procList(Os& os, InodeId directory) {
    const u32 entry = os.kernel.vfs.inodes.at(directory).procEntry;
    const i32 pid = os.kernel.vfs.inodes.at(directory).procPid;
    const Place place = placeOf(entry);
    std::vector<std::string> names;
    for (const Row& row : kRows)
        if (row.in == place && !(entry == kThreadDirectory && row.name == "task")) names.emplace_back(row.name);
    if (place == Place::Root || place == Place::PidTask) {
        const Task* group = taskWithPid(os, pid);
        std::vector<i32> numbers;
        for (const auto& [id, task] : os.kernel.tasks) {
            if (task.pid() <= 0) continue;
            if (place == Place::Root ? task.pid() == task.tgid : group && task.tgid == group->tgid)
                numbers.push_back(task.pid());
        }
        std::ranges::sort(numbers);
        for (const i32 n : numbers) names.push_back(std::to_string(n));
    }
    if (place == Place::PidFd) {
        const Task* task = taskWithPid(os, pid);
        const FilesStruct* files = task ? os.kernel.files.find(task->files) : nullptr;
        for (std::size_t fd = 0; files && fd < files->slots.size(); ++fd)
            if (files->slots[fd].file != FileId{}) names.push_back(std::to_string(fd));
    }
    if (place == Place::Binfmt)
        for (const std::string& name : binfmtMiscNames(os)) names.push_back(name);
    std::vector<std::pair<std::string, InodeId>> entries;
    for (std::string& name : names)
        if (const InodeId id = procLookup(os, directory, name); id != InodeId{})
            entries.emplace_back(std::move(name), id);
    return entries;
}

bool procIsRandomAccess(const Inode& inode) {
    return inode.procEntry < std::size(kRows) && kRows[inode.procEntry].kind == Kind::RandomAccess;
}

std::string procText(Os& os, const Inode& inode) {
    if (inode.procEntry >= kFormat) {
        const auto names = binfmtMiscNames(os);
        const u32 index = inode.procEntry - kFormat;
        return index < names.size() ? binfmtMiscText(os, names[index]) : std::string();
    }
    const Task* task = subject(os, inode);
    if (!task || inode.procEntry >= std::size(kRows)) return {};
    const Text text = kRows[inode.procEntry].text;
    return text ? text(os, *task) : std::string();
}

i64 procReadAt(Os& os, const Inode& inode, u64 position, std::span<u8> out) {
    const Task* task = subject(os, inode);
    if (!task) return -error::kSrch;
    if (kRows[inode.procEntry].name == "pagemap") return proctext::pagemap(os, *task, position, out);
    const Mm* mm = os.kernel.mms.find(task->mm);
    if (!mm) return 0;
    const std::string bytes = proctext::peekUser(os, *mm, position, out.size());
    if (bytes.empty() && !out.empty()) return -error::kIo;
    std::copy(bytes.begin(), bytes.end(), out.begin());
    return static_cast<i64>(bytes.size());
}

i64 procWrite(Os& os, const Inode& inode, std::string_view text) {
    if (inode.procEntry >= kFormat) {
        const auto names = binfmtMiscNames(os);
        const u32 index = inode.procEntry - kFormat;
        if (index >= names.size()) return -error::kNoEnt;
        const i64 result = binfmtMiscControl(os, names[index], text);
        return result < 0 ? result : static_cast<i64>(text.size());
    }
    if (inode.procEntry >= std::size(kRows)) return -error::kInval;
    const Row& row = kRows[inode.procEntry];
    std::string value(text);
    while (!value.empty() && (value.back() == '\n' || value.back() == ' ')) value.pop_back();
    if (row.name == "register") {
        const i64 result = binfmtMiscRegister(os, value);
        return result < 0 ? result : static_cast<i64>(text.size());
    }
    if (row.in == Place::SysKernel && row.name == "hostname") {
        UtsNamespace& uts = os.kernel.utsNamespaces.edit(os.kernel.currentTask().uts);
        uts.nodename = value.substr(0, 64);
        return static_cast<i64>(text.size());
    }
    if (row.in == Place::SysKernel && row.name == "pid_max") {
        const auto n = number(value);
        if (!n || *n < 301 || *n > 4194304) return -error::kInval;
        const Task& task = os.kernel.currentTask();
        if (task.pids.empty()) return -error::kInval;
        os.kernel.pidNamespaces.edit(task.pids.back().ns).pidMax = *n;
        return static_cast<i64>(text.size());
    }
    if (row.in == Place::Pid && (row.name == "uid_map" || row.name == "gid_map" || row.name == "setgroups")) {
        const Task* task = subject(os, inode);
        if (!task) return -error::kSrch;
        const i64 result = row.name == "setgroups"
                               ? writeSetgroups(os, *task, value)
                               : writeIdMap(os, *task, row.name == "uid_map" ? IdKind::User : IdKind::Group, value);
        return result < 0 ? result : static_cast<i64>(text.size());
    }
    if (row.in == Place::Pid && row.name == "oom_score_adj") {
        const Task* task = subject(os, inode);
        if (!task) return -error::kSrch;
        const i64 result = writeOomScoreAdj(os, *task, value);
        return result < 0 ? result : static_cast<i64>(text.size());
    }
    if (row.in == Place::Pid && row.name == "comm") {
        const Task* task = subject(os, inode);
        if (!task) return -error::kSrch;
        os.kernel.tasks.edit(task->id).comm = value.substr(0, 15);
        return static_cast<i64>(text.size());
    }
    if ((row.permissions & 0200) != 0) return static_cast<i64>(text.size());
    return -error::kInval;
}

std::string procLinkText(Os& os, const Inode& inode) {
    if (inode.procEntry >= kDescriptor && inode.procEntry < kFormat) {
        const File* file = descriptorOf(os, inode);
        if (!file) return {};
        const Inode& target = os.kernel.vfs.inodes.at(file->inode);
        const bool deleted = isRegular(target) && target.links == 0 && file->path.starts_with('/');
        return isDirectory(target) && target.special != Special::ProcDirectory
                   ? pathOf(os, file->inode)
                   : file->path + (deleted ? " (deleted)" : "");
    }
    if (inode.procEntry < std::size(kRows) && kRows[inode.procEntry].in == Place::PidNs) {
        const Task* task = subject(os, inode);
        return task ? namespaceText(os, *task, kRows[inode.procEntry].name) : std::string();
    }
    return procText(os, inode);
}

InodeId procLinkInode(Os& os, const Inode& inode) {
    if (inode.procEntry >= kDescriptor && inode.procEntry < kFormat) {
        const File* file = descriptorOf(os, inode);
        return file ? file->inode : InodeId{};
    }
    if (inode.procEntry >= std::size(kRows)) return InodeId{};
    const Task* task = subject(os, inode);
    if (!task) return InodeId{};
    const std::string_view name = kRows[inode.procEntry].name;
    if (kRows[inode.procEntry].in == Place::PidNs) return namespaceInode(os, *task, name);
    if (kRows[inode.procEntry].in != Place::Pid) return InodeId{};
    if (name == "exe") {
        const Mm* mm = os.kernel.mms.find(task->mm);
        return mm ? mm->exe : InodeId{};
    }
    const FsStruct* fs = os.kernel.fs.find(task->fs);
    if (!fs) return InodeId{};
    return name == "cwd" ? fs->cwd : name == "root" ? fs->root : InodeId{};
}

}  // namespace ringside
