// A process can be number 1 in its own PID namespace and have another number outside.
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    if (unshare(CLONE_NEWPID) != 0) {
        perror("unshare");
        return 1;
    }
    pid_t child = fork();  // the first process of the new namespace
    if (child == 0) {
        printf("inside:  I am %d, my parent is %d\n", getpid(), getppid());
        fflush(stdout);
        pid_t grandchild = fork();
        if (grandchild == 0) {
            printf("inside:  I am %d, my parent is %d\n", getpid(), getppid());
            fflush(stdout);
            _exit(0);
        }
        waitpid(grandchild, NULL, 0);
        _exit(0);
    }
    printf("outside: that child is %s\n", child == 1 ? "1" : "not 1");
    fflush(stdout);
    waitpid(child, NULL, 0);
    return 0;
}
