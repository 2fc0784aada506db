// What a person may change in a machine at a moment of their choice. An edit is an input of the timeline: the same edit
// of the same machine always gives the same machine. The makers look first whether it can be done, and say why not.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/machine/machine.h"

namespace ringside {

struct Edit {
    std::string what;  // as the timeline names it: "RAX = 0x5", "nice of 7 = 10"
    std::function<void(Machine&)> apply;
};

// "rax" … "r15", "rip", "rflags", "fs_base", "gs_base", or a flag: "cf" "pf" "af" "zf" "sf" "tf" "if" "df" "of".
Expected<Edit> changeRegister(const Machine& machine, std::string_view name, u64 value);
std::vector<std::string_view> changeableRegisters();
// What it holds now; flags are 0 or 1.
Expected<u64> registerValue(const Machine& machine, std::string_view name);

// Bytes of a process (its global PID; 0: the one that has the CPU), as the process itself would write them: pages are
// faulted in and shared ones copied. Private pages that it may only read or execute get a copy of their own, as under a
// debugger. Where nothing is mapped for it, nothing can be changed.
Expected<Edit> changeMemory(const Machine& machine, i32 pid, VirtAddr address, std::span<const u8> bytes);
Expected<Edit> changeNice(const Machine& machine, i32 pid, int nice);
// To the whole process; like kill(2) by the superuser.
Expected<Edit> raiseSignal(const Machine& machine, i32 pid, i32 signal);
// What root would write to /proc/sys/fs/binfmt_misc/register, and to the file of a format there: "0", "1" or "-1".
Expected<Edit> registerFormat(const Machine& machine, std::string_view line);
Expected<Edit> controlFormat(const Machine& machine, std::string_view name, std::string_view command);

}  // namespace ringside
