// Two processes that give the CPU away after each step: context switches without a timer.
#include <sched.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    for (int id = 0; id < 2; id++)
        if (fork() == 0) {
            for (int step = 0; step < 5; step++) {
                printf("process %c step %d\n", 'A' + id, step);
                fflush(stdout);
                sched_yield();
            }
            _exit(0);
        }
    while (wait(NULL) > 0) continue;
    return 0;
}
