// The kernel's own machine code: the way in, the way out and the switch of stacks, executed by the simulated CPU in
// ring 0. Where Linux would call C it executes VMCALL with a service number in EAX (service_numbers.h).
// After Linux 6.1 arch/x86/entry/entry_64.S, kernel/head_64.S, entry/calling.h.

#include "core/kernel/entry/service_numbers.h"

// Offsets in struct pt_regs
#define R15 0
#define R14 8
#define R13 16
#define R12 24
#define RBP 32
#define RBX 40
#define R11 48
#define R10 56
#define R9 64
#define R8 72
#define RAX 80
#define RCX 88
#define RDX 96
#define RSI 104
#define RDI 112
#define ORIG_RAX 120
#define RIP 128
#define CS 136
#define EFLAGS 144
#define RSP 152
#define SS 160
#define PT_REGS_SIZE 168

#define KERNEL_CS 0x10
#define KERNEL_DS 0x18
#define USER_DS 0x2b
#define USER_CS 0x33
#define TSS_SELECTOR 0x40

#define MSR_EFER 0xc0000080
#define MSR_STAR 0xc0000081
#define MSR_LSTAR 0xc0000082
#define MSR_CSTAR 0xc0000083
#define MSR_SYSCALL_MASK 0xc0000084
#define MSR_GS_BASE 0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102

// Per-CPU area, at GS in the kernel
#define PCPU_TOP_OF_STACK 0
#define PCPU_USER_RSP 8

.macro VMSERVICE number
    movl $\number, %eax
    vmcall
.endm

.macro FUNCTION name
    .globl \name
    .type \name, @function
    .balign 16
\name:
.endm
.macro ENDFUNCTION name
    .size \name, . - \name
.endm

// rdi is on the stack already (or pushed first by the caller); rax is what pt_regs.rax shall begin as.
.macro PUSH_AND_CLEAR_REGS_AFTER_RDI rax=%rax
    pushq %rsi
    pushq %rdx
    pushq %rcx
    pushq \rax
    pushq %r8
    pushq %r9
    pushq %r10
    pushq %r11
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
.endm

.macro CLEAR_REGS
    xorl %esi, %esi
    xorl %edx, %edx
    xorl %ecx, %ecx
    xorl %r8d, %r8d
    xorl %r9d, %r9d
    xorl %r10d, %r10d
    xorl %r11d, %r11d
    xorl %ebx, %ebx
    xorl %ebp, %ebp
    xorl %r12d, %r12d
    xorl %r13d, %r13d
    xorl %r14d, %r14d
    xorl %r15d, %r15d
.endm

    .section .head.text, "ax"

// The boot loader jumps here, at the physical address, in 64-bit mode with the first GiB mapped onto itself.
FUNCTION startup_64
    VMSERVICE SVC_STARTUP_64
    movq %rax, %cr3
    movq $secondary_startup_64, %rax
    jmpq *%rax
ENDFUNCTION startup_64

    .text

FUNCTION secondary_startup_64
    leaq init_stack_end(%rip), %rsp
    lgdt gdt_descriptor(%rip)
    movl $KERNEL_DS, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    xorl %eax, %eax
    movl %eax, %fs
    movl %eax, %gs
    pushq $KERNEL_CS
    leaq 1f(%rip), %rax
    pushq %rax
    lretq
1:
    // The per-CPU area
    movl $MSR_GS_BASE, %ecx
    leaq cpu_area(%rip), %rax
    movq %rax, %rdx
    shrq $32, %rdx
    wrmsr
    leaq init_stack_end(%rip), %rax
    movq %rax, %gs:PCPU_TOP_OF_STACK
    // trap_init
    VMSERVICE SVC_TRAP_INIT
    lidt idt_descriptor(%rip)
    movl $TSS_SELECTOR, %eax
    ltr %ax
    call syscall_init
    VMSERVICE SVC_START_KERNEL
    VMSERVICE SVC_REST_INIT
    jmp cpu_startup_entry
ENDFUNCTION secondary_startup_64

FUNCTION syscall_init
    movl $MSR_EFER, %ecx
    rdmsr
    orl $1, %eax
    wrmsr
    movl $MSR_STAR, %ecx
    xorl %eax, %eax
    movl $0x00230010, %edx
    wrmsr
    movl $MSR_LSTAR, %ecx
    leaq entry_SYSCALL_64(%rip), %rax
    movq %rax, %rdx
    shrq $32, %rdx
    wrmsr
    movl $MSR_CSTAR, %ecx
    leaq entry_SYSCALL_compat(%rip), %rax
    movq %rax, %rdx
    shrq $32, %rdx
    wrmsr
    // CF PF AF ZF SF TF IF DF OF IOPL NT RF AC ID
    movl $MSR_SYSCALL_MASK, %ecx
    movl $0x257fd5, %eax
    xorl %edx, %edx
    wrmsr
    ret
ENDFUNCTION syscall_init

