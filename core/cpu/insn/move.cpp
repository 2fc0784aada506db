// MOV, XCHG, LEA, PUSH, POP, MOVZX, MOVSX, MOVSXD, CBW…CQO, CMOVcc, SETcc, BSWAP, MOVBE, MOVNTI, XLAT.
#include <vector>

#include "core/cpu/insn/condition.h"
#include "core/cpu/insn/families.h"
#include "core/cpu/insn/operands.h"

namespace ringside {
namespace {

struct MovRmReg {
    template <class T, bool kMem>
    static void run(Exec& x, const Insn& i) {
        writeRm<T, kMem>(x, i, x.get<T>(i.reg));
    }
};
struct MovRegRm {
    template <class T, bool kMem>
    static void run(Exec& x, const Insn& i) {
        x.set<T>(i.reg, readRm<T, kMem>(x, i));
    }
};
struct MovRmImm {
    template <class T, bool kMem>
    static void run(Exec& x, const Insn& i) {
        writeRm<T, kMem>(x, i, static_cast<T>(i.imm));
    }
};
struct MovAccMem {
    template <class T, bool>
    static void run(Exec& x, const Insn& i) {
        x.set<T>(RAX, x.load<T>(x.effectiveAddress(i)));
    }
};
struct MovMemAcc {
    template <class T, bool>
    static void run(Exec& x, const Insn& i) {
        x.store<T>(x.effectiveAddress(i), x.get<T>(RAX));
    }
};

struct Xchg {
    template <class T, bool kMem>
    static void run(Exec& x, const Insn& i) {
        const T mine = x.get<T>(i.reg);
        if constexpr (kMem) {
            const auto cell = x.modify<T>(x.effectiveAddress(i));
            x.commit<T>(cell, mine);
            x.set<T>(i.reg, cell.value);
        } else {
            const T theirs = x.get<T>(i.rm);
            x.set<T>(i.rm, mine);
            x.set<T>(i.reg, theirs);
        }
    }
};
// 90+r; 90 itself is NOP and leaves the upper half of RAX alone.
struct XchgAcc {
    template <class T, bool>
    static void run(Exec& x, const Insn& i) {
        if (i.rm == RAX) return;
        const T theirs = x.get<T>(i.rm);
        x.set<T>(i.rm, x.get<T>(RAX));
        x.set<T>(RAX, theirs);
    }
};

struct Lea {
    template <class T, bool>
    static void run(Exec& x, const Insn& i) {
        u64 a = x.r[i.base] + (x.r[i.index] << i.scale) + static_cast<u64>(i.disp);
        if (i.has(Insn::kAddress32)) a = static_cast<u32>(a);
        x.set<T>(i.reg, static_cast<T>(a));
    }
};

template <class T>
void push(Exec& x, T value) {
    x.storeStack<T>(x.r[RSP] - sizeof(T), value);
    x.r[RSP] -= sizeof(T);
}
struct PushRm {
    template <class T, bool kMem>
    static void run(Exec& x, const Insn& i) {
        push<T>(x, readRm<T, kMem>(x, i));
    }
};
struct PushImm {
    template <class T, bool>
    static void run(Exec& x, const Insn& i) {
        push<T>(x, static_cast<T>(i.imm));
    }
};
struct PopReg {
    template <class T, bool>
    static void run(Exec& x, const Insn& i) {
        const T value = x.loadStack<T>(x.r[RSP]);
        x.r[RSP] += sizeof(T);
        x.set<T>(i.rm, value);
    }
};
// The address is computed with RSP as it is after the pop.
struct PopMem {
    template <class T, bool>
    static void run(Exec& x, const Insn& i) {
        const T value = x.loadStack<T>(x.r[RSP]);
        x.r[RSP] += sizeof(T);
        const u64 va = x.effectiveAddress(i);
        x.r[RSP] -= sizeof(T);
        x.store<T>(va, value);
        x.r[RSP] += sizeof(T);
    }
};

template <class From>
struct Extend {  // From unsigned: zero-extend, signed: sign-extend
    template <class T, bool kMem>
    static void run(Exec& x, const Insn& i) {
        const auto raw = readRm<std::make_unsigned_t<From>, kMem>(x, i);
        x.set<T>(i.reg, static_cast<T>(static_cast<From>(raw)));
    }
};

// CBW, CWDE, CDQE: the lower half of the accumulator, sign-extended.
void extendAccumulator(Exec& x, const Insn& i) {
    if (i.size == 8)
        x.r[RAX] = static_cast<u64>(static_cast<i32>(x.r[RAX]));
    else if (i.size == 4)
        x.set<u32>(RAX, static_cast<u32>(static_cast<i16>(x.r[RAX])));
    else
        x.set<u16>(RAX, static_cast<u16>(static_cast<i8>(x.r[RAX])));
}
// CWD, CDQ, CQO: the sign of the accumulator into RDX.
void signToRdx(Exec& x, const Insn& i) {
    if (i.size == 8)
        x.r[RDX] = static_cast<u64>(static_cast<i64>(x.r[RAX]) >> 63);
    else if (i.size == 4)
        x.set<u32>(RDX, static_cast<u32>(static_cast<i32>(x.r[RAX]) >> 31));
    else
        x.set<u16>(RDX, static_cast<u16>(static_cast<i16>(x.r[RAX]) >> 15));
}

template <unsigned kCode>
struct Cmov {
    template <class T, bool kMem>
    static void run(Exec& x, const Insn& i) {
        const T value = readRm<T, kMem>(x, i);
        // A 32-bit destination is zero-extended even when nothing is moved.
        x.set<T>(i.reg, condition<kCode>(x.flags) ? value : x.get<T>(i.reg));
    }
};
template <unsigned kCode>
struct Setcc {
    template <class T, bool kMem>
    static void run(Exec& x, const Insn& i) {
        writeRm<u8, kMem>(x, i, condition<kCode>(x.flags) ? 1 : 0);
    }
};

template <class T>
T swapped(T value) {
    if constexpr (sizeof(T) == 2)
        return __builtin_bswap16(value);
    else if constexpr (sizeof(T) == 4)
        return __builtin_bswap32(value);
    else
        return __builtin_bswap64(value);
}
struct Bswap {
    template <class T, bool>
    static void run(Exec& x, const Insn& i) {
        // With a 16-bit operand the result is undefined; hardware gives zero.
        x.set<T>(i.rm, sizeof(T) == 2 ? T{0} : swapped<T>(x.get<T>(i.rm)));
    }
};
struct MovbeLoad {
    template <class T, bool kMem>
    static void run(Exec& x, const Insn& i) {
        x.set<T>(i.reg, swapped<T>(readRm<T, kMem>(x, i)));
    }
};
struct MovbeStore {
    template <class T, bool kMem>
    static void run(Exec& x, const Insn& i) {
        writeRm<T, kMem>(x, i, swapped<T>(x.get<T>(i.reg)));
    }
};

void xlat(Exec& x, const Insn& i) {
    u64 va = x.r[RBX] + static_cast<u8>(x.r[RAX]);
    if (i.has(Insn::kAddress32)) va = static_cast<u32>(va);
    x.set<u8>(RAX, x.load<u8>(va + x.r[i.segment]));
}

// PUSH, POP and LEAVE have only 16- and 64-bit forms.
template <class Op>
constexpr Handlers stackHandlers(bool reg, bool mem) {
    Handlers h;
    if (reg) h.reg = {nullptr, chained<&Op::template run<u16, false>>, nullptr, chained<&Op::template run<u64, false>>};
    if (mem) h.mem = {nullptr, chained<&Op::template run<u16, true>>, nullptr, chained<&Op::template run<u64, true>>};
    return h;
}

std::vector<Row> makeRows() {
    using enum Form;
    std::vector<Row> rows;
    const auto row = [&](Row r) { rows.push_back(r); };
    row({.opcode = 0x88,
         .mnemonic = "mov",
         .operands = {Eb, Gb},
         .handlers = byteHandlers<MovRmReg>(),
         .attributes = kByte});
    row({.opcode = 0x89, .mnemonic = "mov", .operands = {Ev, Gv}, .handlers = wordHandlers<MovRmReg>()});
    row({.opcode = 0x8a,
         .mnemonic = "mov",
         .operands = {Gb, Eb},
         .handlers = byteHandlers<MovRegRm>(),
         .attributes = kByte});
    row({.opcode = 0x8b, .mnemonic = "mov", .operands = {Gv, Ev}, .handlers = wordHandlers<MovRegRm>()});
    row({.opcode = 0xc6,
         .digit = 0,
         .mnemonic = "mov",
         .operands = {Eb, Ib},
         .handlers = byteHandlers<MovRmImm>(),
         .attributes = kByte});
    row({.opcode = 0xc7, .digit = 0, .mnemonic = "mov", .operands = {Ev, Iz}, .handlers = wordHandlers<MovRmImm>()});
    row({.opcode = 0xb0,
         .mnemonic = "mov",
         .operands = {Zb, Ib},
         .handlers = byteHandlers<MovRmImm>(),
         .attributes = kByte});
    row({.opcode = 0xb8, .mnemonic = "mov", .operands = {Zv, Iv}, .handlers = wordRegister<MovRmImm>()});
    row({.opcode = 0xa0,
         .mnemonic = "mov",
         .operands = {Al, Ob},
         .handlers = byteHandlers<MovAccMem>(),
         .attributes = kByte});
    row({.opcode = 0xa1, .mnemonic = "mov", .operands = {Ax, Ov}, .handlers = wordMemory<MovAccMem>()});
    row({.opcode = 0xa2,
         .mnemonic = "mov",
         .operands = {Ob, Al},
         .handlers = byteHandlers<MovMemAcc>(),
         .attributes = kByte});
    row({.opcode = 0xa3, .mnemonic = "mov", .operands = {Ov, Ax}, .handlers = wordMemory<MovMemAcc>()});
    row({.map = Map::Of,
         .opcode = 0xc3,
         .prefix = Mandatory::None,
         .mnemonic = "movnti",
         .operands = {M, Gy},
         .handlers = wordMemory<MovRmReg>(),
         .mod = Mod::Memory});

    row({.opcode = 0x86,
         .mnemonic = "xchg",
         .operands = {Eb, Gb},
         .handlers = byteHandlers<Xchg>(),
         .attributes = kByte | kLockable});
    row({.opcode = 0x87,
         .mnemonic = "xchg",
         .operands = {Ev, Gv},
         .handlers = wordHandlers<Xchg>(),
         .attributes = kLockable});
    row({.opcode = 0x90, .mnemonic = "xchg", .operands = {Zv, Ax}, .handlers = wordRegister<XchgAcc>()});

    row({.opcode = 0x8d, .mnemonic = "lea", .operands = {Gv, M}, .handlers = wordMemory<Lea>()});
    row({.opcode = 0x50,
         .mnemonic = "push",
         .operands = {Zv},
         .handlers = stackHandlers<PushRm>(true, false),
         .attributes = kDefault64});
    row({.opcode = 0x58,
         .mnemonic = "pop",
         .operands = {Zv},
         .handlers = stackHandlers<PopReg>(true, false),
         .attributes = kDefault64});
    row({.opcode = 0x68,
         .mnemonic = "push",
         .operands = {Iz},
         .handlers = stackHandlers<PushImm>(true, false),
         .attributes = kDefault64});
    row({.opcode = 0x6a,
         .mnemonic = "push",
         .operands = {Ibs},
         .handlers = stackHandlers<PushImm>(true, false),
         .attributes = kDefault64});
    row({.opcode = 0xff,
         .digit = 6,
         .mnemonic = "push",
         .operands = {Ev},
         .handlers = stackHandlers<PushRm>(true, true),
         .attributes = kDefault64});
    Handlers pop = stackHandlers<PopReg>(true, false);
    pop.mem = stackHandlers<PopMem>(false, true).mem;
    row({.opcode = 0x8f, .digit = 0, .mnemonic = "pop", .operands = {Ev}, .handlers = pop, .attributes = kDefault64});

    row({.map = Map::Of,
         .opcode = 0xb6,
         .mnemonic = "movzx",
         .operands = {Gv, Eb},
         .handlers = wordHandlers<Extend<u8>>()});
    row({.map = Map::Of,
         .opcode = 0xb7,
         .mnemonic = "movzx",
         .operands = {Gv, Ew},
         .handlers = wordHandlers<Extend<u16>>()});
    row({.map = Map::Of,
         .opcode = 0xbe,
         .mnemonic = "movsx",
         .operands = {Gv, Eb},
         .handlers = wordHandlers<Extend<i8>>()});
    row({.map = Map::Of,
         .opcode = 0xbf,
         .mnemonic = "movsx",
         .operands = {Gv, Ew},
         .handlers = wordHandlers<Extend<i16>>()});
    Handlers movsxd = wordHandlers<Extend<i32>>();
    movsxd.reg[1] = chained<&MovRegRm::run<u16, false>>;
    movsxd.mem[1] = chained<&MovRegRm::run<u16, true>>;
    row({.opcode = 0x63, .mnemonic = "movsxd", .operands = {Gv, Ed}, .handlers = movsxd});
    row({.opcode = 0x98, .mnemonic = "cdqe", .handlers = always(chained<extendAccumulator>)});
    row({.opcode = 0x99, .mnemonic = "cqo", .handlers = always(chained<signToRdx>)});

    forEachCondition([&]<unsigned kCode>() {
        static constexpr std::array<std::string_view, 16> kMoves = {
            "cmovo", "cmovno", "cmovb", "cmovae", "cmove", "cmovne", "cmovbe", "cmova",
            "cmovs", "cmovns", "cmovp", "cmovnp", "cmovl", "cmovge", "cmovle", "cmovg"};
        static constexpr std::array<std::string_view, 16> kSets = {"seto",  "setno", "setb",  "setae", "sete", "setne",
                                                                   "setbe", "seta",  "sets",  "setns", "setp", "setnp",
                                                                   "setl",  "setge", "setle", "setg"};
        row({.map = Map::Of,
             .opcode = 0x40 + kCode,
             .mnemonic = kMoves[kCode],
             .operands = {Gv, Ev},
             .handlers = wordHandlers<Cmov<kCode>>()});
        row({.map = Map::Of,
             .opcode = 0x90 + kCode,
             .mnemonic = kSets[kCode],
             .operands = {Eb},
             .handlers = byteHandlers<Setcc<kCode>>(),
             .attributes = kByte});
    });

    row({.map = Map::Of, .opcode = 0xc8, .mnemonic = "bswap", .operands = {Zv}, .handlers = wordRegister<Bswap>()});
    row({.map = Map::Of38,
         .opcode = 0xf0,
         .mnemonic = "movbe",
         .operands = {Gv, M},
         .handlers = wordMemory<MovbeLoad>()});
    row({.map = Map::Of38,
         .opcode = 0xf1,
         .mnemonic = "movbe",
         .operands = {M, Gv},
         .handlers = wordMemory<MovbeStore>()});
    for (u8 opcode : {0xf0, 0xf1})  // F3 means nothing here, and is not ignored
        row({.map = Map::Of38, .opcode = opcode, .prefix = Mandatory::PF3, .mnemonic = "(bad)", .operands = {Gv, M}});
    row({.opcode = 0xd7, .mnemonic = "xlat", .handlers = always(xlat)});
    return rows;
}

}  // namespace

std::span<const Row> rowsOfMove() {
    static const std::vector<Row> rows = makeRows();
    return rows;
}

}  // namespace ringside
