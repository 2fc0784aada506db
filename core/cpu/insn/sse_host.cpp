#include "core/cpu/insn/sse_host.h"

#include "core/cpu/exec.h"

// Immediates are part of the instruction: the code of every value is laid down here, eight bytes each.
#define RINGSIDE_EMIT(name, count)          \
    asm(".pushsection .text\n"              \
        ".balign 16\n"                      \
        ".globl ringside_sse_" #name        \
        "\n"                                \
        ".hidden ringside_sse_" #name       \
        "\n"                                \
        "ringside_sse_" #name               \
        ":\n"                               \
        ".set ringside_i, 0\n"              \
        ".rept " #count "\n" #name          \
        " $ringside_i, %xmm1, %xmm0\n"      \
        "ret\n"                             \
        ".balign 8\n"                       \
        ".set ringside_i, ringside_i + 1\n" \
        ".endr\n"                           \
        ".popsection\n");
namespace ringside::sse {
RINGSIDE_SSE_TABLES(RINGSIDE_EMIT)
RINGSIDE_EMIT(pcmpestrm, 128)
RINGSIDE_EMIT(pcmpestri, 128)
RINGSIDE_EMIT(pcmpistrm, 128)
RINGSIDE_EMIT(pcmpistri, 128)

asm(R"(
    .pushsection .text
    .globl ringside_sse_compare_strings
    .hidden ringside_sse_compare_strings
    .type ringside_sse_compare_strings, @function
ringside_sse_compare_strings:
    movq %rdx, %r8
    movq %rcx, %r9
    movl %edi, %eax
    movl %esi, %edx
    call *%r9
    pushfq
    popq %rax
    movups %xmm0, (%r8)
    shlq $32, %rcx
    orq %rcx, %rax
    ret
    .size ringside_sse_compare_strings, . - ringside_sse_compare_strings
    .popsection
)");

namespace {
extern "C" {
extern const u8 ringside_sse_pcmpestrm[];
extern const u8 ringside_sse_pcmpestri[];
extern const u8 ringside_sse_pcmpistrm[];
extern const u8 ringside_sse_pcmpistri[];
u64 ringside_sse_compare_strings(u32 lengthA, u32 lengthB, V* mask, const u8* code, V a, V b);
}
}  // namespace

u64 compareStrings(StringCompare kind, u8 immediate, V a, V b, u32 lengthA, u32 lengthB, V& mask) {
    static const u8* const kTables[] = {ringside_sse_pcmpestrm, ringside_sse_pcmpestri, ringside_sse_pcmpistrm,
                                        ringside_sse_pcmpistri};
    const u8* code = kTables[static_cast<unsigned>(kind)] + 8 * (immediate & 127);
    return ringside_sse_compare_strings(lengthA, lengthB, &mask, code, a, b);
}

}  // namespace ringside::sse

namespace ringside {

void Exec::takeMxcsr() {
    regs.mxcsr |= sse::hostMxcsr() & sse::kMxcsrFlags;
    mxcsrLive = false;
}

}  // namespace ringside