FUNCTION entry_SYSCALL_64
    swapgs
    movq %rsp, %gs:PCPU_USER_RSP
    movq %gs:PCPU_TOP_OF_STACK, %rsp
    pushq $USER_DS
    pushq %gs:PCPU_USER_RSP
    pushq %r11
    pushq $USER_CS
    pushq %rcx
    pushq %rax
    pushq %rdi
    PUSH_AND_CLEAR_REGS_AFTER_RDI rax=$-38
    CLEAR_REGS
do_syscall_64:
    VMSERVICE SVC_SYSCALL
    testl %eax, %eax
    jz syscall_exit_to_user_mode
    cmpl $2, %eax
    je do_syscall_64
    call context_switch
    jmp do_syscall_64

syscall_exit_to_user_mode:
    VMSERVICE SVC_EXIT_TO_USER
    testl %eax, %eax
    jz 1f
    cmpl $2, %eax
    je syscall_exit_to_user_mode
    call context_switch
    jmp syscall_exit_to_user_mode
1:
    // SYSRET can only return to what SYSCALL would have saved; everything else goes the long way.
    movq RCX(%rsp), %rcx
    movq RIP(%rsp), %r11
    cmpq %rcx, %r11
    jne swapgs_restore_regs_and_return_to_usermode
    shlq $16, %rcx
    sarq $16, %rcx
    cmpq %rcx, %r11
    jne swapgs_restore_regs_and_return_to_usermode
    cmpq $USER_CS, CS(%rsp)
    jne swapgs_restore_regs_and_return_to_usermode
    movq R11(%rsp), %r11
    cmpq %r11, EFLAGS(%rsp)
    jne swapgs_restore_regs_and_return_to_usermode
    testq $0x10100, %r11
    jnz swapgs_restore_regs_and_return_to_usermode
    cmpq $USER_DS, SS(%rsp)
    jne swapgs_restore_regs_and_return_to_usermode
syscall_return_via_sysret:
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    popq %rsi
    popq %r10
    popq %r9
    popq %r8
    popq %rax
    popq %rsi
    popq %rdx
    popq %rsi
    popq %rdi
    movq RSP-ORIG_RAX(%rsp), %rsp
    swapgs
    sysretq
ENDFUNCTION entry_SYSCALL_64

// 32-bit code can not be started, so nobody comes here by right.
FUNCTION entry_SYSCALL_compat
    movl $-38, %eax
    sysretl
ENDFUNCTION entry_SYSCALL_compat

// Called by every exception and interrupt stub, with the error code (or -1) pushed. Leaves pt_regs on the stack.
FUNCTION error_entry
    pushq %rsi
    movq 8(%rsp), %rsi
    movq %rdi, 8(%rsp)
    // rsi is on the stack now, in the place where the macro would push it
    pushq %rdx
    pushq %rcx
    pushq %rax
    pushq %r8
    pushq %r9
    pushq %r10
    pushq %r11
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    pushq %rsi
    CLEAR_REGS
    testb $3, CS+8(%rsp)
    jz 1f
    swapgs
1:
    ret
ENDFUNCTION error_entry

FUNCTION error_return
    testb $3, CS(%rsp)
    jz restore_regs_and_return_to_kernel
    VMSERVICE SVC_EXIT_TO_USER
    testl %eax, %eax
    jz swapgs_restore_regs_and_return_to_usermode
    cmpl $2, %eax
    je error_return
    call context_switch
    jmp error_return
ENDFUNCTION error_return

.macro POP_REGS
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    popq %r11
    popq %r10
    popq %r9
    popq %r8
    popq %rax
    popq %rcx
    popq %rdx
    popq %rsi
    popq %rdi
.endm

FUNCTION swapgs_restore_regs_and_return_to_usermode
    POP_REGS
    addq $8, %rsp
    swapgs
    .globl native_iret
native_iret:
    iretq
ENDFUNCTION swapgs_restore_regs_and_return_to_usermode

FUNCTION restore_regs_and_return_to_kernel
    POP_REGS
    addq $8, %rsp
    iretq
ENDFUNCTION restore_regs_and_return_to_kernel

.macro IDTENTRY vector name has_error=0
FUNCTION asm_\name
    .if \has_error == 0
    pushq $-1
    .endif
    cld
    call error_entry
    movl $\vector, %edi
    VMSERVICE SVC_TRAP
    jmp error_return
ENDFUNCTION asm_\name
.endm

    IDTENTRY 0 exc_divide_error
    IDTENTRY 1 exc_debug
    IDTENTRY 2 exc_nmi
    IDTENTRY 3 exc_int3
    IDTENTRY 4 exc_overflow
    IDTENTRY 5 exc_bounds
    IDTENTRY 6 exc_invalid_op
    IDTENTRY 7 exc_device_not_available
    IDTENTRY 8 exc_double_fault 1
    IDTENTRY 9 exc_coproc_segment_overrun
    IDTENTRY 10 exc_invalid_tss 1
    IDTENTRY 11 exc_segment_not_present 1
    IDTENTRY 12 exc_stack_segment 1
    IDTENTRY 13 exc_general_protection 1
    IDTENTRY 14 exc_page_fault 1
    IDTENTRY 15 spurious_interrupt_bug
    IDTENTRY 16 exc_coprocessor_error
    IDTENTRY 17 exc_alignment_check 1
    IDTENTRY 18 exc_machine_check
    IDTENTRY 19 exc_simd_coprocessor_error

