// Control and state of the x87 unit and of SSE: control words, environments, FSAVE, FXSAVE. CS and DS of the last
// instruction are stored as zero, as CPUs do that say so in CPUID.7.EBX[13].
#include <cstring>

#include "core/cpu/insn/families.h"
#include "core/cpu/insn/sse_host.h"
#include "core/cpu/insn/x87_rows.h"

namespace ringside {
namespace x87 {
namespace {

template <class T>
void put(std::span<u8> bytes, unsigned at, T value) {
    std::memcpy(bytes.data() + at, &value, sizeof value);
}
template <class T>
T take(std::span<const u8> bytes, unsigned at) {
    T value;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
}

// ---- environment: 14 bytes with 66, else 28 (SDM vol. 1 figures 8-9 and 8-11)
// ----------------------------------------
unsigned environmentSize(const Insn& i) { return i.size == 2 ? 14 : 28; }

void putEnvironment(const X87& s, std::span<u8> out, bool small) {
    const u16 tags = tagsFor(s.st, notEmptyMask(s.tags));
    if (small) {
        put<u16>(out, 0, s.control);
        put<u16>(out, 2, s.status);
        put<u16>(out, 4, tags);
        put<u16>(out, 6, static_cast<u16>(s.lastIp));
        put<u16>(out, 8, 0);
        put<u16>(out, 10, static_cast<u16>(s.lastDp));
        put<u16>(out, 12, 0);
        return;
    }
    constexpr u32 kUnusedHalf = 0xffff0000;
    put<u32>(out, 0, kUnusedHalf | s.control);
    put<u32>(out, 4, kUnusedHalf | s.status);
    put<u32>(out, 8, kUnusedHalf | tags);
    put<u32>(out, 12, static_cast<u32>(s.lastIp));
    put<u32>(out, 16, u32{s.opcode} << 16);
    put<u32>(out, 20, static_cast<u32>(s.lastDp));
    put<u32>(out, 24, kUnusedHalf);
}

// `tags` says only what is empty until the registers are known.
void takeEnvironment(X87& s, std::span<const u8> in, bool small) {
    const unsigned step = small ? 2 : 4;
    s.status = take<u16>(in, step);
    s.tags = take<u16>(in, 2 * step);
    if (small) {
        s.lastIp = take<u16>(in, 6);
        s.lastDp = take<u16>(in, 10);
        s.opcode = 0;
    } else {
        s.lastIp = take<u32>(in, 12);
        s.opcode = (take<u32>(in, 16) >> 16) & 0x7ff;
        s.lastDp = take<u32>(in, 20);
    }
    setControl(s, take<u16>(in, 0));
}

unsigned alignmentOf(const Insn& i) { return i.size == 2 ? 2 : 4; }  // of the environment, for #AC

void fnstenv(Exec& x, const Insn& i) {
    X87& s = x.regs.x87;
    std::array<u8, 28> image{};
    const auto bytes = std::span(image).first(environmentSize(i));
    putEnvironment(s, bytes, i.size == 2);
    x.storeBytes(x.effectiveAddress(i), bytes, alignmentOf(i));
    setControl(s, s.control | kExceptions);
}

void fldenv(Exec& x, const Insn& i) {
    requireNonePending(x);
    std::array<u8, 28> image{};
    const auto bytes = std::span(image).first(environmentSize(i));
    x.loadBytes(x.effectiveAddress(i), bytes, alignmentOf(i));
    X87& s = x.regs.x87;
    takeEnvironment(s, bytes, i.size == 2);
    s.tags = tagsFor(s.st, notEmptyMask(s.tags));
}

void fnsave(Exec& x, const Insn& i) {
    X87& s = x.regs.x87;
    std::array<u8, 108> image{};
    const unsigned head = environmentSize(i);
    putEnvironment(s, image, i.size == 2);
    for (unsigned n = 0; n < 8; ++n) {
        const Float80& f = s.st[(top(s) + n) & 7];
        put<u64>(image, head + 10 * n, f.mantissa);
        put<u16>(image, head + 10 * n + 8, f.signExponent);
    }
    x.storeBytes(x.effectiveAddress(i), std::span(image).first(head + 80), alignmentOf(i));
    init(s);
}

void frstor(Exec& x, const Insn& i) {
    requireNonePending(x);
    std::array<u8, 108> image{};
    const unsigned head = environmentSize(i);
    x.loadBytes(x.effectiveAddress(i), std::span(image).first(head + 80), alignmentOf(i));
    X87& s = x.regs.x87;
    takeEnvironment(s, image, i.size == 2);
    for (unsigned n = 0; n < 8; ++n) {
        Float80& f = s.st[(top(s) + n) & 7];
        f.mantissa = take<u64>(image, head + 10 * n);
        f.signExponent = take<u16>(image, head + 10 * n + 8);
    }
    s.tags = tagsFor(s.st, notEmptyMask(s.tags));
}

// ---- FXSAVE: SDM vol. 1 table 10-2
// -----------------------------------------------------------------------------------
constexpr unsigned kFxsaveSize = 512, kFxsaveWritten = 416, kStAt = 32, kXmmAt = 160;

void fxsave(Exec& x, const Insn& i) {
    const u64 va = x.effectiveAddress(i);
    x.requireAligned(va, 16);
    x.settleMxcsr();
    const X87& s = x.regs.x87;
    std::array<u8, kFxsaveWritten> image{};
    put<u16>(image, 0, s.control);
    put<u16>(image, 2, s.status);
    put<u8>(image, 4, notEmptyMask(s.tags));
    put<u16>(image, 6, s.opcode);
    if (i.size == 8) {
        put<u64>(image, 8, s.lastIp);
        put<u64>(image, 16, s.lastDp);
    } else {
        put<u32>(image, 8, static_cast<u32>(s.lastIp));
        put<u32>(image, 16, static_cast<u32>(s.lastDp));
    }
    put<u32>(image, 24, x.regs.mxcsr);
    put<u32>(image, 28, sse::kMxcsrBits);
    for (unsigned n = 0; n < 8; ++n) {
        const Float80& f = s.st[(top(s) + n) & 7];
        put<u64>(image, kStAt + 16 * n, f.mantissa);
        put<u16>(image, kStAt + 16 * n + 8, f.signExponent);
    }
    for (unsigned n = 0; n < 16; ++n) put<Xmm>(image, kXmmAt + 16 * n, x.regs.xmm[n]);
    x.storeBytes(va, image);
}

void fxrstor(Exec& x, const Insn& i) {
    const u64 va = x.effectiveAddress(i);
    x.requireAligned(va, 16);
    std::array<u8, kFxsaveSize> image{};
    x.loadBytes(va, image);
    const u32 mxcsr = take<u32>(image, 24);
    if (mxcsr & ~sse::kMxcsrBits) raise(vector::GP);

    x.settleMxcsr();
    X87& s = x.regs.x87;
    s.status = take<u16>(image, 2);
    s.opcode = take<u16>(image, 6) & 0x7ff;
    s.lastIp = i.size == 8 ? take<u64>(image, 8) : take<u32>(image, 8);
    s.lastDp = i.size == 8 ? take<u64>(image, 16) : take<u32>(image, 16);
    setControl(s, take<u16>(image, 0));
    for (unsigned n = 0; n < 8; ++n) {
        Float80& f = s.st[(top(s) + n) & 7];
        f.mantissa = take<u64>(image, kStAt + 16 * n);
        f.signExponent = take<u16>(image, kStAt + 16 * n + 8);
    }
    s.tags = tagsFor(s.st, take<u8>(image, 4));
    x.regs.mxcsr = mxcsr;
    for (unsigned n = 0; n < 16; ++n) x.regs.xmm[n] = take<Xmm>(image, kXmmAt + 16 * n);
}

// ---- words
// -----------------------------------------------------------------------------------------------------------
void ldmxcsr(Exec& x, const Insn& i) {
    const u32 value = x.load<u32>(x.effectiveAddress(i));
    if (value & ~sse::kMxcsrBits) raise(vector::GP);
    x.settleMxcsr();
    x.regs.mxcsr = value;
}
void stmxcsr(Exec& x, const Insn& i) {
    x.settleMxcsr();
    x.store<u32>(x.effectiveAddress(i), x.regs.mxcsr);
}

void fldcw(Exec& x, const Insn& i) {
    requireNonePending(x);
    setControl(x.regs.x87, x.load<u16>(x.effectiveAddress(i)));
}
void fnstcw(Exec& x, const Insn& i) { x.store<u16>(x.effectiveAddress(i), x.regs.x87.control); }
void fnstsw(Exec& x, const Insn& i) { x.store<u16>(x.effectiveAddress(i), x.regs.x87.status); }
void fnstswAx(Exec& x, const Insn&) { x.set<u16>(RAX, x.regs.x87.status); }
void fnclex(Exec& x, const Insn&) {
    x.regs.x87.status &= static_cast<u16>(~(kExceptions | kStackFault | kErrorSummary | kBusy));
}
void fninit(Exec& x, const Insn&) { init(x.regs.x87); }
void fwait(Exec& x, const Insn&) { requireNonePending(x); }
// FENI, FDISI and FSETPM of older coprocessors
void ignored(Exec&, const Insn&) {}

constexpr Row memory(u8 opcode, i8 digit, std::string_view name, Handler handler, Timing timing = Timing::Float) {
    return row(opcode, digit, Mod::Memory, name, {Form::M}, memoryOnly(handler), timing);
}
constexpr Row fixed(u8 opcode, u8 modrm, std::string_view name, Handler handler) {
    return withRm(static_cast<i8>(modrm & 7),
                  row(opcode, static_cast<i8>(modrm >> 3 & 7), Mod::Register, name, {}, registerOnly(handler)));
}
constexpr Row wait() {
    Row r;
    r.opcode = 0x9b;
    r.mnemonic = "fwait";
    r.handlers = always(&fwait);
    r.attributes = kFwait;
    return r;
}
constexpr Row group15(i8 digit, std::string_view name, Handler handler, Timing timing, u16 attributes) {
    Row r = memory(0xae, digit, name, handler, timing);
    r.map = Map::Of;
    r.prefix = Mandatory::None;
    r.attributes = attributes;
    return r;
}

constexpr Row kRows[] = {
    wait(),
    memory(0xd9, 4, "fldenv", &fldenv, Timing::StateSave),
    memory(0xd9, 5, "fldcw", &fldcw),
    memory(0xd9, 6, "fnstenv", &fnstenv, Timing::StateSave),
    memory(0xd9, 7, "fnstcw", &fnstcw, Timing::Simple),
    fixed(0xdb, 0xe0, "feni", &ignored),
    fixed(0xdb, 0xe1, "fdisi", &ignored),
    fixed(0xdb, 0xe2, "fnclex", &fnclex),
    fixed(0xdb, 0xe3, "fninit", &fninit),
    fixed(0xdb, 0xe4, "fsetpm", &ignored),
    memory(0xdd, 4, "frstor", &frstor, Timing::StateSave),
    memory(0xdd, 6, "fnsave", &fnsave, Timing::StateSave),
    memory(0xdd, 7, "fnstsw", &fnstsw, Timing::Simple),
    fixed(0xdf, 0xe0, "fnstsw", &fnstswAx),
    group15(0, "fxsave", &fxsave, Timing::StateSave, kX87),
    group15(1, "fxrstor", &fxrstor, Timing::StateSave, kX87),
    group15(2, "ldmxcsr", &ldmxcsr, Timing::Float, kSse),
    group15(3, "stmxcsr", &stmxcsr, Timing::Simple, kSse),
};

}  // namespace
}  // namespace x87

std::span<const Row> rowsOfX87Control() { return x87::kRows; }

}  // namespace ringside
