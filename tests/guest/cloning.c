// clone and its flags, wait and its options, groups and sessions, limits, policies.
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>
struct clone_args_ {
    unsigned long long flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size,
        cgroup;
};
extern char** environ;
#define P(x)                                                                                    \
    do {                                                                                        \
        errno = 0;                                                                              \
        long r_ = (x);                                                                          \
        printf("%s = %ld %s\n", #x, r_<0 ? -1 : r_> 1 ? 2 : r_, r_ < 0 ? strerror(errno) : ""); \
    } while (0)
static int fn(void* a) { _exit(*(int*)a); }
int main(int argc, char** argv) {
    setvbuf(stdout, 0, _IONBF, 0);
    int st;
    if (argc > 1) {
        printf("child %s\n", argv[1]);
        return 5;
    }
    static char stk[65536];
    int v = 33;
    pid_t c = clone(fn, stk + 65536, CLONE_VM | SIGCHLD, &v);
    waitpid(c, &st, 0);
    printf("clone vm %d\n", WEXITSTATUS(st));
    c = clone(fn, stk + 65536, CLONE_VM | CLONE_VFORK | SIGCHLD, &v);
    waitpid(c, &st, 0);
    printf("clone vfork %d\n", WEXITSTATUS(st));
    c = clone(fn, stk + 65536, CLONE_VM, &v);
    P(waitpid(c, &st, 0));
    P(waitpid(c, &st, __WCLONE) == c);
    P(syscall(SYS_clone, CLONE_THREAD | SIGCHLD, 0, 0, 0, 0));
    P(syscall(SYS_clone, CLONE_SIGHAND | SIGCHLD, 0, 0, 0, 0));
    P(syscall(SYS_clone, CLONE_NEWNS | CLONE_FS | SIGCHLD, 0, 0, 0, 0));
    struct clone_args_ ca;
    memset(&ca, 0, sizeof ca);
    P(syscall(435, &ca, 8));
    ca.exit_signal = SIGCHLD;
    ca.stack = 1;
    P(syscall(435, &ca, sizeof ca));
    ca.stack = 0;
    c = syscall(435, &ca, sizeof ca);
    if (!c) _exit(6);
    waitpid(c, &st, 0);
    printf("clone3 %d\n", WEXITSTATUS(st));
    char* av[] = {"proc1", "spawned", 0};
    posix_spawn(&c, "/proc/self/exe", 0, 0, av, environ);
    waitpid(c, &st, 0);
    printf("spawn %d\n", WEXITSTATUS(st));
    printf("spawn missing %s\n", strerror(posix_spawn(&c, "/nonexistent", 0, 0, av, environ)));
    c = vfork();
    if (!c) {
        execl("/proc/self/exe", "proc1", "vforked", (char*)0);
        _exit(127);
    }
    waitpid(c, &st, 0);
    printf("vfork %d\n", WEXITSTATUS(st));
    P(wait(&st));
    P(waitpid(-1, &st, WNOHANG));
    P(waitpid(1, &st, 0x100));
    c = fork();
    if (!c) {
        usleep(20000);
        _exit(2);
    }
    P(waitpid(c, &st, WNOHANG));
    struct rusage ru;
    P(wait4(c, &st, 0, &ru) == c);
    printf("status %d minflt>0 %d\n", WEXITSTATUS(st), ru.ru_minflt > 0);
    // groups
    c = fork();
    if (!c) {
        setpgid(0, 0);
        P(getpgrp() == getpid());
        P(setsid());
        pid_t d = fork();
        if (!d) {
            P(setsid() == getpid());
            P(getsid(0) == getpid());
            P(setsid());
            _exit(0);
        }
        waitpid(d, &st, 0);
        _exit(0);
    }
    waitpid(c, &st, 0);
    c = fork();
    if (!c) {
        setpgid(0, 0);
        for (int i = 0; i < 2; i++)
            if (!fork())
                for (;;) pause();
        usleep(10000);
        signal(SIGTERM, SIG_IGN);
        kill(0, SIGTERM);
        int k = 0;
        while (wait(&st) > 0)
            if (WTERMSIG(st) == SIGTERM) k++;
        _exit(k);
    }
    waitpid(c, &st, 0);
    printf("group killed %d\n", WEXITSTATUS(st));
    P(kill(999999, 0));
    P(kill(getpid(), 0));
    P(kill(getpid(), 65));
    // subreaper
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    c = fork();
    if (!c) {
        if (!fork()) {
            usleep(30000);
            _exit(getppid() == getpid() ? 1 : 8);
        }
        _exit(0);
    }
    waitpid(c, &st, 0);
    pid_t d = wait(&st);
    printf("subreaper %d same %d\n", WEXITSTATUS(st), d != c);
    // rlimits
    struct rlimit rl;
    P(getrlimit(RLIMIT_NOFILE, &rl));
    rl.rlim_cur = 10;
    P(setrlimit(RLIMIT_NOFILE, &rl));
    int nfd = 0;
    while (dup(1) >= 0) nfd++;
    printf("fds %d %s\n", nfd, strerror(errno));
    rl.rlim_cur = rl.rlim_max + 1;
    P(setrlimit(RLIMIT_NOFILE, &rl));
    char nm[16];
    prctl(PR_SET_NAME, "averyveryverylongname");
    prctl(PR_GET_NAME, nm);
    printf("comm %s\n", nm);
    struct utsname u;
    uname(&u);
    printf("%s %s\n", u.sysname, u.machine);
    int before = getpriority(PRIO_PROCESS, 0);
    P(nice(5) >= 5);
    printf("prio %d\n", getpriority(PRIO_PROCESS, 0) - before);
    P(sched_getscheduler(0));
    struct sched_param sp = {10};
    P(sched_setscheduler(0, SCHED_OTHER, &sp));
    sp.sched_priority = 0;
    P(sched_setscheduler(0, SCHED_BATCH, &sp));
    printf("pol %d\n", sched_getscheduler(0));
    P(sched_get_priority_max(SCHED_FIFO) > 1);
    sp.sched_priority = 5;
    P(sched_setscheduler(0, SCHED_RR, &sp));
    struct timespec q;
    P(sched_rr_get_interval(0, &q));
    if (sched_getscheduler(0) == SCHED_RR) printf("rr %ld\n", q.tv_nsec);
    sp.sched_priority = 0;
    P(sched_setscheduler(0, SCHED_OTHER, &sp));
    cpu_set_t cs;
    P(sched_getaffinity(0, sizeof cs, &cs));
    P(sched_yield());
    struct timeval tv;
    P(gettimeofday(&tv, 0));
    struct tms tm;
    P(times(&tm) > 0);
    P(getrusage(RUSAGE_CHILDREN, &ru));
    P(getppid() >= 0);
    unsigned char rnd[300];
    P(syscall(SYS_getrandom, rnd, 300, 0) == 300);
    P(syscall(SYS_getrandom, rnd, 10, 0xff));
    P(syscall(999));
    P(unshare(CLONE_FS | CLONE_FILES));
    P(prctl(999));
    int deep = 0;
    c = fork();
    if (!c) {
        for (;;) {
            pid_t x = fork();
            if (x < 0 || deep == 20) _exit(deep);
            if (x) {
                waitpid(x, &st, 0);
                _exit(WEXITSTATUS(st));
            }
            deep++;
        }
    }
    waitpid(c, &st, 0);
    printf("deep %d\n", WEXITSTATUS(st));
    c = fork();
    if (!c) {
        raise(SIGSTOP);
        _exit(3);
    }
    waitpid(c, &st, WUNTRACED);
    printf("stop %d\n", WIFSTOPPED(st));
    kill(c, SIGCONT);
    waitpid(c, &st, 0);
    printf("then %d\n", WEXITSTATUS(st));
    return 17;
}
