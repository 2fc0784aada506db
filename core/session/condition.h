// When a breakpoint stops: comparisons of registers with numbers or registers, joined by "and":
//     rdi == 5 && rax < 0x1000
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/machine/machine.h"

namespace ringside {

class Condition {
 public:
    static Expected<Condition> parse(std::string_view text);
    bool empty() const { return m_terms.empty(); }
    bool holds(const Machine& machine) const;  // the empty one always does
    const std::string& text() const { return m_text; }
    bool operator==(const Condition&) const = default;

 private:
    struct Side {
        std::string reg;  // empty: the number
        u64 number = 0;
        u64 in(const Machine& machine) const;
        bool operator==(const Side&) const = default;
    };
    struct Term {
        Side left;
        std::string comparison;
        Side right;
        bool operator==(const Term&) const = default;
    };
    static Expected<Side> parseSide(std::string_view text);
    std::vector<Term> m_terms;
    std::string m_text;
};

}  // namespace ringside
