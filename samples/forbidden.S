# HLT is for the kernel: in ring 3 the CPU refuses with #GP, and the kernel sends SIGSEGV.
        .globl  _start
        .text
_start:
        mov     $1, %eax
        mov     $1, %edi
        lea     message(%rip), %rsi
        mov     $length, %edx
        syscall
        hlt                             # never gets further
        mov     $60, %eax
        xor     %edi, %edi
        syscall

        .section .rodata
message:
        .ascii  "now I stop the computer\n"
        length = . - message
        .section .note.GNU-stack, "", @progbits
