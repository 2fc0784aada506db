// What instructions do, in a sentence (SDM vol. 2, in our words).
#include <QHash>

#include "widgets/canvas/words.h"
#include "widgets/disassembly/disassembly.h"

#define T(text) QT_TRANSLATE_NOOP("ringside::Words", text)

namespace ringside {
namespace {

struct Row {
    const char* mnemonic;
    const char* what;
};
constexpr Row kRows[] = {
    {"mov", T("copies the second operand into the first")},
    {"movabs", T("copies a 64-bit constant into a register")},
    {"movzx", T("copies a smaller value and fills the upper bits with zeros")},
    {"movsx", T("copies a smaller signed value and repeats its sign bit")},
    {"movsxd", T("copies a 32-bit signed value and repeats its sign bit")},
    {"lea", T("computes the address and keeps it; memory is not touched")},
    {"push", T("makes RSP smaller by 8 and stores the operand there")},
    {"pop", T("loads what RSP points at and makes RSP larger by 8")},
    {"call", T("pushes the address of the next instruction and jumps")},
    {"ret", T("pops an address from the stack and jumps there")},
    {"leave", T("RSP = RBP, then pops RBP: gives the function's frame back")},
    {"enter", T("makes a stack frame: pushes RBP and reserves room")},
    {"jmp", T("goes on at the target")},
    {"je", T("jumps if ZF is set: the compared values were equal, the result was zero")},
    {"jne", T("jumps if ZF is clear: the compared values differed, the result was not zero")},
    {"ja", T("jumps if above, unsigned: CF and ZF are clear")},
    {"jae", T("jumps if above or equal, unsigned: CF is clear")},
    {"jb", T("jumps if below, unsigned: CF is set")},
    {"jbe", T("jumps if below or equal, unsigned: CF or ZF is set")},
    {"jg", T("jumps if greater, signed: ZF is clear and SF equals OF")},
    {"jge", T("jumps if greater or equal, signed: SF equals OF")},
    {"jl", T("jumps if less, signed: SF differs from OF")},
    {"jle", T("jumps if less or equal, signed: ZF is set or SF differs from OF")},
    {"js", T("jumps if the sign flag is set")},
    {"jns", T("jumps if the sign flag is clear")},
    {"jo", T("jumps if the overflow flag is set")},
    {"jno", T("jumps if the overflow flag is clear")},
    {"jp", T("jumps if the parity flag is set")},
    {"jnp", T("jumps if the parity flag is clear")},
    {"jrcxz", T("jumps if RCX is zero")},
    {"loop", T("makes RCX smaller by 1 and jumps unless it became zero")},
    {"add", T("adds the second operand to the first and sets the flags")},
    {"adc", T("adds the second operand and the carry flag to the first")},
    {"sub", T("subtracts the second operand from the first and sets the flags")},
    {"sbb", T("subtracts the second operand and the carry flag from the first")},
    {"inc", T("adds 1 and leaves the carry flag alone")},
    {"dec", T("subtracts 1 and leaves the carry flag alone")},
    {"neg", T("changes the sign")},
    {"not", T("turns every bit around")},
    {"and", T("keeps the bits that are set in both operands")},
    {"or", T("sets the bits that are set in either operand")},
    {"xor", T("keeps the bits that differ; of a register with itself: zero")},
    {"test", T("ANDs the operands, keeps only the flags")},
    {"cmp", T("subtracts the second operand from the first, keeps only the flags")},
    {"mul", T("multiplies unsigned; the result is twice as wide, in RDX and RAX")},
    {"imul", T("multiplies signed numbers")},
    {"div", T("divides RDX:RAX unsigned; the quotient goes to RAX, the rest to RDX")},
    {"idiv", T("divides RDX:RAX signed; the quotient goes to RAX, the rest to RDX")},
    {"shl", T("shifts left; zeros come in at the right")},
    {"shr", T("shifts right; zeros come in at the left")},
    {"sar", T("shifts right and repeats the sign bit")},
    {"rol", T("rotates left")},
    {"ror", T("rotates right")},
    {"cdq", T("fills EDX with the sign of EAX, before a division")},
    {"cqo", T("fills RDX with the sign of RAX, before a division")},
    {"cdqe", T("widens EAX to RAX with its sign")},
    {"cwde", T("widens AX to EAX with its sign")},
    {"xchg", T("exchanges the operands")},
    {"cmpxchg", T("compares RAX with the first operand; when equal, stores the second there")},
    {"xadd", T("exchanges the operands and stores their sum in the first")},
    {"bt", T("copies one bit into the carry flag")},
    {"bts", T("copies one bit into the carry flag and sets it")},
    {"btr", T("copies one bit into the carry flag and clears it")},
    {"bsf", T("finds the lowest set bit")},
    {"bsr", T("finds the highest set bit")},
    {"tzcnt", T("counts the zeros at the right")},
    {"bswap", T("turns the byte order around")},
    {"nop", T("does nothing")},
    {"endbr64", T("marks a place where an indirect jump may land; otherwise does nothing")},
    {"syscall", T("enters the kernel: RCX = next RIP, R11 = RFLAGS, RIP = LSTAR, ring 0")},
    {"sysret", T("leaves the kernel: RIP = RCX, RFLAGS = R11, ring 3")},
    {"sysretq", T("leaves the kernel: RIP = RCX, RFLAGS = R11, ring 3")},
    {"int", T("raises a software interrupt through the IDT")},
    {"int3", T("a breakpoint: raises #BP")},
    {"iretq", T("pops RIP, CS, RFLAGS, RSP and SS: the way back from an interrupt")},
    {"swapgs", T("exchanges the GS base with KERNEL_GS_BASE: user and kernel data")},
    {"hlt", T("stops the CPU until an interrupt comes; only in ring 0")},
    {"cli", T("clears IF: interrupts wait; only in ring 0")},
    {"sti", T("sets IF: interrupts are taken; only in ring 0")},
    {"cld", T("clears DF: string instructions go upwards")},
    {"std", T("sets DF: string instructions go downwards")},
    {"vmcall", T("here: hands over to the kernel model, with a service number in EAX")},
    {"cpuid", T("says what the CPU can do; EAX chooses the question")},
    {"rdtsc", T("reads the cycle counter into EDX and EAX")},
    {"rdmsr", T("reads the model-specific register that ECX names")},
    {"wrmsr", T("writes the model-specific register that ECX names")},
    {"lgdt", T("says where the segment descriptors lie")},
    {"lidt", T("says where the interrupt gates lie")},
    {"ltr", T("loads the task register")},
    {"invlpg", T("drops one page from the TLB")},
    {"ud2", T("is undefined on purpose: raises #UD")},
    {"stosb", T("stores AL at RDI and moves RDI on")},
    {"stosd", T("stores EAX at RDI and moves RDI on")},
    {"stosq", T("stores RAX at RDI and moves RDI on")},
    {"movsb", T("copies a byte from RSI to RDI and moves both on")},
    {"movsq", T("copies 8 bytes from RSI to RDI and moves both on")},
    {"scasb", T("compares AL with the byte at RDI and moves RDI on")},
    {"movaps", T("copies 128 aligned bits")},
    {"movups", T("copies 128 bits")},
    {"movdqa", T("copies 128 aligned bits")},
    {"movdqu", T("copies 128 bits")},
    {"movss", T("copies one float")},
    {"movsd", T("copies one double")},
    {"movq", T("copies 64 bits")},
    {"movd", T("copies 32 bits")},
    {"addsd", T("adds doubles")},
    {"subsd", T("subtracts doubles")},
    {"mulsd", T("multiplies doubles")},
    {"divsd", T("divides doubles")},
    {"addss", T("adds floats")},
    {"mulss", T("multiplies floats")},
    {"cvtsi2sd", T("makes a double of an integer")},
    {"cvttsd2si", T("makes an integer of a double, cutting off")},
    {"pxor", T("XORs 128 bits; of a register with itself: zero")},
    {"punpcklqdq", T("joins two lower halves")},
};

}  // namespace

QString mnemonicSentence(const QString& mnemonic) {
    QString name = mnemonic.section(' ', -1);
    for (const Row& row : kRows)
        if (name == row.mnemonic) {
            QString what = Words::tr(row.what);
            if (mnemonic.startsWith("rep")) return Words::tr("%1; repeated RCX times").arg(what);
            if (mnemonic.startsWith("lock")) return Words::tr("%1; no other CPU can come between").arg(what);
            return what;
        }
    if (name.startsWith("cmov")) return Words::tr("copies only if the condition of its name holds");
    if (name.startsWith("set")) return Words::tr("stores 1 if the condition of its name holds, else 0");
    return {};
}

}  // namespace ringside
