// What siginfo and the saved registers say about faults of the CPU.
#include "note.h"

static sigjmp_buf back;
static char *page;
static void told(int signal, siginfo_t *info, void *context) {
    greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
    printf("signal %d code %d offset %ld trap %lld error %lld\n", signal, info->si_code,
           signal == SIGSEGV || signal == SIGBUS ? (long)((char *)info->si_addr - (info->si_code == SI_KERNEL ? NULL : page)) : -1L, (long long)r[REG_TRAPNO],
           signal == SIGSEGV ? (long long)r[REG_ERR] : 0LL);
    fflush(stdout);
    siglongjmp(back, 1);
}
#define TRY(what) \
    if (sigsetjmp(back, 1) == 0) what
int main(void) {
    int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
    for (int i = 0; i < 5; i++) handleInfo(signals[i], told, 0);
    page = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(page + 4096, 4096);
    volatile int zero = 0, result;
    TRY(page[100] = 1);
    TRY(result = page[4096 + 5]);
    mprotect(page, 4096, PROT_NONE);
    TRY(result = page[7]);
    TRY(((void (*)(void))page)());
    FILE *file = tmpfile();
    ftruncate(fileno(file), 100);
    char *mapped = mmap(page, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fileno(file), 0);
    ftruncate(fileno(file), 0);
    TRY(mapped[50] = 1);
    TRY(result = 100 / zero);
    TRY(__asm__ volatile("ud2"));
    TRY(__asm__ volatile("int3"));
    TRY(__asm__ volatile("hlt"));
    TRY(__asm__ volatile("cli"));
    TRY(result = *(volatile int *)0x8000000000000000);
    return 0;
}
