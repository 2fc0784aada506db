#include "core/kernel/time/timekeeping.h"

#include "core/kernel/entry/kernel_memory.h"
#include "core/kernel/time/vdso/vdso_data.h"

namespace ringside {
namespace {

constexpr u64 kNsPerSecond = 1'000'000'000;
constexpr int kRealtime = 0, kMonotonic = 1, kMonotonicRaw = 4, kRealtimeCoarse = 5, kMonotonicCoarse = 6,
              kBoottime = 7, kTai = 11;

Cycles cyclesPerTick(const Os& os) { return os.clockHz / os.kernel.options.hz; }

}  // namespace

bool tickIsDue(const Os& os) { return os.cpu.cycles / cyclesPerTick(os) > os.kernel.jiffies; }

void updateWallTime(Os& os) {
    if (!tickIsDue(os)) return;
    KernelCall jiffies(os, "tick_do_update_jiffies64");
    os.kernel.jiffies = os.cpu.cycles / cyclesPerTick(os);
    KernelCall wall(os, "update_wall_time");
    updateVsyscall(os);
}

u64 coarseNs(const Os& os) { return os.kernel.clock.nanoseconds(os.kernel.jiffies * cyclesPerTick(os)); }

void updateVsyscall(Os& os) {
    KernelCall call(os, "update_vsyscall");
    const Clocksource clock = os.kernel.clock;
    const u64 at = kernelSymbol(os, "__vvar_page") + VDSO_DATA_OFFSET;
    VdsoData data{};
    data.seq = loadKernel<u32>(os, at) + 2;  // begins and ends within this one step
    data.clock_mode = VDSO_CLOCKMODE_TSC;
    data.cycle_last = os.kernel.jiffies * cyclesPerTick(os);
    data.mask = ~u64{0};
    data.mult = clock.mult;
    data.shift = clock.shift;
    data.hrtimer_res = 1;
    data.coarse_res = static_cast<u32>(kNsPerSecond / os.kernel.options.hz);
    const u128 shifted = static_cast<u128>(data.cycle_last) * clock.mult, second = u128{kNsPerSecond} << clock.shift;
    const VdsoTimestamp up{static_cast<u64>(shifted / second), static_cast<u64>(shifted % second)};
    const VdsoTimestamp upCoarse{up.sec, up.nsec >> clock.shift};
    const u64 epoch = os.kernel.bootEpochSeconds;
    data.basetime[kMonotonic] = data.basetime[kMonotonicRaw] = data.basetime[kBoottime] = up;
    data.basetime[kRealtime] = data.basetime[kTai] = {up.sec + epoch, up.nsec};
    data.basetime[kMonotonicCoarse] = upCoarse;
    data.basetime[kRealtimeCoarse] = {upCoarse.sec + epoch, upCoarse.nsec};
    storeKernel(os, at, std::array{data, data});
}

}  // namespace ringside
