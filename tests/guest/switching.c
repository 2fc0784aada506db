// A hundred tasks, ten processes of ten threads, that fill every register, give the CPU away (or compute on until it is
// taken from them) and look whether all is as it was: general registers, x87 and SSE state with their control words, FS
// and GS. The argument says how many rounds each task goes; 12000 make 1,125,123 switches.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kProcesses = 10, kThreads = 10, ARCH_SET_GS = 0x1001 };

// 0, or the number of the first thing that was not as before. rdi: what the registers are filled from; rsi: how long to
// compute without a system call, 0: sched_yield.
long check(unsigned long seed, unsigned long spin);
__asm__(
    ".text\n"
    "check:\n"
    "  push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15; sub $24, %rsp\n"
    // Rounding by the seed: bits 10-11 of the x87 control word, 13-14 of MXCSR.
    "  mov %edi, %eax; and $3, %eax; shl $10, %eax; or $0x37f, %eax; mov %eax, 16(%rsp)\n"
    "  fninit; fldcw 16(%rsp)\n"
    "  mov %edi, %eax; and $3, %eax; shl $13, %eax; or $0x1f80, %eax; mov %eax, 20(%rsp); ldmxcsr 20(%rsp)\n"
    ".irp i, 0, 1, 2, 3, 4, 5, 6, 7\n"
    "  lea 40+\\i(%rdi), %rax; mov %rax, (%rsp); fildq (%rsp)\n"
    ".endr\n"
    ".irp i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
    "  lea 20+\\i(%rdi), %rax; movq %rax, %xmm\\i; neg %rax; movq %rax, %xmm15; punpcklqdq %xmm15, %xmm\\i\n"
    ".endr\n"
    "  lea 35(%rdi), %rax; movq %rax, %xmm15; punpcklqdq %xmm15, %xmm15\n"
    "  lea 1(%rdi), %rbx; lea 2(%rdi), %rbp; lea 3(%rdi), %r8; lea 4(%rdi), %r9; lea 5(%rdi), %r10\n"
    "  lea 6(%rdi), %r12; lea 7(%rdi), %r13; lea 8(%rdi), %r14; lea 9(%rdi), %r15; lea 10(%rdi), %rdx\n"
    "  test %rsi, %rsi; jz 2f\n"
    "1: dec %rsi; jnz 1b\n"
    "  jmp 3f\n"
    "2: mov $24, %eax; syscall\n"
    "3:\n"
    ".macro same reg, offset\n"
    "  lea \\offset(%rdi), %rcx; mov $\\offset, %eax; cmp %rcx, \\reg; jne 9f\n"
    ".endm\n"
    "  same %rbx, 1; same %rbp, 2; same %r8, 3; same %r9, 4; same %r10, 5; same %r12, 6; same %r13, 7; same %r14, 8\n"
    "  same %r15, 9; same %rdx, 10\n"
    ".irp i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14\n"
    "  movq %xmm\\i, %r8; same %r8, 20+\\i; movhlps %xmm\\i, %xmm\\i; movq %xmm\\i, %r8; neg %r8; same %r8, 20+\\i\n"
    ".endr\n"
    "  movq %xmm15, %r8; same %r8, 35\n"
    "  mov $60, %eax; stmxcsr (%rsp); mov (%rsp), %ecx; and $0xffc0, %ecx; cmp %ecx, 20(%rsp); jne 9f\n"
    "  mov $61, %eax; fnstcw (%rsp); mov (%rsp), %cx; cmp %cx, 16(%rsp); jne 9f\n"
    ".irp i, 7, 6, 5, 4, 3, 2, 1, 0\n"
    "  fistpq (%rsp); mov (%rsp), %r8; same %r8, 40+\\i\n"
    ".endr\n"
    "  xor %eax, %eax\n"
    "9: fninit; movl $0x1f80, (%rsp); ldmxcsr (%rsp)\n"
    "  add $24, %rsp; pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx; ret\n");

static int rounds;
static int *wrong;
static __thread unsigned long mine;

static void *run(void *argument) {
    unsigned long seed = (unsigned long)argument;
    mine = seed;
    unsigned long *gs = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *gs = seed * 3;
    syscall(SYS_arch_prctl, ARCH_SET_GS, gs);
    for (int i = 0; i < rounds; i++) {
        long what = check(seed * 1000003 + (unsigned long)i, i % 16 == 15 ? 500 + seed : 0);
        unsigned long there;
        __asm__ volatile("mov %%gs:0, %0" : "=r"(there));
        if (there != seed * 3) what = 70;
        if (mine != seed) what = 71;
        if (what != 0 && __atomic_add_fetch(wrong, 1, __ATOMIC_SEQ_CST) <= 5) printf("round %d: number %ld is wrong\n", i, what);
    }
    return NULL;
}

int main(int argc, char **argv) {
    rounds = argc > 1 ? atoi(argv[1]) : 100;
    wrong = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (unsigned long p = 0; p < kProcesses; p++) {
        if (fork() != 0) continue;
        pthread_t threads[kThreads];
        for (unsigned long t = 1; t < kThreads; t++) pthread_create(&threads[t], NULL, run, (void *)(p * kThreads + t + 1));
        run((void *)(p * kThreads + 1));
        for (int t = 1; t < kThreads; t++) pthread_join(threads[t], NULL);
        fflush(stdout);
        _exit(0);
    }
    int status, ended = 0;
    while (wait(&status) > 0) ended += status == 0;
    printf("%d processes, %d wrong\n", ended, *wrong);
    return 0;
}
