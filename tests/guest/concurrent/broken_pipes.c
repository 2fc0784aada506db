// SIGPIPE killed by, ignored and handled.
#include "note.h"

static int got;
static void count(int signal) { got++; }
int main(void) {
    int fd[2];
    pipe(fd);
    close(fd[0]);
    pid_t child = fork();
    if (child == 0) {
        write(fd[1], "x", 1);
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    printf("killed by PIPE %d\n", WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
    signal(SIGPIPE, SIG_IGN);
    NOTE(write(fd[1], "x", 1));
    handle(SIGPIPE, count, 0);
    NOTE(write(fd[1], "x", 1));
    printf("handled %d\n", got);
    // What is ignored stays so over exec, what is handled does not.
    signal(SIGUSR1, SIG_IGN);
    handle(SIGUSR2, count, 0);
    child = fork();
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", "kill -USR1 $$; kill -USR2 $$; echo not reached", NULL);
        _exit(127);
    }
    waitpid(child, &status, 0);
    printf("ended by USR2 %d\n", WIFSIGNALED(status) ? WTERMSIG(status) == SIGUSR2 : -WEXITSTATUS(status));
    return 0;
}
