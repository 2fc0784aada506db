// A child that outlives its parent is given to process 1.
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    int done[2];
    if (pipe(done) != 0) return 1;
    pid_t middle = fork();
    if (middle == 0) {
        pid_t parent = getpid();
        if (fork() == 0) {
            while (getppid() == parent) usleep(1000);  // until the parent is gone
            puts("the orphan has a new parent");
            fflush(stdout);
            _exit(0);  // closes its end of the pipe
        }
        _exit(0);
    }
    waitpid(middle, NULL, 0);
    close(done[1]);
    char c;
    if (read(done[0], &c, 1) == 0) puts("the grandchild has ended too");
    return 0;
}
