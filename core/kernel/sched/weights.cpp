#include "core/kernel/sched/weights.h"

#include <bit>

namespace ringside {

LoadWeight loadWeightOf(SchedPolicy policy, int nice) {
    if (policy == SchedPolicy::Idle) return {u64{kWeightIdle} << 10, kWmultIdle};
    const auto index = static_cast<std::size_t>(nice + 20);
    return {u64{kPrioToWeight[index]} << 10, kPrioToWmult[index]};
}

LoadWeight loadWeightOfSum(u64 weight) {
    constexpr u64 kWmultConst = 0xffffffff;
    const u64 w = scaleLoadDown(weight);
    if (w >= kWmultConst) return {weight, 1};
    return {weight, static_cast<u32>(w == 0 ? kWmultConst : kWmultConst / w)};
}

u64 calcDelta(u64 delta, u64 weight, const LoadWeight& load) {
    u64 fact = scaleLoadDown(weight);
    int shift = 32;
    const auto reduce = [&] {
        const u32 high = static_cast<u32>(fact >> 32);
        const int fls = std::bit_width(high);
        shift -= fls;
        fact >>= fls;
    };
    reduce();
    fact = static_cast<u64>(static_cast<u32>(fact)) * load.invWeight;
    reduce();
    return static_cast<u64>((static_cast<u128>(delta) * static_cast<u32>(fact)) >> shift);
}

u64 calcDeltaFair(u64 delta, const LoadWeight& load) {
    return load.weight == kNice0Load ? delta : calcDelta(delta, kNice0Load, load);
}

}  // namespace ringside
