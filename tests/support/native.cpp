#include "tests/support/native.h"

#include <fmt/format.h>

asm(R"(
    .text
    .globl ringside_test_native
    .type ringside_test_native, @function
ringside_test_native:
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rdi, %r15
    movq %rsi, %r14
    fxrstor64 (%r15)
    movq 512(%r15), %rax
    movq 520(%r15), %rcx
    movq 528(%r15), %rdx
    movq 536(%r15), %rbx
    movq 552(%r15), %rbp
    movq 560(%r15), %rsi
    movq 568(%r15), %rdi
    movq 576(%r15), %r8
    movq 584(%r15), %r9
    movq 592(%r15), %r10
    movq 600(%r15), %r11
    movq 608(%r15), %r12
    movq 616(%r15), %r13
    pushq 640(%r15)
    popfq
    call *%r14
    pushfq
    popq 640(%r15)
    fxsave64 (%r15)
    fninit
    movq %rax, 512(%r15)
    movq %rcx, 520(%r15)
    movq %rdx, 528(%r15)
    movq %rbx, 536(%r15)
    movq %rbp, 552(%r15)
    movq %rsi, 560(%r15)
    movq %rdi, 568(%r15)
    movq %r8, 576(%r15)
    movq %r9, 584(%r15)
    movq %r10, 592(%r15)
    movq %r11, 600(%r15)
    movq %r12, 608(%r15)
    movq %r13, 616(%r15)
    pushq $0x1f80
    ldmxcsr (%rsp)
    addq $8, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    cld
    ret
)");

