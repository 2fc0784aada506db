// The architectural state of one x86-64 CPU (SDM vol. 1 ch. 3, vol. 3A ch. 2). A plain value.
#pragma once

#include <array>

#include "core/base/types.h"

namespace ringside {

// Order of the hardware encoding.
enum Gpr : u8 { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15 };
enum SegmentName : u8 { ES, CS, SS, DS, FS, GS };

// RFLAGS bits, SDM vol. 1 3.4.3
namespace flag {
inline constexpr u64 CF = 1 << 0, PF = 1 << 2, AF = 1 << 4, ZF = 1 << 6, SF = 1 << 7, TF = 1 << 8, IF = 1 << 9,
                     DF = 1 << 10, OF = 1 << 11, IOPL = 3 << 12, NT = 1 << 14, RF = 1 << 16, VM = 1 << 17, AC = 1 << 18,
                     VIF = 1 << 19, VIP = 1 << 20, ID = 1 << 21;
inline constexpr u64 kStatus = CF | PF | AF | ZF | SF | OF;
inline constexpr u64 kAlwaysOne = 1 << 1;
}  // namespace flag

// Why #DB came, and what debug registers watch (SDM vol. 3B 18.2). Breakpoint n: enabled by bits 2n and 2n + 1 of DR7,
// kind (0 execute, 1 write, 3 access) and length at bits 16 + 4n and 18 + 4n.
namespace dr6 {
inline constexpr u64 BD = 1 << 13, BS = 1 << 14, kHits = 15;
}
namespace dr7 {
inline constexpr u64 GD = 1 << 13, kEnables = 0xff;
}

struct Segment {
    u16 selector = 0;
    u16 access = 0;  // descriptor bits 40..55: type, S, DPL, P, (limit 16..19 as zero), AVL, L, D/B, G
    u32 limit = 0;   // in bytes
    u64 base = 0;
    bool operator==(const Segment&) const = default;
};

struct DescriptorTable {
    u64 base = 0;
    u16 limit = 0;
    bool operator==(const DescriptorTable&) const = default;
};

struct Xmm {
    std::array<u64, 2> q{};
    bool operator==(const Xmm&) const = default;
};

// 80-bit extended precision as it lies in memory: explicit integer bit.
struct Float80 {
    u64 mantissa = 0;
    u16 signExponent = 0;
    bool operator==(const Float80&) const = default;
};

// x87: `st` is by physical register, so that MMX registers (the mantissas) and FXSAVE are plain; ST(i) is
// st[(top + i) & 7] with top = bits 11..13 of the status word.
struct X87 {
    std::array<Float80, 8> st{};
    u16 control = 0x37f;
    u16 status = 0;
    u16 tags = 0xffff;  // two bits a register: 0 valid, 1 zero, 2 special, 3 empty
    u16 opcode = 0;
    u64 lastIp = 0;
    u64 lastDp = 0;
    bool operator==(const X87&) const = default;
};

struct Registers {
    std::array<u64, 16> gpr{};
    u64 rip = 0;
    u64 rflags = flag::kAlwaysOne;
    std::array<Segment, 6> segment{};  // by SegmentName; FS and GS bases are segment[FS].base
    Segment ldtr, tr;
    DescriptorTable gdtr, idtr;
    u64 cr0 = 0x60000010, cr2 = 0, cr3 = 0, cr4 = 0, cr8 = 0;
    std::array<u64, 8> dr{0, 0, 0, 0, 0, 0, 0xffff0ff0, 0x400};
    // Model-specific registers (SDM vol. 4)
    u64 efer = 0, star = 0, lstar = 0, cstar = 0, fmask = 0, kernelGsBase = 0, tscAux = 0, pat = 0x0007040600070406;
    u64 sysenterCs = 0, sysenterEsp = 0, sysenterEip = 0, apicBase = 0xfee00900, miscEnable = 1;
    X87 x87;
    u32 mxcsr = 0x1f80;
    std::array<Xmm, 16> xmm{};

    unsigned cpl() const { return segment[CS].selector & 3; }
    bool operator==(const Registers&) const = default;
};

}  // namespace ringside
