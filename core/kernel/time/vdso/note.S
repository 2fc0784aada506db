// The note by which programs know what kernel this is (Linux 6.1 arch/x86/entry/vdso/note.S): version 6.1.0.
    .section .note, "a", @note
    .balign 4
    .long 6, 4, 0
    .asciz "Linux"
    .balign 4
    .long 6 << 16 | 1 << 8
    .section .note.GNU-stack, "", @progbits
