// Signals: what is queued, blocked, restarted, delivered where, and what a parent hears of it.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
static volatile int got, gotcode, gotstatus;
static volatile double fpv;
static void h(int s, siginfo_t* i, void* u) {
    got = s;
    gotcode = i->si_code;
    gotstatus = i->si_status;
    fpv = 3.25 * s;
    (void)u;
}
static void hn(int s) { got = s; }
static sigjmp_buf jb;
static void* volatile expected;
static void segv(int s, siginfo_t* i, void* u) {
    ucontext_t* c = u;
    printf("segv code=%d addr ok %d trap=%lld err=%lld cr2 %d\n", i->si_code, i->si_addr == expected,
           (long long)c->uc_mcontext.gregs[REG_TRAPNO], (long long)c->uc_mcontext.gregs[REG_ERR],
           (void*)c->uc_mcontext.gregs[REG_CR2] == expected);
    siglongjmp(jb, 1);
}
static void setact(int s, void (*f)(int, siginfo_t*, void*), int fl) {
    struct sigaction a;
    memset(&a, 0, sizeof a);
    a.sa_sigaction = f;
    a.sa_flags = SA_SIGINFO | fl;
    sigemptyset(&a.sa_mask);
    sigaction(s, &a, 0);
}
static char alt[16384];
static void onalt(int x) {
    char c;
    stack_t q;
    sigaltstack(0, &q);
    printf("on alt %d flags %d\n", (&c > alt && &c < alt + sizeof alt), q.ss_flags);
    got = x;
}
int main(void) {
    setvbuf(stdout, 0, _IONBF, 0);
    double d = 1.5;
    setact(SIGUSR1, h, 0);
    raise(SIGUSR1);
    printf("raise %d code %d fp %g\n", got, gotcode, d * 2);
    kill(getpid(), SIGUSR1);
    printf("kill %d code %d\n", got, gotcode);
    union sigval sv = {.sival_int = 77};
    setact(SIGRTMIN, h, 0);
    sigqueue(getpid(), SIGRTMIN, sv);
    printf("rt %d code %d\n", got - SIGRTMIN, gotcode);
    // block/pending
    sigset_t s, o;
    sigemptyset(&s);
    sigaddset(&s, SIGUSR2);
    sigaddset(&s, SIGRTMIN + 1);
    sigprocmask(SIG_BLOCK, &s, &o);
    setact(SIGUSR2, h, 0);
    setact(SIGRTMIN + 1, h, 0);
    got = 0;
    kill(getpid(), SIGUSR2);
    kill(getpid(), SIGUSR2);
    for (int i = 0; i < 3; i++) {
        sv.sival_int = i;
        sigqueue(getpid(), SIGRTMIN + 1, sv);
    }
    sigset_t p;
    sigpending(&p);
    printf("pending usr2 %d rt %d got %d\n", sigismember(&p, SIGUSR2), sigismember(&p, SIGRTMIN + 1), got);
    siginfo_t si;
    struct timespec ts = {0, 1000000};
    int r;
    while ((r = sigtimedwait(&s, &si, &ts)) > 0)
        printf("waited %d code %d val %d\n", r == SIGUSR2 ? 2 : r - SIGRTMIN, si.si_code,
               si.si_value.sival_int * (si.si_code == SI_QUEUE));
    printf("end errno %d\n", errno == EAGAIN);
    sigprocmask(SIG_SETMASK, &o, 0);
    // segv
    setact(SIGSEGV, segv, 0);
    expected = (void*)0x10;
    if (!sigsetjmp(jb, 1)) *(volatile int*)expected = 1;
    expected = (void*)main;
    if (!sigsetjmp(jb, 1)) *(volatile int*)expected = 1;
    // altstack
    stack_t st = {.ss_sp = alt, .ss_size = sizeof alt};
    sigaltstack(&st, 0);
    struct sigaction a;
    memset(&a, 0, sizeof a);
    a.sa_handler = onalt;
    a.sa_flags = SA_ONSTACK;
    sigaction(SIGUSR1, &a, 0);
    raise(SIGUSR1);
    stack_t q;
    sigaltstack(0, &q);
    printf("after alt flags %d\n", q.ss_flags);
    // restart vs EINTR on pipe read
    for (int restart = 0; restart < 2; restart++) {
        int fd[2];
        pipe(fd);
        memset(&a, 0, sizeof a);
        a.sa_handler = hn;
        a.sa_flags = restart ? SA_RESTART : 0;
        sigaction(SIGALRM, &a, 0);
        if (fork() == 0) {
            usleep(30000);
            kill(getppid(), SIGALRM);
            usleep(30000);
            write(fd[1], "x", 1);
            _exit(0);
        }
        char c = 0;
        int n = read(fd[0], &c, 1);
        printf("restart %d read %d errno %s c %c\n", restart, n, n < 0 ? strerror(errno) : "-", c ? c : '0');
        int stt;
        wait(&stt);
        close(fd[0]);
        close(fd[1]);
    }
    // nanosleep EINTR w/ remaining
    struct itimerval it = {{0, 0}, {0, 20000}};
    setitimer(ITIMER_REAL, &it, 0);
    struct timespec want = {5, 0}, rem = {0, 0};
    r = nanosleep(&want, &rem);
    printf("nanosleep %d %s rem %ld\n", r, strerror(errno), (long)rem.tv_sec);
    alarm(1);
    r = pause();
    printf("pause %d %s\n", r, strerror(errno));
    // sigsuspend
    sigemptyset(&s);
    sigaddset(&s, SIGALRM);
    sigprocmask(SIG_BLOCK, &s, &o);
    setitimer(ITIMER_REAL, &it, 0);
    sigset_t e;
    sigemptyset(&e);
    r = sigsuspend(&e);
    printf("suspend %d %s\n", r, strerror(errno));
    sigset_t now;
    sigprocmask(0, 0, &now);
    printf("blocked again %d\n", sigismember(&now, SIGALRM));
    sigprocmask(SIG_SETMASK, &o, 0);
    // child stop/continue
    setact(SIGCHLD, h, 0);
    got = 0;
    pid_t c = fork();
    if (!c) {
        for (;;) pause();
    }
    kill(c, SIGSTOP);
    int stt;
    r = waitpid(c, &stt, WUNTRACED);
    printf("stopped %d sig %d chld %d code %d status %d\n", WIFSTOPPED(stt), WSTOPSIG(stt), got == SIGCHLD, gotcode,
           gotstatus);
    kill(c, SIGCONT);
    r = waitpid(c, &stt, WCONTINUED);
    printf("continued %d\n", WIFCONTINUED(stt));
    usleep(20000);  // until SIGCHLD of the SIGCONT has come: two would be one
    kill(c, SIGTERM);
    r = waitpid(c, &stt, 0);
    printf("term %d sig %d code %d status %d\n", WIFSIGNALED(stt), WTERMSIG(stt), gotcode, gotstatus);
    c = fork();
    if (!c) {
        abort();
    }
    waitpid(c, &stt, 0);
    printf("abort sig %d\n", WTERMSIG(stt));
    c = fork();
    if (!c) {
        volatile int z = 0;
        signal(SIGFPE, SIG_DFL);
        _exit(100 / z);
    }
    waitpid(c, &stt, 0);
    printf("fpe sig %d\n", WTERMSIG(stt));
    c = fork();
    if (!c) {
        _exit(300);
    }
    siginfo_t info;
    waitid(P_PID, c, &info, WEXITED | WNOWAIT);
    printf("waitid code %d status %d same %d\n", info.si_code, info.si_status, info.si_pid == c);
    waitid(P_ALL, 0, &info, WEXITED);
    printf("again %d\n", info.si_status);
    signal(SIGCHLD, SIG_IGN);
    c = fork();
    if (!c) _exit(1);
    r = waitpid(c, &stt, 0);
    printf("ignored chld wait %d %s\n", r, strerror(errno));
    signal(SIGCHLD, SIG_DFL);
    // sigpipe
    int fd[2];
    pipe(fd);
    close(fd[0]);
    signal(SIGPIPE, SIG_IGN);
    r = write(fd[1], "x", 1);
    printf("pipe %d %s\n", r, strerror(errno));
    c = fork();
    if (!c) {
        signal(SIGPIPE, SIG_DFL);
        write(fd[1], "x", 1);
        _exit(0);
    }
    waitpid(c, &stt, 0);
    printf("sigpipe %d\n", WTERMSIG(stt));
    // timer_create
    timer_t t;
    struct sigevent ev;
    memset(&ev, 0, sizeof ev);
    ev.sigev_notify = SIGEV_SIGNAL;
    ev.sigev_signo = SIGUSR2;
    ev.sigev_value.sival_int = 5;
    setact(SIGUSR2, h, 0);
    timer_create(CLOCK_MONOTONIC, &ev, &t);
    struct itimerspec its = {{0, 10000000}, {0, 10000000}};
    timer_settime(t, 0, &its, 0);
    got = 0;
    int cnt = 0;
    while (cnt < 3) {
        pause();
        cnt++;
    }
    printf("timer %d code %d\n", got == SIGUSR2, gotcode);
    timer_delete(t);
    kill(getpid(), SIGKILL);
    return 0;
}
