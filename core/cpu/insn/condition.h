// The sixteen conditions of Jcc, SETcc and CMOVcc.
#pragma once

#include "core/cpu/exec.h"

namespace ringside {

template <unsigned kCode>
[[gnu::always_inline]] inline bool condition(const LazyFlags& f) {
    bool holds = false;
    switch (kCode >> 1) {
        case 0:
            holds = f.of();
            break;
        case 1:
            holds = f.cf();
            break;
        case 2:
            holds = f.zf();
            break;
        case 3:
            holds = f.cf() || f.zf();
            break;
        case 4:
            holds = f.sf();
            break;
        case 5:
            holds = f.pf();
            break;
        case 6:
            holds = f.sf() != f.of();
            break;
        default:
            holds = f.zf() || f.sf() != f.of();
            break;
    }
    return holds != static_cast<bool>(kCode & 1);
}

inline constexpr std::array<std::string_view, 16> kConditionNames = {"o", "no", "b", "ae", "e", "ne", "be", "a",
                                                                     "s", "ns", "p", "np", "l", "ge", "le", "g"};
// The flags each pair of conditions reads.
inline constexpr std::array<u16, 8> kConditionFlags = {flag::OF,
                                                       flag::CF,
                                                       flag::ZF,
                                                       flag::CF | flag::ZF,
                                                       flag::SF,
                                                       flag::PF,
                                                       flag::SF | flag::OF,
                                                       flag::ZF | flag::SF | flag::OF};

// A direct jump, whose target is known relative to the page.
[[gnu::noinline]] void takeUnlinked(Exec& x, const Insn& i);
[[gnu::always_inline]] inline void take(Exec& x, const Insn& i) {
    if (!i.link) [[unlikely]]
        return takeUnlinked(x, i);
    x.jump(i, x.r[kPageRegister] + i.imm);  // a linked target is in the same page
    x.nextBlock = i.link;
}

template <unsigned kCode>
void jcc(Exec& x, const Insn& i) {
    if (condition<kCode>(x.flags)) return take(x, i);
    x.follow(i);
}

// Calls `f.template operator()<code>()` for code 0..15.
template <class F>
void forEachCondition(F f) {
    [&]<unsigned... kCodes>(std::integer_sequence<unsigned, kCodes...>) { (f.template operator()<kCodes>(), ...); }
    (std::make_integer_sequence<unsigned, 16>{});
}

}  // namespace ringside
