// All rows of all families in one array.
#include <vector>

#include "core/base/check.h"
#include "core/cpu/insn/families.h"

namespace ringside {

std::span<const Row> allRows() {
    static const std::vector<Row> rows = [] {
        std::vector<Row> all;
        for (auto family : kFamilies) {
            const auto part = family();
            all.insert(all.end(), part.begin(), part.end());
        }
        CHECK(all.size() < 65536);
        return all;
    }();
    return rows;
}

}  // namespace ringside
