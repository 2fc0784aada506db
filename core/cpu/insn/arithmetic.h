// Additions and subtractions with their flags, for the families that need them.
#pragma once

#include "core/cpu/exec.h"

namespace ringside {

template <class T>
inline constexpr unsigned kBits = sizeof(T) * 8;

template <class T>
[[gnu::always_inline]] inline T signOf(T value) {
    return static_cast<T>(value >> (kBits<T> - 1));
}

template <class T>
[[gnu::always_inline]] inline void setFlags(Exec& x, T a, T b, T result, T carriesOut) {
    x.flags.result = static_cast<std::make_signed_t<T>>(result);
    x.flags.carries = static_cast<u64>(carriesOut) << (64 - kBits<T>);
    x.flags.aux = (a ^ b ^ result) & flag::AF;
}

template <class T>
[[gnu::always_inline]] inline T addWithFlags(Exec& x, T a, T b, bool carry = false) {
    const T result = static_cast<T>(a + b + (carry ? 1 : 0));
    setFlags<T>(x, a, b, result, static_cast<T>((a & b) | ((a | b) & ~result)));
    return result;
}

template <class T>
[[gnu::always_inline]] inline T subtractWithFlags(Exec& x, T a, T b, bool borrow = false) {
    const T result = static_cast<T>(a - b - (borrow ? 1 : 0));
    setFlags<T>(x, a, b, result, static_cast<T>((~a & b) | ((~a | b) & result)));
    return result;
}

}  // namespace ringside