namespace ringside::test {

static_assert(offsetof(State, gpr) == 512 && offsetof(State, rflags) == 640);

namespace {

constexpr u64 kPml4 = 0x1000, kPdpt = 0x2000, kPd = 0x3000, kGdt = 0x4000, kIdt = 0x5000, kStack = 0x7f00;

Segment flat(u16 selector, u16 access) { return {.selector = selector, .access = access, .limit = ~u32{0}, .base = 0}; }

}  // namespace

Guest::Guest() {
    ram.store(PhysAddr(kPml4), kPdpt | pte::P | pte::RW);
    ram.store(PhysAddr(kPdpt), kPd | pte::P | pte::RW);
    ram.store(PhysAddr(kPd), pte::P | pte::RW | pte::PS);
    ram.store(PhysAddr(kGdt + 8), u64{0x00af9b000000ffff});   // 64-bit code
    ram.store(PhysAddr(kGdt + 16), u64{0x00cf93000000ffff});  // data
    for (unsigned v = 0; v < 32; ++v) {
        const u64 handler = kHandlers + 16 * v;
        ram.store(PhysAddr(handler), u8{0xf4});
        ram.store(PhysAddr(kIdt + 16 * v), u64{0x00008e0000080000} | (handler & 0xffff) | (handler >> 16) << 48);
        ram.store(PhysAddr(kIdt + 16 * v + 8), u64{0});
    }
    Registers& r = cpu.regs;
    r.segment[CS] = flat(8, 0xa09b);
    for (SegmentName s : {SS, DS, ES, FS, GS}) r.segment[s] = flat(16, 0xc093);
    r.gdtr = {kGdt, 23};
    r.idtr = {kIdt, 511};
    r.cr0 = 0x80050033;
    r.cr4 = 0x620;
    r.efer = 0xd01;
    r.cr3 = kPml4;
}

std::optional<u8> Guest::run(State& s, const Code& code) {
    Registers& r = cpu.regs;
    r.gpr = s.gpr;
    r.gpr[RDI] = kData;
    r.gpr[RSP] = kStack;
    r.rflags = s.rflags | 2;
    r.rip = kCode;
    for (unsigned i = 0; i < 16; ++i) std::memcpy(&r.xmm[i], s.fx.data() + kXmmAt + 16 * i, 16);
    r.mxcsr = s.fxAt<u32>(kMxcsrAt);
    r.x87 = {};
    r.x87.control = s.fxAt<u16>(0);
    r.x87.status = s.fxAt<u16>(2);
    const u8 tags = s.fxAt<u8>(4);
    for (unsigned i = 0; i < 8; ++i) {
        Float80& f = r.x87.st[(i + (r.x87.status >> 11)) & 7];
        f.mantissa = s.fxAt<u64>(kStAt + 16 * i);
        f.signExponent = s.fxAt<u16>(kStAt + 16 * i + 8);
        if ((tags >> i) & 1) r.x87.tags = static_cast<u16>(r.x87.tags & ~(3 << (2 * i)));
    }
    ram.write(PhysAddr(kData), s.memory);
    ram.write(PhysAddr(kCode), code);
    cpu.codeChanged(frameOf(PhysAddr(kCode)));
    cpu.codeChanged(frameOf(PhysAddr(kData)));
    cpu.undefined.reset();
    RunLimits limits;
    limits.tick = cpu.tick + 1;
    cpu.run(ram, limits);
    std::optional<u8> vector;
    if (r.rip >= kHandlers && r.rip < kHandlers + 512) {
        vector = static_cast<u8>((r.rip - kHandlers) / 16);
    } else if (r.rip != kCode + code.size()) {
        vector = 0xff;  // an instruction of another length
    }
    s.gpr = r.gpr;
    s.gpr[RDI] = 0;
    s.rflags = r.rflags;
    for (unsigned i = 0; i < 16; ++i) std::memcpy(s.fx.data() + kXmmAt + 16 * i, &r.xmm[i], 16);
    s.setFx<u32>(kMxcsrAt, r.mxcsr);
    s.setFx<u16>(0, r.x87.control);
    s.setFx<u16>(2, r.x87.status);
    u8 full = 0;
    for (unsigned i = 0; i < 8; ++i) {
        const Float80& f = r.x87.st[(i + (r.x87.status >> 11)) & 7];
        s.setFx<u64>(kStAt + 16 * i, f.mantissa);
        s.setFx<u16>(kStAt + 16 * i + 8, f.signExponent);
        if (((r.x87.tags >> (2 * i)) & 3) != 3) full = static_cast<u8>(full | 1 << i);
    }
    s.setFx<u8>(4, full);
    ram.read(PhysAddr(kData), s.memory);
    return vector;
}

std::vector<Assembled> assembledBetween(const u8* begin, const u8* end) {
    std::vector<Assembled> all;
    while (begin != end) {
        const u8 length = *begin++;
        Assembled one;
        one.code.assign(begin, begin + length);
        one.text = reinterpret_cast<const char*>(begin + length);
        begin += length + one.text.size() + 1;
        all.push_back(std::move(one));
    }
    return all;
}

u64 Values::bits() {
    m_state ^= m_state << 13;
    m_state ^= m_state >> 7;
    m_state ^= m_state << 17;
    return m_state * 0x2545f4914f6cdd1d;
}

u64 Values::lane() {
    static constexpr u64 kDoubles[] = {0,
                                       0x8000000000000000,
                                       0x3ff0000000000000,
                                       0xbff0000000000000,
                                       0x4000000000000000,
                                       0x4340000000000000,
                                       0x41e0000000000000,
                                       0xc1e0000000200000,
                                       0x43e0000000000000,
                                       0x7fefffffffffffff,
                                       0x0010000000000000,
                                       0x000fffffffffffff,
                                       0x0000000000000001,
                                       0x7ff0000000000000,
                                       0xfff0000000000000,
                                       0x7ff8000000000000,
                                       0x7ff0000000000001,
                                       0x3fe0000000000000,
                                       0x4004000000000000};
    static constexpr u32 kFloats[] = {0,          0x80000000, 0x3f800000, 0xbf800000, 0x40200000, 0x4f000000,
                                      0xcf000001, 0x7f7fffff, 0x00800000, 0x007fffff, 0x00000001, 0x7f800000,
                                      0xff800000, 0x7fc00000, 0x7f800001, 0x3f000000, 0x4b800000};
    switch (below(6)) {
        case 0:
            return kDoubles[below(std::size(kDoubles))];
        case 1:
            return u64{kFloats[below(std::size(kFloats))]} << 32 | kFloats[below(std::size(kFloats))];
        case 2:
            return bits();
        case 3:  // a double near one, a float near one in each half
            return (bits() & 0x803fffff807fffff) | 0x3f8000003f800000;
        case 4:
            return (bits() & 0x800fffffffffffff) | u64{1023 - 30 + below(90)} << 52;
        default:
            return bits() & bits() & 0x00ff00ff0f0f00ff;  // bytes with zeros among them
    }
}

void Values::extended(u64& mantissa, u16& signExponent) {
    static constexpr u16 kExponents[] = {0, 1, 0x3fff, 0x4000, 0x3ffe, 0x403e, 0x7ffe, 0x7fff, 0x3c00, 0x43ff, 0x3fbf};
    static constexpr u64 kMantissas[] = {0,
                                         0x8000000000000000,
                                         0xc000000000000000,
                                         0xa000000000000000,
                                         0xffffffffffffffff,
                                         0x8000000000000001,
                                         0x4000000000000000,
                                         1};
    const u16 sign = below(2) ? 0x8000 : 0;
    switch (below(4)) {
        case 0:
            mantissa = kMantissas[below(std::size(kMantissas))];
            signExponent = sign | kExponents[below(std::size(kExponents))];
            break;
        case 1:
            mantissa = bits();
            signExponent = static_cast<u16>(bits());
            break;
        default:
            mantissa = bits() | u64{1} << 63;
            signExponent = static_cast<u16>(sign | (0x3fff - 8 + below(40)));
    }
}

State Values::state() {
    State s;
    for (u64& r : s.gpr) r = below(2) ? lane() : bits() >> below(64);
    s.gpr[RDI] = 0;
    s.rflags = 2 | (bits() & flag::kStatus);
    for (unsigned i = 0; i < 32; ++i) s.setFx(kXmmAt + 8 * i, lane());
    s.setFx<u32>(kMxcsrAt, 0x1f80 | (bits() & 0x3f) | (below(2) ? bits() & 0xe040 : 0));
    for (unsigned i = 0; i < 8; ++i) {
        u64 mantissa = 0;
        u16 signExponent = 0;
        extended(mantissa, signExponent);
        s.setFx(kStAt + 16 * i, mantissa);
        s.setFx(kStAt + 16 * i + 8, signExponent);
    }
    static constexpr u16 kPrecisions[] = {0x300, 0x300, 0x200, 0};
    s.setFx<u16>(0, static_cast<u16>(0x7f | kPrecisions[below(4)] | (below(2) ? bits() & 0xc00 : 0)));
    s.setFx<u16>(2, bits() & 0x7f7f);
    s.setFx<u8>(4, static_cast<u8>(below(3) ? 0xff : bits()));
    for (unsigned i = 0; i < s.memory.size(); i += 8) {
        const u64 value = lane();
        std::memcpy(s.memory.data() + i, &value, 8);
    }
    return s;
}

std::string hex(std::span<const u8> bytes) {
    std::string text;
    for (u8 b : bytes) text += fmt::format("{:02x}", b);
    return text;
}

std::string difference(const State& native, const State& guest, u64 flagsMask) {
    for (unsigned i = 0; i < 16; ++i)
        if (i != RSP && i != R14 && i != R15 && i != RDI && native.gpr[i] != guest.gpr[i])
            return fmt::format("register {}: native {:016x} guest {:016x}", i, native.gpr[i], guest.gpr[i]);
    if ((native.rflags ^ guest.rflags) & flagsMask)
        return fmt::format("rflags: native {:x} guest {:x}", native.rflags & flagsMask, guest.rflags & flagsMask);
    for (unsigned i = 0; i < 16; ++i) {
        const std::span n = std::span(native.fx).subspan(kXmmAt + 16 * i, 16);
        const std::span g = std::span(guest.fx).subspan(kXmmAt + 16 * i, 16);
        if (!std::ranges::equal(n, g)) return fmt::format("xmm{}: native {} guest {}", i, hex(n), hex(g));
    }
    for (unsigned i = 0; i < 8; ++i) {
        const std::span n = std::span(native.fx).subspan(kStAt + 16 * i, 10);
        const std::span g = std::span(guest.fx).subspan(kStAt + 16 * i, 10);
        if (!std::ranges::equal(n, g)) return fmt::format("st{}: native {} guest {}", i, hex(n), hex(g));
    }
    const auto word = [&](const char* name, unsigned at, u32 mask) -> std::string {
        const u32 n = native.fxAt<u32>(at) & mask, g = guest.fxAt<u32>(at) & mask;
        return n == g ? "" : fmt::format("{}: native {:x} guest {:x}", name, n, g);
    };
    for (const std::string& text :
         {word("mxcsr", kMxcsrAt, ~0u), word("x87 control and status", 0, ~0u), word("x87 tags", 4, 0xff)})
        if (!text.empty()) return text;
    for (unsigned i = 0; i < native.memory.size(); ++i)
        if (native.memory[i] != guest.memory[i])
            return fmt::format("memory+{}: native {:02x} guest {:02x}", i, native.memory[i], guest.memory[i]);
    return {};
}

}  // namespace ringside::test
