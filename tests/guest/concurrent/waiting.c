// sigwaitinfo, sigtimedwait and sigsuspend.
#include "note.h"

static int handled;
static void count(int signal) { handled++; }
int main(void) {
    sigset_t set = only(SIGRTMIN), old;
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, &old);
    siginfo_t info;
    Time little = {0, 20000000}, none = {0, 0}, wrong = {0, -1};
    NOTE(sigtimedwait(&set, &info, &none));
    Time start = monotonic();
    NOTE(sigtimedwait(&set, &info, &little));
    printf("long enough %d\n", since(start) >= 19);
    NOTE(sigtimedwait(&set, &info, &wrong));
    union sigval value = {.sival_int = 42};
    sigqueue(getpid(), SIGRTMIN, value);
    kill(getpid(), SIGUSR1);
    printf("USR1 first %d\n", sigwaitinfo(&set, &info) == SIGUSR1);
    int got = sigwaitinfo(&set, &info);
    printf("then RTMIN %d value %d\n", got == SIGRTMIN, info.si_value.sival_int);
    if (fork() == 0) {
        nap(20);
        value.sival_int = 43;
        sigqueue(getppid(), SIGRTMIN, value);
        _exit(3);
    }
    got = sigwaitinfo(&set, &info);
    printf("from the child %d value %d\n", got == SIGRTMIN, info.si_value.sival_int);
    wait(NULL);
    // A handler for something else ends the wait.
    handle(SIGALRM, count, SA_RESTART);
    struct itimerval soon = {{0, 0}, {0, 20000}};
    setitimer(ITIMER_REAL, &soon, NULL);
    NOTE(syscall(SYS_rt_sigtimedwait, &set, &info, NULL, 8));
    handle(SIGUSR1, count, 0);
    kill(getpid(), SIGUSR1);
    printf("handled %d\n", handled);
    NOTE(sigsuspend(&old));
    printf("handled %d\n", handled);
    sigpending(&set);
    printf("left %d\n", sigismember(&set, SIGUSR1));
    return 0;
}
