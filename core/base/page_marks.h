// One bit for every eight bytes of a page: where it was written, or executed.
#pragma once

#include <array>

#include "core/base/types.h"

namespace ringside {

struct PageMarks {
    static constexpr u64 kGranule = 8;
    std::array<u64, kPageSize / kGranule / 64> bits{};

    // `offset` may be a whole address; at most 16 bytes, and what lies behind the page is left out.
    [[gnu::always_inline]] void setSmall(u64 offset, unsigned size) {
        set(offset / kGranule);
        if ((offset & (kGranule - 1)) + size > kGranule) [[unlikely]]
            setRange(offset & (kPageSize - 1), size);
    }
    void setRange(u64 offset, u64 length) {
        for (u64 g = offset / kGranule; g * kGranule < offset + length && g < kPageSize / kGranule; ++g) set(g);
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

 private:
    [[gnu::always_inline]] void set(u64 granule) { bits[granule / 64 & 7] |= u64{1} << (granule & 63); }
};

}  // namespace ringside
