// NOPs, fences and cache hints (which do nothing here), flag instructions, opcodes that 64-bit mode does not have.
#include <vector>

#include "core/cpu/engine.h"
#include "core/cpu/insn/families.h"
#include "core/cpu/insn/operands.h"

namespace ringside {
namespace {

void nop(Exec&, const Insn&) {}
void invalidOpcode(Exec&, const Insn&) { raise(vector::UD); }

// F3 90 is PAUSE; with REX.B it is still XCHG R8, RAX.
template <class T>
void pauseOrExchange(Exec& x, const Insn& i) {
    if (i.rm == RAX) return;
    const T theirs = x.get<T>(i.rm);
    x.set<T>(i.rm, x.get<T>(RAX));
    x.set<T>(RAX, theirs);
}

// CLFLUSH is ordered and checked like a load of a byte.
void clflush(Exec& x, const Insn& i) { x.load<u8>(x.effectiveAddress(i)); }

void clc(Exec& x, const Insn&) { x.flags.setCf(false); }
void stc(Exec& x, const Insn&) { x.flags.setCf(true); }
void cmc(Exec& x, const Insn&) { x.flags.setCf(!x.flags.cf()); }
void cld(Exec& x, const Insn&) { x.regs.rflags &= ~flag::DF; }
void std_(Exec& x, const Insn&) { x.regs.rflags |= flag::DF; }

constexpr u64 kAhFlags = flag::SF | flag::ZF | flag::AF | flag::PF | flag::CF;
constexpr u8 kAh = 1;  // byte offset of AH in Exec::r
void lahf(Exec& x, const Insn&) { x.set<u8>(kAh, static_cast<u8>((x.flags.get() & kAhFlags) | flag::kAlwaysOne)); }
void sahf(Exec& x, const Insn&) { x.flags.set((x.flags.get() & ~kAhFlags) | (x.get<u8>(kAh) & kAhFlags)); }

template <class T>
void pushf(Exec& x, const Insn&) {
    const u64 all = (x.regs.rflags & ~(flag::kStatus | flag::RF | flag::VM)) | x.flags.get() | flag::kAlwaysOne;
    x.storeStack<T>(x.r[RSP] - sizeof(T), static_cast<T>(all));
    x.r[RSP] -= sizeof(T);
}

template <class T>
void popf(Exec& x, const Insn& i) {
    const u64 value = x.loadStack<T>(x.r[RSP]);
    const unsigned cpl = x.regs.cpl(), iopl = x.regs.rflags >> 12 & 3;
    u64 mask = flag::kStatus | flag::TF | flag::DF | flag::NT;
    if (sizeof(T) > 2) mask |= flag::AC | flag::ID;
    if (cpl <= iopl) mask |= flag::IF;
    if (cpl == 0) mask |= flag::IOPL;
    x.r[RSP] += sizeof(T);
    x.regs.rflags = (x.regs.rflags & ~(mask | flag::RF)) | (value & mask) | flag::kAlwaysOne;
    x.flags.set(value);
    Engine::of(x).modeChanged();
    x.stopAfter(i);
}

std::vector<Row> makeRows() {
    using enum Form;
    std::vector<Row> rows;
    const auto row = [&](Row r) { rows.push_back(r); };
    row({.opcode = 0x90,
         .prefix = Mandatory::PF3,
         .mnemonic = "pause",
         .handlers = {{nullptr, pauseOrExchange<u16>, pauseOrExchange<u32>, pauseOrExchange<u64>}, {}},
         .timing = Timing::Fence});
    row({.map = Map::Of, .opcode = 0x0d, .mnemonic = "prefetchw", .operands = {Ev}, .handlers = always(nop)});
    row({.map = Map::Of, .opcode = 0x18, .mnemonic = "prefetch", .operands = {Ev}, .handlers = always(nop)});
    // Hint NOPs: MPX, CET (ENDBR64, RDSSP) and the multi-byte NOP.
    for (u8 opcode = 0x19; opcode <= 0x1f; ++opcode)
        row({.map = Map::Of, .opcode = opcode, .mnemonic = "nop", .operands = {Ev}, .handlers = always(nop)});
    row({.map = Map::Of,
         .opcode = 0x1e,
         .prefix = Mandatory::PF3,
         .digit = 7,
         .mnemonic = "endbr64",
         .operands = {Ev},
         .handlers = always(nop),
         .mod = Mod::Register,
         .rm = 2});

    const auto fence = [&](i8 digit, std::string_view name, Mod mod, std::array<Form, 4> operands, Handlers handlers) {
        row({.map = Map::Of,
             .opcode = 0xae,
             .prefix = Mandatory::None,
             .digit = digit,
             .mnemonic = name,
             .operands = operands,
             .handlers = handlers,
             .timing = Timing::Fence,
             .mod = mod});
    };
    fence(5, "lfence", Mod::Register, {}, registerOnly(nop));
    fence(6, "mfence", Mod::Register, {}, registerOnly(nop));
    fence(7, "sfence", Mod::Register, {}, registerOnly(nop));
    fence(7, "clflush", Mod::Memory, {M}, memoryOnly(clflush));

    row({.opcode = 0xf8, .mnemonic = "clc", .handlers = always(clc), .defined = flag::CF});
    row({.opcode = 0xf9, .mnemonic = "stc", .handlers = always(stc), .defined = flag::CF});
    row({.opcode = 0xf5, .mnemonic = "cmc", .handlers = always(cmc), .defined = flag::CF});
    row({.opcode = 0xfc, .mnemonic = "cld", .handlers = always(cld)});
    row({.opcode = 0xfd, .mnemonic = "std", .handlers = always(std_)});
    row({.opcode = 0x9f, .mnemonic = "lahf", .handlers = always(lahf)});
    row({.opcode = 0x9e, .mnemonic = "sahf", .handlers = always(sahf), .defined = static_cast<u16>(kAhFlags)});
    row({.opcode = 0x9c,
         .mnemonic = "pushf",
         .handlers = {{nullptr, pushf<u16>, nullptr, pushf<u64>}, {}},
         .attributes = kDefault64});
    row({.opcode = 0x9d,
         .mnemonic = "popf",
         .handlers = {{nullptr, popf<u16>, nullptr, popf<u64>}, {}},
         .timing = Timing::Fence,
         .defined = flag::kStatus,
         .attributes = kDefault64 | kEndsBlock});

    // No such instruction in 64-bit mode, or none at all by design (UD0, UD1, UD2).
    for (u8 opcode : {0x06, 0x07, 0x0e, 0x16, 0x17, 0x1e, 0x1f, 0x27, 0x2f, 0x37,
                      0x3f, 0x60, 0x61, 0x82, 0x9a, 0xce, 0xd4, 0xd5, 0xd6, 0xea})
        row({.opcode = opcode, .mnemonic = "(bad)", .handlers = always(invalidOpcode), .attributes = kEndsBlock});
    const auto undefined = [&](u8 opcode, std::string_view name, std::array<Form, 4> operands) {
        row({.map = Map::Of,
             .opcode = opcode,
             .mnemonic = name,
             .operands = operands,
             .handlers = always(invalidOpcode),
             .attributes = kEndsBlock});
    };
    undefined(0xff, "ud0", {Gv, Ev});
    undefined(0xb9, "ud1", {Gv, Ev});
    undefined(0x0b, "ud2", {});
    return rows;
}

}  // namespace

std::span<const Row> rowsOfMisc() {
    static const std::vector<Row> rows = makeRows();
    return rows;
}

}  // namespace ringside
