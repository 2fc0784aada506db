#include "core/kernel/syscalls/table.h"

#include "core/base/check.h"
#include "core/kernel/errno.h"
#include "core/kernel/sched/sched.h"
#include "core/kernel/syscalls/describe.h"

namespace ringside {
namespace {

constexpr std::size_t kTableSize = 512;
constexpr Cycles kDispatchCost = 20;
constexpr u64 kNotInSyscall = ~u64{0};

using Families = std::span<const SyscallRow> (*)();
constexpr Families kFamilies[] = {memoryCalls,   processCalls, signalCalls, timeCalls, schedCalls,     futexCalls,
                                  identityCalls, systemCalls,  fileCalls,   pathCalls, attributeCalls, descriptorCalls,
                                  pipeCalls,     pollCalls,    ioctlCalls,  shmCalls,  semCalls,       msgCalls};

std::array<const SyscallRow*, kTableSize> makeTable() {
    std::array<const SyscallRow*, kTableSize> table{};
    for (Families family : kFamilies)
        for (const SyscallRow& row : family()) {
            CHECK(row.number < kTableSize && table[row.number] == nullptr);
            table[row.number] = &row;
        }
    return table;
}

}  // namespace

const SyscallRow* findSyscall(u64 number) {
    static const auto table = makeTable();
    return number < kTableSize ? table[number] : nullptr;
}

i64 dispatchSyscall(Os& os, const SyscallArgs& args, std::string_view entry) {
    Task& task = os.current();
    const TaskId id = task.id;
    if (task.syscallNumber == kNotInSyscall) {
        accountCpu(os, task, true);
        task.syscallNumber = args.number;
        task.restartState = 0;
        task.restartDeadline = 0;
        task.timedOut = false;
        ++os.kernel.counters.syscalls;
        task.restartCode = 0;
        if (os.trace.enabled)
            os.emit(EventKind::SyscallEnter, {args.number, args.a[0], args.a[1], args.a[2], args.a[3], args.a[4]},
                    describeCall(os, args));
    }
    i64 result = -error::kNoSys;
    {
        KernelCall call{os, entry, kDispatchCost};
        if (const SyscallRow* row = findSyscall(args.number)) {
            KernelCall handler{os, row->name};
            result = row->handler(os, args);
        }
    }
    if (result == kAgain) return result;
    Task& after = os.kernel.tasks.edit(id);
    after.syscallNumber = kNotInSyscall;
    if (after.state == state::Dead) return result;  // exit does not return
    accountCpu(os, after, false);
    constexpr u64 kRestartSyscall = 219;
    if (result == kERestartBlock && args.number != kRestartSyscall)
        after.restartBlock = {args.number, args.a, after.restartState, after.restartDeadline, true};
    constexpr u64 kSigreturn = 15;  // gives back whatever RAX was
    if (result <= kERestartSys && result >= kERestartBlock && args.number != kSigreturn) after.restartCode = result;
    if (os.trace.enabled)
        os.emit(EventKind::SyscallExit, {args.number, static_cast<u64>(result)}, describeFilled(os, args, result));
    return result;
}

}  // namespace ringside
