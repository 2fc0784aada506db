// The kernel's clock interrupts a computation: setitimer() sends SIGALRM every 10 milliseconds.
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>

static volatile sig_atomic_t ticks;
static void handler(int signal) {
    (void)signal;
    ticks++;
}

int main(void) {
    signal(SIGALRM, handler);
    struct itimerval every = {{0, 10000}, {0, 10000}};
    setitimer(ITIMER_REAL, &every, NULL);
    volatile unsigned long work = 0;
    while (ticks < 5) work++;  // never calls the kernel
    printf("interrupted %d times\n", (int)ticks);
    return 0;
}
