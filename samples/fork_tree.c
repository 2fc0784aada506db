// Three fork()s in a row make eight processes: watch the tree grow and be reaped from the leaves up.
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    int depth = 0;
    for (int i = 0; i < 3; i++)
        if (fork() == 0) depth++;
    int children = 0;
    while (wait(NULL) > 0) children++;
    printf("depth %d: reaped %d\n", depth, children);
    fflush(stdout);
    _exit(0);
}
