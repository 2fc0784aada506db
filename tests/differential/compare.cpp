#include "tests/differential/compare.h"

#include <fmt/format.h>

namespace ringside::sandbox {

namespace {

constexpr u64 kUserEnd = 0x7ffffffff000;           // Linux's TASK_SIZE_MAX
constexpr u32 kMisalignedExceptionMask = 1 << 17;  // MXCSR.MM, of AMD

constexpr const char* kNames[] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                  "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};

std::string flagsText(u64 flags) {
    std::string text;
    constexpr std::pair<u64, const char*> kBits[] = {{flag::OF, "O"}, {flag::DF, "D"}, {flag::SF, "S"}, {flag::ZF, "Z"},
                                                     {flag::AF, "A"}, {flag::PF, "P"}, {flag::CF, "C"}};
    for (auto [bit, name] : kBits) text += (flags & bit) != 0 ? name : "-";
    return text;
}

bool isLarge(std::string_view mnemonic) {
    for (std::string_view name : {"fldenv", "fnstenv", "frstor", "fnsave", "fxsave", "fxrstor", "lcall", "ljmp"})
        if (mnemonic.starts_with(name)) return true;
    return false;
}

}  // namespace

std::string bytesOf(const Case& c) {
    std::string text;
    for (unsigned i = 0; i < c.codeLength; ++i) text += fmt::format("{}{:02x}", i == 0 ? "" : " ", c.code[i]);
    return text;
}

std::string beginningOf(const Case& c) {
    std::string text = fmt::format("rip {:x} flags {}", c.in.rip, flagsText(c.in.rflags));
    for (unsigned i = 0; i < 16; ++i) text += fmt::format(" {} {:x}", kNames[i], c.in.gpr[i]);
    text += fmt::format("\n      fcw {:04x} fsw {:04x} tags {:02x} mxcsr {:08x}", c.in.get<u16>(fx::kControl),
                        c.in.get<u16>(fx::kStatus), c.in.get<u8>(fx::kTags), c.in.get<u32>(fx::kMxcsr));
    for (unsigned i = 0; i < 8; ++i)
        text += fmt::format(" st{} {:04x}:{:016x}", i, c.in.get<u16>(fx::kSt + 16 * i + 8),
                            c.in.get<u64>(fx::kSt + 16 * i));
    for (unsigned i = 0; i < 16; ++i)
        text += fmt::format(" xmm{} {:016x}{:016x}", i, c.in.get<u64>(fx::kXmm + 16 * i + 8),
                            c.in.get<u64>(fx::kXmm + 16 * i));
    for (const Patch& p : c.patches)
        if (p.length != 0) {
            text += fmt::format("\n      [{:x}] =", kData + p.offset);
            for (u32 i = 0; i < p.length; ++i) text += fmt::format(" {:02x}", p.bytes[i]);
        }
    return text;
}

std::string differences(const Generated& g, const Result& host, const Result& ours) {
    std::string text;
    const auto note = [&](std::string_view name, u64 a, u64 b) {
        if (a != b) text += fmt::format(" {}: host {:x}, ours {:x};", name, a, b);
    };
    if ((host.out.get<u32>(fx::kMxcsr) & kMisalignedExceptionMask) != 0) return {};
    if (ours.status != 1) return " ours did not come to an end;";
    // Misaligned and not canonical at once: which of the two is found first is the maker's own.
    const bool aligned = (g.decoded.row->attributes & kSse) != 0 || isLarge(g.decoded.row->mnemonic);
    const auto isMemoryFault = [](u32 vector) { return vector >= 12 && vector <= 14; };
    // Stack and target of a call may both be wrong, ends of a large operand in different ways.
    const bool several = isLarge(g.decoded.row->mnemonic) || g.decoded.row->mnemonic == "call";
    const bool eitherFault = (aligned && host.vector + ours.vector == 12 + 13) ||
                             (several && isMemoryFault(host.vector) && isMemoryFault(ours.vector));
    if (!eitherFault) note("vector", host.vector, ours.vector);
    if (host.vector == ours.vector && host.vector == 14) {
        // The host's kernel hides whether an address beyond the user's is mapped.
        const u64 mask = several ? 0 : host.address >= kUserEnd ? ~u64{1} : ~u64{0};
        note("error code", host.error & mask, ours.error & mask);
        // Large and scattered operands are touched in an order of the maker's own.
        const bool scattered = g.decoded.row->mnemonic.starts_with("maskmov") || isLarge(g.decoded.row->mnemonic);
        if (!scattered) note("cr2", host.address, ours.address);
    } else if (host.vector == ours.vector && (host.vector == 13 || host.vector == 12) && !several) {
        note("error code", host.error, ours.error);
    }
    note("rip", host.out.rip, ours.out.rip);
    const bool blind = g.undefinedIfZero && (host.out.rflags & flag::ZF) != 0;
    for (unsigned i = 0; i < 16; ++i)
        if (!(blind && i == g.decoded.reg)) note(kNames[i], host.out.gpr[i], ours.out.gpr[i]);
    u64 compared = ~(g.undefinedFlags | flag::RF | flag::TF);
    if (g.flagsOfFaultUndefined && isMemoryFault(host.vector)) compared &= ~flag::kStatus;
    if (((host.out.rflags ^ ours.out.rflags) & compared) != 0)
        text += fmt::format(" flags: host {} ({:x}), ours {} ({:x}), compared {};", flagsText(host.out.rflags),
                            host.out.rflags, flagsText(ours.out.rflags), ours.out.rflags,
                            flagsText(compared & flag::kStatus));
    note("fcw", host.out.get<u16>(fx::kControl), ours.out.get<u16>(fx::kControl));
    const bool loose = g.looseMmx && (g.decoded.memory || host.vector != 3);
    if (!loose) note("fsw", host.out.get<u16>(fx::kStatus), ours.out.get<u16>(fx::kStatus));
    if (!loose) note("tags", host.out.get<u8>(fx::kTags), ours.out.get<u8>(fx::kTags));
    note("mxcsr", host.out.get<u32>(fx::kMxcsr), ours.out.get<u32>(fx::kMxcsr));
    for (unsigned i = 0; i < 8 && !loose; ++i) {
        const unsigned at = fx::kSt + 16 * i;
        if (host.out.get<u64>(at) != ours.out.get<u64>(at) || host.out.get<u16>(at + 8) != ours.out.get<u16>(at + 8))
            text += fmt::format(" st{}: host {:04x}:{:016x}, ours {:04x}:{:016x};", i, host.out.get<u16>(at + 8),
                                host.out.get<u64>(at), ours.out.get<u16>(at + 8), ours.out.get<u64>(at));
    }
    for (unsigned i = 0; i < 16; ++i) {
        const unsigned at = fx::kXmm + 16 * i;
        if (host.out.get<u64>(at) != ours.out.get<u64>(at) || host.out.get<u64>(at + 8) != ours.out.get<u64>(at + 8))
            text += fmt::format(" xmm{}: host {:016x}{:016x}, ours {:016x}{:016x};", i, host.out.get<u64>(at + 8),
                                host.out.get<u64>(at), ours.out.get<u64>(at + 8), ours.out.get<u64>(at));
    }
    // What a faulting instruction of several stores has already stored is the maker's own.
    const bool partial = host.vector >= 12 && host.vector <= 14 &&
                         (isLarge(g.decoded.row->mnemonic) || g.decoded.row->mnemonic == "enter");
    if (host.memory != ours.memory && !partial) text += " memory differs;";
    return text;
}

}  // namespace ringside::sandbox
