#include "core/kernel/fs/proc_text.h"

#include <fmt/format.h>

#include "core/kernel/errno.h"
#include "core/kernel/fs/inode.h"
#include "core/kernel/proc/nsproxy.h"
#include "core/memory/paging.h"

namespace ringside::proctext {
namespace {

constexpr u64 kTicksPerSecond = 100;  // USER_HZ
u64 ticks(u64 ns) { return ns * kTicksPerSecond / 1'000'000'000; }

const Mm* mmOf(const Os& os, const Task& task) { return os.kernel.mms.find(task.mm); }

PagingMode modeOf(const Os& os, const Mm& mm) {
    PagingMode paging = os.cpu.pagingMode();
    paging.cr3 = mm.cr3;
    paging.enabled = true;
    return paging;
}

char stateLetter(const Task& task) {
    if ((task.exitState & (state::ExitZombie)) != 0) return 'Z';
    if ((task.exitState & state::ExitDead) != 0 || task.state == state::Dead) return 'X';
    if ((task.state & state::Interruptible) != 0) return 'S';
    if ((task.state & state::NoLoad) != 0) return 'I';
    if ((task.state & state::Uninterruptible) != 0) return 'D';
    if ((task.state & state::Stopped) != 0) return 'T';
    if ((task.state & state::Traced) != 0) return 't';
    return 'R';
}

std::string_view stateName(char letter) {
    switch (letter) {
        case 'Z':
            return "zombie";
        case 'X':
            return "dead";
        case 'S':
            return "sleeping";
        case 'I':
            return "idle";
        case 'D':
            return "disk sleep";
        case 'T':
            return "stopped";
        case 't':
            return "tracing stop";
        default:
            return "running";
    }
}

std::string header(const Os& os, const Vma& area) {
    u64 device = 0, inode = 0;
    if (const Inode* file = os.kernel.vfs.inodes.find(area.file)) {
        device = deviceOf(*file);
        inode = file->id.value;
    }
    std::string line = fmt::format("{:08x}-{:08x} {}{}{}{} {:08x} {:02x}:{:02x} {} ", area.start, area.end,
                                   (area.flags & vm::Read) != 0 ? 'r' : '-', (area.flags & vm::Write) != 0 ? 'w' : '-',
                                   (area.flags & vm::Exec) != 0 ? 'x' : '-', (area.flags & vm::Shared) != 0 ? 's' : 'p',
                                   inode != 0 ? area.pageOffset << kPageShift : 0, device >> 8, device & 0xff, inode);
    if (!area.name.empty()) {
        if (line.size() < 73) line.resize(73, ' ');
        line += area.name;
    }
    return line + '\n';
}

i32 numberOf(const Os& os, TaskId id) {
    const Task* task = os.kernel.tasks.find(id);
    return task ? task->tgid : 0;
}

u64 tasksIn(const Os& os, const Task& task) {
    const SignalStruct* signal = os.kernel.signals.find(task.signal);
    return signal ? signal->threads.size() : 1;
}

}  // namespace

std::string cpuinfo(const Os& os) {
    const double mhz = static_cast<double>(os.clockHz) / 1e6;
    const bool v2 = os.cpu.model == CpuModel::V2;
    return fmt::format(
        "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 23\nmodel name\t: Ringside {}\n"
        "stepping\t: 0\ncpu MHz\t\t: {:.3f}\ncache size\t: 0 KB\nphysical id\t: 0\nsiblings\t: 1\ncore id\t\t: 0\n"
        "cpu cores\t: 1\nfpu\t\t: yes\nfpu_exception\t: yes\ncpuid level\t: 7\nwp\t\t: yes\n"
        "flags\t\t: fpu tsc msr pae cx8 apic sep pge cmov mmx fxsr sse sse2 syscall nx lm constant_tsc{}\n"
        "bugs\t\t:\nbogomips\t: {:.2f}\nclflush size\t: 64\naddress sizes\t: 36 bits physical, {} bits virtual\n"
        "power management:\n\n",
        v2 ? "x86-64-v2" : "x86-64", mhz, v2 ? " pni ssse3 cx16 sse4_1 sse4_2 popcnt lahf_lm" : "", mhz * 2,
        os.kernel.options.fiveLevel ? 57 : 48);
}

std::string meminfo(const Os& os) {
    const auto& frames = os.kernel.frames;
    u64 cached = 0, anonymous = 0, slab = 0, stacks = 0, tables = 0, dirty = 0, mapped = 0, shmem = 0;
    for (std::size_t f = 0; f < frames.pages.size(); ++f) {
        const Page& page = frames.pages[f];
        switch (page.use) {
            case PageUse::PageCache:
                ++cached;
                dirty += page.dirty && !page.swapBacked ? 1 : 0;
                mapped += page.mapcount != 0 ? 1 : 0;
                shmem += page.swapBacked ? 1 : 0;
                break;
            case PageUse::Anonymous:
                ++anonymous;
                break;
            case PageUse::Slab:
                ++slab;
                break;
            case PageUse::KernelStack:
                ++stacks;
                break;
            case PageUse::PageTable:
                ++tables;
                break;
            default:
                break;
        }
    }
    const u64 total = frames.pages.size(), unused = frames.free.count;
    std::string text;
    const auto row = [&](std::string_view name, u64 pages) {
        text += fmt::format("{:<15} {:>8} kB\n", std::string(name) + ":", pages * 4);
    };
    row("MemTotal", total);
    row("MemFree", unused);
    row("MemAvailable", unused + cached);
    row("Buffers", 0);
    row("Cached", cached);
    row("SwapCached", 0);
    row("Active", frames.active.count);
    row("Inactive", frames.inactive.count);
    row("SwapTotal", os.devices.swap.slots);
    row("SwapFree", os.devices.swap.slots - frames.swapUsed);
    row("Dirty", dirty);
    row("AnonPages", anonymous);
    row("Mapped", mapped);
    row("Shmem", shmem);
    row("Slab", slab);
    row("KernelStack", stacks);
    row("PageTables", tables);
    return text;
}

std::string stat(const Os& os) {
    u64 user = 0, system = 0, running = 0, blocked = 0;
    for (const auto& [id, task] : os.kernel.tasks) {
        user += task.utime;
        system += task.stime;
        if (task.pid() == 0) continue;
        running += task.state == state::Running && task.exitState == 0 ? 1 : 0;
        blocked += (task.state & state::Uninterruptible) != 0 && (task.state & state::NoLoad) == 0 ? 1 : 0;
    }
    for (const auto& [id, signal] : os.kernel.signals) {
        user += signal.utime;
        system += signal.stime;
    }
    const u64 all = os.nowNs(), idle = all > user + system ? all - user - system : 0;
    const std::string numbers = fmt::format("{} 0 {} {} 0 0 0 0 0 0", ticks(user), ticks(system), ticks(idle));
    return fmt::format(
        "cpu  {}\ncpu0 {}\nintr {}\nctxt {}\nbtime {}\nprocesses {}\nprocs_running {}\nprocs_blocked {}\n", numbers,
        numbers, os.kernel.counters.irqs, os.kernel.counters.switches, os.kernel.bootEpochSeconds,
        os.kernel.counters.forks + 2, running, blocked);
}

std::string uptime(const Os& os) {
    const u64 hundredths = os.nowNs() / 10'000'000;
    return fmt::format("{}.{:02} 0.00\n", hundredths / 100, hundredths % 100);
}

std::string loadavg(const Os& os) {
    u64 running = 0, all = 0;
    i32 last = 0;
    for (const auto& [id, task] : os.kernel.tasks) {
        if (task.pid() == 0) continue;
        ++all;
        running += task.state == state::Running && task.exitState == 0 ? 1 : 0;
        last = std::max(last, task.pid());
    }
    return fmt::format("0.00 0.00 0.00 {}/{} {}\n", running, all, last);
}

std::string version(const Os&) { return "Linux version 6.1.0-ringside (ringside) #1 SMP PREEMPT_DYNAMIC\n"; }

std::string filesystems(const Os&) {
    return "nodev\tsysfs\nnodev\ttmpfs\nnodev\tproc\nnodev\tdevtmpfs\nnodev\tbinfmt_misc\nnodev\tpipefs\n\text4\n";
}

std::string mounts(const Os&) {
    return "/dev/root / ext4 rw,relatime 0 0\n"
           "proc /proc proc rw,nosuid,nodev,noexec,relatime 0 0\n"
           "sysfs /sys sysfs rw,nosuid,nodev,noexec,relatime 0 0\n"
           "devtmpfs /dev devtmpfs rw,nosuid,relatime,mode=755 0 0\n"
           "tmpfs /dev/shm tmpfs rw,nosuid,nodev 0 0\n"
           "binfmt_misc /proc/sys/fs/binfmt_misc binfmt_misc rw,nosuid,nodev,noexec,relatime 0 0\n";
}

std::string mountinfo(const Os&, const Task&) {
    return "21 1 8:1 / / rw,relatime - ext4 /dev/root rw\n"
           "22 21 0:20 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw\n"
           "23 21 0:21 / /sys rw,nosuid,nodev,noexec,relatime - sysfs sysfs rw\n"
           "24 21 0:5 / /dev rw,nosuid,relatime - devtmpfs devtmpfs rw,mode=755\n"
           "25 24 0:29 / /dev/shm rw,nosuid,nodev - tmpfs tmpfs rw\n";
}

std::string swaps(const Os& os) {
    std::string text = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";
    if (os.devices.swap.slots != 0)
        text += fmt::format("/dev/swap                               partition\t{}\t\t{}\t\t-2\n",
                            os.devices.swap.slots * 4, os.kernel.frames.swapUsed * 4);
    return text;
}

std::string maps(const Os& os, const Task& task) {
    std::string text;
    if (const Mm* mm = mmOf(os, task))
        for (const auto& [start, area] : mm->vmas) text += header(os, area);
    return text;
}

std::string smaps(const Os& os, const Task& task) {
    std::string text;
    const Mm* mm = mmOf(os, task);
    if (!mm) return text;
    const PagingMode paging = modeOf(os, *mm);
    for (const auto& [start, area] : mm->vmas) {
        u64 rss = 0, swap = 0, anonymous = 0, referenced = 0, huge = 0, pss = 0;
        u64 sharedClean = 0, sharedDirty = 0, privateClean = 0, privateDirty = 0;
        for (u64 at = area.start; at < area.end;) {
            const Walk found = walk(os.ram, paging, VirtAddr(at));
            const u64 size = found.end == WalkEnd::Mapped ? found.pageSize : kPageSize;
            if (found.end == WalkEnd::Mapped) {
                const u64 n = size >> kPageShift;
                const Page& page = os.kernel.frames.pages[frameOf(found.phys).value];
                const bool dirty = (found.last().entry & pte::D) != 0 || page.dirty, shared = page.mapcount > 1;
                if (os.kernel.frames.isNormal(frameOf(found.phys).value)) {
                    rss += n;
                    pss += n * 4096 / std::max<u32>(page.mapcount, 1);
                    anonymous += page.use == PageUse::Anonymous ? n : 0;
                    referenced += (found.last().entry & pte::A) != 0 ? n : 0;
                    huge += size > kPageSize ? n : 0;
                    (shared ? dirty ? sharedDirty : sharedClean : dirty ? privateDirty : privateClean) += n;
                }
            } else if (found.end == WalkEnd::NotPresent && found.count >= 4 && found.last().level == 1 &&
                       found.last().entry != 0) {
                ++swap;
            }
            at = (at & ~(size - 1)) + size;
        }
        text += header(os, area);
        const auto row = [&](std::string_view name, u64 kilobytes) {
            text += fmt::format("{:<15} {:>8} kB\n", std::string(name) + ":", kilobytes);
        };
        row("Size", (area.end - area.start) >> 10);
        row("KernelPageSize", 4);
        row("MMUPageSize", 4);
        row("Rss", rss * 4);
        row("Pss", pss / 1024);
        row("Shared_Clean", sharedClean * 4);
        row("Shared_Dirty", sharedDirty * 4);
        row("Private_Clean", privateClean * 4);
        row("Private_Dirty", privateDirty * 4);
        row("Referenced", referenced * 4);
        row("Anonymous", anonymous * 4);
        row("AnonHugePages", huge * 4);
        row("Swap", swap * 4);
        text += "VmFlags:";
        const std::pair<u32, std::string_view> flags[] = {
            {vm::Read, " rd"},      {vm::Write, " wr"},    {vm::Exec, " ex"},     {vm::Shared, " sh"},
            {vm::MayRead, " mr"},   {vm::MayWrite, " mw"}, {vm::MayExec, " me"},  {vm::GrowsDown, " gd"},
            {vm::PfnMap, " pf"},    {vm::Io, " io"},       {vm::DontCopy, " dc"}, {vm::DontExpand, " de"},
            {vm::NoReserve, " nr"}, {vm::DontDump, " dd"}, {vm::HugePage, " hg"}};
        for (const auto& [bit, name] : flags)
            if ((area.flags & bit) != 0) text += name;
        text += " \n";
    }
    return text;
}

std::string status(const Os& os, const Task& task) {
    const char letter = stateLetter(task);
    const FsStruct* fs = os.kernel.fs.find(task.fs);
    const FilesStruct* files = os.kernel.files.find(task.files);
    const SignalStruct* signal = os.kernel.signals.find(task.signal);
    const Sighand* hand = os.kernel.sighands.find(task.sighand);
    std::string text = fmt::format("Name:\t{}\n", task.comm);
    if (fs) text += fmt::format("Umask:\t{:04o}\n", fs->umask);
    text += fmt::format("State:\t{} ({})\nTgid:\t{}\nNgid:\t0\nPid:\t{}\nPPid:\t{}\nTracerPid:\t0\n", letter,
                        stateName(letter), task.tgid, task.pid(), numberOf(os, task.realParent));
    const Cred& c = task.cred;
    const auto uid = [&](u32 id) { return idToUser(os, IdKind::User, id); };
    const auto gid = [&](u32 id) { return idToUser(os, IdKind::Group, id); };
    text += fmt::format("Uid:\t{}\t{}\t{}\t{}\nGid:\t{}\t{}\t{}\t{}\n", uid(c.uid), uid(c.euid), uid(c.suid),
                        uid(c.fsuid), gid(c.gid), gid(c.egid), gid(c.sgid), gid(c.fsgid));
    text += fmt::format("FDSize:\t{}\nGroups:\t", files ? std::max<std::size_t>(64, files->slots.size()) : 0);
    for (const u32 group : c.groups) text += fmt::format("{} ", gid(group));
    text += "\nNStgid:";
    for (const Upid& pid : task.pids) text += fmt::format("\t{}", pid.nr);
    text += "\nNSpid:";
    for (const Upid& pid : task.pids) text += fmt::format("\t{}", pid.nr);
    text += fmt::format("\nNSpgid:\t{}\nNSsid:\t{}\n", signal ? signal->pgrp : 0, signal ? signal->session : 0);
    if (const Mm* mm = mmOf(os, task)) {
        u64 locked = 0, data = 0, stack = 0, code = 0, libraries = 0;
        for (const auto& [start, area] : mm->vmas) {
            const u64 pages = (area.end - area.start) >> kPageShift;
            if ((area.flags & vm::GrowsDown) != 0)
                stack += pages;
            else if ((area.flags & (vm::Write | vm::Shared)) == vm::Write)
                data += pages;
            if ((area.flags & vm::Exec) != 0) {
                if (area.start >= mm->startCode && area.start < mm->endCode)
                    code += pages;
                else
                    libraries += pages;
            }
        }
        const u64 rss = mm->rss();
        const auto row = [&](std::string_view name, u64 pages) {
            text += fmt::format("{}:\t{:>8} kB\n", name, pages * 4);
        };
        row("VmPeak", std::max(mm->hiwaterVm, mm->totalVm));
        row("VmSize", mm->totalVm);
        row("VmLck", locked);
        row("VmPin", 0);
        row("VmHWM", std::max(mm->hiwaterRss, rss));
        row("VmRSS", rss);
        row("RssAnon", mm->rssAnon);
        row("RssFile", mm->rssFile);
        row("RssShmem", mm->rssShmem);
        row("VmData", data);
        row("VmStk", stack);
        row("VmExe", code);
        row("VmLib", libraries);
        row("VmPTE", mm->pageTables);
        row("VmSwap", mm->swapEntries);
    }
    text += fmt::format("Threads:\t{}\n", tasksIn(os, task));
    u64 ignored = 0, caught = 0;
    if (hand)
        for (u32 s = 1; s <= 64; ++s) {
            if (hand->action[s].handler == 1)
                ignored |= u64{1} << (s - 1);
            else if (hand->action[s].handler != 0)
                caught |= u64{1} << (s - 1);
        }
    text += fmt::format(
        "SigQ:\t0/1024\nSigPnd:\t{:016x}\nShdPnd:\t{:016x}\nSigBlk:\t{:016x}\nSigIgn:\t{:016x}\nSigCgt:\t{:016x}\n",
        task.pending.set, signal ? signal->shared.set : 0, task.blocked, ignored, caught);
    const u64 caps = c.euid == 0 ? 0x1ffffffffffu : 0;
    text += fmt::format("CapInh:\t{:016x}\nCapPrm:\t{:016x}\nCapEff:\t{:016x}\nCapBnd:\t{:016x}\nCapAmb:\t{:016x}\n", 0,
                        caps, caps, 0x1ffffffffffu, 0);
    text += "NoNewPrivs:\t0\nSeccomp:\t0\nCpus_allowed:\t1\nCpus_allowed_list:\t0\n";
    text += fmt::format("voluntary_ctxt_switches:\t{}\nnonvoluntary_ctxt_switches:\t{}\n", task.voluntarySwitches,
                        task.involuntarySwitches);
    return text;
}

std::string taskStat(const Os& os, const Task& task) {
    const SignalStruct* signal = os.kernel.signals.find(task.signal);
    const Mm* mm = mmOf(os, task);
    const Tty& tty = os.kernel.vfs.tty;
    const bool onTty = signal && tty.session != 0 && signal->session == tty.session;
    return fmt::format(
        "{} ({}) {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} 0 {} {} {} 18446744073709551615 {} {} {} 0 0 "
        "{} {} {} {} 0 0 0 {} 0 {} {} 0 0 0 {} {} {} {} {} {} {} {}\n",
        task.pid(), task.comm, stateLetter(task), numberOf(os, task.realParent), signal ? signal->pgrp : 0,
        signal ? signal->session : 0, onTty ? 0x501 : 0, onTty ? tty.pgrp : -1, task.flags, task.minorFaults,
        signal ? signal->childMinorFaults : 0, task.majorFaults, signal ? signal->childMajorFaults : 0,
        ticks(task.utime), ticks(task.stime), ticks(signal ? signal->childUtime : 0),
        ticks(signal ? signal->childStime : 0), task.prio - 100, task.nice, tasksIn(os, task), ticks(task.startTimeNs),
        mm ? mm->totalVm * kPageSize : 0, mm ? mm->rss() : 0, mm ? mm->startCode : 0, mm ? mm->endCode : 0,
        mm ? mm->startStack : 0, task.pending.set, task.blocked, 0, 0, task.exitSignal, task.rtPriority,
        static_cast<int>(task.policy), mm ? mm->startData : 0, mm ? mm->endData : 0, mm ? mm->startBrk : 0,
        mm ? mm->argStart : 0, mm ? mm->argEnd : 0, mm ? mm->envStart : 0, mm ? mm->envEnd : 0, task.exitCode);
}

std::string statm(const Os& os, const Task& task) {
    const Mm* mm = mmOf(os, task);
    if (!mm) return "0 0 0 0 0 0 0\n";
    u64 text = 0, data = 0;
    for (const auto& [start, area] : mm->vmas) {
        const u64 pages = (area.end - area.start) >> kPageShift;
        if ((area.flags & vm::Exec) != 0 && area.start >= mm->startCode && area.start < mm->endCode) text += pages;
        if ((area.flags & (vm::Write | vm::Shared)) == vm::Write) data += pages;
    }
    return fmt::format("{} {} {} {} 0 {} 0\n", mm->totalVm, mm->rss(), mm->rssFile + mm->rssShmem, text, data);
}

std::string limits(const Os& os, const Task& task) {
    constexpr std::string_view kRows[16][2] = {
        {"Max cpu time", "seconds"},    {"Max file size", "bytes"},      {"Max data size", "bytes"},
        {"Max stack size", "bytes"},    {"Max core file size", "bytes"}, {"Max resident set", "bytes"},
        {"Max processes", "processes"}, {"Max open files", "files"},     {"Max locked memory", "bytes"},
        {"Max address space", "bytes"}, {"Max file locks", "locks"},     {"Max pending signals", "signals"},
        {"Max msgqueue size", "bytes"}, {"Max nice priority", ""},       {"Max realtime priority", ""},
        {"Max realtime timeout", "us"}};
    std::string text = fmt::format("{:<25} {:<20} {:<20} {:<10}\n", "Limit", "Soft Limit", "Hard Limit", "Units");
    const SignalStruct* signal = os.kernel.signals.find(task.signal);
    for (std::size_t i = 0; i < 16 && signal; ++i) {
        const auto show = [](u64 v) { return v == ~u64{0} ? std::string("unlimited") : std::to_string(v); };
        text += fmt::format("{:<25} {:<20} {:<20} {:<10}\n", kRows[i][0], show(signal->rlimits[i][0]),
                            show(signal->rlimits[i][1]), kRows[i][1]);
    }
    return text;
}

std::string peekUser(const Os& os, const Mm& mm, u64 address, u64 length) {
    std::string bytes;
    const PagingMode paging = modeOf(os, mm);
    while (length != 0) {
        const Walk found = walk(os.ram, paging, VirtAddr(address));
        if (found.end != WalkEnd::Mapped) break;
        const u64 n = std::min(length, kPageSize - pageOffset(address));
        const std::size_t at = bytes.size();
        bytes.resize(at + n);
        os.ram.read(found.phys, {reinterpret_cast<u8*>(bytes.data()) + at, n});
        address += n;
        length -= n;
    }
    return bytes;
}

std::string cmdline(Os& os, const Task& task) {
    const Mm* mm = mmOf(os, task);
    return mm ? peekUser(os, *mm, mm->argStart, mm->argEnd - mm->argStart) : std::string();
}

std::string environ(Os& os, const Task& task) {
    const Mm* mm = mmOf(os, task);
    return mm ? peekUser(os, *mm, mm->envStart, mm->envEnd - mm->envStart) : std::string();
}

std::string sched(const Os&, const Task& task) {
    const auto milliseconds = [](u64 ns) { return fmt::format("{}.{:06}", ns / 1'000'000, ns % 1'000'000); };
    std::string text = fmt::format("{} ({}, #threads: 1)\n{:-<67}\n", task.comm, task.pid(), "");
    const auto row = [&](std::string_view name, const std::string& value) {
        text += fmt::format("{:<45}:{:>21}\n", name, value);
    };
    row("se.exec_start", milliseconds(task.se.execStart));
    row("se.vruntime", milliseconds(task.se.vruntime));
    row("se.sum_exec_runtime", milliseconds(task.se.sumExecRuntime));
    row("nr_switches", std::to_string(task.voluntarySwitches + task.involuntarySwitches));
    row("nr_voluntary_switches", std::to_string(task.voluntarySwitches));
    row("nr_involuntary_switches", std::to_string(task.involuntarySwitches));
    row("se.load.weight", std::to_string(task.se.load.weight));
    row("policy", std::to_string(static_cast<int>(task.policy)));
    row("prio", std::to_string(task.prio));
    return text;
}

i64 pagemap(const Os& os, const Task& task, u64 position, std::span<u8> out) {
    if (position % 8 != 0 || out.size() % 8 != 0) return -error::kInval;
    const Mm* mm = mmOf(os, task);
    if (!mm) return 0;
    const PagingMode paging = modeOf(os, *mm);
    const u64 limit = (u64{1} << (paging.fiveLevel ? 56 : 47)) >> kPageShift;
    u64 done = 0;
    for (u64 page = position / 8; done < out.size() && page < limit; ++page, done += 8) {
        const u64 address = page << kPageShift;
        const Walk found = walk(os.ram, paging, VirtAddr(address));
        u64 entry = 0;
        if (found.end == WalkEnd::Mapped) {
            const FrameNo frame = frameOf(found.phys);
            const Page& info = os.kernel.frames.pages[frame.value];
            entry = u64{1} << 63 | frame.value;
            if (info.use == PageUse::PageCache) entry |= u64{1} << 61;
            if (info.mapcount == 1) entry |= u64{1} << 56;
        } else if (found.end == WalkEnd::NotPresent && found.count != 0 && found.last().level == 1 &&
                   found.last().entry != 0) {
            // PM_SWAP: type in bits 0–4, offset above; only the superuser would see where.
            entry = u64{1} << 62 | (found.last().entry >> 1 & ((u64{1} << 54) - 1));
        }
        std::memcpy(out.data() + done, &entry, 8);
    }
    return static_cast<i64>(done);
}

}  // namespace ringside::proctext
