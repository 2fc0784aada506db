// Shifts, rotates, double shifts, bit tests, bit scans, POPCNT, CRC32. Where the manual leaves OF undefined it is what
// Intel's processors compute: as for a count of one.
#include <vector>

#include "core/cpu/insn/arithmetic.h"
#include "core/cpu/insn/families.h"
#include "core/cpu/insn/operands.h"

namespace ringside {
namespace {

constexpr u16 kAll = flag::kStatus;

template <class T>
T top(T value) {
    return signOf<T>(value);
}
// The two topmost bits differ.
template <class T>
bool topsDiffer(T value) {
    return top<T>(value) != top<T>(static_cast<T>(value << 1));
}

template <class T>
void setShiftFlags(Exec& x, T result, bool carry, bool overflow) {
    x.flags.result = static_cast<std::make_signed_t<T>>(result);
    x.flags.carries = LazyFlags::encode(carry, overflow);
    x.flags.aux = 0;
}

// Each gets a count that was masked and is not zero.
struct Rol {
    template <class T>
    static T apply(Exec& x, T a, unsigned count) {
        const T result = std::rotl(a, static_cast<int>(count % kBits<T>));
        const bool carry = result & 1;
        x.flags.carries = LazyFlags::encode(carry, carry != (top<T>(result) != 0));
        return result;
    }
};
struct Ror {
    template <class T>
    static T apply(Exec& x, T a, unsigned count) {
        const T result = std::rotr(a, static_cast<int>(count % kBits<T>));
        x.flags.carries = LazyFlags::encode(top<T>(result), topsDiffer<T>(result));
        return result;
    }
};
struct Rcl {
    template <class T>
    static T apply(Exec& x, T a, unsigned count) {
        bool carry = x.flags.cf();
        for (unsigned n = count % (kBits<T> + 1); n > 0; --n) {
            const bool out = top<T>(a);
            a = static_cast<T>(static_cast<T>(a << 1) | (carry ? 1 : 0));
            carry = out;
        }
        x.flags.carries = LazyFlags::encode(carry, carry != (top<T>(a) != 0));
        return a;
    }
};
struct Rcr {
    template <class T>
    static T apply(Exec& x, T a, unsigned count) {
        bool carry = x.flags.cf();
        for (unsigned n = count % (kBits<T> + 1); n > 0; --n) {
            const bool out = a & 1;
            a = static_cast<T>(static_cast<T>(a >> 1) | static_cast<T>(static_cast<T>(carry) << (kBits<T> - 1)));
            carry = out;
        }
        x.flags.carries = LazyFlags::encode(carry, topsDiffer<T>(a));
        return a;
    }
};
struct Shl {
    template <class T>
    static T apply(Exec& x, T a, unsigned count) {
        const u64 wide = a;
        const T result = static_cast<T>(wide << count);
        const bool carry = count <= kBits<T> && (wide >> (kBits<T> - count) & 1);
        setShiftFlags<T>(x, result, carry, carry != (top<T>(result) != 0));
        return result;
    }
};
struct Shr {
    template <class T>
    static T apply(Exec& x, T a, unsigned count) {
        const u64 wide = a;
        const T result = static_cast<T>(wide >> count);
        setShiftFlags<T>(x, result, wide >> (count - 1) & 1, topsDiffer<T>(result));
        return result;
    }
};
struct Sar {
    template <class T>
    static T apply(Exec& x, T a, unsigned count) {
        const i64 wide = static_cast<std::make_signed_t<T>>(a);
        const T result = static_cast<T>(wide >> count);
        setShiftFlags<T>(x, result, wide >> (count - 1) & 1, false);
        return result;
    }
};

enum class Count : u8 { One, Immediate, Cl };

template <class Op, Count kCount>
struct Shift {
    template <class T, bool kMem>
    static void run(Exec& x, const Insn& i) {
        constexpr unsigned kMask = sizeof(T) == 8 ? 63 : 31;
        const unsigned count =
            kCount == Count::One
                ? 1
                : (kCount == Count::Cl ? static_cast<unsigned>(x.r[RCX]) : static_cast<unsigned>(i.imm)) & kMask;
        if constexpr (kMem) {
            const auto cell = x.modify<T>(x.effectiveAddress(i));
            x.commit<T>(cell, count ? Op::template apply<T>(x, cell.value, count) : cell.value);
        } else {
            const T a = x.get<T>(i.rm);
            x.set<T>(i.rm, count ? Op::template apply<T>(x, a, count) : a);
        }
    }
};

// `wide` is destination and source side by side; 16-bit counts beyond 16 go on into the destination again.
template <bool kLeft, class T>
T doubleShift(Exec& x, T a, T b, unsigned count) {
    T result;
    bool carry;
    if constexpr (sizeof(T) == 2) {
        const u64 wide = kLeft ? u64{a} << 32 | u64{b} << 16 | a : u64{a} << 32 | u64{b} << 16 | a;
        if (kLeft) {
            result = static_cast<T>(wide >> (32 - count));
            carry = wide >> (48 - count) & 1;
        } else {
            result = static_cast<T>(wide >> count);
            carry = wide >> (count - 1) & 1;
        }
    } else if (kLeft) {
        result = static_cast<T>(a << count | b >> (kBits<T> - count));
        carry = a >> (kBits<T> - count) & 1;
    } else {
        result = static_cast<T>(a >> count | b << (kBits<T> - count));
        carry = a >> (count - 1) & 1;
    }
    setShiftFlags<T>(x, result, carry, kLeft ? carry != (top<T>(result) != 0) : topsDiffer<T>(result));
    return result;
}

template <bool kLeft, Count kCount>
struct DoubleShift {
    template <class T, bool kMem>
    static void run(Exec& x, const Insn& i) {
        constexpr unsigned kMask = sizeof(T) == 8 ? 63 : 31;
        const unsigned count = static_cast<unsigned>(kCount == Count::Cl ? x.r[RCX] : i.imm) & kMask;
        const T b = x.get<T>(i.reg);
        if constexpr (kMem) {
            const auto cell = x.modify<T>(x.effectiveAddress(i));
            x.commit<T>(cell, count ? doubleShift<kLeft, T>(x, cell.value, b, count) : cell.value);
        } else {
            const T a = x.get<T>(i.rm);
            x.set<T>(i.rm, count ? doubleShift<kLeft, T>(x, a, b, count) : a);
        }
    }
};

enum class Bit : u8 { Test, Set, Reset, Complement };

template <Bit kBit, bool kImmediate>
struct BitTest {
    template <class T, bool kMem>
    static void run(Exec& x, const Insn& i) {
        const T offset = kImmediate ? static_cast<T>(i.imm) : x.get<T>(i.reg);
        const T mask = static_cast<T>(T{1} << (offset & (kBits<T> - 1)));
        const auto changed = [mask](T value) {
            switch (kBit) {
                case Bit::Set:
                    return static_cast<T>(value | mask);
                case Bit::Reset:
                    return static_cast<T>(value & ~mask);
                case Bit::Complement:
                    return static_cast<T>(value ^ mask);
                default:
                    return value;
            }
        };
        if constexpr (kMem) {
            u64 va = x.effectiveAddress(i);
            if (!kImmediate) {
                // The offset is signed and reaches beyond the operand.
                const i64 element =
                    static_cast<i64>(static_cast<std::make_signed_t<T>>(offset)) >> std::countr_zero(kBits<T>);
                va += static_cast<u64>(element) * sizeof(T);
                if (i.has(Insn::kAddress32)) va = static_cast<u32>(va - x.r[i.segment]) + x.r[i.segment];
            }
            if constexpr (kBit == Bit::Test) {
                x.flags.setCf(x.load<T>(va) & mask);
            } else {
                const auto cell = x.modify<T>(va);
                x.commit<T>(cell, changed(cell.value));
                x.flags.setCf(cell.value & mask);
            }
        } else {
            const T value = x.get<T>(i.rm);
            if (kBit != Bit::Test) x.set<T>(i.rm, changed(value));
            x.flags.setCf(value & mask);
        }
    }
};

// BSF and BSR leave the destination alone when the source is zero; TZCNT and LZCNT run as these.
template <bool kForward>
struct BitScan {
    template <class T, bool kMem>
    static void run(Exec& x, const Insn& i) {
        const T value = readRm<T, kMem>(x, i);
        x.flags.set((x.flags.get() & ~flag::ZF) | (value == 0 ? flag::ZF : 0));
        if (value == 0) return;
        const int bit = kForward ? std::countr_zero(value) : static_cast<int>(kBits<T>) - 1 - std::countl_zero(value);
        x.set<T>(i.reg, static_cast<T>(bit));
    }
};

struct Popcnt {
    template <class T, bool kMem>
    static void run(Exec& x, const Insn& i) {
        const T value = readRm<T, kMem>(x, i);
        x.set<T>(i.reg, static_cast<T>(std::popcount(value)));
        x.flags.set(value == 0 ? flag::ZF : 0);
    }
};

u32 crc32Byte(u32 crc, u8 byte) {
    crc ^= byte;
    for (int n = 0; n < 8; ++n) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
    return crc;
}
struct Crc32 {
    template <class T, bool kMem>
    static void run(Exec& x, const Insn& i) {
        u64 value = readRm<T, kMem>(x, i);
        u32 crc = static_cast<u32>(x.r[i.reg]);
        for (unsigned n = 0; n < sizeof(T); ++n, value >>= 8) crc = crc32Byte(crc, static_cast<u8>(value));
        x.r[i.reg] = crc;
    }
};

template <class Op>
void addShift(std::vector<Row>& rows, i8 digit, std::string_view name, u16 defined, u16 undefined) {
    using enum Form;
    const auto row = [&](u8 opcode, std::array<Form, 4> forms, Handlers h, u16 attributes, Timing timing) {
        rows.push_back({.opcode = opcode,
                        .digit = digit,
                        .mnemonic = name,
                        .operands = forms,
                        .handlers = h,
                        .timing = timing,
                        .defined = defined,
                        .undefined = undefined,
                        .attributes = attributes});
    };
    const u16 undefinedOf = static_cast<u16>(undefined & ~flag::OF);  // OF is defined when the count is one
    row(0xc0, {Eb, Ib}, byteHandlers<Shift<Op, Count::Immediate>>(), kByte, Timing::Simple);
    row(0xc1, {Ev, Ib}, wordHandlers<Shift<Op, Count::Immediate>>(), 0, Timing::Simple);
    rows.push_back({.opcode = 0xd0,
                    .digit = digit,
                    .mnemonic = name,
                    .operands = {Eb, One},
                    .handlers = byteHandlers<Shift<Op, Count::One>>(),
                    .defined = static_cast<u16>(defined | flag::OF),
                    .undefined = undefinedOf,
                    .attributes = kByte});
    rows.push_back({.opcode = 0xd1,
                    .digit = digit,
                    .mnemonic = name,
                    .operands = {Ev, One},
                    .handlers = wordHandlers<Shift<Op, Count::One>>(),
                    .defined = static_cast<u16>(defined | flag::OF),
                    .undefined = undefinedOf});
    row(0xd2, {Eb, Cl}, byteHandlers<Shift<Op, Count::Cl>>(), kByte, Timing::Shift);
    row(0xd3, {Ev, Cl}, wordHandlers<Shift<Op, Count::Cl>>(), 0, Timing::Shift);
}

template <Bit kBit>
void addBitTest(std::vector<Row>& rows, u8 opcode, i8 digit, std::string_view name) {
    using enum Form;
    constexpr u16 kUndefined = flag::OF | flag::SF | flag::AF | flag::PF;
    const u16 lock = kBit == Bit::Test ? 0 : kLockable;
    rows.push_back({.map = Map::Of,
                    .opcode = opcode,
                    .mnemonic = name,
                    .operands = {Ev, Gv},
                    .handlers = wordHandlers<BitTest<kBit, false>>(),
                    .defined = flag::CF,
                    .undefined = kUndefined,
                    .attributes = lock});
    rows.push_back({.map = Map::Of,
                    .opcode = 0xba,
                    .digit = digit,
                    .mnemonic = name,
                    .operands = {Ev, Ib},
                    .handlers = wordHandlers<BitTest<kBit, true>>(),
                    .defined = flag::CF,
                    .undefined = kUndefined,
                    .attributes = lock});
}

std::vector<Row> makeRows() {
    using enum Form;
    std::vector<Row> rows;
    const auto row = [&](Row r) { rows.push_back(r); };
    constexpr u16 kShifted = kAll & ~(flag::AF | flag::OF), kShiftUndefined = flag::AF | flag::OF;
    addShift<Rol>(rows, 0, "rol", flag::CF, flag::OF);
    addShift<Ror>(rows, 1, "ror", flag::CF, flag::OF);
    addShift<Rcl>(rows, 2, "rcl", flag::CF, flag::OF);
    addShift<Rcr>(rows, 3, "rcr", flag::CF, flag::OF);
    addShift<Shl>(rows, 4, "shl", kShifted, kShiftUndefined);
    addShift<Shr>(rows, 5, "shr", kShifted, kShiftUndefined);
    addShift<Shl>(rows, 6, "shl", kShifted, kShiftUndefined);
    addShift<Sar>(rows, 7, "sar", kShifted, kShiftUndefined);

    row({.map = Map::Of,
         .opcode = 0xa4,
         .mnemonic = "shld",
         .operands = {Ev, Gv, Ib},
         .handlers = wordHandlers<DoubleShift<true, Count::Immediate>>(),
         .timing = Timing::Shift,
         .defined = kShifted,
         .undefined = kShiftUndefined});
    row({.map = Map::Of,
         .opcode = 0xa5,
         .mnemonic = "shld",
         .operands = {Ev, Gv, Cl},
         .handlers = wordHandlers<DoubleShift<true, Count::Cl>>(),
         .timing = Timing::Shift,
         .defined = kShifted,
         .undefined = kShiftUndefined});
    row({.map = Map::Of,
         .opcode = 0xac,
         .mnemonic = "shrd",
         .operands = {Ev, Gv, Ib},
         .handlers = wordHandlers<DoubleShift<false, Count::Immediate>>(),
         .timing = Timing::Shift,
         .defined = kShifted,
         .undefined = kShiftUndefined});
    row({.map = Map::Of,
         .opcode = 0xad,
         .mnemonic = "shrd",
         .operands = {Ev, Gv, Cl},
         .handlers = wordHandlers<DoubleShift<false, Count::Cl>>(),
         .timing = Timing::Shift,
         .defined = kShifted,
         .undefined = kShiftUndefined});

    addBitTest<Bit::Test>(rows, 0xa3, 4, "bt");
    addBitTest<Bit::Set>(rows, 0xab, 5, "bts");
    addBitTest<Bit::Reset>(rows, 0xb3, 6, "btr");
    addBitTest<Bit::Complement>(rows, 0xbb, 7, "btc");

    constexpr u16 kNotZf = kAll & ~flag::ZF;
    row({.map = Map::Of,
         .opcode = 0xbc,
         .mnemonic = "bsf",
         .operands = {Gv, Ev},
         .handlers = wordHandlers<BitScan<true>>(),
         .timing = Timing::Shift,
         .defined = flag::ZF,
         .undefined = kNotZf});
    row({.map = Map::Of,
         .opcode = 0xbd,
         .mnemonic = "bsr",
         .operands = {Gv, Ev},
         .handlers = wordHandlers<BitScan<false>>(),
         .timing = Timing::Shift,
         .defined = flag::ZF,
         .undefined = kNotZf});
    row({.map = Map::Of,
         .opcode = 0xb8,
         .prefix = Mandatory::PF3,
         .mnemonic = "popcnt",
         .operands = {Gv, Ev},
         .handlers = wordHandlers<Popcnt>(),
         .timing = Timing::Shift,
         .defined = kAll});
    // The source's size is the operand size, the destination is 32 bits (zero-extended).
    row({.map = Map::Of38,
         .opcode = 0xf0,
         .prefix = Mandatory::PF2,
         .mnemonic = "crc32",
         .operands = {Gd, Eb},
         .handlers = regOrMem(&Crc32::run<u8, false>, &Crc32::run<u8, true>),
         .timing = Timing::Shift});
    row({.map = Map::Of38,
         .opcode = 0xf1,
         .prefix = Mandatory::PF2,
         .mnemonic = "crc32",
         .operands = {Gd, Ev},
         .handlers = wordHandlers<Crc32>(),
         .timing = Timing::Shift});
    return rows;
}

}  // namespace

std::span<const Row> rowsOfShift() {
    static const std::vector<Row> rows = makeRows();
    return rows;
}

}  // namespace ringside
