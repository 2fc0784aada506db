// The small init that Ringside boots when no program is named: starts a shell, reaps orphans, switches off at its end.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

static char *const shell[] = {"/bin/sh", NULL};

// The child leads a session of its own; with a terminal it gets that, so that Ctrl-C reaches the shell's jobs.
static pid_t start(char *const *argv) {
    pid_t child = fork();
    if (child != 0) return child;
    setsid();
    ioctl(0, TIOCSCTTY, 0);
    execv(argv[0], argv);
    fprintf(stderr, "init: %s can not be started: ", argv[0]);
    perror(NULL);
    _exit(127);
}

static void report(const char *what, pid_t pid, int status) {
    if (WIFSIGNALED(status))
        fprintf(stderr, "init: %s %d was killed by signal %d (%s)\n", what, pid, WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        fprintf(stderr, "init: %s %d ended with status %d\n", what, pid, WEXITSTATUS(status));
}

int main(int argc, char **argv) {
    if (getpid() != 1) {
        fprintf(stderr, "init: I am process %d; only process 1 can do this\n", getpid());
        return 1;
    }
    char *const *command = argc > 1 ? argv + 1 : shell;
    pid_t child = start(command);
    fprintf(stderr, "init: process 1 has started %s as process %d\n", command[0], child);
    int status;
    for (pid_t pid; (pid = wait(&status)) > 0 && pid != child;) report("the orphan", pid, status);
    report(command[0], child, status);
    // Whoever is left must end, and be reaped, before the machine is switched off.
    kill(-1, SIGTERM);
    kill(-1, SIGCONT);
    for (pid_t pid; (pid = wait(&status)) > 0;) report("the orphan", pid, status);
    sync();
    fprintf(stderr, "init: nobody is left; power off\n");
    reboot(RB_POWER_OFF);
    return 1;
}
