// A tiny init (run with --init): starts a child, adopts orphans, reaps everything. If PID 1 exits, the kernel panics.
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    printf("init is process %d\n", getpid());
    fflush(stdout);
    if (fork() == 0) {
        if (fork() == 0) {
            usleep(5000);
            _exit(4);  // an orphan by now: init will reap it
        }
        _exit(3);
    }
    int status, reaped = 0;
    while (wait(&status) > 0) printf("reaped number %d: exit status %d\n", ++reaped, WEXITSTATUS(status));
    puts("nothing left to do");
    return 0;
}
