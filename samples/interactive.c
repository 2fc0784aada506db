// One process sleeps most of the time, one always computes: the sleeper gets the CPU as soon as it wakes.
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    pid_t hog = fork();
    if (hog == 0) {
        volatile unsigned long work = 0;
        for (;;) work++;
    }
    for (int i = 1; i <= 5; i++) {
        usleep(10000);
        printf("woke up %d\n", i);
        fflush(stdout);
    }
    kill(hog, SIGKILL);
    waitpid(hog, NULL, 0);
    return 0;
}
