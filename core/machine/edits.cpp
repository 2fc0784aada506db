#include "core/machine/edits.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fmt/format.h>

#include "core/kernel/entry/border.h"
#include "core/kernel/errno.h"
#include "core/kernel/exec/binfmt_misc.h"
#include "core/kernel/mm/user_memory.h"
#include "core/kernel/names.h"
#include "core/kernel/os.h"
#include "core/kernel/proc/pid.h"
#include "core/kernel/proc/signal.h"

namespace ringside {
namespace {

struct Place {
    std::string_view name;
    u64& (*of)(Registers&);
    u64 flag = 0;  // one bit of it
};

template <int N>
u64& general(Registers& r) {
    return r.gpr[N];
}
u64& rflags(Registers& r) { return r.rflags; }

constexpr std::array kPlaces{
    Place{"rax", general<RAX>},
    Place{"rcx", general<RCX>},
    Place{"rdx", general<RDX>},
    Place{"rbx", general<RBX>},
    Place{"rsp", general<RSP>},
    Place{"rbp", general<RBP>},
    Place{"rsi", general<RSI>},
    Place{"rdi", general<RDI>},
    Place{"r8", general<R8>},
    Place{"r9", general<R9>},
    Place{"r10", general<R10>},
    Place{"r11", general<R11>},
    Place{"r12", general<R12>},
    Place{"r13", general<R13>},
    Place{"r14", general<R14>},
    Place{"r15", general<R15>},
    Place{"rip", [](Registers& r) -> u64& { return r.rip; }},
    Place{"rflags", rflags},
    Place{"fs_base", [](Registers& r) -> u64& { return r.segment[FS].base; }},
    Place{"gs_base", [](Registers& r) -> u64& { return r.segment[GS].base; }},
    Place{"cf", rflags, flag::CF},
    Place{"pf", rflags, flag::PF},
    Place{"af", rflags, flag::AF},
    Place{"zf", rflags, flag::ZF},
    Place{"sf", rflags, flag::SF},
    Place{"tf", rflags, flag::TF},
    Place{"if", rflags, flag::IF},
    Place{"df", rflags, flag::DF},
    Place{"of", rflags, flag::OF},
    Place{"ac", rflags, flag::AC},
};

Expected<Place> placeOf(std::string_view name) {
    const auto it = std::ranges::find(kPlaces, name, &Place::name);
    if (it == kPlaces.end()) return fail(fmt::format("\"{}\" is no register that can be changed", name));
    return *it;
}

std::string upper(std::string_view name) {
    std::string s(name);
    std::ranges::transform(s, s.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return s;
}

Os osOf(Machine& m) { return Os{m.kernel, m.cpu, m.ram, m.devices, m.trace, m.clockHz}; }

Expected<TaskId> taskOf(const Machine& machine, i32 pid) {
    const TaskId id = pid == 0 ? machine.kernel.current : findGlobal(machine.kernel, pid);
    if (!machine.kernel.tasks.contains(id)) return fail(fmt::format("there is no process {} at this moment", pid));
    return id;
}

// The CPU that is halted or in user mode learns of a change by an interrupt, as from another CPU.
void interruptCpu(Machine& m) {
    if (!m.cpu.interruptRequest) m.cpu.interruptRequest = kRescheduleVector;
}

Expected<void> mayRun(const Machine& machine) {
    if (!machine.kernel.panic.empty() || machine.kernel.exitStatus)
        return fail("the run has ended here: go to an earlier moment to change something");
    return {};
}

}  // namespace

std::vector<std::string_view> changeableRegisters() {
    std::vector<std::string_view> names;
    for (const Place& p : kPlaces) names.push_back(p.name);
    return names;
}

Expected<u64> registerValue(const Machine& machine, std::string_view name) {
    const auto place = placeOf(name);
    if (!place) return std::unexpected(place.error());
    Registers registers = machine.cpu.regs;
    const u64 value = place->of(registers);
    return place->flag ? u64{(value & place->flag) != 0} : value;
}

Expected<Edit> changeRegister(const Machine& machine, std::string_view name, u64 value) {
    const auto place = placeOf(name);
    if (!place) return std::unexpected(place.error());
    if (auto may = mayRun(machine); !may) return std::unexpected(may.error());
    if (place->flag && value > 1) return fail(fmt::format("{} is a flag: 0 or 1, not {}", upper(name), value));
    return Edit{
        place->flag ? fmt::format("{} = {}", upper(name), value) : fmt::format("{} = {:#x}", upper(name), value),
        [place = *place, value](Machine& m) {
            u64& at = place.of(m.cpu.regs);
            at = place.flag ? (value ? at | place.flag : at & ~place.flag) : value;
            m.cpu.regs.rflags |= flag::kAlwaysOne;
        }};
}

Expected<Edit> changeMemory(const Machine& machine, i32 pid, VirtAddr address, std::span<const u8> bytes) {
    if (auto may = mayRun(machine); !may) return std::unexpected(may.error());
    const auto id = taskOf(machine, pid);
    if (!id) return std::unexpected(id.error());
    const MmId mm = machine.kernel.tasks.at(*id).mm;
    const i32 number = machine.kernel.tasks.at(*id).pid();
    const auto apply = [mm, address, data = std::vector<u8>(bytes.begin(), bytes.end())](Machine& m) {
        Os os = osOf(m);
        return copyToProcess(os, mm, address.value, data);
    };
    Machine attempt = machine;
    attempt.trace.enabled = false;
    if (!apply(attempt))
        return fail(
            fmt::format("process {} has no memory of its own at {:#x} that could be changed", number, address.value));
    std::string what = fmt::format("{} at {:#x} =", bytes.size() == 1 ? "byte" : "bytes", address.value);
    for (std::size_t i = 0; i < std::min<std::size_t>(bytes.size(), 8); ++i) what += fmt::format(" {:02x}", bytes[i]);
    if (bytes.size() > 8) what += " …";
    return Edit{what, [apply](Machine& m) { apply(m); }};
}

Expected<Edit> changeNice(const Machine& machine, i32 pid, int nice) {
    if (auto may = mayRun(machine); !may) return std::unexpected(may.error());
    const auto id = taskOf(machine, pid);
    if (!id) return std::unexpected(id.error());
    if (nice < -20 || nice > 19) return fail(fmt::format("nice {}: nice values go from -20 to 19", nice));
    return Edit{fmt::format("nice of {} = {}", machine.kernel.tasks.at(*id).pid(), nice), [id = *id, nice](Machine& m) {
                    Os os = osOf(m);
                    setNice(os, id, nice);
                    interruptCpu(m);
                }};
}

Expected<Edit> raiseSignal(const Machine& machine, i32 pid, i32 signal) {
    if (auto may = mayRun(machine); !may) return std::unexpected(may.error());
    const auto id = taskOf(machine, pid);
    if (!id) return std::unexpected(id.error());
    if (signal < 1 || signal > kLastSignal) return fail(fmt::format("{} is no signal: they go from 1 to 64", signal));
    return Edit{fmt::format("{} to {}", signalName(signal), machine.kernel.tasks.at(*id).pid()),
                [id = *id, signal](Machine& m) {
                    Os os = osOf(m);
                    sendSignal(os, id, kernelInfo(signal), true);
                    interruptCpu(m);
                }};
}

Expected<Edit> registerFormat(const Machine& machine, std::string_view line) {
    if (auto may = mayRun(machine); !may) return std::unexpected(may.error());
    const auto apply = [text = std::string(line)](Machine& m) {
        Os os = osOf(m);
        return binfmtMiscRegister(os, text);
    };
    Machine attempt = machine;
    switch (apply(attempt)) {
        case 0:
            return Edit{fmt::format("binfmt_misc {}", line), [apply](Machine& m) { apply(m); }};
        case -error::kExist:
            return fail("there is a format of this name already");
        case -error::kNoSpc:
            return fail("there is no room for another format");
        default:
            return fail(
                fmt::format("\"{}\" is no format: write :name:E::extension::/interpreter: or "
                            ":name:M:offset:magic:mask:/interpreter: as in /proc/sys/fs/binfmt_misc/register",
                            line));
    }
}

Expected<Edit> controlFormat(const Machine& machine, std::string_view name, std::string_view command) {
    if (auto may = mayRun(machine); !may) return std::unexpected(may.error());
    const auto apply = [of = std::string(name), text = std::string(command)](Machine& m) {
        Os os = osOf(m);
        return binfmtMiscControl(os, of, text);
    };
    Machine attempt = machine;
    if (apply(attempt) != 0) return fail(fmt::format("{} to the format \"{}\" says nothing", command, name));
    return Edit{fmt::format("binfmt_misc {} {}", name, command), [apply](Machine& m) { apply(m); }};
}

}  // namespace ringside
