// ADD, OR, ADC, SBB, AND, SUB, XOR, CMP, TEST, INC, DEC, NEG, NOT, XADD, CMPXCHG, CMPXCHG8B/16B.
#include <type_traits>
#include <unordered_map>
#include <vector>

#include "core/cpu/insn/arithmetic.h"
#include "core/cpu/insn/condition.h"
#include "core/cpu/insn/families.h"
#include "core/cpu/insn/operands.h"

namespace ringside {
namespace {

constexpr u16 kAll = flag::kStatus;
constexpr u16 kLogic = flag::kStatus & ~flag::AF;

struct Add {
    static constexpr bool kWrites = true;
    template <class T>
    static T apply(Exec& x, T a, T b) {
        return addWithFlags<T>(x, a, b);
    }
};
struct Adc {
    static constexpr bool kWrites = true;
    template <class T>
    static T apply(Exec& x, T a, T b) {
        return addWithFlags<T>(x, a, b, x.flags.cf());
    }
};
struct Sub {
    static constexpr bool kWrites = true;
    template <class T>
    static T apply(Exec& x, T a, T b) {
        return subtractWithFlags<T>(x, a, b);
    }
};
struct Sbb {
    static constexpr bool kWrites = true;
    template <class T>
    static T apply(Exec& x, T a, T b) {
        return subtractWithFlags<T>(x, a, b, x.flags.cf());
    }
};
struct Cmp {
    static constexpr bool kWrites = false;
    template <class T>
    static T apply(Exec& x, T a, T b) {
        return subtractWithFlags<T>(x, a, b);
    }
};
struct And {
    static constexpr bool kWrites = true;
    template <class T>
    static T apply(Exec& x, T a, T b) {
        const T result = a & b;
        x.flags.logic<T>(result);
        return result;
    }
};
struct Or {
    static constexpr bool kWrites = true;
    template <class T>
    static T apply(Exec& x, T a, T b) {
        const T result = a | b;
        x.flags.logic<T>(result);
        return result;
    }
};
struct Xor {
    static constexpr bool kWrites = true;
    template <class T>
    static T apply(Exec& x, T a, T b) {
        const T result = a ^ b;
        x.flags.logic<T>(result);
        return result;
    }
};
struct Test {
    static constexpr bool kWrites = false;
    template <class T>
    static T apply(Exec& x, T a, T b) {
        x.flags.logic<T>(a & b);
        return a;
    }
};

// rm = rm op source
template <class Op, class T, bool kMem>
[[gnu::always_inline]] inline void intoRm(Exec& x, const Insn& i, T source) {
    if constexpr (!Op::kWrites) {
        const T a = readRm<T, kMem>(x, i);
        Op::template apply<T>(x, a, source);
    } else if constexpr (kMem) {
        const auto cell = x.modify<T>(x.effectiveAddress(i));
        x.commit<T>(cell, Op::template apply<T>(x, cell.value, source));
    } else {
        x.set<T>(i.rm, Op::template apply<T>(x, x.get<T>(i.rm), source));
    }
}

template <class Op>
struct RmReg {
    template <class T, bool kMem>
    static void run(Exec& x, const Insn& i) {
        intoRm<Op, T, kMem>(x, i, x.get<T>(i.reg));
    }
};
template <class Op>
struct RegRm {
    template <class T, bool kMem>
    static void run(Exec& x, const Insn& i) {
        const T b = readRm<T, kMem>(x, i);
        const T result = Op::template apply<T>(x, x.get<T>(i.reg), b);
        if constexpr (Op::kWrites) x.set<T>(i.reg, result);
    }
};
template <class Op>
struct RmImm {
    template <class T, bool kMem>
    static void run(Exec& x, const Insn& i) {
        intoRm<Op, T, kMem>(x, i, static_cast<T>(i.imm));
    }
};
template <class Op>
struct AccImm {
    template <class T, bool>
    static void run(Exec& x, const Insn& i) {
        const T result = Op::template apply<T>(x, x.get<T>(RAX), static_cast<T>(i.imm));
        if constexpr (Op::kWrites) x.set<T>(RAX, result);
    }
};

// One operand, read and written.
template <class Op>
struct Unary {
    template <class T, bool kMem>
    static void run(Exec& x, const Insn& i) {
        if constexpr (kMem) {
            const auto cell = x.modify<T>(x.effectiveAddress(i));
            x.commit<T>(cell, Op::template apply<T>(x, cell.value));
        } else {
            x.set<T>(i.rm, Op::template apply<T>(x, x.get<T>(i.rm)));
        }
    }
};
struct Inc {
    template <class T>
    static T apply(Exec& x, T a) {
        const bool carry = x.flags.cf();
        const T result = addWithFlags<T>(x, a, 1);
        x.flags.setCf(carry);
        return result;
    }
};
struct Dec {
    template <class T>
    static T apply(Exec& x, T a) {
        const bool carry = x.flags.cf();
        const T result = subtractWithFlags<T>(x, a, 1);
        x.flags.setCf(carry);
        return result;
    }
};
struct Neg {
    template <class T>
    static T apply(Exec& x, T a) {
        return subtractWithFlags<T>(x, 0, a);
    }
};
struct Not {
    template <class T>
    static T apply(Exec&, T a) {
        return static_cast<T>(~a);
    }
};

struct Xadd {
    template <class T, bool kMem>
    static void run(Exec& x, const Insn& i) {
        const T b = x.get<T>(i.reg);
        if constexpr (kMem) {
            const auto cell = x.modify<T>(x.effectiveAddress(i));
            x.commit<T>(cell, addWithFlags<T>(x, cell.value, b));
            x.set<T>(i.reg, cell.value);
        } else {
            const T a = x.get<T>(i.rm);
            const T sum = addWithFlags<T>(x, a, b);
            x.set<T>(i.reg, a);
            x.set<T>(i.rm, sum);
        }
    }
};

struct Cmpxchg {
    template <class T, bool kMem>
    static void run(Exec& x, const Insn& i) {
        if constexpr (kMem) {
            // The destination is always written, with its old value when the comparison fails.
            const auto cell = x.modify<T>(x.effectiveAddress(i));
            subtractWithFlags<T>(x, x.get<T>(RAX), cell.value);
            x.commit<T>(cell, x.flags.zf() ? x.get<T>(i.reg) : cell.value);
            if (!x.flags.zf()) x.set<T>(RAX, cell.value);
        } else {
            const T old = x.get<T>(i.rm);
            subtractWithFlags<T>(x, x.get<T>(RAX), old);
            if (x.flags.zf())
                x.set<T>(i.rm, x.get<T>(i.reg));
            else
                x.set<T>(RAX, old);
        }
    }
};

template <class Half, class Whole>
void cmpxchgPair(Exec& x, const Insn& i) {
    const u64 va = x.effectiveAddress(i);
    if (sizeof(Whole) == 16) x.requireAligned(va, 16);
    const auto cell = x.modify<Whole>(va);
    const auto join = [](u64 high, u64 low) {
        return static_cast<Whole>(static_cast<Whole>(static_cast<Half>(high)) << kBits<Half> | static_cast<Half>(low));
    };
    const bool equal = cell.value == join(x.r[RDX], x.r[RAX]);
    x.commit<Whole>(cell, equal ? join(x.r[RCX], x.r[RBX]) : cell.value);
    if (!equal) {
        x.set<Half>(RAX, static_cast<Half>(cell.value));
        x.set<Half>(RDX, static_cast<Half>(cell.value >> kBits<Half>));
    }
    x.flags.set((x.flags.get() & ~flag::ZF) | (equal ? flag::ZF : 0));
}

template <class Op>
void addArithmetic(std::vector<Row>& rows, u8 n, std::string_view name, u16 defined) {
    const u8 base = static_cast<u8>(n * 8);
    const i8 digit = static_cast<i8>(n);
    const u16 undefined = kAll & ~defined;
    const u16 lock = Op::kWrites ? kLockable : 0;
    const auto row = [&](u8 opcode, std::array<Form, 4> forms, Handlers h, u16 attributes, i8 d = -1) {
        rows.push_back({.opcode = opcode,
                        .digit = d,
                        .mnemonic = name,
                        .operands = forms,
                        .handlers = h,
                        .defined = defined,
                        .undefined = undefined,
                        .attributes = attributes});
    };
    using enum Form;
    const u16 byteLock = static_cast<u16>(kByte | lock);
    row(base, {Eb, Gb}, byteHandlers<RmReg<Op>>(), byteLock);
    row(base + 1, {Ev, Gv}, wordHandlers<RmReg<Op>>(), lock);
    row(base + 2, {Gb, Eb}, byteHandlers<RegRm<Op>>(), kByte);
    row(base + 3, {Gv, Ev}, wordHandlers<RegRm<Op>>(), 0);
    row(base + 4, {Al, Ib}, {{chained<&AccImm<Op>::template run<u8, false>>}, {}}, kByte);
    row(base + 5, {Ax, Iz}, wordRegister<AccImm<Op>>(), 0);
    row(0x80, {Eb, Ib}, byteHandlers<RmImm<Op>>(), byteLock, digit);
    row(0x81, {Ev, Iz}, wordHandlers<RmImm<Op>>(), lock, digit);
    row(0x83, {Ev, Ibs}, wordHandlers<RmImm<Op>>(), lock, digit);
}

std::vector<Row> makeRows() {
    using enum Form;
    std::vector<Row> rows;
    addArithmetic<Add>(rows, 0, "add", kAll);
    addArithmetic<Or>(rows, 1, "or", kLogic);
    addArithmetic<Adc>(rows, 2, "adc", kAll);
    addArithmetic<Sbb>(rows, 3, "sbb", kAll);
    addArithmetic<And>(rows, 4, "and", kLogic);
    addArithmetic<Sub>(rows, 5, "sub", kAll);
    addArithmetic<Xor>(rows, 6, "xor", kLogic);
    addArithmetic<Cmp>(rows, 7, "cmp", kAll);

    constexpr u16 kIncDec = kAll & ~flag::CF;
    const auto row = [&](Row r) { rows.push_back(r); };
    row({.opcode = 0x84,
         .mnemonic = "test",
         .operands = {Eb, Gb},
         .handlers = byteHandlers<RmReg<Test>>(),
         .defined = kLogic,
         .undefined = flag::AF,
         .attributes = kByte});
    row({.opcode = 0x85,
         .mnemonic = "test",
         .operands = {Ev, Gv},
         .handlers = wordHandlers<RmReg<Test>>(),
         .defined = kLogic,
         .undefined = flag::AF});
    row({.opcode = 0xa8,
         .mnemonic = "test",
         .operands = {Al, Ib},
         .handlers = {{chained<&AccImm<Test>::run<u8, false>>}, {}},
         .defined = kLogic,
         .undefined = flag::AF,
         .attributes = kByte});
    row({.opcode = 0xa9,
         .mnemonic = "test",
         .operands = {Ax, Iz},
         .handlers = wordRegister<AccImm<Test>>(),
         .defined = kLogic,
         .undefined = flag::AF});
    for (i8 digit : {i8{0}, i8{1}}) {  // /1 is an undocumented alias
        row({.opcode = 0xf6,
             .digit = digit,
             .mnemonic = "test",
             .operands = {Eb, Ib},
             .handlers = byteHandlers<RmImm<Test>>(),
             .defined = kLogic,
             .undefined = flag::AF,
             .attributes = kByte});
        row({.opcode = 0xf7,
             .digit = digit,
             .mnemonic = "test",
             .operands = {Ev, Iz},
             .handlers = wordHandlers<RmImm<Test>>(),
             .defined = kLogic,
             .undefined = flag::AF});
    }
    row({.opcode = 0xf6,
         .digit = 2,
         .mnemonic = "not",
         .operands = {Eb},
         .handlers = byteHandlers<Unary<Not>>(),
         .attributes = kByte | kLockable});
    row({.opcode = 0xf7,
         .digit = 2,
         .mnemonic = "not",
         .operands = {Ev},
         .handlers = wordHandlers<Unary<Not>>(),
         .attributes = kLockable});
    row({.opcode = 0xf6,
         .digit = 3,
         .mnemonic = "neg",
         .operands = {Eb},
         .handlers = byteHandlers<Unary<Neg>>(),
         .defined = kAll,
         .attributes = kByte | kLockable});
    row({.opcode = 0xf7,
         .digit = 3,
         .mnemonic = "neg",
         .operands = {Ev},
         .handlers = wordHandlers<Unary<Neg>>(),
         .defined = kAll,
         .attributes = kLockable});
    row({.opcode = 0xfe,
         .digit = 0,
         .mnemonic = "inc",
         .operands = {Eb},
         .handlers = byteHandlers<Unary<Inc>>(),
         .defined = kIncDec,
         .attributes = kByte | kLockable});
    row({.opcode = 0xff,
         .digit = 0,
         .mnemonic = "inc",
         .operands = {Ev},
         .handlers = wordHandlers<Unary<Inc>>(),
         .defined = kIncDec,
         .attributes = kLockable});
    row({.opcode = 0xfe,
         .digit = 1,
         .mnemonic = "dec",
         .operands = {Eb},
         .handlers = byteHandlers<Unary<Dec>>(),
         .defined = kIncDec,
         .attributes = kByte | kLockable});
    row({.opcode = 0xff,
         .digit = 1,
         .mnemonic = "dec",
         .operands = {Ev},
         .handlers = wordHandlers<Unary<Dec>>(),
         .defined = kIncDec,
         .attributes = kLockable});

    row({.map = Map::Of,
         .opcode = 0xc0,
         .mnemonic = "xadd",
         .operands = {Eb, Gb},
         .handlers = byteHandlers<Xadd>(),
         .defined = kAll,
         .attributes = kByte | kLockable});
    row({.map = Map::Of,
         .opcode = 0xc1,
         .mnemonic = "xadd",
         .operands = {Ev, Gv},
         .handlers = wordHandlers<Xadd>(),
         .defined = kAll,
         .attributes = kLockable});
    row({.map = Map::Of,
         .opcode = 0xb0,
         .mnemonic = "cmpxchg",
         .operands = {Eb, Gb},
         .handlers = byteHandlers<Cmpxchg>(),
         .defined = kAll,
         .attributes = kByte | kLockable});
    row({.map = Map::Of,
         .opcode = 0xb1,
         .mnemonic = "cmpxchg",
         .operands = {Ev, Gv},
         .handlers = wordHandlers<Cmpxchg>(),
         .defined = kAll,
         .attributes = kLockable});
    const Handler pair32 = cmpxchgPair<u32, u64>;
    row({.map = Map::Of,
         .opcode = 0xc7,
         .digit = 1,
         .mnemonic = "cmpxchg8b",
         .operands = {M},
         .handlers = {{}, {nullptr, pair32, pair32, cmpxchgPair<u64, u128>}},
         .timing = Timing::Atomic,
         .defined = flag::ZF,
         .attributes = kLockable,
         .mod = Mod::Memory});
    return rows;
}

template <Handler kCompare, unsigned kCode>
void fused(Exec& x, const Insn& i) {
    kCompare(x, i);
    const Insn& jump = *(&i + 1);
    if (&jump == x.end) return;
    x.current = &jump;
    jcc<kCode>(x, jump);
}

using Fused = std::unordered_map<Handler, std::array<Handler, 16>>;

template <Handler kCompare>
void addFused(Fused& table) {
    forEachCondition([&]<unsigned kCode>() { table[chained<kCompare>][kCode] = fused<kCompare, kCode>; });
}
template <template <class> class Shape, class Op>
void addFusedShape(Fused& table) {
    const auto sizes = [&]<bool kMem>() {
        addFused<&Shape<Op>::template run<u8, kMem>>(table);
        addFused<&Shape<Op>::template run<u32, kMem>>(table);
        addFused<&Shape<Op>::template run<u64, kMem>>(table);
    };
    sizes.template operator()<false>();
    if constexpr (!std::is_same_v<Shape<Op>, AccImm<Op>>) sizes.template operator()<true>();
}

}  // namespace

Handler fusedWithJump(Handler comparison, unsigned condition) {
    static const Fused table = [] {
        Fused made;
        addFusedShape<RmReg, Cmp>(made);
        addFusedShape<RegRm, Cmp>(made);
        addFusedShape<RmImm, Cmp>(made);
        addFusedShape<AccImm, Cmp>(made);
        addFusedShape<RmReg, Test>(made);
        addFusedShape<RmImm, Test>(made);
        return made;
    }();
    const auto found = table.find(comparison);
    return found == table.end() ? nullptr : found->second[condition];
}

std::span<const Row> rowsOfAlu() {
    static const std::vector<Row> rows = makeRows();
    return rows;
}

}  // namespace ringside
