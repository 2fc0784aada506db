# The smallest program that does something: two system calls and no library.
# Watch RAX choose the call, RDI, RSI and RDX carry its arguments, and SYSCALL enter the kernel.
        .globl  _start
        .text
_start:
        mov     $1, %eax                # write(
        mov     $1, %edi                #   standard output,
        lea     message(%rip), %rsi     #   the bytes,
        mov     $length, %edx           #   how many)
        syscall
        mov     $60, %eax               # exit(
        xor     %edi, %edi              #   0)
        syscall

        .section .rodata
message:
        .ascii  "Hello from ring 3\n"
        length = . - message
        .section .note.GNU-stack, "", @progbits
