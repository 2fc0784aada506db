// Real-time signals queue in order with their values; standard ones do not.
#include "note.h"

static void told(int signal, siginfo_t *info, void *context) {
    printf("RTMIN+%d value %d code %s mine %d\n", signal - SIGRTMIN, info->si_value.sival_int,
           info->si_code == SI_QUEUE ? "QUEUE" : info->si_code == SI_USER ? "USER" : "?", info->si_pid == getpid());
}
static int plain;
static void count(int signal) { plain++; }
int main(void) {
    sigset_t all, old;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &old);
    handleInfo(SIGRTMIN, told, 0);
    handleInfo(SIGRTMIN + 1, told, 0);
    handle(SIGUSR1, count, 0);
    for (int i = 0; i < 3; i++) {
        union sigval value = {.sival_int = 10 + i};
        sigqueue(getpid(), SIGRTMIN + 1, value);
        value.sival_int = 20 + i;
        sigqueue(getpid(), SIGRTMIN, value);
        kill(getpid(), SIGUSR1);
    }
    sigset_t waiting;
    sigpending(&waiting);
    printf("pending %d %d %d %d\n", sigismember(&waiting, SIGRTMIN), sigismember(&waiting, SIGRTMIN + 1),
           sigismember(&waiting, SIGUSR1), sigismember(&waiting, SIGUSR2));
    fflush(stdout);
    sigprocmask(SIG_SETMASK, &old, NULL);
    printf("plain %d\n", plain);
    union sigval none = {0};
    NOTE(sigqueue(getpid(), 200, none));
    NOTE(sigqueue(99999, SIGUSR1, none));
    NOTE(sigqueue(getpid(), 0, none));
    return 0;
}
