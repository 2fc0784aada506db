// What handlers of all families share: operands by kind, and rows by size.
#pragma once

#include "core/cpu/exec.h"
#include "core/cpu/insn/insn.h"

namespace ringside {

// The r/m operand: memory or register, known when the handler was chosen.
template <class T, bool kMem>
[[gnu::always_inline]] inline T readRm(Exec& x, const Insn& i) {
    if constexpr (kMem) return x.load<T>(x.effectiveAddress(i));
    return x.get<T>(i.rm);
}
template <class T, bool kMem>
[[gnu::always_inline]] inline void writeRm(Exec& x, const Insn& i, T value) {
    if constexpr (kMem)
        x.store<T>(x.effectiveAddress(i), value);
    else
        x.set<T>(i.rm, value);
}

// A handler that goes on with what follows: for the instructions that programs consist of.
template <Handler kRun>
void chained(Exec& x, const Insn& i) {
    kRun(x, i);
    x.follow(i);
}

// `Op` has `template <class T, bool kMem> static void run(Exec&, const Insn&)`.
template <class Op>
constexpr Handlers byteHandlers() {
    return {{chained<&Op::template run<u8, false>>}, {chained<&Op::template run<u8, true>>}};
}
template <class Op>
constexpr Handlers wordHandlers() {
    return {{nullptr, chained<&Op::template run<u16, false>>, chained<&Op::template run<u32, false>>,
             chained<&Op::template run<u64, false>>},
            {nullptr, chained<&Op::template run<u16, true>>, chained<&Op::template run<u32, true>>,
             chained<&Op::template run<u64, true>>}};
}
template <class Op>
constexpr Handlers wordRegister() {
    return {{nullptr, chained<&Op::template run<u16, false>>, chained<&Op::template run<u32, false>>,
             chained<&Op::template run<u64, false>>},
            {}};
}
template <class Op>
constexpr Handlers wordMemory() {
    return {{},
            {nullptr, chained<&Op::template run<u16, true>>, chained<&Op::template run<u32, true>>,
             chained<&Op::template run<u64, true>>}};
}

}  // namespace ringside
