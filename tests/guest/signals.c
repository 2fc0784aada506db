// Signals: handlers, masks, pending, SA_* flags, sigsuspend, queueing, alternate stack, EINTR and restart, siglongjmp.
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

// A call, its result, and the error it left.
#define NOTE(call)                                            \
    do {                                                      \
        errno = 0;                                            \
        long note_ = (long)(call);                            \
        printf("%ld %s\n", note_, strerrorname_np(errno));    \
    } while (0)

static volatile int count, lastSignal, lastCode, lastValue, nested;
static void simple(int s) { count++, lastSignal = s; }
static void detailed(int s, siginfo_t *info, void *context) {
    (void)context;
    count++, lastSignal = s, lastCode = info->si_code, lastValue = info->si_value.sival_int;
}
static void nesting(int s) {
    if (s == SIGUSR1) {
        raise(SIGUSR2);
        nested = nested * 10 + 1;
    } else {
        nested = nested * 10 + 2;
    }
}
static char alternate[65536];
static volatile int onAlternate;
static void whereAmI(int s) {
    char here;
    (void)s;
    onAlternate = &here >= alternate && &here < alternate + sizeof alternate;
}
static sigjmp_buf back;
static void jump(int s) { siglongjmp(back, s); }

static void install(int s, void (*f)(int), int flags) {
    struct sigaction a = {.sa_handler = f, .sa_flags = flags};
    sigaction(s, &a, NULL);
}

int main(void) {
    install(SIGUSR1, simple, 0);
    raise(SIGUSR1);
    kill(getpid(), SIGUSR1);
    printf("%d %d\n", count, lastSignal);
    sigset_t set, old, pending;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, &old);
    raise(SIGUSR1);
    raise(SIGUSR1);
    sigpending(&pending);
    printf("blocked %d pending %d\n", count, sigismember(&pending, SIGUSR1));
    sigsuspend(&old);
    printf("after sigsuspend ");
    NOTE(count);
    sigprocmask(SIG_SETMASK, &old, NULL);
    struct sigaction a = {.sa_sigaction = detailed, .sa_flags = SA_SIGINFO};
    sigaction(SIGRTMIN, &a, NULL);
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &set, &old);
    count = 0;
    for (int i = 0; i < 3; i++) sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 10 + i});
    sigprocmask(SIG_SETMASK, &old, NULL);
    printf("queued %d last %d code %d\n", count, lastValue, lastCode);
    install(SIGUSR1, nesting, 0);
    install(SIGUSR2, nesting, 0);
    raise(SIGUSR1);
    printf("nested %d\n", nested);
    install(SIGUSR1, simple, (int)SA_RESETHAND);
    raise(SIGUSR1);
    sigaction(SIGUSR1, NULL, &a);
    printf("reset %d\n", a.sa_handler == SIG_DFL);
    stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
    sigaltstack(&stack, NULL);
    install(SIGUSR1, whereAmI, SA_ONSTACK);
    raise(SIGUSR1);
    printf("alternate %d\n", onAlternate);
    install(SIGUSR1, whereAmI, 0);
    raise(SIGUSR1);
    printf("normal %d\n", onAlternate);
    install(SIGSEGV, jump, SA_NODEFER);
    install(SIGFPE, jump, 0);
    int s = sigsetjmp(back, 1);
    if (s == 0) *(volatile int *)16 = 1;
    printf("came back with %d\n", s);
    volatile int zero = 0;
    s = sigsetjmp(back, 1);
    if (s == 0) zero = 1 / zero;
    printf("came back with %d\n", s);
    int p[2];
    if (pipe(p)) return 1;
    char c;
    struct itimerval soon = {{0, 0}, {0, 20000}};
    install(SIGALRM, simple, 0);
    setitimer(ITIMER_REAL, &soon, NULL);
    long n = read(p[0], &c, 1);
    printf("read ");
    NOTE(n);
    pid_t child = fork();
    if (child == 0) {
        usleep(60000);
        if (write(p[1], "x", 1) != 1) _exit(1);
        _exit(0);
    }
    install(SIGALRM, simple, SA_RESTART);
    count = 0;
    setitimer(ITIMER_REAL, &soon, NULL);
    n = read(p[0], &c, 1);
    printf("restarted read %ld, %d signal\n", n, count);
    waitpid(child, NULL, 0);
    install(SIGCHLD, simple, 0);
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    child = fork();
    if (child == 0) _exit(6);
    siginfo_t info;
    printf("sigwaitinfo %d", sigwaitinfo(&set, &info));
    printf(" status %d code %d pid %d\n", info.si_status, info.si_code, info.si_pid == child);
    waitpid(child, NULL, 0);
    struct timespec none = {0, 1000000};
    errno = 0;
    printf("sigtimedwait ");
    NOTE(sigtimedwait(&set, &info, &none));
    signal(SIGUSR1, SIG_IGN);
    raise(SIGUSR1);
    NOTE(kill(getpid(), 99));
    NOTE(sigaction(SIGKILL, &a, NULL));
    signal(SIGTERM, SIG_DFL);
    fflush(stdout);
    raise(SIGTERM);
    return 0;
}
