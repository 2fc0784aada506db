// JMP, Jcc, CALL, RET, LOOP, JRCXZ, ENTER, LEAVE.
#include <vector>

#include "core/cpu/engine.h"
#include "core/cpu/insn/condition.h"
#include "core/cpu/insn/families.h"
#include "core/cpu/insn/operands.h"

namespace ringside {
namespace {

u64 targetOf(const Exec& x, const Insn& i) { return x.r[kPageRegister] + i.imm; }

void jmp(Exec& x, const Insn& i) { take(x, i); }

void call(Exec& x, const Insn& i) {
    x.requireCanonical(targetOf(x, i));
    x.storeStack<u64>(x.r[RSP] - 8, x.nextRipOf(i));
    x.r[RSP] -= 8;
    x.jump(i, targetOf(x, i));
    if (!x.attention) x.nextBlock = i.link;
}

template <bool kMem>
void callIndirect(Exec& x, const Insn& i) {
    const u64 target = readRm<u64, kMem>(x, i);
    x.requireCanonical(target);
    x.storeStack<u64>(x.r[RSP] - 8, x.nextRipOf(i));
    x.r[RSP] -= 8;
    x.jump(i, target);
}

template <bool kMem>
void jmpIndirect(Exec& x, const Insn& i) {
    const u64 target = readRm<u64, kMem>(x, i);
    x.requireCanonical(target);
    x.jump(i, target);
}

void ret(Exec& x, const Insn& i) {
    const u64 target = x.loadStack<u64>(x.r[RSP]);
    x.requireCanonical(target);
    x.r[RSP] += 8 + i.imm;
    x.jump(i, target);
}

// LOOPNE, LOOPE, LOOP, JRCXZ: the count is ECX with an address-size prefix.
u64 count(const Exec& x, const Insn& i) { return i.has(Insn::kAddress32) ? static_cast<u32>(x.r[RCX]) : x.r[RCX]; }

void loop(Exec& x, const Insn& i) {
    const u64 left = i.has(Insn::kAddress32) ? static_cast<u32>(x.r[RCX] - 1) : x.r[RCX] - 1;
    const bool more = left != 0 && (i.opcode == 0xe2 || x.flags.zf() == (i.opcode == 0xe1));
    if (more) take(x, i);
    x.r[RCX] = left;
}

void jrcxz(Exec& x, const Insn& i) {
    if (count(x, i) == 0) take(x, i);
}

void leave(Exec& x, const Insn& i) {
    const u64 frame = x.r[RBP];
    if (i.size == 2) {
        const u16 value = x.loadStack<u16>(frame);
        x.set<u16>(RBP, value);
        x.r[RSP] = frame + 2;
        return;
    }
    x.r[RBP] = x.loadStack<u64>(frame);
    x.r[RSP] = frame + 8;
}

template <class T>
void enterSized(Exec& x, const Insn& i) {
    constexpr unsigned kSize = sizeof(T);
    const unsigned level = i.imm8 & 31;
    u64 rsp = x.r[RSP] - kSize, rbp = x.r[RBP];
    const u64 frame = rsp;
    x.storeStack<T>(rsp, static_cast<T>(x.r[RBP]));
    for (unsigned n = 1; n < level; ++n) {
        rbp -= kSize;
        rsp -= kSize;
        x.storeStack<T>(rsp, x.loadStack<T>(rbp));
    }
    if (level > 0) {
        rsp -= kSize;
        x.storeStack<T>(rsp, static_cast<T>(frame));
    }
    rsp -= i.imm;
    x.probe(rsp, kSize, AccessKind::Write, true);  // the new top of the stack must be writable
    x.set<T>(RBP, static_cast<T>(frame));
    x.r[RSP] = rsp;
}

void enter(Exec& x, const Insn& i) {
    if (i.size == 2)
        enterSized<u16>(x, i);
    else
        enterSized<u64>(x, i);
}

template <class T>
void returnFarSized(Exec& x, const Insn& i) {
    Engine& engine = Engine::of(x);
    u64 rsp = x.r[RSP];
    const u64 rip = x.loadStack<T>(rsp);
    const u16 cs = static_cast<u16>(x.loadStack<T>(rsp + sizeof(T)));
    rsp += 2 * sizeof(T) + i.imm;
    if ((cs & 3u) > x.regs.cpl()) {
        const u64 outerRsp = x.loadStack<T>(rsp);
        const u16 ss = static_cast<u16>(x.loadStack<T>(rsp + sizeof(T)));
        engine.farReturn(i, rip, cs, outerRsp + i.imm, ss);
        return;
    }
    if ((cs & 3u) < x.regs.cpl()) raise(vector::GP, cs & ~3u);
    const Segment code = engine.codeSegment(cs, cs & 3u);
    x.requireCanonical(rip);
    x.regs.segment[CS] = code;
    x.r[RSP] = rsp;
    x.jump(i, rip);
}

void returnFar(Exec& x, const Insn& i) {
    if (i.size == 8)
        returnFarSized<u64>(x, i);
    else if (i.size == 4)
        returnFarSized<u32>(x, i);
    else
        returnFarSized<u16>(x, i);
}

// CALL and JMP through a far pointer in memory, to a code segment of the same privilege.
template <class T, bool kCall>
void farThrough(Exec& x, const Insn& i) {
    Engine& engine = Engine::of(x);
    const u64 va = x.effectiveAddress(i);
    const u64 rip = x.load<T>(va);
    const u16 cs = x.load<u16>(va + sizeof(T));
    const unsigned cpl = x.regs.cpl();
    const Segment code = engine.codeSegment(cs, cpl);
    x.requireCanonical(rip);
    if (kCall) {
        const u64 rsp = x.r[RSP];
        x.probe(rsp - 2 * sizeof(T), 2 * sizeof(T), AccessKind::Write, true);
        x.storeStack<T>(rsp - sizeof(T), static_cast<T>(x.regs.segment[CS].selector));
        x.storeStack<T>(rsp - 2 * sizeof(T), static_cast<T>(x.nextRipOf(i)));
        x.r[RSP] = rsp - 2 * sizeof(T);
    }
    x.regs.segment[CS] = code;
    x.jump(i, rip);
}
template <bool kCall>
constexpr Handlers farHandlers() {
    return {{}, {nullptr, farThrough<u16, kCall>, farThrough<u32, kCall>, farThrough<u64, kCall>}};
}

std::vector<Row> makeRows() {
    using enum Form;
    std::vector<Row> rows;
    const auto row = [&](Row r) { rows.push_back(r); };
    constexpr u16 kNear = kForce64 | kEndsBlock;
    forEachCondition([&]<unsigned kCode>() {
        static constexpr std::array<std::string_view, 16> kNames = {"jo", "jno", "jb", "jae", "je", "jne", "jbe", "ja",
                                                                    "js", "jns", "jp", "jnp", "jl", "jge", "jle", "jg"};
        row({.opcode = 0x70 + kCode,
             .mnemonic = kNames[kCode],
             .operands = {Jb},
             .handlers = always(jcc<kCode>),
             .timing = Timing::Branch,
             .attributes = kForce64 | kJump});
        row({.map = Map::Of,
             .opcode = 0x80 + kCode,
             .mnemonic = kNames[kCode],
             .operands = {Jz},
             .handlers = always(jcc<kCode>),
             .timing = Timing::Branch,
             .attributes = kForce64 | kJump});
    });
    row({.opcode = 0xeb,
         .mnemonic = "jmp",
         .operands = {Jb},
         .handlers = always(jmp),
         .timing = Timing::Branch,
         .attributes = kNear | kJump});
    row({.opcode = 0xe9,
         .mnemonic = "jmp",
         .operands = {Jz},
         .handlers = always(jmp),
         .timing = Timing::Branch,
         .attributes = kNear | kJump});
    row({.opcode = 0xe8,
         .mnemonic = "call",
         .operands = {Jz},
         .handlers = always(call),
         .timing = Timing::Call,
         .attributes = kNear | kJump});
    row({.opcode = 0xff,
         .digit = 2,
         .mnemonic = "call",
         .operands = {Ev},
         .handlers = regOrMem(callIndirect<false>, callIndirect<true>),
         .timing = Timing::Call,
         .attributes = kNear});
    row({.opcode = 0xff,
         .digit = 4,
         .mnemonic = "jmp",
         .operands = {Ev},
         .handlers = regOrMem(jmpIndirect<false>, jmpIndirect<true>),
         .timing = Timing::Branch,
         .attributes = kNear});
    row({.opcode = 0xff,
         .digit = 3,
         .mnemonic = "lcall",
         .operands = {M},
         .handlers = farHandlers<true>(),
         .timing = Timing::Ring,
         .attributes = kEndsBlock});
    row({.opcode = 0xff,
         .digit = 5,
         .mnemonic = "ljmp",
         .operands = {M},
         .handlers = farHandlers<false>(),
         .timing = Timing::Ring,
         .attributes = kEndsBlock});
    row({.opcode = 0xc3, .mnemonic = "ret", .handlers = always(ret), .timing = Timing::Call, .attributes = kNear});
    row({.opcode = 0xc2,
         .mnemonic = "ret",
         .operands = {Iw},
         .handlers = always(ret),
         .timing = Timing::Call,
         .attributes = kNear});
    row({.opcode = 0xcb,
         .mnemonic = "retf",
         .handlers = always(returnFar),
         .timing = Timing::Ring,
         .attributes = kEndsBlock});
    row({.opcode = 0xca,
         .mnemonic = "retf",
         .operands = {Iw},
         .handlers = always(returnFar),
         .timing = Timing::Ring,
         .attributes = kEndsBlock});
    row({.opcode = 0xe0,
         .mnemonic = "loopne",
         .operands = {Jb},
         .handlers = always(loop),
         .timing = Timing::Branch,
         .attributes = kForce64 | kJump});
    row({.opcode = 0xe1,
         .mnemonic = "loope",
         .operands = {Jb},
         .handlers = always(loop),
         .timing = Timing::Branch,
         .attributes = kForce64 | kJump});
    row({.opcode = 0xe2,
         .mnemonic = "loop",
         .operands = {Jb},
         .handlers = always(loop),
         .timing = Timing::Branch,
         .attributes = kForce64 | kJump});
    row({.opcode = 0xe3,
         .mnemonic = "jrcxz",
         .operands = {Jb},
         .handlers = always(jrcxz),
         .timing = Timing::Branch,
         .attributes = kForce64 | kJump});
    row({.opcode = 0xc8,
         .mnemonic = "enter",
         .operands = {Iw, Ib},
         .handlers = always(enter),
         .timing = Timing::Call,
         .attributes = kDefault64 | kEndsBlock});
    row({.opcode = 0xc9, .mnemonic = "leave", .handlers = always(chained<leave>), .attributes = kDefault64});
    return rows;
}

}  // namespace

void takeUnlinked(Exec& x, const Insn& i) {
    const u64 target = targetOf(x, i);
    x.requireCanonical(target);
    x.jump(i, target);
}

std::span<const Row> rowsOfBranch() {
    static const std::vector<Row> rows = makeRows();
    return rows;
}

}  // namespace ringside
