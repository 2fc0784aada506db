// How an instruction is described (Row), and what is left of it once it has been decoded for execution (Insn).
//
// A new instruction is one Row and one handler in the file of its family; table.cpp collects the families. A handler
// computes, then accesses memory (which may throw Fault), then commits to registers and flags, so that every
// instruction can be restarted.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "core/base/types.h"
#include "core/cpu/registers.h"
#include "core/cpu/timing.h"

namespace ringside {

class Exec;
struct Block;
struct Insn;
using Handler = void (*)(Exec&, const Insn&);

// Besides the sixteen general registers, Exec::r has these, so that an effective address is one sum without branches.
inline constexpr u8 kZeroRegister = 16;  // always 0: no base, no index, segment base 0
inline constexpr u8 kPageRegister = 17;  // virtual address of the page the instruction starts in (RIP-relative)
inline constexpr u8 kFsRegister = 18, kGsRegister = 19;
inline constexpr unsigned kRegisterCount = 20;

// A decoded instruction, ready to run.
struct Insn {
    enum Flags : u8 {
        kMemory = 1,         // the r/m operand is memory (or the instruction has a moffs operand)
        kLock = 2,           // F0
        kRep = 4,            // F3, where it is not part of the opcode
        kRepne = 8,          // F2, likewise
        kAddress32 = 16,     // 67
        kStackSegment = 32,  // the memory operand is relative to SS: non-canonical is #SS, not #GP
        kOperand16 = 64,     // 66
        kDirectJump = 128,   // `link` is in use
    };
    Handler handler = nullptr;
    u64 imm = 0;  // sign-extended; for direct jumps: the target, relative to the page the instruction starts in
    union {
        i64 disp = 0;         // displacement; RIP-relative: relative to the page the instruction starts in
        mutable Block* link;  // of a direct jump: the block it leads to, when known and in the same page
    };
    u16 offset = 0;     // where it starts in its page
    u16 next = 0;       // where the next one starts; may be ≥ 4096
    u16 costAfter = 0;  // base cycles of the block up to and including this instruction
    u16 row = 0;        // index in allRows()
    u8 size = 4;        // operand size in bytes: 1, 2, 4, 8
    u8 reg = 0;         // ModRM.reg with REX.R; of byte registers: the byte offset in Exec::r (AH is 1)
    u8 rm = 0;          // register operand of r/m, or the one in the opcode; byte registers likewise
    u8 base = kZeroRegister, index = kZeroRegister, scale = 0;  // scale as a shift: 0..3
    u8 segment = kZeroRegister;                                 // kFsRegister, kGsRegister or none
    u8 flags = 0;
    u8 length = 0;
    u8 opcode = 0;  // last opcode byte (condition codes)
    u8 imm8 = 0;    // second immediate (ENTER)
    u8 number = 0;  // how many instructions the block has up to and including this one
    bool has(Flags f) const { return flags & f; }
};

enum class Map : u8 { One, Of, Of38, Of3a };             // one-byte, 0F, 0F 38, 0F 3A
enum class Mandatory : u8 { Any, None, P66, PF3, PF2 };  // Any: 66, F2, F3 keep their own meaning
enum class Mod : u8 { Any, Memory, Register };

// Operands as in the opcode maps of SDM vol. 2 appendix A. The decoder takes from them: is there a ModRM byte, how long
// is the immediate, which registers are byte registers.
enum class Form : u8 {
    None,
    Eb,
    Ew,
    Ed,
    Eq,
    Ev,
    Ey,  // r/m. y: 4, or 8 with REX.W
    Gb,
    Gw,
    Gd,
    Gq,
    Gv,
    Gy,  // reg
    M,   // memory of any size
    Rv,  // r/m, register only
    Zb,
    Zv,  // register in the low three bits of the opcode
    Ib,
    Ibs,
    Iw,
    Iz,
    Iv,  // immediate: 1 byte, 1 byte sign-extended, 2, 2 or 4, 2 or 4 or 8
    Jb,
    Jz,  // jump displacement: 1 or 4 bytes
    Ob,
    Ov,  // memory at a 64-bit offset
    Al,
    Ax,
    Dx,
    Cl,
    One,  // implied
    Xb,
    Xv,
    Yb,
    Yv,  // string operands
    Sw,
    Cd,
    Dd,  // segment, control, debug register
    V,
    W,
    U,  // XMM: reg; r/m; r/m, register only
    P,
    Q,
    N,  // MMX: reg; r/m; r/m, register only
    St,
    Sti,  // x87
};

// Handlers by operand size (1, 2, 4, 8 bytes) and by kind of the r/m operand; null: that form raises #UD.
struct Handlers {
    std::array<Handler, 4> reg{}, mem{};
};
constexpr Handlers always(Handler h) { return {{h, h, h, h}, {h, h, h, h}}; }
constexpr Handlers memoryOnly(Handler h) { return {{}, {h, h, h, h}}; }
constexpr Handlers registerOnly(Handler h) { return {{h, h, h, h}, {}}; }
constexpr Handlers regOrMem(Handler r, Handler m) { return {{r, r, r, r}, {m, m, m, m}}; }

enum Attribute : u16 {
    kByte = 1,       // operand size is 1
    kDefault64 = 2,  // operand size is 8 without REX.W; 66 makes it 2
    kForce64 = 4,    // operand size is 8 whatever the prefixes say
    kEndsBlock = 8,  // changes RIP always, changes what the following ones mean, calls stopAfter, or accesses memory
                     // more than six times
    kLockable = 16,  // LOCK is allowed with a memory destination
    kJump = 32,      // direct jump or call: imm is made relative to the page
    kX87 = 64,       // #NM with CR0.EM or TS
    kMmx = 128,      // #UD with CR0.EM, #NM with TS
    kSse = 256,      // #UD with CR0.EM or without CR4.OSFXSR, #NM with TS
    kFwait = 512,    // #NM with CR0.MP and TS
    kRep = 1024,     // string instruction: F2 and F3 repeat it
    kNoFxsr = 2048,  // with kSse: CR4.OSFXSR does not matter (LDMXCSR-like exceptions, FXSAVE)
};

struct Row {
    Map map = Map::One;
    u8 opcode = 0;
    Mandatory prefix = Mandatory::Any;
    i8 digit = -1;  // ModRM.reg must be this; −1: any
    std::string_view mnemonic;
    std::array<Form, 4> operands{};
    Handlers handlers{};
    Timing timing = Timing::Simple;
    u16 defined = 0;    // status flags the instruction sets to a defined value (flag::…)
    u16 undefined = 0;  // status flags that the manual leaves undefined after it
    u16 attributes = 0;
    Mod mod = Mod::Any;
    i8 rm = -1;  // the low three bits of ModRM must be this (0F 01 C1, D9 E8); −1: any
};

// Every row of every family.
std::span<const Row> allRows();

}  // namespace ringside
