# Files of the built-in root: our init, and what was on the machine that built this: busybox, and the dynamic loader with its two
# libraries. A file that was not there has length 0.
        .section .rodata
        .balign 16
        .macro  embed name, path
        .globl  ringside_\name, ringside_\name\()_end
ringside_\name:
        .ifnc   "\path", ""
        .incbin "\path"
        .endif
ringside_\name\()_end:
        .byte   0
        .balign 16
        .endm

        embed   busybox, EMBED_BUSYBOX
        embed   init, EMBED_INIT
        embed   loader, EMBED_LOADER
        embed   libc, EMBED_LIBC
        embed   libm, EMBED_LIBM
        .section .note.GNU-stack, "", @progbits
