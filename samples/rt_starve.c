// A SCHED_FIFO hog never gives the CPU back by itself: only real-time throttling lets the others run now and then.
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    pid_t normal = fork();
    if (normal == 0) {
        volatile unsigned long work = 0;
        for (;;) work++;
    }
    pid_t hog = fork();
    if (hog == 0) {
        struct sched_param parameter = {.sched_priority = 50};
        if (sched_setscheduler(0, SCHED_FIFO, &parameter) != 0) perror("sched_setscheduler");
        for (volatile unsigned long work = 0; work < 20000000; work++) continue;
        puts("the real-time hog has finished");
        fflush(stdout);
        _exit(0);
    }
    waitpid(hog, NULL, 0);
    kill(normal, SIGKILL);
    waitpid(normal, NULL, 0);
    return 0;
}
