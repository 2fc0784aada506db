# The old way into the kernel: INT 0x80 goes through the interrupt table and takes the 32-bit numbers and registers.
        .globl  _start
        .text
_start:
        mov     $4, %eax                # write is 4 here, not 1
        mov     $1, %ebx
        mov     $message, %ecx          # only 32 bits of address: the program must lie low
        mov     $length, %edx
        int     $0x80
        mov     $1, %eax                # exit is 1, not 60
        xor     %ebx, %ebx
        int     $0x80

        .section .rodata
message:
        .ascii  "through the interrupt gate\n"
        length = . - message
        .section .note.GNU-stack, "", @progbits
