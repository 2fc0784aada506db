// One bit for every eight bytes of a page: where it was written, or executed.
#pragma once

#include <array>
#include <tuple>

#include "core/base/types.h"

namespace ringside {

struct PageMarks {
    static constexpr u64 kGranule = 8;
    std::array<u64, kPageSize / kGranule / 64> bits{};

    // The granule of one byte; `offset` may be a whole address.
    [[gnu::always_inline]] void set(u64 offset) {
        bits[offset / kGranule / 64 % std::tuple_size_v<decltype(bits)>] |= u64{1} << (offset / kGranule & 63);
    }
    void setRange(u64 offset, u64 length) {
        for (u64 g = offset / kGranule; g * kGranule < offset + length && g < kPageSize / kGranule; ++g)
            set(g * kGranule);
    }
    void setAll() { bits.fill(~u64{0}); }
    bool any(u64 offset, u64 length) const {
        for (u64 g = offset / kGranule; g * kGranule < offset + length && g < kPageSize / kGranule; ++g)
            if (bits[g / 64] >> (g % 64) & 1) return true;
        return false;
    }
    PageMarks& operator|=(const PageMarks& other) {
        for (std::size_t i = 0; i < bits.size(); ++i) bits[i] |= other.bits[i];
        return *this;
    }
};

}  // namespace ringside
