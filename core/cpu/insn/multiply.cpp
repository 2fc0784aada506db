// MUL, IMUL, DIV, IDIV.
#include <vector>

#include "core/cpu/insn/arithmetic.h"
#include "core/cpu/insn/families.h"
#include "core/cpu/insn/operands.h"

namespace ringside {
namespace {

template <class T>
struct WideOf;
template <>
struct WideOf<u8> {
    using Unsigned = u16;
    using Signed = i16;
};
template <>
struct WideOf<u16> {
    using Unsigned = u32;
    using Signed = i32;
};
template <>
struct WideOf<u32> {
    using Unsigned = u64;
    using Signed = i64;
};
template <>
struct WideOf<u64> {
    using Unsigned = u128;
    using Signed = i128;
};

void setProductFlags(Exec& x, bool overflow) { x.flags.carries = LazyFlags::encode(overflow, overflow); }

// The double-width accumulator: AX, or rDX:rAX.
template <class T>
typename WideOf<T>::Unsigned wideAccumulator(const Exec& x) {
    using Wide = typename WideOf<T>::Unsigned;
    if constexpr (sizeof(T) == 1) return static_cast<u16>(x.r[RAX]);
    return static_cast<Wide>(static_cast<Wide>(static_cast<T>(x.r[RDX])) << kBits<T> | static_cast<T>(x.r[RAX]));
}
template <class T>
void setPair(Exec& x, T high, T low) {
    if constexpr (sizeof(T) == 1) {
        x.set<u16>(RAX, static_cast<u16>(high << 8 | low));
    } else {
        x.set<T>(RAX, low);
        x.set<T>(RDX, high);
    }
}

template <bool kSigned>
struct Multiply {
    template <class T, bool kMem>
    static void run(Exec& x, const Insn& i) {
        using Wide = std::conditional_t<kSigned, typename WideOf<T>::Signed, typename WideOf<T>::Unsigned>;
        using Narrow = std::conditional_t<kSigned, std::make_signed_t<T>, T>;
        const T b = readRm<T, kMem>(x, i);
        const Wide product = static_cast<Wide>(static_cast<Wide>(static_cast<Narrow>(static_cast<T>(x.r[RAX]))) *
                                               static_cast<Wide>(static_cast<Narrow>(b)));
        setPair<T>(x, static_cast<T>(product >> kBits<T>), static_cast<T>(product));
        setProductFlags(x, static_cast<Wide>(static_cast<Narrow>(static_cast<T>(product))) != product);
    }
};

template <class T>
T truncatedProduct(Exec& x, T a, T b) {
    using Signed = std::make_signed_t<T>;
    using Wide = typename WideOf<T>::Signed;
    const Wide product =
        static_cast<Wide>(static_cast<Wide>(static_cast<Signed>(a)) * static_cast<Wide>(static_cast<Signed>(b)));
    const T low = static_cast<T>(product);
    setProductFlags(x, static_cast<Wide>(static_cast<Signed>(low)) != product);
    return low;
}
struct ImulRegRm {
    template <class T, bool kMem>
    static void run(Exec& x, const Insn& i) {
        const T b = readRm<T, kMem>(x, i);
        x.set<T>(i.reg, truncatedProduct<T>(x, x.get<T>(i.reg), b));
    }
};
struct ImulRegRmImm {
    template <class T, bool kMem>
    static void run(Exec& x, const Insn& i) {
        const T a = readRm<T, kMem>(x, i);
        x.set<T>(i.reg, truncatedProduct<T>(x, a, static_cast<T>(i.imm)));
    }
};

struct Divide {
    template <class T, bool kMem>
    static void run(Exec& x, const Insn& i) {
        using Wide = typename WideOf<T>::Unsigned;
        const T divisor = readRm<T, kMem>(x, i);
        if (divisor == 0) raise(vector::DE);
        const Wide dividend = wideAccumulator<T>(x);
        if constexpr (sizeof(T) == 8) {
            // The common case by far, and a 128-bit division is slow on the host.
            if (x.r[RDX] == 0) {
                const u64 a = x.r[RAX];
                setPair<T>(x, a % divisor, a / divisor);
                return;
            }
        }
        const Wide quotient = dividend / divisor;
        if (quotient > static_cast<T>(~T{0})) raise(vector::DE);
        setPair<T>(x, static_cast<T>(dividend % divisor), static_cast<T>(quotient));
    }
};

struct SignedDivide {
    template <class T, bool kMem>
    static void run(Exec& x, const Insn& i) {
        using Unsigned = typename WideOf<T>::Unsigned;
        using Signed = std::make_signed_t<T>;
        using Wide = typename WideOf<T>::Signed;
        const Signed divisor = static_cast<Signed>(readRm<T, kMem>(x, i));
        if (divisor == 0) raise(vector::DE);
        const Wide dividend = static_cast<Wide>(wideAccumulator<T>(x));
        // By magnitudes: the smallest dividend has no counterpart among the signed numbers.
        const Unsigned a =
            dividend < 0 ? static_cast<Unsigned>(0 - static_cast<Unsigned>(dividend)) : static_cast<Unsigned>(dividend);
        const Unsigned b = divisor < 0 ? static_cast<Unsigned>(static_cast<T>(0 - static_cast<T>(divisor)))
                                       : static_cast<Unsigned>(divisor);
        const bool negative = (dividend < 0) != (divisor < 0);
        const Unsigned quotient = a / b, remainder = a % b;
        const Unsigned most = static_cast<Unsigned>((Unsigned{1} << (kBits<T> - 1)) - (negative ? 0 : 1));
        if (quotient > most) raise(vector::DE);
        const T q = static_cast<T>(quotient), m = static_cast<T>(remainder);
        setPair<T>(x, static_cast<T>(dividend < 0 ? 0 - m : m), static_cast<T>(negative ? 0 - q : q));
    }
};

std::vector<Row> makeRows() {
    using enum Form;
    std::vector<Row> rows;
    const auto row = [&](Row r) { rows.push_back(r); };
    constexpr u16 kDefined = flag::CF | flag::OF, kUndefined = flag::kStatus & ~kDefined;
    row({.opcode = 0xf6,
         .digit = 4,
         .mnemonic = "mul",
         .operands = {Eb},
         .handlers = byteHandlers<Multiply<false>>(),
         .timing = Timing::Multiply,
         .defined = kDefined,
         .undefined = kUndefined,
         .attributes = kByte});
    row({.opcode = 0xf7,
         .digit = 4,
         .mnemonic = "mul",
         .operands = {Ev},
         .handlers = wordHandlers<Multiply<false>>(),
         .timing = Timing::Multiply,
         .defined = kDefined,
         .undefined = kUndefined});
    row({.opcode = 0xf6,
         .digit = 5,
         .mnemonic = "imul",
         .operands = {Eb},
         .handlers = byteHandlers<Multiply<true>>(),
         .timing = Timing::Multiply,
         .defined = kDefined,
         .undefined = kUndefined,
         .attributes = kByte});
    row({.opcode = 0xf7,
         .digit = 5,
         .mnemonic = "imul",
         .operands = {Ev},
         .handlers = wordHandlers<Multiply<true>>(),
         .timing = Timing::Multiply,
         .defined = kDefined,
         .undefined = kUndefined});
    row({.map = Map::Of,
         .opcode = 0xaf,
         .mnemonic = "imul",
         .operands = {Gv, Ev},
         .handlers = wordHandlers<ImulRegRm>(),
         .timing = Timing::Multiply,
         .defined = kDefined,
         .undefined = kUndefined});
    row({.opcode = 0x69,
         .mnemonic = "imul",
         .operands = {Gv, Ev, Iz},
         .handlers = wordHandlers<ImulRegRmImm>(),
         .timing = Timing::Multiply,
         .defined = kDefined,
         .undefined = kUndefined});
    row({.opcode = 0x6b,
         .mnemonic = "imul",
         .operands = {Gv, Ev, Ibs},
         .handlers = wordHandlers<ImulRegRmImm>(),
         .timing = Timing::Multiply,
         .defined = kDefined,
         .undefined = kUndefined});
    row({.opcode = 0xf6,
         .digit = 6,
         .mnemonic = "div",
         .operands = {Eb},
         .handlers = byteHandlers<Divide>(),
         .timing = Timing::Divide,
         .undefined = flag::kStatus,
         .attributes = kByte});
    row({.opcode = 0xf7,
         .digit = 6,
         .mnemonic = "div",
         .operands = {Ev},
         .handlers = wordHandlers<Divide>(),
         .timing = Timing::Divide,
         .undefined = flag::kStatus});
    row({.opcode = 0xf6,
         .digit = 7,
         .mnemonic = "idiv",
         .operands = {Eb},
         .handlers = byteHandlers<SignedDivide>(),
         .timing = Timing::Divide,
         .undefined = flag::kStatus,
         .attributes = kByte});
    row({.opcode = 0xf7,
         .digit = 7,
         .mnemonic = "idiv",
         .operands = {Ev},
         .handlers = wordHandlers<SignedDivide>(),
         .timing = Timing::Divide,
         .undefined = flag::kStatus});
    return rows;
}

}  // namespace

std::span<const Row> rowsOfMultiply() {
    static const std::vector<Row> rows = makeRows();
    return rows;
}

}  // namespace ringside
