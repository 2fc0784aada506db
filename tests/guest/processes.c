// fork, exec, wait: exit statuses, signals as statuses, inheritance, vfork, waitid, ECHILD.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

// A call, its result, and the error it left.
#define NOTE(call)                                            \
    do {                                                      \
        errno = 0;                                            \
        long note_ = (long)(call);                            \
        printf("%ld %s\n", note_, strerrorname_np(errno));    \
    } while (0)

static void show(const char *what, int status) {
    if (WIFEXITED(status))
        printf("%s: exit %d\n", what, WEXITSTATUS(status));
    else if (WIFSIGNALED(status))
        printf("%s: signal %d\n", what, WTERMSIG(status));
    else if (WIFSTOPPED(status))
        printf("%s: stopped by %d\n", what, WSTOPSIG(status));
    else if (WIFCONTINUED(status))
        printf("%s: continued\n", what);
}

int main(int argc, char **argv) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 1) {
        printf("exec'd: %s, environment %s\n", argv[1], getenv("X") ? getenv("X") : "-");
        return 42;
    }
    struct rlimit noCore = {0, 0};
    setrlimit(RLIMIT_CORE, &noCore);
    int status;
    for (int code = 0; code < 300; code += 85) {
        if (fork() == 0) _exit(code);
        wait(&status);
        show("exit", status);
    }
    const int signals[] = {SIGKILL, SIGTERM, SIGSEGV, SIGABRT, SIGUSR1};
    for (int i = 0; i < 5; i++) {
        pid_t p = fork();
        if (p == 0) {
            raise(signals[i]);
            pause();
        }
        printf("%d ", waitpid(p, &status, 0) == p);
        show("raise", status);
    }
    int variable = 1;
    pid_t p = fork();
    if (p == 0) {
        variable = 2;
        _exit(variable);
    }
    waitpid(p, &status, 0);
    show("child", status);
    printf("variable %d\n", variable);
    p = fork();
    if (p == 0) {
        char *arguments[] = {"guest", "one", NULL}, *environment[] = {"X=y", NULL};
        execve("/proc/self/exe", arguments, environment);
        _exit(1);
    }
    waitpid(p, &status, 0);
    show("exec", status);
    char *none[] = {"x", NULL};
    NOTE(execve("/nonexistent", none, none));
    NOTE(execve("/tmp", none, none));
    p = vfork();
    if (p == 0) _exit(9);
    waitpid(p, &status, 0);
    show("vfork", status);
    p = fork();
    if (p == 0) {
        raise(SIGSTOP);
        _exit(5);
    }
    waitpid(p, &status, WUNTRACED);
    show("stop", status);
    printf("%d\n", waitpid(p, &status, WNOHANG));
    kill(p, SIGCONT);
    waitpid(p, &status, WCONTINUED);
    if (WIFCONTINUED(status)) waitpid(p, &status, 0);
    show("then", status);
    NOTE(wait(&status));
    siginfo_t info;
    p = fork();
    if (p == 0) _exit(77);
    memset(&info, 0, sizeof info);
    printf("waitid %d", waitid(P_PID, (id_t)p, &info, WEXITED | WNOWAIT));
    printf(" %d %d %d\n", info.si_code, info.si_status, info.si_pid == p);
    printf("%d\n", waitpid(p, NULL, 0) == p);
    pid_t many[20];
    for (int i = 0; i < 20; i++)
        if ((many[i] = fork()) == 0) _exit(i);
    int sum = 0;
    for (int i = 19; i >= 0; i--) {
        waitpid(many[i], &status, 0);
        sum += WEXITSTATUS(status) * i;
    }
    printf("sum %d\n", sum);
    int back[2];
    if (pipe(back)) return 1;
    p = fork();
    if (p == 0) {
        dup2(back[1], 1);
        close(back[0]);
        close(back[1]);
        execl("/proc/self/exe", "guest", "in a pipe", (char *)NULL);
        _exit(1);
    }
    close(back[1]);
    char text[100] = {0};
    int n = (int)read(back[0], text, 99);
    printf("%d %s", n, text);
    waitpid(p, &status, 0);
    printf("%d\n", getpgrp() == getpgid(0));
    return 0;
}