FUNCTION asm_sysvec_apic_timer_interrupt
    pushq $-1
    cld
    call error_entry
    movl $0xec, %edi
    VMSERVICE SVC_IRQ
    jmp error_return
ENDFUNCTION asm_sysvec_apic_timer_interrupt

// One 16-byte stub for each vector from 32 on.
    .globl irq_entries_start
    .balign 16
irq_entries_start:
    vector = 32
    .rept 224
    .balign 16
    pushq $vector
    jmp asm_common_interrupt
    vector = vector + 1
    .endr

FUNCTION asm_common_interrupt
    cld
    call error_entry
    movl ORIG_RAX(%rsp), %edi
    movq $-1, ORIG_RAX(%rsp)
    VMSERVICE SVC_IRQ
    jmp error_return
ENDFUNCTION asm_common_interrupt

// int $0x80: the 32-bit system call gate, which 64-bit code may use as well.
FUNCTION entry_INT80_compat
    movl %eax, %eax
    pushq %rax
    cld
    call error_entry
    movq $-38, RAX(%rsp)
do_int80_syscall_32:
    VMSERVICE SVC_INT80
    testl %eax, %eax
    jz error_return
    cmpl $2, %eax
    je do_int80_syscall_32
    call context_switch
    jmp do_int80_syscall_32
ENDFUNCTION entry_INT80_compat

// RDI, RSI: where the stack pointers of the previous and the next task are kept; RDX: new CR3 or 0; RCX: id of the
// previous task. Returns when the task that called it is switched to again.
FUNCTION context_switch
    testq %rdx, %rdx
    jz 1f
    movq %rdx, %cr3
1:
    call __switch_to_asm
    VMSERVICE SVC_FINISH_SWITCH
    ret
ENDFUNCTION context_switch

FUNCTION __switch_to_asm
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq (%rsi), %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
ENDFUNCTION __switch_to_asm

// A new task's first instruction. RBX: function of a kernel thread, or 0 for a child that goes to user mode.
FUNCTION ret_from_fork
    VMSERVICE SVC_SCHEDULE_TAIL
    testq %rbx, %rbx
    jnz 1f
    jmp syscall_exit_to_user_mode
1:
    movq %r12, %rdi
    call *%rbx
    // Only kernel_init comes back, after execve has filled pt_regs.
    jmp syscall_exit_to_user_mode
ENDFUNCTION ret_from_fork

FUNCTION kernel_init
    VMSERVICE SVC_KERNEL_INIT
    ret
ENDFUNCTION kernel_init

FUNCTION kthread
    VMSERVICE SVC_KTHREAD
    cmpl $1, %eax
    jne kthread
    call context_switch
    jmp kthread
ENDFUNCTION kthread

FUNCTION cpu_startup_entry
    VMSERVICE SVC_IDLE
    testl %eax, %eax
    jz default_idle
    call context_switch
    jmp cpu_startup_entry
    .globl default_idle
default_idle:
    sti
    hlt
    cli
    jmp cpu_startup_entry
ENDFUNCTION cpu_startup_entry

    .data
    .balign 16
    .globl gdt_page
gdt_page:
    .quad 0
    .quad 0x00cf9b000000ffff // 0x08 kernel 32-bit code
    .quad 0x00af9b000000ffff // 0x10 kernel code
    .quad 0x00cf93000000ffff // 0x18 kernel data
    .quad 0x00cffb000000ffff // 0x20 user 32-bit code
    .quad 0x00cff3000000ffff // 0x28 user data
    .quad 0x00affb000000ffff // 0x30 user code
    .quad 0
    .quad 0, 0               // 0x40 TSS, written by trap_init
    .fill 5, 8, 0
    .quad 0x0000f50000000000 // 0x78 the number of the CPU is its limit (GDT_ENTRY_CPUNODE)
gdt_end:
    .balign 16
gdt_descriptor:
    .word gdt_end - gdt_page - 1
    .quad gdt_page
    .balign 16
idt_descriptor:
    .word 256 * 16 - 1
    .quad idt_table

    // What user space may see: the data of the clock, and the vDSO (core/kernel/time/vdso).
    .balign 4096
    .globl __vvar_page, vdso_image_64, vdso_image_64_end
__vvar_page:
    .fill 4096, 1, 0
vdso_image_64:
    .incbin "vdso64.so"
vdso_image_64_end:
    .org vdso_image_64 + 0x2000 // as large as Linux's

    .bss
    .balign 4096
    .globl idt_table, cpu_area, cpu_tss, init_stack, init_stack_end, df_stack_end
idt_table:
    .fill 4096, 1, 0
cpu_area:
    .fill 64, 1, 0
    .balign 64
cpu_tss:
    .fill 128, 1, 0
    .balign 4096
init_stack:
    .fill 16384, 1, 0
init_stack_end:
df_stack:
    .fill 4096, 1, 0
df_stack_end:

    .section .note.GNU-stack, "", @progbits
