#include "core/cpu/insn/x87_host.h"

#include <cstring>

#include "core/base/check.h"

// One two-byte instruction and RET for every ModRM of the eight escape opcodes; memory forms address [rax]. The control
// instructions among them are never called.
asm(R"(
    .pushsection .text
    .balign 16
ringside_x87_memory_forms:
    .set ringside_i, 0
    .rept 64
    .byte 0xd8 + (ringside_i >> 3), (ringside_i & 7) << 3, 0xc3, 0xcc
    .set ringside_i, ringside_i + 1
    .endr
ringside_x87_register_forms:
    .set ringside_i, 0
    .rept 512
    .byte 0xd8 + (ringside_i >> 6), 0xc0 + (ringside_i & 63), 0xc3, 0xcc
    .set ringside_i, ringside_i + 1
    .endr
    .globl ringside_x87_memory_forms, ringside_x87_register_forms
    .hidden ringside_x87_memory_forms, ringside_x87_register_forms

    .globl ringside_x87_run
    .hidden ringside_x87_run
    .type ringside_x87_run, @function
ringside_x87_run:
    frstor (%rdi)
    movq %rdx, %rax
    pushq %rcx
    popfq
    call *%rsi
    pushfq
    popq %rax
    fnsave (%rdi)
    ret
    .size ringside_x87_run, . - ringside_x87_run
    .popsection
)");

namespace ringside {

namespace {

// What FNSAVE writes in 64-bit mode, SDM vol. 1 figure 8-9.
struct Image {
    u32 control, status, tags, ip, csOpcode, dp, ds;
    u8 st[8][10];
};
static_assert(sizeof(Image) == 108);

extern "C" {
extern const u8 ringside_x87_memory_forms[];
extern const u8 ringside_x87_register_forms[];
// Loads `image`, calls `code` with RAX = operand and the given RFLAGS, saves `image`, returns RFLAGS. Leaves the host's
// unit as FNINIT does, which is what the ABI wants.
u64 ringside_x87_run(Image* image, const u8* code, void* operand, u64 rflags);
}

u64 runOnHost(X87& s, const u8* code, void* operand, u64 rflags) {
    CHECK(x87::unmasked(s) == 0);  // the host would take it as its own exception
    Image image{};
    image.control = s.control;
    image.status = s.status;
    image.tags = s.tags;
    for (unsigned i = 0; i < 8; ++i) {
        const Float80& r = s.st[(x87::top(s) + i) & 7];
        std::memcpy(image.st[i], &r.mantissa, 8);
        std::memcpy(image.st[i] + 8, &r.signExponent, 2);
    }
    const u64 after = ringside_x87_run(&image, code, operand, (rflags & flag::kStatus) | flag::kAlwaysOne | flag::IF);
    s.control = static_cast<u16>(image.control);
    s.status = static_cast<u16>(image.status);
    s.tags = static_cast<u16>(image.tags);
    for (unsigned i = 0; i < 8; ++i) {
        Float80& r = s.st[(x87::top(s) + i) & 7];
        std::memcpy(&r.mantissa, image.st[i], 8);
        std::memcpy(&r.signExponent, image.st[i] + 8, 2);
    }
    return (rflags & ~flag::kStatus) | (after & flag::kStatus);
}

}  // namespace

void x87Register(X87& state, unsigned escape, u8 modrm, u64& rflags) {
    rflags = runOnHost(state, ringside_x87_register_forms + 4 * (64 * escape + (modrm - 0xc0)), nullptr, rflags);
}

void x87Memory(X87& state, unsigned escape, unsigned reg, void* operand) {
    runOnHost(state, ringside_x87_memory_forms + 4 * (8 * escape + reg), operand, 0);
}

namespace x87 {

void updateSummary(X87& s) {
    s.status = static_cast<u16>(s.status & ~(kErrorSummary | kBusy));
    if (unmasked(s)) s.status |= kErrorSummary | kBusy;
}

u16 tagOf(const Float80& value) {
    const unsigned exponent = value.signExponent & 0x7fff;
    if (exponent == 0 && value.mantissa == 0) return 1;
    return exponent != 0 && exponent != 0x7fff && (value.mantissa >> 63) ? 0 : 2;
}

u16 tagsFor(const std::array<Float80, 8>& st, u8 notEmpty) {
    unsigned tags = 0;
    for (unsigned i = 0; i < 8; ++i) tags |= ((notEmpty >> i) & 1 ? tagOf(st[i]) : 3u) << (2 * i);
    return static_cast<u16>(tags);
}

u8 notEmptyMask(u16 tags) {
    unsigned mask = 0;
    for (unsigned i = 0; i < 8; ++i)
        if (((tags >> (2 * i)) & 3) != 3) mask |= 1u << i;
    return static_cast<u8>(mask);
}

void setControl(X87& s, u16 control) {
    s.control = static_cast<u16>((control & 0x1f3f) | 0x40);  // bit 6 reads as one
    updateSummary(s);
}

void init(X87& s) {
    s.control = 0x37f;
    s.status = 0;
    s.tags = 0xffff;
    s.opcode = 0;
    s.lastIp = s.lastDp = 0;
}

}  // namespace x87
}  // namespace ringside
