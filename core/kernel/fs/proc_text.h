// The texts of /proc, one function each.
#pragma once

#include <span>
#include <string>

#include "core/kernel/os.h"

namespace ringside::proctext {

// Of the whole machine
std::string cpuinfo(const Os& os);
std::string meminfo(const Os& os);
std::string stat(const Os& os);
std::string uptime(const Os& os);
std::string loadavg(const Os& os);
std::string version(const Os& os);
std::string filesystems(const Os& os);
std::string mounts(const Os& os);
std::string swaps(const Os& os);

// Of one task
std::string maps(const Os& os, const Task& task);
std::string smaps(const Os& os, const Task& task);
std::string status(const Os& os, const Task& task);
std::string taskStat(const Os& os, const Task& task);
std::string statm(const Os& os, const Task& task);
std::string mountinfo(const Os& os, const Task& task);
std::string limits(const Os& os, const Task& task);
std::string cmdline(Os& os, const Task& task);
std::string environ(Os& os, const Task& task);
std::string sched(const Os& os, const Task& task);

// Eight bytes for each page, from byte `position` on.
i64 pagemap(const Os& os, const Task& task, u64 position, std::span<u8> out);

// Bytes of a task's address space that are in RAM.
std::string peekUser(const Os& os, const Mm& mm, u64 address, u64 length);

}  // namespace ringside::proctext
