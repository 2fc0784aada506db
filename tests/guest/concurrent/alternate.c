// Handlers on a stack of their own.
#include "note.h"

static char room[32768];
static sigjmp_buf back;
static int onRoom(void *at) { return (char *)at >= room && (char *)at < room + sizeof room; }
static void where(int signal) {
    int here;
    stack_t now;
    sigaltstack(NULL, &now);
    printf("on it %d, says %s\n", onRoom(&here), now.ss_flags == SS_ONSTACK ? "ONSTACK" : now.ss_flags ? "other" : "no");
    if (signal == SIGUSR1) {
        stack_t wanted = {.ss_sp = room, .ss_size = sizeof room};
        NOTE(sigaltstack(&wanted, NULL));
        raise(SIGUSR2);
    }
}
static void overflow(int signal, siginfo_t *info, void *context) {
    int here;
    printf("overflow seen on it %d, code %d\n", onRoom(&here), info->si_code);
    fflush(stdout);
    siglongjmp(back, 1);
}
static int forEver(int n) {
    volatile char frame[10000];
    frame[0] = (char)n;
    return forEver(n + 1) + frame[0];
}
int main(void) {
    stack_t small = {.ss_sp = room, .ss_size = 100}, wrong = {.ss_sp = room, .ss_size = sizeof room, .ss_flags = 77},
            good = {.ss_sp = room, .ss_size = sizeof room}, off = {.ss_flags = SS_DISABLE}, now;
    NOTE(sigaltstack(&small, NULL));
    NOTE(sigaltstack(&wrong, NULL));
    NOTE(sigaltstack(NULL, &now));
    printf("disabled %d\n", now.ss_flags == SS_DISABLE);
    NOTE(sigaltstack(&good, NULL));
    handle(SIGUSR1, where, SA_ONSTACK);
    handle(SIGUSR2, where, SA_ONSTACK);
    raise(SIGUSR1);
    handle(SIGUSR2, where, 0);
    raise(SIGUSR2);
    handleInfo(SIGSEGV, overflow, SA_ONSTACK);
    if (sigsetjmp(back, 1) == 0) forEver(0);
    if (sigsetjmp(back, 1) == 0) forEver(0);
    NOTE(sigaltstack(&off, NULL));
    raise(SIGUSR1);
    return 0;
}
