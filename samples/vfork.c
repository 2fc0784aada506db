// vfork(): the child borrows the parent's memory, and the parent sleeps until the child execs or exits.
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    volatile int shared = 1;
    pid_t child = vfork();
    if (child == 0) {
        shared = 2;  // written in the parent's own memory
        _exit(0);
    }
    printf("the parent goes on and sees %d\n", shared);
    waitpid(child, NULL, 0);
    return 0;
}
