// CPUID, time stamp, model-specific registers, performance counters (none), SYSENTER (none: #GP as with a null
// selector).
#include <vector>

#include "core/cpu/engine.h"
#include "core/cpu/insn/families.h"
#include "core/cpu/insn/operands.h"

namespace ringside {
namespace {

using Leaf = std::array<u32, 4>;  // EAX, EBX, ECX, EDX

// FPU VME DE PSE TSC MSR PAE MCE CX8 APIC | SEP MTRR PGE MCA CMOV PAT PSE36 | CLFSH | MMX FXSR SSE SSE2
constexpr u32 kFeatures = 0x0783fbff | 1u << 19;
// SSE3, SSSE3, CX16, SSE4.1, SSE4.2, POPCNT
constexpr u32 kFeaturesV2 = 1u | 1u << 9 | 1u << 13 | 1u << 19 | 1u << 20 | 1u << 23;

Leaf brandString(u32 part) {
    static constexpr std::array<char, 48> kBrand = {"Ringside x86-64 teaching CPU"};
    Leaf leaf{};
    std::memcpy(leaf.data(), kBrand.data() + part * 16, 16);
    return leaf;
}

// Deterministic cache parameters: 32 KiB of data and of code, 2 MiB behind them, 8 ways, lines of 64 bytes.
Leaf cacheLeaf(u32 index) {
    constexpr u32 kWays = 7u << 22 | 63;
    switch (index) {
        case 0:
            return {0x121, kWays, 63, 0};
        case 1:
            return {0x122, kWays, 63, 0};
        case 2:
            return {0x143, kWays, 4095, 0};
        default:
            return {};
    }
}

Leaf identify(CpuModel model, u32 function, u32 index) {
    const bool v2 = model == CpuModel::V2;
    switch (function) {
        case 0:
            return {7, 0x756e6547, 0x6c65746e, 0x49656e69};  // GenuineIntel
        case 1:
            return {v2 ? 0x000106a5u : 0x000006f6u, 0x00010800, v2 ? kFeaturesV2 : 0, kFeatures};
        case 2:
            return {0x05b0b101, 0x005657f0, 0, 0x2cb4307d};
        case 4:
            return cacheLeaf(index);
        case 0x80000000:
            return {0x80000008, 0, 0, 0};
        case 0x80000001:
            return {0, 0, v2 ? 1u : 0, 1u << 11 | 1u << 20 | 1u << 26 | 1u << 27 | 1u << 29};
        case 0x80000002:
        case 0x80000003:
        case 0x80000004:
            return brandString(function - 0x80000002);
        case 0x80000006:
            return {0, 0, 2048u << 16 | 6u << 12 | 64, 0};
        case 0x80000007:
            return {0, 0, 0, 1u << 8};
        case 0x80000008:
            return {0x3028, 0, 0, 0};
        default:
            return {};
    }
}

void cpuid(Exec& x, const Insn&) {
    const Leaf leaf = identify(x.cpu.model, static_cast<u32>(x.r[RAX]), static_cast<u32>(x.r[RCX]));
    x.r[RAX] = leaf[0];
    x.r[RBX] = leaf[1];
    x.r[RCX] = leaf[2];
    x.r[RDX] = leaf[3];
}

void putPair(Exec& x, u64 value) {
    x.r[RAX] = static_cast<u32>(value);
    x.r[RDX] = value >> 32;
}

void rdtsc(Exec& x, const Insn&) {
    if ((x.regs.cr4 & 4) && x.regs.cpl() != 0) raise(vector::GP);  // CR4.TSD
    putPair(x, x.cyclesNow());
}
void rdtscp(Exec& x, const Insn& i) {
    rdtsc(x, i);
    x.r[RCX] = static_cast<u32>(x.regs.tscAux);
}

void generalProtection(Exec&, const Insn&) { raise(vector::GP); }

// The register behind an MSR number; null: none. The bases of FS and GS are in the segments.
u64* registerOf(Registers& g, u32 number) {
    switch (number) {
        case 0x1b:
            return &g.apicBase;
        case 0x174:
            return &g.sysenterCs;
        case 0x175:
            return &g.sysenterEsp;
        case 0x176:
            return &g.sysenterEip;
        case 0x1a0:
            return &g.miscEnable;
        case 0x277:
            return &g.pat;
        case 0xc0000080:
            return &g.efer;
        case 0xc0000081:
            return &g.star;
        case 0xc0000082:
            return &g.lstar;
        case 0xc0000083:
            return &g.cstar;
        case 0xc0000084:
            return &g.fmask;
        case 0xc0000100:
            return &g.segment[FS].base;
        case 0xc0000101:
            return &g.segment[GS].base;
        case 0xc0000102:
            return &g.kernelGsBase;
        case 0xc0000103:
            return &g.tscAux;
        default:
            return nullptr;
    }
}

void rdmsr(Exec& x, const Insn&) {
    x.requireRing0();
    const u32 number = static_cast<u32>(x.r[RCX]);
    if (number == 0x10) return putPair(x, x.cyclesNow());
    const u64* value = registerOf(x.regs, number);
    if (!value) raise(vector::GP);
    putPair(x, *value);
}

void wrmsr(Exec& x, const Insn& i) {
    x.requireRing0();
    const u32 number = static_cast<u32>(x.r[RCX]);
    u64 value = static_cast<u32>(x.r[RAX]) | x.r[RDX] << 32;
    u64* target = registerOf(x.regs, number);
    if (!target) raise(vector::GP);
    switch (number) {
        case 0x175:
        case 0x176:
        case 0xc0000082:
        case 0xc0000083:
        case 0xc0000100:
        case 0xc0000101:
        case 0xc0000102:
            x.requireCanonical(value);
            break;
        case 0xc0000080:
            // SCE, LME, LMA, NXE; long mode is not left.
            if ((value & ~u64{0xd01}) || ((value ^ x.regs.efer) & 0x100)) raise(vector::GP);
            value = (value & ~u64{0x400}) | (x.regs.efer & 0x400);
            break;
        case 0xc0000084:
            value = static_cast<u32>(value);
            break;
        default:
            break;
    }
    *target = value;
    Engine::of(x).modeChanged();
    x.stopAfter(i);
}

}  // namespace

std::span<const Row> rowsOfIdentity() {
    static const std::array<Row, 8> rows = [] {
        const auto of = [](u8 opcode, std::string_view name, Handler h, u16 attributes = 0) {
            Row row{.map = Map::Of, .opcode = opcode, .mnemonic = name, .handlers = always(h)};
            row.timing = Timing::System;
            row.attributes = attributes;
            return row;
        };
        Row tscp = of(0x01, "rdtscp", rdtscp);
        tscp.digit = 7;
        tscp.mod = Mod::Register;
        tscp.rm = 1;
        return std::array<Row, 8>{of(0xa2, "cpuid", cpuid),
                                  of(0x31, "rdtsc", rdtsc),
                                  tscp,
                                  of(0x32, "rdmsr", rdmsr),
                                  of(0x30, "wrmsr", wrmsr, kEndsBlock),
                                  of(0x33, "rdpmc", generalProtection),
                                  of(0x34, "sysenter", generalProtection),
                                  of(0x35, "sysexit", generalProtection)};
    }();
    return rows;
}

}  // namespace ringside
