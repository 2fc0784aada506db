// Out of handlers by siglongjmp, with the mask put back or not.
#include "note.h"

static sigjmp_buf place;
static int keep;
static void jumps(int signal) { siglongjmp(place, signal); }
static int blocked(int signal) {
    sigset_t now;
    sigprocmask(SIG_BLOCK, NULL, &now);
    return sigismember(&now, signal);
}
int main(void) {
    for (keep = 0; keep < 2; keep++) {
        handle(SIGUSR1, jumps, 0);
        volatile int rounds = 0;
        if (sigsetjmp(place, keep) == 0)
            raise(SIGUSR1);
        printf("saved %d: still blocked %d\n", keep, blocked(SIGUSR1));
        sigset_t set = only(SIGUSR1);
        sigprocmask(SIG_UNBLOCK, &set, NULL);
        if (keep)
            while (sigsetjmp(place, 1) != 0 || rounds == 0) {
                if (++rounds == 5) break;
                raise(SIGUSR1);
            }
        printf("rounds %d\n", rounds);
    }
    handle(SIGSEGV, jumps, 0);
    handle(SIGFPE, jumps, 0);
    handle(SIGILL, jumps, 0);
    volatile int *nowhere = NULL, zero = 0;
    int got;
    if ((got = sigsetjmp(place, 1)) == 0) *nowhere = 1;
    printf("SEGV %d\n", got == SIGSEGV);
    if ((got = sigsetjmp(place, 1)) == 0) zero = 1 / zero;
    printf("FPE %d\n", got == SIGFPE);
    if ((got = sigsetjmp(place, 1)) == 0) __builtin_trap();
    printf("ILL %d\n", got == SIGILL);
    return 0;
}
